"""Pooling of studies as strata: `mantel_haenszel` and what it returns. Zero cells need no correction here.

The estimators and their table, `MH_MEASURES`, are in `metaan.stats.tables.mantel_haenszel`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import chdtrc

from ...errors import NotEstimableError, choose
from ..measures.catalogue import Columns, effect_sizes, scale_of
from ..measures.effects import EffectSizes
from ..measures.families import any_missing
from ..measures.two_by_two import no_patients
from ..numerics.by_name import takes_names
from ..numerics.ties import distances
from ..pooling.intervals import check_level, infer
from ..pooling.result import Pooled, describe
from .mantel_haenszel import MH_MEASURES, Mask, Strata
from .strata_tests import ChiSquared

__all__ = ["MH_MEASURES", "MantelHaenszel", "informative", "mantel_haenszel"]

NO_PREDICTION = "the common-effect model has one true effect, so there is nothing to predict"
WITHOUT_VARIANCE = "undefined where every arm has only events, or none"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MantelHaenszel(Pooled):
    """A Mantel-Haenszel estimate; ``q`` is the weighted sum of squares of the studies' own effects around it.

    Attributes
    ----------
    cmh
        Cochran-Mantel-Haenszel test of no effect (person-time version for rates).
    cochran
        Cochran's test of no effect; None for rates.
    breslow_day, tarone
        Tests of one common odds ratio; None for other measures.
    continuity_correction
        Whether ``cmh`` and ``cochran`` carry Yates's correction.
    options
        ``drop00``, ``add``, ``to`` and ``vtype`` as they were given.
    """

    cmh: ChiSquared | None = None
    cochran: ChiSquared | None = None
    breslow_day: ChiSquared | None = None
    tarone: ChiSquared | None = None
    continuity_correction: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what a statistician would want printed."""
        named = (
            ("CMH", self.cmh), ("Cochran", self.cochran), ("Breslow-Day", self.breslow_day), ("Tarone", self.tarone)
        )  # fmt: skip
        tests = [f"{name} {test}" for name, test in named if test is not None]
        return "\n".join([describe(self), *(["  Tests: " + "; ".join(tests)] if tests else [])])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = Pooled.to_dict(self)
        for name in ("cmh", "cochran", "breslow_day", "tarone"):
            test = getattr(self, name)
            plain[name] = None if test is None else test.to_dict()
        return plain | {"options": dict(self.options)}


@takes_names
def mantel_haenszel(
    measure: str,
    *,
    level: float = 0.95,
    slab: Sequence[str] | None = None,
    drop00: bool | tuple[bool, bool] = True,
    add: float | tuple[float, float] = 0.5,
    to: str | tuple[str, str] = "only0",
    correct: bool = True,
    vtype: str | None = None,
    **data: Any,
) -> MantelHaenszel:
    """Pool 2x2 or person-time tables by Mantel-Haenszel, by default without a correction of zero cells.

    Parameters
    ----------
    measure
        A key of `MH_MEASURES`.
    level
        Coverage of the interval.
    slab
        k study labels.
    drop00, add, to
        The rule for zero cells: one value for the studies' own effects, which only Q needs, or a pair, of which the
        second is for the tables that are pooled: False, 0 and ``"none"`` when not given. ``drop00`` leaves out studies
        without events (or with only events) in both arms; from the pool, only those that say nothing about the measure.
        RevMan 5 has ``drop00=(True, True), add=(0.5, 0.5), to=("only0", "only0")``.
    correct
        Yates's continuity correction of ``cmh`` and ``cochran``.
    vtype
        A variance of ``MH_MEASURES[measure].estimators``, the first by default: for RD Sato's, or ``"GR"``, that of
        Greenland and Robins, which RevMan and meta have.
    data
        2x2 tables or rates as in `metaan.stats.measures.catalogue.effect_sizes`.

    Returns
    -------
    MantelHaenszel
        ``k`` counts the tables that say something about the measure.

    Raises
    ------
    NotEstimableError
        One arm has no events, or nothing but events, in every study.

    Examples
    --------
    >>> fit = mantel_haenszel("OR", ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118])
    >>> round(fit.display.estimate, 3)
    0.19
    """
    strata = choose(MH_MEASURES, measure, "measure")
    estimator = strata.estimator(vtype)
    check_level(level)
    (add_yi, add_mh), (to_yi, to_mh), drop = pair(add, 0.0), pair(to, "none"), pair(drop00, False)
    es = effect_sizes(measure, add=add_yi, to=to_yi, drop00=drop[0], slab=slab, **dict[str, Any](data))
    tables = strata.corrected(es.data, add_mh, to_mh)
    empty = strata.empty(es.data)
    kept = known(es.data) & ~(drop[1] & strata.silent(es.data)) & ~(drop[0] & strata.silent(tables))
    if not kept.any():
        raise NotEstimableError(f"Mantel-Haenszel {measure}: no study says anything about the measure")
    tables = {name: values[kept] for name, values in tables.items()}
    try:
        estimate, se, shares = estimator(tables)
    except NotEstimableError as error:
        raise NotEstimableError(f"{error}{_tested(strata, tables, correct)}") from None
    mean = infer(estimate, se, None, level, scale_of(measure), WITHOUT_VARIANCE)
    tests: dict[str, Any] = dict(strata.tests(tables, estimate, correct))
    return MantelHaenszel(
        model="common", method="MH", measure=measure, level=level,
        estimate=estimate, se=mean.se, stat=mean.stat, df=None, pval=mean.pval,
        ci=mean.ci, notes=mean.notes, pi=None, pi_reason=NO_PREDICTION, tau2=None, tau2_se=None,
        weights=shares * (100.0 / shares.sum()), k=int(kept.sum()), effects=es.take(np.flatnonzero(kept)),
        excluded=left_out(es, kept), continuity_correction=correct,
        options={"drop00": drop00, "add": add, "to": to, "vtype": vtype},
        **heterogeneity(es, kept & ~(drop[0] & empty), estimate), **tests,
    )  # fmt: skip


