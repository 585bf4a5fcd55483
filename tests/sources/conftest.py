from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from metaan.sources.client import Client, Policy
from metaan.sources.limiter import Limiter
from metaan.sources.pubmed import PubMed
from metaan.sources.settings import Settings
from tests.server.eutils import Eutils


@dataclass
class FakeTime:
    """A clock that sleeping moves, and that remembers how long each sleep was."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    tick: float = 0.0

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)


@pytest.fixture
def time():
    return FakeTime()


@pytest.fixture
def server():
    with Eutils(rate=None) as running:
        yield running


@pytest.fixture
def make_client(time):
    def make(url, policy=None, **more):
        limiter = Limiter(2.5, clock=time.clock, sleep=time.sleep)
        options = {"clock": time.clock, "sleep": time.sleep, "jitter": lambda: 0.5} | more
        return Client("PubMed", url, limiter, policy=policy or Policy(), **options)

    return make


@pytest.fixture
def pubmed(server, make_client):
    return PubMed(Settings(pubmed_url=server.url), client=make_client(server.url))
