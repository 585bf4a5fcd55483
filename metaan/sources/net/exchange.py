"""One exchange with a service: bounded in time and size, and never with another host than the one that was meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from ...errors import SourceError
from .answers import ServiceAnswer, UnreadableError

if TYPE_CHECKING:
    import requests

LONGEST_GET = 1_500  # characters of query; above, NCBI answers 414 at some length, so the same goes as a form
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_LONGEST_BREATH = 5.0  # seconds; a service that wants more says so with 429


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a client is; seconds and bytes. Where nobody listens, it gives up earlier."""

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


class Exchange:
    """Sends one request and reads its answer.

    Parameters
    ----------
    service
        Its name in messages.
    policy
        The bounds.
    session
        A `requests.Session`; made when it is first needed unless one is given.
    agent
        What the service is told who asks.
    longest_get
        Characters of query above which a request goes as a form; None for a service that reads no forms.
    wait
        Called before every request that follows a redirect.
    say
        Takes what is secret out of a message.
    """

    def __init__(
        self,
        service: str,
        policy: Policy,
        *,
        session: requests.Session | None = None,
        agent: str = "metaan",
        longest_get: int | None = LONGEST_GET,
        wait: Callable[[], None] = lambda: None,
        say: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service, self.policy = service, policy
        self._session, self._agent, self._longest_get = session, agent, longest_get
        self._wait, self._say, self._clock = wait, say, clock

    def ask(self, url: str, params: Mapping[str, str], form: bool) -> ServiceAnswer:
        """Send one request, follow redirects on the same host, and read the whole answer within its bounds."""
        import requests

        session = self._session = self._session or requests.Session()
        deadline = self._clock() + self.policy.answer_seconds
        for _ in range(self.policy.redirects + 1):
            with self._send(session, url, params, form) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not target:
                    return self._answer(response, url, self._body(response, url, deadline))
                url = self._redirect(url, target)
            self._wait()
        raise SourceError(self._say(f"{self.service}: {url} redirects more than {self.policy.redirects} times"))

    def _send(self, session: requests.Session, url: str, params: Mapping[str, str], form: bool) -> requests.Response:
        """Send as GET, or as a form when the query is long."""
        import requests

        query, headers = urlencode(params), {"User-Agent": self._agent}
        if not form and (self._longest_get is None or len(query) <= self._longest_get):
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
            raise SourceError(self._say(f"{self.service}: {url} redirects to no address, {target[:80]!r}")) from None
        same = new.scheme == old.scheme and new.netloc == old.netloc
        upgrade = (old.scheme, new.scheme) == ("http", "https") and new.hostname == old.hostname
        if not (same or upgrade):
            there = f"{new.scheme}://{new.netloc}"
            raise SourceError(self._say(f"{self.service}: {url} redirects to another host, {there}; not followed"))
        return new._replace(query="", fragment="").geturl()

    def _body(self, response: requests.Response, url: str, deadline: float) -> bytes:
        """Read piece by piece, so that neither a drip nor a flood goes on for ever."""
        body = bytearray()
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            body += piece
            if len(body) > self.policy.answer_bytes:
                most = self.policy.answer_bytes / (1 << 20)
                raise SourceError(self._say(f"{self.service}: the answer of {url} is larger than {most:g} MB"))
            if self._clock() > deadline:
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
