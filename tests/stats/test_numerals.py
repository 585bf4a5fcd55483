import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.stats.numerals import exact

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS)
@settings(max_examples=100)
def test_a_key_gives_its_number_back_and_has_no_needless_point(x: float) -> None:
    assert float(exact(x)) == x
    assert not exact(x).endswith(".0")
    assert exact(x) != exact(math.nextafter(x, math.inf))


@pytest.mark.parametrize("by", [(1234567, 1234568), (0.1234561, 0.1234562), (1e6, 1e6 + 1), (2.0, 2.5)])
def test_subgroups_and_levels_of_the_library_are_kept_apart(by) -> None:
    es = ma.EffectSizes.of([0.1, 0.2, 0.5, 0.7], [0.1, 0.1, 0.1, 0.1])
    groups = [by[0], by[0], by[1], by[1]]
    assert list(ma.subgroups(es, groups).groups) == [exact(x) for x in by]
    levels = ma.meta_regression(es, "~ C(dose)", data={"dose": groups}).references
    assert [*levels.values()] == [exact(by[0])]


def test_one_number_is_one_subgroup_however_it_is_written() -> None:
    es = ma.EffectSizes.of([0.1, 0.2, 0.5, 0.7], [0.1, 0.1, 0.1, 0.1])
    assert list(ma.subgroups(es, [1, 1.0, 2, 2.0]).groups) == ["1", "2"]
