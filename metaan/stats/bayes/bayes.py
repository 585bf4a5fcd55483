"""The normal-normal hierarchical model with priors, integrated over tau by quadrature.

Given tau everything is normal (`conditional`), so one integral in one dimension is all there is to compute: no sampler,
no seed, the same answer every time (Roever 2020, Journal of Statistical Software 93(6)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import NotEstimableError, UsageError, choose
from ..measures.catalogue import STANDARDIZED, scale_of
from ..measures.effects import EffectSizes, FloatArray, not_effects
from ..pooling.intervals import check_level
from ..pooling.pool import left_out
from ..regression.design import check_rank, design_of
from .conditional import Normal
from .distributions import INTERVALS, peak
from .posterior import existing_moments, posterior_grid
from .priors import TauPrior, mean_prior, prior_of
from .quadrature import TauGrid
from .result import Bayes, JointPosterior

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = "half-normal(0.5)"


def bayes(
    es: EffectSizes,
    tau_prior: str | TauPrior | Any = DEFAULT,
    mu_prior: Any = (0.0, 4.0),
    level: float = 0.95,
    interval: str = "shortest",
    *,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Any = None,
    intercept: bool = True,
) -> Bayes:
    """Fit the normal-normal model with a prior of tau and a prior of the mean.

    Parameters
    ----------
    es
        Studies without an effect size are left out and listed in ``excluded``.
    tau_prior
        Text as ``"half-normal(0.5)"``, ``"half-Cauchy(0.5)"``, ``"uniform(0, 4)"``, ``"Jeffreys"``: a key of
        `TAU_PRIORS` with its parameters, on the analysis scale; a `TauPrior`; a frozen distribution of scipy; a
        function from an array of tau to its density; ``"unit-information"``, half-normal with a quarter of the
        measure's unit of information as its scale.
    mu_prior
        Mean and standard deviation of a normal prior of the mean, as ``(0.0, 4.0)`` or ``"normal(0, 4)"``; None or
        ``"flat"``: the improper flat prior. With moderators one for all coefficients, or a mapping from names of
        coefficients, of which those that are not named are flat. ``"unit-information"``: half of that unit is
        its standard deviation.
    level
        Coverage of all intervals, between 0 and 1.
    interval
        A key of `INTERVALS`: the shortest intervals, or central ones.
    mods, data, intercept
        A few moderators, as in `metaan.meta_regression`.

    Raises
    ------
    NotEstimableError
        No study has an effect size; or the posterior is no distribution, as with too few studies for an improper prior.
    UsageError
        A prior, an interval or a level that does not exist.

    Examples
    --------
    >>> fit = bayes(EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03]), "half-normal(0.5)", (0.0, 4.0))
    >>> round(fit.mu.mean, 3), round(fit.tau.median, 3)
    (0.31, 0.197)
    """
    if not isinstance(es, EffectSizes):
        raise not_effects(es)
    check_level(level)
    choose(INTERVALS, interval, "interval")
    if es.k == 0:
        raise NotEstimableError("no study has an effect size")
    design = design_of(mods, es.estimable, intercept, data)
    names = design.coding.names
    used = es.take(np.flatnonzero(design.used))
    if used.k >= len(names):
        check_rank(design.x, names)
    mean, sd = mu_priors(mu_prior, names, used.measure)
    normal = Normal(used.yi, used.vi, design.x, mean, sd)
    prior = prior_of(tau_prior, used.sei, used.measure)
    powers = existing_moments(normal, prior)
    grid = posterior_grid(normal, prior, powers)
    missing = tuple((label, why) for label, why in zip(es.slab, design.missing) if why is not None)
    return Bayes(
        effects=used, measure=used.measure, level=level, interval=interval, tau_prior=prior, names=names,
        normal=normal, grid=grid, moments=powers, excluded=(*left_out(es), *missing), coding=design.coding,
        notes=_units(used.measure, tau_prior), map=_highest(normal, grid, prior), ml=_highest(normal, grid, None),
    )  # fmt: skip


def _units(measure: str, tau_prior: object) -> tuple[str, ...]:
    """Say that the default prior is not in the units of an effect that has its own."""
    scale = scale_of(measure)
    own = measure != "GEN" and measure not in STANDARDIZED and not scale.is_ratio and scale.code == "identity"
    if not own or tau_prior != DEFAULT:
        return ()
    return (f"{DEFAULT} is a prior for log ratios and standardised differences; {measure} is in units of its own",)


def mu_priors(given: Any, names: Sequence[str], measure: str = "GEN") -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation, inf for a flat prior, of each coefficient; shape (p,) each."""
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise UsageError(f"mu_prior of {unknown[0]!r}; allowed: {', '.join(names)}")
        pairs = [mean_prior(given.get(name), measure) for name in names]
    else:
        pairs = [mean_prior(given, measure)] * len(names)
    return np.array([mean for mean, _ in pairs]), np.array([sd for _, sd in pairs])


def _highest(normal: Normal, grid: TauGrid, prior: TauPrior | None) -> JointPosterior:
    """Return where the joint density of tau and the coefficients is highest, of data alone where there is no prior."""
    of = normal if prior is not None else _without_prior(normal)

    def height(tau: FloatArray) -> FloatArray:
        given = of.given(tau)
        if prior is None:
            return of.at(tau, given.means)
        logs: FloatArray = given.log_likelihood - 0.5 * np.linalg.slogdet(given.covariances)[1]
        return logs + prior.log_density(tau)

    tried = grid.t if prior is not None else _of_data(normal)
    tau = peak(height, tried, math.inf if prior is None else prior.upper)
    coefficients = of.given(np.array([tau])).means[0]
    return JointPosterior(tau, float(coefficients[0]), coefficients)


def _of_data(normal: Normal) -> FloatArray:
    """Return the tau among which the likelihood of any data has its maximum."""
    return np.geomspace(
        1e-4 * float(np.sqrt(normal.vi.min())), 10 * float(np.sqrt(normal.vi.max()) + np.ptp(normal.yi)), 99
    )


def _without_prior(normal: Normal) -> Normal:
    p = normal.x.shape[1]
    flat = np.full(p, math.inf)
    return Normal(normal.yi, normal.vi, normal.x, np.zeros(p), flat if normal.yi.size >= p else normal.prior_sd)
