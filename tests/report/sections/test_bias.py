"""Judgements of bias: every one of them in the table and in the plots, told apart without colour."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metaan.registry.model.appraisal import TOOLS
from metaan.registry.model.public import RiskOfBias
from metaan.report.language.judgements import CODES, SIGNS
from metaan.report.plots.bias import lights, shares
from metaan.report.report import Report
from metaan.report.sections.bias import bias
from metaan.report.writers.page import render
from metaan.synthesis.values import Analysis
from tests.report.writers.test_page import EVIL, Page


def judged(tool: str, *judgements: str, overall: str | None = None, **changes: object) -> RiskOfBias:
    domains = [
        {"name": name, "judgement": judgement, "support": f"because of {name}"}
        for name, judgement in zip(TOOLS[tool].domains, judgements)
    ]
    plain = {"tool": tool, "outcome": "death", "domains": domains, "overall": overall}
    return RiskOfBias.model_validate(plain | changes)


@pytest.fixture
def made(death: Analysis, review: Callable[..., Any]) -> Callable[..., Any]:
    """A review whose first studies have these judgements."""

    def with_judgements(*each: RiskOfBias) -> Any:
        plain = review([death])
        studies = list(plain.studies)
        for i, one in enumerate(each):
            studies[i] = studies[i].model_copy(update={"risk_of_bias": (one,)})
        return replace(plain, studies=tuple(studies))

    return with_judgements


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_has_a_column_for_each_domain_and_overall(tool: str, made: Callable[..., Any]) -> None:
    words = [*TOOLS[tool].judgements]
    review = made(*(judged(tool, *[word] * len(TOOLS[tool].domains), overall=word) for word in words))
    [group] = bias(review).groups
    assert len(group.columns) == len(TOOLS[tool].domains) + 1
    assert [row.cells[-1].text for row in group.rows] == words
    assert all(len(row.cells) == len(group.columns) for row in group.rows)
    assert str(group.lights).count("<circle") == len(words) * len(group.columns) + len({*words})


def test_signs_differ_without_colour() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert set(CODES) <= set(SIGNS)


def test_worse_judgements_have_worse_signs(made: Callable[..., Any]) -> None:
    [group] = bias(made(judged("ROBINS-I", "low", "moderate", "serious", "critical", "no information"))).groups
    codes = [cell.code for cell in group.rows[0].cells]
    assert codes == ["low", "some", "high", "critical", "unknown", "blank", "blank", "blank"]
    assert group.rows[0].cells[-1].text == "not judged"


def test_outcomes_and_tools_are_kept_apart(made: Callable[..., Any]) -> None:
    review = made(judged("RoB 2", "low"), judged("RoB 2", "high", outcome=None), judged("ROBINS-I", "low"))
    assert [(group.title, group.tool) for group in bias(review).groups] == [
        ("Death from any cause", "RoB 2 (2019)"),
        ("Whole study", "RoB 2 (2019)"),
        ("Death from any cause", "ROBINS-I (2016)"),
    ]


def test_included_studies_without_a_judgement_are_named(made: Callable[..., Any]) -> None:
    review = made(judged("RoB 2", "low"))
    missing = {label for _, label in bias(review).missing}
    assert missing == {study.label for study in review.studies[1:] if study.status.state == "included"}


def test_shares_add_up() -> None:
    svg = str(shares("x", "t", [("Confounding", [("low", "low", 3), ("high", "serious", 1)])]))
    widths = [
        float(found[1].split(",")[0]) - float(found[0].split(",")[0])
        for found in (polygon.split() for polygon in re.findall(r'points="([^"]+)"', svg))
    ]
    assert widths == [270.0, 90.0]
    assert "<desc" in svg
    assert "Confounding: low 3, serious 1" in svg


def test_nothing_lies_outside_the_drawing() -> None:
    rows = [("A study with a long name 2021", [("low", "low"), ("unknown", "no information")])] * 3
    svg = str(lights("x", "t", ["D1", "All"], rows))
    wide, high = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    assert all(float(x) < wide for x in re.findall(r' c?x="([^"]+)"', svg))
    assert all(float(y) < high for y in re.findall(r' c?y="([^"]+)"', svg))


def test_the_page_shows_signs_and_words_and_reasons(made: Callable[..., Any], death: Analysis) -> None:
    review = made(judged("RoB 2", "low", "high", overall="high", domains=[
        {"name": "randomisation process", "judgement": "low", "support": f"computer list {EVIL}"}]))  # fmt: skip
    page = render(Report(review, [death]))
    section = page.split('<section id="risk-of-bias"')[1].split('id="studies"')[0]
    assert page.count("<script") == 2  # the data and the page's own
    assert "computer list &lt;script&gt;" in section
    assert 'class="chart bias"' in section
    assert "Not assessed yet: " in section
    got = Page(page)
    assert got.open == []
    assert len(set(got.ids)) == len(got.ids)
    assert [tag for tag, _ in got.tags].count("table") == [tag for tag, _ in got.tags].count("caption")
    for _, attrs in (one for one in got.tags if one[0] == "svg"):
        assert set(str(attrs["aria-labelledby"]).split()) <= set(got.ids)


def test_a_page_without_judgements_invents_none(made: Callable[..., Any], death: Analysis) -> None:
    page = render(Report(made(), [death]))
    section = page.split('<section id="risk-of-bias"')[1].split("</section>")[0]
    assert "<strong>Not assessed yet.</strong>" in section
    assert "<svg" not in section


def test_a_long_name_does_not_push_the_signs_off_the_page() -> None:
    long = str(lights("b", "B", ["D1"], [("A collaborative group with a very long name " * 4, [("low", "low")])]))
    assert float(re.findall(r'width="([\d.]+)"', long)[0]) < 400
    assert float(re.findall(r'text x="([\d.]+)"', long)[0]) < 340
    assert long.count("…") == 1
