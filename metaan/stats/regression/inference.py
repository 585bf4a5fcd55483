"""What follows from a fitted meta-regression: predictions, and intervals for tau2.

To add an interval for tau2, enter a function in `REGRESSION_TAU2_CI_METHODS`; the degrees of freedom of a prediction
interval stand in `REGRESSION_PI_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.special import chdtri

from ...errors import NotEstimableError, choose
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.roots import beyond, crossing
from ..pooling.intervals import check_level, quantile
from ..pooling.tau2_ci import HeterogeneityCI
from .likelihood import log_likelihood
from .linear import Linear

if TYPE_CHECKING:
    import pandas as pd

    from .numbers import RegressionNumbers


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(ShowsItself):
    """Predicted mean effects at given values of the moderators, on the analysis scale.

    Attributes
    ----------
    x
        Shape (n, p): the rows of the design predicted at.
    names
        The columns of ``x``.
    estimate, se
        Shape (n,).
    ci
        For each row the interval of the mean effect.
    pi
        For each row the interval of the effect in a new study with these moderators; None for the common-effect model.
    pi_method, level
        The convention of ``pi``, a key of `REGRESSION_PI_METHODS`, and the coverage.
    """

    x: FloatArray
    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    ci: tuple[Interval, ...]
    pi: tuple[Interval, ...] | None
    pi_method: str
    level: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "names": list(self.names),
            "x": self.x.tolist(),
            "estimate": self.estimate.tolist(),
            "se": self.se.tolist(),
            "ci": [list(bounds) for bounds in self.ci],
            "pi": None if self.pi is None else [list(bounds) for bounds in self.pi],
            "pi_method": self.pi_method,
            "level": self.level,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a prediction: estimate, se, bounds of ci and pi (None without)."""
        import pandas as pd

        pi = self.pi or (Interval(math.nan, math.nan),) * len(self.ci)
        columns = {"estimate": self.estimate, "se": self.se}
        for name, bounds in (("ci", self.ci), ("pi", pi)):
            columns |= {f"{name}_lb": np.array([i.lb for i in bounds]), f"{name}_ub": np.array([i.ub for i in bounds])}
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        table = self.to_frame().to_string(index=False)
        return f"Predictions at {100 * self.level:g}% ({self.pi_method}), analysis scale\n{table}"


def predict(reg: RegressionNumbers, new: Any, pi_method: str, level: float | None) -> Predictions:
    """Predict at ``new`` (None: at the studies' own moderators); see `MetaRegression.predict`."""
    at = reg.level if level is None else level
    check_level(at)
    df_of = choose(REGRESSION_PI_METHODS, pi_method, "pi_method")
    x = reg.x if new is None else reg.coding.rows(new)
    estimate = x @ reg.coefficients
    variance = np.einsum("ij,jk,ik->i", x, reg.vcov, x)
    pi = None
    if reg.model == "random":
        df = df_of(reg.k, reg.p)
        if df is not None and df < 1:
            raise NotEstimableError(f"k = {reg.k}, p = {reg.p}: {pi_method} has no degrees of freedom")
        pi = _intervals(estimate, np.sqrt(variance + reg.tau2), df, at)
    se = np.sqrt(variance)
    return Predictions(x, reg.names, estimate, se, _intervals(estimate, se, reg.df, at), pi, pi_method, at)


class WithTau2(Protocol):
    """A random-effects fit of a regression: what an interval of its tau2 needs."""

    @property
    def model(self) -> str:
        """``"random"``: only this model has a tau2."""
        ...

    @property
    def level(self) -> float:
        """Coverage."""
        ...

    @property
    def linear(self) -> Linear:
        """What was regressed on what."""
        ...

    @property
    def tau2(self) -> float:
        """The estimate."""
        ...

    @property
    def tau2_method(self) -> str | None:
        """How it was estimated; None: it was given."""
        ...


def tau2_ci(reg: WithTau2, method: str, level: float | None) -> HeterogeneityCI:
    """Return tau2, tau, I2 and H2 with their intervals; see `MetaRegression.tau2_ci`."""
    interval = choose(REGRESSION_TAU2_CI_METHODS, method, "interval of tau2")
    if reg.model != "random":
        raise NotEstimableError("the common-effect model has no tau2")
    at = reg.level if level is None else level
    m = reg.linear
    ci = interval(reg, at)
    typical = m.df / m.at(0.0).trace_p()

    def i2(tau2: float) -> float:
        return 100 * tau2 / (tau2 + typical)

    return HeterogeneityCI(
        method=method, level=at, tau2=reg.tau2, tau2_ci=ci,
        tau=math.sqrt(reg.tau2), tau_ci=Interval(*map(math.sqrt, ci)), i2=i2(reg.tau2), i2_ci=Interval(*map(i2, ci)),
        h2=reg.tau2 / typical + 1, h2_ci=Interval(*(bound / typical + 1 for bound in ci)),
    )  # fmt: skip


def _intervals(estimate: FloatArray, se: FloatArray, df: float | None, level: float) -> tuple[Interval, ...]:
    half = quantile(df, level) * se
    return tuple(map(Interval, (estimate - half).tolist(), (estimate + half).tolist()))


def _q_profile(reg: WithTau2, level: float) -> Interval:
    """Q-profile (Viechtbauer 2007, eq. 10; Jackson et al. 2014 with moderators); a bound below 0 is set to 0."""
    m, tail = reg.linear, (1 - level) / 2
    return Interval(*(_meets(m, float(chdtri(m.df, p))) for p in (tail, 1 - tail)))


def _meets(m: Linear, target: float) -> float:
    """Return the tau2 at which the generalised Q, which falls with tau2, meets ``target``; 0 where it starts below."""

    def above(tau2: float) -> float:
        return m.at(tau2).rss / target - 1

    return 0.0 if above(0.0) <= 0 else crossing(above, 0.0, beyond(above, float(m.vi.max())))


def _profile_likelihood(reg: WithTau2, level: float) -> Interval:
    """Profile of the (restricted) likelihood (Hardy & Thompson 1996); needs a fit that maximised it."""
    if reg.tau2_method not in ("ML", "REML"):
        raise NotEstimableError(f"a profile-likelihood interval needs tau2_method ML or REML, not {reg.tau2_method}")
    m, restricted = reg.linear, reg.tau2_method == "REML"
    target = log_likelihood(m, reg.tau2, restricted) - 0.5 * float(chdtri(1, 1 - level))

    def above(tau2: float) -> float:
        return log_likelihood(m, tau2, restricted) - target

    lower = 0.0 if above(0.0) >= 0 else crossing(above, reg.tau2, 0.0)
    return Interval(lower, crossing(above, reg.tau2, beyond(above, max(2 * reg.tau2, float(m.vi.max())))))


REGRESSION_TAU2_CI_METHODS: dict[str, Callable[[WithTau2, float], Interval]] = {
    "QP": _q_profile,
    "PL": _profile_likelihood,
}

REGRESSION_PI_METHODS: dict[str, Callable[[int, int], float | None]] = {
    "t(k-p)": lambda k, p: k - p,
    "t(k-p-1)": lambda k, p: k - p - 1,
    "normal": lambda k, p: None,
}
