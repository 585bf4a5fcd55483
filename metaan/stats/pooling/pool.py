"""Pooling by inverse variance: the common-effect, random-effects, multiplicative and IVhet models.

`pool` is the way in; `Pooled` is what every pooling method of the package returns. Intervals of the mean are in
`metaan.stats.pooling.intervals`, prediction intervals in `metaan.stats.pooling.prediction`, estimators of tau2 in `metaan.stats.pooling.tau2`,
models in `metaan.stats.pooling.models`: this module puts one of each together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray, Interval, column
from .describe import describe
from .heterogeneity import Moments, QBased, q_based
from .intervals import CI_METHODS, Inference, bounded, check_level, infer
from .intervals import quantile as quantile
from .likelihood import LIKELIHOODS, FitStatistics, fit_statistics, profile_mean
from .models import MODELS
from .prediction import PI_METHODS as PI_METHODS
from .prediction import narrower, prediction_interval
from .tau2 import TAU2_METHODS
from .tau2_ci import TAU2_CI_METHODS, HeterogeneityCI, Tau2, heterogeneity_ci

if TYPE_CHECKING:
    import pandas as pd


_ADDITIVE = ("common", "random")
PLAIN_ONLY = {"KR": ("REML",), "PL": tuple(LIKELIHOODS)}


@dataclass(frozen=True, slots=True)
class Display:
    """A pooled result on the display scale (the exponential of the analysis scale for ratios)."""

    estimate: float
    ci: Interval | None
    pi: Interval | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pooled:
    """One pooled result. Estimates, errors and intervals are on the analysis scale; see ``display``.

    Attributes
    ----------
    model, method
        A key of `MODELS`, and how it was pooled (``"IV"``, ``"MH"`` ...).
    estimate, se, stat, df, pval, ci
        The mean effect; ``df`` is None for the normal distribution. Error, test and interval are None where ``notes``
        says why they do not exist.
    pi, pi_reason
        The prediction interval, or None and why there is none.
    tau2, tau2_se
        Between-study variance and its standard error; None where the method has none.
    i2, h2, q, q_df, q_pval
        Heterogeneity; ``i2`` in percent.
    weights
        Shape (k,), percent, summing to 100.
    k
        The number of studies pooled.
    effects
        What was pooled.
    excluded
        (label, reason) of every study that was left out.
    notes
        What to know before reading the numbers, one sentence each.
    tau2_fixed, weights_fixed
        True where tau2, or the weights, were given and not estimated.
    """

    model: str
    method: str
    measure: str
    level: float
    estimate: float
    se: float | None
    stat: float | None
    df: float | None
    pval: float | None
    ci: Interval | None
    pi: Interval | None
    pi_reason: str | None
    tau2: float | None
    tau2_se: float | None
    i2: float | None
    h2: float | None
    q: float
    q_df: int
    q_pval: float
    weights: FloatArray
    k: int
    effects: EffectSizes
    tau2_method: str | None = None
    ci_method: str = "wald"
    pi_method: str | None = None
    excluded: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    tau2_fixed: bool = False
    weights_fixed: bool = False

    @property
    def side(self) -> int:
        """-1 or 1 where the interval lies below or above no effect; 0 where it holds it, or there is none."""
        return 0 if self.ci is None else self.ci.side()

    @property
    def has_tau2(self) -> bool:
        """Whether its model has a variance between studies: they share more than one true effect."""
        return MODELS[self.model].has_tau2

    @property
    def display(self) -> Display:
        """The result on the display scale."""
        back = scale_of(self.measure, self.effects.data).to_display
        ci, pi = (None if found is None else Interval(*map(back, found)) for found in (self.ci, self.pi))
        return Display(back(self.estimate), ci, pi)

    def tau2_ci(self, method: str = "QP", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 with the intervals of ``method``, a key of `TAU2_CI_METHODS`.

        Raises
        ------
        NotEstimableError
            Fewer than two studies, a method without tau2, or an interval that needs another tau2_method.
        """
        choose(TAU2_CI_METHODS, method, "interval of tau2")
        if self.k < 2 or self.tau2 is None:
            raise NotEstimableError(f"tau2 has no interval: k = {self.k}, method {self.method}")
        estimated = Tau2(self.tau2, self.tau2_se, None if self.tau2_fixed else self.tau2_method)
        return heterogeneity_ci(self._moments, estimated, method, self.level if level is None else level)

    def q_based(self, level: float | None = None) -> QBased:
        """Return H and I2 computed from Q, with their test-based intervals (Higgins & Thompson 2002)."""
        return q_based(self.q, self.k, self.level if level is None else level)

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc of a common-effect, ML or REML fit by inverse variance.

        Raises
        ------
        NotEstimableError
            A fit that maximises no likelihood.
        """
        restricted = False if self.model == "common" else LIKELIHOODS.get(self.tau2_method or "")
        if self.method != "IV" or self.model not in ("common", "random") or restricted is None or self.tau2 is None:
            how = self.tau2_method or self.method
            raise NotEstimableError(
                f"{self.model}, {how}: no likelihood; allowed: common effect by inverse variance, ML, REML"
            )
        return fit_statistics(self._moments, self.tau2, restricted, self.model == "random" and not self.tau2_fixed)

    @property
    def _moments(self) -> Moments:
        return Moments.of(self.effects.yi, self.effects.vi, self.weights if self.weights_fixed else None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["weights"] = self.weights.tolist()
        plain["effects"] = self.effects.to_dict()
        plain["excluded"] = [list(pair) for pair in self.excluded]
        plain["notes"] = list(self.notes)
        for name in ("ci", "pi"):
            plain[name] = None if plain[name] is None else list(plain[name])
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, vi, weight in percent."""
        return self.effects.to_frame()[["slab", "yi", "vi"]].assign(weight=self.weights)

    def __repr__(self) -> str:
        """Return what a statistician would want printed."""
        return describe(self)


