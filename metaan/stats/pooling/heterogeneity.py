"""Heterogeneity: the sums every method needs, Cochran's Q and its generalisation, I2, H2.

Intervals for tau2 are in `metaan.stats.pooling.tau2_ci`. All sums here are O(k): with P = W - ww'/sum(w), the
projection that takes out the weighted mean, y'Py is a weighted sum of squares, and traces of products of P and diagonal
matrices are sums of powers of the weights.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtri, ndtri

from ...errors import ConvergenceError, NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.ties import above, identical

if TYPE_CHECKING:
    import pandas as pd


_LOST = 1e-5  # below this share of its first term a difference has lost too many digits


@dataclass(frozen=True, slots=True)
class Moments:
    """What every method needs of k studies, at the weights of the common-effect model.

    Attributes
    ----------
    yi, vi, wi
        Shape (k,): effects, variances, and 1 / vi.
    sum_w, mean, q
        Sum of weights, weighted mean, Cochran's Q: 0 where the effects are identical but for rounding.
    c
        Sum of weights less their squared sum over the sum: the trace of P.
    ai
        Shape (k,), weights that the user gave, or None.
    """

    yi: FloatArray
    vi: FloatArray
    wi: FloatArray
    sum_w: float
    mean: float
    q: float
    c: float
    ai: FloatArray | None = None

    @classmethod
    def of(cls, yi: FloatArray, vi: FloatArray, ai: FloatArray | None = None) -> Moments:
        """Compute them in O(k)."""
        wi = 1.0 / vi
        sum_w = float(np.add.reduce(wi))
        mean = float(wi @ yi) / sum_w
        residual = yi - mean
        q = 0.0 if identical(yi) else float(wi @ (residual * residual))
        c = sum_w - float(wi @ wi) / sum_w
        if c < _LOST * sum_w:
            c = off_diagonal(wi) / sum_w
        return cls(yi, vi, wi, sum_w, mean, q, c, ai)

    @property
    def k(self) -> int:
        """The number of studies."""
        return self.yi.size

    def q_at(self, tau2: float) -> float:
        """Return the generalised Q; rounding makes none."""
        return generalised_q(self.yi, self.vi, tau2) if self.q else 0.0


@dataclass(frozen=True, slots=True, repr=False)
class QBased(ShowsItself):
    """H and I2 from Q with their test-based intervals; ``i2`` in percent.

    Attributes
    ----------
    h, h_ci
        The root of Q over its degrees of freedom, not below 1.
    i2, i2_ci
        Percent.
    """

    level: float
    h: float
    h_ci: Interval
    i2: float
    i2_ci: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self) | {"h_ci": list(self.h_ci), "i2_ci": list(self.i2_ci)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a number: estimate, lower and upper bound."""
        import pandas as pd

        rows = {"h": (self.h, *self.h_ci), "i2": (self.i2, *self.i2_ci)}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "lb", "ub"])

    def __repr__(self) -> str:
        h, i2 = (f"[{lb:.4g}, {ub:.4g}]" for lb, ub in (self.h_ci, self.i2_ci))
        return f"From Q: H = {self.h:.4g} {h}, I2 = {self.i2:.4g}% {i2}, {100 * self.level:g}% test-based intervals"


def off_diagonal(x: FloatArray) -> float:
    """Return the sum of x_i x_j over i other than j, also where one of them dwarfs the rest."""
    top = int(np.argmax(x))
    rest = np.delete(x, top)
    total = float(rest.sum())
    return 2 * float(x[top]) * total + max(0.0, total * total - float(rest @ rest))


def trace_psps(ai: FloatArray, si: FloatArray | float = 1.0) -> float:
    """Return the trace of PSPS for P of any weights and S of any variances (1: the trace of PP).

    Where one study has nearly all the weight the terms cancel; then they are summed as squares and products of unlike.
    """
    total, d = float(np.add.reduce(ai)), ai * si
    square = float(d.dot(d))
    trace = square - 2 * float((d * d).dot(ai)) / total + (float(d.dot(ai)) / total) ** 2
    if trace >= _LOST * square:
        return trace
    top, share = int(np.argmax(ai)), ai / total
    rest = 1 - share
    rest[top] = float(np.delete(share, top).sum())
    return float((d * rest) @ (d * rest)) + off_diagonal(d * share)


