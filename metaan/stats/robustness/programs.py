"""What one program makes of 2x2 tables: `apply` pools them by its `metaan.stats.robustness.presets.Rules`."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import NotEstimableError
from ..measures.catalogue import effect_sizes, scale_of
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..measures.families import Columns
from ..measures.two_by_two import CELLS, all_events, no_information, no_patients
from ..numerics.ties import above, distances
from ..pooling.heterogeneity import Moments
from ..pooling.intervals import mean_interval
from ..pooling.pool import pool
from ..pooling.prediction import narrower
from ..pooling.result import Pooled
from ..tables.stratified import mantel_haenszel
from .presets import LEAVES_OUT, Rules


@dataclass(frozen=True, slots=True)
class PresetResult:
    """One data set under one preset; None where the program prints none or the method has no answer.

    Estimates and intervals are on the display scale, ``tau2`` on the squared analysis scale, ``i2`` in percent.
    ``k_common`` and ``k`` count the studies that the common effect and the random effects are pooled from; ``q`` is
    the heterogeneity of the latter.
    """

    name: str
    k_common: int
    common: float | None
    common_ci: Interval | None
    k: int
    random: float | None = None
    random_ci: Interval | None = None
    pi: Interval | None = None
    q: float | None = None
    tau2: float | None = None
    i2: float | None = None


def apply(rules: Rules, name: str, measure: str, cells: Columns, level: float) -> PresetResult:
    """Pool the tables by one set of rules."""
    shown = math.exp if scale_of(measure).is_ratio else float  # programs print a difference of risks beyond 1 as it is

    def interval(ci: Interval | None) -> Interval | None:
        return None if ci is None else Interval(shown(ci.lb), shown(ci.ub))

    es = _effects(rules, measure, cells)
    k_common, common, common_ci = _common(rules, es, cells, level)
    row = PresetResult(name, k_common, None if common is None else shown(common), interval(common_ci), es.k)
    if not es.k:
        return row
    q = _q(rules, es, cells)
    random, ci = _random(rules, es, q, level)
    pi = None if rules.pi is None or random.k < rules.pi_from else _prediction(random, rules.pi, level)
    return replace(
        row,
        random=shown(random.estimate),
        random_ci=interval(ci),
        pi=interval(pi),
        q=q,
        tau2=random.tau2 or 0.0,
        i2=_i2(rules, random, q),
    )


def _taken(rule: str, measure: str, cells: Columns) -> Columns:
    """Return the tables that a method does not leave out."""
    kept = ~LEAVES_OUT[rule](measure, cells)
    return {name: values[kept] for name, values in cells.items()}


def _plus(cells: Columns, add: float, to: tuple[str, ...] = CELLS) -> dict[str, FloatArray]:
    """Add to some cells of the studies that have a zero cell."""
    zero = np.any([cells[name] == 0 for name in CELLS], axis=0)
    return {name: cells[name] + add * zero * (name in to) for name in CELLS}


def _effects(rules: Rules, measure: str, cells: Columns) -> EffectSizes:
    """Return the studies' own effects, as inverse variance takes them."""
    used = _taken(rules.iv_leaves_out, measure, cells)
    es = effect_sizes(measure, to="none", **dict[str, Any](_plus(used, 0.5)))
    if measure == "RR" and rules.ratio_total == 0.5:
        return _half_a_total(used)
    if measure == "RD" and rules.rd_correction == "variance":
        return EffectSizes(_differences(used, es.yi), es.vi, es.slab, measure)
    return es


def _half_a_total(cells: Columns) -> EffectSizes:
    """Return log risk ratios after half an event was added, and no non-event; their variances then have no zero.

    All events in both arms would have the variance 0: 1/events - 1/(events + 1/2) an arm is what meta prints (8.4).
    """
    tables = _plus(cells, 0.5, ("ai", "ci"))
    es = effect_sizes("RR", to="none", **dict[str, Any](tables))
    only = all_events(cells)
    full = sum(1 / np.where(only, cells[name], 1) - 1 / tables[name] for name in ("ai", "ci"))
    return EffectSizes(np.where(only, 0.0, es.yi), np.where(only, full, es.vi), es.slab, "RR")


def _differences(cells: Columns, otherwise: FloatArray) -> FloatArray:
    """Return the risk differences as counted; ``otherwise`` where an arm has no patients."""
    n1, n2 = cells["ai"] + cells["bi"], cells["ci"] + cells["di"]
    with np.errstate(invalid="ignore"):
        return np.where(no_patients(cells), otherwise, cells["ai"] / n1 - cells["ci"] / n2)


def _common(rules: Rules, es: EffectSizes, cells: Columns, level: float) -> tuple[int, float | None, Interval | None]:
    """Return k, the estimate and the interval of the common effect, analysis scale."""
    if rules.common == "IV":
        if not es.k:
            return 0, None, None
        fit = pool(es, "common", level=level)
        return es.k, fit.estimate, fit.ci
    used = _taken(rules.mh_leaves_out, es.measure, cells)
    k = used["ai"].size
    try:
        estimate, se = _mantel_haenszel(rules, es.measure, used)
    except NotEstimableError:
        return k, None, None
    return k, estimate, mean_interval(estimate, se, None, level)


