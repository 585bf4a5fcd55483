"""What a laid-out plot is made of: text, lines, shapes and circles, with their places in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from ..forest.plot import Plot, Row
from .fonts import text_width

SIZE = 13.0  # px, text where nothing else is said


@dataclass(frozen=True, slots=True)
class DrawnText:
    """One line of text. ``x`` is its start, middle or end by ``anchor``; ``y`` its baseline."""

    text: str
    x: float
    y: float
    size: float = SIZE
    anchor: str = "start"
    bold: bool = False
    role: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The room it takes: left, top, right, bottom."""
        width = text_width(self.text, self.size, self.bold)
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * width
        return left, self.y - 0.78 * self.size, left + width, self.y + 0.22 * self.size


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A straight line; ``role`` is its CSS class."""

    x1: float
    y1: float
    x2: float
    y2: float
    role: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon; ``role`` is its CSS class."""

    points: tuple[tuple[float, float], ...]
    role: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle; ``role`` is its CSS class, ``sentence`` what it is."""

    x: float
    y: float
    radius: float
    role: str
    sentence: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The room it takes: left, top, right, bottom."""
        r = self.radius
        return self.x - r, self.y - r, self.x + r, self.y + r


Item = DrawnText | DrawnLine | Shape | Dot


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """What belongs to one row of the plot, between ``top`` and ``bottom``."""

    row: Row
    top: float
    bottom: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid-out plot: ``background`` lies under the rows. ``left`` and ``right`` are the ends of the axis."""

    plot: Plot
    width: float
    height: float
    left: float
    right: float
    background: tuple[Item, ...]
    groups: tuple[DrawnRow, ...]
    foreground: tuple[Item, ...]
