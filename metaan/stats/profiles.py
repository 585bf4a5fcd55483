"""Profile-likelihood intervals of tau2 and of the mean, for ML and REML (Hardy & Thompson 1996)."""

from __future__ import annotations

import math

from scipy.special import chdtri, ndtr

from .effects import Interval
from .heterogeneity import Moments
from .likelihood import log_likelihood, maximise
from .roots import beyond, crossing


def profile_tau2(m: Moments, tau2: float, level: float, restricted: bool) -> Interval:
    """Return the interval of tau2 around its maximum; 0 where the likelihood at 0 is close enough to the highest."""
    target = log_likelihood(m, tau2, restricted) - 0.5 * float(chdtri(1, 1 - level))

    def above(t: float) -> float:
        return log_likelihood(m, t, restricted) - target

    lower = 0.0 if above(0.0) >= 0 else crossing(above, tau2, 0.0)
    return Interval(lower, crossing(above, tau2, beyond(above, max(2 * tau2, float(m.vi.max())))))


def profile_mean(m: Moments, tau2: float, level: float, restricted: bool) -> tuple[float, float, Interval]:
    """Return the signed root of the likelihood-ratio statistic, its p-value and the interval of the mean."""
    wi = 1.0 / (m.vi + tau2)
    sum_w = float(wi.sum())
    mean, step = float(wi @ m.yi) / sum_w, 2 / math.sqrt(sum_w)
    peak, half = log_likelihood(m, tau2, restricted, mean), 0.5 * float(chdtri(1, 1 - level))

    def loss(mu: float) -> float:
        return peak - log_likelihood(m, maximise(m, restricted, mu), restricted, mu)

    def reach(sign: int) -> float:
        def above(distance: float) -> float:
            return half - loss(mean + sign * distance)

        return crossing(above, 0.0, beyond(above, step))

    root = math.copysign(math.sqrt(2 * max(0.0, loss(0.0))), mean)
    return root, 2 * float(ndtr(-abs(root))), Interval(mean - reach(-1), mean + reach(1))
