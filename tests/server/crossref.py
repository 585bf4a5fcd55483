"""A local service that behaves like Crossref's REST API."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from .crossref_works import AGENCIES, WORKS, Work
from .faults import Reply
from .json_faults import faults_of, said
from .service import Service

_JSON = "application/json"
_NOT_FOUND = Reply(404, "text/plain", b"Resource not found.")
BIGGEST_PAGE = 1_000
_CURSOR = b'"next-cursor": "'
_SELECTABLE = frozenset(
    {
        "DOI", "title", "type", "author", "container-title", "short-container-title", "volume", "issue", "page",
        "article-number", "published", "issued", "abstract", "clinical-trial-number", "relation", "updated-by",
        "update-to",
    }
)  # fmt: skip


class Crossref(Service):
    """The service.

    ``works`` is what it knows, ``selects`` which fields can be chosen; the other parameters are those of `Service`.
    """

    variable = "METAAN_CROSSREF_URL"
    faults = faults_of(
        "message",
        "items",
        count="total-results",
        **{
            "asked too often": said(429, b"<html><body>Too Many Requests</body></html>", "text/html"),
            "refused": said(400, b'{"status":"failed","message-type":"validation-failure","message":[]}', _JSON),
            "cursor refused": lambda reply: Reply(200, _JSON, reply.body.replace(_CURSOR, _CURSOR + b"x")),
            "failed inside 200": said(200, b'{"status":"failed","message":{}}', _JSON),
        },
    )

    def __init__(
        self,
        plan: Sequence[str | Reply | None] = (),
        works: Mapping[str, Work] = WORKS,
        selects: frozenset[str] = _SELECTABLE,
        rate: int | None = 1,
        port: int = 0,
    ) -> None:
        super().__init__(plan, rate, port)
        self.works = dict(works)
        self.selects = selects

    def allowed(self, params: Mapping[str, str]) -> int:
        return 3 if "mailto" in params and self.rate else super().allowed(params)

    def limits(self) -> dict[str, str]:
        return {"x-rate-limit-limit": str(self.rate), "x-rate-limit-interval": "1s"} if self.rate else {}

    def sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        if length > 8_000:
            return Reply(414, "text/html", b"<html><body>Request-URI Too Long</body></html>")
        if path == "works":
            return self._list(params)
        doi, _, rest = path.removeprefix("works/").partition("/")
        doi = unquote(doi).lower()
        if rest == "agency" and doi in self.works | AGENCIES:
            label = AGENCIES.get(doi, "Crossref")
            return _ok("work-agency", {"DOI": doi, "agency": {"id": label.lower(), "label": label}})
        return _ok("work", self.works[doi]) if doi in self.works and not rest else _NOT_FOUND

    def _list(self, params: Mapping[str, str]) -> Reply:
        fields = params["select"].split(",") if "select" in params else []
        if unknown := [name for name in fields if name not in self.selects]:
            return _failed(400, "validation-failure", "parameter-not-allowed", unknown[0])
        filters = [part.partition(":") for part in params.get("filter", "").split(",") if part]
        if unknown := [name for name, _, value in filters if name not in {"doi", "updates"} or not value]:
            return _failed(400, "validation-failure", "filter-not-available", unknown[0])
        found = [item for item in self.works.values() if any(_fits(item, name, value) for name, _, value in filters)]
        rows = min(int(params.get("rows", "20")), BIGGEST_PAGE)
        try:
            start = _start(params.get("cursor", "*"))
        except ValueError:
            return _failed(404, "resource-failure", "cursor-invalid", params["cursor"])
        items = [
            {key: item[key] for key in item if not fields or key in fields} for item in found[start : start + rows]
        ]
        message = {"total-results": len(found), "items": items, "items-per-page": rows}
        if "cursor" in params:
            message["next-cursor"] = base64.b64encode(b"cursor %d" % (start + rows)).decode()
        return _ok("work-list", message)


def _fits(item: Work, name: str, value: str) -> bool:
    if name == "doi":
        return bool(item["DOI"].lower() == value.lower())
    return any(found["DOI"].lower() == value.lower() for found in item.get("update-to", []))


def _start(cursor: str) -> int:
    return 0 if cursor == "*" else int(base64.b64decode(cursor, validate=True).removeprefix(b"cursor "))


def _ok(kind: str, message: Any) -> Reply:
    body = {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message}
    return Reply(200, _JSON, json.dumps(body).encode(), {"x-api-pool": "public"})


def _failed(status: int, kind: str, what: str, value: str) -> Reply:
    message = [{"type": what, "value": value, "message": f"{value} is not available"}]
    return Reply(status, _JSON, json.dumps({"status": "failed", "message-type": kind, "message": message}).encode())
