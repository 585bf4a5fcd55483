"""Mantel-Haenszel against metafor and meta, what must hold for any tables, and where it has no answer."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import NotEstimableError, UsageError
from metaan.stats.tables.mantel_haenszel import MH_MEASURES

CASES = json.loads((Path(__file__).parents[2] / "golden" / "mh.json").read_text())["cases"]
HALF = {"c(1/2, 1/2)": (0.5, 0.5), 'c("only0", "only0")': ("only0", "only0"), 'c("only0", "all")': ("only0", "all")}
TESTS = {"CMH": "cmh", "CO": "cochran", "tarone": "tarone", "breslowday": "breslow_day"}
PVALS = {"CMHp": "cmh", "COp": "cochran", "tarone_p": "tarone", "breslowday_p": "breslow_day"}

# Where the reference is not followed, and why.
OVERSHOOT = "metafor's continuity correction goes on beyond 0; R's chisq.test stops there, and so do we"
META_RD = "meta adds 0.5 to the weights of a risk difference but not to the difference; we correct the table or nothing"


def cases(family):
    return [pytest.param(c, id=c["id"]) for c in CASES if c["family"] == family]


def as_pair(value):
    return HALF[value] if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def metafor_options(args):
    options = {k: as_pair(args[k]) for k in ("add", "to", "drop00", "correct") if k in args}
    return options | ({"level": args["level"] / 100} if "level" in args else {})


def agree(got, want, tol):
    assert got == pytest.approx(want, rel=tol["rtol"], abs=tol["atol"])


def overshoots(c):
    """Say whether the excess is below one half, so that Yates's correction meets 0."""
    fit = ma.mantel_haenszel(c["args"]["measure"], **c["data"], **metafor_options(c["args"]))
    return fit.continuity_correction and fit.cmh is not None and fit.cmh.stat == 0


@pytest.mark.parametrize("c", cases("rma_mh"))
def test_metafor(c):
    expect = c["expect"]
    if expect["estimate"] is None:
        with pytest.raises(NotEstimableError):
            ma.mantel_haenszel(c["args"]["measure"], **c["data"], **metafor_options(c["args"]))
        return
    fit = ma.mantel_haenszel(c["args"]["measure"], **c["data"], **metafor_options(c["args"]))
    got = [fit.estimate, fit.se, fit.stat, fit.pval, *fit.ci, fit.i2, fit.h2, fit.q_pval]
    names = ["estimate", "se", "zval", "pval", "ci.lb", "ci.ub", "I2", "H2", "QEp"]
    agree(got, [expect[n] for n in names], c["tol"])
    if expect["k.yi"] > 1:  # metafor sets the Q of one study to 0, also where its table was corrected
        agree(fit.q, expect["QE"], c["tol"])
        assert fit.q_df == expect["k.yi"] - 1
    skipped = ("CMH", "CO", "CMHp", "COp") if overshoots(c) else ()
    for name, field in (TESTS | PVALS).items():
        if name not in skipped and expect[name] is not None:
            test = getattr(fit, field)
            agree(test.stat if name in TESTS else test.pval, expect[name], c["tol"])


def test_the_continuity_correction_never_overshoots():
    known = [c for c in CASES if c["family"] == "rma_mh" and c["expect"]["estimate"] is not None]
    found = [c for c in known if c["expect"]["CMH"] and overshoots(c)]
    assert found, OVERSHOOT
    for c in found:
        options = metafor_options(c["args"]) | {"correct": False}
        bare = ma.mantel_haenszel(c["args"]["measure"], **c["data"], **options)
        assert bare.cmh.stat < c["expect"]["CMH"]  # the reference's correction makes the evidence stronger


def half_corrected(data):
    """Return meta's risk difference: corrected weights, uncorrected differences."""
    a, n1, c, n2 = (np.array(data[name], dtype=float) for name in ("ai", "n1i", "ci", "n2i"))
    zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
    return float(np.average(a / n1 - c / n2, weights=(n1 + zero) * (n2 + zero) / (n1 + n2 + 2 * zero)))


@pytest.mark.parametrize("c", cases("metabin"))
def test_meta(c):
    args, expect = c["args"], c["expect"]
    measure, amount, to = args.get("sm", "RR"), float(args.get("incr", 0.5)), args.get("method.incr", "only0")
    revman = {"drop00": (True, not args.get("allstudies")), "add": (amount, amount), "to": (to, to)}
    options = {} if args.get("MH.exact") else revman
    fit = ma.mantel_haenszel(measure, **c["data"], **options, vtype="GR" if measure == "RD" else None)
    agree(fit.se, expect["seTE.common"], c["tol"])
    if measure != "RD" or c["id"].startswith("dat.bcg"):
        got = [fit.estimate, fit.stat, fit.pval, *fit.ci]
        names = ["TE.common", "statistic.common", "pval.common", "lower.common", "upper.common"]
        agree(got, [expect[n] for n in names], c["tol"])
    else:
        assert abs(fit.estimate - expect["TE.common"]) > 1e-5, META_RD
        assert half_corrected(c["data"]) == pytest.approx(expect["TE.common"], rel=1e-9)
    if args.get("Q.Cochrane"):
        agree(fit.q, expect["Q"], c["tol"])
    agree(ma.mantel_haenszel("OR", **c["data"], correct=False).cochran.stat, expect["Q.CMH"], c["tol"])


