"""Intervals for tau2, and with it for tau, I2 and H2.

To add one: write a function from `Moments`, a level and the `Tau2` that was estimated to an `Interval`, and enter it in
`TAU2_CI_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from ...errors import NotEstimableError, choose
from ..measures.effects import FloatArray, Interval
from ..measures.scales import exp
from ..numerics.notebook import ShowsItself
from .heterogeneity import Moments, i2_from_tau2, q_profile, typical_variance
from .likelihood import LIKELIHOODS, profile_tau2
from .tau2 import solve_generalised

if TYPE_CHECKING:
    import pandas as pd


class Tau2(NamedTuple):
    """An estimate, its standard error, and the key of its method in `metaan.stats.pooling.tau2.TAU2_METHODS`."""

    estimate: float
    se: float | None
    method: str | None


@dataclass(frozen=True, slots=True, repr=False)
class HeterogeneityCI(ShowsItself):
    """tau2, tau, I2 and H2 with their intervals; ``method`` is a key of `TAU2_CI_METHODS`, ``note`` what to know."""

    method: str
    level: float
    tau2: float
    tau2_ci: Interval
    tau: float
    tau_ci: Interval
    i2: float
    i2_ci: Interval
    h2: float
    h2_ci: Interval
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; a bound that ``note`` says does not exist is None."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: _finite(value) if isinstance(value, Interval) else value for name, value in plain.items()}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a number: estimate, lower and upper bound."""
        import pandas as pd

        rows = {name: (getattr(self, name), *getattr(self, f"{name}_ci")) for name in ("tau2", "tau", "i2", "h2")}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "lb", "ub"])

    def __repr__(self) -> str:
        names = {"tau2": "tau2", "tau": "tau", "i2": "I2 (%)", "h2": "H2"}
        lines = [f"{100 * self.level:g}% intervals of heterogeneity ({self.method})"]
        for name, shown in names.items():
            lb, ub = getattr(self, f"{name}_ci")
            lines.append(f"  {shown:<7}{getattr(self, name):>10.4g}  [{lb:.4g}, {ub:.4g}]")
        return "\n".join(lines + ([f"  {self.note}"] if self.note else []))


def _finite(ci: Interval) -> list[float | None]:
    return [bound if math.isfinite(bound) else None for bound in ci]


def heterogeneity_ci(m: Moments, tau2: Tau2, method: str, level: float) -> HeterogeneityCI:
    """Return the intervals of ``method``; those of tau, I2 and H2 are that of tau2 on another scale."""
    ci = choose(TAU2_CI_METHODS, method, "interval of tau2")(m, level, tau2)
    at, typical = tau2.estimate, typical_variance(m)
    if not math.isfinite(ci.ub):
        raise NotEstimableError(f"{method}: tau2 = {at:.3g} has an upper bound that no number can hold; take QP or PL")
    return HeterogeneityCI(
        method=method, level=level, tau2=at, tau2_ci=ci,
        tau=math.sqrt(at), tau_ci=Interval(math.sqrt(ci.lb), math.sqrt(ci.ub)),
        i2=i2_from_tau2(at, m), i2_ci=Interval(i2_from_tau2(ci.lb, m), i2_from_tau2(ci.ub, m)),
        h2=at / typical + 1, h2_ci=Interval(ci.lb / typical + 1, ci.ub / typical + 1),
        note=_note(ci, at),
    )  # fmt: skip


def _note(ci: Interval, tau2: float) -> str | None:
    """Say what an interval means that looks odd."""
    if ci.ub == 0:
        return "the studies differ less than chance alone would have them: the interval is empty and set to 0"
    if not ci.lb <= tau2 <= ci.ub:
        return "the interval does not hold the estimate: it rests on another principle than the estimator"
    return None


def _q_profile(m: Moments, level: float, tau2: Tau2) -> Interval:
    return q_profile(m, level)


def biggerstaff_jackson(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Exact interval from Cochran's Q (Biggerstaff & Jackson 2008)."""
    return _generalised(m, m.wi, level)


def jackson(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Exact interval from Q with weights 1 / sqrt(vi) (Jackson 2013)."""
    return _generalised(m, np.sqrt(m.wi), level)


def generalised(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Exact interval from Q with the weights that were given."""
    if m.ai is None:
        raise NotEstimableError("interval GENQ needs the weights that were given to pool")
    return _generalised(m, m.ai, level)


def profile_likelihood(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Profile likelihood, of the likelihood that was maximised (Hardy & Thompson 1996)."""
    if tau2.method not in LIKELIHOODS:
        raise NotEstimableError(f"a profile-likelihood interval needs tau2_method ML or REML, not {tau2.method}")
    return profile_tau2(m, tau2.estimate, level, LIKELIHOODS[tau2.method])


def wald(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Estimate plus and minus a normal quantile times its standard error, cut at 0; crude for few studies."""
    half = _half_width(level, tau2)
    return Interval(max(0.0, tau2.estimate - half), tau2.estimate + half)


def wald_log(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Wald's interval on the log scale; there is none at tau2 = 0."""
    if tau2.estimate == 0:
        raise NotEstimableError("Wald.log: tau2 = 0 has no logarithm; take QP or PL")
    factor = exp(_half_width(level, tau2) / tau2.estimate)
    return Interval(tau2.estimate / factor, tau2.estimate * factor)


def wald_sqrt(m: Moments, level: float, tau2: Tau2) -> Interval:
    """Wald's interval on the scale of tau; there is none at tau2 = 0."""
    if tau2.estimate == 0:
        raise NotEstimableError("Wald.sqrt: the delta method has no slope at tau2 = 0; take QP or PL")
    tau = math.sqrt(tau2.estimate)
    half = _half_width(level, tau2) / (2 * tau)
    return Interval(max(0.0, tau - half) ** 2, (tau + half) ** 2)


def _half_width(level: float, tau2: Tau2) -> float:
    if tau2.se is None:
        raise NotEstimableError(f"a Wald interval needs the standard error of tau2; {tau2.method} gave none")
    return float(ndtri((1 + level) / 2)) * tau2.se


def _generalised(m: Moments, ai: FloatArray, level: float) -> Interval:
    tail = (1 - level) / 2
    return Interval(solve_generalised(m, ai, tail), solve_generalised(m, ai, 1 - tail))


TAU2_CI_METHODS: dict[str, Callable[[Moments, float, Tau2], Interval]] = {
    "QP": _q_profile,
    "BJ": biggerstaff_jackson,
    "J": jackson,
    "GENQ": generalised,
    "PL": profile_likelihood,
    "Wald": wald,
    "Wald.log": wald_log,
    "Wald.sqrt": wald_sqrt,
}
