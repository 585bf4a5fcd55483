"""How probable benefit and harm are under a Bayesian model: against no effect and against the outcome's threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConvergenceError
from ..stats.measures.catalogue import scale_of
from ..stats.numerics.roots import crossing
from .yardstick import Yardstick, yardstick

if TYPE_CHECKING:
    from ..stats.bayes.distributions import Distribution
    from .values import Analysis, Pool

_ENDS = 1e-9  # probability beyond which a threshold is out of sight


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities, between 0 and 1, of what an effect does to patients.

    Attributes
    ----------
    benefit, harm
        On the good and on the bad side of no effect.
    important_benefit, important_harm
        Beyond the nearest threshold of the outcome on either side; None where it has none in this unit.
    """

    benefit: float
    harm: float
    important_benefit: float | None = None
    important_harm: float | None = None


def chances(analysis: Analysis, pool: Pool, of: Distribution) -> Chances | None:
    """Return how probable benefit and harm are; None where a measure compares nothing."""
    found, direction = yardstick(analysis, pool), analysis.outcome.direction
    if found is None or direction is None:
        return None
    below, above = of.probability(ub=0.0), of.probability(0.0)
    less = more = None
    if found.against != "no effect":
        less = of.probability(ub=_place(found.below[0], found, analysis, of))
        more = of.probability(_place(found.above[0], found, analysis, of))
    if direction == "bad":
        return Chances(below, above, less, more)
    return Chances(above, below, more, less)


def _place(bound: float, found: Yardstick, analysis: Analysis, of: Distribution) -> float:
    """Return where on the analysis scale a threshold lies, of those effects that have any probability."""
    to_display = scale_of(analysis.measure).to_display

    def short_of(x: float) -> float:
        return bound - found.convert(to_display(x))

    lo, hi = (float(of.quantile(p)) for p in (_ENDS, 1 - _ENDS))
    if short_of(lo) <= 0:
        return -math.inf
    if short_of(hi) >= 0:
        return math.inf
    try:
        return crossing(short_of, lo, hi)
    except ConvergenceError:
        return math.inf
