"""What a meta-regression returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import choose
from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, fixed, number_and_bounds, p_text, p_value
from ..pooling.likelihood import FitStatistics
from ..pooling.tau2_ci import HeterogeneityCI
from .ci import WaldTest, scale_and_df, wald_test
from .inference import Predictions, predict, tau2_ci
from .likelihood import log_likelihood
from .linear import Weighted
from .numbers import RegressionNumbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MetaRegression(RegressionNumbers, ShowsItself):
    """A meta-regression: its numbers (`RegressionNumbers`), and what can be asked of it.

    Coefficients, errors and intervals are on the analysis scale.
    """

    @cached_property
    def weighted(self) -> Weighted:
        """The weighted least squares fit at ``tau2``."""
        return self.linear.at(self.tau2)

    @property
    def scale(self) -> float:
        """What Knapp and Hartung multiply the covariance by; 1 for the other intervals."""
        return scale_and_df(self.ci_method)(self.weighted.rss, self.k - self.p, self.tau2)[0]

    @property
    def weights(self) -> FloatArray:
        """Shape (k,), percent, summing to 100."""
        return self.weighted.wi * (100.0 / float(self.weighted.wi.sum()))

    @property
    def fitted(self) -> FloatArray:
        """Shape (k,): the predicted effect of each study."""
        return self.x @ self.coefficients

    def fit_statistics(self, restricted: bool | None = None) -> FitStatistics:
        """Return log-likelihood, deviance, AIC, BIC and AICc; restricted where the fit is REML unless asked."""
        of_reml = self.tau2_method == "REML" if restricted is None else restricted
        return _fit_statistics(self, of_reml)

    @property
    def ll(self) -> float:
        """The log-likelihood; restricted for REML."""
        return self.fit_statistics().ll

    @property
    def aic(self) -> float:
        """Akaike's criterion; restricted for REML."""
        return self.fit_statistics().aic

    @property
    def bic(self) -> float | None:
        """The Bayesian criterion; restricted for REML."""
        return self.fit_statistics().bic

    @property
    def aicc(self) -> float | None:
        """Akaike's criterion, corrected for small k; restricted for REML."""
        return self.fit_statistics().aicc

    def predict(self, new: Any = None, pi_method: str = "t(k-p)", level: float | None = None) -> Predictions:
        """Predict the mean effect, and the effect of a new study, at given values of the moderators.

        Parameters
        ----------
        new
            Named columns (a single value stands for all rows); for a fit that did not come from a formula also an
            array, shape (n, number of moderators); None for the moderators of the studies themselves.
        pi_method
            A key of `metaan.stats.regression.inference.REGRESSION_PI_METHODS`.
        level
            Coverage; that of the fit unless given.

        Raises
        ------
        DataError
            A level that no study has, or a missing value.
        UsageError
            A moderator is not given.
        """
        return predict(self, new, pi_method, level)

    def tau2_ci(self, method: str = "QP", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 with their intervals.

        ``method`` is a key of `metaan.stats.regression.inference.REGRESSION_TAU2_CI_METHODS`.

        Raises
        ------
        NotEstimableError
            The common-effect model, or PL for a fit that did not maximise a likelihood.
        """
        return tau2_ci(self, method, level)

    def wald_test(self, names: str | list[str]) -> WaldTest:
        """Test that several coefficients are 0 together.

        ``names`` are columns; a factor's or formula term's name stands for all its columns (``"alloc"``).
        """
        wanted = [names] if isinstance(names, str) else list(names)
        columns = list(zip(self.names, self.coding.terms))
        for name in wanted or [""]:
            choose(dict.fromkeys((*self.names, *self.moderators)), name, "column")
        at = [j for j, column in enumerate(columns) if not set(wanted).isdisjoint(column)]
        return wald_test(self.names, self.coefficients, self.vcov, self.df, at)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        for name in ("coefficients", "se", "stat", "pval", "vcov", "x"):
            plain[name] = getattr(self, name).tolist()
        return plain | {
            "names": list(self.names),
            "ci": [list(interval) for interval in self.ci],
            "references": dict(self.references),
            "effects": self.effects.to_dict(),
            "excluded": [list(pair) for pair in self.excluded],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a coefficient: estimate, se, stat, pval, ci_lb, ci_ub."""
        import pandas as pd

        columns = {"estimate": self.coefficients, "se": self.se, "stat": self.stat, "pval": self.pval}
        bounds = {"ci_lb": [i.lb for i in self.ci], "ci_ub": [i.ub for i in self.ci]}
        return pd.DataFrame(columns | bounds, index=pd.Index(self.names, name="name"))

    def __repr__(self) -> str:
        return _repr(self)


_PLAIN = (
    "model", "tau2_method", "ci_method", "level", "measure", "df", "qm", "qm_df", "qm_pval", "qe", "qe_df", "qe_pval",
    "tau2", "tau2_se", "tau2_null", "i2", "h2", "r2", "k", "p",
)  # fmt: skip


def _fit_statistics(reg: MetaRegression, restricted: bool) -> FitStatistics:
    m = reg.linear
    ll = log_likelihood(m, reg.tau2, restricted)
    saturated = 0.0 if restricted else -0.5 * float(np.log(2 * math.pi * m.vi).sum())
    parameters = m.p + (reg.model == "random")
    n = m.df if restricted else m.k
    room = max(n, parameters + 2)
    return FitStatistics(
        ll=ll,
        deviance=2 * (saturated - ll),
        aic=2 * (parameters - ll),
        bic=parameters * math.log(n) - 2 * ll,
        aicc=2 * parameters * room / (room - parameters - 1) - 2 * ll,
        parameters=parameters,
        restricted=restricted,
    )


def _repr(reg: MetaRegression) -> str:
    how = f"mixed effects, tau2 by {reg.tau2_method}" if reg.model == "random" else "common effect"
    scale = "" if reg.measure == "GEN" else f"; {reg.measure} on the analysis scale"
    width = max(map(len, reg.names))
    percent = f"{reg.level * 100:g}"
    lines = [
        f"Meta-regression (k = {reg.k}; {how}; intervals: {reg.ci_method}{scale})",
        f"  {'':<{width}}  estimate       se     stat        p   {percent}% CI",
    ]
    for name, b, se, stat, p, ci in zip(reg.names, reg.coefficients, reg.se, reg.stat, reg.pval, reg.ci):
        estimate, bounds = number_and_bounds(b, ci, 0.0)
        numbers = f"{estimate:>8} {figures(se):>8} {fixed(stat, 4):>8} {p_value(p):>8}"
        lines.append(f"  {name:<{width}}  {numbers}   {bounds}")
    test = f"QM({reg.qm_df})" if reg.df is None else f"F({reg.qm_df}, {reg.df:g})"
    r2 = "" if reg.r2 is None else f", R2 = {reg.r2:.1f}%"
    lines.append(f"  moderators: {test} = {figures(reg.qm)}, {p_text(reg.qm_pval)}{r2}")
    lines.append(
        f"  residual: tau2 = {figures(reg.tau2)}, I2 = {fixed(reg.i2, 1)}%; "
        f"QE({reg.qe_df}) = {figures(reg.qe)}, {p_text(reg.qe_pval)}"
    )
    lines += [f"  reference of {factor}: {level}" for factor, level in reg.references.items()]
    return "\n".join(lines)
