"""A local service that behaves like NCBI's E-utilities: its formats, its pacing, and its ways to fail.

In a test::

    with Eutils(plan=["bad gateway", None, "half"], rate=None) as server:
        ...  # server.url is the base URL, server.calls what it was asked

By hand, from the project's folder: ``python -m tests.server``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .faults import FAULTS, Reply
from .papers import FOOT, HEAD, MERGED, PAPERS, Paper
from .service import Call, Service
from .words import leaves, predicate

__all__ = ["Call", "Eutils"]

_JSON, _XML = "application/json", "text/xml; charset=UTF-8"
MOST = 9_999  # records of a query that it serves
UNKNOWN = "zzz"  # a word with this in it is in no index: it is left out of the query, as PubMed does


class Eutils(Service):
    """The service; ``papers`` is what it knows, the other parameters are those of `Service`."""

    variable = "METAAN_PUBMED_URL"
    base = "/entrez/eutils/"
    faults = FAULTS

    def __init__(
        self,
        plan: Sequence[str | Reply | None] = (),
        papers: Mapping[str, Paper] = PAPERS,
        rate: int | None = 3,
        port: int = 0,
    ) -> None:
        super().__init__(plan, rate, port)
        self.papers = papers

    def allowed(self, params: Mapping[str, str]) -> int:
        return super().allowed(params) + 7 * ("api_key" in params)

    def limits(self) -> dict[str, str]:
        with self._lock:
            lately = sum(time.monotonic() - call.at < 1 for call in self.calls)
            most = self.allowed(self.calls[-1].params if self.calls else {})
        said = {"X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(max(most - lately, 0))}
        return said if self.rate else {}

    def sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        if length > 4_000:
            return FAULTS["too long"](Reply(200, "", b""))
        answers = {"esearch.fcgi": self._search, "efetch.fcgi": self._fetch}
        path = path.rsplit("/", 1)[-1]
        if path not in answers:
            return Reply(404, "text/html", b"<html><body>Not Found</body></html>")
        if params.get("db") != "pubmed":
            return FAULTS["refused"](Reply(200, "", b""))
        return answers[path](params)

    def _search(self, params: Mapping[str, str]) -> Reply:
        """Answer a search: at most 9,999 records of it, without the words that it does not know, and it says which."""
        term = params.get("term", "")
        fits = predicate(term, _leaf)
        pmids = sorted((pmid for pmid, paper in self.papers.items() if fits(paper)), key=int, reverse=True)
        start, most = int(params.get("retstart", "0")), int(params.get("retmax", "20"))
        if start > MOST - 1 < len(pmids):
            return Reply(200, _JSON, json.dumps({"header": {}, "esearchresult": {"ERROR": _TOO_FAR}}).encode())
        page = pmids[: min(MOST, len(pmids))][start : start + min(most, MOST)]
        result: dict[str, Any] = {
            "count": str(len(pmids)),
            "retmax": str(len(page)),
            "retstart": str(start),
            "idlist": page,
            "querytranslation": " ".join(leaf for leaf in leaves(term) if UNKNOWN not in leaf),
        }
        body = {
            "header": {"type": "esearch", "version": "0.3"},
            "esearchresult": result | _complaints(term, most, pmids),
        }
        return Reply(200, _JSON, json.dumps(body).encode())

    def _fetch(self, params: Mapping[str, str]) -> Reply:
        """Answer with the records of the ids that it knows, as NCBI reads ids: every run of digits is one."""
        wanted = dict.fromkeys(MERGED.get(pmid, pmid) for pmid in re.findall(r"\d+", params.get("id", "")))
        records = [self.papers[pmid].xml() for pmid in wanted if pmid in self.papers]
        return Reply(200, _XML, b"\n".join((HEAD, *records, FOOT)))


_TOO_FAR = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve "
    "the first 9,999 records matching the query."
)


def _complaints(term: str, most: int, pmids: list[str]) -> dict[str, Any]:
    """Say what was left out; when all is well, neither list is there."""
    left_out = [leaf for leaf in leaves(term) if UNKNOWN in leaf]
    quoted = [leaf.split("[")[0] for leaf in left_out if leaf.startswith('"')]
    words = [leaf.split("[")[0] for leaf in left_out if not leaf.startswith('"')]
    messages = ["No items found."] if not pmids else []
    messages += ["Restrictions achieved. start and count adjusted to 0, 9999"] if most > MOST else []
    if not (quoted or words or messages):
        return {}
    return {
        "errorlist": {"phrasesnotfound": words, "fieldsnotfound": []} if words else None,
        "warninglist": {"phrasesignored": [], "quotedphrasesnotfound": quoted, "outputmessages": messages},
    }


def _leaf(text: str) -> Callable[[Paper], bool]:
    """Return whether a paper fits one leaf; a tag that is unknown, and a word that is, let every paper through."""
    if days := re.fullmatch(r'"([\d/]+)"\[(\w+)\]\s:\s"([\d/]+)"\[\w+\]', text):
        first, last = days[1].replace("/", ""), days[3].replace("/", "").ljust(8, "9")
        attribute = _DAYS.get(days[2], "created")
        return lambda paper: first <= getattr(paper, attribute).replace("/", "") <= last
    found = re.fullmatch(r'"?([^"\[]*)"?(?:\[([^\]]*)\])?', text)
    words, tag = (found[1].lower(), found[2] or "all") if found else ("", "all")
    field = _FIELDS.get(tag)
    if field is None or UNKNOWN in words or not words:
        return lambda paper: UNKNOWN in words or field is None
    return lambda paper: words in field(paper)


_DAYS = {"crdt": "created", "edat": "created", "mhda": "indexed"}
_FIELDS: dict[str, Callable[[Paper], str | list[str]]] = {
    "doi": lambda paper: [paper.doi.lower()],
    "aid": lambda paper: [paper.doi.lower()],
    "uid": lambda paper: [paper.pmid],
    "pmid": lambda paper: [paper.pmid],
    "si": lambda paper: [paper.registration[1].lower()] if paper.registration else [],
    "pt": lambda paper: [name.lower() for _, name in paper.types],
    "mh": lambda paper: [name.lower() for name in paper.mesh],
    "ti": lambda paper: paper.title.lower(),
    "tiab": lambda paper: paper.words,
    "tw": lambda paper: paper.words,
    "all": lambda paper: paper.words,
}
