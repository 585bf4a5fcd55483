"""One exchange with a service: bounded in time and size, and never with another host than the one that was meant."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from ...errors import SourceError
from .answers import ServiceAnswer, UnreadableError

if TYPE_CHECKING:
    import requests

    from .limiter import Limiter

LONGEST_GET = 1_500  # characters of query; above, NCBI answers 414 at some length, so the same goes as a form
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_LONGEST_BREATH = 5.0  # seconds; a service that wants more says so with 429


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a client is; seconds and bytes. Where nobody listens, it gives up earlier.

    ``clock``, ``sleep`` and ``jitter`` are the time, how to let it pass, and numbers from 0 to 1; a test gives its own.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    answer_seconds: float = 120.0
    answer_bytes: int = 64 << 20
    tries: int = 6
    tries_unreachable: int = 3
    first_pause: float = 1.0
    longest_pause: float = 30.0
    longest_retry_after: float = 120.0
    budget_seconds: float = 180.0
    redirects: int = 3
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service as a client knows it.

    Attributes
    ----------
    name
        In messages.
    url
        With the closing slash; redirects to another host are refused.
    limiter
        Every request passes it, also a repeated one and one that follows a redirect.
    identity
        Parameters that go with every request (tool, email, api_key).
    secrets
        Texts that no message may contain.
    forms
        Whether it reads a long query that is sent as a form.
    """

    name: str
    url: str
    limiter: Limiter
    identity: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    forms: bool = True

    def say(self, message: str) -> str:
        """Return a message without keys, addresses and queries."""
        return redact(message, self.secrets)


def redact(message: str, secrets: tuple[str, ...]) -> str:
    """Return a message in which every secret, as it stands or as it looks in a URL, is replaced.

    >>> redact("GET /x?api_key=abc123&id=1", ("abc123",))
    'GET /x?api_key=[hidden]&id=1'
    """
    for secret in filter(None, secrets):
        for spelling in (secret, urlencode({"": secret})[1:]):
            message = message.replace(spelling, "[hidden]")
    return message


class Exchange:
    """Sends one request to an endpoint and reads its answer; the session is made when it is first needed."""

    def __init__(self, endpoint: Endpoint, policy: Policy, session: requests.Session | None = None) -> None:
        self.endpoint, self.policy, self._session = endpoint, policy, session

    def ask(self, url: str, params: Mapping[str, str], form: bool) -> ServiceAnswer:
        """Send one request, follow redirects on the same host, and read the whole answer within its bounds."""
        import requests

        session = self._session = self._session or requests.Session()
        deadline = self.policy.clock() + self.policy.answer_seconds
        for _ in range(self.policy.redirects + 1):
            with self._send(session, url, params, form) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not target:
                    return self._answer(response, url, self._body(response, url, deadline))
                url = self._redirect(url, target)
            self.endpoint.limiter.wait()
        raise SourceError(
            self.endpoint.say(f"{self.endpoint.name}: {url} redirects more than {self.policy.redirects} times")
        )

    def _send(self, session: requests.Session, url: str, params: Mapping[str, str], form: bool) -> requests.Response:
        """Send as GET, or as a form when the query is long."""
        import requests

        query, headers = urlencode(params), {"User-Agent": self.endpoint.identity.get("tool", "metaan")}
        if not form and (not self.endpoint.forms or len(query) <= LONGEST_GET):
            request = session.prepare_request(requests.Request("GET", url, headers, params=query))
        else:
            request = session.prepare_request(requests.Request("POST", url, headers, data=dict(params)))
        # Not by `session.send`, which reads a redirect's whole body, and its target, before anybody can look at them.
        address = request.url or url
        options: Any = session.merge_environment_settings(address, {}, True, None, None)
        timeout = (self.policy.connect_seconds, self.policy.read_seconds)
        return session.get_adapter(address).send(request, timeout=timeout, **options)

    def _redirect(self, url: str, target: str) -> str:
        """Return where to go next; never to another host, for the key and the query would go along."""
        try:
            new, old = urlsplit(urljoin(url, target)), urlsplit(url)
        except ValueError:
            raise SourceError(
                self.endpoint.say(f"{self.endpoint.name}: {url} redirects to no address, {target[:80]!r}")
            ) from None
        same = new.scheme == old.scheme and new.netloc == old.netloc
        upgrade = (old.scheme, new.scheme) == ("http", "https") and new.hostname == old.hostname
        if not (same or upgrade):
            there = f"{new.scheme}://{new.netloc}"
            raise SourceError(
                self.endpoint.say(f"{self.endpoint.name}: {url} redirects to another host, {there}; not followed")
            )
        return new._replace(query="", fragment="").geturl()

    def _body(self, response: requests.Response, url: str, deadline: float) -> bytes:
        """Read piece by piece, so that neither a drip nor a flood goes on for ever."""
        body = bytearray()
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            body += piece
            if len(body) > self.policy.answer_bytes:
                most = self.policy.answer_bytes / (1 << 20)
                raise SourceError(
                    self.endpoint.say(f"{self.endpoint.name}: the answer of {url} is larger than {most:g} MB")
                )
            if self.policy.clock() > deadline:
                raise UnreadableError(f"the answer was not complete after {self.policy.answer_seconds:g} s")
        return bytes(body)

    def _answer(self, response: requests.Response, url: str, body: bytes) -> ServiceAnswer:
        headers = response.headers
        kind, asked = headers.get("Content-Type", ""), headers.get("Retry-After")
        return ServiceAnswer(response.status_code, kind, body, url, asked, breath(headers))


def breath(headers: Mapping[str, str]) -> float:
    """Return the seconds until the next request that an answer asks for by what it says of its limits.

    NCBI counts down to 0 within a second; Crossref says how many requests it allows in which time.

    >>> breath({"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "0"}), breath({"X-RateLimit-Remaining": "2"})
    (1.0, 0.0)
    >>> breath({"X-RateLimit-Limit": "2", "X-RateLimit-Interval": "1s"})
    0.5
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if _number(lower.get("x-ratelimit-remaining")) == 0:
        return 1.0
    said = {name: lower.get(f"x-rate-limit-{name}", lower.get(f"x-ratelimit-{name}")) for name in ("limit", "interval")}
    limit, seconds = _number(said["limit"]), _number((said["interval"] or "").removesuffix("s"))
    return min(seconds / limit, _LONGEST_BREATH) if limit and seconds else 0.0


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None
