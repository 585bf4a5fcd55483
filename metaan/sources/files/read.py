"""A file of references, of whatever format -> its records.

To add a format: a parser from bytes to `Read`, and one entry in `FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import SourceError, choose
from ...records.record import Read, Record
from ..formats.encoding import decode, read_file
from ..net.answers import UnreadableError
from ..pubmed.xml import parse_file
from ..revman.revman import parse_references
from .assemble import RETRACTED
from .bibtex import parse_bibtex
from .csl_json import parse_csl_json
from .csv_records import is_table, parse_csv
from .dialects import DIALECTS
from .endnote_xml import parse_endnote_xml
from .ictrp import parse_ictrp
from .nbib import parse_nbib
from .ovid import parse_ovid
from .ris import parse_ris
from .xlsx import parse_xlsx

_ARTICLE = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_HEAD = 200_000  # bytes by which a format is known
_RETRACTED = re.compile(
    r"^\W*retracted(?: (?:article|paper|publication|chapter))?\s?:|^\W*(?-i:RETRACTED)\b"
    r"|[\[(]retracted(?: article| paper)?\b[^\])]{0,120}[\])]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One entry of `FORMATS`.

    Attributes
    ----------
    name
        As people call it.
    sign
        Where its first sign stands in the beginning of a file, -1 where there is none; the earliest sign counts.
    parse
        From the bytes of a file to its records.
    lacks
        What it does not say, or what of it is not read.
    """

    name: str
    sign: Callable[[str], int]
    parse: Callable[[bytes], Read]
    lacks: str


def read_records(path: Path | str, format: str | None = None) -> Read:  # noqa: A002 - the word of the field
    """Return the records of a file of references, and what in it could not be read.

    Parameters
    ----------
    path
        The file, of at most 50 MB; one packed with gzip is unpacked.
    format
        A key of `FORMATS`; found from the content where it is not given.

    Raises
    ------
    SourceError
        The file cannot be opened, is too large, or of no known format; or what makes it up cannot be read at all.
    """
    file, raw = Path(path), read_file(path)
    entry = choose(FORMATS, format, "format") if format is not None else _recognised(raw, file)
    try:
        read = entry.parse(raw)
    except (SourceError, UnreadableError) as error:
        raise SourceError(f"{file}: {error}") from None
    return replace(read, records=tuple(map(_finished, read.records)))


def _finished(record: Record) -> Record:
    """Return a record with what its words say: that it was retracted, and its registration if no field has it."""
    if not record.retracted and _RETRACTED.search(record.title):
        record = replace(record, publication_types=(*record.publication_types, RETRACTED))
    if record.registrations or not (own := record.own_registrations):
        return record
    return replace(record, registrations=own, extra={**record.extra, "registration": "mentioned in its text"})


def _recognised(raw: bytes, file: Path) -> Format:
    """Return the format whose sign stands first in the beginning of the file."""
    head = decode(raw[:_HEAD]).lstrip("\ufeff \r\n\t").replace("\r\n", "\n").replace("\r", "\n")
    if raw.startswith(_OLD_EXCEL):
        raise SourceError(f"{file}: a workbook of Excel before 2007; save it as .xlsx or CSV")
    if not head:
        raise SourceError(f"{file}: the file is empty")
    signs = {name: entry.sign(head) for name, entry in FORMATS.items()}
    found = min((name for name in signs if signs[name] >= 0), key=signs.__getitem__, default=None)
    found = found or next((name for name, sign in LAST_SIGNS.items() if sign.search(head)), None)
    if found is None and file.suffix.lower() in (".csv", ".tsv"):
        found = "csv"  # what it lacks, its parser says
    if found is None:
        known = ", ".join(entry.name for entry in FORMATS.values())
        raise SourceError(f"{file}: the format is not known; allowed: {known}; most databases also export RIS")
    return FORMATS[found]


