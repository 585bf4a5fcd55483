"""Pooling by inverse variance of many analyses, compiled: sums, estimators of tau2, means.

The studies of all analyses stand one after the other in ``yi`` and ``vi`` (float64, shape (rows,)), those of analysis i
from ``at[i]`` to ``at[i + 1]`` (int64, shape (analyses + 1,)); every one is an effect with a sound variance, and every
analysis has at least one. What is computed mirrors `metaan.stats.pooling`, function by function, where the sources
stand: `heterogeneity`, `likelihood`, `tau2`, `models`; ``tests/batch`` holds both against each other. One file, because
numba looks at the file of the function that is called, and not at those that it calls, to see whether what it has kept
on disk is out of date.

A value that an iteration did not reach is nan. To add an estimator of tau2: a function here, a line in `_tau2`, and its
number in `TAU2_CODES`.
"""

from __future__ import annotations

import math

import numpy as np

from ...stats.measures.effects import FloatArray
from ...stats.numerics.ties import TOLERANCE
from .jit import kernel

IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_LOST = 1e-5  # as in metaan.stats.pooling.heterogeneity
_GRID_RATIO = 3.0  # as in metaan.stats.pooling.likelihood
_BLUR = 5e-32  # the square of the largest share of a float that its last digit can be
_POINTS = 1100  # between the smallest and the largest float lie fewer powers of 3

# Rows of `sums`.
SUM_W, MEAN, Q, C = 0, 1, 2, 3


@kernel
def moments(yi: FloatArray, vi: FloatArray, at: IntArray, wi: FloatArray, sums: FloatArray) -> None:
    """Fill ``wi``, shape (rows,), and ``sums``, shape (4, analyses): sum of weights, mean, Cochran's Q, and C."""
    for i in range(at.size - 1):
        total, weighted, squares, low, high = 0.0, 0.0, 0.0, yi[at[i]], yi[at[i]]
        for j in range(at[i], at[i + 1]):
            w, y = 1.0 / vi[j], yi[j]
            wi[j] = w
            total += w
            weighted += w * y
            squares += w * w
            low, high = min(low, y), max(high, y)
        mean, q = weighted / total, 0.0
        if high - low > TOLERANCE * max(abs(low), abs(high)):
            for j in range(at[i], at[i + 1]):
                residual = yi[j] - mean
                q += wi[j] * residual * residual
        c = total - squares / total
        sums[SUM_W, i], sums[MEAN, i], sums[Q, i] = total, mean, q
        sums[C, i] = c if c >= _LOST * total else _off_diagonal(wi[at[i] : at[i + 1]]) / total


@kernel
def plain(yi: FloatArray, vi: FloatArray, least: float, most: float) -> bool:
    """Return whether every variance lies between two bounds, and beyond what a float of the size of its effect blurs.

    The last is asked a little more strictly than of `metaan.stats.measures.effects.usable`: of what is not plain here,
    that decides.
    """
    sound = True
    for j in range(yi.size):
        sound &= (vi[j] >= least) & (vi[j] <= most) & (vi[j] >= _BLUR * yi[j] * yi[j]) & (abs(yi[j]) <= most)
    return sound


@kernel
def tau2_of(
    code: int, yi: FloatArray, vi: FloatArray, at: IntArray, sums: FloatArray,
    target: FloatArray, tau2: FloatArray,
) -> None:  # fmt: skip
    """Fill ``tau2``, shape (analyses,), by the estimator ``code`` of `TAU2_CODES`; 0 for one study, nan for none found.

    ``target`` is what the generalised Q has to meet, for the estimators that solve an equation in it.
    """
    grid, ratios = np.empty(_POINTS), np.empty(_POINTS)
    for i in range(at.size - 1):
        a, b = at[i], at[i + 1]
        if b - a < 2:
            tau2[i] = 0.0
        else:
            tau2[i] = _tau2(code, yi[a:b], vi[a:b], sums[Q, i], sums[C, i], target[i], grid, ratios)


