"""Pooling by inverse variance: the common-effect, random-effects, multiplicative and IVhet models.

`pool` is the way in; `Pooled` is what every pooling method of the package returns. Intervals of the mean are in
`metaan.stats.pooling.intervals`, prediction intervals in `metaan.stats.pooling.prediction`, estimators of tau2 in
`metaan.stats.pooling.tau2`, models in `metaan.stats.pooling.models`: this module puts one of each together.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray, column, not_effects
from .heterogeneity import Moments
from .intervals import CI_METHODS, Inference, bounded, check_level, infer
from .intervals import quantile as quantile
from .likelihood import LIKELIHOODS, profile_mean
from .models import MODELS
from .prediction import PI_METHODS as PI_METHODS
from .prediction import narrower, prediction_interval
from .result import Pooled
from .tau2 import TAU2_METHODS

_ADDITIVE = ("common", "random")
PLAIN_ONLY = {"KR": ("REML",), "PL": tuple(LIKELIHOODS)}


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
    check_level(level)
    if not isinstance(es, EffectSizes):
        raise not_effects(es)
    _check(model, tau2_method, ci_method, tau2, weights)
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


def _check(model: str, tau2_method: str, ci_method: str, tau2: float | None, weights: ArrayLike | None) -> None:
    """Refuse options that do not exist or do not go together."""
    if tau2_method not in TAU2_METHODS:
        choose(TAU2_METHODS, tau2_method, "tau2_method")
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
