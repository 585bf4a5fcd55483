"""Moderators become columns: numbers, factors, formulas, missing values, and columns that hold nothing new."""

import sys

import numpy as np
import pandas as pd
import pytest

import metaan as ma
from metaan.errors import DataError, NotEstimableError, UsageError
from metaan.stats.regression.design import REDUNDANT, design_of
from metaan.stats.regression.moderators import INTERCEPT

ALL = np.ones(4, dtype=bool)
FRAME = pd.DataFrame({"year": [1990, 1995, 2001, 2004], "arm": ["b", "a", "b", "c"], "dose": [1.5, 2.0, 2.5, 1.0]})


def columns(mods, intercept=True, data=None, keep=ALL):
    design = design_of(mods, keep, intercept, data)
    return dict(zip(design.coding.names, design.x.T.tolist()))


def test_arrays_have_numbered_columns():
    assert columns([1, 2, 3, 4]) == {INTERCEPT: [1, 1, 1, 1], "x1": [1, 2, 3, 4]}
    assert list(columns(np.eye(4)[:, :2])) == [INTERCEPT, "x1", "x2"]
    assert columns([True, False, True, True])["x1"] == [1, 0, 1, 1]


@pytest.mark.parametrize("mods", [FRAME, dict(FRAME), {name: list(FRAME[name]) for name in FRAME}])
def test_named_columns(mods):
    assert columns(mods) == {
        INTERCEPT: [1, 1, 1, 1], "year": [1990, 1995, 2001, 2004], "arm[T.b]": [1, 0, 1, 0], "arm[T.c]": [0, 0, 0, 1],
        "dose": [1.5, 2.0, 2.5, 1.0],
    }  # fmt: skip


def test_a_factor_without_intercept_keeps_all_levels():
    assert list(columns({"arm": FRAME["arm"], "other": ["x", "y", "x", "y"]}, intercept=False)) == [
        "arm[a]", "arm[b]", "arm[c]", "other[T.y]",
    ]  # fmt: skip


def test_a_categorical_keeps_the_order_of_its_levels():
    arm = pd.Series(pd.Categorical(["b", "a", "b", "c"], categories=["c", "unused", "b", "a"]))
    design = design_of({"arm": arm}, ALL, True)
    assert design.coding.names == (INTERCEPT, "arm[T.b]", "arm[T.a]")
    assert design.coding.references == {"arm": "c"}


def test_formulas_make_interactions_and_whole_number_levels():
    data = {"year": [1, 2, 1, 2], "arm": ["b", "a", "b", "a"], "dose": [1.5, 2.0, 2.5, 1.0]}
    design = design_of("~ dose * arm + C(year)", ALL, True, data)
    assert design.coding.names == (INTERCEPT, "dose", "arm[T.b]", "C(year)[T.2]", "dose:arm[T.b]")
    assert design.coding.references == {"arm": "a", "C(year)": "1"}
    assert columns("dose", False, data) == {"dose": [1.5, 2.0, 2.5, 1.0]}
    assert columns("~ 1", True, data) == {INTERCEPT: [1, 1, 1, 1]}


def test_a_first_column_of_ones_is_the_intercept():
    design = np.column_stack([np.ones(4), [1, 2, 3, 4], [0, 1, 0, 0]])
    for mods in (design, pd.DataFrame(design, columns=["(Intercept)", "x2", "x3"])):
        for intercept in (True, False):
            assert columns(mods, intercept) == {INTERCEPT: [1] * 4, "x2": [1, 2, 3, 4], "x3": [0, 1, 0, 0]}
    assert list(columns({"blinded": [1, 1, 1, 1]}, intercept=False)) == ["blinded"]
    assert list(columns([1, 1, 1, 1], intercept=False)) == ["x1"]


def test_named_columns_and_the_formula_of_their_sum_agree():
    formula, plain = columns("dose + arm + year", True, FRAME), columns(FRAME)
    assert formula == {name: plain[name] for name in formula}


def test_missing_moderators_leave_the_study_and_its_level_out():
    arm = ["b", None, "b", "c"]
    design = design_of({"arm": arm, "dose": [1, 2, np.nan, 4]}, np.array([True, True, True, True]), True)
    assert design.missing == (None, "moderator arm is missing", "moderator dose is missing", None)
    assert design.coding.names == (INTERCEPT, "arm[T.c]", "dose")
    with pytest.raises(NotEstimableError, match="no study has both"):
        design_of({"arm": [None, None, "b", "c"]}, np.array([True, True, False, False]), True)


def test_problems_are_named():
    with pytest.raises(DataError, match="'dose' has 2 values for 4 studies"):
        design_of({"dose": [1, 2]}, ALL, True)
    with pytest.raises(DataError, match=r"'dose'\[1\] is infinite"):
        design_of({"dose": [1, np.inf, 2, 3]}, ALL, True)
    with pytest.raises(DataError, match=r"shape \(1, 2, 2\)"):
        design_of(np.ones((1, 2, 2)), ALL, True)
    with pytest.raises(UsageError, match="no column 'yaer' in data; did you mean year"):
        design_of("~ yaer", ALL, True, FRAME)
    with pytest.raises(UsageError, match="names an outcome"):
        design_of("yi ~ year", ALL, True, FRAME)
    with pytest.raises(UsageError, match="cannot be read"):
        design_of("~ year +* dose", ALL, True, FRAME)


def test_formulas_without_formulaic_say_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "formulaic", None)
    with pytest.raises(UsageError, match="need the package formulaic"):
        design_of("~ year", ALL, True, FRAME)


ES = ma.EffectSizes.of([0.1, 0.4, 0.3, 0.9, 0.5, 0.2], [0.04, 0.05, 0.03, 0.06, 0.05, 0.04])
TWICE = {"dose": [1, 2, 3, 4, 5, 6], "zero": [0] * 6, "same": [7] * 6, "sum": [8, 9, 10, 11, 12, 13]}


@pytest.mark.parametrize(
    ("name", "why"),
    [("zero", "'zero' of the design is 0 in every"), ("same", "same in every"), ("sum", "made of 'intercept', 'dose'")],
)
def test_columns_that_hold_nothing_new_are_named_or_dropped(name, why):
    mods = {"dose": TWICE["dose"], name: TWICE[name]}
    with pytest.raises(DataError, match=why):
        ma.meta_regression(ES, mods)
    dropped = ma.meta_regression(ES, mods, redundant="drop")
    assert dropped.names == (INTERCEPT, "dose")
    assert dropped.predict({"dose": 3, name: 8}).estimate == pytest.approx(
        ma.meta_regression(ES, TWICE["dose"]).predict(3).estimate
    )


def test_years_are_not_taken_for_a_constant():
    fit = ma.meta_regression(ES, {"year": [2001, 2002, 2003, 2004, 2005, 2007]})
    assert fit.names == (INTERCEPT, "year")


def test_the_ways_to_treat_redundant_columns_are_known():
    assert list(REDUNDANT) == ["error", "drop"]
    with pytest.raises(UsageError, match="redundant 'ignore'"):
        ma.meta_regression(ES, [1, 2, 3, 4, 5, 6], redundant="ignore")
