import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.sources.crossref.work import Update, merge_updates, parse_work
from metaan.sources.net.answers import UnreadableError
from tests.server.crossref_works import WORKS, update, work


def test_a_work_becomes_a_record():
    record = parse_work(WORKS["10.5555/metaan.1"]).record
    assert "nothing against IL-1<sub>b</sub> in <i>Apis mellifera</i>" in record.title_markup
    assert "&lt;script&gt;" in record.title_markup
    assert record.authors == ("Ångström Å", "O'Nobody QR", "The Nobody Group")
    assert (record.year, record.published, record.journal) == (2024, "2024", "Journal of Made-up Trials")
    assert (record.volume, record.issue, record.pages) == ("1", "2", "3-14")
    assert record.registrations == ("NCT99999991",)
    assert [(part.label, part.text) for part in record.abstract] == [("Aim", "Nothing &amp; <b>less</b>, p &lt; 0.05.")]
    assert record.source == "crossref"


def test_the_retracted_article_is_retracted_and_its_notice_is_not():
    article, notice = parse_work(WORKS["10.5555/metaan.2"]), parse_work(WORKS["10.5555/notice.2"])
    assert (article.retracted, article.record.retracted) == (True, True)
    assert (notice.retracted, notice.record.retracted, notice.concern) == (False, False, False)
    assert notice.update_to[0].doi == "10.5555/metaan.2"


def test_one_notice_of_two_sources_is_one():
    retraction = parse_work(WORKS["10.5555/metaan.2"]).updated_by[-1]
    assert retraction == Update("retraction", "10.5555/notice.2", ("publisher", "retraction-watch"), "2024-02-04")


@pytest.mark.parametrize(
    ("kind", "retracted", "concern"),
    [
        ("retraction", True, False),
        ("Withdrawal", True, False),
        ("removal", True, False),
        ("expression_of_concern", False, True),
        ("expression-of-concern", False, True),
        ("partial_retraction", False, True),
        ("correction", False, False),
        ("addendum", False, False),
        ("new_version", False, False),
    ],
)
def test_only_some_kinds_are_grave(kind, retracted, concern):
    found = parse_work(work("10.5555/a", "x", **{"updated-by": [update("10.5555/b", kind, "publisher", 2024)]}))
    assert (found.retracted, found.concern) == (retracted, concern)
    assert (found.record.retracted, found.record.concern) == (retracted, concern)


@pytest.mark.parametrize("key", ["update-to", "updated-by"])
def test_a_correction_that_names_itself_is_no_notice(key):
    found = parse_work(work("10.5555/A", "x", **{key: [update("10.5555/a", "correction", "publisher", 2024)]}))
    assert (found.updated_by, found.update_to, found.retracted) == ((), (), False)


@pytest.mark.parametrize("key", ["update-to", "updated-by"])
def test_a_retraction_in_place_is_not_overlooked(key):
    found = parse_work(work("10.5555/A", "x", **{key: [update("10.5555/a", "withdrawal", "publisher", 2024)]}))
    assert (found.retracted, found.update_to) == (True, ())


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("RETRACTED: A trial", True),
        ("Retracted Article: A trial", True),
        ("[Retracted] A trial", True),
        ("Withdrawn — A trial", True),
        ("Removed-organ perfusion", False),
        ("WITHDRAWN: A trial", True),
        ("Retraction: A trial", False),
        ("Retracted papers: a survey", False),
        ("A trial (RETRACTED: no)", False),
    ],
)
def test_the_title_is_a_third_signal(title, says):
    assert parse_work(work("10.5555/a", title)).retracted == says


def test_preprints_are_linked_both_ways():
    assert parse_work(WORKS["10.5555/metaan.1"]).related("has-preprint") == ("10.5555/preprint.1",)
    assert parse_work(WORKS["10.5555/preprint.1"]).related("is-preprint-of") == ("10.5555/metaan.1",)


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        ([[2021, 2, 5]], "2021-02-05"),
        ([[2021, 2]], "2021-02"),
        ([[2021]], "2021"),
        *((parts, None) for parts in ([[None]], [[]], [], None, [["x"]], [[99]], [[0]], "2021")),
        *((parts, None) for parts in ([[2021, 13]], [[2021, 2, 30]], [[2021, 0]], [[10**9]], [[10**30, 1]])),
    ],
)
def test_a_date_is_as_precise_as_it_is_known(parts, day):
    record = parse_work(work("10.5555/a", "x", issued={"date-parts": parts})).record
    assert (record.published, record.year) == (day, int(day[:4]) if day else None)


@pytest.mark.parametrize("item", [{}, {"DOI": "x"}, None, [], {"DOI": ["10.5555/a"]}])
def test_a_work_without_a_doi_is_unreadable(item):
    with pytest.raises(UnreadableError):
        parse_work(item)


UPDATES = st.builds(
    Update,
    st.sampled_from(["retraction", "correction"]),
    st.sampled_from(["10.5555/a", "10.5555/b"]),
    st.lists(st.sampled_from(["publisher", "retraction-watch"]), max_size=2).map(tuple),
    st.sampled_from([None, "2023", "2024-02"]),
)


@given(st.lists(UPDATES, max_size=8), st.randoms())
@settings(max_examples=50)
def test_merging_does_not_depend_on_order_or_repetition(updates, random):
    merged = merge_updates(updates)
    shuffled = [*updates, *updates]
    random.shuffle(shuffled)
    assert merge_updates(shuffled) == merged == merge_updates(merged)
    assert {(u.doi, u.kind) for u in updates} == {(u.doi, u.kind) for u in merged}


KEYS = sorted({key for item in WORKS.values() for key in item} - {"DOI"})
ODD = st.sampled_from([None, True, -1, 1.5, "", "x\ud800", [], {}, [[]], [None], [{}], {"date-parts": [[{}]]}, ["<i>"]])


@given(st.sampled_from(sorted(WORKS)), st.dictionaries(st.sampled_from(KEYS), ODD, min_size=1, max_size=5))
@settings(max_examples=50)
def test_values_of_other_types_are_absent_and_break_nothing(doi, odd):
    found = parse_work(copy.deepcopy(WORKS[doi]) | odd)
    assert found.doi == doi
    assert json.dumps(found.record.title)


def test_the_title_adds_nothing_to_a_notice():
    notice = {"updated-by": [update("10.5555/b", "retraction", "publisher", 2024)]}
    assert [u.doi for u in parse_work(work("10.5555/a", "RETRACTED: x", **notice)).updated_by] == ["10.5555/b"]
    alone = parse_work(work("10.5555/a", "RETRACTED: x"))
    assert alone.updated_by == (Update("retraction", "10.5555/a", ("title",)),)
    assert alone.record.retracted