def i2_from_tau2(tau2: float, m: Moments) -> float:
    """I2 in percent: tau2 over tau2 plus the typical sampling variance (Higgins & Thompson 2002, eq. 9)."""
    typical = typical_variance(m)
    return 100.0 * tau2 / (typical + tau2)


def typical_variance(m: Moments) -> float:
    """Return the typical sampling variance (k - 1) / C (Higgins & Thompson 2002, eq. 9)."""
    return (m.k - 1) / m.c


def q_based(q: float, k: int, level: float) -> QBased:
    """Return H and I2 from Q, with test-based intervals (Higgins & Thompson 2002, section 3.2 and appendix)."""
    if k < 3:
        raise NotEstimableError(f"k = {k}; the test-based interval of H needs at least 3 studies")
    df = k - 1
    if q > k:
        se = 0.5 * math.log(q / df) / (math.sqrt(2 * q) - math.sqrt(2 * k - 3))
    else:
        se = math.sqrt((1 - 1 / (3 * (k - 2) ** 2)) / (2 * (k - 2)))
    h = math.sqrt(max(1.0, q / df))
    factor = math.exp(float(ndtri((1 + level) / 2)) * se)
    bounds = Interval(max(1.0, h / factor), h * factor)
    return QBased(level, h, bounds, _i2_of_h(h), Interval(_i2_of_h(bounds.lb), _i2_of_h(bounds.ub)))


def _i2_of_h(h: float) -> float:
    return 100 * (1 - 1 / (h * h))


def generalised_q(yi: FloatArray, vi: FloatArray, tau2: float) -> float:
    """Return the weighted sum of squares with weights 1 / (vi + tau2)."""
    return _q_and_slope(yi, vi, tau2)[0]


def q_profile(m: Moments, level: float) -> Interval:
    """Return the Q-profile interval of tau2 (Viechtbauer 2007, eq. 10); a bound below 0 is set to 0."""
    tail = (1 - level) / 2
    upper, lower = float(chdtri(m.k - 1, tail)), float(chdtri(m.k - 1, 1 - tail))
    return Interval(solve_q(m, upper), solve_q(m, lower))


def solve_q(m: Moments, target: float) -> float:
    """Return the tau2 at which the generalised Q, which falls with tau2, meets ``target``; 0 where it starts below.

    Newton's method on 1/Q. With Q' = -y'PPy and Q'' = 2 y'PPPy, Cauchy and Schwarz give Q Q'' >= 2 Q'^2: 1/Q is
    concave and rises. From the left no step goes too far, from the right the first one leads to the left: after it the
    approach is monotone and quadratic, wherever it starts. For equal variances 1/Q is a straight line.
    """
    if not above(m.q, target):
        return 0.0
    tau2 = (m.q - target) / m.c
    for _ in range(200):
        q, slope = _q_and_slope(m.yi, m.vi, tau2)
        step = max(q * (q - target) / (target * slope), -tau2)
        tau2 += step
        if abs(step) <= 1e-7 * tau2 or abs(q - target) <= 1e-14 * target:
            return tau2
    raise ConvergenceError(f"generalised Q = {target:g}: no root in 200 steps, tau2 = {tau2:g}, last step {step:g}")


def _q_and_slope(yi: FloatArray, vi: FloatArray, tau2: float) -> tuple[float, float]:
    """Return y'Py and y'PPy, the generalised Q and how fast it falls with tau2."""
    wi = 1.0 / (vi + tau2)
    residual = yi - float(wi @ yi) / float(np.add.reduce(wi))
    weighted = wi * residual
    return float(weighted @ residual), float(weighted @ weighted)
