"""The test of excess significance against metafor, enumeration, and numerical integration."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.small_studies.excess import EXCESS_TESTS, power_at

CASES = json.loads((Path(__file__).parents[2] / "golden" / "excess.json").read_text())["cases"]

# metafor integrates the power over the true effects on a range that misses nearly all of it when tau2 is this large.
INTEGRAL_FAILS = {"edge_gen_huge/tes/gen/DL"}


def fit_of(c):
    method = {"model": "common"} if c["args"]["method"] == "EE" else {"tau2_method": c["args"]["method"]}
    return ma.pool(ma.EffectSizes.of(c["data"]["yi"], c["data"]["vi"]), **method)


@pytest.mark.parametrize("c", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in INTEGRAL_FAILS])
def test_agrees_with_metafor(c):
    """The reference integrates numerically and finds its limit to four figures; ours are closed and exact."""
    got, want = ma.excess_significance(fit_of(c), c["args"].get("test", "auto")), c["expect"]
    assert (got.k, got.observed, got.test) == (want["k"], want["O"], want.get("test", c["args"].get("test")))
    assert got.expected == pytest.approx(want["E"], rel=1e-5)
    assert got.pval == pytest.approx(want["pval"], rel=2e-5)
    if "power" in want:
        assert got.power.tolist() == pytest.approx(want["power"], rel=1e-5)
        assert got.significant.tolist() == [bool(s) for s in want["sig"]]
        limit = want["theta.lim"][0]
        assert got.limit == (limit if limit is None else pytest.approx(limit, rel=5e-3, abs=1e-4))
    if want["X2"] is not None:
        assert got.stat == pytest.approx(want["X2"], rel=2e-3)


def test_the_default_and_the_chosen_test_are_compared():
    tests = {c["args"].get("test") or c["expect"]["test"] for c in CASES}
    assert tests | {"binom"} == set(EXCESS_TESTS)


@pytest.mark.parametrize("tau2", [0.01, 1.0, 5000.0])
def test_power_over_spread_effects_is_the_integral(tau2):
    from scipy.integrate import quad
    from scipy.stats import norm

    vi, theta = np.array([0.5]), 0.3

    def integrand(z):
        return norm.pdf(z) * power_at(vi, theta + np.sqrt(tau2) * z, 0.0, 1.96)[0]

    want = quad(integrand, -9, 9, points=[-3, -1, -0.05, 0, 0.05, 1, 3], epsabs=1e-11, limit=400)[0]
    assert power_at(vi, theta, tau2, 1.96)[0] == pytest.approx(want, abs=1e-8)


@settings(max_examples=40)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8), st.data())
def test_exact_test_is_the_sum_over_all_outcomes(power, data):
    observed = data.draw(st.integers(0, len(power)))
    p = np.array(power)
    outcomes = np.array(list(itertools.product([0, 1], repeat=p.size)))
    chances = np.where(outcomes == 1, p, 1 - p).prod(axis=1)
    counts = outcomes.sum(axis=1)
    exact = EXCESS_TESTS["exact"]
    assert exact(observed, p, "greater") == pytest.approx(chances[counts >= observed].sum())
    assert exact(observed, p, "less") == pytest.approx(chances[counts <= observed].sum())


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=12), st.data())
def test_binomial_is_the_binomial_test_of_scipy_at_the_mean_power(power, data):
    from scipy.stats import binomtest

    observed = data.draw(st.integers(0, len(power)))
    mean = float(np.mean(power))
    for alternative in ("greater", "less", "two-sided"):
        want = binomtest(observed, len(power), mean, alternative=alternative).pvalue
        assert EXCESS_TESTS["binom"](observed, np.array(power), alternative) == pytest.approx(want, rel=1e-9)


def test_a_two_sided_exact_test_sums_what_is_no_likelier():
    power = np.array([0.5, 0.25, 0.2])  # 0 to 3 significant: 0.3, 0.475, 0.2, 0.025
    for observed, want in enumerate((0.525, 1.0, 0.225, 0.025)):
        assert EXCESS_TESTS["exact"](observed, power, "two-sided") == pytest.approx(want)


def test_at_the_limit_estimate_the_test_is_just_significant():
    es = ma.EffectSizes.of([0.3, 0.5, 0.1, 0.4], [0.01, 0.04, 0.02, 0.03])
    found = ma.excess_significance(es, "exact")
    power = power_at(es.vi, found.limit, 0.0, 1.959963984540054)
    assert EXCESS_TESTS["exact"](found.observed, power, "greater") == pytest.approx(0.10, rel=1e-9)


def test_mirrored_effects_give_the_mirrored_limit():
    yi, vi = np.array([0.3, 0.5, 0.1, 0.4]), [0.01, 0.04, 0.02, 0.03]
    one, two = (ma.excess_significance(ma.EffectSizes.of(s * yi, vi)) for s in (1, -1))
    assert (two.pval, two.limit) == (pytest.approx(one.pval), pytest.approx(-one.limit))


def test_a_pool_lends_its_estimate_and_heterogeneity():
    es = ma.EffectSizes.of([0.3, 0.9, -0.4, 0.4], [0.01, 0.04, 0.02, 0.03])
    fit = ma.pool(es)
    found = ma.excess_significance(fit)
    assert (found.theta, found.tau2) == (fit.estimate, fit.tau2)
    assert ma.excess_significance(es).tau2 == 0


def test_a_limit_that_does_not_exist_comes_with_its_reason():
    nothing = ma.excess_significance(ma.EffectSizes.of([0.01, -0.02], [0.1, 0.2]))
    assert (nothing.observed, nothing.pval) == (0, pytest.approx(1))
    assert nothing.limit is None
    assert "even without any effect" in nothing.limit_reason
    two_sided = ma.excess_significance(ma.EffectSizes.of([0.5, 0.4], [0.01, 0.01]), alternative="two-sided")
    assert "greater" in two_sided.limit_reason


def test_what_makes_no_sense_is_refused():
    es = ma.EffectSizes.of([0.3, 0.5], [0.01, 0.02])
    with pytest.raises(UsageError, match="test"):
        ma.excess_significance(es, "exakt")
    with pytest.raises(UsageError, match="alternative"):
        ma.excess_significance(es, alternative="more")
    with pytest.raises(UsageError, match="alpha"):
        ma.excess_significance(es, alpha=1)
    with pytest.raises(NotEstimableError):
        ma.excess_significance(ma.EffectSizes.of([None], [None]))


def test_result_is_plain_and_readable():
    found = ma.excess_significance(ma.EffectSizes.of([0.3, 0.5, 0.1], [0.01, 0.04, 0.02]))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["observed"] == 2
    assert found.to_frame()["significant"].tolist() == [True, True, False]
    assert "2 observed, 1.532 expected" in repr(found)


def test_table_without_an_effect_is_left_out_of_the_expected_number():
    fit = ma.mantel_haenszel("RD", ai=[1, 3, 4, 0], n1i=[10, 20, 30, 10], ci=[2, 5, 6, 0], n2i=[10, 20, 30, 10])
    found = ma.excess_significance(fit)
    assert found.k == 3
    assert 0 < found.expected < 3
