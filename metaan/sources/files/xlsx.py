"""A workbook of Excel -> `Record`: its first sheet that is a table of references, read like a table in text."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from ...errors import SourceError
from ...records.record import Read
from .tables import Row, records_of, score_of

_MOST_ABOVE = 40  # rows before the names of the columns
_MOST_CELLS = 20_000_000


def parse_xlsx(raw: bytes) -> Read:
    """Return the records of a workbook.

    Raises
    ------
    SourceError
        openpyxl is not installed, the file is no workbook, or none of its sheets is a table of references.
    """
    try:
        import openpyxl
    except ImportError:
        raise SourceError(
            "reading Excel files needs openpyxl: pip install 'metaan[tables]', or save the table as CSV"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            sheets = [(sheet.title, list(_rows(sheet))) for sheet in book.worksheets]
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(f"the workbook cannot be read: {type(error).__name__}: {error}"[:200]) from None
    for _, rows in sheets:
        above = max(range(min(len(rows), _MOST_ABOVE)), key=lambda at: score_of(rows[at][1]), default=0)
        if rows and score_of(rows[above][1]):
            names = [*rows[above][1]]
            while names and not names[-1].strip():
                names.pop()
            return records_of(names, rows[above + 1 :], "xlsx")
    listed = ", ".join(repr(title) for title, _ in sheets)[:200]
    raise SourceError(f"no sheet with a column of titles or identifiers in {listed or 'the workbook'}")


def _rows(sheet: Any) -> Iterator[Row]:
    """Yield the rows that are not blank, as text, each with its number."""
    cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells += len(row)
        if cells > _MOST_CELLS:
            raise SourceError(f"more than {_MOST_CELLS:,} cells")
        texts = [_text(value) for value in row]
        if any(text.strip() for text in texts):
            yield number, texts


def _text(value: object) -> str:
    """Return a value as a table in text would have it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, datetime)):
        return value.isoformat()[:10]
    return str(value)
