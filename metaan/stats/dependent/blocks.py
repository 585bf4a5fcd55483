"""Covariance in blocks: rows that share nothing are never beside each other in a matrix.

Blocks of one size are stacked, so that numpy factors thousands at once; no n x n matrix is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...errors import DataError
from ..measures.effects import FloatArray

Codes = NDArray[np.intp]


def codes_of(values: ArrayLike, name: str, n: int) -> Codes:
    """Return 0, 1, 2 ... for the groups of a column in the order of their first rows; a missing group is an error."""
    column = np.asarray(values, dtype=object)
    if column.shape != (n,):
        raise DataError(f"{name} has shape {column.shape}; allowed: ({n},), a value an effect")
    seen: dict[object, int] = {}
    for i, value in enumerate(column.tolist()):
        if value is None or value != value:
            raise DataError(f"{name}[{i}] is missing; allowed: the group of every effect")
        seen.setdefault(value, len(seen))
    return np.array([seen[value] for value in column.tolist()], dtype=np.intp)


def nested(outer: Codes, inner: Codes) -> Codes:
    """Return the codes of the groups within groups."""
    return np.asarray(np.unique(outer * (int(inner.max()) + 1) + inner, return_inverse=True)[1], dtype=np.intp)


def together(groupings: Sequence[Codes]) -> Codes:
    """Return the code of the smallest blocks that split no group of any grouping."""
    n, rows, columns, start = groupings[0].size, [], [], groupings[0].size
    for codes in groupings:
        rows.append(np.arange(n))
        columns.append(codes + start)
        start += int(codes.max()) + 1
    at = (np.concatenate(rows), np.concatenate(columns))
    found = connected_components(coo_array((np.ones(at[0].size), at), shape=(start, start)), directed=False)[1]
    return np.unique(found[:n], return_inverse=True)[1].astype(np.intp)


def stacks(codes: Codes) -> list[NDArray[np.intp]]:
    """Return the rows of the blocks, one array of shape (blocks, size) for each size."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    return [order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes[sizes > 0])]


@dataclass(frozen=True, slots=True, eq=False)
class BlockCovariance:
    """A covariance matrix of n effects that is 0 outside its blocks.

    Attributes
    ----------
    codes
        Shape (n,): the block of each effect.
    rows, values
        For each size of block the rows, shape (blocks, size), and their covariances, shape (blocks, size, size).
    """

    codes: Codes
    rows: tuple[NDArray[np.intp], ...]
    values: tuple[FloatArray, ...]

    @property
    def n(self) -> int:
        """The number of effects."""
        return int(self.codes.size)

    @property
    def diagonal(self) -> FloatArray:
        """Shape (n,): the variances."""
        out = np.empty(self.n)
        for rows, values in zip(self.rows, self.values):
            out[rows] = np.einsum("bii->bi", values)
        return out

    def block(self, rows: ArrayLike) -> FloatArray:
        """Return the covariances among some rows."""
        wanted = np.asarray(rows, dtype=np.intp)
        place = np.full(self.n, -1)
        place[wanted] = np.arange(wanted.size)
        out = np.zeros((wanted.size, wanted.size))
        for at, values in zip(self.rows, self.values):
            for b in np.flatnonzero((place[at] >= 0).any(axis=1)):
                inside = np.flatnonzero(place[at[b]] >= 0)
                to = place[at[b][inside]]
                out[np.ix_(to, to)] = values[b][np.ix_(inside, inside)]
        return out

    def take(self, rows: NDArray[np.intp]) -> BlockCovariance:
        """Return the covariance of some rows, in their order."""
        codes = np.unique(self.codes[rows], return_inverse=True)[1].astype(np.intp)
        at = stacks(codes)
        return BlockCovariance(codes, tuple(at), tuple(self._stack(rows[a]) for a in at))

    def regrouped(self, rows: NDArray[np.intp]) -> FloatArray:
        """Return the covariances within larger blocks, given as rows of shape (blocks, size)."""
        return self._stack(rows)

    def _stack(self, rows: NDArray[np.intp]) -> FloatArray:
        """Copy what two rows of one block share; rows of shape (blocks, size)."""
        where = np.empty((self.n, 3), dtype=np.intp)
        for s, at in enumerate(self.rows):
            where[at] = np.stack(
                [np.full(at.shape, s), *np.broadcast_arrays(np.arange(len(at))[:, None], np.arange(at.shape[1]))],
                axis=-1,
            )
        out = np.zeros((*rows.shape, rows.shape[1]))
        own = where[rows]
        same = self.codes[rows][:, :, None] == self.codes[rows][:, None, :]
        for s, values in enumerate(self.values):
            b, i, j = np.nonzero(same & (own[:, :, 0] == s)[:, :, None])
            out[b, i, j] = values[own[b, i, 1], own[b, i, 2], own[b, j, 2]]
        return out

    def toarray(self) -> FloatArray:
        """Return the whole matrix, shape (n, n)."""
        return self.block(np.arange(self.n))

    def __array__(self, dtype: object = None, copy: bool | None = None) -> FloatArray:
        return self.toarray()

    def __repr__(self) -> str:
        blocks = sum(len(rows) for rows in self.rows)
        return f"BlockCovariance of {self.n} effects in {blocks} blocks, the largest of {self.rows[-1].shape[1]}"


def covariance_of(v: BlockCovariance | ArrayLike, n: int) -> BlockCovariance:
    """Read a covariance: blocks, a matrix of shape (n, n), or variances of shape (n,)."""
    if isinstance(v, BlockCovariance):
        if v.n != n:
            raise DataError(f"V is of {v.n} effects; allowed: {n}")
        return v
    array = np.asarray(v, dtype=float)
    if array.shape == (n,):
        return BlockCovariance(np.arange(n), (np.arange(n)[:, None],), (array[:, None, None],))
    if array.shape != (n, n) or not np.allclose(array, array.T, rtol=1e-8, atol=0.0, equal_nan=True):
        raise DataError(f"V has shape {array.shape}; allowed: a symmetric ({n}, {n}) matrix, blocks, or {n} variances")
    found = connected_components(coo_array(array != 0), directed=False)[1]
    codes = np.unique(found, return_inverse=True)[1].astype(np.intp)
    at = stacks(codes)
    return BlockCovariance(codes, tuple(at), tuple(array[a[:, :, None], a[:, None, :]] for a in at))
