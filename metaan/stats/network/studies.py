"""A network as a regression on independent rows: each study of p treatments gives p - 1 of them.

The variances of all contrasts of a study fix the covariance of its treatment effects around their mean (the
pseudo-inverse of its Laplacian: Ruecker 2012; Ruecker & Schwarzer 2014), and a variance tau2 between studies adds
tau2 / 2 to each of its eigenvalues. Along its eigenvectors, times the root of 2, a study is p - 1 independent
observations with variances ``vi + tau2``: a network is a meta-regression, with all its estimators of tau2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import DataError
from ..measures.effects import FloatArray
from ..regression.linear import Linear
from .contrasts import Codes, Contrasts

#: Share of the largest eigenvalue below which the variances of a study's contrasts contradict each other.
LEAST_EIGENVALUE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Independent rows of a network.

    Attributes
    ----------
    yi, vi
        Shape (r,): observations and their sampling variances; tau2 comes on top of each.
    x
        Shape (r, n): what each row takes of each treatment; every row sums to 0.
    study
        Shape (r,): the study of each row.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    study: Codes

    def linear(self, reference: int) -> Linear:
        """Return the regression on all treatments but the reference, whose effect is 0."""
        return Linear(self.yi, self.vi, np.delete(self.x, reference, axis=1))


def rows_of(c: Contrasts, tolerance: float) -> Rows:
    """Return the rows of all studies; ``tolerance`` is by how much contrasts of a study may fail to add up."""
    counts = np.bincount(c.study, minlength=len(c.studies))
    single = counts[c.study] == 1
    pairs = np.flatnonzero(single)
    x = np.zeros((pairs.size, c.n))
    x[np.arange(pairs.size), c.t1[pairs]] = 1.0
    x[np.arange(pairs.size), c.t2[pairs]] = -1.0
    blocks = [Rows(c.yi[pairs], c.vi[pairs], x, c.study[pairs])]
    sizes = np.unique(counts[counts > 1])
    blocks += [_stacked(c, np.flatnonzero(counts == size), tolerance) for size in sizes]
    if len(blocks) == 1:
        return blocks[0]
    yi, vi, xs, study = (np.concatenate([getattr(b, name) for b in blocks]) for name in ("yi", "vi", "x", "study"))
    order = np.argsort(study, kind="stable")
    return Rows(yi[order], vi[order], xs[order], study[order])


def _stacked(c: Contrasts, studies: Codes, tolerance: float) -> Rows:
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
    x = np.zeros((studies.size, p - 1, c.n))
    x[b[:, :, None], np.arange(p - 1)[None, :, None], arms[:, None, :]] = root * np.swapaxes(vectors, 1, 2)
    y = root * np.einsum("bpr,bp->br", vectors, mean)
    return Rows(y.ravel(), 2.0 * values.ravel(), x.reshape(-1, c.n), np.repeat(studies, p - 1))


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
