"""Each kind of slip in means and medians is found in a small registry, and sound numbers raise nothing."""

from pathlib import Path
from textwrap import indent

import pytest

from metaan.errors import RegistryError
from metaan.registry.load import load

REVIEW = """\
title: A review
question: {{population: p, intervention: i, comparator: c}}
outcomes:
  - {{id: pain, name: pain, direction: bad, measure: {measure}{more}}}
analyses:
  - {{outcome: pain}}
"""

STUDY = """\
id: {id}
label: {id}
title: A trial
design: {{kind: randomised}}
arms:
  - {{id: drug, role: experimental, name: drug, randomised: 100}}
  - {{id: control, role: control, name: usual care, randomised: 100}}
results:
  - outcome: pain
    time: day 28
    source: {{document: abstract, level: primary}}
"""


def found(folder: Path, *results: str, measure: str = "MD", more: str = "") -> list[tuple[str, str]]:
    """Return the place and words of all that is found: of errors, of doubts and of remarks."""
    (folder / "review.yaml").write_text(REVIEW.format(measure=measure, more=more), encoding="utf-8")
    for i, result in enumerate(results):
        name = f"study-{'abcdefgh'[i]}"
        text = STUDY.format(id=name) + indent(result, "    ") + "\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    try:
        review = load(folder)
    except RegistryError as error:
        return [(p.where, p.found) for p in error.problems]
    return [(p.where, p.found) for p in (*review.doubts, *(p for _, p in review.noted))]


def arms(drug: str, control: str = "mean: 22.1, sd: 8.2, total: 40", more: str = "") -> str:
    return f"{more}\narms: {{drug: {{{drug}}}, control: {{{control}}}}}"


SOUND = (
    arms("mean: 20.3, sd: 8.1, total: 40"),
    arms("mean: 21.8, sd: 7.4, total: 60", "mean: 23.9, se: 1.1, total: 52"),
    arms("median: 20, q1: 14.5, q3: 26, total: 45", "mean: 24.4, ci: [21.9, 26.9], total: 44"),
)


def test_sound_means_raise_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, *SOUND) == []


@pytest.mark.parametrize(
    ("slip", "place"),
    [
        (arms("mean: 20.3, sd: 1.3, total: 40", "mean: 22.1, sd: 1.2, total: 40"), "drug.sd"),
        (arms("mean: 20.3, sd: 1.3, total: 40"), "drug.sd"),
        (arms("mean: 20.3, se: 8.1, total: 40"), "drug.se"),
        (arms("mean: 20.3, sd: 0, total: 40"), "drug.sd"),
        (arms("mean: 20.3, sd: 8.1, se: 8.1, total: 40"), "drug.se"),
        (arms("mean: 2.3, sd: 8.1, total: 40", "mean: 22.1, sd: 8, total: 40"), ""),
        (arms("mean: 2.03, sd: 0.81, total: 40", "mean: 2.2, sd: 0.82, total: 40"), ""),
        (arms("mean: 20300, sd: 8100, total: 40", "mean: 22100, sd: 8200, total: 40"), ""),
        (arms("mean: 366, sd: 146, total: 40", "mean: 398, sd: 148, total: 40"), ""),
        (arms("median: 27, q1: 14, q3: 26, total: 40"), "drug.q3"),
        (arms("median: 20, min: 21, max: 26, total: 40"), "drug.median"),
        (arms("median: 20, q1: 14, q3: 26, min: 15, max: 60, total: 40"), "drug.q1"),
        (arms("median: 15, q1: 14, q3: 40, total: 60"), "drug"),
        (arms("mean: 20.3, ci: [25, 22], total: 40"), "drug.ci"),
        (arms("mean: 20.3, ci: [21, 24], total: 40"), "drug.ci"),
        (arms("mean: 20.3, ci: [19.3, 24.4], total: 40"), "drug.ci"),
        (arms("mean: 20.3, sd: 8.1, total: 101"), "drug.total"),
    ],
)
def test_a_slip_is_found_in_its_place(tmp_path: Path, slip: str, place: str) -> None:
    said = found(tmp_path, *SOUND, slip)
    at = f"results[pain].arms.{place}" if place else "results[pain]"
    assert at in [where for where, _ in said]
    assert {where.partition(".")[0] for where, _ in said} == {"results[pain]"}


def test_an_error_of_one_study_is_not_laid_at_the_door_of_the_others(tmp_path: Path) -> None:
    slip = arms("mean: 20.3, sd: 1.3, total: 40", "mean: 22.1, sd: 1.2, total: 40")
    found(tmp_path, *SOUND, slip)
    assert {Path(p.file).stem for p in load(tmp_path).doubts} == {"study-d"}


@pytest.mark.parametrize(("mean", "impossible"), [("3.49", True), ("3.48", False), ("3.45", False), ("3.4", False)])
def test_a_mean_of_whole_points_is_one_that_a_sum_gives(tmp_path: Path, mean: str, impossible: bool) -> None:
    study = arms(f"mean: {mean}, sd: 1.2, total: 40", "mean: 3.50, sd: 1.3, total: 20")
    scale = ", scale: {name: NRS, range: [0, 10], integers: true}"
    assert [where for where, _ in found(tmp_path, study, more=scale)] == ["results[pain].arms.drug.mean"] * impossible


def test_of_points_that_may_be_split_no_sum_is_asked(tmp_path: Path) -> None:
    study = arms("mean: 3.49, sd: 1.2, total: 40", "mean: 3.51, sd: 1.3, total: 20")
    assert found(tmp_path, study, more=", scale: {name: VAS}") == []


def test_changes_beside_final_values_are_said_where_differences_are_standardized(tmp_path: Path) -> None:
    final, change = (
        arms("mean: 20.3, sd: 8.1, total: 40"),
        arms("mean: -3, sd: 7, total: 40", "mean: -1, sd: 7, total: 40"),
    )
    both = (final, f"values: change{change}")
    assert [where for where, _ in found(tmp_path, *both, measure="SMD")] == ["results[pain].values"]
    assert found(tmp_path, *both) == []


def test_skewed_means_are_said_once_an_outcome(tmp_path: Path) -> None:
    study = arms("mean: 9, sd: 8.1, total: 40", "mean: 10, sd: 8.3, total: 40")
    (said,) = found(tmp_path, study, study.replace("9", "8"), more=", unit: days")
    assert "study-a, study-b" in said[1]
    assert found(tmp_path, study, more=", unit: points") == []


def test_a_standardized_difference_beyond_reason_is_found_in_an_effect(tmp_path: Path) -> None:
    assert dict(found(tmp_path, "effect: {measure: SMD, estimate: -2.4, se: 0.3}", measure="SMD"))
    assert not found(tmp_path, "effect: {measure: SMD, estimate: -1.4, se: 0.3}", measure="SMD")


def test_a_waiver_lets_a_doubt_or_a_remark_stand(tmp_path: Path) -> None:
    assert (
        len(found(tmp_path, arms("mean: 20.3, sd: 0, total: 40"), arms("median: 15, q1: 14, q3: 40, total: 60"))) == 2
    )
    for name, check in (("study-a", "standard deviations are above 0"), ("study-b", "quantiles are symmetric")):
        with (tmp_path / f"{name}.yaml").open("a", encoding="utf-8") as file:
            file.write(f"waivers:\n  - {{check: {check}, reason: r, by: A, date: 2026-01-01}}\n")
    review = load(tmp_path)
    assert (review.doubts, review.noted, len(review.waived)) == ((), (), 2)
