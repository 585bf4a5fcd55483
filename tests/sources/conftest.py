from __future__ import annotations

import pytest

from metaan.sources.net.settings import Settings
from metaan.sources.pubmed.service import PubMed
from tests.server.eutils import Eutils
from tests.server.pace import FakeTime, client_at


@pytest.fixture
def time():
    return FakeTime()


@pytest.fixture
def server():
    with Eutils(rate=None) as running:
        yield running


@pytest.fixture
def make_client(time):
    return lambda url, policy=None, **more: client_at(url, time, policy=policy, **more)


@pytest.fixture
def pubmed(server, make_client):
    return PubMed(Settings(pubmed_url=server.url), client=make_client(server.url))
