"""Measures of 2x2 tables: two independent groups and an event.

Formulas: Fleiss & Berlin 2009, in Cooper et al., Handbook of Research Synthesis, 2nd ed., ch. 13, unless noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from ...errors import UsageError
from .effects import FloatArray
from .families import (
    CheckedColumns,
    Columns,
    Computed,
    Mask,
    Measure,
    MeasureFamily,
    any_missing,
    every,
    given,
    not_negative,
    refuse,
)
from .scales import SCALES

CELLS = ("ai", "bi", "ci", "di")

#: Logistic and normal standard deviations of a log odds ratio of one standardized unit.
LOGISTIC_SD = float(np.pi / np.sqrt(3))
NORMAL_SD = 1.65


def two_by_two(data: Mapping[str, ArrayLike], slab: Sequence[str] | None = None) -> dict[str, FloatArray]:
    """Return the cells ai, bi, ci, di of shape (k,) from any of metafor's ways to give them; nan where missing."""
    got = given(data, (*CELLS, "n1i", "n2i"))
    not_negative(got, got, slab, "a count")
    cells = {}
    for events, others, total in (("ai", "bi", "n1i"), ("ci", "di", "n2i")):
        if events not in got or not (others in got or total in got):
            raise UsageError(f"{events} with {others} or {total} is needed; found: {', '.join(got) or 'nothing'}")
        cells[events] = got[events]
        cells[others] = got[others] if others in got else got[total] - got[events]
        if total in got:
            refuse(got[events], got[events] > got[total], events, slab, f"events exceed the total ({total})")
            sums = cells[events] + cells[others]
            off = np.abs(sums - got[total]) > 1e-9 * (1 + got[total])
            refuse(sums, off, f"{events} + {others}", slab, f"not the total that {total} gives")
    return cells


