"""The table of databases, and what is written beside it: addresses, review.yaml, calls and searches."""

from __future__ import annotations

from dataclasses import fields

import pytest

from metaan.registry.model.review import Services
from metaan.sources.crossref.service import Crossref
from metaan.sources.ctgov.service import ClinicalTrials
from metaan.sources.databases import DATABASES
from metaan.sources.europepmc.service import EuropePMC
from metaan.sources.net.services import Calls
from metaan.sources.net.settings import VARIABLES, Settings
from metaan.sources.pubmed.service import PubMed
from metaan.workflows.search.searching import SEARCHERS

CALLS: tuple[type[Calls], ...] = (PubMed, ClinicalTrials, Crossref, EuropePMC)


def test_every_database_has_its_address_everywhere_and_no_other_is_asked():
    urls = {f"{code}_url" for code in DATABASES}
    for names in ({field.name for field in fields(Settings)}, set(Services.model_fields), set(VARIABLES)):
        assert {name for name in names if name.endswith("_url")} == urls
    assert {calls.service for calls in CALLS} == set(DATABASES)
    assert set(SEARCHERS) <= set(DATABASES)


@pytest.mark.parametrize("calls", CALLS)
def test_calls_go_where_the_settings_say(calls):
    made = calls(Settings(**{f"{calls.service}_url": "http://127.0.0.1:1/"}))
    assert made.url == made._client.endpoint.url == "http://127.0.0.1:1/"
    assert made._client.service == DATABASES[calls.service].name