def _tested(strata: Strata, tables: Columns, correct: bool) -> str:
    """Offer the test of no effect where there is no estimate; it needs events in one arm only."""
    test = strata.tests(tables, 0.0, correct)["cmh"]
    return f"; the test of no effect needs no estimate: CMH {test}" if test else ""


def pair(value: Any, second: Any) -> tuple[Any, Any]:
    """Return a pair: as given, or one value with the default of the second."""
    return (value[0], value[1]) if isinstance(value, (tuple, list)) else (value, second)


def left_out(es: EffectSizes, kept: Mask) -> tuple[tuple[str, str], ...]:
    """Return (label, reason) of the studies that are not pooled."""
    silent = "no events, or only events, in both arms"
    whys = unusable(es.data)
    return tuple((es.slab[i], whys[i] or silent) for i in np.flatnonzero(~kept).tolist())


def unusable(data: Columns) -> list[str | None]:
    """Say for each study why no method can use its table; None where one can."""
    missing = any_missing(data)
    armless = no_patients(data) if "ai" in data else np.zeros_like(missing)
    return [
        "a count is missing" if gone else "an arm without patients" if bare else None
        for gone, bare in zip(missing.tolist(), armless.tolist())
    ]


def informative(measure: str, data: Columns) -> Mask:
    """Return a mask of the studies whose tables Mantel-Haenszel can use: all that say something about the measure."""
    return known(data) & ~MH_MEASURES[measure].silent(data)


def known(data: Columns) -> Mask:
    """Return a mask of the studies whose tables can be used."""
    return np.array([why is None for why in unusable(data)], dtype=bool)


def heterogeneity(es: EffectSizes, kept: Mask, estimate: float) -> dict[str, Any]:
    """Return q, q_df, q_pval, i2 and h2 of the studies' own effects around the pooled estimate."""
    own = kept & es.estimable
    yi, vi, df = es.yi[own], es.vi[own], max(int(own.sum()) - 1, 0)
    # One effect of its own cannot differ from others; the pooled estimate may differ from it, where a study without
    # one (no events in either arm) is pooled too.
    return q_statistics(float(np.sum(distances(yi, estimate) ** 2 / vi)) if df else 0.0, df)


def q_statistics(q: float, df: int) -> dict[str, Any]:
    """Return what follows from Q and its degrees of freedom (Higgins & Thompson 2002)."""
    return {
        "q": q, "q_df": df, "q_pval": float(chdtrc(df, q)) if df else 1.0,
        "i2": max(0.0, 100 * (q - df) / q) if q > 0 and df else 0.0, "h2": q / df if df else 1.0,
    }  # fmt: skip
