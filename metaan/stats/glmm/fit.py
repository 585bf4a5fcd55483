"""Maximum likelihood fits of a `Structure`: common and random effects, the tests of heterogeneity, tau2's profile."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import chdtri

from ..measures.effects import FloatArray, Interval
from ..tables.strata_tests import ChiSquared
from .models import Structure
from .newton import Maximum, maximise

LARGEST_TAU = 100.0  # beyond it a probability says nothing; the interval is then infinite


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted structure.

    Attributes
    ----------
    top
        The maximum; the mean effect is parameter ``at``, tau (where there is one) the last.
    at
        Position of the mean effect.
    random
        Whether tau was estimated.
    """

    top: Maximum
    at: int
    random: bool

    @property
    def tau(self) -> float:
        """The standard deviation of the effects; 0 where it was not estimated."""
        return abs(float(self.top.shared[-1])) if self.random else 0.0

    @property
    def tau2_se(self) -> float | None:
        """The standard error of tau2 by the delta method, which has no slope at 0 (None there)."""
        return 2 * self.tau * math.sqrt(float(self.top.covariance[-1, -1])) if self.tau > 0 else None


def fit_common(s: Structure, points: int) -> Fit:
    """Fit one true effect; a random baseline remains random."""
    start = np.zeros(s.p) if s.study is None else np.append(_centre(s), 0.5)
    top = maximise(s.objective(points, random=False), start, s.start, s.own is not None, "common-effect model")
    return Fit(top, s.p - 1, random=False)


def fit_random(s: Structure, points: int, common: Fit, tau: float) -> Fit:
    """Fit normal random effects, starting from the common effect and a first guess of tau.

    The likelihood is an even function of tau, so a maximum at 0 is found as such; the fit is then the common one.
    """
    start = np.append(common.top.shared, tau)
    objective = s.objective(points, random=True)
    top = maximise(objective, start, common.top.own, s.own is not None, "random-effects model")
    se = 1 / math.sqrt(float(top.information[-1, -1]))
    at_zero = abs(float(top.shared[-1])) < 1e-3 * se or top.value <= common.top.value
    if at_zero:
        top = replace(top, shared=np.append(common.top.shared, 0.0), own=common.top.own, value=common.top.value)
    return Fit(top, s.p - 1, random=True)


def first_tau(s: Structure) -> float:
    """Return a moment estimate of tau from the studies' own estimates (DerSimonian & Laird 1986), at least 0.1."""
    theta, variance = own_effects(s)
    keep = np.isfinite(variance)
    if keep.sum() < 2:
        return 0.5
    w, y = 1 / variance[keep], theta[keep]
    q = float(w @ (y - float(w @ y) / float(w.sum())) ** 2)
    c = float(w.sum()) - float(w @ w) / float(w.sum())
    return math.sqrt(max(0.01, (q - (y.size - 1)) / c)) if c > 0 else 0.5


def own_effects(s: Structure) -> tuple[FloatArray, FloatArray]:
    """Return each study's own estimate of the effect and its variance, infinite where the estimate is."""
    alone = s.family.saturated()
    contrast = np.sign(s.effect)
    with np.errstate(invalid="ignore"):
        return (alone.eta * contrast).sum(axis=1), alone.variance.sum(axis=1)


def heterogeneity_tests(s: Structure, points: int, common: Fit) -> tuple[ChiSquared, ChiSquared]:
    """Return the Wald and the likelihood-ratio test of one common effect, each against an effect of its own a study."""
    if s.study is not None:
        return _tests_with_random_baseline(s, points, common)
    theta, variance = own_effects(s)
    keep = np.isfinite(variance)
    precision = np.diag(1 / variance[keep])
    ll = float(s.family.saturated().log_likelihood.sum())
    df = variance.size - 1
    return (
        ChiSquared.of(_wald(theta[keep], precision), df),
        ChiSquared.of(max(0.0, 2 * (ll - common.top.value)), df),
    )


def _tests_with_random_baseline(s: Structure, points: int, common: Fit) -> tuple[ChiSquared, ChiSquared]:
    """The effects are the studies' own parameters, the baselines stay random."""
    free = replace(s, design=s.design[:, :-1], own=s.design[:, -1])
    k = common.top.own.size
    start = np.delete(common.top.shared, common.at)
    own = np.full(k, float(common.top.shared[common.at]))
    top = maximise(free.objective(points, random=False), start, own, True, "one effect a study")
    lrt = max(0.0, 2 * (top.value - common.top.value))
    return ChiSquared.of(_wald(top.own, top.own_information), k - 1), ChiSquared.of(lrt, k - 1)


def _wald(theta: FloatArray, precision: FloatArray) -> float:
    """Return the least weighted sum of squares around one value."""
    if theta.size < 2:
        return 0.0
    ones = precision.sum(axis=1)
    mean = float(ones @ theta) / float(ones.sum())
    return max(0.0, float((theta - mean) @ precision @ (theta - mean)))


def _centre(s: Structure) -> FloatArray:
    """Return start values: the overall level, and no effect."""
    eta = s.family.saturated().eta
    level = float(np.median(np.clip(eta[np.isfinite(eta)], -10, 10))) if np.isfinite(eta).any() else 0.0
    return np.append(np.full(s.p - 1, level), 0.0)


def tau2_profile(s: Structure, points: int, fit: Fit, level: float) -> Interval:
    """Return the profile-likelihood interval of tau2; 0 or infinite where the likelihood never falls far enough."""
    from scipy.optimize import brentq

    drop = float(chdtri(1, 1 - level)) / 2
    below = partial(_fall, s, points, fit, drop)
    tau = fit.tau
    lower = 0.0 if tau == 0 or below(0.0) <= 0 else float(brentq(below, 0.0, tau, xtol=1e-10, rtol=1e-10))
    high = max(2 * tau, 0.5)
    while below(high) < 0:
        high *= 2
        if high > LARGEST_TAU:
            return Interval(lower**2, math.inf)
    return Interval(lower**2, float(brentq(below, tau, high, xtol=1e-10, rtol=1e-10)) ** 2)


def _fall(s: Structure, points: int, fit: Fit, drop: float, tau: float) -> float:
    """Return by how much more than ``drop`` the log-likelihood falls when tau is fixed."""
    if tau == fit.tau:
        return -drop
    whole = s.objective(points, random=True)

    def objective(shared: FloatArray, own: FloatArray) -> FloatArray:
        return whole(np.append(shared, tau), own)

    top = maximise(objective, fit.top.shared[:-1], fit.top.own, s.own is not None, f"profile of tau2 at {tau * tau:g}")
    return fit.top.value - top.value - drop
