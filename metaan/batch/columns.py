"""From what a caller has to columns of numbers with offsets: frames, Arrow tables, dicts, arrays.

A frame has a row a study; `RowTable.of_frame` brings the rows of each analysis together. Arrays come as ragged columns
with ``offsets``, or as n x k matrices with nan where an analysis has fewer studies than the largest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataError, UsageError, did_you_mean
from ..stats.measures.catalogue import MEASURES, RAW
from ..stats.measures.effects import FloatArray
from ..stats.measures.families import MeasureFamily
from ..stats.measures.generic import COLUMNS as GENERIC_COLUMNS
from ..stats.measures.means import DIRECT, MEANS, SDS, SECOND_SD, SMD_DATA, TWO_MEANS, TWO_SDS
from ..stats.measures.proportions import PROPORTION
from ..stats.measures.rates import ONE_GROUP, ONE_RATE, TWO_GROUPS, TWO_RATES
from ..stats.measures.single_means import ONE_MEAN, ONE_SD
from ..stats.measures.two_by_two import CELLS, TABLE
from .kernels.inverse_variance import IntArray

#: What a family of measures reads, of a frame that may have more; of others, whatever there is of `RAW`.
_READ: tuple[tuple[MeasureFamily, tuple[str, ...]], ...] = (
    (TABLE, (*CELLS, "n1i", "n2i")),
    (TWO_RATES, TWO_GROUPS),
    (ONE_RATE, ONE_GROUP),
    (PROPORTION, ("xi", "mi", "ni")),
    (MEANS, TWO_MEANS),
    (SMD_DATA, (*TWO_MEANS, *DIRECT)),
    (SDS, (*TWO_SDS, "m1i", "m2i")),
    (SECOND_SD, TWO_MEANS),
    (ONE_MEAN, ("mi", "sdi", "ni")),
    (ONE_SD, ("mi", "sdi", "ni")),
)


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows of many analyses.

    Attributes
    ----------
    data
        Columns under metafor's names, shape (rows,), nan where missing.
    at
        Shape (analyses + 1,): where the rows of each analysis begin, and where the last end.
    analysis, subgroup
        Labels of the analyses, an Arrow array or one of numpy; ``subgroup`` is None where there are none.
    slab
        Labels of the rows, or None.
    faults
        Row to what is wrong with it, where that was seen before.
    """

    data: dict[str, FloatArray]
    at: IntArray
    analysis: Any
    subgroup: Any = None
    slab: Any = None
    faults: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of_part(
        cls, table: Any, data: dict[str, FloatArray], by: str, subgroup: str | None, slab: str | None,
        faults: Mapping[int, str],
    ) -> RowTable:  # fmt: skip
        """Take an Arrow table in which the rows of each analysis stand together."""
        keys = [_column(table, name, "by") for name in (by, subgroup) if name is not None]
        starts = runs(keys, table.num_rows)
        heads = [key.take(starts[:-1]) for key in keys]
        labels = None if slab is None else _column(table, slab, "slab")
        return cls(data, starts, heads[0], heads[1] if subgroup is not None else None, labels, faults)

    @classmethod
    def of_frame(
        cls, frame: Any, measure: str, by: str, subgroup: str | None, slab: str | None, columns: Mapping[str, Any]
    ) -> RowTable:
        """Read the columns of a frame, and bring the rows of each analysis together where they are not."""
        table = arrow_table(frame)
        keys = [_column(table, name, "by") for name in (by, subgroup) if name is not None]
        found = {name: _numbers(table, name, source) for name, source in _sources(table, measure, columns).items()}
        for key, name in zip(keys, (by, subgroup)):
            if key.null_count:
                row = int(np.flatnonzero(np.asarray(key.is_null()))[0])
                raise DataError(
                    f"{key.null_count} rows have no {name}, the first is row {row + 1}; allowed: a label each"
                )
        labels = None if slab is None else _column(table, slab, "slab")
        starts, order = _grouped(keys)
        if order is not None:
            found = {name: values[order] for name, values in found.items()}
            keys = [key.take(order) for key in keys]
            labels = None if labels is None else labels.take(order)
        heads = [key.take(starts[:-1]) for key in keys]
        return cls(found, starts, heads[0], heads[1] if subgroup is not None else None, labels)

    @classmethod
    def of_arrays(cls, columns: Mapping[str, Any], offsets: Any, analysis: Any) -> RowTable:
        """Take ragged columns with offsets, or n x k matrices."""
        arrays = {name: _floats(values, name) for name, values in columns.items() if values is not None}
        if not arrays:
            raise UsageError("no columns; allowed: a frame, or arrays under their names: ai=, n1i=, ..., or yi=, vi=")
        shapes = {name: values.shape for name, values in arrays.items()}
        if len(set(shapes.values())) != 1:
            raise DataError(
                f"columns differ in shape: {', '.join(f'{name} {shape}' for name, shape in shapes.items())}"
            )
        shape = next(iter(shapes.values()))
        if len(shape) == 2 and offsets is None:
            at = np.arange(shape[0] + 1, dtype=np.int64) * shape[1]
            arrays, at = _without_gaps({name: values.reshape(-1) for name, values in arrays.items()}, at)
        elif len(shape) == 1 and offsets is not None:
            at = _offsets(offsets, shape[0])
        else:
            raise UsageError(
                f"arrays of shape {shape}; allowed: n x k, or one dimension with offsets=, or a frame and by="
            )
        n = at.size - 1
        labels = np.arange(n) if analysis is None else np.asarray(analysis)
        if labels.size != n:
            raise DataError(f"{labels.size} labels for {n} analyses")
        return cls(arrays, at, labels)

    def part(self, first: int, last: int) -> tuple[dict[str, FloatArray], IntArray, Any, dict[int, str]]:
        """Return columns, offsets, labels and faults of the analyses from ``first`` to before ``last``."""
        a, b = int(self.at[first]), int(self.at[last])
        data = {name: values[a:b] for name, values in self.data.items()}
        faults = {row - a: why for row, why in self.faults.items() if a <= row < b} if self.faults else {}
        return data, self.at[first : last + 1] - a, None if self.slab is None else self.slab[a:b], faults


