"""One short line of numbers, as a person types it: of each kind of data that a result can hold.

To add a way to type a kind: an expression and what it reads, in `ARMS`, and an example in `SYNTAX`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import UsageError
from ..registry.text.scalars import Written


@dataclass(frozen=True, slots=True)
class TypedNumbers:
    """What a line holds, as a result of a study file has it.

    Attributes
    ----------
    arms
        The numbers of each arm, in the order that they were typed in; empty for an effect.
    effect
        An effect that has no arms; None for arms.
    more
        What stands at the result beside them: the unit of time.
    """

    arms: tuple[Mapping[str, Any], ...] = ()
    effect: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def read_typed(line: str) -> TypedNumbers:
    """Return what a line holds.

    Raises
    ------
    UsageError
        It is none of `SYNTAX`, or its arms are of several kinds; the message says which part, and the syntax.

    Examples
    --------
    >>> read_typed("9/37,3/34").arms
    ({'events': 9, 'total': 37}, {'events': 3, 'total': 34})
    >>> read_typed("12.1(4.3)/40; 13.0(5.0)/38").arms[1]
    {'mean': 13.0, 'sd': 5.0, 'total': 38}
    >>> read_typed("HR 0.71 [0.52;0.97]").effect
    {'measure': 'HR', 'estimate': 0.71, 'ci': [0.52, 0.97]}
    """
    if found := _EFFECT.fullmatch(line.strip()):
        return TypedNumbers(effect=_effect(found, line))
    several = len(parts := _OUTSIDE.split(line.strip().rstrip(";"))) > 1
    parts = parts if several or not _COUNTS_BY_COMMA.fullmatch(line.strip()) else line.split(",")
    read = [_arm(part.strip(), line, several) for part in parts]
    kinds = {kind for kind, _, _ in read}
    units = {unit for _, _, unit in read if unit}
    if len(kinds) > 1 or len(units) > 1:
        raise UsageError(
            f"{line!r} holds {' and '.join(sorted(kinds | units))}; allowed: one kind for all arms, in one unit"
        )
    return TypedNumbers(tuple(arm for _, arm, _ in read), more={"time_unit": units.pop()} if units else {})


def _arm(part: str, line: str, commas: bool) -> tuple[str, dict[str, Any], str]:
    """Return the kind of one arm, its numbers, and the unit of its time."""
    for kind, (pattern, read) in ARMS.items():
        if found := pattern.fullmatch(_with_points(part) if commas else part):
            return kind, read(found), TIME_UNITS[found["unit"]] if "unit" in pattern.groupindex else ""
    raise UsageError(f"{part!r} in {line!r} is no arm that can be read; allowed: {SYNTAX}")


def _with_points(text: str) -> str:
    return re.sub(r"(?<=\d)[,·](?=\d)", ".", text)


def _effect(found: re.Match[str], line: str) -> dict[str, Any]:
    known = {"estimate": found["x"], "se": found["se"], "p": found["p"]}
    effect = {"measure": found["measure"].upper()} | {key: _number(text) for key, text in known.items() if text}
    if found["lo"]:
        effect["ci"] = [_number(found["lo"]), _number(found["hi"])]
    if found["level"]:
        effect["level"] = _number(found["level"]) / 100
    if not {"ci", "se", "p"} & effect.keys():
        raise UsageError(f"{line!r} does not say how precise it is; allowed: {SYNTAX}")
    return effect


def _number(text: str) -> float:
    return Written(text.replace("·", ".").replace(",", ".").replace("−", "-"))


def _mean(found: re.Match[str]) -> dict[str, Any]:
    spread = "se" if (found["what"] or "").casefold().startswith("se") else "sd"
    return {"mean": _number(found["x"]), spread: _number(found["s"]), "total": int(found["n"])}


def _median(found: re.Match[str]) -> dict[str, Any]:
    lo, hi = ("min", "max") if found["range"] else ("q1", "q3")
    return {"median": _number(found["x"]), lo: _number(found["lo"]), hi: _number(found["hi"]), "total": int(found["n"])}


def _mean_ci(found: re.Match[str]) -> dict[str, Any]:
    level = {"level": _number(found["level"]) / 100} if found["level"] != "95" else {}
    return {
        "mean": _number(found["x"]),
        "ci": [_number(found["lo"]), _number(found["hi"])],
        **level,
        "total": int(found["n"]),
    }


_X = r"[-−]?\d{1,9}(?:[.·]\d{1,9})?"
_N = r"(?P<n>\d{1,9})"
_TO = r"\s?(?:-|–|;|\bto\b)\s?"
_EFFECT = re.compile(
    rf"(?P<measure>[A-Za-z]{{2,6}})\s?=?\s?(?P<x>{_X})"
    rf"(?:\s?[\[(]\s?(?:(?P<level>\d{{2}}(?:\.\d)?)\s?%\s?(?:CI\s?)?)?(?P<lo>{_X})(?:{_TO}|,\s?)(?P<hi>{_X})\s?[\])])?"
    r"(?:,?\s?se\s?=?\s?(?P<se>\d{1,9}(?:\.\d{1,9})?))?(?:,?\s?p\s?=?\s?(?P<p>0?\.\d{1,9}))?",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r";(?![^\[(]*[\])])")
_COUNTS_BY_COMMA = re.compile(r"[^,;()\[\]]+(?:,[^,;()\[\]]+)*")

ARMS: Mapping[str, tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]]] = {
    "counts": (
        re.compile(rf"(?P<e>\d{{1,9}})\s?/\s?{_N}"),
        lambda m: {"events": int(m["e"]), "total": int(m["n"])},
    ),
    "rates": (
        re.compile(rf"(?P<e>\d{{1,9}})\s?/\s?(?P<t>{_X})\s?(?P<unit>py|pm|pd)"),
        lambda m: {"events": int(m["e"]), "time": _number(m["t"])},
    ),
    "means": (re.compile(rf"(?P<x>{_X})\s?\(\s?(?:(?P<what>SD|SEM?)\s)?(?P<s>{_X})\s?\)\s?/\s?{_N}", re.I), _mean),
    "means with an interval": (
        re.compile(
            rf"(?P<x>{_X})\s?\(\s?(?P<level>\d{{2}})\s?%\s?(?:CI\s?)?(?P<lo>{_X}){_TO}(?P<hi>{_X})\s?\)\s?/\s?{_N}",
            re.I,
        ),
        _mean_ci,
    ),
    "medians": (
        re.compile(rf"(?P<x>{_X})\s?\[\s?(?P<range>range\s)?(?P<lo>{_X}){_TO}(?P<hi>{_X})\s?\]\s?/\s?{_N}", re.I),
        _median,
    ),
    "correlations": (
        re.compile(rf"r\s?=?\s?(?P<x>{_X})\s?/\s?{_N}", re.I),
        lambda m: {"r": _number(m["x"]), "total": int(m["n"])},
    ),
}
TIME_UNITS = {"py": "person-years", "pm": "person-months", "pd": "person-days"}

#: What can be typed, with an example of each kind.
SYNTAX = (
    "events/people of each arm, '9/37;3/34'; mean(SD)/people, '12.1(4.3)/40;13.0(5.0)/38', or mean(SE 0.7)/people, or "
    "mean(95% 10.7-13.5)/people; median[quartiles]/people, '11[8-15]/40;13[9-18]/42', or median[range 3-40]/people; "
    "events/time, '12/340py;20/310py' (py, pm or pd: person-years, -months, -days); r, 'r 0.41/60'; an effect, "
    "'HR 0.71 [0.52;0.97]', 'MD -1.2 se 0.4' or 'OR 0.7 p 0.03'"
)
