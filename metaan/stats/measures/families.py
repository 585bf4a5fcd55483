"""What the measures share: how data columns are read and checked, and what an entry of the table of measures holds.

A `MeasureFamily` is a layout of data (a 2x2 table, two means, one proportion ...); its measures are `Measure` entries
in the dict at the bottom of the family's own module. `metaan.stats.measures.catalogue` joins these dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, UsageError, choose
from .effects import FloatArray, column, labels, same_length
from .scales import Scale

Columns = Mapping[str, FloatArray]
Computed = tuple[FloatArray, FloatArray]
Mask = NDArray[np.bool_]


class CheckedColumns(NamedTuple):
    """Checked columns of shape (k,) each, and what had to be converted to get them."""

    columns: dict[str, FloatArray]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureFamily:
    """A layout of data.

    Attributes
    ----------
    read
        From the arrays under metafor's names, and the study labels, to checked columns.
    cells
        The counts that ``add`` is added to, in studies where one of them is 0; empty where nothing is counted.
    uninformative
        Mask of the studies that ``drop00`` leaves out; None where the family has no such studies.
    void
        Mask of the studies that say nothing whatever is added to their cells; None where there are none.
    why
        (mask, reason) pairs, first match wins: why a study can have no effect size.
    """

    read: Callable[[Mapping[str, ArrayLike], Sequence[str] | None], CheckedColumns]
    cells: tuple[str, ...] = ()
    uninformative: Callable[[Columns], Mask] | None = None
    void: Callable[[Columns], Mask] | None = None
    why: tuple[tuple[Callable[[Columns], Mask], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry of the table of measures.

    Attributes
    ----------
    code, name
        metafor's code and the words a page uses.
    compute
        From columns (shape (k,) each) to (yi, vi) on the analysis scale; takes ``vtype`` where ``vtypes`` has more
        than one entry, and ``correct`` where ``has_correction``.
    scale
        How the measure is displayed.
    drops_double_zero
        True where studies without (or with only) events in both arms say nothing about the measure.
    family
        The layout of its data.
    add
        What is added to zero cells when the caller does not say.
    vtypes
        How the sampling variance can be computed; the first is the default.
    has_correction
        True where a small-sample bias correction can be switched off.
    compares
        True where the measure compares two groups or times: only then is there a value of no effect, and two sides.
    tied
        True where the sampling variance is made of what the effect is made of (events, a mean, the effect itself), so
        that both vary together with nothing amiss; False where it is made of sizes, or of spread alone.
    sized
        The column of a study's own size and the display scale at a size, where the way back needs one; else None.
    via
        The transformation that is pooled of what the name says and the display shows; empty where none needs a name.
    """

    code: str
    name: str
    compute: Callable[..., Computed]
    scale: Scale
    drops_double_zero: bool
    family: MeasureFamily
    add: float = 0.5
    vtypes: tuple[str, ...] = ("LS",)
    has_correction: bool = False
    compares: bool = True
    tied: bool = True
    sized: tuple[str, Callable[[float], Scale]] | None = None
    via: str = ""


def given(data: Mapping[str, ArrayLike], allowed: Iterable[str]) -> dict[str, FloatArray]:
    """Return the columns that were given, all of one length; a name that is not ``allowed`` is a `UsageError`."""
    names = dict.fromkeys(allowed)
    for name in data:
        choose(names, name, "column")
    got = {name: column(values, name) for name, values in data.items() if values is not None}
    if got:
        same_length(got)
    return got


def needed(got: Columns, names: Iterable[str]) -> dict[str, FloatArray]:
    """Return the columns ``names``, or say which are missing."""
    wanted = tuple(names)
    gone = [name for name in wanted if name not in got]
    if gone:
        raise UsageError(f"{', '.join(wanted)} are needed; missing: {', '.join(gone)}")
    return {name: got[name] for name in wanted}


class Refusal(NamedTuple):
    """Rows that one check refuses, and what it found there."""

    values: FloatArray
    at: NDArray[np.intp]
    name: str
    why: str

    def say(self, row: int, label: str) -> str:
        """Return the message of a row, whose study has this label."""
        return f"study {label!r}: {self.name} = {self.values[row]:g}: {self.why}"


_COLLECTED: ContextVar[list[Refusal] | None] = ContextVar("refusals", default=None)


@contextmanager
def refusals() -> Iterator[list[Refusal]]:
    """Collect what `refuse` finds, in the order of the checks, instead of stopping at the first.

    For rows of many analyses in one array, where a row that cannot be true is the matter of its own analysis only.
    """
    found: list[Refusal] = []
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)


def refuse(values: FloatArray, bad: Mask, name: str, slab: Sequence[str] | None, why: str) -> None:
    """Raise a `DataError` that names the first study where ``bad`` is True, or add to what `refusals` collects."""
    at = np.flatnonzero(bad)
    if at.size:
        refusal = Refusal(values, at, name, why)
        if (found := _COLLECTED.get()) is None:
            raise DataError(refusal.say(at[0], labels(slab, values.size)[at[0]]))
        found.append(refusal)


def not_negative(columns: Columns, names: Iterable[str], slab: Sequence[str] | None, what: str) -> None:
    """Refuse values below 0 in the columns ``names``."""
    for name in names:
        if name in columns:
            refuse(columns[name], columns[name] < 0, name, slab, f"{what} below 0; allowed: 0 or more")


def above_zero(columns: Columns, names: Iterable[str], slab: Sequence[str] | None, what: str) -> None:
    """Refuse values at or below 0 in the columns ``names``."""
    for name in names:
        if name in columns:
            refuse(columns[name], columns[name] <= 0, name, slab, f"{what} must be above 0")


def within_one(columns: Columns, names: Iterable[str], slab: Sequence[str] | None, what: str) -> None:
    """Refuse values outside -1 to 1 in the columns ``names``."""
    for name in names:
        if name in columns:
            refuse(columns[name], np.abs(columns[name]) > 1, name, slab, f"{what}; allowed: -1 to 1")


def any_missing(columns: Columns) -> Mask:
    """Mask of the studies with nan in one of the columns."""
    return np.asarray(np.any([np.isnan(values) for values in columns.values()], axis=0))


def every(columns: Columns) -> Mask:
    """Mask of all studies: the last reason of a family, where no other holds."""
    return np.ones(next(iter(columns.values())).shape, dtype=bool)
