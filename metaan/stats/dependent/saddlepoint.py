"""The distribution of a robust t statistic by its saddlepoint, for few clusters (McCaffrey & Bell 2006).

|T| exceeds t where a sum of chi-squared variables, one for the coefficient and minus t^2 times those of its estimated
variance, is above 0; Lugannani & Rice 1980 approximate that probability from the sum's cumulants alone.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from ..measures.effects import FloatArray
from ..numerics.roots import beyond, crossing

NEAR = 1e-4  # of the root, within which the formula is 0 / 0 and its neighbours are averaged


def tail(spectrum: FloatArray, t: float) -> float:
    """Return the two-sided p-value of a statistic ``t``; ``spectrum`` as `Sandwich.spectrum` gives it.

    >>> round(tail(np.full(12, 1 / 12), 2.179), 3)  # t with 12 degrees of freedom has 0.050 there
    0.051
    """
    if t == 0:
        return 1.0
    weights = np.concatenate([[1.0], -(t * t) * spectrum])
    s = _root(weights)
    w = math.copysign(math.sqrt(max(0.0, float(np.log1p(-2.0 * weights * s).sum()))), s)
    if abs(w) < NEAR:
        return 0.5 * (tail(spectrum, t * (1 + 10 * NEAR)) + tail(spectrum, t * (1 - 10 * NEAR)))
    u = s * math.sqrt(2.0 * float(np.sum((weights / (1.0 - 2.0 * weights * s)) ** 2)))
    density = math.exp(-0.5 * w * w) / math.sqrt(2.0 * math.pi)
    return float(min(1.0, max(0.0, ndtr(-w) - density * (1.0 / w - 1.0 / u))))


def quantile(spectrum: FloatArray, level: float) -> float:
    """Return the statistic whose two-sided p-value is 1 - ``level``."""

    def above(t: float) -> float:
        return tail(spectrum, t) - (1.0 - level)

    return crossing(above, 0.0, beyond(above, 2.0))


def _root(weights: FloatArray) -> float:
    """Return where the slope of the cumulant function is 0, between its poles."""
    low, high = 0.5 / float(weights.min()), 0.5

    def slope(s: float) -> float:
        return -float(np.sum(weights / (1.0 - 2.0 * weights * s)))

    edge = 1.0 - 1e-13
    return crossing(slope, low * edge, high * edge)
