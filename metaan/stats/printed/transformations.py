"""Transformations of single numbers: what a standardized mean difference or a log odds ratio means in other words.

The way from the analysis scale to the display scale of a measure is in `metaan.stats.measures.scales`. To add a
transformation, write a function and enter it in `TRANSFORMATIONS`. Sources: Cohen 1988 (U1 to U3); Rosenthal & Rubin
1982 (binomial effect size display); McGraw & Wong 1992 (common language effect size); Chinn 2000, Cox & Snell 1989
(odds ratios).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from ..measures.scales import exp
from ..measures.two_by_two import LOGISTIC_SD, NORMAL_SD


def mean_of_ratio(x: float, tau2: float) -> float:
    """Return the mean ratio where its logarithm is normal with mean ``x`` and variance ``tau2``.

    >>> round(mean_of_ratio(0.0, 0.2), 6)
    1.105171
    """
    return exp(x + tau2 / 2)


def mean_of_proportion(x: float, tau2: float) -> float:
    """Return the mean proportion where its logit is normal with mean ``x`` and variance ``tau2``.

    >>> round(mean_of_proportion(0.3, 0.2), 6)
    0.571114
    """
    return _expectation(lambda z: np.asarray(expit(z)), x, tau2)


def mean_of_correlation(x: float, tau2: float) -> float:
    """Return the mean correlation where its Fisher z is normal with mean ``x`` and variance ``tau2``.

    >>> round(mean_of_correlation(0.3, 0.2), 6)
    0.250941
    """
    return _expectation(lambda z: np.asarray(np.tanh(z)), x, tau2)


def _expectation(function: Callable[[np.ndarray], np.ndarray], mean: float, variance: float) -> float:
    """Return the expectation by the trapezoidal rule, which converges geometrically for smooth bounded functions."""
    u = np.linspace(-9.0, 9.0, 721)
    density = np.exp(-(u**2) / 2)
    return float(function(mean + math.sqrt(variance) * u) @ density / density.sum())


def non_overlap(d: float) -> float:
    """Return Cohen's U1: the share of both groups that does not overlap.

    >>> round(non_overlap(1.2), 6)
    0.622109
    """
    upper = float(ndtr(abs(d) / 2))
    return (2 * upper - 1) / upper


def share_above_share(d: float) -> float:
    """Return Cohen's U2: the share of one group above the same share of the other.

    >>> share_above_share(0.0)
    0.5
    """
    return float(ndtr(d / 2))


def share_above_mean(d: float) -> float:
    """Return Cohen's U3: the share of the first group above the mean of the second.

    >>> share_above_mean(0.0)
    0.5
    """
    return float(ndtr(d))


def superiority(d: float) -> float:
    """Return the probability that one of the first group lies above one of the second (common language effect size).

    >>> round(superiority(0.75), 6)
    0.702058
    """
    return float(ndtr(d / math.sqrt(2)))


def binomial_display(d: float) -> float:
    """Return the success rate of the first group in the binomial effect size display.

    >>> binomial_display(1.5)
    0.8
    """
    return d / math.sqrt(d * d + 4) / 2 + 0.5


def point_biserial(d: float, n1: float, n2: float) -> float:
    """Return the point-biserial correlation of a standardized mean difference of groups of n1 and n2.

    >>> round(point_biserial(0.3, 30, 40), 6)
    0.148949
    """
    m = n1 + n2 - 2
    return d / math.sqrt(d * d + m / n1 + m / n2)


def biserial(d: float, n1: float, n2: float) -> float:
    """Return the biserial correlation of a standardized mean difference of groups of n1 and n2.

    >>> round(biserial(0.3, 30, 40), 6)
    0.187783
    """
    p = n1 / (n1 + n2)
    height = math.exp(-(float(ndtri(p)) ** 2) / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(p * (1 - p)) / height * point_biserial(d, n1, n2)


def risk_at(log_odds_ratio: float, control_risk: float) -> float:
    """Return the risk that a log odds ratio makes of a control risk."""
    return float(expit(log_odds_ratio + logit(control_risk)))


def risk_difference_at(log_odds_ratio: float, control_risk: float) -> float:
    """Return the risk difference that a log odds ratio stands for at a control risk.

    >>> round(risk_difference_at(0.75, 0.2), 6)
    0.146085
    """
    return risk_at(log_odds_ratio, control_risk) - control_risk


def risk_ratio_at(log_odds_ratio: float, control_risk: float) -> float:
    """Return the risk ratio that a log odds ratio stands for at a control risk.

    >>> round(risk_ratio_at(0.75, 0.2), 6)
    1.730423
    """
    return risk_at(log_odds_ratio, control_risk) / control_risk


def smd_logistic(log_odds_ratio: float) -> float:
    """Return the standardized mean difference of a log odds ratio, assuming logistic distributions.

    >>> round(smd_logistic(1.5), 6)
    0.826993
    """
    return log_odds_ratio / LOGISTIC_SD


def smd_normal(log_odds_ratio: float) -> float:
    """Return the standardized mean difference of a log odds ratio, assuming normal distributions.

    >>> round(smd_normal(1.5), 6)
    0.909091
    """
    return log_odds_ratio / NORMAL_SD


TRANSFORMATIONS: dict[str, Callable[..., float]] = {
    "mean-of-ratio": mean_of_ratio,
    "mean-of-proportion": mean_of_proportion,
    "mean-of-correlation": mean_of_correlation,
    "u1": non_overlap,
    "u2": share_above_share,
    "u3": share_above_mean,
    "superiority": superiority,
    "besd": binomial_display,
    "point-biserial": point_biserial,
    "biserial": biserial,
    "risk-difference": risk_difference_at,
    "risk-ratio": risk_ratio_at,
    "smd-logistic": smd_logistic,
    "smd-normal": smd_normal,
}
