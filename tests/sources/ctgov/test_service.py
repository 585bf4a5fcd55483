import copy
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SourceError, UsageError
from metaan.sources.ctgov.query import TrialQuery
from metaan.sources.ctgov.service import BATCH, STAMP_FIELDS, TrialStamp, read_page, read_study, read_version, stamp
from metaan.sources.net.answers import ServiceAnswer, UnreadableError
from metaan.sources.net.services import client_for
from metaan.sources.net.settings import Settings
from tests.server.ctgov import CTGov
from tests.server.faults import Reply
from tests.server.json_faults import CONSISTENT, LIES
from tests.server.pace import trials_at
from tests.server.trials import TRIALS, trial

MADE_UP = TrialQuery(intervention='"Made-up drug"')


@pytest.fixture(scope="module")
def running():
    with CTGov(rate=None) as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    running.biggest_page = 1_000
    return running


@pytest.fixture
def registry(server):
    return trials_at(server.url)


def numbers(trials):
    return [found.nct_id for found in trials]


def test_the_version_is_told(registry):
    version = registry.version()
    assert (version.api, version.data) == ("2.0.5", "2026-11-20T09:00:05")


def test_an_expression_finds_whole_trials(registry, server):
    found = registry.search(TrialQuery(term="anakinra AND (covid-19 OR nothing)"))
    assert numbers(found) == ["NCT04341584", "NCT04362111", "NCT04364009", "NCT04643678", "NCT04680949"]
    assert found[-1].references[0].pmid == "34480127"
    params = server.calls[0].params
    assert (params["pageSize"], params["countTotal"]) == ("200", "true")


def test_what_is_new_changed_or_has_results_is_one_search(registry, server):
    found = registry.search(TrialQuery(condition="nothing", updated_since=date(2026, 11, 2)))
    assert [(t.nct_id, t.dates.first_posted, t.has_results) for t in found] == [
        ("NCT99990001", "2024-01-05", True),
        ("NCT99990002", "2026-11-10", False),
    ]
    assert server.calls[0].params["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2026-11-02,MAX]"


def test_expressions_are_joined():
    query = TrialQuery("a\n b", advanced="AREA[StudyType]INTERVENTIONAL", updated_since=date(2026, 1, 2))
    assert query.params() == {
        "query.term": "a b",
        "filter.advanced": "(AREA[StudyType]INTERVENTIONAL) AND (AREA[LastUpdatePostDate]RANGE[2026-01-02,MAX])",
    }


def test_an_empty_query_is_never_sent(registry, server):
    with pytest.raises(UsageError, match="without a word"):
        registry.search(TrialQuery(term="  "))
    assert server.calls == []


def test_pages_are_followed_with_everything_else_unchanged(registry, server):
    server.biggest_page = 2
    assert numbers(registry.search(MADE_UP)) == ["NCT99990001", "NCT99990002", "NCT99990003"]
    first, second = (dict(call.params) for call in server.calls)
    assert second.pop("pageToken")
    assert first == second


def test_a_page_that_is_refused_begins_the_search_anew(registry, server):
    server.biggest_page = 2
    server.reset(["token refused"])
    assert len(registry.search(MADE_UP)) == 3
    assert ["pageToken" in call.params for call in server.calls] == [False, True, False, True]


def test_a_token_that_leads_to_itself_ends(registry, server):
    page = {"studies": [TRIALS["NCT99990001"]], "totalCount": 9, "nextPageToken": "again"}
    server.reset([Reply(200, "application/json", json.dumps(page).encode())] * 20)
    with pytest.raises(SourceError, match="leads to itself, 3 times"):
        registry.search(MADE_UP)
    assert len(server.calls) == 6


def test_an_expression_that_is_refused_is_shown_and_not_repeated(registry, server):
    with pytest.raises(SourceError, match=r"HTTP 400.*Unknown area name: `NoSuchArea`"):
        registry.search(TrialQuery(advanced="AREA[NoSuchArea]x"))
    assert len(server.calls) == 1


def test_trials_by_number_with_aliases_and_what_is_missing(registry, server):
    fetched = registry.fetch(["NCT99990001", "nct99990009", "NCT99990077", "NCT99990001"])
    assert {asked: found.nct_id for asked, found in fetched.trials.items()} == {
        "NCT99990001": "NCT99990001",
        "NCT99990009": "NCT99990003",
    }
    assert dict(fetched.aliases) == {"NCT99990009": "NCT99990003"}
    assert fetched.missing == ("NCT99990077",)
    assert [call.path for call in server.calls] == [
        "studies",
        "studies/NCT99990009",
        "studies/NCT99990003",
        "studies/NCT99990077",
    ]


def test_three_hundred_numbers_go_into_a_request():
    trials = {f"NCT9998{n:04d}": trial(f"NCT9998{n:04d}", f"Trial {n}", updated="2026-01-01") for n in range(1, 651)}
    with CTGov(trials=trials, rate=None) as server:
        assert list(trials_at(server.url).fetch(trials).trials) == list(trials)
        asked = [call.params["filter.ids"].count(",") + 1 for call in server.calls if "pageToken" not in call.params]
    assert asked == [BATCH, BATCH, 50]
    assert {call.method for call in server.calls} == {"GET"}


@pytest.mark.parametrize("number", ["NCT0464367x", "../version", "NCT00000000", "", "NCT123456789", "NCT99990001,NCT2"])
def test_what_is_no_number_is_never_sent(registry, server, number):
    with pytest.raises(UsageError, match="is no number of"):
        registry.fetch(["NCT99990001", number])
    assert server.calls == []


def test_only_what_moved_is_fetched_whole(registry, server):
    known = {nct_id: stamp(found) for nct_id, found in registry.fetch(TRIALS).trials.items()}
    known["NCT99990001"] = known["NCT99990002"]
    server.reset()
    refreshed = registry.refresh(known | {"NCT99990077": known["NCT99990002"]})
    assert list(refreshed.moved) == ["NCT99990001"]
    assert refreshed.moved["NCT99990001"].results is not None
    assert refreshed.posted_results == ("NCT99990001",)
    assert set(refreshed.unchanged) == set(TRIALS) - {"NCT99990001"}
    assert refreshed.missing == ("NCT99990077",)
    assert [call.params.get("fields") for call in server.calls] == [STAMP_FIELDS, STAMP_FIELDS, None]


def test_results_that_were_there_before_are_not_new(registry):
    before = stamp(registry.fetch(["NCT99990001"]).trials["NCT99990001"])
    refreshed = registry.refresh({"NCT99990001": TrialStamp("2025-01-01", before.status, has_results=True)})
    assert (list(refreshed.moved), refreshed.posted_results) == (["NCT99990001"], ())


def test_nothing_moved_costs_one_request(registry, server):
    known = {nct_id: stamp(found) for nct_id, found in registry.fetch(TRIALS).trials.items()}
    server.reset()
    refreshed = registry.refresh(known)
    assert (dict(refreshed.moved), refreshed.missing, set(refreshed.unchanged)) == ({}, (), set(TRIALS))
    assert len(server.calls) == 1


def test_a_redirect_to_another_host_is_not_followed(registry, server):
    away = Reply(301, "text/plain", b"", {"Location": "http://127.0.0.2:9/api/v2/studies/NCT99990003"})
    server.reset([Reply(200, "application/json", b'{"studies":[],"totalCount":0}'), away])
    with pytest.raises(SourceError, match="redirects to another host"):
        registry.fetch(["NCT99990009"])


def test_nothing_of_who_asks_goes_along(server):
    client = client_for("ctgov", Settings(ctgov_url=server.url, email="me@example.org", api_key="k"))
    client.ask("version", {}, read_version)
    assert dict(server.calls[0].params) == {}
    assert client.endpoint.limiter.rate < 1


def test_sound_answers_are_kept_for_who_wants_them(server, make_client):
    kept = []
    server.reset(["half", "bad gateway"])
    make_client(server.url, keep=kept.append).ask("version", {}, read_version)
    assert [json.loads(answer.body)["apiVersion"] for answer in kept] == ["2.0.5"]


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (read_page, b'{"FullStudiesResponse":{}}'),
        (read_page, b'{"studies":{}}'),
        (read_page, b'{"studies":[1]}'),
        (read_page, b'{"studies":[{"protocolSection":{}}]}'),
        (read_study, b'{"FullStudiesResponse":{}}'),
        (read_study, b'{"protocolSection":{"identificationModule":{"nctId":"x"}}}'),
        (read_study, b'{"a":NaN}'),
        (read_version, b"{}"),
        (read_version, b'{"apiVersion":"2"}'),
        (read_version, b""),
    ],
)
def test_an_odd_answer_is_not_read(read, body):
    with pytest.raises(UnreadableError):
        read(ServiceAnswer(200, "application/json", body, "u"))


