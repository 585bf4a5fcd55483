"""Cluster-robust inference against clubSandwich and metafor, against dense matrices, and at its edges."""

import json

import numpy as np
import pytest

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.dependent.saddlepoint import tail
from metaan.stats.dependent.sandwich import CORRECTIONS
from tests.stats.dependent.test_multilevel import CLUSTER, DATASETS, ES, agree, fit_of, numbers, of

KINDS = {"CR0": "CR0", "CR1 (n/(n-p))": "CR1p", "CR2 Satterthwaite": "CR2"}


def plain_fit(case):
    data, args = DATASETS[case["dataset"]], case["args"]
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    if args.get("model") == "weights":
        return ma.pool(es, tau2_method="DL", weights=1 / (np.array(data["vi"]) + 0.5))
    if args.get("model") == "rma.uni":
        return ma.meta_regression(es, {name: data[name] for name in ("year", "late")}, tau2_method="REML")
    return ma.pool(es, "common" if "_EE" in case["id"] else "random", tau2_method="REML")


@pytest.mark.parametrize("case", of("robust"))
def test_agrees_with_metafor(case):
    kind = KINDS[case["args"]["type"]]
    fit = plain_fit(case) if "rma_uni" in case["id"] else fit_of(case)
    got = ma.robust(fit, DATASETS[case["dataset"]]["cl"], kind, "Satterthwaite" if kind == "CR2" else "naive-tp")
    test = got.qm
    agree(
        case,
        numbers(got) | {"QM": test.stat, "QMdf": [test.df, test.df2], "QMp": test.pval, "n_clusters": got.clusters},
    )


@pytest.mark.parametrize("case", of("clubSandwich"))
def test_every_correction_agrees_with_clubsandwich(case):
    got = ma.robust(fit_of(case), small_sample=case["args"]["vcov"])
    agree(case, {"beta": got.estimate, "SE": got.se, "tstat": got.stat, "df_Satt": got.df, "p_Satt": got.pval})


@pytest.mark.parametrize("case", of("coef_test"))
def test_every_test_of_a_coefficient_agrees_with_clubsandwich(case):
    args = case["args"]
    fit = plain_fit(case) if "model" in args else fit_of(case)
    agree(case, numbers(ma.robust(fit, DATASETS[case["dataset"]]["cl"], args["type"], args["test"])))


@pytest.mark.parametrize("case", of("Wald_test"))
def test_joint_tests_agree_with_clubsandwich(case):
    args, want = case["args"], case["expect"]
    names = {"Naive-F": "naive-F", "Naive-Fp": "naive-Fp"}
    test = ma.robust(fit_of(case), small_sample=args["type"]).wald_test(
        args["of"], names.get(args["test"], args["test"])
    )
    stat = test.stat / test.df if test.df2 is None else test.stat  # theirs is chi2 / q throughout
    assert (stat, test.df, test.pval) == pytest.approx((want["stat"], want["df"], want["pval"]), rel=1e-5)
    assert (test.df2 or np.inf) == pytest.approx(float(want["df2"]), rel=1e-5)


def dense(fit, codes, x, phi, kind):
    """Covariance and degrees of freedom by the book: n x n matrices and a loop over clusters."""
    w = np.linalg.inv(phi)
    c = np.linalg.inv(x.T @ w @ x)
    beta = c @ x.T @ w @ fit.effects.yi
    residual, left = fit.effects.yi - x @ beta, np.eye(len(x)) - x @ c @ x.T @ w
    scores, g = [], []
    for i in np.unique(codes):
        at = codes == i
        d = np.linalg.cholesky(phi[np.ix_(at, at)]).T
        b = (left @ phi @ left.T)[np.ix_(at, at)]
        values, vectors = np.linalg.eigh(d @ b @ d.T)
        a = np.eye(at.sum()) if kind == "CR0" else d.T @ (vectors / np.sqrt(values)) @ vectors.T @ d
        scores.append(c @ x[at].T @ w[np.ix_(at, at)] @ a @ residual[at])
        g.append(c @ x[at].T @ w[np.ix_(at, at)] @ a @ left[at])
    vcov = np.array(scores).T @ np.array(scores)
    dfs = []
    for s in range(x.shape[1]):
        p = np.array([[gi[s] @ phi @ gj[s] for gj in g] for gi in g])
        dfs.append(np.trace(p) ** 2 / np.sum(p * p))
    return vcov, np.array(dfs)


