"""Network meta-regression against the regression of two treatments, dense likelihoods, and at its edges."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.network.covariate import INTERACTIONS


@pytest.fixture(scope="module")
def data():
    """Contrasts of four treatments, whose effects against P grow with the dose by 0.02, 0.03 and 0.05 a unit."""
    rng, rows = np.random.default_rng(8), []
    slope, effect = {"P": 0.0, "A": 0.02, "B": 0.03, "C": 0.05}, {"P": 0.0, "A": 0.3, "B": 0.1, "C": -0.2}
    pairs = ["AP", "BP", "CP", "AB", "BC", "AP", "BP", "CP"] * 3
    for i, (a, b) in enumerate(pairs):
        x = float(rng.uniform(10, 40))
        truth = effect[a] - effect[b] + (slope[a] - slope[b]) * (x - 25)
        rows.append((f"s{i}", a, b, truth + rng.normal(0, 0.25), 0.1 + 0.1 * rng.random(), x))
    return dict(zip(("studies", "treatment1", "treatment2", "yi", "sei", "covariate"), map(list, zip(*rows))))


@pytest.mark.parametrize("interaction", ["shared", "independent"])
@pytest.mark.parametrize("method", ["REML", "DL"])
def test_two_treatments_are_the_regression(interaction, method):
    yi, vi, x = [0.1, 0.7, -0.2, 0.4, 0.9], np.array([0.04, 0.05, 0.03, 0.1, 0.02]), [1, 4, 2, 3, 5]
    fit = ma.network_regression(
        [*"abcde"], ["t"] * 5, ["r"] * 5, yi, vi=vi, covariate=x, interaction=interaction, reference="r",
        tau2_method=method,
    )  # fmt: skip
    plain = ma.meta_regression(ma.EffectSizes.of(yi, vi), {"x": x}, tau2_method=method)
    np.testing.assert_allclose([fit.slopes[0].estimate, fit.slopes[0].se], [plain.coefficients[1], plain.se[1]])
    assert (fit.tau2, fit.qm, fit.qm_df) == pytest.approx((plain.tau2, plain.qm, 1))
    at = fit.at(0.0)["t", "r"]
    np.testing.assert_allclose([at.estimate, at.se], [plain.coefficients[0], plain.se[0]], rtol=1e-7)
    assert (fit.q, fit.q_df) == (pytest.approx(plain.qe), 3)


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_slopes_find_what_made_the_data(data, interaction):
    fit = ma.network_regression(**data, interaction=interaction, reference="P")
    assert fit.tau2 < fit.tau2_without
    for slope, truth in zip(fit.slopes, (0.02, 0.03, 0.05)):
        assert abs(slope.estimate - truth) < 4 * slope.se + (0.02 if interaction == "shared" else 0)
    low, high = fit.at(10.0)["C", "P"], fit.at(40.0)["C", "P"]
    assert high.estimate - low.estimate == pytest.approx(30 * fit.slopes[2].estimate)
    assert (fit.mean_slope is None) == (interaction == "independent")
    assert "Slopes of 0" in repr(fit)
    json.dumps(fit.to_dict(), allow_nan=False)
    assert list(fit.to_frame()["treatment"]) == ["A", "B", "C"]


def test_exchangeable_slopes_are_the_mixed_model(data):
    fit = ma.network_regression(**data, interaction="exchangeable", reference="P")
    names, x = ["A", "B", "C"], np.array(data["covariate"]) - np.mean(data["covariate"])
    base = np.array(
        [[(a == t) - (b == t) for t in names] for a, b in zip(data["treatment1"], data["treatment2"])], float
    )
    z, y, vi = base * x[:, None], np.array(data["yi"]), np.square(data["sei"])
    fixed = np.column_stack([base, z.sum(axis=1)])

    def solved(at):
        v = np.diag(vi + at[0] ** 2) + at[1] ** 2 * z @ z.T
        w = np.linalg.inv(v)
        xwx = fixed.T @ w @ fixed
        beta = np.linalg.solve(xwx, fixed.T @ w @ y)
        r = y - fixed @ beta
        return r @ w @ r + np.linalg.slogdet(v)[1] + np.linalg.slogdet(xwx)[1], beta, np.linalg.inv(xwx), w @ r

    best = minimize(
        lambda at: solved(at)[0], [0.1, 0.01], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}
    )
    _, beta, vcov, pull = solved(best.x)
    assert (fit.tau2, fit.tau2_slopes) == pytest.approx(tuple(best.x**2), rel=1e-4)
    np.testing.assert_allclose([fit.mean_slope.estimate, fit.mean_slope.se], [beta[3], np.sqrt(vcov[3, 3])], rtol=1e-5)
    np.testing.assert_allclose([s.estimate for s in fit.slopes], beta[3] + best.x[1] ** 2 * z.T @ pull, rtol=1e-4)
    alone = ma.network_regression(**data, interaction="independent", reference="P")
    spread = [np.ptp([s.estimate for s in one.slopes]) for one in (fit, alone)]
    assert 0 < spread[0] < spread[1]


def test_slopes_that_are_alike_are_shared():
    data = {"treatment1": [*"ABAB"], "treatment2": [*"PPPP"], "yi": [0.1, 0.1, 0.5, 0.5], "sei": [0.1] * 4}
    options = data | {"studies": [*"1234"], "covariate": [1, 1, 3, 3], "reference": "P"}
    fit, one = (ma.network_regression(**options, interaction=way) for way in ("exchangeable", "shared"))
    assert fit.tau2_slopes == 0.0
    np.testing.assert_allclose([s.estimate for s in fit.slopes], one.mean_slope.estimate)
    np.testing.assert_allclose(fit.at(2.5).se, one.at(2.5).se)


def test_the_centre_is_the_mean_and_the_common_model_has_no_tau2(data):
    fit = ma.network_regression(**data, reference="P", model="common")
    assert (fit.tau2, fit.centre) == (0.0, pytest.approx(np.mean(data["covariate"])))
    assert fit.at()["A", "P"].pi is None
    np.testing.assert_array_equal(fit.at().estimate, fit.at(fit.centre).estimate)


def test_studies_without_a_value_are_named(data):
    by_study = dict(zip(data["studies"], data["covariate"]))
    plain = ma.network_regression(**data, reference="P")
    assert ma.network_regression(**data | {"covariate": by_study}, reference="P").qm == plain.qm
    fit = ma.network_regression(**data | {"covariate": by_study | {"s3": None}}, reference="P")
    assert fit.excluded == (("s3", "no covariate"),)
    assert fit.k == plain.k - 1
    assert "Left out: s3" in repr(fit)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"covariate": None}, UsageError, "no covariate; allowed"),
        ({"interaction": "common"}, UsageError, "interaction 'common' is unknown"),
        ({"reference": "Q"}, DataError, "reference 'Q' is in no contrast"),
        ({"events": [1]}, UsageError, "events beside contrasts"),
        ({"evnts": [1]}, UsageError, "column 'evnts' is unknown; did you mean events"),
        ({"covariate": ["x"] * 24}, DataError, "study 's0': covariate 'x'; allowed: a finite number"),
        (
            {"covariate": [3.0] * 24},
            NotEstimableError,
            "does not vary enough among the studies to tell shared slopes of B, C, P",
        ),
        ({"covariate": {}}, NotEstimableError, "no study has a covariate"),
    ],
)
def test_what_a_covariate_cannot_be(data, change, error, message):
    with pytest.raises(error, match=message):
        ma.network_regression(**data | change)


def test_a_covariate_is_one_value_a_study():
    three = {"studies": ["m"] * 3, "treatment": [*"abc"], "mean": [1, 2, 3], "sd": [1] * 3, "total": [9] * 3}
    with pytest.raises(DataError, match="study 'm': covariate 1 and 2; allowed: one value a study"):
        ma.network_regression(**three, covariate=[1, 2, 1])
