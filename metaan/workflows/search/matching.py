"""Records that came in against everything that is there: known, a duplicate, or a new candidate with its questions.

Automatic merging is that of `metaan.records.same.deduplicate`. Publications of one study are linked, by registration,
by erratum or by preprint, and never merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, overload

from ...records.joining import joined
from ...records.same.deduplicate import Deduplication, find_duplicates
from ...registry.store.candidate import Candidate, LikelyDuplicate, PublicationLink
from .as_records import candidate_of, key_of
from .known_records import Brief, KnownRecords

if TYPE_CHECKING:
    from ...records.record import Record
    from ...records.same.rules import MatchEvidence
    from .searching import Sighted

MOST_LINKS = 20  # of one candidate; a pooled analysis may name every trial of its field


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of records.

    Attributes
    ----------
    new
        Candidates, in the order in which their first record came; each is made when it is looked at.
    keys
        Their keys.
    known, duplicates
        Name of a record -> study that it is, or candidate that it belongs to.
    bridged
        Key of a candidate that was there -> the study or candidate that a new record says is the same publication.
    """

    new: Sequence[Candidate] = ()
    keys: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    duplicates: Mapping[str, str] = field(default_factory=dict)
    bridged: Mapping[str, LikelyDuplicate] = field(default_factory=dict)


def match(sighted: Sequence[Sighted], known: KnownRecords) -> Matched:
    """Say of each record what it is.

    Parameters
    ----------
    sighted
        Records as they came, of all sources of a run.
    known
        What is there already.
    """
    owned, fresh = _read(sighted, known)
    names, rest = list(fresh), list(fresh.values())
    briefs = [*known.briefs, *(one.brief for one in rest)]
    base = len(known.names)
    ded = find_duplicates([brief.keys for brief in briefs], [brief.named for brief in briefs], base)
    made = _Made(sighted)
    taken = set(known.names)
    whose, new = dict(enumerate(known.names)), dict[int, str]()
    for cluster in ded.clusters:
        if cluster[-1] < base:
            continue
        ours = [index - base for index in cluster if index >= base]
        one = rest[ours[0]] if len(ours) == 1 else _joined([sighted[rest[at].place].record for at in ours])
        key = known.names[cluster[0]] if cluster[0] < base else one.key
        whose |= dict.fromkeys(cluster, key)
        is_new = key not in taken  # else known; or alike to the last letter, though too short to be merged by a rule
        if is_new:
            new |= dict.fromkeys(cluster, key)
            made.add(key, [rest[at].place for at in ours], one.brief)
        taken.add(key)
        owned |= {names[at]: key for at in ours[is_new:]}
    made.asked = _questions(ded, briefs, whose, new)
    made.linked = _links(made.briefs, known, _kin(ded, whose, new))
    return Matched(
        made,
        tuple(made.briefs),
        {name: owner for name, owner in owned.items() if owner in known.studies},
        {name: owner for name, owner in owned.items() if owner not in known.studies},
        dict(_bridged(ded, briefs, known)),
    )


def _bridged(ded: Deduplication, briefs: Sequence[Brief], known: KnownRecords) -> Iterator[tuple[str, LikelyDuplicate]]:
    """Yield each candidate that was there beside another one until a record came that is of both."""
    base = len(known.names)
    for cluster in ded.clusters:
        there = [index for index in cluster if index < base]
        for index in there[1:] if cluster[-1] >= base else ():
            evidence = [found for new in cluster if new >= base and (found := ded.evidence.get((index, new)))]
            if known.names[index] not in known.studies and evidence:
                yield known.names[index], _question(known.names[there[0]], briefs[there[0]], evidence[0])


def _question(to: str, brief: Brief, evidence: MatchEvidence) -> LikelyDuplicate:
    return LikelyDuplicate(
        to=to,
        title=brief.title,
        why=evidence.rule,
        similarity=round(evidence.similarity, 1),
        agree=evidence.agree,
        differ=evidence.differ,
    )


class _Fresh(NamedTuple):
    """A record that is nobody's for certain: its place, and the key that its candidate would have."""

    place: int
    key: str
    brief: Brief


def _joined(records: Sequence[Record]) -> _Fresh:
    record = joined(records)
    return _Fresh(-1, key_of(record), Brief.of(record))


def _read(sighted: Sequence[Sighted], known: KnownRecords) -> tuple[dict[str, str], dict[str, _Fresh]]:
    """Return whose records are known for certain, and the others, the last of each name."""
    owned: dict[str, str] = {}
    fresh: dict[str, _Fresh] = {}
    for place, one in enumerate(sighted):
        if owner := known.owner(one.record):
            owned[one.name] = owner
        else:
            fresh[one.name] = _Fresh(place, key_of(one.record), Brief.of(one.record))
    return owned, {name: one for name, one in fresh.items() if name not in owned}


