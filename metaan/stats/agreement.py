"""How far two people who judge the same things agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from ..errors import DataError


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two judges.

    Attributes
    ----------
    kappa
        1 for full agreement, 0 for what chance would give; None, with the ``reason``, where chance leaves no room.
    observed, expected
        Proportions of agreement, 0 to 1: what was seen, and what their habits would give by chance.
    n
        How many things both judged.
    """

    kappa: float | None
    observed: float
    expected: float
    n: int
    reason: str | None = None


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Agreement:
    """Return Cohen's kappa of two judges (Cohen 1960, Educ Psychol Meas 20:37-46, eq. 1).

    Parameters
    ----------
    first, second
        What each said of the same things, in the same order.

    Raises
    ------
    DataError
        There are no judgements, or not equally many.

    Examples
    --------
    >>> cohen_kappa("iiie", "iiee").kappa
    0.5
    """
    n = len(first)
    if n != len(second) or n == 0:
        raise DataError(f"{n} and {len(second)} judgements; allowed: equally many, at least one")
    observed = sum(a == b for a, b in zip(first, second)) / n
    habits = Counter(first), Counter(second)
    expected = sum(habits[0][category] * habits[1][category] for category in habits[0]) / n**2
    if expected == 1:
        return Agreement(None, observed, expected, n, "both said the same of everything")
    return Agreement((observed - expected) / (1 - expected), observed, expected, n)
