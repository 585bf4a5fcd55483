"""Leave-one-out against metafor, and against pools of the rest."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.robustness.sequence import REFITS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "leave_one_out.json").read_text())["cases"]
TESTS = {"z": "wald", "knha": "hksj"}
COLUMNS = {
    "estimate": "estimate", "se": "se", "zval": "stat", "tval": "stat", "pval": "pval", "Q": "q", "Qp": "q_pval",
    "tau2": "tau2", "I2": "i2", "H2": "h2",
}  # fmt: skip
TABLES = {"ai": [3, 4, 0, 9], "n1i": [40, 50, 30, 80], "ci": [5, 9, 2, 15], "n2i": [41, 50, 31, 79]}


def fit_of(case):
    args, data = case["args"], case["data"]
    if case["family"].startswith("mh"):
        return ma.mantel_haenszel(args["measure"], **{name: data[name] for name in ("ai", "n1i", "ci", "n2i")})
    options = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    return ma.pool(ma.EffectSizes.of(data["yi"], data["vi"]), ci_method=TESTS[args.get("test", "z")], **options)


# No table of these has both events and none: metafor returns missing values, the pool itself is an error here.
NOTHING = {"edge_zero_arm_A/mh_leave1out/OR"}


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["expect"] and c["id"] not in NOTHING])
def test_agrees_with_metafor(case):
    got, want = ma.leave_one_out(fit_of(case)), case["expect"]
    for theirs, ours in COLUMNS.items():
        if theirs in want:
            np.testing.assert_allclose(getattr(got, ours), want[theirs], **case["tol"], err_msg=theirs)
    np.testing.assert_allclose(np.array(got.ci).T, [want["ci.lb"], want["ci.ub"]], **case["tol"])


def test_what_the_reference_refuses_is_refused():
    refused = [c for c in CASES if c["expect"] is None]
    assert {c["family"] for c in refused} == {"leave1out", "mh_leave1out"}
    for case in refused:
        with pytest.raises(NotEstimableError, match="k = 1; leaving one out needs at least 2 studies"):
            ma.leave_one_out(fit_of(case))
    for case in CASES:
        if case["id"] in NOTHING:
            with pytest.raises(NotEstimableError):
                fit_of(case)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 1)), min_size=2, max_size=8),
    st.sampled_from(
        [{}, {"tau2_method": "REML", "ci_method": "hksj-adhoc", "level": 0.9}, {"model": "common"}, {"tau2": 0.3}]
    ),
)
def test_each_row_is_the_pool_of_the_rest(rows, options):
    es = ma.EffectSizes.of(*zip(*rows))
    got = ma.leave_one_out(ma.pool(es, **options))
    assert got.slab == es.slab
    for i, row in enumerate(got):
        rest = ma.pool(es.take([j for j in range(len(rows)) if j != i]), **options)
        assert (row.estimate, row.ci, row.pi, row.tau2) == (rest.estimate, rest.ci, rest.pi, rest.tau2)


@pytest.mark.parametrize("pool", [lambda **t: ma.mantel_haenszel("RR", **t), lambda **t: ma.peto(**t)])
def test_tables_are_pooled_again_as_tables(pool):
    got = ma.leave_one_out(pool(**TABLES, level=0.9))
    for i, row in enumerate(got):
        rest = pool(**{name: np.delete(values, i) for name, values in TABLES.items()}, level=0.9)
        assert (row.estimate, row.ci, row.method) == (rest.estimate, rest.ci, rest.method)


def test_given_weights_stay_with_their_studies():
    es = ma.EffectSizes.of([0.1, 0.5, 0.3], [0.04, 0.05, 0.03])
    got = ma.leave_one_out(ma.pool(es, weights=[1, 2, 5]))
    assert got.estimate[2] == pytest.approx((0.1 + 2 * 0.5) / 3)


def test_a_rest_without_estimate_has_a_reason():
    tables = {"ai": [2, 0], "n1i": [40, 40], "ci": [4, 3], "n2i": [40, 40]}
    got = ma.leave_one_out(ma.mantel_haenszel("OR", **tables))
    assert (got[0], got.k) == (None, (0, 1))
    assert "no events" in got.reasons[0]
    assert got.ci[0] is None
    assert np.isnan(got.estimate[0])
    rows = json.loads(json.dumps(got.to_dict(), allow_nan=False))["rows"]
    assert rows[0] == {"slab": "Study 1", "reason": got.reasons[0], "k": 0}
    assert len(got.to_frame()) == len(got) == 2
    assert "- Study 1  Mantel-Haenszel" in repr(got)


def test_rules_for_zero_cells_are_kept():
    revman = {"drop00": (True, True), "add": (0.5, 0.5), "to": ("only0", "only0")}
    got = ma.leave_one_out(ma.mantel_haenszel("OR", **TABLES, **revman))
    for i, row in enumerate(got):
        rest = {name: np.delete(values, i) for name, values in TABLES.items()}
        assert row.estimate == pytest.approx(ma.mantel_haenszel("OR", **rest, **revman).estimate, rel=1e-12)


def test_what_cannot_be_repeated_needs_a_function():
    fit = ma.peto(**TABLES, add=0.5, to="all")
    with pytest.raises(UsageError, match="give refit"):
        ma.leave_one_out(fit)

    def again(whole, at):
        return ma.peto(**{name: values[at] for name, values in whole.effects.data.items()}, add=0.5, to="all")

    rest = {name: np.delete(values, 2) for name, values in TABLES.items()}
    assert ma.leave_one_out(fit, again).estimate[2] == pytest.approx(ma.peto(**rest, add=0.5, to="all").estimate)


MIXED = [
    (("CM.EL",), "OR", TABLES),
    (("CM.AL",), "OR", TABLES),
    (("UM.FS",), "IRR", {"x1i": [3, 4, 5, 9], "t1i": [10, 20, 30, 25], "x2i": [5, 3, 8, 7], "t2i": [12, 20, 30, 24]}),
    ((), "PLO", {"xi": [3, 4, 5, 9], "ni": [10, 20, 30, 25]}),
]


@pytest.mark.parametrize(("structure", "measure", "data"), MIXED)
def test_a_mixed_model_is_fitted_to_the_rest(structure, measure, data):
    got = ma.leave_one_out(ma.glmm(*structure, measure=measure, ci_method="t", level=0.9, **data))
    for i, row in enumerate(got):
        rest = {name: np.delete(values, i) for name, values in data.items()}
        alone = ma.glmm(*structure, measure=measure, ci_method="t", level=0.9, **rest)
        assert (row.k, row.estimate, row.tau2, row.ci) == (alone.k, alone.estimate, alone.tau2, alone.ci)


def test_a_regression_is_fitted_to_the_rest():
    es = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05], list("abcde"))
    mods = {"dose": np.array([1, 2, 4, 3, 7]), "arm": np.array(list("xxxxy"))}
    whole = ma.meta_regression(es, {"dose": mods["dose"]}, tau2_method="REML", ci_method="hksj", level=0.9)
    got = ma.leave_one_out(whole)
    for i, row in enumerate(got):
        rest = [j for j in range(5) if j != i]
        alone = ma.meta_regression(
            es.take(rest), {"dose": mods["dose"][rest]}, tau2_method="REML", ci_method="hksj", level=0.9
        )
        assert (row.ci, row.tau2, row.qm_pval, row.r2) == (alone.ci, alone.tau2, alone.qm_pval, alone.r2)
        np.testing.assert_array_equal(got.coefficients[i], alone.coefficients)
    assert list(got.to_frame()["dose"]) == got.coefficients[:, 1].tolist()
    both = ma.leave_one_out(ma.meta_regression(es, mods))
    assert (both[4], len(both)) == (None, 5)
    assert both.reasons[4].startswith("without it, column 'arm[T.y]' of the design is 0 in every study")
    assert np.isnan(both.coefficients[4]).all()
    assert json.loads(json.dumps(both.to_dict(), allow_nan=False))["rows"][4]["k"] == 0
    assert repr(both).splitlines()[0] == "Leave-one-out (intercept, dose, arm[T.y])"


def test_every_refit_is_compared():
    assert set(REFITS) == {"IV", "MH", "Peto", "GLMM"}


@pytest.mark.parametrize("repeat", [ma.leave_one_out, ma.cumulative, ma.influence, ma.baujat, ma.residuals])
def test_what_many_fits_take_grows_with_the_studies_not_with_their_square(repeat):
    def most(k):
        fit = ma.pool(ma.EffectSizes.of([0.1, 0.3] * (k // 2), [0.04, 0.05] * (k // 2)))
        tracemalloc.start()
        assert repeat(fit).slab[-1] == f"Study {k}"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(20)  # imports, and what is kept for good
    assert most(800) < 2.5 * most(400) + 300_000  # bytes that something else may take


@pytest.mark.parametrize("mods", [None, [1, 2, 4, 3, 5, 7]])
def test_a_fit_without_a_study_holds_no_studies(mods):
    es = ma.EffectSizes.of([0.1, 0.5, 0.3, 0.9, 0.2, 1.4], [0.04, 0.05, 0.03, 0.06, 0.05, 0.02])
    whole = ma.pool(es) if mods is None else ma.meta_regression(es, mods)
    for fit in ma.leave_one_out(whole):
        assert fit.k == 5
        assert {"effects", "x", "coding", "weights"}.isdisjoint(dir(fit))
