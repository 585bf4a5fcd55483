"""Distributions of counts for `metaan.stats.glmm.glmm`: log-likelihoods in the natural parameter eta.

A family holds the counts of k studies with J arms each. `Family.log_likelihood` takes eta of shape (k, J, points);
`Family.derivatives` adds the score and the information, which the search for the mode needs.
To add one: write a class with these methods and use it in `metaan.stats.glmm.models`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, log_expit, xlogy

from ...errors import ConvergenceError
from ..measures.effects import FloatArray
from ..measures.families import Mask

Derivatives = tuple[FloatArray, FloatArray, FloatArray]

LARGEST_LOG = 500.0
SMALL_SUPPORT = 1000  # values of a table that are all looked at; of larger tables only those that have weight


@dataclass(frozen=True, slots=True)
class Saturated:
    """Each arm fitted by itself, shape (k, J): the variance is infinite where the estimate is."""

    log_likelihood: FloatArray
    eta: FloatArray
    variance: FloatArray


class GlmmFamily(Protocol):
    """What a distribution must answer."""

    @property
    def k(self) -> int:
        """The number of studies."""
        ...

    def log_likelihood(self, eta: FloatArray) -> FloatArray:
        """Return the log-likelihood of each arm at each point, shape (k, J, points)."""
        ...

    def derivatives(self, eta: FloatArray) -> Derivatives:
        """Return the log-likelihood, its first derivative and the negative of its second, shape (k, J, points)."""
        ...

    def saturated(self) -> Saturated:
        """Return the fit of each arm by itself."""
        ...


@dataclass(frozen=True)
class Binomial:
    """Events x of n; eta + offset is the logit of their probability."""

    x: FloatArray
    n: FloatArray
    offset: FloatArray

    @property
    def k(self) -> int:
        """The number of studies."""
        return int(self.x.shape[0])

    @cached_property
    def constant(self) -> FloatArray:
        """The logarithm of the binomial coefficients."""
        return np.asarray(gammaln(self.n + 1) - gammaln(self.x + 1) - gammaln(self.n - self.x + 1))

    def log_likelihood(self, eta: FloatArray) -> FloatArray:
        """Binomial log-likelihood in a form that loses no digits at either end."""
        at = eta + self.offset[..., None]
        rest = self.n - self.x
        return np.asarray(
            self.constant[..., None] + self.x[..., None] * log_expit(at) + rest[..., None] * log_expit(-at)
        )

    def derivatives(self, eta: FloatArray) -> Derivatives:
        """Log-likelihood, x - n p, n p (1 - p)."""
        p = expit(eta + self.offset[..., None])
        n = self.n[..., None]
        return self.log_likelihood(eta), self.x[..., None] - n * p, n * p * (1 - p)

    def saturated(self) -> Saturated:
        """Observed proportions."""
        rest = self.n - self.x
        ll = self.constant + xlogy(self.x, self.x / self.n) + xlogy(rest, rest / self.n)
        with np.errstate(divide="ignore"):
            eta, variance = np.log(self.x) - np.log(rest) - self.offset, 1 / self.x + 1 / rest
        return Saturated(ll, eta, variance)


@dataclass(frozen=True)
class Poisson:
    """Events x in person-time t; eta is the log of their rate."""

    x: FloatArray
    t: FloatArray

    @property
    def k(self) -> int:
        """The number of studies."""
        return int(self.x.shape[0])

    def log_likelihood(self, eta: FloatArray) -> FloatArray:
        """Poisson log-likelihood; far-off trial points are finite, if hopeless."""
        at = np.minimum(eta + np.log(self.t)[..., None], LARGEST_LOG)
        x = self.x[..., None]
        return np.asarray(x * at - np.exp(at) - gammaln(x + 1))

    def derivatives(self, eta: FloatArray) -> Derivatives:
        """Log-likelihood, x - mean, mean."""
        mean = np.exp(np.minimum(eta + np.log(self.t)[..., None], LARGEST_LOG))
        return self.log_likelihood(eta), self.x[..., None] - mean, mean

    def saturated(self) -> Saturated:
        """Observed rates."""
        ll = xlogy(self.x, self.x) - self.x - gammaln(self.x + 1)
        with np.errstate(divide="ignore"):
            return Saturated(ll, np.log(self.x / self.t), 1 / self.x)


@dataclass(frozen=True)
class NoncentralHypergeometric:
    """Events a of n1, given the margins of the table; eta is the log odds ratio (Stijnen et al. 2010, eq. 9).

    The support of every study lies end to end in one array, so that ragged tables cost no padding.
    """

    a: FloatArray
    n1: FloatArray
    n2: FloatArray
    m: FloatArray

    @property
    def k(self) -> int:
        """The number of studies."""
        return int(self.a.size)

    @cached_property
    def support(self) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
        """First index of each study, y - a, and the log weight of y over that of a."""
        low, high = np.maximum(0, self.m - self.n2), np.minimum(self.n1, self.m)
        sizes = np.rint(high - low + 1).astype(np.intp)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        rank = np.arange(int(sizes.sum())) - np.repeat(starts, sizes)
        a, n1, n2, m = (np.repeat(v, sizes) for v in (self.a, self.n1, self.n2, self.m))
        y = np.repeat(low, sizes) + rank
        weight = _log_choose(n1, y) + _log_choose(n2, m - y) - _log_choose(n1, a) - _log_choose(n2, m - a)
        return starts, np.asarray(y - a), weight

    def _terms(self, eta: FloatArray) -> tuple[NDArray[np.intp], FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return where each study starts, y - a, the largest exponent and each and the sum relative to it."""
        starts, distance, weight = self.support
        sizes = np.diff(np.append(starts, distance.size))
        d, w = distance[:, None], weight[:, None]
        if sizes.max() > SMALL_SUPPORT:
            starts, sizes, index = self._window(eta[:, 0, :], starts, sizes)
            d, w = distance[index], weight[index]
        exponent = w + d * np.repeat(eta[:, 0, :], sizes, axis=0)
        top = np.maximum.reduceat(exponent, starts, axis=0)
        each = np.exp(exponent - np.repeat(top, sizes, axis=0))
        return starts, d, top, each, np.add.reduceat(each, starts, axis=0)

    def _window(
        self, eta: FloatArray, starts: NDArray[np.intp], sizes: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Return starts, sizes and, shape (sum of sizes, points), which values of the support hold all of the weight.

        The weight falls off on both sides of its mode as a normal density does or faster; ten standard deviations and
        twenty values more leave out less than 1e-20 of it.
        """
        low = np.maximum(0, self.m - self.n2)[:, None]
        mode = np.clip(self._mode(eta), low, low + sizes[:, None] - 1)
        n1, rest, m = (v[:, None] for v in (self.n1, self.n2 - self.m, self.m))
        sd = sum(1 / (np.maximum(cell, 0) + 1) for cell in (mode, n1 - mode, m - mode, rest + mode)) ** -0.5
        half = np.ceil(10 * sd.max(axis=1) + 20).astype(np.intp)
        length = np.minimum(sizes, 2 * half + 1)
        first = np.rint(mode - low).astype(np.intp) - half[:, None]
        first = starts[:, None] + np.clip(first, 0, (sizes - length)[:, None])
        begin = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.intp)
        rank = np.arange(int(length.sum())) - np.repeat(begin, length)
        return begin, length, np.repeat(first, length, axis=0) + rank[:, None]

    def _mode(self, eta: FloatArray) -> FloatArray:
        """Return the value at which two neighbours weigh the same: the root of a quadratic, scaled against overflow."""
        larger = np.maximum(eta, 0)
        odds, one = np.exp(eta - larger), np.exp(-larger)
        n1, n2, m = (v[:, None] for v in (self.n1, self.n2, self.m))
        b = odds * (n1 + m) + one * (n2 - m + 2)
        c = odds * n1 * m - one * (n2 - m + 1)
        return np.asarray(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * (odds - one) * c, 0.0))))

    def log_likelihood(self, eta: FloatArray) -> FloatArray:
        """Log of the probability of a, every other value of the support being weighed against it."""
        _, _, top, _, total = self._terms(eta)
        return np.asarray(-(top + np.log(total))[:, None, :])

    def derivatives(self, eta: FloatArray) -> Derivatives:
        """Log-likelihood, a - mean, variance of the noncentral hypergeometric distribution."""
        starts, d, top, each, total = self._terms(eta)
        mean = np.add.reduceat(each * d, starts, axis=0) / total
        square = np.add.reduceat(each * d * d, starts, axis=0) / total
        ll = -(top + np.log(total))
        return ll[:, None, :], -mean[:, None, :], np.maximum(square - mean**2, 0.0)[:, None, :]

    def saturated(self) -> Saturated:
        """Conditional maximum likelihood of each table, by Newton's method; infinite at the ends of the support."""
        inside = (self.a > np.maximum(0, self.m - self.n2)) & (self.a < np.minimum(self.n1, self.m))
        b, c = self.n1 - self.a, self.m - self.a
        d = self.n2 - c
        eta = np.log((self.a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))[:, None, None]
        for _ in range(100):
            ll, score, information = self.derivatives(eta)
            step = np.where(inside[:, None, None], score / np.where(information > 0, information, 1.0), 0.0)
            eta = eta + np.clip(step, -1, 1)
            if float(np.abs(step).max()) < 1e-10:
                ll, _, information = self.derivatives(eta)
                return self._ends(inside, ll, eta, information)
        raise ConvergenceError(f"conditional odds ratio of a table: last step {float(np.abs(step).max()):g} after 100")

    def _ends(self, inside: Mask, ll: FloatArray, eta: FloatArray, information: FloatArray) -> Saturated:
        """At an end of the support the estimate is infinite and the probability of what was observed is 1."""
        keep = inside[:, None]
        end = np.where(self.a == np.minimum(self.n1, self.m), np.inf, -np.inf)[:, None]
        with np.errstate(divide="ignore"):
            variance = np.where(keep, 1 / information[..., 0], np.inf)
        return Saturated(np.where(keep, ll[..., 0], 0.0), np.where(keep, eta[..., 0], end), variance)


def _log_choose(n: FloatArray, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
