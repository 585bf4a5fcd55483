"""Effect measures: from two arms to yi and vi.

To add a measure: write a function from `Columns` to ``(yi, vi)`` and enter it in `MEASURES`.
Formulas for 2x2 tables: Fleiss & Berlin 2009, in Cooper et al., Handbook of Research Synthesis, 2nd ed., ch. 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, UsageError, choose
from .effects import EffectSizes, FloatArray, column, labels, same_length
from .scales import SCALES, Scale

Columns = Mapping[str, FloatArray]
Computed = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry of `MEASURES`.

    Attributes
    ----------
    code, name
        metafor's code and the words a page uses.
    compute
        From the four cells ai, bi, ci, di (shape (k,)) to (yi, vi) on the analysis scale.
    scale
        How the measure is displayed.
    drops_double_zero
        True where studies without (or with only) events in both arms say nothing about the measure.
    """

    code: str
    name: str
    compute: Callable[[Columns], Computed]
    scale: Scale
    drops_double_zero: bool


def effect_sizes(
    measure: str,
    *,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = False,
    slab: Sequence[str] | None = None,
    **data: ArrayLike,
) -> EffectSizes:
    """Compute effect sizes and sampling variances from 2x2 tables.

    Parameters
    ----------
    measure
        A key of `MEASURES`.
    add
        What is added to the cells of a table, at least 0.
    to
        Which tables it is added to: a key of `TO`.
    drop00
        True: studies without events (or with only events) in both arms get no effect size.
    slab
        k study labels.
    data
        Shape (k,) each, counts: ``ai`` and ``ci`` events, with ``bi`` and ``di`` or ``n1i`` and ``n2i``.

    Raises
    ------
    DataError
        A count is negative, events exceed the total, or lengths differ.
    UsageError
        The measure, ``to`` or a column is unknown.

    Examples
    --------
    >>> es = effect_sizes("OR", ai=[5], n1i=[40], ci=[3], n2i=[40])
    >>> round(float(es.yi[0]), 4), round(float(es.vi[0]), 4)
    (0.5664, 0.5889)
    """
    entry = choose(MEASURES, measure, "measure")
    which = choose(TO, to, "to")
    cells = two_by_two(data, slab)
    k = cells["ai"].size
    slabs = labels(slab, k)
    reasons = _missing(cells)
    if drop00:
        reasons = [
            r or ("no events, or only events, in both arms" if z else None)
            for r, z in zip(reasons, no_information(cells).tolist())
        ]
    zero = np.any([cells[name] == 0 for name in ["ai", "bi", "ci", "di"]], axis=0)
    added = np.where(which(zero), add, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = entry.compute({name: values + added for name, values in cells.items()})
    sound = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    reasons = [
        r or (None if ok else "a zero cell leaves the effect undefined") for r, ok in zip(reasons, sound.tolist())
    ]
    gone = np.array([r is not None for r in reasons])
    return EffectSizes(
        np.where(gone, np.nan, yi), np.where(gone, np.nan, vi), slabs, measure, tuple(reasons), dict(cells)
    )


def two_by_two(data: Mapping[str, ArrayLike], slab: Sequence[str] | None = None) -> dict[str, FloatArray]:
    """Return the cells ai, bi, ci, di of shape (k,) from any of metafor's ways to give them; nan where missing."""
    allowed = ("ai", "bi", "ci", "di", "n1i", "n2i")
    for name in data:
        choose(dict.fromkeys(allowed), name, "column")
    got = {name: column(values, name) for name, values in data.items() if values is not None}
    cells = {}
    for events, others, total in (("ai", "bi", "n1i"), ("ci", "di", "n2i")):
        if events not in got or not (others in got or total in got):
            raise UsageError(f"{events} with {others} or {total} is needed; found: {', '.join(got) or 'nothing'}")
        cells[events] = got[events]
        cells[others] = got[others] if others in got else got[total] - got[events]
    same_length(got)
    _check_counts(cells, labels(slab, cells["ai"].size))
    return {name: cells[name] for name in ("ai", "bi", "ci", "di")}


def no_information(cells: Columns) -> FloatArray:
    """Return a mask of shape (k,): no events in both arms, or only events in both arms."""
    none = (cells["ai"] == 0) & (cells["ci"] == 0)
    only = (cells["bi"] == 0) & (cells["di"] == 0)
    return np.asarray(none | only)


def _check_counts(cells: Columns, slabs: tuple[str, ...]) -> None:
    for name, values in cells.items():
        for i in np.flatnonzero(values < 0):
            why = "events exceed the total" if name in ("bi", "di") else "a negative count"
            raise DataError(f"study {slabs[i]!r}: {name} = {values[i]:g}: {why}; allowed: 0 or more")


def _missing(cells: Columns) -> list[str | None]:
    gone = np.any([np.isnan(values) for values in cells.values()], axis=0)
    return ["a count is missing" if missing else None for missing in gone.tolist()]


def _log_odds_ratio(x: Columns) -> Computed:
    a, b, c, d = x["ai"], x["bi"], x["ci"], x["di"]
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _log_risk_ratio(x: Columns) -> Computed:
    a, c, n1, n2 = x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(x: Columns) -> Computed:
    a, b, c, d = x["ai"], x["bi"], x["ci"], x["di"]
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


TO: dict[str, Callable[[FloatArray], FloatArray]] = {
    "only0": lambda zero: zero,
    "all": lambda zero: np.ones_like(zero),
    "if0all": lambda zero: np.full_like(zero, zero.any()),
    "none": lambda zero: np.zeros_like(zero),
}

MEASURES = {
    "OR": Measure("OR", "odds ratio", _log_odds_ratio, SCALES["exp"], drops_double_zero=True),
    "RR": Measure("RR", "risk ratio", _log_risk_ratio, SCALES["exp"], drops_double_zero=True),
    "RD": Measure("RD", "risk difference", _risk_difference, SCALES["identity"], drops_double_zero=False),
}


def scale_of(measure: str) -> Scale:
    """Return the display scale of a measure; effects of no known measure are shown as they are."""
    return MEASURES[measure].scale if measure in MEASURES else SCALES["identity"]
