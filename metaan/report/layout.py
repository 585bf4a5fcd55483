"""The geometry of a forest plot: from `Plot` to boxes, lines and shapes in pixels.

Every text is measured before it is placed, so rows grow with long names and columns with long numbers. The drawing is
plain data: `metaan.report.svg` writes it down, and the tests check that nothing overlaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from .axis import Axis
from .columns import Column
from .drawing import SIZE, Drawing, Group, Item, Line, Shape, Text
from .fonts import text_width, wrap
from .forest import Mark, Plot, Row

SMALL = 11.5  # px, ticks and notes
LINE = 17.0  # px, one line of text
PAD = 4.0  # px, above and below the text of a row
GAP = 18.0  # px, between columns
PLOT_WIDTH = 300.0
MAX_LABEL = 270.0
MAX_CELL = 150.0
SQUARE = 15.0  # px, side of the square of the heaviest study
NO_WEIGHT = 6.0  # px, side of a square without a weight
MARGIN = 8.0
BOLD_KINDS = ("heading", "pooled")


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the columns stand: the anchor of each by its key, and the ends of the plot and of the whole."""

    columns: Sequence[Column]
    widths: Mapping[str, float]
    anchors: Mapping[str, float]
    left: float
    right: float
    width: float
    heaviest: float = field(default=0.0)


def layout(plot: Plot) -> Drawing:
    """Lay out a plot; the same plot gives the same drawing."""
    grid = _grid(plot)
    header, y = _header(plot, grid)
    groups = []
    for row in plot.rows:
        group = _row(row, plot, grid, y)
        groups.append(group)
        y = group.bottom
    bottom = y + 4
    below, height = _below(plot, grid, bottom)
    background = tuple(_behind(plot, grid, groups[0].top if groups else y, bottom))
    return Drawing(plot, grid.width, height, grid.left, grid.right, background, tuple(groups), (*header, *below))


def _behind(plot: Plot, grid: Grid, top: float, bottom: float) -> Iterable[Item]:
    """Draw what all rows are read against: the band of effects that do not matter, no effect, the pooled result."""
    if plot.band is not None:
        lo, hi = (min(max(_x(x, plot.axis, grid), grid.left), grid.right) for x in (plot.band.lo, plot.band.hi))
        if hi > lo:
            yield Shape(((lo, top), (hi, top), (hi, bottom), (lo, bottom)), "mid")
    x = _x(plot.axis.scale.null, plot.axis, grid)
    yield Line(x, top, x, bottom, "null")
    if plot.guide is not None and grid.left <= _x(plot.guide, plot.axis, grid) <= grid.right:
        x = _x(plot.guide, plot.axis, grid)
        yield Line(x, top, x, bottom, "guide")


def _grid(plot: Plot) -> Grid:
    widths = {column.key: _column_width(column, plot.rows) for column in plot.columns}
    for run in _runs(plot.columns):
        short = text_width(run[0].group, SIZE, bold=True) - sum(widths[c.key] for c in run) - GAP * (len(run) - 1)
        widths[run[0].key] += max(0.0, short)
    x, anchors = MARGIN, {}
    left = right = 0.0
    sides = [c for c in plot.columns if c.side == "left"], [c for c in plot.columns if c.side == "right"]
    for i, side in enumerate(sides):
        for column in side:
            anchors[column.key] = x + (widths[column.key] if column.align == "end" else 0.0)
            x += widths[column.key] + GAP
        if i == 0:
            room = max(PLOT_WIDTH, _favours_width(plot), *_title_widths(plot))
            left, right = x, x + room
            x = right + GAP
    marks = [row.mark.weight for row in plot.rows if row.mark is not None and row.mark.weight is not None]
    edge = max(x - GAP, right + _overhang(plot.axis, right - left))
    return Grid(plot.columns, widths, anchors, left, right, edge + MARGIN, max(marks, default=0.0))


def _overhang(axis: Axis, room: float) -> float:
    """Return how far the label of a tick reaches beyond the right end of the axis."""
    ends = (axis.place(tick.value) * room + text_width(tick.label, SMALL) / 2 for tick in axis.ticks)
    return max(0.0, max(ends, default=0.0) - room)


def _column_width(column: Column, rows: Iterable[Row]) -> float:
    """Return the width of the widest cell, up to a limit beyond which cells are wrapped."""
    limit = MAX_LABEL if column.key == "label" else MAX_CELL if column.align == "start" else math.inf
    cells = [
        text_width(row.cells.get(column.key, ""), SIZE, row.kind in BOLD_KINDS)
        for row in rows
        if not _spans(row, column.key)
    ]
    head = text_width(column.header, SIZE, bold=True)
    return head if not cells else max(head, min(limit, max(cells)))


