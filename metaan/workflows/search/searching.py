"""One strategy of review.yaml -> every record that its source has for it, with what the run has to remember.

To add a source: a function from `Strategy` and `Intake` to `Hits`, entered in `SEARCHERS`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from ...errors import SourceError, choose
from ...records.identifiers import find_registrations
from ...records.record import Correction
from ...registry.store.candidate import Suffix, packed, raw_name
from ...sources.databases import DATABASES
from ...sources.formats.xml_guard import guard
from ...sources.pubmed.query import OVERLAP_DAYS, PubMedQuery
from ...sources.pubmed.service import PubMed
from ..run import Run

if TYPE_CHECKING:
    from ...records.record import Record
    from ...sources.ctgov.trial import Trial
    from ...sources.net.answers import ServiceAnswer
    from ...sources.net.client import Client
    from ...sources.net.pages import Progress
    from ...sources.net.settings import Settings
    from .disk_list import DiskList

AT_ONCE = 1_000  # records of PubMed that are in memory, in five answers


@dataclass(frozen=True, slots=True)
class Strategy:
    """What is asked of one source.

    Attributes
    ----------
    since, overlap_days
        The day from which on, and how many days before it are searched again; None for the whole source.
    known
        Identifiers whose records need not be fetched again.
    """

    source: str
    term: str
    accepted: tuple[str, ...] = ()
    since: date | None = None
    overlap_days: int = OVERLAP_DAYS
    known: frozenset[str] = frozenset()

    @property
    def start(self) -> date | None:
        """The first day that is asked for, the overlap included."""
        if self.since is None:
            return None
        return date.fromordinal(max(self.since.toordinal() - self.overlap_days, 1))


@dataclass(frozen=True, slots=True)
class Sighted:
    """A record with its identifier at the source, which has the source in front: ``pubmed:35925914``."""

    record: Record
    source: str
    id: str
    digest: str | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """What known records and duplicates are listed under."""
        return f"{self.source}:{self.id}"


@dataclass(frozen=True, slots=True)
class Hits:
    """What a source answered.

    Attributes
    ----------
    version
        The one that the source says it has.
    changes
        Identifier -> what has become of it since, and on which day.
    fetched
        How many records were new enough to be fetched; they are in the intake.
    answers
        Digests of the raw answers.
    """

    asked: str
    count: int
    identifiers: tuple[str, ...]
    fetched: int
    translation: str = ""
    accepted: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    version: str | None = None
    changes: Mapping[str, tuple[Literal["results posted", "changed"], str]] = field(default_factory=dict)
    answers: tuple[str, ...] = ()


@dataclass
class Intake:
    """What a run asks with, where it puts what comes, and what it has kept of the answers.

    Attributes
    ----------
    sighted
        Takes the records.
    keep
        Takes the files of `metaan.registry.store.candidate.raw_name`: raw records, and raw answers to searches.
    kept
        Digest of each of them -> its suffix.
    answers
        Digests of the answers to the search that is run.
    """

    run: Run
    settings: Settings
    today: date
    sighted: DiskList[Sighted]
    keep: Callable[[str, bytes], None]
    kept: dict[str, Suffix] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)

    @property
    def progress(self) -> Progress:
        """Told what is being done."""
        return self.run.voice.progress

    def pubmed(self) -> tuple[PubMed, Client]:
        """Return PubMed, every record of which is kept."""
        client = self.run.client("pubmed", self.settings, self._keep_pubmed)
        return PubMed(self.settings, client=client), client

    def ask(self, source: str) -> Client:
        """Return the client of another source, whose answers are kept."""
        return self.run.client(source, self.settings, lambda answer: self._keep_answer(answer.body, source))

    def take(self, records: Iterable[Sighted]) -> int:
        """Take records, and return how many they were."""
        before = len(self.sighted)
        self.sighted.extend(records)
        return len(self.sighted) - before

    def _keep_pubmed(self, answer: ServiceAnswer) -> None:
        if not answer.url.endswith("efetch.fcgi"):
            self._keep_answer(answer.body, "pubmed")
            return
        for start, end in guard(answer.body):
            self._keep(answer.body[start:end], "xml")

    def _keep_answer(self, body: bytes, source: str) -> None:
        """Keep what names a record; an empty list may be one that was not believed."""
        if DATABASES[source].accession.search(body):
            self.answers.add(self._keep(body, "json"))

    def _keep(self, body: bytes, suffix: Suffix) -> str:
        digest = hashlib.sha256(body).hexdigest()
        if digest not in self.kept:
            self.kept[digest] = suffix
            self.keep(raw_name(digest, suffix), packed(body))
        return digest


def search(strategy: Strategy, intake: Intake) -> Hits:
    """Run one strategy.

    Raises
    ------
    UsageError
        The source is unknown, or the query cannot be right.
    SourceError
        The source could not be reached, or its answer is not complete.
    """
    intake.answers.clear()
    hits = choose(SEARCHERS, strategy.source, "source")(strategy, intake)
    return replace(hits, answers=tuple(sorted(intake.answers)))


def search_pubmed(strategy: Strategy, intake: Intake) -> Hits:
    """Search PubMed, and fetch the records that are not known."""
    from ...sources.pubmed import search as pubmed_search

    service, client = intake.pubmed()
    query = PubMedQuery(strategy.term, strategy.since, strategy.accepted, strategy.overlap_days)
    try:
        hits = pubmed_search.search(client, query, today=intake.today, progress=intake.progress)
    except pubmed_search.DroppedTermsError as error:
        listed = ", ".join(dropped.words for dropped in error.dropped)
        raise SourceError(f"{error}\nIn review.yaml: accept_dropped: [{listed}] beside the query") from None
    new = [pmid for pmid in hits.pmids if pmid not in strategy.known]
    missing: list[str] = []
    for start in range(0, len(new), AT_ONCE):
        fetched = service.fetch(new[start : start + AT_ONCE], _from(start, len(new), intake.progress))
        missing += fetched.missing
        intake.take(Sighted(a.record, "pubmed", pmid, a.digest, service.url) for pmid, a in fetched.articles.items())
    if missing:
        lost = ", ".join(missing[:10])
        raise SourceError(
            f"PubMed lists {len(missing)} record(s) that it does not return: PMID {lost}; "
            "the search is not complete; try again in a day"
        )
    dropped = tuple(map(str, hits.dropped))
    return Hits(hits.text, hits.count, hits.pmids, len(new), hits.translation, dropped, hits.messages)


def _from(start: int, total: int, progress: Progress) -> Progress:
    """Return what tells of a part of many records as of the whole."""
    return lambda what, done, _: progress(what, start + done, total)


def search_ctgov(strategy: Strategy, intake: Intake) -> Hits:
    """Search ClinicalTrials.gov for trials that are new, changed, or have posted results."""
    from ...sources.ctgov.query import TrialQuery
    from ...sources.ctgov.service import ClinicalTrials

    service = ClinicalTrials(intake.settings, client=intake.ask("ctgov"))
    query = TrialQuery(term=strategy.term, updated_since=strategy.start)
    version = service.version()
    trials = service.search(query, intake.progress)
    fetched = intake.take(
        Sighted(_with_publications(trial), "ctgov", trial.nct_id, trial.digest, trial.url)
        for trial in trials
        if trial.nct_id not in strategy.known
    )
    asked = "&".join(f"{name}={value}" for name, value in query.params().items())
    nct_ids = tuple(trial.nct_id for trial in trials)
    changes = {trial.nct_id: change for trial in trials if (change := _change(trial, strategy.start))}
    return Hits(asked, len(trials), nct_ids, fetched, version=f"{version.api} ({version.data})", changes=changes)


def _with_publications(trial: Trial) -> Record:
    """Return a registration with the articles that it names as its own; what it names as background is others' work.

    Of its numbers those of registries are kept: what a sponsor calls it (a 1, a COVID-19) others call theirs too.
    """
    named = (r for r in trial.references if r.pmid and r.kind in ("RESULT", "DERIVED"))
    links = (Correction(f"{r.kind} reference", r.citation, r.pmid) for r in named)
    record = trial.record()
    numbers = (number for number in record.registrations if find_registrations(number) or _EUDRACT.fullmatch(number))
    return replace(record, registrations=tuple(numbers), corrections=tuple(links))


def _change(trial: Trial, start: date | None) -> tuple[Literal["results posted", "changed"], str] | None:
    """Say what has become of a trial since a day; of the whole past only that there are results."""
    since = start.isoformat() if start else ""
    posted, updated = trial.dates.results_posted, trial.dates.last_updated
    if trial.has_results and (posted or "") >= since:
        return "results posted", posted or ""
    return ("changed", updated) if since and updated and updated >= since else None


def search_europepmc(strategy: Strategy, intake: Intake) -> Hits:
    """Search Europe PMC; a strategy for preprints alone says so with SRC:PPR."""
    from ...sources.europepmc.service import EuropePMC, EuropePMCQuery

    service = EuropePMC(intake.settings, client=intake.ask("europepmc"))
    query = EuropePMCQuery(strategy.term, since=strategy.since, overlap_days=strategy.overlap_days)
    hits = service.search(query, intake.progress)
    found = {f"{record.extra['source']}-{record.extra['id']}": record for record in hits.records}
    fetched = intake.take(
        Sighted(record, "europepmc", name) for name, record in sorted(found.items()) if name not in strategy.known
    )
    return Hits(hits.text, hits.count, tuple(sorted(found)), fetched)


_EUDRACT = re.compile(r"\d{4}-\d{6}-\d{2}")  # as it stands in a field for numbers, without its name

SEARCHERS: dict[str, Callable[[Strategy, Intake], Hits]] = {
    "pubmed": search_pubmed,
    "ctgov": search_ctgov,
    "europepmc": search_europepmc,
}
