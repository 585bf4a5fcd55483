"""Exports of several databases, with what goes wrong in them: duplicates are found, and what resembles them is left."""

import random

import pytest

import metaan as ma
from metaan.records.record import Record
from tests.records.same.exports import EXPORTS, paper
from tests.records.same.lookalikes import OTHERS, SLIPS, Case, cases, score

LEAST = 0.99
MOST_FALSE = 0.01


@pytest.fixture(scope="module")
def scored():
    made = cases(1_000, seed=5)
    return score(made, ma.deduplicate([case.record for case in made]).clusters)


def test_nearly_all_duplicates_are_found_and_nearly_nothing_else(scored):
    assert scored.duplicates > 1_000
    assert scored.sensitivity >= LEAST
    assert scored.false_mergers <= MOST_FALSE


def test_every_export_and_slip_was_tried(scored):
    assert {*EXPORTS, *SLIPS} <= {*scored.of}


@pytest.mark.parametrize("name", OTHERS)
def test_what_resembles_a_paper_is_not_merged_with_it(name):
    chance = random.Random(name)
    for number in range(25):
        one = paper(chance, number)
        other = OTHERS[name](one, chance)
        assert ma.deduplicate([one, other]).groups == [], (one, other)
        assert ma.deduplicate([other, one]).groups == []


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("other", EXPORTS)
def test_two_databases_agree_on_a_paper(export, other):
    chance = random.Random(7)
    for number in range(15):
        one = paper(chance, number)
        both = EXPORTS[export](one, chance), EXPORTS[other](one, chance)
        assert ma.deduplicate(both).groups == [[0, 1]], both


def test_the_count_is_that_of_the_published_evaluations():
    one, other = Case(Record("A"), "one", "x"), Case(Record("B"), "other", "y")
    made = [one, one, one, other]
    counted = [(found.found, found.duplicates, found.vanished) for found in (
        score(made, [[0], [1], [2], [3]]), score(made, [[0, 1], [2], [3]]), score(made, [[0, 1, 2, 3]])
    )]  # fmt: skip
    assert counted == [(0, 2, 0), (1, 2, 0), (2, 2, 1)]
    assert score(made, [[0, 1, 2, 3]]).wrong == {"y": 1}
