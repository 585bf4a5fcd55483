"""The geometry of a forest plot: from `Plot` to boxes, lines and shapes in pixels.

Every text is measured before it is placed, so rows grow with long names and columns with long numbers. The drawing is
plain data: `metaan.report.drawing.svg` writes it down, and the tests check that nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..forest.columns import ForestColumn
from ..forest.plot import Plot, Row
from .drawing import SIZE, Drawing, DrawnLine, DrawnRow, DrawnText, Item, Shape
from .fonts import text_width, wrap
from .grid import BOLD_KINDS, GAP, LIGHT, MARGIN, SMALL, Grid, grid, runs
from .marks import draw_lights, draw_mark, draw_sign

LINE = 17.0  # px, one line of text


def layout(plot: Plot, rows: Sequence[Row] | None = None, last: bool = True) -> Drawing:
    """Lay out a plot; the same plot gives the same drawing.

    Of one over several sheets ``rows`` are those of this one, with the columns of all; the ``last`` has the notes.
    """
    places = grid(plot)
    if rows is not None:
        plot = replace(plot, rows=tuple(rows))
    if not last:
        plot = replace(plot, notes=(), signs=())
    header, y = _header(plot, places)
    groups = []
    for row in plot.rows:
        group = _row(row, places, y, plot.room.pad)
        groups.append(group)
        y = group.bottom
    bottom = y + 4
    below, height = _below(plot, places, bottom)
    background = tuple(_behind(plot, places, groups[0].top if groups else y, bottom))
    return Drawing(plot, places.width, height, places.left, places.right, background, tuple(groups), (*header, *below))


def _behind(plot: Plot, grid: Grid, top: float, bottom: float) -> Iterable[Item]:
    """Draw what all rows are read against: the band of effects that do not matter, no effect, the pooled result."""
    if plot.bare:
        return
    if plot.band is not None:
        lo, hi = (min(max(grid.x(x), grid.left), grid.right) for x in (plot.band.lo, plot.band.hi))
        if hi > lo:
            yield Shape(((lo, top), (hi, top), (hi, bottom), (lo, bottom)), "mid")
    if plot.axis.scale.null is not None:
        x = grid.x(plot.axis.scale.null)
        yield DrawnLine(x, top, x, bottom, "null")
    if plot.guide is not None and grid.left <= grid.x(plot.guide) <= grid.right:
        x = grid.x(plot.guide)
        yield DrawnLine(x, top, x, bottom, "guide")


def _header(plot: Plot, grid: Grid) -> tuple[list[Item], float]:
    two = any(column.group for column in plot.columns) or len(plot.axis_title.lines) > 1
    most = max((len(_group_lines(run, grid)) for run in runs(plot.columns)), default=1)
    first = MARGIN + SIZE + (most - 1) * LINE
    second = first + (LINE if two else 0)
    items: list[Item] = [_column_head(c.header, c, grid, second) for c in plot.columns]
    for run in runs(plot.columns):
        items += _over(run, grid, first)
    if plot.favours_above and not plot.bare:
        items += _favours(plot, grid, second, bold=True)
    elif not plot.bare:
        items += _title(plot, grid, (first, second))
    rule = second + 8
    items.append(DrawnLine(MARGIN, rule, grid.width - MARGIN, rule, "rule"))
    return items, rule + 4


def _over(run: Sequence[ForestColumn], grid: Grid, y: float) -> list[Item]:
    """Write the first line of a column over it, that of several over their middle with a line below."""
    head, last = run[0], run[-1]
    if len(run) == 1:
        lines = _group_lines(run, grid)
        at = enumerate(reversed(lines))
        return [_head(line, grid.anchors[head.key], y - i * LINE, head.align) for i, line in at]
    lo, hi = grid.ends(head)[0], grid.ends(last)[1]
    text = wrap(head.group, SIZE, hi - lo + 0.01, bold=True, lines=1)[0]
    return [_head(text, (lo + hi) / 2, y, "middle"), DrawnLine(lo, y + 4, hi, y + 4, "rule")]


def _group_lines(run: Sequence[ForestColumn], grid: Grid) -> tuple[str, ...]:
    """Return the lines of what stands over a column; that over several has one."""
    return wrap(run[0].group, SIZE, grid.widths[run[0].key] + 0.01, bold=True, lines=6) if len(run) == 1 else ("",)


def _column_head(text: str, column: ForestColumn, grid: Grid, y: float) -> DrawnText:
    """Write a heading over its column, shortened where the column has less room."""
    shown = wrap(text, SIZE, grid.widths[column.key] + 0.01, bold=True, lines=1)[0] if text else ""
    return _head(shown, grid.anchors[column.key], y, column.align)


def _title(plot: Plot, grid: Grid, ys: Sequence[float]) -> list[Item]:
    """Write the heading of the plot, in one line or two, over its middle; without its scale where room is short."""
    middle = (grid.left + grid.right) / 2
    room = grid.right - grid.left + 0.01
    whole = plot.axis_title.whole
    fits = all(text_width(line, SIZE, bold=True) <= room for line in whole)
    lines = whole if fits or not plot.room.tight else plot.axis_title.lines
    return [
        _head(wrap(line, SIZE, room, bold=True, lines=1)[0], middle, y, "middle")
        for line, y in zip(lines, ys[-len(lines) :], strict=True)
    ]


def _head(text: str, x: float, y: float, align: str) -> DrawnText:
    return DrawnText(text, x, y, anchor=align, bold=True, role="head")


def _row(row: Row, grid: Grid, top: float, pad: float) -> DrawnRow:
    bold = row.kind in BOLD_KINDS
    texts, lines = _cells(row, grid, top + pad + SIZE - 2, bold)
    height = LINE * 0.6 if row.kind == "spacer" else lines * LINE + 2 * pad
    middle = top + pad + LINE / 2 - 1
    marks = draw_mark(row.mark, grid, middle) if row.mark else []
    return DrawnRow(row, top, top + height, (*marks, *draw_lights(row, grid, middle), *texts))


def _cells(row: Row, grid: Grid, y: float, bold: bool) -> tuple[list[DrawnText], int]:
    texts, most = [], 1
    for column in grid.columns:
        text = "" if column.light else row.cells.get(column.key, "")
        if not text:
            continue
        width = grid.room(row, column)
        lines = wrap(text, SIZE, width + 0.01, bold) if text_width(text, SIZE, bold) > width else (text,)
        most = max(most, len(lines))
        at = grid.anchors[column.key]
        texts += [DrawnText(line, at, y + i * LINE, SIZE, column.align, bold, row.kind) for i, line in enumerate(lines)]
    return texts, most


def _below(plot: Plot, grid: Grid, y: float) -> tuple[list[Item], float]:
    """Draw the axis, what each side favours, the key and the notes; return them with the height of the whole."""
    items: list[Item] = []
    if not plot.bare:
        items += [DrawnLine(grid.left, y, grid.right, y, "axis"), *_ticks(grid, y)]
        y += 5 + SMALL + 4 + (LINE if plot.favours or plot.favours_above else 0)
        items += _title(plot, grid, (y,)) if plot.favours_above else _favours(plot, grid, y)
        y = max([y, *(item.y for item in items if isinstance(item, DrawnText) and item.role == "favours")])
    signs, y = _signs(plot, grid, y)
    items += signs
    y += 10
    for note in plot.notes:
        for line in wrap(note, SMALL, grid.width - 2 * MARGIN):
            y += SMALL + 4
            items.append(DrawnText(line, MARGIN, y, SMALL, role="note"))
        y += 3
    return items, y + MARGIN


def _signs(plot: Plot, grid: Grid, y: float) -> tuple[list[Item], float]:
    """Draw what each sign of bias means, in as many lines as they need."""
    if not plot.signs:
        return [], y
    y += LIGHT + 12
    x, title = MARGIN, "Risk of bias:"
    items: list[Item] = [DrawnText(title, x, y + 0.35 * SMALL, SMALL, role="note")]
    x += text_width(title, SMALL) + 12
    start = x
    for code, text in plot.signs:
        wide = LIGHT + 5 + text_width(text, SMALL)
        if x > start and x + wide > grid.width - MARGIN:
            x, y = start, y + LIGHT + 4
        items += draw_sign(code, x + LIGHT / 2, y)
        items.append(DrawnText(text, x + LIGHT + 5, y + 0.35 * SMALL, SMALL, role="note"))
        x += wide + GAP
    return items, y + LIGHT / 2


def _ticks(grid: Grid, y: float) -> list[Item]:
    """Draw every tick, and of the labels those that have room; no effect, where there is one, always has."""
    null = grid.axis.scale.null
    items: list[Item] = []
    taken: list[tuple[float, float]] = []
    for tick in sorted(grid.axis.ticks, key=lambda tick: tick.value != null):
        x = grid.x(tick.value)
        text = DrawnText(tick.label, x, y + 6 + SMALL, SMALL, "middle", role="tick")
        lo, hi = text.box[0] - 4, text.box[2] + 4
        items.append(DrawnLine(x, y, x, y + 4, "axis"))
        if all(hi <= a or b <= lo for a, b in taken):
            taken.append((lo, hi))
            items.append(text)
    return items


def _favours(plot: Plot, grid: Grid, y: float, bold: bool = False) -> list[Item]:
    """Write what each side favours beside the line of no effect, or at the ends where that is too near to one."""
    if plot.favours is None or plot.axis.scale.null is None:
        return []
    null = grid.x(plot.axis.scale.null)
    left, right = (f"← {plot.favours[0]}", f"{plot.favours[1]} →")
    wide = text_width(left, SMALL, bold), text_width(right, SMALL, bold)
    if null - 4 - wide[0] >= grid.left and null + 4 + wide[1] <= grid.right:
        at = (null - 4, y, "end"), (null + 4, y, "start")
    elif sum(wide) + 8 <= grid.right - grid.left:
        at = (grid.left, y, "start"), (grid.right, y, "end")
    else:
        return _favours_below(left, right, grid, y, bold)
    return [
        DrawnText(text, x, y, SMALL, anchor, bold, "favours")
        for text, (x, y, anchor) in zip((left, right), at, strict=True)
    ]


def _favours_below(left: str, right: str, grid: Grid, y: float, bold: bool) -> list[Item]:
    """Write what each side favours on a line of its own, as long as the drawing is wide."""
    middle = (grid.left + grid.right) / 2
    half = min(middle, grid.width - middle) - MARGIN
    texts = (wrap(text, SMALL, 2 * half, bold, lines=1)[0] for text in (left, right))
    return [DrawnText(text, middle, y + i * LINE, SMALL, "middle", bold, "favours") for i, text in enumerate(texts)]
