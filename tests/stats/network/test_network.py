"""Networks against netmeta, against one dense regression, and at their edges."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.network.fit import NETWORK_TAU2_METHODS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "network.json").read_text())
DATASETS = GOLDEN["datasets"]
ABC = {"studies": ["1", "2", "3"], "treatment1": ["a", "b", "a"], "treatment2": ["b", "c", "c"]}
LOOP = ABC | {"yi": [0.5, 0.2, 0.9], "sei": [0.1, 0.1, 0.2]}


def of(*families):
    return [pytest.param(c, id=c["id"]) for c in GOLDEN["cases"] if c["family"] in families]


def fit_of(case, **options):
    d, args = DATASETS[case["dataset"]]["contrasts"], case["args"]
    return ma.network(
        d["studlab"], d["treat1"], d["treat2"], d["TE"], d["seTE"], measure=args.get("sm"),
        tau2_method=args.get("method.tau", "DL"), **options,
    )  # fmt: skip


def agree(case, got, want, name):
    tol = {"rtol": max(case["tol"]["rtol"], 1e-8), "atol": max(case["tol"]["atol"], 1e-9)}
    np.testing.assert_allclose(np.array(got, dtype=float), np.array(want, dtype=float), **tol, err_msg=name)


def pairs_of(matrix, case):
    """The upper triangle, as much of it as the case keeps."""
    found = matrix[np.triu_indices(len(matrix), 1)]
    return found[: len(case["expect"]["TE.random"])]


@pytest.mark.parametrize("case", [c for c in of("netmeta") if "method.tau" not in c.values[0]["args"]])
def test_estimates_intervals_and_q(case):
    want, fit = case["expect"], fit_of(case)
    assert list(fit.treatments) == want["trts"]
    assert fit.reference == want["reference"]
    assert (fit.k, fit.m, fit.n, fit.d) == tuple(want[x] for x in ("k", "m", "n", "d"))
    for model in ("common", "random"):
        agree(case, pairs_of(fit.estimates(model), case), want[f"TE.{model}"], model)
        agree(case, pairs_of(fit.standard_errors(model), case), want[f"seTE.{model}"], model)
    table, size = fit.table("random"), len(want["TE.random"])
    columns = {"lower.random": table.ci_lb, "upper.random": table.ci_ub, "pval.random": table.pval,
               "lower.predict": table.pi_lb, "upper.predict": table.pi_ub}  # fmt: skip
    for name, values in columns.items():
        agree(case, values[:size], want[name], name)
    parts = fit.decomposition()
    numbers = {
        "Q": fit.q, "df.Q": fit.q_df, "pval.Q": fit.q_pval, "tau2": fit.tau2, "tau": fit.tau, "I2": fit.i2 / 100,
        "lower.I2": fit.i2_ci.lb / 100, "upper.I2": fit.i2_ci.ub / 100, "Q.heterogeneity": fit.q_within,
        "df.Q.heterogeneity": parts.within.df, "pval.Q.heterogeneity": parts.within.pval,
        "Q.inconsistency": fit.q_between, "df.Q.inconsistency": parts.between.df,
        "pval.Q.inconsistency": parts.between.pval,
    }  # fmt: skip
    for name, got in numbers.items():
        agree(case, got, want[name], name)


def likelihood(fit, correlated, restricted):
    """The tau2 that maximises a dense likelihood of each study's contrasts with its first treatment."""
    from scipy.optimize import minimize_scalar

    c, blocks = fit.fitted.contrasts, []
    for s in range(fit.k):
        rows = np.flatnonzero(c.study == s)
        first = min(*c.t1[rows], *c.t2[rows])
        base = [r for r in rows if first in (c.t1[r], c.t2[r])]
        sign = np.array([1.0 if c.t1[r] == first else -1.0 for r in base])
        other = [c.t2[r] if c.t1[r] == first else c.t1[r] for r in base]
        between = {frozenset((c.t1[r], c.t2[r])): c.vi[r] for r in rows}
        v = np.diag(c.vi[base])
        for i, a in enumerate(other):
            for j, b in enumerate(other):
                if i != j and correlated:
                    v[i, j] = (v[i, i] + v[j, j] - between[frozenset((a, b))]) / 2
        x = np.zeros((len(base), c.n))
        x[:, first], x[np.arange(len(base)), other] = 1.0, -1.0
        blocks.append((sign * c.yi[base], v, x[:, 1:]))

    def deviance(tau2):
        total, xwx, xwy = 0.0, 0.0, 0.0
        for y, v, x in blocks:
            w = np.linalg.inv(v + tau2 * 0.5 * (np.eye(len(y)) + 1))
            total += y @ w @ y - np.linalg.slogdet(w)[1]
            xwx, xwy = xwx + x.T @ w @ x, xwy + x.T @ w @ y
        return total - xwy @ np.linalg.solve(xwx, xwy) + (np.linalg.slogdet(xwx)[1] if restricted else 0.0)

    return minimize_scalar(deviance, bounds=(0, 3), method="bounded", options={"xatol": 1e-10}).x


