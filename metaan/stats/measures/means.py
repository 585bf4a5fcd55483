"""Measures of means and standard deviations: two independent groups.

Sources: Borenstein 2009, in Cooper et al., Handbook of Research Synthesis, 2nd ed., ch. 12 (MD, SMD); Hedges 1981,
1982, 1983 (exact J, variances); Bonett 2008, 2009 (unequal variances); Lajeunesse 2011, 2015 (ratio of means and its
bias); Nakagawa et al. 2015 (variability).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, stdtrit

from ...errors import UsageError
from .effects import FloatArray
from .families import (
    CheckedColumns,
    Columns,
    Computed,
    Mask,
    Measure,
    MeasureFamily,
    above_zero,
    any_missing,
    every,
    given,
    needed,
    not_negative,
    within_one,
)
from .scales import SCALES
from .two_by_two import LOGISTIC_SD, NORMAL_SD

TWO_MEANS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
TWO_SDS = ("sd1i", "n1i", "sd2i", "n2i")
DIRECT = ("di", "ti", "pi")

#: Gamma(x + 1/2) / (Gamma(x) sqrt(x)) in powers of 1 / x (Abramowitz & Stegun 6.1.47).
_GAMMA_RATIO = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304)


def bias_correction(m: FloatArray) -> FloatArray:
    """Return the exact J of Hedges 1981 for ``m`` degrees of freedom; nan at or below 1, where it does not exist.

    Large ``m`` take the series: the difference of two large log gammas would lose digits.
    """
    x = np.where(m > 1, (m - 1) / 2, np.nan)
    series = sum(c * x**-i for i, c in enumerate(_GAMMA_RATIO)) * np.sqrt((m - 1) / m)
    with np.errstate(invalid="ignore"):
        return np.where(m > 100, series, np.exp(gammaln(x + 0.5) - gammaln(x)) / np.sqrt(m / 2))


def read_means(
    data: Mapping[str, ArrayLike], slab: Sequence[str] | None, names: tuple[str, ...], extra: tuple[str, ...] = ()
) -> dict[str, FloatArray]:
    """Return checked columns of means (any), standard deviations (0 or more) and sizes (above 0)."""
    got = given(data, (*names, *extra))
    columns = {**needed(got, names), **{name: got[name] for name in extra if name in got}}
    not_negative(columns, [name for name in columns if name.startswith("sd")], slab, "a standard deviation")
    above_zero(columns, [name for name in columns if name.startswith("n")], slab, "a group size")
    return columns


def _read_two(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(read_means(data, slab, TWO_MEANS))


def _read_sds(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(read_means(data, slab, TWO_SDS, ("m1i", "m2i")))


def _read_second_sd(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(read_means(data, slab, ("m1i", "n1i", "m2i", "sd2i", "n2i"), ("sd1i",)))


def _read_smd(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    """Return means, or Cohen's d from what a study gives instead: d itself (di), t (ti), a signed two-sided p (pi)."""
    if not any(data.get(name) is not None for name in DIRECT):
        return _read_two(data, slab)
    got = given(data, (*TWO_MEANS, *DIRECT))
    sizes = needed(got, ("n1i", "n2i"))
    above_zero(got, ("n1i", "n2i"), slab, "a group size")
    not_negative(got, ("sd1i", "sd2i"), slab, "a standard deviation")
    within_one(got, ("pi",), slab, "a p value with the sign of the effect")
    d, notes = _cohens_d(got, sizes["n1i"], sizes["n2i"])
    return CheckedColumns({**sizes, "di": d} | {name: got[name] for name in ("pi",) if name in got}, tuple(notes))


def _cohens_d(got: Columns, n1: FloatArray, n2: FloatArray) -> tuple[FloatArray, list[str]]:
    d = np.full(n1.shape, np.nan)
    notes = []
    if {"m1i", "m2i", "sd1i", "sd2i"} <= set(got):
        d = standardized(got)
    elif not set(got) & set(DIRECT):
        raise UsageError(f"{', '.join(TWO_MEANS)} are needed")
    for name, (words, convert) in _TO_D.items():
        if name in got:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = convert(got[name], n1, n2)
            fill = np.isnan(d) & ~np.isnan(found)
            d = np.where(fill, found, d)
            notes.append(f"Cohen's d from {words} in {int(fill.sum())} studies")
    return d, notes


def d_from_t(t: FloatArray, n1: FloatArray, n2: FloatArray) -> FloatArray:
    """Return Cohen's d from the t statistic of two independent groups."""
    return t * np.sqrt(1 / n1 + 1 / n2)


def _d_from_p(p: FloatArray, n1: FloatArray, n2: FloatArray) -> FloatArray:
    t = -np.sign(p) * stdtrit(n1 + n2 - 2, np.abs(p) / 2)
    return d_from_t(np.asarray(t), n1, n2)


