"""One way to ask a service: paced, bounded in time and size, retried by what the answer means, silent about keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

from ...errors import SourceError
from .answers import ServiceAnswer, UnreadableError, Verdict, classify
from .exchange import Endpoint, Exchange, Policy

if TYPE_CHECKING:
    import requests

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
    endpoint
        Which, and what it is told of who asks.
    policy
        How patiently.
    session
        A `requests.Session`; made when it is first needed unless one is given.
    notice
        Told in words whenever a request has failed and is about to be repeated.
    keep
        Given every answer that was sound and could be read, for who keeps the raw ones.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        policy: Policy | None = None,
        *,
        session: requests.Session | None = None,
        notice: Callable[[str], None] = lambda message: None,
        keep: Callable[[ServiceAnswer], None] = lambda answer: None,
    ) -> None:
        self.endpoint, self.policy, self.service = endpoint, policy or Policy(), endpoint.name
        self._notice, self._keep = notice, keep
        self._exchange = Exchange(endpoint, self.policy, session)

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
        started = self.policy.clock()
        for attempt in range(1, self.policy.tries + 1):
            outcome = self._attempt(path, params, read, form)
            if not isinstance(outcome, _Failure):
                return outcome
            pause = self._pause(attempt, outcome)
            if self._is_over(outcome, attempt, self.policy.clock() - started + pause):
                raise self._refusal(path, outcome, attempt)
            self._notice(self.endpoint.say(f"{self.service}: {outcome.what}; asking again in {pause:.0f} s"))
            if outcome.verdict == "throttled":
                self.endpoint.limiter.pause(pause)
            else:
                self.policy.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(
        self, path: str, params: Mapping[str, str], read: Callable[[ServiceAnswer], T], form: bool
    ) -> T | _Failure:
        """Ask once."""
        import requests
        from urllib3.exceptions import HTTPError

        self.endpoint.limiter.wait()
        try:
            answer = self._in_time(path, {**params, **self.endpoint.identity}, form)
        except (requests.RequestException, HTTPError, OSError) as error:
            words = _in_words(error)
            return _Failure(words, "transient", unreachable=words in _UNREACHABLE.values())
        except UnreadableError as error:
            return _Failure(str(error), "unreadable")
        self.endpoint.limiter.slow(answer.breath)
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
                box.put(self._exchange.ask(urljoin(self.endpoint.url, path), params, form))
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
        backoff = self.policy.first_pause * 2 ** (attempt - 1) * (0.5 + self.policy.jitter())
        least = max(failure.retry_after, 1.0 if failure.verdict == "throttled" else 0.0)
        return float(max(min(backoff, self.policy.longest_pause), least))

    def _is_over(self, failure: _Failure, attempt: int, spent: float) -> bool:
        """Whether to give up. A lost session is asked for again too: no request here depends on one."""
        tries = self.policy.tries_unreachable if failure.unreachable else self.policy.tries
        return failure.verdict == "refused" or attempt >= tries or spent > self.policy.budget_seconds

    def _refusal(self, path: str, failure: _Failure, attempts: int) -> RefusedError:
        times = "" if attempts == 1 else f" ({attempts} attempts)"
        url = urljoin(self.endpoint.url, path)
        return RefusedError(
            self.endpoint.say(f"{self.service}: {url} failed{times}: {failure.what}"), failure.verdict, failure.status
        )

    def _quote(self, answer: ServiceAnswer) -> str:
        """Return the beginning of an answer; what is secret goes before it is cut, lest half of it stay."""
        words = self.endpoint.say(answer.first_words())
        return f"{words[:120]}..." if len(words) > 120 else words


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
