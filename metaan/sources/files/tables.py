"""Rows of a table of references -> `Record`: columns are known by the names that exports give them.

To add a name of a column, enter it in `COLUMNS`; letters and digits alone are compared ("Author(s)" is "authors").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from ...errors import SourceError
from ...records.citation import month_number
from ...records.markup import clean_text
from ...records.record import Failure, Read, Record
from ..formats.tagged import NOTHING_SAID, says_something
from .assemble import assemble

Row = tuple[int, Sequence[str]]  # the line that it ends in, its cells

_DAY_MONTH = re.compile(r"(\d{1,2})-([A-Za-z]{3})|([A-Za-z]{3})-(\d{2})|(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?")
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_DECIMALS = re.compile(r"(\d{1,9})\.0")
_RUN_TOGETHER = re.compile(
    r"(?<=[a-zà-ÿ.)])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bDi)(?<!\bLe)(?<!\bLa)(?<!\bVan)(?=[A-ZÀ-Þ])"
)


def squeezed(name: str) -> str:
    """Return the name of a column as names are compared."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]+", "", plain)


def places_of(names: Sequence[str]) -> dict[str, list[int]]:
    """Return in which columns each field stands, the better ones first."""
    plain = [squeezed(name) for name in names]
    found = {field: [plain.index(name) for name in known if name in plain] for field, known in _COLUMNS.items()}
    return {field: places for field, places in found.items() if places}


def score_of(names: Sequence[str]) -> int:
    """Return how many columns of a row of names are known; 0 where none says what publication a row is of."""
    places = places_of(names)
    return len({at for known in places.values() for at in known}) if places.keys() & NEEDED else 0


def records_of(names: Sequence[str], rows: Iterable[Row], source: str) -> Read:
    """Return the records of rows under the names of their columns; further columns stand in `Record.extra`.

    Raises
    ------
    SourceError
        No column of titles, identifiers or registrations.
    """
    names = [clean_text(name) for name in names]
    places = places_of(names)
    if not places.keys() & NEEDED:
        allowed = "; ".join(f"{field}: {', '.join(COLUMNS[field])}" for field in NEEDED)
        raise SourceError(f"no column of titles or identifiers in {', '.join(names)[:200]!r}; allowed: {allowed}")
    run_together = not RUN_TOGETHER.isdisjoint(map(squeezed, names))
    records, failed = [], []
    for line, row in rows:
        cells = list(row)
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        if cells[:1] == names[:1] and [clean_text(cell) for cell in cells] == names:
            continue  # several exports behind each other repeat the names
        words = clean_text(" ".join(cells))[:80]
        if len(cells) > len(names):
            failed.append(Failure(line, f"{len(cells)} cells for {len(names)} columns", words))
        elif says_something(record := _record(cells, names, places, source, line, run_together)):
            records.append(record)
        else:
            failed.append(Failure(line, NOTHING_SAID, words))
    return Read(tuple(records), tuple(failed))


def _record(
    row: Sequence[str],
    names: Sequence[str],
    places: Mapping[str, Sequence[int]],
    source: str,
    line: int,
    run_together: bool,
) -> Record:
    cells = [_FORMULA.sub(r"\1", cell.strip()) if '="' in cell else cell for cell in row]
    used, given = set(), dict[str, list[str]]()
    for field, known in places.items():
        filled = [at for at in known if at < len(cells) and cells[at].strip()]
        kept = filled if field in SEVERAL else filled[:1]
        used |= {*kept} if field not in ("citation", "notes") else set()  # they say more than is read out of them
        given[field] = [_CELLS.get(field, str)(cells[at]) for at in kept]
    if run_together:
        given["authors"] = [_RUN_TOGETHER.sub(";", text) for text in given.get("authors", [])]
    rest = {
        names[at] or f"column {at + 1}": clean_text(cell)
        for at, cell in enumerate(cells)
        if at not in used and cell.strip()
    }
    return assemble(given, source, {**rest, "line": str(line)}, listed=True)


def _printed(cell: str) -> str:
    """Return a number or a range as it was before a spreadsheet took it for a date or a measurement.

    >>> _printed("12-Sep"), _printed("Sep-32"), _printed("2026-09-12"), _printed("12.0")
    ('9-12', '9-32', '9-12', '12')
    """
    text = cell.strip()
    if whole := _DECIMALS.fullmatch(text):
        return whole[1]
    found = _DAY_MONTH.fullmatch(text)
    month = month_number(found[2] or found[3] or found[6]) if found else None
    if not found or month is None:
        return text
    if found[5] and found[7] == "01" and int(found[5][2:]) > 31:
        return f"{month}-{found[5][2:]}"
    return f"{month}-{int(found[1] or found[4] or found[7])}"


