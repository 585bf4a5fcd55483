"""Which whole numbers a printed percentage can stand for: exact, in integers, with no float in between.

A percentage printed as ``87.5`` stands for every fraction from 87.45 % to 87.55 %, both ends taken, since authors round
halves up or to even. Integers outside are never accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage with the digits it was printed with: ``digits / 10**decimals`` percent."""

    digits: int
    decimals: int

    def __str__(self) -> str:
        """Return it as printed, with a decimal point."""
        if not self.decimals:
            return f"{self.digits}%"
        text = str(self.digits).rjust(self.decimals + 1, "0")
        return f"{text[: -self.decimals]}.{text[-self.decimals :]}%"


def percent_of(text: str) -> Percent | None:
    """Return a printed percentage between 0 and 100, None for anything else.

    Parameters
    ----------
    text
        Such as ``"87.5%"``, ``"87·5"`` or ``"3,2 %"``; point, middle dot and comma are decimal marks.

    Examples
    --------
    >>> percent_of("87.50%"), str(percent_of("3·2 %")), percent_of("about 5%"), percent_of("101%")
    (Percent(digits=8750, decimals=2), '3.2%', None, None)
    """
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        return None
    fraction = match[2] or ""
    found = Percent(int(match[1] + fraction), len(fraction))
    return found if found.digits <= 100 * 10**found.decimals else None


def events_of(percent: Percent, total: int) -> range:
    """Return all numbers of events among ``total`` people that are printed as this percentage.

    The condition is ``|100 e / n - p| <= half a unit of the last printed digit``. The range is empty where no whole
    number fits, and longer than one where the digits do not tell.

    Examples
    --------
    >>> list(events_of(percent_of("87.5%"), 40)), list(events_of(percent_of("50%"), 400))
    ([35], [198, 199, 200, 201, 202])
    """
    unit = 200 * 10**percent.decimals
    lowest = -(-(2 * percent.digits - 1) * total // unit)
    highest = (2 * percent.digits + 1) * total // unit
    return range(max(0, lowest), min(total, highest) + 1)


def totals_of(events: int, percent: Percent) -> range | None:
    """Return all totals among which ``events`` are printed as this percentage; None where they have no end.

    Examples
    --------
    >>> list(totals_of(25, percent_of("63%"))), list(totals_of(6, percent_of("27%"))), totals_of(0, percent_of("0%"))
    ([40], [22], None)
    """
    unit = 200 * 10**percent.decimals
    least = max(events, 1, -(-unit * events // (2 * percent.digits + 1)))
    if 2 * percent.digits - 1 <= 0:
        return None
    return range(least, unit * events // (2 * percent.digits - 1) + 1)


def fits(events: int, total: int, percent: Percent) -> bool:
    """Say whether so many events among so many people are printed as this percentage."""
    return events in events_of(percent, total)


_PERCENT = re.compile(r"(\d{1,3})(?:[.·,](\d{1,6}))?\s?%?", re.ASCII)
