"""Cluster-robust covariance: the sandwich, its small-sample corrections, and the degrees of freedom that go with it.

Bell & McCaffrey 2002; Pustejovsky & Tipton 2018. To add a correction: write a function and enter it in `CORRECTIONS`.
Nothing here is ever larger than a cluster: what two clusters share goes through the p columns of the design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import NotEstimableError
from ..measures.effects import FloatArray
from .blocks import BlockCovariance, Codes, stacks

MOST_WHOLE = 2000  # clusters, up to which a matrix of all pairs of them is made
NOTHING_LEFT = 1e-12  # of a root, below which a direction of a cluster is one that the coefficients determine


@dataclass(frozen=True, slots=True, eq=False)
class Meat:
    """Clusters of one size: rows (b, s), design, working covariance, weights and residuals of each."""

    rows: NDArray[np.intp]
    x: FloatArray
    phi: FloatArray
    weights: FloatArray
    residual: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Bread:
    """A weighted least squares fit and its clusters.

    Attributes
    ----------
    c
        (X'WX)^-1, shape (p, p).
    z
        X'W Phi W X, shape (p, p), where Phi is the working covariance of the effects.
    m, n
        The number of clusters and of effects.
    """

    c: FloatArray
    z: FloatArray
    parts: tuple[Meat, ...]
    m: int
    n: int

    @classmethod
    def of(
        cls, x: FloatArray, residual: FloatArray, phi: BlockCovariance, codes: Codes, weights: FloatArray | None
    ) -> Bread:
        """Cut a fit into clusters; the weights are a number an effect, or None for the inverse of ``phi``."""
        parts = []
        for rows in stacks(codes):
            own = phi.regrouped(rows)
            flat = None if weights is None else weights[rows][:, :, None] * np.eye(rows.shape[1])
            w = np.linalg.inv(own).astype(float) if flat is None else flat
            parts.append(Meat(rows, x[rows], own, w, residual[rows]))
        cross = sum((np.einsum("bsp,bst,btq->pq", a.x, a.weights, a.x, optimize=True) for a in parts), np.zeros(()))
        weighted = [(a.weights @ a.x, a.phi) for a in parts]
        z = sum((np.einsum("bsp,bst,btq->pq", wx, phi, wx, optimize=True) for wx, phi in weighted), np.zeros(()))
        return cls(np.linalg.inv(cross), z, tuple(parts), int(codes.max()) + 1, residual.size)

    @property
    def p(self) -> int:
        """The number of coefficients."""
        return len(self.c)


@dataclass(frozen=True, slots=True)
class SmallSampleCorrection:
    """One entry of `CORRECTIONS`: what the covariance is multiplied by, and what the residuals of a cluster are."""

    factor: Callable[[Bread], float]
    adjust: Callable[[Bread, Meat], FloatArray | None]


@dataclass(frozen=True, eq=False)
class Sandwich:
    """A cluster-robust covariance and what the tests need to know of it.

    Attributes
    ----------
    bread
        The fit.
    scores
        Shape (m, p): what each cluster adds, X'W A e.
    adjusted
        For each size of cluster A'W X (X'WX)^-1, shape (b, s, p).
    factor
        What the sum of squares of ``scores`` is multiplied by.
    """

    bread: Bread
    scores: FloatArray
    adjusted: tuple[FloatArray, ...]
    factor: float

    @classmethod
    def of(cls, bread: Bread, correction: SmallSampleCorrection) -> Sandwich:
        """Make the covariance under a correction."""
        adjusted, scores = [], []
        for part in bread.parts:
            a, wxc = correction.adjust(bread, part), part.weights @ part.x @ bread.c
            adjusted.append(wxc if a is None else np.swapaxes(a, 1, 2) @ wxc)
            scores.append(np.einsum("bsp,bs->bp", adjusted[-1], part.residual))
        return cls(bread, np.concatenate(scores), tuple(adjusted), correction.factor(bread))

    @property
    def vcov(self) -> FloatArray:
        """Shape (p, p): the covariance of the coefficients."""
        return self.factor * self.scores.T @ self.scores

    @cached_property
    def _shared(self) -> tuple[FloatArray, FloatArray]:
        """What a cluster's score has with itself under the working model, (m, p, p), and with all, (m, 2p, p)."""
        own, low = [], []
        for part, g in zip(self.bread.parts, self.adjusted):
            own.append(np.swapaxes(g, 1, 2) @ part.phi @ g)
            below = np.swapaxes(part.weights @ part.x, 1, 2) @ part.phi @ g
            low.append(np.concatenate([np.swapaxes(part.x, 1, 2) @ g, below], axis=1))
        return np.concatenate(own), np.concatenate(low)

    @cached_property
    def _between(self) -> FloatArray:
        """S, shape (2p, 2p): scores of clusters i and j covary by low_i' S low_j, and by ``own`` more where i = j."""
        c = self.bread.c
        return np.block([[c @ self.bread.z @ c, -c], [-c, np.zeros_like(c)]])

    def expected(self) -> FloatArray:
        """Return the expectation of the sum of squares of the scores under the working model, shape (p, p)."""
        own, low = self._shared
        return np.asarray(own.sum(axis=0) + np.einsum("map,ac,mcq->pq", low, self._between, low, optimize=True))

    def squares(self, left: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return, for rows s, t of ``left``, the sums over i, j of G_ij[s, t] G_ij[t, s] and of G_ij[s, s] G_ij[t, t].

        G_ij is the covariance of the scores of clusters i and j in the directions of ``left``, shape (q, p).
        """
        own, low = self._shared
        d = np.einsum("sp,mpr,tr->mst", left, own, left, optimize=True)
        f = np.einsum("map,sp->msa", low, left)
        shared = np.einsum("msa,ab,mtb->mst", f, self._between, f, optimize=True)
        via = np.einsum("ab,msb,mtc->stac", self._between, f, f, optimize=True)
        d_own, shared_own = np.einsum("mss->ms", d), np.einsum("mss->ms", shared)
        mixed = d_own.T @ shared_own
        squared = np.einsum("mst->st", d * (d + 2.0 * shared)) + np.einsum("tsab,tsba->st", via, via)
        paired = d_own.T @ d_own + mixed + mixed.T + np.einsum("stab,tsba->st", via, via)
        return squared, paired

    def spectrum(self, j: int) -> FloatArray:
        """Return the weights, adding up to 1, of the chi-squared variables that an estimated variance is the sum of."""
        if self.bread.m > MOST_WHOLE:
            raise NotEstimableError(
                f"the saddlepoint needs a matrix of {self.bread.m} by {self.bread.m} clusters; allowed: {MOST_WHOLE}",
                "test='Satterthwaite', which is as good with so many",
            )
        own, low = self._shared
        f = low[:, :, j]
        values = np.linalg.eigvalsh(f @ self._between @ f.T + np.diag(own[:, j, j]))
        kept = values[values > NOTHING_LEFT * values[-1]]
        return np.asarray(kept / kept.sum(), dtype=float)

    def satterthwaite(self) -> FloatArray:
        """Return the degrees of freedom of each coefficient, shape (p,): 2 mean^2 / variance of its variance."""
        mean = np.diag(self.expected())
        squared = np.diag(self.squares(np.eye(self.bread.p))[0])
        return np.asarray(mean**2 / squared)


def _hat(bread: Bread, part: Meat) -> FloatArray:
    """Return X_i (X'WX)^-1 X_i'W_i of each cluster."""
    return part.x @ bread.c @ np.swapaxes(part.x, 1, 2) @ part.weights


def _left(bread: Bread, part: Meat) -> FloatArray:
    """Return the covariance of the residuals of each cluster under the working model."""
    across = _hat(bread, part) @ part.phi
    own = part.x @ (bread.c @ bread.z @ bread.c) @ np.swapaxes(part.x, 1, 2)
    return part.phi - across - np.swapaxes(across, 1, 2) + own


def _bias_reduced(bread: Bread, part: Meat) -> FloatArray:
    """CR2: residuals rescaled so that the covariance is unbiased under the working model.

    Bell & McCaffrey 2002 in the form of Pustejovsky & Tipton 2018; where a cluster determines a coefficient, the
    generalised inverse.
    """
    root = np.linalg.cholesky(part.phi)
    turned = np.swapaxes(root, 1, 2)
    values, vectors = np.linalg.eigh(turned @ _left(bread, part) @ root)
    least = NOTHING_LEFT * np.max(np.abs(values), axis=1, keepdims=True) + np.finfo(float).tiny
    inverse = np.where(values > least, 1.0 / np.sqrt(np.maximum(values, least)), 0.0)
    return np.asarray(root @ (vectors * inverse[:, None, :]) @ np.swapaxes(vectors, 1, 2) @ turned, dtype=float)


def _jackknife(bread: Bread, part: Meat) -> FloatArray:
    """CR3: residuals as they would be without the cluster (Bell & McCaffrey 2002), nearly the jackknife."""
    left = np.eye(part.rows.shape[1]) - _hat(bread, part)
    if (np.abs(np.linalg.det(left)) < NOTHING_LEFT).any():
        raise NotEstimableError(
            "CR3 leaves out a cluster at a time, and without one of them a coefficient cannot be estimated",
            "small_sample='CR2'",
        )
    return np.asarray(np.linalg.inv(left), dtype=float)


def _as_it_is(bread: Bread, part: Meat) -> None:
    """Plain residuals."""


def _over(free: int, what: str, top: float) -> float:
    """Divide by what is free, or say why not."""
    if free < 1:
        raise NotEstimableError(f"{what} leave no degree of freedom", "small_sample='CR2'")
    return top / free


CORRECTIONS: dict[str, SmallSampleCorrection] = {
    "CR0": SmallSampleCorrection(lambda b: 1.0, _as_it_is),
    "CR1": SmallSampleCorrection(lambda b: b.m / (b.m - 1), _as_it_is),
    "CR1p": SmallSampleCorrection(lambda b: _over(b.m - b.p, f"{b.m} clusters and {b.p} coefficients", b.m), _as_it_is),
    "CR1S": SmallSampleCorrection(lambda b: b.m * (b.n - 1) / ((b.m - 1) * (b.n - b.p)), _as_it_is),
    "CR2": SmallSampleCorrection(lambda b: 1.0, _bias_reduced),
    "CR3": SmallSampleCorrection(lambda b: 1.0, _jackknife),
}
