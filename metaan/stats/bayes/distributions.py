"""What a posterior answers: mean, median, mode, sd, intervals, pdf, cdf, quantile.

`Positive` is the distribution of tau; `Mixture` is that of whatever is normal once tau is known.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ...errors import ConvergenceError, UsageError, choose
from ..measures.effects import FloatArray, Interval
from ..numerics.numerals import figures, fixed
from ..numerics.roots import crossing
from ..pooling.intervals import check_level
from .quadrature import LogDensity, TauGrid

_ROOT_2PI = math.sqrt(2 * math.pi)
_STEPS = 60


@dataclass(frozen=True, eq=False, repr=False)
class Distribution(ABC):
    """A distribution of one number, on the analysis scale.

    Attributes
    ----------
    name
        What it is of.
    level, interval
        Coverage of ``ci`` and its kind, a key of `INTERVALS`.
    mean, sd
        None where the integral does not exist; ``reason`` says why.
    """

    name: str
    level: float
    interval: str
    mean: float | None
    sd: float | None
    reason: str | None

    @abstractmethod
    def pdf(self, x: ArrayLike) -> Any:
        """Return the density at ``x``, in its shape."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> Any:
        """Return the probability of at most ``x``, in its shape."""

    @abstractmethod
    def _quantile(self, p: float) -> float:
        """Return where the cdf is ``p``, for p between 0 and 1."""

    @property
    @abstractmethod
    def support(self) -> Interval:
        """Where the density can be above 0."""

    @cached_property
    @abstractmethod
    def mode(self) -> float:
        """Where the density is highest."""

    @abstractmethod
    def _slope(self, x: float) -> float:
        """Return the derivative of the logarithm of the density."""

    @cached_property
    def median(self) -> float:
        """Half of the probability lies on either side."""
        return self._quantile(0.5)

    @cached_property
    def ci(self) -> Interval:
        """The credible interval of ``level``, of the kind ``interval``."""
        return self.credible_interval()

    def quantile(self, p: ArrayLike) -> Any:
        """Return where the cdf is ``p``, in its shape.

        Raises
        ------
        UsageError
            A probability outside 0 to 1.
        """
        given = np.asarray(p, dtype=float)
        if not np.all((given >= 0) & (given <= 1)):
            raise UsageError(f"quantile of p = {p!r}; allowed: probabilities from 0 to 1")
        ends = {0.0: self.support.lb, 1.0: self.support.ub}
        found = [ends[q] if q in ends else self._quantile(q) for q in given.ravel().tolist()]
        return found[0] if given.ndim == 0 else np.reshape(found, given.shape)

    def probability(self, lb: float = -math.inf, ub: float = math.inf) -> float:
        """Return the probability of a value between ``lb`` and ``ub``."""
        lo, hi = max(lb, self.support.lb), min(ub, self.support.ub)
        below = float(self.cdf(lo)) if lo > self.support.lb else 0.0
        return max(0.0, (float(self.cdf(hi)) if hi < self.support.ub else 1.0) - below)

    def credible_interval(self, level: float | None = None, interval: str | None = None) -> Interval:
        """Return an interval of another level or another kind, a key of `INTERVALS`."""
        wanted = self.level if level is None else level
        check_level(wanted)
        return choose(INTERVALS, interval or self.interval, "interval")(self, wanted)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        names = ("mean", "median", "mode", "sd")
        numbers = {name: getattr(self, name) for name in names}
        return {**numbers, "ci": list(self.ci), "interval": self.interval, "level": self.level, "reason": self.reason}

    def __repr__(self) -> str:
        lb, ub = self.ci
        mean = "none" if self.mean is None else figures(self.mean)
        sd = "none" if self.sd is None else figures(self.sd)
        return (
            f"{self.name}: median {figures(self.median)}, mean {mean}, mode {figures(self.mode)}, sd {sd}, "
            f"{fixed(100 * self.level, 0)}% {self.interval} interval {figures(lb)} to {figures(ub)}"
            + (f" ({self.reason})" if self.reason else "")
        )


