"""What is drawn on one row of a forest plot: square, diamond or bar with its interval, and the signs of bias.

To add a shape, write its function and enter it in `SHAPES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from ..forest.plot import ForestMark, Row
from ..language.judgements import SIGNS
from .drawing import Dot, DrawnLine, DrawnText, Item, Shape
from .grid import LIGHT, Grid

SQUARE = 15.0  # px, side of the square of the heaviest study
NO_WEIGHT = 6.0  # px, side of a square without a weight
SIGN = 13.0  # px, the sign in a circle


def draw_mark(mark: ForestMark, grid: Grid, y: float) -> list[Item]:
    """Draw one mark; what reaches beyond the axis is cut off there and ends in an arrow."""
    if mark.interval is None:
        return _square(mark, grid, y) if mark.shape == "square" else []
    lo, hi = (grid.x(x) for x in mark.interval)
    ends = max(lo, grid.left), min(hi, grid.right)
    if ends[0] > ends[1]:
        return [_beyond(mark.role, grid, y, left=hi < grid.left)]
    items = SHAPES[mark.shape](mark, grid, ends, y)
    items += [_beyond(mark.role, grid, y, left=True)] if lo < grid.left else []
    items += [_beyond(mark.role, grid, y, left=False)] if hi > grid.right else []
    return items


def draw_lights(row: Row, grid: Grid, y: float) -> Iterable[Item]:
    """Draw the signs of bias of a row, each in a circle."""
    for column in grid.columns:
        light = row.lights.get(column.key)
        if light is not None:
            left, right = grid.ends(column)
            yield from draw_sign(light.code, (left + right) / 2, y, f"{row.label}, {light.about}: {light.text}")


def draw_sign(code: str, x: float, y: float, sentence: str = "") -> Iterable[Item]:
    """Draw one sign in its circle."""
    yield Dot(x, y, LIGHT / 2 - 1, f"field {code}", sentence)
    if SIGNS[code]:
        yield DrawnText(SIGNS[code], x, y + 0.35 * SIGN, SIGN, "middle", True, f"sign {code}")


def _square_mark(mark: ForestMark, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    return [DrawnLine(ends[0], y, ends[1], y, f"interval {mark.role}"), *_square(mark, grid, y)]


def _square(mark: ForestMark, grid: Grid, y: float) -> list[Item]:
    x = _inside(mark, grid)
    if x is None:
        return []
    half = square_side(mark.weight, grid.heaviest) / 2
    corners = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return [Shape(corners, f"square {mark.role}"), DrawnLine(x, y - 3, x, y + 3, f"centre {mark.role}")]


def square_side(weight: float | None, heaviest: float) -> float:
    """Return the side of a square whose area is proportional to its weight."""
    return NO_WEIGHT if weight is None or heaviest <= 0 else SQUARE * math.sqrt(weight / heaviest)


def _inside(mark: ForestMark, grid: Grid) -> float | None:
    if mark.estimate is None:
        return None
    x = grid.x(mark.estimate)
    return x if grid.left <= x <= grid.right else None


def _diamond(mark: ForestMark, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    x = _inside(mark, grid)
    middle = (ends[0] + ends[1]) / 2 if x is None else x
    return [Shape(((ends[0], y), (middle, y - 6), (ends[1], y), (middle, y + 6)), f"diamond {mark.role}")]


def _bar(mark: ForestMark, grid: Grid, ends: tuple[float, float], y: float) -> list[Item]:
    lo, hi = ends
    return [Shape(((lo, y - 2.5), (hi, y - 2.5), (hi, y + 2.5), (lo, y + 2.5)), f"bar {mark.role}")]


def _beyond(role: str, grid: Grid, y: float, left: bool) -> Item:
    """Draw the arrow of an interval that goes on beyond the axis."""
    tip, back = (grid.left - 6, grid.left + 1) if left else (grid.right + 6, grid.right - 1)
    return Shape(((tip, y), (back, y - 4), (back, y + 4)), f"arrow {role}")


#: Name of a shape to what draws it between two ends at a height.
SHAPES: dict[str, Callable[[ForestMark, Grid, tuple[float, float], float], list[Item]]] = {
    "square": _square_mark,
    "diamond": _diamond,
    "bar": _bar,
}