def _runs(columns: Sequence[Column]) -> list[list[Column]]:
    """Return the neighbours that share a first line, which stands once over all of them."""
    runs = [list(run) for _, run in groupby(columns, key=lambda column: (column.side, column.group))]
    return [run for run in runs if run[0].group]


def _title_widths(plot: Plot) -> list[float]:
    """Return the widths of a heading of two lines, which is kept whole; one line may be shortened."""
    lines = plot.axis_title.split("|")
    return [text_width(line, SIZE, bold=True) for line in lines] if len(lines) > 1 else [0.0]


def _spans(row: Row, key: str) -> bool:
    """Text and headings may run over the columns to the right of the label."""
    return key == "label" and row.kind in ("text", "heading")


def _favours_width(plot: Plot) -> float:
    """Return the width at which both labels fit beside the line of no effect."""
    place = plot.axis.place(plot.axis.scale.null)
    need = [text_width(f"← {text}", SMALL, plot.favours_above) + 8 for text in plot.favours]
    if not 0.2 <= place <= 0.8:
        return sum(need)
    return max(need[0] / place, need[1] / (1 - place))


def _header(plot: Plot, grid: Grid) -> tuple[list[Item], float]:
    two = any(column.group for column in plot.columns) or "|" in plot.axis_title
    first, second = MARGIN + SIZE, MARGIN + SIZE + (LINE if two else 0)
    items: list[Item] = [_head(c.header, grid.anchors[c.key], second, c.align) for c in plot.columns]
    for run in _runs(plot.columns):
        items += _over(run, grid, first)
    if plot.favours_above:
        items += _favours(plot, grid, second, bold=True)
    else:
        items += _title(plot, grid, (first, second))
    rule = second + 8
    items.append(Line(MARGIN, rule, grid.width - MARGIN, rule, "rule"))
    return items, rule + 4


def _over(run: Sequence[Column], grid: Grid, y: float) -> list[Item]:
    """Write the first line of a column over it, that of several over their middle with a line below."""
    head, last = run[0], run[-1]
    if len(run) == 1:
        return [_head(head.group, grid.anchors[head.key], y, head.align)]
    lo = grid.anchors[head.key] - (grid.widths[head.key] if head.align == "end" else 0.0)
    hi = grid.anchors[last.key] + (0.0 if last.align == "end" else grid.widths[last.key])
    text = Text(head.group, (lo + hi) / 2, y, anchor="middle", bold=True, role="head")
    return [text, Line(lo, y + 4, hi, y + 4, "rule")]


def _title(plot: Plot, grid: Grid, ys: Sequence[float]) -> list[Item]:
    """Write the heading of the plot, in one line or two, over its middle."""
    lines = plot.axis_title.split("|")
    middle = (grid.left + grid.right) / 2
    room = grid.right - grid.left + 0.01
    return [
        Text(wrap(line, SIZE, room, bold=True, lines=1)[0], middle, y, anchor="middle", bold=True, role="head")
        for line, y in zip(lines, ys[-len(lines) :], strict=True)
    ]


def _head(text: str, x: float, y: float, align: str) -> Text:
    return Text(text, x, y, anchor="end" if align == "end" else "start", bold=True, role="head")


def _row(row: Row, plot: Plot, grid: Grid, top: float) -> Group:
    bold = row.kind in BOLD_KINDS
    texts, lines = _cells(row, grid, top + PAD + SIZE - 2, bold)
    height = LINE * 0.6 if row.kind == "spacer" else lines * LINE + 2 * PAD
    middle = top + PAD + LINE / 2 - 1
    marks = _mark(row.mark, plot.axis, grid, middle) if row.mark else []
    return Group(row, top, top + height, (*marks, *texts))


def _cells(row: Row, grid: Grid, y: float, bold: bool) -> tuple[list[Text], int]:
    texts, most = [], 1
    for column in grid.columns:
        text = row.cells.get(column.key, "")
        if not text:
            continue
        width = _room(row, column, grid)
        lines = wrap(text, SIZE, width + 0.01, bold) if text_width(text, SIZE, bold) > width else (text,)
        most = max(most, len(lines))
        anchor = "end" if column.align == "end" else "start"
        at = grid.anchors[column.key]
        texts += [Text(line, at, y + i * LINE, SIZE, anchor, bold, row.kind) for i, line in enumerate(lines)]
    return texts, most


def _room(row: Row, column: Column, grid: Grid) -> float:
    return grid.left - GAP - MARGIN if _spans(row, column.key) else grid.widths[column.key]


def _x(value: float, axis: Axis, grid: Grid) -> float:
    return grid.left + axis.place(value) * (grid.right - grid.left)


