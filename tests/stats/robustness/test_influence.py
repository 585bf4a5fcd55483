"""Deletion diagnostics and Baujat coordinates against metafor, against refits, and at their edges."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden" / "influence.json").read_text())["cases"]
NAMES = {
    "rstudent": "rstudent", "dffits": "dffits", "cook.d": "cook", "cov.r": "cov_ratio", "tau2.del": "tau2_del",
    "QE.del": "qe_del", "hat": "hat", "weight": "weight",
}  # fmt: skip


def of(family):
    found = [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == family and c["expect"] is not None]
    assert found
    return found


def fit_of(case):
    args, data = case["args"], case["data"]
    options = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    options["ci_method"] = "hksj" if args.get("test") == "knha" else "wald"
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    return ma.meta_regression(es, data["ablat"], **options) if "mods" in args else ma.pool(es, **options)


@pytest.mark.parametrize("case", of("influence"))
def test_influence_agrees_with_metafor(case):
    got, want = ma.influence(fit_of(case)), case["expect"]
    for theirs, ours in NAMES.items():
        np.testing.assert_allclose(getattr(got, ours), want[theirs], **case["tol"], err_msg=theirs)
    dfbetas = np.array(next(iter(want["dfbs"].values())) if isinstance(want["dfbs"], dict) else want["dfbs"])
    np.testing.assert_allclose(got.dfbetas.T, np.atleast_2d(dfbetas), **case["tol"])
    assert got.influential.tolist() == [bool(flag) for flag in want["is.infl"]]


@pytest.mark.parametrize("case", of("baujat"))
def test_baujat_agrees_with_metafor(case):
    got = ma.baujat(fit_of(case))
    np.testing.assert_allclose([got.x, got.y], [case["expect"]["x"], case["expect"]["y"]], **case["tol"])


def test_one_study_has_no_influence_to_speak_of():
    refused = [c for c in CASES if c["expect"] is None]
    assert refused
    for case in refused:
        with pytest.raises(NotEstimableError, match="k = 1; leaving one out needs at least 2"):
            (ma.influence if case["family"] == "influence" else ma.baujat)(fit_of(case))


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 1)), min_size=4, max_size=9),
    st.sampled_from(["DL", "REML"]),
    st.sampled_from(["wald", "hksj-adhoc"]),
)
def test_deletion_is_the_fit_without_the_study(rows, tau2_method, ci_method):
    """The slow twin: fit the others with the public function, and compare."""
    yi, vi = map(np.array, zip(*rows))
    x = np.arange(len(rows)) ** 1.5
    fit = ma.meta_regression(ma.EffectSizes.of(yi, vi), x, tau2_method=tau2_method, ci_method=ci_method)
    got = ma.influence(fit)
    for i in range(len(rows)):
        rest = np.delete(np.arange(len(rows)), i)
        other = ma.meta_regression(
            ma.EffectSizes.of(yi[rest], vi[rest]), x[rest], tau2_method=tau2_method, ci_method=ci_method
        )
        moved = fit.coefficients - other.coefficients
        np.testing.assert_allclose(got.tau2_del[i], other.tau2, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(got.qe_del[i], other.qe, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(got.cook[i], moved @ np.linalg.inv(fit.vcov) @ moved, rtol=1e-6, atol=1e-9)
        ratio = np.linalg.det(other.vcov) / np.linalg.det(fit.vcov)
        np.testing.assert_allclose(got.cov_ratio[i], ratio, rtol=1e-6)
    np.testing.assert_allclose(got.weight.sum(), 100)
    np.testing.assert_allclose(got.hat.sum(), 2)


def test_a_pool_is_a_regression_on_an_intercept():
    es = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05])
    for options in ({"tau2_method": "REML", "ci_method": "hksj"}, {"model": "common"}):
        pooled, reg = ma.influence(ma.pool(es, **options)), ma.influence(ma.meta_regression(es, None, **options))
        for name in ("rstudent", "dffits", "cook", "cov_ratio", "tau2_del", "hat", "dfbetas"):
            np.testing.assert_allclose(getattr(pooled, name), getattr(reg, name), rtol=1e-7, atol=1e-9)
    given = ma.influence(ma.pool(es, tau2=0.2))
    assert given.tau2_del.tolist() == [0.2] * 5


def test_an_outlier_is_flagged_and_the_others_are_not():
    es = ma.EffectSizes.of([0.1, 0.2, 0.15, 0.1, 5.0], [0.04] * 5, list("abcde"))
    got = ma.influence(ma.pool(es))
    assert got.influential.tolist() == [False, False, False, False, True]
    assert np.argmax(ma.baujat(ma.pool(es, "common")).x) == 4
    assert "*" in repr(got).splitlines()[-1]


def test_a_study_that_cannot_be_left_out_says_why():
    es = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05])
    fit = ma.meta_regression(es, {"arm": list("aaaab")})
    got, points = ma.influence(fit), ma.baujat(fit)
    assert got.reasons[:4] == (None,) * 4
    assert got.reasons[4] == points.reasons[4]
    assert got.reasons[4].startswith("without it, column 'arm[T.b]' of the design is 0 in every study")
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["cook"][4] is None
    assert json.loads(json.dumps(points.to_dict(), allow_nan=False))["y"][4] is None
    assert list(got.to_frame().columns)[-3:] == ["dfbetas[intercept]", "dfbetas[arm[T.b]]", "influential"]
    assert list(points.to_frame().columns) == ["slab", "x", "y"]
    assert repr(points).splitlines()[1].split() == ["slab", "x", "y"]


def test_a_rest_without_spread_has_no_hartung_knapp_error():
    es = ma.EffectSizes.of([0.1, 0.1, 0.9], [0.04, 0.05, 0.03])
    got = ma.influence(ma.pool(es, ci_method="hksj"))
    assert got.reasons == (None, None, "without it, the residuals are all 0, so no Hartung-Knapp standard error exists")
    assert np.isfinite(ma.influence(ma.pool(es, ci_method="hksj-adhoc")).rstudent).all()
    flat = ma.EffectSizes.of([0.1, 0.1, 0.1], [0.04, 0.05, 0.03])
    with pytest.raises(NotEstimableError, match="residuals are all 0"):
        ma.influence(ma.pool(flat, ci_method="hksj"))
    assert ma.influence(ma.pool(flat)).influential.tolist() == [False, False, False]


def test_fits_of_another_kind_are_refused():
    fit = ma.mantel_haenszel("OR", ai=[3, 4], n1i=[40, 50], ci=[5, 9], n2i=[41, 50])
    with pytest.raises(UsageError, match="common, MH: this needs a common- or random-effects fit"):
        ma.influence(fit)
    es = ma.EffectSizes.of([0.1, 0.5, 0.3], [0.04, 0.05, 0.03])
    with pytest.raises(UsageError, match="ci_method 'KR'"):
        ma.influence(ma.pool(es, tau2_method="REML", ci_method="KR"))
    with pytest.raises(UsageError, match="this needs"):
        ma.baujat(ma.pool(es, weights=[1, 2, 3]))


def test_what_was_looked_at_is_inside():
    es = ma.EffectSizes.of([0.1, 0.3, 0.2, 1.9], [0.04, 0.05, 0.03, 0.04])
    fit, reg = ma.pool(es), ma.meta_regression(es, {"dose": [1, 2, 4, 3]})
    for look in (ma.influence, ma.baujat, ma.residuals, ma.blup):
        assert look(fit).fit is fit
        assert look(reg).fit is reg
    assert ma.permutation_test(reg).fit is reg
    assert ma.gosh(es).effects is es


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.3, 7.0, 1e-6 / 3])
def test_a_study_at_the_limit_of_leverage_is_not_beyond_it_by_rounding(unit):
    es = ma.EffectSizes.of(np.array([0.02, 0.1, -0.1, 0.05]) * unit**0.5, np.array([1 / 9, 1, 1, 1]) * unit)
    found = ma.influence(ma.pool(es, model="common"))
    assert found.hat[0] == pytest.approx(3 / 4)  # 3 p / k
    assert not found.influential.any()
