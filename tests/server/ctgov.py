"""A local service that behaves like ClinicalTrials.gov, API version 2."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .faults import Reply
from .json_faults import faults_of, said
from .service import Service
from .trials import ALIASES, TRIALS, Study
from .words import predicate

_JSON = "application/json"
_NCT = re.compile(r"[Nn][Cc][Tt]0*[1-9]\d{0,7}")
BIGGEST_PAGE = 1_000


class _BadRequestError(Exception):
    """What the service says to a request that it does not understand."""


class CTGov(Service):
    """The service; ``trials`` is what it knows, the other parameters are those of `Service`."""

    variable = "METAAN_CTGOV_URL"
    base = "/api/v2/"
    faults = faults_of(
        "studies",
        count="totalCount",
        **{
            "asked too often": said(429, b"Too Many Requests"),
            "refused": said(400, b"Unknown area name: `NoSuchArea`"),
            "token refused": lambda reply: _without_token(reply),
            "no count": lambda reply: Reply(200, _JSON, reply.body.replace(b'"totalCount"', b'"x"')),
        },
    )

    def __init__(
        self,
        plan: Sequence[str | Reply | None] = (),
        trials: Mapping[str, Study] = TRIALS,
        rate: int | None = 1,
        port: int = 0,
    ) -> None:
        super().__init__(plan, rate, port)
        self.trials = dict(trials)
        self.biggest_page = BIGGEST_PAGE

    def sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        if path == "version":
            return _json({"apiVersion": "2.0.5", "dataTimestamp": "2026-11-20T09:00:05"})
        try:
            return self._studies(params) if path == "studies" else self._study(path.removeprefix("studies/"), params)
        except _BadRequestError as error:
            return Reply(400, "text/plain", str(error).encode())

    def _study(self, nct_id: str, params: Mapping[str, str]) -> Reply:
        if nct_id in ALIASES and ALIASES[nct_id] in self.trials:
            return Reply(301, "text/plain", b"", {"Location": f"{self.base}studies/{ALIASES[nct_id]}"})
        if nct_id not in self.trials:
            return Reply(404, "text/plain", f"NCT number {nct_id} not found".encode())
        return _json(_projected(self.trials[nct_id], params))

    def _studies(self, params: Mapping[str, str]) -> Reply:
        found = [study for study in self.trials.values() if all(fits(study) for fits in self._filters(params))]
        size = min(int(params.get("pageSize", "10")), self.biggest_page)
        start = _start(params)
        answer: dict[str, Any] = {"studies": [_projected(study, params) for study in found[start : start + size]]}
        if params.get("countTotal") == "true" and "pageToken" not in params:
            answer["totalCount"] = len(found)
        if start + size < len(found):
            answer["nextPageToken"] = _token(params, start + size)
        return _json(answer)

    def _filters(self, params: Mapping[str, str]) -> list[Callable[[Study], bool]]:
        filters = [predicate(text, _word) for name, text in params.items() if name.startswith("query.")]
        if "filter.advanced" in params:
            filters.append(predicate(params["filter.advanced"], _area))
        if "filter.ids" in params:
            filters.append(_among(params["filter.ids"].split(",")))
        return filters


def _among(nct_ids: list[str]) -> Callable[[Study], bool]:
    for number, nct_id in enumerate(nct_ids, 1):
        if not _NCT.fullmatch(nct_id):
            raise _BadRequestError(f"Item {number} in `filter.ids` has incorrect format")
    return lambda study: _at(study, "protocolSection.identificationModule.nctId") in nct_ids


def _word(text: str) -> Callable[[Study], bool]:
    word = text.strip('"').lower()
    return lambda study: word in json.dumps(study, ensure_ascii=False).lower()


def _area(text: str) -> Callable[[Study], bool]:
    found = re.fullmatch(r"AREA\[(\w+)\](?:RANGE\[([\d-]+|MIN),\s?([\d-]+|MAX)\]|(\S+))", text)
    if not found or found[1] not in _PIECES:
        raise _BadRequestError(f"Unknown area name: `{found[1] if found else text}`")
    path, first, last, value = _PIECES[found[1]], found[2] or "", found[3] or "", found[4]
    if value:
        return lambda study: _at(study, path) == value
    low, high = first.replace("MIN", "0"), last.replace("MAX", "9")
    return lambda study: low <= (_at(study, path) or "") <= high and bool(_at(study, path))


def _projected(study: Study, params: Mapping[str, str]) -> Study:
    """Return the fields that are asked for, where they stand in the whole."""
    if "fields" not in params:
        return study
    answer: Study = {}
    for name in params["fields"].split(","):
        if name not in _PIECES:
            raise _BadRequestError(f"invalid field name: '{name}'")
        value = _at(study, _PIECES[name])
        if value is not None:
            *parents, last = _PIECES[name].split(".")
            place = answer
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
    return answer


def _at(study: Study, path: str) -> Any:
    value: Any = study
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _token(params: Mapping[str, str], start: int) -> str:
    """Return an opaque token that is good for the same search only."""
    search = sorted((name, value) for name, value in params.items() if name != "pageToken")
    return base64.urlsafe_b64encode(json.dumps([start, search]).encode()).decode()


def _start(params: Mapping[str, str]) -> int:
    if "pageToken" not in params:
        return 0
    try:
        start = int(json.loads(base64.urlsafe_b64decode(params["pageToken"]))[0])
    except ValueError:
        start = -1
    if start < 0 or _token(params, start) != params["pageToken"]:
        raise _BadRequestError("Invalid `pageToken`")
    return start


def _without_token(reply: Reply) -> Reply:
    """Send a page whose token leads nowhere."""
    return Reply(200, _JSON, re.sub(rb'"nextPageToken": "', b'"nextPageToken": "x', reply.body))


def _json(value: Any) -> Reply:
    return Reply(200, _JSON, json.dumps(value).encode())


_STATUS = "protocolSection.statusModule"
_PIECES = {
    "NCTId": "protocolSection.identificationModule.nctId",
    "BriefTitle": "protocolSection.identificationModule.briefTitle",
    "OverallStatus": f"{_STATUS}.overallStatus",
    "LastUpdatePostDate": f"{_STATUS}.lastUpdatePostDateStruct.date",
    "StudyFirstPostDate": f"{_STATUS}.studyFirstPostDateStruct.date",
    "ResultsFirstPostDate": f"{_STATUS}.resultsFirstPostDateStruct.date",
    "StudyType": "protocolSection.designModule.studyType",
    "DesignAllocation": "protocolSection.designModule.designInfo.allocation",
    "HasResults": "hasResults",
}
