"""Files of tables: a workbook, or a CSV file for each sheet."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import SourceError, UsageError
from ..outputs import for_spreadsheet
from .cells import Raw, freed, guarded, shown

NEEDED = "needs the package openpyxl, which is not installed; allowed: pip install 'metaan[tables]', or CSV files"
DIGESTS = "digests"  # of the files when they were exported; a hidden sheet
LONGEST = 32_767  # characters that a cell of a workbook holds
MOST_BYTES = 200 << 20
_LONGEST_LIST = 250  # characters of a list of allowed values
_WIDEST = 60
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the time of every part of a workbook, so that the same registry gives the same bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a column, its note, and the values that it allows."""

    title: str
    note: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One sheet as it is written."""

    name: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Any]]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class CellGrid:
    """One sheet as it is read: cells as the file has them, the rows from the first; ``file`` is where it stands."""

    name: str
    file: Path
    rows: list[list[Raw]] = field(default_factory=list)


def workbook(tables: Iterable[SheetTable]) -> bytes:
    """Return an XLSX file: headings with notes, drop-downs, what is hidden at the end.

    Raises
    ------
    UsageError
        openpyxl is not installed, or a text is longer than a cell can be.
    """
    try:
        import openpyxl
    except ImportError:
        raise UsageError(f"XLSX {NEEDED}") from None
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _fill(book.create_sheet(table.name), table)
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _fill(sheet: Any, table: SheetTable) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for number, head in enumerate(table.heads, 1):
        cell = sheet.cell(1, number, head.title)
        cell.font = Font(bold=True)
        if head.note:
            cell.comment = Comment(head.note, "metaan")
        _drop_down(sheet, number, head.allowed)
        longest = max((len(str(row[number - 1])) for row in table.rows), default=0)
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest, len(head.title), 6) + 2, _WIDEST)
    for at, row in enumerate(table.rows, 2):
        for number, value in enumerate(row, 1):
            _write(sheet.cell(at, number), value, f"{table.name}, row {at}, {table.heads[number - 1].title}")
            if isinstance(value, str) and "\n" in value:
                sheet.cell(at, number).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
    sheet.sheet_state = "hidden" if table.hidden else "visible"


def _write(cell: Any, value: Any, place: str) -> None:
    """Write one value; what begins like a formula stays text."""
    if value == "":
        return
    if isinstance(value, float):
        value = float(value)
    if isinstance(value, str) and len(value) > LONGEST:
        raise UsageError(f"{place}: {len(value):,} characters; allowed in a workbook: {LONGEST:,} (CSV has no limit)")
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"  # text stays text when somebody edits it
        cell.quotePrefix = guarded(value) != value


def _drop_down(sheet: Any, number: int, allowed: Sequence[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    listed = ",".join(allowed)
    if not allowed or len(listed) > _LONGEST_LIST or any("," in word or '"' in word for word in allowed):
        return
    letter = get_column_letter(number)
    rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=True)
    rule.add(f"{letter}2:{letter}10000")
    sheet.add_data_validation(rule)


def _timeless(raw: bytes) -> bytes:
    """Return a workbook without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            after.writestr(zipfile.ZipInfo(name, _ALWAYS), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def csv_files(path: Path, tables: Iterable[SheetTable]) -> dict[Path, bytes]:
    """Return a CSV file for each table, named ``NAME.SHEET.csv`` after ``NAME.csv``."""
    return {path.with_name(f"{path.stem}.{table.name}.csv"): for_spreadsheet(_as_csv(table)) for table in tables}


def _as_csv(table: SheetTable) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([head.title for head in table.heads])
    writer.writerows([guarded(value) if isinstance(value, str) else str(value) for value in row] for row in table.rows)
    return out.getvalue()


def read_grids(path: Path) -> list[CellGrid]:
    """Return the sheets of a workbook, of one CSV file, or of all CSV files of one export.

    Parameters
    ----------
    path
        ``x.xlsx``; ``x.counts.csv``, one sheet; ``x.csv`` or ``x``, which stand for all ``x.SHEET.csv``.

    Raises
    ------
    SourceError
        There is no such file, or it is no table.
    UsageError
        openpyxl is not installed.
    """
    if path.suffix.casefold() in (".xlsx", ".xlsm"):
        return _read_workbook(path)
    stem = path.stem if path.suffix.casefold() == ".csv" else path.name
    if path.is_file():
        digests = path.with_name(f"{stem.rpartition('.')[0]}.{DIGESTS}.csv")
        return [_read_csv(one) for one in (path, digests) if one.is_file()]
    found = sorted(path.parent.glob(f"{stem}.*.csv")) if path.parent.is_dir() else []
    if not found:
        raise SourceError(f"{path}: there is no such table; allowed: an XLSX file, or the CSV files of an export")
    return [_read_csv(one) for one in found]


def _read_csv(path: Path) -> CellGrid:
    raw = _bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not UTF-8; allowed: a CSV file saved as UTF-8") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        cells: list[list[Raw]] = [[freed(cell) for cell in row] for row in rows]
    except csv.Error as error:
        raise SourceError(f"{path}: line {rows.line_num}: {error}; allowed: CSV") from None
    return CellGrid(path.stem.rpartition(".")[2], path, cells)


def _read_workbook(path: Path) -> list[CellGrid]:
    try:
        import openpyxl
    except ImportError:
        raise UsageError(f"{path}: XLSX {NEEDED}") from None
    raw = _bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw))
            if formulas := [cell for sheet in book.worksheets for cell in _formulas(sheet)]:
                book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True)
        grids = [CellGrid(sheet.title, path, _raw(sheet)) for sheet in book.worksheets]
    except Exception as error:
        raise SourceError(f"{path} is no workbook that can be read: {type(error).__name__}") from None
    for sheet, place in formulas:
        if book[sheet][place].value is None:  # it would be taken for a cell that somebody has emptied
            allowed = "allowed: a value, or a file that a spreadsheet has saved, which keeps what formulas give"
            raise SourceError(f"{path}: {sheet}!{place}: a formula without its value; {allowed}")
    return grids


def _raw(sheet: Any) -> list[list[Raw]]:
    """Return the values of a sheet; of merged cells, the first has the value and the others are empty."""
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _formulas(sheet: Any) -> Iterable[tuple[str, str]]:
    """Return where formulas stand."""
    return [(sheet.title, cell.coordinate) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SourceError(f"{path}: more than {MOST_BYTES:,} bytes; allowed: a smaller table")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; allowed: a file that can be read") from None


def letters(number: int) -> str:
    """Return the name of a column, from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def as_cells(values: Iterable[Any]) -> list[Any]:
    """Return values as a row of cells."""
    return [shown(value) for value in values]
