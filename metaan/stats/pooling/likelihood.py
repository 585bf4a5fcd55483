"""The normal likelihood of the random-effects model: its maximum in tau2, its profiles, its fit statistics.

Throughout, ``restricted`` chooses between the likelihood of the data (ML) and that of their contrasts (REML). All sums
are O(k); with P the projection of `metaan.stats.pooling.heterogeneity`, the score of tau2 is half of y'PPy less the
trace of P (REML) or of W (ML) (Viechtbauer 2005, eqs. 12 and 15).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtri, ndtr

from ...errors import ConvergenceError
from ..measures.effects import Interval
from ..numerics.notebook import ShowsItself
from ..numerics.roots import beyond, crossing
from .heterogeneity import Moments

if TYPE_CHECKING:
    import pandas as pd

_LOG_2PI = math.log(2 * math.pi)
_GRID_RATIO = 3.0
_ROW_BY_ROW = 1000  # above this many studies one tau2 at a time is as fast and needs less memory


@dataclass(frozen=True, slots=True, repr=False)
class FitStatistics(ShowsItself):
    """Log-likelihood and information criteria.

    Attributes
    ----------
    ll, deviance
        The (restricted) log-likelihood; minus twice its distance from the saturated model (ML), or minus twice itself.
    aic, bic, aicc
        Akaike, Bayes, and Akaike corrected for small samples; None where k leaves no observation to count.
    parameters
        The number of parameters, tau2 included where it was estimated.
    restricted
        True for REML: comparable only between fits of the same mean model.
    """

    ll: float
    deviance: float
    aic: float
    bic: float | None
    aicc: float | None
    parameters: int
    restricted: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        import pandas as pd

        return pd.DataFrame([asdict(self)])

    def __repr__(self) -> str:
        kind = "restricted log-likelihood" if self.restricted else "log-likelihood"
        numbers = {"deviance": self.deviance, "AIC": self.aic, "BIC": self.bic, "AICc": self.aicc}
        shown = ", ".join(f"{name} {value:.5g}" for name, value in numbers.items() if value is not None)
        return f"{kind} {self.ll:.5g} ({self.parameters} parameters), {shown}"


def log_likelihood(m: Moments, tau2: float, restricted: bool, mean: float | None = None) -> float:
    """Return the (restricted) log-likelihood with all its constants, at its best mean or at the one given.

    With a mean, the restricted one is that of ML less half the log of the sum of weights: its maximum over mean and
    tau2 is the REML fit.
    """
    wi = 1.0 / (m.vi + tau2)
    sum_w = float(wi.sum())
    residual = m.yi - (float(wi @ m.yi) / sum_w if mean is None else mean)
    ll = 0.5 * (float(np.log(wi).sum()) - float(wi @ (residual * residual)) - m.k * _LOG_2PI)
    return ll + 0.5 * (_LOG_2PI + math.log(m.k / sum_w)) if restricted else ll


def fit_statistics(m: Moments, tau2: float, restricted: bool, tau2_estimated: bool) -> FitStatistics:
    """Return the log-likelihood and the information criteria of a fit with one mean."""
    ll = log_likelihood(m, tau2, restricted)
    n, p = (m.k - 1 if restricted else m.k), (2 if tau2_estimated else 1)
    saturated = 0.0 if restricted else 0.5 * (float(np.log(m.wi).sum()) - m.k * _LOG_2PI)
    enough = max(n, p + 2)
    return FitStatistics(
        ll=ll, deviance=2 * (saturated - ll), aic=2 * (p - ll), bic=p * math.log(n) - 2 * ll if n else None,
        aicc=2 * p * enough / (enough - p - 1) - 2 * ll if n else None, parameters=p, restricted=restricted,
    )  # fmt: skip


def maximise(m: Moments, restricted: bool, mean: float | None = None) -> float:
    """Return the tau2 >= 0 with the highest (restricted) likelihood, at its best mean or at the one given.

    The score is looked at on a grid from 0 to a bound beyond which it is negative, each point 3 times the one before,
    so that every local maximum is bracketed; each is refined, and the highest wins.
    """
    if m.q == 0 and mean is None:
        return 0.0
    tops = list(_local_maxima(m, restricted, mean))
    if len(tops) == 1:
        return tops[0]
    return max(tops, key=lambda tau2: log_likelihood(m, tau2, restricted, mean))


def upper_bound(m: Moments, restricted: bool, mean: float | None = None) -> float:
    """Return a tau2 above which the score is negative.

    y'PPy <= S / (tau2 + min v)^2 with S the unweighted sum of squares, and the trace is at least n / (tau2 + max v)
    with n = k - 1 (REML) or k (ML); what follows is the root of a quadratic.
    """
    deviation = m.yi - (float(np.add.reduce(m.yi)) / m.k if mean is None else mean)
    variance = float(deviation @ deviation) / (m.k - 1 if restricted else m.k)
    lowest, highest = float(np.minimum.reduce(m.vi)), float(np.maximum.reduce(m.vi))
    return 0.5 * (variance + math.sqrt(variance * (variance + 4 * (highest - lowest)))) - lowest


def _local_maxima(m: Moments, restricted: bool, mean: float | None) -> Iterator[float]:
    """Yield every tau2 >= 0 where the score changes from positive to negative, 0 included."""
    lowest = float(np.minimum.reduce(m.vi))
    top = upper_bound(m, restricted, mean) * (1 + 1e-9) + 1e-9 * lowest
    if top <= 0:
        yield 0.0
        return
    grid = _grid(0.25 * lowest, top)
    excess = _score_ratios(m, grid, restricted, mean)
    excess[-1] = max(0.0, excess[-1])  # it is above 0 but for rounding
    if excess[0] >= 0:
        yield 0.0
    for i in range(len(grid) - 1):
        if excess[i] < 0 <= excess[i + 1]:
            first = max(0, min(i, len(grid) - 3))
            start = _interpolate(grid[first : first + 3], excess[first : first + 3], grid[i], grid[i + 1])
            yield _refine(m, grid[i], grid[i + 1], start, lowest, restricted, mean)


def _grid(first: float, top: float) -> list[float]:
    grid = [0.0]
    while first < top:
        grid.append(first)
        first *= _GRID_RATIO
    return [*grid, top]


def _interpolate(at: list[float], values: list[float], low: float, high: float) -> float:
    """Return where the inverse parabola through three points is 0, or the middle where that is outside the bracket."""
    if len(set(values)) == 3:
        (x, y, z), (a, b, c) = at, values
        root = x * b * c / ((a - b) * (a - c)) + y * a * c / ((b - a) * (b - c)) + z * a * b / ((c - a) * (c - b))
        if low < root < high:
            return root
    return 0.5 * (low + high)


def _score_ratios(m: Moments, grid: list[float], restricted: bool, mean: float | None) -> list[float]:
    """Return trace over y'PPy less 1 at each tau2: of opposite sign to the score, and near linear in tau2."""
    if m.k > _ROW_BY_ROW:
        return [_score_ratio_and_slope(m, tau2, restricted, mean)[0] for tau2 in grid]
    wi = 1.0 / (m.vi + np.array(grid)[:, None])
    sum_w = np.add.reduce(wi, 1)
    weighted = wi * (m.yi - (((wi @ m.yi) / sum_w)[:, None] if mean is None else mean))
    trace = sum_w - np.add.reduce(wi * wi, 1) / sum_w if restricted else sum_w
    with np.errstate(divide="ignore"):  # without a residual the score is below 0
        ratios: list[float] = (trace / np.add.reduce(weighted * weighted, 1) - 1).tolist()
    return ratios


