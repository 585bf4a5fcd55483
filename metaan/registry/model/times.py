"""Times as people write them: ``day 28``, ``28-day``, ``D28``, ``4 weeks`` are one time.

To add a unit, enter its spellings in `UNITS`. A month is a twelfth of 365.25 days; months and years are rounded after
multiplying, so that 12 months are 1 year. What is no time is compared as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import TimeWindow

    TimePoint = str | TimeWindow

NEAREST = "nearest"


def days(text: str) -> float | None:
    """Return the days that a text names; None where it names none, or several.

    >>> [days(text) for text in ("28-day", "4 weeks", "12 months", "36 h", "day 28 to 35", "in hospital")]
    [28.0, 28.0, 365.0, 1.5, None, None]
    """
    return key(text)[0]


def meet(one: str, other: str) -> bool:
    """Say whether two texts name one time, or are the same words.

    >>> meet("D28", "28 days after randomisation"), meet("In-hospital", "in hospital"), meet("1 month", "day 28")
    (True, True, False)
    """
    return key(one) == key(other)


def taken(time: str, time_points: Sequence[TimePoint]) -> bool:
    """Say whether a protocol takes a result at a time, when there is no other; an empty list takes any."""
    return not time_points or any(_takes(point, time) for point in time_points)


def in_order(times: Sequence[str], time_points: Sequence[TimePoint]) -> Iterator[int]:
    """Yield the places of the times that a protocol takes, the preferred one first; of one point the nearest first.

    ``nearest`` and a window take what is nearest to the first of the list that names a day (a window its middle), the
    earlier of two.
    """
    target = next((day for point in time_points if (day := middle(point)) is not None), 0.0)

    def distance(i: int) -> tuple[float, float]:
        day = days(times[i])
        return (abs(day - target), day) if day is not None else (0.0, 0.0)

    for point in time_points:
        found = [i for i, time in enumerate(times) if _takes(point, time)]
        yield from found if _is_text(point) else sorted(found, key=distance)


def _is_text(point: TimePoint) -> bool:
    return isinstance(point, str) and point != NEAREST


def _takes(point: TimePoint, time: str) -> bool:
    if not isinstance(point, str):
        return within(point, time)
    return days(time) is not None if point == NEAREST else meet(point, time)


def within(window: TimeWindow, time: str) -> bool:
    """Say whether a time lies in a window; one that cannot be read lies in none."""
    day, start, end = days(time), days(window.start), days(window.to)
    return day is not None and start is not None and end is not None and start <= day <= end


def middle(point: TimePoint) -> float | None:
    """Return the days that a point of a protocol names, the middle of a window; None where it names none."""
    if isinstance(point, str):
        return days(point)
    start, end = days(point.start), days(point.to)
    return None if start is None or end is None else (start + end) / 2


def key(text: str) -> tuple[float | None, tuple[str, ...]]:
    """Return the days, and the words beside them that make a difference; without days, all words."""
    words = tuple(_WORD.findall(text.casefold()))
    found = list(_TIME.finditer(text))
    rest = _TIME.sub(" ", text)
    if len(found) != 1 or re.search(r"\d", rest):
        return None, words
    groups = found[0].groupdict()
    number, unit = groups["n"] or groups["m"], groups["unit"] or groups["of"]
    beside = tuple(word for word in _WORD.findall(rest.casefold()) if word not in _NO_DIFFERENCE)
    return _in_days(_NUMBERS.get(number.casefold()) or float(number), _UNIT_OF[unit.casefold()]), beside


def _in_days(number: float, unit: float) -> float:
    return float(round(number * unit)) if unit > _WEEK else number * unit


_DAY, _WEEK, _YEAR = 1.0, 7.0, 365.25

#: A unit in days -> how it is written.
UNITS = {
    _DAY / 1440: "minutes minute mins min",
    _DAY / 24: "hours hour hrs hr h",
    _DAY: "days day d",
    _WEEK: "weeks week wks wk w",
    _YEAR / 12: "months month mths mth mos mo",
    _YEAR: "years year yrs yr y",
}
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words.split()}
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_NO_DIFFERENCE = frozenset((
    "a", "after", "at", "baseline", "by", "enrollment", "enrolment", "follow", "followup", "from", "in", "of", "on",
    "post", "randomisation", "randomization", "since", "the", "through", "to", "until", "up", "within",
))  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_UNIT = "|".join(sorted(_UNIT_OF, key=len, reverse=True))
_TIME = re.compile(
    rf"\b(?:(?P<unit>{_UNIT})[\s.]*[-+]?\s*(?P<n>\d+(?:\.\d+)?)"
    rf"|(?P<m>\d+(?:\.\d+)?|{'|'.join(_NUMBERS)})(?:st|nd|rd|th)?\s*-?\s*(?P<of>{_UNIT}))(?![^\W_])",
    re.IGNORECASE,
)
