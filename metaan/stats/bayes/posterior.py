"""The posterior of tau: whether it is a distribution, how far its moments go, and its integral."""

from __future__ import annotations

import math

import numpy as np

from ...errors import NotEstimableError
from .conditional import Normal
from .priors import TauPrior, span
from .quadrature import TauGrid, integrate


def existing_moments(normal: Normal, prior: TauPrior) -> int:
    """Return up to which power, 2 at most, tau has a mean; refuse a posterior that is no distribution."""
    tail = _tail(normal, prior)
    if prior.head <= -1 or (tail <= 1 and prior.upper == math.inf):
        raise NotEstimableError(
            f"k = {normal.yi.size} with the improper prior {prior.text!r} of tau"
            + (" and a flat prior of the mean" if normal.flat else "")
            + ": the posterior is no distribution",
            "allowed: more studies, or a proper prior such as 'half-normal(0.5)'",
        )
    return 2 if prior.upper < math.inf else sum(tail > power + 1 for power in (1, 2))


def _tail(normal: Normal, prior: TauPrior) -> float:
    """Return with which power of tau the posterior falls: the prior's, and one for each effect that is left over."""
    return prior.tail + normal.yi.size - normal.flat


def posterior_grid(normal: Normal, prior: TauPrior, powers: int) -> TauGrid:
    """Return the posterior of tau, integrated."""
    scales = [float(np.sqrt(normal.vi.min())), float(np.sqrt(normal.vi.max())), float(np.ptp(normal.yi))]
    lo, hi = span(prior, _tail(normal, prior) - powers, scales)
    return integrate(lambda t: normal.log_likelihood(t) + prior.log_density(t), lo, hi, powers)


def log_density_at_zero(normal: Normal, prior: TauPrior) -> float:
    """Return the logarithm of the density of the data where the mean is 0 and tau is integrated out."""
    scales = [float(np.sqrt(normal.vi.min())), float(np.sqrt(normal.vi.max())), float(np.abs(normal.yi).max())]
    lo, hi = span(prior, prior.tail + normal.yi.size, scales)
    zero = np.zeros((1, 1))
    return integrate(lambda t: normal.at(t, zero) + prior.log_density(t), lo, hi, 0).log_total
