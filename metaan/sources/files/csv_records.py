"""CSV, semicolons or tabs -> the rows of a table of references, whatever stands above the names of its columns."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal

from ...errors import SourceError
from ...records.record import Failure, Read
from ..formats.tagged import lines_of
from .tables import Row, records_of, score_of

_LONGEST_CELL = 1 << 20  # characters
_MOST_ABOVE = 40  # lines before the names of the columns: what was searched for, when it was saved
_FEWEST_BY_ROW = 3  # known names in the first column of a table with a field in each row
_LEAST_BELOW = 3  # known names in a row that is not the first
_FORMULA = re.compile(r'(^|[,;\t])="([^"\n]*)"(?=[,;\t\r\n]|$)', re.MULTILINE)  # so that a spreadsheet keeps the digits
_WOS = re.compile(r"PT\tAU\t")  # Web of Science writes quotation marks as they are


def parse_csv(text: str) -> Read:
    r"""Return the records of a table with a row of column names; further columns stand in `Record.extra`.

    Raises
    ------
    SourceError
        No column with titles, PMIDs, DOIs or registrations, or a table that cannot be read.

    Examples
    --------
    >>> read = parse_csv("sep=;\nTitle;Authors;Publication Year\nAnakinra;Doe J, Roe R;2021\n")
    >>> read.records[0].authors, read.records[0].year
    (('Doe J', 'Roe R'), 2021)
    """
    text = text.lstrip("\ufeff")
    lines = lines_of(text)
    above, delimiter = _header(lines)
    rows = _rows("\n".join(lines[above:]), delimiter, above)
    if not rows:
        return Read(())
    if _is_by_row(rows):
        return records_of(*_turned(rows), "csv")
    read = records_of(rows[0][1], rows[1:], "csv")
    return Read(read.records, read.failed + _unclosed(lines[above:], rows, delimiter))


def is_table(head: str) -> int:
    """Return where the names of the columns begin in a text, -1 where there are none."""
    lines = head.lstrip("\ufeff").split("\n")
    above, delimiter = _header(lines)
    try:
        names = next(csv.reader([lines[above].strip("\r")], delimiter=delimiter), [])
        first: list[Row] = [(0, row) for row in csv.reader(lines[:_MOST_ABOVE]) if row]
    except csv.Error:  # a cell of more letters than any has
        return -1
    if first and _is_by_row(first):
        return 0
    enough = score_of(names) >= (1 if above == 0 else _LEAST_BELOW)
    return sum(len(line) + 1 for line in lines[:above]) if enough and len(names) > 1 else -1


def _header(lines: list[str]) -> tuple[int, str]:
    """Return the line with the names of the columns, and what parts them: where most of the names are known."""
    best, found = 0, (_below_sep(lines), max(",;\t", key=lines[_below_sep(lines)].count))
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        for at, line in enumerate(lines[:_MOST_ABOVE]):
            for delimiter in ",;\t|":
                score = score_of(next(csv.reader([line.strip("\r")[:20_000]], delimiter=delimiter), []))
                if score > best and (at <= found[0] or score >= _LEAST_BELOW):
                    best, found = score, (at, delimiter)
    except csv.Error:
        pass
    finally:
        csv.field_size_limit(before)
    return found


def _below_sep(lines: list[str]) -> int:
    """Return 1 where the first line only says what parts the cells."""
    return int(len(lines) > 1 and re.fullmatch(r'"?sep=.?"?\s*', lines[0], re.IGNORECASE) is not None)


def _rows(text: str, delimiter: str, above: int) -> list[Row]:
    """Return the rows that are not blank, each with the line that it ends in."""
    plainly = delimiter == "\t" and _is_unquoted(text)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if plainly else csv.QUOTE_MINIMAL
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        plain = io.StringIO(_FORMULA.sub(r'\1"\2"', text) if '="' in text else text, newline="")
        reader = csv.reader(plain, delimiter=delimiter, quoting=quoting)
        rows = [(above + reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
        return [(line, [*map(_unquoted, row)]) for line, row in rows] if plainly else [*rows]
    except csv.Error as error:
        raise SourceError(f"the table cannot be read: {error}") from None
    finally:
        csv.field_size_limit(before)


def _is_by_row(rows: list[Row]) -> bool:
    """Whether each row is a field with its name in front, as Embase.com's "fields by row"."""
    names = [row[0] for _, row in rows[:_MOST_ABOVE]]
    return score_of(rows[0][1]) < _FEWEST_BY_ROW and score_of([*dict.fromkeys(names)]) >= _FEWEST_BY_ROW


def _turned(rows: list[Row]) -> tuple[list[str], list[Row]]:
    """Return names and rows of a table that has a field in each row; a record ends where a field comes again."""
    records: list[tuple[int, dict[str, str]]] = []
    for line, (name, *cells) in rows:
        if not records or name in records[-1][1]:
            records.append((line, {}))
        records[-1][1][name] = "; ".join(cell for cell in cells if cell.strip())
    names = list(dict.fromkeys(name for _, record in records for name in record))
    return names, [(line, [record.get(name, "") for name in names]) for line, record in records]


def _is_unquoted(text: str) -> bool:
    """Whether quotation marks of a table with tabs are no more than text: every line has as many cells as the first."""
    counts = [line.count("\t") for line in text.split("\n") if line.strip()]
    return _WOS.match(text) is not None or all(count == counts[0] for count in counts)


def _unquoted(cell: str) -> str:
    """Return a cell without the quotation marks that enclose all of it."""
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _unclosed(lines: list[str], rows: list[Row], delimiter: str) -> tuple[Failure, ...]:
    """Report a quotation mark that is not closed before the end: the rows below it stand in one cell."""
    quotes = sum(line.count('"') for line in lines)
    if quotes % 2 == 0 or len(rows) < 2 or delimiter == "\t" or not any("\n" in cell for cell in rows[-1][1]):
        return ()
    line, row = rows[-1]
    swallowed = next(cell for cell in row if "\n" in cell)
    if swallowed.count(delimiter) < len(rows[0][1]) - 1:
        return ()
    return (Failure(line, "a quotation mark before it is not closed: rows may be missing", swallowed[-80:].strip()),)
