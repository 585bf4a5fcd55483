"""The axis of a plot: its range, its ticks, and the way from a number to a position and back.

Positions are the natural log of ratios, so that a ratio and its inverse lie equally far from no effect, and the display
value of all else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.measures.scales import Scale, exp
from ...stats.numerics.numerals import exact
from ..language import formats

MOST_TICKS = 7
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class AxisTitle:
    """The heading of an axis: its lines, and what the last one says of the scale where there is room."""

    lines: tuple[str, ...]
    scale: str = ""

    @classmethod
    def of(cls, measure: str, *lines: str) -> AxisTitle:
        """Return the heading of the axis of a measure; that of a ratio says its scale."""
        return cls(lines, ", log scale" if scale_of(measure).is_ratio else "")

    @property
    def whole(self) -> tuple[str, ...]:
        """The lines with the scale."""
        return (*self.lines[:-1], self.lines[-1] + self.scale)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on the axis; ``value`` is on the display scale."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis of a plot."""

    scale: Scale  # the display scale of the measure
    # lo, hi: the range, as positions
    lo: float
    hi: float
    ticks: tuple[Tick, ...]  # in ascending order; no effect is among them, where the scale has one

    def place(self, value: float) -> float:
        """Return where a display value lies: 0 at the left end of the axis, 1 at the right; not cut off."""
        return (position(value, self.scale) - self.lo) / (self.hi - self.lo)

    def value(self, place: float) -> float:
        """Return the display value at a place, the inverse of `place`."""
        at = self.lo + place * (self.hi - self.lo)
        return exp(at) if self.scale.is_ratio else at


def position(value: float, scale: Scale) -> float:
    """Return the position of a display value; a ratio of 0 is minus infinity."""
    if not scale.is_ratio or math.isinf(value):
        return value
    return math.log(value) if value > 0 else -math.inf


def axis(points: Iterable[float], intervals: Iterable[Interval], scale: Scale) -> Axis:
    """Return an axis that shows every point, no effect if there is one, and of intervals what does not crush the rest.

    All are on the display scale.
    """
    inner = _finite(position(x, scale) for x in [*_null(scale), *points]) or [0.0]
    ends = _finite(position(x, scale) for ci in intervals for x in ci)
    lo, hi = _range(inner, ends, 0.7 if scale.is_ratio else 0.0)
    return Axis(scale, lo, hi, ticks(lo, hi, scale))


def _null(scale: Scale) -> list[float]:
    return [] if scale.null is None else [scale.null]


def _finite(values: Iterable[float]) -> list[float]:
    return [x for x in values if math.isfinite(x)]


def _range(inner: Sequence[float], ends: Sequence[float], least: float) -> tuple[float, float]:
    """Reach beyond the points by at most their own spread, or by the median reach of the intervals."""
    low, high = min(inner), max(inner)
    reaches = sorted([low - x for x in ends if x < low] + [x - high for x in ends if x > high])
    typical = reaches[len(reaches) // 2] if reaches else 0.0
    room = max(high - low, typical, least)
    full_lo, full_hi = min([low, *ends]), max([high, *ends])
    lo, hi = max(full_lo, low - room), min(full_hi, high + room)
    if full_hi - full_lo <= 1.3 * (hi - lo):
        lo, hi = full_lo, full_hi
    span = hi - lo
    rounding = max(1e-6 * least, 1e-9 * max(abs(lo), abs(hi)))
    pad = 0.03 * span if span > rounding else max(abs(lo), 1.0) * 0.1  # no axis of rounding errors
    return lo - pad, hi + pad


def ticks(lo: float, hi: float, scale: Scale) -> tuple[Tick, ...]:
    """Return round values between two positions, no effect among them if there is one."""
    values = _ratio_ticks(exp(lo), exp(hi)) if scale.is_ratio else _linear(lo, hi)
    kept = sorted({float(f"{x:.10g}") for x in [*values, *_null(scale)]})
    return tuple(Tick(x, tick_label(x)) for x in kept if lo <= position(x, scale) <= hi)


def tick_label(x: float) -> str:
    """Write a tick as short as it can be.

    >>> tick_label(0.5), tick_label(10.0), tick_label(-0.05), tick_label(1e-6)
    ('0.5', '10', '−0.05', '0.000001')
    """
    if x and not 1e-6 <= abs(x) < 1e7:
        return formats.written(exact(x)) if float(f"{x:.1e}") != x and abs(x) < 1e15 else formats.number(x)
    text = f"{abs(x):.10f}".rstrip("0").rstrip(".")
    return f"{formats.MINUS}{text}" if x < 0 else text


def _ratio_ticks(lo: float, hi: float) -> list[float]:
    """Return steps of 1, 2, 5 where they fit, whole decades (or every n-th) where they do not."""
    lo, hi = max(lo, 1e-300), min(hi, 1e300)
    decades = range(math.floor(math.log10(lo)), math.ceil(math.log10(hi)) + 1)
    fine = [m * 10.0**d for d in decades for m in (1, 2, 5) if lo <= m * 10.0**d <= hi]
    if len(fine) < 3:
        return [x for x in _linear(lo, hi) if x > 0]
    if len(fine) <= MOST_TICKS:
        return fine
    step = math.ceil(len(decades) / MOST_TICKS)
    whole = [10.0**d for d in decades if d % step == 0 and lo <= 10.0**d <= hi]
    return whole if len(whole) >= 3 else [x for x in fine if f"{x:e}"[0] in "15" or len(fine) <= MOST_TICKS + 2]


def _linear(lo: float, hi: float) -> list[float]:
    rough = (hi - lo) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((m * power for m in _STEPS if m * power >= rough), 10 * power)
    return [i * step for i in range(math.ceil(lo / step), math.floor(hi / step) + 1)]