def _mantel_haenszel(rules: Rules, measure: str, cells: Columns) -> tuple[float, float]:
    """Return the estimate and its standard error."""
    if np.any(sum(cells[name] for name in CELLS) == 0):
        raise NotEstimableError("a table without patients: 0 / 0 in every sum, and no number in rma.mh")
    tables = _plus(cells, rules.mh_correction)
    if rules.mh_without_error == "printed" and _without_error(measure, tables):
        return 0.0, 0.0
    vtype = rules.mh_rd_variance if measure == "RD" else None
    fit = mantel_haenszel(measure, vtype=vtype, **dict[str, Any](tables))
    if measure == "RD" and rules.rd_correction == "variance":
        n1, n2 = tables["ai"] + tables["bi"], tables["ci"] + tables["di"]
        return float(np.average(_differences(cells, np.zeros_like(n1)), weights=n1 * n2 / (n1 + n2))), fit.se or 0.0
    return fit.estimate, fit.se or 0.0


def _without_error(measure: str, tables: Columns) -> bool:
    """Say whether the tables estimate no difference with a variance of 0: they have only events, or for RD none."""
    seen = {name: values[~no_patients(tables)] for name, values in tables.items()}
    said = {"RR": all_events(seen), "RD": no_information(seen)}.get(measure)
    return said is not None and bool(said.any() and no_information(seen).all())


def _q(rules: Rules, es: EffectSizes, cells: Columns) -> float:
    """Return Q about the inverse-variance mean, or about the corrected Mantel-Haenszel estimate where there is one."""
    if rules.q_about == "MH":
        used = _taken(rules.iv_leaves_out, es.measure, cells)
        with suppress(NotEstimableError):
            centre, _ = _mantel_haenszel(replace(rules, mh_correction=0.5), es.measure, used)
            return float(np.sum(distances(es.yi, centre) ** 2 / es.vi))
    return Moments.of(es.yi, es.vi).q


def _random(rules: Rules, es: EffectSizes, q: float, level: float) -> tuple[Pooled, Interval | None]:
    tau2 = _dl_about_mh(es, q) if rules.tau2 == "DL" and rules.q_about == "MH" else None
    if rules.ci in CI_GUARDS:
        return CI_GUARDS[rules.ci](es, rules.tau2, tau2, level)
    fit = _fit(es, rules.tau2, tau2, rules.ci, level)
    return fit, fit.ci


def _fit(es: EffectSizes, tau2_method: str, tau2: float | None, ci: str, level: float) -> Pooled:
    return pool(es, "random", tau2_method, ci, level=level, tau2=tau2)


def _dl_about_mh(es: EffectSizes, q: float) -> float:
    """Return DerSimonian-Laird's tau2 from the Q about the Mantel-Haenszel estimate, as RevMan 5 takes it."""
    m = Moments.of(es.yi, es.vi)
    return max(0.0, (q - (m.k - 1)) / m.c) if m.k > 1 else 0.0


def _prediction(fit: Pooled, method: str, level: float) -> Interval | None:
    """Return the interval for a new study from Wald's standard error, whatever the interval of the mean."""
    tau2 = fit.tau2 or 0.0
    wald = 1 / float(np.sum(1 / (fit.effects.vi + tau2)))
    df = DEGREES_OF_FREEDOM[method](fit.k)
    return mean_interval(fit.estimate, math.sqrt(tau2 + wald), df, level) if df is None or df > 0 else None


def _i2(rules: Rules, fit: Pooled, q: float) -> float:
    if rules.i2_from == "tau2":
        return fit.i2 or 0.0
    return max(0.0, 100 * (q - fit.q_df) / q) if q > 0 and fit.k > 1 else 0.0


def _revman(es: EffectSizes, tau2_method: str, tau2: float | None, level: float) -> tuple[Pooled, Interval | None]:
    """Hartung-Knapp where k > 2 and tau2 > 0, else Wald."""
    fit = _fit(es, tau2_method, tau2, "hksj", level)
    ci = "hksj" if fit.k > 2 and above(fit.tau2 or 0.0, 0.0) else "wald"
    fit = _fit(es, tau2_method, tau2, ci, level)
    return fit, fit.ci


def _iqwig(es: EffectSizes, tau2_method: str, tau2: float | None, level: float) -> tuple[Pooled, Interval | None]:
    """Hartung-Knapp, with the ad hoc correction where it is narrower than DerSimonian-Laird with Wald."""
    fit = _fit(es, tau2_method, tau2, "hksj", level)
    legacy = _fit(es, "DL", None, "wald", level)
    if fit.ci is None or narrower(fit.ci, legacy.ci):
        fit = _fit(es, tau2_method, tau2, "hksj-adhoc", level)
    return fit, fit.ci


DEGREES_OF_FREEDOM: dict[str, Callable[[int], float | None]] = {
    "t(k-1)": lambda k: k - 1,
    "t(k-2)": lambda k: k - 2,
    "normal": lambda k: None,
}

CI_GUARDS = {"hksj when tau2 > 0 and k > 2": _revman, "hksj guarded by DL": _iqwig}