def test_every_measure_has_a_reference():
    assert {c["args"]["measure"] for c in CASES if c["family"] == "rma_mh"} == set(MH_MEASURES)


counts = st.integers(0, 12)
tables = st.lists(st.tuples(counts, counts, counts, counts), min_size=2, max_size=6).filter(
    lambda rows: any(a * d for a, _, _, d in rows) and any(b * c for _, b, c, _ in rows)
    and all(a + b and c + d for a, b, c, d in rows)
)  # fmt: skip


def columns(rows):
    return dict(zip(("ai", "bi", "ci", "di"), np.array(rows, dtype=float).T))


def swapped(x):
    return {"ai": x["ci"], "bi": x["di"], "ci": x["ai"], "di": x["bi"]}


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@given(rows=tables)
@settings(max_examples=30)
def test_swapping_the_arms_turns_the_effect_round(measure, rows):
    x = columns(rows)
    one, other = ma.mantel_haenszel(measure, **x), ma.mantel_haenszel(measure, **swapped(x))
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-12)
    assert other.se == pytest.approx(one.se, rel=1e-9)
    assert other.cmh.stat == pytest.approx(one.cmh.stat, abs=1e-9)


@given(rows=tables)
@settings(max_examples=30)
def test_swapping_events_and_non_events_inverts_the_odds_ratio(rows):
    x = columns(rows)
    flipped = ma.mantel_haenszel("OR", ai=x["bi"], bi=x["ai"], ci=x["di"], di=x["ci"])
    one = ma.mantel_haenszel("OR", **x)
    assert flipped.estimate == pytest.approx(-one.estimate, abs=1e-12)
    assert flipped.tarone.stat == pytest.approx(one.tarone.stat, abs=1e-8)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@given(rows=tables, seed=st.integers(0, 99))
@settings(max_examples=20)
def test_the_order_of_studies_does_not_matter(measure, rows, seed):
    mixed = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    one, other = ma.mantel_haenszel(measure, **columns(rows)), ma.mantel_haenszel(measure, **columns(mixed))
    assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("double", [(0, 9, 0, 8), (9, 0, 8, 0)])
@given(rows=tables)
@settings(max_examples=20)
def test_a_double_zero_study_changes_nothing_for_the_odds_ratio(double, rows):
    one, more = ma.mantel_haenszel("OR", **columns(rows)), ma.mantel_haenszel("OR", **columns([*rows, double]))
    assert (more.estimate, more.se) == pytest.approx((one.estimate, one.se), rel=1e-12)
    assert (more.k, more.q, more.q_df) == (one.k, pytest.approx(one.q), one.q_df)
    assert more.excluded[-1] == (f"Study {len(rows) + 1}", "no events, or only events, in both arms")


@given(rows=tables)
@settings(max_examples=20)
def test_tenfold_tables_keep_the_estimate_and_divide_the_variance(rows):
    one, ten = ma.mantel_haenszel("OR", **columns(rows)), ma.mantel_haenszel("OR", **columns(np.array(rows) * 10))
    assert ten.estimate == pytest.approx(one.estimate, abs=1e-12)
    assert ten.se * math.sqrt(10) == pytest.approx(one.se, rel=1e-9)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_a_stratum_split_in_equal_parts_pools_to_the_whole(measure):
    whole = ma.mantel_haenszel(measure, ai=[20, 6], bi=[80, 30], ci=[40, 9], di=[60, 31])
    parts = ma.mantel_haenszel(measure, ai=[10, 10, 6], bi=[40, 40, 30], ci=[20, 20, 9], di=[30, 30, 31])
    assert (parts.estimate, parts.se) == pytest.approx((whole.estimate, whole.se), rel=1e-12)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_one_study_is_its_own_effect(measure):
    data = {"ai": [7], "bi": [43], "ci": [12], "di": [36]}
    fit, es = ma.mantel_haenszel(measure, **data), ma.effect_sizes(measure, **data)
    assert fit.estimate == pytest.approx(float(es.yi[0]), rel=1e-12)
    assert (fit.k, fit.q_df, fit.i2) == (1, 0, 0.0)
    assert fit.weights.tolist() == pytest.approx([100])


def test_a_dominant_study_takes_the_weight():
    fit = ma.mantel_haenszel("RR", ai=[3, 4100], n1i=[40, 50000], ci=[6, 4600], n2i=[41, 50010])
    assert fit.weights[1] > 99.8
    assert fit.estimate == pytest.approx(math.log(4100 / 50000 / (4600 / 50010)), abs=2e-3)


def test_only_events_in_both_arms_say_something_about_a_risk_ratio_and_nothing_about_an_odds_ratio():
    data = {"ai": [10, 5], "n1i": [10, 20], "ci": [12, 9], "n2i": [12, 20]}
    assert ma.mantel_haenszel("RR", **data).k == 2
    assert ma.mantel_haenszel("OR", **data).k == 1