class _Made(Sequence[Candidate]):
    """The new candidates, each made of its records when it is looked at."""

    def __init__(self, sighted: Sequence[Sighted]) -> None:
        self._sighted = sighted
        self._places: list[list[int]] = []
        self._keys: list[str] = []
        self.briefs: dict[str, Brief] = {}
        self.asked: Mapping[str, Sequence[LikelyDuplicate]] = {}
        self.linked: Mapping[str, tuple[PublicationLink, ...]] = {}

    def add(self, key: str, places: list[int], brief: Brief) -> None:
        """Add one by the places of its records."""
        self._places.append(places)
        self._keys.append(key)
        self.briefs[key] = brief

    @overload
    def __getitem__(self, index: int) -> Candidate: ...

    @overload
    def __getitem__(self, index: slice) -> list[Candidate]: ...

    def __getitem__(self, index: int | slice) -> Candidate | list[Candidate]:
        """Return one with its questions and links."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        key, sighted = self._keys[index], [self._sighted[at] for at in self._places[index]]
        made = candidate_of(key, self.briefs[key].own, sighted)
        more = {"questions": tuple(self.asked.get(key, ())), "linked": self.linked[key]}
        return made.model_copy(update=more)

    def __len__(self) -> int:
        return len(self._places)


def _questions(
    ded: Deduplication, briefs: Sequence[Brief], whose: Mapping[int, str], new: Mapping[int, str]
) -> defaultdict[str, list[LikelyDuplicate]]:
    """Return for each new candidate what it may be the same as, the evidence beside it."""
    asked: defaultdict[str, list[LikelyDuplicate]] = defaultdict(list)
    for pair in ded.questions:
        evidence = ded.evidence[pair]
        for index, other in (pair, pair[::-1]):
            if index in new and not (other in new and other > index):  # of two new ones, the later asks
                asked[new[index]].append(_question(whose[other], briefs[other], evidence))
    return asked


def _kin(
    ded: Deduplication, whose: Mapping[int, str], new: Mapping[int, str]
) -> defaultdict[str, list[PublicationLink]]:
    """Return for each new candidate what its title says that it belongs to: the paper of an erratum or a preprint."""
    kin: defaultdict[str, list[PublicationLink]] = defaultdict(list)
    for pair in ded.linked:
        for index, other in (pair, pair[::-1]):
            if index in new and pair in ded.evidence and whose[other] != new[index]:
                kin[new[index]].append(PublicationLink(to=whose[other], how=ded.evidence[pair].rule))
    return kin


def _links(
    new: Mapping[str, Brief], known: KnownRecords, kin: Mapping[str, list[PublicationLink]]
) -> dict[str, tuple[PublicationLink, ...]]:
    """Return for each new candidate the studies and candidates that it belongs to."""
    numbers, pmids = defaultdict(list, {k: list(v) for k, v in known.numbers.items()}), dict(known.pmids)
    for key, brief in new.items():
        for number in brief.own:
            numbers[number].append(key)
        if brief.pmid:
            pmids.setdefault(brief.pmid, key)
    backward = _backward(known)
    return {key: _once(_links_of(key, brief, numbers, pmids, backward), kin.get(key, ())) for key, brief in new.items()}


def _once(said: Iterable[PublicationLink], guessed: Iterable[PublicationLink]) -> tuple[PublicationLink, ...]:
    """Return what a record says that it belongs to, then what its title tells of others, each once."""
    links = dict.fromkeys(said)
    named = {link.to for link in links}
    return tuple(links | dict.fromkeys(link for link in guessed if link.to not in named))[:MOST_LINKS]


def _links_of(
    key: str,
    brief: Brief,
    numbers: Mapping[str, list[str]],
    pmids: Mapping[str, str],
    backward: Mapping[str, list[PublicationLink]],
) -> Iterator[PublicationLink]:
    for pmid, kind in brief.links:
        if kind and (to := pmids.get(pmid)) and to != key:
            yield PublicationLink(to=to, how=kind)
    yield from backward.get(brief.pmid, ())
    for number in brief.own:
        for to in numbers.get(number, ()):
            if to != key:
                yield PublicationLink(to=to, how=f"registered as {number}")


def _backward(known: KnownRecords) -> dict[str, list[PublicationLink]]:
    """Return PMID -> what says of itself that this is its erratum, preprint or retraction."""
    found: defaultdict[str, list[PublicationLink]] = defaultdict(list)
    for name, brief in zip(known.names, known.briefs):
        for pmid, kind in brief.links:
            found[pmid].append(PublicationLink(to=name, how=f"its {kind}"))
    return found
