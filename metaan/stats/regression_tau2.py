"""Estimators of the residual between-study variance tau2 of a regression on p columns.

The generalisation of `metaan.stats.tau2` from a mean to a design matrix, in O(k p^2) a step and O(k p) memory: the
k x k projection matrix P of the literature is never built, its traces come from an orthonormal basis of the columns.
To add one: write a function from a `Linear` to ``(tau2, se)`` and enter it in `REGRESSION_TAU2_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from ..errors import ConvergenceError
from .effects import FloatArray

Estimate = tuple[float, float | None]

_EVEN = 1e6  # the ratio of variances up to which normal equations keep enough digits to see a sign
_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """What is regressed on what.

    Attributes
    ----------
    yi, vi
        Shape (k,): effects and sampling variances.
    x
        Shape (k, p), full column rank, k > p.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray

    @property
    def k(self) -> int:
        """The number of studies."""
        return int(self.x.shape[0])

    @property
    def p(self) -> int:
        """The number of columns, the intercept included."""
        return int(self.x.shape[1])

    @property
    def df(self) -> int:
        """The residual degrees of freedom k - p."""
        return self.k - self.p

    def at(self, tau2: float) -> Weighted:
        """Fit with weights 1 / (vi + tau2)."""
        return Weighted.of(self, 1.0 / (self.vi + tau2))

    def without(self, i: int) -> Linear:
        """Leave study i out."""
        return Linear(np.delete(self.yi, i), np.delete(self.vi, i), np.delete(self.x, i, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A weighted least squares fit.

    Attributes
    ----------
    wi, coefficients, residual
        Shape (k,), (p,), (k,).
    inverse
        Shape (p, p): the inverse of X'WX.
    basis
        Shape (k, p): orthonormal columns that span the root-weighted design.
    rss
        The weighted sum of squared residuals: y'Py.
    """

    wi: FloatArray
    coefficients: FloatArray
    residual: FloatArray
    inverse: FloatArray
    basis: FloatArray
    rss: float

    @classmethod
    def of(cls, m: Linear, wi: FloatArray) -> Weighted:
        """Fit by QR, with columns brought to length 1 first: years do not lose digits beside proportions."""
        root = np.sqrt(wi)
        scaled = m.x * root[:, None]
        length = np.sqrt(np.einsum("ij,ij->j", scaled, scaled))
        basis, r = np.linalg.qr(scaled / length)
        back = np.linalg.inv(r) / length[:, None]
        coefficients = back @ (basis.T @ (root * m.yi))
        residual = m.yi - m.x @ coefficients
        return cls(wi, coefficients, residual, back @ back.T, basis, float(wi @ (residual * residual)))

    @property
    def leverage(self) -> FloatArray:
        """Shape (k,): the diagonal of the hat matrix."""
        return np.asarray(np.einsum("ij,ij->i", self.basis, self.basis))

    def trace_p(self, d: FloatArray | float = 1.0) -> float:
        """Return the trace of P diag(d)."""
        return float(np.sum(self.wi * d * (1.0 - self.leverage)))

    def trace_pp(self, d: FloatArray | float = 1.0) -> float:
        """Return the trace of P diag(d) P diag(d)."""
        wd = self.wi * d
        inner = self.basis.T @ (self.basis * wd[:, None])
        return float(np.sum(wd * wd * (1.0 - 2.0 * self.leverage)) + np.sum(inner * inner))

    def y_pp_y(self) -> float:
        """Return y'PPy."""
        return float(np.sum((self.wi * self.residual) ** 2))

    def y_ppp_y(self) -> float:
        """Return y'PPPy."""
        weighted = np.sqrt(self.wi) * self.wi * self.residual
        along = self.basis.T @ weighted
        return float(weighted @ weighted - along @ along)


def dersimonian_laird(m: Linear) -> Estimate:
    """DerSimonian & Laird 1986; with moderators Raudenbush 2009, eq. 16.39."""
    fit = m.at(0.0)
    trace = fit.trace_p()
    tau2 = max(0.0, (fit.rss - m.df) / trace)
    return tau2, _moment_se(m, fit, tau2, trace)


def hedges_olkin(m: Linear) -> Estimate:
    """Hedges & Olkin 1985: unweighted least squares."""
    fit = Weighted.of(m, np.ones(m.k))
    tau2 = max(0.0, (fit.rss - fit.trace_p(m.vi)) / m.df)
    return tau2, _moment_se(m, fit, tau2, m.df)


def hunter_schmidt(m: Linear) -> Estimate:
    """Hunter & Schmidt 1990."""
    fit = m.at(0.0)
    total = float(fit.wi.sum())
    tau2 = max(0.0, (fit.rss - m.k) / total)
    return tau2, _moment_se(m, fit, tau2, total)


def hunter_schmidt_small(m: Linear) -> Estimate:
    """Hunter & Schmidt with the small-sample correction k / (k - p) (Brannick et al. 2019)."""
    fit = m.at(0.0)
    ratio, total = m.k / m.df, float(fit.wi.sum())
    tau2 = max(0.0, (fit.rss * ratio - m.k) / total)
    return tau2, _moment_se(m, fit, tau2, total / ratio)


def sidik_jonkman(m: Linear) -> Estimate:
    """Sidik & Jonkman 2005, started from the variance of yi around their mean."""
    start = float(np.var(m.yi))
    if start == 0:
        return 0.0, 0.0
    fit = m.at(start)
    tau2 = start * fit.rss / m.df
    return tau2, _moment_se(m, fit, tau2, m.df / start)


def maximum_likelihood(m: Linear) -> Estimate:
    """Maximum likelihood (Hardy & Thompson 1996)."""
    tau2 = maximise(m, restricted=False)
    wi = m.at(tau2).wi
    return tau2, math.sqrt(2 / float(wi @ wi))


def restricted_maximum_likelihood(m: Linear) -> Estimate:
    """Restricted maximum likelihood (Raudenbush 2009; Viechtbauer 2005, eq. 15)."""
    tau2 = maximise(m, restricted=True)
    return tau2, math.sqrt(2 / m.at(tau2).trace_pp())


def paule_mandel(m: Linear) -> Estimate:
    """Paule & Mandel 1982: the tau2 at which the generalised Q meets its expectation k - p."""
    return _paule_mandel(m, m.df)


def paule_mandel_median(m: Linear) -> Estimate:
    """Paule-Mandel, unbiased in the median (Viechtbauer 2021): the generalised Q meets the median of chi2(k - p)."""
    return _paule_mandel(m, float(chdtri(m.df, 0.5)))


def empirical_bayes(m: Linear) -> Estimate:
    """Morris 1983; Berkey et al. 1995: the same equation as Paule and Mandel's, reached another way."""
    return paule_mandel(m)


def _moment_se(m: Linear, fit: Weighted, tau2: float, slope: float) -> float:
    """Return the standard error of (y'Py - constant) / slope: Var(y'Py) = 2 tr(PSPS) with S of vi + tau2."""
    return math.sqrt(2 * fit.trace_pp(m.vi + tau2)) / slope


def _paule_mandel(m: Linear, target: float) -> Estimate:
    """Newton from 0: the generalised Q falls and is convex in tau2, so no step goes too far.

    The standard error is that of Morris's step, k / (k - p) y'Py less k over the sum of weights.
    """
    tau2 = 0.0
    for _ in range(1000):
        fit = m.at(tau2)
        step = (fit.rss - target) / fit.y_pp_y() if fit.rss > target else 0.0
        tau2 += step
        if step <= 1e-14 * tau2:
            return tau2, m.k * math.sqrt(2 / m.df) / float(fit.wi.sum())
    raise ConvergenceError(f"Paule-Mandel: no convergence in 1000 steps, tau2 = {tau2:g}, last step {step:g}")


def log_likelihood(m: Linear, tau2: float, restricted: bool) -> float:
    """Return the (restricted) log-likelihood at tau2, the coefficients profiled out (Harville 1977)."""
    fit = m.at(tau2)
    ll = 0.5 * (float(np.log(fit.wi).sum()) - fit.rss - m.k * _LOG_2PI)
    return ll + 0.5 * (_log_det(m.x.T @ m.x) + _log_det(fit.inverse) + m.p * _LOG_2PI) if restricted else ll


def maximise(m: Linear, restricted: bool) -> float:
    """Return the tau2 >= 0 with the highest (restricted) likelihood.

    As in `metaan.stats.likelihood.maximise`: the score is looked at on a grid from 0 to a bound beyond which it is
    negative, so that every local maximum is bracketed; each is refined, and the highest wins.
    """
    grid = _grid(m, restricted)
    if len(grid) == 1:
        return 0.0
    if m.vi.max() < _EVEN * m.vi.min():
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
    variance = Weighted.of(m, np.ones(m.k)).rss / (m.df if restricted else m.k)
    lowest, highest = float(m.vi.min()), float(m.vi.max())
    top = 0.5 * (variance + math.sqrt(variance * (variance + 4 * (highest - lowest)))) - lowest
    steps = math.ceil(math.log(max(1.0, 4 * top / lowest)) / math.log(3.0))
    return [0.0, *(0.25 * lowest * 3.0**i for i in range(steps)), *([top * (1 + 1e-9)] if top > 0 else [])]


def _log_det(matrix: FloatArray) -> float:
    """Return the log determinant of a covariance, scaled first."""
    d = np.sqrt(np.diag(matrix))
    return float(np.linalg.slogdet(matrix / np.outer(d, d))[1] + 2 * np.log(d).sum())


REGRESSION_TAU2_METHODS: dict[str, Callable[[Linear], Estimate]] = {
    "DL": dersimonian_laird,
    "HE": hedges_olkin,
    "HS": hunter_schmidt,
    "HSk": hunter_schmidt_small,
    "SJ": sidik_jonkman,
    "ML": maximum_likelihood,
    "REML": restricted_maximum_likelihood,
    "EB": empirical_bayes,
    "PM": paule_mandel,
    "PMM": paule_mandel_median,
}