@kernel
def _tau2(
    code: int, y: FloatArray, v: FloatArray, q: float, c: float, target: float, grid: FloatArray, ratios: FloatArray
) -> float:
    if code == 0:
        return _hedges(y, v)
    if code == 1:
        return _sidik_jonkman(y, v, q)
    if code <= 3:
        return _maximise(y, v, q, code == 3, grid, ratios)
    if code == 4:
        return _solve_q(y, v, q, c, target)
    return _two_step(y, v, _excess(q, y.size - 1.0) / c if code == 5 else _hedges(y, v))


@kernel
def means(
    model: int, with_q: bool, yi: FloatArray, vi: FloatArray, wi: FloatArray, at: IntArray, sums: FloatArray,
    tau2: FloatArray, estimate: FloatArray, se: FloatArray, spread: FloatArray,
) -> None:  # fmt: skip
    """Fill estimate, standard error and (if ``with_q``, else anything) generalised Q by the model of `MODEL_CODES`."""
    for i in range(at.size - 1):
        a, b = at[i], at[i + 1]
        total, mean, q = sums[SUM_W, i], sums[MEAN, i], sums[Q, i]
        if model == 1:
            se[i] = math.sqrt((q / (b - a - 1) if b - a > 1 else 1.0) / total)
        elif model == 2:
            se[i] = _ivhet_se(vi[a:b], wi[a:b], total, tau2[i])
        elif tau2[i] == 0:
            se[i] = math.sqrt(1 / total)
        else:
            total, mean, q = _weighted(yi, vi, a, b, tau2[i], with_q and q > 0)
            se[i] = math.sqrt(1 / total)
        estimate[i], spread[i] = mean, q


@kernel
def solutions(
    yi: FloatArray, vi: FloatArray, at: IntArray, sums: FloatArray, target: FloatArray, tau2: FloatArray
) -> None:
    """Fill ``tau2``, shape (analyses,), with where the generalised Q meets ``target``; 0 for one study."""
    for i in range(at.size - 1):
        a, b = at[i], at[i + 1]
        tau2[i] = 0.0 if b - a < 2 else _solve_q(yi[a:b], vi[a:b], sums[Q, i], sums[C, i], target[i])


@kernel
def _weighted(
    y: FloatArray, v: FloatArray, first: int, last: int, tau2: float, differ: bool
) -> tuple[float, float, float]:
    """Return the sum of weights, the mean and the generalised Q of the studies from ``first`` to before ``last``."""
    total = weighted = q = 0.0
    for j in range(first, last):
        w = 1.0 / (v[j] + tau2)
        total += w
        weighted += w * y[j]
    mean = weighted / total
    if differ:
        for j in range(first, last):
            q += (y[j] - mean) * (y[j] - mean) / (v[j] + tau2)
    return total, mean, q


@kernel
def _ivhet_se(v: FloatArray, w: FloatArray, total: float, tau2: float) -> float:
    spread = 0.0
    for j in range(v.size):
        spread += w[j] * w[j] * (v[j] + tau2)
    return math.sqrt(spread) / total


@kernel
def _excess(value: float, limit: float) -> float:
    return value - limit if value > limit + TOLERANCE * abs(limit) else 0.0


@kernel
def _off_diagonal(x: FloatArray) -> float:
    top, total, squares = np.argmax(x), 0.0, 0.0
    for j in range(x.size):
        if j != top:
            total += x[j]
            squares += x[j] * x[j]
    return 2 * float(x[top]) * total + max(0.0, total * total - squares)


@kernel
def _hedges(y: FloatArray, v: FloatArray) -> float:
    return _general_moments(y, v, np.ones(y.size))


@kernel
def _two_step(y: FloatArray, v: FloatArray, first: float) -> float:
    return _general_moments(y, v, 1.0 / (v + first))


