"""The geometry of a figure: from `Figure` to text, dots, lines and shapes in pixels.

Every text is measured before it is placed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..drawing.drawing import SIZE, Dot, DrawnLine, DrawnText, Shape
from ..drawing.fit import too_narrow
from ..drawing.fonts import text_width, wrap
from .figure import XY, Curve, Figure, Key, PlotPoint
from .geometry import PlotArea, clip_area, clip_path, near
from .labels import SMALL, labels

LINE = 15.5  # px, one line of small text
MARGIN = 8.0
WIDTH, HEIGHT, SQUARE = 560.0, 340.0, 400.0  # px, the frame
NARROWEST = 180.0  # px, of a frame in which a legend and ticks can be read
SWATCH = 20.0  # px, in the legend
RADIUS, LARGEST = 4.5, 12.0  # px: of a point without weight, and of the heaviest


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, not filled."""

    points: tuple[XY, ...]
    role: str
    sentence: str = ""


Item = DrawnText | DrawnLine | Shape | Dot | Path


@dataclass(frozen=True, slots=True)
class Chart:
    """A laid-out figure: its size, its frame, and what is drawn, in order."""

    figure: Figure
    width: float
    height: float
    frame: PlotArea
    items: tuple[Item, ...]

    def at(self, x: float, y: float) -> XY:
        """Return where a pair of display values is drawn."""
        return _at(self.figure, self.frame, x, y)

    def values(self, x: float, y: float) -> XY:
        """Return the display values at a place, the inverse of `at`."""
        frame = self.frame
        across, up = (x - frame.left) / (frame.right - frame.left), (frame.bottom - y) / (frame.bottom - frame.top)
        return self.figure.x.value(across), self.figure.y.value(up)


def chart(figure: Figure, most: float = math.inf) -> Chart:
    """Lay out a figure, at most ``most`` wide; the same figure gives the same chart.

    Raises
    ------
    UsageError
        It would be wider even with the smallest frame.
    """
    frame, width = _frame(figure, most)
    drawn = [path for curve in figure.curves for path in _path(curve, figure, frame)]
    dots = _dots(figure, frame)
    below, height = _below(figure, frame, width)
    items: list[Item] = [
        *_areas(figure, frame),
        *_axes(figure, frame),
        *drawn,
        *(dot for _, dot in dots),
        *_labels(figure.points, dots, drawn, frame),
        *below,
    ]
    return Chart(figure, width, height, frame, tuple(items))


def _frame(figure: Figure, most: float) -> tuple[PlotArea, float]:
    wide, high = (SQUARE, SQUARE) if figure.square else (WIDTH, HEIGHT)
    half = max((text_width(tick.label, SMALL) / 2 for tick in figure.x.axis.ticks), default=0.0)
    ticks = max((text_width(tick.label, SMALL) for tick in figure.y.axis.ticks), default=0.0)
    beside = max((text_width(text, SMALL) + 8 for _, text in figure.right[1]), default=0.0) if figure.right else 0.0
    left, top = MARGIN + max(ticks + 8, half), MARGIN + SIZE + 10
    room = min(wide, most - left - max(beside, half) - MARGIN)
    if room < NARROWEST:
        raise too_narrow(most + NARROWEST - room)
    wide, high = room, high * (room / wide) if figure.square else max(high * room / wide, min(high, room))
    frame = PlotArea(left, top, left + wide, top + high)
    return frame, frame.right + max(beside, half) + MARGIN


def _at(figure: Figure, frame: PlotArea, x: float, y: float) -> XY:
    across, up = figure.x.place(x), figure.y.place(y)
    return near(
        (frame.left + across * (frame.right - frame.left), frame.bottom - up * (frame.bottom - frame.top))
    )  # fmt: skip


def _areas(figure: Figure, frame: PlotArea) -> Iterable[Shape]:
    for area in figure.areas:
        points = clip_area([_at(figure, frame, x, y) for x, y in area.points], frame)
        if len(points) > 2:
            yield Shape(points, area.role)


def _path(curve: Curve, figure: Figure, frame: PlotArea) -> list[Path]:
    pieces = clip_path([_at(figure, frame, x, y) for x, y in curve.points], frame)
    return [Path(piece, curve.role, curve.sentence) for piece in pieces]


def _dots(figure: Figure, frame: PlotArea) -> list[tuple[PlotPoint, Dot]]:
    """Return the points inside the frame, large ones first, so that none is hidden."""
    heaviest = max((p.weight for p in figure.points if p.weight is not None), default=0.0)
    room = PlotArea(frame.left - 0.01, frame.top - 0.01, frame.right + 0.01, frame.bottom + 0.01)
    made = []
    for point in figure.points:
        x, y = _at(figure, frame, point.x, point.y)
        if room.holds(PlotArea(x, y, x, y)):
            made.append((point, Dot(x, y, radius(point.weight, heaviest), point.role, point.sentence)))
    return sorted(made, key=lambda pair: -pair[1].radius)


def radius(weight: float | None, heaviest: float) -> float:
    """Return the radius of a point whose area is proportional to its weight."""
    return RADIUS if weight is None or heaviest <= 0 else LARGEST * math.sqrt(weight / heaviest)


