"""Small-study tests against metafor and meta, statsmodels, and what must hold for any data."""

import json
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.measures.catalogue import MEASURES
from metaan.stats.numerics.numerals import p_text
from metaan.stats.pooling.models import MODELS
from metaan.stats.small_studies.catalogue import PREDICTORS, SMALL_STUDY_TESTS
from metaan.stats.small_studies.lines import mixed_line
from metaan.stats.small_studies.rank import kendall

GOLDEN = Path(__file__).parents[2] / "golden" / "bias.json"
CASES = json.loads(GOLDEN.read_text())["cases"]
META = {
    "Begg": "begg",
    "Egger": "egger",
    "Thompson": "thompson-sharp",
    "Harbord": "harbord",
    "Macaskill": "macaskill",
    "Peters": "peters",
    "Deeks": "deeks",
    "Schwarzer": "schwarzer",
    "Pustejovsky": "pustejovsky",
}
MEASURE = {"DOR": "OR", "ASD": "OR"}  # meta names the measure by the test

# Where the reference is not followed, and why; each has a test of its own below.
DIFFERENT = {
    "dat.bcg/metabias/2x2/RR/Harbord": "meta takes the arms of a risk ratio to be of equal size",
    "dat.nielweise2007/metabias/2x2/RR/Harbord": "meta takes the arms of a risk ratio to be of equal size",
    "dat.lau1992/metabias/2x2/OR/Thompson": "meta's REML stops before its optimum",
}


def cases(family):
    return [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == family and c["id"] not in DIFFERENT]


def case(wanted):
    return next(c for c in CASES if c["id"] == wanted)


def agree(got, want, tol):
    if want is None:
        assert got is None
    else:
        assert got == pytest.approx(want, rel=tol["rtol"], abs=tol["atol"])


def metafor_regtest(c):
    args, data = c["args"], c["data"]
    es = ma.EffectSizes.of(data["yi"], data["vi"])
    shared = {"predictor": args["predictor"], "ni": data.get("ni"), "force": True}
    if args["model"] == "lm":
        return ma.small_study_test(es, "egger", **shared)
    model = {"model": "common"} if args["method"] == "EE" else {"tau2_method": args["method"]}
    ci_method = {"z": "wald", "knha": "hksj"}[args["test"]]
    return ma.small_study_test(es, "egger-mixed", **model, ci_method=ci_method, **shared)


@pytest.mark.parametrize("c", cases("regtest"))
def test_regression_agrees_with_metafor(c):
    if c["expect"] is None or c["expect"]["stat"] is None:  # metafor answers nan; a test without a statistic is none
        with pytest.raises(NotEstimableError, match="k = 2"):
            metafor_regtest(c)
        return
    got, want, tol = metafor_regtest(c), c["expect"], c["tol"]
    pairs = {"stat": got.stat, "pval": got.pval, "df": got.df, "limit_est": got.limit, "intercept": got.intercept}
    pairs |= {"intercept_se": got.intercept_se, "slope": got.bias, "slope_se": got.bias_se}
    if "tau2" in want:
        pairs["tau2"] = got.tau2
    lb, ub = got.limit_ci or (None, None)
    for name, value in (pairs | {"limit_ci.lb": lb, "limit_ci.ub": ub}).items():
        agree(value, want[name], tol)


@pytest.mark.parametrize("c", cases("ranktest"))
def test_rank_correlation_agrees_with_metafor(c):
    es = ma.EffectSizes.of(c["data"]["yi"], c["data"]["vi"])
    if c["expect"] is None or c["expect"]["tau"] is None:
        with pytest.raises(NotEstimableError):
            ma.small_study_test(es, "begg", force=True)
        return
    got = ma.small_study_test(es, "begg", force=True)
    agree(got.tau, c["expect"]["tau"], c["tol"])
    agree(got.pval, c["expect"]["pval"], c["tol"])


def meta_metabias(c):
    measure = MEASURE.get(c["args"]["sm"], c["args"]["sm"])
    options = {"vtype": "UB"} if measure == "SMD" else {"drop00": True}
    es = ma.effect_sizes(measure, **options, **c["data"])
    return ma.small_study_test(es, META[c["args"]["method.bias"]], exact=False, force=True)


