"""Equal but for rounding: the one tolerance of the package for computed numbers that are ranked or compared.

A computed float is off by a few units of its last digit, by how much depends on the order of the studies and on the
origin of the scale. Where a rank, a count or a switch hangs on it, equal numbers have to be made equal first.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Share of the numbers that went into a result, below which a difference in it is rounding.
TOLERANCE = 1e-12

#: The same for results of a search, which ends near its goal.
ITERATED = 1e-8


def tied(values: FloatArray, scale: FloatArray | float) -> FloatArray:
    """Return ``values`` with those that differ by rounding made equal, to 0 where they are near it.

    Parameters
    ----------
    values
        Shape (k,).
    scale
        Shape (k,) or one number: the size of what the values were computed from. A difference of numbers of size 1 has
        the scale 1, however small it is itself.

    Examples
    --------
    >>> tied(np.array([0.3, 0.1 + 0.2, -1e-17, 0.4]), 1.0).tolist()
    [0.3, 0.3, 0.0, 0.4]
    """
    error = TOLERANCE * np.broadcast_to(scale, values.shape)
    cleaned = _cleaned(values, error)
    order = np.argsort(cleaned, kind="stable")
    first = np.diff(cleaned[order], prepend=-np.inf) > error[order]
    equal = np.empty_like(cleaned)
    equal[order] = cleaned[order][first][np.cumsum(first) - 1]
    equal[cleaned == 0.0] = 0.0
    return equal


def _cleaned(values: FloatArray, error: FloatArray | float) -> FloatArray:
    return np.where(np.abs(values) <= error, 0.0, values)


def distances(effects: FloatArray, centre: float) -> FloatArray:
    """Return how far effects are from a centre that was computed from them; 0 where by no more than rounding.

    >>> distances(np.array([0.1 + 0.2, 0.5]), 0.3).tolist()
    [0.0, 0.2]
    """
    return _cleaned(effects - centre, TOLERANCE * float(np.abs(effects).max(initial=0.0)))


def above(value: FloatArray | float, limit: FloatArray | float, share: float = TOLERANCE) -> NDArray[np.bool_]:
    """Return where ``value`` is above ``limit`` by more than rounding; ``share`` is `ITERATED` after a search.

    >>> bool(above(0.1 + 0.2, 0.3)), bool(above(0.31, 0.3))
    (False, True)
    """
    return np.asarray(value > limit + share * np.abs(limit))


def excess(value: float, limit: float) -> float:
    """Return by how much ``value`` is above ``limit``; 0 where by no more than rounding.

    >>> excess(0.1 + 0.2, 0.3), excess(2.5, 2.0), excess(1.0, 2.0)
    (0.0, 0.5, 0.0)
    """
    return value - limit if above(value, limit) else 0.0


def whole(n: float) -> int:
    """Round up; what is above a whole number by rounding is that number.

    >>> whole(3.0000000000000004), whole(3.1)
    (3, 4)
    """
    nearest = round(n)
    return math.ceil(n) if above(n, nearest) else nearest


def identical(values: FloatArray) -> bool:
    """Return whether all values are equal but for rounding.

    >>> identical(np.array([0.3, 0.1 + 0.2])), identical(np.array([1.0, 1.001]))
    (True, False)
    """
    return float(np.ptp(values)) <= TOLERANCE * float(np.abs(values).max())
