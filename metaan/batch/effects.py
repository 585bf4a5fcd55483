"""Effects of the rows of many analyses; a row that cannot be true is an error of its own analysis, and of no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..stats.measures.catalogue import TO, effects_of_rows
from ..stats.measures.effects import LARGEST_VI, SMALLEST_VI, FloatArray, infinite, unusable, usable
from ..stats.measures.families import Columns, Mask, refusals
from .kernels.inverse_variance import BoolArray, IntArray, plain
from .plan import BatchPlan

#: How many refused rows are kept to be shown.
SAMPLE = 20


class BadRow(NamedTuple):
    """A row that cannot be true: its place in the chunk, the analysis that it is of, and what is wrong."""

    row: int
    analysis: int
    why: str


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a chunk, without the rows that have none.

    Attributes
    ----------
    yi, vi, at
        Of all analyses that have an effect; see `metaan.batch.kernels.inverse_variance`.
    k, left_out, alive
        Shape (analyses,): effects, rows without one, and whether there is any.
    errors
        Analysis to what is wrong with one of its rows: then none of them counts.
    bad, bad_rows
        A sample of the rows at fault, and how many there are.
    columns, known
        The checked columns, shape (rows,), and which rows belong to analyses without an error.
    all_yi, all_vi, sound
        Shape (rows,): the effects of all rows, and which of them count.
    """

    yi: FloatArray
    vi: FloatArray
    at: IntArray
    k: IntArray
    left_out: IntArray
    alive: BoolArray
    errors: Mapping[int, str]
    bad: tuple[BadRow, ...]
    bad_rows: int
    columns: Columns
    known: Mask
    all_yi: FloatArray
    all_vi: FloatArray
    sound: Mask


def effects_of(
    data: Mapping[str, FloatArray], at: IntArray, plan: BatchPlan, slab: Any, faults: Mapping[int, str]
) -> Effects:
    """Compute the effects of all rows; a row that cannot be true is an error of its analysis, and of no other."""
    if not faults and (easy := _as_given(data, at, plan)) is not None:
        return easy
    sizes = np.diff(at)
    of_row = np.repeat(np.arange(sizes.size), sizes)
    errors: dict[int, str] = {}
    at_fault = np.zeros(of_row.size, dtype=bool)
    bad: list[BadRow] = []

    def refuse(rows: IntArray, say: Any) -> None:
        at_fault[rows] = True
        first = rows[np.unique(of_row[rows], return_index=True)[1]]
        for row in first.tolist():
            i = int(of_row[row])
            why = say(row, _label(slab, row, row - int(at[i])))
            bad.append(BadRow(row, i, why))
            errors.setdefault(i, why)

    if faults:
        texts = "study {!r}: {}"
        refuse(np.array(sorted(faults), dtype=np.int64), lambda row, label: texts.format(label, faults[row]))
    finite = {}
    for name, values in data.items():
        wrong = np.isinf(values)
        if wrong.any():
            refuse(np.flatnonzero(wrong), lambda row, _, name=name: infinite(name, row - int(at[of_row[row]])))
            values = np.where(wrong, np.nan, values)
        finite[name] = values
    with refusals() as refused:
        which = _if0all(at, of_row) if plan.to == "if0all" else TO[plan.to]
        found = effects_of_rows(plan.measure, finite, which, plan.add, plan.drop00, plan.vtype, plan.correct)
    for one in refused:
        refuse(one.at, one.say)
    beyond = found.sound & ~usable(found.yi, found.vi)
    if beyond.any():
        rows = np.flatnonzero(beyond & ~at_fault)
        refuse(rows, lambda row, label: unusable(label, float(found.yi[row]), float(found.vi[row])))
    return _kept(found.yi, found.vi, found.sound, found.columns, at, of_row, errors, bad, int(at_fault.sum()))


def _as_given(data: Mapping[str, FloatArray], at: IntArray, plan: BatchPlan) -> Effects | None:
    """Return effects that are given with sound variances, all of them: the usual case, and quick to see; else None."""
    if set(data) != {"yi", "vi"} or data["yi"].size == 0:
        return None
    yi, vi = (np.require(data[name], float, ["C", "W"]) for name in ("yi", "vi"))
    k = np.diff(at)
    if k.min() < 1 or not plain(yi, vi, SMALLEST_VI, LARGEST_VI):
        return None
    every = np.ones(k.size, dtype=bool)
    return Effects(yi, vi, at, k, np.zeros_like(k), every, {}, (), 0, {"yi": yi, "vi": vi}, every, yi, vi, every)


def _kept(
    yi: FloatArray, vi: FloatArray, sound: Mask, columns: Columns, at: IntArray, of_row: IntArray,
    errors: dict[int, str], bad: list[BadRow], bad_rows: int,
) -> Effects:  # fmt: skip
    known = np.ones(sound.size, dtype=bool)
    if errors:
        known = ~np.isin(of_row, list(errors))
        sound = sound & known
    whole = bool(sound.all())
    counted = at if whole else np.concatenate([[0], np.cumsum(sound)])[at]
    k = np.diff(counted)
    alive = k > 0
    starts = np.concatenate([[0], np.cumsum(k[alive])])
    kept = (yi, vi) if whole else (yi[sound], vi[sound])
    return Effects(
        np.ascontiguousarray(kept[0]), np.ascontiguousarray(kept[1]), starts, k, np.diff(at) - k, alive, errors,
        tuple(bad[:SAMPLE]), bad_rows, columns, known, yi, vi, sound,
    )  # fmt: skip


def _label(slab: Any, row: int, place: int) -> str:
    return f"Study {place + 1}" if slab is None else str(slab[row])


def _if0all(at: IntArray, of_row: IntArray) -> Any:
    """Return the rule of `TO` that looks at all studies, analysis by analysis."""

    def which(zero: Mask) -> Mask:
        any_zero = np.zeros(at.size - 1, dtype=bool)
        any_zero[of_row[zero]] = True
        return any_zero[of_row]

    return which
