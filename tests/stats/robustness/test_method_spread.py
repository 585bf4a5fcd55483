"""The method spread: the numbers that tools answer silently, side by side."""

import json

import pytest

import metaan as ma
from metaan.errors import DataError, UsageError
from metaan.stats.robustness.method_spread import SPREAD_METHODS
from metaan.stats.tables.mantel_haenszel import MH_MEASURES

ZERO = {"ai": [0, 2, 1], "n1i": [50, 100, 120], "ci": [4, 6, 5], "n2i": [50, 100, 118]}
RATES = {"x1i": [0, 2], "t1i": [50, 40], "x2i": [3, 2], "t2i": [50, 40]}


def odds_ratios(spread):
    return {row.method: round(float(value), 3) for row, value in zip(spread.rows, spread.to_frame()["estimate"])}


def test_one_zero_cell_has_as_many_answers_as_methods():
    spread = ma.method_spread("OR", **ZERO)
    got = odds_ratios(spread)
    assert (got["MH"], got["MH+0.5"], got["IV+0.5"]) == (0.190, 0.214, 0.227)  # PyMetaAnalysis, RevMan, PythonMeta
    assert got["Peto"] == 0.252  # metafor's rma.peto
    assert spread.sentence.startswith("MH 0.19 · MH+0.5 0.21 · IV+0.5 0.23 · Peto 0.25")


def test_without_zero_cells_a_correction_changes_nothing():
    got = odds_ratios(ma.method_spread("OR", **(ZERO | {"ai": [3, 2, 1]})))
    assert got["MH"] == got["MH+0.5"]


@pytest.mark.parametrize("measure", list(MH_MEASURES))
def test_every_measure_has_its_methods(measure):
    spread = ma.method_spread(measure, **(RATES if measure.startswith("I") else ZERO))
    assert [row.method for row in spread.rows] == [n for n, m in SPREAD_METHODS.items() if measure in m.measures]
    assert all(row.reason is None and row.k for row in spread.rows)


def test_a_method_without_an_answer_says_why():
    spread = ma.method_spread("OR", ai=[0, 0], n1i=[50, 40], ci=[3, 2], n2i=[50, 40])
    silent = {row.method: row.reason for row in spread.rows if row.estimate is None}
    assert set(silent) == {"MH", "GLMM", "beta-binomial"}
    assert all("experimental arm has no events" in why for why in silent.values())
    assert "no answer" in repr(spread)
    assert spread.to_frame()["reason"].notna().sum() == 3
    assert json.loads(json.dumps(spread.to_dict(), allow_nan=False))["rows"][0]["estimate"] is None


def test_double_zero_studies_enter_only_where_they_say_something():
    spread = ma.method_spread(
        "OR", **{name: [*values, extra] for (name, values), extra in zip(ZERO.items(), (0, 9, 0, 9))}
    )
    assert {row.method: row.k for row in spread.rows} == {
        "MH": 3, "MH+0.5": 3, "IV+0.5": 3, "Peto": 3, "GLMM": 3, "beta-binomial": 4,
    }  # fmt: skip


def test_what_is_wrong_with_the_data_is_not_hidden_as_a_reason():
    with pytest.raises(DataError, match="events"):
        ma.method_spread("OR", **(ZERO | {"ai": [60, 2, 1]}))
    with pytest.raises(UsageError, match="allowed: OR"):
        ma.method_spread("SMD", **ZERO)
