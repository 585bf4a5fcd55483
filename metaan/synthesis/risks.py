"""The effect of a result per 1000 people, at the protocol's assumed risks or at that of its own control arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..preparation.kinds import risks
from ..stats.evidence.absolute import RISK_OF, risk_with_treatment
from ..stats.measures.effects import Interval
from .values import Absolute

if TYPE_CHECKING:
    from ..registry.model.plan import AssumedRisk
    from ..registry.model.public import Plan
    from .values import Pool


@dataclass(frozen=True, slots=True)
class RiskEffect:
    """The effect at one assumed risk: risks as proportions, differences in people per 1000.

    ``name`` is that of the risk (low, medium, high), or empty; ``pi`` the prediction interval of the difference.
    """

    name: str
    risk: float
    source: str
    treated: float
    treated_ci: Interval
    difference: float
    ci: Interval
    pi: Interval | None


def absolute(pool: Pool, plan: Plan, measure: str) -> Absolute | None:
    """Return the effect per 1000 that sentences name; None for measures without risks."""
    at = _assumed_risk(pool, plan) if measure in RISK_OF and pool.lead else None
    found = _effect(pool, measure, "", *at) if at else None
    return None if found is None else Absolute(found.risk, found.source, found.difference, found.ci)


def risk_effects(pool: Pool, plan: Plan, measure: str) -> tuple[RiskEffect, ...]:
    """Return the effect at each assumed risk of the summary table, else at that of sentences."""
    if measure not in RISK_OF or not pool.lead:
        return ()
    at = [(one.name, one.value, _by(one)) for one in plan.assumed_risks]
    if not at and (assumed := _assumed_risk(pool, plan)) is not None:
        at = [("", *assumed)]
    found = (_effect(pool, measure, *risk) for risk in at)
    return tuple(effect for effect in found if effect is not None)


def _by(assumed: AssumedRisk) -> str:
    """Return where an assumed risk comes from, and by when it is one."""
    return f"{assumed.source}, by {assumed.time}" if assumed.time else assumed.source


def _assumed_risk(pool: Pool, plan: Plan) -> tuple[float, str] | None:
    """Return the protocol's assumed risk, else the median of the control arms that the answer is from; its source."""
    if plan.assumed_risk is not None:
        return plan.assumed_risk.value, _by(plan.assumed_risk)
    each = [risk for row in pool.answering if (risk := risks(row.data).get("control")) is not None]
    if not each:
        return None
    of = f"median of the control arms of these {len(each)} studies" if len(each) > 1 else "control arm of this study"
    return float(np.median(each)), of


def _effect(pool: Pool, measure: str, name: str, risk: float, source: str) -> RiskEffect | None:
    """Return the effect of a result at one risk; None where it has no interval."""
    got = pool.lead
    if got is None or got.ci is None:
        return None

    def treated(effect: float) -> float:
        return risk_with_treatment(measure, effect, risk)

    def difference(effect: float) -> float:
        return 1000 * (treated(effect) - risk)

    return RiskEffect(
        name=name,
        risk=risk,
        source=source,
        treated=treated(got.estimate),
        treated_ci=Interval(*map(treated, got.ci)),
        difference=difference(got.estimate),
        ci=Interval(*map(difference, got.ci)),
        pi=None if got.pi is None else Interval(*map(difference, got.pi)),
    )
