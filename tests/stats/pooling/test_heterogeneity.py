"""Q, I2, H2 and their test-based intervals; the exact distribution of the generalised Q against its slow twins."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chi2

from metaan.errors import NotEstimableError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.pooling.heterogeneity import (
    Moments,
    generalised_q,
    i2_from_tau2,
    q_based,
    q_profile,
    trace_psps,
    typical_variance,
)
from metaan.stats.pooling.pool import pool
from metaan.stats.pooling.quadratic_form import QuadraticForm
from metaan.stats.pooling.tau2 import TAU2_METHODS, solve_generalised


def studies(seed: int, k: int, spread: float = 1.0) -> Moments:
    random = np.random.default_rng(seed)
    v = 10 ** random.uniform(-spread, spread, k)
    return Moments.of(random.normal(0, np.sqrt(v + 0.1)), v)


def eigenvalues(m: Moments, ai: np.ndarray, tau2: float) -> np.ndarray:
    """Of the k by k form: Q is the sum of them times chi-squares with 1 df."""
    p = np.diag(ai) - np.outer(ai, ai) / ai.sum()
    root = np.sqrt(m.vi + tau2)
    values = np.linalg.eigvalsh(root[:, None] * p * root)
    return values[values > 1e-12 * values.max()]


def imhof(values: np.ndarray, q: float) -> float:
    """Imhof 1961, eq. 3.2, by quadrature."""

    def integrand(u: float) -> float:
        angle = 0.5 * float(np.arctan(values * u).sum()) - 0.5 * q * u
        return math.sin(angle) / (u * float(np.prod((1 + (values * u) ** 2) ** 0.25)))

    return 0.5 - quad(integrand, 0, np.inf, limit=2000, epsabs=1e-11)[0] / math.pi


@pytest.mark.parametrize("k", [2, 3, 4, 10, 50, 1000])
@pytest.mark.parametrize("p", [1e-6, 0.025, 0.4, 0.5, 0.6, 0.975, 1 - 1e-9])
def test_with_inverse_variance_weights_q_is_chi_square(k: int, p: float) -> None:
    m = studies(k, k)
    form = QuadraticForm.of(m, 1 / (m.vi + 0.3), 0.3)
    assert form.cdf(float(chi2.ppf(p, k - 1))) == pytest.approx(p, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("k", [8, 13, 30])
@pytest.mark.parametrize("factor", [0.3, 1.0, 2.0])
def test_distribution_of_q_equals_imhof_on_eigenvalues(k: int, factor: float) -> None:
    m = studies(k, k)
    values = eigenvalues(m, m.wi, 0.2)
    q = factor * float(values.sum())
    want = imhof(values / values.max(), q / float(values.max()))
    assert QuadraticForm.of(m, m.wi, 0.2).cdf(q) == pytest.approx(want, abs=1e-7)


def test_two_studies_are_one_scaled_chi_square() -> None:
    m = studies(5, 2, spread=3.0)
    (value,) = eigenvalues(m, m.vi, 0.1)
    for q in np.geomspace(1e-4, 30, 15) * value:
        assert QuadraticForm.of(m, m.vi, 0.1).cdf(q) == pytest.approx(float(chi2.cdf(q / value, 1)), rel=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 12), st.floats(-5, 3))
def test_distribution_of_q_rises_from_0_to_1(seed: int, k: int, power: float) -> None:
    m = studies(seed, k, spread=5.0)
    form = QuadraticForm.of(m, 10 ** np.random.default_rng(seed).uniform(-3, 3, k), 10.0**power)
    values = [form.cdf(q) for q in float(form.di.max()) * np.geomspace(1e-6, 1e3, 25)]
    assert values == sorted(values) or np.diff(values).min() > -1e-12
    assert form.cdf(0.0) == 0
    assert 0 <= values[0] <= values[-1] <= 1
    assert values[-1] == pytest.approx(1, abs=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(3, 10), st.sampled_from([0.025, 0.5, 0.975]))
def test_generalised_interval_ends_where_q_has_its_probability(seed: int, k: int, p: float) -> None:
    m = studies(seed, k)
    ai = np.sqrt(m.wi)
    tau2 = solve_generalised(m, ai, p)
    mean = float(ai @ m.yi) / float(ai.sum())
    q = float(ai @ (m.yi - mean) ** 2)
    exceeded = 1 - QuadraticForm.of(m, ai, tau2).cdf(q)
    assert exceeded == pytest.approx(p, abs=1e-9) if tau2 > 0 else exceeded >= p


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 12), st.floats(0.5, 0.99))
def test_q_profile_bounds_meet_the_quantiles(seed: int, k: int, level: float) -> None:
    m = studies(seed, k)
    lb, ub = q_profile(m, level)
    upper, lower = float(chi2.isf((1 - level) / 2, k - 1)), float(chi2.ppf((1 - level) / 2, k - 1))
    assert 0 <= lb <= ub
    if lb > 0:
        assert generalised_q(m.yi, m.vi, lb) == pytest.approx(upper, rel=1e-8)
    if ub > 0:
        assert generalised_q(m.yi, m.vi, ub) == pytest.approx(lower, rel=1e-8)


def test_i2_is_the_share_of_tau2_in_the_typical_variance() -> None:
    m = Moments.of(np.array([0.1, 0.4, 0.9]), np.full(3, 0.2))
    assert typical_variance(m) == pytest.approx(0.2)
    assert i2_from_tau2(0.6, m) == pytest.approx(75.0)


@pytest.mark.parametrize("power", [0, 3, 6, 9, 12, 18])
def test_one_study_with_all_the_weight_leaves_the_traces_exact(power: int) -> None:
    """Against exact rational arithmetic."""
    w = [Fraction(10) ** power, Fraction(3, 2), Fraction(1, 4), Fraction(2)]
    s = [Fraction(1, 2), Fraction(3), Fraction(1), Fraction(1, 8)]
    total = sum(w)
    p = [[(w[i] if i == j else 0) - w[i] * w[j] / total for j in range(4)] for i in range(4)]
    psps = sum(p[i][j] * s[j] * p[j][i] * s[i] for i in range(4) for j in range(4))
    weights, variances = np.array(w, float), np.array(s, float)
    m = Moments.of(np.zeros(4), 1 / weights)
    assert m.c == pytest.approx(float(sum(p[i][i] for i in range(4))), rel=1e-9)
    assert trace_psps(weights, variances) == pytest.approx(float(psps), rel=1e-9)


@pytest.mark.parametrize("method", [name for name in TAU2_METHODS if name not in ("GENQ", "GENQM")])
def test_one_study_with_all_the_weight_still_gives_finite_numbers(method: str) -> None:
    fit = pool(EffectSizes.of([0.3, 0.1, 0.9, -0.5], [1e-18, 0.2, 0.3, 0.4]), tau2_method=method)
    assert fit.tau2_se is not None
    assert all(math.isfinite(x) for x in (fit.estimate, fit.se, fit.tau2, fit.tau2_se, fit.i2, fit.h2, *fit.ci))


def test_with_dersimonian_laird_both_definitions_of_i2_agree() -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4, 0.5, 1.4], [0.04, 0.02, 0.09, 0.01, 0.03])
    fit = pool(es)
    assert fit.i2 == pytest.approx(fit.q_based().i2)
    assert fit.h2 == pytest.approx(fit.q_based().h ** 2)


def test_test_based_interval_never_goes_below_no_heterogeneity() -> None:
    calm = q_based(2.0, 6, 0.95)
    assert (calm.h, calm.h_ci.lb, calm.i2, calm.i2_ci.lb) == (1.0, 1.0, 0.0, 0.0)
    assert calm.i2_ci.ub > 50
    assert calm.to_dict()["i2_ci"] == list(calm.i2_ci)
    assert calm.to_frame().loc["h", "ub"] == calm.h_ci.ub
    assert repr(calm).startswith("From Q: H = 1 [1, ")
    with pytest.raises(NotEstimableError, match="k = 2"):
        q_based(2.0, 2, 0.95)


def test_homogeneous_studies_get_an_interval_in_words_and_no_nan() -> None:
    es = EffectSizes.of([0.1, 0.12, 0.08, 0.11], [0.2, 0.3, 0.25, 0.15])
    ci = pool(es).tau2_ci()
    assert ci.tau2_ci == (0.0, 0.0)
    assert ci.note is not None
    assert "empty" in ci.note
