"""Estimators of tau2 and their intervals against reference values; every entry of both tables has one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from metaan.errors import NotEstimableError, UsageError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.pooling.pool import pool
from metaan.stats.pooling.result import Pooled
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.stats.pooling.tau2_ci import TAU2_CI_METHODS

GOLDEN = Path(__file__).parents[2] / "golden"
CASES: list[dict[str, Any]] = json.loads((GOLDEN / "tau2.json").read_text())["cases"]
FITS = [case for case in CASES if case["family"] == "rma_uni"]
INTERVALS = [case for case in CASES if case["family"] == "tau2_confint"]
EARLY = [case for case in CASES if case["family"] == "early"]
CLOSED = {"EE", "DL", "HE", "HS", "HSk", "SJ"}
CI_METHODS = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}


def close(got: float | None, want: float | str | None, rtol: float, atol: float = 1e-13) -> None:
    """Compare; None in the reference says that it has no such number."""
    if want is not None:
        want = float(want)
        assert got == want or got == pytest.approx(want, rel=rtol, abs=atol)


def studies(case: dict[str, Any]) -> EffectSizes:
    return EffectSizes.of(case["data"]["yi"], case["data"]["vi"])


def fit(case: dict[str, Any], **options: Any) -> Pooled:
    method = case["args"]["method"]
    chosen = {"model": "common"} if method == "EE" else {"tau2_method": method}
    return pool(studies(case), **chosen, **options)


def ids(cases: list[dict[str, Any]]) -> list[str]:
    return [case["id"] for case in cases]


def stops_early(case: dict[str, Any]) -> bool:
    """The reference multiplies its way to a tau2 of 0 and ends just above; ours is the limit."""
    return case["args"]["method"] in ("SJIT", "ML", "REML", "EB") and 0 < case["expect"]["tau2"] < 1e-9


@pytest.mark.parametrize("case", FITS, ids=ids(FITS))
def test_estimate_and_standard_error(case: dict[str, Any]) -> None:
    want, got = case["expect"], fit(case)
    rtol = 1e-8 if case["args"]["method"] in CLOSED else 1e-6
    atol = 1e-9 if stops_early(case) else 1e-13 * min(1.0, min(case["data"]["vi"]))
    close(got.tau2, want["tau2"], rtol, atol)
    close(got.tau2_se, want["se.tau2"], rtol)
    close(got.i2, want["I2"], rtol, 1e-8)
    close(got.h2, want["H2"], rtol, 1e-8)
    close(got.q, want["QE"], 1e-9)
    close(got.q_pval, want["QEp"], 1e-7)


@pytest.mark.parametrize("case", FITS, ids=ids(FITS))
def test_mean_with_each_interval(case: dict[str, Any]) -> None:
    rtol = 1e-8 if case["args"]["method"] in CLOSED else 1e-6
    for test, want in case["expect"]["tests"].items():
        got = fit(case, ci_method=CI_METHODS[test], pi_method="normal" if test == "z" else "t(k-1)")
        if test == "knha" and got.k > len(set(case["data"]["yi"])) == 1:  # metafor has a standard error of 0 and p = 0
            assert (got.se, got.stat, got.pval, got.ci, got.pi) == (None,) * 5
            continue
        for name in ("estimate", "se", "pval"):
            close(getattr(got, name), want.get(name), rtol * (10 if name == "pval" else 1))
        close(got.stat, want.get("zval"), rtol)
        for name in ("ci", "pi"):
            bounds = getattr(got, name)
            if bounds is not None:
                close(bounds.lb, want.get(f"{name}.lb"), rtol)
                close(bounds.ub, want.get(f"{name}.ub"), rtol)
    for got_weight, weight in zip(fit(case).weights, case["expect"].get("weights_pct", [])):
        close(got_weight, weight, rtol)


LIKELIHOODS = [case for case in FITS if "fit" in case["expect"]]


@pytest.mark.parametrize("case", LIKELIHOODS, ids=ids(LIKELIHOODS))
def test_fit_statistics(case: dict[str, Any]) -> None:
    want, got = case["expect"]["fit"], fit(case).fit_statistics()
    close(got.ll, want["ll"], 1e-8)
    close(got.deviance, want["dev"], 1e-8)
    close(got.aic, want["AIC"], 1e-8)
    if got.bic is None or got.aicc is None:  # no observation is left: the reference has -Inf, which is no number
        assert (case["args"]["method"], len(case["data"]["yi"])) == ("REML", 1)
    else:
        close(got.bic, want["BIC"], 1e-8)
        close(got.aicc, want["AICc"], 1e-8)


@pytest.mark.parametrize("case", EARLY, ids=ids(EARLY))
def test_where_the_reference_stops_early_our_likelihood_is_higher(case: dict[str, Any]) -> None:
    """Variances of 1e-9: an absolute threshold on the step ends metafor's Fisher scoring too soon."""
    want, got = case["expect"], fit(case)
    theirs = pool(studies(case), tau2_method="REML", tau2=want["tau2"])
    assert got.tau2 != pytest.approx(want["tau2"], rel=1e-7, abs=0)
    assert got.fit_statistics().ll >= theirs.fit_statistics().ll
    assert _score(case, got.tau2) < 1e-3 * _score(case, want["tau2"])