def _d_as_reported(d: FloatArray, n1: FloatArray, n2: FloatArray) -> FloatArray:
    return d


_TO_D: dict[str, tuple[str, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]]] = {
    "di": ("the reported standardized mean difference", _d_as_reported),
    "ti": ("the t statistic", d_from_t),
    "pi": ("the signed two-sided p value", _d_from_p),
}


def _no_spread(x: Columns) -> Mask:
    zero = [values == 0 for name, values in x.items() if name.startswith("sd")]
    return np.asarray(np.any(zero, axis=0)) if zero else ~every(x)


def _impossible_p(x: Columns) -> Mask:
    return x["pi"] == 0 if "pi" in x else ~every(x)


def _tiny(x: Columns) -> Mask:
    """Two patients or fewer in all: no degrees of freedom left for a bias correction."""
    sizes = [values for name, values in x.items() if name.startswith("n")]
    return np.asarray((np.sum(sizes, axis=0) <= 3) | np.any([n <= 1 for n in sizes], axis=0))


WHY = (
    (any_missing, "a mean, a standard deviation or a group size is missing"),
    (_no_spread, "a standard deviation of 0 leaves the effect undefined"),
    (_tiny, "too few patients for this measure"),
    (every, "the numbers leave the effect undefined (a mean of 0, or below 0 under a logarithm)"),
)
MEANS = MeasureFamily(_read_two, why=WHY)
SDS = MeasureFamily(_read_sds, why=WHY)
SMD_DATA = MeasureFamily(
    _read_smd, why=((_impossible_p, "a p value of 0 stands for no effect: give more digits, or t"), *WHY)
)
SECOND_SD = MeasureFamily(_read_second_sd, why=WHY)


def pooled_variance(x: Columns) -> FloatArray:
    """Return the variance within both groups."""
    n1, n2 = x["n1i"], x["n2i"]
    return ((n1 - 1) * x["sd1i"] ** 2 + (n2 - 1) * x["sd2i"] ** 2) / (n1 + n2 - 2)


