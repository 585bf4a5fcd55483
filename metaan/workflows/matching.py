"""Records that came in against everything that is there: known, a duplicate, or a new candidate with its questions.

Automatic merging is that of `metaan.sources.deduplicate`. Publications of one study are linked, by registration, by
erratum or by preprint, and never merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..registry.candidates import Candidate, LikelyDuplicate, Link
from ..sources.deduplicate import Deduplication, deduplicate
from ..sources.identifiers import normalise_doi, normalise_pmid
from ..sources.markup import plain_text
from .as_records import REGISTRATION, candidate_of, numbers_of, own_numbers, record_of_candidate, record_of_study

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..sources.record import Record
    from .searching import Sighted

MOST_LINKS = 20  # of one candidate; a pooled analysis may name every trial of its field


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
    new: dict[int, Candidate] = {}
    taken = set(shelf.names)
    whose = dict(enumerate(shelf.names))
    for cluster in (cluster for cluster in ded.clusters if cluster[-1] >= base):
        ours = [rest[index - base] for index in cluster if index >= base]
        candidate = None if cluster[0] < base else candidate_of(ours, run, found)
        name = candidate.key if candidate else shelf.names[cluster[0]]
        whose |= dict.fromkeys(cluster, name)
        if candidate and name not in taken:
            taken.add(name)
            new |= dict.fromkeys(cluster, candidate)
            ours = ours[1:]
        # What is taken is alike to the last letter, though too short to be merged by a rule.
        owned |= {one.name: name for one in ours}
    records = [*shelf.records, *(one.record for one in rest)]
    asked = _questions(ded, records, whose, new)
    linked = _links(new, shelf, _kin(ded, whose, new))
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
    ded: Deduplication, records: Sequence[Record], whose: Mapping[int, str], new: Mapping[int, Candidate]
) -> defaultdict[str, list[LikelyDuplicate]]:
    """Return for each new candidate what it may be the same as, the evidence beside it."""
    asked: defaultdict[str, list[LikelyDuplicate]] = defaultdict(list)
    for pair in ded.questions:
        evidence = ded.evidence[pair]
        for index, other in (pair, pair[::-1]):
            if index in new and not (other in new and other > index):  # of two new ones, the later asks
                asked[new[index].key].append(
                    LikelyDuplicate(
                        to=whose[other],
                        title=plain_text(new[other].title) if other in new else records[other].title,
                        why=evidence.rule,
                        similarity=round(evidence.similarity, 1),
                        agree=evidence.agree,
                        differ=evidence.differ,
                    )
                )
    return asked


def _kin(ded: Deduplication, whose: Mapping[int, str], new: Mapping[int, Candidate]) -> defaultdict[str, list[Link]]:
    """Return for each new candidate what its title says that it belongs to: the paper of an erratum or a preprint."""
    kin: defaultdict[str, list[Link]] = defaultdict(list)
    for pair in ded.linked:
        for index, other in (pair, pair[::-1]):
            if index in new and pair in ded.evidence and whose[other] != new[index].key:
                kin[new[index].key].append(Link(to=whose[other], how=ded.evidence[pair].rule))
    return kin


def _links(new: Mapping[int, Candidate], shelf: Shelf, kin: Mapping[str, list[Link]]) -> dict[str, tuple[Link, ...]]:
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
        key: _once(_links_of(candidate, numbers, pmids, backward), kin.get(key, ()))
        for key, candidate in unique.items()
    }


def _once(said: Iterable[Link], guessed: Iterable[Link]) -> tuple[Link, ...]:
    """Return what a record says that it belongs to, then what its title tells of others, each once."""
    links = dict.fromkeys(said)
    named = {link.to for link in links}
    return tuple(links | dict.fromkeys(link for link in guessed if link.to not in named))[:MOST_LINKS]


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
