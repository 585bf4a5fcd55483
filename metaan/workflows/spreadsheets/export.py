"""The registry as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

from ...registry.text.nodes import Node
from .files import DIGESTS, Head, SheetTable, as_cells
from .layout import Column, SheetLayout, sheets
from .rows import File, SheetRow, files_of, rows_of, value_at, width

HEADS = {
    "study": Head("study", "the id of the study: the name of its file"),
    "label": Head("label", "shown for the eye; change it in the sheet studies"),
}
SHOWN = {
    "outcome": Head("outcome", "shown for the eye; it is that of the result"),
    "time": Head("time", "shown for the eye; it is that of the result"),
}


def tables_of(folder: FilePath | str) -> list[SheetTable]:
    """Return the sheets of a registry that have rows, or that people add to; the digests of its files last.

    Raises
    ------
    RegistryError
        The registry has problems.
    """
    files = files_of(folder)
    found = [_table(sheet, files) for sheet in sheets().values()]
    kept = [table for table in found if table.rows or table.name in ALWAYS]
    digests = SheetTable(
        DIGESTS, (Head("file"), Head("sha256")), [(f.stem, f.digest) for f in files.values()], hidden=True
    )
    return [*kept, digests]


def _table(sheet: SheetLayout, files: dict[str, File]) -> SheetTable:
    rows = list(rows_of(sheet, files))
    columns = sheet.wide(width(sheet, rows))
    heads = [*identity(sheet), *(Head(c.heading, c.note, c.allowed or _FLAG.get(c.kind, ())) for c in columns)]
    return SheetTable(sheet.name, heads, [_row(row, columns, files[row.stem].tree) for row in rows])


def _row(row: SheetRow, columns: Sequence[Column], tree: Node) -> list[object]:
    cells: list[object] = []
    for column in columns:
        path = row.path(column)
        is_key = column.group and not column.path
        key = row.groups[column.group - 1] if is_key and column.group <= len(row.groups) else None
        cells.append(key if is_key else value_at(tree, path) if path else None)
    return as_cells([*_identity_cells(row, tree), *cells])


def identity(sheet: SheetLayout) -> list[Head]:
    """Return the headings of the columns that say which item a row is."""
    heads = [] if sheet.of_review or not sheet.items else [HEADS["study"], HEADS["label"]]
    if sheet.number:
        heads.append(Head(sheet.number, "its number in the file; empty in a row that is new"))
    if sheet.inner:
        heads.append(Head(sheet.inner, "its number below the result; empty in a row that is new"))
    return [*heads, *(SHOWN.values() if sheet.inner and not _has_outcome(sheet) else ())]


def _has_outcome(sheet: SheetLayout) -> bool:
    return any(column.path == ("outcome",) for column in sheet.columns)


def _identity_cells(row: SheetRow, tree: Node) -> list[object]:
    sheet = row.sheet
    _, stem, number, inner = row.key
    cells: list[object] = [] if sheet.of_review or not sheet.items else [stem, value_at(tree, ("label",))]
    cells += [number] if sheet.number else []
    cells += [inner] if sheet.inner else []
    shown = SHOWN if sheet.inner and not _has_outcome(sheet) else ()
    return [*cells, *(value_at(tree, (*row.at, name)) for name in shown)]


#: Sheets that are there without rows, because people add to them.
ALWAYS = ("studies", "arms", "counts", "means", "effects", "moderators", "risk-of-bias", "certainty")
_FLAG = {"yes or no": ("yes", "no")}
