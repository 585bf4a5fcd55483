"""Pooling of 2x2 tables as strata: Mantel-Haenszel. Zero cells need no correction here.

Sources: Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986 (variance of the log odds ratio);
Greenland & Robins 1985 (risk ratio); Sato, Greenland & Robins 1989 (risk difference).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr

from ..errors import NotEstimableError, choose
from .effects import FloatArray
from .measures import Columns, effect_sizes
from .pooling import Pooled, left_out, mean_interval

Stratified = tuple[float, float, FloatArray]


def mantel_haenszel(
    measure: str,
    *,
    level: float = 0.95,
    slab: Sequence[str] | None = None,
    drop00: bool = True,
    **data: ArrayLike,
) -> Pooled:
    """Pool 2x2 tables by Mantel-Haenszel without a correction of zero cells (common-effect model).

    Parameters
    ----------
    measure
        A key of `MH_MEASURES`.
    level
        Coverage of the interval.
    slab
        k study labels.
    drop00
        Studies that carry no information on a ratio (no events in both arms) are left out of k and Q.
    data
        2x2 tables as in `metaan.stats.measures.effect_sizes`.

    Returns
    -------
    Pooled
        ``q`` is the weighted sum of squares of the studies (0.5 added where a cell is zero) around the estimate.

    Raises
    ------
    NotEstimableError
        One arm has no events, or nothing but events, in every study.
    """
    estimator = choose(MH_MEASURES, measure, "measure")
    es = effect_sizes(measure, slab=slab, drop00=drop00 and measure != "RD", **dict[str, Any](data))
    used = es.complete
    if used.k == 0:
        raise NotEstimableError("no study has an effect size")
    estimate, se, shares = estimator(used.data)
    q = float(np.sum((used.yi - estimate) ** 2 / used.vi))
    df = used.k - 1
    stat = estimate / se
    return Pooled(
        model="common", method="MH", measure=measure, level=level,
        estimate=estimate, se=se, stat=stat, df=None, pval=2 * float(ndtr(-abs(stat))),
        ci=mean_interval(estimate, se, None, level),
        pi=None, pi_reason="the common-effect model has one true effect, so there is nothing to predict",
        tau2=None, tau2_se=None,
        i2=max(0.0, 100 * (q - df) / q) if q > 0 else 0.0, h2=q / df if df else 1.0,
        q=q, q_df=df, q_pval=float(chdtrc(df, q)) if df else 1.0,
        weights=shares * (100.0 / shares.sum()), k=used.k, effects=used, excluded=left_out(es),
    )  # fmt: skip


def _odds_ratio(x: Columns) -> Stratified:
    a, b, c, d = x["ai"], x["bi"], x["ci"], x["di"]
    n = a + b + c + d
    r, s, p = a * d / n, b * c / n, (a + d) / n
    sum_r, sum_s = _positive(r, s)
    variance = (
        np.sum(p * r) / sum_r**2 + np.sum(p * s + (1 - p) * r) / (sum_r * sum_s) + np.sum((1 - p) * s) / sum_s**2
    ) / 2
    return math.log(sum_r / sum_s), math.sqrt(variance), s


def _risk_ratio(x: Columns) -> Stratified:
    a, c, n1, n2 = x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]
    n = n1 + n2
    r, s = a * n2 / n, c * n1 / n
    sum_r, sum_s = _positive(r, s)
    variance = np.sum((n1 * n2 * (a + c) - a * c * n) / n**2) / (sum_r * sum_s)
    return math.log(sum_r / sum_s), math.sqrt(variance), s


def _risk_difference(x: Columns) -> Stratified:
    a, c, n1, n2 = x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]
    n = n1 + n2
    share = n1 * n2 / n
    total = float(share.sum())
    estimate = float(np.sum((a * n2 - c * n1) / n)) / total
    p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    variance = float(estimate * p.sum() + q.sum()) / total**2
    if variance <= 0:
        raise NotEstimableError("Mantel-Haenszel risk difference: no events, or only events, in every study")
    return estimate, math.sqrt(variance), share


def _positive(r: FloatArray, s: FloatArray) -> tuple[float, float]:
    """Return both sums; a ratio exists only where neither is 0."""
    sum_r, sum_s = float(r.sum()), float(s.sum())
    if sum_r <= 0 or sum_s <= 0:
        arm = "experimental" if sum_r <= 0 else "control"
        raise NotEstimableError(
            f"Mantel-Haenszel: the {arm} arm leaves the ratio undefined: a zero cell in every study"
        )
    return sum_r, sum_s


MH_MEASURES: dict[str, Callable[[Columns], Stratified]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
}
