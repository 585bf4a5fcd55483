"""Moderators as they are given: arrays, mappings and data frames become named columns of numbers or levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, UsageError, did_you_mean
from ..numerics.numerals import exact


@dataclass(frozen=True, slots=True, eq=False)
class ModeratorColumn:
    """One moderator.

    Attributes
    ----------
    values
        Shape (rows,): floats with nan where missing, or strings with None where missing.
    levels
        None for numbers; else the levels that occur, the reference first: in the order of a pandas categorical, sorted
        otherwise.
    """

    values: NDArray[Any]
    levels: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: Any, name: str) -> ModeratorColumn:
        """Read any list of numbers, texts or truth values; a text that looks like a number is a text."""
        order = tuple(map(text_of, values.cat.categories)) if hasattr(values, "cat") else None
        array = np.asarray(values, dtype=object)
        if array.ndim != 1:
            raise DataError(f"moderator {name!r} has shape {array.shape}; allowed: one dimension, a value a study")
        gone = [v is None or v != v for v in array.tolist()]
        numeric = order is None and all(
            isinstance(v, int | float | np.number | np.bool_) for v in array[~np.array(gone)]
        )
        if numeric:
            return cls(_finite(np.array([np.nan if g else float(v) for v, g in zip(array, gone)]), name))
        texts = np.array([None if g else text_of(v) for v, g in zip(array, gone)], dtype=object)
        return cls(texts, order or tuple(sorted(set(texts) - {None}))).take(np.ones(len(gone), dtype=bool))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Shape (rows,)."""
        return np.array([v is None or v != v for v in self.values.tolist()], dtype=bool)

    def take(self, rows: NDArray[np.bool_]) -> ModeratorColumn:
        """Return the rows where the mask is true, with the levels that are left."""
        values = self.values[rows]
        if self.levels is None:
            return ModeratorColumn(values)
        found = set(values)
        return ModeratorColumn(values, tuple(level for level in self.levels if level in found))

    def repeated(self, height: int) -> ModeratorColumn:
        """Return ``height`` rows: as they are, or one value repeated."""
        return ModeratorColumn(np.broadcast_to(self.values, (height,)), self.levels)


INTERCEPT = "intercept"
Table = Mapping[str, ModeratorColumn]


def table_of(mods: Any) -> Table:
    """Return named columns; an array's columns are called x1, x2 and so on; None has none."""
    if mods is None:
        return {}
    if is_named(mods):
        names = list(mods.columns if hasattr(mods, "columns") else mods)
        return {str(name): ModeratorColumn.of(mods[name], str(name)) for name in names}
    array = np.asarray(mods)
    if array.ndim not in (1, 2):
        raise DataError(f"mods has shape {array.shape}; allowed: (k,), (k, q), named columns or a formula")
    columns = array[:, None] if array.ndim == 1 else array
    return {f"x{j + 1}": ModeratorColumn.of(columns[:, j], f"x{j + 1}") for j in range(columns.shape[1])}


def new_table(new: Any, wanted: Sequence[str], *, by_name: bool) -> Table:
    """Return the wanted columns of the values to predict at.

    ``new`` is named columns, a single value standing for all rows; or unless ``by_name`` rows, ordered as ``wanted``.
    """
    if is_named(new):
        table = table_of(new if hasattr(new, "columns") else {n: np.atleast_1d(v) for n, v in new.items()})
    elif by_name:
        raise UsageError("a model from a formula predicts from named columns: a mapping or a data frame")
    else:
        table = _in_order(new, wanted)
    for name in wanted:
        if name not in table:
            raise UsageError(f"moderator {name!r} is needed; found: {', '.join(table) or 'nothing'}")
        if table[name].missing.any():
            raise DataError(f"moderator {name!r} is missing in a new row; allowed: a value in each")
    height = max(len(table[name]) for name in wanted)
    for name in wanted:
        if len(table[name]) not in (1, height):
            raise DataError(f"moderator {name!r} has {len(table[name])} new values; allowed: {height}, or one for all")
    return {name: table[name].repeated(height) for name in wanted}


def is_named(mods: Any) -> bool:
    """Say whether columns come with their names: a mapping or a data frame."""
    return isinstance(mods, Mapping) or hasattr(mods, "columns")


def _in_order(new: Any, wanted: Sequence[str]) -> Table:
    """Read rows of values in the order of the moderators; with one moderator, a plain list is its values."""
    array = np.asarray(new)
    rows = array.reshape(-1, 1) if len(wanted) == 1 else np.atleast_2d(array)
    if rows.ndim != 2 or rows.shape[1] != len(wanted):
        raise UsageError(f"new has shape {array.shape}; allowed: (rows, {len(wanted)}) with {', '.join(wanted)}")
    return {name: ModeratorColumn.of(rows[:, j], name) for j, name in enumerate(wanted)}


def _finite(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    for i in np.flatnonzero(np.isinf(values)):
        raise DataError(f"moderator {name!r}[{i}] is infinite; allowed: finite numbers")
    return values


def refuse_unseen(name: str, column: ModeratorColumn, known: Sequence[str] | None) -> None:
    """Refuse a level that is not among the known ones; None knows no levels."""
    for value in map(text_of, column.values if known is not None else ()):
        if value not in (known or ()):
            raise DataError(f"moderator {name!r}: level {value!r} was not seen; {did_you_mean(value, known or ())}")


def text_of(level: Any) -> str:
    """Return the level as text; the level 2.0 of a numeric column is 2."""
    return exact(level) if isinstance(level, float) else str(level)
