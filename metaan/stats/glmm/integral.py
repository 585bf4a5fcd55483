"""Random effects integrated out by adaptive Gauss-Hermite quadrature (Pinheiro & Bates 1995, sec. 2.4).

Each study's integrand is centred at its mode and scaled by its curvature there; one point is Laplace's method.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...errors import ConvergenceError
from ..measures.effects import FloatArray
from .families import GlmmFamily

MODE_STEPS = 200
HALVINGS = 30


def log_marginal(family: GlmmFamily, fixed: FloatArray, loadings: FloatArray, points: int) -> FloatArray:
    """Return each study's marginal log-likelihood, shape (k,).

    Parameters
    ----------
    family
        The counts.
    fixed
        Shape (k, J): the fixed part of eta.
    loadings
        Shape (J, q): what each of the q independent standard normal effects adds to eta; q of 0, 1 or 2.
    points
        Quadrature points per effect.
    """
    if loadings.shape[1] == 0:
        return np.asarray(family.log_likelihood(fixed[:, :, None])[:, :, 0].sum(axis=1))
    mode = modes(family, fixed, loadings)
    root, log_det = _inverse_root(mode.curvature)
    nodes, log_weights = grid(points, loadings.shape[1])
    at = mode.z[:, :, None] + root @ nodes
    values = _joint(family, fixed, loadings, at) + log_weights
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)) - log_det)


@cache
def grid(points: int, dimensions: int) -> tuple[FloatArray, FloatArray]:
    """Return the nodes, shape (q, points**q), and their log weights for an integrand that holds the normal density."""
    x, w = np.polynomial.hermite_e.hermegauss(points)
    mesh = np.meshgrid(*[x] * dimensions, indexing="ij")
    weights = np.meshgrid(*[np.log(w) + x * x / 2] * dimensions, indexing="ij")
    nodes = np.array([axis.ravel() for axis in mesh])
    return nodes, np.asarray(sum(axis.ravel() for axis in weights) - dimensions * np.log(2 * np.pi) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class IntegrandPoint:
    """The log of each study's integrand at z (k, q), its gradient and its negative Hessian (k, q, q)."""

    z: FloatArray
    value: FloatArray
    gradient: FloatArray
    curvature: FloatArray

    @classmethod
    def at(cls, family: GlmmFamily, fixed: FloatArray, loadings: FloatArray, z: FloatArray) -> IntegrandPoint:
        """Evaluate the integrand."""
        q = loadings.shape[1]
        ll, score, information = (d[:, :, 0] for d in family.derivatives((fixed + z @ loadings.T)[:, :, None]))
        outer = (loadings[:, :, None] * loadings[:, None, :]).reshape(-1, q * q)
        curvature = (information @ outer).reshape(-1, q, q) + np.eye(q)
        return cls(z, ll.sum(axis=1) - (z * z).sum(axis=1) / 2, score @ loadings - z, curvature)


def modes(family: GlmmFamily, fixed: FloatArray, loadings: FloatArray) -> IntegrandPoint:
    """Return the mode of each study's integrand, which is log-concave, by Newton's method with halved steps."""
    here = IntegrandPoint.at(family, fixed, loadings, np.zeros((family.k, loadings.shape[1])))
    for _ in range(MODE_STEPS):
        step = np.linalg.solve(here.curvature, here.gradient[:, :, None])[:, :, 0]
        length = np.ones((family.k, 1))
        for _ in range(HALVINGS):
            new = IntegrandPoint.at(family, fixed, loadings, here.z + length * step)
            down = new.value < here.value - 1e-9
            if not down.any():
                break
            length[down] /= 2
        here, far = new, float(np.abs(step).max())
        if far < 1e-6:
            return here
    raise ConvergenceError(f"the mode of a random effect: last step {far:g} in {MODE_STEPS}")


def _joint(family: GlmmFamily, fixed: FloatArray, loadings: FloatArray, z: FloatArray) -> FloatArray:
    """Return the log of the integrand but for its constant, shape (k, points), at z of shape (k, q, points)."""
    eta = fixed[:, :, None] + loadings @ z
    return np.asarray(family.log_likelihood(eta).sum(axis=1) - (z * z).sum(axis=1) / 2)


def _inverse_root(curvature: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return R with R R' = the inverse of the curvature, and minus the log determinant of R."""
    lower = np.linalg.cholesky(curvature)
    inverse = np.linalg.inv(lower)
    return inverse.swapaxes(1, 2), np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
