"""Duplicates are found, and publications that only look alike are left to a person."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

import metaan as ma
from metaan.records.record import AbstractPart, Record
from metaan.records.same import deduplicate as module
from metaan.records.same.compare import misspelt
from metaan.records.same.deduplicate import find_duplicates
from metaan.records.same.keys import Keys
from metaan.records.same.rules import RULES, judge

PAPER = Record(
    "Anakinra against placebo in severe COVID-19: a made-up randomised trial",
    ("Doe JQ", "Roe R"),
    year=2021,
    journal="Annals of Made-Up Medicine",
    volume="12",
    issue="3",
    pages="1008-1012",
    doi="10.1000/abc.1",
    pmid="31234567",
)
BARE = replace(PAPER, doi=None, pmid=None)
TEXT = "BACKGROUND: Anakinra is tried in obesity. METHODS: We followed 40 men without infection over a year. " * 4
TOLD = replace(BARE, pages="S12", abstract=(AbstractPart(None, TEXT),))

SAME = {
    "same PMID": (replace(PAPER, doi=None, title="Anakinra vs placebo in severe COVID-19"), replace(PAPER, pages=None)),
    "same DOI": (replace(PAPER, pmid=None, title="Anakinra vs. placebo in severe COVID: a randomised trial"), PAPER),
    "same title": (BARE, replace(BARE, journal="ANN MADE UP MED", pages="1008-12", year=2020, authors=("DOE J",))),
    "same place": (BARE, replace(BARE, title="[Anakinra bei schwerem Verlauf: ein Versuch mit Losentscheid]")),
    "same abstract": (
        replace(TOLD, title="Effect of anakinra on the weight of obese men without infection"),
        replace(TOLD, title="The effect of anakinra on weight in obese men without infection", authors=()),
    ),
    "similar title": (BARE, replace(BARE, title=BARE.title.replace("severe", "sever"), volume=None)),
    "part of the title": (
        replace(BARE, pages="1008"),
        replace(BARE, title="Anakinra against placebo in severe COVID-19", journal=None),
    ),
}

DIFFERENT = {
    "abstract and paper": (PAPER, replace(BARE, journal="Made-Up Congress", volume="3", pages="S12", year=2020)),
    "one abstract at two meetings": (
        replace(BARE, volume="55", pages="S345"),
        replace(BARE, volume="56", pages="S12", year=2022),
    ),
    "two abstracts under the DOI of the supplement": (
        replace(PAPER, pmid=None, pages="S1", title="Anakinra and the kidney in mice without appetite"),
        replace(PAPER, pmid=None, pages="S2", title="Tocilizumab and the liver of men who run"),
    ),
    "two abstracts of one meeting under its DOI": tuple(
        replace(PAPER, pmid=None, pages=None, publication_types=("Conference Abstract",), title=title)
        for title in ("Anakinra and the weight of obese men", "Anakinra and the weight of obese women")
    ),
    "two abstracts on one page of a supplement": (
        replace(BARE, pages="S12", title="Effect of anakinra on the weight of obese men without pneumonia"),
        replace(BARE, pages="S12", title="Effect of anakinra on the weight of obese women without pneumonia"),
    ),
    "one abstract at two meetings with one text": (TOLD, replace(TOLD, volume="13", pages="S99")),
    "paper and its preprint with one text": (
        replace(TOLD, pages="5-9"),
        replace(TOLD, journal="bioRxiv", volume=None, pages=None),
    ),
    "two abstracts without pages": (
        replace(BARE, pages=None, title="Hypoglycaemia under anakinra in a cohort of old adults"),
        replace(BARE, pages=None, title="Hyperglycaemia under anakinra in a cohort of old adults"),
    ),
    "part I and part II": (
        replace(BARE, title="A survey of anakinra in practice. Part I"),
        replace(BARE, title="A survey of anakinra in practice. Part II"),
    ),
    "one title, two PMIDs": (PAPER, replace(PAPER, pmid="31234568", doi=None)),
    "paper and its erratum": (PAPER, replace(BARE, title=f"Erratum: {PAPER.title}")),
    "paper and its erratum in Web of Science": (BARE, replace(BARE, title=f"{BARE.title} (vol 12, pg 1008, 2021)")),
    "preprint and paper": (PAPER, replace(BARE, doi="10.1101/2020.1", journal="medRxiv", volume=None, pages=None)),
    "editorials": (
        Record("Editorial", ("Doe J",), year=2021, journal="Annals", volume="1", pages="1"),
        Record("Editorial", ("Doe J",), year=2021, journal="Annals", volume="1", pages="101"),
    ),
    "two letters under one title": (replace(BARE, pages="154-155"), replace(BARE, pages="134")),
    "two versions of a Cochrane review": (
        replace(BARE, journal="Cochrane Database of Systematic Reviews", volume=None, pages="CD001234", year=2000),
        replace(BARE, journal="Cochrane Database Syst Rev", volume=None, pages="CD001234", year=2001),
    ),
}  # fmt: skip


def test_every_rule_has_an_example():
    assert set(SAME) == set(RULES)


@pytest.mark.parametrize("rule", SAME)
def test_duplicates_are_merged_by_their_rule(rule):
    one, other = SAME[rule]
    found = ma.deduplicate([one, other])
    assert found.groups == [[0, 1]]
    assert found.questions == []
    assert found.evidence[0, 1].rule == rule
    assert judge(Keys.of(other), Keys.of(one)).rule == rule


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_only_looks_alike_is_never_merged(name):
    assert ma.deduplicate(DIFFERENT[name]).groups == []
    assert ma.deduplicate(DIFFERENT[name][::-1]).groups == []


@pytest.mark.parametrize(
    "name", ["paper and its erratum", "paper and its erratum in Web of Science", "preprint and paper"]
)
def test_what_is_about_a_paper_or_before_it_is_linked_with_the_evidence(name):
    found = ma.deduplicate(DIFFERENT[name])
    assert (found.groups, found.questions, found.linked) == ([], [], [(0, 1)])
    assert {"about", "kind"} & {*found.evidence[0, 1].differ}
    assert "one is a" in found.evidence[0, 1].rule


@pytest.mark.parametrize("name", ["abstract and paper", "one title, two PMIDs", "one abstract at two meetings"])
def test_what_is_likely_the_same_is_asked_with_the_evidence(name):
    found = ma.deduplicate(DIFFERENT[name])
    assert found.questions == [(0, 1)]
    assert found.evidence[0, 1].differ
    assert "differ" in found.evidence[0, 1].rule


@pytest.mark.parametrize(
    "other",
    [
        replace(BARE, pages="e1234"),
        replace(BARE, pages=None, volume=None),
        replace(BARE, pages=None, volume=None, journal=None),
        replace(BARE, title=BARE.title.upper() + "."),
        replace(BARE, title=f"[{BARE.title}]", authors=()),
        replace(PAPER, title=""),
        replace(PAPER, doi="10.1000/typo", pmid=None),
        replace(BARE, year=None),
        replace(BARE, authors=("Jane Doe",)),
    ],
    ids=[
        "article number",
        "no pages",
        "no place",
        "capitals",
        "no authors",
        "no title",
        "another DOI",
        "no year",
        "given name",
    ],
)
def test_what_one_database_leaves_out_does_not_part_duplicates(other):
    assert ma.deduplicate([PAPER, other]).groups == [[0, 1]]


def test_a_short_title_needs_everything_beside_it():
    short = Record("The beriberi heart", ("Doe J",), year=1950, journal="Annals", volume="3", pages="5")
    assert ma.deduplicate([short, replace(short, pages=None, volume=None)]).groups == [[0, 1]]
    assert ma.deduplicate([short, replace(short, pages=None, authors=())]).groups == []
    assert ma.deduplicate([short, replace(short, pages="9")]).groups == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tumour growth in rats", "tumor growth in rats", True),
        ("bit product trees", "bitproduct trees", True),
        ("a beta1 tubulin mutation", "a beta 1 tubulin mutation", True),
        ("a cohort of patients", "a cohort of patient", True),
        ("response of cats", "response of rats", False),
        ("in vivo", "in vitro", False),
        ("a trial in men", "a trial", False),
        ("treatment of pneumonia", "treatment of pneumonia and sepsis", False),
    ],
)
def test_spelling_is_told_from_meaning(one, other, same):
    assert misspelt(one, other) == misspelt(other, one) == same


def test_the_doi_of_a_supplement_says_nothing():
    shared = replace(PAPER, pmid=None, pages=None)
    abstracts = [
        replace(shared, title="Effect of anakinra on the appetite of old mice"),
        replace(shared, title="Effect of anakinra on the kidneys of old rats"),
        replace(shared, title="Programme of the congress and list of its authors"),
    ]
    assert ma.deduplicate(abstracts).groups == []
    assert ma.deduplicate([*abstracts, abstracts[1]]).groups == [[1, 3]]


def test_a_cut_title_does_not_make_a_doi_that_of_a_supplement():
    cut = replace(PAPER, pmid=None, title="Anakinra against placebo")
    assert ma.deduplicate([PAPER, cut, replace(cut, pages=None)]).groups == [[0, 1, 2]]


def test_a_record_without_a_place_does_not_join_what_has_two():
    vague = replace(BARE, pages=None, volume=None)
    found = ma.deduplicate([replace(BARE, pages="154-155"), vague, replace(BARE, pages="134")])
    assert len(found.groups) == 1
    assert len(found.groups[0]) == 2


def test_groups_with_different_pmids_stay_apart():
    found = ma.deduplicate([PAPER, replace(BARE, doi=PAPER.doi), replace(PAPER, pmid="99")])
    assert found.groups == [[0, 1]]
    assert found.questions == [(0, 2)] or found.questions == [(1, 2)]


def test_publications_of_one_trial_are_linked_and_not_merged():
    other = Record("Two years after anakinra", ("Poe E",), year=2023, registrations=("NCT01234567",))
    found = ma.deduplicate([replace(PAPER, registrations=("NCT01234567",)), other, Record("Another")])
    assert (found.groups, found.linked) == ([], [(0, 1)])


def test_the_answer_covers_every_record():
    found = ma.deduplicate([PAPER, Record("Another one altogether"), BARE, Record("")])
    assert found.clusters == [[0, 2], [1], [3]]
    assert found.kept == [0, 1, 3]
    assert ma.deduplicate([]).clusters == []


TITLES = st.sampled_from(
    ["Anakinra in severe pneumonia of mice", "Anakinra in severe pneumonia of men", "A survey", ""]
)
RECORDS = st.builds(
    Record,
    title=TITLES,
    authors=st.sampled_from([(), ("Doe J",), ("Roe R",)]),
    year=st.sampled_from([None, 2020, 2021, 2023]),
    journal=st.sampled_from([None, "Annals of Medicine", "Ann Med", "Gut"]),
    volume=st.sampled_from([None, "1", "2"]),
    pages=st.sampled_from([None, "5", "5-9", "11"]),
    doi=st.sampled_from([None, "10.1000/a", "10.1000/b"]),
    pmid=st.sampled_from([None, "1", "2"]),
)


@settings(max_examples=50)
@given(st.lists(RECORDS, max_size=8))
def test_groups_are_a_partition_without_contradictions(records):
    found = ma.deduplicate(records)
    grouped = [index for cluster in found.clusters for index in cluster]
    assert sorted(grouped) == list(range(len(records)))
    for group in found.groups:
        pmids = [records[index].pmid for index in group if records[index].pmid]
        assert len(set(pmids)) <= 1
    where = {index: at for at, cluster in enumerate(found.clusters) for index in cluster}
    assert all(where[a] != where[b] for a, b in [*found.questions, *found.linked])


@settings(max_examples=40)
@given(RECORDS, RECORDS)
def test_the_order_of_two_records_does_not_matter(one, other):
    assert ma.deduplicate([one, other]).groups == ma.deduplicate([other, one]).groups


def test_a_large_block_does_not_hide_a_duplicate():
    crowd = [
        Record(f"Trial of treatment {i} against placebo in disease {i * 7}", ("Wang L",), year=2020) for i in range(450)
    ]
    found = ma.deduplicate([*crowd, replace(crowd[17], title=crowd[17].title.upper())])
    assert found.groups == [[17, 450]]


def alike(n):
    """Return keys of papers of one author and year whose titles begin, end and read alike."""
    titles = (f"Efficacy of drug {i * 7919 % 9973} and {i} in patients with severe disease" for i in range(n))
    return [Keys.of(Record(title, ("Wang L",), year=2021, doi=f"10.5555/{i}")) for i, title in enumerate(titles)]


def test_what_is_judged_grows_with_the_records_and_not_with_their_square(monkeypatch):
    judged = []
    monkeypatch.setattr(module, "judge", lambda a, b: judged.append((a, b)))
    for n in (100, 400, 800, 1600):
        judged.clear()
        find_duplicates(alike(n), [()] * n)
        assert n < len(judged) < 2 * module.MOST_ALIKE * n
    judged.clear()
    find_duplicates(alike(1600), [()] * 1600, settled=1590)
    assert 0 < len(judged) < 4 * module.MOST_ALIKE * 10


def test_the_most_alike_of_many_are_those_that_one_by_one_finds():
    keys = alike(60)
    found = set(module._alike_at_once(list(range(60)), keys, 0))
    slow = set()
    for x, key in enumerate(keys):
        others = [(np.float32(fuzz.ratio(key.ordered, other.ordered)), y) for y, other in enumerate(keys) if y != x]
        best = sorted(others, key=lambda one: (-one[0], one[1]))[: module.MOST_ALIKE]
        slow |= {(min(x, y), max(x, y)) for score, y in best if score >= module.LEAST_ALIKE}
    assert found == slow


def test_settled_records_are_compared_with_new_ones_and_not_with_each_other():
    one = Record("Anakinra in severe pneumonia: a trial", ("Doe J",), year=2021, doi="10.5555/a")
    keys = [Keys.of(one)] * 4
    assert find_duplicates(keys[:3], [()] * 3, settled=3).groups == []
    assert find_duplicates(keys, [()] * 4, settled=3).groups == [[0, 1, 2, 3]]
