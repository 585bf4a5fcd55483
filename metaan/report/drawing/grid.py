"""Where the columns of a forest plot stand: each as wide as its widest text, with the plot between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from ..forest.axis import Axis
from ..forest.columns import ForestColumn
from ..forest.plot import Plot, Row
from .drawing import SIZE
from .fonts import text_width

SMALL = 11.5  # px, ticks and notes
GAP = 18.0  # px, between columns
LIGHT, LIGHT_GAP = 18.0, 5.0  # px, a column of signs and the room between two of them
MAX_CELL = 150.0
MOST_BESIDE = 1.5
MARGIN = 8.0
BOLD_KINDS = ("heading", "pooled")


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the columns stand: the anchor of each by its key, and the ends of the plot and of the whole."""

    columns: Sequence[ForestColumn]
    widths: Mapping[str, float]
    anchors: Mapping[str, float]
    axis: Axis
    left: float
    right: float
    width: float
    heaviest: float = field(default=0.0)

    def x(self, value: float) -> float:
        """Return where a display value lies."""
        return self.left + self.axis.place(value) * (self.right - self.left)

    def ends(self, column: ForestColumn) -> tuple[float, float]:
        """Return the left and the right end of a column."""
        wide = self.widths[column.key]
        left = self.anchors[column.key] - SHARE[column.align] * wide
        return left, left + wide

    def room(self, row: Row, column: ForestColumn) -> float:
        """Return how wide the text of a row may be."""
        return self.left - GAP - MARGIN if spans(row, column.key) else self.widths[column.key]


def grid(plot: Plot) -> Grid:
    """Place the columns of a plot."""
    widths = _widths(plot)
    x, anchors = MARGIN, {}
    left = right = 0.0
    sides = [c for c in plot.columns if c.side == "left"], [c for c in plot.columns if c.side == "right"]
    for i, side in enumerate(sides):
        for column, after in zip(side, [*side[1:], None]):
            anchors[column.key] = x + SHARE[column.align] * widths[column.key]
            x += widths[column.key] + gap(column, after)
        if i == 0:
            left, right = x, x + _plot_width(plot)
            x = right + GAP
    marks = [row.mark.weight for row in plot.rows if row.mark is not None and row.mark.weight is not None]
    edge = max(x - GAP, right if plot.bare else right + _overhang(plot.axis, right - left))
    return Grid(plot.columns, widths, anchors, plot.axis, left, right, edge + MARGIN, max(marks, default=0.0))


def _plot_width(plot: Plot) -> float:
    if plot.bare or plot.room.tight:
        return 0.0 if plot.bare else plot.room.plot
    return max(plot.room.plot, favours_width(plot), *_title_widths(plot))


def gap(column: ForestColumn, after: ForestColumn | None) -> float:
    """Return the room between two neighbours."""
    return LIGHT_GAP if after is not None and column.light and after.light else GAP


def runs(columns: Sequence[ForestColumn]) -> list[list[ForestColumn]]:
    """Return the neighbours that share a first line, which stands once over all of them."""
    shared = [list(run) for _, run in groupby(columns, key=lambda column: (column.side, column.group))]
    return [run for run in shared if run[0].group]


def spans(row: Row, key: str) -> bool:
    """Text and headings may run over the columns to the right of the label."""
    return key == "label" and row.kind in ("text", "heading")


def favours_width(plot: Plot) -> float:
    """Return the width at which both labels fit beside the line of no effect; 0 where there are none.

    They stand at the ends where that line is too near to one, or where they would make the plot half as wide again.
    """
    if plot.favours is None or plot.axis.scale.null is None:
        return 0.0
    place = plot.axis.place(plot.axis.scale.null)
    need = [text_width(f"← {text}", SMALL, plot.favours_above) + 8 for text in plot.favours]
    beside = max(need[0] / place, need[1] / (1 - place)) if 0.2 <= place <= 0.8 else math.inf
    return beside if beside <= MOST_BESIDE * plot.room.plot else sum(need)


def _widths(plot: Plot) -> dict[str, float]:
    """Return the width of each column; a line over several that is wider than them widens them all alike."""
    widths = {column.key: _column_width(column, plot) for column in plot.columns}
    for run in [] if plot.room.tight else runs(plot.columns):
        between = sum(gap(a, b) for a, b in pairwise(run))
        short = text_width(run[0].group, SIZE, bold=True) - sum(widths[c.key] for c in run) - between
        for column in run if run[0].light else run[:1]:
            widths[column.key] += max(0.0, short) / (len(run) if run[0].light else 1)
    return widths


def _column_width(column: ForestColumn, plot: Plot) -> float:
    """Return the width of the widest cell, up to a limit beyond which cells are wrapped."""
    head = text_width(column.header, SIZE, bold=True)
    if column.light:
        return max(head, LIGHT)
    limit = plot.room.label if column.key == "label" else MAX_CELL if column.align == "start" else math.inf
    cells = [
        text_width(row.cells.get(column.key, ""), SIZE, row.kind in BOLD_KINDS)
        for row in plot.rows
        if not spans(row, column.key)
    ]
    return max(head, min(limit, max(cells, default=0.0)))


def _title_widths(plot: Plot) -> list[float]:
    """Return the widths of a heading of two lines, which is kept whole; one line may be shortened."""
    lines = plot.axis_title.whole
    return [text_width(line, SIZE, bold=True) for line in lines] if len(lines) > 1 else [0.0]


def _overhang(axis: Axis, room: float) -> float:
    """Return how far the label of a tick reaches beyond the right end of the axis."""
    ends = (axis.place(tick.value) * room + text_width(tick.label, SMALL) / 2 for tick in axis.ticks)
    return max(0.0, max(ends, default=0.0) - room)


#: Alignment to how much of a text lies left of its anchor.
SHARE = {"start": 0.0, "middle": 0.5, "end": 1.0}
