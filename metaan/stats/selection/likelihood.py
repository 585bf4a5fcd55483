"""The likelihood of a selection model, with its gradient and Hessian, and its maximum.

A study adds log w(p) + log f(y) - log A: the weight of its p-value, the normal density with variance v + tau2, and its
chance to be seen, all from `moments` (Hedges 1992; Vevea & Hedges 1995).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import ConvergenceError, NotEstimableError
from ..measures.effects import FloatArray
from ..regression.linear import Linear
from ..regression.tau2 import REGRESSION_TAU2_METHODS
from .moments import Seen, Selection

STEPS = 300
SMALL_GAIN = 1e-11  # of the log-likelihood, beyond which one more step leaves its square
_LOG_2PI = float(np.log(2 * np.pi))


class Terms(NamedTuple):
    """A log-likelihood with its gradient, shape (n,), and Hessian, shape (n, n)."""

    value: float
    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """Of coefficients, tau2 and delta, in that order.

    Attributes
    ----------
    yi, vi, x
        Shape (k,), (k,), (k, p); large effects are the favoured ones.
    selection
        The selection function on their p-values.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    selection: Selection

    def at(self, parameters: FloatArray) -> Terms:
        """Return the log-likelihood and its derivatives."""
        p = self.x.shape[1]
        beta, tau2, delta = parameters[:p], parameters[p], parameters[p + 1 :]
        mean, variance, root = self.x @ beta, self.vi + tau2, np.sqrt(self.vi)
        seen = self.selection.seen(mean / root, np.sqrt(variance) / root, delta)
        if not (seen.moments[0] > 0).all() or not np.isfinite(seen.observed.value).all():
            return Terms(-np.inf, np.zeros(parameters.size), np.zeros((parameters.size, parameters.size)))
        value, gradient, hessian = _normal(self.yi - mean, variance, delta.size)
        for part in (_observed(seen), _chance(seen, np.sqrt(variance))):
            value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
        return Terms(float(value.sum()), *_to_coefficients(self.x, gradient, hessian))


def log_normal(yi: FloatArray, vi: FloatArray, x: FloatArray, beta: FloatArray, tau2: float) -> float:
    """Return the log-likelihood without selection."""
    variance, residual = vi + tau2, yi - x @ beta
    return float(-0.5 * (np.log(variance) + residual * residual / variance + _LOG_2PI).sum())


