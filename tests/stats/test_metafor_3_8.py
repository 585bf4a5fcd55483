"""What the larger sets of reference values leave out, against metafor 3.8-1 and, for the beta-binomial, R's optim."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma

CASES = json.loads((Path(__file__).parents[1] / "golden" / "metafor_3_8.json").read_text())["cases"]
CI = {"z": "wald", "t": "t", "adhoc": "hksj-adhoc"}


def of(family):
    return [
        pytest.param(c["args"], c["data"], c["expect"], c["tol"], id=c["id"]) for c in CASES if c["family"] == family
    ]


def effects(data, measure="RR"):
    return ma.EffectSizes.of(data["yi"], data["vi"], measure=measure)


def agree(got, want, tol):
    np.testing.assert_allclose(got, want, rtol=tol["rtol"], atol=tol["atol"])


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("tes"))
def test_excess_significance(args, data, want, tol):
    studies = args.get("study_alternative", "two-sided")
    got = ma.excess_significance(
        effects(data), args["test"], alternative=args["alternative"], study_alternative=studies
    )
    assert (got.k, got.observed) == (want["k"], want["O"])
    agree((got.expected, got.pval), (want["E"], want["pval"]), tol)
    if "lim" in want:
        assert (got.limit is None) == (want["lim"] is None)
        assert got.limit is None or got.limit == pytest.approx(want["lim"], rel=1e-4)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("rma_mh"))
def test_one_study_with_an_effect_of_its_own_has_no_heterogeneity(args, data, want, tol):
    got = ma.mantel_haenszel(args["measure"], **data)
    agree(got.estimate, want["estimate"], tol)
    agree((got.q, got.q_pval, got.i2, got.h2), [want[n] for n in ("QE", "QEp", "I2", "H2")], tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("gosh"))
def test_gosh(args, data, want, tol):
    got = ma.gosh(effects(data), tau2_method=args["method"])
    number = got.included @ 2 ** np.arange(len(got.slab))
    order = np.argsort(number)
    assert number[order].tolist() == want["subset"]
    for column, name in (("estimate", "estimate"), ("tau2", "tau2"), ("i2", "I2"), ("h2", "H2"), ("q", "QE")):
        agree(getattr(got, column)[order], want[name], tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("regression_tau2_ci"))
def test_profile_interval_of_a_regression(args, data, want, tol):
    reg = ma.meta_regression(effects(data), {"ablat": data["ablat"]}, tau2_method=args["method"])
    ci = reg.tau2_ci("PL")
    agree((ci.tau2, *ci.tau2_ci), (want["tau2"], want["lb"], want["ub"]), tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("regression_pi"))
def test_prediction_intervals_of_a_regression(args, data, want, tol):
    reg = ma.meta_regression(effects(data), {"ablat": data["ablat"]}, ci_method=CI[args["test"]])
    got = reg.predict({"ablat": [10, 50]}, pi_method=args["pi_method"])
    agree(got.estimate, want["estimate"], tol)
    agree(got.pi, np.transpose([want["lb"], want["ub"]]), tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("regtest"))
def test_the_mixed_line_under_each_interval(args, data, want, tol):
    got = ma.small_study_test(effects(data), "egger-mixed", tau2_method="DL", ci_method=CI[args["test"]], force=True)
    assert got.limit_ci is not None
    assert got.df == want["df"]
    agree((got.stat, got.pval, got.limit, *got.limit_ci), [want[n] for n in ("stat", "pval", "est", "lb", "ub")], tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("leave1out"))
def test_peto_without_each_study(args, data, want, tol):
    got = ma.leave_one_out(ma.peto(**data))
    agree(got.estimate, want["estimate"], tol)
    agree([fit.se for fit in got.fits], want["se"], tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("beta_binomial"))
def test_beta_binomial(args, data, want, tol):
    got = ma.beta_binomial(**data)
    agree((got.estimate, got.rho, got.ll), (want["estimate"], want["rho"], want["ll"]), tol)
    assert got.se == pytest.approx(want["se"], rel=1e-4)


@pytest.mark.parametrize(
    ("yi", "like"), [([0.1, 0.9, -0.4, 0.6, 0.2], "hksj-adhoc"), ([0.2, 0.3, 0.1, 0.2, 0.3], "wald")]
)
def test_automatic_inference_of_a_regression(yi, like):
    """Hartung-Knapp with its floor where tau2 is above 0, else Wald."""
    es = ma.EffectSizes.of(yi, [0.04, 0.05, 0.03, 0.04, 0.06])
    got, want = (ma.meta_regression(es, [1, 2, 3, 4, 6], ci_method=m) for m in ("auto", like))
    assert (got.tau2 > 0) is (like != "wald")
    assert (got.se.tolist(), got.df) == (want.se.tolist(), want.df)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("presets"))
def test_the_rules_of_a_program_are_what_metafor_gives_under_them(args, data, want, tol):
    """A double-zero study, two studies with one zero cell, and heterogeneity; and trials without any zero."""
    results = ma.explain(args["measure"], **data).results
    got = next(result for result in results if result.name == args["preset"])
    agree((got.common, *got.common_ci), want["common"], tol)
    agree((got.random, *got.random_ci), want["random"], tol)
    agree(got.tau2, want["tau2"], tol)
    assert (got.pi is None) is (want["pi"] is None)
    if got.pi is not None:
        agree(got.pi, want["pi"], tol)


@pytest.mark.parametrize(("args", "data", "want", "tol"), of("explain"))
def test_which_studies_metafor_keeps(args, data, want, tol):
    """Double zeros, all events, arms without patients and tables of nobody: rma corrects them, rma.mh sums them up."""
    got = next(row for row in ma.explain(args["measure"], **data).results if row.name == "metafor")
    back = (lambda x: x) if args["measure"] == "RD" else np.log
    assert (got.k_common, got.k) == (want["k_common"], want["k"])
    assert (got.common is None) is (want["common"][0] is None)
    if got.common is not None:
        agree(back((got.common, *got.common_ci)), want["common"], tol)
    agree(back((got.random, *got.random_ci)), want["random"], tol)
    agree(back(got.pi), want["pi"], tol)
    agree((got.q, got.tau2, got.i2), (want["q"], want["tau2"], want["i2"]), tol)
