"""A plot of points, curves and areas over two axes, as data; nothing here knows a pixel.

All values are on the display scale of their axis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ...stats.measures.scales import SCALES, Scale
from ..forest.axis import Axis, Tick, tick_label, ticks
from ..language import words
from ..language.headings import inside, pool_heading

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...synthesis.values import Analysis, Exploration, Pool
    from ..language.words import Arms

XY = tuple[float, float]
PAD = 0.04  # share of a linear axis beyond its values


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """One mark."""

    x: float
    y: float
    label: str = ""  # written beside it where there is room
    role: str = "study"  # the CSS class
    weight: float | None = None  # percent; the area is proportional to it. None is drawn at a fixed size.
    sentence: str = ""  # what it is, in words


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, straight between two; ``sentence`` says what it is."""

    points: tuple[XY, ...]
    role: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon under everything else."""

    points: tuple[XY, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Side:
    """One axis with its title; a flipped one has its low end at the top (or right)."""

    axis: Axis
    title: str
    flipped: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, 0 at the left or bottom end of the frame, 1 at the right or top."""
        place = self.axis.place(value)
        return 1 - place if self.flipped else place

    def value(self, place: float) -> float:
        """Return the value at a place, the inverse of `place`."""
        return self.axis.value(1 - place if self.flipped else place)


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend: what a ``"dot"``, a ``"line"`` or an ``"area"`` of that role is."""

    shape: str
    role: str
    text: str


def no_effect(scale: Scale) -> tuple[Key, ...]:
    """Return the entry of the dotted line of no effect, where the scale has one."""
    return () if scale.null is None else (Key("line", "null", "no effect"),)


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot."""

    id: str  # unique on a page
    kind: str  # a key of `metaan.report.plots.catalogue.PLOTS`: the CSS class
    # title, description: for readers who cannot see it
    title: str
    description: str
    x: Side
    y: Side
    points: tuple[PlotPoint, ...] = ()  # in the order in which they get their labels, where not all have room
    curves: tuple[Curve, ...] = ()
    areas: tuple[Area, ...] = ()
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    # Labels at the right edge of the frame, at heights of ``y``: (y value, text) pairs under a title
    right: tuple[str, tuple[tuple[float, str], ...]] | None = None
    square: bool = False  # True where both axes have the same unit


@dataclass(frozen=True, slots=True)
class Request:
    """What a plot is drawn of: one pool of an analysis, with what was explored.

    ``moderator`` names the one that a bubble plot shows; None takes the first regression.
    """

    analysis: Analysis
    pool: Pool
    found: Exploration
    arms: Arms
    moderator: str | None = None

    @property
    def fit(self) -> Pooled:
        """The pooled result that is looked at: random effects, else common effect."""
        fit = self.pool.fit
        if fit is None:
            raise NotEstimableError(self.pool.reason or "nothing is pooled")
        return fit

    @property
    def id(self) -> str:
        """The analysis and the pool, for ids; a name that no id can hold is told apart by its place."""
        key, name = self.analysis.plan.key, self.pool.name
        safe = re.sub(r"[^A-Za-z0-9-]+", "-", name)
        if safe == name:
            return f"{key}.{name}" if name else key
        place = [pool.name for pool in self.analysis.pools].index(name) + 1
        return f"{key}.{safe.strip('-')}.{place}"

    @property
    def name(self) -> str:
        """The outcome and the pool, for titles."""
        group = f", {inside(pool_heading(self.pool))}" if self.pool.name else ""
        return f"{words.upper_first(self.analysis.outcome.name)}{group}"

    def needs(self, k: int, why: str) -> None:
        """Refuse a pool of fewer than ``k`` studies."""
        if self.fit.k < k:
            raise NotEstimableError(f"k = {self.fit.k}; {why}")


def linear(values: Iterable[float], low: float | None = None, whole: bool = False) -> Axis:
    """Return a linear axis that shows all values; it starts at ``low`` where given, and has ``whole`` ticks only."""
    shown = [*values, *([] if low is None else [low])]
    lo, hi = min(shown), max(shown)
    room = (hi - lo) * PAD or max(abs(hi), 1.0) * 0.1
    lo, hi = (lo if low == lo else lo - room), hi + room
    return fixed(lo, hi, whole)


def fixed(lo: float, hi: float, whole: bool = False) -> Axis:
    """Return a linear axis from ``lo`` to ``hi``."""
    scale = SCALES["identity"]
    found = [tick for tick in ticks(lo, hi, scale) if not whole or tick.value.is_integer()]
    return Axis(scale, lo, hi, tuple(found))


def ticked(lo: float, hi: float, at: Iterable[float]) -> Axis:
    """Return a linear axis with ticks at given values."""
    return Axis(SCALES["identity"], lo, hi, tuple(Tick(x, tick_label(x)) for x in at))
