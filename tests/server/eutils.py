"""A local service that behaves like NCBI's E-utilities: its formats, its pacing, and its ways to fail.

In a test::

    with Eutils(plan=["bad gateway", None, "half"], rate=None) as server:
        ...  # server.url is the base URL, server.calls what it was asked

By hand, from the project's folder: ``python -m tests.server``.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .faults import FAULTS, Reply
from .papers import FOOT, HEAD, MERGED, PAPERS, Paper

_JSON, _XML = "application/json", "text/xml; charset=UTF-8"


@dataclass(frozen=True)
class Call:
    """One request as the server saw it."""

    at: float
    method: str
    path: str
    target: str
    params: Mapping[str, str]
    fault: str | None
    agent: str = ""


class Eutils:
    """A server on a free port of 127.0.0.1.

    Parameters
    ----------
    plan
        Faults of `FAULTS` by call number, from the first; None, or the end of the list, means a sound answer. A reply
        of one's own may stand instead of a name.
    papers
        What it knows.
    rate
        Requests per second that it allows, as NCBI does; None for no limit.
    port
        0 for any free one.
    """

    def __init__(
        self,
        plan: Sequence[str | Reply | None] = (),
        papers: Mapping[str, Paper] = PAPERS,
        rate: int | None = 3,
        port: int = 0,
    ) -> None:
        self.plan = list(plan)
        self.papers = papers
        self.rate = rate
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"service": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL, for METAAN_PUBMED_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/entrez/eutils/"

    def __enter__(self) -> Eutils:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self, plan: Sequence[str | Reply | None] = ()) -> None:
        """Forget the calls so far and begin another plan."""
        with self._lock:
            self.plan, self.calls = list(plan), []

    def reply(self, method: str, target: str, body: str, agent: str) -> Reply:
        """Return the answer to one request, spoilt as the plan says."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
        with self._lock:
            number, now = len(self.calls), time.monotonic()
            fault = self.plan[number] if number < len(self.plan) else None
            if self.rate and sum(now - call.at < 1 for call in self.calls) >= self.rate + 7 * ("api_key" in params):
                fault = "asked too often"
            name = fault if isinstance(fault, str) else None
            self.calls.append(Call(now, method, parts.path.rsplit("/", 1)[-1], target, params, name, agent))
        if isinstance(fault, Reply):
            return fault
        sound = self._sound(parts.path.rsplit("/", 1)[-1], params, len(target))
        return FAULTS[fault](sound) if fault else sound

    def _sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        if length > 4_000:
            return FAULTS["too long"](Reply(200, "", b""))
        answers = {"esearch.fcgi": self._search, "efetch.fcgi": self._fetch}
        if path not in answers:
            return Reply(404, "text/html", b"<html><body>Not Found</body></html>")
        if params.get("db") != "pubmed":
            return FAULTS["refused"](Reply(200, "", b""))
        return answers[path](params)

    def _search(self, params: Mapping[str, str]) -> Reply:
        """Answer a search for a quoted DOI or a uid; other terms find nothing, and it says which."""
        term = params.get("term", "")
        pmids = [pmid for pmid, paper in self.papers.items() if _fits(term, paper)]
        most = int(params.get("retmax", "20"))
        result: dict[str, Any] = {
            "count": str(len(pmids)),
            "retmax": str(min(most, len(pmids))),
            "retstart": "0",
            "idlist": pmids[:most],
            "querytranslation": term,
        }
        if not pmids:
            result["errorlist"] = {"phrasesnotfound": [term], "fieldsnotfound": []}
            result["warninglist"] = {"outputmessages": ["No items found."]}
        body = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
        return Reply(200, _JSON, json.dumps(body).encode())

    def _fetch(self, params: Mapping[str, str]) -> Reply:
        """Answer with the records of the ids that it knows, as NCBI reads ids: every run of digits is one."""
        wanted = dict.fromkeys(MERGED.get(pmid, pmid) for pmid in re.findall(r"\d+", params.get("id", "")))
        records = [self.papers[pmid].xml() for pmid in wanted if pmid in self.papers]
        return Reply(200, _XML, b"\n".join((HEAD, *records, FOOT)))


def _fits(term: str, paper: Paper) -> bool:
    found = re.fullmatch(r'"?([^"]*)"?\[(doi|aid|uid|pmid)\]', term.strip())
    if not found:
        return False
    value = paper.doi if found[2] in {"doi", "aid"} else paper.pmid
    return value.lower() == found[1].lower() != ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    service: Eutils
    protocol_version = "HTTP/1.1"
    server_version = "Finatra"
    sys_version = ""
    timeout = 20
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

    def _answer(self, body: str) -> None:
        reply = self.service.reply(self.command, self.path, body, self.headers.get("User-Agent", ""))
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self._head(reply)
        self._body(reply)

    def _head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        if self.service.rate:
            self.send_header("X-RateLimit-Limit", str(self.service.rate))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunked or reply.flood:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _body(self, reply: Reply) -> None:
        step = 40 if reply.drip else 1 << 16
        end = len(reply.body) if reply.cut is None else reply.cut
        pieces = reply.flood() if reply.flood else (reply.body[i : min(i + step, end)] for i in range(0, end, step))
        for piece in pieces:
            self._piece(piece, reply)
            if reply.drip:
                time.sleep(reply.drip)
        if reply.cut is not None:
            self.close_connection = True
        elif reply.chunked or reply.flood:
            self.wfile.write(b"0\r\n\r\n")

    def _piece(self, piece: bytes, reply: Reply) -> None:
        framed = f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if reply.chunked or reply.flood else piece
        self.wfile.write(framed)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Stay silent: `Eutils.calls` is the log."""