@pytest.mark.parametrize("case", [c for c in of("netmeta") if "method.tau" in c.values[0]["args"]])
def test_likelihood_against_netmeta(case):
    """netmeta leaves out how sampling errors of one study's contrasts correlate; with them the maximum is ours."""
    fit, restricted = fit_of(case), case["args"]["method.tau"] == "REML"
    assert fit.tau2 == pytest.approx(likelihood(fit, True, restricted), abs=1e-5)
    assert likelihood(fit, False, restricted) == pytest.approx(case["expect"]["tau2"], abs=1e-5)
    same = fit_of(case, tau2=case["expect"]["tau2"])
    agree(case, pairs_of(same.estimates("random"), case), case["expect"]["TE.random"], "TE")
    agree(case, pairs_of(same.standard_errors("random"), case), case["expect"]["seTE.random"], "seTE")


@pytest.mark.parametrize("case", of("netmeta_rank"))
def test_p_scores_and_what_drawing_says_of_them(case):
    fit, want = fit_of(case), case["expect"]
    for which in ("desirable", "undesirable"):
        found = fit.p_scores(which)
        assert list(found) == want["trts"]
        agree(case, list(found.values()), want[f"{which}_random"], which)
    draws = 20_000
    ranks = fit.rank_probabilities(seed=3, draws=draws)
    np.testing.assert_allclose(ranks.probabilities.sum(axis=0), 1.0)
    np.testing.assert_allclose(ranks.probabilities.sum(axis=1), 1.0)
    spread = 4 * 0.5 / np.sqrt(draws)
    np.testing.assert_allclose(list(ranks.sucra.values()), want["desirable_random"], atol=spread)
    assert ranks.to_dict() == fit.rank_probabilities(seed=3, draws=draws).to_dict()
    best = min(ranks.mean_rank, key=ranks.mean_rank.get)
    assert ranks.median_rank[best] <= ranks.mean_rank[best] + 1
    assert (ranks.monte_carlo_se() <= 0.5 / np.sqrt(draws)).all()


@pytest.mark.parametrize("case", of("netmeta_decomp"))
def test_q_by_designs(case):
    parts, want = fit_of(case).decomposition(), case["expect"]
    tests = (parts.total, parts.within, parts.between)
    for name, mine in {"Q": "q", "df": "df", "pval": "pval"}.items():
        agree(case, [getattr(t, mine) for t in tests], want["Q.decomp"][name], name)
    inside = want["Q.het.design"]
    expected = {frozenset(d.split(":")): pair for d, *pair in zip(inside["design"], inside["Q"], inside["df"])}
    found = {frozenset(t.source.split(":")): [t.q, t.df] for t in parts.designs}
    assert found.keys() == expected.keys()
    agree(case, [found[d] for d in found], [expected[d] for d in found], "designs")
    random = parts.between_random
    agree(case, [random.q, random.df, random.pval, parts.tau2_within**0.5],
          [want["Q.inc.random"][x] for x in ("Q", "df", "pval", "tau.within")], "random")  # fmt: skip
    assert all(t.q <= parts.between.q + 1e-9 and t.df < parts.between.df + 1 for t in parts.detached)


