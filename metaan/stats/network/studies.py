"""A network as a regression on independent rows: each study of p treatments gives p - 1 of them.

The variances of all contrasts of a study fix the covariance of its treatment effects around their mean (the
pseudo-inverse of its Laplacian: Ruecker 2012; Ruecker & Schwarzer 2014), and a variance tau2 between studies adds
tau2 / 2 to each of its eigenvalues. Along its eigenvectors, times the root of 2, a study is p - 1 independent
observations with variances ``vi + tau2``: a network is a meta-regression, with all its estimators of tau2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import inv

from ...errors import DataError
from ..measures.effects import FloatArray
from ..regression.linear import Linear, Weighted
from .contrasts import Codes, Contrasts

#: Share of the largest eigenvalue below which the variances of a study's contrasts contradict each other.
LEAST_EIGENVALUE = 1e-9

#: The ratio of weights up to which a Laplacian keeps enough digits.
EVEN = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class RowSet:
    """Independent rows of a network.

    Attributes
    ----------
    yi, vi
        Shape (r,): observations and their sampling variances; tau2 comes on top of each.
    at, load
        Shape (r, a): the treatments of a row's study, and what the row takes of each; the loads of a row sum to 0, and
        are 0 beyond the study's arms.
    study
        Shape (r,): the study of each row.
    n
        The number of treatments.
    """

    yi: FloatArray
    vi: FloatArray
    at: Codes
    load: FloatArray
    study: Codes
    n: int

    @property
    def x(self) -> FloatArray:
        """Shape (r, n): what each row takes of each treatment, zeros and all."""
        return self.dense(np.arange(self.yi.size))

    def dense(self, rows: Codes) -> FloatArray:
        """Return what some rows take of each treatment, shape (rows, n)."""
        cells = np.arange(rows.size)[:, None] * self.n + self.at[rows]
        flat = np.bincount(cells.ravel(), self.load[rows].ravel(), rows.size * self.n)
        return np.asarray(flat.reshape(rows.size, self.n), dtype=float)

    def fitted(self, effects: FloatArray) -> FloatArray:
        """Return what the rows are expected to be for given effects of the treatments."""
        return np.asarray(np.einsum("ra,ra->r", self.load, effects[self.at]))

    def gathered(self, wi: FloatArray) -> FloatArray:
        """Return X'w, shape (n,)."""
        return np.asarray(np.bincount(self.at.ravel(), (wi[:, None] * self.load).ravel(), self.n), dtype=float)

    def laplacian(self, wi: FloatArray) -> FloatArray:
        """Return X'WX, shape (n, n), summed from the few numbers of each row."""
        cells = self.at[:, :, None] * self.n + self.at[:, None, :]
        parts = wi[:, None, None] * self.load[:, :, None] * self.load[:, None, :]
        flat = np.bincount(cells.ravel(), parts.ravel(), self.n * self.n)
        return np.asarray(flat.reshape(self.n, self.n), dtype=float)

    def take(self, rows: Codes, treatments: Codes) -> RowSet:
        """Return some rows that load on no other than some treatments, which get the codes 0, 1, 2 ..."""
        code = np.zeros(self.n, dtype=np.intp)
        code[treatments] = np.arange(treatments.size)
        return RowSet(
            self.yi[rows], self.vi[rows], code[self.at[rows]], self.load[rows], self.study[rows], treatments.size
        )

    def linear(self, reference: int) -> Grounded:
        """Return the regression on all treatments but the reference, whose effect is 0."""
        return Grounded(self.yi, self.vi, np.delete(self.x, reference, axis=1), self, reference)


@dataclass(frozen=True, slots=True, eq=False)
class Grounded(Linear):
    """A regression on all treatments but a reference, solved by its Laplacian without the reference's row and column.

    Only the Laplacian is factored: r rows of n treatments cost r + n^3.
    """

    rows: RowSet
    reference: int

    def weighted(self, wi: FloatArray) -> Weighted:
        """Fit with any weights above 0; by QR where they differ so much that the Laplacian loses digits."""
        if wi.max() > EVEN * wi.min():
            return Weighted.of(self, wi)
        rows, others = self.rows, np.delete(np.arange(self.rows.n), self.reference)
        inverse = inv(rows.laplacian(wi)[np.ix_(others, others)])
        coefficients = inverse @ rows.gathered(wi * self.yi)[others]
        residual = self.yi - self.x @ coefficients
        rss = float(wi @ (residual * residual))
        return GroundedFit(wi, coefficients, residual, inverse, np.empty((0, 0)), rss, rows, others)


@dataclass(frozen=True, slots=True, eq=False)
class GroundedFit(Weighted):
    """A fit of a `Grounded` regression; the orthonormal ``basis`` of its columns is not built."""

    rows: RowSet
    others: Codes

    @property
    def leverage(self) -> FloatArray:
        """Shape (r,): the diagonal of the hat matrix."""
        whole, rows = np.zeros((self.rows.n, self.rows.n)), self.rows
        whole[np.ix_(self.others, self.others)] = self.inverse
        spread = whole[rows.at[:, :, None], rows.at[:, None, :]]
        return np.asarray(self.wi * np.einsum("ra,rb,rab->r", rows.load, rows.load, spread))

    def trace_pp(self, d: FloatArray | float = 1.0) -> float:
        """Return the trace of P diag(d) P diag(d)."""
        wd = self.wi * d
        inner = self.inverse @ self.rows.laplacian(self.wi * wd)[np.ix_(self.others, self.others)]
        return float(np.sum(wd * wd * (1.0 - 2.0 * self.leverage)) + np.sum(inner * inner.T))

    def y_ppp_y(self) -> float:
        """Return y'PPPy."""
        weighted = self.wi * self.wi * self.residual
        along = self.rows.gathered(weighted)[self.others]
        return float(self.wi @ (self.wi * self.residual) ** 2 - along @ self.inverse @ along)


