"""Means and standard deviations from medians, quartiles and ranges.

To add a method: write a function from a `FiveNumbers` to ``(mean, sd)`` and enter it in `QUANTILE_METHODS`. Sources:
Hozo et al. 2005; Walter & Yao 2007; Wan et al. 2014; Bland 2015; Luo et al. 2018; Shi et al. 2020; Shi et al. 2023
(test of skewness).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ...errors import ConvergenceError, UsageError, choose
from ..measures.effects import FloatArray, column, labels, same_length
from ..measures.families import above_zero, refuse
from .conversions import Converted, converted, named
from .quantile_fits import best_fit

Estimate = tuple[float, float]
QUANTILES = ("minimum", "q1", "median", "q3", "maximum")


@dataclass(frozen=True, slots=True)
class FiveNumbers:
    """One group's quantiles and its size; ``case`` is 1 (range), 2 (quartiles) or 3 (both), each with the median."""

    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    n: float
    case: int

    @property
    def xi(self) -> float:
        """Expected half range of n standard normal values (Blom 1958, as in Wan et al. 2014, eq. 9)."""
        return float(ndtri((self.n - 0.375) / (self.n + 0.25)))

    @property
    def eta(self) -> float:
        """Expected half interquartile range of n standard normal values (Wan et al. 2014, eq. 16)."""
        return float(ndtri((0.75 * self.n - 0.125) / (self.n + 0.25)))

    @property
    def midrange(self) -> float:
        """The middle of the range."""
        return (self.minimum + self.maximum) / 2

    @property
    def midhinge(self) -> float:
        """The middle of the quartiles."""
        return (self.q1 + self.q3) / 2

    @property
    def known(self) -> tuple[float, ...]:
        """The quantiles that the case has, in order."""
        five = (self.minimum, self.q1, self.median, self.q3, self.maximum)
        return {1: five[::2], 2: five[1:4], 3: five}[self.case]


def mean_sd_from_quantiles(
    median: ArrayLike,
    n: ArrayLike,
    *,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    minimum: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
    method: str = "luo/wan/shi",
    slab: Sequence[str] | None = None,
) -> Converted:
    """Estimate means and standard deviations from medians with quartiles, ranges, or both.

    Parameters
    ----------
    median, n
        Shape (k,): medians and group sizes.
    q1, q3, minimum, maximum
        Shape (k,): quartiles, and the smallest and largest value; a pair can be missing in some studies.
    method
        A key of `QUANTILE_METHODS`.
    slab
        k study labels.

    Returns
    -------
    Converted
        Columns ``mi``, ``sdi``, ``ni``. ``notes`` names the studies whose quantiles say that the data are skewed (Shi
        et al. 2023, at 5 %): there the numbers of a normal model are doubtful.

    Raises
    ------
    DataError
        Quantiles are not in ascending order, or n is not above 1.

    Examples
    --------
    >>> got = mean_sd_from_quantiles([12], [60], q1=[8], q3=[15])
    >>> float(got["mi"][0].round(4)), float(got["sdi"][0].round(4))
    (11.6468, 5.3171)
    """
    estimator = choose(QUANTILE_METHODS, method, "method")
    given = {"minimum": minimum, "q1": q1, "median": median, "q3": q3, "maximum": maximum, "n": n}
    x = {name: column(values, name) for name, values in given.items() if values is not None}
    k = same_length(x)
    x = {name: x.get(name, np.full(k, np.nan)) for name in given}
    _check(x, slab)
    groups = [_five_numbers({name: float(values[i]) for name, values in x.items()}) for i in range(k)]
    got = np.array([_estimate(estimator, g) or (np.nan, np.nan) for g in groups]).reshape(k, 2)
    got[~(got[:, 1] > 0)] = np.nan
    slabs = labels(slab, k)
    skewed = np.array([g is not None and is_skewed(g) for g in groups], dtype=bool)
    doubts = [f"the quantiles are those of skewed data: {named(skewed, slabs)}"] * bool(skewed.any())
    beyond = np.array([g is not None and not g.known[0] <= m <= g.known[-1] for g, m in zip(groups, got[:, 0])], bool)
    beyond &= ~np.isnan(got[:, 0])
    tail = "the mean lies beyond every quantile that is given, in a tail of which they say nothing"
    doubts += [f"{tail}: {named(beyond, slabs)}"] * bool(beyond.any())
    note = f"means and standard deviations from medians with quartiles or ranges ({method})"
    reason = f"the method {method!r} has no answer for the quantiles that are given, or they are missing"
    return converted({"mi": got[:, 0], "sdi": got[:, 1], "ni": x["n"]}, x, slab, note, reason, doubts)


def _estimate(estimator: Callable[[FiveNumbers], Estimate | None], g: FiveNumbers | None) -> Estimate | None:
    """Return the estimate of one group, None where there is none: it must not cost the other groups theirs."""
    try:
        return None if g is None else estimator(g)
    except ConvergenceError:
        return None


def _check(x: dict[str, FloatArray], slab: Sequence[str] | None) -> None:
    if np.isnan(x["minimum"] + x["maximum"]).all() and np.isnan(x["q1"] + x["q3"]).all() and x["n"].size:
        raise UsageError("q1 and q3, or minimum and maximum, are needed with the median")
    above_zero(x, ("n",), slab, "a group size")
    refuse(x["n"], x["n"] <= 1, "n", slab, "a group size must be above 1")
    before: FloatArray = x["minimum"]
    for low, high in pairwise(QUANTILES):
        before = np.fmax(before, x[low])
        refuse(x[high], x[high] < before, high, slab, "below a smaller quantile")


