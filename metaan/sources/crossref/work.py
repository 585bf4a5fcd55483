"""A work of Crossref -> `Work`; pure.

A retraction stands in ``updated-by`` of the article that is retracted and in ``update-to`` of the notice. Both lists
also hold corrections and addenda, and the same update once for each source that reported it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ...records.identifiers import normalise_doi, normalise_registration
from ...records.markup import plain_text
from ...records.names import initials
from ...records.record import Correction, Record
from ...records.sections import sections, title_markup
from ..formats.json_text import items_at, text_at, texts_at, value_at, whole_at
from ..net.answers import UnreadableError

RETRACTIONS = frozenset({"retraction", "withdrawal", "removal", "retract-and-replace", "retracted"})
CONCERNS = frozenset({"expression-of-concern", "partial-retraction"})
_TITLE_SIGN = re.compile(
    r"^\W{0,5}(?:retracted|withdrawn|removed)(?:\s+article)?(?:\s?[:\])]|\s[\-–—]\s|[–—])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, order=True)
class Update:
    """One notice about one work.

    Attributes
    ----------
    kind
        Crossref's word with hyphens: "retraction", "expression-of-concern", "correction" ...
    doi
        Of the other side: of the notice in `Work.updated_by`, of the article in `Work.update_to`.
    sources
        Who reported it: "publisher", "retraction-watch"; "title" where only the work's own title says so.
    date
        When, as precise as it is known.
    """

    kind: str
    doi: str
    sources: tuple[str, ...] = ()
    date: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class WorkRelation:
    """A link to another work: ``kind`` is Crossref's word, such as "has-preprint", read from this work to that one."""

    kind: str
    doi: str


@dataclass(frozen=True, slots=True)
class Work:
    """One work: what it says of itself, and its links.

    Attributes
    ----------
    kind
        Crossref's type, such as "journal-article" or "posted-content" (a preprint).
    updated_by, update_to
        Notices about this work, and what this work is a notice about.
    relations
        To other texts of the same work, those of `VERSIONS`.
    """

    record: Record
    kind: str
    updated_by: tuple[Update, ...] = ()
    update_to: tuple[Update, ...] = ()
    relations: tuple[WorkRelation, ...] = ()

    @property
    def doi(self) -> str:
        """The DOI, in the spelling of `normalise_doi`."""
        return self.record.doi or ""

    def related(self, kind: str) -> tuple[str, ...]:
        """Return the DOIs behind one kind of relation."""
        return tuple(relation.doi for relation in self.relations if relation.kind == kind)

    @property
    def retracted(self) -> bool:
        """Whether a notice retracts this work, or its title says so; never because it is a notice itself."""
        return any(update.kind in RETRACTIONS for update in self.updated_by)

    @property
    def concern(self) -> bool:
        """Whether an expression of concern, or the retraction of a part, has been published about it."""
        return any(update.kind in CONCERNS for update in self.updated_by)

    def with_updates(self, updates: Iterable[Update]) -> Work:
        """Return this work with notices that were found elsewhere."""
        merged = merge_updates((*self.updated_by, *updates))
        return replace(self, updated_by=merged, record=replace(self.record, corrections=_corrections(merged)))


def parse_work(item: object) -> Work:
    """Return one work.

    Raises
    ------
    UnreadableError
        It has no DOI.
    """
    doi = normalise_doi(text_at(item, "DOI"))
    if doi is None:
        raise UnreadableError("a work without a DOI")
    updated_by, update_to = _updates(item, "updated-by"), _updates(item, "update-to")
    # A notice that names itself is a correction made in place; a retraction made in place is a retraction all the same.
    in_place = [update for update in (*updated_by, *update_to) if update.doi == doi and update.kind in RETRACTIONS]
    notices = [*(update for update in updated_by if update.doi != doi), *in_place]
    if _TITLE_SIGN.match(plain_text(_title(item))) and not any(update.kind in RETRACTIONS for update in notices):
        notices.append(Update("retraction", doi, ("title",)))
    about_it = merge_updates(notices)
    return Work(
        record=_record(item, doi, about_it),
        kind=text_at(item, "type") or "",
        updated_by=about_it,
        update_to=tuple(update for update in merge_updates(update_to) if update.doi != doi),
        relations=tuple(relation for kind in VERSIONS for relation in _related(item, kind, doi)),
    )


