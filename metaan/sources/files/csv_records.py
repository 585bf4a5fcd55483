"""Tables of references (CSV, semicolons or tabs) -> `Record`: columns are known by the names that exports give them.

To add a name of a column, enter it in `COLUMNS`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from ...errors import SourceError
from ...records.citation import find_year, page_range
from ...records.identifiers import find_registrations, normalise_doi, written_pmid
from ...records.markup import clean_text, inline_markup, plain_text
from ...records.names import short_name
from ...records.record import AbstractPart, Failure, Read, Record
from ..formats.tagged import NOTHING_SAID, says_something

_CITATION = re.compile(
    r"^(?P<in_citation>[^()]{2,200}) \((?P<year>\d{4})\) (?P<volume>[\w-]{1,9})?(?::(?P<issue>[^\s(]{1,30}))?"
    r"(?: [^(]{0,40})?(?: ?\((?P<pages>[\w-]{1,30})\))?"
)
_WHOLE_NAME = re.compile(r"[^\W\d_]{2} [A-Z]{1,3}\.?,")
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ][.\s-]*){1,4}")
_LONGEST_CELL = 1 << 20  # characters


def parse_csv(text: str) -> Read:
    r"""Return the records of a table with a row of column names; further columns stand in `Record.extra`.

    Raises
    ------
    SourceError
        No column with titles, PMIDs or DOIs, or a table that cannot be read.

    Examples
    --------
    >>> read = parse_csv("Title;Authors;Publication Year\nAnakinra;Doe J, Roe R;2021\n")
    >>> read.records[0].authors, read.records[0].year
    (('Doe J', 'Roe R'), 2021)
    """
    rows = _rows(text)
    if not rows:
        return Read(())
    names = [clean_text(name) for name in rows[0][1]]
    places = _places(names)
    if not places.keys() & NEEDED:
        allowed = "; ".join(f"{field}: {', '.join(COLUMNS[field])}" for field in NEEDED)
        raise SourceError(f"no column of titles or identifiers in {', '.join(names)[:200]!r}; allowed: {allowed}")
    records, failed = [], []
    for line, row in rows[1:]:
        record = _record(row, names, places, line)
        if len(row) > len(names):
            failed.append(Failure(line, f"{len(row)} cells for {len(names)} columns", clean_text(" ".join(row))[:80]))
        elif says_something(record):
            records.append(record)
        else:
            failed.append(Failure(line, NOTHING_SAID, clean_text(" ".join(row))[:80]))
    return Read(tuple(records), tuple(failed))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, each with the line that it ends in."""
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SourceError(f"the table cannot be read: {error}") from None
    finally:
        csv.field_size_limit(before)


def _places(names: list[str]) -> dict[str, int]:
    """Return where each field stands: the first of its names, in their order, that is there."""
    plain = [re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip() for name in names]
    return {
        field: plain.index(name)
        for field, known in COLUMNS.items()
        for name in [next((name for name in known if name in plain), None)]
        if name is not None
    }


def _record(row: list[str], names: list[str], places: Mapping[str, int], line: int) -> Record:
    cells = {field: clean_text(row[at]) if at < len(row) else "" for field, at in places.items()}
    known = {*places.values()}
    title, abstract = (inline_markup(cells.get(field, "")) for field in ("title", "abstract"))
    cells |= {field: value for field, value in _citation(cells.get("journal", "")).items() if not cells.get(field)}
    year = find_year(cells.get("year", ""))
    rest = {
        names[at]: clean_text(cell) for at, cell in enumerate(row[: len(names)]) if at not in known and cell.strip()
    }
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=_authors(cells.get("authors", "")),
        year=int(year) if year else None,
        published=year,
        journal=cells.get("in_citation") or cells.get("journal") or None,
        journal_abbreviation=cells.get("journal_abbreviation") or None,
        volume=cells.get("volume") or None,
        issue=cells.get("issue") or None,
        pages=_pages(cells),
        doi=normalise_doi(cells.get("doi")),
        pmid=written_pmid(cells.get("pmid")),
        pmcid=cells.get("pmcid") or None,
        registrations=find_registrations(cells.get("registrations", "")),
        abstract=(AbstractPart(None, abstract),) if abstract else (),
        keywords=tuple(word for part in re.split(r"[;,]", cells.get("keywords", "")) if (word := part.strip())),
        publication_types=tuple(word for part in cells.get("type", "").split(";") if (word := part.strip())),
        source="csv",
        extra={**rest, "line": str(line)},
    )


def _citation(source: str) -> dict[str, str]:
    """Return the parts of a citation that stands where the journal is due, as in Embase's tables."""
    found = _CITATION.match(source)
    return {name: value for name, value in found.groupdict().items() if value} if found else {}


def _authors(text: str) -> tuple[str, ...]:
    """Split a list of names the way it is written: by semicolons, by "and", or by commas."""
    return tuple(name for part in _split_authors(text) if (name := short_name(part.strip(" ."))))


def _split_authors(text: str) -> list[str]:
    """Return the names; of "Doe, J., Roe, R." every second comma parts them, of "Doe J, Roe R" every one."""
    if ";" in text:
        return text.split(";")
    joined = re.split(r"\band\b|&", text)
    if all(part.count(",") == 1 for part in joined) and not _WHOLE_NAME.search(text):
        return joined
    parts = [part.strip() for part in re.split(r",|\band\b|&", text)]
    parts = [part for part in parts if part]
    if len(parts) % 2 == 0 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2])]
    return parts


def _pages(cells: Mapping[str, str]) -> str | None:
    first, last = cells.get("first_page", ""), cells.get("last_page", "")
    text = cells.get("pages") or (f"{first}-{last}" if first and last and first != last else first)
    return page_range(text)


NEEDED = ("title", "pmid", "doi")  # one of them says what publication a row is of

COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "primary title", "ti", "name"),
    "authors": ("authors", "author", "author names", "author s", "au", "author full names"),
    "year": ("year", "publication year", "pub year", "py", "date", "publication date", "published"),
    "journal": (
        "journal",
        "journal book",
        "source title",
        "publication title",
        "secondary title",
        "journal name",
        "source",
    ),
    "journal_abbreviation": ("abbreviated source title", "journal abbreviation", "alternate title", "iso abbreviation"),
    "volume": ("volume", "vol", "vl"),
    "issue": ("issue", "number", "no", "is"),
    "pages": ("pages", "page", "pg"),
    "first_page": ("start page", "page start", "first page", "sp"),
    "last_page": ("end page", "page end", "last page", "ep"),
    "doi": ("doi", "digital object identifier", "do"),
    "pmid": ("pmid", "pubmed id", "pubmedid", "medline pmid"),
    "pmcid": ("pmcid", "pmc id"),
    "registrations": ("clinical trial numbers", "registration", "trial registration", "nct number", "nct"),
    "abstract": ("abstract", "abstract note", "ab"),
    "keywords": ("keywords", "author keywords", "keyword", "manual tags"),
    "type": ("document type", "item type", "publication type", "type", "reference type"),
}
