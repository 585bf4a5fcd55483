"""RIS -> `Record`: every database has its own idea of it, so every line is kept and every start counted.

A record begins at ``TY``, whether or not the one before was closed, and at any tag outside of a record. Tags that are
not understood stand in `Record.extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...records.citation import find_year, page_range
from ...records.identifiers import doi_in_link, find_registrations, normalise_doi, normalise_pmid, written_pmid
from ...records.markup import clean_text, inline_markup, plain_text
from ...records.names import short_name
from ...records.record import AbstractPart, Read, Record
from ..formats.tagged import TaggedRecord, lines_of, read_blocks

_TAG = re.compile(r"^[\s\ufeff]*([A-Z][A-Z0-9])(?:\s{1,2}-(?:\s(.*)|$)|\s\s-(.*)$)")
_START = re.compile(r"^[\s\ufeff]*TY\s{0,3}-\s?(.*)$")
_END = re.compile(r"^[\s\ufeff]*ER\s*-?\s*$")
_DATE = re.compile(r"^(\d{4})[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01]))?(?=$|[/\s-])")
_DOI = re.compile(r"\b10\.\d{4,9}/\S+")
_PMID_TEXT = re.compile(r"\b(?:PMID|PUBMED)[:\s]+(\d{1,9})\b|pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})\b", re.IGNORECASE)
_PMCID = re.compile(r"\bPMC([1-9]\d{0,8})\b")

_TITLES = ("TI", "T1", "CT")
_JOURNALS = ("JF", "T2", "JO", "BT", "JA", "J2", "J1")
_SHORT_JOURNALS = ("JA", "J2", "J1", "JO")
_DATES = ("PY", "Y1", "DA")
_LINKS = ("DO", "DI", "UR", "L2", "L3", "LK", "M3", "N1")
_NUMBERS = ("AN", "C1", "C2", "C3", "C5", "C6", "ID", "M1", "U1", "U2", "UR")
_USED = {"TY", "AU", "A1", "AB", "N2", "KW", "VL", "VO", "IS", "CP", "SP", "EP", *_TITLES, *_JOURNALS, *_DATES, "DO"}


def parse_ris(text: str) -> Read:
    r"""Return the records in a RIS text.

    Raises
    ------
    SourceError
        Not every start became a record or a reported failure.

    Examples
    --------
    >>> read = parse_ris("TY  - JOUR\nTI  - Anakinra\nAU  - Doe, Jane\nPY  - 2021/02/05/\nSP  - 1\nEP  - 9\nER  -")
    >>> record = read.records[0]
    >>> record.title, record.authors, record.published, record.pages
    ('Anakinra', ('Doe J',), '2021-02-05', '1-9')
    """
    lines = lines_of(text)
    starts = sum("TY" in line and _START.match(line) is not None for line in lines)
    return read_blocks("RIS", "TY", starts, _blocks(lines), _record)


def _blocks(lines: list[str]) -> Iterator[TaggedRecord]:
    """Yield the tagged lines of each record, each with the lines that go on from them."""
    block: TaggedRecord | None = None
    for number, line in enumerate(lines, start=1):
        start = _START.match(line) if "TY" in line else None
        end = _END.match(line) if "ER" in line else None
        if block and (start or end):
            yield block
            block = None
        if start:
            block = TaggedRecord(number)
            block.add("TY", start[1])
        elif end:
            pass
        elif tag := _TAG.match(line):
            block = block or TaggedRecord(number)
            block.add(tag[1], tag[2] or tag[3] or "")
        elif block and line:
            block.go_on(line)
    if block:
        yield block


def _record(block: TaggedRecord) -> Record:
    title = inline_markup(block.first(*_TITLES) or block.first("BT", "ST"))
    journal = block.first(*(tag for tag in _JOURNALS if tag != "BT" or block.first(*_TITLES)))
    short = block.first(*_SHORT_JOURNALS)
    published = _published(block)
    abstract = max(map(clean_text, block.all("AB", "N2")), key=len, default="")
    authors = [name for value in block.all("AU", "A1") for name in re.split(r"[;\n]", value)]
    complete = not any(re.fullmatch(r"\W*(et al|others)\W*", name, re.IGNORECASE) for name in authors)
    names = (short_name(name) for name in authors if not re.fullmatch(r"\W*(et al|others)?\W*", name, re.IGNORECASE))
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=tuple(dict.fromkeys(name for name in names if name)),
        authors_complete=complete,
        year=int(published[:4]) if published else None,
        published=published,
        journal=journal or None,
        journal_abbreviation=short if short and short != journal else None,
        volume=block.first("VL", "VO") or None,
        issue=block.first("IS", "CP") or None,
        pages=_pages(block),
        doi=_doi(block),
        pmid=_pmid(block),
        pmcid=_pmcid(block),
        registrations=find_registrations(" ".join(block.all("CN", "N1", "M1", "C1", "C3", "C6", "U1")[:20])[:20_000]),
        abstract=(AbstractPart(None, inline_markup(abstract)),) if abstract else (),
        keywords=_keywords(block),
        publication_types=_types(block),
        source="ris",
        extra={**block.rest(_USED), "line": str(block.line)},
    )


def _published(block: TaggedRecord) -> str | None:
    """Return the most precise date of the year that ``PY`` names, or else the first date there is."""
    dates = [date for value in block.all(*_DATES) if (date := _date(clean_text(value)))]
    return max((date for date in dates if date[:4] == dates[0][:4]), key=len, default=None)


def _date(text: str) -> str | None:
    if found := _DATE.match(text):
        return "-".join(f"{int(part):02d}" for part in found.groups() if part)
    return find_year(text)


def _pages(block: TaggedRecord) -> str | None:
    first, last = (page_range(block.first(tag)) for tag in ("SP", "EP"))
    if first and last and last != first and "-" not in first:
        return f"{first}-{last}"
    return first or last or block.first("C7", "AR") or None


def _doi(block: TaggedRecord) -> str | None:
    """Return the first DOI; in a note only one that the note begins with, since notes also list cited works."""
    for tag in _LINKS:
        for value in block.all(tag):
            text = clean_text(value)
            if tag in ("DO", "DI"):
                doi = normalise_doi(text) or doi_in_link(text)
            else:
                doi = doi_in_link(text if tag != "N1" else text[:60] if text.lower().startswith("doi") else "")
            if doi:
                return doi
    return None


def _pmid(block: TaggedRecord) -> str | None:
    """Return the PMID that is called one, or the accession number of an export that names PubMed or MEDLINE."""
    if found := written_pmid(block.first("PM")):
        return found
    notes = [value[:40] for value in block.all("N1")]
    for value in [*block.all(*_NUMBERS), *notes]:
        if stated := _PMID_TEXT.search(value):
            return normalise_pmid(stated[1] or stated[2])
    base = f"{block.first('DB')} {block.first('DP')}".casefold()
    tags: tuple[str, ...] = ("AN", "ID", "C2", "U2") if "pubmed" in base or "medline" in base or "nlm" in base else ()
    tags += tuple(tag for name, tag in (("embase", "C5"), ("scopus", "C2")) if name in base)
    return next((pmid for tag in tags if (pmid := written_pmid(block.first(tag)))), None)


def _pmcid(block: TaggedRecord) -> str | None:
    found = next((hit for value in block.all("C2", "U2", "AN", "ID") if (hit := _PMCID.search(value))), None)
    return found[0] if found else None


def _keywords(block: TaggedRecord) -> tuple[str, ...]:
    words = (clean_text(word).strip("*") for value in block.all("KW") for word in re.split(r"[;\n]", value))
    return tuple(dict.fromkeys(word for word in words if word))


def _types(block: TaggedRecord) -> tuple[str, ...]:
    """Return the code of ``TY`` and what ``M3`` and ``PT`` call it; some write a DOI there."""
    named = (clean_text(value) for value in block.all("TY", "M3", "PT"))
    return tuple(dict.fromkeys(name for name in named if not _DOI.search(name)))
