from __future__ import annotations

from math import comb

import pytest

from metaan.errors import DataError, NotEstimableError
from metaan.stats.evidence.recall import ceiling_of_work_saved, reading_needed, recall_at, stopping_test, work_saved

READ = {
    "mixed": [1, 1, 0, 1, 1, 0, 1, 0, 0, 1] + [0] * 60,
    "all first": [1] * 5 + [0] * 20,
    "none": [0] * 30,
    "every second": [1, 0] * 10 + [0] * 150,
    "one late": [1] * 10 + [0] * 5 + [1] + [0] * 200,
    "one at the end": [0] * 50 + [1],
}


# buscarpy 0.0.2 (the authors' own program), calculate_h0(labels, N, recall_target=target)
@pytest.mark.parametrize(
    ("name", "total", "target", "p"),
    [
        ("mixed", 100, 0.95, 0.3333333333333333),
        ("mixed", 100, 0.8, 0.10861423220973782),
        ("mixed", 1000, 0.95, 0.9393939393939394),
        ("all first", 100, 0.8, 0.6215005599104143),
        ("none", 100, 0.95, 0.7),
        ("every second", 300, 0.95, 0.4626334519572953),
        ("every second", 300, 0.8, 0.09778550382384614),
        ("one late", 300, 0.95, 0.29577464788732394),
        ("one late", 300, 0.8, 0.025224196846366526),
        ("one at the end", 100, 0.95, 0.7424242424242424),
    ],
)
def test_the_stopping_test_is_that_of_its_authors(name, total, target, p):
    found = stopping_test(READ[name], total, target)
    assert found.p == pytest.approx(p, rel=1e-8)
    assert found.reached == (p < 0.05)
    assert (found.read, found.total, found.included) == (len(READ[name]), total, sum(READ[name]))


def test_the_number_that_must_be_left_is_exact_where_binary_fractions_are_not():
    # 19 found of which 0.95 would be 20: one more would reach the target exactly, two would miss it
    found = stopping_test([True] * 19 + [False] * 81, 200)
    assert found.p == pytest.approx(comb(181 - 2, 81) / comb(181, 81), rel=1e-8)
    assert found.sample == 81


def test_when_everything_was_read_reading_may_end():
    assert stopping_test([True, False], 2).reached


@pytest.mark.parametrize("wrong", [{"target": 1.0}, {"confidence": 0.0}, {"total": 1}])
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(DataError, match="allowed"):
        stopping_test([True, False], **{"total": 10} | wrong)
    with pytest.raises(NotEstimableError, match="nothing was read"):
        stopping_test([], 10)


def test_work_saved_is_the_reading_that_a_random_order_would_have_cost_besides():
    # Cohen et al. 2006: (TN + FN) / N - (1 - R); 19 of 20 are found after 25 of 100 records
    labels = [True] * 18 + [False] * 6 + [True] + [False] * 50 + [True] + [False] * 24
    assert reading_needed(labels) == 25
    assert work_saved(labels) == pytest.approx(75 / 100 - 0.05, abs=1e-12)
    assert recall_at(labels, 0.24) == pytest.approx(18 / 20)
    assert work_saved([True] * 20 + [False] * 80) == pytest.approx(81 / 100 - 0.05)
    assert work_saved([True] * 20 + [False] * 80) <= ceiling_of_work_saved(0.2) + 1e-12


def test_without_inclusions_there_is_no_recall():
    for measure in (work_saved, reading_needed):
        with pytest.raises(NotEstimableError, match="nothing is included"):
            measure([False, False])
