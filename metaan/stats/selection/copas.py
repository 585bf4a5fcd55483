"""The Copas model: studies are seen by their precision, and by how far their effect lies from the mean.

Source: Copas & Shi 2000 (Biostatistics 1:247), 2001 (Stat Methods Med Res 10:251). A study is seen where
``gamma0 + gamma1 / s + d`` is above 0, d being correlated with its sampling error. The data hardly tell gamma0 and
gamma1, so that the model is a sensitivity analysis: along a path from no selection to much of it, mean, heterogeneity
and correlation are fitted, and whether the effects still depend on their standard errors is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc, log_ndtr, ndtr, ndtri

from ...errors import ConvergenceError, NotEstimableError, UsageError
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.numerals import figures
from ..pooling.intervals import check_level, infer
from ..pooling.result import Pooled
from ..regression.linear import Linear
from ..regression.tau2 import REGRESSION_TAU2_METHODS
from .adjusted import Adjusted, complete_effects
from .likelihood import Box, Terms, Top, maximise

#: How likely the study with the largest standard error is seen, along the path; the most precise one is seen for sure.
CHANCES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
SEEN = 0.99
MAX_RHO = 0.9999
_ROOT_2PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True)
class CopasStep:
    """One point of the path; on the analysis scale.

    Attributes
    ----------
    chance
        How likely the study with the largest standard error is seen.
    gamma0, gamma1
        The selection; 0 and infinite where all are seen.
    estimate, se, ci
        The mean under it; the error is None where the likelihood is flat.
    tau2, rho
        Heterogeneity, and the correlation of effects with being seen.
    unseen
        How many studies are expected to be unseen.
    residual_pval
        Whether effects still depend on their standard errors, likelihood-ratio test.
    """

    chance: float
    gamma0: float
    gamma1: float
    estimate: float
    se: float | None
    ci: Interval | None
    tau2: float
    rho: float
    unseen: float
    residual_pval: float


@dataclass(frozen=True, eq=False, repr=False)
class Copas(Adjusted):
    """A Copas model; on the analysis scale.

    The mean is that of the least selection which leaves no dependence of effects on standard errors.

    Attributes
    ----------
    path
        From no selection to much of it.
    chosen
        The place of the reported mean in it.
    threshold
        The p-value of the dependence from which there is none left.
    """

    path: tuple[CopasStep, ...]
    chosen: int
    threshold: float

    @property
    def tau2(self) -> float:
        """Heterogeneity where the mean is taken."""
        return self.path[self.chosen].tau2

    @property
    def unseen(self) -> float:
        """How many studies are expected to be unseen there."""
        return self.path[self.chosen].unseen

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        rows = [
            {name: getattr(step, name) for name in CopasStep.__slots__}
            | {"ci": None if step.ci is None else list(step.ci), "gamma1": _finite(step.gamma1)}
            for step in self.path
        ]
        return super().to_dict() | {"path": rows, "chosen": self.chosen, "threshold": self.threshold}

    def to_frame(self) -> Any:
        """Return one row a point of the path."""
        import pandas as pd

        rows = [{name: getattr(step, name) for name in CopasStep.__slots__} for step in self.path]
        return pd.DataFrame(rows).assign(chosen=[i == self.chosen for i in range(len(rows))])

    def __repr__(self) -> str:
        at = self.path[self.chosen]
        tail = f"{figures(at.unseen)} studies unseen, the least precise seen with a chance of {at.chance:g}"
        return f"{super().__repr__()}\n  {tail}; tau2 = {figures(at.tau2)}"


def _finite(x: float) -> float | None:
    return x if np.isfinite(x) else None


def copas(es: EffectSizes | Pooled, *, threshold: float = 0.1, level: float = 0.95) -> Copas:
    """Fit the Copas model along a path of growing selection.

    Parameters
    ----------
    es
        Effects, or a pool of them.
    threshold
        The p-value of a dependence of effects on standard errors from which none is left to explain.
    level
        Coverage of the intervals.

    Raises
    ------
    NotEstimableError
        Fewer than 3 studies, or all have the same precision.
    UsageError
        A threshold outside 0 to 1.

    Examples
    --------
    >>> fit = copas(EffectSizes.of([0.9, 0.8, 0.5, 0.4, 0.3, 0.2], [0.20, 0.12, 0.08, 0.05, 0.02, 0.01]))
    >>> len(fit.path), fit.path[0].unseen
    (11, 0.0)
    """
    check_level(level)
    if not 0 < threshold < 1:
        raise UsageError(f"threshold = {threshold:g}; allowed: between 0 and 1, such as 0.1")
    used, excluded = complete_effects(es)
    if used.k < 3:
        raise NotEstimableError(f"k = {used.k}; the Copas model needs at least 3 studies")
    if float(np.ptp(used.sei)) <= 1e-12 * float(used.sei.max()):
        raise NotEstimableError("all studies have the same precision, so there are no smaller studies to select among")
    steps, start = [], None
    for chance in CHANCES:
        step, start = _step(used, chance, start, level)
        steps.append(step)
    enough = [i for i, step in enumerate(steps) if step.residual_pval >= threshold]
    chosen = enough[0] if enough else len(steps) - 1
    far = "even the strongest selection of the path leaves effects that depend on their standard errors"
    notes: tuple[str, ...] = () if enough else (far,)
    at = steps[chosen]
    if abs(at.rho) >= MAX_RHO:
        notes += ("the correlation is at its bound, and the standard error is that at this correlation",)
    found = infer(at.estimate, at.se or 0.0, None, level, why="the likelihood is flat there")
    return Copas(
        name="Copas", estimate=at.estimate, se=found.se, stat=found.stat, df=None, pval=found.pval, ci=found.ci,
        level=level, effects=used, excluded=excluded, notes=(*notes, *found.notes), path=tuple(steps), chosen=chosen,
        threshold=threshold,
    )  # fmt: skip


def _step(es: EffectSizes, chance: float, start: FloatArray | None, level: float) -> tuple[CopasStep, FloatArray]:
    """Fit one point of the path, from the point before it."""
    gamma0, gamma1 = _gammas(es.sei, chance)
    u = np.full(es.k, np.inf) if chance == 1 else gamma0 + gamma1 / es.sei
    plain, sloped = np.ones((es.k, 1)), np.column_stack([np.ones(es.k), es.sei])
    top = _maximum(es, plain, u, start)
    fit, value = top.parameters, top.at.value
    with_slope = _maximum(es, sloped, u, np.insert(fit, 1, 0.0)).at.value
    se = _error(es, u, top)
    found = infer(float(fit[0]), se or 0.0, None, level)
    step = CopasStep(
        chance=chance, gamma0=gamma0, gamma1=gamma1, estimate=float(fit[0]), se=se, ci=found.ci,
        tau2=float(fit[1] ** 2), rho=float(fit[2]), unseen=float(np.sum((1 - ndtr(u)) / ndtr(u))),
        residual_pval=float(chdtrc(1, max(0.0, 2 * (with_slope - value)))),
    )  # fmt: skip
    return step, fit


def _gammas(sei: FloatArray, chance: float) -> tuple[float, float]:
    """Return the selection that sees the least precise study with this chance and the most precise one for sure."""
    if chance == 1:
        return 0.0, np.inf
    low, high = float(ndtri(chance)), max(float(ndtri(SEEN)), float(ndtri(chance)))
    precise, coarse = float(1 / sei.min()), float(1 / sei.max())
    gamma1 = (high - low) / (precise - coarse)
    return low - gamma1 * coarse, gamma1


def log_likelihood(es: EffectSizes, x: FloatArray, u: FloatArray, at: FloatArray) -> tuple[float, FloatArray]:
    """Return the log-likelihood of coefficients, tau and rho, and its gradient (Copas & Shi 2001)."""
    *beta, tau, rho = at.tolist()
    residual, seen = es.yi - x @ np.array(beta), np.isinf(u)
    bound = np.where(seen, 0.0, u)
    mills = np.where(seen, 0.0, _mills(bound))
    share = mills * (bound + mills)
    sigma2 = es.vi / (1 - share * rho * rho)  # the errors that are printed are those of studies that were seen
    variance, sigma = sigma2 + tau * tau, np.sqrt(sigma2)
    t = rho * np.sqrt(sigma2 / variance)
    q2 = 1 - t * t
    above = bound + rho * sigma * residual / variance
    v = above / np.sqrt(q2)
    value = -0.5 * (np.log(variance) + residual * residual / variance) - np.log(_ROOT_2PI)
    value = value + np.where(seen, 0.0, log_ndtr(v) - log_ndtr(bound))
    by_v = np.where(seen, 0.0, _mills(v))

    def moved(d_above: FloatArray, d_t: FloatArray | float) -> FloatArray:
        return np.asarray(by_v * (d_above / np.sqrt(q2) + above * t * d_t / q2**1.5))

    by_variance = 0.5 * (residual * residual / variance - 1) / variance
    by_residual = moved(rho * sigma / variance, 0.0) - residual / variance
    with_tau = by_variance + moved(-rho * sigma * residual / variance**2, -0.5 * t / variance)
    grown = 2 * share * rho * sigma2 / (1 - share * rho * rho)
    with_sigma2 = by_variance + moved(
        rho * residual * (0.5 / (sigma * variance) - sigma / variance**2), 0.5 * t * (1 / sigma2 - 1 / variance)
    )
    with_rho = with_sigma2 * grown + moved(sigma * residual / variance, np.sqrt(sigma2 / variance))
    gradient = np.concatenate([-(by_residual @ x), [2 * tau * float(with_tau.sum()), float(with_rho.sum())]])
    return float(value.sum()), gradient


def _mills(x: FloatArray) -> FloatArray:
    """Return the normal density over the distribution function, exact in the lower tail."""
    return np.asarray(np.exp(-0.5 * x * x - log_ndtr(x)) / _ROOT_2PI)


def _expansion(es: EffectSizes, x: FloatArray, u: FloatArray) -> Callable[[FloatArray], Terms]:
    """Return the likelihood with its Hessian, by differences of the gradient."""
    size = float(es.sei.min())
    widths = 1e-4 * np.array([size, *[1.0] * (x.shape[1] - 1), size, 0.1])

    def at(parameters: FloatArray) -> Terms:
        value, gradient = log_likelihood(es, x, u, parameters)
        rows = [
            (log_likelihood(es, x, u, parameters + move)[1] - log_likelihood(es, x, u, parameters - move)[1])
            / (2 * width)
            for move, width in zip(np.diag(widths), widths)
        ]
        hessian = np.array(rows)
        return Terms(value, gradient, 0.5 * (hessian + hessian.T))

    return at


def _maximum(es: EffectSizes, x: FloatArray, u: FloatArray, start: FloatArray | None) -> Top:
    """Return the top, from the one before and from no selection, with either sign of the correlation."""
    linear, p, function = Linear(es.yi, es.vi, x), x.shape[1], _expansion(es, x, u)
    tau2 = REGRESSION_TAU2_METHODS["ML"](linear)[0]
    beta, tau = linear.at(tau2).coefficients, float(np.sqrt(tau2))
    if np.isinf(u).all():
        at = np.concatenate([beta, [tau, 0.0]])
        return Top(at, function(at))
    free, none = np.ones(p + 2, dtype=bool), np.zeros(p + 2, dtype=bool)
    box = Box(np.array([*[-np.inf] * p, 0.0, -MAX_RHO]), np.array([*[np.inf] * (p + 1), MAX_RHO]), free, none, ())
    starts = [np.concatenate([beta, [max(tau, 0.1 * float(es.sei.min())), rho]]) for rho in (0.5, -0.5)]
    starts += [] if start is None else [start]
    tops, failed = [], None
    for begin in starts:
        try:
            tops.append(maximise(function, begin, box))
        except ConvergenceError as error:
            failed = error
    if not tops and failed is not None:
        raise failed
    return max(tops, key=lambda top: top.at.value)


def _error(es: EffectSizes, u: FloatArray, top: Top) -> float | None:
    """Return the standard error of the mean: of the inverse information, without what is at its bound."""
    _, tau, rho = top.parameters.tolist()
    keep = np.array([True, tau > 1e-5 * es.sei.min(), not np.isinf(u).all() and abs(rho) < MAX_RHO])
    information = -top.at.hessian[np.ix_(keep, keep)]
    if np.linalg.eigvalsh(information).min() <= 0:
        return None
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))
