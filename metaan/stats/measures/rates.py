"""Measures of events over person-time: two groups (IRR ...) and one (IR ...).

Sources: Rothman et al. 2008, Modern Epidemiology, ch. 14; Bagos & Nikolopoulos 2009; Freeman & Tukey 1950.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

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
)
from .scales import SCALES, freeman_tukey_rate_scale

TWO_GROUPS = ("x1i", "x2i", "t1i", "t2i")
ONE_GROUP = ("xi", "ti")


def _read_two(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return _checked(data, slab, TWO_GROUPS)


def _read_one(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return _checked(data, slab, ONE_GROUP)


def _checked(data: Mapping[str, ArrayLike], slab: Sequence[str] | None, names: tuple[str, ...]) -> CheckedColumns:
    columns = needed(given(data, names), names)
    not_negative(columns, [name for name in names if name.startswith("x")], slab, "a number of events")
    above_zero(columns, [name for name in names if name.startswith("t")], slab, "person-time")
    return CheckedColumns(columns)


def _no_events(x: Columns) -> Mask:
    return np.asarray((x["x1i"] == 0) & (x["x2i"] == 0))


_WHY = ((any_missing, "events or person-time are missing"), (every, "no events leave the effect undefined"))
TWO_RATES = MeasureFamily(_read_two, ("x1i", "x2i"), _no_events, why=_WHY)
ONE_RATE = MeasureFamily(_read_one, ("xi",), why=_WHY)


def _log_rate_ratio(x: Columns) -> Computed:
    y = np.log(x["x1i"] / x["t1i"]) - np.log(x["x2i"] / x["t2i"])
    return y, 1 / x["x1i"] + 1 / x["x2i"]


def _rate_difference(x: Columns) -> Computed:
    return x["x1i"] / x["t1i"] - x["x2i"] / x["t2i"], x["x1i"] / x["t1i"] ** 2 + x["x2i"] / x["t2i"] ** 2


def _root_rate_difference(x: Columns) -> Computed:
    y = np.sqrt(x["x1i"] / x["t1i"]) - np.sqrt(x["x2i"] / x["t2i"])
    return y, 1 / (4 * x["t1i"]) + 1 / (4 * x["t2i"])


def _rate(x: Columns) -> Computed:
    return x["xi"] / x["ti"], x["xi"] / x["ti"] ** 2


def _log_rate(x: Columns) -> Computed:
    return np.log(x["xi"] / x["ti"]), 1 / x["xi"]


def _root_rate(x: Columns) -> Computed:
    return np.sqrt(x["xi"] / x["ti"]), 1 / (4 * x["ti"])


def _freeman_tukey(x: Columns) -> Computed:
    y = (np.sqrt(x["xi"] / x["ti"]) + np.sqrt((x["xi"] + 1) / x["ti"])) / 2
    return y, 1 / (4 * x["ti"])


_SAME = SCALES["identity"]

RATES = {
    "IRR": Measure("IRR", "incidence rate ratio", _log_rate_ratio, SCALES["exp"], True, TWO_RATES),
    "IRD": Measure("IRD", "incidence rate difference", _rate_difference, _SAME, False, TWO_RATES),
    "IRSD": Measure(
        "IRSD", "difference of root incidence rates", _root_rate_difference, _SAME, False, TWO_RATES, 0.0, tied=False
    ),
    "IR": Measure("IR", "incidence rate", _rate, _SAME.within(0, math.inf), False, ONE_RATE, compares=False),
    "IRLN": Measure("IRLN", "incidence rate", _log_rate, SCALES["antilog"], False, ONE_RATE, compares=False, via="log"),
    "IRS": Measure(
        "IRS", "incidence rate", _root_rate, SCALES["square"], False, ONE_RATE, 0.0, compares=False,
        tied=False, via="square root",
    ),
    "IRFT": Measure(
        "IRFT", "incidence rate", _freeman_tukey, SCALES["square"], False, ONE_RATE, 0.0,
        compares=False, tied=False, sized=("ti", freeman_tukey_rate_scale), via="Freeman-Tukey",
    ),
}  # fmt: skip
