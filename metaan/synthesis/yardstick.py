"""What an effect is judged against: the thresholds of an outcome in their unit, else no effect.

To add a unit: its key in ``mid:`` of review.yaml, which measures have it in `UNITS`, and what an effect is in it in
`_convert`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..stats.evidence.absolute import RISK_OF, risk_with_treatment
from ..stats.evidence.information import crossed
from ..stats.measures.catalogue import STANDARDIZED, null_of
from ..stats.measures.effects import Interval

if TYPE_CHECKING:
    from .values import Analysis, Pool

#: Sizes of an effect, from the least; "" where only a minimal important difference, or nothing, says what is large.
TRIVIAL, SMALL, MODERATE, LARGE = "trivial", "small", "moderate", "large"
SIZES = (SMALL, MODERATE, LARGE)

Convert = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The thresholds that decide, and what they are counted in.

    Attributes
    ----------
    against
        ``"thresholds"``, ``"mid"`` (the minimal important difference) or ``"no effect"``.
    unit
        A key of `UNITS`; empty for the display scale of the measure.
    below, above
        Thresholds on either side of no effect, the nearest first.
    convert
        From the display scale of the measure to the unit.
    """

    against: str
    unit: str
    below: tuple[float, ...]
    above: tuple[float, ...]
    convert: Convert

    def zone(self, estimate: float) -> int:
        """Return how many thresholds an effect (display scale) has reached: below no effect a negative number."""
        x = self.convert(estimate)
        if self.against == "no effect":
            return (x > self.above[0]) - (x < self.below[0])
        return sum(x >= bound for bound in self.above) - sum(x <= bound for bound in self.below)

    def size(self, estimate: float) -> str:
        """Return the size of an effect: of `SIZES` or trivial, and empty where nothing says how large it is."""
        zone = abs(self.zone(estimate))
        if self.against == "no effect" or (self.against == "mid" and zone):
            return ""
        return SIZES[zone - 1] if zone else TRIVIAL

    def crossed(self, ci: Interval) -> tuple[float, ...]:
        """Return the thresholds that lie within an interval (display scale), from the lowest, in the unit."""
        return crossed(Interval(*map(self.convert, ci)), dict.fromkeys((*reversed(self.below), *self.above)))


def yardstick(analysis: Analysis, pool: Pool) -> Yardstick | None:
    """Return what the result of a pool is judged against; None where a measure compares nothing."""
    null, outcome = null_of(analysis.measure), analysis.outcome
    if null is None:
        return None
    unit = outcome.mid.unit if outcome.mid else next((u for u, holds in UNITS.items() if holds(analysis.measure)), "")
    convert = _convert(unit, analysis, pool)
    if convert is not None and outcome.thresholds is not None:
        return _of("thresholds", unit, tuple(getattr(outcome.thresholds, size) for size in SIZES), convert)
    if convert is not None and outcome.mid is not None:
        return _of("mid", unit, (outcome.mid.value,), convert)
    return Yardstick("no effect", "", (null,), (null,), float)


def _of(against: str, unit: str, bounds: tuple[float, ...], convert: Convert) -> Yardstick:
    if unit == "ratio":
        above = tuple(max(x, 1 / x) for x in bounds)
        return Yardstick(against, unit, tuple(1 / x for x in above), above, convert)
    return Yardstick(against, unit, tuple(-x for x in bounds), bounds, convert)


def _convert(unit: str, analysis: Analysis, pool: Pool) -> Convert | None:
    """Return what an effect of the measure is in a unit; None where it cannot be said in it."""
    measure, outcome = analysis.measure, analysis.outcome
    if unit == "difference" and measure in STANDARDIZED and outcome.scale is not None and outcome.scale.sd:
        sd = outcome.scale.sd
        return lambda effect: sd * effect
    if not unit or not UNITS[unit](measure):
        return None
    if unit != "per_1000":
        return float
    if pool.absolute is None:
        return None
    risk = pool.absolute.assumed_risk
    return lambda effect: 1000 * (risk_with_treatment(measure, effect, risk) - risk)


#: Unit of a minimal important difference (a key of ``mid``) to whether a measure has it.
UNITS: dict[str, Callable[[str], bool]] = {
    "per_1000": lambda measure: measure in RISK_OF,
    "smd": lambda measure: measure in STANDARDIZED,
    "ratio": lambda measure: null_of(measure) == 1,
    "difference": lambda measure: null_of(measure) == 0 and measure not in STANDARDIZED,
}
