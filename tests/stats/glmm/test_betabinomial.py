"""The beta-binomial model against its probabilities written out, a general optimiser, and its limits."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import betabinom, binom

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.stats.glmm.betabinomial import arm_log_likelihood

TABLES = {
    "ai": [4, 6, 3, 62, 0],
    "n1i": [123, 306, 231, 598, 40],
    "ci": [11, 29, 11, 48, 0],
    "n2i": [139, 303, 220, 867, 41],
}


def expit(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("phi", [1e-14, 1e-9, 1e-5, 1e-3, 0.04, 0.4, 3.0])
@pytest.mark.parametrize("eta", [-7.0, -0.4, 3.0])
def test_probabilities_are_the_products_written_out(phi, eta):
    p, events, others = expit(eta), np.array([0.0, 1, 17]), np.array([25.0, 9, 30])
    got = arm_log_likelihood(events, others, eta, phi)
    for x, rest, value in zip(events, others, got):
        terms = sum(math.log(p + r * phi) for r in range(int(x)))
        terms += sum(math.log(expit(-eta) + r * phi) for r in range(int(rest)))
        terms -= sum(math.log1p(r * phi) for r in range(int(x + rest)))
        assert value == pytest.approx(math.log(math.comb(int(x + rest), int(x))) + terms, abs=1e-10)
    if phi > 1e-3:
        assert got == pytest.approx(betabinom.logpmf(events, events + others, p / phi, (1 - p) / phi), rel=1e-8)


def test_no_correlation_is_the_binomial_model():
    got = arm_log_likelihood(np.array([3.0]), np.array([7.0]), -0.2, 0.0)
    assert got[0] == pytest.approx(binom.logpmf(3, 10, expit(-0.2)), abs=1e-12)


def test_a_general_optimiser_finds_the_same_maximum():
    x, n, y, m = (np.array(v) for v in TABLES.values())

    def minus(q):
        p1, p2, phi = expit(q[0] + q[1]), expit(q[0]), math.exp(q[2])
        first, second = ((x, n, p1), (y, m, p2))
        return -sum(betabinom.logpmf(a, b, p / phi, (1 - p) / phi).sum() for a, b, p in (first, second))

    slow = minimize(minus, [-3, 0, -3], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 2000})
    fit = ma.beta_binomial(**TABLES)
    phi = math.exp(slow.x[2])
    assert fit.estimate == pytest.approx(slow.x[1], abs=1e-6)
    assert fit.rho == pytest.approx(phi / (1 + phi), abs=1e-7)
    assert fit.ll == pytest.approx(-slow.fun, abs=1e-9)
    h, unit = 1e-3, np.eye(3)
    hessian = [
        [sum(s * t * minus(slow.x + h * (s * u + t * v)) for s in (1, -1) for t in (1, -1)) for u in unit] for v in unit
    ]
    covariance = np.linalg.inv(np.array(hessian) / (4 * h * h))
    assert fit.se == pytest.approx(math.sqrt(covariance[1, 1]), rel=1e-5)
    assert fit.rho_se == pytest.approx(phi / (1 + phi) ** 2 * math.sqrt(covariance[2, 2]), rel=1e-4)


def test_studies_that_do_not_differ_give_the_odds_ratio_of_the_sums():
    fit = ma.beta_binomial(ai=[5, 10], n1i=[50, 100], ci=[10, 20], n2i=[50, 100])
    assert fit.rho == 0
    assert fit.rho_se is None
    assert fit.estimate == pytest.approx(math.log((15 / 135) / (30 / 120)), abs=1e-12)
    assert fit.se == pytest.approx(math.sqrt(1 / 15 + 1 / 135 + 1 / 30 + 1 / 120), rel=1e-6)


def test_double_zero_studies_take_part():
    more, fewer = ma.beta_binomial(**TABLES), ma.beta_binomial(**{name: v[:-1] for name, v in TABLES.items()})
    assert (more.k, fewer.k) == (5, 4)
    assert more.risk[0] < fewer.risk[0]


counts = st.tuples(st.integers(1, 8), st.integers(9, 30), st.integers(1, 8), st.integers(9, 30))


@given(rows=st.lists(counts, min_size=1, max_size=5))
@settings(max_examples=15)
def test_swapping_the_arms_turns_the_effect_round(rows):
    a, n1, c, n2 = np.array(rows, dtype=float).T
    one, other = ma.beta_binomial(ai=a, n1i=n1, ci=c, n2i=n2), ma.beta_binomial(ai=c, n1i=n2, ci=a, n2i=n1)
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-6)
    assert (other.se, other.ll) == pytest.approx((one.se, one.ll), rel=1e-5)


def test_an_empty_arm_is_named():
    with pytest.raises(NotEstimableError, match="the control arm has no events in any study"):
        ma.beta_binomial(ai=[3, 2], n1i=[50, 40], ci=[0, 0], n2i=[50, 40])


def test_a_result_goes_to_plain_values_and_prints_itself():
    fit = ma.beta_binomial(**(TABLES | {"ai": [4, 6, 3, 62, None]}), slab=["A", "B", "C", "D", "E"])
    assert fit.excluded == (("E", "a count is missing"),)
    plain = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert plain["slab"] == ["A", "B", "C", "D"]
    assert fit.to_frame()["slab"].tolist() == ["A", "B", "C", "D"]
    assert repr(fit).startswith("beta-binomial, OR, k = 4")
    assert fit.display.estimate == pytest.approx(math.exp(fit.estimate))
