"""The local services themselves: what a person starts by hand, and what they answer when nothing goes wrong."""

import contextlib
import json
from urllib.request import urlopen

import pytest
import requests

from metaan.sources.net.settings import VARIABLES, settings
from tests.server.__main__ import SERVICES, services
from tests.server.crossref import Crossref
from tests.server.eutils import Eutils
from tests.server.pace import PATIENCE
from tests.server.papers import PAPERS
from tests.server.words import leaves, predicate


def test_one_command_starts_every_service_that_has_a_variable():
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(service) for service in services(0, True, ["reset", "none"])]
        env = {service.variable: service.url for service in running}
        assert set(env) == {name for field, name in VARIABLES.items() if field.endswith("_url")}
        found = settings(env)
        assert [found.pubmed_url, found.ctgov_url, found.crossref_url, found.europepmc_url] == list(env.values())
        with pytest.raises(OSError, match=r"reset|closed"):
            urlopen(f"{found.ctgov_url}version")
        assert json.load(urlopen(f"{found.ctgov_url}version"))["apiVersion"]


def test_a_fault_goes_to_the_services_that_have_it():
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(service) for service in services(0, False, ["token refused"])]
        assert [service.plan for service in running] == [[None], ["token refused"], [None], [None]]
        assert all(service.rate for service in running)


SOUND = {
    "Eutils": "efetch.fcgi?db=pubmed&id=900000001,900000002",
    "CTGov": "studies?countTotal=true&pageSize=2",
    "Crossref": "works?filter=updates:10.5555/metaan.2,doi:10.5555/metaan.2&cursor=*",
    "EuropePMC": "search?query=made-up",
}


@pytest.mark.parametrize("kind", SERVICES)
def test_every_fault_spoils_a_sound_answer_or_its_sending(kind):
    with kind(rate=None) as service:
        sound = service.reply("GET", f"{service.base}{SOUND[kind.__name__]}", "", "")
        assert sound.status == 200
        same = [name for name, spoil in kind.faults.items() if spoil(sound) == sound]
    assert same == []


def fits(term, text):
    return predicate(term, lambda word: lambda thing: word in thing)(text)


@pytest.mark.parametrize(
    ("term", "fitting"),
    [
        ("a", True),
        ("a AND x", False),
        ("a OR x", True),
        ("a NOT b", False),
        ("x OR a AND b", True),
        ("x AND (a OR b)", False),
        ("(x OR (a AND b))", True),
        ("a b", True),
        ("x NOT x OR b", True),
    ],
)
def test_words_are_joined_from_left_to_right(term, fitting):
    assert fits(term, "ab") == fitting


def test_leaves_keep_their_tags():
    term = '(drug therapy[sh] OR "a b"[ti]) AND "2020/01/01"[crdt] : "3000"[crdt] NOT AREA[X]RANGE[1,MAX]'
    term += ' DOI:"10.5555/(x)"'
    assert leaves(term) == [
        "drug therapy[sh]",
        '"a b"[ti]',
        '"2020/01/01"[crdt] : "3000"[crdt]',
        "AREA[X]RANGE[1,MAX]",
        'DOI:"10.5555/(x)"',
    ]


def test_a_paper_was_added_on_the_first_day_of_its_date():
    assert PAPERS["900000001"].created == "2024/02/05"
    assert PAPERS["33493450"].created == "2021/03/01"
    assert PAPERS["900000005"].created == PAPERS["900000005"].indexed == "2020/01/01"


def test_the_doubles_say_how_much_they_allow():
    with Eutils(rate=3) as server:
        sent = [requests.get(f"{server.url}esearch.fcgi?db=pubmed&term=x", timeout=PATIENCE).headers for _ in range(3)]
    assert [(h["X-RateLimit-Limit"], h["X-RateLimit-Remaining"]) for h in sent] == [("3", "2"), ("3", "1"), ("3", "0")]
    with Crossref(rate=1) as server:
        sent = [requests.get(f"{server.url}works/10.5555%2Fnone", timeout=PATIENCE).headers]
    assert [(h["x-rate-limit-limit"], h["x-rate-limit-interval"]) for h in sent] == [("1", "1s")]
