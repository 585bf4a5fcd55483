"""A file of references, of whatever format -> its records.

To add a format: a parser from bytes to `Read`, and one entry in `FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import SourceError, choose
from ...records.record import Read, Record
from ..formats.encoding import decode, read_file
from ..net.answers import UnreadableError
from ..pubmed.xml import parse_file
from ..revman.revman import parse_references
from .bibtex import parse_bibtex
from .csv_records import parse_csv
from .endnote_xml import parse_endnote_xml
from .nbib import parse_nbib
from .ris import parse_ris

_COLUMN = r"(?:title|pmid|pubmed[ _]?id|doi)"  # one of them a table of references has
_ARTICLE = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")


@dataclass(frozen=True, slots=True)
class Format:
    """One entry of `FORMATS`: its name, how its beginning is known, and its parser."""

    name: str
    sign: re.Pattern[str]
    parse: Callable[[bytes], Read]


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
    return replace(read, records=tuple(map(_with_own_number, read.records)))


def _with_own_number(record: Record) -> Record:
    """Return a record with its own registration where only its text says it; few formats have a field for it."""
    if record.registrations or not (own := record.own_registrations):
        return record
    return replace(record, registrations=own, extra={**record.extra, "registration": "mentioned in its text"})


def _recognised(raw: bytes, file: Path) -> Format:
    """Return the first format whose sign the beginning of the file bears."""
    head = decode(raw[:200_000]).lstrip("\ufeff \r\n\t")
    if not head:
        raise SourceError(f"{file}: the file is empty")
    found = next((entry for entry in FORMATS.values() if entry.sign.search(head)), None)
    if found is None and file.suffix.lower() in (".csv", ".tsv"):
        found = FORMATS["csv"]  # what it lacks, its parser says
    if found is None:
        known = ", ".join(entry.name for entry in FORMATS.values())
        raise SourceError(f"{file}: the format is not known; allowed: {known}; most databases also export RIS")
    return found


def _pubmed(raw: bytes) -> Read:
    """Read a set of articles; some save one article without the set around it."""
    if b"<PubmedArticleSet" not in raw and (start := _ARTICLE.search(raw)):
        raw = b"<PubmedArticleSet>" + raw[start.start() :] + b"</PubmedArticleSet>"
    return parse_file(raw)


FORMATS: dict[str, Format] = {
    "pubmed": Format("PubMed XML", re.compile(r"\A[^@]{0,2000}<Pubmed(?:Book)?Article(?:Set)?\b"), _pubmed),
    "endnote": Format("EndNote XML", re.compile(r"\A(?:<\?xml[^>]*>\s*)?<xml>\s*<records>"), parse_endnote_xml),
    "ris": Format(
        "RIS", re.compile(r"^[\s\ufeff]*(?:TY|ER)\s{1,2}-", re.MULTILINE), lambda raw: parse_ris(decode(raw))
    ),
    "nbib": Format(
        "NBIB", re.compile(r"^(?:PMID|PMC |OWN|STAT|JT  |TI  ) ?-", re.MULTILINE), lambda raw: parse_nbib(decode(raw))
    ),
    "bibtex": Format("BibTeX", re.compile(r"^\s*@\s*\w+\s*[{(]", re.MULTILINE), lambda raw: parse_bibtex(decode(raw))),
    "csv": Format(
        "CSV",
        re.compile(rf"\A[^\n]*\b{_COLUMN}\b[^\n]*[,;\t]|\A[^\n]*[,;\t][^\n]*\b{_COLUMN}\b", re.IGNORECASE),
        lambda raw: parse_csv(decode(raw)),
    ),
    "revman": Format("RevMan", re.compile(r"\A(?:<\?xml[^>]*>\s*)?<COCHRANE_REVIEW\b"), parse_references),
}
