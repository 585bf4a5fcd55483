"""The likelihood of effects with several variance components, its maximum, block by block.

Fisher scoring (Harville 1977) with components that reach 0 held there while their slope points outward.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ConvergenceError, DataError
from ..measures.effects import FloatArray
from .blocks import BlockCovariance, Codes, stacks, together

MAX_STEPS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Blocks of one size: rows (b, s), sampling covariance (b, s, s), and for each level which rows share a group."""

    rows: NDArray[np.intp]
    v: FloatArray
    shared: tuple[FloatArray, ...]

    def at(self, sigma2: FloatArray) -> FloatArray:
        """Return the covariances at given variances."""
        return self.v + sum((s * k for s, k in zip(sigma2, self.shared)), start=np.zeros(()))


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """Effects y of a design x, whose covariance is V plus a variance for each level; ``restricted`` for REML."""

    y: FloatArray
    x: FloatArray
    stacks: tuple[Stack, ...]
    restricted: bool

    @classmethod
    def of(cls, y: FloatArray, x: FloatArray, v: BlockCovariance, levels: Sequence[Codes], restricted: bool) -> Mixed:
        """Cut the rows into blocks."""
        found = []
        for rows in stacks(together([v.codes, *levels])):
            shared = tuple((c[rows][:, :, None] == c[rows][:, None, :]).astype(float) for c in levels)
            found.append(Stack(rows, v.regrouped(rows), shared))
        return cls(y, x, tuple(found), restricted)

    @property
    def typical(self) -> float:
        """A variance of the order of what the effects differ by, to begin with."""
        residual = self.y - self.x @ np.linalg.lstsq(self.x, self.y, rcond=None)[0]
        spread = float(residual @ residual) / (self.y.size - self.x.shape[1])
        sampling = sum(float(np.einsum("bii->", stack.v)) for stack in self.stacks) / self.y.size
        return float(max(spread - sampling, 0.1 * max(spread, sampling)))

    def covariance(self, sigma2: FloatArray) -> BlockCovariance:
        """Return the covariance of the effects at given variances."""
        codes, start = np.empty(self.y.size, dtype=np.intp), 0
        for stack in self.stacks:
            codes[stack.rows] = start + np.arange(len(stack.rows))[:, None]
            start += len(stack.rows)
        values = tuple(stack.at(sigma2) for stack in self.stacks)
        return BlockCovariance(codes, tuple(stack.rows for stack in self.stacks), values)

    def at(self, sigma2: FloatArray) -> SolvedBlocks:
        """Fit the coefficients by generalised least squares at given variances."""
        n, p = self.x.shape
        xy = np.column_stack([self.x, self.y])
        inverses, weighted, log_det = [], np.empty_like(xy), 0.0
        for stack in self.stacks:
            m = stack.at(sigma2)
            try:
                root = np.linalg.cholesky(m)
            except np.linalg.LinAlgError:
                raise DataError("the covariance of the effects is singular; allowed: V that can be inverted") from None
            log_det += 2.0 * float(np.log(np.einsum("bii->bi", root)).sum())
            inverse = np.asarray(np.linalg.inv(m), dtype=float)
            inverses.append(inverse)
            weighted[stack.rows] = inverse @ xy[stack.rows]
        cross = self.x.T @ weighted
        vcov = np.linalg.inv(cross[:, :p])
        beta = vcov @ cross[:, p]
        wr = weighted[:, p] - weighted[:, :p] @ beta
        rss = float((self.y - self.x @ beta) @ wr)
        ll = -0.5 * (n * math.log(2 * math.pi) + log_det + rss)
        if self.restricted:
            free = np.linalg.slogdet(self.x.T @ self.x)[1] + np.linalg.slogdet(vcov)[1]
            ll += 0.5 * (p * math.log(2 * math.pi) + float(free))
        return SolvedBlocks(self, tuple(inverses), weighted[:, :p], wr, beta, 0.5 * (vcov + vcov.T), rss, ll)


