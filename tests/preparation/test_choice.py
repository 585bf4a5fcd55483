"""Numbers of every kind and design, from study files to effect sizes; by hand, or from the place that is named."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import metaan as ma
from metaan.errors import RegistryError
from metaan.report.writers.export import to_json
from metaan.report.writers.terminal import table
from metaan.synthesis.values import Analysis

Pool = Callable[..., Analysis]


def means(a: dict[str, Any], b: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"arms": {"a": a, "b": b}} | more


PLAIN = means({"mean": 10, "sd": 4, "total": 40}, {"mean": 12, "sd": 5, "total": 50})
COUNTS = {"arms": {"a": {"events": 5, "total": 40}, "b": {"events": 10, "total": 50}}}


def only(analysis: Analysis) -> Any:
    [row] = analysis.rows
    return row


def why(analysis: Analysis) -> str:
    [gone] = analysis.excluded
    return gone.reason


def methods(analysis: Analysis) -> list[str]:
    [study] = to_json([analysis])["analyses"][0]["studies"]
    return [one["method"] for one in study["data"]["converted"]]


def test_means_are_pooled_as_they_stand(pooled: Pool) -> None:
    row = only(pooled("MD", PLAIN))
    assert (row.yi, row.vi) == (-2.0, pytest.approx(16 / 40 + 25 / 50))


@pytest.mark.parametrize(
    ("spread", "sd"),
    [
        ({"se": 0.5}, 0.5 * math.sqrt(25)),
        ({"ci": [9.0, 11.0]}, math.sqrt(25) * 2 / (2 * 2.0638986)),  # t(24), 0.975: qt(0.975, 24), R 4.2.2
        ({"ci": [9.0, 11.0], "level": 0.9}, math.sqrt(25) * 2 / (2 * 1.7108821)),  # qt(0.95, 24)
    ],
)
def test_a_standard_deviation_follows_from_what_was_printed(pooled: Pool, spread: dict[str, Any], sd: float) -> None:
    made = pooled("MD", means({"mean": 10, "total": 25} | spread, {"mean": 12, "sd": 5, "total": 50}))
    assert only(made).vi == pytest.approx(sd**2 / 25 + 25 / 50, rel=1e-6)
    assert methods(made) == ["sd-from-se" if "se" in spread else "sd-from-ci"]


def test_a_mean_without_its_spread_is_left_out_with_the_reason(pooled: Pool) -> None:
    bare = means({"mean": 10, "total": 25}, {"mean": 12, "sd": 5, "total": 50})
    assert "none is invented (sd_from: borrows one, and says so)" in why(pooled("MD", bare))


def test_a_standard_deviation_is_borrowed_only_where_somebody_says_so(pooled: Pool) -> None:
    bare = means({"mean": 10, "total": 25}, {"mean": 12, "sd": 5, "total": 50})
    made = pooled("MD", bare, PLAIN, plan={"sd_from": "s2"})
    first = next(row for row in made.rows if row.id == "s1")
    pooled_sd = (39 * 16 + 49 * 25) / 88
    assert first.vi == pytest.approx(pooled_sd / 25 + 25 / 50)
    assert "SD borrowed from s2" in first.note
    assert any(one.assuming == "without borrowed standard deviations" for one in made.pools[0].sensitivity)


def test_medians_become_means_and_are_said(pooled: Pool) -> None:
    medians = means({"median": 11, "q1": 8, "q3": 15, "total": 40}, {"median": 13, "q1": 9, "q3": 18, "total": 38})
    made = pooled("MD", medians, PLAIN)
    first = next(row for row in made.rows if row.id == "s1")
    got = ma.mean_sd_from_quantiles([11, 13], [40, 38], q1=[8, 9], q3=[15, 18])
    assert first.yi == pytest.approx(got["mi"][0] - got["mi"][1])
    assert "mean and SD from the median" in first.note
    assert "without converted medians" in [one.assuming for one in made.pools[0].sensitivity]
    assert why(pooled("MD", medians, plan={"medians": "exclude"})).startswith("reports medians")
    assert "bc is not computed here: enter medians: luo-wan" in why(pooled("MD", medians, plan={"medians": "bc"}))


def test_medians_and_means_may_mix_in_one_result_and_other_kinds_may_not(pooled: Pool) -> None:
    mixed = means({"median": 11, "q1": 8, "q3": 15, "total": 40}, {"mean": 13, "sd": 4, "total": 38})
    assert only(pooled("MD", mixed)).yi is not None
    with pytest.raises(RegistryError, match="arms of several kinds"):
        pooled("MD", means({"events": 3, "total": 40}, {"mean": 13, "sd": 4, "total": 38}))


def test_final_values_and_changes_meet_in_md_and_not_in_smd(pooled: Pool) -> None:
    change = PLAIN | {"values": "change"}
    assert pooled("MD", PLAIN, change).k == 2
    apart = pooled("SMD", PLAIN, change)
    assert apart.k == 1
    assert "SMD is pooled of final values only" in why(apart)


def test_a_baseline_gives_the_change_by_an_assumed_correlation(pooled: Pool) -> None:
    """Cochrane Handbook 6.5.2.8: SD of change = sqrt(SDb^2 + SDf^2 - 2 r SDb SDf)."""
    arm = {"mean": 10, "sd": 4, "total": 40, "baseline": {"mean": 15, "sd": 5}}
    other = {"mean": 12, "sd": 5, "total": 50, "baseline": {"mean": 16, "sd": 5}}
    made = pooled("MD", means(arm, other), PLAIN, plan={"assume": {"correlation": 0.5}, "values": "change"})
    row = next(row for row in made.rows if row.id == "s1")
    assert row.yi == pytest.approx((10 - 15) - (12 - 16))
    assert row.vi == pytest.approx((25 + 16 - 20) / 40 + (25 + 25 - 25) / 50)
    assert {"correlation 0.3", "correlation 0.7"} <= {one.assuming for one in made.pools[0].sensitivity}


def test_units_meet_only_where_the_protocol_converts_them(pooled: Pool) -> None:
    hours = means({"mean": 240, "sd": 96, "total": 40}, {"mean": 288, "sd": 120, "total": 50}, unit="hours")
    days = PLAIN | {"unit": "days"}
    assert "convert_units" in why(pooled("MD", days, hours, outcome={"unit": "days"}))
    both = pooled("MD", days, hours, outcome={"unit": "days"}, plan={"convert_units": {"hours": 1 / 24}})
    assert [row.yi for row in both.rows] == pytest.approx([-2.0, -2.0])


def test_a_scale_where_more_is_better_is_turned(pooled: Pool) -> None:
    better = PLAIN | {"scale": {"name": "SF-36", "higher_is": "better"}}
    turned, as_is = only(pooled("SMD", better)).yi, only(pooled("SMD", PLAIN)).yi
    assert turned == pytest.approx(-as_is)


EFFECT = {"measure": "HR", "estimate": 0.71, "ci": [0.52, 0.97]}


@pytest.mark.parametrize(
    ("effect", "yi", "se"),
    [
        (EFFECT, math.log(0.71), math.log(0.97 / 0.52) / (2 * 1.959964)),
        ({"measure": "HR", "estimate": 0.5, "se": 0.2}, math.log(0.5), 0.2),
        ({"measure": "HR", "o_minus_e": -5.0, "variance": 20.0}, -0.25, 20**-0.5),
        ({"measure": "HR", "estimate": 0.5, "p": 0.05}, math.log(0.5), math.log(2) / 1.959964),
        ({"measure": "HR", "estimate": 2.0, "se": 0.2, "arms": ["b", "a"]}, -math.log(2), 0.2),
    ],
)
def test_an_effect_is_pooled_on_its_analysis_scale(pooled: Pool, effect: dict[str, Any], yi: float, se: float) -> None:
    row = only(pooled("HR", {"effect": effect}))
    assert (row.yi, row.vi) == (pytest.approx(yi, rel=1e-6), pytest.approx(se**2, rel=1e-5))


def test_a_bound_of_p_gives_no_precision(pooled: Pool) -> None:
    assert "is a bound" in why(pooled("HR", {"effect": {"measure": "HR", "estimate": 0.5, "p": "<0.001"}}))


def test_a_credible_interval_is_taken_only_where_the_protocol_says_so(pooled: Pool) -> None:
    effect = EFFECT | {"interval": "credible"}
    assert "credible" in why(pooled("HR", {"effect": effect}))
    assert pooled("HR", {"effect": effect}, plan={"credible_intervals": True}).k == 1


def test_hazard_ratios_and_odds_ratios_never_meet(pooled: Pool) -> None:
    made = pooled("HR", {"effect": EFFECT}, COUNTS, {"effect": EFFECT | {"measure": "OR"}})
    assert made.k == 1
    assert [gone.id for gone in made.excluded] == ["s2", "s3"]
    assert "HR needs an effect HR" in made.excluded[0].reason


@pytest.mark.parametrize(
    ("design", "estimates", "taken"),
    [
        ("randomised", None, "arms"),
        ("non-randomised", None, "adjusted"),
        ("randomised", "effects", "adjusted"),
        ("randomised", "effects-first", "adjusted"),
        ("non-randomised", "arms-first", "arms"),
        ("non-randomised", {"non-randomised": "arms"}, "arms"),
    ],
)
def test_arms_or_effects_first_is_a_rule_by_design(pooled: Pool, design: str, estimates: Any, taken: str) -> None:
    adjusted = {"measure": "OR", "estimate": 0.4, "ci": [0.2, 0.8], "adjusted_for": ["age"]}
    crude = {"measure": "OR", "estimate": 0.6, "ci": [0.3, 1.2]}
    kind = {"kind": design} | ({"control": "matched"} if design == "non-randomised" else {})
    plan = {"estimates": estimates} if estimates else {}
    row = only(pooled("OR", COUNTS | {"effect": [crude, adjusted]}, plan=plan, more={"design": kind}))
    assert row.yi == pytest.approx(math.log(0.4) if taken == "adjusted" else math.log((5 / 35) / (10 / 40)))


def test_an_odds_ratio_becomes_a_risk_ratio_only_where_the_protocol_says_so(pooled: Pool) -> None:
    """Zhang & Yu 1998: OR / (1 - p0 + p0 OR), here 0.5 / (0.8 + 0.1)."""
    effect = {"effect": {"measure": "OR", "estimate": 0.5, "ci": [0.25, 1.0]}}
    assert pooled("RR", effect).k == 0
    plan = {"convert": {"OR": "RR"}, "control_risk": {"value": 0.2, "source": "a register"}}
    row = only(pooled("RR", effect, plan=plan))
    assert row.yi == pytest.approx(math.log(0.5 / 0.9))
    assert "bounds are approximate" in row.note


def test_rates_are_events_over_time(pooled: Pool) -> None:
    rates = {"arms": {"a": {"events": 12, "time": 340.0}, "b": {"events": 20, "time": 310.0}}, "time_unit": "years"}
    row = only(pooled("IRR", rates))
    assert (row.yi, row.vi) == (pytest.approx(math.log((12 / 340) / (20 / 310))), pytest.approx(1 / 12 + 1 / 20))


def test_one_group_has_no_sides_and_says_which_arm(pooled: Pool) -> None:
    one = {"direction": None}
    assert "has two arms and PLO is of one" in why(pooled("PLO", COUNTS, outcome=one))
    row = only(pooled("PLO", COUNTS, outcome=one, plan={"arm": "control"}))
    assert row.yi == pytest.approx(math.log(10 / 40))
    assert only(pooled("PLO", COUNTS, outcome=one, plan={"arm": "all"})).yi == pytest.approx(math.log(15 / 75))


def test_a_single_arm_study_is_in_outcomes_of_one_group_only(pooled: Pool) -> None:
    alone = {"arms": {"a": {"events": 5, "total": 40}}}
    more = {"design": {"kind": "single-arm"}, "arms": [{"id": "a", "role": "experimental", "name": "A"}]}
    assert only(pooled("PR", alone, outcome={"direction": None}, more=more)).yi == pytest.approx(5 / 40)
    assert "no single-arm studies" in why(pooled("OR", alone, more=more))


def test_clusters_are_divided_by_their_design_effect(pooled: Pool) -> None:
    """1 + (21 - 1) 0.05 = 2; with a CV of 0.5: 1 + ((1 + 0.25) 21 - 1) 0.05 = 2.2625."""
    more = {"design": {"kind": "cluster-randomised"}}
    clusters = {"average_size": 21, "icc": 0.05}
    row = only(pooled("RR", COUNTS | {"clusters": clusters}, more=more))
    assert row.data == {"ai": 2.5, "n1i": 20.0, "ci": 5.0, "n2i": 25.0}
    varied = only(pooled("MD", PLAIN | {"clusters": clusters | {"cv": 0.5}}, more=more))
    assert varied.vi == pytest.approx(2.2625 * (16 / 40 + 25 / 50))
    effect = only(
        pooled("HR", {"effect": {"measure": "HR", "estimate": 0.5, "se": 0.2}, "design_effect": 2.0}, more=more)
    )
    assert effect.vi == pytest.approx(0.08)


def test_clusters_of_unknown_correlation_are_refused_or_borrowed(pooled: Pool) -> None:
    more = {"design": {"kind": "cluster-randomised"}}
    clusters = {"average_size": 21}
    assert "intracluster correlation is not known" in why(pooled("RR", COUNTS | {"clusters": clusters}, more=more))
    assert pooled("RR", COUNTS | {"adjusted": True}, more=more).k == 1
    plan = {"icc_from": {"value": 0.05, "source": "Adams 2004"}}
    found = pooled("RR", COUNTS | {"clusters": clusters}, COUNTS | {"clusters": clusters}, plan=plan, more=more)
    assert {"ICC 0.025", "ICC 0.1"} <= {one.assuming for one in found.pools[0].sensitivity}


def test_people_who_had_both_treatments(pooled: Pool) -> None:
    more = {"design": {"kind": "cross-over"}}
    paired = {"paired": {"n": 20, "mean_difference": -2.0, "sd": 4.0}}
    row = only(pooled("MD", paired, more=more))
    assert (row.yi, row.vi) == (-2.0, pytest.approx(16 / 20))
    assert "nothing says how their values go together" in why(pooled("MD", PLAIN, more=more))
    assert only(pooled("MD", PLAIN | {"period": "first"}, more=more)).vi == pytest.approx(16 / 40 + 25 / 50)
    same = means({"mean": 10, "sd": 4, "total": 40}, {"mean": 12, "sd": 5, "total": 40}, correlation=0.5)
    assert only(pooled("MD", same, more=more)).vi == pytest.approx((16 + 25 - 20) / 40)
    pairs = {"pairs": {"both": 10, "experimental_only": 5, "control_only": 12, "neither": 13}}
    assert only(pooled("OR", pairs, more=more)).yi == pytest.approx(math.log((15 / 25) / (22 / 18)))


THREE = {
    "arms": [
        {"id": "low", "role": "experimental", "name": "low dose"},
        {"id": "high", "role": "experimental", "name": "high dose"},
        {"id": "b", "role": "control", "name": "placebo"},
    ]
}
DOSES = {
    "arms": {
        "low": {"mean": 10, "sd": 4, "total": 20}, "high": {"mean": 12, "sd": 3, "total": 30},
        "b": {"mean": 14, "sd": 5, "total": 40},
    }
}  # fmt: skip


def test_arms_of_one_side_are_put_together(pooled: Pool) -> None:
    """Cochrane Handbook 6.5.2.10: n 50, mean 11.2, SD from 19 x 16 + 29 x 9 + 20 x 1.44 + 30 x 0.64 over 49."""
    row = only(pooled("MD", DOSES, more=THREE))
    sd2 = (19 * 16 + 29 * 9 + 20 * 1.2**2 + 30 * 0.8**2) / 49
    assert (row.yi, row.vi) == (pytest.approx(11.2 - 14), pytest.approx(sd2 / 50 + 25 / 40))
    assert "arms low and high put together" in row.note


def test_split_arms_are_rows_that_share_their_control(pooled: Pool) -> None:
    made = pooled("MD", DOSES, more=THREE, plan={"arms": "split"})
    assert [row.label for row in made.rows] == ["S1 (low dose)", "S1 (high dose)"]
    assert [row.data["n2i"] for row in made.rows] == [20, 20]
    assert [row.data["m2i"] for row in made.rows] == [14, 14]
    [shown] = to_json([made])["analyses"]
    assert (shown["k"], shown["rows"]) == (1, 2)
    assert len({study["row"] for study in shown["studies"]}) == 2
    assert {study["id"] for study in shown["studies"]} == {"s1"}


def test_two_named_arms_are_compared(pooled: Pool) -> None:
    made = pooled("MD", DOSES, more=THREE, plan={"compare": ["high", "low"]})
    assert only(made).yi == 2.0
    two = {"arms": {name: arm for name, arm in DOSES["arms"].items() if name != "low"}}
    assert "which the protocol compares" in why(pooled("MD", two, more=THREE, plan={"compare": ["high", "low"]}))


def test_a_subgroup_of_people_is_never_the_study(pooled: Pool) -> None:
    women = PLAIN | {"subgroup": {"name": "sex", "value": "women"}}
    men = means(
        {"mean": 9, "sd": 4, "total": 40}, {"mean": 9, "sd": 5, "total": 50}, subgroup={"name": "sex", "value": "men"}
    )
    assert "subgroups of people only" in why(pooled("MD", [women, men]))
    assert only(pooled("MD", [women, men, PLAIN])).yi == -2.0
    within = only(pooled("MD", [women, men], plan={"within": "sex"}))
    assert (within.yi, within.vi) == (pytest.approx(0 - -2.0), pytest.approx(2 * (16 / 40 + 25 / 50)))


def test_what_was_printed_stands_in_json(pooled: Pool) -> None:
    [study] = to_json([pooled("MD", PLAIN)])["analyses"][0]["studies"]
    assert study["data"]["kind"] == "means"
    assert study["data"]["experimental"] == {"mean": 10, "sd": 4, "total": 40}
    assert study["data"]["effect"] is None
    assert study["counts"] is None
    [effect] = to_json([pooled("HR", {"effect": EFFECT})])["analyses"][0]["studies"]
    assert effect["data"]["effect"]["estimate"] == 0.71
    assert effect["data"]["control"] is None
    [counts] = to_json([pooled("OR", COUNTS)])["analyses"][0]["studies"]
    assert counts["counts"] == {"ai": 5, "n1i": 40, "ci": 10, "n2i": 50}


def test_effects_and_tables_meet_by_inverse_variance_and_that_is_said(pooled: Pool) -> None:
    effect = {"effect": {"measure": "OR", "estimate": 0.5, "ci": [0.25, 1.0]}}
    made = pooled("OR", COUNTS, effect, plan={"explore": {"multiverse": True}})
    assert [remark.code for remark in made.remarks] == ["inverse variance"]
    assert made.pools[0].common.method == "IV"
    assert "by an effect, without counts" in made.pools[0].exploration.refused[0].reason
    text = table(made, width=200)
    assert "5/40" in text
    assert "common (fixed) effect by inverse variance: Mantel-Haenszel needs a table of every study" in text


@pytest.mark.parametrize(
    ("unit", "other", "factor"),
    [("person-years", "person-months", 1 / 12), ("years", "person-days", 1 / 365.25), ("years", "1000 years", 1000)],
)
def test_units_of_time_convert_themselves(pooled: Pool, unit: str, other: str, factor: float) -> None:
    rates = {"arms": {"a": {"events": 12, "time": 340.0}, "b": {"events": 20, "time": 310.0}}}
    made = pooled("IRD", rates | {"time_unit": unit}, rates | {"time_unit": other})
    first, second = (row.yi for row in made.rows)
    assert second == pytest.approx(first / factor)
    assert "person-years" in why(pooled("IRD", rates | {"time_unit": unit}, rates | {"time_unit": "beds"}))


def test_effects_are_in_a_unit_too(pooled: Pool) -> None:
    effect = {"effect": {"measure": "MD", "estimate": -24, "se": 12}, "unit": "hours"}
    outcome = {"unit": "days"}
    assert "convert_units" in why(pooled("MD", effect, outcome=outcome))
    plan = {"convert_units": {"Hours": 1 / 24}}
    row = only(pooled("MD", effect, outcome=outcome, plan=plan))
    assert (row.yi, row.vi) == (pytest.approx(-1), pytest.approx(0.25))
    paired = {"paired": {"n": 20, "mean_difference": -24, "se": 12}, "unit": "hours"}
    row = only(pooled("MD", paired, outcome=outcome, plan=plan, more={"design": {"kind": "cross-over"}}))
    assert (row.yi, row.vi, row.people) == (pytest.approx(-1), pytest.approx(0.25), 20)


def test_leaving_one_out_leaves_out_all_rows_of_a_study(pooled: Pool) -> None:
    plan = {"arms": "split", "explore": {"leave_one_out": True}}
    made = pooled("MD", DOSES, DOSES, DOSES, more=THREE, plan=plan)
    refits = made.pools[0].exploration.leave_one_out
    assert (refits.slab, [fit.k for fit in refits.fits]) == (("S1", "S2", "S3"), [4, 4, 4])


def test_a_study_of_one_group_goes_back_by_its_own_size_and_stands_under_its_design(pooled: Pool) -> None:
    alone = [{"arms": {"a": {"events": events, "total": total}}} for events, total in ((5, 40), (1, 7))]
    more = {"design": {"kind": "single-arm"}, "arms": [{"id": "a", "role": "experimental", "name": "A"}]}
    plan = {"by": "design", "pool_designs": False}
    made = pooled("PFT", *alone, outcome={"direction": None}, more=more, plan=plan)
    assert [row.estimate for row in made.rows] == pytest.approx([5 / 40, 1 / 7])
    assert [pool.name for pool in made.pools] == ["single-arm"]
    assert "random effects, mixed model of proportions" in [one.name for one in made.pools[0].sensitivity]


def test_the_terminal_says_what_was_converted_and_of_what_values(pooled: Pool) -> None:
    medians = means({"median": 11, "q1": 8, "q3": 15, "total": 40}, {"median": 13, "q1": 9, "q3": 18, "total": 38})
    text = table(pooled("MD", medians, PLAIN | {"values": "change"}), width=200)
    assert "Converted (mean and SD from the median (Luo 2018; Wan 2014)): S1." in text
    assert "means of final values (1) and of changes (1) are pooled together" in text
    assert re.search(r"11\.\d\d \(5\.\d\d\), 40", text)


def test_a_difference_is_said_in_its_unit_and_in_words(pooled: Pool) -> None:
    from metaan.report.language.answers import answers
    from metaan.report.language.words import Arms

    arms = Arms("drug A", "placebo")
    [answer] = answers(pooled("MD", *[PLAIN] * 5, outcome={"unit": "days"}), arms)
    assert answer.statement.startswith("Length of stay was shorter with drug A than with placebo in these studies")
    assert "mean difference 2.0 days shorter (95% CI 1.2 to 2.8 shorter; random effects)" in str(answer.text)
    [wide] = answers(pooled("MD", means({"mean": 10, "sd": 4, "total": 9}, {"mean": 11, "sd": 5, "total": 9}),
                            outcome={"unit": "days"}), arms)  # fmt: skip
    assert "1.0 days shorter (95% CI 5.2 shorter to 3.2 longer" in str(wide.text)


def test_an_intracluster_correlation_is_borrowed_from_a_study_too(pooled: Pool) -> None:
    more = {"design": {"kind": "cluster-randomised"}}
    own = COUNTS | {"clusters": {"average_size": 21, "icc": 0.05}}
    made = pooled("RR", own, COUNTS | {"clusters": {"average_size": 21, "icc_from": "s1"}}, more=more)
    assert [row.data["n1i"] for row in made.rows] == [20.0, 20.0]
    assert "ICC 0.05 of s1" in made.rows[1].note


@pytest.mark.parametrize(
    ("measure", "numbers", "said"),
    [
        ("OR", {"effect": {"measure": "OR", "estimate": 0.7, "ci": [0, 0.9]}}, "OR 0.7: lb = 0 cannot be"),
        ("MD", {"effect": {"measure": "MD", "estimate": 0, "p": 0.5}}, "p 0.5 of an effect like this gives no"),
        ("OR", COUNTS | {"arms": {"a": {"mean": 1, "sd": 1, "total": 5}, "b": {"mean": 1, "sd": 1, "total": 5}}},
         "as means, and OR needs counts or an effect OR"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_leaves_its_study_out_and_no_more(
    pooled: Pool, measure: str, numbers: dict[str, Any], said: str
) -> None:
    sound = PLAIN if measure == "MD" else COUNTS
    made = pooled(measure, numbers, sound)
    assert (made.k, said in why(made)) == (1, True), why(made)


def test_effects_of_several_arms_are_rows_that_say_they_share_their_control(pooled: Pool) -> None:
    effects = [
        {"measure": "HR", "estimate": x, "se": 0.2, "arms": [arm, "b"]} for arm, x in (("low", 0.5), ("high", 0.8))
    ]
    made = pooled("HR", {"effect": effects}, more=THREE, plan={"arms": "split"})
    assert [(row.label, row.yi) for row in made.rows] == [
        ("S1 (low dose)", pytest.approx(math.log(0.5))), ("S1 (high dose)", pytest.approx(math.log(0.8))),
    ]  # fmt: skip
    assert all("control arm is in several rows" in row.note for row in made.rows)
    assert "enter arms: split or compare:" in why(pooled("HR", {"effect": effects}, more=THREE))
