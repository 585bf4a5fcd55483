"""Names beside points: none covers a point, a line or another name; one that stands further off has a leader.

A name that has no such place is left out; the point keeps its sentence, and the table on the page has every number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from ..drawing.drawing import Dot, DrawnLine, DrawnText
from ..drawing.fonts import text_width, wrap
from .geometry import XY, PlotArea, clip_segment

SMALL = 11.5  # px
MAX_LABEL = 190.0
MOST_LABELS = 60  # more could not be told apart
NEAR, FAR = 4.0, (14.0, 26.0, 40.0, 56.0, 80.0, 110.0, 150.0, 200.0)  # px, from the edge of a point to its name
AIR, SHORT = 1.0, 3.0  # px, around a name, and from the end of its leader to it
# right, left, above, below, corners; further off, what lies between them as well
DIRECTIONS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
BETWEEN = ((2, -1), (2, 1), (-2, -1), (-2, 1), (1, -2), (1, 2), (-1, -2), (-1, 2))

Segment = tuple[XY, XY]


def labels(
    named: Iterable[tuple[str, Dot]], lines: Sequence[Segment], frame: PlotArea
) -> Iterator[DrawnText | DrawnLine]:
    """Yield the names of points with their leaders, as many as have a place: those first that are named first.

    No name crosses one of ``lines`` or leaves the frame.
    """
    pairs = list(named)
    taken = [PlotArea(*dot.box) for _, dot in pairs]
    drawn = list(lines)
    for name, dot in pairs[:MOST_LABELS]:
        text = wrap(name, SMALL, MAX_LABEL, lines=1)[0] if name else ""
        found = _place(dot, text_width(text, SMALL), frame, taken, drawn) if text else None
        if found is None:
            continue
        box, leader = found
        taken.append(box)
        if leader is not None:
            drawn.append(leader)
            yield DrawnLine(*leader[0], *leader[1], "leader")
        yield DrawnText(text, box.left, box.top + 0.78 * SMALL, SMALL, role="label")


def _place(
    dot: Dot, width: float, frame: PlotArea, taken: Sequence[PlotArea], lines: Sequence[Segment]
) -> tuple[PlotArea, Segment | None] | None:
    """Return the first free place and, where it is not at the point, the leader to it."""
    own = PlotArea(*dot.box)
    others = [box for box in taken if box != own]
    for box in _around(dot, NEAR, width, DIRECTIONS):
        if _free(box, frame, taken, lines):
            return box, None
    for gap in FAR:
        for box in _around(dot, gap, width, DIRECTIONS + BETWEEN):
            leader = _leader(dot, box)
            if _free(box, frame, taken, lines) and all(clip_segment(*leader, other) is None for other in others):
                return box, leader
    return None


def _free(box: PlotArea, frame: PlotArea, taken: Sequence[PlotArea], lines: Sequence[Segment]) -> bool:
    wide = PlotArea(box.left - AIR, box.top - AIR, box.right + AIR, box.bottom + AIR)
    return (
        frame.holds(box)
        and not any(box.meets(other) for other in taken)
        and all(clip_segment(a, b, wide) is None for a, b in lines)
    )


def _around(dot: Dot, gap: float, width: float, directions: Iterable[tuple[int, int]]) -> Iterator[PlotArea]:
    """Yield the places for a name at one distance."""
    for across, down in directions:
        reach = (dot.radius + gap) / math.hypot(across, down)
        x, y = dot.x + across * reach, dot.y + down * reach
        left = x if across > 0 else x - width if across < 0 else x - width / 2
        top = y if down > 0 else y - SMALL if down < 0 else y - SMALL / 2
        yield PlotArea(left, top, left + width, top + SMALL)


def _leader(dot: Dot, box: PlotArea) -> Segment:
    """Return the line from the edge of a point to the nearest place of its name."""
    x, y = min(max(dot.x, box.left), box.right), min(max(dot.y, box.top), box.bottom)
    far = math.hypot(x - dot.x, y - dot.y)
    start, end = (dot.radius / far, 1 - SHORT / far) if far > dot.radius + SHORT else (0.0, 1.0)
    across, down = x - dot.x, y - dot.y
    return (dot.x + start * across, dot.y + start * down), (dot.x + end * across, dot.y + end * down)