@kernel
def _general_moments(y: FloatArray, v: FloatArray, a: FloatArray) -> float:
    total = weighted = squares = expected = taken = 0.0
    for j in range(y.size):
        total += a[j]
        weighted += a[j] * y[j]
        squares += a[j] * a[j]
        expected += a[j] * v[j]
        taken += a[j] * a[j] * v[j]
    trace, mean, q = total - squares / total, weighted / total, 0.0
    if trace < _LOST * total:
        trace = _off_diagonal(a) / total
    for j in range(y.size):
        q += a[j] * (y[j] - mean) * (y[j] - mean)
    return _excess(q, expected - taken / total) / trace


@kernel
def _sidik_jonkman(y: FloatArray, v: FloatArray, q: float) -> float:
    if q == 0:
        return 0.0
    k, crude, total, weighted, squares = y.size, _sum_of_squares(y) / y.size, 0.0, 0.0, 0.0
    for j in range(k):
        a = 1.0 / (v[j] + crude)
        total += a
        weighted += a * y[j]
    mean = weighted / total
    for j in range(k):
        squares += (y[j] - mean) * (y[j] - mean) / (v[j] + crude)
    return crude / (k - 1) * squares


@kernel
def _sum_of_squares(y: FloatArray) -> float:
    mean, squares = 0.0, 0.0
    for j in range(y.size):
        mean += y[j]
    mean /= y.size
    for j in range(y.size):
        squares += (y[j] - mean) * (y[j] - mean)
    return squares


@kernel
def _solve_q(y: FloatArray, v: FloatArray, found: float, c: float, target: float) -> float:
    if not found > target + TOLERANCE * abs(target):
        return 0.0
    tau2 = (found - target) / c
    for _ in range(200):
        total = weighted = q = slope = 0.0
        for j in range(y.size):
            w = 1.0 / (v[j] + tau2)
            total += w
            weighted += w * y[j]
        mean = weighted / total
        for j in range(y.size):
            residual = (y[j] - mean) / (v[j] + tau2)
            q += residual * (y[j] - mean)
            slope += residual * residual
        step = max(q * (q - target) / (target * slope), -tau2)
        tau2 += step
        if abs(step) <= 1e-7 * tau2 or abs(q - target) <= 1e-14 * target:
            return tau2
    return math.nan


@kernel
def _maximise(y: FloatArray, v: FloatArray, q: float, restricted: bool, grid: FloatArray, ratios: FloatArray) -> float:
    """Return the tau2 of the highest likelihood: every change of sign of the score is bracketed on a grid."""
    if q == 0:
        return 0.0
    lowest, highest = v.min(), v.max()
    top = _upper_bound(y, restricted, lowest, highest) * (1 + 1e-9) + 1e-9 * lowest
    if top <= 0:
        return 0.0
    n = _fill_grid(0.25 * lowest, top, grid)
    for i in range(n):
        ratios[i] = _score_ratio(y, v, grid[i], restricted)
    ratios[n - 1] = max(0.0, ratios[n - 1])  # it is above 0 but for rounding
    best, height, tops = 0.0, -math.inf, 0
    if ratios[0] >= 0:
        tops = 1
    for i in range(n - 1):
        if ratios[i] < 0 and ratios[i + 1] >= 0:
            start = _interpolate(grid, ratios, max(0, min(i, n - 3)), n, grid[i], grid[i + 1])
            local = _refine(y, v, grid[i], grid[i + 1], start, lowest, restricted)
            if math.isnan(local):
                return local
            tops += 1
            if tops > 1:
                if tops == 2:
                    height = _log_likelihood(y, v, best, restricted)
                at_local = _log_likelihood(y, v, local, restricted)
                if at_local > height:
                    best, height = local, at_local
            else:
                best = local
    return best


@kernel
def _upper_bound(y: FloatArray, restricted: bool, lowest: float, highest: float) -> float:
    variance = _sum_of_squares(y) / float(y.size - 1 if restricted else y.size)
    return 0.5 * (variance + math.sqrt(variance * (variance + 4 * (highest - lowest)))) - lowest


