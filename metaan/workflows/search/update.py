"""The searches of review.yaml run again: new candidates, and what has been published about the studies.

What comes is put on disk beside the store at once, and becomes part of it as one change at the very end: a run that
fails, or is cut, leaves what was there, and no run holds all of its records in memory.
"""

from __future__ import annotations

import platform
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...errors import UsageError, choose, did_you_mean
from ...registry.load import Review, load
from ...registry.store.candidate import (
    FOLDER,
    Candidate,
    Stored,
    Suffix,
    each_candidate,
    put_candidates,
    raw_name,
)
from ...registry.store.commit import WORK, Staging, locked
from ...registry.store.json_files import json_bytes
from ...registry.store.runs import (
    WATERMARK,
    Change,
    Recheck,
    RunRecord,
    SearchMark,
    SearchRun,
    Watermark,
    read_runs,
    read_watermark,
    run_id,
    strategy_key,
    watermark_bytes,
)
from ...registry.store.shards import drop_old
from ...sources.pubmed.query import OVERLAP_DAYS
from ...version import __version__
from ..run import REAL, Run, settings_of
from .disk_list import DiskList
from .enriching import enriched
from .known_records import KnownRecords
from .matching import Matched, match
from .rechecking import Rechecked, recheck
from .searching import SEARCHERS, Hits, Intake, Sighted, Strategy, search

if TYPE_CHECKING:
    from ...registry.model.review import SearchStrategy

ALIKE = 0.75  # from here on the name of a source is another's, misspelt
TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What a run did.

    Attributes
    ----------
    run
        Its record, as it was stored.
    candidates
        The new ones, each read from its file when it is looked at.
    waiting
        How many candidates nobody has judged, those of before included.
    """

    run: RunRecord
    candidates: Sequence[Candidate]
    waiting: int

    @property
    def recheck(self) -> Recheck:
        """What was found about the studies."""
        return self.run.recheck or Recheck()


@dataclass(frozen=True, slots=True)
class _Before:
    """What the store held when the run began.

    Attributes
    ----------
    candidates
        Their keys.
    seen
        Source -> identifiers that it has for them.
    """

    review: Review
    candidates: list[str]
    seen: Mapping[str, set[str]]
    known: KnownRecords
    runs: tuple[RunRecord, ...]
    watermark: Watermark

    @classmethod
    def of(cls, folder: Path | str, review: Review) -> _Before:
        """Read the store, one candidate after the other."""
        keys: list[str] = []
        seen: defaultdict[str, set[str]] = defaultdict(set)

        def each() -> Iterator[Candidate]:
            for candidate in each_candidate(folder):
                keys.append(candidate.key)
                for sighting in candidate.sightings:
                    seen[sighting.source].add(sighting.id)
                if candidate.pmid:
                    seen["pubmed"].add(candidate.pmid)
                yield candidate

        return cls(review, keys, seen, KnownRecords.of(review, each()), read_runs(folder), read_watermark(folder))


def update(
    folder: Path | str,
    *,
    full: bool = False,
    sources: Iterable[str] | None = None,
    run: Run = REAL,
) -> UpdateReport:
    """Run the searches of review.yaml since the last complete run, and look at every study again.

    Parameters
    ----------
    folder
        The folder of the study files.
    full
        Search the whole of each source again, and say what it no longer lists.
    sources
        Only the strategies of these sources; the studies are looked at again only where PubMed is among them, or where
        no source is: then nothing else is done.
    run
        The time, who is told, and who answers.

    Raises
    ------
    UsageError
        review.yaml has no such search.
    ConflictError
        Another run is at work.
    SourceError
        A service could not be reached, or its answer is not complete. Nothing was changed.
    RegistryError
        The registry is at fault.
    """
    with locked(folder, "metaan update"):
        review = load(folder)
        only = None if sources is None else set(sources)
        chosen = _chosen(review.info.search, only, run.voice.notice)
        before = _Before.of(folder, review)
        started = run.now()
        with Staging(folder) as change, DiskList[Sighted](Path(folder) / WORK) as sighted:
            intake = Intake(run, settings_of(review), started.date(), sighted, change.put)
            asked = [(strategy, search(strategy, intake)) for strategy in (_strategy(s, before, full) for s in chosen)]
            looked_at = not only or "pubmed" in only
            rechecked = recheck(review, intake, started, before.runs) if looked_at else Rechecked()
            name = run_id(folder, started)
            matched = match(sighted, before.known)
            searches = tuple(_search_run(strategy, hits, before) for strategy, hits in asked)
            more = [*enriched(folder, sighted, matched, frozenset(before.candidates))]
            gains = {one.key: fields for one, fields in more}
            details = {"full": full, "searches": searches, "recheck": rechecked.recheck, "enriched": gains}
            record = run_of("update", name, (started, run.now()), matched, **details)
            _stage(change, intake, record, chain(matched.new, (one for one, _ in more)), rechecked)
            for path, content in _files(record, rechecked, before.watermark).items():
                change.put(path, content)
            change.decide()
        drop_old(Path(folder), FOLDER)
    there = [*before.candidates, *record.new]
    return UpdateReport(record, Stored(folder, record.new), waiting(folder, review, there))


def run_of(
    kind: Literal["update", "import"], name: str, times: tuple[datetime, datetime], matched: Matched, **details: Any
) -> RunRecord:
    """Return the record of a run from when it began and ended, what it found, and what only its kind has."""
    started, finished = (time.strftime(TIME) for time in times)
    versions = {"metaan": __version__, "python": platform.python_version()}
    found = {"new": matched.keys, "known": matched.known, "duplicates": matched.duplicates}
    return RunRecord(id=name, kind=kind, started=started, finished=finished, versions=versions, **found, **details)


def waiting(folder: Path | str, review: Review, keys: Iterable[str]) -> int:
    """Return how many of these candidates are not decided."""
    from ...registry.store.decisions import read_decisions
    from ...registry.store.standing import standings

    found = standings(read_decisions(folder), keys, review.info.screening)
    return sum(not standing.decided for standing in found.values())


def _chosen(
    written: Sequence[SearchStrategy], sources: set[str] | None, notice: Callable[[str], None]
) -> list[SearchStrategy]:
    """Return the strategies to run; a source that is misspelt in review.yaml is noticed before anything is asked.

    A database that has no client here is documented in review.yaml, and searched by people.
    """
    if not written and sources != set():
        raise UsageError("review.yaml has no search; allowed: search: [{source: pubmed, query: ...}]")
    for strategy in written:
        if get_close_matches(strategy.source.casefold(), SEARCHERS, n=1, cutoff=ALIKE):
            choose(SEARCHERS, strategy.source, "review.yaml: search: source")
    names = dict.fromkeys(strategy.source for strategy in written)
    for source in sorted(sources or ()):
        if source not in names:
            raise UsageError(f"review.yaml has no search of {source!r}; {did_you_mean(source, names)}")
    chosen = [strategy for strategy in written if sources is None or strategy.source in sources]
    for name in dict.fromkeys(strategy.source for strategy in chosen if strategy.source not in SEARCHERS):
        notice(f"{name} is not asked: search it yourself, then metaan import FILE --database {shlex.quote(name)}")
    return [strategy for strategy in chosen if strategy.source in SEARCHERS]


def _strategy(strategy: SearchStrategy, before: _Before, full: bool) -> Strategy:
    """Return what is asked: from the watermark on, else from the day that review.yaml names, else everything."""
    mark = before.watermark.get(strategy.source, {}).get(strategy_key(strategy.query))
    since = strategy.since if full or mark is None else mark.searched
    return Strategy(
        strategy.source,
        strategy.query,
        strategy.accept_dropped,
        since,
        OVERLAP_DAYS if mark and not full else 0,
        _known(strategy.source, before),
    )


def _known(source: str, before: _Before) -> frozenset[str]:
    """Return the identifiers whose records are there: of candidates, of studies, and what earlier runs matched."""
    there = {*before.known.studies, *before.candidates}
    seen = set(before.seen.get(source, ()))
    for run in before.runs:
        matched = {**run.known, **run.duplicates}.items()
        seen |= {name.partition(":")[2] for name, to in matched if to in there and name.startswith(f"{source}:")}
    return frozenset(seen)


def _search_run(strategy: Strategy, hits: Hits, before: _Before) -> SearchRun:
    numbers = before.known.numbers
    return SearchRun(
        source=strategy.source,
        strategy=strategy_key(strategy.term),
        term=strategy.term,
        asked=hits.asked,
        translation=hits.translation,
        since=strategy.start.isoformat() if strategy.start else None,
        count=hits.count,
        identifiers=hits.identifiers,
        fetched=hits.fetched,
        accepted=hits.accepted,
        messages=hits.messages,
        answers=hits.answers,
        no_longer=_no_longer(strategy, hits, before.runs) if strategy.since is None else (),
        changes=tuple(
            Change(id=number, to=numbers[number][0], what=what, day=day)
            for number, (what, day) in hits.changes.items()
            if numbers.get(number)
        ),
        version=hits.version,
    )


def _no_longer(strategy: Strategy, hits: Hits, runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return what earlier runs of a strategy listed and a search of the whole source does not."""
    name = strategy.source, strategy_key(strategy.term)
    earlier = (s for run in runs for s in run.searches if (s.source, s.strategy) == name)
    return tuple(sorted({i for s in earlier for i in s.identifiers} - set(hits.identifiers)))


