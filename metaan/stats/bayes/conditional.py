"""What is normal once tau is known: likelihood, coefficients, the true effects of the studies.

Given tau, the effects are N(X b, vi + tau^2) and b has a normal or a flat prior: b is normal again (Roever 2020,
equations 7 to 11; Lindley & Smith 1972 for several columns).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..measures.effects import FloatArray

_LOG_2PI = math.log(2 * math.pi)
_AT_ONCE = 2_000_000  # numbers in one array


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The distribution of the coefficients for each tau.

    Attributes
    ----------
    means, covariances
        Shape (n, p) and (n, p, p).
    log_likelihood
        Shape (n,), the logarithm of the density of the data, the coefficients integrated out; a flat prior counts as 1.
    """

    means: FloatArray
    covariances: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """The data and the prior of the coefficients.

    Attributes
    ----------
    yi, vi
        Shape (k,).
    x
        Shape (k, p).
    prior_mean, prior_sd
        Shape (p,); a standard deviation of inf is a flat prior.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    prior_mean: FloatArray
    prior_sd: FloatArray

    @property
    def flat(self) -> int:
        """How many coefficients have a flat prior."""
        return int(np.isinf(self.prior_sd).sum())

    def given(self, tau: FloatArray) -> Given:
        """Return the distribution of the coefficients at tau, shape (n,), a slice of it at a time."""
        size = max(1, _AT_ONCE // self.yi.size)
        if tau.size <= size:
            return self._given(tau)
        parts = [self._given(tau[i : i + size]) for i in range(0, tau.size, size)]
        fields = ("means", "covariances", "log_likelihood")
        return Given(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))

    def log_likelihood(self, tau: FloatArray) -> FloatArray:
        """Return the logarithm of the marginal likelihood at tau, shape (n,)."""
        return self.given(tau).log_likelihood

    def _given(self, tau: FloatArray) -> Given:
        k, p = self.x.shape
        w = 1 / (self.vi + np.square(tau)[:, None])
        scale = 1 / np.sqrt(w.max(axis=1))[:, None]  # of the coefficients: no product of weights leaves the floats
        precision = 1 / self.prior_sd
        outer = (self.x[:, :, None] * self.x[:, None, :]).reshape(k, p * p)
        a = ((w * scale**2) @ outer).reshape(-1, p, p) + np.square(scale[:, :, None] * np.diag(precision))
        centred = self.yi - self.x @ self.prior_mean
        rhs = ((w * scale**2) * centred) @ self.x
        inverse = np.linalg.inv(a) if p > 1 else 1 / a
        shift = (inverse @ rhs[:, :, None])[:, :, 0]
        rest = centred - shift @ self.x.T
        rss = (w * rest**2).sum(axis=1) + np.square(shift * precision).sum(axis=1)
        proper = np.isfinite(self.prior_sd)
        determinant = (np.linalg.slogdet(a)[1] if p > 1 else np.log(a[:, 0, 0])) - 2 * p * np.log(scale[:, 0])
        constant = -0.5 * _LOG_2PI * (k - self.flat) - float(np.log(self.prior_sd[proper]).sum())
        return Given(
            self.prior_mean + shift,
            inverse * scale[:, :, None] ** 2,
            constant + 0.5 * np.log(w).sum(axis=1) - 0.5 * determinant - 0.5 * rss,
        )

    def at(self, tau: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return the logarithm of the density of the data at tau, shape (n,), and given coefficients, shape (n, p)."""
        total = self.vi + np.square(tau)[:, None]
        rest = self.yi - coefficients @ self.x.T
        found: FloatArray = -0.5 * (_LOG_2PI + np.log(total) + rest**2 / total).sum(axis=1)
        return found

    def linear(self, given: Given, row: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance, shape (n,) each, of a linear combination of the coefficients."""
        return given.means @ row, np.einsum("i,nij,j->n", row, given.covariances, row)

    def effect(self, i: int, tau: FloatArray, given: Given) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance, shape (n,) each, of the true effect of study ``i``."""
        mean, variance = self.linear(given, self.x[i])
        t2 = np.square(tau)
        kept = t2 / (self.vi[i] + t2)
        pulled = self.vi[i] / (self.vi[i] + t2)
        return kept * self.yi[i] + pulled * mean, self.vi[i] * kept + np.square(pulled) * variance
