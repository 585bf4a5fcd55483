"""Measures of change within a group, or of matched pairs, on a continuous scale.

m1i, sd1i and m2i, sd2i at the two times, ri their correlation, ni pairs. Sources: Gibbons et al. 1993 (SMCC); Becker
1988 (SMCR); Bonett 2008 (SMCRH, SMCRP, SMCRPH); Lajeunesse 2011, 2015 (ROMC); Nakagawa et al. 2015 (CVRC, VRC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .effects import FloatArray
from .families import CheckedColumns, Columns, Computed, Measure, MeasureFamily, within_one
from .means import MEANS, bias_correction, read_means
from .scales import SCALES

PAIRS = ("m1i", "m2i", "sd1i", "sd2i", "ni", "ri")


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return _checked(read_means(data, slab, PAIRS), slab)


def _read_first_sd(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return _checked(read_means(data, slab, ("m1i", "m2i", "sd1i", "ni", "ri"), ("sd2i",)), slab)


def _read_sds(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return _checked(read_means(data, slab, ("sd1i", "sd2i", "ni", "ri"), ("m1i", "m2i")), slab)


def _checked(columns: dict[str, FloatArray], slab: Sequence[str] | None) -> CheckedColumns:
    within_one(columns, ("ri",), slab, "a correlation")
    return CheckedColumns(columns)


CHANGE = MeasureFamily(_read, why=MEANS.why)
FIRST_SD = MeasureFamily(_read_first_sd, why=MEANS.why)
CHANGE_SDS = MeasureFamily(_read_sds, why=MEANS.why)


def change_variance(x: Columns) -> FloatArray:
    """Return the variance of the change scores."""
    return x["sd1i"] ** 2 + x["sd2i"] ** 2 - 2 * x["ri"] * x["sd1i"] * x["sd2i"]


def _mean_change(x: Columns) -> Computed:
    return x["m1i"] - x["m2i"], change_variance(x) / x["ni"]


def _by_change_sd(x: Columns, vtype: str, correct: bool) -> Computed:
    return _scaled((x["m1i"] - x["m2i"]) / np.sqrt(change_variance(x)), 1.0, x["ni"], vtype, correct)


def _by_first_sd(x: Columns, vtype: str, correct: bool) -> Computed:
    return _scaled((x["m1i"] - x["m2i"]) / x["sd1i"], 2 * (1 - x["ri"]), x["ni"], vtype, correct)


def _scaled(d: FloatArray, base: FloatArray | float, n: FloatArray, vtype: str, correct: bool) -> Computed:
    j = bias_correction(n - 1)
    g = j * d if correct else d
    if vtype == "LS2":
        return g, (j**2 if correct else 1) * (base / n + d**2 / (2 * n))
    return g, base / n + g**2 / (2 * n)


def _by_first_sd_unequal(x: Columns, correct: bool) -> Computed:
    m, d = x["ni"] - 1, (x["m1i"] - x["m2i"]) / x["sd1i"]
    g = bias_correction(m) * d if correct else d
    return g, change_variance(x) / (x["sd1i"] ** 2 * m) + g**2 / (2 * m)


def _by_mean_sd(x: Columns, correct: bool) -> Computed:
    g, n, r = _over_mean_sd(x, correct), x["ni"], x["ri"]
    return g, 2 * (1 - r) / n + g**2 * (1 + r**2) / (4 * n)


def _by_mean_sd_unequal(x: Columns, correct: bool) -> Computed:
    g = _over_mean_sd(x, correct)
    return g, _unequal_variance(g, x)


def _over_mean_sd(x: Columns, correct: bool) -> FloatArray:
    """Return the change over the root mean variance; correlated variances leave 2 (n - 1) / (1 + r^2) df."""
    d = (x["m1i"] - x["m2i"]) / np.sqrt((x["sd1i"] ** 2 + x["sd2i"] ** 2) / 2)
    return bias_correction(2 * (x["ni"] - 1) / (1 + x["ri"] ** 2)) * d if correct else d


def _unequal_variance(d: FloatArray, x: Columns) -> FloatArray:
    """Bonett 2008, eq. 13."""
    s1, s2, m = x["sd1i"] ** 2, x["sd2i"] ** 2, x["ni"] - 1
    spread = (s1 + s2) / 2
    of_sds = d**2 * (s1**2 + s2**2 + 2 * x["ri"] ** 2 * s1 * s2) / (8 * spread**2 * m)
    return change_variance(x) / (spread * m) + of_sds


def unequal_change_variance(x: Columns) -> Computed:
    """Return the uncorrected change over the root mean variance, and its variance."""
    d = _over_mean_sd(x, correct=False)
    return d, _unequal_variance(d, x)


def _log_ratio_of_means(x: Columns, correct: bool) -> Computed:
    c1, c2, n = x["sd1i"] / x["m1i"], x["sd2i"] / x["m2i"], x["ni"]
    y = np.log(x["m1i"] / x["m2i"]) + ((c1**2 - c2**2) / (2 * n) if correct else 0)
    return y, (c1**2 + c2**2 - 2 * x["ri"] * c1 * c2) / n


def _log_ratio_of_sds(x: Columns) -> Computed:
    return np.log(x["sd1i"] / x["sd2i"]), (1 - x["ri"] ** 2) / (x["ni"] - 1)


def _log_ratio_of_cvs(x: Columns, correct: bool) -> Computed:
    (sds, v_sds), (means, v_means) = _log_ratio_of_sds(x), _log_ratio_of_means(x, correct)
    return np.where((x["m1i"] > 0) & (x["m2i"] > 0), sds - means, np.nan), v_sds + v_means


_EXP, _SAME = SCALES["exp"], SCALES["identity"]
_TYPES = ("LS", "LS2")

PAIRED = {
    "MC": Measure("MC", "mean change", _mean_change, _SAME, False, CHANGE, tied=False),
    "SMCC": Measure("SMCC", "mean change over its SD", _by_change_sd, _SAME, False, CHANGE, 0.5, _TYPES, True),
    "SMCR": Measure("SMCR", "mean change over the first SD", _by_first_sd, _SAME, False, FIRST_SD, 0.5, _TYPES, True),
    "SMCRH": Measure(
        "SMCRH", "mean change over the first SD (unequal variances)", _by_first_sd_unequal, _SAME, False, CHANGE,
        has_correction=True,
    ),
    "SMCRP": Measure(
        "SMCRP", "mean change over the mean SD", _by_mean_sd, _SAME, False, CHANGE, has_correction=True
    ),
    "SMCRPH": Measure(
        "SMCRPH", "mean change over the mean SD (unequal variances)", _by_mean_sd_unequal, _SAME, False, CHANGE,
        has_correction=True,
    ),
    "ROMC": Measure("ROMC", "ratio of paired means", _log_ratio_of_means, _EXP, False, CHANGE, has_correction=True),
    "CVRC": Measure(
        "CVRC", "ratio of paired coefficients of variation", _log_ratio_of_cvs, _EXP, False, CHANGE,
        has_correction=True,
    ),
    "VRC": Measure(
        "VRC", "ratio of paired standard deviations", _log_ratio_of_sds, _EXP, False, CHANGE_SDS, tied=False
    ),
}  # fmt: skip
