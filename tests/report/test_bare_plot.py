"""Studies of which no effect can be estimated: their rows stand, and no axis, which would be empty."""

from collections.abc import Callable
from typing import Any

import pytest

from metaan.report.drawing.svg import svg
from metaan.report.forest.forest import NO_EFFECT, Arms, forest
from metaan.report.forest.styles import STYLES
from metaan.report.report import Report
from metaan.report.sections.outcomes import outcome
from metaan.report.writers.page import render
from metaan.report.writers.terminal import table
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")


@pytest.fixture
def nothing(analysis: Callable[..., Analysis]) -> Analysis:
    return analysis({"randomised": [("Able 2020", 0, 40, 0, 40), ("Baker 2021", 0, 30, 0, 31)]})


@pytest.mark.parametrize("style", STYLES)
def test_the_plot_has_rows_and_no_axis(nothing: Analysis, death: Analysis, style: str) -> None:
    bare, drawn = (svg(forest(one, ARMS, style=STYLES[style])) for one in (nothing, death))
    for part in ('class="axis"', 'class="null"', 'class="tick"', 'class="favours"'):
        assert part in drawn
        assert part not in bare
    assert "Baker 2021" in bare
    assert "No effect can be estimated" in bare
    assert "No effect can be estimated" not in drawn


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_terminal_has_rows_and_no_axis(nothing: Analysis, width: int) -> None:
    text = table(nothing, ARMS, width=width)
    assert "Baker 2021" in text
    assert "not estimable" in text
    assert "No effect can be estimated" in text
    assert "avours" not in text
    assert "1.1" not in text


def test_the_page_has_the_table_open_and_no_figure(nothing: Analysis, review: Callable[..., Any]) -> None:
    shown = outcome(nothing, ARMS)
    assert (shown.figure, shown.no_effect) == (None, NO_EFFECT)
    page = render(Report(review([nothing]), [nothing]))
    assert f"<p>{NO_EFFECT}</p>" in page
    assert "<summary>The studies as a table, each number linked to its source</summary>" in page
    assert 'class="forest"' not in page


def test_one_effect_is_enough_for_an_axis(analysis: Callable[..., Analysis]) -> None:
    one = analysis({"randomised": [("Able 2020", 0, 40, 0, 40), ("Baker 2021", 2, 30, 4, 31)]})
    assert not forest(one, ARMS).bare
    assert outcome(one, ARMS).figure
