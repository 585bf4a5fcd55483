"""Records of one publication put together, as a candidate; and a study as a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...records.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ...records.joining import joined
from ...records.label import label_of, slug
from ...records.record import Record
from ...registry.store.candidate import Candidate, Sighting, candidate_key

if TYPE_CHECKING:
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata
    from .searching import Sighted

REGISTRATION = "Trial registration"  # a publication type of our own, for what a trial registry returns


def candidate_of(key: str, own: tuple[str, ...], sighted: Sequence[Sighted]) -> Candidate:
    """Return the candidate of one publication: its key and its `own` registrations are known."""
    record = joined([one.record for one in sighted])
    return Candidate.of(
        record,
        key=key,
        mentioned=() if record.registrations else own,
        sightings=tuple(Sighting(source=s.source, id=s.id, digest=s.digest, url=s.url) for s in sighted),
    )


def key_of(record: Record) -> str:
    """Return the key of the candidate that a record becomes."""
    number = record.registrations[0] if REGISTRATION in record.publication_types and record.registrations else None
    label = label_of(record.authors, record.title, record.year)
    said = (record.doi or "", record.title.casefold(), str(record.year), record.pages or "", *record.authors)
    return candidate_key(record.pmid, number, slug(label), "|".join(said))


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
        corrections=metadata.corrections if metadata else (),
        source="registry",
    )
