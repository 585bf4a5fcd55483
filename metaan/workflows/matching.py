"""Records that came in against everything that is there: known, a duplicate, or a new candidate with its questions.

Automatic merging is that of `metaan.sources.deduplicate`. Publications of one study are linked, by registration, by
erratum or by preprint, and never merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..registry.candidates import Candidate, LikelyDuplicate, Link, Sighting, candidate_key
from ..registry.metadata import AbstractPart, Correction
from ..sources.deduplicate import Deduplication, deduplicate
from ..sources.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ..sources.markup import escape, plain_text
from ..sources.record import AbstractPart as RecordPart
from ..sources.record import Correction as RecordLink
from ..sources.record import Record
from .slug import label_of, slug

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.metadata import Metadata
    from ..registry.model import Study
    from .searching import Sighted

MOST_LINKS = 20  # of one candidate; a pooled analysis may name every trial of its field
REGISTRATION = "Trial registration"  # a publication type of our own, for what a trial registry returns
_POOLED = frozenset({"Meta-Analysis", "Systematic Review", "Review"})


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of records.

    Attributes
    ----------
    new
        Candidates, in the order in which their first record came.
    known, duplicates
        Name of a record -> study that it is, or candidate that it belongs to.
    """

    new: tuple[Candidate, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    duplicates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is there: records of studies and candidates, each with its name, and the ways to find them."""

    names: list[str]
    records: list[Record]
    studies: frozenset[str]
    pmids: dict[str, str]
    dois: dict[str, str]
    numbers: dict[str, list[str]]

    @classmethod
    def of(cls, review: Review, candidates: Mapping[str, Candidate]) -> Shelf:
        """Return the shelf of a registry: its studies first, so that they go before candidates."""
        shelf = cls([], [], frozenset(study.id for study in review.studies), {}, {}, defaultdict(list))
        for study in review.studies:
            record = record_of_study(study, review.metadata.get(study.id))
            shelf.put(study.id, record, own_numbers(record))
            for relation in study.relations:
                if relation.study is None and relation.kind != "overlaps with":
                    shelf.name(study.id, normalise_pmid(relation.pmid), normalise_doi(relation.doi))
        for key, candidate in candidates.items():
            shelf.put(key, record_of_candidate(candidate), numbers_of(candidate))
        return shelf

    def put(self, name: str, record: Record, numbers: Iterable[str]) -> None:
        """Add a study or a candidate, with the numbers of its own registration."""
        self.names.append(name)
        self.records.append(record)
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


def match(sighted: Sequence[Sighted], shelf: Shelf, run: str, found: str) -> Matched:
    """Say of each record what it is.

    Parameters
    ----------
    sighted
        Records as they came, of all sources of a run.
    shelf
        What is there already.
    run, found
        Name and time of the run, for the new candidates.
    """
    owned = {one.name: owner for one in sighted if (owner := shelf.owner(one.record))}
    rest = [one for one in {one.name: one for one in sighted}.values() if one.name not in owned]
    base = len(shelf.records)
    ded = deduplicate([*shelf.records, *(one.record for one in rest)])
    clusters = [cluster for cluster in ded.clusters if cluster[-1] >= base]
    new: dict[int, Candidate] = {}
    taken = set(shelf.names)
    for cluster in clusters:
        ours = [rest[index - base] for index in cluster if index >= base]
        if cluster[0] < base:
            owned |= {one.name: shelf.names[cluster[0]] for one in ours}
            continue
        candidate = candidate_of(ours, run, found)
        if candidate.key in taken:  # alike to the last letter, though too short to be merged by a rule
            owned |= {one.name: candidate.key for one in ours}
            continue
        taken.add(candidate.key)
        new |= dict.fromkeys(cluster, candidate)
        owned |= {one.name: candidate.key for one in ours[1:]}
    asked = _questions(ded, shelf, new)
    linked = _links(new, shelf)
    unique = {candidate.key: candidate for candidate in new.values()}
    finished = (
        candidate.model_copy(update={"questions": tuple(asked[key]), "linked": linked[key]})
        for key, candidate in unique.items()
    )
    return Matched(
        tuple(finished),
        {name: owner for name, owner in owned.items() if owner in shelf.studies},
        {name: owner for name, owner in owned.items() if owner not in shelf.studies},
    )


def _questions(
    ded: Deduplication, shelf: Shelf, new: Mapping[int, Candidate]
) -> defaultdict[str, list[LikelyDuplicate]]:
    """Return for each new candidate what it may be the same as, the evidence beside it."""
    asked: defaultdict[str, list[LikelyDuplicate]] = defaultdict(list)
    for pair in ded.questions:
        evidence = ded.evidence[pair]
        for index, other in (pair, pair[::-1]):
            if index in new and not (other in new and other > index):  # of two new ones, the later asks
                to = new.get(other)
                asked[new[index].key].append(
                    LikelyDuplicate(
                        to=to.key if to else shelf.names[other],
                        title=plain_text(to.title) if to else shelf.records[other].title,
                        why=evidence.rule,
                        similarity=round(evidence.similarity, 1),
                        agree=evidence.agree,
                        differ=evidence.differ,
                    )
                )
    return asked


def _links(new: Mapping[int, Candidate], shelf: Shelf) -> dict[str, tuple[Link, ...]]:
    """Return for each new candidate the studies and candidates that it belongs to."""
    unique = {candidate.key: candidate for candidate in new.values()}
    numbers, pmids = defaultdict(list, {k: list(v) for k, v in shelf.numbers.items()}), dict(shelf.pmids)
    for key, candidate in unique.items():
        for number in numbers_of(candidate):
            numbers[number].append(key)
        if candidate.pmid:
            pmids.setdefault(candidate.pmid, key)
    backward = _backward(shelf)
    return {
        key: tuple(dict.fromkeys(_links_of(candidate, numbers, pmids, backward)))[:MOST_LINKS]
        for key, candidate in unique.items()
    }


def _links_of(
    candidate: Candidate,
    numbers: Mapping[str, list[str]],
    pmids: Mapping[str, str],
    backward: Mapping[str, list[Link]],
) -> Iterator[Link]:
    for link in candidate.corrections:
        if link.pmid and (to := pmids.get(link.pmid)) and to != candidate.key:
            yield Link(to=to, how=link.kind)
    yield from backward.get(candidate.pmid or "", ())
    for number in numbers_of(candidate):
        for to in numbers.get(number, ()):
            if to != candidate.key:
                yield Link(to=to, how=f"registered as {number}")


def _backward(shelf: Shelf) -> dict[str, list[Link]]:
    """Return PMID -> what says of itself that this is its erratum, preprint or retraction."""
    found: defaultdict[str, list[Link]] = defaultdict(list)
    for name, record in zip(shelf.names, shelf.records):
        for link in record.corrections:
            if link.pmid:
                found[link.pmid].append(Link(to=name, how=f"its {link.kind}"))
    return found


def own_numbers(record: Record) -> tuple[str, ...]:
    """Return the registration of a record's own trial; what a pooled analysis names are those of others."""
    if _POOLED & set(record.publication_types):
        return ()
    mentioned = record.mentioned_registrations
    return record.registrations or (mentioned if len(mentioned) == 1 else ())


def numbers_of(candidate: Candidate) -> tuple[str, ...]:
    """Return the registration of a candidate's own trial, found when the candidate was."""
    return () if _POOLED & set(candidate.publication_types) else candidate.registrations or candidate.mentioned


def candidate_of(sighted: Sequence[Sighted], run: str, found: str) -> Candidate:
    """Return the candidate of one publication: the best of its records, what that lacks filled in from the others."""
    ordered = sorted(sighted, key=lambda one: (one.record.pmid is None, not one.record.abstract))
    record = _filled([one.record for one in ordered])
    number = record.registrations[0] if REGISTRATION in record.publication_types and record.registrations else None
    label = label_of(record.authors, record.title, record.year)
    said = (record.doi or "", record.title.casefold(), str(record.year), record.pages or "", *record.authors)
    return Candidate(
        key=candidate_key(record.pmid, number, slug(label), "|".join(said)),
        title=record.title_markup or escape(record.title),
        abstract=tuple(AbstractPart(label=part.label, text=part.text) for part in record.abstract),
        corrections=tuple(
            Correction(kind=link.kind, source=link.source or None, pmid=link.pmid, note=link.note)
            for link in record.corrections
            if link.kind
        ),
        mentioned=() if record.registrations else own_numbers(record),
        retracted=record.retracted,
        concern=record.concern,
        sightings=tuple(Sighting(source=s.source, id=s.id, digest=s.digest, url=s.url) for s in sighted),
        found=found,
        run=run,
        **{name: getattr(record, name) for name in _SAME},
    )


def _filled(records: Sequence[Record]) -> Record:
    """Return the first record with what it lacks taken from the next ones."""
    first = records[0]
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