def arrow_table(frame: Any) -> Any:
    """Return an Arrow table of a frame of pandas, polars or Arrow, or of a dict of columns."""
    try:
        import narwhals as nw
        import pyarrow as pa
    except ImportError:
        raise UsageError("frames need pyarrow and narwhals; pip install 'metaan[batch]'") from None
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, Mapping):
        return pa.table({str(name): pa.array(values, from_pandas=True) for name, values in frame.items()})
    try:
        known = nw.from_native(frame)
    except TypeError:
        raise UsageError(
            f"a {type(frame).__name__} is no table; allowed: a frame of pandas or polars, an Arrow table, a dict"
        ) from None
    return (known.collect() if isinstance(known, nw.LazyFrame) else known).to_arrow()


def wanted(measure: str, names: Iterable[str]) -> list[str]:
    """Return of the names of a table the columns that a measure reads: what it is computed from, else yi, vi, sei."""
    known = list(names)
    allowed = next((read for family, read in _READ if family is MEASURES[measure].family), tuple(RAW | {"pi"}))
    return [name for name in known if name in allowed] or [name for name in known if name in GENERIC_COLUMNS]


def _sources(table: Any, measure: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return each column's name in metafor's words, and where it is: a name of the table, or values."""
    if columns:
        return {name: source for name, source in columns.items() if source is not None}
    found = wanted(measure, table.column_names)
    if not found:
        raise UsageError(
            f"the table has no columns for {measure}: {', '.join(table.column_names)}; allowed: metafor's names "
            "(ai, n1i, ci, n2i; m1i, sd1i, n1i ...; yi with vi or sei), or which column is which: ai='events', ..."
        )
    return {name: name for name in found}


def _column(table: Any, name: str, argument: str) -> Any:
    if name not in table.column_names:
        raise UsageError(f"{argument}: the table has no column {name!r}; {did_you_mean(name, table.column_names)}")
    found = table.column(name).combine_chunks()
    return found.dictionary_decode() if hasattr(found, "dictionary_decode") else found


def _numbers(table: Any, argument: str, source: Any) -> FloatArray:
    """Return a column of the table, or values that were given, as floats; nan where null."""
    import pyarrow as pa

    if not isinstance(source, str):
        values = _floats(source, argument)
        if values.shape != (table.num_rows,):
            raise DataError(f"{argument}: {values.shape} values for {table.num_rows} rows")
        return values
    column = _column(table, source, argument)
    try:
        column = column if pa.types.is_float64(column.type) else column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"column {source!r} is not of numbers: {error}") from None
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=float)


def numbers_of(column: Any, missing: list[str]) -> tuple[FloatArray, list[tuple[int, str]]]:
    """Return a column of numbers, or of texts of numbers, as floats, and (row, text) of what is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _numbers(pa.table({"": column}), "", ""), []
    column = pc.utf8_trim_whitespace(column)
    column = pc.if_else(pc.is_in(column, value_set=pa.array(missing, column.type)), None, column)
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float), []
    except pa.ArrowInvalid:
        return _one_by_one(column.to_pylist())


