"""Long tables in files: CSV, Parquet and Feather, read in parts that hold whole analyses.

`TableFile` knows a file and the columns that are wanted of it. `survey` goes once through the labels alone: it finds
where analyses end, and whether the rows of each stand together; where they do not, `sorted_copy` brings them together
out of core. Numbers of a CSV file are read as texts first, so that a cell that is no number is the matter of its own
analysis.
To add a format: an entry in `READERS` and in `WRITERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError, UsageError, did_you_mean
from ..columns import numbers_of, runs, wanted
from ..kernels.inverse_variance import IntArray

#: Rows of a part: enough for every thread, and a small part of the memory.
PART_ROWS = 1_000_000
_BLOCK = 1 << 24

#: What stands in a CSV file where there is no number.
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "."]


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file and what is wanted of it.

    Attributes
    ----------
    path, format
        Where it is, and a key of `READERS`.
    by, subgroup, slab
        Columns of labels.
    columns
        metafor's names to names of columns.
    """

    path: Path
    format: str
    by: str
    subgroup: str | None
    slab: str | None
    columns: Mapping[str, str]

    @classmethod
    def of(
        cls, path: Path, by: str, measure: str, subgroup: str | None = None, slab: str | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> TableFile:  # fmt: skip
        """Look at the names of the columns of a file, and choose those that a measure reads."""
        form = format_of(path, READERS)
        found = column_names(path, form)
        chosen = dict(columns or {}) or {name: name for name in wanted(measure, found)}
        for argument, name in (
            *((a, n) for a, n in (("by", by), ("subgroup", subgroup), ("slab", slab)) if n),
            *chosen.items(),
        ):
            if name not in found:
                raise UsageError(f"{path}: {argument}: no column {name!r}; {did_you_mean(name, found)}")
        if not chosen:
            raise UsageError(
                f"{path}: no columns for {measure} among {', '.join(found)}; allowed: metafor's names (ai, n1i, ci, "
                "n2i ...; yi with vi or sei), or --columns ai=NAME,..."
            )
        return cls(path, form, by, subgroup, slab, chosen)

    @property
    def keys(self) -> list[str]:
        """The columns that say which analysis a row is of."""
        return [name for name in (self.by, self.subgroup) if name is not None]

    @property
    def names(self) -> list[str]:
        """All columns that are read, each once."""
        return list(dict.fromkeys([*self.keys, *([self.slab] if self.slab else []), *self.columns.values()]))

    def blocks(self, names: list[str]) -> Iterator[Any]:
        """Yield the file as Arrow record batches of these columns."""
        import pyarrow as pa

        try:
            yield from READERS[self.format](self.path, names)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise DataError(f"{self.path}: {error}") from None


class Survey(NamedTuple):
    """Rows, analyses, where parts end (row numbers), and whether the rows of every analysis stand together."""

    rows: int
    analyses: int
    cuts: list[int]
    together: bool


@dataclass(slots=True)
class _Heads:
    """The first rows of analyses, block by block."""

    starts: list[IntArray] = field(default_factory=list)
    hashes: list[Any] = field(default_factory=list)
    last: tuple[Any, ...] | None = None
    row: int = 0

    def see(self, batch: Any, source: TableFile) -> None:
        from pandas.util import hash_array

        keys = [_decoded(batch.column(name)) for name in source.keys]
        for key, name in zip(keys, source.keys):
            if key.null_count:
                row = self.row + int(np.flatnonzero(np.asarray(key.is_null()))[0])
                raise DataError(f"{source.path}: row {row + 1} has no {name}; allowed: a label in every row")
        starts = runs(keys, batch.num_rows)[:-1]
        if starts.size and self.last == tuple(key[0].as_py() for key in keys):
            starts = starts[1:]
        heads = [np.asarray(key.take(starts).to_numpy(zero_copy_only=False)) for key in keys]
        mixed = np.zeros(starts.size, dtype=np.uint64)
        for values in heads:
            mixed = mixed * np.uint64(1_000_003) + hash_array(values, categorize=False)
        self.starts.append(starts + self.row)
        self.hashes.append(mixed)
        self.row += batch.num_rows
        self.last = tuple(key[-1].as_py() for key in keys) if batch.num_rows else self.last


def survey(source: TableFile, part_rows: int = PART_ROWS) -> Survey:
    """Go through the labels of a file: 16 bytes an analysis are kept."""
    heads = _Heads()
    for batch in source.blocks(source.keys):
        heads.see(batch, source)
    if not heads.row:
        raise DataError(f"{source.path}: no rows; allowed: a row a study")
    starts, hashes = np.concatenate(heads.starts), np.concatenate(heads.hashes)
    ends = np.searchsorted(starts, np.arange(part_rows, heads.row, part_rows))
    cuts = sorted({*starts[ends[ends < starts.size]].tolist(), heads.row} - {0})
    return Survey(heads.row, int(starts.size), cuts, bool(np.unique(hashes).size == hashes.size))


def parts(source: TableFile, cuts: list[int]) -> Iterator[Any]:
    """Yield Arrow tables of whole analyses, which end at the ``cuts``."""
    import pyarrow as pa

    held: list[Any] = []
    row, begin = 0, 0
    ends = iter(cuts)
    end = next(ends)
    for batch in source.blocks(source.names):
        first, row = row, row + batch.num_rows
        while row >= end:
            held.append(batch.slice(max(begin - first, 0), end - max(begin, first)))
            yield pa.Table.from_batches(held)
            held, begin = [], end
            if (end := next(ends, -1)) < 0:
                return
        if row > begin:
            held.append(batch.slice(max(begin - first, 0)))


def rows_between(source: TableFile, first: int, last: int, names: list[str]) -> Any:
    """Return the rows from ``first`` to before ``last`` as an Arrow table, reading no others than those beside them."""
    return SLICERS[source.format](source.path, first, last, names)


def sorted_copy(source: TableFile, folder: Path, memory: str = "1GB") -> TableFile:
    """Write a Parquet file in which the rows of each analysis stand together, in their order, and return it.

    DuckDB sorts on the disk in ``folder`` what does not fit into ``memory``.
    """
    try:
        import duckdb
    except ImportError:
        raise UsageError(
            f"{source.path}: the rows of an analysis stand apart, which needs duckdb; pip install 'metaan[batch]'"
        ) from None
    import pyarrow as pa

    target, unfinished = folder / "sorted.parquet", folder / "sorted.unfinished"
    blocks = source.blocks(source.names)
    first = next(blocks)
    rows = pa.RecordBatchReader.from_batches(first.schema, _and_then(first, blocks))
    keys = ", ".join(f'"{name}"' for name in (_quoted(key) for key in source.keys))
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(folder / "spill")}) as database:
        database.register("rows_of_file", rows)
        database.execute(
            f"COPY (SELECT * EXCLUDE place FROM (SELECT *, row_number() OVER () AS place FROM rows_of_file) "  # noqa: S608
            f"ORDER BY {keys}, place) TO '{str(unfinished).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
        )
    unfinished.replace(target)
    return TableFile(target, "parquet", source.by, source.subgroup, source.slab, source.columns)


