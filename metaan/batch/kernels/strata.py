"""Mantel-Haenszel pools of many analyses, compiled; they mirror `metaan.stats.tables`, where the sources stand.

The tables of all analyses stand one after the other, shape (rows,) a column, those of analysis i from ``at[i]`` to
``at[i + 1]``. ``a b`` and ``c d`` are the events and the others of both arms, or events and person-time of rates. Every
table counts: what says nothing was taken out before. ``found``, shape (analyses, 2), takes the estimate and its
standard error; nan where there is no estimate.
"""

from __future__ import annotations

import math

from ...stats.measures.effects import FloatArray
from .inverse_variance import IntArray
from .jit import kernel


@kernel
def mantel_haenszel(
    code: int, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, at: IntArray, found: FloatArray
) -> None:
    """Fill ``found`` by the estimator of `MH_CODES`."""
    for i in range(at.size - 1):
        low, high = at[i], at[i + 1]
        one = (a[low:high], b[low:high], c[low:high], d[low:high])
        if code == 0:
            found[i, 0], found[i, 1] = _odds_ratio(*one)
        elif code == 1:
            found[i, 0], found[i, 1] = _risk_ratio(*one)
        elif code == 2:
            found[i, 0], found[i, 1] = _risk_difference(*one)
        elif code == 3:
            found[i, 0], found[i, 1] = _rate_ratio(*one)
        else:
            found[i, 0], found[i, 1] = _rate_difference(*one)


@kernel
def _odds_ratio(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> tuple[float, float]:
    sum_r = sum_s = pr = mixed = qs = 0.0
    for j in range(a.size):
        n = 1.0 / (a[j] + b[j] + c[j] + d[j])
        r, s, p = a[j] * d[j] * n, b[j] * c[j] * n, (a[j] + d[j]) * n
        sum_r += r
        sum_s += s
        pr += p * r
        mixed += p * s + (1 - p) * r
        qs += (1 - p) * s
    if sum_r <= 0 or sum_s <= 0:
        return math.nan, math.nan
    variance = (pr / (sum_r * sum_r) + mixed / (sum_r * sum_s) + qs / (sum_s * sum_s)) / 2
    return math.log(sum_r / sum_s), math.sqrt(variance)


@kernel
def _risk_ratio(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> tuple[float, float]:
    sum_r = sum_s = spread = 0.0
    for j in range(a.size):
        n1, n2 = a[j] + b[j], c[j] + d[j]
        n = n1 + n2
        sum_r += a[j] * n2 / n
        sum_s += c[j] * n1 / n
        spread += (n1 * n2 * (a[j] + c[j]) - a[j] * c[j] * n) / (n * n)
    if sum_r <= 0 or sum_s <= 0 or spread <= 0:
        return math.nan, math.nan
    return math.log(sum_r / sum_s), math.sqrt(spread / (sum_r * sum_s))


@kernel
def _risk_difference(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> tuple[float, float]:
    total = weighted = sum_p = sum_q = 0.0
    for j in range(a.size):
        n1, n2 = a[j] + b[j], c[j] + d[j]
        n = n1 + n2
        total += n1 * n2 / n
        weighted += (a[j] * n2 - c[j] * n1) / n
        sum_p += (n1 * n1 * c[j] - n2 * n2 * a[j] + n1 * n2 * (n2 - n1) / 2) / (n * n)
        sum_q += (a[j] * (n2 - c[j]) + c[j] * (n1 - a[j])) / (2 * n)
    estimate = weighted / total
    variance = (estimate * sum_p + sum_q) / (total * total)
    return (estimate, math.sqrt(variance)) if variance > 0 else (math.nan, math.nan)


@kernel
def _rate_ratio(x1: FloatArray, t1: FloatArray, x2: FloatArray, t2: FloatArray) -> tuple[float, float]:
    sum_r = sum_s = spread = 0.0
    for j in range(x1.size):
        t = t1[j] + t2[j]
        sum_r += x1[j] * t2[j] / t
        sum_s += x2[j] * t1[j] / t
        spread += t1[j] * t2[j] * (x1[j] + x2[j]) / (t * t)
    if sum_r <= 0 or sum_s <= 0:
        return math.nan, math.nan
    return math.log(sum_r / sum_s), math.sqrt(spread / (sum_r * sum_s))


@kernel
def _rate_difference(x1: FloatArray, t1: FloatArray, x2: FloatArray, t2: FloatArray) -> tuple[float, float]:
    total = weighted = spread = 0.0
    for j in range(x1.size):
        share = t1[j] * t2[j] / (t1[j] + t2[j])
        total += share
        weighted += share * (x1[j] / t1[j] - x2[j] / t2[j])
        spread += share * share * (x1[j] / (t1[j] * t1[j]) + x2[j] / (t2[j] * t2[j]))
    variance = spread / (total * total)
    return (weighted / total, math.sqrt(variance)) if variance > 0 else (math.nan, math.nan)


@kernel
def distance_sums(yi: FloatArray, vi: FloatArray, at: IntArray, estimate: FloatArray, q: FloatArray) -> None:
    """Fill ``q``, shape (analyses,): weighted squares of own effects around an estimate; rounding makes none."""
    for i in range(at.size - 1):
        largest, total = 0.0, 0.0
        for j in range(at[i], at[i + 1]):
            largest = max(largest, abs(yi[j]))
        for j in range(at[i], at[i + 1]):
            gap = yi[j] - estimate[i]
            if abs(gap) > 1e-12 * largest:
                total += gap * gap / vi[j]
        q[i] = total


#: Measures of `metaan.stats.tables.mantel_haenszel.MH_MEASURES`, with the default variance of each.
MH_CODES = {"OR": 0, "RR": 1, "RD": 2, "IRR": 3, "IRD": 4}
