"""Meta-regression against metafor, against k x k matrices, against `pool`, and under changes of units and coding."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.stats.regression.ci import REGRESSION_CI_METHODS
from metaan.stats.regression.likelihood import log_likelihood
from metaan.stats.regression.linear import Linear
from metaan.stats.regression.tau2 import REGRESSION_TAU2_METHODS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "regression.json").read_text())["cases"]
TESTS = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}

# Years beside products of years: metafor inverts X'WX as it is and loses digits. Rational arithmetic on the same
# binary numbers gives what stands here, and the test below asks us for 1e-12 of it.
EXACT = {"dat.bcg/meta_regression/RR/ablat*year/DL": {"tau2": 0.10760425413094424, "QE": 25.16990254020898}}


def regress(case, test):
    args, data = case["args"], dict(case["data"])
    common = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    es = ma.EffectSizes.of(data.pop("yi"), data.pop("vi"))
    redundant = "drop" if "warnings" in case else "error"
    formula = args["mods"].replace("factor(", "C(")
    return ma.meta_regression(es, formula, data, ci_method=TESTS[test], redundant=redundant, **common)


def numbers(values):
    return np.array([np.nan if v is None else v for v in np.ravel(values)], dtype=float)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
def test_agrees_with_metafor(case):
    want, tol = case["expect"], dict(case["tol"])
    if case["id"] in EXACT:
        tol["rtol"] = 1e-7
    for test, by_test in want["tests"].items():
        fit = regress(case, test)
        got = {
            "k": fit.k, "tau2": fit.tau2, "se.tau2": fit.tau2_se, "I2": fit.i2, "H2": fit.h2, "QE": fit.qe,
            "QEp": fit.qe_pval, "R2": fit.r2,
        }  # fmt: skip
        by_got = {
            "estimate": fit.coefficients, "se": fit.se, "zval": fit.stat, "tval": fit.stat, "pval": fit.pval,
            "ci.lb": [i.lb for i in fit.ci], "ci.ub": [i.ub for i in fit.ci], "vcov": fit.vcov,
            "QM": fit.qm, "QMp": fit.qm_pval, "QMdf": [fit.qm_df, fit.df],
        }  # fmt: skip
        for found, wanted in ((got, want), (by_got, by_test)):
            for name in found.keys() & wanted.keys():
                np.testing.assert_allclose(numbers(found[name]), numbers(wanted[name]), **tol, err_msg=f"{test} {name}")


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if "fit" in c["expect"]])
def test_likelihoods_agree_with_metafor(case):
    fit, want = regress(case, "z").fit_statistics(), case["expect"]["fit"]
    got = {"ll": fit.ll, "dev": fit.deviance, "AIC": fit.aic, "BIC": fit.bic, "AICc": fit.aicc}
    for name, value in want.items():
        assert got[name] == pytest.approx(value, rel=1e-8), name


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] in EXACT])
def test_digits_survive_badly_scaled_columns(case):
    fit, want = regress(case, "z"), EXACT[case["id"]]
    assert (fit.tau2, fit.qe) == (pytest.approx(want["tau2"], rel=1e-12), pytest.approx(want["QE"], rel=1e-12))


def test_every_method_has_a_reference_value():
    assert {c["args"]["method"] for c in CASES} == set(REGRESSION_TAU2_METHODS) | {"EE"}
    tests = {TESTS[t] for c in CASES for t in c["expect"]["tests"]}
    assert tests | {"auto"} == set(REGRESSION_CI_METHODS)


def problems(min_size=5, max_size=12):
    """Draw (yi, vi, x)."""

    def of(k):
        column = st.lists(st.floats(-2, 2).map(lambda v: round(v, 3)), min_size=k, max_size=k)
        return st.tuples(column, st.lists(st.floats(0.01, 1.0), min_size=k, max_size=k), column)

    return st.integers(min_size, max_size).flatmap(of).filter(lambda p: np.ptp(p[2]) > 0.1 and np.ptp(p[0]) > 0.01)


def slow_p(vi, x, tau2):
    """The k x k projection matrix of the literature."""
    w = np.diag(1 / (np.asarray(vi) + tau2))
    return w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w


@settings(max_examples=30)
@given(problems(), st.floats(0, 2))
def test_traces_are_those_of_the_projection_matrix(problem, tau2):
    yi, vi, x = map(np.array, problem)
    m = Linear(yi, vi, np.column_stack([np.ones(len(yi)), x]))
    fit, p = m.at(tau2), slow_p(vi, m.x, tau2)
    v = np.diag(vi)
    np.testing.assert_allclose(
        [fit.rss, fit.y_pp_y(), fit.trace_p(), fit.trace_p(vi), fit.trace_pp(), fit.trace_pp(vi)],
        [yi @ p @ yi, yi @ p @ p @ yi, np.trace(p), np.trace(p @ v), np.trace(p @ p), np.trace(p @ v @ p @ v)],
        rtol=1e-8,
        atol=1e-9,
    )


@settings(max_examples=20)
@given(problems(), st.sampled_from(["ML", "REML"]))
def test_no_tau2_has_a_higher_likelihood(problem, method):
    yi, vi, x = map(np.array, problem)
    fit = ma.meta_regression(ma.EffectSizes.of(yi, vi), x, tau2_method=method)
    top = log_likelihood(fit.linear, fit.tau2, method == "REML")
    others = [log_likelihood(fit.linear, t, method == "REML") for t in [0.0, *np.geomspace(1e-4, 20, 200)]]
    assert max(others) <= top + 1e-9
    # twin with matrices: -2 ll = k log 2 pi + log |V| + y'Py, and for REML the two determinants
    p, v = slow_p(vi, fit.x, fit.tau2), vi + fit.tau2
    want = -0.5 * (len(yi) * np.log(2 * np.pi) + np.log(v).sum() + yi @ p @ yi)
    if method == "REML":
        xwx = fit.x.T @ (fit.x / v[:, None])
        want += 0.5 * (2 * np.log(2 * np.pi) + np.linalg.slogdet(fit.x.T @ fit.x)[1] - np.linalg.slogdet(xwx)[1])
    assert top == pytest.approx(want, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("tau2_method", sorted(set(REGRESSION_TAU2_METHODS) & set(TAU2_METHODS)))
@settings(max_examples=8)
@given(problem=problems(3, 9))
def test_an_intercept_alone_is_a_pool(tau2_method, problem):
    es = ma.EffectSizes.of(*problem[:2])
    for ci_method in sorted(set(REGRESSION_CI_METHODS) & set(CI_METHODS)):
        reg = ma.meta_regression(es, None, tau2_method=tau2_method, ci_method=ci_method)
        fit = ma.pool(es, tau2_method=tau2_method, ci_method=ci_method)
        got = (reg.tau2, reg.tau2_se, reg.coefficients[0], reg.se[0], reg.pval[0], *reg.ci[0], reg.i2, reg.h2, reg.qe)
        want = (fit.tau2, fit.tau2_se, fit.estimate, fit.se, fit.pval, *fit.ci, fit.i2, fit.h2, fit.q)
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)


def test_every_estimator_of_a_mean_is_one_of_a_regression():
    """Others need weights, or further steps, that are defined for a mean only."""
    assert set(TAU2_METHODS) - set(REGRESSION_TAU2_METHODS) <= {"GENQ", "GENQM", "DL2", "CA2", "DLIT", "SJIT"}


@settings(max_examples=20)
@given(problems(), st.floats(-5, 5), st.sampled_from([0.01, 0.5, 100.0]), st.sampled_from(["DL", "REML", "PM", "SJ"]))
def test_units_and_order_do_not_matter(problem, shift, scale, method):
    """Shift yi and x, scale both, and turn the studies round: every number follows."""
    yi, vi, x = map(np.array, problem)
    fit = ma.meta_regression(ma.EffectSizes.of(yi, vi), x, tau2_method=method, ci_method="t")
    other = ma.EffectSizes.of((yi * scale + shift)[::-1], (vi * scale**2)[::-1])
    turned = ma.meta_regression(other, (3 * x - 7)[::-1], tau2_method=method, ci_method="t")
    np.testing.assert_allclose(turned.tau2, fit.tau2 * scale**2, rtol=1e-6, atol=1e-9 * scale**2)
    np.testing.assert_allclose(turned.coefficients[1], fit.coefficients[1] * scale / 3, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        [turned.qm, turned.qm_pval, turned.qe, turned.i2, turned.r2], [fit.qm, fit.qm_pval, fit.qe, fit.i2, fit.r2],
        rtol=1e-6, atol=1e-6,
    )  # fmt: skip


@settings(max_examples=15)
@given(problems(6, 12))
def test_another_reference_level_is_the_same_model(problem):
    yi, vi, _ = problem
    es = ma.EffectSizes.of(yi, vi)
    groups = [("low", "middle", "high")[i % 3] for i in range(len(yi))]
    first = ma.meta_regression(es, {"dose": groups}, tau2_method="REML")
    other = ma.meta_regression(es, {"dose": [{"low": "z"}.get(g, g) for g in groups]}, tau2_method="REML")
    assert (first.references, other.references) == ({"dose": "high"}, {"dose": "high"})
    without = ma.meta_regression(es, {"dose": groups}, tau2_method="REML", intercept=False)
    np.testing.assert_allclose(other.qm, first.qm, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(without.tau2, first.tau2, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(without.coefficients[1] - without.coefficients[0], first.coefficients[1], atol=1e-8)
    assert without.r2 is None


def test_a_fit_without_residuals_is_an_error_and_not_an_infinite_statistic():
    flat = ma.EffectSizes.of([0.5, 0.5, 0.5], [0.1, 0.1, 0.1])
    with pytest.raises(NotEstimableError, match="residuals are all 0"):
        ma.meta_regression(flat, None, ci_method="hksj")
    line = ma.EffectSizes.of([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])
    assert ma.meta_regression(line, [1, 2, 3], tau2_method="REML").tau2 == 0


def test_too_few_studies_name_the_coefficients():
    with pytest.raises(NotEstimableError, match=r"k = 2 studies for 2 coefficients \(intercept, x1\)"):
        ma.meta_regression(ma.EffectSizes.of([1, 2], [1, 1]), [1, 2])


def test_wrong_options_are_named():
    es = ma.EffectSizes.of([1, 2, 4], [1, 1, 1])
    with pytest.raises(UsageError, match="did you mean REML"):
        ma.meta_regression(es, [1, 2, 3], tau2_method="RELM")
    with pytest.raises(UsageError, match="ci_method"):
        ma.meta_regression(es, [1, 2, 3], ci_method="kenward")
    with pytest.raises(UsageError, match="model 'fixed'"):
        ma.meta_regression(es, [1, 2, 3], model="fixed")
    with pytest.raises(UsageError, match="level = 95"):
        ma.meta_regression(es, [1, 2, 3], level=95)


def test_studies_without_effect_or_moderator_are_listed():
    es = ma.EffectSizes.of([1, 2, None, 4, 3], [1, 1, 1, 1, 1], list("abcde"))
    fit = ma.meta_regression(es, {"year": [1990, None, 2000, 2001, 2004]})
    assert fit.k == 3
    assert fit.excluded == (("b", "moderator year is missing"), ("c", "yi or vi is missing"))


def test_records_say_what_they_hold():
    es = ma.EffectSizes.of([0.1, 0.4, 0.3, 0.9, 0.5], [0.04, 0.05, 0.03, 0.06, 0.05])
    fit = ma.meta_regression(es, {"dose": [1, 2, 3, 4, 5], "arm": list("abaab")})
    assert list(fit.to_frame().index) == ["intercept", "dose", "arm[T.b]"]
    assert json.loads(json.dumps(fit.to_dict(), allow_nan=False))["references"] == {"arm": "a"}
    assert "reference of arm: a" in repr(fit)
    assert "QM(2)" in repr(fit)
    assert "F(2, 2)" in repr(ma.meta_regression(es, {"dose": [1, 2, 3, 4, 5], "arm": list("abaab")}, ci_method="t"))
    assert fit.weights.sum() == pytest.approx(100)
    assert fit.aic == 2 * 4 - 2 * fit.ll


def test_a_constant_moderator_is_named():
    with pytest.raises(DataError, match="column 'year' of the design is the same in every study"):
        ma.meta_regression(ma.EffectSizes.of([1, 2, 4], [1, 1, 1]), {"year": [2000, 2000, 2000]})


def test_of_equal_effects_nothing_is_explained():
    """What is left of them is rounding, of which a moderator explains a part by chance; metafor 3.8 gives 0 as well."""
    es = ma.EffectSizes.of([0.1 + 0.2] * 6, [0.04, 0.07, 0.013, 0.05, 0.03, 0.011])
    assert ma.meta_regression(es, {"x": [1, 5, 2, 8, 3, 4]}, model="common").r2 == 0
    assert ma.meta_regression(es, {"x": [1, 5, 2, 8, 3, 4]}, tau2_method="SJ").r2 == 0


def test_without_an_intercept_the_residuals_are_those_of_the_line():
    """metafor 3.8 centres the effects first, and finds hardly any heterogeneity about a line through the origin."""
    x, yi, vi = np.array([-2.0, -1, 0, 1, 2.5]), np.array([0.5, 0.3, 0.4, 0.2, 0.45]), np.full(5, 0.01)
    reg = ma.meta_regression(ma.EffectSizes.of(yi, vi), "~ x - 1", {"x": x}, model="common")
    slope = float(x @ yi / (x @ x))
    assert reg.coefficients == pytest.approx([slope])
    assert reg.qe == pytest.approx(float(((yi - slope * x) ** 2 / vi).sum()))
