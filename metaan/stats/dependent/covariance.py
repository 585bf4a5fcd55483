"""Sampling errors that are correlated within a study, and the one effect that stands for all of a study's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, UsageError
from ..measures.effects import EffectSizes, column
from .blocks import BlockCovariance, codes_of, covariance_of, stacks


def sampling_covariance(vi: ArrayLike, cluster: ArrayLike, rho: float) -> BlockCovariance:
    """Return the covariance of sampling errors that correlate by ``rho`` within clusters.

    Parameters
    ----------
    vi
        Shape (n,), sampling variances.
    cluster
        Shape (n,): effects with the same value (a study) share people.
    rho
        The correlation of two sampling errors of a cluster, -1 to 1; 0 is independence.

    Raises
    ------
    DataError
        A missing cluster or variance, or another length.
    UsageError
        ``rho`` is no correlation, or lower than that many effects can have with each other.

    Notes
    -----
    Hedges, Tipton & Johnson 2010; Pustejovsky & Tipton 2022 (the CHE model).

    Examples
    --------
    >>> np.asarray(sampling_covariance([0.04, 0.09, 0.01], ["a", "a", "b"], rho=0.5)).round(3).tolist()
    [[0.04, 0.03, 0.0], [0.03, 0.09, 0.0], [0.0, 0.0, 0.01]]
    """
    variance = column(vi, "vi")
    for i in np.flatnonzero(~(variance > 0)):
        raise DataError(f"vi[{i}] = {variance[i]:g}; allowed: variances above 0")
    codes = codes_of(cluster, "cluster", variance.size)
    largest = int(np.bincount(codes).max())
    if not -1.0 <= rho <= 1.0 or (largest > 1 and rho < -1.0 / (largest - 1)):
        lowest = -1.0 / max(largest - 1, 1)
        raise UsageError(f"rho = {rho:g}; allowed: {lowest:.4g} to 1, as the largest cluster has {largest} effects")
    rows = stacks(codes)
    sd = np.sqrt(variance)
    values = []
    for at in rows:
        block = rho * sd[at][:, :, None] * sd[at][:, None, :]
        np.einsum("bii->bi", block)[:] = variance[at]
        values.append(block)
    return BlockCovariance(codes, tuple(rows), tuple(values))


def aggregate(
    es: EffectSizes, cluster: ArrayLike, rho: float | None = None, V: BlockCovariance | ArrayLike | None = None
) -> EffectSizes:
    """Return one effect a cluster: the inverse-variance mean of its effects under their covariance.

    Parameters
    ----------
    es
        Effects; those without a value are left out.
    cluster
        Shape (n,): which study an effect is of. Studies come in the order of their first effects.
    rho, V
        The correlation of sampling errors within a study, or their covariance; independent when neither is given.

    Raises
    ------
    DataError
        A missing cluster, or a covariance that cannot be inverted.
    UsageError
        Both ``rho`` and ``V`` are given.

    Examples
    --------
    >>> es = EffectSizes.of([0.2, 0.4, 0.1], [0.04, 0.04, 0.01])
    >>> one = aggregate(es, ["a", "a", "b"], rho=0.5)
    >>> one.yi.round(3).tolist(), one.vi.round(3).tolist(), one.slab
    ([0.3, 0.1], [0.03, 0.01], ('a', 'b'))
    """
    used, names, v = rows_of(es, cluster, rho, V)
    codes = codes_of(names, "cluster", used.k)
    v = covariance_of(v, used.k)
    yi, vi = np.empty(int(codes.max()) + 1), np.empty(int(codes.max()) + 1)
    for at in stacks(codes):
        try:
            weights = np.linalg.solve(v.regrouped(at), np.ones((*at.shape, 1)))[:, :, 0]
        except np.linalg.LinAlgError:
            raise DataError("the covariance within a study is singular; allowed: rho below 1") from None
        total = weights.sum(axis=1)
        yi[codes[at[:, 0]]] = (weights * used.yi[at]).sum(axis=1) / total
        vi[codes[at[:, 0]]] = 1.0 / total
    return EffectSizes.of(yi, vi, list(dict.fromkeys(map(str, names))), es.measure)


def rows_of(
    es: EffectSizes, cluster: ArrayLike, rho: float | None, v: BlockCovariance | ArrayLike | None
) -> tuple[EffectSizes, list[Any], BlockCovariance]:
    """Return the effects that have a value, their clusters and the covariance of their sampling errors."""
    names = np.asarray(cluster, dtype=object)
    codes_of(names, "cluster", len(es))
    if rho is not None and v is not None:
        raise UsageError("rho and V are both given; allowed: one of them")
    at = np.flatnonzero(es.estimable)
    used = es.take(at.tolist())
    kept = names[at].tolist()
    if v is not None:
        return used, kept, covariance_of(v, len(es)).take(at)
    return used, kept, sampling_covariance(used.vi, kept, rho) if rho else covariance_of(used.vi, used.k)