@pytest.mark.parametrize("method", ["DL", "REML", "PM"])
def test_two_treatments_are_the_pairwise_pool(method):
    yi, vi = [0.1, 0.7, -0.2, 0.4], [0.04, 0.05, 0.03, 0.1]
    fit = ma.network(list("abcd"), ["x"] * 4, ["y"] * 4, yi, vi=vi, tau2_method=method)
    for model in ("common", "random"):
        pool, one = ma.pool(ma.EffectSizes.of(yi, vi), model, tau2_method=method), fit.comparison("x", "y", model)
        np.testing.assert_allclose(
            [one.estimate, one.se, *one.ci, one.pval], [pool.estimate, pool.se, *pool.ci, pool.pval], rtol=1e-9
        )
    np.testing.assert_allclose([fit.tau2, fit.q, fit.q_pval], [pool.tau2, pool.q, pool.q_pval], rtol=1e-9)
    assert fit.q_df == 3
    assert one.pi == pytest.approx(tuple(pool.pi))
    assert fit.decomposition().reason is not None


def test_arms_of_two_treatments_are_the_pairwise_pool():
    tables = {"ai": [3, 0, 7], "n1i": [20, 30, 40], "ci": [5, 4, 9], "n2i": [21, 30, 44]}
    pool = ma.pool(ma.effect_sizes("RR", **tables))
    fit = ma.network(
        [*"abc"] * 2, treatment=["x"] * 3 + ["y"] * 3, events=[*tables["ai"], *tables["ci"]],
        total=[*tables["n1i"], *tables["n2i"]], measure="RR",
    )  # fmt: skip
    assert fit.comparison("x", "y").estimate == pytest.approx(pool.estimate, rel=1e-12)
    assert fit.comparison("y", "x").estimate == -fit.comparison("x", "y").estimate
    assert fit.comparison("x", "y").display.estimate == pytest.approx(pool.display.estimate)


@pytest.mark.parametrize(("method", "interval"), [("DL", "QP"), ("REML", "QP"), ("REML", "PL")])
def test_the_interval_of_tau2_is_that_of_the_regression(method, interval):
    yi, vi = [0.1, 0.7, -0.2, 0.4], [0.04, 0.05, 0.03, 0.1]
    fit = ma.network(list("abcd"), ["x"] * 4, ["y"] * 4, yi, vi=vi, tau2_method=method)
    pool = ma.pool(ma.EffectSizes.of(yi, vi), tau2_method=method)
    np.testing.assert_allclose(fit.tau2_ci(interval).tau2_ci, pool.tau2_ci(interval).tau2_ci, rtol=1e-6, atol=1e-9)
    loop = ma.network(**LOOP)
    assert loop.tau2_ci().tau2_ci.lb == 0.0
    with pytest.raises(NotEstimableError, match="tau2 has no interval"):
        ma.network(["s"], ["b"], ["a"], [0.3], [0.2]).tau2_ci()


def test_one_study_is_itself():
    one = ma.network(["s"], ["b"], ["a"], [0.3], [0.2])
    assert one.comparison("b", "a").estimate == pytest.approx(0.3, rel=1e-15)
    assert (one.q_df, one.q, one.q_pval, one.i2, one.i2_ci, one.tau2) == (0, 0.0, None, None, None, 0.0)
    assert one.comparison("a", "b").pi is None
    assert "no degree of freedom" in one.notes[0]
    three = ma.network(["s"] * 3, treatment=["a", "b", "c"], mean=[1, 2, 4], sd=[1, 1, 1], total=[10, 10, 10])
    assert three.comparison("a", "c").estimate == pytest.approx(-3)
    assert three.comparison("a", "c").se == pytest.approx(np.sqrt(0.2))


