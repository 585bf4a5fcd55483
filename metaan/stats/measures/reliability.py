"""Cronbach's alpha (``ai``) of an instrument of ``mi`` items in ``ni`` people, and its transformations.

Sources: Bonett 2002, 2010; Hakstian & Whalen 1976. Both transformations are turned so that they rise with alpha.
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
    Measure,
    MeasureFamily,
    any_missing,
    every,
    given,
    needed,
    refuse,
)
from .scales import SCALES

COLUMNS = ("ai", "mi", "ni")


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    columns = needed(given(data, COLUMNS), COLUMNS)
    refuse(columns["ai"], columns["ai"] > 1, "ai", slab, "an alpha; allowed: up to 1")
    refuse(columns["mi"], columns["mi"] < 2, "mi", slab, "items; allowed: 2 or more")
    refuse(columns["ni"], columns["ni"] < 1, "ni", slab, "people; allowed: 1 or more")
    return CheckedColumns(columns)


ALPHA = MeasureFamily(
    _read,
    why=(
        (any_missing, "alpha, items or people are missing"),
        (every, "an alpha of 1, or two people or fewer, leave no sampling variance"),
    ),
)


def _raw(x: Columns) -> Computed:
    a, m, n = (x[name] for name in COLUMNS)
    return a / 1, 2 * m * (1 - a) ** 2 / ((m - 1) * (n - 2))


def _cube_root(x: Columns) -> Computed:
    a, m, n = (x[name] for name in COLUMNS)
    return 1 - np.cbrt(1 - a), 18 * m * (n - 1) * np.cbrt(1 - a) ** 2 / ((m - 1) * (9 * n - 11) ** 2)


def _log(x: Columns) -> Computed:
    a, m, n = (x[name] for name in COLUMNS)
    return -np.log1p(-a), 2 * m / ((m - 1) * (n - 2))


_RAW, _ROOT = (SCALES[code].within(-math.inf, 1) for code in ("identity", "alpha-cube-root"))

RELIABILITY = {
    "ARAW": Measure("ARAW", "Cronbach's alpha", _raw, _RAW, False, ALPHA, compares=False),
    "AHW": Measure("AHW", "Cronbach's alpha", _cube_root, _ROOT, False, ALPHA, compares=False, via="Hakstian-Whalen"),
    "ABT": Measure(
        "ABT", "Cronbach's alpha", _log, SCALES["alpha-log"], False, ALPHA, compares=False, tied=False, via="Bonett"
    ),
}
