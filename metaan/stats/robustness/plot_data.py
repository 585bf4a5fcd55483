"""The numbers behind the plots that are not a forest: funnel, radial, drapery, GOSH.

Everything is on the analysis scale. Nothing here knows a pixel or a colour; `metaan.report.plots` draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtr

from ...errors import NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..pooling.intervals import mean_interval, quantile

if TYPE_CHECKING:
    from ..pooling.result import Pooled
    from .gosh_result import Gosh


def contour(p: float, se: float) -> Interval:
    """Return the effects at which a study with this standard error has exactly this two-sided p-value.

    The contours of an enhanced funnel plot (Peters et al. 2008): centred at no effect, not at the pooled effect.

    Examples
    --------
    >>> contour(0.05, 0.1)
    Interval(lb=-0.1959963984540054, ub=0.1959963984540054)
    """
    return mean_interval(0.0, se, None, 1 - p)


def funnel_limits(fit: Pooled, se: float) -> Interval:
    """Return where studies with this standard error lie around the pooled effect if they differ by chance alone.

    With the fit's own coverage; between-study variance is not added (Sterne & Egger 2001).
    """
    return mean_interval(fit.estimate, se, None, fit.level)


@dataclass(frozen=True, slots=True, eq=False)
class Radial:
    """The coordinates of a radial plot (Galbraith 1988), one value a study.

    Attributes
    ----------
    slab
        The k studies.
    x
        Precision: 1 / sqrt(vi + tau2).
    z
        yi times the precision: the slope from the origin to a study is its effect.
    slope
        The pooled effect.
    half
        Studies that differ from the pooled effect by chance (and tau2) alone lie this far above and below its line.
    """

    slab: tuple[str, ...]
    x: FloatArray
    z: FloatArray
    slope: float
    half: float


def radial(fit: Pooled) -> Radial:
    """Return the coordinates of a radial plot.

    Raises
    ------
    NotEstimableError
        A pool that is not by inverse variance: its estimate is no slope of this plot.

    Examples
    --------
    >>> from ..measures.effects import EffectSizes
    >>> from ..pooling.pool import pool
    >>> found = radial(pool(EffectSizes.of([0.2, 0.4], [0.04, 0.01]), model="common"))
    >>> found.x.tolist(), found.z.tolist(), round(found.slope, 2)
    ([5.0, 10.0], [1.0, 4.0], 0.36)
    """
    if fit.method != "IV":
        raise NotEstimableError(f"a radial plot shows a pool by inverse variance, not by {fit.method}")
    x = 1 / np.sqrt(fit.effects.vi + (fit.tau2 or 0.0))
    return Radial(fit.effects.slab, x, x * fit.effects.yi, fit.estimate, quantile(None, fit.level))


def p_value_function(estimate: float, se: float, at: ArrayLike, df: float | None = None) -> FloatArray:
    """Return the two-sided p-values of the hypotheses that the effect is each of ``at``.

    The curves of a drapery plot (Infanger & Schmidt-Trucksäss 2019; Rücker & Schwarzer 2021); ``df`` None is the
    normal distribution.

    Examples
    --------
    >>> p_value_function(0.3, 0.1, [0.3, 0.5]).round(4).tolist()
    [1.0, 0.0455]
    """
    stat = -np.abs((np.asarray(at, dtype=float) - estimate) / se)
    return np.asarray(2 * (ndtr(stat) if df is None else stdtr(df, stat)))


def p_value_grid(fit: Pooled, least: float, points: int = 201) -> FloatArray:
    """Return evenly spaced effects: to where the p-value of the pooled effect is ``least``, and beyond every study."""
    ends = mean_interval(fit.estimate, fit.se or 0.0, fit.df, 1 - least)
    low, high = min(ends.lb, float(fit.effects.yi.min())), max(ends.ub, float(fit.effects.yi.max()))
    room = 0.08 * (high - low)
    return np.linspace(low - room, high + room, points)


def p_value_curve(
    estimate: float, se: float, grid: FloatArray, df: float | None = None, least: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return where to draw a p-value function and its values: on a grid and at its peak, which is sharp.

    What lies on the grid below ``least`` on both sides is left out, but for the first point beyond.

    Examples
    --------
    >>> at, p = p_value_curve(0.3, 0.1, np.array([0.0, 0.25, 0.5, 1.0, 2.0]), least=0.01)
    >>> at.tolist(), p.round(3).tolist()
    ([0.0, 0.25, 0.3, 0.5, 1.0], [0.003, 0.617, 1.0, 0.046, 0.0])
    """
    at = np.union1d(grid, estimate)
    p = p_value_function(estimate, se, at, df)
    kept = np.flatnonzero(p >= least)
    part = slice(max(0, kept[0] - 1), kept[-1] + 2)
    return at[part], p[part]


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How many points lie in each cell of a grid.

    Attributes
    ----------
    x, y
        The edges of the cells, shape (columns + 1,) and (rows + 1,).
    count
        Shape (columns, rows).
    """

    x: FloatArray
    y: FloatArray
    count: NDArray[np.intp]


def gosh_density(found: Gosh, columns: int = 60, rows: int = 40) -> Density:
    """Count the subsets of two studies and more in a grid of estimate (x) and I2 (y, percent).

    Raises
    ------
    NotEstimableError
        No such subset, or all of them have one estimate.
    """
    several = found.k > 1
    x, y = found.estimate[several], found.i2[several]
    if x.size == 0 or float(np.ptp(x)) <= 1e-12 * max(1e-300, float(np.abs(x).max())):
        raise NotEstimableError("all subsets have the same estimate: there is nothing to compare")
    count, x_edges, y_edges = np.histogram2d(x, y, (columns, rows), ((x.min(), x.max()), (0.0, 100.0)))
    return Density(x_edges, y_edges, count.astype(np.intp))


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, median and highest value."""

    low: float
    median: float
    high: float


def spread_of(values: ArrayLike) -> Spread:
    """Return lowest, median and highest of the values that exist.

    Examples
    --------
    >>> spread_of([3.0, 1.0, 2.0])
    Spread(low=1.0, median=2.0, high=3.0)
    """
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    if array.size == 0:
        raise NotEstimableError("there is no value")
    return Spread(*(float(x) for x in np.quantile(array, (0.0, 0.5, 1.0))))


def gosh_spread(found: Gosh) -> tuple[Spread, Spread]:
    """Return the spread of the estimates and of I2 over the subsets of two studies and more."""
    several = found.k > 1
    return spread_of(found.estimate[several]), spread_of(found.i2[several])
