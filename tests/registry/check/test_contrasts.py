"""An interval beside its estimate, its standard error and its p: each contradiction is found, and rounding is none."""

from pathlib import Path

import pytest

from metaan.registry.load import load

REVIEW = """\
title: A review
question: {population: p, intervention: i, comparator: c}
outcomes:
  - {id: death, name: death, direction: bad, measure: HR}
analyses:
  - {outcome: death}
"""

STUDY = """\
id: doe-2020
label: Doe 2020
title: A trial
design: {{kind: randomised}}
arms:
  - {{id: drug, role: experimental, name: drug}}
  - {{id: control, role: control, name: usual care}}
results:
  - outcome: death
    time: day 28
    {effect}
    source: {{document: abstract, level: primary}}
"""


def found(folder: Path, effect: str) -> list[tuple[str, str]]:
    (folder / "review.yaml").write_text(REVIEW, encoding="utf-8")
    (folder / "doe-2020.yaml").write_text(STUDY.format(effect=effect), encoding="utf-8")
    return [(problem.where, problem.found) for problem in load(folder).doubts]


@pytest.mark.parametrize(
    "effect",
    [
        "measure: HR, estimate: 0.71, ci: [0.52, 0.97], p: 0.03",
        "measure: HR, estimate: 0.49, ci: [0.25, 0.97], p: 0.04",
        "measure: HR, estimate: 0.48, ci: [0.22, 1.04], p: 0.06",
        "measure: OR, estimate: 0.36, ci: [0.26, 0.50], p: '<0.0001'",
        "measure: HR, estimate: 1.0, ci: [0.8, 1.3], p: 0.9",
        "measure: HR, estimate: 1.00, ci: [0.80, 1.25], p: 1.0",
        "measure: MD, estimate: -1.2, ci: [-2.0, -0.4], p: 0.003",
        "measure: RR, estimate: 0.1, ci: [0.0, 0.9]",
        "measure: HR, estimate: 0.71, ci: [0.547, 0.922], level: 0.9, se: 0.159",
        "measure: HR, estimate: 0.71, ci: [0.52, 0.97], se: 0.159",
        "measure: HR, estimate: 0.60, ci: [0.30, 2.40], interval: credible",
    ],
)
def test_what_agrees_as_far_as_it_is_printed_raises_nothing(tmp_path: Path, effect: str) -> None:
    assert found(tmp_path, f"effect: {{{effect}}}") == []


@pytest.mark.parametrize(
    ("effect", "place"),
    [
        ("measure: HR, estimate: 0.71, ci: [0.52, 1.97]", "ci"),
        ("measure: HR, estimate: 0.71, ci: [0.45, 0.97]", "ci"),
        ("measure: MD, estimate: 1.5, ci: [0.5, 4.0]", "ci"),
        ("measure: HR, estimate: 0.80, ci: [0.55, 1.16], p: 0.03", "p"),
        ("measure: HR, estimate: 0.71, ci: [0.52, 0.97], p: 0.3", "p"),
        ("measure: HR, estimate: 0.71, ci: [0.52, 0.97], p: '<0.001'", "p"),
        ("measure: HR, estimate: 0.71, ci: [0.52, 0.97], p: '>0.2'", "p"),
        ("measure: HR, estimate: 0.710, ci: [0.546, 0.922], p: 0.031", "ci"),
        ("measure: HR, estimate: 0.710, ci: [0.546, 0.922], se: 0.159", "ci"),
        ("measure: HR, estimate: 0.710, ci: [0.471, 1.069], se: 0.159", "ci"),
    ],
)
def test_a_contradiction_is_found_in_its_place(tmp_path: Path, effect: str, place: str) -> None:
    assert [where for where, _ in found(tmp_path, f"effect: {{{effect}}}")] == [f"results[death].effect.{place}"]


@pytest.mark.parametrize(("level", "ci"), [("90", "[0.546, 0.922]"), ("99", "[0.471, 1.069]")])
def test_the_level_that_fits_better_is_named(tmp_path: Path, level: str, ci: str) -> None:
    ((_, said),) = found(tmp_path, f"effect: {{measure: HR, estimate: 0.710, ci: {ci}, se: 0.159}}")
    assert f"fits {level}% better than 95%" in said


def test_a_paired_difference_is_looked_at_too(tmp_path: Path) -> None:
    paired = "paired: {n: 20, mean_difference: 1.5, ci: [0.5, 4.0]}"
    assert [where for where, _ in found(tmp_path, paired)] == ["results[death].paired.ci"]


def test_one_of_several_effects_is_named(tmp_path: Path) -> None:
    several = "effect: [{measure: HR, estimate: 0.7, se: 0.2}, {measure: HR, estimate: 0.71, ci: [0.52, 1.97]}]"
    assert [where for where, _ in found(tmp_path, several)] == ["results[death].effect[2].ci"]
