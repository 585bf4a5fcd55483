"""Tests, confidence and prediction intervals of many means at once; the rules are those of `metaan.stats.pooling`.

`intervals` and `prediction` of that folder hold the sources. Every array has the shape (analyses,); what does not exist
is nan. Quantiles depend on k alone, so that each is computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ..stats.measures.effects import FloatArray
from ..stats.measures.scales import Scale
from ..stats.numerics.ties import above
from .kernels.inverse_variance import BoolArray, IntArray

#: No display scale is at its end before this many units of the analysis scale, whatever the measure.
_NEAR = 300.0


class PoolMean(NamedTuple):
    """Pooled means as the model gives them: estimate, standard error, generalised Q, and what they rest on."""

    k: IntArray
    tau2: FloatArray
    estimate: FloatArray
    se: FloatArray
    q: FloatArray


class Inferred(NamedTuple):
    """Standard error, bounds and p-value; ``no_se`` and ``no_ends`` mark why they do not exist."""

    se: FloatArray
    lb: FloatArray
    ub: FloatArray
    pval: FloatArray
    no_se: BoolArray
    no_ends: BoolArray


def infer(means: PoolMean, ci_method: str, level: float, scale: Scale) -> Inferred:
    """Return test and interval of the means."""
    se, as_t = CI_METHODS[ci_method](means)
    no_se = se == 0
    half = _quantiles(means.k, as_t, level, 1) * se
    lb, ub = means.estimate - half, means.estimate + half
    stat = -np.abs(means.estimate / se)
    pval = 2 * (ndtr(stat) if as_t is None else np.where(as_t, stdtr(np.maximum(means.k - 1, 1), stat), ndtr(stat)))
    no_ends = ~no_se & ~(shown(lb, scale) & shown(ub, scale))
    gone = no_se | no_ends
    if gone.any():
        lb, ub, pval = (np.where(gone, np.nan, x) for x in (lb, ub, pval))
        se = np.where(no_se, np.nan, se)
    return Inferred(se, lb, ub, pval, no_se, no_ends)


def predict(
    means: PoolMean, ci_se: FloatArray, pi_method: str, level: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the bounds of prediction intervals, and where the standard error leaves none."""
    rule = PI_METHODS[pi_method]
    se = rule.se(means, ci_se)
    k = means.k
    as_t = None if rule.lost is None else k > rule.lost
    half = _quantiles(k, as_t, level, rule.lost or 1) * np.sqrt(means.tau2 + se * se)
    undefined = (se == 0) & (pi_method != "simple") & (k >= 3)
    gone = (k < 3) | undefined
    lb, ub = np.where(gone, np.nan, means.estimate - half), np.where(gone, np.nan, means.estimate + half)
    return lb, ub, undefined


def shown(x: FloatArray, scale: Scale) -> BoolArray:
    """Return where a number is finite, on the display scale too."""
    found = np.isfinite(x)
    if scale.code != "identity":
        for i in np.flatnonzero(found & (np.abs(x) > _NEAR)).tolist():
            found[i] = math.isfinite(scale.to_display(float(x[i])))
    return found


def narrower(pi_lb: FloatArray, pi_ub: FloatArray, lb: FloatArray, ub: FloatArray) -> BoolArray:
    """Return where a prediction interval is narrower than the confidence interval."""
    return above(ub - lb, pi_ub - pi_lb)


def side(found: Inferred, scale: Scale) -> FloatArray:
    """Return the side of no effect on which the interval lies, 0 where it holds it, nan where there is none."""
    if scale.null is None:
        return np.full(found.lb.size, np.nan)
    side = np.where(found.ub < 0, -1.0, np.where(found.lb > 0, 1.0, 0.0))
    return np.where(np.isnan(found.lb), np.nan, side)


def needs_q(ci_method: str, pi_method: str) -> bool:
    """Return whether an interval is made of the generalised Q."""
    return ci_method in ("hksj", "hksj-adhoc", "auto") or pi_method in ("HK", "HK-PR")


def by_k(function: Callable[[FloatArray], FloatArray], k: IntArray) -> FloatArray:
    """Return ``function`` of k, computed once for each k that occurs."""
    present = np.flatnonzero(np.bincount(k))
    values = np.zeros(int(k.max(initial=0)) + 1)
    values[present] = function(present.astype(float))
    return values[k]


def _quantiles(k: IntArray, as_t: BoolArray | None, level: float, lost: int) -> FloatArray | float:
    upper = (1 + level) / 2
    normal = float(ndtri(upper))
    if as_t is None:
        return normal
    return np.where(as_t, by_k(lambda n: np.asarray(stdtrit(np.maximum(n - lost, 1), upper)), k), normal)


SeT = tuple[FloatArray, BoolArray | None]


def _wald(m: PoolMean) -> SeT:
    return m.se, None


def _wald_t(m: PoolMean) -> SeT:
    return m.se, m.k > 1


def _inflation(m: PoolMean) -> FloatArray:
    return np.where(m.k > 1, np.sqrt(m.q / np.maximum(m.k - 1, 1)), 1.0)


def _hartung_knapp(m: PoolMean) -> SeT:
    return m.se * _inflation(m), m.k > 1


def _hartung_knapp_adhoc(m: PoolMean) -> SeT:
    return m.se * np.maximum(1.0, _inflation(m)), m.k > 1


def _automatic(m: PoolMean) -> SeT:
    varied = (m.k > 2) & (m.tau2 > 0)
    return np.where(varied, _hartung_knapp_adhoc(m)[0], m.se), varied


#: Names as in `metaan.stats.pooling.intervals.CI_METHODS`: to the standard error, and where its distribution is t with
#: k - 1 degrees of freedom (None: nowhere). KR and PL need more of the studies than the kernels give.
CI_METHODS: dict[str, Callable[[PoolMean], SeT]] = {
    "wald": _wald,
    "t": _wald_t,
    "hksj": _hartung_knapp,
    "hksj-adhoc": _hartung_knapp_adhoc,
    "auto": _automatic,
}


class PIRule(NamedTuple):
    """From the means and the standard errors of their intervals to the one that counts; k less ``lost`` are the df."""

    se: Callable[[PoolMean, FloatArray], FloatArray]
    lost: int | None


def _of_interval(m: PoolMean, ci_se: FloatArray) -> FloatArray:
    return ci_se


def _of_model(m: PoolMean, ci_se: FloatArray) -> FloatArray:
    return m.se


def _of_hartung_knapp(m: PoolMean, ci_se: FloatArray) -> FloatArray:
    return _hartung_knapp(m)[0]


def _known(m: PoolMean, ci_se: FloatArray) -> FloatArray:
    return np.zeros_like(m.se)


#: Names as in `metaan.stats.pooling.prediction.PI_METHODS`; those that need more of the studies are not here.
PI_METHODS = {
    "t(k-1)": PIRule(_of_interval, 1),
    "t(k-2)": PIRule(_of_interval, 2),
    "normal": PIRule(_of_interval, None),
    "simple": PIRule(_known, None),
    "V": PIRule(_of_model, 1),
    "HTS": PIRule(_of_model, 2),
    "S": PIRule(_of_model, None),
    "HK": PIRule(_of_hartung_knapp, 1),
    "HK-PR": PIRule(_of_hartung_knapp, 2),
}
