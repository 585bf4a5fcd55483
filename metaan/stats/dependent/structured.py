"""The search for a structure's parameters: BFGS on exact derivatives of the (restricted) likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ConvergenceError, DataError
from ..measures.effects import FloatArray
from .blocks import Codes
from .likelihood import Mixed, Stack
from .structures import Structure

MAX_STEPS = 1000


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
    structure: Structure

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
