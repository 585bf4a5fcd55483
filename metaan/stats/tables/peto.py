"""Peto's one-step odds ratio (Yusuf et al. 1985): observed less expected events over their hypergeometric variance.

Zero cells need no correction. The method is a good one while effects are small and arms are of similar size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import NotEstimableError
from ..measures.catalogue import Columns, no_information, scale_of, two_by_two
from ..measures.effects import EffectSizes, FloatArray, labels
from ..numerics.by_name import takes_names
from ..numerics.ties import distances
from ..pooling.intervals import check_level, infer
from ..pooling.pool import left_out
from ..pooling.result import Pooled
from .mantel_haenszel import MH_MEASURES
from .stratified import NO_PREDICTION, known, pair, q_statistics, unusable


@takes_names
def peto(
    *,
    level: float = 0.95,
    slab: Sequence[str] | None = None,
    drop00: bool = True,
    add: float | tuple[float, float] = 0.0,
    to: str | tuple[str, str] = "none",
    **data: Any,
) -> Pooled:
    """Pool 2x2 tables by Peto's one-step method, a log odds ratio of the common-effect model.

    Parameters
    ----------
    level
        Coverage of the interval.
    slab
        k study labels.
    drop00
        False: studies without events, or with only events, in both arms count towards the degrees of freedom of Q.
        They never change the estimate.
    add, to
        What is added to the cells of which tables, as in `metaan.stats.measures.catalogue.effect_sizes`. Of metafor's
        pairs the second value counts.
    data
        2x2 tables as in `metaan.stats.measures.catalogue.effect_sizes`.

    Returns
    -------
    Pooled
        ``effects`` are the studies' (O - E) / V with variance 1 / V.

    Raises
    ------
    NotEstimableError
        No table has both events and participants without an event, in two arms.

    Examples
    --------
    >>> fit = peto(ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118])
    >>> round(fit.display.estimate, 3)
    0.252
    """
    check_level(level)
    cells = two_by_two(data, slab)
    es = _effects(MH_MEASURES["OR"].corrected(cells, pair(add, add)[1], pair(to, to)[1]), cells, slab)
    used = es.complete
    if used.k == 0:
        raise NotEstimableError("Peto: no study has events and participants without an event, in two arms")
    weights = 1 / used.vi
    estimate, se = float(weights @ used.yi) / float(weights.sum()), 1 / math.sqrt(float(weights.sum()))
    q = float(weights @ distances(used.yi, estimate) ** 2)
    mean = infer(estimate, se, None, level, scale_of("OR"))
    counted = known(cells) & ~(drop00 & no_information(cells))
    return Pooled(
        model="common", method="Peto", measure="OR", level=level,
        estimate=estimate, se=mean.se, stat=mean.stat, df=None, pval=mean.pval,
        ci=mean.ci, notes=mean.notes, pi=None, pi_reason=NO_PREDICTION, tau2=None, tau2_se=None,
        weights=weights * (100.0 / weights.sum()), k=used.k, effects=used,
        excluded=left_out(es),
        **q_statistics(q, max(int(counted.sum()) - 1, 0)),
    )  # fmt: skip


def _effects(tables: Columns, cells: Columns, slab: Sequence[str] | None) -> EffectSizes:
    """Return (O - E) / V and 1 / V of the studies that have a V."""
    excess, variance = observed_less_expected(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        sound = variance > 0
        yi, vi = np.where(sound, excess / variance, np.nan), np.where(sound, 1 / variance, np.nan)
    silent = "no events, or only events, in both arms"
    reasons = tuple(None if ok else why or silent for ok, why in zip(sound.tolist(), unusable(cells)))
    return EffectSizes(yi, vi, labels(slab, yi.size), "OR", reasons, dict(cells))


def observed_less_expected(x: Columns) -> tuple[FloatArray, FloatArray]:
    """Return O - E of the experimental arm and its hypergeometric variance, shape (k,) each."""
    n1, n2, m = x["ai"] + x["bi"], x["ci"] + x["di"], x["ai"] + x["ci"]
    n = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = n1 * n2 * m * (n - m) / (n**2 * (n - 1))
        return x["ai"] - n1 * m / n, np.where(n > 1, variance, 0.0)