@pytest.mark.parametrize(
    ("t1", "t2"),
    [pytest.param([*"bcdd"], [*"aaaa"], id="star"), pytest.param([*"abcc"], [*"bcdd"], id="tree")],
)
def test_without_a_loop_incoherence_cannot_be_assessed(t1, t2):
    fit = ma.network([*"1234"], t1, t2, [0.1, 0.2, 0.3, 0.5], [0.1] * 4)
    parts = fit.decomposition()
    assert (parts.between.df, parts.between.pval, parts.detached) == (0, None, ())
    assert "cannot be assessed" in parts.reason
    assert fit.q_within == pytest.approx(fit.q)
    with pytest.raises(NotEstimableError, match="cannot be assessed"):
        fit.net_heat()


def test_a_loop_is_assessed():
    fit = ma.network(**LOOP)
    assert fit.q_within == 0.0
    assert fit.q_between == pytest.approx(0.2**2 / (0.01 + 0.01 + 0.04))  # Bucher 1997: indirect 0.7, direct 0.9
    designs, heat = fit.net_heat()
    assert designs == ("a:b", "a:c", "b:c")
    np.testing.assert_allclose(heat.sum(axis=0), fit.q_between)  # detaching any one design explains all of it


def test_parts_are_named_and_can_be_taken():
    data = {
        "studies": [*"12345"],
        "treatment1": [*"abadx"],
        "treatment2": [*"bccey"],
        "yi": [0.5, 0.2, 0.9, 1.0, 2.0],
        "sei": [0.1] * 5,
    }
    with pytest.raises(NotEstimableError, match=r"3 parts that no study connects: a, b, c; d, e; x, y \(part="):
        ma.network(**data)
    assert ma.network(**data, part="b").treatments == ("a", "b", "c")
    assert ma.network(**data, part="x").comparison("x", "y").estimate == 2.0
    with pytest.raises(DataError, match="part 'q' is in no contrast"):
        ma.network(**data, part="q")


MULTI = {"studies": ["M"] * 3, "treatment1": [*"aab"], "treatment2": [*"bcc"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"yi": [0.5, 1.0, 0.2]}, r"study 'M': its contrasts do not add up; .*allowed: a difference up to 0.05 "),
        ({"sei": [1.0, 0.1, 0.1]}, "study 'M': the standard errors of its contrasts do not fit together"),
        ({"treatment1": [*"aaa"], "treatment2": [*"bcb"]}, "study 'M' has a against b twice"),
        ({"treatment1": [*"aad"], "treatment2": [*"bcc"]}, r"study 'M' compares 4 treatments \(a, b, c, d\) in 3"),
        ({"treatment1": [*"bab"]}, "study 'M' compares 'b' with itself"),
        ({"sei": [0.1, 0.1, 0.0]}, "study 'M', b against c: sei = 0; allowed: above 0"),
        ({"treatment1": ["a", None, "b"]}, r"treatment1\[1\] is missing"),
        ({"sei": [0.1, 0.1]}, "sei has 2 values for 3 contrasts"),
        ({"studies": ["M"]}, r"studies has shape \(1,\)"),
    ],
)
def test_what_a_study_cannot_be_is_said_with_its_name(change, message):
    with pytest.raises(DataError, match=message):
        ma.network(**(MULTI | {"yi": [0.5, 0.7, 0.2], "sei": [0.1, 0.1, 0.1]} | change))


def test_rounded_contrasts_are_taken_as_near_as_can_be():
    data = MULTI | {"sei": [0.1, 0.1, 0.1]}
    rounded = ma.network(**data, yi=[0.50, 0.73, 0.20])
    assert rounded.comparison("a", "b").estimate == pytest.approx(0.51)
    assert ma.network(**data, yi=[0.5, 1.0, 0.2], tol_multiarm=0.5).comparison("a", "c").estimate == pytest.approx(0.9)