def pool(
    es: EffectSizes,
    model: str = "random",
    tau2_method: str = "DL",
    ci_method: str = "wald",
    pi_method: str = "t(k-1)",
    level: float = 0.95,
    *,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> Pooled:
    """Pool effect sizes by inverse variance.

    Parameters
    ----------
    es
        Studies without an effect size are left out and listed in ``excluded``.
    model
        A key of `MODELS`: ``"common"``, ``"random"``, ``"birge"`` (common mean, its variance times Q / (k - 1);
        Birge 1932, Stanley & Doucouliagos 2015) or ``"ivhet"`` (weights of the common-effect model, variance of the
        random-effects model; Doi et al. 2015).
    tau2_method, ci_method, pi_method
        Keys of `TAU2_METHODS`, `CI_METHODS` and `PI_METHODS`.
    level
        Coverage of all intervals, between 0 and 1.
    tau2
        A between-study variance that is given and not estimated: it has no standard error.
    weights
        A positive weight a study of ``es``, instead of the inverse of its variance. The mean is weighted by them, its
        variance remains that of the model.

    Raises
    ------
    NotEstimableError
        No study has an effect size.
    UsageError
        An unknown method, one that does not go with the model, or a level outside 0 to 1.

    Examples
    --------
    >>> fit = pool(EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03]))
    >>> round(fit.estimate, 4), fit.k
    (0.318, 3)
    """
    rule = MODELS.get(model) or choose(MODELS, model, "model")
    interval = CI_METHODS.get(ci_method) or choose(CI_METHODS, ci_method, "ci_method")
    _check(model, tau2_method, ci_method, level, tau2, weights)
    used = es.complete
    if used.k == 0:
        raise NotEstimableError("no study has an effect size")
    m = Moments.of(used.yi, used.vi, None if weights is None else _weights(weights, es))
    t2, t2_se = rule.tau2(m, tau2_method) if tau2 is None else (tau2, None)
    wi, estimate, se, q = rule.mean(m, t2)
    se, df = interval(m.k, t2, se, q, m)
    scale = scale_of(used.measure, used.data)
    if not math.isfinite(scale.to_display(estimate)):
        raise NotEstimableError(f"the mean is {estimate:.3g} on the analysis scale, too far for any {used.measure}")
    if ci_method == "PL" and m.k > 1:
        mean = bounded(Inference(se, df, *profile_mean(m, t2, level, LIKELIHOODS[tau2_method])), scale)
    else:
        mean = infer(estimate, se, df, level, scale)
    pi, pi_reason = prediction_interval(estimate, se, t2, m.k, model, pi_method, level, m, scale)
    i2, h2 = rule.i2_h2(m, t2)
    notes = (*mean.notes, *_notes(ci_method, m.k, q), *narrower(pi, mean.ci))
    return Pooled(
        model=model, method="IV", measure=used.measure, level=level,
        estimate=estimate, se=mean.se, stat=mean.stat, df=mean.df, pval=mean.pval, ci=mean.ci,
        pi=pi, pi_reason=pi_reason, tau2=t2, tau2_se=t2_se, i2=i2, h2=h2,
        q=m.q, q_df=m.k - 1, q_pval=float(chdtrc(m.k - 1, m.q)) if m.k > 1 else 1.0,
        weights=wi * (100.0 / float(np.add.reduce(wi))), k=m.k, effects=used,
        tau2_method=tau2_method if rule.has_tau2 else None, ci_method=ci_method, pi_method=pi_method,
        excluded=left_out(es), notes=notes, tau2_fixed=tau2 is not None, weights_fixed=weights is not None,
    )  # fmt: skip


def left_out(es: EffectSizes) -> tuple[tuple[str, str], ...]:
    """Return (label, reason) of the studies without an effect size."""
    if es.k == len(es):
        return ()
    return tuple((label, why) for label, why in zip(es.slab, es.reasons) if why is not None)


def _check(
    model: str, tau2_method: str, ci_method: str, level: float, tau2: float | None, weights: ArrayLike | None
) -> None:
    """Refuse options that do not exist or do not go together."""
    if tau2_method not in TAU2_METHODS:
        choose(TAU2_METHODS, tau2_method, "tau2_method")
    check_level(level)
    if tau2 is not None and not (MODELS[model].has_tau2 and 0 <= tau2 < math.inf):
        raise UsageError(f"model {model!r}, tau2 = {tau2:g}; allowed: a finite tau2 not below 0, model random or ivhet")
    if ci_method in PLAIN_ONLY or model not in _ADDITIVE:
        _check_combination(model, tau2_method, ci_method, tau2 is not None, weights is not None)


def _check_combination(model: str, tau2_method: str, ci_method: str, tau2_given: bool, weighted: bool) -> None:
    """Refuse what no theory covers."""
    if model not in _ADDITIVE and (weighted or ci_method not in ("wald", "t")):
        raise UsageError(f"model {model!r} has its own weights and standard error; allowed: ci_method wald or t")
    if ci_method in PLAIN_ONLY:
        methods = PLAIN_ONLY[ci_method]
        if model != "random" or tau2_given or weighted or tau2_method not in methods:
            raise UsageError(
                f"ci_method {ci_method!r} with model {model!r}, tau2_method {tau2_method!r}; allowed: the random "
                f"model with tau2_method {' or '.join(methods)}, tau2 and weights not given"
            )


def _weights(weights: ArrayLike, es: EffectSizes) -> FloatArray:
    """Return the weights of the studies that have an effect size."""
    ai = column(weights, "weights")
    if ai.size != len(es):
        raise DataError(f"{ai.size} weights for {len(es)} studies")
    ai = ai[es.estimable]
    for label, weight in zip(es.complete.slab, ai.tolist()):
        if not weight > 0:
            raise DataError(f"study {label!r}: weight {weight:g}; allowed: above 0")
    return ai


def _notes(ci_method: str, k: int, q: float) -> tuple[str, ...]:
    """Say what a reader of the interval should know."""
    if ci_method == "hksj" and 0 < q < (k - 1) * (1 - 1e-9):  # equal where tau2 solves for it, but for rounding
        return ("the Hartung-Knapp standard error is below Wald's: the studies differ less than expected",)
    return ()
