"""Straight lines through a funnel: the regressions behind the tests of small-study effects.

Two models: a multiplicative error (weighted least squares, the spread estimated) and an additive one (the mixed model
with a between-study variance, estimated as in `metaan.stats.regression.tau2`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, stdtr

from ...errors import NotEstimableError, choose
from ..measures.effects import FloatArray, Interval
from ..pooling.intervals import mean_interval
from ..regression.linear import Linear, Weighted
from ..regression.tau2 import REGRESSION_TAU2_METHODS

FactorDf = tuple[float, int | None]


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A weighted straight line, ``intercept + slope * x``, on the analysis scale.

    Attributes
    ----------
    intercept, intercept_se, slope, slope_se
        Coefficients and their standard errors.
    df
        Degrees of freedom of t; None for the normal distribution.
    tau2
        Residual between-study variance; None for the multiplicative model.
    phi
        The factor that multiplies the sampling variances; 1 for the additive model.
    """

    intercept: float
    intercept_se: float
    slope: float
    slope_se: float
    df: int | None
    tau2: float | None
    phi: float = 1.0

    @property
    def stat(self) -> float:
        """The slope over its standard error."""
        return self.slope / self.slope_se

    @property
    def pval(self) -> float:
        """Two-sided, of the slope."""
        return two_sided(self.stat, self.df)

    def intercept_ci(self, level: float) -> Interval:
        """Return the interval of the intercept."""
        return mean_interval(self.intercept, self.intercept_se, self.df, level)


def two_sided(stat: float, df: float | None) -> float:
    """Return the two-sided p-value of a z (df None) or t statistic."""
    return 2 * float(ndtr(-abs(stat)) if df is None else stdtr(df, -abs(stat)))


def multiplicative_line(yi: FloatArray, x: FloatArray, vi: FloatArray) -> FittedLine:
    """Weighted least squares with weights 1 / vi and an estimated spread (Egger et al. 1997; Moreno et al. 2009)."""
    linear, scale = _linear(yi, x, vi, at_least=3)
    fit = linear.at(0.0)
    _check_scatter(fit, linear)
    phi = fit.rss / linear.df
    return replace(_line(fit, scale, math.sqrt(phi), linear.df), phi=phi)


def _check_scatter(fit: Weighted, linear: Linear) -> None:
    """Refuse a line on which all studies lie but for rounding, where the scatter around it is to be the measure."""
    if fit.is_exact(linear):
        raise NotEstimableError(
            "all studies lie on one line: without scatter around it there is nothing to test against"
        )


def mixed_line(yi: FloatArray, x: FloatArray, vi: FloatArray, tau2_method: str | None, ci_method: str) -> FittedLine:
    """Weighted line with additive heterogeneity; ``tau2_method`` None is the common-effect model."""
    factor_df = choose(LINE_CI_METHODS, ci_method, "ci_method of a regression")
    linear, scale = _linear(yi, x, vi, at_least=2 if tau2_method is None and ci_method == "wald" else 3)
    tau2 = 0.0
    if tau2_method is not None:
        tau2 = choose(REGRESSION_TAU2_METHODS, tau2_method, "tau2_method of a regression")(linear)[0]
    fit = linear.at(tau2)
    factor, df = factor_df(fit.rss, linear.df)
    if factor < 1:
        _check_scatter(fit, linear)
    return replace(_line(fit, scale, factor, df), tau2=tau2)


def _linear(yi: FloatArray, x: FloatArray, vi: FloatArray, at_least: int) -> tuple[Linear, float]:
    """Return the regression on x brought to size 1, and that size; a constant x has no line."""
    if yi.size < at_least:
        raise NotEstimableError(f"k = {yi.size}; this regression needs at least {at_least} studies")
    scale = float(np.abs(x).max())
    if float(np.ptp(x)) <= 1e-12 * scale:
        raise NotEstimableError("all studies have the same precision, so there are no smaller studies to look at")
    return Linear(yi, vi, np.column_stack([np.ones(x.size), x / scale])), scale


def _line(fit: Weighted, scale: float, factor: float, df: int | None) -> FittedLine:
    intercept, slope = fit.coefficients.tolist()
    intercept_se, slope_se = (factor * np.sqrt(np.diag(fit.inverse))).tolist()
    return FittedLine(intercept, intercept_se, slope / scale, slope_se / scale, df, None, 1.0)


LINE_CI_METHODS: dict[str, Callable[[float, int], FactorDf]] = {
    "wald": lambda rss, df: (1.0, None),
    "t": lambda rss, df: (1.0, df),
    "hksj": lambda rss, df: (math.sqrt(rss / df), df),
    "hksj-adhoc": lambda rss, df: (max(1.0, math.sqrt(rss / df)), df),
}
