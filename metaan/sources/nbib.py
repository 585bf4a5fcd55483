"""MEDLINE's tagged format (.nbib, "PubMed" in the save dialogue) -> `Record`.

A record begins at ``PMID-`` or after a blank line; a block after a blank line that has neither a PMID nor a title is
the rest of the record before it. Tags that are not understood stand in `Record.extra`.
"""

from __future__ import annotations

import re

from ..errors import SourceError
from .bibtex import Read
from .identifiers import find_registrations, normalise_doi, normalise_pmid, normalise_registration
from .markup import clean_text, inline_markup, plain_text
from .names import short_name
from .record import AbstractPart, Correction, Record
from .tagged import Block, numbered, sort_out

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) {0,2}-(?: |$|(?=\S))(.*)$")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_DATE = re.compile(r"(\d{4})(?:[ /-]+([A-Za-z]{3}|\d{1,2})(?:[ /-]+(\d{1,2}))?)?(?=$|[^\d-])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MARKED = re.compile(r"^(\S+)\s*\[(doi|pii)\]", re.IGNORECASE)
_LABEL = re.compile(r"(?:^|(?<=[.?!)] ))([A-Z][A-Z /,&-]{3,60}): ")
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
    blocks = _join(_blocks(text))
    read = sort_out((block, _record(block)) for block in blocks)
    starts = sum(line.lstrip("\ufeff").startswith("PMID-") for _, line in numbered(text))
    starts += sum(not any(tag == "PMID" for tag, _ in block.fields) for block in blocks)
    if len(read.records) + len(read.failed) != starts:
        raise SourceError(f"NBIB: {starts} records begin, {len(read.records)} were read, {len(read.failed)} failed")
    return read


def _blocks(text: str) -> list[Block]:
    """Return the tagged lines between blank lines, each with the lines that go on from them."""
    blocks: list[Block] = []
    parted = True
    for number, line in numbered(text):
        tag = _TAG.match(line)
        if not line.strip():
            parted = True
        elif tag:
            again = tag[1] == "PMID" and bool(blocks) and any(name == "PMID" for name, _ in blocks[-1].fields)
            if parted or again:
                blocks.append(Block(number))
            parted = False
            blocks[-1].add(tag[1], tag[2])
        elif blocks and not parted:
            blocks[-1].go_on(line)
    return blocks


def _begins(block: Block) -> bool:
    return any(tag in ("PMID", "TI", "BTI", "PMC") for tag, _ in block.fields)


def _join(blocks: list[Block]) -> list[Block]:
    """Give the blocks that are no records of their own to the record before them."""
    joined: list[Block] = []
    for block in blocks:
        if joined and not _begins(block):
            joined[-1].fields += block.fields
        else:
            joined.append(block)
    return joined


def _record(block: Block) -> Record:
    title = inline_markup(block.first("TI", "BTI", "TT"))
    published = _published(block.first("DP"))
    full = tuple(name for value in block.all("FAU") if (name := short_name(value)))
    people = tuple(clean_text(value) for value in block.all("AU")) or full
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=people + tuple(map(clean_text, block.all("CN"))),
        year=int(published[:4]) if published else None,
        published=published,
        journal=block.first("JT") or block.first("TA") or None,
        journal_abbreviation=block.first("TA") or None,
        volume=block.first("VI") or None,
        issue=block.first("IP") or None,
        pages=block.first("PG") or _marked(block, "pii"),
        doi=normalise_doi(_marked(block, "doi")),
        pmid=normalise_pmid(block.first("PMID")),
        pmcid=_pmcid(block),
        registrations=_registrations(block),
        abstract=_abstract(block.first("AB")),
        mesh=tuple(clean_text(value).split("/")[0].strip("*") for value in block.all("MH")),
        keywords=tuple(clean_text(value).strip("*") for value in block.all("OT")),
        publication_types=tuple(map(clean_text, block.all("PT"))),
        corrections=tuple(_correction(kind, value) for tag, kind in LINKS.items() for value in block.all(tag)),
        source="nbib",
        extra={**block.rest({*_USED, *LINKS}), "line": str(block.line)},
    )


def _published(text: str) -> str | None:
    """Return "2021", "2021-02" or "2021-02-05"; of a range or a season only what is certain."""
    found = _DATE.match(text)
    year = _YEAR.search(text)
    if not found or not year:
        return year[0] if year else None
    month = (found[2] or "").casefold()
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month) if month.isdigit() else 0
    if not 1 <= number <= 12:
        return found[1]
    day = int(found[3] or 0)
    return f"{found[1]}-{number:02d}-{day:02d}" if 1 <= day <= 31 else f"{found[1]}-{number:02d}"


def _marked(block: Block, kind: str) -> str | None:
    """Return the identifier that ``LID`` or ``AID`` marks as of this kind."""
    hits = (_MARKED.match(clean_text(value)) for value in block.all("LID", "AID"))
    return next((hit[1] for hit in hits if hit and hit[2].casefold() == kind), None)


def _pmcid(block: Block) -> str | None:
    found = re.search(r"PMC\d{1,9}", block.first("PMC"))
    return found[0] if found else None


def _registrations(block: Block) -> tuple[str, ...]:
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