def _one_by_one(texts: list[str | None]) -> tuple[FloatArray, list[tuple[int, str]]]:
    values, wrong = np.full(len(texts), np.nan), []
    for row, text in enumerate(texts):
        if text is not None:
            try:
                values[row] = float(text)
            except ValueError:
                wrong.append((row, text))
    return values, wrong


def _floats(values: Any, name: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{name}: a {type(values).__name__} is not an array of numbers") from None


def _offsets(offsets: Any, rows: int) -> IntArray:
    at = np.asarray(offsets)
    sound = at.ndim == 1 and at.size >= 1 and np.issubdtype(at.dtype, np.integer)
    if not sound or at[0] != 0 or at[-1] != rows or (np.diff(at) < 0).any():
        raise DataError(f"offsets: whole numbers from 0 to {rows}, never falling, one more than analyses, are allowed")
    return at.astype(np.int64)


def _without_gaps(arrays: dict[str, FloatArray], at: IntArray) -> tuple[dict[str, FloatArray], IntArray]:
    """Take out the cells of matrices in which every column is nan: they fill up, and are no studies."""
    filled = ~np.all([np.isnan(values) for values in arrays.values()], axis=0)
    if filled.all():
        return arrays, at
    return {name: values[filled] for name, values in arrays.items()}, np.concatenate([[0], np.cumsum(filled)])[at]


def _grouped(keys: list[Any]) -> tuple[IntArray, IntArray | None]:
    """Return the offsets of runs of equal keys, and the order that brings equal ones together where they are not."""
    n = len(keys[0])
    starts = runs(keys, n)
    if n == 0 or _all_unlike([key.take(starts[:-1]) for key in keys]):
        return starts, None
    codes = [np.asarray(key.dictionary_encode().indices) for key in keys]
    order = np.lexsort(codes[::-1])
    return runs([key.take(order) for key in keys], n), order


def runs(keys: list[Any], n: int) -> IntArray:
    """Return where runs of equal keys begin, and where the last ends; ``n`` rows."""
    import pyarrow.compute as pc

    if n == 0:
        return np.zeros(1, dtype=np.int64)
    new = np.zeros(n - 1, dtype=bool)
    for key in keys:
        new |= np.asarray(pc.not_equal(key.slice(1), key.slice(0, n - 1)))
    return np.concatenate([[0], np.flatnonzero(new) + 1, [n]]).astype(np.int64)


def _all_unlike(heads: list[Any]) -> bool:
    codes = [np.asarray(head.dictionary_encode().indices).astype(np.int64) for head in heads]
    joint = codes[0] if len(codes) == 1 else codes[0] * (codes[1].max(initial=0) + 1) + codes[1]
    return bool(np.unique(joint).size == joint.size)