def _score(case: dict[str, Any], tau2: float | None) -> float:
    """The derivative of the restricted likelihood, up to its sign and a constant."""
    import numpy as np

    y, v = np.array(case["data"]["yi"]), np.array(case["data"]["vi"])
    w = 1 / (v + tau2)
    p = np.diag(w) - np.outer(w, w) / w.sum()
    return abs(float(y @ p @ p @ y - np.trace(p)))


@pytest.mark.parametrize("case", INTERVALS, ids=ids(INTERVALS))
def test_interval_of_tau2(case: dict[str, Any]) -> None:
    want, kind = case["expect"], case["args"]["type"]
    if kind == "GENQ":
        kind = "BJ" if "BJ" in case["id"] else "J"
        v = studies(case).vi
        given = pool(studies(case), tau2_method="GENQ", weights=1 / v if kind == "BJ" else v**-0.5)
        for got in (given.tau2_ci("GENQ"), given.tau2_ci(kind)):
            close(got.tau2, want["tau2"], 1e-8)
            close(got.tau2_ci.lb, want["ci.lb"], 1e-6)
            close(got.tau2_ci.ub, want["ci.ub"], 1e-6)
        return
    got = fit(case).tau2_ci(kind)
    for name in ("tau2", "tau", "I2", "H2"):
        lb, ub = getattr(got, f"{name.lower()}_ci")
        close(getattr(got, name.lower()), want[name]["estimate"], 1e-6)
        close(lb, want[name]["ci.lb"], 1e-6)
        close(ub, want[name]["ci.ub"], 1e-6)
    assert want["ci.null"] == ("empty" in (got.note or ""))


def test_every_method_has_a_reference_value() -> None:
    pooling = json.loads((GOLDEN / "pooling.json").read_text())["cases"]
    used = {case["args"].get("method") for case in [*FITS, *pooling]}
    assert set(TAU2_METHODS) <= used
    kinds = {case["args"]["type"] for case in INTERVALS}
    assert set(TAU2_CI_METHODS) <= kinds | {"BJ", "J"}
    assert {case["id"].rsplit("_")[-1] for case in INTERVALS if case["args"]["type"] == "GENQ"} == {"BJ", "J"}


def test_the_upper_bound_is_not_capped() -> None:
    """metafor stops at 100 (or ten times tau2), and says so; the root lies beyond."""
    ci = pool(EffectSizes.of([0.1, 0.6], [0.02, 0.05]), tau2_method="REML").tau2_ci("QP")
    chi2 = 0.0009820691171752583  # 0.025 quantile, 1 df
    assert ci.tau2_ci.ub == pytest.approx((0.25 / chi2 - 0.07) / 2, rel=1e-9)


@pytest.mark.parametrize("kind", ["Wald.log", "Wald.sqrt"])
def test_wald_on_another_scale_needs_a_positive_tau2(kind: str) -> None:
    none = pool(EffectSizes.of([0.1, 0.11, 0.12], [0.1, 0.2, 0.1]), tau2_method="ML")
    with pytest.raises(NotEstimableError, match="tau2 = 0"):
        none.tau2_ci(kind)


def test_intervals_say_what_they_need() -> None:
    es = EffectSizes.of([0.1, 0.6, 0.2], [0.02, 0.05, 0.03])
    with pytest.raises(NotEstimableError, match="ML or REML, not DL"):
        pool(es).tau2_ci("PL")
    with pytest.raises(NotEstimableError, match="weights"):
        pool(es).tau2_ci("GENQ")
    with pytest.raises(NotEstimableError, match="k = 1"):
        pool(es.take([0])).tau2_ci()
    with pytest.raises(UsageError, match="did you mean QP"):
        pool(es).tau2_ci("qp")
    with pytest.raises(UsageError, match="needs weights"):
        pool(es, tau2_method="GENQ")


def test_an_interval_that_misses_its_estimate_says_so() -> None:
    es = EffectSizes.of([0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.01])
    missed = pool(es, tau2=50.0).tau2_ci("QP", level=0.5)
    assert missed.note is not None
    assert "does not hold the estimate" in missed.note
    assert pool(es, tau2_method="REML").tau2_ci("PL").note is None


def test_interval_record_is_plain_and_readable() -> None:
    es = EffectSizes.of([0.1, 0.6, 0.2, 0.9], [0.02, 0.05, 0.03, 0.01])
    ci = pool(es).tau2_ci("QP", level=0.9)
    assert json.loads(json.dumps(ci.to_dict()))["tau2_ci"] == list(ci.tau2_ci)
    assert ci.to_frame().loc["i2", "lb"] == ci.i2_ci.lb
    assert repr(ci).startswith("90% intervals of heterogeneity (QP)")
    assert ci.tau_ci.ub == math.sqrt(ci.tau2_ci.ub)