def test_double_zero_studies_pull_the_risk_difference_to_zero():
    data = {"ai": [5], "n1i": [50], "ci": [1], "n2i": [50]}
    more = {name: [*values, extra] for (name, values), extra in zip(data.items(), [0, 50, 0, 50])}
    assert ma.mantel_haenszel("RD", **more).estimate == pytest.approx(ma.mantel_haenszel("RD", **data).estimate / 2)
    assert ma.mantel_haenszel("RD", **more).k == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"ai": [0, 0], "n1i": [50, 40], "ci": [3, 2], "n2i": [50, 40]}, "the experimental arm has no events"),
        ({"ai": [3, 2], "n1i": [50, 40], "ci": [0, 0], "n2i": [50, 40]}, "the control arm has no events"),
        ({"ai": [50, 40], "n1i": [50, 40], "ci": [3, 2], "n2i": [50, 40]}, "experimental arm has nobody without"),
        ({"ai": [50, 0], "n1i": [50, 40], "ci": [3, 0], "n2i": [50, 40]}, "nobody without an event"),
        ({"ai": [0, 9], "n1i": [9, 9], "ci": [0, 9], "n2i": [9, 9]}, "no study says anything"),
    ],
)
def test_an_empty_arm_is_named(data, words):
    with pytest.raises(NotEstimableError, match=words):
        ma.mantel_haenszel("OR", **data)


def test_a_study_without_one_arm_is_left_out_and_named():
    data = {"ai": [3, 0, 5, None], "n1i": [50, 0, 60, 20], "ci": [4, 2, 8, 3], "n2i": [50, 30, 60, 20]}
    why = (("Study 2", "an arm without patients"), ("Study 4", "a count is missing"))
    both = {name: [values[0], values[2]] for name, values in data.items()}
    fits = [
        (ma.mantel_haenszel("RD", **data), ma.mantel_haenszel("RD", **both)),
        (ma.peto(**data), ma.peto(**both)),
        (ma.beta_binomial(**data), ma.beta_binomial(**both)),
    ]
    for all_of_them, sound in fits:
        assert all_of_them.excluded == why
        assert (all_of_them.k, all_of_them.estimate, all_of_them.se) == (2, sound.estimate, sound.se)


def test_an_empty_arm_leaves_the_test_of_no_effect():
    """mantelhaen.test of R 4.2.2 stats: X-squared = 3.2560, 5.0874 without the continuity correction."""
    data = {"ai": [0, 0], "n1i": [50, 40], "ci": [3, 2], "n2i": [50, 40]}
    with pytest.raises(NotEstimableError, match=r"no events in any study; .*CMH X2\(1\) = 3\.256"):
        ma.mantel_haenszel("OR", **data)
    with pytest.raises(NotEstimableError, match=r"CMH X2\(1\) = 5\.087"):
        ma.mantel_haenszel("RR", correct=False, **data)
    with pytest.raises(NotEstimableError, match=r"CMH X2\(1\)"):
        ma.mantel_haenszel("IRR", x1i=[0, 0], t1i=[50, 40], x2i=[3, 2], t2i=[50, 40])


@pytest.mark.parametrize("data", [{"ai": [0, 0], "ci": [0, 0]}, {"ai": [10, 0], "ci": [12, 0]}])
def test_nothing_but_double_zeros_has_no_difference_with_an_error(data):
    with pytest.raises(NotEstimableError, match=r"no events, or only events, in every study$"):
        ma.mantel_haenszel("RD", **data, n1i=[10, 20], n2i=[12, 30])


def test_rates_without_events_have_no_difference_with_an_error():
    with pytest.raises(NotEstimableError, match="no events in either arm"):
        ma.mantel_haenszel("IRD", x1i=[0], t1i=[10], x2i=[0], t2i=[12])


def test_unknown_words_list_what_is_allowed():
    data = {"ai": [3], "n1i": [50], "ci": [4], "n2i": [50]}
    with pytest.raises(UsageError, match="allowed: OR, RR, RD, IRR, IRD"):
        ma.mantel_haenszel("SMD", **data)
    with pytest.raises(UsageError, match="allowed: Sato, GR"):
        ma.mantel_haenszel("RD", vtype="RBG", **data)
    with pytest.raises(UsageError, match="between 0 and 1"):
        ma.mantel_haenszel("RD", level=95, **data)


def test_a_result_goes_to_plain_values_and_prints_itself():
    fit = ma.mantel_haenszel("OR", ai=[3, 5], n1i=[50, 60], ci=[4, 8], n2i=[50, 60])
    plain = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert plain["tarone"]["df"] == 1
    assert plain["cmh"]["pval"] == pytest.approx(fit.cmh.pval)
    assert f"Tarone X2(1) = {fit.tarone.stat:.4g}" in repr(fit)
    assert fit.to_frame()["weight"].sum() == pytest.approx(100)
