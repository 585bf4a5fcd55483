"""Moderators by formula, such as ``~ dose * design``: interactions and transformations, through formulaic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import UsageError, did_you_mean
from ..measures.effects import FloatArray
from .moderators import INTERCEPT, ModeratorColumn, Table, new_table, refuse_unseen, table_of, text_of


@dataclass(frozen=True, slots=True)
class FormulaCoding:
    """A formula; ``spec`` is formulaic's model specification, which remembers levels."""

    spec: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the p columns."""
        return tuple(INTERCEPT if name == "Intercept" else str(name) for name in self.spec.column_names)

    @property
    def terms(self) -> tuple[str, ...]:
        """For each column the term that made it."""
        of = {j: str(term) for term, columns in self.spec.term_indices.items() for j in columns}
        return tuple(name if name == INTERCEPT else of[j] for j, name in enumerate(self.names))

    @property
    def references(self) -> Mapping[str, str]:
        """Factor to its reference level: the one that no column of its own stands for."""
        columns = [f":{name}:" for name in self.names]
        return {
            factor: str(level)
            for factor, levels in self._levels().items()
            for level in levels
            if not any(f":{factor}[{mark}{level}]:" in column for column in columns for mark in ("T.", ""))
        }

    def matrix(self, table: Table) -> FloatArray:
        """Return the columns, shape (rows, p)."""
        return np.asarray(self.spec.get_model_matrix(_frame(table)), dtype=float)

    def rows(self, new: Any) -> FloatArray:
        """Return the columns for new values of the moderators."""
        table = new_table(new, sorted(map(str, self.spec.required_variables)), by_name=True)
        for name, column in table.items():
            for factor, known in self._levels().items():
                if factor == name or factor.startswith((f"C({name})", f"C({name},")):
                    refuse_unseen(name, column, known)
        return self.matrix(table)

    def _levels(self) -> dict[str, tuple[str, ...]]:
        states = {factor: state[1] for factor, state in self.spec.encoder_state.items()}
        return {f: tuple(map(text_of, state["categories"])) for f, state in states.items() if "categories" in state}


def formula_table(formula: str, data: Any) -> Table:
    """Return the columns that the formula speaks of."""
    table = table_of(data)
    wanted = sorted(map(str, _parse(formula).required_variables))
    for name in wanted:
        if name not in table:
            raise UsageError(f"formula {formula!r}: no column {name!r} in data; {did_you_mean(name, table)}")
    return {name: table[name] for name in wanted}


def formula_coding(formula: str, rows: Table, intercept: bool) -> FormulaCoding:
    """Return how the formula makes columns of the moderators."""
    parsed = _parse(formula if intercept else f"{formula} - 1")
    return FormulaCoding(parsed.get_model_matrix(_frame(rows)).model_spec)


def _frame(table: Table) -> Any:
    """Return what formulaic understands: whole numbers as such, and categoricals with the order of their levels."""
    import pandas as pd

    def values(column: ModeratorColumn) -> Any:
        if column.levels is not None:
            return pd.Categorical(column.values, list(column.levels))
        whole = bool(np.all(column.values == np.floor(column.values)))
        return column.values.astype(np.int64) if whole else column.values

    return pd.DataFrame({name: values(column) for name, column in table.items()})


def _parse(formula: str) -> Any:
    try:
        from formulaic import Formula
        from formulaic.errors import FormulaicError
    except ImportError:
        raise UsageError(
            f"formula {formula!r}: formulas need the package formulaic (the extra 'formulas' of this package); "
            "or give mods as a mapping of columns"
        ) from None
    try:
        parsed = Formula(formula.lstrip().removeprefix("~"))
    except FormulaicError as error:
        raise UsageError(f"formula {formula!r} cannot be read: {str(error).splitlines()[0]}") from None
    if hasattr(parsed, "lhs"):
        raise UsageError(f"formula {formula!r} names an outcome; allowed: moderators only, such as '~ year + design'")
    return parsed
