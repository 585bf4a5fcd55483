"""Maximum likelihood by Newton's method for sums over studies, each with at most one parameter of its own.

Derivatives are central differences of fourth order, all studies at once. The parameters that studies own (a baseline
each, say) are eliminated from the Hessian, so that the cost grows with k and not with its cube.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...errors import ConvergenceError
from ..measures.effects import FloatArray

Objective = Callable[[FloatArray, FloatArray], FloatArray]
"""From p shared parameters and k own ones to the k log-likelihoods."""

STEPS = 200
SHORT = 1e-5  # standard errors; the step after it would be about the square of that
RELATIVE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """A maximum of the log-likelihood.

    Attributes
    ----------
    shared, own
        Shape (p,) and (k,); ``own`` is 0 where studies own nothing.
    value
        The log-likelihood.
    information
        Shape (p, p): of the shared parameters, the own ones eliminated.
    own_information
        Shape (k, k), the shared ones eliminated; of no meaning where studies own nothing.
    shares
        Shape (k, p): what each study adds to the diagonal of the information.
    iterations
        Newton steps taken.
    """

    shared: FloatArray
    own: FloatArray
    value: float
    information: FloatArray
    own_information: FloatArray
    shares: FloatArray
    iterations: int

    @property
    def covariance(self) -> FloatArray:
        """Inverse information of the shared parameters.

        Raises
        ------
        ConvergenceError
            The information is not positive definite.
        """
        if float(np.linalg.eigvalsh(_scaled(self.information)[0]).min()) <= 1e-9:
            raise ConvergenceError("the log-likelihood is flat at its top, so that standard errors do not exist")
        return np.asarray(np.linalg.inv(self.information), dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """Gradient (k, v) and Hessian (k, v, v) of each study; the own parameter, if any, comes last."""

    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The information and the gradient of all studies: shared (p), cross (k, p) and own (k), own is diagonal.

    Where studies own nothing, ``cross`` and ``own_gradient`` are 0 and ``own`` is 1.
    """

    shared: FloatArray
    cross: FloatArray
    own: FloatArray
    gradient: FloatArray
    own_gradient: FloatArray

    @classmethod
    def of(cls, e: Expansion, p: int) -> Blocks:
        """Add the studies up."""
        shared, gradient = -e.hessian[:, :p, :p].sum(axis=0), e.gradient[:, :p].sum(axis=0)
        k = e.gradient.shape[0]
        if e.gradient.shape[1] == p:
            return cls(shared, np.zeros((k, p)), np.ones(k), gradient, np.zeros(k))
        own = np.maximum(np.abs(e.hessian[:, p, p]), 1e-12)
        return cls(shared, -e.hessian[:, :p, p], own, gradient, e.gradient[:, p])

    @property
    def eliminated(self) -> FloatArray:
        """Information of the shared parameters without the own ones: the Schur complement."""
        return np.asarray(self.shared - self.cross.T @ (self.cross / self.own[:, None]))


