"""Location-scale models against metafor, their derivatives against differences, and their edges."""

import json
import re

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.stats.dependent.location_scale import LINKS, LOCATION_SCALE_CI_METHODS, _Problem
from tests.stats.dependent.test_multilevel import DATASETS, agree, of

CI = {"z": "wald", "t": "t", "knha": "hksj"}
ES = ma.EffectSizes.of([0.1, 0.5, -0.2, 0.9, -0.6, 0.3, 1.1, -0.2], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02, 0.03, 0.02])
OLD = {"old": [0, 0, 0, 1, 1, 0, 1, 1]}


@pytest.mark.parametrize("case", of("rma_ls"))
def test_agrees_with_metafor(case):
    """With the identity link metafor stops before the maximum (a barrier), so there ours must also be as likely."""
    args, data, want = case["args"], DATASETS[case["dataset"]], case["expect"]
    scale, mods = (
        {name: data[name] for name in re.findall(r"[a-z]\w*", args.get(key, ""))} or None for key in ("scale", "mods")
    )
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    fit = ma.location_scale(
        es, scale, mods, method=args["method"], link=args["link"], ci_method=CI[args.get("test", "z")]
    )
    frame = fit.to_frame()
    agree(case, {
        "estimate": frame["estimate"], "se": frame["se"], "pval": frame["pval"], "alpha": fit.alpha,
        "se.alpha": fit.alpha_se, "pval.alpha": fit.alpha_pval, "ci.lb.alpha": [i.lb for i in fit.alpha_ci],
        "ci.ub.alpha": [i.ub for i in fit.alpha_ci], "QM": fit.qm.stat, "QMp": fit.qm.pval, "ll": fit.loglik,
        **({"QS": fit.qs.stat, "QSp": fit.qs.pval} if fit.qs else {}),
    })  # fmt: skip
    assert fit.loglik >= want["ll"] - 1e-9


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("link", LINKS)
def test_derivatives_are_those_of_the_likelihood(restricted, link):
    x, z = np.column_stack([np.ones(8), np.arange(8)]), np.column_stack([np.ones(8), OLD["old"]])
    m = _Problem(ES.yi, ES.vi, x, z, restricted, LINKS[link])
    alpha = np.array([-1.5, 0.7]) if link == "log" else np.array([0.1, 0.2])
    at, h = m.at(alpha), 1e-5
    shift = h * np.eye(2)
    np.testing.assert_allclose(
        m.gradient(alpha, at), [(m.at(alpha + s).ll - m.at(alpha - s).ll) / (2 * h) for s in shift], rtol=1e-6
    )
    slopes = [
        (m.gradient(alpha + s, m.at(alpha + s)) - m.gradient(alpha - s, m.at(alpha - s))) / (2 * h) for s in shift
    ]
    np.testing.assert_allclose(m.hessian(alpha, at), slopes, rtol=1e-6)


def test_a_constant_scale_is_the_random_effects_model():
    fit, plain = ma.location_scale(ES, None), ma.pool(ES, tau2_method="REML")
    assert fit.tau2[0] == pytest.approx(plain.tau2, rel=1e-8)
    assert fit.estimate == pytest.approx(plain.estimate, rel=1e-8)
    assert fit.fit_statistics().aic == pytest.approx(plain.fit_statistics().aic, rel=1e-9)
    assert fit.qs is None


def test_what_has_no_answer_says_why():
    calm = ma.EffectSizes.of([0.1, 0.1, 0.1, 0.9, -0.6, 0.1, 1.1, -0.2], [0.1] * 8)
    with pytest.raises(NotEstimableError, match="tau2 is estimated as 0 for 4 of 8 studies, the edge"):
        ma.location_scale(calm, OLD)
    with pytest.raises(NotEstimableError, match="k = 2 studies for 2 coefficients"):
        ma.location_scale(ma.EffectSizes.of([0.1, 0.5], [0.1, 0.1]), None)


def test_what_is_missing_is_left_out_and_the_rest_prints():
    fit = ma.location_scale(ES, {"old": [0, 0, 0, 1, None, 0, 1, 1]})
    assert fit.excluded == (("Study 5", "moderator old is missing"),)
    plain = json.loads(json.dumps(fit.to_dict()))
    assert plain["alpha_names"] == ["intercept", "old"]
    assert "scale old:" in repr(fit)
    for ci in LOCATION_SCALE_CI_METHODS:
        assert ma.location_scale(ES, OLD, ci_method=ci).estimate == pytest.approx(ma.location_scale(ES, OLD).estimate)
