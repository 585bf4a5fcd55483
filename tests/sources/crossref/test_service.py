import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SourceError, UsageError
from metaan.sources.crossref.service import SELECT, read_agency, read_page, read_work
from metaan.sources.net.answers import ServiceAnswer, UnreadableError
from metaan.sources.net.services import client_for
from metaan.sources.net.settings import Settings
from tests.server.crossref import Crossref
from tests.server.crossref_works import WORKS, update, work
from tests.server.faults import Reply
from tests.server.json_faults import CONSISTENT, LIES
from tests.server.pace import crossref_at

ASKED = ["10.5555/METAAN.1", "https://doi.org/10.5555/metaan.2", "10.5555/metaan.3", "10.5555/none", "10.5555/data.1"]


@pytest.fixture(scope="module")
def running():
    with Crossref(rate=None) as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    return running


@pytest.fixture
def crossref(server):
    return crossref_at(server.url)


def test_works_come_by_doi_with_the_notices_of_either_end(crossref):
    fetched = crossref.fetch(ASKED)
    assert list(fetched.works) == ["10.5555/metaan.1", "10.5555/metaan.2", "10.5555/metaan.3"]
    states = {doi: (found.retracted, found.concern) for doi, found in fetched.works.items()}
    assert states == {
        "10.5555/metaan.1": (False, False),
        "10.5555/metaan.2": (True, False),
        "10.5555/metaan.3": (False, True),  # known from the notice alone
    }
    assert fetched.works["10.5555/metaan.3"].record.concern
    assert len(fetched.works["10.5555/metaan.2"].updated_by) == 2


def test_what_is_missing_has_a_reason(crossref):
    assert dict(crossref.fetch(ASKED).missing) == {
        "10.5555/none": "no agency knows this DOI",
        "10.5555/data.1": "registered with DataCite, not with Crossref",
    }


def test_two_requests_per_hundred_works():
    works = {f"10.5555/w{n}": work(f"10.5555/W{n}", f"Work {n}") for n in range(120)}
    with Crossref(works=works, rate=None) as server:
        fetched = crossref_at(server.url).fetch(works)
        filters = [call.params["filter"].split(",") for call in server.calls if call.params["cursor"] == "*"]
    assert list(fetched.works) == list(works)
    assert [(part[0].split(":")[0], len(part)) for part in filters] == [
        ("doi", 100),
        ("doi", 20),
        ("updates", 100),
        ("updates", 20),
    ]
    assert {call.method for call in server.calls} == {"GET"}


def test_long_dois_make_smaller_batches():
    works = {f"10.5555/{'x' * 200}{n}": work(f"10.5555/{'x' * 200}{n}", "x") for n in range(40)}
    with Crossref(works=works, rate=None) as server:
        assert len(crossref_at(server.url).fetch(works).works) == 40
        assert max(len(call.target) for call in server.calls) < 6_000


def test_more_notices_than_a_page_are_all_read():
    about = {"update-to": [update("10.5555/a", "correction", "publisher", 2024)]}
    works = {f"10.5555/n{n}": work(f"10.5555/n{n}", "Notice", **about) for n in range(250)}
    works["10.5555/a"] = work("10.5555/a", "x")
    with Crossref(works=works, rate=None) as server:
        assert len(crossref_at(server.url).fetch(["10.5555/a"]).works["10.5555/a"].updated_by) == 250
        pages = [call.params["cursor"] for call in server.calls if call.params["filter"].startswith("updates")]
    assert len(pages) == 3
    assert pages[0] == "*"


def test_fields_are_chosen_as_long_as_the_service_knows_them():
    with Crossref(selects=frozenset({"DOI"}), rate=None) as server:
        assert crossref_at(server.url).fetch(ASKED[:2]).works["10.5555/metaan.2"].retracted
        assert [call.params.get("select") for call in server.calls] == [SELECT, None, None]


def test_a_doi_with_a_comma_goes_alone():
    works = {"10.5555/a,b": work("10.5555/a,b", "Comma"), "10.5555/c": work("10.5555/c", "None")}
    with Crossref(works=works, rate=None) as server:
        assert set(crossref_at(server.url).fetch(works).works) == set(works)
        assert [call.path for call in server.calls] == ["works", "works/10.5555%2Fa%2Cb", "works"]


