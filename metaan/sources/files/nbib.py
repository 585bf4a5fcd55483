"""MEDLINE's tagged format (.nbib, "PubMed" in the save dialogue) -> `Record`.

A record begins at ``PMID-`` or after a blank line; a block after a blank line that has neither a PMID nor a title is
the rest of the record before it. Tags that are not understood stand in `Record.extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...records.identifiers import find_registrations, normalise_pmid, normalise_registration
from ...records.markup import clean_text, inline_markup, plain_text
from ...records.record import AbstractPart, Correction, Read, Record
from ..formats.cutting import joined
from ..formats.tagged import TaggedRecord, lines_of, read_blocks
from .assemble import assemble

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) {0,2}-(?: |$|(?=\S))(.*)$")
_MARKED = re.compile(r"^(\S+)\s*\[(doi|pii)\]", re.IGNORECASE)
_LABEL = re.compile(r"([A-Z](?:(?<=^.)|(?<=[.?!)] .))[A-Z /,&-]{3,60}): ")  # a capital first: that is found fast
_STARTS = frozenset({"PMID", "TI", "BTI", "PMC"})
_USED = {
    "PMID", "PMC", "TI", "BTI", "TT", "FAU", "AU", "CN", "DP", "JT", "TA", "VI", "IP", "PG", "AB", "MH", "OT", "PT",
    "SI", "LID", "AID",
}  # fmt: skip


TAGS: dict[str, tuple[str, ...]] = {
    "title": ("TI", "BTI", "TT"),
    "date": ("DP",),
    "journal": ("JT", "TA"),
    "journal_abbreviation": ("TA",),
    "volume": ("VI",),
    "issue": ("IP",),
    "pages": ("PG",),
    "pmid": ("PMID",),
    "pmcid": ("PMC",),
    "abstract": ("AB",),
    "keywords": ("OT",),
    "types": ("PT",),
}


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
    return read_blocks("NBIB", "PMID", starts, joined(_blocks(lines), _STARTS), _record)


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


def _record(block: TaggedRecord) -> Record:
    given = block.by_field(TAGS)
    given["pages"] += [found] if (found := _marked(block, "pii")) else []
    given["doi"] = [found] if (found := _marked(block, "doi")) else block.all("LID", "AID")
    given["authors"] = block.all("AU") or block.all("FAU")
    given["mesh"] = [value.split("/")[0] for value in block.all("MH")]
    record = assemble(given, "nbib", {**block.rest(_KNOWN), "line": str(block.line)})
    return replace(
        record,
        authors=(*record.authors, *map(clean_text, block.all("CN"))),
        registrations=_registrations(block),
        abstract=_abstract(plain_text(record.abstract[0].text)) if len(record.abstract) == 1 else record.abstract,
        corrections=tuple(
            _correction(LINKS[tag], value) for tag in LINKS if tag in block.fields for value in block.all(tag)
        ),
    )


def _marked(block: TaggedRecord, kind: str) -> str | None:
    """Return the identifier that ``LID`` or ``AID`` marks as of this kind."""
    hits = (_MARKED.match(clean_text(value)) for value in block.all("LID", "AID"))
    return next((hit[1] for hit in hits if hit and hit[2].casefold() == kind), None)


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
