"""Weighted least squares of k studies on p columns, and the traces that estimators of tau2 need.

O(k p^2) in time and O(k p) in memory: the k x k projection matrix P of the literature is never built, its traces come
from an orthonormal basis of the weighted columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..measures.effects import FloatArray

ROUNDING = 1e-28  # the share of a sum of squares below which nothing but rounding is left


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
        return self.weighted(1.0 / (self.vi + tau2))

    def weighted(self, wi: FloatArray) -> Weighted:
        """Fit with any weights above 0."""
        return Weighted.of(self, wi)

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

    def is_exact(self, m: Linear) -> bool:
        """Whether nothing but rounding is left of the residuals of ``m``; it grows with how alike the columns are."""
        alike = float(np.diag(self.inverse) @ (self.wi @ (m.x * m.x))) / m.p  # the mean variance inflation
        return self.rss <= m.k * ROUNDING * alike * float(self.wi @ (m.yi * m.yi))

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
