"""Trim and fill against metafor, and what must hold for any funnel."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.errors import ConvergenceError, NotEstimableError, UsageError
from metaan.stats.small_studies.trimfill import K0_ESTIMATORS

CASES = json.loads((Path(__file__).parents[2] / "golden" / "trimfill.json").read_text())["cases"]

# metafor trims all studies here, because the distance of a study from itself is not 0 in its arithmetic.
DIFFERENT = {"edge_k2/trimfill/OR/EE/L0/auto"}


def fit_of(c):
    method = {"model": "common"} if c["args"]["method"] == "EE" else {"tau2_method": c["args"]["method"]}
    return ma.pool(ma.EffectSizes.of(c["data"]["yi"], c["data"]["vi"]), **method)


def restricted_likelihood(es, tau2):
    w = 1 / (es.vi + tau2)
    mean = w @ es.yi / w.sum()
    return (np.log(w).sum() - np.log(w.sum()) - w @ (es.yi - mean) ** 2) / 2


@pytest.mark.parametrize("c", [pytest.param(c, id=c["id"]) for c in CASES if c["id"] not in DIFFERENT])
def test_agrees_with_metafor(c):
    """metafor fits the filled studies without the tightened control of the first fit: REML stops up to 1e-5 early."""
    options = (c["args"]["estimator"], c["args"]["side"])
    if c["expect"] is None:
        with pytest.raises(NotEstimableError):
            ma.trim_and_fill(fit_of(c), *options)
        return
    got, want = ma.trim_and_fill(fit_of(c), *options), c["expect"]
    close = {"rel": c["tol"]["rtol"], "abs": c["tol"]["atol"]}
    assert (got.k0, got.side, got.k) == (want["k0"], want["side"], want["k"])
    assert got.k0_se == pytest.approx(want["se.k0"], **close)
    assert got.k0_pval == (want["p.k0"] if want["p.k0"] is None else pytest.approx(want["p.k0"]))
    assert sorted(got.filled.yi) == pytest.approx(sorted(want["filled_yi"]), **close)
    assert sorted(got.filled.vi) == pytest.approx(sorted(want["filled_vi"]), **close)
    adjusted = got.adjusted
    if c["args"]["method"] == "REML":
        ours, theirs = (restricted_likelihood(adjusted.effects, t) for t in (adjusted.tau2, want["tau2"]))
        assert ours >= theirs - 1e-12
        close = {"rel": 2e-3, "abs": 1e-4 * max(1, want["se"])}
    for name, value in (("estimate", adjusted.estimate), ("se", adjusted.se), ("zval", adjusted.stat)):
        assert value == pytest.approx(want[name], **close), name
    assert list(adjusted.ci) == pytest.approx([want["ci.lb"], want["ci.ub"]], **close)
    assert adjusted.q == pytest.approx(want["QE"], rel=1e-6)


def test_every_estimator_and_side_has_a_reference():
    assert {c["args"]["estimator"] for c in CASES} == set(K0_ESTIMATORS)
    assert {c["args"]["side"] for c in CASES} == {"auto", "left", "right"}


@st.composite
def funnels(draw):
    k = draw(st.integers(4, 14))
    yi = draw(st.lists(st.floats(-2, 2).map(lambda y: round(y, 2)), min_size=k, max_size=k, unique=True))
    vi = draw(st.lists(st.floats(0.02, 1).map(lambda v: round(v, 2)), min_size=k, max_size=k))
    return ma.pool(ma.EffectSizes.of(yi, vi), model=draw(st.sampled_from(["common", "random"])))


def filled(fit, estimator, side):
    try:
        return ma.trim_and_fill(fit, estimator, side)
    except (NotEstimableError, ConvergenceError) as error:
        return type(error)


@settings(max_examples=25)
@given(funnels(), st.sampled_from(sorted(K0_ESTIMATORS)), st.sampled_from(["left", "right"]))
def test_the_mirror_image_of_a_funnel_gives_the_mirror_image(fit, estimator, side):
    mirrored = ma.pool(ma.EffectSizes.of(-fit.effects.yi, fit.effects.vi), model=fit.model)
    one = filled(fit, estimator, side)
    two = filled(mirrored, estimator, {"left": "right", "right": "left"}[side])
    if isinstance(one, type) or isinstance(two, type):
        assert one == two
        return
    assert (two.k0, two.iterations) == (one.k0, one.iterations)
    assert two.adjusted.estimate == pytest.approx(-one.adjusted.estimate, abs=1e-10)
    assert sorted(-two.filled.yi) == pytest.approx(sorted(one.filled.yi), abs=1e-10)


@settings(max_examples=20)
@given(funnels(), st.sampled_from([0.25, 8.0]), st.sampled_from(["left", "right"]))
def test_unit_of_the_effect_does_not_matter(fit, factor, side):
    scaled = ma.pool(ma.EffectSizes.of(factor * fit.effects.yi, factor**2 * fit.effects.vi), model=fit.model)
    one, two = filled(fit, "L0", side), filled(scaled, "L0", side)
    if isinstance(one, type) or isinstance(two, type):
        assert one == two
        return
    assert two.k0 == one.k0
    assert two.adjusted.estimate == pytest.approx(factor * one.adjusted.estimate, abs=1e-9)


def in_exact_arithmetic(yi, vi, side):
    """Trim and fill, L0, common effect, of fractions: the number of missing studies, or None where it does not end."""
    sign = -1 if side == "right" else 1
    rows = sorted(((sign * y, v) for y, v in zip(yi, vi)), key=lambda row: row[0])
    k, k0 = len(rows), 0
    for _ in range(30):
        kept = rows[: k - k0]
        if not kept:
            return None
        centre = sum(y / v for y, v in kept) / sum(1 / v for _, v in kept)
        centred = [y - centre for y, _ in rows]
        by_distance = sorted(range(k), key=lambda i: abs(centred[i]))
        upper = sum(rank for rank, i in enumerate(by_distance, 1) if centred[i] > 0)
        found = max(0, round(Fraction(4 * upper - k * (k + 1), 2 * k - 1)))
        if found == k0:
            return k0
        k0 = found
    return None


ISSUE = ([-4, -4, 1, 1, -2, -2, 3, 3], [5, 10, 5, 10, 5, 20, 20, 2])  # tenths, hundredths
MOVES = [Fraction(0), Fraction(-7, 10), Fraction(1, 3), Fraction(-1001, 10)]


@pytest.mark.parametrize("side", ["left", "right"])
@settings(max_examples=80)
@example(rows=list(zip(*ISSUE)), move=Fraction(-7, 10))
@given(
    rows=st.lists(st.tuples(st.integers(-5, 5), st.sampled_from([2, 5, 10, 20])), min_size=4, max_size=9),
    move=st.sampled_from(MOVES),
)
def test_ties_are_those_of_exact_arithmetic_wherever_the_effects_lie(side, rows, move):
    yi = [Fraction(y, 10) + move for y, _ in rows]
    vi = [Fraction(v, 100) for _, v in rows]
    if len(set(yi)) == 1:
        return
    fit = ma.pool(ma.EffectSizes.of([float(y) for y in yi], [float(v) for v in vi]), model="common")
    found = filled(fit, "L0", side)
    assert (None if isinstance(found, type) else found.k0) == in_exact_arithmetic(yi, vi, side)


@pytest.mark.parametrize("move", MOVES)
def test_a_tie_of_two_sides_is_a_tie_after_the_effects_were_moved(move):
    yi, vi = np.array(ISSUE[0]) / 10 + float(move), np.array(ISSUE[1]) / 100
    assert ma.trim_and_fill(ma.pool(ma.EffectSizes.of(yi, vi), model="common"), "L0", "right").k0 == 3


def test_the_side_of_a_line_that_is_level_but_for_rounding_is_the_left():
    yi, vi = np.array([0.3, 0.1, 0.2, 0.1, 0.3, 0.2]), [0.05, 0.05, 0.01, 0.2, 0.2, 0.1]
    for move in map(float, MOVES):
        assert ma.trim_and_fill(ma.pool(ma.EffectSizes.of(yi + move, vi), model="common")).side == "left"


def test_a_symmetric_funnel_is_left_alone():
    fit = ma.pool(ma.EffectSizes.of([0.2, 0.1, 0.3, -0.1, 0.5], [0.01, 0.02, 0.02, 0.05, 0.05]), model="common")
    for side in ("left", "right"):
        found = ma.trim_and_fill(fit, "L0", side)
        assert (found.k0, len(found.filled), found.iterations) == (0, 0, 1)
        assert found.adjusted.estimate == fit.estimate


def test_filled_studies_mirror_the_extreme_ones_and_keep_their_names():
    yi, vi = [0.1, 0.2, 0.3, 0.45, 0.7, 0.9, 1.3], [0.01, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3]
    found = ma.trim_and_fill(ma.pool(ma.EffectSizes.of(yi, vi, list("abcdefg")), model="common"))
    assert found.filled.slab == ("Filled: mirror of e", "Filled: mirror of f", "Filled: mirror of g")
    assert found.filled.vi.tolist() == vi[4:]
    centres = (found.filled.yi + yi[4:]) / 2
    assert centres == pytest.approx([ma.pool(ma.EffectSizes.of(yi[:4], vi[:4]), model="common").estimate] * 3)
    assert found.adjusted.estimate < found.original.estimate


def test_the_methods_of_the_pool_are_kept():
    yi, vi = [0.1, 0.2, 0.3, 0.45, 0.7, 0.9, 1.3], [0.01, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3]
    fit = ma.pool(ma.EffectSizes.of(yi, vi), tau2_method="PM", ci_method="hksj", level=0.9)
    adjusted = ma.trim_and_fill(fit).adjusted
    assert (adjusted.tau2_method, adjusted.ci_method, adjusted.level) == ("PM", "hksj", 0.9)
    assert ma.trim_and_fill(ma.pool(ma.EffectSizes.of(yi, vi), tau2=0.05)).adjusted.tau2 == 0.05


def test_two_studies_keep_a_study_at_the_centre_there():
    fit = fit_of(next(c for c in CASES if c["id"] in DIFFERENT))
    assert ma.trim_and_fill(fit).k0 == 1


def test_what_cannot_be_mirrored_is_refused():
    two = ma.EffectSizes.of([0.1, 0.6], [0.02, 0.05])
    with pytest.raises(NotEstimableError, match="k = 1"):
        ma.trim_and_fill(ma.pool(two.take([0])))
    with pytest.raises(NotEstimableError, match="give the side"):
        ma.trim_and_fill(ma.pool(two))
    with pytest.raises(NotEstimableError, match="weights"):
        ma.trim_and_fill(ma.pool(two, weights=[1, 2]))
    with pytest.raises(NotEstimableError, match="MH"):
        ma.trim_and_fill(ma.mantel_haenszel("OR", ai=[1, 2], n1i=[20, 20], ci=[3, 4], n2i=[20, 20]))
    with pytest.raises(UsageError, match="side"):
        ma.trim_and_fill(ma.pool(two), side="top")
    with pytest.raises(UsageError, match="estimator"):
        ma.trim_and_fill(ma.pool(two), "K0")


def test_q0_says_where_it_has_no_root():
    fit = ma.pool(ma.EffectSizes.of([0.0, 1, 2, 3], [1e-6, 1, 1, 1]), model="common")
    with pytest.raises(NotEstimableError, match="Q0: nearly all"):
        ma.trim_and_fill(fit, "Q0", "left")


def test_result_is_plain_and_readable():
    yi, vi = [0.1, 0.2, 0.3, 0.45, 0.7, 0.9, 1.3], [0.01, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3]
    found = ma.trim_and_fill(ma.pool(ma.EffectSizes.of(yi, vi)), "R0", side="left")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["k0"] == found.k0
    assert found.to_frame()["filled"].sum() == found.k0
    assert f"missing on the left: {found.k0}" in repr(found)
    assert "p = " in repr(found)


@pytest.mark.parametrize(
    ("tau2_method", "side", "k0", "want"),
    [("DL", "right", 0, (0.1791622792622016, 0.0931588351230254, 0.2824013802854033)),
     ("REML", "left", 3, (0.1257354057662201, 0.0612424946697673, 0.2051553361110913))],
)  # fmt: skip
def test_filled_proportions_go_back_by_the_sizes_of_those_they_mirror(tau2_method, side, k0, want):
    """metafor 3.8-1: predict(trimfill(rma(yi, vi, method=), side=), transf=transf.ipft.hm, targs=list(ni=)).

    The ni are those of the studies and of the mirrored ones, (1 / vi - 2) / 4. Its REML stops some 1e-6 off.
    """
    es = ma.effect_sizes("PFT", xi=[3, 6, 4, 9, 2, 12, 30], ni=[10, 20, 15, 40, 8, 90, 400])
    found = ma.trim_and_fill(ma.pool(es, tau2_method=tau2_method), side=side)
    shown = found.adjusted.display
    assert found.k0 == k0
    assert (shown.estimate, *shown.ci) == pytest.approx(want, rel=2e-5)
