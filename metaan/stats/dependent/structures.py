"""How the true effects of one cluster vary and correlate over the levels of an inner factor: outcomes, arms, times.

A structure is a matrix G of parameters without bounds: logarithms of standard deviations (or a Cholesky factor) and
transformed correlations, so that every step of a search (BFGS on exact derivatives of the likelihood) is a covariance.
To add one: enter it in `STRUCTURES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ...errors import ConvergenceError, DataError
from ..measures.effects import FloatArray
from .blocks import Codes
from .likelihood import Mixed, Stack

Made = tuple[FloatArray, FloatArray]

MAX_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Struct:
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


@dataclass(frozen=True, slots=True, eq=False)
class Structured:
    """Effects with a structure within clusters, and a variance for each level beside it.

    Attributes
    ----------
    base
        The likelihood with V and the levels; the first of them is the cluster and has no variance of its own.
    inner
        Shape (n,): the place of each effect's inner level in ``places``.
    places
        The inner levels as numbers.
    """

    base: Mixed
    inner: Codes
    places: FloatArray
    structure: Struct

    @property
    def levels(self) -> int:
        """How many levels have a variance beside the structure."""
        return len(self.base.stacks[0].shared) - 1

    def parts(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the variances of the levels, G, and the derivatives of G."""
        g, slopes = self.structure.make(theta[self.levels :], self.places)
        return np.exp(2.0 * theta[: self.levels]), g, slopes

    def near(self, theta: FloatArray) -> Mixed:
        """Return the likelihood whose variances, all 0, are steps away from ``theta``."""
        sigma2, g, slopes = self.parts(theta)
        found = []
        for stack in self.base.stacks:
            same, *levels = stack.shared
            own = tuple(2.0 * s2 * k for s2, k in zip(sigma2, levels))
            v = stack.v + _spread(g, self.inner[stack.rows], same) + _sum(sigma2, levels)
            found.append(Stack(stack.rows, v, (*own, *(_spread(s, self.inner[stack.rows], same) for s in slopes))))
        return Mixed(self.base.y, self.base.x, tuple(found), self.base.restricted)

    def given(self, theta: FloatArray) -> tuple[Mixed, FloatArray]:
        """Return the likelihood with G as known, and the variances of the levels."""
        sigma2, g, _ = self.parts(theta)
        found = [
            Stack(stack.rows, stack.v + _spread(g, self.inner[stack.rows], stack.shared[0]), stack.shared[1:])
            for stack in self.base.stacks
        ]
        return Mixed(self.base.y, self.base.x, tuple(found), self.base.restricted), sigma2


def _spread(g: FloatArray, inner: NDArray[np.intp], same: FloatArray) -> FloatArray:
    return np.asarray(g[inner[:, :, None], inner[:, None, :]] * same, dtype=float)


def _sum(sigma2: FloatArray, levels: list[FloatArray]) -> FloatArray:
    return np.asarray(sum((s * k for s, k in zip(sigma2, levels)), start=np.zeros(())), dtype=float)


def search(s: Structured, theta: FloatArray, free: NDArray[np.bool_] | None = None) -> tuple[FloatArray, float]:
    """Climb from ``theta`` in the free parameters; return the parameters and the log-likelihood at the maximum."""
    from scipy.optimize import minimize

    move = np.ones(theta.size, dtype=bool) if free is None else free
    units = np.ones(theta.size)
    if s.structure.free:
        units[s.levels :] = float(np.sqrt(s.base.typical))
    units = units[move]

    def whole(u: FloatArray) -> FloatArray:
        full = theta.copy()
        full[move] = u * units
        return full

    def down(u: FloatArray) -> tuple[float, FloatArray]:
        try:
            at = s.near(whole(u)).at(np.zeros(theta.size))
        except DataError:
            return math.inf, np.zeros(u.size)
        return -at.ll, -at.slope()[0][move] * units

    start = theta[move] / units
    if not math.isfinite(down(start)[0]):
        raise DataError("the covariance of the effects is singular; allowed: V that can be inverted")
    found = minimize(down, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": MAX_STEPS})
    if float(np.max(np.abs(found.jac), initial=0.0)) > 1e-4 * (1.0 + abs(float(found.fun))):
        raise ConvergenceError(f"the structure did not settle in {found.nit} steps; a simpler one may")
    return whole(found.x), -float(found.fun)


STRUCTURES: dict[str, Struct] = {
    "CS": Struct(_sds(True, True), _symmetric(True), _above, one_variance=True),
    "HCS": Struct(_sds(False, True), _symmetric(False), _above),
    "UN": Struct(lambda j, sd: sd * np.eye(j)[np.tril_indices(j)], _unstructured, free=True),
    "ID": Struct(_sds(True, False), _plain(True), one_variance=True),
    "DIAG": Struct(_sds(False, False), _plain(False)),
    "AR": Struct(_sds(True, True), _autoregressive(True), _either, one_variance=True, timed=True),
    "HAR": Struct(_sds(False, True), _autoregressive(False), _either, timed=True),
    "CAR": Struct(_sds(True, True), _continuous, _positive, one_variance=True, timed=True),
}
