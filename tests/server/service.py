"""What the local services have in common: a port, a plan of faults, a log of calls, and ways to send answers badly."""

from __future__ import annotations

import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from .faults import Reply


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


class Service(ABC):
    """A server on a free port of 127.0.0.1.

    Parameters
    ----------
    plan
        Faults by call number, from the first, by their names in the service's `faults`; None, or the end of the list,
        means a sound answer. A reply of one's own may stand instead of a name.
    rate
        Requests per second that it allows; None for no limit.
    port
        0 for any free one.
    """

    variable: ClassVar[str] = ""
    base: ClassVar[str] = "/"
    faults: ClassVar[Mapping[str, Callable[[Reply], Reply]]] = {}

    def __init__(self, plan: Sequence[str | Reply | None] = (), rate: int | None = 3, port: int = 0) -> None:
        self.plan = list(plan)
        self.rate = rate
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"service": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL, for the service's variable."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.base}"

    def __enter__(self) -> Self:
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

    @abstractmethod
    def sound(self, path: str, params: Mapping[str, str], length: int) -> Reply:
        """Answer a request as the service does when nothing goes wrong; ``length`` is that of its URL."""

    def allowed(self, params: Mapping[str, str]) -> int:
        """How many requests a second are allowed to who sends these parameters."""
        return self.rate or 1_000_000

    def limits(self) -> dict[str, str]:
        """What every answer says about the limits."""
        return {}

    def reply(self, method: str, target: str, body: str, agent: str) -> Reply:
        """Return the answer to one request, spoilt as the plan says."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
        path = parts.path.removeprefix(self.base)
        with self._lock:
            number, now = len(self.calls), time.monotonic()
            fault = self.plan[number] if number < len(self.plan) else None
            if self.rate and sum(now - call.at < 1 for call in self.calls) >= self.allowed(params):
                fault = "asked too often"
            name = fault if isinstance(fault, str) else None
            self.calls.append(Call(now, method, path, target, params, name, agent))
        if isinstance(fault, Reply):
            return fault
        answer = self.sound(path, params, len(target))
        return self.faults[fault](answer) if fault else answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    server_version = "Finatra"
    sys_version = ""
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
        for name, value in self.service.limits().items():
            self.send_header(name, value)
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
        """Stay silent: `Service.calls` is the log."""