@pytest.mark.parametrize("c", cases("metabias"))
def test_tests_agree_with_meta(c):
    if c["expect"] is None or c["expect"]["statistic"] is None:
        with pytest.raises(NotEstimableError):
            meta_metabias(c)
        return
    got, want, tol = meta_metabias(c), c["expect"], c["tol"]
    agree(got.stat, want["statistic"], tol)
    agree(got.pval, want["pval"], tol)
    assert got.df == want["df"]
    agree(got.bias, want["ks" if "ks" in want else "bias"], tol)
    agree(got.bias_se, want["se.ks" if "ks" in want else "se.bias"], tol)


def test_every_test_and_predictor_has_a_reference():
    tests = {META[c["args"]["method.bias"]] for c in CASES if c["family"] == "metabias"} | {"egger-mixed"}
    assert tests == set(SMALL_STUDY_TESTS)
    assert {c["args"]["predictor"] for c in CASES if c["family"] == "regtest"} == set(PREDICTORS)


@pytest.mark.parametrize("wanted", [i for i in DIFFERENT if i.endswith("Harbord")])
def test_harbord_of_a_risk_ratio_is_its_efficient_score(wanted):
    """The score and its information, differentiated numerically from the likelihood of two binomials of any size."""
    c = case(wanted)
    es = ma.effect_sizes("RR", drop00=True, **c["data"])
    got = ma.small_study_test(es, "harbord", force=True)
    z, v = np.array(
        [score_of_log_risk_ratio(*row) for row in zip(*(got.effects.data[x] for x in ("ai", "bi", "ci", "di")))]
    ).T
    slope = np.polyfit(1 / np.sqrt(v), z / v, 1, w=np.sqrt(v))[0]
    assert got.bias == pytest.approx(slope, rel=1e-3)
    assert got.bias != pytest.approx(c["expect"]["bias"], rel=0.02)


def score_of_log_risk_ratio(a, b, c, d):
    """Return the score at no effect and its expected information, less what the unknown risk costs."""
    n1, n2 = a + b, c + d
    p = (a + c) / (n1 + n2)
    h, at = 3e-3, np.log(p)

    def surface(a, c):
        def log_likelihood(theta, base):
            p1, p2 = np.exp(base + theta), np.exp(base)
            return a * np.log(p1) + (n1 - a) * np.log1p(-p1) + c * np.log(p2) + (n2 - c) * np.log1p(-p2)

        return np.array([[log_likelihood(i * h, at + j * h) for j in (-1, 0, 1)] for i in (-1, 0, 1)])

    f, g = surface(a, c), surface(n1 * p, n2 * p)
    tt, bb = -(g[2, 1] - 2 * g[1, 1] + g[0, 1]) / h**2, -(g[1, 2] - 2 * g[1, 1] + g[1, 0]) / h**2
    tb = -(g[2, 2] - g[2, 0] - g[0, 2] + g[0, 0]) / (4 * h**2)
    return (f[2, 1] - f[0, 1]) / (2 * h), tt - tb**2 / bb


def test_thompson_sharp_is_nearer_the_optimum_than_meta():
    """At the REML optimum the restricted likelihood of the line is flat; meta's slope belongs to another tau2."""
    c = case("dat.lau1992/metabias/2x2/OR/Thompson")
    got = meta_metabias(c)
    es = got.effects

    def likelihood(tau2):
        w, x = 1 / (es.vi + tau2), np.column_stack([np.ones(es.k), es.sei])
        a = x.T @ (w[:, None] * x)
        r = es.yi - x @ np.linalg.solve(a, x.T @ (w * es.yi))
        return np.log(w).sum() / 2 - np.linalg.slogdet(a)[1] / 2 - w @ (r * r) / 2

    step = 0.05 * got.tau2
    assert likelihood(got.tau2) >= max(likelihood(got.tau2 - step), likelihood(got.tau2 + step))
    assert got.bias == pytest.approx(c["expect"]["bias"], rel=5e-3)


