"""Measures of the mean and the standard deviation of one group: mi, sdi, ni.

Sources: Nakagawa et al. 2015 (CVLN); Raudenbush & Bryk 1987 (SDLN).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .families import CheckedColumns, Columns, Computed, Measure, MeasureFamily
from .means import WHY, bias_correction, read_means
from .scales import SCALES


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(read_means(data, slab, ("mi", "sdi", "ni")))


def _read_sd(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(read_means(data, slab, ("sdi", "ni"), ("mi",)))


ONE_MEAN = MeasureFamily(_read, why=WHY)
ONE_SD = MeasureFamily(_read_sd, why=WHY)


def _mean(x: Columns) -> Computed:
    return x["mi"] / 1, x["sdi"] ** 2 / x["ni"]


def _standardized_mean(x: Columns, correct: bool) -> Computed:
    d = x["mi"] / x["sdi"]
    g = bias_correction(x["ni"] - 1) * d if correct else d
    return g, 1 / x["ni"] + g**2 / (2 * x["ni"])


def _log_mean(x: Columns) -> Computed:
    return np.log(x["mi"]), x["sdi"] ** 2 / (x["ni"] * x["mi"] ** 2)


def _log_sd(x: Columns, correct: bool) -> Computed:
    m = x["ni"] - 1
    return np.log(x["sdi"]) + (1 / (2 * m) if correct else 0), 1 / (2 * m)


def _log_cv(x: Columns, correct: bool) -> Computed:
    y, v = _log_sd(x, correct)
    return y - np.log(x["mi"]), v + x["sdi"] ** 2 / (x["ni"] * x["mi"] ** 2)


_SAME, _ANTILOG = SCALES["identity"], SCALES["antilog"]

SINGLE_MEANS = {
    "MN": Measure("MN", "mean", _mean, _SAME, False, ONE_MEAN, compares=False, tied=False),
    "SMN": Measure(
        "SMN", "standardized mean", _standardized_mean, _SAME, False, ONE_MEAN, has_correction=True, compares=False
    ),
    "MNLN": Measure("MNLN", "mean", _log_mean, _ANTILOG, False, ONE_MEAN, compares=False, via="log"),
    "CVLN": Measure(
        "CVLN", "coefficient of variation", _log_cv, _ANTILOG, False, ONE_MEAN, has_correction=True,
        compares=False, via="log",
    ),
    "SDLN": Measure(
        "SDLN", "standard deviation", _log_sd, _ANTILOG, False, ONE_SD, has_correction=True, compares=False,
        tied=False, via="log",
    ),
}  # fmt: skip