def test_what_is_missing_is_left_out_and_named():
    fit = ma.network(**(LOOP | {"yi": [0.5, 0.2, None]}))
    assert fit.excluded == (("3", "a against c: yi or sei is missing"),)
    assert "Left out: 3 (a against c" in repr(fit)
    with pytest.raises(NotEstimableError, match="no contrast has an effect"):
        ma.network(**(LOOP | {"yi": [None] * 3}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "fixed"}, "model 'fixed' is unknown"),
        ({"tau2_method": "XX"}, "tau2_method of a network 'XX' is unknown"),
        ({"tau2_method": "SJ"}, "tau2_method of a network 'SJ' is unknown"),
        ({"measure": "ORR"}, "measure 'ORR' is unknown"),
        ({"level": 1.0}, "level = 1"),
        ({"tau2": -1.0}, "tau2 = -1"),
        ({"vi": [1, 1, 1]}, "sei and vi; allowed"),
        ({"events": [1, 2, 3]}, "events beside contrasts"),
        ({"yi": None}, "no yi; allowed"),
    ],
)
def test_options_that_do_not_exist(options, message):
    with pytest.raises(UsageError, match=message):
        ma.network(**(LOOP | options))


def test_names_of_treatments_are_checked():
    fit = ma.network(**LOOP)
    with pytest.raises(DataError, match="reference 'z' is in no contrast"):
        ma.network(**LOOP, reference="z")
    with pytest.raises(DataError, match="'a' against itself"):
        fit.comparison("a", "a")
    with pytest.raises(DataError, match="is no pair"):
        fit.table()["a"]
    with pytest.raises(DataError, match="each of the 3 once"):
        fit.league(order=["a", "b"])
    with pytest.raises(UsageError, match="small_values 'yes'"):
        fit.p_scores("yes")
    with pytest.raises(UsageError, match="draws = 0"):
        fit.rank_probabilities(1, draws=0)


def test_the_reference_changes_no_comparison():
    first, other = ma.network(**LOOP), ma.network(**LOOP, reference="c")
    np.testing.assert_array_equal(first.estimate, other.estimate)
    assert [c.treatment1 for c in other.against_reference()] == ["a", "b"]


@pytest.mark.parametrize("method", NETWORK_TAU2_METHODS)
def test_the_order_of_contrasts_and_their_direction_change_nothing(method):
    d = DATASETS["dat.hasselblad1998"]["contrasts"]
    plain = ma.network(d["studlab"], d["treat1"], d["treat2"], d["TE"], d["seTE"], tau2_method=method)
    rng = np.random.default_rng(1)
    at, turn = rng.permutation(len(d["TE"])), rng.random(len(d["TE"])) < 0.5
    columns = {name: np.array(d[name], dtype=object)[at] for name in d}
    first, second = (np.where(turn, columns[a], columns[b]) for a, b in (("treat2", "treat1"), ("treat1", "treat2")))
    yi = np.where(turn, -columns["TE"], columns["TE"])
    other = ma.network(columns["studlab"], first, second, yi, columns["seTE"], tau2_method=method)
    assert other.tau2 == pytest.approx(plain.tau2, rel=1e-7)
    np.testing.assert_allclose(plain.estimate, other.estimate, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(plain.se, other.se, rtol=1e-7)


def test_a_league_has_the_network_below_and_direct_evidence_above():
    fit = ma.network(**LOOP, measure="OR")
    league = fit.league(order=["c", "a", "b"])
    rows = league.rows()
    assert [rows[i][i] for i in range(3)] == ["c", "a", "b"]
    assert league.estimate[1, 0] == pytest.approx(np.exp(fit.comparison("c", "a").estimate))
    assert league.estimate[0, 2] == pytest.approx(np.exp(-0.2))
    assert list(league.to_frame().columns) == ["c", "a", "b"]
    tree = ma.network(["1", "2"], ["a", "b"], ["b", "c"], [0.1, 0.2], [0.1, 0.1]).league()
    assert tree.rows()[0][2] == "."
    assert repr(tree).count("\n") == 2


def test_columns_can_be_names_in_a_frame():
    plain = ma.network(**LOOP)
    frame = {
        "s": LOOP["studies"],
        "x": LOOP["treatment1"],
        "y": LOOP["treatment2"],
        "te": LOOP["yi"],
        "se": LOOP["sei"],
    }
    assert ma.network("s", "x", "y", "te", "se", data=frame).to_dict() == plain.to_dict()
    json.dumps(plain.to_dict(), allow_nan=False)
    assert len(plain.to_frame()) == len(plain.table()) == 3
    assert "a vs c" in repr(plain.table())
