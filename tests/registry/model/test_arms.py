"""Every kind of data that an arm or a result can hold: told apart by its keys, and refused where it is not whole."""

from typing import Any

import pytest

from metaan.errors import RegistryError
from metaan.registry.load import load
from metaan.registry.model.arms import ARMS, kind_of_keys

ARMS_OF_DEATH = "    arms:\n      drug: {events: 5, total: 40}\n      control: {events: 3, total: 40}\n"


def numbers(project: Any, text: str, outcome: str = "measure: OR") -> Any:
    """Return the only result of a study, with other numbers in place of its counts."""
    study = project.study.split("    reported:")[0].replace(ARMS_OF_DEATH, text)
    (result,) = load(project.write(study, project.review.replace("measure: OR", outcome))).studies[0].results
    return result


def faults(project: Any, text: str) -> list[str]:
    with pytest.raises(RegistryError) as error:
        numbers(project, text)
    return [f"{problem.where}: {problem.found}; {problem.allowed}" for problem in error.value.problems]


@pytest.mark.parametrize(
    ("kind", "arm", "words"),
    [
        ("counts", "{events: 5, total: 40}", "5 of 40"),
        ("means", "{mean: 12.10, sd: 4.3, total: 40}", "12.10 (SD 4.3), n 40"),
        ("means", "{mean: 12, se: 0.5, total: 40}", "12 (SE 0.5), n 40"),
        ("means", "{mean: 12, ci: [11, 13], level: 0.9, total: 40}", "12 (90% CI 11 to 13), n 40"),
        ("means", "{mean: 12, total: 40}", "12 (no SD), n 40"),
        ("means", "{mean: 12, sd: 4, total: 40, baseline: {mean: 14, sd: 4}}", "12 (SD 4), n 40"),
        ("medians", "{median: 11, q1: 8, q3: 15, total: 40}", "11 [8 to 15], n 40"),
        ("medians", "{median: 11, min: 1, max: 60, total: 40}", "11 (range 1 to 60), n 40"),
        ("rates", "{events: 12, time: 340.5}", "12 in 340.5"),
        ("rates", "{events: 12, time: 340, total: 40}", "12 in 340"),
        ("correlations", "{r: 0.31, total: 40}", "r 0.31, n 40"),
    ],
)
def test_an_arm_is_told_by_its_keys(project: Any, kind: str, arm: str, words: str) -> None:
    result = numbers(project, f"    arms:\n      drug: {arm}\n      control: {arm}\n")
    assert type(result.arms["drug"]) is ARMS[kind]
    assert (result.kinds, str(result.arms["drug"])) == ({kind}, words)


