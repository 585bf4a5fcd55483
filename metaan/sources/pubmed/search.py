"""A search of PubMed whose list of PMIDs is complete, or an error.

PubMed serves the first 9,999 records of a query and no more, runs a query without the words that it does not know, and
says both in a corner of a successful answer: here the first is split by the day records were added, the second fails
unless a person has accepted it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...errors import SourceError
from ...records.identifiers import normalise_pmid
from ..formats import json_text
from ..net.answers import ServiceAnswer, UnreadableError
from ..net.client import Client
from ..net.pages import Progress, TornError, silent, whole
from .query import PubMedQuery, check_term, date_range

MOST = 9_999  # records that PubMed lists for one query
FIRST_DAY = date(1700, 1, 1)  # nothing in PubMed was added, or is dated, earlier


@dataclass(frozen=True, slots=True, order=True)
class Dropped:
    """Words that PubMed left out of a query, or read in another way; ``how`` is a key of `COMPLAINTS`, in words."""

    how: str
    words: str

    def __str__(self) -> str:
        """Return the line that the user reads."""
        return f"{self.how}: {self.words}"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of esearch; ``count`` is that of the whole query."""

    count: int
    pmids: tuple[str, ...]
    translation: str = ""
    dropped: tuple[Dropped, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PubMedHits:
    """Every PMID of a query.

    Attributes
    ----------
    text, translation
        The query as it was sent, and as PubMed says that it understood it.
    count
        What PubMed counts; as many PMIDs are here.
    pmids
        Highest first.
    dropped
        What PubMed left out and a person has accepted.
    messages
        What PubMed says beyond that.
    parts
        Into how many ranges of days the query was split; 1 when it was not.
    """

    text: str
    translation: str
    count: int
    pmids: tuple[str, ...]
    dropped: tuple[Dropped, ...] = ()
    messages: tuple[str, ...] = ()
    parts: int = 1


class DroppedTermsError(SourceError):
    """PubMed ran another query than the one that was asked; ``dropped`` are the words that it left out."""

    def __init__(self, message: str, dropped: tuple[Dropped, ...]) -> None:
        super().__init__(message)
        self.dropped = dropped


def search(client: Client, query: PubMedQuery, *, today: date, progress: Progress = silent) -> PubMedHits:
    """Return every PMID that a query finds.

    Parameters
    ----------
    client
        Of E-utilities, as `metaan.sources.net.services.client_for` makes it.
    query
        What is asked; its field tags are checked before anything is sent.
    today
        Where the days end by which a large result is split.
    progress
        Told what is done, how much of it, and of how much.

    Raises
    ------
    UsageError
        The query has an unknown field tag or does not close what it opens.
    DroppedTermsError
        PubMed left words out that nobody has accepted as dropped.
    SourceError
        The service stayed unreachable, its answers unsound, or the list did not stand still.
    """
    check_term(query.term)
    return whole(client.service, "search", lambda: _Run(client, query, today, progress).hits())


class _Run:
    """One try of one search."""

    def __init__(self, client: Client, query: PubMedQuery, today: date, progress: Progress) -> None:
        self.client, self.query, self.today, self.progress = client, query, today, progress
        self.text = query.text
        self.parts: list[tuple[str, ...]] = []
        self.total = 0

    def hits(self) -> PubMedHits:
        """Ask for the whole list, in parts if need be, and count it."""
        first = self._page(self.text, 0)
        if not first.count:  # a sound answer that is empty has been seen to be wrong, so it is asked for twice
            first = self._page(self.text, 0)
        _refuse_dropped(self.client.service, self.query, first)
        self.total = first.count
        self._collect(self.text, first, FIRST_DAY, None)
        pmids = sorted({pmid for part in self.parts for pmid in part}, key=int, reverse=True)
        if len(pmids) != first.count:
            raise TornError(f"{first.count:,} records were counted and {len(pmids):,} listed")
        return PubMedHits(
            self.text, first.translation, first.count, tuple(pmids), first.dropped, first.messages, len(self.parts)
        )

    def _collect(self, text: str, first: Page, start: date, end: date | None) -> None:
        """Add the list of a query, in halves by days where it is too long to be served; no ``end`` is for ever."""
        if first.count <= MOST:
            self.parts.append(self._list(text, first))
            self.progress("searching", sum(map(len, self.parts)), self.total)
            return
        last = end or max(self.today, start)
        if start >= last:
            raise SourceError(
                f"{self.client.service}: more than {MOST:,} records were added on {start}; narrow the query"
            )
        middle = (start.toordinal() + last.toordinal()) // 2
        for since, until in ((start, date.fromordinal(middle)), (date.fromordinal(middle + 1), end)):
            part = f"({self.text}) AND ({date_range(since, until)})"
            self._collect(part, self._page(part, 0), since, until)

    def _list(self, text: str, first: Page) -> tuple[str, ...]:
        """Return the whole list of a query that fits: usually it is all in the first page."""
        pmids = list(first.pmids)
        while len(pmids) < first.count:
            page = self._page(text, len(pmids))
            if page.count != first.count or not page.pmids:
                raise TornError(f"a list of {first.count:,} records went on after {len(pmids):,} with another count")
            pmids += page.pmids
        return tuple(pmids)

    def _page(self, text: str, start: int) -> Page:
        params = {
            "db": "pubmed",
            "term": text,
            "retmode": "json",
            "retmax": str(MOST),
            "retstart": str(start),
            "sort": "pub_date",
        }
        return self.client.ask("esearch.fcgi", params, read_page)


def read_page(answer: ServiceAnswer) -> Page:
    """Read an answer of esearch.

    Raises
    ------
    UnreadableError
        It is no such answer, or names something that is no PMID.
    """
    result = json_text.value_at(json_text.document(answer.body), "esearchresult")
    listed, count = json_text.value_at(result, "idlist"), json_text.whole_at(result, "count")
    if not isinstance(listed, list) or count is None:
        raise UnreadableError("an answer of esearch was due, another document came")
    pmids = tuple(pmid for pmid in map(normalise_pmid, listed) if pmid)
    if len(pmids) != len(listed) or len(pmids) > count or (count > 0 and not pmids and not _start(result)):
        raise UnreadableError("an answer of esearch whose count and list of PMIDs disagree")
    return Page(
        count,
        pmids,
        json_text.text_at(result, "querytranslation") or "",
        _dropped(result),
        json_text.texts_at(result, "warninglist", "outputmessages"),
    )


def _start(result: Any) -> int:
    return json_text.whole_at(result, "retstart") or 0


def _dropped(result: Any) -> tuple[Dropped, ...]:
    """Return what PubMed left out; that a range of our own days is empty is no complaint about the query."""
    return tuple(
        Dropped(how, words)
        for (where, which), how in COMPLAINTS.items()
        for words in json_text.texts_at(result, where, which)
        if not _OWN_DAYS.fullmatch(words)
    )


def _refuse_dropped(service: str, query: PubMedQuery, page: Page) -> None:
    """Fail for words that were left out and not accepted: the search would look complete and be another one."""
    accepted = {_bare(words) for words in query.accepted}
    if left := tuple(dropped for dropped in page.dropped if _bare(dropped.words) not in accepted):
        listed = "; ".join(map(str, left))
        raise DroppedTermsError(
            f"{service} ran another query than the one that was asked: {listed}. Correct the query, or accept these "
            f"words as dropped. It understood: {page.translation[:500] or 'it does not say what'}",
            left,
        )


def _bare(words: str) -> str:
    return " ".join(words.replace('"', " ").casefold().split())


_OWN_DAYS = re.compile(r'"?(?:3000|\d{4}/\d\d/\d\d)"?(?:\s*\[(?:crdt|mhda|edat)\])?', re.IGNORECASE)

COMPLAINTS: dict[tuple[str, str], str] = {
    ("errorlist", "phrasesnotfound"): "not found and left out",
    ("errorlist", "fieldsnotfound"): "an unknown field",
    ("warninglist", "phrasesignored"): "ignored",
    ("warninglist", "quotedphrasesnotfound"): "not found as a phrase, searched for as single words",
}
