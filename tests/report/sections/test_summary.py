"""The summary of findings says what the plots say, per 1000 people, and no more than was judged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metaan.registry.model.public import Certainty, MinimalDifference, NamedRisk
from metaan.report.language import formats
from metaan.report.language.words import Arms
from metaan.report.report import Report
from metaan.report.sections.summary import Summary, letter, summary
from metaan.report.writers.page import render
from metaan.synthesis import statement
from metaan.synthesis.certainty import evidence
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")


def signed(level: str, pool: str | None = "randomised", **changes: object) -> Certainty:
    domains = [{"domain": "imprecision", "judgement": "serious", "reason": "few events"}]
    plain = {"outcome": "death", "pool": pool, "level": level, "domains": domains, "by": ["A. Panel"]}
    return Certainty.model_validate(plain | {"on": "2026-11-01"} | changes)


@pytest.fixture
def table(review: Callable[..., Any]) -> Callable[..., Summary]:
    def made(*analyses: Analysis, judged: tuple[Certainty, ...] = ()) -> Summary:
        found = [statement.judged(a, judged) for a in analyses]
        return summary(found, ARMS, {a.plan.key: evidence(a) for a in found})

    return made


def test_each_result_has_the_effect_of_its_plot(death: Analysis, table: Callable[..., Summary]) -> None:
    [group] = table(death).groups
    for row, pool in zip(group.rows, death.pools, strict=True):
        shown = pool.random.display
        assert row.effect == formats.estimate(shown.estimate, "OR")
        assert row.ci == formats.bounds(shown.ci, "OR")
        assert (row.people, row.studies) == (str(pool.people), "4 studies")
        assert row.lines[0].prediction


def test_the_risks_and_their_difference_fit_each_other(death: Analysis, table: Callable[..., Summary]) -> None:
    [line] = table(death).rows[1].lines
    assert (line.control, line.treated, line.difference) == ("341", "178", "163 fewer")
    assert line.treated_ci == "123 to 251"
    assert line.ci == "218 fewer to 90 fewer"


def test_each_assumed_risk_is_a_line_with_its_source(death: Analysis, table: Callable[..., Summary]) -> None:
    risks = [NamedRisk(name=n, value=v, source=f"{n} cohort") for n, v in (("low", 0.0004), ("high", 0.4))]
    made = replace(death, plan=death.plan.model_copy(update={"assumed_risks": tuple(risks)}))
    got = table(made)
    assert [(line.name, line.control) for line in got.rows[0].lines] == [("low", "0.40"), ("high", "400")]
    assert [note.text for note in got.notes] == ["Assumed risk (low): low cohort.", "Assumed risk (high): high cohort."]
    assert got.rows[0].lines[0].notes == got.rows[1].lines[0].notes


def test_one_study_is_said_to_be_one(analysis: Callable[..., Analysis], table: Callable[..., Summary]) -> None:
    [row] = table(analysis({"randomised": [("A", 5, 40, 9, 40)]})).rows
    assert [note.text for note in row.effect_notes] == ["One study: its own result, nothing is pooled."]
    assert row.lines[0].difference == "100 fewer"
    assert row.lines[0].prediction == ""


def test_no_study_is_a_row_without_numbers(analysis: Callable[..., Analysis], table: Callable[..., Summary]) -> None:
    [row] = table(analysis({"randomised": []})).rows
    assert (row.effect, row.people, row.lines) == ("–", "–", ())
    assert row.statement == "No study reports this outcome."


def test_nothing_is_said_of_certainty_that_nobody_judged(death: Analysis, table: Callable[..., Summary]) -> None:
    got = table(death)
    assert not got.judged
    for row in got.rows:
        assert row.certainty.judged is None
        assert not {"probably", "may", "reduces", "certain"} & set(row.statement.split())


# Level of certainty to the words for the non-randomised studies (fewer deaths), and for the randomised (not clear).
STATEMENTS = {
    "high": ("Anakinra reduces death from any cause, judged against no effect.", "no clear difference"),
    "moderate": ("Anakinra probably reduces death from any cause, judged against no effect.", "no clear difference"),
    "low": ("Anakinra may reduce death from any cause, judged against no effect.", "no clear difference"),
    "very low": ("The evidence is very uncertain about the effect of anakinra on death from any cause.", "uncertain"),
}


@pytest.mark.parametrize("level", STATEMENTS)
def test_a_signed_level_decides_how_firm_the_words_are(
    level: str, death: Analysis, table: Callable[..., Summary]
) -> None:
    clear, unclear = STATEMENTS[level]
    rows = table(death, judged=(signed(level), signed(level, "non-randomised"))).rows
    assert rows[1].statement == clear
    assert unclear in rows[0].statement


def test_more_events_are_an_increase(analysis: Callable[..., Analysis], table: Callable[..., Summary]) -> None:
    more = analysis({"randomised": [("A", 60, 100, 20, 100), ("B", 70, 110, 22, 100)]})
    [row] = table(more, judged=(signed("moderate"),)).rows
    assert row.statement == "Anakinra probably increases death from any cause, judged against no effect."


def test_little_or_no_difference_needs_a_difference_that_matters(
    analysis: Callable[..., Analysis], table: Callable[..., Summary]
) -> None:
    made = analysis({"randomised": [("A", 900, 9000, 905, 9000), ("B", 910, 9000, 900, 9000)]})
    assert "no clear difference" in table(made, judged=(signed("high"),)).rows[0].statement
    mid = MinimalDifference(per_1000=20, source="the panel")
    made = replace(made, outcome=made.outcome.model_copy(update={"mid": mid}))
    [row] = table(made, judged=(signed("high"),)).rows
    assert row.statement == "Anakinra results in little to no difference in death from any cause."
    [seen] = table(made).rows
    assert seen.statement == "Anakinra made little to no difference to death from any cause in these studies."


def test_reasons_for_a_level_are_footnotes(death: Analysis, table: Callable[..., Summary]) -> None:
    rows = table(death, judged=(signed("low", studies=3),)).rows
    assert [note.text for note in rows[0].certainty_notes] == [
        "Imprecision serious: few events.",
        "Judged with 3 studies; the result has 4 now.",
    ]


def test_letters_go_on_after_z() -> None:
    assert [letter(i) for i in (0, 1, 25, 26, 27, 51, 52)] == ["a", "b", "z", "aa", "ab", "az", "ba"]


def test_the_page_links_each_mark_to_its_footnote(death: Analysis, review: Callable[..., Any]) -> None:
    page = render(Report(review([death]), [death], evidence={"death": evidence(death)}))
    section = page.split('<section id="summary"')[1].split("</section>")[0]
    assert "<sup>a</sup>" in section
    assert 'id="summary.note.a"' in section
    assert section.count("not assessed yet") == 2
    assert 'href="#certainty.death.0"' in section
    assert 'id="certainty.death.0"' in page
    assert page.index('id="answer"') < page.index('id="summary"') < page.index('id="results"')
