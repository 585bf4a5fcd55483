"""Values as R writes them: in ASCII, so that every locale reads them, and with the digits that every machine has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....errors import one_line
from ....stats.numerics.numerals import exact, portable

WIDTH = 110  # of a line of a vector


def text(value: str) -> str:
    r"""Return a string of R.

    >>> print(text('Ma"ñ'))
    "Ma\"\u00f1"
    """
    plain = one_line(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(c if c.isascii() else _code(c) for c in plain)}"'


def _code(character: str) -> str:
    return f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"


def comment(value: str) -> str:
    """Return a line of comment, whatever names stand in it."""
    return f"# {one_line(value)}".encode("ascii", "replace").decode()


def number(x: float) -> str:
    """Return a number of R.

    >>> number(3.0), number(0.1), number(float("nan")), number(float("inf"))
    ('3', '0.1', 'NA', 'Inf')
    """
    if x != x:
        return "NA"
    if x in (float("inf"), float("-inf")):
        return "Inf" if x > 0 else "-Inf"
    return exact(portable(x))


def vector(values: Iterable[float | str]) -> str:
    """Return a vector of R, on several lines where it is long."""
    return _call(text(x) if isinstance(x, str) else number(x) for x in values)


def named(values: Mapping[str, float | None]) -> str:
    """Return a vector of R with names, without what is None."""
    return _call(f"{name} = {number(x)}" for name, x in values.items() if x is not None)


def _call(parts: Iterable[str]) -> str:
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
            lines.append("")
        lines[-1] += f"{part}, "
    together = "\n  ".join(line.rstrip() for line in lines).rstrip(",")
    return f"c({together})"
