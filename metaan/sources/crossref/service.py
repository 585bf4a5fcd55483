"""Crossref: works by DOI, and what has been published about them, looked for from both ends.

An article should carry ``updated-by``; where it does not, the notice still names the article in its ``update-to``. Both
are asked for, in batches: n works cost about n / 50 requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ...errors import UsageError
from ...records.identifiers import normalise_doi
from ..formats import json_text
from ..net.answers import ServiceAnswer, UnreadableError
from ..net.client import RefusedError
from ..net.pages import ListPage, Progress, TornError, collected, silent, whole
from ..net.services import Calls
from .work import Update, Work, WorkRelation, merge_updates, parse_work

ROWS = 100  # works on a page, and DOIs in a batch
LONGEST_FILTER = 3_500  # characters of a filter; DOIs have up to 200
SELECT = (
    "DOI,title,type,author,container-title,short-container-title,volume,issue,page,article-number,published,"
    "issued,abstract,clinical-trial-number,relation,updated-by,update-to"
)


@dataclass(frozen=True, slots=True)
class FetchedWorks:
    """What Crossref returned for a list of DOIs.

    Attributes
    ----------
    works
        By the DOI that was asked for, in the spelling of `normalise_doi`, with the notices found from either end.
    missing
        DOI -> why there is nothing: another agency has it, or nobody.
    """

    works: Mapping[str, Work] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


class Crossref(Calls):
    """The calls that a review needs."""

    service = "crossref"
    _select = True  # chosen fields, as long as the service knows them all

    def fetch(self, dois: Iterable[str], progress: Progress = silent) -> FetchedWorks:
        """Return works by their DOIs, and every notice about them.

        Raises
        ------
        UsageError
            Something that is no DOI is among them.
        SourceError
            The service stayed unreachable, refused, or what it sent stayed unsound.
        """
        asked = list(dict.fromkeys(map(_checked, dois)))
        works = self._listed(asked, progress)
        missing: dict[str, str] = {}
        for doi in [doi for doi in asked if doi not in works]:
            if isinstance(answer := self._alone(doi), Work):
                works[doi] = answer
            else:
                missing[doi] = answer
        about = self.notices(works, progress)
        return FetchedWorks({doi: works[doi].with_updates(about[doi]) for doi in asked if doi in works}, missing)

    def about(
        self, dois: Iterable[str], progress: Progress = silent
    ) -> dict[str, tuple[tuple[Update, ...], tuple[WorkRelation, ...]]]:
        """Return for each DOI every notice about it, looked for from both ends, and its relations to other texts.

        What a list lacks is not asked for by itself: a DOI of another agency has no notice here, and a notice names
        the article whether or not that is listed. Only a DOI that no list can hold is. n works cost about n / 40
        requests.

        Raises
        ------
        UsageError, SourceError
            As in `fetch`.
        """
        asked = list(dict.fromkeys(map(_checked, dois)))
        works, found = self._listed(asked, progress), self.notices(asked, progress)
        for doi in filter(_needs_asking_alone, asked):
            if isinstance(answer := self._alone(doi), Work):
                works[doi] = answer
        known = {doi: works[doi].with_updates(found[doi]) for doi in works}
        return {
            doi: (known[doi].updated_by, known[doi].relations) if doi in known else (found[doi], ()) for doi in asked
        }

    def notices(self, dois: Iterable[str], progress: Progress = silent) -> dict[str, tuple[Update, ...]]:
        """Return for each DOI the notices whose own record says that they are about it.

        A DOI with a comma cannot stand in a list of Crossref, so of its notices only ``updated-by`` tells.

        Raises
        ------
        UsageError, SourceError
            As in `fetch`.
        """
        asked = list(dict.fromkeys(map(_checked, dois)))
        found: dict[str, list[Update]] = {doi: [] for doi in asked}
        for done, batch in _batches(asked, "updates"):
            progress("looking for notices", done, len(asked))
            for notice in self._filtered("updates", batch):
                for update in notice.update_to:
                    if update.doi in found:
                        found[update.doi].append(Update(update.kind, notice.doi, update.sources, update.date))
        return {doi: merge_updates(updates) for doi, updates in found.items()}

    def _listed(self, dois: list[str], progress: Progress) -> dict[str, Work]:
        """Return the works that lists of these DOIs hold."""
        works: dict[str, Work] = {}
        for done, batch in _batches(dois, "doi"):
            progress("fetching", done, len(dois))
            got = {work.doi: work for work in self._filtered("doi", batch)}
            works |= {doi: got[doi] for doi in batch if doi in got}
        return works

    def _filtered(self, name: str, values: list[str]) -> tuple[Work, ...]:
        """Return all works that any of these values of a filter fits."""
        return self._every({"filter": ",".join(f"{name}:{value}" for value in values), "rows": str(ROWS)})

    def _alone(self, doi: str) -> Work | str:
        """Ask for one work, or say why there is none: a list lacks what it does not know, and now and then more."""
        try:
            work = self._client.ask(f"works/{quote(doi, safe='')}", {}, read_work)
        except RefusedError as error:
            if error.status != 404:
                raise
            return self._agency(doi)
        return work if work.doi == doi else f"Crossref has the work of {work.doi} in its place"

    def _agency(self, doi: str) -> str:
        """Say who has a DOI that Crossref does not know: it may well be sound and be registered elsewhere."""
        try:
            agency = self._client.ask(f"works/{quote(doi, safe='')}/agency", {}, read_agency)
        except RefusedError as error:
            if error.status != 404:
                raise
            return "no agency knows this DOI"
        return f"registered with {agency}, not with Crossref"

    def _every(self, params: Mapping[str, str]) -> tuple[Work, ...]:
        """Return a whole list, begun anew when its pages do not fit together."""
        listed = whole(
            self._client.service,
            "list",
            lambda: collected(self._pages(params), lambda work: work.doi, "works", exact=False),
        )
        return tuple(listed.values())

    def _pages(self, params: Mapping[str, str]) -> Iterator[ListPage[Work]]:
        """Yield page after page; the last is the one that is not full."""
        cursor: str | None = "*"
        seen: set[str | None] = set()
        while cursor:
            try:
                page = self._page({**params, "cursor": cursor})
            except RefusedError as error:
                if cursor == "*" or error.status not in {400, 404}:
                    raise
                raise TornError(f"the next page was refused: {error}") from None  # how long a cursor lives is not said
            if page.entries and seen.issuperset(work.doi for work in page.entries):
                raise TornError("a page came twice")
            seen.update(work.doi for work in page.entries)
            yield page
            if len(page.entries) < int(params["rows"]):
                return
            cursor = page.following  # the same one as before, as often as not: the service counts for itself

    def _page(self, params: Mapping[str, str]) -> ListPage[Work]:
        """Ask for a page, of chosen fields as long as the service knows them all."""
        try:
            return self._client.ask("works", {**params, **({"select": SELECT} if self._select else {})}, read_page)
        except RefusedError as error:
            if error.status != 400 or not self._select:
                raise
        self._select = False
        return self._page(params)


def read_page(answer: ServiceAnswer) -> ListPage[Work]:
    """Read a list of works."""
    message = _message(answer)
    items, total = message.get("items"), json_text.whole_at(message, "total-results")
    if not isinstance(items, list) or total is None:
        raise UnreadableError("a list of works was due, another document came")
    return ListPage(tuple(map(parse_work, items)), total, json_text.text_at(message, "next-cursor"))


def read_work(answer: ServiceAnswer) -> Work:
    """Read one work."""
    return parse_work(_message(answer))


def read_agency(answer: ServiceAnswer) -> str:
    """Read which agency has registered a DOI."""
    agency = json_text.value_at(_message(answer), "agency")
    if name := json_text.text_at(agency, "label") or json_text.text_at(agency, "id"):
        return name
    raise UnreadableError("the agency of a DOI was due, another document came")


def _message(answer: ServiceAnswer) -> dict[str, Any]:
    found = json_text.document(answer.body)
    message = found.get("message")
    if found.get("status") != "ok" or not isinstance(message, dict):
        raise UnreadableError("an answer of Crossref was due, another document came")
    return message


def _batches(dois: list[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield batches whose filter is not too long, each with how many went before."""
    batch: list[str] = []
    done = length = 0
    for doi in (doi for doi in dois if not _needs_asking_alone(doi)):
        size = len(quote(f"{name}:{doi},", safe=""))
        if batch and (len(batch) >= ROWS or length + size > LONGEST_FILTER):
            yield done, batch
            done, batch, length = done + len(batch), [], 0
        batch.append(doi)
        length += size
    if batch:
        yield done, batch


def _needs_asking_alone(doi: str) -> bool:
    """Whether a DOI cannot stand in a filter, where a comma ends a value."""
    return "," in doi


def _checked(text: str) -> str:
    if doi := normalise_doi(text):
        return doi
    raise UsageError(f"{text!r} is no DOI; allowed: 10.nnnn/..., such as 10.1371/journal.pone.0269065")