@pytest.mark.parametrize("kind", ["CR0", "CR2"])
def test_low_rank_sums_are_those_of_whole_matrices(kind):
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(7), [1, 2, 3, 3, 2, 4, 1])
    es = ma.EffectSizes.of(rng.normal(size=16), rng.uniform(0.05, 0.4, 16))
    fit = ma.multilevel(es, codes, rho=0.4, mods={"z": rng.normal(size=16)}, sigma2=[0.1, 0.05], ci_method="wald")
    phi = np.asarray(fit.V) + 0.1 * (codes[:, None] == codes) + 0.05 * np.eye(16)
    vcov, dfs = dense(fit, codes, fit.x, phi, kind)
    got = ma.robust(fit, small_sample=kind)
    np.testing.assert_allclose(got.vcov, vcov, rtol=1e-10)
    np.testing.assert_allclose(got.dfs, dfs, rtol=1e-10)


def test_where_every_effect_is_its_own_cluster_all_corrections_answer():
    es = ma.EffectSizes.of([0.1, 0.5, 0.2, 0.8], [0.1] * 4)
    plain = np.std([0.1, 0.5, 0.2, 0.8], ddof=1) / 2
    found = {kind: ma.robust(ma.pool(es, "common"), [1, 2, 3, 4], kind) for kind in CORRECTIONS}
    assert [found[kind].se for kind in ("CR2", "CR1", "CR1p")] == pytest.approx([plain] * 3)
    assert found["CR2"].df == pytest.approx(3)
    assert found["CR0"].se < found["CR2"].se < found["CR3"].se


def test_what_has_no_answer_says_why():
    fit = ma.pool(ES, "common")
    with pytest.raises(NotEstimableError, match="one cluster has no variance between clusters"):
        ma.robust(fit, ["a"] * 6)
    with pytest.raises(UsageError, match="cluster is missing"):
        ma.robust(fit)
    reg = ma.meta_regression(ES, {"x": [0, 0, 0, 0, 1, 1]}, model="common")
    with pytest.raises(NotEstimableError, match="CR3 leaves out a cluster at a time"):
        ma.robust(reg, CLUSTER, "CR3")
    assert ma.robust(reg, CLUSTER).notes[0].startswith("intercept, x: fewer than 4 degrees of freedom")
    many = ma.meta_regression(ES, {"x": [0, 1, 0, 1, 0, 1], "z": [1, 2, 4, 3, 5, 0]}, model="common")
    with pytest.raises(NotEstimableError, match="3 clusters and 3 coefficients leave no degree of freedom"):
        ma.robust(many, CLUSTER, "CR1p")
    with pytest.raises(UsageError, match="effects of two clusters are correlated"):
        ma.robust(ma.multilevel(ES, CLUSTER), [1, 2, 3, 4, 5, 6])
    with pytest.raises(UsageError, match="MH"):
        ma.robust(ma.mantel_haenszel("OR", ai=[1, 2], n1i=[9, 9], ci=[3, 4], n2i=[9, 9]), [1, 2])
    with pytest.raises(UsageError, match="did you mean CR2"):
        ma.robust(fit, CLUSTER, "CR22")


def test_what_is_returned_prints_and_is_json():
    got = ma.robust(ma.pool(ES, "common"), CLUSTER)
    plain = json.loads(json.dumps(got.to_dict()))
    assert plain["clusters"] == 3
    assert plain["small_sample"] == "CR2"
    assert repr(got).startswith("Cluster-robust, CR2, Satterthwaite, GEN, k = 6 in 3 clusters")
    assert got.ci.lb < got.estimate < got.ci.ub


def test_the_saddlepoint_is_near_t_where_that_is_exact_and_its_interval_inverts_its_p():
    es = ma.EffectSizes.of([0.1, 0.5, 0.2, 0.8, 0.3, 0.6], [0.1] * 6)
    exact, got = (ma.robust(ma.pool(es, "common"), range(6), test=test) for test in ("Satterthwaite", "saddlepoint"))
    assert got.df == exact.df == pytest.approx(5)
    assert got.pval == pytest.approx(exact.pval, rel=0.1)
    assert got.ci == pytest.approx(exact.ci, abs=0.02)
    spectrum = got.sandwich.spectrum(0)
    assert tail(spectrum, (got.ci.ub - got.estimate) / got.se) == pytest.approx(0.05, abs=1e-9)
    assert tail(spectrum, 0.0) == 1.0
    assert tail(spectrum, 1.0) == pytest.approx(tail(spectrum, 1.001), abs=1e-3)
