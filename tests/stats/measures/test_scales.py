"""Display scales lead to what people read and back."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import metaan as ma
from metaan.stats.measures import scales
from metaan.stats.measures.catalogue import MEASURES, effect_sizes, own_scales, scale_of
from metaan.stats.measures.scales import SCALES
from metaan.stats.printed import transformations
from metaan.stats.robustness.sequence import REFITS

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "conv.json").read_text())["cases"]
#: A range of the analysis scale that every value of the display scale lies behind.
RANGES = {"squared-sine": (0.05, 1.5), "square": (0.05, 5), "squared-tanh": (0.05, 2), "alpha-cube-root": (-0.5, 0.95)}

#: metafor's transformation, by the functions here.
SAME = {
    "ztor": SCALES["tanh"].to_display,
    "rtoz": lambda x: SCALES["tanh"].to_analysis(math.tanh(x)),
    "logit": lambda x: SCALES["expit"].to_analysis(float(expit(x))),
    "ilogit": SCALES["expit"].to_display,
    "arcsin": lambda x: SCALES["squared-sine"].to_analysis(float(expit(x))),
    "iarcsin": lambda x: SCALES["squared-sine"].to_display(abs(x) / 3),
    "pft": lambda x: scales.double_arcsine(float(expit(x)), 25),
    "ipft": lambda x: scales.inverse_double_arcsine(abs(x) / 3 + 0.2, 25),
    "ipft_hm": lambda x: scale_of("PFT", {"ni": np.array([10.0, 25.0, 80.0])}).to_display(abs(x) / 3 + 0.2),
    "irft": lambda x: scales.freeman_tukey_rate(math.exp(x), 12),
    "iirft": lambda x: scale_of("IRFT", {"ti": np.array([12.0])}).to_display(abs(x) + 0.6),
    "exp_int_tau2_0.2": lambda x: transformations.mean_of_ratio(x, 0.2),
    "ilogit_int_tau2_0.2": lambda x: transformations.mean_of_proportion(x, 0.2),
    "ztor_int_tau2_0.2": lambda x: transformations.mean_of_correlation(x, 0.2),
    "dtou1": transformations.non_overlap,
    "dtou2": transformations.share_above_share,
    "dtou3": transformations.share_above_mean,
    "dtocles": transformations.superiority,
    "dtorpb": lambda x: transformations.point_biserial(x, 30, 40),
    "dtobesd": transformations.binomial_display,
    "dtorbis": lambda x: transformations.biserial(x, 30, 40),
    "lnortord": lambda x: transformations.risk_difference_at(x, 0.2),
    "lnortorr": lambda x: transformations.risk_ratio_at(x, 0.2),
    "lnortod_norm": transformations.smd_normal,
    "lnortod_logis": transformations.smd_logistic,
}
CASES = [case for case in GOLDEN if case["family"] == "transf"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_reference(case):
    function = SAME[case["id"].rsplit("/", 1)[1]]
    np.testing.assert_allclose([function(x) for x in case["data"]["x"]], case["expect"]["value"], **case["tol"])


def test_every_transformation_has_a_reference_value():
    assert {case["id"].rsplit("/", 1)[1] for case in CASES} == set(SAME)
    ours = [name for name in SAME if name.startswith(("dto", "lnorto")) or "_int_" in name]
    assert len(ours) == len(transformations.TRANSFORMATIONS)


@pytest.mark.parametrize("code", SCALES)
@settings(max_examples=30)
@given(u=st.floats(0, 1))
def test_there_and_back_again(code, u):
    low, high = RANGES.get(code, (-3, 3))
    x = low + u * (high - low)
    scale = SCALES[code]
    assert scale.code == code
    assert scale.to_analysis(scale.to_display(x)) == pytest.approx(x, rel=1e-9, abs=1e-9)
    assert scale.to_display(x) <= scale.to_display(x + 0.01)
    assert scale.to_display(0.0) == scale.null


@settings(max_examples=40)
@given(share=st.floats(0, 1), n=st.integers(1, 100_000))
def test_the_double_arcsine_goes_back_to_the_proportion(share, n):
    x = round(share * n)
    back = scales.double_arcsine_scale(n)
    assert back.to_display(back.to_analysis(x / n)) == pytest.approx(x / n, abs=1e-7)
    single = effect_sizes("PFT", xi=[x], ni=[n])
    assert scale_of("PFT", single.data).to_display(float(single.yi[0])) == pytest.approx(x / n, abs=1e-7)


@settings(max_examples=40)
@given(rate=st.floats(0, 50), t=st.floats(0.1, 1e5))
def test_freeman_tukey_rates_go_back_to_the_rate(rate, t):
    back = scales.freeman_tukey_rate_scale(t)
    assert back.to_display(back.to_analysis(rate)) == pytest.approx(rate, rel=1e-7, abs=1e-7)


#: Where the display of a measure ends: a share, an amount, a difference of shares or a correlation, an alpha.
ENDS = {
    (0.0, 1.0): "PR PLN PLO PRZ PAS PFT R2 ZR2 CLESN CLESCN",
    (0.0, math.inf): "IR IRLN IRS IRFT MNLN CVLN SDLN",
    (-1.0, 1.0): "RD MPRD PHI RTET YUQ YUY COR UCOR ZCOR PCOR ZPCOR SPCOR ZSPCOR RPB ZPB RBIS",
    (-math.inf, 1.0): "ARAW AHW ABT",
}


@pytest.mark.parametrize(("code", "ends"), [(code, ends) for ends, codes in ENDS.items() for code in codes.split()])
def test_what_is_shown_stays_where_the_measure_can_be(code, ends):
    data = {"ni": np.array([10.0, 20.0]), "ti": np.array([10.0, 20.0])}
    back = scale_of(code, data).to_display
    assert ends[0] <= back(-40.0) <= back(-0.019) <= back(0.3) <= back(40.0) <= ends[1]
    for end, far in zip(ends, (-40.0, 40.0)):
        assert not math.isfinite(end) or back(far) == pytest.approx(end, abs=1e-12)


def test_a_proportion_below_0_is_neither_pooled_nor_drawn_nor_printed():
    fit = ma.pool(effect_sizes("PR", xi=[0, 1, 2], ni=[20, 30, 25], to="all"), "random")
    assert fit.ci.lb < 0 == fit.display.ci.lb
    assert fit.pi.lb < 0 == fit.display.pi.lb
    assert "PR [0, " in repr(fit)
    assert not re.search(r"[>( ]\u2212[\d.]", ma.forest_plot(fit))


def test_scales_say_which_axes_are_logarithmic():
    ratios = {code for code, measure in MEASURES.items() if measure.scale.is_ratio}
    assert ratios == {
        "OR", "RR", "PETO", "IRR", "ROM", "CVR", "VR", "D2OR", "D2ORL", "D2ORN", "ROMC", "CVRC", "VRC", "HR",
        "MPRR", "MPOR", "MPORC", "MPPETO", "MPORM",
    }  # fmt: skip
    assert all(MEASURES[code].compares for code in ratios)


def test_what_is_no_measure_is_shown_as_it_is():
    assert scale_of("something").to_display(1.5) == 1.5


def test_a_pool_of_double_arcsines_goes_back_by_the_harmonic_mean_of_its_sizes():
    fit = ma.pool(effect_sizes("PFT", xi=[3, 5, 17], ni=[20, 40, 60]), model="common")
    harmonic = 3 / (1 / 20 + 1 / 40 + 1 / 60)
    assert fit.display.estimate == pytest.approx(scales.inverse_double_arcsine(fit.estimate, harmonic), rel=1e-14)


SIZED = sorted(code for code, m in MEASURES.items() if m.sized)


def of_sizes(code, events, sizes):
    """Return effect sizes of events in studies of these sizes: people or person-time."""
    return effect_sizes(code, **{"xi": events, MEASURES[code].sized[0]: sizes})


@pytest.mark.parametrize("code", SIZED)
@settings(max_examples=40)
@given(studies=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 100_000)), min_size=1, max_size=5))
def test_each_study_goes_back_by_its_own_size(code, studies):
    sizes = np.array([float(n) for _, n in studies])
    events = np.round([share * n for share, n in studies])
    es = of_sizes(code, events, sizes)
    shown = [scale.to_display(y) for scale, y in zip(own_scales(es), es.yi.tolist(), strict=True)]
    assert shown == pytest.approx((events / sizes).tolist(), rel=1e-6, abs=1e-9)
    assert [x for x, count in zip(shown, events) if count == 0] == [0.0] * int((events == 0).sum())


@pytest.mark.parametrize("code", SIZED)
@pytest.mark.parametrize("n", [7, 49, 2000, 12345])
def test_no_events_anywhere_pool_to_none(code, n):
    assert ma.pool(of_sizes(code, [0] * 5, [n] * 5), "common").display.estimate == 0.0


def again(repeat, fit):
    """Return the fits that are made on the way; the result keeps their numbers only."""
    made = []
    found = repeat(fit, refit=lambda *of: made.append(REFITS["IV"](*of)) or made[-1])
    assert [one.display for one in found.fits] == [one.display for one in made]
    return made


REBUILT = {
    "take": lambda fit: [ma.pool(fit.effects.take([4, 2, 0]))],
    "complete": lambda fit: [ma.pool(replace(fit.effects, reasons=("gone", *[None] * 6)))],
    "leave_one_out": lambda fit: again(ma.leave_one_out, fit),
    "cumulative": lambda fit: again(ma.cumulative, fit),
    "trim_and_fill": lambda fit: [ma.trim_and_fill(fit, side=side).adjusted for side in ("left", "right")],
    "subgroups": lambda fit: ma.subgroups(fit.effects, ["a", "b", "a", "b", "a", "b", "a"]).groups.values(),
    "regression": lambda fit: [ma.meta_regression(fit.effects, {"x": range(7)}, "x")],
    "influence": lambda fit: [ma.influence(fit).fit],
    "gosh": lambda fit: [ma.gosh(fit.effects)],
    "blup": lambda fit: [ma.blup(fit).fit],
}  # fmt: skip


@pytest.mark.parametrize("code", SIZED)
@pytest.mark.parametrize("way", REBUILT)
def test_whatever_is_pooled_again_keeps_the_sizes(code, way):
    es = of_sizes(code, [3, 6, 4, 9, 2, 12, 30], [10, 20, 15, 40, 8, 90, 400])
    by_size = dict(zip(es.vi.tolist(), es.data[MEASURES[code].sized[0]].tolist()))
    for fit in REBUILT[way](ma.pool(es, "random")):
        sizes = fit.effects.data[MEASURES[code].sized[0]]
        assert sizes.tolist() == [by_size[v] for v in fit.effects.vi.tolist()]
