"""What goes wrong with E-utilities, by name. Each fault turns a sound reply into another one, or spoils its sending.

To add one: a function here and an entry in `FAULTS`.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Reply:
    """An answer and how to send it.

    ``cut`` ends the connection after so many bytes though more were announced, ``reset`` before the first, ``drip``
    waits so many seconds between bytes, ``flood`` yields pieces without an announced length.
    """

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    chunked: bool = False
    reset: bool = False
    drip: float = 0.0
    flood: Callable[[], Iterator[bytes]] | None = None


_JSON, _XML, _HTML, _TEXT = "application/json", "text/xml; charset=UTF-8", "text/html", "text/plain"


def _instead(status: int, kind: str, body: bytes, **headers: str) -> Callable[[Reply], Reply]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply: Reply(status, kind, body, named)


def _drop_one(reply: Reply) -> Reply:
    """Leave the first record out of a well-formed answer."""
    start, end = reply.body.find(b"<PubmedArticle>"), reply.body.find(b"</PubmedArticle>")
    if start < 0:
        return reply
    return replace(reply, body=reply.body[:start] + reply.body[end + len(b"</PubmedArticle>") :])


def _empty(reply: Reply) -> Reply:
    """Say in a well-formed answer that there is nothing."""
    if b"esearchresult" in reply.body:
        body = b'{"header":{},"esearchresult":{"count":"0","retmax":"0","retstart":"0","idlist":[]}}'
        return replace(reply, body=body)
    return replace(reply, body=b'<?xml version="1.0" ?>\n<PubmedArticleSet></PubmedArticleSet>')


def _shuffle(reply: Reply) -> Reply:
    """Send the records last first, and the last one twice."""
    head, mark, rest = reply.body.partition(b"<PubmedArticleSet>")
    if not mark or b"</PubmedArticle>" not in rest:
        return reply
    records = [part + b"</PubmedArticle>" for part in rest.split(b"</PubmedArticle>")[:-1]]
    foot = rest.split(b"</PubmedArticle>")[-1]
    return replace(reply, body=head + mark + b"".join([records[-1], *records[::-1]]) + foot)


def _half_gzip(reply: Reply) -> Reply:
    packed = gzip.compress(reply.body, mtime=0)
    return replace(reply, body=packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def _half(reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _corrupt(reply: Reply) -> Reply:
    middle = len(reply.body) // 2
    return replace(reply, body=reply.body[:middle] + b"\x00\x1b\xff" + reply.body[middle:])


FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "asked too often": _instead(
        429, _JSON, b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
    ),
    "asked too often, inside 200": _instead(
        200, _JSON, b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
    ),
    "asked too often, wait": _instead(429, _JSON, b'{"error":"API rate limit exceeded"}', Retry_After="7"),
    "bad gateway": _instead(502, _HTML, b"<html><head><title>502 Bad Gateway</title></head></html>"),
    "server error": _instead(500, _HTML, b"<html><body><h1>Server Error</h1></body></html>"),
    "unavailable": _instead(503, _TEXT, b"Service Unavailable"),
    "page instead of data": _instead(200, _HTML, b"<!DOCTYPE html>\n<html><body>Maintenance</body></html>"),
    "balancer": _instead(200, _JSON, b'{"error":"/lbsm/eutils_lb -> Neg","api-key":"","type":"ip","status":"ok"}'),
    "forwarding": _instead(200, _JSON, b'{"error":"error forwarding request","api-key":"","status":"ok"}'),
    "no route": _instead(200, _TEXT, b"Unable to route request!\n\nservice name: /http/service/ratecontrol\n"),
    "viewer timeout": _instead(
        200,
        _XML,
        b'<?xml version="1.0" ?>\n<eFetchResult>\n\t<ERROR> Error: External viewer error: Empty Response. '
        b"Bytes read: 0 Status: Timeout</ERROR>\n</eFetchResult>",
    ),
    "session lost": _instead(
        200,
        _XML,
        b'<?xml version="1.0" ?>\n<eFetchResult>\n\t<ERROR>Unable to obtain query #1</ERROR>\n</eFetchResult>',
    ),
    "session lost, page": _instead(
        200, _HTML, b"<html>\n<body>\n<br/><h2>Error occurred: Unable to obtain query #1</h2><br/>\n</body>\n</html>"
    ),
    "search backend": _instead(
        200, _JSON, b'{"header":{"type":"esearch"},"esearchresult":{"ERROR":"Search Backend failed: Exception"}}'
    ),
    "nothing": _instead(200, _XML, b""),
    "refused": _instead(400, _XML, b"<eFetchResult><ERROR>Invalid db name specified: pubmde</ERROR></eFetchResult>"),
    "too long": _instead(414, _HTML, b"<html><body>Request-URI Too Long</body></html>"),
    "bad key": _instead(400, _JSON, b'{"error":"API key invalid","api-key":"secret-key","type":"api_key"}'),
    "reset": lambda reply: replace(reply, reset=True),
    "cut": lambda reply: replace(reply, cut=len(reply.body) // 2),
    "cut chunk": lambda reply: replace(reply, cut=len(reply.body) // 2, chunked=True),
    "half": _half,
    "half gzip": _half_gzip,
    "corrupt bytes": _corrupt,
    "slow": lambda reply: replace(reply, drip=0.0005),
    "chunked": lambda reply: replace(reply, chunked=True),
    "shuffled and doubled": _shuffle,
    "empty set": _empty,
    "a record missing": _drop_one,
}

LIES = ("empty set", "a record missing")  # well formed, and wrong: only asking twice shows it
HARMLESS = ("slow", "chunked", "shuffled and doubled")
FINAL = ("refused", "too long", "bad key")
