import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SourceError, UsageError
from metaan.sources.net.answers import ServiceAnswer, UnreadableError
from metaan.sources.pubmed.query import PubMedQuery
from metaan.sources.pubmed.search import COMPLAINTS, DroppedTermsError, read_page, search
from tests.server.eutils import Eutils
from tests.server.faults import FAULTS, Reply
from tests.server.pace import FakeTime, client_at
from tests.server.papers import Paper

TODAY = date(2026, 11, 22)
ANAKINRA = PubMedQuery("anakinra[tiab] AND covid-19[tiab]")


@pytest.fixture
def client(server, make_client):
    return make_client(server.url)


def test_every_pmid_is_listed_with_what_pubmed_understood(client, server):
    hits = search(client, ANAKINRA, today=TODAY)
    assert hits.pmids == ("35925914", "34762351", "34480127", "33547169", "33493450")
    assert (hits.count, hits.parts, hits.dropped) == (5, 1, ())
    assert hits.text == ANAKINRA.term
    assert hits.translation == "anakinra[tiab] covid-19[tiab]"
    assert [call.params["retmax"] for call in server.calls] == ["9999"]


def test_an_update_finds_what_came_in_since(make_client):
    papers = {
        "1": Paper("1", "Old trial", added="2020/01/01"),
        "2": Paper("2", "New trial", added="2026/11/01"),
        "3": Paper("3", "Old trial, indexed late", added="2020/01/01", indexed_on="2026/11/03"),
        "4": Paper("4", "A trial from within the overlap", added="2026/10/20"),
    }
    with Eutils(papers=papers, rate=None) as server:
        found = search(make_client(server.url), PubMedQuery("trial[tiab]", since=date(2026, 11, 1)), today=TODAY)
    assert found.pmids == ("4", "3", "2")


def test_an_unknown_tag_is_never_sent(client, server):
    with pytest.raises(UsageError, match="nosuchfield"):
        search(client, PubMedQuery("cancer[nosuchfield]"), today=TODAY)
    assert server.calls == []


def test_dropped_words_fail_the_search(client):
    query = PubMedQuery('anakinra[tiab] AND (zzzword OR "zzz phrase"[tiab])')
    with pytest.raises(DroppedTermsError, match=r"left out: zzzword; .*\"zzz phrase\".*understood: anakinra") as raised:
        search(client, query, today=TODAY)
    assert [dropped.words for dropped in raised.value.dropped] == ["zzzword", '"zzz phrase"']


def test_accepted_words_may_be_dropped_and_are_told(client):
    query = PubMedQuery('anakinra[tiab] AND (zzzword OR "zzz phrase"[tiab])', accepted=("ZZZword", "zzz  phrase"))
    hits = search(client, query, today=TODAY)
    assert {dropped.words for dropped in hits.dropped} == {"zzzword", '"zzz phrase"'}
    with pytest.raises(DroppedTermsError, match="zzz phrase"):
        search(client, PubMedQuery(query.term, accepted=("zzzword",)), today=TODAY)


def searched(pmids, count=None, **more):
    result = {"count": str(len(pmids) if count is None else count), "idlist": list(pmids)} | more
    return Reply(200, "application/json", json.dumps({"esearchresult": result}).encode())


@pytest.mark.parametrize(("where", "which"), COMPLAINTS)
def test_every_complaint_is_heard(client, server, where, which):
    server.reset([searched(["1"], **{where: {which: ["lost"]}})])
    with pytest.raises(DroppedTermsError, match=COMPLAINTS[where, which]):
        search(client, ANAKINRA, today=TODAY)


def test_an_empty_window_is_no_complaint_about_the_query(client, server):
    complaint = {"quotedphrasesnotfound": ['"2026/11/08"[crdt]', '"3000"'], "outputmessages": ["No items found."]}
    server.reset([searched([], errorlist=None, warninglist=complaint)] * 2)
    hits = search(client, ANAKINRA, today=TODAY)
    assert (hits.count, hits.messages) == (0, ("No items found.",))


