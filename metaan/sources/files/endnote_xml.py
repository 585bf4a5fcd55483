"""EndNote's XML export -> `Record`."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from ...records.citation import find_year, page_range
from ...records.identifiers import doi_in_link, find_registrations, normalise_doi, normalise_pmid, written_pmid
from ...records.markup import clean_text, inline_markup, plain_text
from ...records.names import short_name
from ...records.record import AbstractPart, Failure, Read, Record
from ..formats.tagged import NOTHING_SAID, says_something
from ..formats.xml_guard import sound_tree
from ..net.answers import UnreadableError

_PMCID = re.compile(r"\bPMC[1-9]\d{0,8}\b")
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
    title = inline_markup(_text(element, "titles/title"))
    published = _published(element)
    abstract = inline_markup(_text(element, "abstract"))
    kind = element.find("ref-type")
    numbers = " ".join(_text(element, name) for name in ("accession-num", "custom1", "custom2", "custom3"))
    pmcid = _PMCID.search(numbers)
    names = (short_name(name) for name in _texts(element, "contributors/authors/author"))
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=tuple(name for name in names if name),
        year=int(published[:4]) if published else None,
        published=published,
        journal=_text(element, "periodical/full-title") or _text(element, "titles/secondary-title") or None,
        journal_abbreviation=_text(element, "periodical/abbr-1") or _text(element, "titles/alt-title") or None,
        volume=_text(element, "volume") or None,
        issue=_text(element, "number") or None,
        pages=page_range(_text(element, "pages")),
        doi=_doi(element),
        pmid=_pmid(element, numbers),
        pmcid=pmcid[0] if pmcid else None,
        registrations=find_registrations(f"{_text(element, 'notes')[:20_000]} {numbers}"),
        abstract=(AbstractPart(None, abstract),) if abstract else (),
        keywords=tuple(word for text in _texts(element, "keywords/keyword") for word in [text.strip("*")] if word),
        publication_types=tuple(x for x in (clean_text(kind.get("name", "")) if kind is not None else "",) if x),
        source="endnote",
        extra=_rest(element) | {"record": str(at)},
    )


def _text(element: Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _texts(element: Element, path: str) -> list[str]:
    texts = (clean_text("".join(found.itertext())) for found in element.iterfind(path))
    return [text for text in texts if text]


def _published(element: Element) -> str | None:
    return find_year(_text(element, "dates/year")) or find_year(_text(element, "dates/pub-dates/date"))


def _doi(element: Element) -> str | None:
    """Return the DOI from its own field, or from a link that resolves one."""
    numbers = (normalise_doi(text) or doi_in_link(text) for text in _texts(element, "electronic-resource-num"))
    return next((doi for doi in (*numbers, *map(doi_in_link, _links(element))) if doi), None)


def _links(element: Element) -> list[str]:
    return [text for text in _texts(element, "urls/related-urls/url") if "doi.org/" in text.lower()]


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