@dataclass(frozen=True, eq=False, repr=False)
class Positive(Distribution):
    """The distribution of tau: a density that is known up to a constant, and its integral.

    Attributes
    ----------
    log_density
        The logarithm of the density, up to a constant, at t of shape (n,), 0 included.
    grid
        Its integral.
    upper
        Where it ends.
    """

    log_density: LogDensity = field(default=lambda t: t)
    grid: TauGrid = field(default_factory=lambda: TauGrid(np.zeros((0, 2)), np.zeros(0), np.zeros(0), 0.0))
    upper: float = math.inf

    @property
    def support(self) -> Interval:
        """From 0 to where the prior ends."""
        return Interval(0.0, self.upper)

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density at ``x``, in its shape; 0 below 0."""
        given = np.asarray(x, dtype=float)
        t = given.ravel()
        inside = (t >= 0) & (t <= self.upper)
        found = np.zeros(t.size)
        with np.errstate(over="ignore"):
            found[inside] = np.exp(self.log_density(t[inside]) - self.grid.log_total)
        return float(found[0]) if given.ndim == 0 else found.reshape(given.shape)

    def cdf(self, x: ArrayLike) -> Any:
        """Return the probability of at most ``x``, in its shape."""
        given = np.asarray(x, dtype=float)
        u = np.log(np.clip(given.ravel(), 1e-300, None))
        found = np.array([self.grid.share_below(one) for one in u.tolist()])
        return float(found[0]) if given.ndim == 0 else found.reshape(given.shape)

    def _quantile(self, p: float) -> float:
        at = int(np.clip(np.searchsorted(self.grid.below, p) - 1, 0, len(self.grid.edges) - 1))
        left, right = self.grid.edges[at].tolist()
        return math.exp(
            _inverse(lambda u: (self.grid.share_below(u), self.grid.density(u)), p, 0.5 * (left + right), left, right)
        )

    @cached_property
    def mode(self) -> float:
        """Where the density is highest; 0 where it is so at the edge."""
        return peak(self.log_density, self.grid.t, self.upper)

    def _slope(self, x: float) -> float:
        step = 1e-5 * x
        low, high = self.log_density(np.array([x - step, x + step])).tolist()
        return float((high - low) / (2 * step))


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(Distribution):
    """A mixture of normal distributions, one for each point of tau.

    Attributes
    ----------
    mass, means, sds
        Shape (points,), of each component.
    """

    mass: FloatArray = field(default_factory=lambda: np.ones(1))
    means: FloatArray = field(default_factory=lambda: np.zeros(1))
    sds: FloatArray = field(default_factory=lambda: np.ones(1))

    @property
    def support(self) -> Interval:
        """All numbers."""
        return Interval(-math.inf, math.inf)

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density at ``x``, in its shape."""
        z = self._z(x)
        found = np.exp(-0.5 * z * z) @ self._height
        return float(found) if found.ndim == 0 else found

    def cdf(self, x: ArrayLike) -> Any:
        """Return the probability of at most ``x``, in its shape."""
        found = ndtr(self._z(x)) @ self.mass
        return float(found) if np.ndim(found) == 0 else found

    def _z(self, x: ArrayLike) -> FloatArray:
        return (np.asarray(x, dtype=float)[..., None] - self.means) / self.sds

    def _quantile(self, p: float) -> float:
        each = self.means + float(ndtri(p)) * self.sds
        order = np.argsort(each)
        start = each[order][min(int(np.searchsorted(np.cumsum(self.mass[order]), 0.5)), each.size - 1)]
        return _inverse(self._both, p, float(start), float(each[order[0]]), float(each[order[-1]]))

    def _both(self, x: float) -> tuple[float, float]:
        z = (x - self.means) / self.sds
        return float(ndtr(z) @ self.mass), float(np.exp(-0.5 * z * z) @ self._height)

    @cached_property
    def _height(self) -> FloatArray:
        """Shape (points,), the height of each component at its mean."""
        return self.mass / (self.sds * _ROOT_2PI)

    @cached_property
    def mode(self) -> float:
        """Where the density is highest."""
        order = np.argsort(self.means)
        below = np.cumsum(self.mass[order])
        some = np.minimum(np.searchsorted(below, np.linspace(0, 1, 33)), below.size - 1)
        tried = np.unique(self.means[order][some])
        best = int(np.argmax(self.pdf(tried)))
        lo, hi = float(tried[max(best - 1, 0)]), float(tried[min(best + 1, tried.size - 1)])
        return crossing(self._slope, lo, hi) if self._slope(lo) > 0 > self._slope(hi) else float(tried[best])

    def _slope(self, x: float) -> float:
        z = self._z(x)
        logs = np.log(self._height) - 0.5 * z * z
        share = np.exp(logs - logs.max())
        return float(-(share @ (z / self.sds)) / share.sum())