def studies(low=3, high=15):
    value = st.floats(-3, 3).map(lambda y: round(y, 3))
    return st.lists(st.tuples(value, st.floats(0.01, 2).map(lambda v: round(v, 3))), min_size=low, max_size=high)


def estimable(es, test, **options):
    try:
        return ma.small_study_test(es, test, force=True, **options)
    except NotEstimableError:
        return None


@settings(max_examples=40)
@given(studies(), st.sampled_from(["egger", "egger-mixed", "thompson-sharp", "begg"]), st.sampled_from([-1, 0.25, 8]))
def test_statistic_follows_the_unit_and_the_sign_of_the_effect(rows, test, factor):
    yi, vi = np.array(rows).T
    one = estimable(ma.EffectSizes.of(yi, vi), test, tau2_method="DL")
    two = estimable(ma.EffectSizes.of(factor * yi, factor**2 * vi), test, tau2_method="DL")
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert two.stat == pytest.approx(np.sign(factor) * one.stat, rel=1e-6, abs=1e-6)
        assert two.pval == pytest.approx(one.pval, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_line_through_all_studies_is_one_however_alike_their_sizes_are(order):
    yi, vi = np.array([0.0, 0.0, 1.0])[list(order)], np.array([1.625, 1.625, 1.5])[list(order)]
    with pytest.raises(NotEstimableError, match="all studies lie on one line"):
        ma.small_study_test(ma.EffectSizes.of(yi, vi), "egger", force=True)


@settings(max_examples=30)
@given(studies(), st.randoms(use_true_random=False), st.sampled_from(["egger", "begg"]))
def test_order_of_the_studies_does_not_matter(rows, random, test):
    mixed = random.sample(rows, len(rows))
    one, two = (estimable(ma.EffectSizes.of(*np.array(r).T), test) for r in (rows, mixed))
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert two.stat == pytest.approx(one.stat, rel=1e-6, abs=1e-7)


@settings(max_examples=30)
@given(studies(low=5))
def test_egger_is_weighted_least_squares(rows):
    import statsmodels.api as sm

    yi, vi = np.array(rows).T
    found = estimable(ma.EffectSizes.of(yi, vi), "egger")
    if found is None or np.ptp(vi) < 0.05 or np.ptp(yi) < 0.05:
        return
    fit = sm.WLS(yi, sm.add_constant(np.sqrt(vi)), weights=1 / vi).fit()
    assert [found.intercept, found.bias] == pytest.approx(fit.params.tolist(), rel=1e-6, abs=1e-8)
    assert [found.intercept_se, found.bias_se] == pytest.approx(fit.bse.tolist(), rel=1e-6)
    assert found.pval == pytest.approx(fit.pvalues[1], rel=1e-6)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=40), st.booleans())
