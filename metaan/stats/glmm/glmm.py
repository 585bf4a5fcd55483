"""Generalised linear mixed models: counts pooled by their exact likelihood, without a correction of zero cells.

`glmm` is the way in. Structures are in `metaan.stats.glmm.models`, distributions in `metaan.stats.glmm.families`,
quadrature in `metaan.stats.glmm.integral`, the search for the maximum in `metaan.stats.glmm.newton`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import NotEstimableError, UsageError, choose
from ..measures.catalogue import effect_sizes, scale_of
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.by_name import takes_names
from ..pooling.heterogeneity import Moments, i2_from_tau2, typical_variance
from ..pooling.intervals import CI_METHODS, check_level, infer
from ..pooling.likelihood import FitStatistics
from ..pooling.pool import left_out
from ..pooling.prediction import narrower, prediction_interval
from ..pooling.result import Pooled, describe
from ..pooling.tau2_ci import HeterogeneityCI
from ..tables.strata_tests import ChiSquared
from ..tables.stratified import NO_PREDICTION
from .fit import Fit, first_tau, fit_common, fit_random, heterogeneity_tests, tau2_profile
from .models import GLMM_MEASURES, Structure

MODELS = ("random", "common")
CI = ("wald", "t")
POINTS = {"UM.FS": 7, "UM.RS": 7, "CM.EL": 25, "CM.AL": 7}
LAPLACE = 1


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Glmm(Pooled):
    """A fitted mixed model; ``q`` is the likelihood-ratio test of one effect, ``weights`` are shares of information.

    Attributes
    ----------
    structure
        A key of ``GLMM_MEASURES[measure]``.
    points
        Quadrature points per random effect; 1 is Laplace's method.
    sigma2
        Variance of the study baselines where these are random (UM.RS), else None.
    ll, aic, bic
        The marginal log-likelihood with all its constants, and what follows from it; BIC counts studies.
    q_wald, q_lrt
        The tests of heterogeneity. Wald's leaves out studies whose own effect is infinite.
    iterations
        Newton steps to the maximum.
    fit
        The maximum itself, for `tau2_ci`.
    """

    structure: str = "UM.FS"
    points: int = 7
    sigma2: float | None = None
    ll: float = 0.0
    aic: float = 0.0
    bic: float = 0.0
    parameters: int = 1
    q_wald: ChiSquared | None = None
    q_lrt: ChiSquared | None = None
    iterations: int = 0
    fit: Fit | None = None

    def tau2_ci(self, method: str = "PL", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 with the profile-likelihood interval of tau2, the one ``method`` there is.

        Raises
        ------
        NotEstimableError
            The common-effect model, or a single study.
        """
        choose({"PL": None}, method, "interval of tau2")
        if self.fit is None or not self.fit.random:
            raise NotEstimableError(f"tau2 has no interval: k = {self.k}, {self.model}-effect model")
        at = self.level if level is None else level
        check_level(at)
        s = GLMM_MEASURES[self.measure][self.structure](self.effects.data)
        return _on_all_scales(self.fit.tau**2, tau2_profile(s, self.points, self.fit, at), self.effects, at)

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc."""
        spare = self.k - self.parameters - 1
        correction = 2 * self.parameters * (self.parameters + 1) / spare if spare > 0 else None
        deviance = self.q_lrt.stat if self.q_lrt is not None and self.model == "common" else -2 * self.ll
        return FitStatistics(
            self.ll, deviance, self.aic, self.bic, None if correction is None else self.aic + correction,
            self.parameters, restricted=False,
        )  # fmt: skip

    def __repr__(self) -> str:
        """Return what a statistician would want printed."""
        sigma2 = "" if self.sigma2 is None else f", variance of baselines {self.sigma2:.4g}"
        return (
            f"{describe(self)}\n  {self.structure}, {self.points} quadrature point{'s' * (self.points > 1)}{sigma2}; "
            f"log-likelihood {self.ll:.4g}, AIC {self.aic:.4g}; {self.iterations} steps\n"
            f"  One effect for all studies? Wald {self.q_wald}; likelihood ratio {self.q_lrt}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = Pooled.to_dict(self)
        del plain["fit"]
        for name in ("q_wald", "q_lrt"):
            plain[name] = None if plain[name] is None else plain[name].to_dict()
        return plain


@takes_names
def glmm(
    structure: str = "UM.FS",
    *,
    measure: str = "OR",
    model: str = "random",
    points: int | None = None,
    ci_method: str = "wald",
    pi_method: str = "t(k-1)",
    level: float = 0.95,
    slab: Sequence[str] | None = None,
    drop00: bool = True,
    **data: Any,
) -> Glmm:
    """Fit a generalised linear mixed model by maximum likelihood (Stijnen et al. 2010).

    Parameters
    ----------
    structure
        A key of ``GLMM_MEASURES[measure]``. For OR: ``"UM.FS"`` and ``"UM.RS"`` take both arms, with fixed and random
        study baselines; ``"CM.EL"`` conditions on the events of both arms (noncentral hypergeometric), ``"CM.AL"``
        approximates that for rare events. One proportion (PLO) or rate (IRLN) has one structure.
    measure
        A key of `GLMM_MEASURES`.
    model
        ``"random"``: normal effects around their mean; ``"common"``: one true effect.
    points
        Gauss-Hermite points per random effect. By default `POINTS`; but 1, Laplace's method, for two random effects
        (UM.RS with ``"random"``), which is what lme4 and so metafor can do. 7 and more are nearer the exact integral.
    ci_method
        ``"wald"`` (normal) or ``"t"`` (k - 1 degrees of freedom).
    pi_method
        A key of `metaan.stats.pooling.prediction.PI_METHODS`.
    level
        Coverage of the intervals.
    slab
        k study labels.
    drop00
        True: studies without events, or with only events, in both arms are left out. Only UM.RS can learn from them;
        the others leave them out in any case.
    data
        Counts as in `metaan.stats.measures.catalogue.effect_sizes`.

    Raises
    ------
    NotEstimableError
        No finite estimate fits: the message says which arm is empty.
    ConvergenceError
        The search did not arrive.

    Examples
    --------
    >>> fit = glmm("CM.EL", ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118])
    >>> round(fit.display.estimate, 3), fit.tau2
    (0.191, 0.0)
    """
    build = choose(choose(GLMM_MEASURES, measure, "measure"), structure, f"structure of a {measure} model")
    choose(dict.fromkeys(MODELS), model, "model")
    choose(dict.fromkeys(CI), ci_method, "ci_method")
    check_level(level)
    es = effect_sizes(measure, drop00=drop00 or structure != "UM.RS", slab=slab, **dict[str, Any](data))
    used = es.complete
    if used.k == 0:
        raise NotEstimableError(f"GLMM {measure}: no study has an effect size")
    s = build(used.data)
    if s.undefined:
        raise NotEstimableError(f"GLMM {structure} {measure} has no finite estimate: {s.undefined}")
    random = model == "random" and used.k > 1
    at = _points(structure, points, random)
    common = fit_common(s, at)
    fit = fit_random(s, at, common, first_tau(s)) if random else common
    asked = {
        "measure": measure, "model": model, "structure": structure, "points": at, "level": level,
        "ci_method": ci_method, "pi_method": pi_method,
    }  # fmt: skip
    return _result(s, fit, heterogeneity_tests(s, at, common), es, asked)


def _points(structure: str, points: int | None, random: bool) -> int:
    if points is None:
        return LAPLACE if structure == "UM.RS" and random else POINTS[structure]
    if points < 1:
        raise UsageError(f"points = {points}; allowed: 1 or more")
    return int(points)


def _result(
    s: Structure, fit: Fit, tests: tuple[ChiSquared, ChiSquared], es: EffectSizes, asked: dict[str, Any]
) -> Glmm:
    """Put the fit into words that all pooled results share."""
    used, (wald, lrt) = es.complete, tests
    tau2, tau2_se = (fit.tau**2, fit.tau2_se) if fit.random else (0.0, None)
    estimate, se = float(fit.top.shared[fit.at]), math.sqrt(float(fit.top.covariance[fit.at, fit.at]))
    se, df = CI_METHODS[asked["ci_method"]](used.k, tau2, se, lrt.stat)
    mean = infer(estimate, se, df, asked["level"], scale_of(used.measure, used.data))
    m = Moments.of(used.yi, used.vi)
    pi, reason = _prediction(estimate, se, tau2, m, asked)
    sigma2 = None if s.study is None else _square(float(fit.top.shared[s.p]))
    parameters = fit.top.shared.size + (used.k if s.own is not None else 0)
    i2, h2 = (i2_from_tau2(tau2, m), tau2 / typical_variance(m) + 1) if used.k > 1 else (0.0, 1.0)
    return Glmm(
        method="GLMM", estimate=estimate, se=mean.se, stat=mean.stat, df=df, pval=mean.pval,
        ci=mean.ci, notes=(*mean.notes, *narrower(pi, mean.ci)), pi=pi, pi_reason=reason, tau2=tau2, tau2_se=tau2_se,
        i2=i2, h2=h2, q=lrt.stat, q_df=lrt.df, q_pval=lrt.pval, weights=_shares(fit), k=used.k, effects=used,
        excluded=left_out(es),
        tau2_method="ML" if fit.random else None, sigma2=sigma2, ll=fit.top.value, parameters=parameters,
        aic=2 * parameters - 2 * fit.top.value, bic=parameters * math.log(used.k) - 2 * fit.top.value,
        q_wald=wald, q_lrt=lrt, iterations=fit.top.iterations, fit=fit, **asked,
    )  # fmt: skip


def _prediction(
    estimate: float, se: float, tau2: float, m: Moments, asked: dict[str, Any]
) -> tuple[Interval | None, str | None]:
    if asked["model"] == "common":
        return None, NO_PREDICTION
    return prediction_interval(estimate, se, tau2, m.k, "random", asked["pi_method"], asked["level"])


def _square(root: float) -> float:
    """Return the variance; a root that is 0 but for rounding counts as 0."""
    return root * root if abs(root) > 1e-6 else 0.0


def _shares(fit: Fit) -> FloatArray:
    """Return each study's share of the information on the mean effect, in percent."""
    information = np.maximum(fit.top.shares[:, fit.at], 0.0)
    return np.asarray(information * (100.0 / float(information.sum())))


def _on_all_scales(tau2: float, ci: Interval, used: EffectSizes, level: float) -> HeterogeneityCI:
    m = Moments.of(used.yi, used.vi)
    typical = typical_variance(m)
    i2_ub = i2_from_tau2(ci.ub, m) if math.isfinite(ci.ub) else 100.0
    return HeterogeneityCI(
        method="PL", level=level, tau2=tau2, tau2_ci=ci,
        tau=math.sqrt(tau2), tau_ci=Interval(math.sqrt(ci.lb), math.sqrt(ci.ub)),
        i2=i2_from_tau2(tau2, m), i2_ci=Interval(i2_from_tau2(ci.lb, m), i2_ub),
        h2=tau2 / typical + 1, h2_ci=Interval(ci.lb / typical + 1, ci.ub / typical + 1),
        note=None if math.isfinite(ci.ub) else "the likelihood never falls far enough to give an upper bound",
    )  # fmt: skip
