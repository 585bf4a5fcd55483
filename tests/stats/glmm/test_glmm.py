"""Mixed models of counts against metafor; where it stops early, ours is shown to be nearer the optimum."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import ConvergenceError, NotEstimableError, UsageError
from metaan.stats.glmm.fit import fit_common
from metaan.stats.glmm.models import GLMM_MEASURES
from metaan.stats.glmm.newton import maximise

CASES = json.loads((Path(__file__).parents[2] / "golden" / "glmm.json").read_text())["cases"]
MODEL = {"ML": "random", "EE": "common"}
CI = {"z": "wald", "t": "t"}

# Where the reference is not followed, and why.
UM_RS_SE = "lme4 differences a Laplace likelihood that it knows to few digits; see the test of the standard error"
CM_EL_SE = "metafor differences an integral that it knows to few digits; see the test of the standard error"
STOPS_EARLY = "lme4 stops below the top of its own likelihood; see the test of the optimum"

DIFFERENT = {
    "dat.laopaiboon2015/rma_glmm/OR/UM.FS/ML": ({"estimate", "tau2", "zval", "pval", "I2", "H2"}, STOPS_EARLY),
    "dat.bcg/rma_glmm/OR/UM.RS/ML": ({"se", "zval", "ci.lb", "ci.ub", "QE.Wld"}, UM_RS_SE),
    "dat.hart1999/rma_glmm/IRR/UM.RS/ML": ({"se", "zval", "ci.lb", "ci.ub", "QE.Wld", "QEp.Wld"}, UM_RS_SE),
    "edge_double_zero_A/rma_glmm/OR/UM.RS/ML": ({"se", "ci.lb", "ci.ub", "QE.Wld", "QEp.Wld"}, UM_RS_SE),
    "dat.bcg/rma_glmm/OR/CM.EL/ML": ({"QE.Wld", "QEp.Wld"}, CM_EL_SE),
    "dat.bcg/rma_glmm/OR/CM.EL/EE": ({"QE.Wld", "QEp.Wld"}, CM_EL_SE),
    "dat.chiarito2020/rma_glmm/OR/CM.EL/ML": (
        {"se", "zval", "pval", "ci.lb", "ci.ub", "QE.Wld", "QEp.Wld", "I2", "H2"}, CM_EL_SE,
    ),
}  # fmt: skip


def cases(failed=False):
    return [pytest.param(c, id=f"{c['id']}{c['args']['test']}") for c in CASES if ("error" in c) == failed]


def fit_of(c):
    args = c["args"]
    return ma.glmm(
        args.get("model", "UM.FS"), measure=args["measure"], model=MODEL[args["method"]], ci_method=CI[args["test"]],
        **c["data"],
    )  # fmt: skip


def case(wanted):
    return next(c for c in CASES if c["id"] == wanted)


def has_marginal_likelihood(c):
    """Say whether metafor's ``ll`` is a marginal log-likelihood: one point, its own integral, nothing to integrate."""
    model, fitted = c["args"].get("model"), c["args"]["method"]
    if c["expect"]["tau2"] == 0:
        return (model, fitted) != ("UM.RS", "EE")
    return (model == "CM.EL" and c["args"]["measure"] == "OR") or (model == "UM.RS" and fitted == "ML")


@pytest.mark.parametrize("c", cases())
def test_metafor(c):
    fit = fit_of(c)
    got = {
        "estimate": fit.estimate, "se": fit.se, "zval": fit.stat, "pval": fit.pval, "ci.lb": fit.ci.lb,
        "ci.ub": fit.ci.ub, "tau2": fit.tau2, "sigma2": fit.sigma2, "I2": fit.i2, "H2": fit.h2, "k": fit.k,
        "QE.Wld": fit.q_wald.stat, "QEp.Wld": fit.q_wald.pval, "QE.LRT": fit.q_lrt.stat, "QEp.LRT": fit.q_lrt.pval,
        "QE.df": fit.q_df, "ll": fit.ll, "AIC": fit.aic,
    }  # fmt: skip
    skipped = DIFFERENT.get(c["id"], (set(), ""))[0] | (set() if has_marginal_likelihood(c) else {"ll", "AIC"})
    for name in got.keys() - skipped:
        want = c["expect"][name]
        if want is None:
            assert got[name] is None
        else:
            assert got[name] == pytest.approx(want, rel=c["tol"]["rtol"], abs=c["tol"]["atol"]), name


