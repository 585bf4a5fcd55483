"""Meta-regression: effect sizes explained by moderators, with residual heterogeneity.

`meta_regression` is the way in; `MetaRegression` is what comes out. An intercept alone gives what
`metaan.stats.pooling.pool.pool` gives, only slower.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ...errors import NotEstimableError, choose
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..pooling.intervals import check_level, quantile
from ..pooling.result import Pooled, effects_of
from .ci import two_sided, wald_test
from .design import REDUNDANT, Coding, check_rank, design_of
from .fit import Options, moderators
from .linear import Linear, Weighted
from .moderators import INTERCEPT
from .result import MetaRegression
from .tau2 import REGRESSION_TAU2_METHODS

if TYPE_CHECKING:
    import pandas as pd

MODELS = {"common": "common effect", "random": "mixed effects"}


def meta_regression(
    es: EffectSizes | Pooled,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    model: str = "random",
    tau2_method: str = "DL",
    ci_method: str = "wald",
    intercept: bool = True,
    level: float = 0.95,
    redundant: str = "error",
) -> MetaRegression:
    """Regress effect sizes on moderators.

    Parameters
    ----------
    es
        Effect sizes, or a pooled result for its effect sizes; studies without one, or without a moderator, are left out
        and listed in ``excluded``.
    mods
        The moderators, one value a study: shape (k,) or (k, q); named columns; or a formula over ``data`` such as
        ``"~ year * design"`` (needs formulaic; a formula is code, so never take one from a stranger). Texts and
        categoricals are factors, whose first level (sorted, or the categorical's own order) is the reference. A first
        column of ones in a matrix is the intercept. None fits the intercept alone.
    data
        The columns a formula speaks of.
    model
        ``"random"`` (mixed effects) or ``"common"`` (tau2 = 0).
    tau2_method, ci_method
        Keys of `REGRESSION_TAU2_METHODS` and `REGRESSION_CI_METHODS`.
    intercept
        False leaves the column of ones out.
    level
        Coverage of the intervals.
    redundant
        What to do with a column that holds nothing new beside those before it: ``"error"``, or ``"drop"`` it.

    Raises
    ------
    DataError
        A moderator of another length, or a column of the design that holds nothing new (it is named).
    NotEstimableError
        No more studies than coefficients.
    UsageError
        An unknown method or column, a formula that cannot be read, or formulaic is not installed.

    Notes
    -----
    Thompson & Sharp 1999; Knapp & Hartung 2003; Raudenbush 2009.

    Examples
    --------
    >>> es = EffectSizes.of([0.1, 0.3, 0.35, 0.65], [0.04, 0.05, 0.03, 0.05])
    >>> fit = meta_regression(es, {"dose": [1, 2, 3, 4]}, tau2_method="REML")
    >>> fit.names, fit.coefficients.round(4).tolist(), round(fit.qm_pval, 4)
    (('intercept', 'dose'), [-0.0729, 0.1646], 0.078)
    """
    check_level(level)
    choose(MODELS, model, "model")
    choose(REGRESSION_TAU2_METHODS, tau2_method, "tau2_method")
    es = effects_of(es)
    design = design_of(mods, es.estimable, intercept, data)
    used = es if design.used.all() else es.take(np.flatnonzero(design.used).tolist())
    reasons = (own or missing for own, missing in zip(es.reasons, design.missing))
    excluded = tuple((label, why) for label, why in zip(es.slab, reasons) if why is not None)
    design = choose(REDUNDANT, redundant, "redundant")(design)
    options = Options(model, tau2_method, ci_method, level)
    return fit_design(used, design.x, design.coding, options, excluded)


def fit_design(
    es: EffectSizes, x: FloatArray, coding: Coding, options: Options, excluded: tuple[tuple[str, str], ...] = ()
) -> MetaRegression:
    """Fit a design of shape (k, p) to k studies that all have an effect size."""
    names = coding.names
    m = Linear(es.yi, es.vi, x)
    if m.k <= m.p:
        raise NotEstimableError(f"k = {m.k} studies for {m.p} coefficients ({', '.join(names)}); allowed: k above that")
    check_rank(x, names)
    random = options.model == "random"
    tau2_null = _tau2_null(m, names, options)
    found, start = options.solve(m), m.at(0.0)
    tau2, fit, vcov, df = found.tau2, found.fit, found.vcov, found.df
    se = np.sqrt(np.diag(vcov))
    if found.no_spread is not None:
        raise NotEstimableError(found.no_spread)
    stat = fit.coefficients / se
    half = quantile(df, options.level) * se
    ci = tuple(map(Interval, (fit.coefficients - half).tolist(), (fit.coefficients + half).tolist()))
    qm = wald_test(names, fit.coefficients, vcov, df, moderators(names))
    i2, h2 = _i2_h2(m, start, tau2, random)
    qe = 0.0 if start.is_exact(m) else start.rss
    return MetaRegression(
        model=options.model, tau2_method=options.tau2_method if random else None, ci_method=options.ci_method,
        level=options.level, measure=es.measure, names=names, coefficients=fit.coefficients, se=se, stat=stat, df=df,
        pval=two_sided(stat, df), ci=ci, vcov=vcov,
        references=coding.references, qm=qm.stat, qm_df=qm.df, qm_pval=qm.pval,
        qe=qe, qe_df=m.df, qe_pval=float(chdtrc(m.df, qe)), tau2=tau2, tau2_se=found.tau2_se,
        tau2_null=tau2_null, i2=i2, h2=h2, r2=_r2(m, start, tau2, tau2_null, names), k=m.k, p=m.p, x=x,
        effects=es, excluded=excluded, coding=coding,
    )  # fmt: skip


def _tau2_null(m: Linear, names: tuple[str, ...], options: Options) -> float | None:
    if options.model != "random" or INTERCEPT not in names:
        return None
    return options.tau2(Linear(m.yi, m.vi, np.ones((m.k, 1))))[0]


def _r2(m: Linear, start: Weighted, tau2: float, tau2_null: float | None, names: tuple[str, ...]) -> float | None:
    if INTERCEPT not in names or len(names) == 1:
        return None
    constant = Linear(m.yi, m.vi, np.ones((m.k, 1)))
    null = constant.at(0.0)
    if null.is_exact(constant):
        return 0.0  # the effects are equal but for rounding: there is nothing to explain
    if tau2_null is not None:
        return max(0.0, 100 * (1 - tau2 / tau2_null)) if tau2_null else 0.0
    h2_null = null.rss / (m.k - 1)
    return max(0.0, 100 * (1 - start.rss / m.df / h2_null)) if h2_null > 0 else 0.0


def _i2_h2(m: Linear, start: Weighted, tau2: float, random: bool) -> tuple[float, float]:
    """From tau2 in the random-effects model, from Q in the common-effect model."""
    if random:
        typical = m.df / start.trace_p()
        return 100 * tau2 / (tau2 + typical), tau2 / typical + 1
    h2 = start.rss / m.df
    return (100 * max(0.0, 1 - 1 / h2) if h2 > 0 else 0.0), h2
