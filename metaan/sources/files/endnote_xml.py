"""EndNote's XML export -> `Record`."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from ...records.identifiers import normalise_pmid, written_pmid
from ...records.markup import clean_text
from ...records.record import Failure, Read, Record
from ..formats.tagged import NOTHING_SAID, says_something
from ..formats.xml_guard import sound_tree
from ..net.answers import UnreadableError
from .assemble import assemble

_KNOWN = {
    "abstract", "contributors", "dates", "electronic-resource-num", "keywords", "number", "pages", "periodical",
    "ref-type", "titles", "volume", "database", "source-app", "foreign-keys",
}  # fmt: skip


def parse_endnote_xml(body: bytes) -> Read:
    """Return the records of an EndNote XML export, in its order.

    Raises
    ------
    UnreadableError
        It is cut off, garbled, declares entities, or is another kind of document.
    """
    root = sound_tree(body)
    if root.find("records") is None:
        raise UnreadableError(f"a document of EndNote records was due, {clean_text(root.tag)[:60]} came")
    records, failed = [], []
    for at, element in enumerate(root.iterfind("records/record"), start=1):
        record = _record(element, at)
        if says_something(record):
            records.append(record)
        else:
            words = clean_text(" ".join(element.itertext()))[:80]
            failed.append(Failure(at, f"record {at}: {NOTHING_SAID}", words))
    return Read(tuple(records), tuple(failed))


def _record(element: Element, at: int) -> Record:
    given = {field: [text for path in paths for text in _texts(element, path)] for field, paths in PATHS.items()}
    kind = element.find("ref-type")
    numbers = " ".join(_text(element, name) for name in ("accession-num", "custom1", "custom2", "custom3"))
    given["doi"] = _texts(element, "electronic-resource-num")
    given["links"] = [text for text in _texts(element, "urls/related-urls/url") if "doi.org/" in text.lower()]
    given["pmid"] = [pmid] if (pmid := _pmid(element, numbers)) else []
    given["pmcid"] = [numbers]
    given["registrations"] = [numbers, *_texts(element, "notes")[:1]]
    given["types"] = [kind.get("name", "") if kind is not None else "", *_texts(element, "work-type")]
    return assemble(given, "endnote", _rest(element) | {"record": str(at)})


PATHS: dict[str, tuple[str, ...]] = {
    "title": ("titles/title",),
    "authors": ("contributors/authors/author",),
    "date": ("dates/year", "dates/pub-dates/date"),
    "journal": ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1", "titles/alt-title"),
    "journal_abbreviation": ("periodical/abbr-1", "titles/alt-title"),
    "volume": ("volume",),
    "issue": ("number",),
    "pages": ("pages",),
    "article_number": ("custom7",),
    "abstract": ("abstract",),
    "keywords": ("keywords/keyword",),
}


def _text(element: Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _texts(element: Element, path: str) -> list[str]:
    texts = (clean_text("".join(found.itertext())) for found in element.iterfind(path))
    return [text for text in texts if text]


def _pmid(element: Element, numbers: str) -> str | None:
    """Return the accession number where the database is PubMed or MEDLINE, or what calls itself a PMID."""
    base = " ".join(_text(element, name) for name in ("remote-database-name", "remote-database-provider")).casefold()
    if ("medline" in base or "pubmed" in base or "nlm" in base) and (
        pmid := written_pmid(_text(element, "accession-num"))
    ):
        return pmid
    stated = re.search(r"\bPMID:?\s*(\d{1,9})\b", f"{numbers} {_text(element, 'notes')[:40]}", re.IGNORECASE)
    return normalise_pmid(stated[1]) if stated else None


def _rest(element: Element) -> dict[str, str]:
    """Return what the other elements say, by their names."""
    found: dict[str, str] = {}
    for child in element:
        text = clean_text(" ".join(child.itertext()))
        if child.tag not in _KNOWN and text:
            found[child.tag] = f"{found[child.tag]}; {text}" if child.tag in found else text
    return found
