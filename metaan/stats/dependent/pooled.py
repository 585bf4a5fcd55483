"""A model of dependent effects as one pooled result, which everything that shows a pool can show.

The interval of the mean is cluster-robust (CR2 with Satterthwaite degrees of freedom) around the working model: with a
correlation that nobody printed, the model alone would claim too much (Pustejovsky & Tipton 2022).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ...errors import NotEstimableError, choose
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray
from ..pooling.intervals import Inference, infer
from ..pooling.pool import left_out
from ..pooling.prediction import NO_SPREAD
from ..pooling.result import Pooled
from .blocks import BlockCovariance, codes_of
from .covariance import sampling_covariance
from .multilevel import multilevel
from .result import Multilevel
from .robust import cautions, robust

CLUSTER_ROBUST = "CR2"
MODEL_BASED = "t"


def pool_dependent(
    es: EffectSizes,
    cluster: ArrayLike,
    structure: str = "CHE",
    rho: float = 0.6,
    model: str = "random",
    level: float = 0.95,
    ci_method: str = CLUSTER_ROBUST,
    V: BlockCovariance | None = None,
) -> Pooled:
    """Pool several effects of a study as one result.

    Parameters
    ----------
    es
        Effects; those without a value are left out and listed in ``excluded``.
    cluster
        Shape (k,): the study of each effect.
    structure
        A key of `DEPENDENT`.
    rho
        The correlation of sampling errors within a study (CHE).
    model
        ``"random"``: a variance between studies and one within them, by REML; ``"common"``: neither.
    level
        Coverage.
    ci_method
        ``"CR2"``, or ``"t"`` for the model's own interval with degrees of freedom by containment.
    V
        Instead of ``rho`` (CHE): the covariance of the k sampling errors, as `sampling_covariance` makes it.

    Raises
    ------
    NotEstimableError
        All effects are of one study.

    Examples
    --------
    >>> es = EffectSizes.of([0.10, 0.20, 0.50, 0.65, 0.30, 0.15], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02])
    >>> fit = pool_dependent(es, ["a", "a", "b", "b", "c", "c"])
    >>> round(fit.estimate, 4), fit.method, fit.ci_method, round(fit.tau2, 4)
    (0.2754, 'CHE', 'CR2', 0.0246)
    """
    correlated = choose(DEPENDENT, structure, "structure")
    at = np.flatnonzero(es.estimable)
    used, studies = es.take(at.tolist()), np.asarray(cluster, dtype=object)[at]
    if len(set(studies.tolist())) < 2:
        raise NotEstimableError("all effects are of one study, and one study alone is not pooled")
    v: BlockCovariance | FloatArray = used.vi
    if correlated:
        v = sampling_covariance(used.vi, studies, rho=rho) if V is None else V.take(at)
    several = len(set(studies.tolist())) < used.k
    fit = multilevel(
        used, studies, None if several else False, method="EE" if model == "common" else "REML", ci_method="wald",
        V=v, level=level,
    )  # fmt: skip
    return replace(_pooled(fit, studies, model, structure, ci_method), excluded=left_out(es))


def _pooled(fit: Multilevel, studies: ArrayLike, model: str, structure: str, ci_method: str) -> Pooled:
    """Return a fit as a pooled result."""
    random = model == "random"
    mean = _mean(fit, studies, ci_method)
    tau2 = float(fit.sigma2.sum()) if random else 0.0
    pi, reason = None, NO_SPREAD["common"]
    if random:
        scale = scale_of(fit.measure, fit.effects.data)
        new = infer(fit.estimate, float(np.hypot(mean.se or 0.0, tau2**0.5)), mean.df, fit.level, scale)
        pi, reason = new.ci, next(iter(new.notes), "")
    i2 = fit.i2 or 0.0
    return Pooled(
        model=model, method=structure, measure=fit.measure, level=fit.level, estimate=fit.estimate, se=mean.se,
        stat=mean.stat, df=mean.df, pval=mean.pval, ci=mean.ci, pi=pi, pi_reason=reason if pi is None else None,
        tau2=tau2, tau2_se=None, i2=i2, h2=1.0 / (1.0 - i2 / 100.0),
        q=fit.q or 0.0, q_df=fit.q_df, q_pval=1.0 if fit.q_pval is None else fit.q_pval,
        weights=_shares(fit, studies), k=fit.k, effects=fit.effects,
        tau2_method="REML" if random else None, ci_method=ci_method, pi_method=PI_NAMES[ci_method] if random else None,
        notes=(*fit.notes, *mean.notes),
    )  # fmt: skip


def _shares(fit: Multilevel, studies: ArrayLike) -> FloatArray:
    """Return the weight of each study in percent, in equal parts over its rows: a row's own can be negative."""
    weights, codes = fit.solved.wx[:, 0], codes_of(studies, "cluster", fit.k)
    each = np.bincount(codes, weights) / np.bincount(codes)
    return np.asarray(each[codes] * (100.0 / float(weights.sum())), dtype=float)


def _mean(fit: Multilevel, studies: ArrayLike, ci_method: str) -> Inference:
    """Return error, test and interval of the mean."""
    scale = scale_of(fit.measure, fit.effects.data)
    if ci_method == CLUSTER_ROBUST:
        found = robust(fit, studies)
        return infer(fit.estimate, found.se, found.df, fit.level, scale)._replace(
            notes=cautions(("the mean",), found.dfs)
        )
    return infer(fit.estimate, fit.se, float(len(set(np.asarray(studies).tolist())) - 1), fit.level, scale)


PI_NAMES = {CLUSTER_ROBUST: "t(Satterthwaite)", MODEL_BASED: "t(k-1)"}

DEPENDENT: dict[str, bool] = {"CHE": True, "three-level": False}
"""Whether sampling errors of a study correlate."""