def _words(cell: str) -> str:
    """Return a list of words parted by semicolons, whatever parts it."""
    return cell if re.search(r"[;|\n]", cell) else cell.replace(",", ";")


def _pmcid(cell: str) -> str:
    return f"PMC{cell.strip().removesuffix('.0')}" if re.fullmatch(r"\d{4,9}(?:\.0)?", cell.strip()) else cell


_CELLS = {
    "volume": _printed,
    "issue": _printed,
    "pages": _printed,
    "first_page": _printed,
    "last_page": _printed,
    "page_count": _printed,
    "article_number": _printed,
    "keywords": _words,
    "pmcid": _pmcid,
}
NEEDED = ("title", "pmid", "doi", "trial_id")  # one of them says what publication a row is of
SEVERAL = {
    "notes",
    "date",
    "doi",
    "links",
    "pmid",
    "registrations",
    "trial_id",
    "keywords",
    "mesh",
    "types",
    "retracted",
}
RUN_TOGETHER = {"itemtitle"}  # Springer's tables, in which names of people follow each other without a sign

COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "item title", "primary title", "title primary",
              "scientific title",
              "official title", "study title", "title of the trial", "trial title", "full title", "public title",
              "brief title", "display name", "reference title", "titulo", "titre", "titel", "ti", "name"),
    "authors": ("authors", "author", "author names", "author list", "authors primary", "author full names",
                "all authors",
                "authorships author display name", "authorships raw author name", "author string", "creators",
                "autores", "au", "af"),
    "date": ("year", "publication year", "published year", "pub year", "year published", "year of publication",
             "ano", "py", "publication date", "date of publication", "date published", "date", "pubdate", "published",
             "published date", "cover date", "early access date", "ea", "date registration3", "date registration",
             "registration date", "date applied", "date assigned", "first posted", "study first posted",
             "study first submit date", "overall decision date", "decision date", "start date"),
    "journal": ("journal", "journal book", "source title", "publication title", "journal title", "secondary title",
                "journal name", "full journal name", "publication name", "publication", "pub title", "parent title",
                "container title", "periodical full", "primary location source display name",
                "host venue display name", "venue",
                "anthology title", "book title", "revista", "source register", "so"),
    "journal_abbreviation": ("abbreviated source title", "journal abbreviation", "journal iso abbreviation",
                             "alternate title", "iso abbreviation", "journal short", "periodical abbrev", "ji", "j9"),
    "volume": ("volume", "vol", "volume number", "journal volume", "biblio volume", "vl"),
    "issue": ("issue", "number", "no", "issue number", "journal issue", "biblio issue", "is"),
    "pages": ("pages", "page", "pagination", "page range", "page numbers", "pg range", "page info", "ps"),
    "first_page": ("start page", "page start", "first page", "beginning page", "biblio first page", "sp", "bp"),
    "last_page": ("end page", "page end", "last page", "ending page", "other pages", "biblio last page", "ep"),
    "page_count": ("page count",),
    "article_number": ("art no", "article number", "article no", "article id", "ar"),
    "citation": ("citation", "source"),
    "doi": ("doi", "item doi", "digital object identifier", "doi link", "do", "di"),
    "links": ("url", "link", "full text link", "fulltext url", "article url", "document url"),
    "pmid": ("pmid", "pubmed id", "medline pmid", "ids pmid", "pm"),
    "pmcid": ("pmcid", "pmc", "ids pmcid"),
    "trial_id": ("trial id", "isrctn", "isrctn number", "trial number", "eu trial number", "eu ct number",
                 "ct number", "nct number", "nct id", "eudract number", "drks id", "main id"),
    "registrations": ("clinical trial numbers", "clinical trial number", "registration", "registrations",
                      "registration number", "trial registration", "trial registration number", "nct", "ctgov id",
                      "ictrp id", "secondary id", "secondary ids", "other ids", "clinicaltrials gov number",
                      "clinicaltrials gov id", "protocol serial number", "secondary identifying numbers"),
    "notes": ("extra",),
    "abstract": ("abstract", "abstract note", "brief summary", "plain english summary", "resumen", "resumo", "ab"),
    "mesh": ("mesh terms", "mesh headings", "mesh"),
    "keywords": ("keywords", "author keywords", "keyword", "manual tags", "subjects", "descriptor s", "subject terms",
                 "keywords plus", "keywords display name", "de"),
    "types": ("document type", "item type", "publication type", "type", "reference type", "doctype", "dt",
              "article type", "content type"),
    "retracted": ("is retracted", "retracted"),
}  # fmt: skip
_COLUMNS = {field: tuple(squeezed(name) for name in names) for field, names in COLUMNS.items()}