def _mark(mark: Mark, axis: Axis, grid: Grid, y: float) -> list[Item]:
    """Draw one mark; what reaches beyond the axis is cut off there and ends in an arrow."""
    items: list[Item] = []
    if mark.interval is not None:
        lo, hi = (_x(x, axis, grid) for x in mark.interval)
        ends = max(lo, grid.left), min(hi, grid.right)
        if ends[0] > ends[1]:
            return _beyond(mark.role, grid, y, left=hi < grid.left)
        items += SHAPES[mark.shape](mark, axis, grid, ends, y)
        items += _beyond(mark.role, grid, y, left=True) if lo < grid.left else []
        items += _beyond(mark.role, grid, y, left=False) if hi > grid.right else []
    elif mark.shape == "square":
        items += _square(mark, axis, grid, y)
    return items


def _square_mark(mark: Mark, axis: Axis, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    return [Line(ends[0], y, ends[1], y, f"interval {mark.role}"), *_square(mark, axis, grid, y)]


def _square(mark: Mark, axis: Axis, grid: Grid, y: float) -> list[Item]:
    x = _inside(mark, axis, grid)
    if x is None:
        return []
    half = square_side(mark.weight, grid.heaviest) / 2
    corners = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return [Shape(corners, f"square {mark.role}"), Line(x, y - 3, x, y + 3, f"centre {mark.role}")]


def square_side(weight: float | None, heaviest: float) -> float:
    """Return the side of a square whose area is proportional to its weight."""
    return NO_WEIGHT if weight is None or heaviest <= 0 else SQUARE * math.sqrt(weight / heaviest)


def _inside(mark: Mark, axis: Axis, grid: Grid) -> float | None:
    if mark.estimate is None:
        return None
    x = _x(mark.estimate, axis, grid)
    return x if grid.left <= x <= grid.right else None


def _diamond(mark: Mark, axis: Axis, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    x = _inside(mark, axis, grid)
    middle = (ends[0] + ends[1]) / 2 if x is None else x
    return [Shape(((ends[0], y), (middle, y - 6), (ends[1], y), (middle, y + 6)), f"diamond {mark.role}")]


def _bar(mark: Mark, axis: Axis, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    lo, hi = ends
    return [Shape(((lo, y - 2.5), (hi, y - 2.5), (hi, y + 2.5), (lo, y + 2.5)), f"bar {mark.role}")]


SHAPES = {"square": _square_mark, "diamond": _diamond, "bar": _bar}


def _beyond(role: str, grid: Grid, y: float, left: bool) -> list[Item]:
    """Draw the arrow of an interval that goes on beyond the axis."""
    tip, back = (grid.left - 6, grid.left + 1) if left else (grid.right + 6, grid.right - 1)
    return [Shape(((tip, y), (back, y - 4), (back, y + 4)), f"arrow {role}")]


def _below(plot: Plot, grid: Grid, y: float) -> tuple[list[Item], float]:
    """Draw the axis, what each side favours, and the notes; return them with the height of the whole."""
    items: list[Item] = [Line(grid.left, y, grid.right, y, "axis")]
    items += _ticks(plot.axis, grid, y)
    y += 5 + SMALL + 4 + LINE
    items += _title(plot, grid, (y,)) if plot.favours_above else _favours(plot, grid, y)
    y += 10
    for note in plot.notes:
        for line in wrap(note, SMALL, grid.width - 2 * MARGIN):
            y += SMALL + 4
            items.append(Text(line, MARGIN, y, SMALL, role="note"))
        y += 3
    return items, y + MARGIN


def _ticks(axis: Axis, grid: Grid, y: float) -> list[Item]:
    """Draw every tick, and of the labels those that have room; no effect always has."""
    null = axis.scale.null
    ordered = sorted(axis.ticks, key=lambda tick: tick.value != null)
    items: list[Item] = []
    taken: list[tuple[float, float]] = []
    for tick in ordered:
        x = _x(tick.value, axis, grid)
        text = Text(tick.label, x, y + 6 + SMALL, SMALL, "middle", role="tick")
        lo, hi = text.box[0] - 4, text.box[2] + 4
        items.append(Line(x, y, x, y + 4, "axis"))
        if all(hi <= a or b <= lo for a, b in taken):
            taken.append((lo, hi))
            items.append(text)
    return items


def _favours(plot: Plot, grid: Grid, y: float, bold: bool = False) -> list[Item]:
    """Write what each side favours beside the line of no effect, or at the ends where that is too near to one."""
    null = _x(plot.axis.scale.null, plot.axis, grid)
    left, right = (f"← {plot.favours[0]}", f"{plot.favours[1]} →")
    wide = text_width(left, SMALL, bold), text_width(right, SMALL, bold)
    if null - 4 - wide[0] >= grid.left and null + 4 + wide[1] <= grid.right:
        at = (null - 4, "end"), (null + 4, "start")
    else:
        at = (grid.left, "start"), (grid.right, "end")
    return [
        Text(text, x, y, SMALL, anchor, bold, "favours") for text, (x, anchor) in zip((left, right), at, strict=True)
    ]
