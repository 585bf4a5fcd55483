"""The tables that RevMan exports of its analyses: RevMan 5's, and the data rows of RevMan Web."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from itertools import islice
from math import log

from ...errors import SourceError
from ...records.markup import clean_text
from ...records.record import Failure
from .rows import COUNTS, EFFECTS, LOG_RANK, MEANS, TOTALS, Place, RevMan, RevManAnalysis, RevManRow, number_of, row_of

MOST_ROWS = 200_000
_Z95 = 1.959963984540054
Rows = list[tuple[int, dict[str, str]]]  # each with the line that it ends in


def parse_analyses(text: str) -> RevMan:
    """Return the analyses of a table that RevMan exported.

    Raises
    ------
    SourceError
        It has not the columns of such a table.
    """
    rows = table_rows(text)
    columns = set(rows[0][1]) if rows else set()
    read = next((read for needed, read in _TABLES if needed <= columns), None)
    if read is None:
        raise SourceError("no file of RevMan; allowed: a review (.rm5), or a table of analyses that it exported")
    return read(rows)


def table_rows(text: str) -> Rows:
    """Return the rows of a table, each with the line that it ends in.

    Raises
    ------
    SourceError
        It cannot be read, or is too large.
    """
    try:
        reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
        rows = [(reader.line_num, row) for row in islice(reader, MOST_ROWS + 1)]  # a cell may have lines of its own
    except csv.Error as error:
        raise SourceError(f"the table cannot be read: {error}") from None
    if len(rows) > MOST_ROWS:
        raise SourceError(f"more than {MOST_ROWS:,} rows; allowed: that many")
    return rows


def _of_revman_5(rows: Rows) -> RevMan:
    """Read RevMan 5's table: comparisons, outcomes and subgroups have rows of their own before those of the studies."""
    analyses: dict[str, RevManAnalysis] = {}
    found: dict[str, list[RevManRow | Failure]] = {}
    comparison = subgroup = ""
    for line, row in rows:
        name, number = clean_text(row["Name"] or ""), f"{row['Comparison Number']}.{row['Outcome Number']}"
        kind = _TYPES.get(row["Data Type"] or "")
        if kind:
            labels = [clean_text(row.get(f"Group Label {i}") or "") for i in (1, 2)]
            analyses[number] = RevManAnalysis(
                number, comparison, name, kind, row["Effect Measure"] or "", labels[0], labels[1]
            )
            found[number], subgroup = [], ""
        elif row["Data Type"]:
            failed = Failure(line, f"analyses of the type {clean_text(row['Data Type'])[:20]} are not read", name[:80])
            found.setdefault("", []).append(failed)
        elif number not in analyses:
            comparison = name
        elif row["User defined order"]:
            place = Place(name, row["Year of study"], subgroup, analyses[number].kind, line)
            found[number].append(_row5(place, row))
        else:
            subgroup = name
    return _together(analyses, found)


def _row5(place: Place, row: dict[str, str]) -> RevManRow | Failure:
    """Return one row; RevMan prints ratios as ratios, and their standard error on the log scale."""
    read = row_of(place, _TABLE_5[place.kind], row.get)
    if isinstance(read, Failure) or place.kind != "effects":
        return read
    yi, sei = read.numbers["yi"], read.numbers["sei"]
    low, high = (number_of(row.get(f"CI {end}") or "") for end in ("Start", "End"))
    if low is None or high is None:
        return Failure(place.line, "no interval that says on which scale the effect stands", place.study[:80])
    if abs((high - low) / (2 * _Z95) - sei) <= 0.01 * sei:
        return read
    if min(low, high, yi) > 0 and abs(log(high / low) / (2 * _Z95) - sei) <= 0.01 * sei:
        return replace(read, numbers={"yi": log(yi), "sei": sei})
    return Failure(place.line, "the interval is not that of the standard error on any scale", place.study[:80])


def rows_of_web(rows: Rows, kinds: Mapping[str, str] | None = None) -> RevMan:
    """Read the data rows of RevMan Web.

    Parameters
    ----------
    rows
        The table's.
    kinds
        Which kind an analysis is of, by its number; else that shows in what its rows hold.
    """
    by_number: dict[str, Rows] = {}
    for line, row in rows:
        by_number.setdefault(f"{row['Analysis group']}.{row['Analysis number']}", []).append((line, row))
    analyses, found = {}, {}
    for number, group in by_number.items():
        signs = ((kind, sign) for kind, (sign, _) in _WEB.items())
        kind = next((kind for kind, sign in signs if any(_is_set(row.get(sign)) for _, row in group)), "counts")
        kind = (kinds or {}).get(number, kind)
        name = clean_text(group[0][1]["Analysis name"] or "")
        analyses[number] = RevManAnalysis(number, f"group {number.split('.')[0]}", name, kind)
        found[number] = [_web_row(number, kind, line, row) for line, row in group]
    return _together(analyses, found)


def _web_row(number: str, kind: str, line: int, row: dict[str, str]) -> RevManRow | Failure:
    study, subgroup, note = (clean_text(row.get(key) or "") for key in ("Study", "Subgroup", "Footnotes"))
    place = Place(study, row["Study year"], subgroup, kind, line, f"analysis {number}", note)
    return row_of(place, _WEB[kind][1], row.get, _BESIDE.get(kind))


def _is_set(text: str | None) -> bool:
    return bool(text) and number_of(text or "") not in (None, 0.0)


def _together(analyses: Mapping[str, RevManAnalysis], found: Mapping[str, list[RevManRow | Failure]]) -> RevMan:
    whole = [
        replace(analysis, rows=tuple(row for row in found[number] if isinstance(row, RevManRow)))
        for number, analysis in analyses.items()
    ]
    return RevMan(tuple(whole), tuple(row for rows in found.values() for row in rows if isinstance(row, Failure)))


_TYPES = {"DIC": "counts", "CON": "means", "GIV": "effects"}
_TABLE_5 = {
    "counts": dict(zip(COUNTS, ("Events 1", "Total 1", "Events 2", "Total 2"))),
    "means": dict(zip(MEANS, ("Mean 1", "SD 1", "Total 1", "Mean 2", "SD 2", "Total 2"))),
    "effects": dict(zip(EFFECTS, ("Effect Estimate", "SE"))),
}
_COUNTS = dict(zip(COUNTS, ("Experimental cases", "Experimental N", "Control cases", "Control N")))
_BESIDE = {"log-rank": _COUNTS, "effects": dict(zip(TOTALS, ("Experimental N", "Control N")))}
_WEB: dict[str, tuple[str, dict[str, str]]] = {  # kind -> the column that is not zero in it, and its columns
    "log-rank": ("Variance", dict(zip(LOG_RANK, ("O-E", "Variance")))),
    "effects": ("GIV SE", dict(zip(EFFECTS, ("GIV Mean", "GIV SE")))),
    "means": (
        "Experimental SD",
        dict(
            zip(
                MEANS,
                ("Experimental mean", "Experimental SD", "Experimental N", "Control mean", "Control SD", "Control N"),
            )
        ),
    ),
    "counts": ("Experimental cases", _COUNTS),
}
_TABLES: tuple[tuple[Set[str], Callable[[Rows], RevMan]], ...] = (
    (
        {"Comparison Number", "Outcome Number", "Name", "Data Type", "User defined order", "Year of study", "SE"},
        _of_revman_5,
    ),
    ({"Analysis group", "Analysis number", "Analysis name", "Study", "Study year", "Subgroup"}, rows_of_web),
)