def rows_of(c: Contrasts, tolerance: float) -> RowSet:
    """Return the rows of all studies; ``tolerance`` is by how much contrasts of a study may fail to add up."""
    counts = np.bincount(c.study, minlength=len(c.studies))
    single = counts[c.study] == 1
    pairs = np.flatnonzero(single)
    at, load = np.column_stack([c.t1[pairs], c.t2[pairs]]), np.tile([1.0, -1.0], (pairs.size, 1))
    blocks = [RowSet(c.yi[pairs], c.vi[pairs], at, load, c.study[pairs], c.n)]
    sizes = np.unique(counts[counts > 1])
    blocks += [_stacked(c, np.flatnonzero(counts == size), tolerance) for size in sizes]
    if len(blocks) == 1:
        return blocks[0]
    widest = max(block.at.shape[1] for block in blocks)
    yi, vi, study = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("yi", "vi", "study"))
    at, load = (
        np.concatenate([np.pad(v, ((0, 0), (0, widest - v.shape[1]))) for v in values])
        for values in ([block.at for block in blocks], [block.load for block in blocks])
    )
    order = np.argsort(study, kind="stable")
    return RowSet(yi[order], vi[order], at[order], load[order], study[order], c.n)


def _stacked(c: Contrasts, studies: Codes, tolerance: float) -> RowSet:
    """Return the rows of studies that have the same number of treatments, at least three."""
    found = np.flatnonzero(np.isin(c.study, studies))
    inside = found[np.argsort(c.study[found], kind="stable")].reshape(studies.size, -1)
    arms = np.array([np.unique([c.t1[rows], c.t2[rows]]) for rows in inside])
    b, p = np.arange(studies.size)[:, None], arms.shape[1]
    i, j = (np.stack([np.searchsorted(a, t[rows]) for a, rows in zip(arms, inside)]) for t in (c.t1, c.t2))
    variance, effect = np.zeros((studies.size, p, p)), np.zeros((studies.size, p, p))
    variance[b, i, j] = variance[b, j, i] = c.vi[inside]
    effect[b, i, j], effect[b, j, i] = c.yi[inside], -c.yi[inside]
    values, vectors = _eigen(c, studies, variance)
    mean = _arm_effects(effect, values, vectors)
    _check_sums(c, studies, arms, effect - (mean[:, :, None] - mean[:, None, :]), effect, tolerance)
    root = np.sqrt(2.0)
    load = root * np.swapaxes(vectors, 1, 2).reshape(-1, p)
    y = root * np.einsum("bpr,bp->br", vectors, mean)
    return RowSet(y.ravel(), 2.0 * values.ravel(), np.repeat(arms, p - 1, axis=0), load, np.repeat(studies, p - 1), c.n)


def _eigen(c: Contrasts, studies: Codes, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return eigenvalues (b, p - 1) and eigenvectors (b, p, p - 1) of the covariance around the mean of the arms."""
    p = variance.shape[1]
    centre = np.eye(p) - 1.0 / p
    values, vectors = np.linalg.eigh(-0.5 * (centre @ variance @ centre))
    order = np.argsort(np.abs(np.einsum("bpr->br", vectors)), axis=1)[:, : p - 1]  # the last one is the mean
    values = np.take_along_axis(values, order, axis=1)
    vectors = np.take_along_axis(vectors, order[:, None, :], axis=2)
    for s in np.flatnonzero(values.min(axis=1) <= LEAST_EIGENVALUE * values.max(axis=1)):
        raise DataError(
            f"study {c.studies[studies[s]]!r}: the standard errors of its contrasts do not fit together; allowed: "
            "those of one study, in which no treatment has a negative variance"
        )
    return values, vectors


def _arm_effects(effect: FloatArray, values: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the effects of the arms around their mean that are nearest to the contrasts, weighted as the fit does."""
    laplacian = np.einsum("bpr,br,bqr->bpq", vectors, 1.0 / values, vectors)
    pull = np.einsum("bpq,bpq->bp", -laplacian, effect)
    return np.asarray(np.einsum("bpr,br,bqr,bq->bp", vectors, values, vectors, pull))


def _check_sums(
    c: Contrasts, studies: Codes, arms: Codes, off: FloatArray, effect: FloatArray, tolerance: float
) -> None:
    """Refuse a study whose contrasts do not add up."""
    limit = tolerance * np.maximum(1.0, np.abs(effect).max(axis=(1, 2)))
    for s in np.flatnonzero(np.abs(off).max(axis=(1, 2)) > limit):
        i, j = np.unravel_index(int(np.abs(off[s]).argmax()), off[s].shape)
        pair = f"{c.treatments[arms[s, i]]} against {c.treatments[arms[s, j]]}"
        raise DataError(
            f"study {c.studies[studies[s]]!r}: its contrasts do not add up; {pair} is {effect[s, i, j]:.4g}, and "
            f"{effect[s, i, j] - off[s, i, j]:.4g} by its other contrasts; allowed: a difference up to {limit[s]:g} "
            "(tol_multiarm)"
        )
