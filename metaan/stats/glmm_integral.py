"""Random effects integrated out by adaptive Gauss-Hermite quadrature (Pinheiro & Bates 1995, sec. 2.4).

Each study's integrand is centred at its mode and scaled by its curvature there; one point is Laplace's method.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..errors import ConvergenceError
from .effects import FloatArray
from .glmm_families import Family

MODE_STEPS = 200


def log_marginal(family: Family, fixed: FloatArray, loadings: FloatArray, points: int) -> FloatArray:
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
    mode, curvature = modes(family, fixed, loadings)
    root, log_det = _inverse_root(curvature)
    nodes, log_weights = grid(points, loadings.shape[1])
    at = mode[:, :, None] + root @ nodes
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


def modes(family: Family, fixed: FloatArray, loadings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mode (k, q) and the negative Hessian (k, q, q) of each study's integrand, which is log-concave."""
    k, q = fixed.shape[0], loadings.shape[1]
    z = np.zeros((k, q))
    outer = loadings[:, :, None] * loadings[:, None, :]
    for _ in range(MODE_STEPS):
        ll, score, information = family.derivatives((fixed + z @ loadings.T)[:, :, None])
        value = ll[:, :, 0].sum(axis=1) - (z * z).sum(axis=1) / 2
        gradient = score[:, :, 0] @ loadings - z
        hessian = np.tensordot(information[:, :, 0], outer, axes=1) + np.eye(q)
        step: FloatArray = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0].astype(float, copy=False)
        z = _uphill(family, fixed, loadings, z, step, value)
        if float(np.abs(step).max()) < 1e-9:
            information = family.derivatives((fixed + z @ loadings.T)[:, :, None])[2]
            return z, np.tensordot(information[:, :, 0], outer, axes=1) + np.eye(q)
    raise ConvergenceError(f"the mode of a random effect: last step {float(np.abs(step).max()):g} in {MODE_STEPS}")


def _uphill(
    family: Family, fixed: FloatArray, loadings: FloatArray, z: FloatArray, step: FloatArray, value: FloatArray
) -> FloatArray:
    """Take Newton's step, halved for each study until its integrand does not fall; not so if it is short."""
    if float(np.abs(step).max()) < 1e-3:
        return z + step
    length = np.ones(z.shape[0])
    for _ in range(30):
        trial = z + length[:, None] * step
        down = _joint(family, fixed, loadings, trial[:, :, None])[:, 0] < value - 1e-9
        if not down.any():
            break
        length[down] /= 2
    return np.asarray(trial)


def _joint(family: Family, fixed: FloatArray, loadings: FloatArray, z: FloatArray) -> FloatArray:
    """Return the log of the integrand but for its constant, shape (k, points), at z of shape (k, q, points)."""
    eta = fixed[:, :, None] + np.tensordot(z, loadings, axes=(1, 1)).swapaxes(1, 2)
    return np.asarray(family.log_likelihood(eta).sum(axis=1) - (z * z).sum(axis=1) / 2)


def _inverse_root(curvature: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return R with R R' = the inverse of the curvature, and minus the log determinant of R."""
    lower = np.linalg.cholesky(curvature)
    inverse = np.linalg.inv(lower)
    return inverse.swapaxes(1, 2), np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
