"""Ovid's citation text -> `Record`: a number in brackets, then tags of two letters, or labels with indented values.

Where the citation stands in one field (``SO``), volume, issue, pages and date are read out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...records.citation import citation_parts
from ...records.identifiers import normalise_pmid
from ...records.record import Read, Record
from ..formats.cutting import joined
from ..formats.tagged import TaggedRecord, lines_of, read_blocks
from .assemble import assemble

_NUMBER = re.compile(r"^\ufeff?\s{0,3}<\s*(\d{1,7})\s*\.?\s*>\s*$")
_TAG = re.compile(r"^([A-Z][A-Z0-9])\s{0,2}-(?:\s(.*)|$)")
_LABEL = re.compile(r"^([A-Za-z][A-Za-z0-9 /()&'.:-]{1,60}?)\s*:?\s*$")
_KIND = re.compile(r"\s*\.?\s*\[([A-Z][\w ,;/-]{2,60})\]\s*\.?$")  # what Ovid's journals print behind a title
_HEAD = "<>"


def parse_ovid(text: str) -> Read:
    r"""Return the records of a text that Ovid saved.

    Raises
    ------
    SourceError
        Not every start became a record or a reported failure.

    Examples
    --------
    >>> text = "<1. >\nTI  - Anakinra.\nAU  - Doe J\nSO  - Ann Made Up Med. 12(3):100-9, 2021 Feb 05.\n"
    >>> record = parse_ovid(text).records[0]
    >>> record.journal, record.volume, record.issue, record.pages, record.published
    ('Ann Made Up Med', '12', '3', '100-9', '2021-02-05')
    """
    lines = lines_of(text)
    starts = sum(_NUMBER.match(line) is not None for line in lines)
    return read_blocks("Ovid", _HEAD, starts, joined(_pieces(lines), frozenset({_HEAD})), _record)


def _pieces(lines: Sequence[str]) -> Iterator[TaggedRecord]:
    """Yield the lines of each record under tags in lower case, from one number in brackets to the next."""
    block: TaggedRecord | None = None
    for at, line in enumerate(lines):
        if number := _NUMBER.match(line):
            if block:
                yield block
            block = TaggedRecord(at + 1)
            block.add(_HEAD, number[1])
        elif tag := _TAG.match(line):
            block = block or TaggedRecord(at + 1)
            block.add(tag[1].lower(), tag[2] or "")
        elif (label := _LABEL.match(line)) and _is_indented(lines, at + 1):
            block = block or TaggedRecord(at + 1)
            block.add(_plain(label[1]), "")
        elif block and line.strip():
            block.go_on(line.strip())
    if block:
        yield block


def _is_indented(lines: Sequence[str], at: int) -> bool:
    """Whether what follows a label is a value: its first line that says something stands further right."""
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following[:1] in (" ", "\t")


def _plain(label: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", label.casefold()).split())


def _record(block: TaggedRecord) -> Record:
    given = block.by_field(TAGS)
    title = given["title"][:1]
    kind = _KIND.search(title[0]) if title else None
    if kind:
        given["title"], given["types"] = [title[0][: kind.start()]], [*given["types"], kind[1]]
    given["types"] = [
        kind
        for value in given["types"]
        for kind in re.split(r"\.\s+|\.$", value.replace(":  ", ": ").replace(": PDF Only", ""))
    ]
    given["journal_abbreviation"] += [citation_parts(value).get("journal", "") for value in block.all("as")[:1]]
    given["authors"] = [name for value in given["authors"] for name in re.split(r";\s+(?=[^;]*,)|\n", value)]
    given["pmid"] += [normalise_pmid(value) or "" for value in given["medline_id"] if _is_medline(block)]
    used = {tag for field, tags in TAGS.items() if field != "citation" for tag in tags}
    numbers = {
        "UI": block.first("ui", "unique identifier", "an", "accession number"),
        "DB": block.first("db", "database"),
    }
    extra = {**block.rest({*used, _HEAD, "as", "db", "database", "vn"}), **{k: v for k, v in numbers.items() if v}}
    return assemble(given, "ovid", {**extra, "line": str(block.line)})


def _is_medline(block: TaggedRecord) -> bool:
    """Whether the number of a record is MEDLINE's: its database says so, or its status, which only MEDLINE has."""
    base = block.first("db", "database").casefold()
    return ("medline" in base and "embase" not in base) or "pubmed" in base


_NAMED = {"UI": ("ui", "unique identifier", "an", "accession number"), "DB": ("db", "database")}

#: The tags and the labels of each field, in small letters.
TAGS: dict[str, tuple[str, ...]] = {
    "title": ("ti", "title", "chapter title", "article title", "ot", "original title", "bt", "book title"),
    "authors": ("au", "author", "authors", "fa", "authors full name", "author full name", "author s"),
    "date": ("dp", "date of publication", "publication date", "yr", "year of publication", "year", "publication year",
             "py", "dg", "status"),
    "journal": ("jn", "journal name", "journal", "nj", "jt", "source title"),
    "journal_abbreviation": ("ta", "ja", "journal abbreviation"),
    "volume": ("vo", "vi", "volume"),
    "issue": ("ip", "issue", "issue part", "issue number"),
    "pages": ("pg", "page", "pages", "pagination"),
    "article_number": ("ar", "article number"),
    "citation": ("so", "source"),
    "doi": ("do", "di", "doi", "doi number", "digital object identifier"),
    "links": ("ur", "lk", "xl", "url", "article url"),
    "pmid": ("pm", "pmid", "pubmed id", "medline pmid", "pu"),
    "medline_id": ("ui", "unique identifier", "an", "accession number"),
    "pmcid": ("pmc", "pmcid"),
    "registrations": ("cn", "ct", "clinical trial number", "clinical trial registry number", "si",
                      "secondary source id", "registry number", "trial registration number"),
    "abstract": ("ab", "abstract", "english abstract"),
    "mesh": ("mh", "sh", "mesh subject headings", "subject headings", "mesh date"),
    "keywords": ("kw", "kf", "keyword heading", "keywords", "author keywords", "key words", "keyword headings", "id",
                 "key concepts"),
    "types": ("pt", "publication type", "document type", "type of publication"),
}  # fmt: skip
