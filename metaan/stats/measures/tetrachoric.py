"""The tetrachoric correlation: that of two normal variables which a 2x2 table has cut in two.

The table gives both cuts and one joint probability, and leaves the correlation as the one unknown: its maximum
likelihood estimate solves P(X > h, Y > k; r) = a / n (Pearson 1900).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from .effects import FloatArray

#: Gauss-Legendre on 0 to 1: the integrand is smooth in the angle, and 64 points give all digits.
_NODES, _SHARES = (half / 2 for half in np.polynomial.legendre.leggauss(64))
_NODES = _NODES + 0.5


def tetrachoric(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return correlations and their sampling variances, shape (k,); nan where a cell is 0.

    The variance is that of the maximum likelihood estimate with both cuts estimated (Pearson 1900; Kirk 1973).
    """
    n = a + b + c + d
    with np.errstate(invalid="ignore", divide="ignore"):
        h, k = ndtri((a + b) / n), ndtri((a + c) / n)
        angle = _angle(a / n, h, k)
        r, slope = np.sin(angle), _density(angle, h, k) / np.cos(angle)
        # How r moves with the share of each cell: directly in a, and through the two cuts in a, b and c.
        by_row, by_column = (ndtr((v - r * u) / np.cos(angle)) / slope for u, v in ((h, k), (k, h)))
        moves = (1 / slope - by_row - by_column, -by_row, -by_column)
        mean = sum(cell * move for cell, move in zip((a, b, c), moves)) / n
        square = sum(cell * move * move for cell, move in zip((a, b, c), moves)) / n
        complete = (a > 0) & (b > 0) & (c > 0) & (d > 0)
        return np.where(complete, r, np.nan), np.where(complete, (square - mean * mean) / n, np.nan)


def _density(angle: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
    """Return the derivative of the joint probability with respect to the angle whose sine is the correlation."""
    return np.asarray(
        np.exp(-(h * h + k * k - 2 * h * k * np.sin(angle)) / (2 * np.cos(angle) ** 2)) / (2 * np.pi), dtype=float
    )


def _joint(angle: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
    """Return P(X < h, Y < k), by integration from no correlation (Plackett 1954)."""
    inside = _density(angle[:, None] * _NODES, h[:, None], k[:, None])
    return np.asarray(ndtr(h) * ndtr(k) + angle * (inside @ _SHARES), dtype=float)


def _angle(p: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
    """Return the angle with joint probability p, by bisection: the probability rises with the correlation."""
    low, high = np.full(p.shape, -np.pi / 2), np.full(p.shape, np.pi / 2)
    for _ in range(60):
        middle = (low + high) / 2
        below = _joint(middle, h, k) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2, dtype=float)