@pytest.mark.parametrize(
    ("drug", "control", "said"),
    [
        ("{mean: 5, sd: 1, total: 40}", "{events: 3, total: 40}", "several kinds (drug: means, control: counts)"),
        ("{events: 5, time: 9}", "{events: 3, total: 40}", "(drug: rates, control: counts); allowed: one"),
        ("{deaths: 5, total: 40}", "{events: 3, total: 40}", "key 'deaths' is unknown; did you mean events?"),
        ("{mean: 5, std: 1, total: 40}", "{mean: 3, sd: 1, total: 40}", "key 'std' is unknown; did you mean sd?"),
        ("{average: 5, sd: 1, total: 40}", "{mean: 3, sd: 1, total: 40}", "'average' is unknown; did you mean mean"),
        ("{median: 5, q1: 1, total: 40}", "{mean: 3, sd: 1, total: 40}", "'q1' without 'q3'"),
        ("{median: 5, total: 40}", "{mean: 3, sd: 1, total: 40}", "a median without its spread"),
        ("{med: 5, total: 40}", "{med: 3, total: 40}", "key 'med' is unknown; did you mean median?"),
        ("{r: 1.2, total: 40}", "{r: 0.2, total: 40}", "arms.drug.r: 1.2 is too large; allowed: up to 1"),
        ("{mean: 5, sd: -1, total: 40}", "{mean: 3, sd: 1, total: 40}", "arms.drug.sd: -1 is too small"),
        ("{events: 5, person_years: 12}", "{events: 5, time: 3}", "key 'person_years' is unknown; did you mean time?"),
        ("{correlation: 0.5, total: 40}", "{r: 0.5, total: 40}", "key 'correlation' is unknown; did you mean r?"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_named(project: Any, drug: str, control: str, said: str) -> None:
    found = faults(project, f"    arms:\n      drug: {drug}\n      control: {control}\n")
    assert any(said in one for one in found), found


def test_medians_and_means_may_mix(project: Any) -> None:
    arms = "    arms:\n      drug: {mean: 5, sd: 1, total: 40}\n      control: {median: 3, q1: 1, q3: 4, total: 40}\n"
    assert numbers(project, arms).kinds == {"means", "medians"}


@pytest.mark.parametrize(
    "effect",
    ["{measure: HR, estimate: 0.7, ci: [0.5, 0.9]}", "[{measure: HR, estimate: 0.7, se: 0.1, arms: [drug, control]}]"],
)
def test_an_effect_needs_no_arms_and_a_result_no_name(project: Any, effect: str) -> None:
    result = numbers(project, f"    effect: {effect}\n")
    assert [one.measure for one in result.effects] == ["HR"]
    unnamed = project.study.replace("    name: death\n", "")
    assert load(project.write(unnamed)).studies[0].results[0].name == "death"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("    effect: {measure: HR, estimate: 0.7}\n", "an effect without its precision"),
        ("    effect: {measure: HR, p: 0.01}\n", "an effect without its number"),
        ("    effect: {measure: MD, o_minus_e: 1, variance: 2}\n", "o_minus_e of MD; allowed: of HR"),
        ("    effect: {measure: HR, o_minus_e: 1}\n", "one of o_minus_e and variance"),
        ("    effect: {measure: HRR, estimate: 1, se: 1}\n", "measure HRR is unknown; did you mean RR"),
        ("    effect: {measure: HR, estimat: 1, se: 1}\n", "key 'estimat' is unknown; did you mean estimate?"),
        ("    effect: {measure: HR, estimate: 1, se: 1, arms: [drgu, control]}\n", "'drgu' is unknown; did you"),
        ("    effect: {measure: HR, estimate: 1, se: 1, arms: [drug]}\n", "holds too little"),
        ("    paired: {n: 5, mean_difference: 1}\n", "a paired difference without its precision"),
        ("    clusters: {icc: 0.1}\n", "a result without numbers"),
    ],
)  # fmt: skip
def test_a_contrast_that_cannot_be_read(project: Any, text: str, said: str) -> None:
    found = faults(project, text)
    assert any(said in one for one in found), found


def test_an_effect_that_nobody_has_filled_in_is_a_form(project: Any) -> None:
    form = "    effect: {measure: HR, estimate: , ci: }\n"
    study = project.study.split("    reported:")[0].replace(ARMS_OF_DEATH, form)
    review = load(project.write(study))
    assert (review.studies[0].results, review.forms["doe-2020"]) == ((), ("death",))


def test_a_direction_is_asked_only_where_arms_are_compared(project: Any) -> None:
    review = project.review.replace("direction: bad, measure: OR", "measure: PLO")
    assert load(project.write(review=review)).outcome("death").direction is None
    with pytest.raises(RegistryError, match="'direction' is missing"):
        load(project.write(review=project.review.replace("direction: bad, measure: OR", "measure: MD")))
    with pytest.raises(RegistryError, match="OR compares two arms"):
        load(project.write(review=review.replace("{outcome: death,", "{outcome: death, measure: OR,")))


def test_the_keys_of_a_kind_win_over_what_kinds_share() -> None:
    assert [kind_of_keys(["total", key]) for key in ("events", "time", "mean", "median", "r", "q1")] == [
        "counts", "rates", "means", "medians", "correlations", "medians",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("{measure: HR, estimate: 0.7, ci: [0.9, 0.5]}", "[0.9, 0.5] is reversed"),
        ("{measure: HR, estimate: 0.4, ci: [0.5, 0.9]}", "0.4 lies outside its interval"),
        ("{measure: HR, estimate: -0.4, se: 0.2}", "HR = -0.4"),
    ],
)
def test_an_effect_is_checked_as_what_authors_printed_is(project: Any, effect: str, said: str) -> None:
    found = faults(project, f"    effect: {effect}\n")
    assert any(said in one for one in found), found


def test_a_role_may_be_left_out_where_there_is_one_group(project: Any) -> None:
    one = project.study.replace("role: experimental, ", "").replace("kind: randomised", "kind: single-arm")
    one = one.replace("  - {id: control, role: control, name: usual care, randomised: 40}\n", "")
    one = one.replace("      control: {events: 3, total: 40}\n", "").split("    reported:")[0]
    review = project.review.replace("direction: bad, measure: OR", "measure: PLO")
    assert load(project.write(one, review)).studies[0].design_group == "single-arm"
    with pytest.raises(RegistryError, match=r"arms\[drug\]: 'role' is missing"):
        load(project.write(project.study.replace("role: experimental, ", "")))


def test_treatments_are_those_of_the_review(project: Any) -> None:
    review = project.review.replace("analyses:", "treatments: [{id: statin, name: statin}]\nanalyses:")
    named = project.study.replace("role: experimental,", "role: experimental, treatment: statin,")
    assert load(project.write(named, review)).studies[0].arms[0].treatment == "statin"
    with pytest.raises(RegistryError, match="treatment 'statn' is unknown; did you mean statin"):
        load(project.write(named.replace("treatment: statin", "treatment: statn"), review))
    compared = project.review.replace("{outcome: death,", "{outcome: death, compare: [drgu, control],")
    with pytest.raises(RegistryError, match="'drgu' is no arm of a study; did you mean drug"):
        load(project.write(review=compared))
