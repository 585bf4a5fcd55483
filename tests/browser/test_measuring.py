"""What a text is measured to take is what Chromium gives it: forest plots in every style, names in many scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.report.drawing.drawing import Drawing, DrawnText
from metaan.report.drawing.fonts import _SLACK, _face
from metaan.report.drawing.layout import layout
from metaan.report.forest.forest import forest
from metaan.report.forest.styles import STYLES
from metaan.report.language.words import Arms
from metaan.report.plots.standalone import forest_file
from metaan.workflows.publish.plot import Look, plot_outcome
from tests.report.conftest import make_analysis
from tests.report.forest.test_lights import judging
from tests.report.sections.test_bias import judged

NAMES = (
    "Ærøskøbing & Łódź 2019", "Ελληνική μελέτη 2020", "Рандомизированное исследование", "張偉 臨床試験 2021",
    "임상 시험 2022", "دراسة سريرية عشوائية", "מחקר אקראי", "यादृच्छिक नैदानिक परीक्षण", "การทดลองแบบสุ่ม",
    "AVATAR To WAVE, 1:1 “quoted” fi fl",
    "a very long name of a study, with commas, and then more than fits in one line of its column 2020", "W" * 60,
)  # fmt: skip
BOXES = """[...document.querySelectorAll('svg text')].map(one => {
  const box = one.getBBox();
  return {text: one.textContent, left: box.x, right: box.x + box.width, width: one.getComputedTextLength()};
})"""
NEAR = 1.1  # px: Chromium gives a text the whole pixels that it touches
KERNED = 0.04  # of the width, which our measure leaves out: letters move together


def drawn() -> Drawing:
    """A forest plot with these names, signs of bias and a pool of each design."""
    rows = [(name, 2 + 3 * i, 50 + 977 * i, 4 + 2 * i, 40 + 1003 * i) for i, name in enumerate(NAMES)]
    made = make_analysis({"randomised": rows, "non-randomised": rows[:3]})
    made = judging(made, lambda i, row: (judged("RoB 2", "low", "high", "some concerns", overall="high"),))
    return layout(forest(made, Arms("anakinra", "usual care")))


def texts(drawing: Drawing) -> list[DrawnText]:
    """Every text of a drawing in the order of the markup."""
    items = [*(item for group in drawing.groups for item in group.items), *drawing.foreground]
    return [item for item in items if isinstance(item, DrawnText)]


def inside(text: DrawnText, box: dict[str, Any]) -> bool:
    """Whether the browser's box and width are within what was measured."""
    left, _, right, _ = text.box
    return box["width"] <= right - left and left - NEAR <= box["left"] <= box["right"] <= right + NEAR


@pytest.fixture
def measured(visit: Callable[..., Any], tmp_path: Path) -> list[tuple[DrawnText, dict[str, Any]]]:
    """Each text with the box that the browser gives it."""
    drawing = drawn()
    path = tmp_path / "plot.svg"
    path.write_text(str(forest_file(drawing.plot)), encoding="utf-8")
    found = visit(path).run(BOXES)
    assert [one["text"] for one in found] == [text.text for text in texts(drawing)]
    return list(zip(texts(drawing), found, strict=True))


def test_no_text_is_wider_than_it_was_measured(measured: list[tuple[DrawnText, dict[str, Any]]]) -> None:
    assert [(text.text, text.box, box) for text, box in measured if not inside(text, box)] == []


def test_texts_of_the_bundled_font_have_its_widths(measured: list[tuple[DrawnText, dict[str, Any]]]) -> None:
    known = [(t, b) for t, b in measured if all(char in _face(t.bold) for char in t.text)]
    assert len(known) > 0.7 * len(measured)
    for text, box in known:
        ours = (text.box[2] - text.box[0]) / _SLACK
        assert (1 - KERNED) * ours <= box["width"] <= ours + 0.05, text.text


@pytest.mark.parametrize("style", STYLES)
def test_the_bcg_plot_in_every_style(style: str, visit: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / f"{style}.svg"
    path.write_text(plot_outcome(ma.load(ma.example("bcg")), "tuberculosis", look=Look(style)).svg, encoding="utf-8")
    [analysis] = ma.analyse(ma.load(ma.example("bcg")), ["tuberculosis"])
    plot = layout(forest(analysis, Arms("BCG vaccine", "no vaccine"), style=STYLES[style]))
    found = visit(path).run(BOXES)
    for text, box in zip(texts(plot), found, strict=True):
        assert text.text == box["text"]
        assert inside(text, box), text.text
