"""A local service that behaves like Europe PMC's search: its cursor, its errors inside HTTP 200, its outages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .faults import Reply
from .json_faults import faults_of, said
from .papers import PAPERS, Paper
from .service import Service
from .words import predicate

_JSON = "application/json"
Result = dict[str, Any]


def result_of(paper: Paper) -> Result:
    """Return a paper of PubMed as Europe PMC sends it."""
    found: Result = {
        "id": paper.pmid,
        "source": "MED",
        "pmid": paper.pmid,
        "doi": paper.doi,
        "title": paper.title.replace("<i>", "&lt;i&gt;").replace("</i>", "&lt;/i&gt;"),
        "authorString": ", ".join(name.lstrip(":") for name in paper.authors) + ".",
        "journalInfo": {"volume": paper.volume, "issue": paper.issue, "journal": {"title": paper.journal}},
        "journalTitle": paper.abbreviation or paper.journal,
        "pageInfo": paper.pages,
        "pubYear": paper.date[0] if paper.date else "",
        "pubTypeList": {"pubType": [name.lower() for _, name in paper.types]},
        "abstractText": " ".join(f"<h4>{label.title()}</h4>{text}" for label, text in paper.abstract),
        "meshHeadingList": {"meshHeading": [{"descriptorName": name} for name in paper.mesh]},
        "commentCorrectionList": {
            "commentCorrection": [
                {"id": pmid, "source": "MED", "type": re.sub("(?<=[a-z])In$", " in", kind), "reference": reference}
                for kind, reference, pmid in paper.corrections
            ]
        },
    }
    return {key: value for key, value in found.items() if value} | ({"pmcid": paper.pmcid} if paper.pmcid else {})


PREPRINTS: tuple[Result, ...] = (
    {
        "id": "PPR999001",
        "source": "PPR",
        "doi": "10.5555/preprint.1",
        "title": "A made-up trial of nothing: the preprint",
        "authorString": "Ångström Å, O'Nobody QR.",
        "bookOrReportDetails": {"publisher": "madeRxiv", "yearOfPublication": 2023},
        "pubYear": "2023",
        "firstPublicationDate": "2023-09-08",
        "pubTypeList": {"pubType": ["preprint"]},
        "abstractText": "<p>Nothing, <i>really</i>.</p>",
        "commentCorrectionList": {
            "commentCorrection": [{"id": "900000001", "source": "MED", "type": "Preprint of", "reference": "J Made-up"}]
        },
    },
    {
        "id": "PPR999002",
        "source": "PPR",
        "doi": "10.1101/2021.06.18.21259133",
        "title": "Effectiveness of Tocilizumab, Sarilumab, and Anakinra for critically ill patients with COVID-19: The "
        "REMAP-CAP COVID-19 Immune Modulation Therapy Domain Randomized Clinical Trial",
        "bookOrReportDetails": {"publisher": "medRxiv"},
        "pubYear": "2021",
        "firstPublicationDate": "2021-06-22",
        "pubTypeList": {"pubType": ["preprint"]},
    },
)
FULL_TEXTS: tuple[Result, ...] = tuple(  # of PubMed Central, without a record of PubMed here
    {"id": pmcid, "source": "PMC", "pmcid": pmcid, "doi": doi, "title": title, "journalTitle": journal, "pubYear": year}
    for pmcid, doi, title, journal, year in (
        (
            "PMC10072376",
            "10.1371/journal.pone.0273202",
            "Anakinra in hospitalized COVID-19 patients guided by baseline soluble urokinase plasminogen receptor "
            "plasma levels: a real world, retrospective cohort study",
            "PLoS One",
            "2023",
        ),
        (
            "PMC7259909",
            "10.1016/s2665-9913(20)30164-8",
            "Anakinra for severe forms of COVID-19: a cohort study",
            "Lancet Rheumatol",
            "2020",
        ),
    )
)
RESULTS: tuple[Result, ...] = (*map(result_of, PAPERS.values()), *PREPRINTS, *FULL_TEXTS)


class EuropePMC(Service):
    """The service; ``results`` is what it knows, the other parameters are those of `Service`."""

    variable = "METAAN_EUROPEPMC_URL"
    base = "/europepmc/webservices/rest/"
    faults = faults_of(
        "resultList",
        "result",
        count="hitCount",
        **{
            "asked too often": said(429, b"Too Many Requests"),
            "maintenance": said(503, b"This API is temporarily unavailable due to maintenance."),
            "refused": said(200, b'{"errCode":404,"errMsg":"Invalid page size provided."}', _JSON),
            "error inside 200": said(200, b'{"errCode":500,"errMsg":"Internal error"}', _JSON),
            "slow query": said(504, b"<html><body>Gateway Time-out</body></html>", "text/html"),
        },
    )

    def __init__(
        self,
        plan: Sequence[str | Reply | None] = (),
        results: Sequence[Result] = RESULTS,
        rate: int | None = 10,
        port: int = 0,
    ) -> None:
        super().__init__(plan, rate, port)
        self.results = list(results)

    def sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        if length > 12_000:
            return Reply(414, "text/html", b"<html><body>Request-URI Too Long</body></html>")
        if path not in {"search", "searchPOST"}:
            return Reply(404, "text/html", b"<html><body>Not Found</body></html>")
        query, size = params.get("query", ""), int(params.get("pageSize", "25"))
        if not query.strip():
            return _error("No search criteria provided.")
        if not 1 <= size <= 1_000:
            return _error("Invalid page size provided. Valid size is between 1 and 1000")
        found = list(filter(predicate(query, _leaf), self.results))
        mark = params.get("cursorMark", "*")
        start = 0 if mark == "*" else int(base64.b64decode(mark))
        page = found[start : start + size]
        after = base64.b64encode(b"%d" % (start + len(page))).decode() if page else mark
        answer = {"version": "6.9", "hitCount": len(found), "nextCursorMark": after, "resultList": {"result": page}}
        return Reply(200, _JSON, json.dumps(answer).encode())


def _leaf(text: str) -> Callable[[Result], bool]:
    if days := re.fullmatch(r"FIRST_PDATE:\[([\d-]+) TO ([\d-]+)\]", text):
        return lambda found: days[1] <= _day(found) <= days[2]
    name, colon, value = text.partition(":")
    key = {"DOI": "doi", "EXT_ID": "id", "SRC": "source"}.get(name)
    if colon and key:
        return lambda found: found.get(key, "").lower() == value.strip('"').lower()
    word = text.strip('"').lower()
    return lambda found: word in json.dumps(found, ensure_ascii=False).lower()


def _day(found: Result) -> str:
    return str(found.get("firstPublicationDate") or f"{found.get('pubYear', '1700')}-01-01")


def _error(message: str) -> Reply:
    return Reply(200, _JSON, json.dumps({"errCode": 404, "errMsg": message}).encode())
