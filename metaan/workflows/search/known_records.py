"""What is there already, and how a record that comes in is known again: all that a run holds of it in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...records.identifiers import normalise_doi, normalise_pmid
from ...records.same.keys import Keys
from ...registry.store.candidate import Candidate
from .as_records import REGISTRATION, record_of_study

if TYPE_CHECKING:
    from ...records.record import Record
    from ...registry.load import Review


@dataclass(frozen=True, slots=True)
class Brief:
    """What the rest of a run has to know of a publication: not its abstract, which is most of what a record holds.

    Attributes
    ----------
    pmid
        Empty where it has none.
    links
        PMID of another publication and how that has to do with this one.
    named, own
        The registrations that it names, and those of its own trial.
    """

    title: str
    pmid: str
    links: tuple[tuple[str, str], ...]
    named: tuple[str, ...]
    own: tuple[str, ...]
    keys: Keys

    @classmethod
    def of(cls, record: Record, own: Iterable[str] | None = None) -> Brief:
        """Return what is to be known of a record."""
        links = tuple((link.pmid, link.kind) for link in record.corrections if link.pmid)
        numbers = record.own_registrations if own is None else tuple(own)
        return cls(record.title, record.pmid or "", links, record.registrations, numbers, Keys.of(record))


@dataclass(frozen=True, slots=True)
class KnownRecords:
    """What is there: studies and candidates, each with its name, and the ways to find them."""

    names: list[str]
    briefs: list[Brief]
    studies: frozenset[str]
    pmids: dict[str, str]
    dois: dict[str, str]
    numbers: dict[str, list[str]]

    @classmethod
    def of(cls, review: Review, candidates: Iterable[Candidate]) -> KnownRecords:
        """Return those of a registry: its studies first, so that they go before candidates."""
        known = cls([], [], frozenset(study.id for study in review.studies), {}, {}, defaultdict(list))
        for study in review.studies:
            record = record_of_study(study, review.metadata.get(study.id))
            known.put(study.id, record, record.own_registrations)
            for relation in study.relations:
                if relation.study is None and relation.kind != "overlaps with":
                    known.name(study.id, normalise_pmid(relation.pmid), normalise_doi(relation.doi))
        for candidate in candidates:
            known.put(candidate.key, candidate.record(candidate.sightings[0].source), candidate.own_registrations)
        return known

    def put(self, name: str, record: Record, numbers: Iterable[str]) -> None:
        """Add a study or a candidate, with the numbers of its own registration."""
        self.names.append(name)
        self.briefs.append(Brief.of(record, numbers))
        self.name(name, record.pmid, record.doi)
        for number in numbers:
            self.numbers[number].append(name)

    def name(self, name: str, pmid: str | None, doi: str | None) -> None:
        """Let an identifier stand for a study or candidate, the first of several that have it."""
        if pmid:
            self.pmids.setdefault(pmid, name)
        if doi:
            self.dois.setdefault(doi, name)

    def owner(self, record: Record) -> str | None:
        """Return whose record it is for certain: the same PMID, a DOI listed by a study, its registration."""
        if record.pmid and record.pmid in self.pmids:
            return self.pmids[record.pmid]
        if REGISTRATION in record.publication_types:
            owners = [name for number in record.registrations for name in self.numbers.get(number, ())]
            return next((name for name in owners if name in self.studies), None)
        return None