@pytest.mark.parametrize("doi", ["10.5555/../../etc/passwd", "10.5555/x?y=1&filter=z", "10.5555/x#y", "10.5555/<b>%00"])
def test_odd_characters_stay_inside_the_doi(crossref, server, doi):
    assert crossref.fetch([doi]).missing
    assert {call.path.partition("/")[0] for call in server.calls} == {"works"}
    assert all(set(call.params) <= {"filter", "rows", "cursor", "select"} for call in server.calls)


def test_what_is_no_doi_is_never_sent(crossref, server):
    with pytest.raises(UsageError, match="is no DOI"):
        crossref.fetch(["10.5555/metaan.1", "PMC123"])
    assert server.calls == []


def test_another_work_in_its_place_is_not_taken(crossref, server):
    nothing = Reply(200, "application/json", b'{"status":"ok","message":{"items":[],"total-results":0}}')
    other = Reply(200, "application/json", json.dumps({"status": "ok", "message": WORKS["10.5555/metaan.1"]}).encode())
    server.reset([nothing, other])
    fetched = crossref.fetch(["10.5555/metaan.2"])
    assert dict(fetched.missing) == {"10.5555/metaan.2": "Crossref has the work of 10.5555/metaan.1 in its place"}


def test_a_page_that_comes_again_and_again_ends(crossref, server):
    items = [work(f"10.5555/{n}", "x") for n in range(100)]
    message = {"items": items, "total-results": 500, "next-cursor": "same"}
    server.reset([Reply(200, "application/json", json.dumps({"status": "ok", "message": message}).encode())] * 30)
    with pytest.raises(SourceError, match="a page came twice, 3 times"):
        crossref.notices(["10.5555/a"])
    assert len(server.calls) == 6


@pytest.mark.parametrize("lie", LIES)
def test_a_notice_that_is_missing_from_its_list_is_missed(crossref, server, lie):
    expected = crossref.notices(["10.5555/metaan.3", "10.5555/metaan.1"])
    assert len(expected["10.5555/metaan.3"]) == 1
    server.reset([lie])
    assert crossref.notices(["10.5555/metaan.3", "10.5555/metaan.1"]) == expected
    server.reset([lie] * 9)
    with pytest.raises(SourceError, match="1 works were counted and 0 listed, 3 times"):
        crossref.notices(["10.5555/metaan.3"])


def test_the_address_opens_the_polite_pool(server):
    client = client_for("crossref", Settings(crossref_url=server.url, email="me@example.org"))
    client.ask("works/10.5555%2Fmetaan.1", {}, read_work)
    assert dict(server.calls[0].params) == {"mailto": "me@example.org"}
    assert (client.endpoint.limiter.rate, client_for("crossref", Settings()).endpoint.limiter.rate) == (2.5, 0.9)


@pytest.mark.parametrize("read", [read_page, read_work, read_agency])
@pytest.mark.parametrize(
    "message", [b"", b"[]", b"{}", b'{"status":"failed","message":[]}', b'{"status":"ok","message":{}}', b"<x/>"]
)
def test_an_odd_answer_is_not_read(read, message):
    with pytest.raises(UnreadableError):
        read(ServiceAnswer(200, "application/json", message, "u"))


FINAL = ("refused",)


@pytest.mark.parametrize("fault", [name for name in Crossref.faults if name not in FINAL])
def test_one_fault_changes_nothing(crossref, server, fault):
    expected = crossref.fetch(ASKED)
    server.reset([fault])
    assert crossref.fetch(ASKED) == expected


@given(st.lists(st.sampled_from([None, *(name for name in Crossref.faults if name not in CONSISTENT)]), max_size=9))
@settings(max_examples=40)
def test_whatever_fails_the_end_is_faultless_or_an_error(running, plan):
    running.reset()
    expected = crossref_at(running.url).fetch(ASKED)
    running.reset(plan)
    try:
        got = crossref_at(running.url).fetch(ASKED)
    except SourceError:
        assert any(plan)
    else:
        assert got == expected


def test_the_double_paces_by_pool(server):
    with Crossref(rate=1) as paced, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.server.service.time.monotonic", lambda: 5.0)
        anonymous = [paced.reply("GET", "/works/10.5555%2Fmetaan.1", "", "") for _ in range(2)]
        paced.reset()
        polite = [paced.reply("GET", "/works/10.5555%2Fmetaan.1?mailto=a", "", "") for _ in range(4)]
    assert [reply.status for reply in anonymous] == [200, 429]
    assert [reply.status for reply in polite] == [200, 200, 200, 429]
    assert polite[-1].kind == "text/html"
