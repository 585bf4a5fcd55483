"""A plot for a width: nothing is smaller than 6 points, nothing overlaps, columns leave in the stated order."""

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

import metaan as ma
from metaan.errors import UsageError
from metaan.report.drawing.drawing import Drawing
from metaan.report.drawing.fit import LEAVING, fitted, pixels
from metaan.report.drawing.fonts import text_width
from metaan.report.drawing.layout import layout
from metaan.report.forest.forest import forest
from metaan.report.forest.plot import Plot
from metaan.report.forest.styles import STYLES
from metaan.report.language.words import Arms
from metaan.report.plots.catalogue import PLOTS
from metaan.synthesis.values import Analysis
from metaan.workflows.publish.plot import Look, plot_outcome
from tests.report.drawing.test_layout import ARMS, Case, boxes, cases, overlap, random_cases

MM_A_PIXEL = 25.4 / 96


def smallest(markup: str, width: float) -> float:
    """The points of the smallest text of a file on a sheet of so many millimetres."""
    across = float(re.search(r'viewBox="0 0 ([\d.]+)', markup)[1])
    return min(map(float, re.findall(r'font-size="([\d.]+)"', markup))) * width * 72 / (25.4 * across)


@given(cases)
@settings(random_cases, max_examples=6)
def test_whatever_is_drawn_fits_and_nothing_overlaps(analysis: Callable[..., Analysis], case: Case) -> None:
    plot = forest(case.analysis(analysis), ARMS, style=STYLES[case.style])
    for width in (100, 170):
        drawing = layout(fitted(plot, pixels(width)))
        assert drawing.width <= pixels(width) + 0.01
        found = boxes(drawing)
        for i, box in enumerate(found):
            assert -0.01 <= box[0] <= box[2] <= drawing.width + 0.01
            assert box[3] <= drawing.height
            assert not any(overlap(box, other) for other in found[i + 1 :] if other[1] < box[3])


def kinds(plot: Plot) -> list[str]:
    return [name for name, belongs in LEAVING.items() if any(map(belongs, plot.columns))]


def test_columns_leave_in_the_stated_order_and_the_plot_says_which(analysis: Callable[..., Analysis]) -> None:
    plot = forest(analysis(), ARMS)
    whole, before = layout(plot).width, kinds(plot)
    for width in range(math.ceil(whole), 380, -20):
        try:
            got = fitted(plot, float(width))
        except UsageError:
            break
        left = kinds(got)
        assert left == before[len(before) - len(left) :]
        gone = before[: len(before) - len(left)]
        assert any("Without room at this width" in note for note in got.notes) == bool(gone)
        assert {"label", "effect"} <= {column.key for column in got.columns}
    assert not left


def test_where_there_is_room_nothing_changes(analysis: Callable[..., Analysis]) -> None:
    plot = forest(analysis(), ARMS)
    assert fitted(plot, math.inf) == plot
    assert layout(fitted(plot, layout(plot).width)) == layout(plot)


def test_signs_of_bias_take_their_key_and_their_notes_with_them() -> None:
    review = ma.load(ma.example("bcg"))
    [one] = ma.analyse(review)
    plot = replace(forest(one, ARMS), signs=(("low", "low"),), notes=("a", "b"), notes_on_signs=("b",))
    light = replace(plot.columns[-1], key="bias:D1", light=True)
    got = fitted(replace(plot, columns=(*plot.columns, light)), 600.0)
    assert got.signs == ()
    assert got.notes[0] == "a"
    assert "b" not in got.notes


@pytest.mark.parametrize("kind", PLOTS)
def test_every_plot_has_text_of_six_points_in_a_column_of_a_journal(kind: str) -> None:
    review = ma.load(ma.example("bcg"))
    for width in (84.0, 170.0):
        drawn = plot_outcome(review, "tuberculosis", kind, Look(width=width), ma.Choices(explore=False))
        assert smallest(drawn.svg, width) >= 5.999


def test_a_width_without_room_for_names_and_effects_says_what_it_needs(analysis: Callable[..., Analysis]) -> None:
    with pytest.raises(UsageError, match=r"text of 6 points needs a plot of at least \d\d mm"):
        fitted(forest(analysis(), ARMS), pixels(40))


def test_long_names_of_arms_are_whole_over_their_columns(analysis: Callable[..., Analysis]) -> None:
    arms = Arms("a drug with a rather long name", "the usual care of these hospitals")
    drawing: Drawing = layout(fitted(forest(analysis(), arms), pixels(140)))
    heads = " ".join(item.text for item in drawing.foreground if getattr(item, "role", "") == "head")
    assert "…" not in heads
    below = [item.text for item in drawing.foreground if getattr(item, "role", "") == "favours"]
    assert below == ["← Favours a drug with a rather long name", "Favours the usual care of these hospitals →"]
    assert max(text_width(text, 11.5) for text in below) < drawing.width
