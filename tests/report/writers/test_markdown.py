"""The report as Markdown: what the page says, and no text that is taken for markup."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import metaan as ma
from metaan.report.forest.forest import forest
from metaan.report.language.answers import answers
from metaan.report.language.words import Arms
from metaan.report.report import Report
from metaan.report.sections.contents import Content
from metaan.report.writers.markdown import plain, to_markdown
from metaan.synthesis.certainty import evidence
from metaan.synthesis.recompute import reported_checks
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")


def written(review: object, analyses: list[Analysis]) -> str:
    return to_markdown(Report(review, analyses))


@pytest.fixture(scope="module", params=["anakinra", "bcg"])
def whole(request: pytest.FixtureRequest) -> tuple[str, Content]:
    """A whole report as Markdown, and the content it is made of."""
    review = ma.load(ma.example(request.param))
    analyses = ma.analyse(review)
    found = {analysis.plan.key: evidence(analysis) for analysis in analyses}
    report = Report(review, analyses, found, reported_checks(review))
    return to_markdown(report), Content(report)


def test_every_row_of_the_plot_is_a_line_of_the_table(death: Analysis, review: Callable) -> None:
    text = written(review([death]), [death]).split("## Results")[1]
    plot = forest(death, ARMS)
    rows = [row for row in plot.rows if row.kind != "spacer"]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    assert len(lines) == len(rows) + 2
    for row, line in zip(rows, lines[2:], strict=True):
        cells = [cell.strip().strip("*") for cell in line.strip("|").split(" | ")]
        assert cells == [plain(row.cells.get(column.key, "")) for column in plot.columns]


def test_the_answers_and_what_is_not_included_are_there(death: Analysis, review: Callable) -> None:
    text = written(review([death]), [death])
    for answer in answers(death, ARMS):
        assert f"- {plain(str(answer.text))}" in text
    assert "### Barkas 2021 (excluded): a systematic review is never pooled" in text
    assert "0" * 64 in text


def test_names_cannot_become_markup(death: Analysis, review: Callable) -> None:
    evil = "<script>|[x](javascript:y)*_`"
    made = replace(death, outcome=death.outcome.model_copy(update={"name": evil}))
    text = written(review([made]), [made])
    assert "<script" not in text.replace("\\<", "")
    assert "[x](" not in text.replace("\\[", "").replace("\\]", "")


def test_every_table_has_cells_for_its_headers(whole: tuple[str, Content]) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", whole[0], re.MULTILINE)
    assert len(tables) > 10
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table[:200]


def test_what_a_panel_decides_from_is_there(whole: tuple[str, Content]) -> None:
    text, said = whole
    for row in said.summary.rows:
        assert plain(row.statement) in text
        for line in row.lines:
            assert plain(f"{line.difference} ({line.ci})") in text
        assert len(row.certainty.suggested) == 3
        for one in row.certainty.suggested:
            assert plain(f"{one.verdict}: {one.text}") in text
    assert "Not assessed yet." in text


def test_what_the_registry_holds_is_there(whole: tuple[str, Content]) -> None:
    text, said = whole
    for study in said.studies:
        assert f"### {plain(study.label)}" in text
        assert all(plain(f"{name}: {fact}") in text for name, fact in study.facts)
    assert all(plain(row.printed) in text for row in said.checks)
    assert all(plain(line) in text for line in (*said.methods, *said.references))
    assert all(plain(item.topic) in text for item in said.checklist)
    numbers = [f"{row.file}:{row.line}" for _, rows in said.sources for row in rows]
    assert len(numbers) > 20
    assert all(plain(place) in text for place in numbers)
    assert all(plain(box.text) in text for box in said.flow)
    assert said.digest in text


def test_what_was_explored_is_there(whole: tuple[str, Content]) -> None:
    text, said = whole
    found = [finding for outcome in said.outcomes for one in outcome.explored for finding in one.findings]
    assert len(found) > 5
    assert all(f"{plain(finding.name)}: {plain(finding.text)}." in text for finding in found)