def _inverse(both: Callable[[float], tuple[float, float]], p: float, start: float, lo: float, hi: float) -> float:
    """Return where a cdf is ``p`` by Newton's steps from cdf and density, halving where they leave the bracket."""
    x = start
    for _ in range(20 * _STEPS):
        below, density = both(x)
        lo, hi = (lo, x) if below > p else (x, hi)
        new = x - (below - p) / density if density > 0 else math.nan
        new = new if lo < new < hi else 0.5 * (lo + hi)
        if abs(new - x) <= 1e-13 * abs(x) or hi - lo <= 1e-14 * max(abs(lo), abs(hi)):
            return new
        x = new
    raise ConvergenceError(f"no quantile {p:g} found between {lo:g} and {hi:g}")


def peak(log_density: LogDensity, tried: FloatArray, upper: float = math.inf) -> float:
    """Return where on t >= 0 a density is highest: the best of ``tried`` (in order) and 0, then ever closer to it."""
    t = np.concatenate([[0.0], tried, [upper] if math.isfinite(upper) else []])
    for _ in range(_STEPS):
        values = log_density(t)
        best = int(np.argmax(values))
        lo, hi = float(t[max(best - 1, 0)]), float(t[min(best + 1, t.size - 1)])
        if (best == 0 and values[0] == math.inf) or hi - lo <= 1e-9 * hi:
            break
        t = np.linspace(lo, hi, 33)
    return float(t[best]) if best or t[0] > 0 else 0.0


def central(of: Distribution, level: float) -> Interval:
    """Return the interval that leaves as much probability below as above."""
    return Interval(of.quantile(0.5 * (1 - level)), of.quantile(0.5 * (1 + level)))


def shortest(of: Distribution, level: float) -> Interval:
    """Return the shortest interval: both ends have the same density, or one end is an end of the support."""
    lb, ub = of.support
    if math.isfinite(lb):
        end = of.quantile(level)
        if float(of.pdf(lb)) == math.inf:  # a spike at the edge, and perhaps a hill beyond it
            inside = _scanned(of, level)
            return inside if inside.ub - inside.lb < end - lb else Interval(lb, end)
        if of.mode == lb or float(of.pdf(lb)) >= float(of.pdf(end)):
            return Interval(lb, end)
    if math.isfinite(ub):
        start = of.quantile(1 - level)
        if of.mode == ub or float(of.pdf(ub)) >= float(of.pdf(start)):
            return Interval(start, ub)
    return _newton(of, level) or _scanned(of, level)


def _newton(of: Distribution, level: float) -> Interval | None:
    """Return the ends with equal densities around the mode by Newton's method, or None where it goes astray."""
    a, b = central(of, level)
    for _ in range(_STEPS):
        fa, fb = float(of.pdf(a)), float(of.pdf(b))
        if not (fa > 0 and fb > 0 and a < of.mode < b):
            return None
        jacobian = np.array([[-fa, fb], [of._slope(a), -of._slope(b)]])
        miss = [level - (float(of.cdf(b)) - float(of.cdf(a))), math.log(fb) - math.log(fa)]
        if abs(np.linalg.det(jacobian)) == 0:
            return None
        da, db = np.linalg.solve(jacobian, miss).tolist()
        far = max(
            1.0, abs(da) / (0.5 * (of.mode - a)) if da > 0 else 0.0, 2 * -da / (a - of.support.lb) if da < 0 else 0
        )
        far = max(far, -db / (0.5 * (b - of.mode)) if db < 0 else 0.0, db / (b - a))
        a, b = a + da / far, b + db / far
        if max(abs(da), abs(db)) <= 1e-10 * (b - a):
            return Interval(a, b)
    return None


def _scanned(of: Distribution, level: float) -> Interval:
    """Return the shortest of intervals that begin at ever closer quantiles: slow, for densities with several modes."""
    lo, hi = 0.0, 1 - level
    best = lo
    for _ in range(8):
        tried = np.linspace(lo, hi, 17)[1:-1] if lo == 0 else np.linspace(lo, hi, 17)
        widths = [float(of.quantile(p + level)) - float(of.quantile(p)) for p in tried.tolist()]
        at = int(np.argmin(widths))
        best = float(tried[at])
        lo, hi = float(tried[max(at - 1, 0)]), float(tried[min(at + 1, tried.size - 1)])
    return Interval(of.quantile(best), of.quantile(best + level))


INTERVALS: dict[str, Callable[[Distribution, float], Interval]] = {"shortest": shortest, "central": central}
