"""The numbers behind the plots: against metafor, against the intervals they must agree with, against counting."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import NotEstimableError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.pooling.intervals import mean_test
from metaan.stats.pooling.pool import pool
from metaan.stats.robustness.gosh import gosh
from metaan.stats.robustness.plot_data import (
    contour,
    funnel_limits,
    gosh_density,
    gosh_spread,
    p_value_curve,
    p_value_function,
    p_value_grid,
    radial,
    spread_of,
)
from metaan.stats.tables.stratified import mantel_haenszel

CASES = json.loads((Path(__file__).parents[2] / "golden" / "radial.json").read_text(encoding="utf-8"))["cases"]
ES = EffectSizes.of([-0.9, -1.6, -1.3, 0.4, 0.1], [0.33, 0.19, 0.42, 0.02, 0.05])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_radial_coordinates_are_metafors(case):
    es = EffectSizes.of(case["data"]["yi"], case["data"]["vi"])
    method = case["args"]["method"]
    found = radial(pool(es, "common") if method == "EE" else pool(es, "random", method))
    assert found.x == pytest.approx(case["expect"]["x"], rel=case["tol"]["rtol"])
    assert found.z == pytest.approx(case["expect"]["z"], rel=case["tol"]["rtol"])


def test_the_pooled_effect_is_the_weighted_slope_of_a_radial_plot():
    found = radial(pool(ES, "random", "PM"))
    assert found.slope == pytest.approx(float(found.x @ found.z / (found.x @ found.x)))


def test_a_pool_of_tables_has_no_radial_plot():
    with pytest.raises(NotEstimableError, match="not by MH"):
        radial(mantel_haenszel("OR", ai=[3, 5], n1i=[30, 40], ci=[6, 9], n2i=[31, 38]))


@pytest.mark.parametrize("p", [0.1, 0.05, 0.01])
def test_a_study_on_a_contour_has_that_p_value(p):
    low, high = contour(p, 0.37)
    assert mean_test(low, 0.37, None)[1] == pytest.approx(p)
    assert mean_test(high, 0.37, None)[1] == pytest.approx(p)


def test_funnel_limits_are_centred_at_the_pooled_effect():
    fit = pool(ES, "random", level=0.9)
    low, high = funnel_limits(fit, 0.2)
    assert (low + high) / 2 == pytest.approx(fit.estimate)
    assert (high - low) / 2 == pytest.approx(1.6448536269514722 * 0.2)  # the 95th percentile of the normal distribution


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_the_p_value_function_crosses_a_height_at_the_ends_of_that_interval(ci_method):
    fit = pool(ES, "random", "DL", ci_method)
    at = p_value_function(fit.estimate, fit.se, [*fit.ci, fit.estimate, 0.0], fit.df)
    assert at == pytest.approx([0.05, 0.05, 1.0, fit.pval])


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=8))
@settings(max_examples=30)
def test_the_grid_reaches_beyond_every_estimate(yi):
    fit = pool(EffectSizes.of(yi, [0.1] * len(yi)), "common")
    grid = p_value_grid(fit, 0.001)
    assert (np.diff(grid) > 0).all()
    assert grid[0] < min(yi) <= max(yi) < grid[-1]
    assert p_value_function(fit.estimate, fit.se, grid[[0, -1]]).max() <= 0.001


def test_a_curve_has_its_peak_and_no_flat_ends():
    at, p = p_value_curve(0.123, 0.05, np.linspace(-2, 2, 101), least=0.001)
    assert p.max() == 1
    assert at[p.argmax()] == 0.123
    assert (p[1:-1] >= 0.001).all()
    assert p[0] < 0.001 > p[-1]
    assert len(p) < 30


def test_a_density_counts_every_subset_of_two_studies_and_more():
    found = gosh(ES)
    density = gosh_density(found, 7, 5)
    assert density.count.sum() == 2**5 - 1 - 5
    assert density.count.shape == (7, 5)
    for i in range(7):
        inside = (found.k > 1) & (found.estimate >= density.x[i])
        last = i == 6
        inside &= (found.estimate <= density.x[i + 1]) if last else (found.estimate < density.x[i + 1])
        assert density.count[i].sum() == inside.sum()


def test_the_spread_of_subsets_leaves_single_studies_out():
    effects, i2 = gosh_spread(gosh(ES))
    assert effects.low > -1.6
    assert effects.high < 0.4
    assert i2.low == 0


def test_subsets_that_agree_have_no_density():
    with pytest.raises(NotEstimableError, match="same estimate"):
        gosh_density(gosh(EffectSizes.of([0.2] * 4, [0.1] * 4)))


def test_a_spread_of_nothing_is_refused():
    assert spread_of([1.0, np.nan, 4.0]).median == 2.5
    with pytest.raises(NotEstimableError, match="no value"):
        spread_of([np.nan])
