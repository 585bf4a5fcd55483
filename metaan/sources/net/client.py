"""One way to ask a service: paced, bounded in time and size, retried by what the answer means, silent about keys."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urljoin

from ...errors import SourceError
from .answers import ServiceAnswer, UnreadableError, Verdict, classify
from .exchange import LONGEST_GET, Exchange, Policy

if TYPE_CHECKING:
    import requests

    from .limiter import Limiter

T = TypeVar("T")


class RefusedError(SourceError):
    """The service understood and declined, or kept failing.

    ``verdict`` says how the last answer was classified, ``status`` is its HTTP status, 0 when there was none.
    """

    def __init__(self, message: str, verdict: Verdict, status: int = 0) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.status = status


@dataclass(frozen=True, slots=True)
class _Failure:
    what: str
    verdict: Verdict
    retry_after: float = 0.0
    unreachable: bool = False
    status: int = 0


class Client:
    """Asks one service.

    Parameters
    ----------
    service
        Its name in messages.
    base_url
        With the closing slash; redirects to another host are refused.
    limiter
        Every request passes it, also a repeated one and one that follows a redirect.
    session
        A `requests.Session`; made when it is first needed unless one is given.
    identity
        Parameters that go with every request (tool, email, api_key).
    secrets
        Texts that no message may contain.
    clock, sleep, jitter
        Seconds, how to let them pass, and numbers from 0 to 1; a test gives its own.
    notice
        Told in words whenever a request has failed and is about to be repeated.
    keep
        Given every answer that was sound and could be read, for who keeps the raw ones.
    longest_get
        Characters of query above which a request goes as a form; None for a service that reads no forms.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        limiter: Limiter,
        *,
        session: requests.Session | None = None,
        policy: Policy | None = None,
        identity: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        notice: Callable[[str], None] = lambda message: None,
        keep: Callable[[ServiceAnswer], None] = lambda answer: None,
        longest_get: int | None = LONGEST_GET,
    ) -> None:
        self.service = service
        self.base_url = base_url
        self.policy = policy or Policy()
        self._limiter = limiter
        self._identity = dict(identity or {})
        self._secrets = tuple(secret for secret in secrets if secret)
        self._clock, self._sleep, self._jitter, self._notice = clock, sleep, jitter, notice
        self._keep = keep
        self._exchange = Exchange(
            service,
            self.policy,
            session=session,
            agent=self._identity.get("tool", "metaan"),
            longest_get=longest_get,
            wait=limiter.wait,
            say=self._say,
            clock=clock,
        )

    def ask(self, path: str, params: Mapping[str, str], read: Callable[[ServiceAnswer], T], *, form: bool = False) -> T:
        """Return what ``read`` makes of the answer, asking again as long as that may help.

        Parameters
        ----------
        path
            Below the base URL.
        params
            The query; the identity is added to it.
        read
            Turns a sound answer into a value, or raises `UnreadableError`.
        form
            Send as a form (POST) whatever the length.

        Raises
        ------
        SourceError
            The service stayed unreachable, kept failing, refused, or answered without end.
        """
        started = self._clock()
        for attempt in range(1, self.policy.tries + 1):
            outcome = self._attempt(path, params, read, form)
            if not isinstance(outcome, _Failure):
                return outcome
            pause = self._pause(attempt, outcome)
            if self._is_over(outcome, attempt, self._clock() - started + pause):
                raise self._refusal(path, outcome, attempt)
            self._notice(self._say(f"{self.service}: {outcome.what}; asking again in {pause:.0f} s"))
            if outcome.verdict == "throttled":
                self._limiter.pause(pause)
            else:
                self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(
        self, path: str, params: Mapping[str, str], read: Callable[[ServiceAnswer], T], form: bool
    ) -> T | _Failure:
        """Ask once."""
        import requests
        from urllib3.exceptions import HTTPError

        self._limiter.wait()
        try:
            answer = self._in_time(path, {**params, **self._identity}, form)
        except (requests.RequestException, HTTPError, OSError) as error:
            words = _in_words(error)
            return _Failure(words, "transient", unreachable=words in _UNREACHABLE.values())
        except UnreadableError as error:
            return _Failure(str(error), "unreadable")
        self._limiter.slow(answer.breath)
        if sign := classify(answer):
            what = f"HTTP {answer.status}, {sign[0]}: {self._quote(answer)}"
            return _Failure(what, sign[1], self._asked_for(answer), status=answer.status)
        try:
            value = read(answer)
        except UnreadableError as error:
            return _Failure(f"HTTP {answer.status}, {error}", "unreadable", status=answer.status)
        self._keep(answer)
        return value

    def _in_time(self, path: str, params: Mapping[str, str], form: bool) -> ServiceAnswer:
        """Exchange in a thread that can be left behind: looking a name up, and headers that drip, have no timeout."""
        box: SimpleQueue[ServiceAnswer | Exception] = SimpleQueue()

        def work() -> None:
            try:
                box.put(self._exchange.ask(urljoin(self.base_url, path), params, form))
            except Exception as error:
                box.put(error)

        Thread(target=work, daemon=True).start()
        seconds = self.policy.connect_seconds + self.policy.answer_seconds
        try:
            found = box.get(timeout=seconds)
        except Empty:
            raise UnreadableError(f"no complete answer within {seconds:g} s") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _asked_for(self, answer: ServiceAnswer) -> float:
        """Seconds that the service asks to wait, if it says so in seconds; a date is not worth its clock troubles."""
        asked = answer.retry_after or ""
        seconds = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0.0
        return float(min(seconds, self.policy.longest_retry_after))

    def _pause(self, attempt: int, failure: _Failure) -> float:
        """1, 2, 4, 8, 16 s give or take half, never less than was asked for, nor than 1 s when asked too often."""
        backoff = self.policy.first_pause * 2 ** (attempt - 1) * (0.5 + self._jitter())
        least = max(failure.retry_after, 1.0 if failure.verdict == "throttled" else 0.0)
        return float(max(min(backoff, self.policy.longest_pause), least))

    def _is_over(self, failure: _Failure, attempt: int, spent: float) -> bool:
        """Whether to give up. A lost session is asked for again too: no request here depends on one."""
        tries = self.policy.tries_unreachable if failure.unreachable else self.policy.tries
        return failure.verdict == "refused" or attempt >= tries or spent > self.policy.budget_seconds

    def _refusal(self, path: str, failure: _Failure, attempts: int) -> RefusedError:
        times = "" if attempts == 1 else f" ({attempts} attempts)"
        url = urljoin(self.base_url, path)
        return RefusedError(
            self._say(f"{self.service}: {url} failed{times}: {failure.what}"), failure.verdict, failure.status
        )

    def _quote(self, answer: ServiceAnswer) -> str:
        """Return the beginning of an answer; what is secret goes before it is cut, lest half of it stay."""
        words = self._say(answer.first_words())
        return f"{words[:120]}..." if len(words) > 120 else words

    def _say(self, message: str) -> str:
        """Return a message without keys, addresses and queries."""
        return redact(message, self._secrets)


def redact(message: str, secrets: tuple[str, ...]) -> str:
    """Return a message in which every secret, as it stands or as it looks in a URL, is replaced.

    >>> redact("GET /x?api_key=abc123&id=1", ("abc123",))
    'GET /x?api_key=[hidden]&id=1'
    """
    for secret in filter(None, secrets):
        for spelling in (secret, urlencode({"": secret})[1:]):
            message = message.replace(spelling, "[hidden]")
    return message


def _in_words(error: Exception) -> str:
    """Say what went wrong on the way, without the library's nesting of causes and without the query."""
    import requests

    told = str(error)
    kinds = (requests.exceptions.SSLError, requests.exceptions.ProxyError, requests.exceptions.Timeout)
    names = ("the secure connection failed", "the proxy failed", "no answer in time")
    found = [words for sign, words in _UNREACHABLE.items() if sign in told]
    found += [words for kind, words in zip(kinds, names) if isinstance(error, kind)]
    return found[0] if found else f"the connection broke ({type(error).__name__})"


_UNREACHABLE: dict[str, str] = {
    "NameResolutionError": "the host name could not be resolved",
    "ConnectTimeoutError": "no connection in time",
    "NewConnectionError": "nobody answers there",
}
