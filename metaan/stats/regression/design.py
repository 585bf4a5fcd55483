"""From moderators to a design matrix, and the same way again for a prediction.

A factor with L levels becomes L - 1 columns of 0 and 1, named ``factor[T.level]``; its first level is the reference.
Interactions and transformations come with formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, NotEstimableError
from ..measures.effects import FloatArray
from .formula import formula_coding, formula_table
from .moderators import INTERCEPT, Table, is_named, new_table, refuse_unseen, table_of

_INTERCEPTS = {INTERCEPT, "Intercept", "(Intercept)", "intrcpt", "const"}
TOLERANCE = 1e-10  # what is left of a column of length 1 after the columns before it, below which it holds nothing new


class Coding(Protocol):
    """A way from moderators to columns, fixed when the model was fitted."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns."""

    @property
    def terms(self) -> tuple[str, ...]:
        """For each column the moderator, or the term of the formula, that it belongs to."""

    @property
    def references(self) -> Mapping[str, str]:
        """Factor to its reference level."""

    def matrix(self, table: Table) -> FloatArray:
        """Return the columns, shape (rows, p), for moderators without missing values."""

    def rows(self, new: Any) -> FloatArray:
        """Return the columns for new values of the moderators."""


@dataclass(frozen=True, slots=True)
class ColumnCoding:
    """Main effects of named columns.

    Attributes
    ----------
    levels
        Moderator to its levels, None for numbers; in the order given.
    intercept
        Without one, the first factor keeps all its levels.
    """

    levels: Mapping[str, tuple[str, ...] | None]
    intercept: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns."""
        return tuple(column for column, _ in self._columns())

    @property
    def terms(self) -> tuple[str, ...]:
        """For each column its moderator."""
        return tuple(term for _, term in self._columns())

    @property
    def references(self) -> Mapping[str, str]:
        """Factor to its reference level."""
        return {name: found[0] for name, found in self.levels.items() if found and not self._keeps_all(name)}

    def matrix(self, table: Table) -> FloatArray:
        """Return the columns, shape (rows, p)."""
        height = max(map(len, table.values()))
        parts = [np.ones(height)] if self.intercept else []
        for name, levels in self.levels.items():
            values = table[name].values
            parts += (
                [values.astype(float)]
                if levels is None
                else [np.array(values.astype(str) == level, dtype=float) for level in self._shown(name)]
            )
        return np.column_stack(parts)

    def rows(self, new: Any) -> FloatArray:
        """Return the columns for new values of the moderators."""
        table = new_table(new, list(self.levels), by_name=False)
        for name, levels in self.levels.items():
            refuse_unseen(name, table[name], levels)
        return self.matrix(table)

    def _columns(self) -> Iterator[tuple[str, str]]:
        if self.intercept:
            yield INTERCEPT, INTERCEPT
        for name, levels in self.levels.items():
            mark = "" if self._keeps_all(name) else "T."
            shown = [name] if levels is None else [f"{name}[{mark}{level}]" for level in self._shown(name)]
            yield from ((column, name) for column in shown)

    def _shown(self, name: str) -> tuple[str, ...]:
        return (self.levels[name] or ())[0 if self._keeps_all(name) else 1 :]

    def _keeps_all(self, name: str) -> bool:
        return not self.intercept and name == next((n for n, levels in self.levels.items() if levels is not None), None)


@dataclass(frozen=True, slots=True)
class PartialCoding:
    """Some columns of a coding: those at ``kept``."""

    whole: Coding
    kept: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the kept columns."""
        return tuple(self.whole.names[j] for j in self.kept)

    @property
    def terms(self) -> tuple[str, ...]:
        """For each kept column its moderator."""
        return tuple(self.whole.terms[j] for j in self.kept)

    @property
    def references(self) -> Mapping[str, str]:
        """Factor to its reference level."""
        return self.whole.references

    def matrix(self, table: Table) -> FloatArray:
        """Return the kept columns."""
        return self.whole.matrix(table)[:, list(self.kept)]

    def rows(self, new: Any) -> FloatArray:
        """Return the kept columns for new values of the moderators."""
        return self.whole.rows(new)[:, list(self.kept)]