def _read(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(two_by_two(data, slab))


def no_information(cells: Columns) -> Mask:
    """Return a mask of shape (k,): no events in both arms, or only events in both arms."""
    return no_events(cells) | all_events(cells)


def no_events(x: Columns) -> Mask:
    """Return a mask of shape (k,): no events in either arm."""
    return np.asarray((x["ai"] == 0) & (x["ci"] == 0))


def all_events(x: Columns) -> Mask:
    """Return a mask of shape (k,): nobody without an event in either arm."""
    return np.asarray((x["bi"] == 0) & (x["di"] == 0))


def no_patients(x: Columns) -> Mask:
    """Return a mask of shape (k,): nobody in one of the arms."""
    return np.asarray((x["ai"] + x["bi"] == 0) | (x["ci"] + x["di"] == 0))


TABLE = MeasureFamily(
    read=_read,
    cells=CELLS,
    uninformative=no_information,
    void=no_patients,
    why=(
        (any_missing, "a count is missing"),
        (no_patients, "an arm without patients"),
        (every, "a zero cell leaves the effect undefined"),
    ),
)


def _totals(x: Columns) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return events and sizes of both arms."""
    return x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]


def log_odds_ratio(x: Columns) -> Computed:
    """Woolf 1955."""
    a, b, c, d = (x[name] for name in CELLS)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _log_risk_ratio(x: Columns) -> Computed:
    a, c, n1, n2 = _totals(x)
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(x: Columns, vtype: str) -> Computed:
    a, c, n1, n2 = _totals(x)
    p1, p2 = a / n1, c / n2
    if vtype == "UB":
        return p1 - p2, p1 * (1 - p1) / (n1 - 1) + p2 * (1 - p2) / (n2 - 1)
    q1, q2 = _pooled(p1, n1), _pooled(p2, n2)
    if vtype == "AV":
        return p1 - p2, q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2
    return p1 - p2, a * x["bi"] / n1**3 + c * x["di"] / n2**3


def _pooled(p: FloatArray, n: FloatArray) -> FloatArray:
    """Return the proportion of all studies together, for every study."""
    return np.full_like(p, np.nansum(p * n) / np.nansum(np.where(np.isnan(p), 0.0, n)))


def _arcsine_difference(x: Columns) -> Computed:
    """Rücker et al. 2009, eq. 1."""
    a, c, n1, n2 = _totals(x)
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def _peto(x: Columns) -> Computed:
    """Yusuf et al. 1985: observed less expected events over the hypergeometric variance."""
    a, c, n1, n2 = _totals(x)
    n, events = n1 + n2, a + c
    variance = events * (n - events) * (n1 / n) * (n2 / n) / (n - 1)
    return (a - events * n1 / n) / variance, 1 / variance


def _phi(x: Columns, vtype: str) -> Computed:
    a, b, c, d = (x[name] for name in CELLS)
    n1, n2, m1, m2 = a + b, c + d, a + c, b + d
    n = n1 + n2
    phi = (a * d - b * c) / np.sqrt(n1 * n2 * m1 * m2)
    return phi, (_phi_stratified if vtype == "ST" else _phi_cross_sectional)(phi, x, n)


def _phi_stratified(phi: FloatArray, x: Columns, n: FloatArray) -> FloatArray:
    """Variance by the delta method, the sizes of the arms fixed."""
    a, c, n1, n2 = _totals(x)
    p1, p2, share = a / n1, c / n2, n1 / n
    mean = (a + c) / n
    spread = mean * (1 - mean)
    root = np.sqrt(share * (1 - share) / spread)
    slope = (p1 - p2) * (1 - 2 * mean) / (2 * spread)
    by_p1, by_p2 = root * (1 - slope * share), root * (-1 - slope * (1 - share))
    return by_p1**2 * p1 * (1 - p1) / n1 + by_p2**2 * p2 * (1 - p2) / n2


def _phi_cross_sectional(phi: FloatArray, x: Columns, n: FloatArray) -> FloatArray:
    """Variance with only the total fixed (Fleiss & Berlin 2009, eq. 13.7; Yule 1912)."""
    a, c, n1, n2 = _totals(x)
    r1, r2, s1 = n1 / n, n2 / n, (a + c) / n
    s2 = 1 - s1
    rows, columns = (r1 - r2) / np.sqrt(r1 * r2), (s1 - s2) / np.sqrt(s1 * s2)
    return (1 - phi**2 + phi * (1 + phi**2 / 2) * rows * columns - 0.75 * phi**2 * (rows**2 + columns**2)) / n


def _tetrachoric(x: Columns) -> Computed:
    """Pearson 1900."""
    from .tetrachoric import tetrachoric

    return tetrachoric(*(x[name] for name in CELLS))


def _yules_q(x: Columns) -> Computed:
    """Yule 1912."""
    a, b, c, d = (x[name] for name in CELLS)
    q = (a * d - b * c) / (a * d + b * c)
    return q, (1 - q**2) ** 2 * log_odds_ratio(x)[1] / 4


def _yules_y(x: Columns) -> Computed:
    """Yule 1912."""
    a, b, c, d = (x[name] for name in CELLS)
    y = (np.sqrt(a * d) - np.sqrt(b * c)) / (np.sqrt(a * d) + np.sqrt(b * c))
    return y, (1 - y**2) ** 2 * log_odds_ratio(x)[1] / 16


def _probit_difference(x: Columns) -> Computed:
    """Sánchez-Meca et al. 2003, eq. 19."""
    a, c, n1, n2 = _totals(x)
    (z1, v1), (z2, v2) = probit(a / n1, n1), probit(c / n2, n2)
    return z1 - z2, v1 + v2


def probit(p: FloatArray, n: FloatArray) -> Computed:
    """Return the normal quantile of a proportion and its variance by the delta method."""
    z = ndtri(p)
    return z, 2 * np.pi * p * (1 - p) * np.exp(z**2) / n


def _smd_logistic(x: Columns) -> Computed:
    """Hasselblad & Hedges 1995; Chinn 2000."""
    y, v = log_odds_ratio(x)
    return y / LOGISTIC_SD, v / LOGISTIC_SD**2


def _smd_normal(x: Columns) -> Computed:
    """Cox & Snell 1989: the logit is 1.65 probits."""
    y, v = log_odds_ratio(x)
    return y / NORMAL_SD, v / NORMAL_SD**2


_EXP, _SAME, _BETWEEN = SCALES["exp"], SCALES["identity"], SCALES["identity"].within(-1, 1)

TWO_BY_TWO = {
    "OR": Measure("OR", "odds ratio", log_odds_ratio, _EXP, True, TABLE),
    "RR": Measure("RR", "risk ratio", _log_risk_ratio, _EXP, True, TABLE),
    "RD": Measure("RD", "risk difference", _risk_difference, _BETWEEN, False, TABLE, vtypes=("LS", "UB", "AV")),
    "AS": Measure("AS", "arcsine risk difference", _arcsine_difference, _SAME, False, TABLE, add=0.0, tied=False),
    "PETO": Measure("PETO", "Peto odds ratio", _peto, _EXP, True, TABLE),
    "PHI": Measure("PHI", "phi coefficient", _phi, _BETWEEN, True, TABLE, add=0.0, vtypes=("CS", "ST")),
    "RTET": Measure("RTET", "tetrachoric correlation", _tetrachoric, _BETWEEN, True, TABLE, add=0.0),
    "YUQ": Measure("YUQ", "Yule's Q", _yules_q, _BETWEEN, True, TABLE),
    "YUY": Measure("YUY", "Yule's Y", _yules_y, _BETWEEN, True, TABLE),
    "PBIT": Measure("PBIT", "standardized mean difference (probit of risks)", _probit_difference, _SAME, True, TABLE),
    "OR2D": Measure("OR2D", "standardized mean difference (logistic, from odds)", _smd_logistic, _SAME, True, TABLE),
    "OR2DL": Measure("OR2DL", "standardized mean difference (logistic, from odds)", _smd_logistic, _SAME, True, TABLE),
    "OR2DN": Measure("OR2DN", "standardized mean difference (normal, from odds)", _smd_normal, _SAME, True, TABLE),
}
