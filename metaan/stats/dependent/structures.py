"""How the true effects of one cluster vary and correlate over the levels of an inner factor: outcomes, arms, times.

A structure is a matrix G of parameters without bounds: logarithms of standard deviations (or a Cholesky factor) and
transformed correlations, so that every step of a search is a covariance. To add one: enter it in `STRUCTURES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..measures.effects import FloatArray

Made = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Structure:
    """One entry of `STRUCTURES`.

    Attributes
    ----------
    start
        From the number of inner levels and a standard deviation to the parameters to begin with.
    make
        From the parameters and the places of the levels (numbers, or times) to G, shape (j, j), and its derivative in
        each parameter, shape (parameters, j, j).
    rho
        From its parameter and the number of inner levels to the one correlation; None where there is none, or many.
    one_variance
        True where all levels have one variance.
    timed
        True where the inner factor is a number, the distance of two effects.
    free
        True where every pair of levels has its own correlation.
    """

    start: Callable[[int, float], FloatArray]
    make: Callable[[FloatArray, FloatArray], Made]
    rho: Callable[[float, int], float] | None = None
    one_variance: bool = False
    timed: bool = False
    free: bool = False


def _scaled(logs: FloatArray, r: FloatArray, dr: FloatArray | None, common: bool) -> Made:
    """Return G of logarithms of standard deviations and a correlation matrix, and its derivatives."""
    full = np.exp(np.full(len(r), logs[0]) if common else logs)
    each = [full] if common else list(np.diag(full))
    slopes = [(np.outer(e, full) + np.outer(full, e)) * r for e in each]
    if dr is not None:
        slopes.append(np.outer(full, full) * dr)
    return np.outer(full, full) * r, np.array(slopes)


def _plain(common: bool) -> Callable[[FloatArray, FloatArray], Made]:
    return lambda t, at: _scaled(t, np.eye(at.size), None, common)


def _symmetric(common: bool) -> Callable[[FloatArray, FloatArray], Made]:
    """One correlation for all pairs, above -1 / (j - 1)."""

    def make(t: FloatArray, at: FloatArray) -> Made:
        j = at.size
        low, rho, off = -1.0 / (j - 1), _above(t[-1], j), 1.0 - np.eye(j)
        slope = (rho - low) * (1.0 - rho) / (1.0 - low)
        return _scaled(t[:-1], np.eye(j) + rho * off, slope * off, common)

    return make


def _autoregressive(common: bool) -> Callable[[FloatArray, FloatArray], Made]:
    """A correlation that falls with the distance of two times: rho to its power, rho from -1 to 1."""

    def make(t: FloatArray, at: FloatArray) -> Made:
        rho, gap = _either(t[-1], at.size), np.abs(at[:, None] - at[None, :])
        slope = np.where(gap > 0, gap * rho ** np.maximum(gap - 1.0, 0.0), 0.0) * (1.0 - rho * rho)
        return _scaled(t[:-1], rho**gap, slope, common)

    return make


def _continuous(t: FloatArray, at: FloatArray) -> Made:
    """The same for times that are any numbers; rho from 0 to 1."""
    rho, gap = _positive(t[-1], at.size), np.abs(at[:, None] - at[None, :])
    r = rho**gap
    return _scaled(t[:-1], r, gap * r * (1.0 - rho), True)


def _unstructured(t: FloatArray, at: FloatArray) -> Made:
    """A variance each and a correlation for each pair, as a Cholesky factor."""
    j = at.size
    rows, columns = np.tril_indices(j)
    root = np.zeros((j, j))
    root[rows, columns] = t
    slopes = np.zeros((t.size, j, j))
    for n, (a, b) in enumerate(zip(rows.tolist(), columns.tolist())):
        slopes[n, a] += root[:, b]
        slopes[n, :, a] += root[:, b]
    return root @ root.T, slopes


def _above(t: float, j: int) -> float:
    return float((expit(t) * j - 1.0) / (j - 1))


def _either(t: float, j: int) -> float:
    return float(np.tanh(t))


def _positive(t: float, j: int) -> float:
    return float(expit(t))


def _sds(common: bool, rho: bool) -> Callable[[int, float], FloatArray]:
    return lambda j, sd: np.array([np.log(sd)] * (1 if common else j) + [0.1] * rho)


STRUCTURES: dict[str, Structure] = {
    "CS": Structure(_sds(True, True), _symmetric(True), _above, one_variance=True),
    "HCS": Structure(_sds(False, True), _symmetric(False), _above),
    "UN": Structure(lambda j, sd: sd * np.eye(j)[np.tril_indices(j)], _unstructured, free=True),
    "ID": Structure(_sds(True, False), _plain(True), one_variance=True),
    "DIAG": Structure(_sds(False, False), _plain(False)),
    "AR": Structure(_sds(True, True), _autoregressive(True), _either, one_variance=True, timed=True),
    "HAR": Structure(_sds(False, True), _autoregressive(False), _either, timed=True),
    "CAR": Structure(_sds(True, True), _continuous, _positive, one_variance=True, timed=True),
}
