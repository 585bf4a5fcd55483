"""Leave-one-out of many analyses: each pooled again without each study in turn, by the kernels that pool them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..stats.measures.effects import FloatArray
from .effects import Effects
from .inference import infer, needs_q, side
from .inverse import Inverse
from .kernels.inverse_variance import IntArray
from .plan import BatchPlan, Method

#: So many rows are worked on at once; an analysis of k studies makes k times k - 1.
_ROWS = 2_000_000

Refits = tuple[FloatArray, FloatArray, FloatArray]


def leave_one_out(e: Effects, method: Method, plan: BatchPlan, conclusion: FloatArray) -> Refits:
    """Return the lowest and the highest estimate without one study, and how many of the refits conclude otherwise.

    Parameters
    ----------
    e, method, plan
        What is pooled, and how.
    conclusion
        Shape (alive,): the side of the whole analyses; refits count where both have an interval.

    Returns
    -------
    tuple of arrays
        Shape (alive,) each, for the analyses that have an effect; nan below two studies.
    """
    k = e.k[e.alive]
    several = np.flatnonzero(k > 1)
    lowest, highest, changed = (np.full(k.size, np.nan) for _ in range(3))
    if several.size:
        rows = np.flatnonzero(np.repeat(k > 1, k))
        of_row = np.repeat(np.arange(k.size), k)[rows]
        found = [_without(e, method, plan, rows[part], of_row[part], k) for part in _parts(k[of_row] - 1)]
        estimates, sides = (np.concatenate(values) for values in zip(*found))
        starts = np.concatenate([[0], np.cumsum(k[several])[:-1]])
        lowest[several], highest[several] = np.fmin.reduceat(estimates, starts), np.fmax.reduceat(estimates, starts)
        whole = conclusion[of_row]
        other = (sides != whole) & ~np.isnan(sides) & ~np.isnan(whole)
        changed[several] = np.add.reduceat(other.astype(float), starts)
    return lowest, highest, changed


def _parts(sizes: IntArray) -> Iterator[slice]:
    """Yield slices of refits that have about `_ROWS` rows together."""
    ends = np.cumsum(sizes)
    first = 0
    while first < sizes.size:
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _ROWS, side="right")))
        yield slice(first, last)
        first = last


def _without(
    e: Effects, method: Method, plan: BatchPlan, rows: IntArray, of_row: IntArray, k: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return estimates and conclusions of the analyses ``of_row`` without ``rows``, in turn."""
    sizes = k[of_row] - 1
    at = np.concatenate([[0], np.cumsum(sizes)])
    taken = np.repeat(e.at[of_row] - at[:-1], sizes) + np.arange(at[-1])
    taken += taken >= np.repeat(rows, sizes)
    selection = replace(e, yi=e.yi[taken], vi=e.vi[taken], at=at, k=sizes, alive=np.ones(sizes.size, dtype=bool))
    pooled = Inverse.of(selection, plan)
    with np.errstate(all="ignore"):
        tau2 = pooled.tau2_by(method.tau2_method)
        means = pooled.means(method.model, tau2, needs_q(method.ci_method, ""))
        found = infer(means, method.ci_method, plan.level, pooled.scale)
    return np.where(np.isnan(tau2), np.nan, means.estimate), side(found, pooled.scale)
