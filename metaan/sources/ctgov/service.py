"""ClinicalTrials.gov, API version 2: trials by expression or by number, each list checked against what was asked.

One day decides about an update: a trial that is new, changed, or has posted results has a new LastUpdatePostDate, so
one search finds all three, and the dates inside the trial say which it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import UsageError
from ..formats import json_text
from ..net.answers import ServiceAnswer, UnreadableError
from ..net.client import RefusedError
from ..net.pages import ListPage, Progress, TornError, collected, silent, whole
from ..net.services import Calls
from .query import TrialQuery
from .trial import Trial, normalise_nct, parse_trial

BATCH = 300  # numbers in one filter.ids
PAGE = 200  # whole studies on a page: 20 kB each as a rule, 240 kB with results
PAGE_OF_STAMPS = 1_000  # the most that the service sends
STAMP_FIELDS = "NCTId,LastUpdatePostDate,OverallStatus,HasResults"


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Of what a run was told: the version of the interface, and the time of the data as the service writes it."""

    api: str
    data: str


@dataclass(frozen=True, slots=True)
class TrialStamp:
    """By what a change is known."""

    last_updated: str | None
    status: str | None
    has_results: bool


@dataclass(frozen=True, slots=True)
class FetchedTrials:
    """What the registry returned for a list of numbers.

    Attributes
    ----------
    trials
        By the number that was asked for.
    aliases
        Asked number -> number under which the registry now keeps that trial.
    missing
        Numbers that the registry does not know; each was asked for alone.
    """

    trials: Mapping[str, Trial] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What has become of known trials: those that moved, whole; ``posted_results`` had none before."""

    moved: Mapping[str, Trial]
    unchanged: tuple[str, ...]
    posted_results: tuple[str, ...]
    aliases: Mapping[str, str]
    missing: tuple[str, ...]


class ClinicalTrials(Calls):
    """The calls that a review needs."""

    service = "ctgov"

    def version(self) -> DataVersion:
        """Return which version answers, and of when its data are; a run keeps both."""
        return self._client.ask("version", {}, read_version)

    def search(self, query: TrialQuery, progress: Progress = silent) -> tuple[Trial, ...]:
        """Return every trial that a query finds, whole, by number.

        Raises
        ------
        UsageError
            The query is empty.
        SourceError
            The service refused the expression, and says why; it stayed unreachable; or its pages did not fit together.
        """
        params = query.params()
        return self._every(params, PAGE, progress) or self._every(
            params, PAGE, progress
        )  # no single empty answer counts

    def fetch(self, nct_ids: Iterable[str], progress: Progress = silent) -> FetchedTrials:
        """Return trials by their numbers, 300 per list; one that is missing from its list is asked for alone.

        Raises
        ------
        UsageError
            Something that is no NCT number is among them.
        SourceError
            As in `search`.
        """
        return self._by_number(nct_ids, {}, PAGE, progress)

    def refresh(self, known: Mapping[str, TrialStamp], progress: Progress = silent) -> Refreshed:
        """Ask in two phases what has become of known trials: for the stamps of all, then for those that moved, whole.

        Raises
        ------
        UsageError, SourceError
            As in `fetch`.
        """
        stamped = self._by_number(known, {"fields": STAMP_FIELDS}, PAGE_OF_STAMPS, progress)
        before = {_checked(nct_id): stamp for nct_id, stamp in known.items()}
        stamps = {nct_id: stamp(trial) for nct_id, trial in stamped.trials.items()}
        moved = [nct_id for nct_id, now in stamps.items() if now != before[nct_id]]
        fetched = self.fetch(moved, progress) if moved else FetchedTrials()
        return Refreshed(
            moved=fetched.trials,
            unchanged=tuple(nct_id for nct_id in stamps if nct_id not in moved),
            posted_results=tuple(i for i, t in fetched.trials.items() if t.has_results and not before[i].has_results),
            aliases={**stamped.aliases, **fetched.aliases},
            missing=(*stamped.missing, *fetched.missing),
        )

    def _by_number(
        self, nct_ids: Iterable[str], params: Mapping[str, str], size: int, progress: Progress
    ) -> FetchedTrials:
        asked = list(dict.fromkeys(map(_checked, nct_ids)))
        trials: dict[str, Trial] = {}
        for start in range(0, len(asked), BATCH):
            progress("fetching", start, len(asked))
            batch = asked[start : start + BATCH]
            got = {trial.nct_id: trial for trial in self._every({"filter.ids": ",".join(batch), **params}, size)}
            trials |= {nct_id: got[nct_id] for nct_id in batch if nct_id in got}
        aliases: dict[str, str] = {}
        missing = []
        for nct_id in [nct_id for nct_id in asked if nct_id not in trials]:
            if trial := self._alone(nct_id, params):
                trials[nct_id] = trial
                aliases |= {nct_id: trial.nct_id} if trial.nct_id != nct_id else {}
            else:
                missing.append(nct_id)
        return FetchedTrials({i: trials[i] for i in asked if i in trials}, aliases, tuple(missing))

    def _alone(self, nct_id: str, params: Mapping[str, str]) -> Trial | None:
        """Ask for one trial: its old numbers lead to it, and only so is unknown told from lost."""
        try:
            return self._client.ask(f"studies/{nct_id}", params, read_study)
        except RefusedError as error:
            if error.status != 404:
                raise
        return None

    def _every(self, params: Mapping[str, str], size: int, progress: Progress = silent) -> tuple[Trial, ...]:
        """Return all pages of a search, begun anew when a page is refused that the one before has promised."""
        asked = {**params, "pageSize": str(size), "countTotal": "true"}
        trials = whole(
            self._client.service,
            "search",
            lambda: collected(self._pages(asked), lambda trial: trial.nct_id, "studies", progress),
        )
        return tuple(trials[nct_id] for nct_id in sorted(trials))

    def _pages(self, params: Mapping[str, str]) -> Iterator[ListPage[Trial]]:
        """Yield page after page; only the first says how many studies there are in all."""
        page = self._client.ask("studies", params, read_page)
        seen = set[str]()
        if page.total is None:
            raise TornError("the number of studies was asked for and not given")
        yield page
        while token := page.following:
            if token in seen or not page.entries:
                raise TornError("a page leads to itself")
            seen.add(token)
            try:
                page = self._client.ask("studies", {**params, "pageToken": token}, read_page)
            except RefusedError as error:
                if error.status == 400:  # how long a token lives is not documented
                    raise TornError(f"the next page was refused: {error}") from None
                raise
            yield page


def stamp(trial: Trial) -> TrialStamp:
    """Return by what a later change of this trial is known."""
    return TrialStamp(trial.dates.last_updated, trial.status, trial.has_results)


def read_page(answer: ServiceAnswer) -> ListPage[Trial]:
    """Read a page of studies."""
    found = json_text.document(answer.body)
    studies = found.get("studies")
    if not isinstance(studies, list):
        raise UnreadableError("a page of studies was due, another document came")
    return ListPage(
        tuple(map(parse_trial, studies)),
        json_text.whole_at(found, "totalCount"),
        json_text.text_at(found, "nextPageToken"),
    )


def read_study(answer: ServiceAnswer) -> Trial:
    """Read one study."""
    return parse_trial(json_text.document(answer.body))


def read_version(answer: ServiceAnswer) -> DataVersion:
    """Read what the service says of itself."""
    found: dict[str, Any] = json_text.document(answer.body)
    api, data = json_text.text_at(found, "apiVersion"), json_text.text_at(found, "dataTimestamp")
    if api is None or data is None:
        raise UnreadableError("a version was due, another document came")
    return DataVersion(api, data)


def _checked(text: str) -> str:
    if nct_id := normalise_nct(text):
        return nct_id
    raise UsageError(f"{text!r} is no number of ClinicalTrials.gov; allowed: NCT and eight digits, NCT04643678")