def _five_numbers(x: dict[str, float]) -> FiveNumbers | None:
    """Return the group with its case, or None where the median, n or both pairs are missing."""
    has_range, has_quartiles = (not np.isnan(x[a] + x[b]) for a, b in (("minimum", "maximum"), ("q1", "q3")))
    case = {(True, False): 1, (False, True): 2, (True, True): 3}.get((has_range, has_quartiles))
    return None if case is None or np.isnan(x["median"] + x["n"]) else FiveNumbers(**x, case=case)


def is_skewed(g: FiveNumbers) -> bool:
    """Test symmetry at 5 % (Shi et al. 2023, eq. 7, 9 and 11); quantiles that are all equal are not skewed."""
    n = g.n
    spread = g.maximum - g.minimum if g.case == 1 else g.q3 - g.q1
    if not spread > 0:
        return False
    by_range = abs(2 * (g.midrange - g.median)) / (g.maximum - g.minimum) if g.case != 2 else 0.0
    by_quartiles = abs(2 * (g.midhinge - g.median)) / (g.q3 - g.q1) if g.case != 1 else 0.0
    if g.case == 1:
        return by_range > 1.01 / math.log(n + 9) + 2.43 / (n + 1)
    if g.case == 2:
        return by_quartiles > 2.65 / math.sqrt(n) - 6 / n**2
    statistic = max(2.65 * math.log(0.6 * n) / math.sqrt(n) * by_range, by_quartiles)
    return statistic > 2.97 / math.sqrt(n) - 39.1 / n**3


def _luo_wan_shi(g: FiveNumbers) -> Estimate:
    """Mean of Luo et al. 2018 (eq. 7, 11, 15); SD of Wan et al. 2014, and of Shi et al. 2020 (eq. 10) for all five."""
    if g.case == 1:
        w = 4 / (4 + g.n**0.75)
        return w * g.midrange + (1 - w) * g.median, _sd_of_range(g)
    if g.case == 2:
        w = 0.7 + 0.39 / g.n
        return w * g.midhinge + (1 - w) * g.median, _sd_of_quartiles(g)
    of_range, of_quartiles = 2.2 / (2.2 + g.n**0.75), 0.7 - 0.72 / g.n**0.55
    mean = of_range * g.midrange + of_quartiles * g.midhinge + (1 - of_range - of_quartiles) * g.median
    share = 1 / (1 + 0.07 * g.n**0.6)
    return mean, share * _sd_of_range(g) + (1 - share) * _sd_of_quartiles(g)


def _sd_of_range(g: FiveNumbers) -> float:
    return (g.maximum - g.minimum) / (2 * g.xi)


def _sd_of_quartiles(g: FiveNumbers) -> float:
    return (g.q3 - g.q1) / (2 * g.eta)


def _wan(g: FiveNumbers) -> Estimate:
    """Wan et al. 2014."""
    if g.case == 1:
        return (g.midrange + g.median) / 2, _sd_of_range(g)
    if g.case == 2:
        return (g.q1 + g.median + g.q3) / 3, _sd_of_quartiles(g)
    return _eighths(g), (_sd_of_range(g) + _sd_of_quartiles(g)) / 2


def _eighths(g: FiveNumbers) -> float:
    return (g.minimum + 2 * g.q1 + 2 * g.median + 2 * g.q3 + g.maximum) / 8


def _bland(g: FiveNumbers) -> Estimate | None:
    """Bland 2015, from all five numbers."""
    if g.case != 3:
        return None
    a, q1, m, q3, b = g.known
    squares = (a**2 + 2 * q1**2 + 2 * m**2 + 2 * q3**2 + b**2) / 16 + (a * q1 + q1 * m + m * q3 + q3 * b) / 8
    return _eighths(g), float(np.sqrt(max(squares - _eighths(g) ** 2, 0.0)))


def _hozo(g: FiveNumbers) -> Estimate | None:
    """Hozo et al. 2005, from the range."""
    if g.case != 1:
        return None
    width = g.maximum - g.minimum
    mean = (g.midrange + g.median) / 2 if g.n <= 25 else g.median
    if g.n <= 15:
        return mean, float(np.sqrt(((g.midrange - g.median) ** 2 + width**2) / 12))
    return mean, width / (4 if g.n <= 70 else 6)


def _walter(g: FiveNumbers) -> Estimate | None:
    """Walter & Yao 2007: the median, and the range over its expectation (Tippett 1925)."""
    if g.case != 1:
        return None
    z = np.linspace(-12, 12, 4801)
    below = ndtr(z)
    expected = float(np.sum(1 - below**g.n - ndtr(-z) ** g.n)) * float(z[1] - z[0])
    return g.median, (g.maximum - g.minimum) / expected


def _best_fitting_distribution(g: FiveNumbers) -> Estimate | None:
    """McGrath et al. 2020: the minimum and maximum of n values are taken as their 1/n and 1 - 1/n quantiles."""
    rough = _luo_wan_shi(g)
    if not rough[1] > 0:
        return None
    levels = {1: (1 / g.n, 0.5, 1 - 1 / g.n), 2: (0.25, 0.5, 0.75), 3: (1 / g.n, 0.25, 0.5, 0.75, 1 - 1 / g.n)}
    return best_fit(np.array(g.known), np.array(levels[g.case]), rough)


QUANTILE_METHODS: dict[str, Callable[[FiveNumbers], Estimate | None]] = {
    "luo/wan/shi": _luo_wan_shi,
    "qe": _best_fitting_distribution,
    "wan2014": _wan,
    "bland2015": _bland,
    "hozo2005": _hozo,
    "walter2007": _walter,
}
