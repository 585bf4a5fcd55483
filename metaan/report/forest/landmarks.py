"""What a forest plot is read against: no effect, the minimal important difference, the pooled result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...stats.evidence.absolute import RISK_OF
from ...stats.numerics.numerals import exact
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

    That is given per 1000 people, so it is a relative effect only at an assumed risk: None where the outcome has no
    such difference, where the measure gives no risk, and where the blocks have different assumed risks.
    """
    mid = analysis.outcome.mid
    risk = _assumed_risk(analysis)
    if mid is None or risk is None or analysis.measure not in RISK_OF:
        return None
    share = mid.per_1000 / 1000
    make = EFFECT_OF[analysis.measure]
    note = (
        f"Shaded: fewer than {exact(mid.per_1000)} per 1000 more or fewer, the minimal important difference "
        f"({mid.source}), at a risk of {formats.number(1000 * risk)} per 1000 without the treatment."
    )
    return Band(make(max(0.0, risk - share), risk), make(min(1.0, risk + share), risk), note)


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
    "RD": lambda risk, control: risk - control,
}
