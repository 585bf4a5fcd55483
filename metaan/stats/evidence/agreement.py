"""How far two people who judge the same things agree beyond chance."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import DataError
from ..measures.effects import Interval
from ..pooling.intervals import quantile

Cells = Mapping[tuple[Hashable, Hashable], float]  # what the first and the second said -> proportion of all things


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
    se, ci
        Large-sample standard error of kappa, and its interval of coverage ``level``, cut at -1 and 1 (Fleiss, Cohen and
        Everitt 1969, Psychol Bull 72:323-327, eq. 13); None without a kappa, or where they never differ, ``ci_reason``.
    prevalence, bias
        Of two possible answers (Byrt, Bishop and Carlin 1993, J Clin Epidemiol 46:423-429): how much more often both
        say the one than both the other, and how much more often one of them says it than the other; 0 to 1, else None.
    """

    kappa: float | None
    observed: float
    expected: float
    n: int
    reason: str | None = None
    se: float | None = None
    ci: Interval | None = None
    ci_reason: str | None = None
    prevalence: float | None = None
    bias: float | None = None

    @property
    def pabak(self) -> float | None:
        """Kappa as it would be without prevalence and bias, of two answers: twice the observed agreement minus 1."""
        return None if self.prevalence is None else 2 * self.observed - 1


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable], level: float = 0.95) -> Agreement:
    """Return Cohen's kappa of two judges (Cohen 1960, Educ Psychol Meas 20:37-46, eq. 1).

    Parameters
    ----------
    first, second
        What each said of the same things, in the same order.
    level
        Coverage of the interval.

    Raises
    ------
    DataError
        There are no judgements, or not equally many.

    Examples
    --------
    >>> found = cohen_kappa("iiie", "iiee")
    >>> found.kappa, found.prevalence, found.bias, found.pabak
    (0.5, 0.25, 0.25, 0.5)
    """
    n = len(first)
    if n != len(second) or n == 0:
        raise DataError(f"{n} and {len(second)} judgements; allowed: equally many, at least one")
    cells = {pair: count / n for pair, count in Counter(zip(first, second)).items()}
    habits = Counter(first), Counter(second)
    observed = sum(a == b for a, b in zip(first, second)) / n
    expected = sum(habits[0][category] * habits[1][category] for category in habits[0]) / n**2
    prevalence, bias = _two_categories(cells)
    if expected == 1:
        reason = "both said the same of everything"
        return Agreement(None, observed, expected, n, reason, None, None, reason, prevalence, bias)
    kappa = (observed - expected) / (1 - expected)
    if observed in (0, 1):
        only = "they never differ" if observed else "they always differ"
        reason = f"no interval: {only}, so nothing says how far it may vary"
        return Agreement(kappa, observed, expected, n, None, None, None, reason, prevalence, bias)
    se = _standard_error(cells, kappa, expected, n)
    half = quantile(None, level) * se
    ci = Interval(max(-1.0, kappa - half), min(1.0, kappa + half))
    return Agreement(kappa, observed, expected, n, None, se, ci, None, prevalence, bias)


def _standard_error(cells: Cells, kappa: float, expected: float, n: int) -> float:
    """Fleiss, Cohen and Everitt (1969), eq. 13."""
    rows: defaultdict[Hashable, float] = defaultdict(float)
    columns: defaultdict[Hashable, float] = defaultdict(float)
    for (a, b), share in cells.items():
        rows[a] += share
        columns[b] += share
    agreed = sum(p * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2 for (a, b), p in cells.items() if a == b)
    differed = sum(p * (columns[a] + rows[b]) ** 2 for (a, b), p in cells.items() if a != b)
    variance = agreed + (1 - kappa) ** 2 * differed - (kappa - expected * (1 - kappa)) ** 2
    return math.sqrt(max(variance, 0.0) / n) / (1 - expected)


def _two_categories(cells: Cells) -> tuple[float | None, float | None]:
    """Return the indices of prevalence and of bias."""
    said = dict.fromkeys(word for pair in cells for word in pair)
    if len(said) > 2:
        return None, None
    one, other = (*said, None)[:2]
    prevalence = abs(cells.get((one, one), 0.0) - cells.get((other, other), 0.0))
    return prevalence, abs(cells.get((one, other), 0.0) - cells.get((other, one), 0.0))
