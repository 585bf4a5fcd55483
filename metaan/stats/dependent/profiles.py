"""Profile-likelihood intervals of variances and correlations (Hardy & Thompson 1996, several parameters).

A parameter is held at a value and all others climb to their best; what is within reach of the maximum is the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from ..measures.effects import FloatArray, Interval
from ..numerics.roots import Function, beyond, crossing
from ..pooling.intervals import check_level
from .likelihood import Mixed, maximise
from .structures import Structured, search

MET = 1e-8  # of a log-likelihood, within which the bound of an interval is met
FAR = 12.0  # of a transformed correlation: there it is at its edge


@dataclass(frozen=True, slots=True, eq=False)
class OfLevels:
    """The profiles of a fit of levels: ``free`` variances were estimated."""

    m: Mixed
    sigma2: FloatArray
    free: NDArray[np.bool_]

    def variance(self, j: int) -> Function:
        """Return the log-likelihood as a function of variance ``j``; each answer is where the next begins."""
        warm, others = self.sigma2.copy(), self.free.copy()
        others[j] = False

        def at(value: float) -> float:
            warm[j] = value
            found, best = maximise(self.m, warm, others)
            warm[others] = found[others]
            return best.ll

        return at


@dataclass(frozen=True, slots=True, eq=False)
class OfStructure:
    """The profiles of a fit with a structure."""

    s: Structured
    theta: FloatArray

    def parameter(self, j: int) -> Function:
        """Return the log-likelihood as a function of parameter ``j``."""
        others = np.arange(self.theta.size) != j

        def at(value: float) -> float:
            start = self.theta.copy()
            start[j] = value
            return search(self.s, start, others)[1]

        return at

    def variance(self, j: int) -> Function:
        """Return the log-likelihood as a function of the variance whose half logarithm is parameter ``j``."""
        half = self.parameter(j)
        return lambda value: half(0.5 * math.log(value) if value > 0 else -math.inf)


def variance_interval(profile: Callable[[], Function], own: float, ll: float, typical: float, level: float) -> Interval:
    """Return the interval of a variance that is ``own`` at the maximum ``ll``; a bound below 0 is 0."""
    above = _above(profile, ll, level)
    lower, upper = above(), above()
    least = 0.0 if own <= 0 or lower(0.0) >= 0 else own / _times(lambda x: lower(own / x))
    if own > 0:
        return Interval(least, own * _times(lambda x: upper(own * x)))
    return Interval(least, crossing(upper, own, beyond(upper, typical)))


def _times(function: Function) -> float:
    """Return by what factor to go before a function of it falls below 0."""
    far = beyond(function, 2.0)
    return math.exp(crossing(lambda t: function(math.exp(t)), 0.0, math.log(far)))


def correlation_interval(
    profile: Callable[[], Function], own: float, ll: float, rho: Callable[[float], float], level: float
) -> Interval:
    """Return the interval of a correlation whose parameter is ``own``; the edge where it is within reach."""
    above = _above(profile, ll, level)()
    return Interval(*(rho(far) if above(far) >= 0 else rho(crossing(above, own, far)) for far in (-FAR, FAR)))


def _above(profile: Callable[[], Function], ll: float, level: float) -> Callable[[], Function]:
    """Return what makes functions that are above 0 within the interval."""
    check_level(level)
    target = ll - 0.5 * float(chdtri(1, 1 - level))

    def make() -> Function:
        at = profile()

        def above(value: float) -> float:
            found = at(value) - target
            return 0.0 if abs(found) < MET else found

        return above

    return make
