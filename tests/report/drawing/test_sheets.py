"""A long plot over sheets: every row once, header and axis on each, columns where they were, notes on the last."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import metaan as ma
from metaan.cli.main import main
from metaan.errors import UsageError
from metaan.report.drawing.drawing import Drawing, DrawnText
from metaan.report.drawing.layout import layout
from metaan.report.drawing.sheets import CONTINUED, sheets
from metaan.report.forest.forest import forest
from metaan.report.forest.plot import Plot
from metaan.synthesis.values import Analysis
from tests.report.drawing.test_layout import ARMS

MANY = [(f"Study {i}", 3 + i % 7, 40 + i, 5 + i % 5, 41 + i) for i in range(40)]


@pytest.fixture
def plot(analysis: Callable[..., Analysis]) -> Plot:
    return forest(analysis({"randomised": MANY, "non-randomised": MANY[:9]}), ARMS)


@pytest.mark.parametrize("high", [320.0, 500.0, 900.0])
def test_every_row_stands_once_and_every_sheet_is_low_enough(plot: Plot, high: float) -> None:
    got = sheets(plot, high)
    assert len(got) > 1
    assert all(drawing.height <= high for drawing in got)
    rows = [row for drawing in got for row in drawing.plot.rows if not row.label.endswith(CONTINUED)]
    assert [row for row in rows if row.kind != "spacer"] == [row for row in plot.rows if row.kind != "spacer"]
    assert len({drawing.plot.id for drawing in got}) == len(got)


def words(drawing: Drawing, role: str) -> list[str]:
    return [item.text for item in drawing.foreground if isinstance(item, DrawnText) and item.role == role]


def test_each_sheet_repeats_header_and_axis_and_only_the_last_has_the_notes(plot: Plot) -> None:
    got = sheets(plot, 500.0)
    for role in ("head", "tick", "favours"):
        assert all(words(drawing, role) == words(got[0], role) != [] for drawing in got)
    assert {(drawing.left, drawing.right, drawing.width) for drawing in got} == {
        (got[0].left, got[0].right, got[0].width)
    }
    assert [bool(words(drawing, "note")) for drawing in got] == [*[False] * (len(got) - 1), True]


def test_a_block_that_goes_on_says_so_and_no_heading_stands_last(plot: Plot) -> None:
    got = sheets(plot, 500.0)
    assert got[1].plot.rows[0].label == f"Randomised trials{CONTINUED}"
    assert sum(row.label.count(CONTINUED) for drawing in got for row in drawing.plot.rows) >= 2
    assert not any(drawing.plot.rows[-1].kind == "heading" for drawing in got)


def test_what_fits_is_one_sheet_and_what_never_does_is_refused(plot: Plot) -> None:
    assert sheets(plot, float("inf")) == (layout(plot),)
    with pytest.raises(UsageError, match="hold no row of this plot"):
        sheets(plot, 120.0)


def test_a_pdf_has_pages_and_others_have_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pypdfium2 import PdfDocument

    project = Path(ma.example("bcg")).parent
    words = ["--project", str(project), "plot", "tuberculosis", "--width", "170", "--height", "80", "-o"]
    assert main([*words, str(tmp_path / "a.pdf")]) == 0
    with PdfDocument(tmp_path / "a.pdf") as document:
        pages = len(document)
    assert pages > 2
    assert main([*words, str(tmp_path / "a.svg")]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == sorted(f"a-{i}.svg" for i in range(1, pages + 1))
    assert main([*words, str(tmp_path / "b.svg"), "--kind", "funnel"]) == 2
    assert "a funnel plot has no sheets; allowed: with kind forest" in capsys.readouterr().err


def test_only_the_rows_of_a_sheet_are_in_it(plot: Plot) -> None:
    one = layout(plot, plot.rows[:3], last=False)
    assert replace(plot, rows=plot.rows[:3], notes=(), signs=()) == one.plot
