"""Equal but for rounding: ties are made exact before anything is ranked or compared."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.stats.numerics.ties import above, identical, tied
from metaan.stats.regression.subgroups import between_groups
from metaan.stats.tables.peto import peto
from metaan.stats.tables.stratified import mantel_haenszel

TENTHS = st.lists(st.integers(-30, 30), min_size=1, max_size=12)


@settings(max_examples=60)
@given(tenths=TENTHS, shift=st.integers(-900, 900), seed=st.integers(0, 99))
def test_what_is_equal_in_exact_arithmetic_is_equal_after_it_was_moved_there_and_back(
    tenths: list[int], shift: int, seed: int
) -> None:
    moved = np.array(tenths) / 10 - shift / 7 + np.random.default_rng(seed).uniform(-1e-14, 1e-14, len(tenths))
    got = tied(moved + shift / 7, max(3.0, abs(shift) / 7))
    for i, one in enumerate(tenths):
        assert (got[i] == 0) == (one == 0)
        for j, other in enumerate(tenths):
            assert np.sign(got[i] - got[j]) == np.sign(one - other)


def test_a_scale_of_its_own_keeps_small_values_apart() -> None:
    values = np.array([1e-30, 2e-30, 1.0, 1.0 + 1e-15])
    assert np.unique(tied(values, values)).size == 3
    assert np.unique(tied(values, 1.0)).size == 2


def test_a_limit_is_passed_by_more_than_rounding_only() -> None:
    assert above(np.array([0.3, 0.1 + 0.2, 0.3001, -1.0]), 0.3).tolist() == [False, False, True, False]
    assert identical(np.array([0.0, 0.0]))
    assert identical(np.array([1e9 + 0.1, 1e9 + 0.1]))
    assert not identical(np.array([1e-9, 2e-9]))


def test_one_effect_in_all_studies_leaves_no_heterogeneity_about_any_common_effect() -> None:
    tables = {"ai": [4, 8, 12], "n1i": [100, 200, 300], "ci": [8, 16, 24], "n2i": [100, 200, 300]}
    assert mantel_haenszel("RR", **tables).q == mantel_haenszel("OR", **tables).q == 0.0
    assert mantel_haenszel("RD", **tables).q == 0.0
    assert (
        peto(**{name: [4, 4, 4] if name == "ai" else [100] * 3 for name in ("ai", "n1i", "n2i")}, ci=[8] * 3).q == 0.0
    )
    assert between_groups([0.1 + 0.2, 0.3, 0.3], [0.1, 0.2, 0.3]).q == 0.0
