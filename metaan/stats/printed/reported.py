"""Effects as they are printed: an estimate with its interval, standard error, z or p, on the display scale.

Source: Cochrane Handbook, version 6, section 6.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, UsageError
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray, column, labels, same_length
from ..measures.families import refuse
from .conversions import critical, named, se_from_p

#: How far an estimate may lie from the middle of its interval, as a share of the half width.
ASYMMETRY = 0.1


def effects_from_reported(
    measure: str,
    estimate: ArrayLike | None = None,
    *,
    lb: ArrayLike | None = None,
    ub: ArrayLike | None = None,
    se: ArrayLike | None = None,
    z: ArrayLike | None = None,
    p: ArrayLike | None = None,
    df: ArrayLike | None = None,
    level: float = 0.95,
    display: bool = True,
    slab: Sequence[str] | None = None,
) -> EffectSizes:
    """Build effect sizes from printed estimates with whatever tells their precision.

    A study's standard error is taken from the first of these that it has: ``se``, the interval, ``z``, ``p``.

    Parameters
    ----------
    measure
        A key of `MEASURES`: it gives the display scale.
    estimate
        Shape (k,); where it is missing, the middle of the interval on the analysis scale is taken.
    lb, ub
        Shape (k,), confidence bounds, on the scale of the estimate.
    se
        Shape (k,), standard errors, on the analysis scale (that of the logarithm for ratios).
    z, p
        Shape (k,), test statistics and two-sided p-values.
    df
        Shape (k,), degrees of freedom where intervals and tests are by t; normal where it is left out.
    level
        Coverage of the intervals.
    display
        True: estimates and bounds are as printed, on the display scale; False: on the analysis scale.
    slab
        k study labels.

    Returns
    -------
    EffectSizes
        On the analysis scale. ``notes`` says where the standard errors come from, and names the studies whose estimate
        is not in the middle of its interval (a wrong scale, a wrong level, or a slip in typing).

    Raises
    ------
    DataError
        A bound does not hold its estimate, a ratio is not above 0, or p is not from 0 to 1.

    Examples
    --------
    >>> es = effects_from_reported("OR", [2.0], lb=[1.0], ub=[4.0])
    >>> round(float(es.yi[0]), 4), round(float(es.sei[0]), 4)
    (0.6931, 0.3537)
    """
    got = _given(slab, estimate=estimate, lb=lb, ub=ub, se=se, z=z, p=p, df=df)
    slabs = labels(slab, next(iter(got.values())).size)
    if "lb" in got and "ub" in got:
        refuse(got["lb"], got["lb"] >= got["ub"], "lb", slab, "not below the upper bound")
    values = {**got, **{name: _analysis(got[name], measure, display, name, slabs) for name in _SCALED if name in got}}
    yi = _estimates(values, len(slabs))
    _check_order(values, yi, slabs)
    sei, notes = _standard_errors(values, yi, level, slabs)
    gone = np.isnan(yi) | np.isnan(sei)
    reasons = tuple("the estimate, or what tells its precision, is missing" if lost else None for lost in gone.tolist())
    yi, vi = np.where(gone, np.nan, yi), np.where(gone, np.nan, sei**2)
    return EffectSizes(yi, vi, slabs, measure, reasons, got, (*notes, *_asymmetric(values, yi, level, slabs)))


_SCALED = ("estimate", "lb", "ub")


def _given(slab: Sequence[str] | None, **values: ArrayLike | None) -> dict[str, FloatArray]:
    got = {name: column(array, name) for name, array in values.items() if array is not None}
    interval = {"lb", "ub"} <= set(got)
    if not (interval or ("estimate" in got and set(got) & {"se", "z", "p"})):
        raise UsageError(f"lb and ub, or estimate with se, z or p, are needed; found: {', '.join(got) or 'nothing'}")
    labels(slab, same_length(got))
    for name in ("se", "df"):
        if name in got:
            refuse(got[name], got[name] <= 0, name, slab, "must be above 0")
    return got


def _analysis(values: FloatArray, measure: str, display: bool, name: str, slabs: Sequence[str]) -> FloatArray:
    """Return values of the display scale on the analysis scale."""
    if not display:
        return values
    there = scale_of(measure).to_analysis
    out = np.full(values.shape, np.nan)
    for i in np.flatnonzero(~np.isnan(values)).tolist():
        try:
            out[i] = there(float(values[i]))
        except ValueError:
            out[i] = np.inf
        if not np.isfinite(out[i]):
            raise DataError(f"study {slabs[i]!r}: {name} = {values[i]:g} cannot be a value of {measure}")
    return out


def _estimates(values: dict[str, FloatArray], k: int) -> FloatArray:
    """Return the estimates, the middle of the interval where there is none."""
    yi = values.get("estimate", np.full(k, np.nan))
    return np.where(np.isnan(yi), (values["lb"] + values["ub"]) / 2, yi) if "lb" in values and "ub" in values else yi


def _check_order(values: dict[str, FloatArray], yi: FloatArray, slabs: Sequence[str]) -> None:
    if "lb" in values and "ub" in values:
        refuse(yi, (yi < values["lb"]) | (yi > values["ub"]), "the estimate", slabs, "outside its own interval")


def _standard_errors(
    values: dict[str, FloatArray], yi: FloatArray, level: float, slabs: Sequence[str]
) -> tuple[FloatArray, list[str]]:
    sei = np.full(yi.shape, np.nan)
    notes = []
    for name, (words, compute) in _PRECISION.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            found = compute(values, yi, level)
        if found is None:
            continue
        fill = np.isnan(sei) & np.isfinite(found) & (found > 0)
        sei = np.where(fill, found, sei)
        if fill.any() and name != "se":
            notes.append(f"standard error from {words.format(level=100 * level)}: {named(fill, slabs)}")
    return sei, notes


def _from_se(x: dict[str, FloatArray], yi: FloatArray, level: float) -> FloatArray | None:
    return x.get("se")


def _from_interval(x: dict[str, FloatArray], yi: FloatArray, level: float) -> FloatArray | None:
    if "lb" not in x or "ub" not in x:
        return None
    return (x["ub"] - x["lb"]) / (2 * critical(level, x.get("df")))


def _from_z(x: dict[str, FloatArray], yi: FloatArray, level: float) -> FloatArray | None:
    return np.abs(yi / x["z"]) if "z" in x else None


def _from_p(x: dict[str, FloatArray], yi: FloatArray, level: float) -> FloatArray | None:
    return se_from_p(yi, x["p"], df=x.get("df"))["sei"] if "p" in x else None


def _asymmetric(values: dict[str, FloatArray], yi: FloatArray, level: float, slabs: Sequence[str]) -> list[str]:
    """Return a note on the intervals whose estimate is not in the middle."""
    if not {"lb", "ub", "estimate"} <= set(values):
        return []
    half = (values["ub"] - values["lb"]) / 2
    off = np.abs(yi - (values["ub"] + values["lb"]) / 2) > ASYMMETRY * half
    note = f"the estimate is not in the middle of its {100 * level:g} % interval: {named(off, slabs)}"
    return [note] if off.any() else []


_PRECISION: dict[str, tuple[str, Callable[[dict[str, FloatArray], FloatArray, float], FloatArray | None]]] = {
    "se": ("the standard error", _from_se),
    "ci": ("the {level:g} % confidence interval", _from_interval),
    "z": ("the test statistic", _from_z),
    "p": ("the two-sided p-value", _from_p),
}
