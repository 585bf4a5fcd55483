"""Of each study, the chance to be seen: the mean of the selection function over what could have been observed.

With t the standardised effect, the n-th derivative of that chance in the mean is the mean of the selection function
times the Hermite polynomial He_n(t), over the n-th power of the standard deviation; by the heat equation a derivative
in the variance is half of two in the mean. So the means with He_0 to He_4 give all that Newton's method needs.

Smooth functions are integrated over z = y / sqrt(v), in which the normal density of every study is at least 1 wide:
nodes common to all studies do, and beyond the last one the function is constant, so that its tails have closed forms.
Steps have closed forms throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from ..measures.effects import FloatArray
from .functions import LogWeights, PValues, SelectionFunction, z_of

ORDER = 5
NODES_A_PANEL = 12
FAR, FARTHEST = 9.0, 37.0  # beyond which a p-value is 0 or 1 to rounding, and its logarithm has no float
_ROOT_2PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The chance of each of k studies to be seen, up to a factor common to all, and the weight of what it was.

    Attributes
    ----------
    moments
        Shape (5, k): the means of the selection function times He_0(t) to He_4(t).
    gradient
        Shape (q, 3, k): the derivatives in delta of the first three.
    hessian
        Shape (q, q, k): of the first one.
    observed
        The logarithm of the selection function at the k p-values, with its derivatives, less the same factor.
    """

    moments: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    observed: LogWeights


class Selection(Protocol):
    """A selection function on the p-values of some studies."""

    def seen(self, mean: FloatArray, sd: FloatArray, delta: FloatArray) -> Seen:
        """Return the chances, ``mean`` and ``sd`` being those of z, shape (k,) each."""


def hermite(t: FloatArray) -> FloatArray:
    """Return He_0 to He_4 at t, shape (5, ...)."""
    square = t * t
    return np.stack([np.ones_like(t), t, square - 1, t * (square - 3), square * (square - 6) + 3])