def _stage(
    change: Staging, intake: Intake, run: RunRecord, candidates: Iterable[Candidate], rechecked: Rechecked
) -> None:
    """Write the candidates; of what came, drop all but the answers and the records of what is new or has changed."""
    kept = dict(intake.kept)
    for digest in (*rechecked.digests, *(digest for part in run.searches for digest in part.answers)):
        kept.pop(digest, None)
    put_candidates(change, _without_their_own(kept, candidates), frozenset(run.enriched))
    for digest, suffix in kept.items():
        change.drop(raw_name(digest, suffix))


def _without_their_own(kept: dict[str, Suffix], candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Pass candidates on, and take what the services said of each out of what can be dropped."""
    for candidate in candidates:
        for sighting in candidate.sightings:
            kept.pop(sighting.digest or "", None)
        yield candidate


def _files(run: RunRecord, rechecked: Rechecked, watermark: Watermark) -> dict[str, bytes]:
    """Return what else a run writes, by path; the watermark moves here and nowhere else."""
    moved: Watermark = {source: dict(marks) for source, marks in watermark.items()}
    day = date.fromisoformat(run.started[:10])
    for part in run.searches:
        moved.setdefault(part.source, {})[part.strategy] = SearchMark(term=part.term, searched=day, run=run.id)
    return {
        **rechecked.files,
        f"runs/{run.id}.json": json_bytes(run),
        WATERMARK: watermark_bytes(moved),
    }
