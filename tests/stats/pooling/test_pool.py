"""Models, weights, intervals of the mean and prediction intervals against reference values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metaan.errors import DataError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.pool import MODELS, pool
from metaan.stats.pooling.prediction import PI_METHODS
from metaan.stats.pooling.result import Pooled

GOLDEN = Path(__file__).parents[2] / "golden"
CASES: list[dict[str, Any]] = json.loads((GOLDEN / "pooling.json").read_text())["cases"]
METAFOR_CI = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}
META_CI = {None: "wald", "HK": "hksj", "KR": "KR"}
META_PI = {"V": "V", "HTS": "HTS", "HK": "HK", "HK-PR": "HK-PR", "KR": "KR", "KR-PR": "KR-PR", "S": "S"}


def family(*names: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["family"] in names]


def close(got: float | None, want: float | str | None, rtol: float) -> None:
    if want is not None:
        want = float(want)
        assert got == want or got == pytest.approx(want, rel=rtol, abs=1e-13)


def studies(case: dict[str, Any]) -> EffectSizes:
    columns = [[math.nan if x is None else x for x in case["data"][name]] for name in ("yi", "vi")]
    return EffectSizes.of(*columns)


def rtol_of(case: dict[str, Any]) -> float:
    return 1e-8 if case["tol"]["rtol"] <= 1e-9 else 1e-6


def metafor_fit(case: dict[str, Any]) -> Pooled:
    """The call of metafor in our words."""
    args, es = case["args"], studies(case)
    options: dict[str, Any] = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    test = args.get("test", "z")
    if args.get("weighted") is False:
        options["weights"] = np.ones(len(es))
    if args.get("weights") == "w":
        options["weights"] = case["data"]["w"]
    if "tau2" in args:
        options["tau2"] = args["tau2"]
    pi_method = "normal" if test == "z" else "t(k-1)"
    return pool(es, ci_method=METAFOR_CI[test], pi_method=pi_method, level=args.get("level", 95) / 100, **options)


@pytest.mark.parametrize(
    "case", family("rma_uni_weights", "rma_uni_fixed_tau2", "rma_uni_level", "rma_uni_two_step", "rma_uni_missing")
)
def test_options_of_rma_uni(case: dict[str, Any]) -> None:
    want, got, rtol = case["expect"], metafor_fit(case), rtol_of(case)
    assert got.k == want["k"]
    for name in ("tau2", "estimate", "se"):
        close(getattr(got, name), want[name], rtol)
    close(got.stat, want["zval"], rtol)
    close(got.pval, want["pval"], 10 * rtol)
    close(got.i2, want["I2"], rtol)
    close(got.h2, want["H2"], rtol)
    close(got.q, want["QE"], 1e-9)
    close(got.ci.lb, want["ci.lb"], rtol)
    close(got.ci.ub, want["ci.ub"], rtol)
    if got.pi is not None:
        close(got.pi.lb, want["pi.lb"], rtol)
        close(got.pi.ub, want["pi.ub"], rtol)
    if case["family"] == "rma_uni_fixed_tau2":  # metafor has REML's; a number that was given has none
        assert got.tau2_se is None
    elif case["family"] != "rma_uni_two_step":  # metafor's is REML's there too; ours is that of the moments used
        close(got.tau2_se, want["se.tau2"], rtol)


@pytest.mark.parametrize("case", family("vi0"))
def test_a_variance_of_0_is_refused_by_name(case: dict[str, Any]) -> None:
    """Its weight would be infinite. metafor computes HE and SJ all the same; we ask for the variance instead."""
    with pytest.raises(DataError, match=r"study 'Study 2': yi = 0\.5, vi = 0; allowed: .*above 0"):
        studies(case)


PREDTYPES = {"simple": "simple", "riley": "t(k-2)", "t": "t(k-1)"}


@pytest.mark.parametrize("case", family("prediction_interval"))
def test_prediction_intervals_of_metafor(case: dict[str, Any]) -> None:
    args = case["args"]
    default = "normal" if args["test"] == "z" else "t(k-1)"
    for name, want in case["expect"].items():
        got = pool(
            studies(case), tau2_method=args["method"], ci_method=METAFOR_CI[args["test"]],
            pi_method=PREDTYPES.get(name, default), level=0.9 if name == "level90" else 0.95,
        )  # fmt: skip
        assert got.pi is not None
        close(got.pi.lb, want["pi.lb"], rtol_of(case))
        close(got.pi.ub, want["pi.ub"], rtol_of(case))


@pytest.mark.parametrize("case", family("display"))
def test_display_scale(case: dict[str, Any]) -> None:
    es = EffectSizes.of(case["data"]["yi"], case["data"]["vi"], measure="RR")
    shown = pool(es, tau2_method=case["args"]["method"], pi_method="normal").display
    assert shown.pi is not None
    got = (shown.estimate, *shown.ci, *shown.pi)
    assert got == pytest.approx([case["expect"][n] for n in ("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")], rel=1e-8)


@pytest.mark.parametrize("case", family("metagen"))
def test_models_and_intervals_of_meta(case: dict[str, Any]) -> None:
    args, want, es = case["args"], case["expect"], studies(case)
    level, rtol = float(args.get("level.ma", 0.95)), rtol_of(case)
    fit = pool(es, tau2_method="REML", ci_method=META_CI[args.get("method.random.ci")], level=level)
    common = pool(es, model="ivhet" if "method.common.ci" in args else "common", tau2_method="REML", level=level)
    pi_method, pi_level = META_PI[args.get("method.predict", "V")], float(args.get("level.predict", 0.95))
    pi = pool(es, tau2_method="REML", pi_method=pi_method, level=pi_level).pi
    assert pi is not None
    other = fit.q_based(0.95)
    got = {
        "TE.common": common.estimate, "seTE.common": common.se, "lower.common": common.ci.lb,
        "upper.common": common.ci.ub, "TE.random": fit.estimate, "lower.predict": pi.lb, "upper.predict": pi.ub,
        "H": other.h, "lower.H": other.h_ci.lb, "upper.H": other.h_ci.ub, "I2": other.i2 / 100,
        "lower.I2": other.i2_ci.lb / 100, "upper.I2": other.i2_ci.ub / 100,
        "seTE.hakn.ci": pool(es, tau2_method="REML", ci_method="hksj").se,
    }  # fmt: skip
    if "lower.random" in want:
        got |= {"seTE.random": fit.se, "lower.random": fit.ci.lb, "upper.random": fit.ci.ub, "pval.random": fit.pval}
        got["df.random"] = math.inf if fit.df is None else fit.df
    for name in want.keys() & got.keys():
        close(got[name], want[name], 10 * rtol if name == "pval.random" else rtol)


@pytest.mark.parametrize("case", family("birge"))
def test_the_multiplicative_model_is_weighted_least_squares(case: dict[str, Any]) -> None:
    got, want = pool(studies(case), model="birge", ci_method="t"), case["expect"]
    assert (got.estimate, got.se, got.stat) == pytest.approx((want["estimate"], want["se"], want["stat"]), rel=1e-9)
    assert (got.pval, *got.ci) == pytest.approx((want["pval"], want["ci.lb"], want["ci.ub"]), rel=1e-9)


@pytest.mark.parametrize("case", family("profile_mean"))
def test_profile_likelihood_of_the_mean(case: dict[str, Any]) -> None:
    got, want = pool(studies(case), tau2_method=case["args"]["method"], ci_method="PL"), case["expect"]
    assert (got.estimate, *got.ci) == pytest.approx((want["estimate"], want["ci.lb"], want["ci.ub"]), rel=1e-7)
    assert got.stat**2 == pytest.approx(want["lrt"], rel=1e-8)


@pytest.mark.parametrize("case", family("bootstrap"))
def test_bootstrap_prediction_interval(case: dict[str, Any]) -> None:
    """Other random numbers than the reference: agreement within what 25,000 draws leave open."""
    a, n1, c, n2 = (np.array(case["data"][name]) for name in ("ai", "n1i", "ci", "n2i"))
    a, b, c, d = a + 0.5, n1 - a + 0.5, c + 0.5, n2 - c + 0.5
    es = EffectSizes.of(np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, measure="OR")
    shown, want = pool(es, pi_method="NNF").display, case["expect"]
    assert shown.pi is not None
    assert shown.estimate == pytest.approx(want["estimate"], abs=5e-4)
    assert shown.pi == pytest.approx((want["pi.lb"], want["pi.ub"]), rel=case["tol"]["rtol"])


def test_every_entry_of_every_table_has_a_reference_value() -> None:
    tau2 = json.loads((GOLDEN / "tau2.json").read_text())["cases"]
    tests = {test for case in tau2 for test in case["expect"].get("tests", ())}
    meta = {META_CI[case["args"].get("method.random.ci")] for case in CASES if case["family"] == "metagen"}
    derived = {"auto"}  # hksj-adhoc or Wald: see the test of its rule
    assert set(CI_METHODS) == {METAFOR_CI[test] for test in tests} | meta | derived | {"PL"}
    predictions = {META_PI[case["args"]["method.predict"]] for case in CASES if "method.predict" in case["args"]}
    same = {"HTS-KR"}  # the older name of KR-PR
    assert set(PI_METHODS) == {*PREDTYPES.values(), "normal", "NNF"} | predictions | same
    assert PI_METHODS["HTS-KR"].name == PI_METHODS["KR-PR"].name
    families = {case["family"] for case in CASES}
    assert set(MODELS) == {"common", "random", "birge", "ivhet"}
    assert {"birge", "profile_mean", "bootstrap", "metagen"} <= families


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_case_names_its_source(case: dict[str, Any]) -> None:
    assert all(case["source"][part] for part in ("package", "version", "call"))


@pytest.mark.parametrize(
    ("yi", "vi", "measure", "shown"),
    [
        (0.002, 4e-8, "HR", "HR 1.002 [1.0016, 1.0024]"),
        (-0.01, 1e-10, "RR", "RR 0.99005 [0.99003, 0.99007]"),
        (123456.0, 1e-4, "MN", "123456 [123455.98, 123456.02]"),
        (5.0, 1.0, "MD", "5 [3.04, 6.96]"),
    ],
)
def test_bounds_that_differ_are_not_printed_alike(yi: float, vi: float, measure: str, shown: str):
    assert f"Mean: {shown}" in repr(pool(EffectSizes.of([yi], [vi], measure=measure), "common"))
