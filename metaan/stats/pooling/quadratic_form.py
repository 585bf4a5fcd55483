"""The exact distribution of the generalised Q statistic, in O(k) and without eigenvalues.

Q = sum a (y - weighted mean)^2 with any weights a, where y has variances v + tau2, is a sum of scaled chi-squares. With
d = a (v + tau2) and s the sum of a, its Laplace transform is

    E exp(-z Q) = [ prod(1 + 2 z d) * sum(a / s / (1 + 2 z d)) ] ** -1/2

(determinant of a diagonal matrix less one of rank one). Every factor keeps off the negative axis when z does, so
principal logarithms are right. The transform is inverted along a parabola through the saddle point, by the trapezoidal
rule, whose error falls exponentially with the number of nodes (Rice 1980, SIAM J Sci Stat Comput 1:438). The parabola
bends as the transform asks, not as the pole at 0 does: with many studies that would lead where the transform is huge.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from ...errors import ConvergenceError
from ..measures.effects import FloatArray
from .heterogeneity import Moments

_STEP = 0.2
NO_TAIL = -700.0  # of this logarithm hardly a float is left


@dataclass(frozen=True, slots=True)
class QuadraticForm:
    """Q with weights ``ai`` (shape (k,)) under variances that make ``di`` = ai (vi + tau2); scale-free in both."""

    share: FloatArray
    di: FloatArray

    @classmethod
    def of(cls, m: Moments, ai: FloatArray, tau2: float) -> QuadraticForm:
        """Q of the studies in ``m`` when the between-study variance is ``tau2``."""
        return cls(ai / float(ai.sum()), ai * (m.vi + tau2))

    def cdf(self, q: float) -> float:
        """Return the probability of a Q not above ``q``, from the smaller of the two tails."""
        if q <= 0:
            return 0.0
        unit = float(self.di.max())  # in which no power overflows
        form, q = QuadraticForm(self.share, self.di / unit), q / unit
        expected = float(form.di @ (1 - form.share))
        return form._tail(q, 1.0) if q <= expected else 1.0 - form._tail(q, -1.0)

    def _tail(self, q: float, side: float) -> float:
        """Return the lower (side 1) or upper (side -1) tail, from a parabola on that side of the pole at 0."""
        saddle = side * self._saddle(q, side)
        _, second, third = self._derivatives(saddle)
        total_second = second + saddle**-2
        scale, bend = 1 / math.sqrt(total_second), third / (6 * second * total_second)
        centre = self._exponent(complex(saddle), q, side).real
        if centre < NO_TAIL:
            return 0.0
        total, u = 0.5, 0.0
        for _ in range(2000):
            u += _STEP
            z = complex(saddle + bend * u * u, scale * u)
            direction = complex(1.0, -2 * bend * u / scale)
            exponent = self._exponent(z, q, side) - centre
            if exponent.real > -NO_TAIL:
                break  # one study has so much of the weight that a float cannot tell the others from none
            term = (cmath.exp(exponent) * direction).real
            total += term
            if abs(term) < 1e-17 and u > 6:
                return min(1.0, max(0.0, total * _STEP * scale * math.exp(centre) / math.pi))
        raise ConvergenceError(f"distribution of the generalised Q at {q:g}: the integral did not end")

    def _exponent(self, z: complex, q: float, side: float) -> complex:
        """Return log of exp(z q) E exp(-z Q) / (side z)."""
        factors = 1 + 2 * z * self.di
        rank_one = complex(np.add.reduce(self.share / factors))
        return z * q - 0.5 * complex(np.add.reduce(np.log(factors))) - 0.5 * cmath.log(rank_one) - cmath.log(side * z)

    def _saddle(self, q: float, side: float) -> float:
        """Return how far from 0 the exponent is lowest, by Newton's method on its slope in the logarithm of that.

        On the negative side it stops short of the largest eigenvalue's pole, or of an upper bound within a factor of 2
        of it (by interlacing, from the trace): a little off the saddle the result is as good.
        """
        end = math.inf if side > 0 else 0.45 / self._largest()
        y = min(1.0 / q, end)
        for _ in range(200):
            first, second, _ = self._derivatives(side * y)
            slope, curve = side * y * (first + q) - 1, side * y * (first + q) + y * y * second
            step = -slope / curve if curve > 0 else -math.copysign(1.0, slope)
            if abs(step) < 1e-3 or (y == end and step > 0):
                return y
            y = min(y * math.exp(max(-2.0, min(2.0, step))), end)
        raise ConvergenceError(f"distribution of the generalised Q at {q:g}: no saddle point in 200 steps")

    def _largest(self) -> float:
        """Return an upper bound of the largest eigenvalue."""
        second, first = np.partition(self.di, -2)[-2:].tolist()
        return float(min(first, max(second, first + second - float(self.share @ self.di))))

    def _derivatives(self, z: float) -> tuple[float, float, float]:
        """Return the first three derivatives of log E exp(-z Q)."""
        rate = 2 * self.di / (1 + 2 * z * self.di)
        g = self.share / (1 + 2 * z * self.di)
        g0 = float(g.sum())
        g1, g2, g3 = -float(g @ rate) / g0, 2 * float(g @ rate**2) / g0, -6 * float(g @ rate**3) / g0
        first = -0.5 * (float(rate.sum()) + g1)
        second = 0.5 * (float(rate @ rate) - g2 + g1 * g1)
        third = -0.5 * (2 * float(np.sum(rate**3)) + g3 - 3 * g1 * g2 + 2 * g1**3)
        return first, second, third
