"""Residuals and best linear unbiased predictions against metafor, and against their matrices."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden" / "regression_residuals.json").read_text())["cases"]
ES = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05])
X = np.array([1.0, 2.0, 4.0, 3.0, 7.0])


def fit_of(case):
    args, data = case["args"], case["data"]
    options = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    options["ci_method"] = "hksj" if args.get("test") == "knha" else "wald"
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    return ma.meta_regression(es, data["ablat"], **options) if "mods" in args else ma.pool(es, **options)


def check(case, record, names):
    for theirs, ours in names.items():
        if theirs in case["expect"]:
            np.testing.assert_allclose(getattr(record, ours), case["expect"][theirs], **case["tol"], err_msg=theirs)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == "residuals"])
def test_residuals_agree_with_metafor(case):
    names = {
        "raw": "raw", "rstandard": "rstandard", "rstandard_se": "se", "rstudent": "rstudent",
        "rstudent_resid": "raw_deleted", "rstudent_se": "se_deleted",
    }  # fmt: skip
    check(case, ma.residuals(fit_of(case)), names)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == "blup"])
def test_blups_agree_with_metafor(case):
    got = ma.blup(fit_of(case))
    check(case, got, {"pred": "estimate", "se": "se"})
    np.testing.assert_allclose(np.array(got.pi).T, [case["expect"]["pi.lb"], case["expect"]["pi.ub"]], **case["tol"])


def test_both_families_are_there():
    assert {c["family"] for c in CASES} == {"residuals", "blup"}


def test_standard_errors_are_those_of_the_hat_matrix():
    fit = ma.meta_regression(ES, X)
    v, x = np.diag(ES.vi + fit.tau2), fit.x
    hat = x @ np.linalg.inv(x.T @ np.linalg.inv(v) @ x) @ x.T @ np.linalg.inv(v)
    rest = np.eye(5) - hat
    got = ma.residuals(fit)
    np.testing.assert_allclose(got.se, np.sqrt(np.diag(rest @ v @ rest.T)))
    np.testing.assert_allclose(got.raw, rest @ ES.yi)


def test_blups_lie_between_the_study_and_the_fit():
    fit = ma.meta_regression(ES, X)
    between = (ma.blup(fit).estimate - fit.fitted) / (ES.yi - fit.fitted)
    np.testing.assert_allclose(between, fit.tau2 / (fit.tau2 + ES.vi))
    homogeneous = ma.pool(ma.EffectSizes.of([0.1, 0.2, 0.15], [1, 1, 1]))
    assert homogeneous.tau2 == 0
    np.testing.assert_allclose(ma.blup(homogeneous).estimate, homogeneous.estimate)


def test_what_has_no_blup_or_residual_says_so():
    with pytest.raises(NotEstimableError, match="one true effect"):
        ma.blup(ma.pool(ES, "common"))
    with pytest.raises(NotEstimableError, match="k = 1"):
        ma.residuals(ma.pool(ma.EffectSizes.of([1], [1])))
    fit = ma.mantel_haenszel("OR", ai=[3, 4], n1i=[40, 50], ci=[5, 9], n2i=[41, 50])
    with pytest.raises(UsageError, match="common, MH: this needs"):
        ma.residuals(fit)


def test_a_study_that_carries_a_column_alone_has_a_reason():
    got = ma.residuals(ma.meta_regression(ES, {"arm": list("aaaab")}))
    assert "without it, column 'arm[T.b]'" in got.reasons[4]
    assert np.isnan(got.rstudent[4])
    assert got.to_dict()["rstudent"][4] is None
    assert list(got.to_frame().columns)[:3] == ["slab", "raw", "se"]
    assert list(ma.blup(ma.pool(ES), level=0.5).to_frame().columns) == ["slab", "estimate", "se", "pi_lb", "pi_ub"]
    assert json.dumps(ma.blup(ma.pool(ES)).to_dict(), allow_nan=False)
    assert repr(got).splitlines()[1].split() == list(got.to_frame().columns)
    assert repr(ma.blup(ma.pool(ES))).startswith("Best linear unbiased predictions (95%)")
