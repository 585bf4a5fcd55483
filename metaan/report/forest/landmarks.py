"""What a forest plot is read against: no effect, the minimal important difference, the pooled result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...stats.numerics.numerals import exact
from ...synthesis.yardstick import UNITS
from ..language import formats

if TYPE_CHECKING:
    from ...synthesis.values import Analysis


@dataclass(frozen=True, slots=True)
class Band:
    """Effects too small to matter: from ``lo`` to ``hi`` on the display scale, and the sentence that says why."""

    lo: float
    hi: float
    note: str


def band(analysis: Analysis) -> Band | None:
    """Return the effects that are smaller than the minimal important difference of the outcome.

    One given per 1000 people is a relative effect only at an assumed risk: None where the outcome has no such
    difference, where the measure has not its unit, and where the blocks have different assumed risks.
    """
    mid = analysis.outcome.mid
    if mid is None or not UNITS[mid.unit](analysis.measure):
        return None
    if mid.unit != "per_1000":
        least = min(mid.value, 1 / mid.value) if mid.unit == "ratio" else -mid.value
        most = 1 / least if mid.unit == "ratio" else mid.value
        unit = f" {analysis.outcome.unit}" if mid.unit == "difference" and analysis.outcome.unit else ""
        return Band(least, most, f"Shaded: less than {exact(mid.value)}{unit}, {_WHAT} ({mid.source}).")
    risk = _assumed_risk(analysis)
    if risk is None:
        return None
    share = mid.value / 1000
    make = EFFECT_OF[analysis.measure]
    note = (
        f"Shaded: fewer than {exact(mid.value)} per 1000 more or fewer, {_WHAT} "
        f"({mid.source}), at a risk of {formats.number(1000 * risk)} per 1000 without the treatment."
    )
    return Band(make(max(0.0, risk - share), risk), make(min(1.0, risk + share), risk), note)


_WHAT = "the minimal important difference"


def _assumed_risk(analysis: Analysis) -> float | None:
    if analysis.plan.assumed_risk is not None:
        return analysis.plan.assumed_risk.value
    pools = [analysis.overall] if analysis.overall is not None else analysis.results
    risks = {pool.absolute.assumed_risk for pool in pools if pool.absolute is not None}
    return risks.pop() if len(risks) == 1 else None


def guide(analysis: Analysis) -> float | None:
    """Return the pooled result over all studies; None where there are several."""
    fit = analysis.whole.fit if analysis.whole else None
    return None if fit is None else fit.display.estimate


def _odds(risk: float) -> float:
    return risk / (1 - risk) if risk < 1 else math.inf


def _odds_ratio(risk: float, control: float) -> float:
    return _odds(risk) / _odds(control) if 0 < control < 1 else 1.0


#: Measure to the effect that turns the second risk into the first: the inverse of `RISK_OF`.
EFFECT_OF: dict[str, Callable[[float, float], float]] = {
    "OR": _odds_ratio,
    "RR": lambda risk, control: risk / control if control > 0 else 1.0,
    "HR": lambda other, risk: math.log1p(-other) / math.log1p(-risk) if 0 < risk < 1 and other < 1 else 1.0,
    "RD": lambda risk, control: risk - control,
}