def _pubmed(raw: bytes) -> Read:
    """Read a set of articles; some save one article without the set around it."""
    if b"<PubmedArticleSet" not in raw and (start := _ARTICLE.search(raw)):
        raw = b"<PubmedArticleSet>" + raw[start.start() :] + b"</PubmedArticleSet>"
    return parse_file(raw)


def _text(parse: Callable[[str], Read]) -> Callable[[bytes], Read]:
    return lambda raw: parse(decode(raw))


def _line(pattern: str) -> Callable[[str], int]:
    """Return what finds the first line of a pattern."""
    sign = re.compile(pattern, re.MULTILINE)
    return lambda head: found.start() if (found := sign.search(head)) else -1


FORMATS: dict[str, Format] = {
    "pubmed": Format("PubMed XML", _line(r"\A[^@]{0,2000}<Pubmed(?:Book)?Article(?:Set)?\b"), _pubmed, "full texts"),
    "endnote": Format(
        "EndNote XML", _line(r"\A(?:<\?xml[^>]*>\s*)?<xml>\s*<records>"), parse_endnote_xml, "attached files, groups"
    ),
    "revman": Format(
        "RevMan", _line(r"\A(?:<\?xml[^>]*>\s*)?<COCHRANE_REVIEW\b"), parse_references, "abstracts: a review has none"
    ),
    "ictrp": Format(
        "ICTRP XML", _line(r"\A(?:<\?xml[^>]*>\s*)?<Trials(?:_downloaded_from_ICTRP)?\b"), parse_ictrp, "results"
    ),
    "xlsx": Format("XLSX", _line(r"\APK\x03\x04"), parse_xlsx, "the older .xls; sheets after the first table"),
    "csl": Format("CSL JSON", _line(r"\A\s*(?:\[\s*\{|\{\s*\")"), parse_csl_json, "attached files, collections"),
    "ovid": Format(
        "Ovid", _line(r"^\s{0,3}<\s*\d{1,7}\s*\.?\s*>\s*$|^VN {1,2}- Ovid"), _text(parse_ovid), "cited works"
    ),
    "wos": Format(
        "Web of Science",
        _line(r"^FN (?:Clarivate|Thomson|ISI)|^PT [A-Z](?:\s[^\n]{0,40})?\n"),
        _text(DIALECTS["wos"].parse),
        "cited works",
    ),
    "refer": Format("EndNote Refer", _line(r"^%0(?: |$)|^%[AT] \S"), _text(DIALECTS["refer"].parse), "attached files"),
    "refworks": Format("RefWorks", _line(r"^RT [A-Z]"), _text(DIALECTS["refworks"].parse), "folders"),
    "central": Format(
        "CENTRAL",
        _line(r"^(?:Record #\d+ of \d+\s*\n(?:[A-Z][a-z]+: [^\n]*\n|\s*\n){0,5})?ID: C[ND]"),
        _text(DIALECTS["central"].parse),
        "the month of publication: CENTRAL has none",
    ),
    "ris": Format(
        "RIS", _line(r"^[\s\ufeff]*(?:TY|ty)\s{1,2}- *[A-Za-z]{0,12}[ \t]*$"), _text(parse_ris), "attached files"
    ),
    "nbib": Format(
        "NBIB",
        _line(r"^(?:PMID|PMC |OWN |STAT)-|^(?:PMC|OWN|STAT) {0,2}- "),
        _text(parse_nbib),
        "affiliations by author",
    ),
    "bibtex": Format(
        "BibTeX", _line(r"^\s*@\s*\w+\s*[{(]"), _text(parse_bibtex), "entries in which a comma or a brace is missing"
    ),
    "csv": Format("CSV", is_table, _text(parse_csv), "tables without names of columns"),
}

#: Signs that also stand in files of other formats: they count where no other sign is there.
LAST_SIGNS: Mapping[str, re.Pattern[str]] = {
    "ris": re.compile(r"^[\s\ufeff]*(?:TY|ER)\s{1,2}-", re.MULTILINE),
    "nbib": re.compile(r"^(?:JT  |TI  ) ?-", re.MULTILINE),
}
