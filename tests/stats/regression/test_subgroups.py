"""Subgroups against meta and metafor, against pools of their parts, and at their edges."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden" / "subgroup.json").read_text())["cases"]
TESTS = {"z": ("wald", "normal"), "knha": ("hksj", "t(k-1)")}


def of(keep):
    found = [pytest.param(c, id=c["id"]) for c in CASES if keep(c)]
    assert found
    return found


def numbers(values):
    return np.array([np.inf if v == "Inf" else np.nan if v is None else v for v in values], dtype=float)


def compare(case, pairs):
    for name, value in pairs.items():
        if (want := case["expect"].get(name)) is not None:
            got, want = (numbers(np.ravel(np.array(v, dtype=object))) for v in (value, want))
            np.testing.assert_allclose(got, want, **case["tol"], err_msg=name)


@pytest.mark.parametrize("case", of(lambda c: c["family"] == "subgroup" and "yi" in c["data"]))
def test_agrees_with_meta(case):
    data, args = case["data"], case["args"]
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    found = ma.subgroups(es, data["sub"], args["tau.common"], tau2_method=args["method.tau"])
    common = ma.subgroups(es, data["sub"], args["tau.common"], tau2_method=args["method.tau"], model="common")
    assert list(found.groups) == [str(level) for level in case["expect"]["sub.subgroup.levels"]]
    random, fixed = list(found.groups.values()), list(common.groups.values())
    compare(case, {
        "sub.k": [g.k for g in random], "sub.TE.random": [g.estimate for g in random],
        "sub.seTE.random": [g.se for g in random], "sub.lower.random": [g.ci.lb for g in random],
        "sub.upper.random": [g.ci.ub for g in random], "sub.pval.random": [g.pval for g in random],
        "sub.lower.predict": [g.pi and g.pi.lb for g in random],
        "sub.upper.predict": [g.pi and g.pi.ub for g in random],
        "sub.tau2": [g.tau2 for g in random], "sub.TE.common": [g.estimate for g in fixed],
        "sub.seTE.common": [g.se for g in fixed], "sub.lower.common": [g.ci.lb for g in fixed],
        "Q.b.random": found.q_between, "pval.Q.b.random": found.pval, "Q.b.common": common.q_between,
        "pval.Q.b.common": common.pval, "Q.w.common": found.within_q, "df.Q.w": found.within_df,
        "pval.Q.w.common": found.within_pval, "TE.random": found.overall.estimate,
    })  # fmt: skip
    assert found.between_common == common.between


@pytest.mark.parametrize("case", of(lambda c: c["args"].get("method") == "MH"))
def test_mantel_haenszel_groups_agree_with_meta(case):
    data = pd.DataFrame(case["data"])
    fits = []
    for level in case["expect"]["sub.subgroup.levels"]:
        part = data[data["sub"].astype(str) == str(level)]
        fits.append(ma.mantel_haenszel("RR", **{name: part[name] for name in ("ai", "n1i", "ci", "n2i")}))
    q, df, pval = ma.between_groups([fit.estimate for fit in fits], [fit.se for fit in fits])
    compare(case, {"sub.TE.common": [fit.estimate for fit in fits], "Q.b.common": q, "pval.Q.b.common": pval})
    assert df == len(fits) - 1


@pytest.mark.parametrize("case", of(lambda c: c["family"] == "subgroup_metafor" and "mods" in c["args"]))
def test_one_tau2_agrees_with_a_regression_on_the_factor(case):
    data, want = case["data"], case["expect"]
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    found = ma.subgroups(es, data["sub"], True, tau2_method="REML")
    reg = ma.meta_regression(es, {"sub": data["sub"]}, tau2_method="REML", ci_method=TESTS[case["args"]["test"]][0])
    compare(case, {
        "tau2": found.tau2, "se.tau2": found.tau2_se, "QE": found.within_q, "QEp": found.within_pval,
        "QM": reg.qm, "QMp": reg.qm_pval, "estimate": reg.coefficients, "se": reg.se, "vcov": reg.vcov.ravel(),
    })  # fmt: skip
    if case["args"]["test"] == "z":
        assert found.between == pytest.approx((want["QM"], want["QMdf"][0], want["QMp"]), rel=1e-6)
    first = next(g for g in found.groups if f"[T.{g}]" not in "".join(reg.names))
    assert found.groups[first].estimate == pytest.approx(reg.coefficients[0], rel=1e-9)


@pytest.mark.parametrize("case", of(lambda c: c["family"] == "subgroup_metafor" and "mods" not in c["args"]))
def test_separate_fits_agree_with_metafor(case):
    data, (ci_method, pi_method) = case["data"], TESTS[case["args"]["test"]]
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    found = ma.subgroups(es, data["sub"], tau2_method="REML", ci_method=ci_method, pi_method=pi_method)
    for name, want in case["expect"].items():
        if want is not None:
            fit = found.groups[name]
            got = [fit.k, fit.tau2, fit.i2, fit.h2, fit.q, fit.estimate, fit.se, fit.pval, fit.ci.lb]
            names = ("k", "tau2", "I2", "H2", "QE", "estimate", "se", "pval", "ci.lb")
            np.testing.assert_allclose(got, [want[n] for n in names], rtol=1e-6, atol=1e-8)
            if fit.pi is not None:
                assert fit.pi.lb == pytest.approx(want["pi.lb"], rel=1e-6, abs=1e-8)


def test_every_way_to_split_tau2_has_a_reference_value():
    seen = {(c["args"]["method.tau"], c["args"]["tau.common"]) for c in CASES if "tau.common" in c["args"]}
    assert seen >= {(method, shared) for method in ("DL", "REML") for shared in (True, False)}


EFFECTS = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.01, 1), st.sampled_from("abc")), min_size=5, max_size=12
).filter(lambda rows: len({g for *_, g in rows}) > 1 and len(rows) > len({g for *_, g in rows}))


@settings(max_examples=30)
@given(EFFECTS)
def test_common_effect_q_splits_into_between_and_within(rows):
    yi, vi, by = zip(*rows)
    es = ma.EffectSizes.of(yi, vi)
    found = ma.subgroups(es, by, model="common")
    assert found.q_between + found.within_q == pytest.approx(found.overall.q, rel=1e-9, abs=1e-9)
    assert found.df + found.within_df == found.overall.q_df
    assert found.pval == pytest.approx(ma.meta_regression(es, {"by": by}, model="common").qm_pval, abs=1e-9)


@settings(max_examples=30)
@given(EFFECTS, st.sampled_from(["DL", "REML", "PM"]))
def test_each_subgroup_is_the_pool_of_its_studies(rows, method):
    yi, vi, by = (np.array(column) for column in zip(*rows))
    found = ma.subgroups(ma.EffectSizes.of(yi, vi), by, tau2_method=method, ci_method="hksj-adhoc")
    for name, fit in found.groups.items():
        alone = ma.pool(ma.EffectSizes.of(yi[by == name], vi[by == name]), tau2_method=method, ci_method="hksj-adhoc")
        assert (fit.estimate, fit.ci, fit.pi, fit.tau2) == (alone.estimate, alone.ci, alone.pi, alone.tau2)


def test_names_and_order_of_subgroups_do_not_matter():
    es = ma.EffectSizes.of([0.1, 0.3, 0.8, 0.9, 0.4], [0.04, 0.05, 0.03, 0.05, 0.02])
    first = ma.subgroups(es, [1, 1, 2, 2, 3], True, tau2_method="REML")
    other = ma.subgroups(es.take([4, 3, 2, 1, 0]), list("zbbxx"), True, tau2_method="REML")
    assert list(first.groups) == ["1", "2", "3"]
    assert list(other.groups) == ["z", "b", "x"]
    assert other.between == pytest.approx(first.between)
    assert other.tau2 == pytest.approx(first.tau2)


def test_a_subgroup_of_one_study():
    es = ma.EffectSizes.of([0.1, 0.9, 0.8], [0.04, 0.05, 0.03])
    apart, together = ma.subgroups(es, list("aab")), ma.subgroups(es, list("aab"), common_tau2=True)
    assert apart.groups["b"].ci == ma.pool(es.take([2])).ci
    assert together.tau2 > 0
    assert together.groups["b"].se == pytest.approx((0.03 + together.tau2) ** 0.5)
    assert together.groups["b"].tau2 == apart.groups["a"].tau2
    with pytest.raises(NotEstimableError, match="every subgroup has one study"):
        ma.subgroups(es, list("abc"), common_tau2=True)
    assert (ma.subgroups(es, list("abc")).within_df, ma.subgroups(es, list("abc")).within_pval) == (0, 1.0)


def test_studies_without_effect_may_lack_a_subgroup_others_not():
    es = ma.EffectSizes.of([0.1, None, 0.8], [0.04, 0.05, 0.03])
    assert ma.subgroups(es, ["a", None, "b"]).overall.k == 2
    with pytest.raises(DataError, match="study 'Study 3' has no subgroup"):
        ma.subgroups(es, ["a", "b", None])
    with pytest.raises(DataError, match="2 subgroups for 3 studies"):
        ma.subgroups(es, ["a", "b"])
    with pytest.raises(NotEstimableError, match="1 subgroup with studies"):
        ma.subgroups(es, ["a", "b", "a"])
    with pytest.raises(NotEstimableError, match="1 subgroup; a test"):
        ma.between_groups([1], [1])
    with pytest.raises(UsageError, match="model 'fixed'"):
        ma.subgroups(es, ["a", None, "b"], model="fixed")


def test_records_are_plain_and_readable():
    es = ma.EffectSizes.of([0.1, 0.3, 0.8, 0.9], [0.04, 0.05, 0.03, 0.05])
    found = ma.subgroups(es, list("aabb"))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["between_random"]["df"] == 1
    assert list(found.to_frame()["group"]) == ["a", "b"]
    assert "between: Q = " in repr(found)
    assert "one tau2" in repr(ma.subgroups(es, list("aabb"), True))
    with pytest.raises(TypeError):
        found.groups["c"] = found.overall


def test_the_test_between_groups_is_plain():
    between = ma.between_groups([0.2, 0.8], [0.15, 0.14])
    assert between.to_dict() == {"q": between.q, "df": 1, "pval": between.pval}
    assert between.to_frame().to_dict("records") == [between.to_dict()]
