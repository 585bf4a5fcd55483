"""A result of Europe PMC, lite or core -> `Record`; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...records.identifiers import normalise_doi, normalise_pmid
from ...records.markup import plain_text
from ...records.record import AbstractPart, Correction, Record
from ...records.sections import sections, title_markup
from ..formats.json_text import items_at, text_at, texts_at, value_at
from ..net.answers import UnreadableError

_DAY = re.compile(r"\d{4}(-\d\d){0,2}")
_PMCID = re.compile(r"PMC[1-9]\d{0,9}")
PREPRINT = "PPR"  # Europe PMC's source of preprints; MED is PubMed


def parse_result(item: object) -> Record:
    """Return one result.

    ``extra`` holds Europe PMC's own ``source`` and ``id``: a preprint has no other.

    Raises
    ------
    UnreadableError
        It has no source and id.
    """
    source, own_id = text_at(item, "source"), text_at(item, "id")
    if source is None or own_id is None:
        raise UnreadableError("a result of Europe PMC without its source and id")
    title = title_markup(text_at(item, "title"))
    published = _published(item)
    journal = value_at(item, "journalInfo", "journal")
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=_authors(item),
        year=int(published[:4]) if published else None,
        published=published,
        journal=text_at(journal, "title") or text_at(item, "bookOrReportDetails", "publisher"),
        journal_abbreviation=text_at(item, "journalTitle") or text_at(journal, "medlineAbbreviation"),
        volume=text_at(item, "journalVolume") or text_at(item, "journalInfo", "volume"),
        issue=text_at(item, "issue") or text_at(item, "journalInfo", "issue"),
        pages=text_at(item, "pageInfo"),
        doi=normalise_doi(text_at(item, "doi")),
        pmid=normalise_pmid(text_at(item, "pmid")),
        pmcid=_pmcid(text_at(item, "pmcid")),
        abstract=_abstract(item),
        mesh=tuple(name for found in _mesh(item) if (name := text_at(found, "descriptorName"))),
        keywords=texts_at(item, "keywordList", "keyword"),
        publication_types=_types(item, source),
        corrections=tuple(map(_correction, items_at(item, "commentCorrectionList", "commentCorrection"))),
        source="europepmc",
        extra={"source": source, "id": own_id},
    )


def is_preprint(record: Record) -> bool:
    """Whether a record of Europe PMC is one of a preprint."""
    return record.extra.get("source") == PREPRINT


def _published(item: object) -> str | None:
    days = (text_at(item, "firstPublicationDate"), text_at(item, "pubYear"))
    return next((day for day in days if day and _DAY.fullmatch(day)), None)


def _authors(item: object) -> tuple[str, ...]:
    """Return the authors of a core result, else those that a lite one strings together."""
    listed = items_at(item, "authorList", "author")
    names = (text_at(author, "fullName") or text_at(author, "collectiveName") for author in listed)
    if found := tuple(name for name in names if name):
        return found
    together = (text_at(item, "authorString") or "").removesuffix(".")
    return tuple(name for name in map(str.strip, together.split(",")) if name)


def _abstract(item: object) -> tuple[AbstractPart, ...]:
    text = value_at(item, "abstractText")
    return sections(text) if isinstance(text, str) else ()


def _mesh(item: object) -> tuple[Mapping[str, Any], ...]:
    return items_at(item, "meshHeadingList", "meshHeading")


def _types(item: object, source: str) -> tuple[str, ...]:
    """Return the publication types; retractions and preprints in the words that other sources use."""
    together = (text_at(item, "pubType") or "").split(";")
    names = [*texts_at(item, "pubTypeList", "pubType"), *map(str.strip, together)]
    names += ["preprint"] if source == PREPRINT else []
    return tuple(dict.fromkeys(_COMMON_NAMES.get(name.lower(), name) for name in names if name))


def _correction(found: Mapping[str, Any]) -> Correction:
    """Return a link; "Retraction in" becomes PubMed's RetractionIn."""
    kind = "".join(word[:1].upper() + word[1:] for word in (text_at(found, "type") or "unknown").split())
    pmid = normalise_pmid(text_at(found, "id")) if text_at(found, "source") == "MED" else None
    return Correction(kind, text_at(found, "reference") or text_at(found, "id"), pmid, text_at(found, "note"))


def _pmcid(text: str | None) -> str | None:
    return text if text and _PMCID.fullmatch(text) else None


_COMMON_NAMES = {"retracted publication": "Retracted Publication", "preprint": "Preprint"}
