"""Answers on their way to a file: beside it until all is there, and of use when it was interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Output:
    """A file of answers that grows part by part: ``with Output(path) as out: out.write(table)``.

    At the end it gets its name; after an interruption what is finished is whole and stands under `partial`; after an
    error nothing stays.
    """

    def __init__(self, path: Path, form: str) -> None:
        self.path, self._make = path, WRITERS[form]
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._writer: Any = None
        self.parts = 0

    @property
    def partial(self) -> Path:
        """The name of what an interruption leaves."""
        return self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}")

    def write(self, table: Any) -> None:
        """Add the answers of one part."""
        table = _plain(table) if self.path.suffix.lower() in (".csv", ".tsv") else table
        if self._writer is None:
            self._writer = self._make(self._temporary, table.schema, _MARKS.get(self.path.suffix.lower(), ","))
        self._writer.write_table(table)
        self.parts += 1

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: Any) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if kind is None:
            self._temporary.replace(self.path)
        elif issubclass(kind, KeyboardInterrupt):
            self._temporary.replace(self.partial)
        else:
            self._temporary.unlink(missing_ok=True)


def _plain(table: Any) -> Any:
    """Return a table without dictionaries, which CSV has not."""
    import pyarrow as pa

    fields = [
        pa.field(one.name, one.type.value_type) if pa.types.is_dictionary(one.type) else one for one in table.schema
    ]
    return table.cast(pa.schema(fields))


def _csv_writer(path: Path, schema: Any, mark: str) -> Any:
    from pyarrow import csv

    return csv.CSVWriter(path, schema, write_options=csv.WriteOptions(delimiter=mark))


def _parquet_writer(path: Path, schema: Any, mark: str) -> Any:
    from pyarrow import parquet

    return parquet.ParquetWriter(path, schema)


_MARKS = {".tsv": "\t"}

WRITERS: dict[str, Callable[[Path, Any, str], Any]] = {"csv": _csv_writer, "parquet": _parquet_writer}
