"""Models with several variance components against metafor and meta, against dense matrices, and at their edges."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.dependent.blocks import BlockCovariance, covariance_of
from metaan.stats.dependent.multilevel import MULTILEVEL_CI_METHODS, MULTILEVEL_METHODS, MULTILEVEL_PI_METHODS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "dependent.json").read_text())
DATASETS = GOLDEN["datasets"]
ES = ma.EffectSizes.of([0.10, 0.20, 0.50, 0.65, 0.30, 0.15], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02])
CLUSTER = ["a", "a", "b", "b", "c", "c"]
LEVELS = {"between": "cluster", "within": "effect"}


def of(*families):
    return [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] in families]


def fit_of(case, **options):
    args, data = case["args"], DATASETS[case["dataset"]]
    mods = re.findall(r"\w+", args.get("mods", ""))
    random = args.get("random", "~ 1 | cl/es")
    if random == "~ 1 | cl":
        options["effect"] = False
    if "room" in random:
        options["crossed"] = {"room": data["room"]}
    cluster = {"late": data["late"], "cl": data["cl"]} if "late/" in random else data["cl"]
    test = {"t": "t", "z": "wald"}[args.get("test", "z")] if args.get("test", "z") in "tz" else "wald"
    return ma.multilevel(
        ma.EffectSizes.of(data["yi"], data["vi"]), cluster, method=args.get("method", "REML"),
        ci_method="t(k-p)" if args.get("dfs") == "residual" else test,
        rho=float(args["V"].split("=")[1]) if "V" in args else None,
        mods={name: data[name] for name in mods} or None, **options,
    )  # fmt: skip


def agree(case, pairs):
    """Compare what the reference has; an optimiser that stops just above 0 falls under the absolute tolerance."""
    want = case["expect"]
    for name, got in pairs.items():
        if want.get(name) is not None:
            np.testing.assert_allclose(
                np.ravel(np.array(got, dtype=float)), np.ravel(np.array(want[name], dtype=float)), **case["tol"],
                err_msg=name,
            )  # fmt: skip


def numbers(fit):
    frame = fit.to_frame()
    return {
        "estimate": frame["estimate"], "se": frame["se"], "zval": frame["stat"], "pval": frame["pval"],
        "ci.lb": frame["ci_lb"], "ci.ub": frame["ci_ub"], "vcov": fit.vcov, "ddf": np.unique(frame["df"])
        if len(set(frame["df"])) == 1 and fit.p == 1 else frame["df"],
    }  # fmt: skip


@pytest.mark.parametrize("case", of("rma_mv"))
def test_agrees_with_metafor(case):
    fit = fit_of(case)
    if "LRT" in case["expect"]:
        test = fit.sigma2_tests()[LEVELS[case["id"].rsplit("_", 1)[1]]]
        return agree(case, {"LRT": test.stat, "pval": test.pval})
    at = fit.levels.index("room") if "room" in fit.levels else None
    sigma2 = fit.sigma2 if at is None else fit.sigma2[[0, 2, 1]]
    agree(case, numbers(fit) | {
        "k": fit.k, "sigma2": sigma2, "QE": fit.q, "QEp": fit.q_pval, "QM": fit.qm.stat, "QMp": fit.qm.pval,
        **({"pi.lb": fit.pi.lb, "pi.ub": fit.pi.ub} if fit.pi else {}),
    })  # fmt: skip
    stats, want = fit.fit_statistics(), case["expect"].get("fit", {})
    for theirs, ours in {"ll": stats.ll, "AIC": stats.aic, "BIC": stats.bic, "AICc": stats.aicc}.items():
        assert ours == pytest.approx(want.get(theirs, ours), rel=1e-7)
    if "I2_multilevel" in case["expect"]:
        np.testing.assert_allclose(fit.i2_by_level, case["expect"]["I2_multilevel"]["by_level"], rtol=1e-4)
        assert fit.i2 == pytest.approx(case["expect"]["I2_multilevel"]["total"], rel=1e-4)
    return None


@pytest.mark.parametrize("case", of("rma_mv_confint"))
def test_profile_intervals_agree_with_metafor(case):
    for name, found in zip(("sigma2_between", "sigma2_within"), fit_of(case).sigma2_ci()):
        want = case["expect"][name]
        np.testing.assert_allclose(
            [found.sigma2, *found.ci], [want["estimate"], want["ci.lb"], want["ci.ub"]], **case["tol"]
        )


@pytest.mark.parametrize("case", of("metagen_three_level"))
def test_three_levels_agree_with_meta(case):
    fit = fit_of(case, pi_method="t(k-1)")
    intervals = fit.sigma2_ci()
    q = fit.q_based()
    agree(case, {
        "TE.random": fit.estimate, "seTE.random": fit.se, "pval.random": fit.pval, "lower.random": fit.ci.lb,
        "upper.random": fit.ci.ub, "lower.predict": fit.pi.lb, "upper.predict": fit.pi.ub,
        "Q": fit.q, "pval.Q": fit.q_pval,
        "tau2": fit.sigma2, "Rb": fit.rb / 100, "H": q.h, "lower.H": q.h_ci.lb, "upper.H": q.h_ci.ub,
        "I2": q.i2 / 100, "lower.I2": q.i2_ci.lb / 100, "upper.I2": q.i2_ci.ub / 100,
    })  # fmt: skip
    np.testing.assert_allclose([i.sigma_ci.lb for i in intervals], case["expect"]["lower.tau"], rtol=1e-3)
    np.testing.assert_allclose([i.sigma_ci.ub for i in intervals], case["expect"]["upper.tau"], rtol=1e-3)


def dense(fit, sigma2):
    """The restricted log-likelihood by the book: one matrix, no blocks."""
    m = np.asarray(fit.V) + sum(s * (c[:, None] == c[None, :]) for s, c in zip(sigma2, fit.codes))
    inverse, x, y = np.linalg.inv(m), fit.x, fit.effects.yi
    info = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(info, x.T @ inverse @ y)
    n, p = x.shape
    whole = np.linalg.slogdet(m)[1] + np.linalg.slogdet(info)[1] - np.linalg.slogdet(x.T @ x)[1]
    return -0.5 * ((n - p) * np.log(2 * np.pi) + whole + residual @ inverse @ residual)


@pytest.mark.parametrize("crossed", [None, {"rater": [1, 2, 1, 2, 1, 2]}])
def test_blocks_are_the_whole_matrix_and_the_maximum_is_one(crossed):
    fit = ma.multilevel(ES, CLUSTER, rho=0.3, crossed=crossed)
    assert fit.loglik == pytest.approx(dense(fit, fit.sigma2), rel=1e-12)
    for j in range(fit.sigma2.size):
        for step in (-1e-3, 1e-3):
            other = fit.sigma2.copy()
            other[j] = max(0.0, other[j] + step)
            assert dense(fit, other) <= fit.loglik + 1e-12


def test_given_variances_are_kept_and_the_fits_compare():
    free = ma.multilevel(ES, CLUSTER)
    held = ma.multilevel(ES, CLUSTER, sigma2=[0.0, np.nan])
    assert held.sigma2[0] == 0
    assert held.fixed == (True, False)
    test = free.likelihood_ratio_test(held)
    assert test.stat == pytest.approx(free.sigma2_tests()["cluster"].stat, abs=1e-9)
    assert [i.name for i in held.sigma2_ci()] == ["effect"]
    with pytest.raises(UsageError, match="no fewer parameters"):
        held.likelihood_ratio_test(free)
    with pytest.raises(UsageError, match="sigma2"):
        ma.multilevel(ES, CLUSTER, sigma2=[-1.0, 0.0])


def test_what_is_missing_is_left_out_and_named():
    es = ma.EffectSizes.of([0.1, None, 0.5, 0.65, 0.3, 0.15, 0.2], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02, 0.05])
    fit = ma.multilevel(es, [*CLUSTER, None], mods={"dose": [1, 2, 3, 1, 2, None, 4]}, ci_method="wald")
    assert fit.excluded == (
        ("Study 2", "yi or vi is missing"), ("Study 6", "moderator dose is missing"), ("Study 7", "cluster is missing"),
    )  # fmt: skip
    assert fit.k == 4
    assert fit.pi is None
    assert fit.pi_reason == "with moderators a prediction needs their values"


def test_a_variance_of_zero_is_called_the_edge():
    fit = ma.multilevel(ma.EffectSizes.of([0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.1, 0.3]), [1, 1, 2, 2])
    assert fit.sigma2.tolist() == [0.0, 0.0]
    assert [note for note in fit.notes if "the edge of what is possible" in note]
    assert all(i.ci.lb == 0 < i.ci.ub for i in fit.sigma2_ci())


@pytest.mark.parametrize(
    ("yi", "cluster", "options", "reason"),
    [
        ([0.1], ["a"], {}, "k = 1 effects for 1 coefficients"),
        ([0.1, 0.2], ["a", "a"], {}, "all 2 effects are of one cluster"),
        ([0.1, 0.2, 0.3], ["a", "b", "c"], {}, "cluster and effect group the effects alike"),
        ([0.1, 0.2, 0.3], ["a", "a", "b"], {"mods": {"x": [1, 1, 2]}}, "no degrees of freedom"),
    ],
)
def test_what_has_no_answer_says_why(yi, cluster, options, reason):
    with pytest.raises(NotEstimableError, match=reason):
        ma.multilevel(ma.EffectSizes.of(yi, [0.1] * len(yi)), cluster, **options)


def test_two_effects_of_two_studies_have_an_answer_without_the_inner_level():
    fit = ma.multilevel(ma.EffectSizes.of([0.1, 0.9], [0.1, 0.1]), ["a", "b"], effect=False, ci_method="wald")
    assert fit.sigma2.tolist() == pytest.approx([0.22])
    assert any("2 groups" in note for note in fit.notes)


def test_a_singular_covariance_has_an_answer_where_effects_differ_and_a_reason_where_not():
    es = ma.EffectSizes.of([0.1, 0.3, 0.5, 0.9], [0.1] * 4)
    v = ma.sampling_covariance(es.vi, [1, 1, 2, 2], rho=1.0)
    fit = ma.multilevel(es, [1, 1, 2, 2], V=v, ci_method="wald")
    assert fit.sigma2[1] > 0
    assert fit.q is fit.i2 is None
    assert "V cannot be inverted, so there is neither Q nor I2" in fit.notes
    with pytest.raises(DataError, match="singular"):
        ma.multilevel(es, [1, 1, 2, 2], V=v, effect=False)


def test_wrong_options_say_what_is_allowed():
    with pytest.raises(UsageError, match="both given"):
        ma.multilevel(ES, CLUSTER, rho=0.5, V=ES.vi)
    with pytest.raises(UsageError, match="did you mean REML"):
        ma.multilevel(ES, CLUSTER, method="REMLL")
    with pytest.raises(DataError, match=r"cluster has shape \(2,\)"):
        ma.multilevel(ES, ["a", "b"])
    with pytest.raises(DataError, match="V has shape"):
        ma.multilevel(ES, CLUSTER, V=np.ones((2, 2)))
    with pytest.raises(UsageError, match="no EffectSizes"):
        ma.multilevel([0.1], ["a"])
    with pytest.raises(NotEstimableError, match="R_b is of a mean"):
        _ = ma.multilevel(ES, CLUSTER, mods={"x": [1, 2, 3, 4, 5, 7]}, ci_method="wald").rb


def test_every_entry_of_a_table_makes_a_fit():
    for method in MULTILEVEL_METHODS:
        for ci in MULTILEVEL_CI_METHODS:
            for pi in MULTILEVEL_PI_METHODS:
                fit = ma.multilevel(ES, CLUSTER, method=method, ci_method=ci, pi_method=pi)
                assert fit.ci.lb < fit.estimate < fit.ci.ub
                assert method == "EE" or fit.pi.lb < fit.ci.lb < fit.ci.ub < fit.pi.ub


def test_what_a_fit_prints_and_gives():
    fit = ma.multilevel(ES, CLUSTER, rho=0.6)
    plain = json.loads(json.dumps(fit.to_dict()))
    assert plain["sigma2"] == fit.sigma2.tolist()
    assert plain["levels"] == ["cluster", "effect"]
    text = repr(fit)
    assert "Multilevel model GEN, k = 6, REML, t" in text
    assert "cluster (3) sigma2" in text
    assert list(fit.to_frame().columns) == ["estimate", "se", "stat", "df", "pval", "ci_lb", "ci_ub"]
    assert fit.display.estimate == fit.estimate


def test_no_matrix_is_larger_than_a_block():
    n = 6000
    cluster = np.arange(n) // 3
    y = np.sin(np.arange(n)) * 0.2 + np.cos(cluster) * 0.3
    v = ma.sampling_covariance(np.full(n, 0.05), cluster, rho=0.5)
    assert max(values.size for values in v.values) == n // 3 * 9
    fit = ma.multilevel(ma.EffectSizes.of(y, np.full(n, 0.05)), cluster, V=v, ci_method="wald")
    assert max(stack.v.size for stack in fit.problem.stacks) == n // 3 * 9
    balanced = np.var(y.reshape(-1, 3).mean(axis=1), ddof=1)  # in a balanced design the clusters' means say it all
    assert fit.vcov[0, 0] == pytest.approx(balanced / (n // 3), rel=1e-6)


def test_blocks_come_from_matrices_and_go_back():
    matrix = np.array([[0.2, 0.0, 0.1], [0.0, 0.3, 0.0], [0.1, 0.0, 0.4]])
    blocks = covariance_of(matrix, 3)
    assert isinstance(blocks, BlockCovariance)
    assert np.asarray(blocks).tolist() == blocks.toarray().tolist() == matrix.tolist()
    assert blocks.diagonal.tolist() == [0.2, 0.3, 0.4]
    assert "3 effects in 2 blocks" in repr(blocks)
    assert np.asarray(blocks.take(np.array([2, 0]))).tolist() == [[0.4, 0.1], [0.1, 0.2]]
    with pytest.raises(DataError, match="V is of 3 effects"):
        covariance_of(blocks, 4)
