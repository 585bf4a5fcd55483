"""Adaptive quadrature over the logarithm of a positive number: heavy tails and peaks at 0 are all smooth there.

Every panel has the 15 points of Gauss and Kronrod, and is halved until the 7 points of Gauss among them agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.polynomial.legendre import legint, legvander
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
_RULES = np.column_stack([_KRONROD, _KRONROD - _GAUSS])
#: From the values at the points to coefficients of Legendre's polynomials.
_TO_SERIES = np.linalg.inv(legvander(_X, 14))


@dataclass(frozen=True, eq=False)
class TauGrid:
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

    @cached_property
    def _integrals(self) -> FloatArray:
        """Shape (panels, 16), the coefficients of the integral within each panel."""
        return np.asarray(legint(self._values, lbnd=-1, axis=1), dtype=float)

    @cached_property
    def _values(self) -> FloatArray:
        """Shape (panels, 15), the coefficients of the density of the place in each panel, in Legendre's polynomials."""
        coefficients: FloatArray = (self.mass.reshape(-1, _X.size) / _KRONROD) @ _TO_SERIES.T
        return coefficients

    @cached_property
    def below(self) -> FloatArray:
        """Shape (panels + 1,), the share of the whole below each panel, and 1."""
        return np.cumsum(np.append(0.0, self.mass.reshape(-1, _X.size).sum(axis=1)))

    def share_below(self, u: float) -> float:
        """Return the share of the whole below u, by the polynomial through the points of its panel."""
        at, z = self._place(u)
        inside = _series(self._integrals[at], z) if z > -1 else 0.0
        return min(max(float(self.below[at]) + inside, 0.0), 1.0)

    def density(self, u: float) -> float:
        """Return the density of u by the same polynomial."""
        at, z = self._place(u)
        left, right = self.edges[at].tolist()
        return 2 * _series(self._values[at], z) / float(right - left)

    def _place(self, u: float) -> tuple[int, float]:
        """Return the panel of u, and where in it u is, from -1 to 1."""
        at = min(max(int(np.searchsorted(self.edges[:, 0], u, side="right")) - 1, 0), len(self.edges) - 1)
        left, right = self.edges[at].tolist()
        return at, min(max((2 * u - left - right) / (right - left), -1.0), 1.0)

    def moment(self, power: int) -> float:
        """Return the mean of t to a power."""
        return float(self.mass @ self.t**power)


@dataclass(frozen=True, slots=True, eq=False)
class _Panels:
    """Panels of u with the logarithm of the density of u at their points, shape (panels, 15)."""

    edges: FloatArray
    u: FloatArray
    logs: FloatArray

    @classmethod
    def of(cls, log_density: LogDensity, edges: FloatArray) -> _Panels:
        """Evaluate a density of t in panels."""
        half = 0.5 * (edges[:, 1] - edges[:, 0])
        u = edges.mean(axis=1)[:, None] + half[:, None] * _X
        return cls(edges, u, log_density(np.exp(u.ravel())).reshape(u.shape) + u)

    def take(self, which: NDArray[Any]) -> _Panels:
        """Return some of them."""
        return _Panels(self.edges[which], self.u[which], self.logs[which])

    def terms(self, power: int) -> tuple[FloatArray, float]:
        """Return the integrand with t to a power, over its highest value, and the logarithm of that value."""
        raised = self.logs + power * self.u if power else self.logs
        top = float(raised.max())
        if not np.isfinite(top):
            raise ConvergenceError("the prior and the likelihood of tau have no value in common that a float can hold")
        return np.exp(raised - top), top

    @property
    def half(self) -> FloatArray:
        """Shape (panels,), half of each width."""
        return 0.5 * (self.edges[:, 1] - self.edges[:, 0])

    def compared(self, powers: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return, shape (panels,) each, where the rules differ by more than a share of the whole, and what counts."""
        differs = counts = np.zeros(len(self.edges), dtype=bool)
        for power in range(powers + 1):
            f, _ = self.terms(power)
            both = (f @ _RULES) * self.half[:, None]
            whole = float(both[:, 0].sum())
            differs = differs | (np.abs(both[:, 1]) > _AGREED * whole)
            counts = counts | (both[:, 0] > _NOTHING * whole)
        return differs, counts


def integrate(log_density: LogDensity, lo: float, hi: float, powers: int) -> TauGrid:
    """Integrate a density of t, and t to the powers up to ``powers`` times it, for log t from ``lo`` to ``hi``.

    Raises
    ------
    ConvergenceError
        The density is nowhere positive, or not smooth enough for panels that a float can tell apart.
    """
    edges = np.linspace(lo, hi, max(2, int(np.ceil((hi - lo) / _WIDTH))) + 1)
    panels = _Panels.of(log_density, np.column_stack([edges[:-1], edges[1:]]))
    for _ in range(_MOST_ROUNDS):
        coarse, counts = panels.compared(powers)
        if not coarse.any():
            return _grid(panels.take(np.flatnonzero(counts)[np.argsort(panels.edges[counts, 0])]))
        ends = panels.edges[coarse]
        middle = ends.mean(axis=1)
        halves = np.vstack([np.column_stack([ends[:, 0], middle]), np.column_stack([middle, ends[:, 1]])])
        new, old = _Panels.of(log_density, halves), panels.take(~coarse)
        panels = _Panels(*(np.vstack([getattr(old, n), getattr(new, n)]) for n in ("edges", "u", "logs")))
    raise ConvergenceError(f"the posterior of tau is too rough to integrate after {_MOST_ROUNDS} halvings of a panel")


def _grid(panels: _Panels) -> TauGrid:
    """Return the panels that count, in order, as shares of the whole."""
    f, top = panels.terms(0)
    mass = f * panels.half[:, None] * _KRONROD
    whole = float(mass.sum())
    return TauGrid(panels.edges, np.exp(panels.u).ravel(), mass.ravel() / whole, float(np.log(whole) + top))


def _series(coefficients: FloatArray, z: float) -> float:
    """Return a series of Legendre's polynomials at z, by their recurrence."""
    before, now = 1.0, z
    first, second, *rest = coefficients.tolist()
    total: float = first + second * z
    for n, c in enumerate(rest, start=1):
        before, now = now, ((2 * n + 1) * z * now - n * before) / (n + 1)
        total += c * now
    return total
