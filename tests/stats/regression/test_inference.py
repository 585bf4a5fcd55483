"""Predictions, intervals of tau2, likelihood ratios, joint tests and permutations of meta-regressions."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtri

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.regression.inference import REGRESSION_PI_METHODS, REGRESSION_TAU2_CI_METHODS
from metaan.stats.regression.likelihood import log_likelihood

CASES = json.loads((Path(__file__).parents[2] / "golden" / "regression_inference.json").read_text())["cases"]
YI, VI, DOSE = [0.1, 0.5, 0.3, 0.9, 0.2, 1.4, 0.7], [0.04, 0.05, 0.03, 0.06, 0.05, 0.02, 0.1], [1, 2, 4, 3, 5, 7, 2]
ES = ma.EffectSizes.of(YI, VI)


def of(family):
    found = [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == family]
    assert found
    return found


def regress(case, formula=None):
    args, data = case["args"], dict(case["data"])
    es = ma.EffectSizes.of(data.pop("yi"), data.pop("vi"))
    mods = (formula or args["mods"]).replace("factor(", "C(")
    ci_method = "hksj" if args.get("test") == "knha" else "wald"
    return ma.meta_regression(es, mods, data, tau2_method=args["method"], ci_method=ci_method)


@pytest.mark.parametrize("case", of("meta_regression_anova"))
def test_likelihood_ratio_agrees_with_metafor(case):
    test, want = ma.likelihood_ratio_test(regress(case), regress(case, "~ 1")), case["expect"]
    got = [test.stat, test.pval, test.ll_full, test.ll_reduced, test.tau2_full, test.tau2_reduced, test.r2]
    names = ("LRT", "pval", "ll.f", "ll.r", "tau2.f", "tau2.r", "R2")
    assert got == pytest.approx([want[name] for name in names], rel=1e-6, abs=1e-8)
    assert test.df == want["df.f"] - want["df.r"]


@pytest.mark.parametrize("case", of("meta_regression_confint"))
def test_q_profile_agrees_with_metafor(case):
    got = regress(case).tau2_ci("QP")
    for name, want in (("tau2", "tau2"), ("tau", "tau"), ("i2", "I2"), ("h2", "H2")):
        bounds = [case["expect"][want][end] for end in ("estimate", "ci.lb", "ci.ub")]
        assert [getattr(got, name), *getattr(got, f"{name}_ci")] == pytest.approx(bounds, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("case", of("predict"))
def test_predictions_agree_with_metafor(case):
    got, want = regress(case).predict({"ablat": case["args"]["new"]}), case["expect"]
    columns = got.to_frame()
    for name, wanted in want.items():
        np.testing.assert_allclose(columns[name.replace(".", "_")], wanted, rtol=1e-9)


@pytest.mark.parametrize("case", of("btt"))
def test_joint_test_of_a_factor_agrees_with_metafor(case):
    test = regress(case).wald_test("C(alloc)")
    assert (test.stat, test.pval) == pytest.approx((case["expect"]["QM"], case["expect"]["QMp"]), rel=1e-9)
    assert test.names == ("C(alloc)[T.random]", "C(alloc)[T.systematic]")


@pytest.mark.parametrize("case", of("permutest"))
def test_exact_permutation_agrees_with_metafor(case):
    got, want = ma.permutation_test(regress(case)), case["expect"]
    assert (got.exact, got.seed) == (True, None)
    assert want["iter"] % got.arrangements == 0  # metafor counts arrangements of equal rows more than once
    assert [*got.pval, got.qm_pval] == pytest.approx([*want["pval"], want["QMp"]])


def test_profile_likelihood_ends_where_the_likelihood_has_fallen_by_half_a_chi2():
    fit = ma.meta_regression(ES, DOSE, tau2_method="REML")
    lower, upper = fit.tau2_ci("PL", level=0.9).tau2_ci
    top = log_likelihood(fit.linear, fit.tau2, restricted=True)
    falls = [top - log_likelihood(fit.linear, bound, restricted=True) for bound in (lower, upper)]
    assert falls[1] == pytest.approx(chdtri(1, 0.1) / 2, rel=1e-9)
    assert falls[0] == pytest.approx(chdtri(1, 0.1) / 2, rel=1e-9) or lower == 0


@settings(max_examples=15)
@given(st.lists(st.floats(-2, 2), min_size=5, max_size=9), st.floats(0.5, 0.99))
def test_the_bounds_of_the_q_profile_meet_their_quantiles(yi, level):
    es = ma.EffectSizes.of(yi, np.linspace(0.02, 0.1, len(yi)))
    fit = ma.meta_regression(es, np.arange(len(yi)))
    for bound, tail in zip(fit.tau2_ci("QP", level).tau2_ci, ((1 - level) / 2, (1 + level) / 2)):
        q = fit.linear.at(bound).rss
        target = chdtri(fit.k - 2, tail)
        assert q == pytest.approx(target, rel=1e-8) if bound > 0 else q <= target * (1 + 1e-12)


def test_there_is_no_interval_without_what_it_rests_on():
    with pytest.raises(NotEstimableError, match="needs tau2_method ML or REML, not DL"):
        ma.meta_regression(ES, DOSE).tau2_ci("PL")
    with pytest.raises(NotEstimableError, match="no tau2"):
        ma.meta_regression(ES, DOSE, model="common").tau2_ci()
    assert set(REGRESSION_TAU2_CI_METHODS) == {"QP", "PL"}


def test_a_prediction_at_the_studies_is_the_fit():
    fit = ma.meta_regression(ES, {"dose": DOSE, "arm": list("abaabba")}, ci_method="t")
    got = fit.predict()
    np.testing.assert_allclose(got.estimate, fit.fitted)
    again = fit.predict({"dose": DOSE, "arm": list("abaabba")})
    np.testing.assert_allclose([again.estimate, again.se], [got.estimate, got.se])
    one = fit.predict({"dose": [1, 2, 4], "arm": "b"})
    np.testing.assert_allclose(one.estimate, fit.predict({"dose": [1, 2, 4], "arm": list("bbb")}).estimate)
    with pytest.raises(DataError, match="'arm' has 2 new values; allowed: 3"):
        fit.predict({"dose": [1, 2, 4], "arm": ["a", "b"]})


def test_prediction_of_a_mean_is_the_pool():
    reg, fit = ma.meta_regression(ES, None, tau2_method="REML"), ma.pool(ES, tau2_method="REML")
    got = reg.predict()
    np.testing.assert_allclose([got.estimate[0], *got.ci[0], *got.pi[0]], [fit.estimate, *fit.ci, *fit.pi], rtol=1e-9)


@pytest.mark.parametrize("pi_method", REGRESSION_PI_METHODS)
def test_prediction_intervals_widen_by_tau2(pi_method):
    from scipy.stats import norm, t

    fit = ma.meta_regression(ES, {"dose": DOSE})
    got = fit.predict({"dose": 3}, pi_method=pi_method, level=0.9)
    quantile = {"t(k-p)": t.ppf(0.95, 5), "t(k-p-1)": t.ppf(0.95, 4), "normal": norm.ppf(0.95)}[pi_method]
    half = quantile * math.sqrt(got.se[0] ** 2 + fit.tau2)
    assert tuple(got.pi[0]) == pytest.approx((got.estimate[0] - half, got.estimate[0] + half))


def test_predictions_refuse_what_the_model_cannot_know():
    fit = ma.meta_regression(ES, {"dose": DOSE, "arm": list("abaabba")})
    with pytest.raises(DataError, match="level 'c' was not seen"):
        fit.predict({"dose": 1, "arm": "c"})
    with pytest.raises(UsageError, match="'arm' is needed; found: dose"):
        fit.predict({"dose": 1})
    with pytest.raises(UsageError, match=r"new has shape \(3,\); allowed: \(rows, 2\)"):
        fit.predict([1, 2, 3])
    with pytest.raises(DataError, match="'dose' is missing in a new row"):
        fit.predict({"dose": None, "arm": "a"})
    formula = ma.meta_regression(ES, "~ C(arm) + dose", {"dose": DOSE, "arm": [1, 2, 1, 1, 2, 2, 1]})
    with pytest.raises(DataError, match="level '3' was not seen"):
        formula.predict({"dose": 1, "arm": 3})
    with pytest.raises(UsageError, match="from named columns"):
        formula.predict([1, 2])
    assert ma.meta_regression(ES, DOSE, model="common").predict(3).pi is None


def test_prediction_records_are_plain():
    got = ma.meta_regression(ES, {"dose": DOSE}, model="common").predict({"dose": [1, 2]})
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["pi"] is None
    assert got.to_frame()["pi_lb"].isna().all()
    assert repr(got).startswith("Predictions at 95% (t(k-p))")


def test_tests_are_plain_and_readable():
    full, reduced = (ma.meta_regression(ES, mods, tau2_method="ML") for mods in ({"dose": DOSE}, None))
    for test, start in (
        (ma.likelihood_ratio_test(full, reduced), "Likelihood ratio: chi2(1) = 3.1155, p = 0.0776"),
        (full.wald_test("dose"), "dose: chi2(1) = "),
        (ma.meta_regression(ES, {"dose": DOSE}, ci_method="t").wald_test(["dose"]), "dose: F(1, 5) = "),
        (ma.permutation_test(full, 20), "Permutation test (a sample of 20 arrangements)"),
    ):
        assert repr(test).startswith(start)
        assert json.loads(json.dumps(test.to_dict(), allow_nan=False))
        assert "pval" in test.to_frame().columns
    with pytest.raises(UsageError, match="column 'dos' is unknown; did you mean dose"):
        full.wald_test("dos")


def test_likelihood_ratios_need_nested_fits_by_ml_to_the_same_studies():
    full, reduced = (ma.meta_regression(ES, mods, tau2_method="ML") for mods in ({"dose": DOSE}, None))
    test = ma.likelihood_ratio_test(full, reduced)
    assert (test.full, test.reduced) == (full, reduced)
    assert json.loads(json.dumps(test.to_dict(), allow_nan=False))["reduced"] == list(reduced.names)
    assert test.to_frame()["df"].tolist() == [1]
    with pytest.raises(UsageError, match="not nested"):
        ma.likelihood_ratio_test(reduced, full)
    reml = [ma.meta_regression(ES, mods, tau2_method="REML") for mods in ({"dose": DOSE}, None)]
    with pytest.raises(UsageError, match="needs tau2_method ML, not REML"):
        ma.likelihood_ratio_test(*reml)
    with pytest.raises(UsageError, match="models differ"):
        ma.likelihood_ratio_test(full, reml[1])
    other = ma.meta_regression(ma.EffectSizes.of([v + 1 for v in YI], VI), None, tau2_method="ML")
    with pytest.raises(UsageError, match="different studies"):
        ma.likelihood_ratio_test(full, other)


def test_common_effect_likelihood_ratio_is_the_difference_of_q():
    full, reduced = (ma.meta_regression(ES, mods, model="common") for mods in ({"dose": DOSE}, None))
    assert ma.likelihood_ratio_test(full, reduced).stat == pytest.approx(reduced.qe - full.qe)


def test_arrangements_are_all_there_are():
    """The slow twin: every permutation of the rows, equal ones included, gives the same p-values."""
    es = ma.EffectSizes.of(YI[:6], VI[:6])
    mods = np.array([0, 0, 1, 1, 1, 0])
    fit = ma.meta_regression(es, mods)
    got = ma.permutation_test(fit)
    assert (got.arrangements, got.exact) == (20, True)
    every = [
        ma.meta_regression(es, mods[list(order)]).qm
        for order in set(itertools.permutations(range(6)))
        if len(set(order)) == 6
    ]
    assert got.qm_pval == pytest.approx(np.mean(np.array(every) >= fit.qm * (1 - 1e-8)))


def test_an_arrangement_that_explains_everything_counts_as_further_away():
    es = ma.EffectSizes.of([1.0, 2.0, 3.0, 4.5], [0.1, 0.2, 0.1, 0.3])
    fit = ma.meta_regression(es, [4.5, 1.0, 2.0, 3.0], ci_method="hksj")
    got = ma.permutation_test(fit)
    assert got.exact
    assert 1 / 24 < got.qm_pval < 1


def test_a_sample_of_arrangements_is_seeded_and_holds_the_observed_one():
    fit = ma.meta_regression(ES, DOSE)
    first, again, other = (ma.permutation_test(fit, 200, seed) for seed in (7, 7, 8))
    assert not first.exact
    assert first.to_dict() == again.to_dict()
    assert first.pval.tolist() != other.pval.tolist()
    assert min(first.qm_pval, *first.pval) >= 1 / 200
    assert first.qm_pval == pytest.approx(ma.permutation_test(fit, 5040).qm_pval, abs=0.12)
    signs = ma.permutation_test(ma.meta_regression(ES, None), 50, 1)
    assert (signs.exact, signs.arrangements) == (False, 50)
    with pytest.raises(UsageError, match="iterations = 0"):
        ma.permutation_test(fit, 0)


@pytest.mark.parametrize("mods", [{"dose [mg]": DOSE, "arm[s]": [*"aabbabb"]}, {"dose [mg]": DOSE}])
def test_moderators_are_carried_whatever_their_names_hold(mods):
    fit = ma.meta_regression(ES, mods)
    assert fit.moderators == tuple(mods)
    for name in mods:
        assert fit.wald_test(name).df == 1


def test_terms_of_a_formula_are_moderators_too():
    fit = ma.meta_regression(ES, "~ C(arm) * dose", {"dose": DOSE, "arm": [*"aabbabb"]})
    assert fit.moderators == ("C(arm)", "dose", "C(arm):dose")
    assert fit.wald_test("C(arm)").names == ("C(arm)[T.b]",)
    assert fit.wald_test(["C(arm)", "C(arm):dose"]).df == 2


def test_a_level_with_a_colon_is_a_level():
    fit = ma.meta_regression(ES, "~ C(arm)", {"arm": ["a:1", "a:1", "b:2", "b:2", "a:1", "b:2", "b:2"]})
    assert dict(fit.references) == {"C(arm)": "a:1"}


def test_every_name_of_a_joint_test_must_be_known():
    with pytest.raises(UsageError, match="column 'dos' is unknown"):
        ma.meta_regression(ES, {"dose": DOSE}).wald_test(["dose", "dos"])
