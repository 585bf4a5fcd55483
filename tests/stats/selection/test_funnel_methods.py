"""Means that allow for small-study effects: against metafor, metasens and puniform, and at their edges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import gamma, norm

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.pooling.heterogeneity import Moments
from metaan.stats.selection.henmi_copas import JointLaw
from metaan.stats.selection.limit_meta import LIMIT_METHODS
from metaan.stats.selection.p_uniform import SIDES

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "selection.json").read_text())
YI = [0.62, 0.55, 0.48, 0.51, 0.1, 0.36, 0.20, 0.31, 0.05, 0.22]
VI = [0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.01]
ES = ma.EffectSizes.of(YI, VI)
ALL = [ma.henmi_copas, ma.limit_meta, ma.p_uniform, ma.waap]

#: metafor's integral is coarse where tau2 dwarfs the sampling variances.
COARSE = {"dat.feng2019", "edge_gen_huge_A"}


def of(family):
    return [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] == family]


def effects(case):
    data = GOLDEN["datasets"][case["dataset"]]
    return ma.EffectSizes.of(data["yi"], data["vi"])


def agree(case, got):
    for name, want in case["expect"].items():
        if want is not None:
            np.testing.assert_allclose(got[name], np.array(want, dtype=float), **case["tol"], err_msg=name)


@pytest.mark.parametrize("case", of("hc"))
def test_henmi_copas(case):
    if "error" in case:
        with pytest.raises(NotEstimableError, match="k = 1"):
            ma.henmi_copas(effects(case))
        return
    fit = ma.henmi_copas(effects(case))
    got = {"beta": fit.estimate, "se": fit.se, "ci.lb": fit.ci.lb, "ci.ub": fit.ci.ub, "tau2": fit.tau2}
    if case["id"].split("/")[0] in COARSE:
        case = case | {"tol": {"rtol": 0.01, "atol": 0.0}}
    agree(case, got)


def test_the_quantile_of_henmi_and_copas_is_that_of_simulated_studies():
    vi, tau2 = np.array(VI), 0.03
    random = np.random.default_rng(3)
    yi = random.normal(0, np.sqrt(vi + tau2), (200_000, vi.size))
    wi = 1 / vi
    w1, w2 = wi.sum(), wi @ wi
    mean = yi @ wi / w1
    q = ((yi - mean[:, None]) ** 2) @ wi
    seen = np.maximum(0, (q - vi.size + 1) / (w1 - w2 / w1))
    ratio = np.abs(mean) * np.sqrt(w1) / np.sqrt(1 + seen * w2 / w1)
    t = JointLaw.of(wi, tau2).quantile(0.025)
    assert np.mean(ratio > t) == pytest.approx(0.05, abs=0.002)


def test_the_moments_of_q_given_the_mean_are_those_of_the_normal_distribution():
    vi, tau2 = np.array(VI), 0.03
    law = JointLaw.of(1 / vi, tau2)
    random = np.random.default_rng(4)
    yi = random.normal(0, np.sqrt(vi + tau2), (400_000, vi.size))
    r = yi @ law.wi / np.sqrt(law.w1)
    q = (yi * yi) @ law.wi - r * r
    for low, high in ((-0.1, 0.1), (1.4, 1.6)):
        at = (r / np.sqrt(law.ratio) > low) & (r / np.sqrt(law.ratio) < high)
        square = np.mean(r[at] ** 2)
        assert q[at].mean() == pytest.approx(law.constant[0] + law.slope[0] * square, rel=0.01)
        assert q[at].var() == pytest.approx(law.constant[1] + law.slope[1] * square, rel=0.05)
    m, v = law.constant
    assert gamma.mean(m * m / v, scale=v / m) == pytest.approx(m)


@pytest.mark.parametrize("case", of("limitmeta"))
def test_limit_meta_analysis(case):
    fit = ma.limit_meta(ma.pool(effects(case), tau2_method="REML"), case["args"]["method.adjust"])
    agree(case, {
        "TE.adjust": fit.estimate, "seTE.adjust": fit.se, "lower.adjust": fit.ci.lb, "upper.adjust": fit.ci.ub,
        "pval.adjust": fit.pval, "alpha.r": fit.alpha, "beta.r": fit.beta, "Q": fit.q, "Q.small": fit.q_small,
        "Q.resid": fit.q_resid, "G.squared": fit.g2, "TE.limit": fit.limits,
    })  # fmt: skip


def test_a_limit_meta_analysis_of_effects_takes_reml_and_that_of_a_pool_its_tau2():
    assert ma.limit_meta(ES).tau2 == ma.pool(ES, tau2_method="REML").tau2
    fit = ma.pool(ES, tau2_method="DL", level=0.9)
    assert (ma.limit_meta(fit).tau2, ma.limit_meta(fit).level) == (fit.tau2, 0.9)
    moments = Moments.of(np.array(YI), np.array(VI))
    found = ma.limit_meta(fit)
    assert found.q == pytest.approx(moments.q)
    assert found.q == pytest.approx(found.q_small + found.q_resid)
    assert 0 <= found.q_small_pval <= 1
    assert 0 <= found.q_resid_pval <= 1


def test_without_heterogeneity_every_limit_is_the_slope():
    fit = ma.limit_meta(ma.pool(ES, tau2=0.0))
    np.testing.assert_allclose(fit.limits, fit.beta)
    assert fit.g2 == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("case", of("puniform"))
def test_p_uniform(case):
    fit = ma.p_uniform(effects(case), case["args"]["side"])
    bounded = case["expect"]["tau2.ub"] is None  # the search of the reference ends at its own bounds
    if bounded:
        case = case | {"expect": {name: case["expect"][name] for name in ("k", "ksig", "est", "tau2")}}
    agree(case, {
        "k": fit.k, "ksig": fit.k_significant, "est": fit.estimate, "ci.lb": fit.ci.lb, "ci.ub": fit.ci.ub,
        "L.0": fit.stat, "pval.0": fit.pval, "tau2": fit.tau2, "tau2.lb": fit.tau2_ci.lb, "tau2.ub": fit.tau2_ci.ub,
        "L.het": fit.het_stat, "pval.het": fit.het_pval,
    })  # fmt: skip


def test_p_uniform_is_the_likelihood_of_truncated_normals():
    fit = ma.p_uniform(ES, tau2=0.01)
    sd, cut = np.sqrt(np.array(VI) + 0.01), norm.isf(0.025) * np.sqrt(VI)

    def loglik(mean):
        above = np.array(YI) > cut
        chance = np.where(above, norm.logsf(cut, mean, sd), norm.logcdf(cut, mean, sd))
        return float((norm.logpdf(YI, mean, sd) - chance).sum())

    assert fit.loglik == pytest.approx(loglik(fit.estimate))
    assert loglik(fit.estimate) > max(loglik(fit.estimate + 0.01), loglik(fit.estimate - 0.01))
    assert fit.tau2_ci is None
    assert fit.stat == pytest.approx(2 * (fit.loglik - loglik(0.0)))


@pytest.mark.parametrize("side", SIDES)
def test_p_uniform_of_turned_effects(side):
    sign = SIDES[side]
    fit, right = ma.p_uniform(ma.EffectSizes.of(sign * np.array(YI), VI), side), ma.p_uniform(ES)
    assert fit.estimate == pytest.approx(sign * right.estimate, abs=1e-9)
    assert tuple(fit.ci) == pytest.approx(sorted(sign * bound for bound in right.ci), abs=1e-7)


def test_waap_pools_what_is_adequately_powered_by_least_squares():
    es = ma.EffectSizes.of([0.9, 0.7, 0.5, 0.3, 0.25], [0.30, 0.20, 0.10, 0.01, 0.005])
    fit = ma.waap(es)
    np.testing.assert_array_equal(fit.adequate, [False, False, False, True, True])
    assert fit.estimate == pytest.approx((0.3 / 0.01 + 0.25 / 0.005) / 300)
    assert fit.se == pytest.approx(np.sqrt(0.05**2 / 0.015 / 300))  # chi-squared over 1, times the variance
    assert fit.df == 1
    weak = ma.waap(ma.EffectSizes.of([0.1, -0.1, 0.05], [0.1, 0.2, 0.3]))
    assert "0 of 3 studies" in weak.notes[0]
    with pytest.raises(NotEstimableError, match="WAAP needs 2"):
        ma.waap(weak.effects, fall_back=False)


@pytest.mark.parametrize("method", ALL)
def test_one_study_and_none_are_refused(method):
    with pytest.raises(NotEstimableError, match="k = 1"):
        method(ES.take([0]))
    with pytest.raises(NotEstimableError, match="no study has an effect"):
        method(ma.EffectSizes.of([None], [0.1]))
    with pytest.raises(UsageError, match="is no EffectSizes"):
        method(YI)


@pytest.mark.parametrize("method", ALL)
def test_results_are_written_whole_and_name_what_was_left_out(method):
    fit = method(ma.EffectSizes.of([*YI, None], [*VI, 0.1]))
    plain = fit.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["excluded"] == [["Study 11", "yi or vi is missing"]]
    assert "Left out: Study 11" in repr(fit)
    assert fit.to_frame().shape[0] == 1
    assert fit.display.estimate == fit.estimate


def test_what_cannot_be_is_refused():
    with pytest.raises(NotEstimableError, match="significant on the left"):
        ma.p_uniform(ES, "left")
    with pytest.raises(NotEstimableError, match="same precision"):
        ma.limit_meta(ma.EffectSizes.of([0.1, 0.2, 0.3], [0.1] * 3))
    with pytest.raises(UsageError, match="did you mean beta0"):
        ma.limit_meta(ES, "beta")
    with pytest.raises(UsageError, match="alpha"):
        ma.p_uniform(ES, alpha=1.0)
    with pytest.raises(UsageError, match="0 or more"):
        ma.p_uniform(ES, tau2=-1.0)
    assert set(LIMIT_METHODS) == {c.values[0]["args"]["method.adjust"] for c in of("limitmeta")}
