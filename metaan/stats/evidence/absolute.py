"""Absolute effects: what a relative effect means at an assumed risk (Cochrane Handbook 6.5, section 15.4.4)."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import NotEstimableError, UsageError


def risk_with_treatment(measure: str, estimate: float, assumed_risk: float) -> float:
    """Return the risk with the treatment.

    Parameters
    ----------
    measure
        A key of `RISK_OF`.
    estimate
        Display scale.
    assumed_risk
        Risk without the treatment, a proportion from 0 to 1.

    Returns
    -------
    float
        A proportion, kept within 0 and 1.

    Examples
    --------
    >>> round(risk_with_treatment("OR", 0.5, 0.2), 4)
    0.1111
    """
    if not 0 <= assumed_risk <= 1:
        raise UsageError(f"assumed risk {assumed_risk:g}; allowed: a proportion from 0 to 1")
    if measure not in RISK_OF:
        raise NotEstimableError(f"measure {measure} gives no risk; allowed: {', '.join(RISK_OF)}")
    return min(1.0, max(0.0, RISK_OF[measure](estimate, assumed_risk)))


def _from_odds_ratio(odds_ratio: float, risk: float) -> float:
    if odds_ratio == float("inf"):
        return 1.0 if risk > 0 else 0.0
    return odds_ratio * risk / (1 - risk + odds_ratio * risk) if risk < 1 else 1.0


#: Measure to the risk with the treatment; of a hazard ratio it is that by the time of the assumed one (15.4.4.3).
RISK_OF: dict[str, Callable[[float, float], float]] = {
    "OR": _from_odds_ratio,
    "RR": lambda ratio, risk: ratio * risk if risk > 0 else 0.0,
    "RD": lambda difference, risk: risk + difference,
    "HR": lambda ratio, risk: 1 - (1 - risk) ** ratio,
}
