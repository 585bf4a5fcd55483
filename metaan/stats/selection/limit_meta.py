"""Limit meta-analysis: the mean of studies that had grown without end, small-study effects included in the model.

Source: Ruecker, Schwarzer, Carpenter, Binder & Schumacher 2011 (Biostatistics 12:122). On the radial plot of the
random-effects model a line has the small-study effect as its intercept; with growing precision each effect shrinks
towards its slope.
To add an adjustment, enter it in `LIMIT_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from ...errors import NotEstimableError, choose
from ..measures.effects import EffectSizes, FloatArray
from ..pooling.intervals import check_level, infer
from ..pooling.pool import pool
from ..pooling.result import Pooled
from .adjusted import Adjusted, complete_effects


@dataclass(frozen=True, slots=True, eq=False)
class RadialLine:
    """A line on the radial plot: y / sd against 1 / sd.

    Attributes
    ----------
    intercept, slope
        The small-study effect and the mean.
    covariance
        Shape (2, 2), of both, the errors being of variance 1.
    rss
        The sum of squared residuals.
    """

    intercept: float
    slope: float
    covariance: FloatArray
    rss: float

    @classmethod
    def of(cls, yi: FloatArray, sd: FloatArray) -> RadialLine:
        """Fit by least squares."""
        x = np.column_stack([np.ones(yi.size), 1 / sd])
        if float(np.ptp(sd)) <= 1e-12 * float(sd.max()):
            raise NotEstimableError("all studies have the same precision, so there are no smaller studies to look at")
        q, r = np.linalg.qr(x)
        b = np.linalg.solve(r, q.T @ (yi / sd))
        back = np.linalg.inv(r)
        residual = yi / sd - x @ b
        return cls(float(b[0]), float(b[1]), back @ back.T, float(residual @ residual))


@dataclass(frozen=True, eq=False, repr=False)
class LimitMeta(Adjusted):
    """A limit meta-analysis; on the analysis scale.

    Attributes
    ----------
    method
        A key of `LIMIT_METHODS`.
    alpha, beta
        Intercept and slope of the line on the radial plot of the random-effects model.
    tau2
        Between-study variance.
    limits
        Shape (k,): the effect that each study would have had with infinite precision.
    q, q_small, q_resid
        Heterogeneity, the part of it that small-study effects explain (1 degree of freedom), and the rest (k - 2).
    q_pval, q_small_pval, q_resid_pval
        Their p-values.
    g2
        Heterogeneity that small-study effects leave unexplained, a proportion.
    """

    method: str
    alpha: float
    beta: float
    tau2: float
    limits: FloatArray
    q: float
    q_small: float
    q_resid: float
    g2: float

    @property
    def q_pval(self) -> float:
        """The p-value of heterogeneity."""
        return float(chdtrc(self.k - 1, self.q))

    @property
    def q_small_pval(self) -> float:
        """The p-value of a small-study effect."""
        return float(chdtrc(1, max(0.0, self.q_small)))

    @property
    def q_resid_pval(self) -> float:
        """The p-value of heterogeneity beyond it."""
        return float(chdtrc(self.k - 2, self.q_resid))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        names = ("method", "alpha", "beta", "tau2", "q", "q_small", "q_resid", "g2")
        pvals = ("q_pval", "q_small_pval", "q_resid_pval")
        rest = {name: getattr(self, name) for name in (*names, *pvals)}
        return super().to_dict() | rest | {"limits": self.limits.tolist()}


def limit_meta(es: EffectSizes | Pooled, method: str = "beta0", *, level: float | None = None) -> LimitMeta:
    """Estimate the mean at infinite precision.

    Parameters
    ----------
    es
        A pool, whose tau2 and level are taken, or effects (tau2 by REML).
    method
        A key of `LIMIT_METHODS`.
    level
        Coverage of the interval.

    Raises
    ------
    NotEstimableError
        Fewer than 3 studies, or all have the same precision.

    Examples
    --------
    >>> fit = limit_meta(EffectSizes.of([0.9, 0.7, 0.2, 0.3, 0.2], [0.30, 0.20, 0.10, 0.05, 0.01]))
    >>> round(fit.estimate, 3), round(fit.q_small, 3)
    (0.075, 1.965)
    """
    adjust = choose(LIMIT_METHODS, method, "method")
    used, excluded = complete_effects(es)
    if used.k < 3:
        raise NotEstimableError(f"k = {used.k}; a limit meta-analysis needs at least 3 studies")
    fit = es if isinstance(es, Pooled) else pool(used, tau2_method="REML")
    level = fit.level if level is None else level
    check_level(level)
    tau2 = fit.tau2 or 0.0
    line, common = RadialLine.of(used.yi, np.sqrt(used.vi + tau2)), RadialLine.of(used.yi, used.sei)
    limits = line.slope + np.sqrt(tau2 / (used.vi + tau2)) * (used.yi - line.slope)
    estimate, se = adjust(Limits(line, float(np.sqrt(tau2)), limits, used.sei))
    found = infer(estimate, se, None, level)
    return LimitMeta(
        name="Limit meta-analysis", estimate=estimate, se=se, stat=found.stat, df=None, pval=found.pval, ci=found.ci,
        level=level, effects=used, excluded=excluded, notes=found.notes, method=method, alpha=line.intercept,
        beta=line.slope, tau2=tau2, limits=limits, q=fit.q, q_small=fit.q - common.rss, q_resid=common.rss,
        g2=_unexplained(limits / used.sei, 1 / used.sei),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What an adjustment is made of."""

    line: RadialLine
    tau: float
    limits: FloatArray
    sei: FloatArray


def _unexplained(y: FloatArray, x: FloatArray) -> float:
    """Return 1 - R^2 of a line, 0 where nothing is left to explain."""
    y, x = y - y.mean(), x - x.mean()
    total = float(y @ y)
    return max(0.0, 1 - float(y @ x) ** 2 / (total * float(x @ x))) if total > 0 else 0.0


def _at_infinity(x: Limits) -> tuple[float, float]:
    """The line where the sampling error is 0: slope + tau times intercept."""
    towards = np.array([x.tau, 1.0])
    return x.line.slope + x.tau * x.line.intercept, float(np.sqrt(towards @ x.line.covariance @ towards))


def _mean_of_limits(x: Limits) -> tuple[float, float]:
    """The mean of the limits by inverse sampling variances."""
    wi = x.sei**-2
    return float(wi @ x.limits / wi.sum()), float(wi.sum() ** -0.5)


def _slope_of_limits(x: Limits) -> tuple[float, float]:
    """The slope of the line through the radial plot of the limits."""
    line = RadialLine.of(x.limits, x.sei)
    return line.slope, float(np.sqrt(line.covariance[1, 1]))


LIMIT_METHODS: dict[str, Callable[[Limits], tuple[float, float]]] = {
    "beta0": _at_infinity,
    "mulim": _mean_of_limits,
    "betalim": _slope_of_limits,
}
