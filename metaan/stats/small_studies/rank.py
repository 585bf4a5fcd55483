"""Rank correlation between effects and their precision: Begg & Mazumdar, and its version for counts.

Sources: Begg & Mazumdar 1994; Kendall & Gibbons 1990, ch. 4 and 5 (ties, exact distribution);
Schwarzer, Antes & Schumacher 2007 (counts).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtr

from ...errors import NotEstimableError
from ..measures.catalogue import Columns
from ..measures.effects import FloatArray
from ..numerics.ties import tied
from ..tables.strata_tests import Margins, expected_events
from ..tables.stratified import mantel_haenszel

EXACT_UP_TO = 500


@dataclass(frozen=True, slots=True)
class Kendall:
    """Kendall's rank correlation of k pairs.

    Attributes
    ----------
    score, score_se
        Concordant less discordant pairs, and its standard error under no correlation, with ties.
    tau
        tau-b, between -1 and 1.
    pval, exact
        Two-sided; ``exact`` where it counts permutations, else from the normal distribution.
    """

    score: float
    score_se: float
    tau: float
    pval: float
    exact: bool


def kendall(x: FloatArray, y: FloatArray, exact: bool = True) -> Kendall:
    """Return Kendall's correlation; exact where there are no ties and at most `EXACT_UP_TO` pairs.

    Raises
    ------
    NotEstimableError
        Fewer than two pairs, or one side without any difference.
    """
    n = x.size
    ties_x, ties_y = _ties(x), _ties(y)
    pairs = n * (n - 1) / 2
    free_x, free_y = pairs - _sum(ties_x, 0) / 2, pairs - _sum(ties_y, 0) / 2
    if n < 2 or free_x == 0 or free_y == 0:
        raise NotEstimableError(f"k = {n}; a rank correlation needs two studies that differ in effect and in precision")
    score = float(sum(np.sign(x[i] - x[:i]) @ np.sign(y[i] - y[:i]) for i in range(1, n)))
    se = math.sqrt(_variance(n, ties_x, ties_y))
    use_exact = exact and n <= EXACT_UP_TO and not (ties_x.size or ties_y.size)
    pval = _exact_pval(score, n) if use_exact else 2 * float(ndtr(-abs(score) / se))
    return Kendall(score, se, score / math.sqrt(free_x * free_y), pval, use_exact)


def standardised_deviates(yi: FloatArray, vi: FloatArray) -> FloatArray:
    """Return each study's distance from the common effect over its standard error (Begg & Mazumdar 1994, eq. 1)."""
    wi = 1.0 / vi
    sum_w = float(wi.sum())
    error = np.sqrt(vi - 1.0 / sum_w)
    return tied((yi - float(wi @ yi) / sum_w) / error, float(np.abs(yi).max()) / error)


def count_deviates(cells: Columns) -> tuple[FloatArray, FloatArray]:
    """Return how far ai is from its mean at the Mantel-Haenszel odds ratio, standardised, and 1 over its variance."""
    odds_ratio = math.exp(mantel_haenszel("OR", **dict[str, Any](cells)).estimate)
    tables = zip(*(cells[name].tolist() for name in ("ai", "bi", "ci", "di")))
    moments = np.array([_conditional_moments(a + b, c + d, a + c, odds_ratio) for a, b, c, d in tables])
    mean, error = moments[:, 0], np.sqrt(moments[:, 1])
    precision = 1.0 / moments[:, 1]
    return tied((cells["ai"] - mean) / error, (cells["ai"] + mean) / error), tied(precision, precision)


def _conditional_moments(n1: float, n2: float, events: float, odds_ratio: float) -> tuple[float, float]:
    """Return mean and variance of the noncentral hypergeometric distribution; far from its centre there is nothing."""
    table = Margins(*(np.array([value]) for value in (0.0, n1, n2, events, n1 + n2)))
    with np.errstate(divide="ignore"):
        (centre,), (spread,) = expected_events(table, math.log(odds_ratio))
    reach = 40 * (1 + math.sqrt(spread))
    x = np.arange(max(0.0, events - n2, math.floor(centre - reach)), min(n1, events, math.ceil(centre + reach)) + 1)
    log_p = x * math.log(odds_ratio) - gammaln(x + 1) - gammaln(n1 - x + 1)
    log_p -= gammaln(events - x + 1) + gammaln(n2 - events + x + 1)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    mean = float(p @ x)
    return mean, float(p @ (x - mean) ** 2)


def _ties(values: FloatArray) -> FloatArray:
    """Return the sizes of the groups of equal values."""
    counts = np.unique(values, return_counts=True)[1]
    return counts[counts > 1].astype(float)


def _sum(t: FloatArray, kind: int) -> float:
    """Return the sum over tied groups of t(t-1), t(t-1)(2t+5) or t(t-1)(t-2)."""
    factor = (1.0, 2 * t + 5, t - 2)[kind]
    return float(np.sum(t * (t - 1) * factor))


def _variance(n: int, t: FloatArray, u: FloatArray) -> float:
    """Return the variance of the score under no correlation (Kendall & Gibbons 1990, eq. 4.4)."""
    free = n * (n - 1) * (2 * n + 5) - _sum(t, 1) - _sum(u, 1)
    both = _sum(t, 0) * _sum(u, 0) / (2 * n * (n - 1))
    third = _sum(t, 2) * _sum(u, 2) / (9 * n * (n - 1) * (n - 2)) if n > 2 else 0.0
    return free / 18 + both + third


def _exact_pval(score: float, n: int) -> float:
    """Return the two-sided p-value: permutations counted by their inversions, one element at a time."""
    shares = np.ones(1)
    for size in range(2, n + 1):
        shares = np.convolve(shares, np.full(size, 1.0 / size)) if size < 30 else _spread(shares, size)
    inversions = round((n * (n - 1) / 2 - score) / 2)
    fewer, more = float(shares[: inversions + 1].sum()), float(shares[inversions:].sum())
    return min(1.0, 2 * min(fewer, more))


def _spread(shares: FloatArray, size: int) -> FloatArray:
    """Return the convolution with ``size`` equal shares, by a running sum."""
    total = np.cumsum(np.concatenate([shares, np.zeros(size - 1)]))
    total[size:] -= total[:-size].copy()
    return np.asarray(total / size)