def between(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the integrals of He_0 to He_4 times the normal density from ``lower`` to ``upper``, shape (5, ...)."""
    whole = np.where(lower > 0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
    ends = []
    for bound in (lower, upper):
        at = np.where(np.isfinite(bound), bound, 0.0)
        ends.append(np.where(np.isfinite(bound), hermite(at)[:4] * np.exp(-0.5 * at * at) / _ROOT_2PI, 0.0))
    return np.concatenate([whole[None], ends[0] - ends[1]])


@dataclass(frozen=True, slots=True, eq=False)
class Smooth:
    """A smooth selection function.

    Attributes
    ----------
    function, step, two_sided
        Which it is; the p-value below which all are seen alike, 0 for none.
    observed
        The k p-values.
    precision
        Shape (k,), or (1,) where it plays no part.
    nodes, weights, at_nodes
        Where it is integrated, shape (n,), and between which bounds; the last two nodes, of weight 0, are the bounds.
    """

    function: SelectionFunction
    step: float
    two_sided: bool
    observed: PValues
    precision: FloatArray
    nodes: FloatArray
    weights: FloatArray
    at_nodes: PValues

    @classmethod
    def of(cls, z: FloatArray, function: SelectionFunction, step: float, two_sided: bool, prec: FloatArray) -> Smooth:
        """Lay out the nodes for studies at z."""
        least = function.least_p
        far = float(z_of(np.array(least), two_sided)) if least else FAR
        farthest = FARTHEST if len(function.null) > 1 and not least else far
        cuts = {-farthest if two_sided else -far, farthest, *np.arange(np.ceil(-far), np.ceil(farthest))}
        if two_sided:
            near = np.geomspace(float(z_of(np.array(1 - least), True)), 1.0, 9) if least else ()  # 1 - p is |z| there
            cuts |= {*near, *(-c for c in (*cuts, *near))}
        if step:
            at = float(z_of(np.array(step), two_sided))
            cuts |= {at, -at} if two_sided else {at}
        bounds = np.array(sorted(cuts))
        x, w = np.polynomial.legendre.leggauss(NODES_A_PANEL)
        half = 0.5 * np.diff(bounds)[:, None]
        nodes = np.append((bounds[:-1, None] + half * (x + 1)).ravel(), bounds[[0, -1]])
        weights = np.append((half * w).ravel(), [0.0, 0.0])
        return cls(function, step, two_sided, PValues.of(z, two_sided, least), prec, nodes, weights,
                   PValues.of(nodes, two_sided, least))  # fmt: skip

    def log_weights(self, p: PValues, prec: FloatArray, delta: FloatArray) -> LogWeights:
        """Return the logarithm of the function, 0 up to the step."""
        assert self.function.log_weight is not None
        found = self.function.log_weight(p, prec, delta)
        if not self.step:
            return found
        edge = PValues(np.array(self.step), np.log(np.array(self.step)), np.log1p(-np.array(self.step)))
        return found.less(self.function.log_weight(edge, prec, delta)).where(p.p > self.step)

    def seen(self, mean: FloatArray, sd: FloatArray, delta: FloatArray) -> Seen:
        """Integrate."""
        q = delta.size
        observed = self.log_weights(self.observed, self.precision, delta)
        got = self.log_weights(self.at_nodes, self.precision[:, None], delta)
        top = float(got.value.max())
        w = np.exp(got.value - top)
        pairs = np.triu_indices(q)
        first = w * got.gradient
        second = w * (got.gradient[pairs[0]] * got.gradient[pairs[1]] + got.hessian[pairs])
        parts = np.concatenate([w[None], first, second])  # (c, k or 1, n)
        means = self._means(mean, sd, parts)
        hessian = np.empty((q, q, mean.size))
        hessian[pairs] = hessian[pairs[1], pairs[0]] = means[1 + q :, 0]
        return Seen(means[0], means[1 : 1 + q, :3], hessian, observed._replace(value=observed.value - top))

    def _means(self, mean: FloatArray, sd: FloatArray, parts: FloatArray) -> FloatArray:
        """Return the means of each part times He_0 to He_4, shape (c, 5, k)."""
        t = (self.nodes[:-2] - mean[:, None]) / sd[:, None]
        density = np.exp(-0.5 * t * t) * self.weights[:-2] / (_ROOT_2PI * sd[:, None])
        kernel = hermite(t) * density  # (5, k, n)
        inner = parts[:, :, :-2]
        if parts.shape[1] == 1:
            whole = np.moveaxis(kernel @ inner[:, 0].T, 2, 0)
        else:
            whole = np.einsum("okn,ckn->cok", kernel, inner)
        left, right = ((self.nodes[j] - mean) / sd for j in (-2, -1))
        end = np.full_like(left, np.inf)
        tails = zip((-2, -1), (between(-end, left), between(right, end)))
        return np.asarray(whole + sum(parts[:, None, :, j] * tail for j, tail in tails))


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A step function.

    Attributes
    ----------
    interval
        Shape (k,): in which of the intervals of p-values each study lies.
    lower, upper
        The bounds of z of each interval; two rows when two-sided, shape (1 or 2, number of intervals, 1 or k).
    """

    interval: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, z: FloatArray, steps: FloatArray, two_sided: bool) -> Steps:
        """Cut z at the steps, of which the last is 1."""
        cuts = np.append(np.inf, z_of(steps, two_sided))
        if two_sided:
            cuts[-1] = 0.0
            lower, upper = np.stack([cuts[1:], -cuts[:-1]]), np.stack([cuts[:-1], -cuts[1:]])
        else:
            lower, upper = cuts[None, 1:], cuts[None, :-1]
        p = PValues.of(z, two_sided, 0.0).p
        interval = np.minimum(np.searchsorted(steps, p, side="left"), steps.size - 1)
        return cls(interval, lower[:, :, None], upper[:, :, None])

    @classmethod
    def at_effect(cls, yi: FloatArray, sei: FloatArray, cut: float) -> Steps:
        """Cut the effects above ``cut`` from the others."""
        bound, end = cut / sei, np.full_like(sei, np.inf)
        return cls((yi <= cut).astype(int), np.stack([bound, -end])[None], np.stack([end, bound])[None])

    def seen(self, mean: FloatArray, sd: FloatArray, delta: FloatArray) -> Seen:
        """Return the chances in closed form."""
        k, q = mean.size, delta.size
        bounds = ((edge - mean) / sd for edge in (self.lower, self.upper))
        shares = between(*bounds).sum(axis=1)  # (5, q, k)
        with np.errstate(divide="ignore", invalid="ignore"):
            value, slope = np.log(delta), 1 / delta
        at = self.interval
        gradient, hessian = np.zeros((q, k)), np.zeros((q, q, k))
        gradient[at, np.arange(k)] = slope[at]
        hessian[at, at, np.arange(k)] = -(slope[at] ** 2)
        return Seen(
            np.einsum("q,oqk->ok", delta, shares), np.moveaxis(shares[:3], 1, 0), np.zeros((q, q, k)),
            LogWeights(value[at], gradient, hessian),
        )  # fmt: skip