def _and_then(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def numbers(table: Any, source: TableFile) -> tuple[dict[str, Any], dict[int, str]]:
    """Return the columns of numbers of a part, and what is wrong with rows that hold something else."""
    found: dict[str, Any] = {}
    faults: dict[int, str] = {}
    for name, column in source.columns.items():
        found[name], wrong = numbers_of(table.column(column), MISSING)
        for row, text in wrong:
            faults.setdefault(row, f"{name} = {text!r} is not a number")
    return found, faults


def format_of(path: Path, known: Mapping[str, Any]) -> str:
    """Return the format of a file by the ending of its name."""
    ending = ENDINGS.get(path.suffix.lower(), "")
    if ending not in known:
        allowed = ", ".join(suffix for suffix, form in ENDINGS.items() if form in known)
        raise UsageError(f"{path}: the name ends in {path.suffix or 'nothing'}; allowed: {allowed}")
    return ending


def column_names(path: Path, form: str) -> list[str]:
    """Return the names of the columns of a file."""
    import pyarrow as pa

    try:
        if form == "csv":
            from pyarrow import csv

            with csv.open_csv(path, parse_options=_parsing(path)) as reader:
                return list(reader.schema.names)
        if form == "parquet":
            from pyarrow import parquet

            return list(parquet.read_schema(path).names)
        with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
            return list(reader.schema.names)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: {error}") from None


def _csv(path: Path, names: list[str]) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    options = csv.ConvertOptions(
        include_columns=names, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    with csv.open_csv(
        path, read_options=csv.ReadOptions(block_size=_BLOCK), parse_options=_parsing(path), convert_options=options
    ) as reader:
        yield from reader


def _parsing(path: Path) -> Any:
    """Return how a CSV file is to be read: by the mark that its first line has most."""
    from pyarrow import csv

    with path.open("rb") as file:
        line = file.readline(1 << 20)
    return csv.ParseOptions(delimiter=max(",;\t", key=lambda mark: line.count(mark.encode())), newlines_in_values=True)


def _parquet(path: Path, names: list[str]) -> Iterator[Any]:
    from pyarrow import parquet

    with parquet.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=PART_ROWS // 4, columns=names)


def _feather(path: Path, names: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        for i in range(reader.num_record_batches):
            yield reader.get_batch(i).select(names)


def _parquet_rows(path: Path, first: int, last: int, names: list[str]) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        ends = np.cumsum(sizes)
        groups = np.flatnonzero((ends > first) & (ends - sizes < last))
        table = file.read_row_groups(groups.tolist(), columns=names)
    return table.slice(first - int(ends[groups[0]] - sizes[groups[0]]), last - first)


def _feather_rows(path: Path, first: int, last: int, names: list[str]) -> Any:
    import pyarrow as pa

    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        held, row = [], 0
        for i in range(reader.num_record_batches):
            batch = reader.get_batch(i).select(names)
            held.append(batch.slice(max(first - row, 0), max(0, last - max(first, row))))
            row += batch.num_rows
        return pa.Table.from_batches(held)


def _decoded(column: Any) -> Any:
    return column.dictionary_decode() if hasattr(column, "dictionary_decode") else column


ENDINGS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".feather": "feather", ".arrow": "feather"}

READERS: dict[str, Callable[[Path, list[str]], Iterator[Any]]] = {"csv": _csv, "parquet": _parquet, "feather": _feather}

#: Formats of which any rows can be read.
SLICERS: dict[str, Callable[[Path, int, int, list[str]], Any]] = {"parquet": _parquet_rows, "feather": _feather_rows}
