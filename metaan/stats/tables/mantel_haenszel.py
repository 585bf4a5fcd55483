"""Mantel-Haenszel estimators of strata: from tables to the estimate, its standard error and the studies' shares.

Sources: Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986 (variance of the log odds ratio);
Greenland & Robins 1985 (risk ratio, rate ratio and rate difference); Sato, Greenland & Robins 1989 (risk difference).
To add a measure: write its estimator and enter a `Strata` in `MH_MEASURES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import NotEstimableError, choose
from ..measures.catalogue import TO, Columns, no_information
from ..measures.effects import FloatArray
from ..measures.two_by_two import no_events
from .strata_tests import ChiSquared, breslow_day, cochran, cochran_mantel_haenszel, person_time, tarone

Stratified = tuple[float, float, FloatArray]
Estimator = Callable[[Columns], Stratified]
Mask = NDArray[np.bool_]
Tests = dict[str, ChiSquared | None]


@dataclass(frozen=True, slots=True)
class Strata:
    """One entry of `MH_MEASURES`.

    Attributes
    ----------
    estimators
        By variance, the first is the default: from tables to the estimate, its standard error and the studies' shares.
    silent
        Mask of tables that say nothing about the measure and drop out of the estimate by themselves.
    tests
        From tables, estimate and whether to correct to the tests that go with the measure.
    cells
        The columns that a zero counts in and that a correction is added to.
    empty
        Mask of tables without events, or with only events, in both arms.
    """

    estimators: Mapping[str, Estimator]
    silent: Callable[[Columns], Mask]
    tests: Callable[[Columns, float, bool], Tests]
    cells: tuple[str, ...]
    empty: Callable[[Columns], Mask]

    def estimator(self, vtype: str | None) -> Estimator:
        """Return the estimator with the variance ``vtype``, or with the first."""
        return choose(self.estimators, vtype or next(iter(self.estimators)), "vtype")

    def corrected(self, tables: Columns, add: float, to: str) -> Columns:
        """Return the tables with ``add`` in each cell where ``to`` asks for it."""
        zero = np.any([tables[name] == 0 for name in self.cells], axis=0)
        added = np.where(choose(TO, to, "to")(zero), add, 0.0)
        return {name: values + added if name in self.cells else values for name, values in tables.items()}


def _odds_ratio(x: Columns) -> Stratified:
    a, b, c, d = x["ai"], x["bi"], x["ci"], x["di"]
    n = a + b + c + d
    r, s, p = a * d / n, b * c / n, (a + d) / n
    sum_r, sum_s = _positive(x, r, s)
    variance = (
        np.sum(p * r) / sum_r**2 + np.sum(p * s + (1 - p) * r) / (sum_r * sum_s) + np.sum((1 - p) * s) / sum_s**2
    ) / 2
    return math.log(sum_r / sum_s), math.sqrt(variance), s


def _risk_ratio(x: Columns) -> Stratified:
    a, c, n1, n2 = x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]
    n = n1 + n2
    r, s = a * n2 / n, c * n1 / n
    sum_r, sum_s = _positive(x, r, s)
    variance = np.sum((n1 * n2 * (a + c) - a * c * n) / n**2) / (sum_r * sum_s)
    if variance <= 0:
        raise NotEstimableError("Mantel-Haenszel risk ratio: nothing but events in both arms of every study")
    return math.log(sum_r / sum_s), math.sqrt(variance), s


def _risk_difference(x: Columns) -> Stratified:
    a, c, n1, n2 = x["ai"], x["ci"], x["ai"] + x["bi"], x["ci"] + x["di"]
    n = n1 + n2
    p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    return _difference(n1 * n2 / n, (a * n2 - c * n1) / n, lambda d: float(d * p.sum() + q.sum()))


def _risk_difference_greenland_robins(x: Columns) -> Stratified:
    a, b, c, d = x["ai"], x["bi"], x["ci"], x["di"]
    n1, n2 = a + b, c + d
    n = n1 + n2
    spread = float(np.sum((a * b * n2**3 + c * d * n1**3) / (n1 * n2 * n**2)))
    return _difference(n1 * n2 / n, (a * n2 - c * n1) / n, lambda _: spread)


def _difference(share: FloatArray, weighted: FloatArray, spread: Callable[[float], float]) -> Stratified:
    """Return a weighted mean of risk differences; ``spread`` is its variance times the squared sum of shares."""
    total = float(share.sum())
    estimate = float(weighted.sum()) / total
    variance = spread(estimate) / total**2
    if variance <= 0:
        raise NotEstimableError("Mantel-Haenszel risk difference: no events, or only events, in every study")
    return estimate, math.sqrt(variance), share


def _rate_ratio(x: Columns) -> Stratified:
    x1, t1, x2, t2 = x["x1i"], x["t1i"], x["x2i"], x["t2i"]
    t = t1 + t2
    r, s = x1 * t2 / t, x2 * t1 / t
    sum_r, sum_s = _positive(x, r, s)
    variance = np.sum(t1 * t2 * (x1 + x2) / t**2) / (sum_r * sum_s)
    return math.log(sum_r / sum_s), math.sqrt(variance), s


def _rate_difference(x: Columns) -> Stratified:
    x1, t1, x2, t2 = x["x1i"], x["t1i"], x["x2i"], x["t2i"]
    share = t1 * t2 / (t1 + t2)
    total = float(share.sum())
    variance = float(np.sum(share**2 * (x1 / t1**2 + x2 / t2**2))) / total**2
    if variance <= 0:
        raise NotEstimableError("Mantel-Haenszel rate difference: no events in either arm of any study")
    return float(np.sum(share * (x1 / t1 - x2 / t2))) / total, math.sqrt(variance), share


def _positive(x: Columns, r: FloatArray, s: FloatArray) -> tuple[float, float]:
    """Return both sums; a ratio exists only where neither is 0."""
    sum_r, sum_s = float(r.sum()), float(s.sum())
    if sum_r <= 0 or sum_s <= 0:
        raise NotEstimableError(f"Mantel-Haenszel: the ratio has no finite estimate: {empty_arm(x)}")
    return sum_r, sum_s


def empty_arm(x: Columns) -> str:
    """Say which arm leaves a ratio without a finite estimate."""
    found = [
        f"the {arm} arm has {what} in any study"
        for name, arm, what in EMPTY_ARMS
        if name in x and float(np.sum(x[name])) == 0
    ]
    return " and ".join(found) or "every study has a zero cell, and all of them point the same way"


EMPTY_ARMS = (
    ("ai", "experimental", "no events"),
    ("bi", "experimental", "nobody without an event"),
    ("ci", "control", "no events"),
    ("di", "control", "nobody without an event"),
    ("x1i", "experimental", "no events"),
    ("x2i", "control", "no events"),
)


def _no_association_tests(x: Columns, estimate: float, correct: bool) -> Tests:
    return {"cmh": cochran_mantel_haenszel(x, correct), "cochran": cochran(x, correct)}


def _odds_ratio_tests(x: Columns, estimate: float, correct: bool) -> Tests:
    return {
        **_no_association_tests(x, estimate, correct),
        "breslow_day": breslow_day(x, estimate),
        "tarone": tarone(x, estimate),
    }


def _rate_tests(x: Columns, estimate: float, correct: bool) -> Tests:
    return {"cmh": person_time(x, correct)}


def no_rate_events(x: Columns) -> Mask:
    """Return a mask of studies without an event in either arm."""
    return np.asarray((x["x1i"] == 0) & (x["x2i"] == 0))


def _never(x: Columns) -> Mask:
    return np.zeros(next(iter(x.values())).shape, dtype=bool)


TABLE = ("ai", "bi", "ci", "di")
EVENTS = ("x1i", "x2i")

MH_MEASURES = {
    "OR": Strata({"RBG": _odds_ratio}, no_information, _odds_ratio_tests, TABLE, no_information),
    "RR": Strata({"GR": _risk_ratio}, no_events, _no_association_tests, TABLE, no_information),
    "RD": Strata(
        {"Sato": _risk_difference, "GR": _risk_difference_greenland_robins},
        _never,
        _no_association_tests,
        TABLE,
        no_information,
    ),
    "IRR": Strata({"GR": _rate_ratio}, no_rate_events, _rate_tests, EVENTS, no_rate_events),
    "IRD": Strata({"GR": _rate_difference}, _never, _rate_tests, EVENTS, no_rate_events),
}
