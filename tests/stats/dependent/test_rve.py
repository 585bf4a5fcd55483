"""Robust variance estimation against robumeta: its own data, and what happens at the edges of its variances."""

import json
import re

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.dependent.rve import RVE_WEIGHTS
from tests.stats.dependent.test_multilevel import CLUSTER, DATASETS, ES, agree, of

LARGE = {"small_sample": "CR1p", "test": "naive-tp"}


@pytest.mark.parametrize("case", of("robumeta"))
def test_agrees_with_robumeta(case):
    args, data = case["args"], DATASETS[case["dataset"]]
    mods = {name: data[name] for name in re.findall(r"\w+", args.get("mods", ""))} or None
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    fit = ma.rve(es, data["cl"], args["modelweights"], args["rho"], mods, **({} if args["small"] else LARGE))
    frame = fit.to_frame()
    agree(case, {
        "b": frame["estimate"], "SE": frame["se"], "t": frame["stat"], "dfs": frame["df"], "prob": frame["pval"],
        "CI.L": frame["ci_lb"], "CI.U": frame["ci_ub"], "tau.sq": fit.tau2, "omega.sq": fit.omega2, "I.2": fit.i2,
    })  # fmt: skip


def test_the_moment_equations_hold_in_whole_matrices():
    """tau2 of correlated effects by traces of n x n matrices, as in Hedges, Tipton & Johnson 2010."""
    codes = np.array([0, 0, 1, 1, 2, 2])
    fit = ma.rve(ES, CLUSTER, rho=0.6)
    v = ES.vi
    mean_v = np.bincount(codes, v) / 2
    w = np.diag((1 / (2 * mean_v))[codes])
    x, same = np.ones((6, 1)), codes[:, None] == codes
    left = np.eye(6) - x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    form = left.T @ w @ left
    sampling = mean_v[codes][:, None] * np.where(np.eye(6, dtype=bool), 1.0, np.where(same, 0.6, 0.0))
    q = ES.yi @ form @ ES.yi
    assert fit.tau2 == pytest.approx((q - np.trace(form @ sampling)) / np.trace(form @ same.astype(float)))


def test_rho_moves_tau2_a_little_and_the_estimate_less():
    found = [ma.rve(ES, CLUSTER, rho=rho) for rho in (0.0, 0.4, 0.8)]
    assert np.ptp([fit.tau2 for fit in found]) > 0
    assert np.ptp([fit.estimate for fit in found]) < 0.01


def test_what_has_no_answer_says_why():
    with pytest.raises(NotEstimableError, match="2 clusters for 2 coefficients"):
        ma.rve(ES, [1, 1, 1, 2, 2, 2], mods={"x": [1, 2, 3, 4, 5, 6]})
    with pytest.raises(NotEstimableError, match="every cluster has one effect"):
        ma.rve(ES, range(6), "HIER")
    with pytest.raises(UsageError, match="rho = 1.5; allowed: 0 to 1".replace(".", r"\.")):
        ma.rve(ES, CLUSTER, rho=1.5)
    assert ma.rve(ma.EffectSizes.of([0.1] * 4, [0.1] * 4), [1, 1, 2, 3]).tau2 == 0


def test_what_is_returned_prints_and_is_json():
    for weights in RVE_WEIGHTS:
        fit = ma.rve(ES, CLUSTER, weights)
        plain = json.loads(json.dumps(fit.to_dict()))
        assert plain["weights_model"] == weights
        assert sum(plain["weights"]) == pytest.approx(100)
        assert f"{weights} weights: tau2 =" in repr(fit)