def standardized(x: Columns) -> FloatArray:
    """Return Cohen's d: as given, or from means and the pooled standard deviation."""
    if "di" in x:
        return x["di"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (x["m1i"] - x["m2i"]) / np.sqrt(pooled_variance(x))


def _mean_difference(x: Columns, vtype: str) -> Computed:
    y = x["m1i"] - x["m2i"]
    if vtype == "HO":
        return y, pooled_variance(x) * (1 / x["n1i"] + 1 / x["n2i"])
    return y, x["sd1i"] ** 2 / x["n1i"] + x["sd2i"] ** 2 / x["n2i"]


def _smd(x: Columns, vtype: str, correct: bool) -> Computed:
    n1, n2 = x["n1i"], x["n2i"]
    return _standardized(standardized(x), n1, n2, n1 + n2 - 2, n1 + n2, vtype, correct)


def _smd_second(x: Columns, vtype: str, correct: bool) -> Computed:
    """Glass's delta: the standard deviation of the second group is the yardstick."""
    n1, n2 = x["n1i"], x["n2i"]
    return _standardized((x["m1i"] - x["m2i"]) / x["sd2i"], n1, n2, n2 - 1, n2, vtype, correct)


def _standardized(
    d: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray, n: FloatArray, vtype: str, correct: bool
) -> Computed:
    """Return d (or g) with the variance ``vtype``; ``m`` degrees of freedom and ``n`` patients stand behind the SD."""
    j = bias_correction(m)
    g = j * d if correct else d
    base = 1 / n1 + 1 / n2
    if vtype == "UB":
        return g, base + (1 - (m - 2) / (m * j**2)) * (j * d) ** 2
    if vtype == "LS2":
        return g, (j**2 if correct else 1) * (base + d**2 / (2 * n))
    if vtype == "H0":
        return g, (j**2 if correct else 1) * m / np.where(m > 2, m - 2, np.nan) * base
    at = _average(g, n1 + n2) if vtype == "AV" else g
    return g, base + at**2 / (2 * n)


def _average(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean over the studies that have a value."""
    ok = np.isfinite(values)
    return np.full_like(values, np.sum(values[ok] * weights[ok]) / np.sum(weights[ok]))


def _smd_unequal(x: Columns, correct: bool) -> Computed:
    """Bonett 2009, eq. 5."""
    d, spread = (x["m1i"] - x["m2i"]) / np.sqrt(_mean_variance(x)), _mean_variance(x)
    g = bias_correction(x["n1i"] + x["n2i"] - 2) * d if correct else d
    return g, _unequal_variance(g, x, spread)


def _mean_variance(x: Columns) -> FloatArray:
    return (x["sd1i"] ** 2 + x["sd2i"] ** 2) / 2


def _unequal_variance(d: FloatArray, x: Columns, spread: FloatArray) -> FloatArray:
    s1, s2, m1, m2 = x["sd1i"] ** 2, x["sd2i"] ** 2, x["n1i"] - 1, x["n2i"] - 1
    return d**2 * (s1**2 / m1 + s2**2 / m2) / (8 * spread**2) + (s1 / m1 + s2 / m2) / spread


def _smd_second_unequal(x: Columns, correct: bool) -> Computed:
    """Bonett 2008, eq. 10."""
    m1, m2 = x["n1i"] - 1, x["n2i"] - 1
    d = (x["m1i"] - x["m2i"]) / x["sd2i"]
    g = bias_correction(m2) * d if correct else d
    return g, (x["sd1i"] / x["sd2i"]) ** 2 / m1 + 1 / m2 + g**2 / (2 * m2)


def _log_ratio_of_means(x: Columns, vtype: str, correct: bool) -> Computed:
    c1, c2 = x["sd1i"] / x["m1i"], x["sd2i"] / x["m2i"]
    n1, n2 = x["n1i"], x["n2i"]
    y = np.log(x["m1i"] / x["m2i"]) + ((c1**2 / n1 - c2**2 / n2) / 2 if correct else 0)
    if vtype == "HO":
        within = pooled_variance(x)
        return y, within / (n1 * x["m1i"] ** 2) + within / (n2 * x["m2i"] ** 2)
    if vtype == "AV":
        c1, c2 = _average(c1, n1), _average(c2, n2)
    if vtype == "AVHO":
        c1 = c2 = _average((n1 * c1 + n2 * c2) / (n1 + n2), n1 + n2)
    return y, c1**2 / n1 + c2**2 / n2


def _log_ratio_of_sds(x: Columns, correct: bool) -> Computed:
    m1, m2 = x["n1i"] - 1, x["n2i"] - 1
    bias = (1 / m1 - 1 / m2) / 2 if correct else 0
    return np.log(x["sd1i"] / x["sd2i"]) + bias, 1 / (2 * m1) + 1 / (2 * m2)


def _log_ratio_of_cvs(x: Columns, correct: bool) -> Computed:
    """Coefficients of variation; the mean and the variance of normal data are independent."""
    (sds, v_sds), (means, v_means) = _log_ratio_of_sds(x, correct), _log_ratio_of_means(x, "LS", correct)
    return np.where((x["m1i"] > 0) & (x["m2i"] > 0), sds - means, np.nan), v_sds + v_means


def _log_odds_logistic(x: Columns) -> Computed:
    """Hasselblad & Hedges 1995; Chinn 2000."""
    d, v = _smd(x, "LS", correct=False)
    return d * LOGISTIC_SD, v * LOGISTIC_SD**2


def _log_odds_normal(x: Columns) -> Computed:
    """Cox & Snell 1989."""
    d, v = _smd(x, "LS", correct=False)
    return d * NORMAL_SD, v * NORMAL_SD**2


_EXP, _SAME = SCALES["exp"], SCALES["identity"]
_SMD_TYPES = ("LS", "UB", "LS2", "AV")

MEAN_MEASURES = {
    "MD": Measure("MD", "mean difference", _mean_difference, _SAME, False, MEANS, vtypes=("LS", "HO"), tied=False),
    "SMD": Measure(
        "SMD", "standardized mean difference (Hedges' g)", _smd, _SAME, False, SMD_DATA, 0.5, (*_SMD_TYPES, "H0"), True
    ),
    "SMDH": Measure(
        "SMDH", "standardized mean difference (unequal variances)", _smd_unequal, _SAME, False, MEANS,
        has_correction=True,
    ),
    "SMD1": Measure(
        "SMD1", "mean difference over the SD of group 2", _smd_second, _SAME, False, SECOND_SD, 0.5, _SMD_TYPES, True
    ),
    "SMD1H": Measure(
        "SMD1H", "mean difference over the SD of group 2 (unequal variances)", _smd_second_unequal, _SAME, False, MEANS,
        has_correction=True,
    ),
    "ROM": Measure(
        "ROM", "ratio of means", _log_ratio_of_means, _EXP, False, MEANS, 0.5, ("LS", "HO", "AV", "AVHO"), True
    ),
    "CVR": Measure(
        "CVR", "ratio of coefficients of variation", _log_ratio_of_cvs, _EXP, False, MEANS, has_correction=True
    ),
    "VR": Measure(
        "VR", "ratio of standard deviations", _log_ratio_of_sds, _EXP, False, SDS, has_correction=True, tied=False
    ),
    "D2OR": Measure("D2OR", "odds ratio (logistic, from means)", _log_odds_logistic, _EXP, False, SMD_DATA),
    "D2ORL": Measure("D2ORL", "odds ratio (logistic, from means)", _log_odds_logistic, _EXP, False, SMD_DATA),
    "D2ORN": Measure("D2ORN", "odds ratio (normal, from means)", _log_odds_normal, _EXP, False, SMD_DATA),
}  # fmt: skip
