"""The tests on strata against enumeration, root finding and statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import hypergeom

import metaan as ma
from metaan.stats.tables.strata_tests import Margins, breslow_day, expected_events, person_time, tarone

TABLES = {
    "ai": np.array([8.0, 1, 15, 34, 3]),
    "bi": np.array([19.0, 102, 78, 111, 0]),
    "ci": np.array([2.0, 8, 13, 45, 5]),
    "di": np.array([21.0, 92, 86, 126, 4]),
}


def test_cochran_mantel_haenszel_is_the_enumerated_hypergeometric():
    t = Margins.of(TABLES)
    mean, variance = np.array(
        [hypergeom.stats(n, m, n1, moments="mv") for n, m, n1 in zip(t.n, t.m, t.n1)], dtype=float
    ).T
    excess = abs(float(np.sum(t.a - mean)))
    fit = ma.mantel_haenszel("OR", **TABLES)
    assert fit.cmh.stat == pytest.approx((excess - 0.5) ** 2 / variance.sum(), rel=1e-12)
    bare = ma.mantel_haenszel("OR", **TABLES, correct=False)
    assert bare.cmh.stat == pytest.approx(excess**2 / variance.sum(), rel=1e-12)


def test_statsmodels_agrees():
    from statsmodels.stats.contingency_tables import StratifiedTable

    rows = np.stack([TABLES[name] for name in ("ai", "bi", "ci", "di")], axis=1)
    theirs = StratifiedTable([row.reshape(2, 2) for row in rows])
    fit = ma.mantel_haenszel("OR", **TABLES)
    assert fit.estimate == pytest.approx(theirs.logodds_pooled, rel=1e-12)
    assert fit.se == pytest.approx(theirs.logodds_pooled_se, rel=1e-12)
    assert fit.cmh.stat == pytest.approx(theirs.test_null_odds(correction=True).statistic, rel=1e-12)
    assert fit.breslow_day.stat == pytest.approx(theirs.test_equal_odds().statistic, rel=1e-9)
    assert fit.tarone.stat == pytest.approx(theirs.test_equal_odds(adjust=True).statistic, rel=1e-9)


@pytest.mark.parametrize("log_or", [-40.0, -3.0, -1e-9, 0.0, 1e-9, 0.7, 5.0, 40.0])
def test_expected_events_solve_the_equation_of_the_odds_ratio(log_or):
    t = Margins.of(TABLES)
    expected, variance = expected_events(t, log_or)

    for a, n1, n2, m, v, got in zip(t.a, t.n1, t.n2, t.m, variance, expected):

        def gap(x, n1=n1, n2=n2, m=m):
            return math.log(x * (n2 - m + x)) - math.log((n1 - x) * (m - x)) - log_or

        low, high = max(0.0, m - n2), min(n1, m)
        assert low - 1e-9 <= got <= high + 1e-9
        if abs(log_or) < 10:
            root = brentq(gap, low + 1e-12, high - 1e-12, xtol=1e-14)
            assert got == pytest.approx(root, rel=1e-9)
            assert 1 / v == pytest.approx(1 / root + 1 / (n1 - root) + 1 / (m - root) + 1 / (n2 - m + root), rel=1e-6)
        assert a >= low


@given(log_or=st.floats(-3, 3))
@settings(max_examples=30)
def test_tarone_never_exceeds_breslow_and_day(log_or):
    assert 0 <= tarone(TABLES, log_or).stat <= breslow_day(TABLES, log_or).stat


def test_tables_with_one_odds_ratio_are_homogeneous():
    same = {"ai": [10, 20], "bi": [30, 60], "ci": [20, 40], "di": [20, 40]}
    fit = ma.mantel_haenszel("OR", **same)
    assert fit.breslow_day.stat == pytest.approx(0, abs=1e-12)
    assert fit.tarone.pval == pytest.approx(1)
    assert fit.tarone.df == 1


def test_the_person_time_test_is_binomial_given_the_events():
    rates = {"x1i": np.array([9.0]), "t1i": np.array([413.0]), "x2i": np.array([19.0]), "t2i": np.array([398.0])}
    p = 413 / (413 + 398)
    z2 = (9 - 28 * p) ** 2 / (28 * p * (1 - p))
    assert person_time(rates, correct=False).stat == pytest.approx(z2, rel=1e-12)


def test_what_cannot_be_tested_is_none():
    nothing = {name: np.array([0.0, 0.0]) for name in ("ai", "ci")} | {"bi": np.ones(2), "di": np.ones(2)}
    assert breslow_day(nothing, 0.0) is None
    assert tarone(nothing, 0.0) is None
    silent = {"x1i": np.zeros(1), "x2i": np.zeros(1), "t1i": np.ones(1), "t2i": np.ones(1)}
    assert person_time(silent, correct=True) is None
    assert ma.mantel_haenszel("RR", ai=[3], n1i=[9], ci=[2], n2i=[9]).tarone is None
