"""Pacing: one locked limiter per service and process, which every attempt has to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Limiter:
    """Lets one caller through every ``1 / rate`` seconds, whichever thread it comes from.

    Parameters
    ----------
    rate
        Requests per second.
    clock, sleep
        Seconds that never run backwards, and how to let them pass; a test gives its own.

    Examples
    --------
    >>> now = [0.0]
    >>> limiter = Limiter(2.5, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    >>> for _ in range(3):
    ...     limiter.wait()
    >>> round(now[0], 3)
    0.8
    """

    def __init__(
        self, rate: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when it is this caller's turn; turns are given out in the order of the calls."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self.rate
        if turn > now:
            self._sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """Let nobody through for so many seconds from now: what a service asks for that has been asked too often."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)

    def slow(self, seconds: float) -> None:
        """Let nobody through for so many seconds where that is longer than turns are apart anyway."""
        if seconds * self.rate > 1:
            self.pause(seconds)


_SHARED: dict[tuple[str, float], Limiter] = {}
_SHARED_LOCK = Lock()


def shared(service: str, rate: float) -> Limiter:
    """Return the limiter of a service in this process: the budget belongs to the address, not to one client."""
    with _SHARED_LOCK:
        return _SHARED.setdefault((service, rate), Limiter(rate))
