from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import UsageError
from metaan.sources.pubmed.query import TAGS, PubMedQuery, check_term, date_range, update_query


def test_the_window_covers_what_was_added_indexed_and_entered():
    text = PubMedQuery(" anakinra[tiab]\n AND covid ", since=date(2026, 11, 1)).text
    assert text.startswith("(anakinra[tiab] AND covid) AND (")
    for tag in ("crdt", "mhda", "edat"):
        assert f'"2026/10/18"[{tag}] : "3000"[{tag}]' in text


def test_without_a_start_the_query_is_the_term():
    assert PubMedQuery(" anakinra ").text == "anakinra"


@given(st.dates(), st.integers(0, 10_000))
@settings(max_examples=50)
def test_a_window_begins_the_overlap_earlier_or_on_the_first_day_there_is(since, overlap):
    start = max(since.toordinal() - overlap, 1)
    assert f'"{date.fromordinal(start):%Y/%m/%d}"[crdt]' in update_query("x", since, overlap)


def test_a_window_has_no_negative_overlap():
    with pytest.raises(UsageError, match="an overlap of -1 days"):
        update_query("x", date(2026, 1, 1), -1)


def test_an_open_range_goes_on():
    assert date_range(date(2020, 1, 2), None, "mhda") == '"2020/01/02"[mhda] : "3000"[mhda]'


@pytest.mark.parametrize(
    "term",
    [
        'anakinra[tiab] AND "COVID-19"[mh]',
        "((a[Title/Abstract]) OR b[MeSH Terms:noexp]) NOT (animals[mh] NOT humans[mh])",
        'covid[ti:~3] AND "2020/01/01"[crdt] : "3000"[crdt]',
        '"benzo[a]pyrene"[tiab]',
        '"10.1016/S2213-2600(20)30556-7"[doi]',
        'smith j[au] AND 2020:2021[dp] AND "drug therapy"[ SH ]',
    ],
)
def test_what_pubmed_knows_is_let_through(term):
    check_term(term)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("cancer[nosuchfield]", "nosuchfield"),
        ("cancer[tiba]", "did you mean tiab"),
        ("benzo[a]pyrene[tiab]", "quotation marks"),
        ("cancer[]", "unknown"),
        ('"cancer', "quotation is not closed"),
        ("(cancer", "bracket is not closed"),
        ("cancer)(", "bracket is not closed"),
        ("cancer[tiab", "bracket is not closed"),
        ("cancer]", "bracket is not closed"),
        ("  ", "characters"),
        ("x" * 60_000, "characters"),
    ],
)
def test_what_pubmed_would_misread_is_refused(term, words):
    with pytest.raises(UsageError, match=words):
        check_term(term)


def test_the_tags_are_one_list():
    assert len(TAGS) == len(set(TAGS))
    assert {"tiab", "mh", "crdt", "mhda", "si", "doi", "title/abstract"} <= set(TAGS)
