"""A PubMed client for tests: it asks the local service, and waits in a time that only its own sleeping moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metaan.sources.client import Client
from metaan.sources.limiter import Limiter
from metaan.sources.pubmed import PubMed
from metaan.sources.settings import Settings


@dataclass
class FakeTime:
    """A clock that sleeping moves, and that remembers how long each sleep was; ``tick`` passes with every look."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    tick: float = 0.0

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)


def client_at(url: str, time: FakeTime, **more: Any) -> Client:
    """Return a client without luck in its pauses."""
    options = {"clock": time.clock, "sleep": time.sleep, "jitter": lambda: 0.5} | more
    return Client("PubMed", url, Limiter(2.5, clock=time.clock, sleep=time.sleep), **options)


def pubmed_at(url: str) -> PubMed:
    """Return a PubMed that never really waits."""
    return PubMed(Settings(pubmed_url=url), client=client_at(url, FakeTime()))