def test_short_pages_are_followed(client, server):
    server.reset([searched(["9", "8"], 5), searched(["7", "6"], 5, retstart="2"), searched(["5"], 5, retstart="4")])
    assert search(client, ANAKINRA, today=TODAY).pmids == ("9", "8", "7", "6", "5")
    assert [call.params["retstart"] for call in server.calls] == ["0", "2", "4"]


def test_a_list_that_moves_is_begun_anew(client, server):
    server.reset([searched(["9", "8"], 3), searched(["8", "7"], 4, retstart="2"), searched(["9", "8", "7", "6"])])
    assert search(client, ANAKINRA, today=TODAY).pmids == ("9", "8", "7", "6")


@pytest.mark.parametrize(
    "pages", [[searched(["9", "9"], 3), searched(["8"], 3)], [searched(["9"], 2), searched([], 2)]]
)
def test_a_list_that_never_fits_is_an_error(client, server, pages):
    server.reset(pages * 6)
    with pytest.raises(SourceError, match="nothing of this search is used"):
        search(client, ANAKINRA, today=TODAY)


@pytest.fixture(scope="module")
def many():
    """Return more papers than PubMed lists, most of them added within a few years."""
    days = [f"{1990 + number % 37}/{1 + number % 12:02d}/{1 + number % 28:02d}" for number in range(21_000)]
    return {str(n): Paper(str(n), "A trial", added=day) for n, day in enumerate(days, 1)}


def test_more_than_pubmed_lists_is_split_by_days(make_client, many):
    with Eutils(papers=many, rate=None) as server:
        hits = search(make_client(server.url), PubMedQuery("trial[tiab]"), today=TODAY)
        assert hits.pmids == tuple(str(number) for number in range(21_000, 0, -1))
        assert hits.parts >= 3
        assert server.calls[-1].params["term"].endswith('"3000"[crdt])')
        assert len(server.calls) < 20


def test_more_on_one_day_than_pubmed_lists_is_an_error(make_client):
    papers = {str(n): Paper(str(n), "A trial", added="2020/02/03") for n in range(1, 10_003)}
    with Eutils(papers=papers, rate=None) as server, pytest.raises(SourceError, match="were added on 2020-02-03"):
        search(make_client(server.url), PubMedQuery("trial[tiab]"), today=TODAY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"<x/>",
        b'{"esearchresult":{}}',
        b'{"esearchresult":{"count":"1","idlist":[]}}',
        b'{"esearchresult":{"count":"0","idlist":["1"]}}',
        b'{"esearchresult":{"count":"1","idlist":["1.5"]}}',
        b'{"esearchresult":{"count":"many","idlist":["1"]}}',
        b'{"esearchresult":{"count":"1","idlist":"1"}}',
        b'{"a":' * 100_000,
    ],
)
def test_an_odd_answer_is_not_read(body):
    with pytest.raises(UnreadableError):
        read_page(ServiceAnswer(200, "application/json", body, "u"))


def test_lists_that_are_absent_null_or_empty_say_nothing():
    for more in ("", ',"errorlist":null,"warninglist":null', ',"errorlist":{},"warninglist":{"outputmessages":[]}'):
        page = read_page(
            ServiceAnswer(200, "", b'{"esearchresult":{"count":"1","idlist":["7"]%s}}' % more.encode(), "u")
        )
        assert (page.pmids, page.dropped, page.messages) == (("7",), (), ())


FAULTLESS = ("35925914", "34762351", "34480127", "33547169", "33493450")


@given(st.lists(st.sampled_from([None, *(name for name in FAULTS if name != "empty set")]), max_size=8), st.booleans())
@settings(max_examples=40)
def test_whatever_fails_the_list_is_whole_or_there_is_an_error(shared_server, plan, lie):
    shared_server.reset((["empty set"] if lie else []) + plan)
    try:
        hits = search(client_at(shared_server.url, FakeTime()), ANAKINRA, today=TODAY)
    except SourceError:
        assert any(plan)
    else:
        assert hits.pmids == FAULTLESS


@pytest.fixture(scope="module")
def shared_server():
    with Eutils(rate=None) as running:
        yield running
