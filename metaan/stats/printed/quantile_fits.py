"""Means and standard deviations of the distribution that fits a group's quantiles best (McGrath et al. 2020).

Each candidate is fitted by least squares between its quantiles and those that are printed; the best fit gives the mean
and the standard deviation. To add a candidate, write a function from parameters and probabilities to quantiles, one to
mean and SD, and one from these to where the search starts, and enter them in `CANDIDATES`. Sources: McGrath et al.
2020a, Biom J 62:69 (normal, log-normal, gamma, Weibull) and 2020b, Stat Methods Med Res 29:2520 (beta).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, gammaincinv, gammaln, ndtri

from ...errors import ConvergenceError
from ..measures.effects import FloatArray

Estimate = tuple[float, float]


class DistributionFit(NamedTuple):
    """A family of distributions.

    Attributes
    ----------
    quantiles
        From two parameters (each on the whole real line) and probabilities to quantiles.
    moments
        From the parameters to mean and standard deviation.
    start
        From a rough mean and standard deviation to parameters.
    """

    quantiles: Callable[[FloatArray, FloatArray], FloatArray]
    moments: Callable[[FloatArray], Estimate]
    start: Callable[[float, float], tuple[float, float]]


def best_fit(quantiles: FloatArray, probabilities: FloatArray, rough: Estimate) -> Estimate:
    """Return mean and SD of the candidate with the least sum of squares.

    Positive quantiles are also fitted by log-normal, gamma and Weibull distributions, those within 0 to 1 by a beta.
    """
    fits = [_normal(quantiles, probabilities)]
    for name, candidate in CANDIDATES.items():
        if quantiles.min() > 0 and (name != "beta" or quantiles.max() < 1):
            fits.append(_fitted(name, candidate, quantiles, probabilities, rough))
    return min(fits)[1]


def _normal(quantiles: FloatArray, probabilities: FloatArray) -> tuple[float, Estimate]:
    """Fit the normal distribution: a straight line on its standard quantiles, with a slope that cannot fall below 0."""
    z = ndtri(probabilities)
    centred = z - z.mean()
    sd = max(float(centred @ quantiles / (centred @ centred)), 0.0)
    mean = float(quantiles.mean()) - sd * float(z.mean())
    residual = quantiles - mean - sd * z
    return float(residual @ residual), (mean, sd)


def _fitted(
    name: str, candidate: DistributionFit, quantiles: FloatArray, probabilities: FloatArray, rough: Estimate
) -> tuple[float, Estimate]:
    from scipy.optimize import least_squares

    unit = max(rough[1], 1e-300)

    def residuals(theta: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            return np.nan_to_num((candidate.quantiles(theta, probabilities) - quantiles) / unit, nan=1e6, posinf=1e6)

    got = least_squares(residuals, candidate.start(*rough), xtol=1e-15, ftol=1e-15, gtol=1e-14, max_nfev=2000)
    if got.status == 0:
        raise ConvergenceError(f"the {name} distribution does not fit the quantiles in {got.nfev} steps")
    return 2 * float(got.cost) * unit**2, candidate.moments(got.x)


def _lognormal_quantiles(theta: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(theta[0] + np.exp(theta[1]) * ndtri(p)))


def _lognormal_moments(theta: FloatArray) -> Estimate:
    variance = math.exp(2 * theta[1])
    mean = math.exp(theta[0] + variance / 2)
    return mean, mean * math.sqrt(math.expm1(variance))


def _lognormal_start(mean: float, sd: float) -> tuple[float, float]:
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2, math.log(variance) / 2


def _gamma_quantiles(theta: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(theta[1]) * gammaincinv(np.exp(theta[0]), p))


def _gamma_moments(theta: FloatArray) -> Estimate:
    shape, scale = math.exp(theta[0]), math.exp(theta[1])
    return shape * scale, math.sqrt(shape) * scale


def _gamma_start(mean: float, sd: float) -> tuple[float, float]:
    return 2 * math.log(mean / sd), 2 * math.log(sd) - math.log(mean)


def _weibull_quantiles(theta: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(theta[1]) * (-np.log1p(-p)) ** np.exp(-theta[0]))


def _weibull_moments(theta: FloatArray) -> Estimate:
    power = math.exp(-theta[0])
    first, second = float(gammaln(1 + power)), float(gammaln(1 + 2 * power))
    mean = math.exp(theta[1] + first)
    return mean, mean * math.sqrt(math.expm1(second - 2 * first))


def _weibull_start(mean: float, sd: float) -> tuple[float, float]:
    return 1.086 * math.log(mean / sd), math.log(mean)


def _beta_quantiles(theta: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(betaincinv(np.exp(theta[0]), np.exp(theta[1]), p))


def _beta_moments(theta: FloatArray) -> Estimate:
    a, b = math.exp(theta[0]), math.exp(theta[1])
    return a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)


def _beta_start(mean: float, sd: float) -> tuple[float, float]:
    total = max(mean * (1 - mean) / sd**2 - 1, 0.1)
    return math.log(mean * total), math.log((1 - mean) * total)


CANDIDATES: dict[str, DistributionFit] = {
    "log-normal": DistributionFit(_lognormal_quantiles, _lognormal_moments, _lognormal_start),
    "gamma": DistributionFit(_gamma_quantiles, _gamma_moments, _gamma_start),
    "Weibull": DistributionFit(_weibull_quantiles, _weibull_moments, _weibull_start),
    "beta": DistributionFit(_beta_quantiles, _beta_moments, _beta_start),
}
