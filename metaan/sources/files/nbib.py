"""MEDLINE's tagged format (.nbib, "PubMed" in the save dialogue) -> `Record`.

A record begins at ``PMID-`` or after a blank line; a block after a blank line that has neither a PMID nor a title is
the rest of the record before it. Tags that are not understood stand in `Record.extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...records.citation import day, find_year, page_range
from ...records.identifiers import (
    find_registrations,
    normalise_doi,
    normalise_pmid,
    normalise_registration,
    written_pmid,
)
from ...records.markup import clean_text, inline_markup, plain_text
from ...records.names import short_name
from ...records.record import AbstractPart, Correction, Read, Record
from ..formats.tagged import TaggedRecord, lines_of, read_blocks

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) {0,2}-(?: |$|(?=\S))(.*)$")
_DATE = re.compile(r"(\d{4})(?:[ /-]+([A-Za-z]{3}|\d{1,2})(?:[ /-]+(\d{1,2}))?)?(?=$|[^\d-])")
_MARKED = re.compile(r"^(\S+)\s*\[(doi|pii)\]", re.IGNORECASE)
_LABEL = re.compile(r"([A-Z](?:(?<=^.)|(?<=[.?!)] .))[A-Z /,&-]{3,60}): ")  # a capital first: that is found fast
_STARTS = frozenset({"PMID", "TI", "BTI", "PMC"})
_USED = {
    "PMID", "PMC", "TI", "BTI", "TT", "FAU", "AU", "CN", "DP", "JT", "TA", "VI", "IP", "PG", "AB", "MH", "OT", "PT",
    "SI", "LID", "AID",
}  # fmt: skip


def parse_nbib(text: str) -> Read:
    r"""Return the records in a text in MEDLINE's tagged format.

    Raises
    ------
    SourceError
        Not every start became a record or a reported failure.

    Examples
    --------
    >>> read = parse_nbib("PMID- 123\nTI  - Anakinra in\n      COVID-19.\nAU  - Doe J\nDP  - 2021 Feb 5\n")
    >>> record = read.records[0]
    >>> record.pmid, record.title, record.authors, record.published
    ('123', 'Anakinra in COVID-19.', ('Doe J',), '2021-02-05')
    """
    lines = lines_of(text)
    starts = sum("PMID-" in line[:6] and line.lstrip("\ufeff").startswith("PMID-") for line in lines)
    return read_blocks("NBIB", "PMID", starts, _joined(_blocks(lines)), _record)


def _blocks(lines: list[str]) -> Iterator[TaggedRecord]:
    """Yield the tagged lines between blank lines, each with the lines that go on from them."""
    block: TaggedRecord | None = None
    for number, line in enumerate(lines, start=1):
        if not line or line.isspace():
            if block:
                yield block
            block = None
        elif tag := None if line[0] == " " else _TAG.match(line):
            if block and tag[1] == "PMID" and "PMID" in block.fields:
                yield block
                block = None
            block = block or TaggedRecord(number)
            block.add(tag[1], tag[2])
        elif block:
            block.go_on(line)
    if block:
        yield block


def _joined(blocks: Iterable[TaggedRecord]) -> Iterator[TaggedRecord]:
    """Yield the blocks; those that are no records of their own belong to the record before them."""
    before: TaggedRecord | None = None
    for block in blocks:
        if before and _STARTS.isdisjoint(block.fields):
            before.take(block)
            continue
        if before:
            yield before
        before = block
    if before:
        yield before


def _record(block: TaggedRecord) -> Record:
    title = inline_markup(block.first("TI", "BTI", "TT"))
    published = _published(block.first("DP"))
    people = [clean_text(value) for value in block.all("AU")] or [
        name for value in block.all("FAU") if (name := short_name(value))
    ]
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=(*people, *map(clean_text, block.all("CN"))),
        year=int(published[:4]) if published else None,
        published=published,
        journal=block.first("JT") or block.first("TA") or None,
        journal_abbreviation=block.first("TA") or None,
        volume=block.first("VI") or None,
        issue=block.first("IP") or None,
        pages=page_range(block.first("PG")) or _marked(block, "pii"),
        doi=normalise_doi(_marked(block, "doi")),
        pmid=written_pmid(block.first("PMID")),
        pmcid=_pmcid(block),
        registrations=_registrations(block),
        abstract=_abstract(block.first("AB")),
        mesh=tuple(clean_text(value).split("/")[0].strip("*") for value in block.all("MH")),
        keywords=tuple(clean_text(value).strip("*") for value in block.all("OT")),
        publication_types=tuple(map(clean_text, block.all("PT"))),
        corrections=tuple(
            _correction(LINKS[tag], value) for tag in LINKS if tag in block.fields for value in block.all(tag)
        ),
        source="nbib",
        extra={**block.rest(_KNOWN), "line": str(block.line)},
    )


def _published(text: str) -> str | None:
    """Return "2021", "2021-02" or "2021-02-05"; of a range or a season only what is certain."""
    found = _DATE.match(text)
    return day(*found.groups()) if found and find_year(found[1]) else find_year(text)


def _marked(block: TaggedRecord, kind: str) -> str | None:
    """Return the identifier that ``LID`` or ``AID`` marks as of this kind."""
    hits = (_MARKED.match(clean_text(value)) for value in block.all("LID", "AID"))
    return next((hit[1] for hit in hits if hit and hit[2].casefold() == kind), None)


def _pmcid(block: TaggedRecord) -> str | None:
    found = re.search(r"PMC\d{1,9}", block.first("PMC"))
    return found[0] if found else None


def _registrations(block: TaggedRecord) -> tuple[str, ...]:
    """Return the trial numbers of ``SI``, which also names sequence banks."""
    found: list[str] = []
    for value in map(clean_text, block.all("SI")):
        found += find_registrations(value.replace("/", " ", 1)) or find_registrations(value)
    return tuple(dict.fromkeys(map(normalise_registration, found)))


def _abstract(text: str) -> tuple[AbstractPart, ...]:
    """Return the abstract by its labels in capitals; without any, in one part."""
    pieces = _LABEL.split(text)
    parts = [AbstractPart(None, inline_markup(pieces[0].strip()))]
    parts += [AbstractPart(label, inline_markup(body.strip())) for label, body in zip(pieces[1::2], pieces[2::2])]
    return tuple(part for part in parts if part.text)


def _correction(kind: str, value: str) -> Correction:
    text = clean_text(value)
    pmid = re.search(r"\bPMID:\s*(\d{1,9})", text)
    return Correction(kind, text, normalise_pmid(pmid[1]) if pmid else None)


LINKS = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
    "SPIN": "SummaryForPatientsIn",
    "ORI": "OriginalReportIn",
}
_KNOWN = frozenset({*_USED, *LINKS})
