"""The geometry of a forest plot for the page's script, which draws what a reader chooses into the same plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..drawing.drawing import SIZE, DrawnRow
from ..drawing.grid import GAP, MARGIN, SMALL, Grid, grid
from ..drawing.layout import LINE, layout
from ..drawing.marks import NO_WEIGHT, SQUARE
from ..forest.columns import ForestColumn
from ..forest.plot import Plot, Room
from ..forest.styles import STYLES, axis_title
from ..language import methods, spread

if TYPE_CHECKING:
    from ...synthesis.values import Analysis

#: Sizes in pixels that both drawings keep to.
SIZES = {
    "text": SIZE, "small": SMALL, "line": LINE, "pad": Room().pad, "gap": GAP, "square": SQUARE, "plain": NO_WEIGHT,
    "margin": MARGIN,
}  # fmt: skip


def plot_data(plot: Plot, analysis: Analysis, measures: Iterable[str], places: Mapping[str, int]) -> dict[str, Any]:
    """Return where columns, axis and rows of a plot stand.

    ``measures`` can be chosen, each with its headings in ``titles``; ``places`` has that of each study by its id.
    """
    drawing, at = layout(plot), grid(plot)
    return {
        "columns": [_column(column, at) for column in plot.columns],
        "left": _px(at.left), "right": _px(at.right), "width": _px(at.width),
        "top": _px(drawing.groups[0].top), "bottom": _px(drawing.groups[-1].bottom),
        "lo": plot.axis.lo, "hi": plot.axis.hi,
        "ticks": [{"value": tick.value, "label": tick.label} for tick in plot.axis.ticks],
        "rows": [_row(group, places) for group in drawing.groups],
        "titles": {measure: _titles(analysis, measure) for measure in measures},
        "favours": list(plot.favours or ()),
        "notes": list(plot.notes), "footer": methods.footer(analysis), "band": plot.band.note if plot.band else "",
        "by": analysis.subgroup_test.by if analysis.subgroup_test else "",
        "untested": spread.untested(analysis.subgroup_test) if analysis.subgroup_test else "",
    }  # fmt: skip


def _row(group: DrawnRow, places: Mapping[str, int]) -> dict[str, Any]:
    row = group.row
    known = {
        "kind": row.kind,
        "group": row.place if row.block is not None else None,
        "study": places.get(row.id or "") if row.kind == "study" else None,
        "top": _px(group.top),
        "bottom": _px(group.bottom),
        "drawn": bool(group.items),
    }
    return known | {"effect": row.cells["effect"]} if row.kind == "reference" else known


def _column(column: ForestColumn, at: Grid) -> dict[str, Any]:
    x, width = at.anchors[column.key], at.widths[column.key]
    return {"key": column.key, "x": _px(x), "width": _px(width), "end": column.align == "end"}


def _titles(analysis: Analysis, measure: str) -> list[str]:
    """Return the heading of the effects and that of the axis."""
    style, other = STYLES["default"], replace(analysis, measure=measure)
    return [style.heading(style.effect, other)[-1], axis_title(style, other).whole[-1]]


def _px(x: float) -> float:
    return round(x, 2)