REFUSALS = ("refused",)


@pytest.mark.parametrize("fault", [name for name in CTGov.faults if name not in REFUSALS])
def test_one_fault_changes_nothing(registry, server, fault):
    expected = registry.search(MADE_UP)
    server.reset([fault])
    assert registry.search(MADE_UP) == expected


ASKED = [*TRIALS, "NCT99990009", "NCT99990077"]


@given(st.lists(st.sampled_from([None, *(name for name in CTGov.faults if name not in CONSISTENT)]), max_size=9))
@settings(max_examples=40)
def test_whatever_fails_the_end_is_faultless_or_an_error(running, plan):
    running.biggest_page = 3
    registry = trials_at(running.url)
    running.reset()
    expected = registry.search(MADE_UP), registry.fetch(ASKED)
    running.reset(plan)
    try:
        got = registry.search(MADE_UP), registry.fetch(ASKED)
    except SourceError:
        assert any(plan)
    else:
        assert got == expected


def test_the_lies_are_among_the_faults():
    assert set(LIES) < set(CTGov.faults)


def test_the_double_drops_what_it_does_not_know_and_clamps_its_pages(server):
    server.trials = copy.deepcopy(TRIALS)
    reply = server.sound("studies", {"filter.ids": "NCT99990001,NCT99990077,NCT99990001", "pageSize": "9999"}, 9)
    assert len(json.loads(reply.body)["studies"]) == 1
    assert (
        server.sound("studies", {"filter.ids": "NCT99990001,x"}, 9).body
        == b"Item 2 in `filter.ids` has incorrect format"
    )
    assert server.sound("studies", {"fields": "NoSuchField"}, 9).body == b"invalid field name: 'NoSuchField'"
