"""Pooling: invariants, limits, the pitfalls of the field, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import ConvergenceError, DataError, NotEstimableError, UsageError
from metaan.stats.measures.effects import EffectSizes
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.pool import MODELS, pool
from metaan.stats.pooling.prediction import PI_METHODS, prediction_interval
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.stats.pooling.tau2_ci import TAU2_CI_METHODS
from metaan.stats.regression.subgroups import subgroups
from metaan.stats.robustness.sequence import leave_one_out

PLAIN = [name for name in TAU2_METHODS if name not in ("GENQ", "GENQM")]  # without weights
RANDOM_CI = {name: "REML" if name in ("KR", "PL") else "DL" for name in CI_METHODS}


@st.composite
def studies(draw: st.DrawFn, k: int = 3) -> EffectSizes:
    size = draw(st.integers(k, k + 7))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v = 10 ** random.uniform(-2, 1, size)
    return EffectSizes.of(random.normal(random.normal(), np.sqrt(v + random.choice([0.0, 1.0]))), v)


def moved(es: EffectSizes, factor: float = 1.0, shift: float = 0.0) -> EffectSizes:
    return EffectSizes.of(factor * es.yi + shift, factor * factor * es.vi)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15)
@given(es=studies(), shift=st.floats(-20, 20), factor=st.sampled_from([1e-6, -1.0, 3.0, 1e6]))
def test_shift_and_scale_move_the_mean_and_its_interval(
    model: str, es: EffectSizes, shift: float, factor: float
) -> None:
    one, other = pool(es, model=model), pool(moved(es, factor, shift * factor), model=model)
    ends = sorted(factor * (bound + shift) for bound in one.ci)
    size = abs(factor) * (1 + abs(shift))
    assert other.estimate == pytest.approx(factor * (one.estimate + shift), abs=1e-7 * size)
    assert other.ci == pytest.approx(ends, abs=1e-7 * size)
    assert other.weights == pytest.approx(one.weights, rel=1e-5)
    assert other.i2 == pytest.approx(one.i2, abs=1e-5)


@pytest.mark.parametrize("ci_method", CI_METHODS)
@settings(max_examples=10)
@given(es=studies(), seed=st.integers(0, 1000))
def test_order_changes_nothing_and_the_mean_stays_within_the_studies(
    ci_method: str, es: EffectSizes, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(es.k).tolist()
    one = pool(es, tau2_method=RANDOM_CI[ci_method], ci_method=ci_method)
    other = pool(es.take(order), tau2_method=RANDOM_CI[ci_method], ci_method=ci_method)
    assert other.estimate == pytest.approx(one.estimate, rel=1e-6, abs=1e-9)
    assert min(es.yi) - 1e-12 <= one.estimate <= max(es.yi) + 1e-12
    if one.ci is None or other.ci is None:
        assert one.df == pytest.approx(other.df)
    else:
        assert other.ci == pytest.approx(one.ci, rel=1e-5, abs=1e-8)
        assert one.ci.lb <= one.estimate <= one.ci.ub
    assert one.weights.sum() == pytest.approx(100)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_one_study_is_its_own_result(model: str, ci_method: str) -> None:
    es = EffectSizes.of([0.4], [0.09])
    if ci_method not in ("wald", "t") and model in ("birge", "ivhet"):
        return
    if ci_method in ("KR", "PL") and model != "random":
        return
    fit = pool(es, model=model, tau2_method="REML", ci_method=ci_method)
    assert (fit.estimate, fit.se, fit.k, fit.q, fit.q_pval) == pytest.approx((0.4, 0.3, 1, 0, 1))
    assert fit.ci == pytest.approx((0.4 - 0.587989, 0.4 + 0.587989), abs=1e-6)
    assert (fit.tau2, fit.i2, fit.h2, fit.pi) == (0.0, 0.0, 1.0, None)
    assert fit.weights.tolist() == [100.0]


@settings(max_examples=25)
@given(studies())
def test_a_study_entered_twice_weighs_double_in_the_common_effect(es: EffectSizes) -> None:
    twice = pool(es.take([*range(es.k), 0]), model="common")
    halved = es.vi.copy()
    halved[0] /= 2
    once = pool(EffectSizes.of(es.yi, halved), model="common")
    assert (twice.estimate, twice.se, twice.q) == pytest.approx((once.estimate, once.se, once.q), rel=1e-9, abs=1e-12)


@settings(max_examples=25)
@given(studies())
def test_without_tau2_random_is_common_and_with_much_of_it_the_plain_mean(es: EffectSizes) -> None:
    common, none = pool(es, model="common"), pool(es, tau2=0.0)
    assert (none.estimate, none.se) == (common.estimate, common.se)
    much = pool(es, tau2=1e12)
    assert much.estimate == pytest.approx(float(np.mean(es.yi)), rel=1e-6, abs=1e-9)
    assert much.se == pytest.approx(math.sqrt(1e12 / es.k), rel=1e-6)
    assert much.weights == pytest.approx(np.full(es.k, 100 / es.k), rel=1e-6)


@settings(max_examples=25)
@given(studies())
def test_inverse_variance_weights_given_by_hand_are_the_default(es: EffectSizes) -> None:
    usual = pool(es, tau2_method="PM")
    assert usual.tau2 is not None
    by_hand = pool(es, tau2_method="PM", weights=7 / (es.vi + usual.tau2))
    assert by_hand.estimate == pytest.approx(usual.estimate, rel=1e-9, abs=1e-12)
    assert by_hand.se == pytest.approx(usual.se, rel=1e-9)
    moments = pool(es, tau2_method="GENQ", weights=1 / es.vi)
    assert moments.tau2 == pytest.approx(pool(es).tau2, rel=1e-9, abs=1e-12)


@settings(max_examples=25)
@given(studies())
def test_birge_and_ivhet_keep_the_common_mean_and_widen_its_interval_as_q_asks(es: EffectSizes) -> None:
    common, birge, ivhet = (pool(es, model=name) for name in ("common", "birge", "ivhet"))
    assert birge.estimate == common.estimate == ivhet.estimate
    assert birge.se == pytest.approx(common.se * math.sqrt(common.q / (es.k - 1)), rel=1e-12)
    assert ivhet.se >= common.se * (1 - 1e-12)
    assert ivhet.tau2 == pool(es).tau2
    assert (birge.pi, ivhet.pi) == (None, None)
    assert "distributed" in str(ivhet.pi_reason)


@pytest.mark.parametrize("pi_method", PI_METHODS)
def test_a_prediction_interval_is_wider_than_the_interval_of_the_mean(pi_method: str) -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4, 0.5, 1.4, 0.7], [0.04, 0.02, 0.09, 0.01, 0.03, 0.05])
    fit = pool(es, tau2_method="REML", pi_method=pi_method)
    assert fit.pi is not None
    assert fit.pi.lb < fit.ci.lb < fit.ci.ub < fit.pi.ub
    calm = pool(moved(es, 0.05), tau2=0.0, pi_method="t(k-1)")
    assert calm.pi is not None
    assert calm.pi.ub - calm.pi.lb > calm.ci.ub - calm.ci.lb


def test_homogeneous_studies_make_hartung_knapp_narrow_and_the_floor_holds() -> None:
    """Effects .10, .11, .09 with variances .04, .05, .03: p = 0.003 for what Wald calls p = 0.38."""
    es = EffectSizes.of([0.10, 0.11, 0.09], [0.04, 0.05, 0.03])
    wald, hksj, adhoc, auto = (pool(es, ci_method=m) for m in ("wald", "hksj", "hksj-adhoc", "auto"))
    assert hksj.pval < 0.01 < 0.3 < wald.pval
    assert hksj.ci.ub - hksj.ci.lb < wald.ci.ub - wald.ci.lb
    assert hksj.notes == ("the Hartung-Knapp standard error is below Wald's: the studies differ less than expected",)
    assert adhoc.se == wald.se
    assert adhoc.ci.lb < wald.ci.lb
    assert auto.ci == wald.ci
    assert wald.tau2 == 0
    assert pool(es, ci_method="hksj", pi_method="V").pi != hksj.pi


def test_auto_is_the_floor_where_there_is_heterogeneity_and_more_than_two_studies() -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4], [0.04, 0.02, 0.09])
    assert pool(es, ci_method="auto").ci == pool(es, ci_method="hksj-adhoc").ci
    assert pool(es.take([0, 1]), ci_method="auto").ci == pool(es.take([0, 1])).ci


BY_SCATTER = [
    {"ci_method": "hksj"},
    {"model": "birge"},
    {"pi_method": "HK"},
    {"pi_method": "HK-PR"},
    {"pi_method": "NNF"},
]
ONE_EFFECT = [[0.25] * 3, [0.5] * 3, [0.0] * 3, [0.1 + 0.2, 0.3, 0.3], [0.3 + 0.7, 1 / 3 * 3, 1.1 - 0.1]]


@pytest.mark.parametrize("options", BY_SCATTER, ids=str)
@pytest.mark.parametrize("yi", ONE_EFFECT, ids=str)
def test_effects_that_are_identical_but_for_rounding_give_no_error_that_rests_on_their_scatter(
    yi: list[float], options: dict[str, Any]
) -> None:
    fit = pool(EffectSizes.of(yi, [0.1, 0.2, 0.3]), **options)
    assert (fit.estimate, fit.q, fit.tau2) == (pytest.approx(yi[0]), 0.0, 0.0)
    if "pi_method" in options:
        assert (fit.pi, fit.pi_reason) == (None, "undefined where all effects are identical")
        assert fit.ci is not None
        return
    assert (fit.se, fit.stat, fit.pval, fit.ci, fit.pi, fit.display.ci) == (None,) * 6
    assert fit.notes == ("no standard error, test or interval: undefined where all effects are identical",)
    assert "Mean: " in repr(fit)
    assert "identical" in repr(fit)


def test_what_is_made_of_a_result_without_an_interval_has_none_either() -> None:
    es = EffectSizes.of([0.3, 0.3, 0.3, 0.3, 0.9, 0.7], [0.1, 0.2, 0.3, 0.1, 0.1, 0.2])
    groups = subgroups(es, ["a"] * 4 + ["b"] * 2, ci_method="hksj")
    assert (groups.between_common, groups.between_random, groups.pval) == (None, None, None)
    assert "no standard error" in repr(groups)
    json.dumps(groups.to_dict(), allow_nan=False)
    fit = pool(es.take(range(4)), ci_method="hksj")
    left = leave_one_out(fit)
    assert left.ci == (None,) * 4
    assert "no interval" in repr(left)
    json.dumps(left.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("vi", "df"), [([1e-4, 1, 1], "1.6e-15"), ([1e-8, 1, 1], ""), ([1e-20, 1, 1], ""), ([1e-30, 1e-3, 1], "")]
)
def test_no_interval_is_made_of_hardly_any_degree_of_freedom(vi: list[float], df: str) -> None:
    fit = pool(EffectSizes.of([0.1, 0.12, 0.11], vi), tau2_method="REML", ci_method="KR", pi_method="KR")
    assert (fit.ci, fit.pval, fit.pi, fit.display.ci) == (None,) * 4
    assert "degrees of freedom are too few for an interval" in fit.notes[0]
    assert "degrees of freedom; KR needs at least 0.2" in str(fit.pi_reason)
    assert df in fit.notes[0]


def test_bounds_that_no_number_holds_are_no_interval() -> None:
    fit = pool(EffectSizes.of([0.1, 0.5, 0.9], [1e6, 2e6, 3e6], measure="OR"))
    assert (fit.ci, fit.pi) == (None, None)
    assert fit.notes == ("no test or interval: the interval has no bounds that a number can hold",)
    assert pool(EffectSizes.of([0.1, 0.5, 0.9], [1e6, 2e6, 3e6])).ci is not None
    with pytest.raises(NotEstimableError, match="too far for any OR"):
        pool(EffectSizes.of([800, 900], [1, 1], measure="OR"))
    with pytest.raises(UsageError, match="between 0 and 1"):
        pool(EffectSizes.of([0.1, 0.5], [1, 1]), level=math.nextafter(1, 0))


@pytest.mark.parametrize(
    "options",
    [
        {"pi_method": "simple", "ci_method": "hksj-adhoc"},
        {"pi_method": "normal", "ci_method": "t"},
        {"pi_method": "S", "ci_method": "hksj-adhoc"},
        {"pi_method": "t(k-1)", "ci_method": "KR", "tau2_method": "REML"},
        {"pi_method": "V", "ci_method": "PL", "tau2_method": "ML"},
    ],
    ids=str,
)
def test_a_prediction_interval_narrower_than_that_of_the_mean_is_said(options: dict[str, Any]) -> None:
    es = EffectSizes.of([0.1, 0.2, 0.35, 0.3], [0.2, 0.04, 0.09, 0.05])
    said = "the prediction interval is narrower than the confidence interval"
    fit = pool(es, **options)
    assert fit.ci is not None
    assert fit.pi is not None
    narrower = fit.pi.ub - fit.pi.lb < fit.ci.ub - fit.ci.lb
    assert narrower == any(note.startswith(said) for note in fit.notes)
    assert narrower == (options["pi_method"] != "V")
    for pi_method in ("t(k-1)", "t(k-2)", "normal"):
        assert not any(note.startswith(said) for note in pool(es, pi_method=pi_method).notes)


def numbers(plain: Any) -> Iterator[float]:
    """Every number of plain values."""
    if isinstance(plain, (dict, list, tuple)):
        for part in plain.values() if isinstance(plain, dict) else plain:
            yield from numbers(part)
    elif isinstance(plain, float):
        yield plain


@st.composite
def extreme(draw: st.DrawFn) -> EffectSizes:
    """Two to six studies whose effects and variances span many orders of magnitude, some of them identical."""
    size = draw(st.integers(2, 6))
    effect = st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 0, 1]), st.floats(-8, 8))
    yi = draw(st.lists(effect, min_size=size, max_size=size) | effect.map(lambda y: [y] * size))
    powers = draw(st.lists(st.floats(-30, 30) | st.floats(-2, 2), min_size=size, max_size=size))
    vi = [max(10.0**power, math.ulp(y) ** 2) for y, power in zip(yi, powers)]
    return EffectSizes.of(yi, vi, measure=draw(st.sampled_from(["GEN", "OR", "ZCOR", "PLO"])))


@settings(max_examples=200)
@given(
    es=extreme(), tau2_method=st.sampled_from(list(TAU2_METHODS)), ci_method=st.sampled_from(list(CI_METHODS)),
    pi_method=st.sampled_from(list(PI_METHODS)), interval=st.sampled_from(list(TAU2_CI_METHODS)),
)  # fmt: skip
def test_no_record_holds_nan_or_infinity_and_what_is_absent_has_a_reason(
    es: EffectSizes, tau2_method: str, ci_method: str, pi_method: str, interval: str
) -> None:
    tau2_method = (
        RANDOM_CI[ci_method] if ci_method in ("KR", "PL") and tau2_method not in ("ML", "REML") else tau2_method
    )
    weights = np.arange(1, len(es) + 1) if tau2_method in ("GENQ", "GENQM") else None
    try:
        fit = pool(es, "random", tau2_method, "wald" if weights is not None else ci_method, pi_method, weights=weights)
    except (NotEstimableError, ConvergenceError, UsageError):
        return
    assert all(map(math.isfinite, numbers(fit.to_dict())))
    assert all(map(math.isfinite, numbers([fit.display.estimate, fit.display.ci, fit.display.pi])))
    assert all(number is not None for number in (fit.se, fit.pval, fit.ci)) or fit.notes
    assert (fit.pi is None) == (fit.pi_reason is not None)
    with suppress(NotEstimableError, ConvergenceError):
        assert all(map(math.isfinite, numbers(fit.tau2_ci(interval).to_dict())))


def test_kenward_roger_takes_more_doubt_than_wald() -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4, 0.5], [0.04, 0.02, 0.09, 0.01])
    wald, kr = pool(es, tau2_method="REML"), pool(es, tau2_method="REML", ci_method="KR")
    assert kr.se > wald.se
    assert kr.df is not None
    assert 0 < kr.df < 4


def test_profile_likelihood_test_and_interval_agree() -> None:
    es = EffectSizes.of([0.1, 0.9, 0.4, 0.5], [0.04, 0.02, 0.09, 0.01])
    fit = pool(es, tau2_method="ML", ci_method="PL")
    at_end = pool(moved(es, shift=-fit.ci.lb), tau2_method="ML", ci_method="PL")
    assert at_end.pval == pytest.approx(0.05, rel=1e-6)


def test_the_same_studies_give_the_same_bootstrap_interval() -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4, 0.5], [0.04, 0.02, 0.09, 0.01])
    assert pool(es, pi_method="NNF").pi == pool(es, pi_method="NNF").pi


def test_weights_follow_the_studies_that_are_left() -> None:
    es = EffectSizes.of([0.2, math.nan, 0.5], [0.04, 0.02, 0.06], slab=["a", "b", "c"])
    fit = pool(es, weights=[1, 5, 3])
    assert fit.weights.tolist() == [25, 75]
    assert fit.excluded == (("b", "yi or vi is missing"),)
    assert (fit.k, fit.weights_fixed, fit.tau2_fixed) == (2, True, False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "comon"}, "did you mean common"),
        ({"tau2_method": "reml"}, "did you mean REML"),
        ({"ci_method": "hskj"}, "did you mean hksj"),
        ({"pi_method": "t(k-3)"}, "did you mean"),
        ({"level": 95}, "between 0 and 1"),
        ({"tau2": -0.1}, "not below 0"),
        ({"tau2": math.inf}, "finite"),
        ({"tau2": 0.1, "model": "common"}, "model random or ivhet"),
        ({"ci_method": "KR"}, "tau2_method REML"),
        ({"ci_method": "PL", "tau2_method": "PM"}, "ML or REML"),
        ({"ci_method": "KR", "tau2_method": "REML", "tau2": 0.1}, "not given"),
        ({"ci_method": "PL", "tau2_method": "ML", "weights": [1, 2, 3]}, "not given"),
        ({"ci_method": "hksj", "model": "birge"}, "wald or t"),
        ({"weights": [1, 2, 3], "model": "ivhet"}, "own weights"),
    ],
)
def test_what_does_not_exist_or_go_together_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pool(EffectSizes.of([0.1, 0.2, 0.3], [1, 2, 3]), **options)


@pytest.mark.parametrize(
    ("weights", "message"), [([1, 2], "2 weights for 3"), ([1, 0, 2], "'Study 2': weight 0"), ([1, -1, 1], "above 0")]
)
def test_weights_are_checked_by_study(weights: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        pool(EffectSizes.of([0.1, 0.2, 0.3], [1, 2, 3]), weights=weights)


def test_what_needs_the_studies_or_a_likelihood_says_so() -> None:
    es = EffectSizes.of([0.1, 0.2, 0.3], [1, 2, 3])
    with pytest.raises(UsageError, match="needs the studies"):
        prediction_interval(0.1, 0.2, 0.3, 5, "random", "KR", 0.95)
    with pytest.raises(NotEstimableError, match="no likelihood"):
        pool(es).fit_statistics()
    with pytest.raises(NotEstimableError, match="no study"):
        pool(EffectSizes.of([math.nan], [1.0]))
    assert prediction_interval(0.1, 0.2, 0.3, 2, "random", "t(k-1)", 0.95)[1] == (
        "k = 2; a prediction interval needs at least 3 studies"
    )
    few = pool(es, pi_method="KR-PR", tau2=0.0)
    assert few.pi is None
    assert "degrees of freedom; KR-PR needs at least 0.2" in str(few.pi_reason)


def test_a_given_tau2_counts_as_no_parameter() -> None:
    es = EffectSizes.of([0.1, 0.9, -0.4, 0.5], [0.04, 0.02, 0.09, 0.01])
    free = pool(es, tau2_method="ML")
    held = pool(es, tau2_method="ML", tau2=free.tau2)
    assert held.fit_statistics().ll == pytest.approx(free.fit_statistics().ll)
    assert (held.fit_statistics().parameters, free.fit_statistics().parameters) == (1, 2)
    assert held.tau2_se is None


def test_print_says_model_numbers_and_conventions() -> None:
    es = EffectSizes.of([-0.7, -0.2, 0.1, math.nan], [0.04, 0.02, 0.09, 0.1], slab=["a", "b", "c", "d"], measure="OR")
    fit = pool(es, tau2_method="REML", ci_method="hksj")
    lines = str(fit).splitlines()
    assert lines[0] == "Random-effects model, OR, k = 3, IV, REML, hksj"
    assert f"OR {math.exp(fit.estimate):.4g} [" in lines[1]
    assert f"analysis scale {fit.estimate:.4g} [" in lines[1]
    assert "prediction interval (t, k - 1 df)" in lines[2]
    assert "tau2 = " in lines[3]
    assert "I2 = " in lines[3]
    assert lines[4] == "  Left out: d (yi or vi is missing)"
    common = str(pool(EffectSizes.of([0.1, 0.2], [1, 2]), model="common"))
    assert common.startswith("Common-effect (fixed-effect) model, GEN, k = 2")
    assert "tau2" not in common
    assert "No prediction interval: k = 2" in str(pool(EffectSizes.of([0.1, 0.2], [1, 2])))


def test_results_are_frozen_and_plain() -> None:
    fit = pool(EffectSizes.of([0.1, 0.9, -0.4], [0.04, 0.02, 0.09]), tau2_method="REML")
    with pytest.raises(AttributeError):
        fit.estimate = 1.0  # type: ignore[misc]
    plain = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert plain["ci"] == list(fit.ci)
    assert plain["effects"]["yi"] == [0.1, 0.9, -0.4]
    assert list(fit.to_frame()["weight"]) == fit.weights.tolist()
    statistics = fit.fit_statistics()
    assert json.loads(json.dumps(statistics.to_dict()))["restricted"] is True
    assert statistics.to_frame()["aic"].tolist() == [statistics.aic]
    assert str(statistics).startswith(f"restricted log-likelihood {statistics.ll:.5g} (2 parameters), deviance")


def test_one_study_leaves_reml_no_observation_to_count() -> None:
    """metafor 3.8, fitstats(rma(.1, .1)): AIC 4, BIC -Inf, AICc 16."""
    statistics = pool(EffectSizes.of([0.1], [0.1]), tau2_method="REML").fit_statistics()
    assert statistics.aic == pytest.approx(4.0)
    assert (statistics.bic, statistics.aicc) == (None, None)


@pytest.mark.parametrize("tau2_method", PLAIN)
def test_a_variance_has_an_upper_end_at_which_every_estimator_still_works(tau2_method: str) -> None:
    with pytest.raises(DataError, match=r"vi = 1e\+101; allowed: .* at most 1e\+100"):
        EffectSizes.of([0.1, 0.2], [1.0, 1e101])
    fit = pool(EffectSizes.of([0.1, 0.2, 0.3], [1e100, 1e100, 1e99]), tau2_method=tau2_method)
    assert all(map(math.isfinite, numbers(fit.to_dict())))


def test_an_interval_of_tau2_that_no_number_holds_is_refused() -> None:
    fit = pool(EffectSizes.of([0, 1, 2], [1, 1, 0.9999]))
    with pytest.raises(NotEstimableError, match=r"Wald\.log: tau2 = 5e-05 has an upper bound that no number can hold"):
        fit.tau2_ci("Wald.log")
    assert fit.tau2_ci("QP").tau2_ci.lb == 0.0
