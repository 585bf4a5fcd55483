"""A network solved: effects of treatments against each other under both models, and how far studies differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import NotEstimableError, UsageError, choose
from ..measures.effects import FloatArray
from ..regression.linear import Linear
from ..regression.tau2 import REGRESSION_TAU2_METHODS
from .contrasts import Contrasts
from .studies import RowSet, rows_of

#: The share of two variances below which that of their difference is rounding.
LOST = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class GraphFit:
    """One model of a network.

    Attributes
    ----------
    tau2
        The variance between studies that its weights hold.
    effects
        Shape (n,): effects of the treatments against the first of them, which is 0.
    vcov
        Shape (n, n): their covariance; the first row and column are 0.
    q
        The generalised Q of its residuals.
    """

    tau2: float
    effects: FloatArray
    vcov: FloatArray
    q: float

    @property
    def differences(self) -> FloatArray:
        """Shape (n, n): the effect of the row's treatment less that of the column's."""
        return self.effects[:, None] - self.effects[None, :]

    @property
    def variances(self) -> FloatArray:
        """Shape (n, n): the variances of the differences."""
        own = np.diag(self.vcov)
        return np.maximum(own[:, None] + own[None, :] - 2.0 * self.vcov, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Contrasts, their rows, and both models: what every further method asks.

    ``tau2_method`` is None where tau2 was given, ``random`` where the method has common effects only.
    """

    contrasts: Contrasts
    rows: RowSet
    tau2_method: str | None
    tau2: float
    tau2_se: float | None
    common: GraphFit
    random: GraphFit | None

    @property
    def df(self) -> int:
        """Degrees of freedom of Q: rows less treatments but one."""
        return int(self.rows.yi.size) - self.contrasts.n + 1

    @property
    def q(self) -> float:
        """Cochran's Q of the common-effect model."""
        return self.common.q

    def tau2_of(self, m: Linear, model: str) -> float:
        """Return tau2 of another set of rows, as it was found in these: estimated, or given."""
        if model == "common" or self.tau2_method is None:
            return 0.0 if model == "common" else self.tau2
        return NETWORK_TAU2_METHODS[self.tau2_method](m)[0] if m.df > 0 else 0.0

    def model(self, name: str) -> GraphFit:
        """Return a model by its name."""
        found = choose(NETWORK_MODELS, name, "model")(self)
        if found is None:
            raise NotEstimableError("methods for rare events have common effects only", "model='common'")
        return found


def _expanded(m: Linear, tau2: float) -> GraphFit:
    fit = m.at(tau2)
    n = m.p + 1
    effects, vcov = np.zeros(n), np.zeros((n, n))
    effects[1:], vcov[1:, 1:] = fit.coefficients, fit.inverse
    return _checked(GraphFit(tau2, effects, vcov, 0.0 if m.df < 1 else fit.rss))


def _checked(solved: GraphFit) -> GraphFit:
    """Refuse what has lost its digits: two treatments compared closely, and both far from the first."""
    own, least = np.diag(solved.vcov), solved.variances
    np.fill_diagonal(least, np.inf)
    if (least <= LOST * (own[:, None] + own[None, :])).any():
        raise NotEstimableError(
            "standard errors of the studies differ by so many orders of magnitude that some comparisons are lost to "
            "rounding", "leave the studies out that say next to nothing"
        )  # fmt: skip
    return solved


def fit_contrasts(c: Contrasts, tau2_method: str, tau2: float | None, tolerance: float) -> Fitted:
    """Fit both models of a connected network; ``tau2`` is estimated where it is not given."""
    estimator = choose(NETWORK_TAU2_METHODS, tau2_method, "tau2_method of a network")
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise UsageError(f"tau2 = {tau2:g}; allowed: a finite number not below 0")
    rows = rows_of(c, tolerance)
    m = rows.linear(0)
    found, se = (tau2, None) if tau2 is not None else estimator(m) if m.df > 0 else (0.0, None)
    common = _expanded(m, 0.0)
    method = tau2_method if tau2 is None else None
    return Fitted(c, rows, method, found, se, common, common if found == 0 else _expanded(m, found))


NETWORK_MODELS: dict[str, Callable[[Fitted], GraphFit | None]] = {
    "common": lambda fitted: fitted.common,
    "random": lambda fitted: fitted.random,
}

#: Sidik and Jonkman's begins with the variance of effects around their mean, which depends on how contrasts are turned.
NETWORK_TAU2_METHODS = {name: method for name, method in REGRESSION_TAU2_METHODS.items() if name != "SJ"}