class Climber:
    """The state of one climb: where it stands, how high, and how wide the differences are taken."""

    def __init__(self, objective: Objective, shared: FloatArray, own: FloatArray, has_own: bool) -> None:
        self.objective, self.shared, self.own, self.has_own = objective, shared, own, has_own
        self.k = own.size
        self.widths, self.own_widths = np.full(shared.size, 0.01), np.full(self.k, 0.01)
        self.value = float(objective(self.shared, self.own).sum())

    def at(self, moves: Mapping[int, float]) -> FloatArray:
        """Return the log-likelihoods with some parameters moved by so many widths."""
        shared, own = self.shared.copy(), self.own
        for j, by in moves.items():
            if j < shared.size:
                shared[j] += by * self.widths[j]
            else:
                own = own + by * self.own_widths
        return self.objective(shared, own)

    def expand(self) -> Expansion:
        """Differentiate each study's log-likelihood in all its parameters."""
        v = self.shared.size + self.has_own
        width = [*(np.full(self.k, w) for w in self.widths), self.own_widths]
        gradient, hessian, here = np.empty((self.k, v)), np.empty((self.k, v, v)), self.at({})
        for i in range(v):
            down2, down, up, up2 = (self.at({i: by}) for by in (-2, -1, 1, 2))
            gradient[:, i] = (8 * (up - down) - (up2 - down2)) / (12 * width[i])
            hessian[:, i, i] = (16 * (up + down) - (up2 + down2) - 30 * here) / (12 * width[i] ** 2)
        for i, j in combinations(range(v), 2):
            mixed = (4 * self._mixed(i, j, 1) - self._mixed(i, j, 2)) / 3
            hessian[:, i, j] = hessian[:, j, i] = mixed / (width[i] * width[j])
        return Expansion(gradient, hessian)

    def _mixed(self, i: int, j: int, by: int) -> FloatArray:
        """Return the mixed second difference at ``by`` widths, in units of the widths."""
        corners = (s * t * self.at({i: s * by, j: t * by}) for s in (1, -1) for t in (1, -1))
        return np.asarray(sum(corners) / (4 * by * by))

    def step(self) -> float:
        """Take one step uphill; return its length in standard errors."""
        blocks = Blocks.of(self.expand(), self.shared.size)
        inverse = _positive_inverse(blocks.eliminated)
        step = inverse @ (blocks.gradient - blocks.cross.T @ (blocks.own_gradient / blocks.own))
        own_step = (blocks.own_gradient - blocks.cross @ step) / blocks.own
        scale, own_scale = np.sqrt(np.diag(inverse)), 1 / np.sqrt(blocks.own)
        self.widths, self.own_widths = _widths(scale), _widths(own_scale)
        self._climb(step, np.clip(own_step, -3, 3))
        return max(float(np.abs(step / scale).max(initial=0.0)), float(np.abs(own_step / own_scale).max()))

    def _climb(self, step: FloatArray, own_step: FloatArray) -> None:
        """Halve the step until the log-likelihood does not fall."""
        length = min(1.0, 1.5 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
        slack = 1e-11 * (1 + abs(self.value))
        for _ in range(40):
            shared, own = self.shared + length * step, self.own + length * own_step
            value = float(self.objective(shared, own).sum())
            if value >= self.value - slack:
                self.shared, self.own, self.value = shared, own, value
                return
            length /= 2


def maximise(objective: Objective, shared: FloatArray, own: FloatArray, has_own: bool, name: str) -> Maximum:
    """Climb from a start to the nearest maximum; without ``has_own`` the k values of ``own`` are not moved.

    Raises
    ------
    ConvergenceError
        The steps do not shrink.
    """
    climber = Climber(objective, shared, own, has_own)
    for iteration in range(1, STEPS + 1):
        length = climber.step()
        if length < SHORT:
            return _finish(climber, iteration)
    raise ConvergenceError(f"{name}: no convergence in {STEPS} steps, the last was {length:.2g} standard errors long")


def _finish(climber: Climber, iterations: int) -> Maximum:
    expansion, p = climber.expand(), climber.shared.size
    blocks = Blocks.of(expansion, p)
    diagonal = -np.diagonal(expansion.hessian, axis1=1, axis2=2)[:, :p]
    own = np.diag(blocks.own) - blocks.cross @ np.linalg.solve(blocks.shared, blocks.cross.T)
    return Maximum(
        climber.shared, climber.own, climber.value, blocks.eliminated, own,
        diagonal - blocks.cross**2 / blocks.own[:, None], iterations,
    )  # fmt: skip


def _widths(scale: FloatArray) -> FloatArray:
    """Return widths of the differences: a small part of a standard error."""
    return np.clip(RELATIVE * scale, 1e-7, 0.05)


def _scaled(information: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the matrix with a diagonal of ones (by size), and what it was divided by."""
    root = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    return information / np.outer(root, root), root


def _positive_inverse(information: FloatArray) -> FloatArray:
    """Invert with all eigenvalues made positive, so that a step always leads uphill."""
    scaled, root = _scaled(information)
    values, vectors = np.linalg.eigh(scaled)
    return np.asarray((vectors / np.maximum(np.abs(values), 1e-4)) @ vectors.T / np.outer(root, root))
