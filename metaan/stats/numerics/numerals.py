"""Numbers as text: with all their digits where the text is a key or a label, with a few where it is read.

Here numbers are rounded, for the library's own print as for a page: rounding takes no number across or onto the line of
no effect, leaves no minus at a zero, and makes no p value 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from ...errors import DataError

MOST = 12  # digits: later ones depend on the order in which a processor adds


def as_printed(text: object) -> Decimal:
    """Read a number with the digits that are printed, its minus and its point also as they are typeset.

    >>> as_printed("−0.30"), as_printed("12·5"), as_printed(1e-05)
    (Decimal('-0.30'), Decimal('12.5'), Decimal('0.00001'))
    """
    try:
        number = Decimal(str(text).strip().translate(_TYPESET))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise DataError(f"{text!r} is not a number")
    return number


_TYPESET = str.maketrans("−–·", "--.")


def portable(x: float, digits: int = MOST) -> float:
    """Return a number with the digits that are the same on every machine, a zero without a minus.

    Small differences of larger numbers have fewer such ``digits``.

    >>> portable(10.604430633636413), portable(1 - 1e-14), portable(-0.0)
    (10.6044306336, 1.0, 0.0)
    """
    return float(f"{x:.{digits}g}") + 0.0


def up(x: float) -> float:
    """Return what is to be rounded: halves go up, also where arithmetic left them a last digit short.

    >>> f"{up(0.125):.2f}", f"{up(0.12499999999999999):.2f}", f"{up(1.005):.2f}", f"{up(-2.5):.0f}"
    ('0.13', '0.13', '1.01', '-3')
    """
    return portable(x) * (1 + 1e-13)


def exact(x: float) -> str:
    """Write a number so that no other number is written alike; a whole number has no point.

    >>> exact(1234567.0), exact(0.1234561), exact(1e6), exact(-0.0), exact(1e22)
    ('1234567', '0.1234561', '1000000', '0', '1e+22')
    """
    return str(int(x)) if abs(x) < 1e16 and x == int(x) else repr(float(x))


def fixed(x: float, decimals: int, null: float | None = None) -> str:
    """Write a number with that many decimals; with more where it would stand on ``null`` and does not.

    >>> fixed(-0.04, 1), fixed(0.9996, 2, null=1), fixed(1.0, 2, null=1), fixed(-0.004, 1, null=0)
    ('0.0', '0.9996', '1.00', '-0.004')
    """
    if null == 0 and abs(x) < 10.0 ** (2 - MOST - decimals):
        x = 0.0  # a rounding error beside numbers that deserve these decimals
    if null == 0 and 0 < abs(x) < 5e-7:
        return f"{up(x):.1e}"
    return _beside(portable(x), decimals, null, lambda digits: f"{up(x):.{digits}f}")


def figures(x: float, digits: int = 4, null: float | None = None) -> str:
    """Write a number with that many significant digits; with more where it would stand on ``null`` and does not.

    >>> figures(-0.0), figures(1234567.0), figures(0.999996), figures(0.999996, null=1)
    ('0', '1.235e+06', '1', '0.999996')
    """
    return _beside(portable(x), digits, null, lambda digits: f"{up(x):.{digits}g}")


def bounded(
    x: float | None, ends: tuple[float, float] | None, null: float | None = None, shape: str = "[{}, {}]"
) -> str:
    """Write a number with its bounds, each with the decimals that give the interval four digits.

    >>> bounded(-1e-17, (-0.13, 0.13), 0.0), bounded(2e-6, (1e-6, 3e-6)), bounded(0.5, None)
    ('0.0000 [-0.1300, 0.1300]', '2e-06 [1e-06, 3e-06]', '0.5 no interval')
    """
    return " ".join(filter(None, number_and_bounds(x, ends, null, shape)))


def number_and_bounds(
    x: float | None, ends: tuple[float, float] | None, null: float | None = None, shape: str = "[{}, {}]"
) -> tuple[str, str]:
    """Write both apart, as `bounded` writes them together."""
    width = 0.0 if ends is None else ends[1] - ends[0]
    common = 1e-4 < width < 1e7
    decimals = max(0, 3 - math.floor(math.log10(width))) if common else 0
    shown = [fixed(n, decimals, null) if common else figures(n, 4, null) for n in (x, *(ends or ())) if n is not None]
    number = "" if x is None else shown.pop(0)
    return number, shape.format(*shown) if shown else "no interval"


def p_value(p: float, digits: int = 3) -> str:
    """Write a p value: never 0, and never at 0.05 from below.

    >>> p_value(0.0432), p_value(0.0), p_value(0.04996)
    ('0.0432', '<0.0001', '0.04996')
    """
    return "<0.0001" if p < 0.0001 else figures(p, digits, null=0.05)


def p_text(p: float, digits: int = 3) -> str:
    """Write a p value with its sign.

    >>> p_text(0.0432), p_text(0.0)
    ('p = 0.0432', 'p < 0.0001')
    """
    text = p_value(p, digits)
    return f"p < {text[1:]}" if text[0] == "<" else f"p = {text}"


def _beside(x: float, digits: int, null: float | None, write: Callable[[int], str]) -> str:
    texts = [write(n) for n in range(digits, max(digits, MOST if null is not None and x != null else 0) + 1)]
    text = next((text for text in texts if float(text) != null), texts[0])
    return text.removeprefix("-") if float(text) == 0 else text


def portable_values(value: Any, digits: int = MOST) -> Any:
    """Return plain values as files hold them: numbers as they are on every machine, None for what is not finite."""
    if isinstance(value, float):
        return portable(value, digits) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: portable_values(inner, digits) for key, inner in value.items()}
    return [portable_values(inner, digits) for inner in value] if isinstance(value, list | tuple) else value