def test_kendall_agrees_with_scipy(rows, exact):
    from scipy.stats import kendalltau

    x, y = np.array(rows, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        with pytest.raises(NotEstimableError):
            kendall(x, y)
        return
    got = kendall(x, y, exact)
    want = kendalltau(x, y, method="exact" if got.exact else "asymptotic")
    assert got.tau == pytest.approx(want.statistic, abs=1e-12)
    assert got.pval == pytest.approx(want.pvalue, rel=1e-8)


@pytest.mark.parametrize("n", [2, 3, 29, 30, 31, 90])
def test_exact_kendall_without_ties_agrees_with_scipy(n):
    from scipy.stats import kendalltau

    x = np.random.default_rng(n).permutation(n).astype(float)
    y = x + np.random.default_rng(n + 1).normal(scale=n / 3, size=n)
    got = kendall(x, y)
    assert got.exact
    assert got.pval == pytest.approx(kendalltau(x, y, method="exact").pvalue, rel=1e-8)


def ten(measure="GEN"):
    vi = [0.30, 0.25, 0.22, 0.20, 0.16, 0.12, 0.10, 0.08, 0.05, 0.02]
    return ma.EffectSizes.of([0.9, 0.7, 0.8, 0.5, 0.6, 0.4, 0.3, 0.35, 0.3, 0.2], vi, measure=measure)


def test_fewer_than_ten_studies_are_refused_unless_forced():
    es = ten().take(range(9))
    with pytest.raises(NotEstimableError, match="k = 9"):
        ma.small_study_test(es, "egger")
    assert "k = 9" in ma.small_study_test(es, "egger", force=True).note
    assert ma.small_study_test(ten(), "egger").note == ""


@pytest.mark.parametrize(
    ("measure", "better"), [("OR", "harbord or peters"), ("RR", "harbord"), ("SMD", "pustejovsky")]
)
def test_egger_is_refused_where_the_error_depends_on_the_effect(measure, better):
    for test in ("egger", "egger-mixed", "begg", "thompson-sharp"):
        with pytest.raises(NotEstimableError, match=better):
            ma.small_study_test(ten(measure), test)
    assert better in ma.small_study_test(ten(measure), "egger", force=True).note
    assert ma.small_study_test(ten(measure), "egger", predictor="sqrtninv", ni=np.arange(20, 30)).note == ""


@pytest.mark.parametrize("code", [*MEASURES, "a scale of our own"])
@pytest.mark.parametrize("test", [name for name, entry in SMALL_STUDY_TESTS.items() if not entry.measures])
def test_what_looks_at_the_standard_error_asks_whether_it_is_tied_to_the_effect(code, test):
    if code in MEASURES and MEASURES[code].tied:
        with pytest.raises(NotEstimableError, match=f"standard error of {code} depends on the effect itself"):
            ma.small_study_test(ten(code), test)
    else:
        assert ma.small_study_test(ten(code), test).note == ""


@pytest.mark.parametrize("code", [code for code, m in MEASURES.items() if m.tied])
def test_what_is_named_instead_is_made_for_the_measure(code):
    named = ma.small_study_test(ten(code), "egger", force=True).note.partition("; use ")[2]
    dedicated = [name for name, entry in SMALL_STUDY_TESTS.items() if code in entry.measures]
    *others, last = named.split(" or ")
    if dedicated:
        assert [*others, last] == dedicated
    else:
        assert last == "egger with predictor='sqrtninv'"
        assert all(MEASURES[text.removeprefix("egger on ")].family is MEASURES[code].family for text in others)


@pytest.mark.parametrize(
    ("code", "same"),
    [("PLN", "PAS or egger on PFT"), ("IRLN", "IRS or egger on IRFT"), ("COR", "ZCOR"), ("ARAW", "ABT"), ("R2", "ZR2")],
)
def test_the_same_effect_is_named_under_a_transformation_that_is_not_tied(code, same):
    with pytest.raises(NotEstimableError, match=f"use egger on {same} or egger with"):
        ma.small_study_test(ten(code), "egger")


def test_an_effect_times_a_constant_has_the_same_test():
    counts = {"ai": range(2, 14), "n1i": [60] * 12, "ci": range(3, 15), "n2i": range(60, 84, 2)}
    ways = [(("OR", "OR2D", "OR2DN"), counts, test) for test in ("peters", "macaskill")]
    rng = np.random.default_rng(3)
    groups = {f"{name}{g}i": rng.uniform(low, 2 * low, 12) for name, low in (("m", 4), ("sd", 1)) for g in (1, 2)}
    ways.append((("D2OR", "D2ORN"), {**groups, "n1i": range(20, 32), "n2i": range(50, 26, -2)}, "pustejovsky"))
    for codes, data, test in ways:
        first, *others = (ma.small_study_test(ma.effect_sizes(code, **data), test) for code in codes)
        assert [found.stat for found in others] == pytest.approx([first.stat] * len(others), rel=1e-9)
        assert first.note == ""


def test_the_size_of_a_rate_is_its_person_time():
    times = np.arange(100, 220, 10)
    one = ma.effect_sizes("IRLN", xi=range(3, 15), ti=times)
    two = ma.effect_sizes("IRR", x1i=range(3, 15), t1i=times, x2i=range(4, 16), t2i=2 * times)
    for es, sizes in ((one, times), (two, 3 * times)):
        own, given = (ma.small_study_test(es, "egger", predictor="sqrtninv", ni=ni) for ni in (None, sizes))
        assert own.stat == given.stat
        assert own.note == ""


@pytest.mark.parametrize("model", MODELS)
def test_a_pool_by_any_model_can_be_tested(model):
    """A model without tau2 asks for the line under a common effect, one with tau2 for the mixed model."""
    fit = ma.pool(ten(), model, "DL")
    for test in ("egger", "begg", "thompson-sharp"):
        assert ma.small_study_test(fit, test).pval == ma.small_study_test(ten(), test, tau2_method="DL").pval
    own = {"model": "random", "tau2_method": "DL"} if model in ("random", "ivhet") else {"model": "common"}
    assert ma.small_study_test(fit, "egger-mixed").pval == ma.small_study_test(ten(), "egger-mixed", **own).pval


def test_tests_for_counts_need_counts_and_the_right_measure():
    with pytest.raises(NotEstimableError, match="needs ai, bi, ci, di"):
        ma.small_study_test(ten("OR"), "harbord", force=True)
    counts = {"ai": range(2, 14), "n1i": [60] * 12, "ci": range(3, 15), "n2i": range(60, 84, 2)}
    with pytest.raises(NotEstimableError, match="not made for RD; allowed: OR, RR"):
        ma.small_study_test(ma.effect_sizes("RD", **counts), "harbord")
    assert ma.small_study_test(ma.effect_sizes("OR", **counts), "harbord").note == ""


def test_tables_without_events_are_left_out_and_named():
    es = ma.effect_sizes("OR", ai=[0, 2, 3, 6, 1], n1i=[20] * 5, ci=[0, 4, 5, 5, 2], n2i=[20, 22, 24, 26, 90])
    found = ma.small_study_test(es, "peters", force=True)
    assert (found.k, found.excluded) == (4, (("Study 1", "no events, or only events, in both arms"),))


def test_studies_of_the_same_size_are_refused_even_if_forced():
    es = ma.EffectSizes.of([0.1, 0.4, 0.3, 0.9], [0.04] * 4)
    for test in ("egger", "egger-mixed", "thompson-sharp", "begg"):
        with pytest.raises(NotEstimableError, match="precision"):
            ma.small_study_test(es, test, force=True)


def test_studies_on_one_line_leave_nothing_to_test_against():
    with pytest.raises(NotEstimableError, match="scatter"):
        ma.small_study_test(ma.EffectSizes.of([0.25] * 4, [0.01, 0.04, 0.02, 0.09]), "egger", force=True)


def test_two_studies_have_a_line_only_under_a_common_effect():
    es = ma.EffectSizes.of([0.1, 0.6], [0.02, 0.05])
    assert ma.small_study_test(es, "egger-mixed", model="common", force=True).df is None
    for test in ("egger", "egger-mixed"):
        with pytest.raises(NotEstimableError, match="at least 3"):
            ma.small_study_test(es, test, force=True)


def test_a_pooled_result_lends_its_model_and_methods():
    es = ten()
    fit = ma.pool(es, tau2_method="PM", ci_method="hksj")
    line = mixed_line(es.yi, es.sei, es.vi, "PM", "hksj")
    assert ma.small_study_test(fit, "egger-mixed").pval == line.pval
    assert ma.small_study_test(ma.pool(es, model="common"), "egger-mixed").tau2 == 0


def test_sample_sizes_come_from_the_data_or_the_caller():
    counts = {"ai": range(2, 14), "n1i": range(30, 42), "ci": range(3, 15), "n2i": range(60, 84, 2)}
    es = ma.effect_sizes("OR", **counts)
    sizes = np.array(counts["n1i"]) + np.array(counts["n2i"])
    one, two = (ma.small_study_test(es, "egger", predictor="ninv", ni=ni) for ni in (None, sizes))
    assert one.stat == two.stat
    with pytest.raises(NotEstimableError, match="sample sizes"):
        ma.small_study_test(ten(), "egger", predictor="ninv")
    with pytest.raises(DataError, match="3 values for 10 studies"):
        ma.small_study_test(ten(), "egger", predictor="ninv", ni=[10, 20, 30])
    with pytest.raises(DataError, match="above 0"):
        ma.small_study_test(ten(), "egger", predictor="ninv", ni=[0, *range(10, 19)])


def test_sizes_stay_with_their_studies_where_one_has_no_effect():
    es = ten()
    gap = ma.EffectSizes.of([None, *es.yi], [None, *es.vi])
    whole = ma.small_study_test(es, "egger", predictor="ninv", ni=range(10, 20))
    assert ma.small_study_test(gap, "egger", predictor="ninv", ni=range(9, 20)).stat == whole.stat


def test_unknown_words_are_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="did you mean egger"):
        ma.small_study_test(ten(), "eger")
    with pytest.raises(UsageError, match="predictor"):
        ma.small_study_test(ten(), predictor="se")
    with pytest.raises(UsageError, match="level"):
        ma.small_study_test(ten(), level=95)
    with pytest.raises(UsageError, match="regression"):
        ma.small_study_test(ten(), "egger-mixed", ci_method="KR")


