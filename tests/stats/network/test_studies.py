"""What the Laplacian solves is what dense least squares solve, and studies taken out are studies left out."""

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.stats.network.decomposition import Designs
from metaan.stats.regression.linear import Linear
from metaan.stats.regression.tau2 import REGRESSION_TAU2_METHODS


@pytest.fixture(scope="module")
def fit():
    """Studies of two, three and four arms among seven treatments, and one that a single study links."""
    rng, rows = np.random.default_rng(5), []
    for i in range(30):
        arms = rng.choice(7, [2, 2, 2, 3, 4][i % 5], replace=False) if i >= 6 else [i, i + 1]
        rows += [(f"s{i}", f"t{t}", t + rng.normal(0, 2), rng.uniform(1, 3), int(rng.integers(8, 30))) for t in arms]
    rows += [("leaf", "t0", 0.0, 1.0, 20), ("leaf", "z", 1.0, 1.0, 20)]
    study, treatment, mean, sd, total = zip(*rows)
    return ma.network(study, treatment=treatment, mean=mean, sd=sd, total=total)


def test_a_study_that_alone_links_a_treatment_is_named(fit):
    assert fit.notes == ("only leaf links z to the rest of the network",)
    tree = ma.network([*"1234"], [*"abcc"], [*"bcdd"], [0.1, 0.2, 0.3, 0.5], [0.1] * 4)
    assert tree.fitted.contrasts.links() == {"1": ("a",), "2": ("c", "d")}
    assert "cannot be assessed" in tree.notes[-1]


def dense(m):
    return Linear(m.yi, m.vi, m.x)


@pytest.mark.parametrize("tau2", [0.0, 0.7])
def test_the_laplacian_is_least_squares(fit, tau2):
    m = fit.fitted.rows.linear(2)
    fast, plain = m.at(tau2), dense(m).at(tau2)
    d = np.linspace(0.5, 2.0, m.k)
    for name in ("coefficients", "residual", "inverse", "leverage", "rss"):
        np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=1e-9, atol=1e-11, err_msg=name)
    for name, args in (("trace_p", (d,)), ("trace_pp", (d,)), ("y_pp_y", ()), ("y_ppp_y", ())):
        assert getattr(fast, name)(*args) == pytest.approx(getattr(plain, name)(*args), rel=1e-9), name


def test_weights_over_many_orders_of_magnitude_lose_no_digits():
    chain = {"studies": [*"abc"], "treatment1": [*"abc"], "treatment2": [*"bcd"], "yi": [1.0, 2.0, 3.0]}
    fit = ma.network(**chain, sei=[1e-2, 1e2, 1e-2])
    assert fit.comparison("a", "d").estimate == pytest.approx(6.0, rel=1e-12)
    np.testing.assert_allclose([fit.comparison(*pair).se for pair in ("ab", "cd")], 1e-2, rtol=1e-6)
    with pytest.raises(NotEstimableError, match="differ by so many orders of magnitude"):
        ma.network(**chain, sei=[1e-5, 1e4, 1e-5])
    yi, vi = [0.1, 0.3, 0.2], np.array([1e-8, 1e4, 1e-2])
    one, pool = ma.network([*"abc"], ["x"] * 3, ["y"] * 3, yi, vi=vi), ma.pool(ma.EffectSizes.of(yi, vi))
    np.testing.assert_allclose([one.se[0, 1], one.estimate[0, 1]], [pool.se, pool.estimate], rtol=1e-10)


@pytest.mark.parametrize("method", REGRESSION_TAU2_METHODS)
def test_every_estimator_of_tau2_is_that_of_the_regression(fit, method):
    m = fit.fitted.rows.linear(0)
    assert REGRESSION_TAU2_METHODS[method](m) == pytest.approx(REGRESSION_TAU2_METHODS[method](dense(m)), rel=1e-7)


def test_a_design_that_is_taken_out_is_left_out(fit):
    designs, rows = Designs.of(fit.fitted), fit.fitted.rows
    found = {d: designs.detached(d) for d in range(len(designs.sets))}
    assert None in found.values()
    assert sum(rest is not None for rest in found.values()) > 5
    for d, rest in found.items():
        left = designs.of_row != d
        plain = Linear(rows.yi[left], rows.vi[left], rows.x[left][:, 1:])
        assert (np.linalg.matrix_rank(plain.x) < plain.p) == (rest is None)
        if rest is not None:
            np.testing.assert_allclose(rest[0][1:], plain.at(0.0).coefficients, atol=1e-9)
            assert rest[1] == pytest.approx(plain.at(0.0).rss)