@pytest.mark.parametrize("c", cases(failed=True))
def test_what_metafor_cannot_invert_is_fitted(c):
    fit = fit_of(c)
    assert fit.tau2 == 0
    near = ma.mantel_haenszel("OR", **c["data"])
    assert fit.estimate == pytest.approx(near.estimate, abs=0.05)
    assert fit.se == pytest.approx(near.se, rel=0.05)


def test_every_structure_has_a_reference():
    found = {(c["args"]["measure"], c["args"].get("model", "UM.FS")) for c in CASES}
    assert found == {(measure, s) for measure, structures in GLMM_MEASURES.items() for s in structures}
    assert {c["args"]["method"] for c in CASES} == set(MODEL)


def profile(s, points, estimate, tau2):
    """Return the log-likelihood at given values, the study baselines maximised."""
    whole = s.objective(points, random=True)
    at = np.array([estimate, math.sqrt(tau2)])
    return maximise(lambda _, own: whole(at, own), np.zeros(0), s.start, True, "profile").value


def test_our_optimum_is_higher_where_lme4_stops_early():
    c = case("dat.laopaiboon2015/rma_glmm/OR/UM.FS/ML")
    fit = fit_of(c)
    s = GLMM_MEASURES["OR"]["UM.FS"](fit.effects.data)
    for points in (7, 31):
        theirs = profile(s, points, c["expect"]["estimate"], c["expect"]["tau2"])
        assert profile(s, points, fit.estimate, fit.tau2) > theirs + 1e-6


@pytest.mark.parametrize("wanted", ["dat.bcg/rma_glmm/OR/UM.RS/ML", "dat.hart1999/rma_glmm/IRR/UM.RS/ML"])
def test_our_laplace_likelihood_is_at_least_that_of_lme4(wanted):
    c = case(wanted)
    assert fit_of(c).ll >= c["expect"]["ll"] - 1e-9


def test_a_common_effect_cannot_be_likelier_than_random_effects():
    one, other = (fit_of(case(f"dat.bcg/rma_glmm/OR/UM.RS/{m}")) for m in ("EE", "ML"))
    assert one.ll < other.ll
    assert case("dat.bcg/rma_glmm/OR/UM.RS/EE")["expect"]["ll"] > -128 > one.ll  # the reference leaves constants out


def test_without_heterogeneity_the_standard_error_is_that_of_the_common_effect():
    c = case("dat.chiarito2020/rma_glmm/OR/CM.EL/ML")
    fit = fit_of(c)
    common = ma.glmm("CM.EL", model="common", **c["data"])
    assert fit.se == pytest.approx(common.se, rel=1e-4)
    assert common.se == pytest.approx(ma.mantel_haenszel("OR", **c["data"]).se, rel=1e-3)
    assert c["expect"]["se"] < 0.7 * fit.se  # no information could be that large


def test_the_common_effect_of_rates_is_a_binomial_and_its_error_is_in_closed_form():
    rates = {"x1i": [9, 8, 3], "t1i": [413, 263, 487], "x2i": [19, 19, 13], "t2i": [398, 245, 435]}
    fits = [ma.glmm(s, measure="IRR", model="common", **rates) for s in ("UM.FS", "CM.EL")]
    assert fits[0].estimate == pytest.approx(fits[1].estimate, abs=1e-9)
    assert fits[0].se == pytest.approx(fits[1].se, rel=1e-7)


@pytest.mark.parametrize(("measure", "structure"), [(m, s) for m, table in GLMM_MEASURES.items() for s in table])
def test_one_study_is_its_own_effect(measure, structure):
    data = {
        "OR": {"ai": [7], "n1i": [50], "ci": [12], "n2i": [48]},
        "IRR": {"x1i": [7], "t1i": [50], "x2i": [12], "t2i": [48]},
        "PLO": {"xi": [7], "ni": [50]},
        "IRLN": {"xi": [7], "ti": [50]},
    }[measure]
    fit = ma.glmm(structure, measure=measure, **data)
    own = float(ma.effect_sizes(measure, **data).yi[0])
    exact = structure == "UM.FS" or measure == "IRR"
    assert fit.estimate == pytest.approx(own, abs=1e-6 if exact else 0.15)
    assert (fit.k, fit.tau2, fit.q_df) == (1, 0.0, 0)
    with pytest.raises(NotEstimableError, match="k = 1"):
        fit.tau2_ci()


