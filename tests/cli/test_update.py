from __future__ import annotations

import json

import pytest

from metaan.registry.store.commit import locked
from tests.server.eutils import Eutils
from tests.server.living import PAPERS, RETRACTED, STUDY, contents, registry


@pytest.fixture
def server(monkeypatch):
    with Eutils(papers=dict(PAPERS), rate=None) as running:
        monkeypatch.setenv("METAAN_PUBMED_URL", running.url)
        yield running


@pytest.fixture
def review(tmp_path):
    return registry(tmp_path)


def test_it_says_what_is_new_and_what_comes_next(review, server, run):
    status, out, err = run("update", "--project", review.parent)
    assert status == 0
    assert out.startswith("pubmed: 5 records, 5 not seen before, 1 of studies that are here\nnew:\n  pmid-900000015")
    assert "linked to bees: registered as NCT99999911" in out
    assert "the same publication as pmid-9000000" in out
    assert "studies looked at again: 1\n" in out
    assert out.endswith("next: metaan screen (4 to judge)\n")
    assert "fetching: 5 of 5" in err


def test_a_retraction_is_said_first_as_new_and_then_as_known(review, server, run):
    server.papers = {STUDY.pmid: RETRACTED}
    out = run("update", "--project", review.parent)[1]
    assert "NEW - bees: retracted (RetractionIn, PMID 900000099, 10.5555/metaan.notice; PubMed)" in out
    assert out.endswith("next: read the notices, and correct the study files where they ask for it\n")
    out = run("update", "--project", review.parent)[1]
    assert "known - bees: retracted" in out
    assert "nothing new" in out


def test_json_is_the_record_of_the_run(review, server, run):
    status, out, _ = run("update", "--full", "--source", "pubmed", "--json", "--project", review.parent)
    answer = json.loads(out)
    assert (status, answer["waiting"], len(answer["candidates"])) == (0, 4, 4)
    (kept,) = (review / "runs").glob("*.json")
    assert answer["run"]["id"] == kept.stem
    assert answer["run"]["full"] is True


def test_no_service_and_a_second_run_end_with_1_and_a_misspelt_source_with_2(review, server, run):
    before = contents(review)
    server.reset(["refused"])
    status, out, err = run("update", "--project", review.parent)
    assert (status, out) == (1, "")
    assert err.endswith("Nothing was changed; the next run asks for the same again.\n")
    assert "Invalid db name" in err
    with locked(review, "metaan update"):
        status, _, err = run("update", "--project", review.parent)
    assert status == 1
    assert "is at work on these studies; nothing was done" in err
    status, _, err = run("update", "--source", "pubmde", "--project", review.parent)
    assert status == 2
    assert "did you mean pubmed" in err
    assert contents(review) == before


def test_a_documented_search_of_a_database_without_a_client_is_skipped_and_said(tmp_path, server, run):
    more = "{source: Web of Science, query: TS=x}, {source: Embase, query: x}"
    folder = registry(tmp_path, f"[{{source: pubmed, query: 'zymodrug[tiab]'}}, {more}]")
    status, out, err = run("update", "--project", folder.parent)
    assert (status, out.startswith("pubmed: 5 records")) == (0, True)
    assert "Embase is not asked: search it yourself, then metaan import FILE --database Embase" in err
    assert "--database 'Web of Science'" in err
    assert run("check", "--project", folder.parent)[0] == 0
    assert run("watch", "--project", folder.parent)[0] == 3


@pytest.mark.parametrize("source", ["pubmd", "PubMed", "europe pmc", "ctgoov"])
def test_a_misspelt_source_in_the_protocol_is_no_documented_database(tmp_path, server, run, source):
    folder = registry(tmp_path, f"[{{source: {source}, query: x}}]")
    status, _, err = run("update", "--project", folder.parent)
    assert (status, "did you mean" in err) == (2, True)


def test_how_pubmed_understood_a_query_is_said_where_it_differs(tmp_path, server, run):
    folder = registry(tmp_path, "[{source: pubmed, query: 'zymodrug[tiab] OR zzz[tiab]', accept_dropped: [zzz]}]")
    out = run("update", "--project", folder.parent)[1]
    assert "  understood as: zymodrug[tiab]\n" in out
    assert "left out, as accepted: not found and left out: zzz" in out
    assert "understood as" not in run("update", "--project", folder.parent)[1]
    server.papers = {}
    assert "  pubmed says: No items found.\n" in run("update", "--full", "--project", folder.parent)[1]