@kernel
def _fill_grid(first: float, top: float, grid: FloatArray) -> int:
    grid[0], n = 0.0, 1
    while first < top and n < _POINTS - 1:
        grid[n] = first
        first *= _GRID_RATIO
        n += 1
    grid[n] = top
    return n + 1


@kernel
def _interpolate(grid: FloatArray, ratios: FloatArray, first: int, n: int, low: float, high: float) -> float:
    if n >= 3:
        x, y, z = grid[first], grid[first + 1], grid[first + 2]
        a, b, c = ratios[first], ratios[first + 1], ratios[first + 2]
        if a != b and b != c and a != c:
            root = x * b * c / ((a - b) * (a - c)) + y * a * c / ((b - a) * (b - c)) + z * a * b / ((c - a) * (c - b))
            if low < root and root < high:
                return float(root)
    return 0.5 * (low + high)


@kernel
def _score_ratio(y: FloatArray, v: FloatArray, tau2: float, restricted: bool) -> float:
    total = squares = weighted = ypp = 0.0
    for j in range(y.size):
        w = 1.0 / (v[j] + tau2)
        total += w
        squares += w * w
        weighted += w * y[j]
    mean = weighted / total
    for j in range(y.size):
        residual = (y[j] - mean) / (v[j] + tau2)
        ypp += residual * residual
    return ((total - squares / total) if restricted else total) / ypp - 1


@kernel
def _refine(
    y: FloatArray, v: FloatArray, low: float, high: float, tau2: float, lowest: float, restricted: bool
) -> float:
    """Newton's method on trace / y'PPy = 1, kept inside the bracket by bisection."""
    for _ in range(200):
        excess, slope = _ratio_and_slope(y, v, tau2, restricted)
        if math.isnan(excess):
            return math.nan
        if excess < 0:
            low = tau2
        else:
            high = tau2
        new = tau2 - excess / slope if slope > 0 else high
        if abs(new - tau2) <= 1e-6 * (tau2 + lowest) or high - low <= 4e-16 * high:
            return min(max(new, low), high)
        tau2 = new if low < new and new < high else 0.5 * (low + high)
    return math.nan


@kernel
def _ratio_and_slope(y: FloatArray, v: FloatArray, tau2: float, restricted: bool) -> tuple[float, float]:
    total = squares = cubes = weighted = 0.0
    for j in range(y.size):
        w = 1.0 / (v[j] + tau2)
        total += w
        squares += w * w
        cubes += w * w * w
        weighted += w * y[j]
    mean, ypp, yppp, along = weighted / total, 0.0, 0.0, 0.0
    for j in range(y.size):
        w = 1.0 / (v[j] + tau2)
        residual = w * (y[j] - mean)
        ypp += residual * residual
        yppp += w * residual * residual
        along += w * residual
    yppp -= along * along / total
    trace, slope = total, squares
    if restricted:
        ratio = squares / total
        trace, slope = total - ratio, squares - 2 * cubes / total + ratio * ratio
    return trace / ypp - 1, (2 * yppp * trace / ypp - slope) / ypp


@kernel
def _log_likelihood(y: FloatArray, v: FloatArray, tau2: float, restricted: bool) -> float:
    """Return the (restricted) log-likelihood less its constants."""
    total, _, q = _weighted(y, v, 0, y.size, tau2, True)
    logs = 0.0
    for j in range(y.size):
        logs += math.log(v[j] + tau2)
    ll = -0.5 * (logs + q)
    return ll - 0.5 * math.log(total) if restricted else ll


#: Estimators of tau2 by their names in `metaan.stats.pooling.tau2.TAU2_METHODS`; those of `metaan.batch.inverse` are a
#: line of the moments.
TAU2_CODES = {
    "HE": 0, "SJ": 1, "ML": 2, "REML": 3, "EB": 4, "PM": 4, "DLIT": 4, "SJIT": 4, "PMM": 4, "DL2": 5, "CA2": 6,
}  # fmt: skip

#: Models by their names in `metaan.stats.pooling.models.MODELS`.
MODEL_CODES = {"common": 0, "random": 0, "birge": 1, "ivhet": 2}
