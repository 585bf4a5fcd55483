"""Clients for tests: they ask the local services, and wait in a time that only their own sleeping moves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from metaan.sources.crossref.service import Crossref
from metaan.sources.ctgov.service import ClinicalTrials
from metaan.sources.europepmc.service import EuropePMC
from metaan.sources.net.client import Client
from metaan.sources.net.exchange import Endpoint, Policy
from metaan.sources.net.limiter import Limiter
from metaan.sources.net.settings import Settings

#: Seconds that a test waits for what must come; a busy machine is slow, and only what never comes is an error.
PATIENCE = 600


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


def client_at(
    url: str, time: FakeTime, service: str = "PubMed", *, policy: Policy | None = None, forms: bool = True, **more: Any
) -> Client:
    """Return a client without luck in its pauses."""
    limiter = Limiter(2.5, clock=time.clock, sleep=time.sleep)
    told = {name: more.pop(name) for name in ("identity", "secrets") if name in more}
    policy = replace(policy or Policy(), clock=time.clock, sleep=time.sleep, jitter=lambda: 0.5)
    return Client(Endpoint(service, url, limiter, forms=forms, **told), policy, **more)


def trials_at(url: str) -> ClinicalTrials:
    """Return a ClinicalTrials.gov that never really waits."""
    return ClinicalTrials(Settings(), client=client_at(url, FakeTime(), "ClinicalTrials.gov", forms=False))


def crossref_at(url: str) -> Crossref:
    """Return a Crossref that never really waits."""
    return Crossref(Settings(), client=client_at(url, FakeTime(), "Crossref", forms=False))


def europepmc_at(url: str) -> EuropePMC:
    """Return a Europe PMC that never really waits."""
    return EuropePMC(Settings(), client=client_at(url, FakeTime(), "Europe PMC", forms=False))
