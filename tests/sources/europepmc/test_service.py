import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import SourceError, UsageError
from metaan.records.record import Correction
from metaan.sources.europepmc.record import is_preprint, parse_result
from metaan.sources.europepmc.service import DOIS, EuropePMCQuery, read_page
from metaan.sources.net.answers import ServiceAnswer, UnreadableError
from metaan.sources.net.services import client_for
from metaan.sources.net.settings import Settings
from tests.server.europepmc import PREPRINTS, RESULTS, EuropePMC, result_of
from tests.server.faults import Reply
from tests.server.json_faults import CONSISTENT
from tests.server.pace import europepmc_at
from tests.server.papers import PAPERS

NOTHING = EuropePMCQuery("nothing")


@pytest.fixture(scope="module")
def running():
    with EuropePMC(rate=None) as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    return running


@pytest.fixture
def service(server):
    return europepmc_at(server.url)


def test_a_search_returns_whole_records(service, server):
    hits = service.search(NOTHING)
    assert [record.extra["id"] for record in hits.records] == ["900000001", "PPR999001"]
    assert (hits.count, hits.text) == (2, "nothing")
    assert server.calls[0].params["resultType"] == "core"
    assert server.calls[0].params["cursorMark"] == "*"


def test_preprints_of_some_days(service):
    query = EuropePMCQuery("anakinra OR nothing", preprints=True, since=date(2021, 7, 1))
    assert query.text == "(anakinra OR nothing) AND SRC:PPR AND FIRST_PDATE:[2021-06-17 TO 3000-12-31]"
    assert [record.extra["id"] for record in service.search(query).records] == ["PPR999001", "PPR999002"]
    later = EuropePMCQuery("anakinra OR nothing", preprints=True, since=date(2021, 7, 1), overlap_days=0)
    assert [record.extra["id"] for record in service.search(later).records] == ["PPR999001"]


def test_the_first_day_has_none_before_it():
    assert "[0001-01-01 TO 2020-01-01]" in EuropePMCQuery("x", until=date(2020, 1, 1)).text


def test_pages_are_followed_to_the_end():
    results = [{"id": f"PPR{n}", "source": "PPR", "title": "Nothing"} for n in range(1_203)]
    with EuropePMC(results=results, rate=None) as server:
        hits = europepmc_at(server.url).search(NOTHING)
        assert len({record.extra["id"] for record in hits.records}) == hits.count == 1_203
        assert len(server.calls) == 4


def test_a_page_that_leads_to_itself_is_the_last(service, server):
    page = {"hitCount": 1, "nextCursorMark": "*", "resultList": {"result": [{"id": "1", "source": "MED"}]}}
    server.reset([Reply(200, "application/json", json.dumps(page).encode())] * 9)
    assert service.search(NOTHING).count == 1
    assert len(server.calls) == 1


def test_a_doi_leads_to_its_pmid(service):
    pmids = service.pmids(["10.5555/METAAN.2", "10.5555/preprint.1", "10.5555/none"])
    assert pmids == {"10.5555/metaan.2": "900000002", "10.5555/preprint.1": None, "10.5555/none": None}


def test_a_record_that_does_not_carry_the_doi_itself_is_not_taken():
    stray = result_of(PAPERS["900000001"]) | {"doi": "10.5555/other", "abstractText": "see 10.5555/metaan.1"}
    results = [{**stray}, {**stray, "id": "7", "doi": "10.5555/metaan.1", "pmid": "7"}]
    with EuropePMC(results=results, rate=None) as server:
        assert europepmc_at(server.url).pmids(["10.5555/metaan.1"]) == {"10.5555/metaan.1": "7"}


def test_two_pmids_for_a_doi_are_none():
    results = [{"id": pmid, "source": "MED", "pmid": pmid, "doi": "10.5555/twin"} for pmid in ("11", "12")]
    with EuropePMC(results=results, rate=None) as server:
        assert europepmc_at(server.url).pmids(["10.5555/twin"]) == {"10.5555/twin": None}


def test_dois_are_asked_for_a_few_at_a_time():
    dois = [f"10.5555/d{n}" for n in range(25)]
    results = [{"id": str(n), "source": "MED", "pmid": str(n), "doi": doi} for n, doi in enumerate(dois, 1)]
    with EuropePMC(results=results, rate=None) as server:
        assert list(europepmc_at(server.url).pmids(dois).values()) == [str(n) for n in range(1, 26)]
        firsts = [call.params["query"] for call in server.calls if call.params["cursorMark"] == "*"]
    assert [query.count("DOI:") for query in firsts] == [DOIS, DOIS, 5]


def test_a_quotation_mark_cannot_leave_the_doi(service, server):
    assert service.find(['10.5555/a"OR"b']) == {'10.5555/a"or"b': ()}
    assert server.calls[0].params["query"] == 'DOI:"10.5555/aorb"'


def test_a_long_query_goes_as_a_form(service, server):
    service.search(EuropePMCQuery(" OR ".join(["nothing"] * 200)))
    assert {(call.method, call.path) for call in server.calls} == {("POST", "searchPOST")}


