"""Every defensible combination, once each, and the sentence that counts them."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.stats.robustness.multiverse import CI, TAU2, multiverse

FAILURE = {"ai": [11, 5], "n1i": [37, 40], "ci": [3, 3], "n2i": [34, 40]}
ZERO = {"ai": [0, 2, 1], "n1i": [50, 100, 120], "ci": [4, 6, 5], "n2i": [50, 100, 118]}


def test_without_zero_cells_each_measure_has_its_combinations_once():
    found = multiverse(**FAILURE)
    random_effects = len(TAU2) * len(CI)
    assert Counter(u.measure for u in found.universes) == {
        "OR": random_effects + 3,  # Mantel-Haenszel, Peto, inverse variance
        "RR": random_effects + 2,
        "RD": random_effects + 2,
    }
    assert {u.zero_cells for u in found.universes} == {"none"}


def test_zero_cells_add_the_corrected_mantel_haenszel():
    found = [u for u in multiverse(**ZERO).universes if u.measure == "OR" and u.method == "MH"]
    assert [(u.zero_cells, round(u.estimate, 3)) for u in found] == [("none", 0.190), ("0.5", 0.214)]


def test_mantel_haenszel_has_the_tables_that_inverse_variance_has_no_effect_of():
    """metafor 3.8: rma.mh(measure="RR") has 0.778 from three studies, and 0.782 with 0.5 added to the last."""
    found = multiverse(measures=["RR"], ai=[5, 6, 10], n1i=[10, 20, 10], ci=[8, 9, 10], n2i=[10, 20, 10]).universes
    assert [(u.zero_cells, u.k, round(u.estimate, 3)) for u in found if u.method == "MH"] == [
        ("none", 3, 0.778),
        ("0.5", 3, 0.782),
    ]
    assert {(u.zero_cells, u.k) for u in found if u.method in ("IV", "RE")} == {("none", 2)}


def test_each_universe_is_what_the_library_gives():
    (dl,) = [
        u
        for u in multiverse(**FAILURE).universes
        if (u.measure, u.tau2_method, u.ci_method) == ("OR", "DL", "hksj-adhoc")
    ]
    # metafor 5.1-12, rma(escalc("OR"), method="DL", test="adhoc"): 2.886886 (0.003969, 2099.602556)
    assert [round(x, 6) for x in (dl.estimate, *dl.ci)] == [2.886886, 0.003969, 2099.602556]


def test_groups_are_pooled_apart():
    masks = {"first two": [True, True, False], "last": [False, False, True]}
    found = multiverse(groups=masks, **ZERO)
    assert {u.group for u in found.universes} == {"first two"}
    assert ("last, OR", "k = 1: nothing to pool") in found.refused


def test_the_sentence_counts_what_holds():
    found = multiverse(measures=["OR"], **FAILURE)
    assert found.holds("all", 1) == (6, 9)
    assert found.sentence("all", 1) == (
        "The conclusion (more events) holds in 6 of 9 defensible analyses; of the others, 3 no clear difference."
    )


def test_all_groups_are_counted_together():
    masks = {"all": [True] * 3, "first two": [True, True, False]}
    found = multiverse(groups=masks, **ZERO)
    parts = [found.holds(group, 0) for group in masks]
    assert found.holds(None, 0) == tuple(map(sum, zip(*parts)))
    assert f"of {len(found.universes)} defensible" in found.sentence(None, 0)


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.integers(1, 30)] * 4), min_size=2, max_size=6))
def test_swapping_the_arms_turns_every_conclusion_over(tables):
    ai, bi, ci, di = zip(*tables)
    there = multiverse(ai=ai, bi=bi, ci=ci, di=di)
    back = multiverse(ai=ci, bi=di, ci=ai, di=bi)
    assert [u.conclusion for u in there.universes] == [-u.conclusion for u in back.universes]
    for u, v in zip(there.universes, back.universes):
        expected = -v.estimate if u.measure == "RD" else 1 / v.estimate
        assert u.estimate == pytest.approx(expected, rel=1e-6)


def test_to_frame_has_a_row_a_universe():
    found = ma.multiverse(**FAILURE)
    assert len(found.to_frame()) == len(found.universes)


def test_repr_is_what_one_wants_printed():
    lines = repr(multiverse(measures=["OR"], **FAILURE)).splitlines()
    assert lines[0] == "Multiverse: 9 ways to pool, 95 % intervals"
    assert lines[1] == "  all: no clear difference 3, more events 6"
    assert "  all OR MH: 2.951 (1.085 to 8.024)" in lines
