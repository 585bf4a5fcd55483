"""Adaptive quadrature over the logarithm of a positive number: heavy tails and peaks at 0 are all smooth there.

Every panel has the 15 points of Gauss and Kronrod, and is halved until the 7 points of Gauss among them agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ConvergenceError
from ..measures.effects import FloatArray

LogDensity = Callable[[FloatArray], FloatArray]

#: Shares of the whole: by which the two rules may differ in a panel, and below which a panel is left out.
_AGREED, _NOTHING = 1e-10, 1e-18
_WIDTH, _MOST_ROUNDS = 2.0, 60

_HALF_X = [
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851, 0.864864423359769072789712788640926,
    0.741531185599394439863864773280788, 0.586087235467691130294144949693680, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245,
]  # fmt: skip
_HALF_KRONROD = [
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204, 0.104790010322250183839876322541518,
    0.140653259715525918745189590510238, 0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649,
]  # fmt: skip
_HALF_GAUSS = [
    0.129484966168869693270611432679082,
    0.279705391489276667901467771423780,
    0.381830050505118944950369775488975,
]
_X = np.array([*(-x for x in _HALF_X), 0.0, *reversed(_HALF_X)])
_KRONROD = np.array([*_HALF_KRONROD, 0.209482141084727828012999174891714, *reversed(_HALF_KRONROD)])
_GAUSS = np.zeros(15)
_GAUSS[1::2] = [*_HALF_GAUSS, 0.417959183673469387755102040816327, *reversed(_HALF_GAUSS)]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A density of t > 0, integrated over u = log t.

    Attributes
    ----------
    edges
        Shape (panels, 2), where each panel of u begins and ends; in order.
    t, mass
        Shape (15 panels,), the points and the share of the whole that each stands for; the shares sum to 1.
    log_total
        The logarithm of the whole integral.
    """

    edges: FloatArray
    t: FloatArray
    mass: FloatArray
    log_total: float

    @property
    def below(self) -> FloatArray:
        """Shape (panels + 1,), the share of the whole below each panel, and 1."""
        return np.concatenate([[0.0], np.cumsum(self.mass.reshape(-1, _X.size).sum(axis=1))])

    def moment(self, power: int) -> float:
        """Return the mean of t to a power."""
        return float(self.mass @ self.t**power)


def points(left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points of u, shape (panels, 15), and Kronrod's weights for them."""
    half = 0.5 * (right - left)[:, None]
    return 0.5 * (left + right)[:, None] + half * _X, half * _KRONROD


def integrate(log_density: LogDensity, lo: float, hi: float, powers: int) -> Grid:
    """Integrate a density of t, and t to the powers up to ``powers`` times it, for log t from ``lo`` to ``hi``.

    Raises
    ------
    ConvergenceError
        The density is nowhere positive, or not smooth enough for panels that a float can tell apart.
    """
    edges = np.linspace(lo, hi, max(2, int(np.ceil((hi - lo) / _WIDTH))) + 1)
    panels, logs = _evaluated(log_density, np.column_stack([edges[:-1], edges[1:]]))
    for _ in range(_MOST_ROUNDS):
        coarse = _disagreeing(panels, logs, powers)
        if not coarse.any():
            return _grid(panels, logs, powers)
        middle = panels[coarse].mean(axis=1)
        halves = np.vstack([np.column_stack([panels[coarse, 0], middle]), np.column_stack([middle, panels[coarse, 1]])])
        new, new_logs = _evaluated(log_density, halves)
        panels, logs = np.vstack([panels[~coarse], new]), np.vstack([logs[~coarse], new_logs])
    raise ConvergenceError(f"the posterior of tau is too rough to integrate after {_MOST_ROUNDS} halvings of a panel")


def _evaluated(log_density: LogDensity, panels: FloatArray) -> tuple[FloatArray, FloatArray]:
    u, _ = points(panels[:, 0], panels[:, 1])
    return panels, (log_density(np.exp(u.ravel())) + u.ravel()).reshape(u.shape)


def _terms(panels: FloatArray, logs: FloatArray, power: int) -> tuple[FloatArray, FloatArray, float]:
    """Return the integrand over its highest value, half the width of each panel, and the logarithm of that value."""
    raised = logs + power * points(panels[:, 0], panels[:, 1])[0]
    top = float(raised.max())
    if not np.isfinite(top):
        raise ConvergenceError("the prior and the likelihood of tau have no value in common that a float can hold")
    return np.exp(raised - top), 0.5 * (panels[:, 1] - panels[:, 0]), top


def _disagreeing(panels: FloatArray, logs: FloatArray, powers: int) -> NDArray[np.bool_]:
    """Return, shape (panels,), where the two rules differ by more than a share of the whole."""
    differs = np.zeros(len(panels), dtype=bool)
    for power in range(powers + 1):
        f, half, _ = _terms(panels, logs, power)
        whole = float(half @ (f @ _KRONROD))
        differs |= np.abs(half * (f @ (_KRONROD - _GAUSS))) > _AGREED * whole
    return differs


def _grid(panels: FloatArray, logs: FloatArray, powers: int) -> Grid:
    """Return what counts, in order."""
    counts = np.zeros(len(panels), dtype=bool)
    for power in range(powers + 1):
        f, half, _ = _terms(panels, logs, power)
        share = half * (f @ _KRONROD)
        counts |= share > _NOTHING * float(share.sum())
    kept = np.flatnonzero(counts)[np.argsort(panels[counts, 0])]
    f, half, top = _terms(panels[kept], logs[kept], 0)
    mass = f * half[:, None] * _KRONROD
    whole = float(mass.sum())
    t = np.exp(points(panels[kept, 0], panels[kept, 1])[0])
    return Grid(panels[kept], t.ravel(), mass.ravel() / whole, float(np.log(whole) + top))
