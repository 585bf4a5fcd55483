"""Effect measures: from what was counted or measured to yi and vi, and back to the display scale.

Each family of measures has its module, with its table at the bottom; `MEASURES` joins them. To add a measure: write a
function from `Columns` to ``(yi, vi)`` and enter it in the table of its family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, UsageError, choose
from ..numerics.by_name import takes_names
from .correlations import CORRELATION, CORRELATIONS
from .effects import EffectSizes, FloatArray, labels
from .families import Columns as Columns
from .families import Mask, MeasureFamily
from .families import Measure as Measure
from .generic import GENERIC, GENERICS, as_given
from .matched import MATCHED
from .means import MEAN_MEASURES, MEANS, SDS, SECOND_SD, SMD_DATA
from .paired import PAIRED
from .proportions import PROPORTION, PROPORTIONS
from .rates import ONE_RATE, RATES, TWO_RATES
from .reliability import RELIABILITY
from .scales import SCALES, Scale
from .single_means import ONE_MEAN, ONE_SD, SINGLE_MEANS
from .two_by_two import TABLE, TWO_BY_TWO
from .two_by_two import no_information as no_information
from .two_by_two import two_by_two as two_by_two


@takes_names
def effect_sizes(
    measure: str,
    *,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    vtype: str | None = None,
    correct: bool | None = None,
    slab: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    **data: Any,
) -> EffectSizes:
    """Compute effect sizes and sampling variances.

    Parameters
    ----------
    measure
        A key of `MEASURES`.
    add
        What is added to the counts of a study, at least 0. None stands for what the measure has,
        ``MEASURES[measure].add``: 0.5, and 0 for measures that zero cells leave defined.
    to
        Which studies it is added to: a key of `TO`.
    drop00
        True: studies without events (or with only events) in both arms get no effect size.
    vtype
        How the sampling variance is computed: one of ``MEASURES[measure].vtypes``, the first by default
        and under the name ``"LS"``.
    correct
        False switches the small-sample bias correction off (Hedges' J, and those of log means and log SDs).
    slab
        k study labels.
    notes
        What was converted before, such as the ``notes`` of a `Converted`; kept on the result.
    data
        Shape (k,) each, under metafor's names; None or nan where missing. 2x2 tables: ``ai`` and ``ci`` events, with
        ``bi`` and ``di`` or ``n1i`` and ``n2i``. Rates: ``x1i t1i x2i t2i``, or ``xi ti``. Proportions: ``xi`` with
        ``ni`` or ``mi``. Means: ``m1i sd1i n1i m2i sd2i n2i`` (for the SMD also ``di``, ``ti`` or a signed ``pi``), or
        ``mi sdi ni``. Pairs: ``m1i m2i sd1i sd2i ri ni``. Correlations: ``ri ni``. Any measure: ``yi`` with ``vi`` or
        ``sei``, on the analysis scale. With ``data=frame`` (pandas, polars, Arrow, a dict of lists) each of these, and
        ``slab``, may be the name of one of its columns.

    Returns
    -------
    EffectSizes
        On the analysis scale; ``reasons`` says why a study has no effect size.

    Raises
    ------
    DataError
        A value cannot be what it claims to be (a negative count, events above the total), or lengths differ.
    UsageError
        The measure, an option or a column is unknown or does not belong to the measure.

    Examples
    --------
    >>> es = effect_sizes("OR", ai=[5], n1i=[40], ci=[3], n2i=[40])
    >>> round(float(es.yi[0]), 4), round(float(es.vi[0]), 4)
    (0.5664, 0.5889)
    >>> table = {"trial": ["A 2019"], "cases": [5], "people": [40], "cases0": [3]}
    >>> es = effect_sizes("OR", data=table, ai="cases", n1i="people", ci="cases0", n2i="people", slab="trial")
    >>> es.slab, round(float(es.yi[0]), 4)
    (('A 2019',), 0.5664)
    >>> es = effect_sizes("SMD", m1i=[10.0], sd1i=[2.0], n1i=[20], m2i=[9.0], sd2i=[3.0], n2i=[30])
    >>> round(float(es.yi[0]), 4)
    0.3715
    """
    found = effects_of_rows(measure, data, choose(TO, to, "to"), add, drop00, vtype, correct, slab)
    slabs = labels(slab, found.sound.size)
    reasons = _reasons(found)
    doubts = _doubts(measure, found.yi, slabs)
    return EffectSizes(
        found.yi, found.vi, slabs, measure, reasons, dict(found.columns), (*notes, *found.notes, *doubts)
    )


@dataclass(frozen=True, slots=True)
class RowEffects:
    """Effects of rows, before a row that cannot have one is told why.

    Attributes
    ----------
    yi, vi, sound
        Shape (k,): nan where not ``sound``.
    dropped
        Shape (k,): left out as ``drop00`` asks.
    family, columns, notes
        The layout of the data, its checked columns, and what was converted.
    """

    yi: FloatArray
    vi: FloatArray
    sound: Mask
    dropped: Mask
    family: MeasureFamily
    columns: Columns
    notes: tuple[str, ...]


def effects_of_rows(
    measure: str, data: Mapping[str, Any], which: Callable[[Mask], Mask], add: float | None = None,
    drop00: bool = False, vtype: str | None = None, correct: bool | None = None, slab: Sequence[str] | None = None,
) -> RowEffects:  # fmt: skip
    """Compute what `effect_sizes` returns of rows; ``which`` chooses from the mask of zero cells where to add."""
    entry = choose(MEASURES, measure, "measure")
    options, amount = _options(entry, vtype, correct), added(measure, add)
    is_given = data.get("yi") is not None
    family, compute = (GENERIC, as_given) if is_given else (entry.family, entry.compute)
    if is_given:
        _refuse_mixed(data)
    reading = family.read(data, slab)
    columns = reading.columns
    k = next(iter(columns.values())).size
    dropped = family.uninformative(columns) if drop00 and family.uninformative else np.zeros(k, dtype=bool)
    with np.errstate(all="ignore"):
        adjusted = _adjusted(columns, family.cells, dropped, which, amount)
        yi, vi = compute(adjusted, **(options if compute is entry.compute else {}))
        sound = np.isfinite(yi) & np.isfinite(vi) & (vi > 0) & ~dropped
    if family.void:
        sound &= ~family.void(columns)
    if not sound.all():
        yi, vi = np.where(sound, yi, np.nan), np.where(sound, vi, np.nan)
    return RowEffects(yi, vi, sound, dropped, family, columns, reading.notes)


def _refuse_mixed(data: Mapping[str, ArrayLike]) -> None:
    """Refuse effects that are given beside what effects are computed from."""
    raw = [name for name in data if name in RAW and data[name] is not None]
    if raw:
        raise UsageError(
            f"yi beside {', '.join(raw)}: one call takes effects that are given (yi with vi or sei), or computes all; "
            "compute these first, and give their yi and vi with the others"
        )


def _options(entry: Measure, vtype: str | None, correct: bool | None) -> dict[str, Any]:
    """Return the options that ``entry.compute`` takes, and refuse those that it does not."""
    options: dict[str, Any] = {}
    wanted = entry.vtypes[0] if vtype in (None, "LS") else vtype
    chosen = choose({name: name for name in entry.vtypes}, str(wanted), f"{entry.code}: vtype")
    if len(entry.vtypes) > 1:
        options["vtype"] = chosen
    if entry.has_correction:
        options["correct"] = correct is not False
    elif correct is not None:
        raise UsageError(f"{entry.code} has no bias correction; leave correct out")
    return options


def added(measure: str, add: float | None) -> float:
    """Return what is added to counts: ``add``, or the measure's own where that is None."""
    amount = MEASURES[measure].add if add is None else float(add)
    if not (np.isfinite(amount) and amount >= 0):
        raise DataError(f"add = {add}; allowed: 0 or more")
    return amount


def _adjusted(
    columns: Columns, cells: tuple[str, ...], dropped: Mask, which: Callable[[Mask], Mask], amount: float
) -> dict[str, FloatArray]:
    """Add ``amount`` to the counts of the studies that ``which`` chooses; dropped studies do not count as zeros."""
    if not cells or amount == 0:
        return dict(columns)
    zero = np.any([columns[name] == 0 for name in cells], axis=0) & ~dropped
    added = np.where(which(zero), amount, 0.0)
    return {name: values + added if name in cells else values for name, values in columns.items()}


def _reasons(found: RowEffects) -> tuple[str | None, ...]:
    reasons: list[str | None] = [None] * found.sound.size
    if found.sound.all():
        return tuple(reasons)
    whys = [(test(found.columns), why) for test, why in found.family.why]
    causes = [(found.dropped, "no events, or only events, in both arms"), *whys]
    for i in np.flatnonzero(~found.sound):
        reasons[i] = next((why for mask, why in causes if mask[i]), "the numbers leave the effect undefined")
    return tuple(reasons)


def _doubts(measure: str, yi: FloatArray, slabs: Sequence[str]) -> list[str]:
    """Name the standardized differences that are more likely a slip than an effect."""
    large = [slabs[i] for i in np.flatnonzero(np.abs(yi) > LARGE_SMD).tolist()] if measure in STANDARDIZED else []
    why = f"beyond {LARGE_SMD:g}: were standard errors given as standard deviations?"
    return [f"{measure} {why} {', '.join(large)}"] if large else []


def null_of(measure: str) -> float | None:
    """Return the value of no effect on the display scale; None where a measure compares nothing."""
    return scale_of(measure).null


def scale_of(measure: str, data: Mapping[str, FloatArray] | None = None) -> Scale:
    """Return the display scale of a measure; effects of no known measure are shown as they are.

    Parameters
    ----------
    measure
        A key of `MEASURES`, or anything else.
    data
        The ``data`` of the effect sizes that were pooled. Freeman-Tukey transformations go back by the harmonic mean of
        its sample sizes or person-times (Miller 1978), and by their limit for large samples where it is not given. A
        single study goes back by its own: `own_scales`.
    """
    sizes = display_data(measure, data or {})
    return _scale_at(measure, *(_harmonic_mean(values) for values in sizes.values()))


def own_scales(es: EffectSizes) -> list[Scale]:
    """Return the display scale of each study by itself, at its own size where the way back needs one."""
    sizes = display_data(es.measure, es.data)
    if not sizes:
        return [_scale_at(es.measure)] * len(es)
    return [_scale_at(es.measure, *own) for own in zip(*(values.tolist() for values in sizes.values()))]


def display_data(measure: str, data: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return of the ``data`` what the display of a measure needs: who rebuilds effect sizes keeps that."""
    sized = MEASURES[measure].sized if measure in MEASURES else None
    return {sized[0]: data[sized[0]]} if sized and sized[0] in data else {}


def _scale_at(measure: str, size: float | None = None) -> Scale:
    if measure not in MEASURES:
        return SCALES["identity"]
    entry = MEASURES[measure]
    scale = entry.scale if size is None or entry.sized is None else entry.sized[1](size)
    return scale if entry.compares else replace(scale, null=None)


def _harmonic_mean(values: FloatArray) -> float:
    return float(1 / np.nanmean(1 / values))


#: Measures in standard deviations of the raw scores, and from where on their size is doubted.
STANDARDIZED = ("SMD", "SMDH", "SMD1", "SMD1H")
LARGE_SMD = 2.0

#: What effects are computed from, under metafor's names.
RAW = frozenset((
    "ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "t1i", "x2i", "t2i", "xi", "ti", "ni", "mi", "m1i", "sd1i", "m2i",
    "sd2i", "sdi", "ri",
))  # fmt: skip

TO: dict[str, Callable[[Mask], Mask]] = {
    "only0": lambda zero: zero,
    "all": lambda zero: np.ones_like(zero),
    "if0all": lambda zero: np.full_like(zero, zero.any()),
    "none": lambda zero: np.zeros_like(zero),
}

MEASURES: dict[str, Measure] = {
    **TWO_BY_TWO,
    **RATES,
    **MEAN_MEASURES,
    **SINGLE_MEANS,
    **CORRELATIONS,
    **PROPORTIONS,
    **PAIRED,
    **MATCHED,
    **RELIABILITY,
    **GENERICS,
}


def _of(*families: MeasureFamily) -> dict[str, Measure]:
    return {code: measure for code, measure in MEASURES.items() if measure.family in families}


#: Kind of data (a key of `metaan.stats.numerics.layouts.LAYOUTS`) to the measures of two arms.
TWO_ARMS = {
    "counts": _of(TABLE), "means": _of(MEANS, SDS, SMD_DATA, SECOND_SD), "rates": _of(TWO_RATES), "correlations": {},
}  # fmt: skip

#: Kind of data to the measures of an only arm.
ONE_ARM = {
    "counts": _of(PROPORTION), "means": _of(ONE_MEAN, ONE_SD), "rates": _of(ONE_RATE), "correlations": _of(CORRELATION),
}  # fmt: skip
