"""Boxes, and cutting lines and polygons off at the frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

XY = tuple[float, float]
FAR = 1e6  # px: what lies further out is drawn as if it lay here, so that no number is infinite


class PlotArea(NamedTuple):
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: PlotArea) -> bool:
        """Return whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: PlotArea) -> bool:
        """Return whether the other lies within."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


def near(point: XY) -> XY:
    """Return a point with finite coordinates."""
    x, y = point
    return min(max(x, -FAR), FAR), min(max(y, -FAR), FAR)


def clip_segment(a: XY, b: XY, box: PlotArea) -> tuple[XY, XY] | None:
    """Return the part of a segment inside a box, or None (Liang & Barsky 1984)."""
    (x, y), (dx, dy) = a, (b[0] - a[0], b[1] - a[1])
    enter, leave = 0.0, 1.0
    for p, q in ((-dx, x - box.left), (dx, box.right - x), (-dy, y - box.top), (dy, box.bottom - y)):
        if p == 0:
            if q < 0:
                return None
            continue
        if p < 0:
            enter = max(enter, q / p)
        else:
            leave = min(leave, q / p)
    if enter > leave:
        return None
    return (x + enter * dx, y + enter * dy), (x + leave * dx, y + leave * dy)


def clip_path(points: Sequence[XY], box: PlotArea) -> list[tuple[XY, ...]]:
    """Return the pieces of a line through points that lie inside a box."""
    pieces: list[list[XY]] = []
    for a, b in pairwise(points):
        part = clip_segment(a, b, box)
        if part is None:
            continue
        if pieces and pieces[-1][-1] == part[0]:
            pieces[-1].append(part[1])
        else:
            pieces.append(list(part))
    return [tuple(piece) for piece in pieces]


def clip_area(points: Sequence[XY], box: PlotArea) -> tuple[XY, ...]:
    """Return the part of a polygon inside a box (Sutherland & Hodgman 1974)."""
    done = list(points)
    for axis, bound, sign in ((0, box.left, 1), (0, box.right, -1), (1, box.top, 1), (1, box.bottom, -1)):
        done = _cut(done, axis, bound, sign)
    return tuple(done)


def _cut(points: Sequence[XY], axis: int, bound: float, sign: int) -> list[XY]:
    """Cut a polygon at one line."""
    kept: list[XY] = []
    for before, point in zip([*points[-1:], *points[:-1]], points):
        inside, was_inside = sign * (point[axis] - bound) >= 0, sign * (before[axis] - bound) >= 0
        if inside != was_inside:
            share = (bound - before[axis]) / (point[axis] - before[axis])
            kept.append((before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])))
        if inside:
            kept.append(point)
    return kept
