"""Profile-likelihood intervals of variance components (Hardy & Thompson 1996, several components)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from ..measures.effects import FloatArray, Interval
from ..numerics.roots import beyond, crossing
from ..pooling.intervals import check_level
from .likelihood import Mixed, maximise


def profile_interval(
    m: Mixed, sigma2: FloatArray, free: NDArray[np.bool_], j: int, ll: float, level: float
) -> Interval:
    """Return where variance ``j`` is no less likely than the level allows, all other free variances at their best.

    ``ll`` is the log-likelihood at ``sigma2``, its maximum. A bound below 0 is 0.
    """
    check_level(level)
    target = ll - 0.5 * float(chdtri(1, 1 - level))
    others = free.copy()
    others[j] = False
    warm = sigma2.copy()

    def above(value: float) -> float:
        start = warm.copy()
        start[j] = value
        found, best = maximise(m, start, others)
        warm[others] = found[others]
        return best.ll - target

    own = float(sigma2[j])
    lower = 0.0 if above(0.0) >= 0 else crossing(above, own, 0.0)
    warm[:] = sigma2
    return Interval(lower, crossing(above, own, beyond(above, 2 * own or m.typical)))
