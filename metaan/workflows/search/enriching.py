"""A record of a candidate that is there already: what it says more goes into the candidate, and the run says so.

Nothing that a person wrote is touched: candidates are what sources said, and decisions and studies stand elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import RegistryError
from ...records.joining import gained, joined
from ...registry.store.candidate import Candidate, Candidates, Sighting
from ...registry.store.set_aside import set_aside

if TYPE_CHECKING:
    from ...records.record import Record
    from .matching import Matched
    from .searching import Sighted


def enriched(
    folder: Path | str, sighted: Iterable[Sighted], matched: Matched, there: Collection[str]
) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
    """Yield each candidate that was there and of which a record says more: as it is now, and the fields that it gained.

    Parameters
    ----------
    folder
        The folder of the studies.
    sighted, matched
        The records that came in, and what became of them.
    there
        The keys of the candidates that were there before.
    """
    more: defaultdict[str, list[Sighted]] = defaultdict(list)
    owners = {name: key for name, key in matched.duplicates.items() if key in there}
    for one in sighted if owners else ():
        if key := owners.get(one.name):
            more[key].append(one)
    keys = dict.fromkeys([*more, *(key for key in matched.bridged if key in there)])
    candidates = Candidates(folder) if keys else {}
    for key in keys:
        try:
            before = candidates[key]
        except RegistryError as error:
            set_aside(error.problems)
            continue
        ones = more.get(key, ())
        after, fields = united(before, [one.record for one in ones], tuple(map(sighting_of, ones)))
        question = matched.bridged.get(key)
        if question and question.to not in {asked.to for asked in before.questions}:
            after = after.model_copy(update={"questions": (*before.questions, question)})
            fields = (*fields, "questions")
        if fields:
            yield after, fields


def united(
    candidate: Candidate, records: Sequence[Record], sightings: Sequence[Sighting]
) -> tuple[Candidate, tuple[str, ...]]:
    """Return a candidate with what further records of it say, and the fields in which that is more."""
    before = candidate.record(candidate.sightings[0].source)
    after = joined([before, *records])
    fields = gained(before, after)
    if not fields:
        return candidate, ()
    made = Candidate.of(
        after,
        key=candidate.key,
        mentioned=() if after.registrations else candidate.mentioned or after.own_registrations,
        sightings=tuple(dict.fromkeys([*candidate.sightings, *sightings])),
        linked=candidate.linked,
        questions=candidate.questions,
        found=candidate.found,
        run=candidate.run,
    )
    return made, fields


def sighting_of(one: Sighted) -> Sighting:
    """Return where a record was seen."""
    return Sighting(source=one.source, id=one.id, digest=one.digest, url=one.url)


def counted(fields: Mapping[str, Sequence[str]]) -> str:
    """Return in how many candidates which fields say more: "abstract 12, pmid 3"."""
    counts = Counter(name for names in fields.values() for name in names)
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.most_common())
