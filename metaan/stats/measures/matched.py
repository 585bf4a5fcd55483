"""Measures of matched pairs with an event: the paired 2x2 table.

ai: event under both treatments; bi: under the first only; ci: under the second only; di: under neither.
``MPORM`` takes the two margins instead (ai, bi of the first treatment, ci, di of the second) and the phi coefficient
``ri`` of the pairs. Sources: Curtin et al. 2002; Becker & Balagtas 1993; Elbourne et al. 2002; Zou 2007.
"""

from __future__ import annotations

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
    not_negative,
    within_one,
)
from .scales import SCALES
from .two_by_two import CELLS, log_odds_ratio


def _read_pairs(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    cells = needed(given(data, CELLS), CELLS)
    not_negative(cells, CELLS, slab, "a count")
    return CheckedColumns(cells)


def _read_margins(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    columns = needed(given(data, (*CELLS, "ri")), (*CELLS, "ri"))
    not_negative(columns, CELLS, slab, "a count")
    within_one(columns, ("ri",), slab, "a phi coefficient")
    return CheckedColumns(columns)


_WHY = ((any_missing, "a count is missing"), (every, "a zero cell leaves the effect undefined"))
PAIRED_TABLE = MeasureFamily(_read_pairs, CELLS, why=_WHY)
MARGINS = MeasureFamily(_read_margins, CELLS, why=_WHY)


def _marginal_risk_difference(x: Columns) -> Computed:
    n = sum(x[name] for name in CELLS)
    p, q = x["bi"] / n, x["ci"] / n
    return p - q, (p + q - (p - q) ** 2) / n


def _marginal_log_risk_ratio(x: Columns) -> Computed:
    first, second = x["ai"] + x["bi"], x["ai"] + x["ci"]
    return np.log(first / second), (x["bi"] + x["ci"]) / (first * second)


def _marginal_log_odds_ratio(x: Columns) -> Computed:
    a, b, c, d = (x[name] for name in CELLS)
    margins = {"ai": a + b, "bi": c + d, "ci": a + c, "di": b + d}
    y, v = log_odds_ratio(margins)
    product = margins["ai"] * margins["bi"] * margins["ci"] * margins["di"]
    return y, v - 2 * (a * d - b * c) * (a + b + c + d) / product


def _conditional_log_odds_ratio(x: Columns) -> Computed:
    return np.log(x["bi"] / x["ci"]), 1 / x["bi"] + 1 / x["ci"]


def _conditional_peto(x: Columns) -> Computed:
    discordant = x["bi"] + x["ci"]
    return 2 * (x["bi"] - x["ci"]) / discordant, 4 / discordant


def _log_odds_ratio_of_margins(x: Columns) -> Computed:
    y, v = log_odds_ratio(x)
    n = x["ai"] + x["bi"]
    root = np.sqrt(x["ai"]) * np.sqrt(x["bi"]) * np.sqrt(x["ci"]) * np.sqrt(x["di"])
    return y, v - 2 * x["ri"] * n / root


_EXP, _DIFFERENCE = SCALES["exp"], SCALES["identity"].within(-1, 1)

MATCHED = {
    "MPRD": Measure(
        "MPRD", "marginal risk difference (matched pairs)", _marginal_risk_difference, _DIFFERENCE, False, PAIRED_TABLE
    ),
    "MPRR": Measure("MPRR", "marginal risk ratio (matched pairs)", _marginal_log_risk_ratio, _EXP, False, PAIRED_TABLE),
    "MPOR": Measure("MPOR", "marginal odds ratio (matched pairs)", _marginal_log_odds_ratio, _EXP, False, PAIRED_TABLE),
    "MPORC": Measure(
        "MPORC", "conditional odds ratio (matched pairs)", _conditional_log_odds_ratio, _EXP, False, PAIRED_TABLE
    ),
    "MPPETO": Measure(
        "MPPETO", "Peto odds ratio (matched pairs)", _conditional_peto, _EXP, False, PAIRED_TABLE, tied=False
    ),
    "MPORM": Measure(
        "MPORM", "marginal odds ratio (matched pairs, from margins)", _log_odds_ratio_of_margins, _EXP, False, MARGINS
    ),
}
