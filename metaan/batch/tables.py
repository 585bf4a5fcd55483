"""Mantel-Haenszel and Peto pools of many analyses: which tables count, the sums, and why there is no estimate.

The defaults are those of `metaan.stats.tables.stratified.mantel_haenszel` and `metaan.stats.tables.peto.peto`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import NotEstimableError, UsageError
from ..stats.measures.catalogue import TO, effects_of_rows, no_information
from ..stats.measures.effects import FloatArray
from ..stats.measures.families import Columns, Mask, any_missing, refusals
from ..stats.measures.two_by_two import no_patients
from ..stats.tables.mantel_haenszel import MH_MEASURES
from ..stats.tables.peto import observed_less_expected
from ..stats.tables.stratified import NO_PREDICTION as NO_PREDICTION
from ..stats.tables.stratified import WITHOUT_VARIANCE as WITHOUT_VARIANCE
from .effects import Effects
from .kernels import strata as table_kernels
from .kernels.inverse_variance import IntArray
from .kernels.strata import MH_CODES
from .plan import BatchPlan

_RATE = ("x1i", "t1i", "x2i", "t2i")
_TABLE = ("ai", "bi", "ci", "di")


@dataclass(frozen=True, slots=True)
class StrataPool:
    """Pools of tables.

    Attributes
    ----------
    model
        ``"MH"`` or ``"Peto"``.
    k, left_out
        Shape (analyses,): tables that count, and the rows that do not.
    alive, estimate, se, q, q_df
        The analyses that have an estimate, and their numbers, shape (alive,).
    reasons
        Analysis to why it has no estimate.
    """

    model: str
    k: IntArray
    left_out: IntArray
    alive: IntArray
    estimate: FloatArray
    se: FloatArray
    q: FloatArray
    q_df: IntArray
    reasons: dict[int, str]


def pool_strata(model: str, effects: Effects, at: IntArray, plan: BatchPlan) -> StrataPool:
    """Pool the tables of every analysis."""
    tables = effects.columns
    if not {"ai", "x1i"} & set(tables):
        raise UsageError(f"model {model} pools tables; allowed: counts or rates, not effects")
    usable = effects.known & ~any_missing(tables)
    if "ai" in tables:
        usable &= ~no_patients(tables)
    return (_mantel_haenszel if model == "MH" else _peto)(effects, tables, usable, at, plan)


def _counted(kept: Mask, at: IntArray) -> IntArray:
    """Return how many rows of each analysis are kept."""
    return np.diff(np.concatenate([[0], np.cumsum(kept)])[at])


def _offsets(k: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(k)])


def _mantel_haenszel(effects: Effects, tables: Columns, usable: Mask, at: IntArray, plan: BatchPlan) -> StrataPool:
    measure = plan.measure
    strata = MH_MEASURES[measure]
    kept = usable & ~strata.silent(tables)
    k = _counted(kept, at)
    filled = np.flatnonzero(k)
    names = _TABLE if "ai" in tables else _RATE
    a, b, c, d = (np.ascontiguousarray(tables[name][kept]) for name in names)
    found = np.empty((filled.size, 2))
    table_kernels.mantel_haenszel(MH_CODES[measure], a, b, c, d, _offsets(k[filled]), found)
    sound = ~np.isnan(found[:, 0])
    reasons = dict.fromkeys(
        np.flatnonzero(k == 0).tolist(), f"Mantel-Haenszel {measure}: no study says anything about the measure"
    )
    reasons |= _no_estimate(measure, names, (a, b, c, d), _offsets(k[filled]), filled, np.flatnonzero(~sound))
    alive = filled[sound]
    q, df = _own_effects(effects, plan, kept & ~strata.empty(tables), at, alive, found[sound, 0])
    return StrataPool(
        "MH", k, np.diff(at) - k, alive, found[sound, 0], found[sound, 1], q, df, reasons | dict(effects.errors)
    )


def _no_estimate(
    measure: str, names: tuple[str, ...], cells: tuple[FloatArray, ...], at: IntArray, filled: IntArray, lost: IntArray
) -> dict[int, str]:
    """Say why a ratio or difference has no estimate; what is empty decides it, so that each kind is asked once."""
    known: dict[tuple[bool, ...], str] = {}
    reasons = {}
    for i in lost.tolist():
        own = {name: values[at[i] : at[i + 1]] for name, values in zip(names, cells)}
        empty = tuple(not values.any() for values in own.values())
        if empty not in known:
            try:
                MH_MEASURES[measure].estimator(None)(own)
                known[empty] = f"Mantel-Haenszel {measure}: no estimate"
            except NotEstimableError as error:
                known[empty] = str(error)
        reasons[int(filled[i])] = known[empty]
    return reasons


def _own_effects(
    effects: Effects, plan: BatchPlan, counted: Mask, at: IntArray, alive: IntArray, estimate: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return Q of the studies' own effects around the pooled estimate, and its degrees of freedom."""
    own_yi, own_vi, sound = effects.all_yi, effects.all_vi, effects.sound
    if (plan.add, plan.to, plan.vtype) not in ((None, "only0", None), (0.5, "only0", None)):
        with refusals():  # what cannot be true was said before, and is not used
            own = effects_of_rows(plan.measure, dict(effects.columns), TO["only0"], 0.5, True)
        own_yi, own_vi, sound = own.yi, own.vi, own.sound
    used = counted & sound
    k = _counted(used, at)
    in_alive = np.zeros(at.size - 1, dtype=bool)
    in_alive[alive] = True
    used &= np.repeat(in_alive, np.diff(at))
    q = np.empty(alive.size)
    yi, vi = np.ascontiguousarray(own_yi[used]), np.ascontiguousarray(own_vi[used])
    table_kernels.distance_sums(yi, vi, _offsets(k[alive]), np.ascontiguousarray(estimate), q)
    df = np.maximum(k[alive] - 1, 0)
    return np.where(df > 0, q, 0.0), df


def _peto(effects: Effects, tables: Columns, usable: Mask, at: IntArray, plan: BatchPlan) -> StrataPool:
    excess, variance = observed_less_expected(tables)
    kept = usable & (variance > 0)
    k = _counted(kept, at)
    alive = np.flatnonzero(k)
    starts = _offsets(k[alive])
    vi, yi = 1 / variance[kept], excess[kept] / variance[kept]
    weights = 1 / vi
    total, weighted = (np.add.reduceat(x, starts[:-1]) if alive.size else np.empty(0) for x in (weights, weights * yi))
    estimate, q = weighted / total, np.empty(alive.size)
    table_kernels.distance_sums(yi, vi, starts, estimate, q)
    df = np.maximum(_counted(usable & ~no_information(tables), at)[alive] - 1, 0)
    why = "Peto: no study has events and participants without an event, in two arms"
    reasons = dict.fromkeys(np.flatnonzero(k == 0).tolist(), why) | dict(effects.errors)
    return StrataPool("Peto", k, np.diff(at) - k, alive, estimate, 1 / np.sqrt(total), q, df, reasons)