def _normal(residual: FloatArray, variance: FloatArray, q: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log f of each study with its derivatives in (mean, variance, delta)."""
    k = residual.size
    square = residual * residual / variance
    gradient, hessian = np.zeros((2 + q, k)), np.zeros((2 + q, 2 + q, k))
    gradient[0], gradient[1] = residual / variance, 0.5 * (square - 1) / variance
    hessian[0, 0], hessian[1, 1] = -1 / variance, (0.5 - square) / variance**2
    hessian[0, 1] = hessian[1, 0] = -residual / variance**2
    return -0.5 * (np.log(variance) + square + _LOG_2PI), gradient, hessian


def _observed(seen: Seen) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log w of each study with its derivatives in (mean, variance, delta)."""
    w = seen.observed
    q, k = w.gradient.shape
    gradient, hessian = np.zeros((2 + q, k)), np.zeros((2 + q, 2 + q, k))
    gradient[2:], hessian[2:, 2:] = w.gradient, w.hessian
    return w.value, gradient, hessian


def _chance(seen: Seen, sd: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return - log A of each study with its derivatives in (mean, variance, delta)."""
    q, k = seen.gradient.shape[0], sd.size
    m = seen.moments / sd ** np.arange(5)[:, None] / seen.moments[0]
    d = seen.gradient / sd ** np.arange(3)[:, None] / seen.moments[0]
    gradient, hessian = np.empty((2 + q, k)), np.empty((2 + q, 2 + q, k))
    gradient[0], gradient[1], gradient[2:] = m[1], 0.5 * m[2], d[:, 0]
    hessian[0, 0], hessian[1, 1], hessian[2:, 2:] = m[2], 0.25 * m[4], seen.hessian / seen.moments[0]
    hessian[0, 1] = hessian[1, 0] = 0.5 * m[3]
    hessian[0, 2:] = hessian[2:, 0] = d[:, 1]
    hessian[1, 2:] = hessian[2:, 1] = 0.5 * d[:, 2]
    return -np.log(seen.moments[0]), -gradient, gradient[:, None] * gradient[None] - hessian


def _to_coefficients(x: FloatArray, gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum over studies, the mean's derivatives taken on to the coefficients."""
    p, rest = x.shape[1], gradient.shape[0] - 1
    whole, square = np.empty(p + rest), np.empty((p + rest, p + rest))
    whole[:p], whole[p:] = gradient[0] @ x, gradient[1:].sum(axis=1)
    square[:p, :p] = (x * hessian[0, 0][:, None]).T @ x
    square[p:, :p] = hessian[1:, 0] @ x
    square[:p, p:] = square[p:, :p].T
    square[p:, p:] = hessian[1:, 1:].sum(axis=2)
    return whole, square


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Which parameters are searched, from where, and between what.

    Attributes
    ----------
    lower, upper
        Shape (n,).
    free
        Shape (n,), False where a parameter is given.
    logs
        Shape (n,), True where the search takes its logarithm.
    starts
        The values of delta from which it begins.
    """

    lower: FloatArray
    upper: FloatArray
    free: NDArray[np.bool_]
    logs: NDArray[np.bool_]
    starts: tuple[FloatArray, ...]

    def inside(self, parameters: FloatArray) -> FloatArray:
        """Return them where their bounds are."""
        return np.clip(parameters, self.lower, self.upper)

    def moved(self, parameters: FloatArray, step: FloatArray) -> FloatArray:
        """Return them after a step of the search."""
        by = np.exp(np.where(self.logs, np.clip(step, -5, 5), 0.0))
        return self.inside(np.where(self.logs, parameters * by, parameters + step))

    def searched(self, parameters: FloatArray, e: Terms) -> tuple[FloatArray, FloatArray]:
        """Return gradient and Hessian in what the search moves."""
        scale = np.where(self.logs, parameters, 1.0)
        gradient = e.gradient * scale
        return gradient, e.hessian * np.outer(scale, scale) + np.diag(np.where(self.logs, gradient, 0.0))

    def held(self, parameters: FloatArray, gradient: FloatArray) -> NDArray[np.bool_]:
        """Return which parameters stay: the given ones, and those that their bound stops."""
        low, high = (parameters <= self.lower) & (gradient <= 0), (parameters >= self.upper) & (gradient >= 0)
        return np.asarray(~self.free | low | high)


class Top(NamedTuple):
    """Where a climb ended."""

    parameters: FloatArray
    at: Terms


class Found(NamedTuple):
    """The top that is nearest to no selection, a higher one if there is one, and the log-likelihood of no selection."""

    top: Top
    higher: Top | None
    null: float


def search(problem: Likelihood, box: Box) -> Found:
    """Climb from each start; the likelihood of a selection model can have several tops.

    Coefficients and tau2 begin where they are best without selection, and with more heterogeneity than that.

    Raises
    ------
    ConvergenceError
        No climb ends.
    NotEstimableError
        A parameter of the selection function goes to infinity.
    """
    at = problem.x.shape[1]
    linear = Linear(problem.yi, problem.vi, problem.x)
    tau2 = REGRESSION_TAU2_METHODS["ML"](linear)[0] if box.free[at] and linear.df > 0 else float(box.lower[at])
    beta = linear.at(tau2).coefficients
    wider = [tau2 + float(np.median(problem.vi))] if box.free[at] else []
    tops, failed = [], None
    for start, delta in product([tau2, *wider], box.starts):
        try:
            tops.append(maximise(problem.at, np.concatenate([beta, [start], delta]), box))
        except ConvergenceError as error:
            failed = error
    if not tops and failed is not None:
        raise failed
    tops = [top for top in tops if not (top.parameters >= box.upper)[box.free].any()]
    if not tops:
        raise NotEstimableError("the likelihood keeps rising the more strongly studies are selected: it has no maximum")
    best = max(tops, key=lambda top: top.at.value)
    higher = best if best.at.value > tops[0].at.value + 1e-4 else None
    return Found(tops[0], higher, log_normal(problem.yi, problem.vi, problem.x, beta, tau2))


def maximise(function: Callable[[FloatArray], Terms], start: FloatArray, box: Box) -> Top:
    """Climb by Newton's method between bounds.

    Raises
    ------
    ConvergenceError
        The steps do not shrink.
    """
    here = box.inside(start)
    e = function(here)
    if not np.isfinite(e.value):
        raise NotEstimableError("the likelihood is 0 where the search begins")
    for _ in range(STEPS):
        gradient, hessian = box.searched(here, e)
        go = np.flatnonzero(~box.held(here, gradient))
        step = np.zeros(here.size)
        step[go] = uphill(hessian[np.ix_(go, go)], gradient[go])
        gain = float(gradient @ step)
        if gain < SMALL_GAIN * (1 + abs(e.value)):
            last = box.moved(here, step)
            return Top(last, function(last))
        here, e = _climb(function, here, e, step, gradient, box)
    raise ConvergenceError(f"selection model: no convergence in {STEPS} steps, the last promised {gain:.2g}")


def _climb(
    function: Callable[[FloatArray], Terms], here: FloatArray, e: Terms, step: FloatArray, gradient: FloatArray,
    box: Box,
) -> tuple[FloatArray, Terms]:  # fmt: skip
    """Halve the step until the log-likelihood rises."""
    gain = float(gradient @ step)
    for halving in range(50):
        length = 0.5**halving
        new = box.moved(here, length * step)
        at = function(new)
        if at.value >= e.value + 1e-4 * length * gain:
            return new, at
    raise ConvergenceError(f"selection model: no way up, although the slope promises {gain:.2g}")


def uphill(hessian: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return Newton's step with all curvatures made those of a hill, at most 5 units of each parameter's scale long."""
    if not gradient.size:
        return gradient
    root = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-12))
    values, vectors = np.linalg.eigh(-hessian / np.outer(root, root))
    step = vectors @ ((vectors.T @ (gradient / root)) / np.maximum(np.abs(values), 1e-7 * np.abs(values).max()))
    length = float(np.linalg.norm(step))
    return np.asarray(step / root * min(1.0, 5.0 / length if length else 1.0))
