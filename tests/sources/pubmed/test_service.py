import json
from dataclasses import replace

import pytest

from metaan.errors import SourceError, UsageError
from metaan.sources.net.answers import ServiceAnswer, UnreadableError
from metaan.sources.net.settings import Settings
from metaan.sources.pubmed.service import PubMed, read_search
from tests.server.eutils import Eutils
from tests.server.faults import FAULTS, FINAL, Reply
from tests.server.papers import HEAD, PAPERS, Paper, article_set


def test_all_records_come_in_one_request(pubmed, server):
    fetched = pubmed.fetch(PAPERS)
    assert {pmid: article.record.pmid for pmid, article in fetched.articles.items()} == {pmid: pmid for pmid in PAPERS}
    assert (fetched.missing, dict(fetched.merged)) == ((), {})
    assert [(call.method, call.path) for call in server.calls] == [("POST", "efetch.fcgi")]
    assert server.calls[0].params["retmode"] == "xml"


def test_two_hundred_ids_go_into_a_request(make_client):
    papers = {str(800_000_000 + n): Paper(str(800_000_000 + n), f"Paper {n}") for n in range(450)}
    with Eutils(papers=papers, rate=None) as server:
        seen = []
        service = PubMed(Settings(pubmed_url=server.url), client=make_client(server.url))
        fetched = service.fetch(papers, lambda *step: seen.append(step))
        assert len(fetched.articles) == 450
        assert [call.params["id"].count(",") + 1 for call in server.calls] == [200, 200, 50]
        assert seen == [("fetching", done, 450) for done in (0, 200, 400, 450)]


def test_unknown_ids_are_asked_for_twice_and_named(pubmed, server):
    fetched = pubmed.fetch(["900000001", "123456789", "900000001"])
    assert list(fetched.articles) == ["900000001"]
    assert fetched.missing == ("123456789",)
    assert [call.params["id"] for call in server.calls] == ["900000001,123456789", "123456789"]


def test_a_merged_record_is_found_under_its_old_number(pubmed):
    fetched = pubmed.fetch(["900000008", "123456789", "900000004"])
    assert dict(fetched.merged) == {"900000008": "900000001"}
    assert fetched.articles["900000008"].record.pmid == "900000001"
    assert fetched.missing == ("123456789",)


@pytest.mark.parametrize("pmid", ["42.9", "-5", "1 OR 2", "", "PMC123"])
def test_what_is_no_pmid_is_never_sent(pubmed, server, pmid):
    with pytest.raises(UsageError, match="is no PMID"):
        pubmed.fetch(["900000001", pmid])
    assert server.calls == []


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_one_fault_changes_nothing(pubmed, server, fault):
    expected = pubmed.fetch(PAPERS)
    server.reset([fault])
    assert pubmed.fetch(PAPERS) == expected


@pytest.mark.parametrize("fault", FINAL)
def test_a_refusal_is_an_error(pubmed, server, fault):
    server.reset([fault])
    with pytest.raises(SourceError, match=r"PubMed: http://127\.0\.0\.1:\d+/entrez/eutils/efetch\.fcgi failed: HTTP 4"):
        pubmed.fetch(PAPERS)


def test_the_newest_version_of_a_record_is_taken(pubmed, server):
    old = Paper("1", "Old").xml()
    new = Paper("1", "New").xml().replace(b'Version="1"', b'Version="2"')
    for records in (old + new, new + old):
        server.reset([Reply(200, "text/xml", HEAD + records + b"</PubmedArticleSet>")])
        assert pubmed.fetch(["1"]).articles["1"].record.title == "New"


def test_records_that_differ_do_not_have_one_number(pubmed, server):
    asked = list(PAPERS)[:3]
    same = article_set([replace(PAPERS[pmid], pmid=asked[0]) for pmid in asked])
    server.reset([Reply(200, "text/xml", same)])
    assert {pmid: article.record.pmid for pmid, article in pubmed.fetch(asked).articles.items()} == dict(
        zip(asked, asked)
    )
    assert len(server.calls) == 2


@pytest.mark.parametrize("versions", [(1, 1, 1), (1, 2, 3)])
def test_an_answer_in_which_every_record_has_one_number_is_asked_for_again(pubmed, server, versions):
    asked = list(PAPERS)[:3]
    titles = dict(zip(versions, ("A", "B", "C")))
    records = (
        replace(PAPERS[asked[0]], title=titles[v]).xml().replace(b'Version="1"', f'Version="{v}"'.encode())
        for v in versions
    )
    server.reset([Reply(200, "text/xml", HEAD + b"".join(records) + b"</PubmedArticleSet>")])
    articles = pubmed.fetch(asked).articles
    assert [articles[pmid].record.title for pmid in asked] == [PAPERS[pmid].title for pmid in asked]


def test_a_record_that_stays_garbled_is_named(make_client):
    class Garbled(Paper):
        def xml(self):
            return super().xml().replace(b"Bad", b"\x00")

    papers = {str(n): (Garbled if n == 5 else Paper)(str(n), "Bad") for n in range(1, 9)}
    with Eutils(papers=papers, rate=None) as server:
        service = PubMed(Settings(pubmed_url=server.url), client=make_client(server.url))
        with pytest.raises(SourceError, match=r"garbled.*\(PMID 5\)"):
            service.fetch(papers)


def test_a_doi_is_searched_for_in_quotes_and_checked(pubmed, server):
    found = pubmed.find(["10.5555/METAAN.1", "https://doi.org/10.5555/metaan.1", "10.5555/none"])
    assert found["10.5555/metaan.1"].article.record.pmid == "900000001"
    assert found["10.5555/none"].article is None
    assert "no PubMed record carries the DOI" in found["10.5555/none"].reason
    assert server.calls[0].params["term"] == '"10.5555/metaan.1"[doi]'
    assert [call.path for call in server.calls] == ["esearch.fcgi"] * 3 + ["efetch.fcgi"]


def searched(*pmids, count=None):
    result = {"count": str(len(pmids) if count is None else count), "idlist": list(pmids)}
    return Reply(200, "application/json", json.dumps({"esearchresult": result}).encode())


def test_a_search_that_finds_something_else_finds_nothing(pubmed, server):
    server.reset([searched("900000002", "900000005", count=31_000)])
    found = pubmed.find(["10.5555/metaan.1"])["10.5555/metaan.1"]
    assert found.article is None


def test_a_doi_that_two_records_carry_is_not_guessed(pubmed, server):
    twins = [Paper(pmid, "Twin", doi="10.5555/twin") for pmid in ("11", "12")]
    server.reset([searched("11", "12"), Reply(200, "text/xml", article_set(twins))])
    found = pubmed.find(["10.5555/twin"])["10.5555/twin"]
    assert found.article is None
    assert "11, 12" in found.reason


def test_what_is_no_doi_is_never_sent(pubmed, server):
    with pytest.raises(UsageError, match="is no DOI"):
        pubmed.find(["10.5555"])
    assert server.calls == []


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
        b"[" * 100_000,
    ],
)
def test_an_odd_answer_of_a_search_is_not_read(body):
    with pytest.raises(UnreadableError):
        read_search(ServiceAnswer(200, "application/json", body, "u"))


def test_one_empty_search_is_not_believed(pubmed, server):
    server.reset(["empty set"])
    assert pubmed.search("10.5555/metaan.1") == ("900000001",)