def test_what_is_empty_or_no_doi_is_never_sent(service, server):
    with pytest.raises(UsageError, match="without a word"):
        service.search(EuropePMCQuery(" "))
    with pytest.raises(UsageError, match="is no DOI"):
        service.pmids(["10.5555/metaan.1", "x"])
    assert server.calls == []


def test_a_refusal_inside_200_is_shown_and_not_repeated(service, server):
    server.reset(["refused"])
    with pytest.raises(SourceError, match="Invalid page size"):
        service.search(NOTHING)
    assert len(server.calls) == 1


def test_an_outage_is_waited_for(service, server):
    server.reset(["maintenance", "error inside 200", "slow query"])
    assert service.search(NOTHING).count == 2


def test_a_paper_becomes_a_record():
    record = parse_result(result_of(PAPERS["900000001"]))
    assert "in <i>Apis mellifera</i> &lt;script&gt;" in record.title_markup
    assert record.authors == ("Ångström Å", "O'Nobody QR", "The Nobody Group")
    assert (record.pmid, record.doi, record.year) == ("900000001", "10.5555/metaan.1", 2024)
    assert (record.journal, record.journal_abbreviation) == ("Journal of Made-up Trials", "J Made-up Trials")
    assert (record.volume, record.issue, record.pages) == ("1", "2", "3-14")
    assert [(part.label, part.text) for part in record.abstract] == [
        ("Background", "Nothing &amp; <b>less</b>."),
        ("Results", "p &lt; 0.05 (NCT99999991)."),
    ]
    assert record.mesh == ("Bees", "Honey")
    assert not is_preprint(record)


def test_retractions_and_concerns_are_seen():
    assert parse_result(result_of(PAPERS["900000002"])).retracted
    assert parse_result({"id": "1", "source": "MED", "pubType": "journal article; retracted publication"}).retracted
    concerned = parse_result(result_of(PAPERS["900000003"]))
    assert (concerned.retracted, concerned.concern) == (False, True)


def test_a_preprint_names_its_server_and_its_article():
    record = parse_result(PREPRINTS[0])
    assert is_preprint(record)
    assert (record.journal, record.published, record.year) == ("madeRxiv", "2023-09-08", 2023)
    assert record.publication_types == ("Preprint",)
    assert record.corrections == (Correction("PreprintOf", "J Made-up", "900000001"),)
    assert record.authors == ("Ångström Å", "O'Nobody QR")
    assert record.extra == {"source": "PPR", "id": "PPR999001"}


def test_listed_authors_win_over_the_string():
    authors = {"author": [{"fullName": "Nobody QR"}, {"collectiveName": "Some Group"}, {"x": 1}]}
    found = parse_result({"id": "1", "source": "MED", "authorString": "Wrong A.", "authorList": authors})
    assert found.authors == ("Nobody QR", "Some Group")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"hitCount":1}',
        b'{"hitCount":1,"resultList":{"result":{}}}',
        b'{"hitCount":"x","resultList":{"result":[]}}',
        b'{"hitCount":1,"resultList":{"result":[{"id":"1"}]}}',
        b'{"hitCount":1,"resultList":{"result":[7]}}',
    ],
)
def test_an_odd_answer_is_not_read(body):
    with pytest.raises(UnreadableError):
        read_page(ServiceAnswer(200, "application/json", body, "u"))


KEYS = sorted({key for found in RESULTS for key in found} - {"id", "source"})
ODD = st.sampled_from(
    [None, True, -1, 1.5, "", "x\ud800\x00", "<i>", [], {}, [[]], [None], {"author": [{}]}, {"a": []}]
)


@given(st.sampled_from(RESULTS), st.dictionaries(st.sampled_from(KEYS), ODD, min_size=1, max_size=5))
@settings(max_examples=50)
def test_values_of_other_types_are_absent_and_break_nothing(found, odd):
    assert parse_result(found | odd).extra["id"] == found["id"]


def test_who_asks_goes_along_and_stays_out_of_messages(server):
    client = client_for("europepmc", Settings(europepmc_url=server.url, email="me@example.org"))
    server.reset(["refused"])
    with pytest.raises(SourceError) as raised:
        client.ask("search", {"query": "x"}, read_page)
    assert server.calls[0].params["email"] == "me@example.org"
    assert "example.org" not in str(raised.value)


FINAL = ("refused",)


@pytest.mark.parametrize("fault", [name for name in EuropePMC.faults if name not in FINAL])
def test_one_fault_changes_nothing(service, server, fault):
    expected = service.search(NOTHING)
    server.reset([fault])
    assert service.search(NOTHING) == expected


@given(st.lists(st.sampled_from([None, *(name for name in EuropePMC.faults if name not in CONSISTENT)]), max_size=9))
@settings(max_examples=40)
def test_whatever_fails_the_end_is_faultless_or_an_error(running, plan):
    running.reset()
    expected = europepmc_at(running.url).search(NOTHING), europepmc_at(running.url).find(["10.5555/metaan.1"])
    running.reset(plan)
    try:
        got = europepmc_at(running.url).search(NOTHING), europepmc_at(running.url).find(["10.5555/metaan.1"])
    except SourceError:
        assert any(plan)
    else:
        assert got == expected
