"""Heterogeneity: Q, I2, H2, and intervals for tau2.

To add an interval for tau2: write a function from a `Moments` and a level to an `Interval`, and enter it in
`TAU2_CI_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from ..errors import ConvergenceError
from .effects import FloatArray, Interval


@dataclass(frozen=True, slots=True)
class Moments:
    """What every method needs of k studies, at the weights of the common-effect model.

    Attributes
    ----------
    yi, vi, wi
        Shape (k,): effects, variances, and 1 / vi.
    sum_w, mean, q
        Sum of weights, weighted mean, Cochran's Q.
    c
        Sum of weights less their squared sum over the sum: the trace of P.
    """

    yi: FloatArray
    vi: FloatArray
    wi: FloatArray
    sum_w: float
    mean: float
    q: float
    c: float

    @classmethod
    def of(cls, yi: FloatArray, vi: FloatArray) -> Moments:
        """Compute them in O(k)."""
        wi = 1.0 / vi
        sum_w = float(wi.sum())
        mean = float(wi @ yi) / sum_w
        residual = yi - mean
        return cls(yi, vi, wi, sum_w, mean, float(wi @ (residual * residual)), sum_w - float(wi @ wi) / sum_w)

    @property
    def k(self) -> int:
        """The number of studies."""
        return self.yi.size


def i2_from_tau2(tau2: float, m: Moments) -> float:
    """I2 in percent: tau2 over tau2 plus the typical sampling variance (Higgins & Thompson 2002, eq. 9)."""
    typical = typical_variance(m)
    return 100.0 * tau2 / (typical + tau2)


def typical_variance(m: Moments) -> float:
    """Return the typical sampling variance (k - 1) / C (Higgins & Thompson 2002, eq. 9)."""
    return (m.k - 1) / m.c


def generalised_q(yi: FloatArray, vi: FloatArray, tau2: float) -> float:
    """Return the weighted sum of squares with weights 1 / (vi + tau2)."""
    wi = 1.0 / (vi + tau2)
    residual = yi - float(wi @ yi) / float(wi.sum())
    return float(wi @ (residual * residual))


def q_profile(m: Moments, level: float) -> Interval:
    """Return the Q-profile interval of tau2 (Viechtbauer 2007, eq. 10); a bound below 0 is set to 0."""
    tail = (1 - level) / 2
    upper, lower = float(chdtri(m.k - 1, tail)), float(chdtri(m.k - 1, 1 - tail))
    return Interval(_solve_q(m, upper), _solve_q(m, lower))


def _solve_q(m: Moments, target: float) -> float:
    """Return the tau2 at which the generalised Q, which falls with tau2, meets ``target``; 0 where it starts below."""
    if m.q <= target:
        return 0.0
    low, high = 0.0, max(float(np.var(m.yi)), float(m.vi.max()))
    while generalised_q(m.yi, m.vi, high) > target:
        low, high = high, high * 4
    f_low, f_high = generalised_q(m.yi, m.vi, low) - target, generalised_q(m.yi, m.vi, high) - target
    for _ in range(200):
        mid = (low * f_high - high * f_low) / (f_high - f_low)
        if not low < mid < high:
            mid = (low + high) / 2
        f_mid = generalised_q(m.yi, m.vi, mid) - target
        if f_mid > 0:
            low, f_low, f_high = mid, f_mid, f_high / 2
        else:
            high, f_high, f_low = mid, f_mid, f_low / 2
        if high - low <= 1e-14 * high or f_mid == 0:
            return mid
    raise ConvergenceError(f"Q-profile interval: no root in 200 steps, between {low:g} and {high:g}")


TAU2_CI_METHODS: dict[str, Callable[[Moments, float], Interval]] = {"QP": q_profile}
