"""PubMed through E-utilities: records by PMID, PMIDs by DOI, each checked against what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...errors import SourceError, UsageError
from ...records.identifiers import normalise_doi, normalise_pmid
from ..formats import json_text
from ..net.answers import ServiceAnswer, UnreadableError
from ..net.client import RefusedError
from ..net.pages import Progress, silent
from ..net.services import Calls
from .xml import Article, parse

BATCH = 200  # ids per efetch; above, NCBI wants a form, and a broken answer costs more to repeat
MOST_CANDIDATES = 20  # PMIDs looked at per DOI; a query that finds more was not understood as a DOI


@dataclass(frozen=True, slots=True)
class Fetched:
    """What PubMed returned for a list of PMIDs.

    Attributes
    ----------
    articles
        By the PMID that was asked for.
    merged
        Asked PMID -> PMID of the record that PubMed returned in its place.
    missing
        PMIDs that PubMed does not know, asked twice.
    """

    articles: Mapping[str, Article] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DoiLookup:
    """The record whose own DOI is the one that was asked for; None, with the reason, for none and for ``several``."""

    article: Article | None
    reason: str = ""
    several: bool = False


class PubMed(Calls):
    """The calls that a review needs."""

    service = "pubmed"

    def fetch(self, pmids: Iterable[str], progress: Progress = silent) -> Fetched:
        """Return the records of PMIDs, in one request per 200 of them.

        Raises
        ------
        UsageError
            Something that is not a PMID is among them: PubMed would answer it with other records.
        SourceError
            The service stayed unreachable, or what it sent stayed unsound.
        """
        asked = list(dict.fromkeys(map(_checked_pmid, pmids)))
        got = self._all(asked, progress)
        absent = [pmid for pmid in asked if pmid not in got]
        if absent:  # a sound answer that lacks a record has been seen to be wrong, so it is asked for twice
            got |= self._all(absent, progress)
        merged = self._merged([pmid for pmid in asked if pmid not in got], got.keys() - set(asked))
        articles = {pmid: got[merged.get(pmid, pmid)] for pmid in asked if merged.get(pmid, pmid) in got}
        return Fetched(articles, merged, tuple(pmid for pmid in asked if pmid not in articles))

    def find(self, dois: Iterable[str], progress: Progress = silent) -> dict[str, DoiLookup]:
        """Return for each DOI the record that carries it; one search per DOI, the records in batches.

        A search for a DOI also finds what it was mistaken for, so only the DOI inside the record decides.

        Raises
        ------
        UsageError
            Something that is not a DOI is among them.
        SourceError
            As in `fetch`.
        """
        asked = list(dict.fromkeys(map(_checked_doi, dois)))
        candidates: dict[str, tuple[str, ...]] = {}
        for number, doi in enumerate(asked):
            progress("searching", number, len(asked))
            candidates[doi] = self.search(doi)
        every = dict.fromkeys(pmid for pmids in candidates.values() for pmid in pmids)
        articles = self.fetch(every, progress).articles if every else {}
        return {
            doi: _the_one(doi, [articles[pmid] for pmid in pmids if pmid in articles])
            for doi, pmids in candidates.items()
        }

    def search(self, doi: str) -> tuple[str, ...]:
        """Return the PMIDs that a search for a quoted DOI finds; they still have to be checked."""
        term = f'"{doi.replace(chr(34), "")}"[doi]'
        params = {"db": "pubmed", "term": term, "retmode": "json", "retmax": str(MOST_CANDIDATES)}
        found = self._client.ask("esearch.fcgi", params, read_search)
        return found or self._client.ask("esearch.fcgi", params, read_search)

    def _all(self, pmids: list[str], progress: Progress) -> dict[str, Article]:
        got: dict[str, Article] = {}
        for done, batch in enumerate(_batches(pmids)):
            progress("fetching", done * BATCH, len(pmids))
            for article in self._batch(batch):
                _keep(got, article)
        progress("fetching", len(pmids), len(pmids))
        return got

    def _batch(self, pmids: list[str]) -> tuple[Article, ...]:
        """Ask for one batch; one whose answer stays unreadable is halved until the record at fault has a name."""
        params = {"db": "pubmed", "id": ",".join(pmids), "retmode": "xml"}
        try:
            return self._client.ask("efetch.fcgi", params, partial(read_articles, asked=pmids), form=True)
        except RefusedError as error:
            if error.verdict != "unreadable":
                raise
            if len(pmids) == 1:
                raise SourceError(f"{error} (PMID {pmids[0]})") from None
        half = len(pmids) // 2
        return self._batch(pmids[:half]) + self._batch(pmids[half:])

    def _merged(self, absent: list[str], strays: set[str]) -> dict[str, str]:
        """Find which absent PMID a record that nobody asked for stands for, by asking for each alone."""
        merged = {}
        for pmid in absent if strays else []:
            returned = {_pmid_of(article) for article in self._batch([pmid])}
            if len(returned) == 1:
                merged[pmid] = returned.pop()
        return merged


def read_articles(answer: ServiceAnswer, asked: Sequence[str] = ()) -> tuple[Article, ...]:
    """Read an answer of efetch.

    Raises
    ------
    UnreadableError
        It is none, or it gives one number to records that differ; or to several, while another that was asked for has
        none: versions of one article have one number too, so that those of others must be there.
    """
    articles, first = parse(answer.body), dict[tuple[str, int], Article]()
    for article in articles:
        if first.setdefault((_pmid_of(article), article.version), article).record != article.record:
            raise UnreadableError(f"records that differ, all with the PMID {_pmid_of(article)}")
    numbers = {_pmid_of(article) for article in articles}
    if len(numbers) < len(articles) and len(asked) > 1 and not numbers.issuperset(asked):
        raise UnreadableError(f"{len(articles)} records with {len(numbers)} PMID(s) for the {len(asked)} asked for")
    return articles


def read_search(answer: ServiceAnswer) -> tuple[str, ...]:
    """Return the PMIDs in an answer of esearch.

    Raises
    ------
    UnreadableError
        It is no such answer, or its list and its count disagree.
    """
    result = _search_result(answer.body)
    pmids = [normalise_pmid(pmid) for pmid in result["idlist"]]
    count = str(result.get("count", ""))
    if None in pmids or not count.isdecimal() or (int(count) > 0) != bool(pmids):
        raise UnreadableError("an answer of esearch whose count and list of PMIDs disagree")
    return tuple(pmid for pmid in pmids if pmid)


def _search_result(body: bytes) -> dict[str, Any]:
    result = json_text.document(body).get("esearchresult")
    if not isinstance(result, dict) or not isinstance(result.get("idlist"), list):
        raise UnreadableError("an answer of esearch was due, another document came")
    return result


def _the_one(doi: str, articles: list[Article]) -> DoiLookup:
    """Choose the record that carries a DOI itself."""
    carrying = [article for article in articles if article.record.doi == doi]
    if len(carrying) == 1:
        return DoiLookup(carrying[0])
    if carrying:
        pmids = ", ".join(sorted(_pmid_of(article) for article in carrying))
        reason = f"several PubMed records carry the DOI {doi}: {pmids}; give the study its PMID"
        return DoiLookup(None, reason, several=True)
    return DoiLookup(None, f"no PubMed record carries the DOI {doi}")


def _keep(got: dict[str, Article], article: Article) -> None:
    """Keep the newest version of a record; the same one twice is one."""
    pmid = _pmid_of(article)
    if pmid not in got or article.version > got[pmid].version:
        got[pmid] = article


def _pmid_of(article: Article) -> str:
    return article.record.pmid or ""


def _batches(pmids: list[str]) -> Iterator[list[str]]:
    return (pmids[start : start + BATCH] for start in range(0, len(pmids), BATCH))


def _checked_pmid(text: str) -> str:
    if pmid := normalise_pmid(text):
        return pmid
    raise UsageError(f"{text!r} is no PMID; allowed: up to nine digits, such as 35925914")


def _checked_doi(text: str) -> str:
    if doi := normalise_doi(text):
        return doi
    raise UsageError(f"{text!r} is no DOI; allowed: 10.nnnn/..., such as 10.1371/journal.pone.0269065")
