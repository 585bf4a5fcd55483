import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.stats.numerics.numerals import exact, portable_values

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


RR = ma.effect_sizes("RR", ai=[3, 6, 10, 9], n1i=[40, 50, 60, 70], ci=[6, 12, 20, 30], n2i=[40, 50, 60, 70])
SURE = ma.EffectSizes.of([0.5, 0.6, 0.55, 0.62], [1e-4, 2e-4, 1e-4, 3e-4])
SMALL = ma.EffectSizes.of([-3e-7, 4e-7, -2.4e-7, 1.5e-7], [1e-14, 2e-14, 3e-14, 2e-14])
BALANCED = ma.EffectSizes.of([0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.12])


def printed(es):
    """Every result of the library that is printed with numbers of effects, their tests and their sums of squares."""
    fit, dose = ma.pool(es), [1.0, 2.0, 3.0, 4.0]
    reg = ma.meta_regression(es, {"dose": dose}, tau2_method="ML")
    whole = ma.meta_regression(es, "~ 1", data={"dose": dose}, tau2_method="ML")
    return {
        "effects": es,
        "pool": fit,
        "leave-one-out": ma.leave_one_out(fit),
        "cumulative": ma.cumulative(fit),
        "subgroups": ma.subgroups(es, list("aabb")),
        "influence": ma.influence(fit),
        "gosh": ma.gosh(es),
        "trim and fill": ma.trim_and_fill(fit),
        "regression": reg,
        "deletions": ma.leave_one_out(reg),
        "wald": reg.wald_test(["dose"]),
        "likelihood ratio": ma.likelihood_ratio_test(reg, whole),
        "permutation": ma.permutation_test(reg),
    }


@pytest.mark.parametrize("es", [RR, SURE, SMALL, BALANCED], ids=["RR", "sure", "small", "balanced"])
def test_no_print_has_a_p_of_0_a_minus_zero_or_a_bound_that_is_rounded_away(es) -> None:
    for name, found in printed(es).items():
        text = repr(found)
        assert not re.search(r"p = 0(\.0*)?(?![\d.])", text), f"{name}: {text}"
        assert not re.search(r"-0(\.0*)?(?![\d.e])", text), f"{name}: {text}"
        assert not re.search(r"e-(1[7-9]|[2-9]\d)", text), f"{name}: {text}"
        assert "[0.0000, 0.0000]" not in text, f"{name}: {text}"


@pytest.mark.parametrize("name", ["leave-one-out", "cumulative", "subgroups", "trim and fill"])
def test_what_is_printed_of_a_ratio_is_a_ratio_and_named(name) -> None:
    """The risk ratios of the four studies are 0.5, 0.5, 0.5 and 0.3: none is below 0."""
    first, *lines = repr(printed(RR)[name]).splitlines()
    assert "RR" in first
    shown = [float(x) for line in lines for x in re.findall(r"([-\d.]+) \[", line)]
    assert shown
    assert all(0.25 < x < 0.6 for x in shown)


def test_a_residual_of_rounding_is_0() -> None:
    """The effects 0.1 to 0.4 lie on a line: nothing is left, where arithmetic left 1.6e-31."""
    reg = ma.meta_regression(BALANCED, [1, 2, 3, 4])
    assert (reg.qe, reg.qe_pval) == (0.0, 1.0)


@pytest.mark.parametrize("value", [-0.0, {"a": [-0.0, (1.0, -0.0)]}])
def test_no_zero_of_a_file_has_a_minus(value: object) -> None:
    assert "-" not in json.dumps(portable_values(value))
