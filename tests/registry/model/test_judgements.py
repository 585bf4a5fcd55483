"""Judgements of bias and certainty: the tools' own words, signed and with reasons."""

from pathlib import Path
from typing import Any

import pytest

from metaan.errors import Problem, RegistryError
from metaan.registry.load import load
from metaan.registry.model.appraisal import TOOLS, find_tool
from tests.registry.conftest import REVIEW, STUDY

ROB2 = """\
risk_of_bias:
  - tool: RoB 2
    version: "2019"
    outcome: death
    overall: some concerns
    domains:
      - {name: randomisation process, judgement: low}
      - {name: Bias due to deviations from the intended interventions, judgement: Some concerns, support: open label}
"""
CERTAINTY = """\
certainty:
  - outcome: death
    pool: randomised
    level: low
    by: [A. Panel]
    on: 2026-11-01
    domains:
      - {domain: imprecision, judgement: very serious, reason: the interval includes benefit and harm}
      - {domain: inconsistency, judgement: not serious}
"""


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(RegistryError) as caught:
        load(folder)
    return caught.value.problems


def test_judgements_in_the_tools_words_load(project: Any) -> None:
    review = load(project.write(study=STUDY + ROB2, review=REVIEW + CERTAINTY))
    assert review.studies[0].risk_of_bias[0].overall == "some concerns"
    [judged] = review.info.certainty
    assert (judged.level, judged.by, judged.on.isoformat()) == ("low", ("A. Panel",), "2026-11-01")


# What is replaced in the study, by what; the line below that of risk_of_bias, what was found and what is allowed.
BIAS = {
    "tool": ("tool: RoB 2", "tool: ROB-2x", 1, "tool 'ROB-2x' is unknown", "did you mean RoB 2"),
    "domain": ("name: randomisation process", "name: randomisation", 6, "no domain 'randomisation'", "did you mean"),
    "domain of another tool": ("randomisation process", "confounding", 6, "no domain 'confounding'", "missing outcome"),
    "judgement": ("judgement: low", "judgement: lo", 6, "no judgement 'lo'", "did you mean low"),
    "judgement of another tool": ("overall: some concerns", "overall: moderate", 4, "'moderate'", "low, some concerns"),
    "twice": ("Bias due to deviations from the intended interventions", "randomization process", 7, "second time", ""),
    "overall too good": ("overall: some", "overall: low #", 4, "low overall, but Some concerns in", "or worse"),
}


@pytest.mark.parametrize("name", BIAS)
def test_mistakes_in_judging_bias(project: Any, name: str) -> None:
    old, new, line, found, allowed = BIAS[name]
    assert old in ROB2
    [problem] = problems(project.write(study=STUDY + ROB2.replace(old, new, 1)))
    assert problem.line == len(STUDY.splitlines()) + 1 + line
    assert found in problem.found
    assert allowed in problem.allowed


def test_one_judgement_for_each_outcome_and_tool(project: Any) -> None:
    twice = ROB2 + ROB2.removeprefix("risk_of_bias:\n")
    [problem] = problems(project.write(study=STUDY + twice))
    assert "RoB 2 for death is here a second time" in problem.found


GRADE = {
    "unknown outcome": ("outcome: death", "outcome: deaths", "no analysis of 'deaths'", "did you mean death"),
    "no reason": (", reason: the interval includes benefit and harm", "", "imprecision is very serious", "reason"),
    "unsigned": ("    by: [A. Panel]\n", "", "'by' is missing", "required"),
    "undated": ("    on: 2026-11-01\n", "", "'on' is missing", "required"),
    "no such level": ("level: low", "level: lowish", "lowish", ""),
    "domain twice": ("domain: inconsistency", "domain: imprecision", "second time", "each domain once"),
}


@pytest.mark.parametrize("name", GRADE)
def test_mistakes_in_judging_certainty(project: Any, name: str) -> None:
    old, new, found, allowed = GRADE[name]
    assert old in CERTAINTY
    [problem] = problems(project.write(review=REVIEW + CERTAINTY.replace(old, new, 1)))
    assert found in problem.found
    assert allowed in problem.allowed


def test_each_version_of_a_tool_has_its_own_domains() -> None:
    assert [len(tool.domains) for tool in TOOLS.values()] == [5, 7, 7, 6]
    v2 = find_tool("ROBINS-I V2")
    assert v2 is TOOLS["ROBINS-I V2"]
    assert v2.domain("deviations from intended interventions") is None
    assert find_tool("ROBINS-I", "2016") is TOOLS["ROBINS-I"]
    assert find_tool("Newcastle-Ottawa") is None


def test_a_tool_finds_each_of_its_own_words() -> None:
    for tool in TOOLS.values():
        assert all(tool.domain(f"Bias due to {name.upper()}") == name for name in tool.domains)
        assert all(tool.judgement(f"{word.capitalize()} risk of bias") == word for word in tool.judgements)


def signed(level: str, *concerns: str, pool: str = "randomised", more: str = "") -> str:
    domains = ["risk of bias", "imprecision", "inconsistency", "publication bias", "large effect"]
    told = ", ".join(
        f"{{domain: {domain}, judgement: {concern}, reason: r}}" for domain, concern in zip(domains, concerns)
    )
    return (
        f"certainty:\n  - {{outcome: death, pool: {pool}, level: {level}, {more}by: [A], on: 2026-11-01, "
        f"domains: [{told}]}}\n"
    )


SERIOUS = ("serious", "serious")


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        (signed("low", *SERIOUS), True),
        (signed("moderate", *SERIOUS), False),
        (signed("high", *SERIOUS), False),
        (signed("very low", *SERIOUS), False),
        (signed("moderate", *SERIOUS, more="note: two borderline concerns cost one level, "), True),
        (signed("high", *SERIOUS, more="note: two borderline concerns cost one level, "), False),
        (signed("high", "serious", more="note: one borderline concern costs nothing, "), False),
        (signed("moderate", "suspected"), True),
        (signed("very low", "extremely serious", "serious"), True),
        (signed("high", "not serious", "none"), True),
        (signed("low", "not serious", pool="non-randomised"), True),
        (signed("high", "not serious", pool="non-randomised"), True),
        (signed("low", "not serious"), False),
        (signed("low", "not serious", more="start: low, "), True),
        (signed("high", "not serious", pool="non-randomised", more="start: low, "), False),
        (signed("moderate", "none", "none", "none", "none", "raised", more="start: low, "), True),
        (signed("high", "none", "none", "none", "none", "raised twice", more="start: low, "), True),
    ],
)
def test_the_level_follows_from_the_domains(project: Any, text: str, sound: bool) -> None:
    folder = project.write(review=REVIEW + text)
    doubts = load(folder).doubts
    assert (not doubts) == sound
    for one in doubts:
        assert one.where == "certainty[death].level"
        assert "'note:'" in one.allowed


def test_a_level_that_people_let_stand_is_waived_in_the_review(project: Any) -> None:
    waiver = "waivers:\n  - {check: certainty follows its domains, reason: discussed, by: A, date: 2026-11-02}\n"
    (one,) = load(project.write(review=REVIEW + signed("high", *SERIOUS) + waiver)).waived
    assert (one.study, one.problem.found) == (
        "review",
        "high, where high with risk of bias serious, imprecision serious is low",
    )
    (idle,) = problems(project.write(review=REVIEW + signed("low", *SERIOUS) + waiver))
    assert "finds nothing" in idle.found
