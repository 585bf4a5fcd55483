"""Europe PMC: preprints, and the PMID of a DOI that PubMed's own search does not find.

Its errors come inside HTTP 200 and its outages as plain text; `answers` knows both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from ...errors import UsageError
from ...records.identifiers import normalise_doi
from ...records.record import Record
from ..formats import json_text
from ..net.answers import ServiceAnswer, UnreadableError
from ..net.pages import ListPage, Progress, collected, silent, whole
from ..net.services import Calls
from .record import parse_result

PAGE = 500  # results; 1,000 is the most, and whole records of that many take the service long
DOIS = 10  # in one query; 25 have been answered with 504
LONGEST_QUERY = 1_000  # characters; a longer one goes as a form, and near 12,000 nothing goes
OVERLAP_DAYS = 14  # days searched again: records come in after their day of publication


@dataclass(frozen=True, slots=True)
class EuropePMCQuery:
    """What is asked, in Europe PMC's syntax.

    Attributes
    ----------
    term
        Words, also with AND, OR, NOT and FIELD:value.
    preprints
        Limited to preprints, which PubMed has few of.
    since, until
        Days of first publication, both inclusive; ``until`` is a day to come where it is absent.
    overlap_days
        How many days before ``since`` are searched again.
    """

    term: str
    preprints: bool = False
    since: date | None = None
    until: date | None = None
    overlap_days: int = OVERLAP_DAYS

    @property
    def text(self) -> str:
        """The query as it is sent.

        >>> from datetime import date
        >>> EuropePMCQuery("anakinra OR kineret", preprints=True, since=date(2026, 10, 15), overlap_days=0).text
        '(anakinra OR kineret) AND SRC:PPR AND FIRST_PDATE:[2026-10-15 TO 3000-12-31]'
        """
        term = " ".join(self.term.split())
        if not term:
            raise UsageError("a query of Europe PMC without a word; allowed: its search syntax")
        parts = [f"({term})"] + ["SRC:PPR"] * self.preprints
        if self.since or self.until:
            start = date.fromordinal(max((self.since or date.min).toordinal() - timedelta(self.overlap_days).days, 1))
            parts.append(f"FIRST_PDATE:[{start} TO {self.until or '3000-12-31'}]")
        return " AND ".join(parts) if len(parts) > 1 else term


@dataclass(frozen=True, slots=True)
class EuropePMCHits:
    """Every record of a query, by source and id; ``count`` is Europe PMC's, ``text`` the query as it was sent."""

    text: str
    count: int
    records: tuple[Record, ...] = field(default=())


class EuropePMC(Calls):
    """The calls that a review needs."""

    service = "europepmc"

    def search(self, query: EuropePMCQuery, progress: Progress = silent) -> EuropePMCHits:
        """Return every record that a query finds, with its abstract.

        Raises
        ------
        UsageError
            The query is empty.
        SourceError
            The service refused the query, stayed unreachable, or its pages did not fit together.
        """
        text = query.text
        hits = self._complete(text, progress)
        return hits if hits.count else self._complete(text, progress)  # one empty answer is not believed

    def find(self, dois: Iterable[str], progress: Progress = silent) -> dict[str, tuple[Record, ...]]:
        """Return for each DOI the records that carry it themselves: none, one, or an article and its versions.

        Raises
        ------
        UsageError
            Something that is no DOI is among them.
        SourceError
            As in `search`.
        """
        asked = list(dict.fromkeys(map(_checked, dois)))
        found: dict[str, tuple[Record, ...]] = dict.fromkeys(asked, ())
        for start in range(0, len(asked), DOIS):
            progress("searching", start, len(asked))
            batch = asked[start : start + DOIS]
            query = EuropePMCQuery(" OR ".join(map(doi_query, batch)))
            for record in self.search(query).records:
                if record.doi in found:
                    found[record.doi] += (record,)
        return found

    def pmids(self, dois: Iterable[str], progress: Progress = silent) -> dict[str, str | None]:
        """Return for each DOI the PMID of the one record of PubMed that carries it, None where there is no single one.

        Raises
        ------
        UsageError, SourceError
            As in `find`.
        """
        found = self.find(dois, progress)
        pmids = {doi: {record.pmid for record in records if record.pmid} for doi, records in found.items()}
        return {doi: next(iter(known)) if len(known) == 1 else None for doi, known in pmids.items()}

    def _complete(self, text: str, progress: Progress) -> EuropePMCHits:
        """Return all pages of a search, begun anew when they do not fit together."""
        found = whole(
            self._client.service,
            "search",
            lambda: collected(
                self._pages(text), lambda record: (record.extra["source"], record.extra["id"]), "records", progress
            ),
        )
        return EuropePMCHits(text, len(found), tuple(found[key] for key in sorted(found)))

    def _pages(self, text: str) -> Iterator[ListPage[Record]]:
        """Yield page after page until one is empty, or leads to itself."""
        mark, seen = "*", set[str]()
        while mark not in seen:
            seen.add(mark)
            page = self._page(text, mark)
            yield page
            if not page.entries or page.following is None:
                return
            mark = page.following

    def _page(self, text: str, mark: str) -> ListPage[Record]:
        params = {"query": text, "format": "json", "resultType": "core", "pageSize": str(PAGE), "cursorMark": mark}
        if len(text) > LONGEST_QUERY:
            return self._client.ask("searchPOST", params, read_page, form=True)
        return self._client.ask("search", params, read_page)


def doi_query(doi: str) -> str:
    """Return the query for a DOI, in quotes because of its punctuation.

    >>> doi_query("10.1016/s2213-2600(20)30556-7")
    'DOI:"10.1016/s2213-2600(20)30556-7"'
    """
    return f'DOI:"{doi.replace(chr(34), "").replace(chr(92), "")}"'


def read_page(answer: ServiceAnswer) -> ListPage[Record]:
    """Read a page of results."""
    found = json_text.document(answer.body)
    results, count = json_text.value_at(found, "resultList", "result"), json_text.whole_at(found, "hitCount")
    if not isinstance(results, list) or count is None:
        raise UnreadableError("a page of results was due, another document came")
    return ListPage(tuple(map(parse_result, results)), count, json_text.text_at(found, "nextCursorMark"))


def _checked(text: str) -> str:
    if doi := normalise_doi(text):
        return doi
    raise UsageError(f"{text!r} is no DOI; allowed: 10.nnnn/..., such as 10.1371/journal.pone.0269065")
