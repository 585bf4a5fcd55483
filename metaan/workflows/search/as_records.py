"""Studies, candidates and records as each other: what one of them says in the shape of the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...records.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ...records.label import label_of, slug
from ...records.markup import escape, plain_text
from ...records.record import POOLED, Record
from ...records.record import AbstractPart as RecordPart
from ...records.record import Correction as RecordLink
from ...registry.store.candidate import Candidate, Sighting, candidate_key
from ...registry.store.metadata import AbstractPart, Correction

if TYPE_CHECKING:
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata
    from .searching import Sighted

REGISTRATION = "Trial registration"  # a publication type of our own, for what a trial registry returns


def numbers_of(candidate: Candidate) -> tuple[str, ...]:
    """Return the registration of a candidate's own trial, found when the candidate was."""
    return () if POOLED & set(candidate.publication_types) else candidate.registrations or candidate.mentioned


def candidate_of(key: str, own: tuple[str, ...], sighted: Sequence[Sighted]) -> Candidate:
    """Return the candidate of one publication: its key and its `own` registrations are known."""
    record = joined([one.record for one in sighted])
    return Candidate(
        key=key,
        title=record.title_markup or escape(record.title),
        abstract=tuple(AbstractPart(label=part.label, text=part.text) for part in record.abstract),
        corrections=tuple(
            Correction(kind=link.kind, source=link.source or None, pmid=link.pmid, note=link.note)
            for link in record.corrections
            if link.kind
        ),
        mentioned=() if record.registrations else own,
        retracted=record.retracted,
        concern=record.concern,
        sightings=tuple(Sighting(source=s.source, id=s.id, digest=s.digest, url=s.url) for s in sighted),
        **{name: getattr(record, name) for name in _SAME},
    )


def joined(records: Sequence[Record]) -> Record:
    """Return the best of a publication's records, what that lacks filled in from the others."""
    return _filled(sorted(records, key=lambda record: (record.pmid is None, not record.abstract)))


def key_of(record: Record) -> str:
    """Return the key of the candidate that a record becomes."""
    number = record.registrations[0] if REGISTRATION in record.publication_types and record.registrations else None
    label = label_of(record.authors, record.title, record.year)
    said = (record.doi or "", record.title.casefold(), str(record.year), record.pages or "", *record.authors)
    return candidate_key(record.pmid, number, slug(label), "|".join(said))


def _filled(records: Sequence[Record]) -> Record:
    """Return the first record with what it lacks taken from the next ones."""
    first = records[0]
    if len(records) == 1:
        return first
    missing = {
        name: next((value for other in records[1:] if (value := getattr(other, name))), None)
        for name in (*_SAME, "abstract", "corrections")
        if not getattr(first, name) and name != "authors_complete"
    }
    return replace(first, **{name: value for name, value in missing.items() if value})


def record_of_candidate(candidate: Candidate) -> Record:
    """Return a candidate as the record that it came from."""
    return Record(
        title=plain_text(candidate.title),
        title_markup=candidate.title,
        abstract=_parts(candidate.abstract),
        corrections=_corrections(candidate.corrections),
        source=candidate.sightings[0].source,
        **{name: getattr(candidate, name) for name in _SAME},
    )


def record_of_study(study: Study, metadata: Metadata | None) -> Record:
    """Return a study as the record of its main publication: its own file, and what was fetched where that is silent."""
    citation = study.citation
    registrations = [*study.registrations, *(metadata.registrations if metadata else ())]
    return Record(
        title=study.title,
        authors=citation.authors or (metadata.authors if metadata else ()),
        year=citation.year or (metadata.year if metadata else None),
        journal=citation.journal,
        journal_abbreviation=citation.journal_abbreviation,
        volume=citation.volume,
        issue=citation.issue,
        pages=citation.pages,
        doi=normalise_doi(study.doi) or (metadata.doi if metadata else None),
        pmid=normalise_pmid(study.pmid) or (metadata.pmid if metadata else None),
        registrations=tuple(dict.fromkeys(map(normalise_registration, registrations))),
        publication_types=metadata.publication_types if metadata else (),
        corrections=_corrections(metadata.corrections) if metadata else (),
        source="registry",
    )


def _parts(parts: Iterable[AbstractPart]) -> tuple[RecordPart, ...]:
    return tuple(RecordPart(part.label, part.text) for part in parts)


def _corrections(links: Iterable[Correction]) -> tuple[RecordLink, ...]:
    return tuple(RecordLink(link.kind, link.source or "", link.pmid, link.note) for link in links)


# What a record and a candidate call alike.
_SAME = (
    "authors",
    "authors_complete",
    "year",
    "published",
    "journal",
    "journal_abbreviation",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registrations",
    "mesh",
    "keywords",
    "publication_types",
)