def merge_updates(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Return each notice once, by DOI and kind, with all who reported it and the earliest date."""
    merged: dict[tuple[str, str], Update] = {}
    for update in updates:
        before = merged.get((update.doi, update.kind), update)
        sources = tuple(sorted({*before.sources, *update.sources}))
        earliest = min((day for day in (before.date, update.date) if day), default=None)
        merged[update.doi, update.kind] = replace(before, sources=sources, date=earliest)
    return tuple(sorted(merged.values()))


def _updates(item: object, key: str) -> tuple[Update, ...]:
    updates = []
    for found in items_at(item, key):
        doi, source = normalise_doi(text_at(found, "DOI")), text_at(found, "source")
        kind = re.sub(r"[_\s]+", "-", (text_at(found, "type") or "unknown").lower())
        if doi:
            updates.append(Update(kind, doi, (source,) if source else (), _date(value_at(found, "updated"))))
    return tuple(updates)


def _corrections(updates: Iterable[Update]) -> tuple[Correction, ...]:
    return tuple(Correction(_ref_type(update.kind), f"doi: {update.doi}", note=update.date) for update in updates)


def _ref_type(kind: str) -> str:
    """Return PubMed's word for a kind of notice."""
    if kind in RETRACTIONS:
        return "RetractionIn"
    return "ExpressionOfConcernIn" if kind in CONCERNS else _REF_TYPES.get(kind, "UpdateIn")


def _related(item: object, kind: str, own: str) -> tuple[WorkRelation, ...]:
    dois = (
        normalise_doi(text_at(found, "id"))
        for found in items_at(item, "relation", kind)
        if text_at(found, "id-type") == "doi"
    )
    return tuple(WorkRelation(kind, doi) for doi in dict.fromkeys(dois) if doi and doi != own)


def _record(item: object, doi: str, updates: tuple[Update, ...]) -> Record:
    title = _title(item)
    published = next((day for key in ("published", "issued", "posted") if (day := _date(value_at(item, key)))), None)
    numbers = (text_at(found, "clinical-trial-number") for found in items_at(item, "clinical-trial-number"))
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=tuple(name for name in map(_author, items_at(item, "author")) if name),
        year=int(published[:4]) if published else None,
        published=published,
        journal=next(iter(texts_at(item, "container-title")), None),
        journal_abbreviation=next(iter(texts_at(item, "short-container-title")), None),
        volume=text_at(item, "volume"),
        issue=text_at(item, "issue"),
        pages=text_at(item, "page") or text_at(item, "article-number"),
        doi=doi,
        registrations=tuple(dict.fromkeys(normalise_registration(number) for number in numbers if number)),
        abstract=sections(value_at(item, "abstract") if isinstance(value_at(item, "abstract"), str) else None),
        publication_types=tuple(kind for kind in (text_at(item, "type"), text_at(item, "subtype")) if kind),
        corrections=_corrections(updates),
        source="crossref",
    )


def _title(item: object) -> str:
    return title_markup(next(iter(texts_at(item, "title")), None))


def _author(found: Mapping[str, Any]) -> str | None:
    family = text_at(found, "family")
    if family is None:
        return text_at(found, "name")
    return " ".join(filter(None, (family, initials(text_at(found, "given") or ""), text_at(found, "suffix"))))


def _date(found: object) -> str | None:
    """Return date-parts ([[2021, 2, 5]], [[2021]], [[null]]) as a day."""
    lists = value_at(found, "date-parts")
    first = lists[0] if isinstance(lists, list) and lists and isinstance(lists[0], list) else []
    parts = [whole_at({"n": part}, "n") for part in first[:3]]
    numbers = parts[: parts.index(None)] if None in parts else parts
    try:
        year, month, number = (*(part or 0 for part in numbers), 1, 1, 1)[:3]
        day = date(year, month, number)
    except (ValueError, OverflowError):
        return None
    return day.isoformat()[: (0, 4, 7, 10)[len(numbers)]] if day.year > 999 and numbers else None


_REF_TYPES: dict[str, str] = {
    "correction": "ErratumIn",
    "corrigendum": "ErratumIn",
    "erratum": "ErratumIn",
    "addendum": "ErratumIn",
    "clarification": "ErratumIn",
}

#: Relations of Crossref to another text of the same work -> whether that one is the later of the two.
VERSIONS: dict[str, bool] = {
    "is-preprint-of": True,
    "is-manuscript-of": True,
    "is-replaced-by": True,
    "has-version": True,
    "has-preprint": False,
    "has-manuscript": False,
    "replaces": False,
    "is-version-of": False,
    "is-identical-to": False,
    "is-same-as": False,
    "has-translation": False,
    "is-translation-of": False,
}