@dataclass(frozen=True, slots=True, eq=False)
class DesignMatrix:
    """The design matrix of the studies that have all moderators.

    Attributes
    ----------
    x
        Shape (number of used studies, p).
    coding
        How the columns were made.
    used
        Shape (k,), True where the study has an effect size and all moderators.
    missing
        For each study None, or which moderator it has no value of.
    """

    x: FloatArray
    coding: Coding
    used: NDArray[np.bool_]
    missing: tuple[str | None, ...]


def design_of(mods: Any, keep: NDArray[np.bool_], intercept: bool, data: Any = None) -> DesignMatrix:
    """Return the design matrix of ``mods`` for the studies in ``keep``.

    Raises
    ------
    DataError
        A moderator has another length than ``keep``.
    NotEstimableError
        No study is left.
    UsageError
        A formula that cannot be read, or neither moderator nor intercept.
    """
    formula = isinstance(mods, str)
    table, intercept = (formula_table(mods, data), intercept) if formula else _take_intercept(mods, intercept)
    for name, column in table.items():
        if len(column) != keep.size:
            raise DataError(f"moderator {name!r} has {len(column)} values for {keep.size} studies")
    missing = _missing(table, keep.size)
    used = keep & np.array([why is None for why in missing], dtype=bool)
    if not used.any():
        raise NotEstimableError("no study has both an effect size and all moderators")
    rows = {name: column.take(used) for name, column in table.items()}
    if not rows:
        return DesignMatrix(np.ones((int(used.sum()), 1)), ColumnCoding({}, True), used, missing)
    coding = formula_coding(mods, rows, intercept) if formula else ColumnCoding(_levels(rows), intercept)
    return DesignMatrix(coding.matrix(rows), coding, used, missing)


def check_rank(x: FloatArray, names: Sequence[str]) -> None:
    """Refuse a column that holds nothing new beside the columns before it, and name it."""
    for _, why in _redundant(x, names):
        raise DataError(f"{why}; leave it out, or drop it with redundant='drop'")


def drop_redundant(design: DesignMatrix) -> DesignMatrix:
    """Leave out the columns that hold nothing new beside those before them."""
    gone = [j for j, _ in _redundant(design.x, design.coding.names)]
    if not gone:
        return design
    kept = tuple(j for j in range(design.x.shape[1]) if j not in gone)
    return replace(design, x=design.x[:, list(kept)], coding=PartialCoding(design.coding, kept))


def _redundant(x: FloatArray, names: Sequence[str]) -> list[tuple[int, str]]:
    """Return each column that holds nothing new, and what it is made of."""
    length = np.sqrt(np.einsum("ij,ij->j", x, x))
    scaled = x / np.where(length > 0, length, 1.0)
    found: list[tuple[int, str]] = []
    before: list[int] = []
    for j, name in enumerate(names):
        mix = np.linalg.lstsq(scaled[:, before], scaled[:, j], rcond=None)[0]
        if length[j] == 0:
            found.append((j, f"column {name!r} of the design is 0 in every study"))
        elif np.linalg.norm(scaled[:, j] - scaled[:, before] @ mix) < TOLERANCE:
            parts = [names[i] for i, share in zip(before, mix.tolist()) if abs(share) > 1e-8]
            what = "the same in every study" if parts == [INTERCEPT] else f"made of {', '.join(map(repr, parts))}"
            found.append((j, f"column {name!r} of the design is {what}"))
        else:
            before.append(j)
    return found


def _levels(rows: Table) -> dict[str, tuple[str, ...] | None]:
    return {name: column.levels for name, column in rows.items()}


def _take_intercept(mods: Any, intercept: bool) -> tuple[Table, bool]:
    """Return the moderators without a first column of ones, in a matrix or under a name that says what it is."""
    table = table_of(mods)
    name = next(iter(table), None)
    if name is None or table[name].levels is not None or not np.all(table[name].values == 1):
        return table, intercept
    if name not in _INTERCEPTS if is_named(mods) else len(table) == 1:
        return table, intercept
    return {other: column for other, column in table.items() if other != name}, True


def _missing(table: Table, k: int) -> tuple[str | None, ...]:
    why: list[str | None] = [None] * k
    for name, column in table.items():
        for i in np.flatnonzero(column.missing).tolist():
            why[i] = why[i] or f"moderator {name} is missing"
    return tuple(why)


REDUNDANT: dict[str, Callable[[DesignMatrix], DesignMatrix]] = {"error": lambda design: design, "drop": drop_redundant}
