"""Predictive checks against draws, and the same studies under other priors."""

import json

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.bayes.checks import BAYES_CHECKS
from metaan.stats.bayes.sensitivity import PRIOR_ALTERNATIVES

YI, VI = np.array([0.1, 0.5, 0.9, 0.2, -0.3]), np.array([0.04, 0.05, 0.09, 0.02, 0.06])
ES = ma.EffectSizes.of(YI, VI)
T = np.linspace(0, 2.5, 400)


def q_of(y):
    w = 1 / VI
    mean = (y @ w) / w.sum()
    return ((y - mean[:, None]) ** 2) @ w


def two_sided(drawn, seen):
    above = (drawn >= seen).mean()
    return 2 * min(above, 1 - above)


def test_checks_against_draws():
    """The slow twin: the posterior and the prior are drawn from, and data from them."""
    rng, n = np.random.default_rng(7), 40_000
    fit = ma.bayes(ES, "half-normal(0.5)", (0.0, 0.3))
    found = {check.code: check.pval for check in ma.predictive_checks(fit)}
    noise, seen = rng.standard_normal((n, 5)), q_of(YI[None, :])[0]
    prior = np.abs(rng.normal(0, 0.5, n))
    assert found["prior of tau"] == pytest.approx(
        two_sided(q_of(noise * np.sqrt(VI + prior[:, None] ** 2)), seen), abs=0.01
    )
    tau = np.interp(rng.random(n), fit.tau.cdf(T), T)
    assert found["heterogeneity"] == pytest.approx(
        two_sided(q_of(noise * np.sqrt(VI + tau[:, None] ** 2)), seen), abs=0.01
    )
    flat = ma.bayes(ES, "half-normal(0.5)", None)
    tau = np.interp(rng.random(n), flat.tau.cdf(T), T)
    w = 1 / (VI + tau[:, None] ** 2)
    mean, sd = (w @ YI) / w.sum(1), np.sqrt(0.09 + 1 / w.sum(1))
    assert found["prior of mu"] == pytest.approx((np.abs(rng.normal(0, sd)) >= np.abs(mean)).mean(), abs=0.01)
    rest = ma.bayes(ES.take([0, 1, 2, 3]), "half-normal(0.5)", (0.0, 0.3)).prediction
    drawn = rest.quantile(rng.random(2000)) + rng.normal(0, np.sqrt(VI[4]), 2000)
    alone = BAYES_CHECKS["each study"][0](fit)[4]
    assert alone == pytest.approx(two_sided(drawn, YI[4]), abs=0.03)
    assert found["each study"] == pytest.approx(min(1, 5 * min(BAYES_CHECKS["each study"][0](fit))))


def test_what_surprises_is_said():
    far = ma.EffectSizes.of([0.1, 0.12, 0.09, 0.11, 3.0], [0.01] * 5, slab=["a", "b", "c", "d", "e"])
    said = {(c.code, c.study): c for c in ma.predictive_checks(ma.bayes(far, "half-normal(0.05)", (0.0, 0.01)))}
    assert said["prior of tau", None].surprising
    assert "surprising" in said["prior of tau", None].text
    assert said["each study", "e"].surprising
    assert "e: the data are surprising" in said["each study", "e"].text
    near = ma.predictive_checks(
        ma.bayes(ma.EffectSizes.of([3.0, 3.1, 2.9], [0.01] * 3), "half-normal(0.5)", (0.0, 0.5))
    )
    surprising = [check.code for check in near if check.surprising]
    assert surprising == ["prior of mu", "heterogeneity"]  # a mean held far away takes the studies for heterogeneous
    json.dumps([check.to_dict() for check in near], allow_nan=False)


def test_what_cannot_be_checked_is_said():
    found = {check.code: check for check in ma.predictive_checks(ma.bayes(ES, "Jeffreys", None))}
    assert found["prior of tau"].pval is found["prior of mu"].pval is None
    assert "improper" in found["prior of tau"].text
    assert ma.predictive_checks(ma.bayes(ES.take([0]))) == ()
    two = {check.code: check for check in ma.predictive_checks(ma.bayes(ES.take([0, 1]), "Jeffreys", None))}
    assert two["each study"].pval == 1.0
    with pytest.raises(NotEstimableError, match="predict"):
        ma.predictive_checks(ma.bayes(ES, mods={"x": [1, 2, 3, 4, 5]}))


def test_other_priors_are_rows():
    fit = ma.bayes(ES, "half-normal(0.5)", (0.0, 4.0))
    found = ma.prior_sensitivity(fit)
    assert [row.name for row in found.rows] == list(PRIOR_ALTERNATIVES)
    by_name = {row.name: row.fit for row in found.rows}
    assert by_name["half-normal, twice the scale"].tau_prior.text == "half-normal(1)"
    assert by_name["half-normal, half the scale"].tau.median < fit.tau.median
    assert by_name["flat mean"].mu_prior is None
    assert by_name["half-Cauchy, the same scale"].mu.ci == ma.bayes(ES, "half-Cauchy(0.5)").mu.ci
    frame = found.to_frame()
    assert list(frame.index[1:]) == list(PRIOR_ALTERNATIVES)
    assert frame["mu_ci_lb"].iloc[0] == fit.mu.ci.lb
    json.dumps(found.to_dict(), allow_nan=False)
    assert "under 8 priors" in repr(found)


def test_an_improper_prior_lends_its_posterior_to_the_scales_of_the_others():
    fit = ma.bayes(ES, "uniform", None)
    by_name = {row.name: row.fit for row in ma.prior_sensitivity(fit).rows}
    assert by_name["half-normal, twice the scale"].tau_prior.scale == pytest.approx(2 * fit.tau.median, rel=1e-9)


def test_a_prior_without_a_posterior_has_its_reason_in_its_row():
    found = ma.prior_sensitivity(
        ma.bayes(ES.take([0, 1]), "half-normal(0.5)", None), ["uniform", ("half-t(1, 3)", (0, 1))]
    )
    assert found.rows[0].fit is None
    assert "no distribution" in found.rows[0].reason
    assert found.rows[1].name == "half-t(1, 3), mean normal(0, 1)"
    assert "none, k = 2" in repr(found)


def test_conclusions_that_depend_on_the_prior_are_named():
    es = ma.EffectSizes.of([0.25, 0.35, 0.32], [0.01, 0.012, 0.015])
    found = ma.prior_sensitivity(ma.bayes(es, "half-normal(0.01)", None), ["half-normal(0.01)", "half-Cauchy(5)"])
    assert found.differs == ("half-Cauchy(5)",)


def test_priors_of_one_unit_of_information():
    fit = ma.bayes(ma.EffectSizes.of(YI, VI, measure="SMD"), "unit-information", "unit-information")
    assert fit.tau_prior.text == "half-normal(0.353553)"
    assert fit.mu_prior == pytest.approx((0, 0.5 * 2**0.5))
    for options in ({"tau_prior": "unit-information"}, {"mu_prior": "unit-information"}):
        with pytest.raises(UsageError, match="no unit of information is known of MD"):
            ma.bayes(ma.EffectSizes.of(YI, VI, measure="MD"), **options)