def _refine(
    m: Moments, low: float, high: float, tau2: float, lowest: float, restricted: bool, mean: float | None
) -> float:
    """Newton's method on trace / y'PPy = 1, kept inside the bracket by bisection.

    It is quadratic on the scale of tau2 + min v: after a step of 1e-6 of it, 1e-12 of it is left. What it takes stays
    plain numbers: it is the inner loop of every REML.
    """
    for _ in range(200):
        excess, slope = _score_ratio_and_slope(m, tau2, restricted, mean)
        if math.isnan(excess):
            break
        low, high = (tau2, high) if excess < 0 else (low, tau2)
        new = tau2 - excess / slope if slope > 0 else high
        if abs(new - tau2) <= 1e-6 * (tau2 + lowest) or high - low <= 4e-16 * high:
            return min(max(new, low), high)
        tau2 = new if low < new < high else 0.5 * (low + high)
    name = "REML" if restricted else "ML"
    raise ConvergenceError(f"{name}: no convergence; tau2 between {low:g} and {high:g}")


def _score_ratio_and_slope(m: Moments, tau2: float, restricted: bool, mean: float | None) -> tuple[float, float]:
    """Return trace / y'PPy - 1 and its derivative; d(y'PPy) = -2 y'PPPy, d tr P = -tr PP, d tr W = -tr WW."""
    wi = 1.0 / (m.vi + tau2)
    sum_w, sum_w2 = float(np.add.reduce(wi)), float(wi.dot(wi))
    weighted = wi * (m.yi - (float(wi.dot(m.yi)) / sum_w if mean is None else mean))
    ypp, yppp = float(weighted.dot(weighted)), float((wi * weighted).dot(weighted))
    if mean is None:
        yppp -= float(wi.dot(weighted)) ** 2 / sum_w
    trace, slope = sum_w, sum_w2
    if restricted:
        ratio = sum_w2 / sum_w
        trace, slope = sum_w - ratio, sum_w2 - 2 * float((wi * wi).dot(wi)) / sum_w + ratio * ratio
    return trace / ypp - 1, (2 * yppp * trace / ypp - slope) / ypp


def profile_tau2(m: Moments, tau2: float, level: float, restricted: bool) -> Interval:
    """Return the interval of tau2 around its maximum; 0 where the likelihood at 0 is close enough to the highest."""
    target = log_likelihood(m, tau2, restricted) - 0.5 * float(chdtri(1, 1 - level))

    def above(t: float) -> float:
        return log_likelihood(m, t, restricted) - target

    lower = 0.0 if above(0.0) >= 0 else crossing(above, tau2, 0.0)
    return Interval(lower, crossing(above, tau2, beyond(above, max(2 * tau2, float(m.vi.max())))))


def profile_mean(m: Moments, tau2: float, level: float, restricted: bool) -> tuple[float, float, Interval]:
    """Return the signed root of the likelihood-ratio statistic, its p-value and the interval of the mean."""
    wi = 1.0 / (m.vi + tau2)
    sum_w = float(wi.sum())
    mean, step = float(wi @ m.yi) / sum_w, 2 / math.sqrt(sum_w)
    peak, half = log_likelihood(m, tau2, restricted, mean), 0.5 * float(chdtri(1, 1 - level))

    def loss(mu: float) -> float:
        return peak - log_likelihood(m, maximise(m, restricted, mu), restricted, mu)

    def reach(sign: int) -> float:
        def above(distance: float) -> float:
            return half - loss(mean + sign * distance)

        return crossing(above, 0.0, beyond(above, step))

    root = math.copysign(math.sqrt(2 * max(0.0, loss(0.0))), mean)
    return root, 2 * float(ndtr(-abs(root))), Interval(mean - reach(-1), mean + reach(1))


LIKELIHOODS = {"ML": False, "REML": True}
"""Whether the likelihood that a tau2_method maximises is the restricted one."""