@pytest.mark.parametrize(
    ("structure", "measure", "data", "words"),
    [
        ("CM.EL", "OR", {"ai": [0, 0], "n1i": [50, 40], "ci": [3, 2], "n2i": [50, 40]}, "the experimental arm has no"),
        ("UM.FS", "OR", {"ai": [3, 2], "n1i": [50, 40], "ci": [0, 0], "n2i": [50, 40]}, "control arm has no events"),
        ("UM.RS", "OR", {"ai": [3, 2], "n1i": [50, 40], "ci": [50, 40], "n2i": [50, 40]}, "control arm has nobody"),
        ("UM.FS", "OR", {"ai": [0, 2], "n1i": [50, 40], "ci": [3, 40], "n2i": [50, 40]}, "a zero cell, and all"),
        ("CM.AL", "OR", {"ai": [0, 0], "n1i": [9, 9], "ci": [0, 0], "n2i": [9, 9]}, "no study has an effect"),
        ("CM.EL", "IRR", {"x1i": [3], "t1i": [50], "x2i": [0], "t2i": [50]}, "control arm has no events"),
        ("UM.FS", "PLO", {"xi": [0, 0], "ni": [50, 9]}, "no study has an event"),
        ("UM.FS", "PLO", {"xi": [50, 9], "ni": [50, 9]}, "anybody without an event"),
        ("UM.FS", "IRLN", {"xi": [0, 0], "ti": [50, 9]}, "no study has an event"),
    ],
)  # fmt: skip
def test_an_empty_arm_is_named(structure, measure, data, words):
    with pytest.raises(NotEstimableError, match=words):
        ma.glmm(structure, measure=measure, **data)


def test_a_dominant_study_decides():
    fit = ma.glmm("CM.EL", ai=[3, 410, 2], n1i=[40, 5000, 30], ci=[6, 460, 3], n2i=[41, 5001, 29])
    assert fit.weights[1] > 95
    assert fit.tau2 == 0


def test_unknown_words_list_what_is_allowed():
    data = {"ai": [3], "n1i": [50], "ci": [4], "n2i": [50]}
    with pytest.raises(UsageError, match=r"allowed: UM\.FS, UM\.RS, CM\.EL, CM\.AL"):
        ma.glmm("UM", **data)
    with pytest.raises(UsageError, match="allowed: OR, IRR, PLO, IRLN"):
        ma.glmm("UM.FS", measure="RR", **data)
    with pytest.raises(UsageError, match="points = 0"):
        ma.glmm("UM.FS", points=0, **data)
    with pytest.raises(UsageError, match="allowed: wald, t"):
        ma.glmm("UM.FS", ci_method="hksj", **data)


def test_a_search_that_does_not_arrive_says_so():
    with pytest.raises(ConvergenceError, match="ridge: no convergence in 200 steps"):
        maximise(lambda shared, own: shared[0] + 0 * own, np.zeros(1), np.zeros(3), False, "ridge")


def test_a_random_baseline_can_learn_from_double_zero_studies():
    data = {"ai": [0, 2, 5, 1], "n1i": [300, 80, 90, 40], "ci": [0, 4, 9, 3], "n2i": [310, 80, 85, 40]}
    kept, dropped = (ma.glmm("UM.RS", model="common", drop00=d, **data) for d in (False, True))
    assert (kept.k, dropped.k) == (4, 3)
    assert kept.sigma2 > dropped.sigma2
    assert ma.glmm("UM.FS", drop00=False, **data).k == 3


def test_a_result_goes_to_plain_values_and_prints_itself():
    c = case("dat.bcg/rma_glmm/OR/UM.RS/ML")
    fit = fit_of(c)
    plain = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert plain["points"] == 1
    assert plain["q_lrt"]["df"] == 12
    assert plain["iterations"] > 0
    assert "UM.RS, 1 quadrature point, variance of baselines 1.862" in repr(fit)
    assert "Wald X2(12) = 160.6, p < 0.0001" in repr(fit)
    assert fit.to_frame()["weight"].sum() == pytest.approx(100)
    assert fit.fit_statistics().aic == pytest.approx(2 * 4 - 2 * fit.ll)
    s = GLMM_MEASURES["OR"]["UM.RS"](fit.effects.data)
    assert fit_common(s, 7).tau == 0.0