def _labels(
    points: Sequence[PlotPoint], dots: Sequence[tuple[PlotPoint, Dot]], drawn: Sequence[Path], frame: PlotArea
) -> Iterable[DrawnText | DrawnLine]:
    """Name the points in their own order, as far as names have room."""
    order = {id(point): i for i, point in enumerate(points)}
    named = [(point.label, dot) for point, dot in sorted(dots, key=lambda pair: order[id(pair[0])])]
    return labels(named, [pair for path in drawn for pair in pairwise(path.points)], frame)


def _axes(figure: Figure, frame: PlotArea) -> Iterable[Item]:
    yield DrawnLine(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
    yield DrawnLine(frame.left, frame.top, frame.left, frame.bottom, "axis")
    room = (frame.right - frame.left) * (0.62 if figure.right else 1.0)
    yield DrawnText(_one_line(figure.y.title, room), frame.left, MARGIN + SIZE - 2, bold=True, role="head")
    yield from _x_ticks(figure, frame)
    yield from _y_ticks(((tick.value, tick.label) for tick in figure.y.axis.ticks), figure, frame, frame.left, -1)
    if figure.right is not None:
        title = _one_line(figure.right[0], (frame.right - frame.left) * 0.35)
        yield DrawnText(title, frame.right, MARGIN + SIZE - 2, anchor="end", bold=True, role="head")
        yield DrawnLine(frame.right, frame.top, frame.right, frame.bottom, "axis")
        yield from _y_ticks(figure.right[1], figure, frame, frame.right, 1)


def _one_line(text: str, width: float) -> str:
    return wrap(text, SIZE, width, bold=True, lines=1)[0]


def _x_ticks(figure: Figure, frame: PlotArea) -> Iterable[Item]:
    null = figure.x.axis.scale.null
    taken: list[PlotArea] = []
    for tick in sorted(figure.x.axis.ticks, key=lambda tick: tick.value != null):
        x, _ = _at(figure, frame, tick.value, 0.0)
        yield DrawnLine(x, frame.bottom, x, frame.bottom + 4, "axis")
        text = DrawnText(tick.label, x, frame.bottom + 6 + SMALL, SMALL, "middle", role="tick")
        box = PlotArea(text.box[0] - 4, text.box[1], text.box[2] + 4, text.box[3])
        if not any(box.meets(other) for other in taken):
            taken.append(box)
            yield text


def _y_ticks(
    ticks: Iterable[tuple[float, str]], figure: Figure, frame: PlotArea, x: float, side: int
) -> Iterable[Item]:  # fmt: skip
    """Draw ticks that stick out to the left (side -1) or to the right (1)."""
    taken: list[PlotArea] = []
    for value, label in ticks:
        y = frame.bottom - figure.y.place(value) * (frame.bottom - frame.top)
        if not frame.top - 0.5 <= y <= frame.bottom + 0.5:
            continue
        yield DrawnLine(x, y, x + 4 * side, y, "axis")
        text = DrawnText(label, x + 8 * side, y + 0.36 * SMALL, SMALL, "start" if side > 0 else "end", role="tick")
        box = PlotArea(*text.box)
        if not any(box.meets(other) for other in taken):
            taken.append(box)
            yield text


def _below(figure: Figure, frame: PlotArea, width: float) -> tuple[list[Item], float]:
    """Draw the title of the axis, the legend and the notes; return them with the height of the whole."""
    y = frame.bottom + 6 + SMALL + 6 + SIZE
    middle = (frame.left + frame.right) / 2
    title = _one_line(figure.x.title, frame.right - frame.left)
    items: list[Item] = [DrawnText(title, middle, y, anchor="middle", bold=True, role="head")]
    y += 6
    for row in _key_rows(figure.keys, width - 2 * MARGIN):
        y += LINE + 2
        items += [item for x, key in row for item in _key(key, x, y, width - 2 * MARGIN)]
    y += 4
    for note in figure.notes:
        for line in wrap(note, SMALL, width - 2 * MARGIN):
            y += LINE
            items.append(DrawnText(line, MARGIN, y, SMALL, role="note"))
        y += 2
    return items, y + MARGIN


def _key_rows(keys: Sequence[Key], room: float) -> list[list[tuple[float, Key]]]:
    rows: list[list[tuple[float, Key]]] = []
    x = math.inf
    for key in keys:
        width = SWATCH + 6 + text_width(key.text, SMALL)
        if x + width > MARGIN + room:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, key))
        x += width + 18
    return rows


def _key(key: Key, x: float, y: float, room: float) -> list[Item]:
    middle = y - 0.36 * SMALL
    end = x + SWATCH
    if key.shape == "dot":
        mark: Item = Dot(x + SWATCH / 2, middle, RADIUS, key.role)
    elif key.shape == "line":
        mark = Path(((x, middle), (end, middle)), key.role)
    else:
        corners = ((x, middle - 5), (end, middle - 5), (end, middle + 5), (x, middle + 5))
        mark = Shape(corners, key.role)
    text = wrap(key.text, SMALL, room - SWATCH - 6, lines=1)[0]
    return [mark, DrawnText(text, end + 6, y, SMALL, role="key")]
