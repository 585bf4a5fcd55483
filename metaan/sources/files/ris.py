"""RIS -> `Record`: every database has its own idea of it, so every line is kept and every start counted.

A record begins at ``TY``, whether or not the one before was closed, and at any tag outside of a record. Tags that are
not understood stand in `Record.extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...records.identifiers import written_pmid
from ...records.record import Read, Record
from ..formats.cutting import joined
from ..formats.tagged import TaggedRecord, lines_of, read_blocks
from .assemble import assemble, stated_pmid

_TAG = re.compile(r"^[\s\ufeff]*([A-Za-z][A-Za-z0-9])(?:\s{1,2}-(?:\s(.*)|$)|\s\s-(.*)$)")
_START = re.compile(r"^[\s\ufeff]*(?:TY|ty|Ty)\s{0,3}-\s?(.*)$")
_WIDE = re.compile(r"^[\s\ufeff]*\w\w {2}-")
_NARROW = re.compile(r"^\s*\w\w ?- ")
_PROSE = {"AB", "N2", "N1"}  # in a record with wide tags, a line in one of these that looks like a narrow one is text
_NUMBER = re.compile(r"^\s*\d+\.\s*$")  # Ovid's, between two records
_KIND = re.compile(r"\w{0,12}")
_END = re.compile(r"^[\s\ufeff]*(?:ER|er|Er)\s*-?\s*$")
_EBSCO = re.compile(r"\bPMID: NLM\d{1,9}\b")
_PMCID = re.compile(r"\bPMC[1-9]\d{0,8}\b")

TAGS: dict[str, tuple[str, ...]] = {
    "title": ("TI", "T1", "CT"),
    "authors": ("AU", "A1"),
    "date": ("PY", "Y1", "DA"),
    "journal": ("JF", "T2", "JO", "BT", "JA", "J2", "J1"),
    "journal_abbreviation": ("JA", "J2", "J1", "JO"),
    "volume": ("VL", "VO"),
    "issue": ("IS", "CP"),
    "first_page": ("SP",),
    "last_page": ("EP",),
    "article_number": ("C7", "AR"),
    "doi": ("DO", "DI"),
    "links": ("UR", "L2", "L3", "LK", "M3"),
    "registrations": ("CN", "N1", "M1", "C1", "C3", "C6", "U1"),
    "abstract": ("AB", "N2"),
    "keywords": ("KW",),
    "types": ("TY", "M3", "PT"),
}
_NUMBERS = ("AN", "C1", "C2", "C3", "C5", "C6", "ID", "M1", "U1", "U2")
_KEPT = {"C7", "AR", "DI", "UR", "L2", "L3", "LK", "M3", "CN", "N1", "M1", "C1", "C3", "C6", "U1", "PT"}
_USED = frozenset(tag for tags in TAGS.values() for tag in tags) - _KEPT
_NEEDS = frozenset({"TY", "AU", "A1", "JF", "T2", *TAGS["title"], *TAGS["abstract"]})


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
    pieces = [*_blocks(lines)]
    starts = sum("TY" in block.fields for block in pieces)
    return read_blocks("RIS", "TY", starts, joined(pieces, _NEEDS), _record)


def _blocks(lines: list[str]) -> Iterator[TaggedRecord]:
    """Yield the tagged lines of each record, each with the lines that go on from them."""
    block: TaggedRecord | None = None
    small = wide = prose = (
        False  # tags in small letters; all with two blanks behind them; the last of such begins a text
    )
    blank = True
    for number, line in enumerate(lines, start=1):
        start = _starts(line, block, blank)
        end = _END.match(line) if "ER" in line or (small and "er" in line) else None
        if block and (start or end):
            yield block
            block = None
        if start:
            small, wide, prose = "TY" not in line, _WIDE.match(line) is not None, False
            block = TaggedRecord(number)
            block.add("TY", start[1])
        elif end:
            wide = prose = False
        elif (tag := _TAG.match(line)) and (small or tag[1].isupper()) and not (prose and _NARROW.match(line)):
            block = block or TaggedRecord(number)
            block.add(tag[1].upper(), tag[2] or tag[3] or "")
            wide = wide and not _NARROW.match(line)
            prose = wide and tag[1].upper() in _PROSE
        elif block and line and not (_NUMBER.match(line) and "TY" not in block.fields):
            block.go_on(line)
        blank = not line.strip()
    if block:
        yield block


def _starts(line: str, block: TaggedRecord | None, blank: bool) -> re.Match[str] | None:
    """Return the start of a record; a line of an abstract that goes on with "TY - a code" is none."""
    start = _START.match(line) if "TY" in line or "ty" in line[:8].casefold() else None
    if start is None or block is None or blank:
        return start
    return start if _KIND.fullmatch(start[1].strip()) else None


def _record(block: TaggedRecord) -> Record:
    given = block.by_field(TAGS)
    if not given["title"]:
        given["title"] = block.all("BT", "ST")
        given["journal"] = block.all(*(tag for tag in TAGS["journal"] if tag != "BT"))
    given["links"] += [value[:60] for value in block.all("N1") if value.lower().startswith("doi")]
    if len(block.fields.get("M1", ())) > 3:  # the works that it cites
        given["registrations"] = block.all(*(tag for tag in TAGS["registrations"] if tag != "M1"))
    given["pmid"] = [pmid] if (pmid := _pmid(block)) else []
    given["pmcid"] = [value for value in block.all("C2", "U2", "AN", "ID") if _PMCID.search(value)]
    return assemble(given, "ris", {**block.rest(_USED), "line": str(block.line)})


def _pmid(block: TaggedRecord) -> str | None:
    """Return the PMID that is called one, or the accession number of an export that names PubMed or MEDLINE."""
    if found := written_pmid(block.first("PM")):
        return found
    notes = block.all("N1")
    numbers = (value[:60] for value in [*block.all(*_NUMBERS), *notes])
    for value in [*numbers, *block.all("UR"), *_ebsco(notes)]:
        if stated := stated_pmid(value):
            return stated
    base = f"{block.first('DB')} {block.first('DP')}".casefold()
    tags: tuple[str, ...] = ("AN", "ID", "C2", "U2") if "pubmed" in base or "medline" in base or "nlm" in base else ()
    tags += tuple(tag for name, tag in (("embase", "C5"), ("scopus", "C2")) if name in f"{base} {block.first('UR')}")
    return next((pmid for tag in tags if (pmid := written_pmid(block.first(tag)))), None)


def _ebsco(notes: list[str]) -> list[str]:
    """Return the PMIDs in the notes of EBSCO, which mark them; other notes also list those of cited works."""
    return [found[0] for note in notes for found in _EBSCO.finditer(note)]
