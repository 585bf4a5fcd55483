"""Pooling one group: which of its studies each method pools, and what is said of those that only one of them does."""

from dataclasses import replace

import pytest

import metaan as ma
from metaan.registry.model.public import Explore
from metaan.report.language import words
from metaan.stats.measures.catalogue import TWO_ARMS
from metaan.synthesis.pooling import pool_group, protocol_results
from metaan.synthesis.selection import choose_studies
from metaan.synthesis.values import Pool

#: Experimental and control, events and total of each: nothing but events in the last.
ALL_EVENTS = ((5, 10, 8, 10), (6, 20, 9, 20), (10, 10, 10, 10))
EMPTY_ARM = ((0, 50, 3, 50), (0, 40, 2, 40))


@pytest.fixture(scope="module")
def review():
    return ma.load(ma.example("anakinra"))


def group(review, tables, measure, **protocol):
    """Return the last studies of death with other counts, and its plan changed."""
    (plan,) = [plan for plan in review.info.analyses if plan.key == "death"]
    chosen, _ = choose_studies(review, plan)
    names = ("ai", "n1i", "ci", "n2i")
    counted = [
        replace(c, row=replace(c.row, data=dict(zip(names, table))), flag=None, note=None)
        for c, table in zip(chosen[-len(tables) :], tables)
    ]
    return counted, plan.model_copy(update={"measure": measure, "explore": None} | protocol), measure


def pooled(review, tables, measure, **protocol) -> Pool:
    return pool_group("", *group(review, tables, measure, **protocol))


def test_mantel_haenszel_pools_what_inverse_variance_has_no_effect_of(review):
    """metafor 3.8, rma.mh(measure="RR"): 0.778 (0.568 to 1.065), k = 3; inverse variance leaves the last out."""
    got = pooled(review, ALL_EVENTS, "RR")
    assert (got.k, got.common.k, got.random.k) == (2, 3, 2)
    shown = got.common.display
    assert [round(x, 3) for x in (shown.estimate, *shown.ci)] == [0.778, 0.568, 1.065]
    last = got.rows[-1]
    assert (last.yi, last.weight_random) == (None, None)
    assert last.enters
    assert sum(row.weight_common for row in got.rows) == pytest.approx(100)
    assert last.note == "pooled by Mantel-Haenszel only: no events, or only events, in both arms"
    assert words.of_studies(got.common, got) == ", 3 studies"
    assert words.of_studies(got.random, got) == ""


def test_many_groups_in_a_row_are_pooled_as_one_is(review):
    one, many = pooled(review, ALL_EVENTS, "RR"), protocol_results(*group(review, ALL_EVENTS, "RR"))
    assert {name: (fit.k, fit.estimate) for name, fit in many.items()} == {
        "common": (3, one.common.estimate), "random": (2, one.random.estimate)
    }  # fmt: skip


@pytest.mark.parametrize(("measure", "events"), [("OR", 10), ("OR", 0), ("RR", 0)])
def test_a_study_that_says_nothing_of_the_measure_enters_nothing(review, measure, events):
    got = pooled(review, (*ALL_EVENTS[:2], (events, 10, events, 10)), measure)
    assert (got.common.k, got.random.k) == (2, 2)
    assert not got.rows[-1].enters
    assert "Mantel" not in got.rows[-1].note


def test_a_method_without_an_answer_is_no_row_of_the_sensitivity_table(review):
    """Mantel-Haenszel beside a protocol of inverse variance, where an arm has no events."""
    got = pooled(review, EMPTY_ARM, "OR", common_method="IV")
    assert got.common.method == "IV"
    assert not [other for other in got.sensitivity if other.fit.method == "MH"]


@pytest.mark.parametrize("measure", TWO_ARMS["counts"])
def test_a_row_of_the_sensitivity_table_names_the_method_that_it_has(review, measure):
    """Mantel-Haenszel exists for odds ratios, risk ratios and risk differences alone."""
    got = pooled(review, (*ALL_EVENTS[:2], (3, 30, 5, 30)), measure)
    named = {other.name: other.fit.method for other in got.sensitivity if other.fit.model == "common"}
    assert named == ({"common effect, inverse variance": "IV"} if measure in ("OR", "RR", "RD") else {})
    assert len({got.common.method, *named.values()}) == 1 + len(named)


def test_arms_of_another_kind_are_pooled_the_same_way(review):
    """Each mean difference is 6 - 5 with a variance of 4/40 + 9/45; three of them have a third of it."""
    chosen, plan, _ = group(review, ALL_EVENTS, "OR", common_method="IV")
    data = {"m1i": 6.0, "sd1i": 2.0, "n1i": 40, "m2i": 5.0, "sd2i": 3.0, "n2i": 45}
    got = pool_group("", [replace(c, row=replace(c.row, data=data)) for c in chosen], plan, "MD", [])
    assert [(row.yi, row.note) for row in got.rows] == [(1.0, None)] * 3
    assert got.common.se == pytest.approx((0.3 / 3) ** 0.5, rel=1e-12)
    assert got.absolute is None


def test_a_protocol_without_an_answer_says_why_with_the_test_that_needs_none(review):
    got = pooled(review, EMPTY_ARM, "OR")
    assert got.common is None
    assert [remark.code for remark in got.remarks] == ["no result"]
    assert "the experimental arm has no events in any study" in got.remarks[0].text
    assert "CMH X2(1) = 3.256" in got.remarks[0].text


def test_what_is_explored_has_the_studies_of_the_result(review):
    asked = Explore.model_validate(
        {"leave_one_out": True, "cumulative": "year", "regressions": [{"moderators": ["year"]}]}
    )
    tables = (*ALL_EVENTS, (3, 30, 5, 30), (2, 40, 4, 41))
    got = pooled(review, tables, "RR", model=("common",), explore=asked).exploration
    assert got.leave_one_out.whole.k == got.cumulative.whole.k == 5
    assert got.refused == ()
    assert got.regressions[0].k == 4
    assert got.refused == ()
