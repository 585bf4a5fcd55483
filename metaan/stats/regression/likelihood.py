"""The normal likelihood of a regression with residual heterogeneity: its value, and its highest point in tau2.

The generalisation of `metaan.stats.pooling.likelihood` from a mean to p columns; ``restricted`` chooses between the
likelihood of the data (ML) and that of their contrasts (REML).
"""

from __future__ import annotations

import math

import numpy as np

from ...errors import ConvergenceError
from ..measures.effects import FloatArray
from .linear import Linear, Weighted

_EVEN = 1e6  # the ratio of variances up to which normal equations keep enough digits to see a sign
_MOST_PRODUCTS = 1_000_000  # of columns, which stand in memory all at once
_LOG_2PI = math.log(2 * math.pi)


def log_likelihood(m: Linear, tau2: float, restricted: bool) -> float:
    """Return the (restricted) log-likelihood at tau2, the coefficients profiled out (Harville 1977)."""
    fit = m.at(tau2)
    ll = 0.5 * (float(np.log(fit.wi).sum()) - fit.rss - m.k * _LOG_2PI)
    return ll + 0.5 * (_log_det(m.x.T @ m.x) + _log_det(fit.inverse) + m.p * _LOG_2PI) if restricted else ll


def maximise(m: Linear, restricted: bool) -> float:
    """Return the tau2 >= 0 with the highest (restricted) likelihood.

    As in `metaan.stats.pooling.likelihood.maximise`: the score is looked at on a grid from 0 to a bound beyond which it
    is negative, so that every local maximum is bracketed; each is refined, and the highest wins.
    """
    grid = _grid(m, restricted)
    if len(grid) == 1:
        return 0.0
    if m.vi.max() < _EVEN * m.vi.min() and m.k * m.p * m.p < _MOST_PRODUCTS:
        excess = _excesses(m, grid, restricted)
    else:
        excess = [_excess_and_slope(m.at(tau2), restricted)[0] for tau2 in grid]
    tops = [0.0] if excess[0] >= 0 else []
    for low, high, below, above in zip(grid, grid[1:], excess, excess[1:]):
        if below < 0 <= above:
            tops.append(_refine(m, low, high, low + (high - low) * below / (below - above), restricted))
    return tops[0] if len(tops) == 1 else max(tops, key=lambda tau2: log_likelihood(m, tau2, restricted))


def _excesses(m: Linear, grid: list[float], restricted: bool) -> list[float]:
    """Return trace over y'PPy less 1 at each tau2, of opposite sign to the score; all at once by normal equations."""
    basis = np.linalg.qr(m.x / np.sqrt(np.einsum("ij,ij->j", m.x, m.x)))[0]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(m.k, -1)
    wi = 1.0 / (m.vi + np.array(grid)[:, None])
    xwx, xwwx = ((w @ products).reshape(-1, m.p, m.p) for w in (wi, wi * wi))
    coefficients = np.linalg.solve(xwx, (wi @ (basis * m.yi[:, None]))[:, :, None])[:, :, 0]
    trace = wi.sum(axis=1)
    if restricted:
        trace = trace - np.trace(np.linalg.solve(xwx, xwwx), axis1=1, axis2=2)
    excess: list[float] = (trace / ((wi * (m.yi - coefficients @ basis.T)) ** 2).sum(axis=1) - 1.0).tolist()
    return excess


def _refine(m: Linear, low: float, high: float, tau2: float, restricted: bool) -> float:
    """Newton's method on trace / y'PPy = 1, kept in the bracket by bisection; quadratic: a small step is the last."""
    lowest = float(m.vi.min())
    for _ in range(200):
        excess, slope = _excess_and_slope(m.at(tau2), restricted)
        low, high = (tau2, high) if excess < 0 else (low, tau2)
        new = tau2 - excess / slope if slope > 0 else high
        if abs(new - tau2) <= 1e-9 * (tau2 + lowest) or high - low <= 4e-16 * high:
            return min(max(new, low), high)
        tau2 = new if low < new < high else 0.5 * (low + high)
    name = "REML" if restricted else "ML"
    raise ConvergenceError(f"{name}: no convergence in 200 steps; tau2 between {low:g} and {high:g}")


def _excess_and_slope(fit: Weighted, restricted: bool) -> tuple[float, float]:
    """Return trace / y'PPy - 1 and its derivative; d(y'PPy) = -2 y'PPPy, d tr P = -tr PP, d tr W = -tr WW."""
    trace, fall = (fit.trace_p(), fit.trace_pp()) if restricted else (float(fit.wi.sum()), float(fit.wi @ fit.wi))
    ypp = fit.y_pp_y()
    return trace / ypp - 1, (2 * fit.y_ppp_y() * trace / ypp - fall) / ypp


def _grid(m: Linear, restricted: bool) -> list[float]:
    """Return 0, then a quarter of the smallest variance times powers of 3, up to a tau2 with a negative score.

    y'PPy <= S / (tau2 + min v)^2 with S the unweighted residual sum of squares, and the trace is at least
    n / (tau2 + max v) with n = k - p (REML) or k (ML); the bound is the root of a quadratic.
    """
    variance = m.weighted(np.ones(m.k)).rss / (m.df if restricted else m.k)
    lowest, highest = float(m.vi.min()), float(m.vi.max())
    top = 0.5 * (variance + math.sqrt(variance * (variance + 4 * (highest - lowest)))) - lowest
    steps = math.ceil(math.log(max(1.0, 4 * top / lowest)) / math.log(3.0))
    return [0.0, *(0.25 * lowest * 3.0**i for i in range(steps)), *([top * (1 + 1e-9)] if top > 0 else [])]


def _log_det(matrix: FloatArray) -> float:
    """Return the log determinant of a covariance, scaled first."""
    d = np.sqrt(np.diag(matrix))
    return float(np.linalg.slogdet(matrix / np.outer(d, d))[1] + 2 * np.log(d).sum())
