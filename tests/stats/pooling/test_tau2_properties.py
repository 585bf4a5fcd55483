"""Estimators of tau2: obvious twins of the fast formulas, invariants, limits and hard likelihoods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metaan.errors import ConvergenceError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.numerics.roots import beyond, crossing
from metaan.stats.pooling import likelihood
from metaan.stats.pooling.heterogeneity import Moments, generalised_q, solve_q
from metaan.stats.pooling.likelihood import log_likelihood, maximise, profile_tau2, upper_bound
from metaan.stats.pooling.pool import pool
from metaan.stats.pooling.tau2 import TAU2_METHODS

WEIGHTED = ("GENQ", "GENQM")
PLAIN = [name for name in TAU2_METHODS if name not in WEIGHTED]
TWO_PEAKS = ([0.01, -0.05, 7.52, 1.36, -8.76], [0.0025, 0.00038, 5.5, 0.36, 1.3])


@st.composite
def studies(draw: st.DrawFn, k: int = 3, spread: float = 2.0) -> Moments:
    """Between k and k + 9 studies whose variances span orders of magnitude."""
    size = draw(st.integers(k, k + 9))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    v = 10 ** random.uniform(-spread, spread, size)
    y = random.normal(0, np.sqrt(v + random.choice([0.0, 0.1, 10.0])))
    return Moments.of(y, v)


def projection(m: Moments, tau2: float, weights: np.ndarray | None = None) -> np.ndarray:
    """The k by k matrix that metafor builds: W - W X (X'WX)^-1 X'W for an intercept."""
    w = np.diag(1 / (m.vi + tau2) if weights is None else weights)
    x = np.ones((m.k, 1))
    return w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w


def moments_twin(m: Moments, weights: np.ndarray) -> tuple[float, float]:
    """DerSimonian & Kacker 2007 with matrices."""
    p, v = projection(m, 0.0, weights), np.diag(m.vi)
    trace = float(np.trace(p))
    tau2 = max(0.0, float(m.yi @ p @ m.yi - np.trace(p @ v)) / trace)
    s = v + tau2 * np.eye(m.k)
    return tau2, math.sqrt(2 * float(np.trace(p @ s @ p @ s))) / trace


@settings(max_examples=40)
@given(studies())
def test_moment_estimators_equal_their_matrix_form(m: Moments) -> None:
    first = TAU2_METHODS["DL"](m)
    given_weights = Moments.of(m.yi, m.vi, np.sqrt(m.wi))
    for got, weights in (
        (first, m.wi),
        (TAU2_METHODS["HE"](m), np.ones(m.k)),
        (TAU2_METHODS["DL2"](m), 1 / (m.vi + first[0])),
        (TAU2_METHODS["GENQ"](given_weights), np.sqrt(m.wi)),
    ):
        want = moments_twin(m, weights)
        assert got == pytest.approx(want, rel=1e-6, abs=1e-9 * float(m.vi.min()))


@settings(max_examples=40)
@given(studies())
def test_information_equals_its_matrix_form(m: Moments) -> None:
    tau2, se = TAU2_METHODS["REML"](m)
    p = projection(m, tau2)
    assert se == pytest.approx(math.sqrt(2 / float(np.trace(p @ p))), rel=1e-6)
    tau2, se = TAU2_METHODS["ML"](m)
    assert se == pytest.approx(math.sqrt(2 / float(np.sum((m.vi + tau2) ** -2.0))), rel=1e-9)


@settings(max_examples=40)
@given(studies(), st.booleans())
@example(Moments.of(*map(np.array, TWO_PEAKS)), True)
@example(Moments.of(*map(np.array, TWO_PEAKS)), False)
def test_no_tau2_on_a_dense_grid_is_likelier(m: Moments, restricted: bool) -> None:
    best = log_likelihood(m, maximise(m, restricted), restricted)
    top = max(upper_bound(m, restricted), float(m.vi.max()))
    for tau2 in [0.0, *np.geomspace(1e-6 * float(m.vi.min()), 2 * top, 800)]:
        assert log_likelihood(m, tau2, restricted) <= best + 1e-9 * abs(best) + 1e-12


@settings(max_examples=40)
@given(studies(), st.booleans(), st.floats(0, 3))
def test_no_tau2_on_a_dense_grid_is_likelier_at_a_given_mean(m: Moments, restricted: bool, mean: float) -> None:
    best = log_likelihood(m, maximise(m, restricted, mean), restricted, mean)
    top = max(upper_bound(m, restricted, mean), float(m.vi.max()))
    for tau2 in [0.0, *np.geomspace(1e-6 * float(m.vi.min()), 2 * top, 400)]:
        assert log_likelihood(m, tau2, restricted, mean) <= best + 1e-9 * abs(best) + 1e-12


@pytest.mark.parametrize("excess", [0.0, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("sign", [-1, 1])
def test_at_the_edge_of_heterogeneity_tau2_is_0_or_just_above(excess: float, sign: int) -> None:
    """Scatter that is all but what the sampling variances lead to expect: rounding must not decide on an error."""
    y = np.array([-1.0, 0.0, 1.0])
    m = Moments.of(y, np.full(3, 1.0 + sign * excess))
    assert maximise(m, restricted=True) == pytest.approx(max(0.0, -sign * excess), abs=1e-9 * excess + 1e-15)


def test_many_studies_take_the_same_way_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    m = Moments.of(*map(np.array, TWO_PEAKS))
    at_once = maximise(m, restricted=True)
    monkeypatch.setattr(likelihood, "_ROW_BY_ROW", 0)
    assert maximise(m, restricted=True) == at_once


@settings(max_examples=40)
@given(studies(spread=12.0), st.booleans())
def test_variances_over_twenty_orders_of_magnitude_give_a_maximum(m: Moments, restricted: bool) -> None:
    tau2 = maximise(m, restricted)
    best = log_likelihood(m, tau2, restricted)
    for other in [0.0, *np.geomspace(1e-14, 1e14, 300)]:
        assert log_likelihood(m, other, restricted) <= best + 1e-9 * abs(best)


def test_of_two_peaks_the_higher_is_taken() -> None:
    """Precise studies that agree, imprecise ones that do not: two peaks, of which a climber may find the lower."""
    m = Moments.of(*map(np.array, TWO_PEAKS))
    low, high = likelihood._local_maxima(m, True, None)
    assert low == pytest.approx(0.00047749, rel=1e-4)
    assert maximise(m, restricted=True) == high == pytest.approx(29.245, rel=1e-4)
    assert log_likelihood(m, high, True) - log_likelihood(m, low, True) > 25


@settings(max_examples=40)
@given(studies())
def test_the_fixed_points_of_three_iterations_are_one_root(m: Moments) -> None:
    """DLIT, SJIT and EB as their authors iterate them, slowly, end where Newton's method on 1 / Q does."""
    root = TAU2_METHODS["PM"](m)[0]
    assert [TAU2_METHODS[name](m)[0] for name in ("EB", "DLIT", "SJIT")] == [root] * 3
    if root > 0:
        assert generalised_q(m.yi, m.vi, root) == pytest.approx(m.k - 1, rel=1e-9)
        moments = moments_twin(m, 1 / (m.vi + root))[0]
        assert moments == pytest.approx(root, rel=1e-6, abs=1e-9 * float(m.vi.min()))
        assert root * generalised_q(m.yi, m.vi, root) / (m.k - 1) == pytest.approx(root, rel=1e-9)
    else:
        assert m.q <= m.k - 1


@settings(max_examples=40)
@given(studies(spread=6.0), st.floats(1e-3, 0.999))
def test_newton_on_the_inverse_of_q_finds_every_root(m: Moments, share: float) -> None:
    root = solve_q(m, share * m.q)
    assert generalised_q(m.yi, m.vi, root) == pytest.approx(share * m.q, rel=1e-8)


@pytest.mark.parametrize("method", TAU2_METHODS)
@pytest.mark.parametrize("power", [-12, -6, 6, 12])
def test_scale_changes_nothing_but_the_unit(method: str, power: int) -> None:
    y, v = np.array([0.1, 0.9, -0.4, 0.5, 1.4]), np.array([0.04, 0.2, 0.09, 0.01, 0.3])
    unit = 10.0**power
    options: dict[str, Any] = {"weights": [1, 2, 3, 4, 5]} if method in WEIGHTED else {}
    one = pool(EffectSizes.of(y, v), tau2_method=method, **options)
    other = pool(EffectSizes.of(unit * y, unit * unit * v), tau2_method=method, **options)
    assert one.tau2 is not None
    assert other.tau2 == pytest.approx(unit * unit * one.tau2, rel=1e-9, abs=0)
    assert other.se == pytest.approx(unit * one.se, rel=1e-9, abs=0)


@pytest.mark.parametrize("method", PLAIN)
@settings(max_examples=15)
@given(m=studies(), shift=st.floats(-50, 50), seed=st.integers(0, 1000))
def test_shift_and_order_change_nothing(method: str, m: Moments, shift: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(m.k)
    want = TAU2_METHODS[method](m)[0]
    got = TAU2_METHODS[method](Moments.of(m.yi[order] + shift, m.vi[order]))[0]
    assert got == pytest.approx(want, rel=1e-6, abs=1e-7 * float(m.vi.min()))
    assert got >= 0


@pytest.mark.parametrize("method", [name for name in PLAIN if name not in ("HS", "ML", "SJ", "PMM")])
def test_equal_variances_make_the_estimators_one(method: str) -> None:
    """The usual variance less the sampling variance, cut at 0, which SJ never is; HS and ML divide by k."""
    y = np.array([0.1, 0.9, -0.4, 0.5, 1.4])
    for v in (0.04, 5.0):
        want = max(0.0, float(np.var(y, ddof=1)) - v)
        if method == "HSk":  # k / (k - 1) of Q less k, over the sum of weights: the same number
            want = max(0.0, float(np.var(y, ddof=1)) - v)
        assert TAU2_METHODS[method](Moments.of(y, np.full(5, v)))[0] == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("method", PLAIN)
def test_studies_without_scatter_have_no_tau2(method: str) -> None:
    tau2, se = TAU2_METHODS[method](Moments.of(np.full(4, 0.3), np.array([0.1, 0.2, 0.3, 0.4])))
    assert tau2 == pytest.approx(0, abs=1e-30)
    assert se is not None
    assert math.isfinite(se)


def test_a_hundred_thousand_studies_take_one_vector_of_memory() -> None:
    """k by k matrices would need 80 GB."""
    random = np.random.default_rng(1)
    v = random.uniform(0.01, 1, 100_000)
    es = EffectSizes.of(random.normal(0.2, np.sqrt(v + 0.05)), v)
    for method in ("DL", "REML", "ML", "PM"):
        fit = pool(es, tau2_method=method)
        assert fit.tau2 == pytest.approx(0.05, rel=0.1)
        assert fit.estimate == pytest.approx(0.2, abs=5 * fit.se)


@settings(max_examples=25)
@given(studies(k=4), st.booleans())
def test_profile_interval_ends_where_the_likelihood_has_fallen_enough(m: Moments, restricted: bool) -> None:
    tau2 = maximise(m, restricted)
    lb, ub = profile_tau2(m, tau2, 0.95, restricted)
    target = log_likelihood(m, tau2, restricted) - 1.9207294103470649
    assert lb <= tau2 <= ub
    assert log_likelihood(m, ub, restricted) == pytest.approx(target, abs=1e-8)
    if lb > 0:
        assert log_likelihood(m, lb, restricted) == pytest.approx(target, abs=1e-8)


def test_an_iteration_that_does_not_end_says_so() -> None:
    with pytest.raises(ConvergenceError, match="no end in sight"):
        beyond(lambda x: 1.0, 1.0)
    with pytest.raises(ConvergenceError, match="no root found; between"):
        crossing(lambda x: math.nan if 0 < x < 1 else 0.5 - x, 0.0, 1.0)


def test_a_score_that_is_no_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    m = Moments.of(np.array([0.1, 0.9, -0.4]), np.array([0.04, 0.02, 0.09]))
    monkeypatch.setattr(likelihood, "_score_ratio_and_slope", lambda *args: (math.nan, math.nan))
    with pytest.raises(ConvergenceError, match="REML: no convergence; tau2 between"):
        maximise(m, restricted=True)


def test_the_root_of_a_line_is_found_at_both_ends() -> None:
    assert crossing(lambda x: 1 - x, 0.0, 1.0) == pytest.approx(1.0, rel=1e-12)
    assert crossing(lambda x: -x, 0.0, 1.0) == 0.0
    assert crossing(lambda x: x - 3, 10.0, 0.0) == pytest.approx(3.0, rel=1e-12)
