"""The report as Markdown: the same numbers as everywhere, and no text that is taken for markup."""

from collections.abc import Callable
from dataclasses import replace

from metaan.analysis import Analysis
from metaan.report.forest import forest
from metaan.report.markdown import plain, to_markdown
from metaan.report.words import Arms, answers

ARMS = Arms("anakinra", "usual care")


def test_every_row_of_the_plot_is_a_line_of_the_table(death: Analysis, review: Callable) -> None:
    text = to_markdown(review([death]), [death], version="1.0")
    plot = forest(death, ARMS)
    rows = [row for row in plot.rows if row.kind != "spacer"]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == len(rows) + 2
    for row, line in zip(rows, lines[2:], strict=True):
        cells = [cell.strip().strip("*") for cell in line.strip("|").split(" | ")]
        assert cells == [plain(row.cells.get(column.key, "")) for column in plot.columns]


def test_the_answers_and_what_is_not_included_are_there(death: Analysis, review: Callable) -> None:
    text = to_markdown(review([death]), [death], version="1.0")
    for answer in answers(death, ARMS):
        assert f"- {plain(answer.text)}" in text
    assert "- Barkas 2021 (excluded): a systematic review is never pooled" in text
    assert "0" * 64 in text


def test_names_cannot_become_markup(death: Analysis, review: Callable) -> None:
    evil = "<script>|[x](javascript:y)*_`"
    made = replace(death, outcome=death.outcome.model_copy(update={"name": evil}))
    text = to_markdown(review([made]), [made], version="1.0")
    assert "<script" not in text.replace("\\<", "")
    assert "[x](" not in text.replace("\\[", "").replace("\\]", "")
