"""Measures of association: correlations, partial correlations, R2, and what two groups' means say about one.

Sources: Olkin & Pratt 1958 (UCOR); Hedges 1989 (its unbiased variance); Fisher 1921 (z); Tate 1954 (RPB); Jacobs &
Viechtbauer 2017 (RBIS); Aloe & Becker 2012, Aloe & Thompson 2013 (PCOR, SPCOR); Ruscio 2008 (CLES).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import hyp2f1, ndtr, ndtri

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
    refuse,
    within_one,
)
from .means import MEANS, SMD_DATA, standardized
from .paired import CHANGE, unequal_change_variance
from .scales import SCALES


def _read_r(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    columns = needed(given(data, ("ri", "ni")), ("ri", "ni"))
    within_one(columns, ("ri",), slab, "a correlation")
    above_zero(columns, ("ni",), slab, "a sample size")
    return CheckedColumns(columns)


def _read_partial(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(_regression(data, slab, ("ti", "ni", "mi")))


def _read_semipartial(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(_regression(data, slab, ("ti", "ni", "mi", "r2i")))


def _read_r2(data: Mapping[str, ArrayLike], slab: Sequence[str] | None) -> CheckedColumns:
    return CheckedColumns(_regression(data, slab, ("r2i", "ni", "mi")))


def _regression(
    data: Mapping[str, ArrayLike], slab: Sequence[str] | None, names: tuple[str, ...]
) -> dict[str, FloatArray]:
    """Return the columns of a regression model: mi predictors, r2i its R2, ti the t statistic of one coefficient."""
    columns = needed(given(data, ("ti", "ni", "mi", "r2i")), names)
    above_zero(columns, ("ni", "mi"), slab, "a number")
    if "r2i" in columns:
        r2 = columns["r2i"]
        refuse(r2, (r2 < 0) | (r2 > 1), "r2i", slab, "a share of variance; allowed: 0 to 1")
    return columns


def _perfect(x: Columns) -> Mask:
    return np.asarray(np.abs(x["ri"]) == 1) if "ri" in x else ~every(x)


_WHY = (
    (any_missing, "a correlation or a sample size is missing"),
    (_perfect, "a correlation of 1 or -1 leaves no sampling variance"),
    (every, "the sample is too small for this measure"),
)
CORRELATION = MeasureFamily(_read_r, why=_WHY)
PARTIAL = MeasureFamily(_read_partial, why=_WHY)
SEMIPARTIAL = MeasureFamily(_read_semipartial, why=_WHY)
EXPLAINED = MeasureFamily(_read_r2, why=_WHY)


def _raw(x: Columns, vtype: str) -> Computed:
    return x["ri"] / 1, _variance(x["ri"], x["ni"], vtype)


def _variance(r: FloatArray, n: FloatArray, vtype: str) -> FloatArray:
    """Return (1 - r^2)^2 / (n - 1), at each r or at their mean weighted by n."""
    ok = np.isfinite(r)
    at = np.full_like(r, np.sum(r[ok] * n[ok]) / np.sum(n[ok])) if vtype == "AV" else r
    return (1 - at**2) ** 2 / (n - 1)


def _unbiased(x: Columns, vtype: str) -> Computed:
    """Olkin & Pratt 1958, eq. 2.3, from n = 5 on; ``UB`` takes their unbiased estimate of the squared correlation."""
    r, n = x["ri"], np.where(x["ni"] > 4, x["ni"], np.nan)
    rest = 1 - r**2
    y = r * _hypergeometric(0.5, (n - 2) / 2, rest)
    if vtype != "UB":
        return y, _variance(y, n, vtype)
    return y, y**2 - 1 + (n - 3) / (n - 2) * rest * _hypergeometric(1.0, n / 2, rest)


def _hypergeometric(a: float, c: FloatArray, z: FloatArray) -> FloatArray:
    """Return 2F1(a, a; c; z) for z in 0 to 1; by its series where ``c`` is large, which scipy answers with nan."""
    total = term = np.ones_like(z)
    for i in range(400):
        term = term * ((a + i) ** 2 / ((c + i) * (i + 1))) * z
        total = total + term
        if not np.any(term[c > 30] > 1e-17):
            break
    return np.where(c > 30, total, hyp2f1(a, a, np.minimum(c, 30), z))


def _fisher_z(x: Columns) -> Computed:
    return np.arctanh(x["ri"]), 1 / np.where(x["ni"] > 3, x["ni"] - 3, np.nan)


def _partial_r(x: Columns) -> FloatArray:
    return x["ti"] / np.sqrt(x["ti"] ** 2 + x["ni"] - x["mi"] - 1)


def _partial(x: Columns) -> Computed:
    r = _partial_r(x)
    return r, (1 - r**2) ** 2 / (x["ni"] - x["mi"])


def _fisher_z_partial(x: Columns) -> Computed:
    return np.arctanh(_partial_r(x)), 1 / (x["ni"] - x["mi"] - 2)


def _semipartial(x: Columns) -> Computed:
    """Aloe & Becker 2012, eq. 6 and 7."""
    r2, n = x["r2i"], x["ni"]
    r = x["ti"] * np.sqrt((1 - r2) / (n - x["mi"] - 1))
    without = r2 - r**2
    return r, (r2**2 - 2 * r2 + without + 1 - without**2) / n


def _fisher_z_semipartial(x: Columns) -> Computed:
    r, v = _semipartial(x)
    return np.arctanh(r), v / (1 - r**2) ** 2


def _r2(x: Columns) -> Computed:
    r2 = x["r2i"]
    return r2 / 1, 4 * r2 * (1 - r2) ** 2 / x["ni"]


def _fisher_z_r2(x: Columns) -> Computed:
    return np.arctanh(np.sqrt(x["r2i"])), 1 / x["ni"]


def _point_biserial(x: Columns, vtype: str) -> Computed:
    n1, n2 = x["n1i"], x["n2i"]
    n, d = n1 + n2, standardized(x)
    h = (n - 2) / n1 + (n - 2) / n2
    r = d / np.sqrt(d**2 + h)
    if vtype == "CS":
        share = n1 * n2 / n**2
        return r, (1 - r**2) ** 2 * (1 - 1.5 * r**2 + r**2 / (4 * share)) / n
    return r, h**2 / (h + d**2) ** 3 * (1 / n1 + 1 / n2 + d**2 / (2 * n))


def _fisher_z_point_biserial(x: Columns) -> Computed:
    r, v = _point_biserial(x, "ST")
    return np.arctanh(r), v / (1 - r**2) ** 2


def _biserial(x: Columns) -> Computed:
    """Soper 1914; Jacobs & Viechtbauer 2017, eq. 8 and 13; beyond 1 (in small samples) the variance is that at 1."""
    n = x["n1i"] + x["n2i"]
    p = x["n1i"] / n
    q = 1 - p
    z = ndtri(q)
    height = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    r = np.sqrt(p * q) / height * _point_biserial(x, "ST")[0]
    slope = (1 - p * z / height) * (1 + q * z / height)
    at = np.clip(r, -1, 1)
    return r, (p * q / height**2 - (1.5 + slope) * at**2 + at**4) / (n - 1)


def _superiority(x: Columns) -> Computed:
    """Common language effect size of two normal groups with variances of their own."""
    s1, s2, m1, m2 = x["sd1i"] ** 2, x["sd2i"] ** 2, x["n1i"] - 1, x["n2i"] - 1
    total = s1 + s2
    z = (x["m1i"] - x["m2i"]) / np.sqrt(total)
    v = (s1 / m1 + s2 / m2) / total + z**2 * (s1**2 / m1 + s2**2 / m2) / (2 * total**2)
    return ndtr(z), v * _density(z) ** 2


def _superiority_of_pairs(x: Columns) -> Computed:
    d, v = unequal_change_variance(x)
    z = d / np.sqrt(2)
    return ndtr(z), v / 2 * _density(z) ** 2


def _density(z: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


_R, _SHARE, _TANH = SCALES["identity"].within(-1, 1), SCALES["identity"].within(0, 1), SCALES["tanh"]

CORRELATIONS = {
    "COR": Measure("COR", "correlation", _raw, _R, False, CORRELATION, vtypes=("LS", "AV"), compares=False),
    "UCOR": Measure(
        "UCOR", "correlation (bias corrected)", _unbiased, _R, False, CORRELATION, vtypes=("LS", "UB", "AV"),
        compares=False,
    ),
    "ZCOR": Measure(
        "ZCOR", "correlation", _fisher_z, _TANH, False, CORRELATION, compares=False, tied=False, via="Fisher's z"
    ),
    "PCOR": Measure("PCOR", "partial correlation", _partial, _R, False, PARTIAL, compares=False),
    "ZPCOR": Measure(
        "ZPCOR", "partial correlation", _fisher_z_partial, _TANH, False, PARTIAL, compares=False,
        tied=False, via="Fisher's z",
    ),
    "SPCOR": Measure("SPCOR", "semi-partial correlation", _semipartial, _R, False, SEMIPARTIAL, compares=False),
    "ZSPCOR": Measure(
        "ZSPCOR", "semi-partial correlation", _fisher_z_semipartial, _TANH, False, SEMIPARTIAL,
        compares=False, via="Fisher's z",
    ),
    "R2": Measure("R2", "share of variance explained", _r2, _SHARE, False, EXPLAINED, compares=False),
    "ZR2": Measure(
        "ZR2", "share of variance explained", _fisher_z_r2, SCALES["squared-tanh"], False, EXPLAINED,
        compares=False, tied=False, via="Fisher's z",
    ),
    "RPB": Measure("RPB", "point-biserial correlation", _point_biserial, _R, False, SMD_DATA, vtypes=("ST", "CS")),
    "ZPB": Measure(
        "ZPB", "point-biserial correlation", _fisher_z_point_biserial, _TANH, False, SMD_DATA, via="Fisher's z"
    ),
    "RBIS": Measure("RBIS", "biserial correlation", _biserial, _R, False, SMD_DATA),
    "CLESN": Measure("CLESN", "probability of superiority", _superiority, _SHARE, False, MEANS, compares=False),
    "CLESCN": Measure(
        "CLESCN", "probability of superiority (pairs)", _superiority_of_pairs, _SHARE, False, CHANGE, compares=False
    ),
}  # fmt: skip