@pytest.mark.parametrize("test", ["egger", "begg", "egger-mixed"])
def test_result_is_plain_and_readable(test):
    found = ma.small_study_test(ten("OR"), test, force=True)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["test"] == test
    frame = found.to_frame()
    assert (len(frame), frame.loc[0, "pval"]) == (1, found.pval)
    assert p_text(found.pval, 4) in repr(found)
    assert "forced although" in repr(found)
    assert ("limit estimate" in repr(found)) == (test != "begg")


def begg_in_exact_arithmetic(yi, vi):
    """Concordant less discordant pairs of effects and variances, of fractions: deviates by their squares."""
    total = sum(1 / v for v in vi)
    mean = sum(y / v for y, v in zip(yi, vi)) / total
    deviates = [(y - mean) * abs(y - mean) / (v - 1 / total) for y, v in zip(yi, vi)]
    pairs = [(i, j) for i in range(len(yi)) for j in range(i)]
    return sum(np.sign(deviates[i] - deviates[j]) * np.sign(vi[i] - vi[j]) for i, j in pairs)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(-5, 5), st.sampled_from([1, 2, 5, 10])), min_size=4, max_size=9),
    move=st.sampled_from([Fraction(0), Fraction(-7, 10), Fraction(1, 3), Fraction(-1001, 10)]),
)
def test_ties_of_a_rank_test_are_those_of_exact_arithmetic(rows, move):
    yi = [Fraction(y, 10) + move for y, _ in rows]
    vi = [Fraction(v, 30) for _, v in rows]
    if len(set(vi)) == 1 or len(set(yi)) == 1:
        return
    noisy = [float(v) * (1 + 2e-16 * i) for i, v in enumerate(vi)]  # as sums of reciprocals in another order are
    found = ma.small_study_test(ma.EffectSizes.of([float(y) for y in yi], noisy), "begg", force=True)
    assert found.bias == begg_in_exact_arithmetic(yi, vi)


def test_a_line_without_scatter_has_no_hartung_knapp_error():
    yi = np.array([0.1, 0.2, 0.3, 0.5])
    with pytest.raises(NotEstimableError, match="lie on one line"):
        mixed_line(yi, np.sqrt(yi * yi), np.full(4, 0.1), None, "hksj")
    assert mixed_line(yi, yi, np.full(4, 0.1), None, "hksj-adhoc").slope == pytest.approx(1)


def test_counts_in_the_hundreds_of_millions_need_no_more_memory_than_their_spread():
    events, n = np.array([3e8, 2e8, 1e8, 4e8]), np.full(4, 9e8)
    tables = {"ai": events, "n1i": n, "ci": events - [20_000, 10_000, 0, 30_000], "n2i": n}
    assert 0 < ma.small_study_test(ma.effect_sizes("OR", **tables), "schwarzer", force=True).pval <= 1
