"""A file of references, of whatever format -> its records.

To add a format: a parser from bytes to `Read`, and one entry in `FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceError, choose
from .bibtex import LARGEST, Read, parse_bibtex
from .client import UnreadableError
from .csv_records import parse_csv
from .encoding import decode
from .endnote_xml import parse_endnote_xml
from .nbib import parse_nbib
from .pubmed_xml import parse as parse_pubmed_xml
from .ris import parse_ris


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
        The file, of at most 50 MB.
    format
        A key of `FORMATS`; found from the content where it is not given.

    Raises
    ------
    SourceError
        The file cannot be opened, is too large, or of no known format; or what makes it up cannot be read at all.
    """
    file = Path(path)
    try:
        if (size := file.stat().st_size) > LARGEST:
            raise SourceError(f"{file}: {size >> 20} MB found; allowed: {LARGEST >> 20} MB")
        raw = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror or error}") from None
    entry = choose(FORMATS, format, "format") if format is not None else _recognised(raw, file)
    try:
        return entry.parse(raw)
    except (SourceError, UnreadableError) as error:
        raise SourceError(f"{file}: {error}") from None


def _recognised(raw: bytes, file: Path) -> Format:
    """Return the first format whose sign the beginning of the file bears."""
    head = decode(raw[:200_000]).lstrip("\ufeff \r\n\t")
    if not head:
        raise SourceError(f"{file}: the file is empty")
    found = next((entry for entry in FORMATS.values() if entry.sign.search(head)), None)
    if found is None:
        known = ", ".join(entry.name for entry in FORMATS.values())
        raise SourceError(f"{file}: the format is not known; allowed: {known}; most databases also export RIS")
    return found


def _pubmed(raw: bytes) -> Read:
    """Read a set of articles; some save one article without the set around it."""
    if b"<PubmedArticleSet" not in raw and (start := raw.find(b"<PubmedArticle")) >= 0:
        raw = b"<PubmedArticleSet>" + raw[start:] + b"</PubmedArticleSet>"
    return Read(tuple(article.record for article in parse_pubmed_xml(raw)))


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
        re.compile(r"\A[^\n]*\btitle\b[^\n]*[,;\t]|\A[^\n]*[,;\t][^\n]*\btitle\b", re.IGNORECASE),
        lambda raw: parse_csv(decode(raw)),
    ),
}