@dataclass(frozen=True, slots=True, eq=False)
class SolvedBlocks:
    """A fit at given variances: inverses of the blocks, M^-1 X, M^-1 r, coefficients and their covariance."""

    m: Mixed
    inverses: tuple[FloatArray, ...]
    wx: FloatArray
    wr: FloatArray
    beta: FloatArray
    vcov: FloatArray
    rss: float
    ll: float

    @property
    def trace_p(self) -> float:
        """The trace of P = M^-1 - M^-1 X (X'M^-1 X)^-1 X'M^-1."""
        whole = sum(float(np.einsum("bii->", inverse)) for inverse in self.inverses)
        return whole - float(np.einsum("ij,jk,ik->", self.wx, self.vcov, self.wx))

    def slope(self) -> tuple[FloatArray, FloatArray]:
        """Return the gradient of the (restricted) log-likelihood in the variances and the expected information."""
        levels, p = len(self.m.stacks[0].shared), self.wx.shape[1]
        score, info = np.zeros(levels), np.zeros((levels, levels))
        inner, cross = np.zeros((levels, p, p)), np.zeros((levels, levels, p, p))
        for stack, inverse in zip(self.m.stacks, self.inverses):
            wx, wr = self.wx[stack.rows], self.wr[stack.rows]
            kept = [inverse @ k for k in stack.shared]
            kx = [(k @ wx).reshape(-1, p) for k in stack.shared]
            ikx = [(inverse @ x.reshape(wx.shape)).reshape(-1, p) for x in kx]
            for a, k in enumerate(stack.shared):
                score[a] += float(np.sum(wr * (k @ wr[:, :, None])[:, :, 0]) - np.sum(inverse * k))
                inner[a] += wx.reshape(-1, p).T @ kx[a]
                for b in range(a + 1):
                    info[a, b] += float(np.sum(kept[a] * np.swapaxes(kept[b], 1, 2)))
                    cross[a, b] += kx[a].T @ ikx[b]
        if self.m.restricted:
            score += np.einsum("apq,pq->a", inner, self.vcov)
            spread = self.vcov @ inner
            for a in range(levels):
                for b in range(a + 1):
                    info[a, b] += float(np.sum(spread[a] * spread[b].T) - 2.0 * np.sum(cross[a, b].T * self.vcov))
        return 0.5 * score, 0.5 * (np.tril(info) + np.tril(info, -1).T)


def maximise(m: Mixed, start: FloatArray, free: NDArray[np.bool_]) -> tuple[FloatArray, SolvedBlocks]:
    """Climb from ``start`` in the free variances until steps are rounding."""
    sigma2, scale = start.copy(), float(np.max(start)) or 1.0
    now = m.at(sigma2)
    for _ in range(MAX_STEPS):
        score, info = now.slope()
        move = free & ((sigma2 > 0) | (score > 0))
        step = np.zeros_like(sigma2)
        if move.any():
            step[move] = np.linalg.lstsq(info[np.ix_(move, move)], score[move], rcond=1e-14)[0]
        new, then = _uphill(m, sigma2, step, now)
        change = float(np.max(np.abs(new - sigma2), initial=0.0))
        sigma2, now = new, then
        if change <= 1e-11 * max(scale, float(np.max(sigma2, initial=0.0))):
            return sigma2, now
    raise ConvergenceError(f"the variance components did not settle in {MAX_STEPS} steps; method='ML' or fewer levels")


def _uphill(m: Mixed, sigma2: FloatArray, step: FloatArray, now: SolvedBlocks) -> tuple[FloatArray, SolvedBlocks]:
    """Take the step, cut at 0, or half of it until the likelihood does not fall."""
    slack = 1e-12 * (1.0 + abs(now.ll))
    for _ in range(40):
        new = np.maximum(sigma2 + step, 0.0)
        new[new < 1e-13 * float(np.max(new, initial=0.0))] = 0.0
        then = m.at(new)
        if then.ll >= now.ll - slack:
            return new, then
        step = 0.5 * step
    return sigma2, now
