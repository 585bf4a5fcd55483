import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaan.report.writers.export import to_json
from metaan.report.writers.export_csv import AFTER, BEFORE, to_csv
from metaan.synthesis.values import Analysis, Excluded


def test_designs_kept_apart_have_no_result_at_the_top(death: Analysis) -> None:
    [got] = to_json([death])["analyses"]
    assert got["outcome"] == "death"
    assert got["k"] == 8
    assert got["common"] is got["random"] is got["heterogeneity"] is None
    assert any("kept apart" in warning for warning in got["warnings"])
    trials, cohorts = got["subgroups"]
    assert trials["random"]["estimate"] == pytest.approx(0.963978, abs=1e-6)
    assert trials["random"]["ci"] == pytest.approx([0.440165, 2.111145], abs=1e-6)
    assert cohorts["common"]["estimate"] == pytest.approx(0.418234, abs=1e-6)
    assert trials["studies"] == [row.id for row in death.pools[0].rows]


def test_one_pool_stands_at_the_top(analysis: Callable[..., Analysis]) -> None:
    [got] = to_json([analysis({"randomised": [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})])["analyses"]
    assert got["common"]["estimate"] == pytest.approx(2.951077, abs=1e-6)
    assert got["random"]["pi"] is None
    assert got["heterogeneity"]["q"] == pytest.approx(0.761955, abs=1e-6)
    assert got["studies"][0]["counts"] == {"ai": 5, "n1i": 40, "ci": 3, "n2i": 40}


def test_estimates_are_on_the_display_scale_and_yi_is_not(death: Analysis) -> None:
    for study in to_json([death])["analyses"][0]["studies"]:
        assert math.log(study["estimate"]) == pytest.approx(study["yi"])
        assert study["weights"]["common"] > 0


def test_one_study_has_no_pooled_result(analysis: Callable[..., Analysis]) -> None:
    [got] = to_json([analysis({"randomised": [("only", 3, 15, 10, 15)]})])["analyses"]
    assert got["common"] is got["random"] is None
    assert got["studies"][0]["estimate"] == pytest.approx(0.125)


def test_json_holds_no_nan(analysis: Callable[..., Analysis]) -> None:
    broken = analysis({"randomised": [("A", 0, 40, 0, 40), ("B", 11, 37, 3, 34), ("C", 1, 37, 3, 34)]})
    row = replace(broken.pools[0].rows[1], estimate=math.inf, yi=math.nan)
    pool = replace(broken.pools[0], rows=(broken.pools[0].rows[0], row))
    text = json.dumps(to_json([replace(broken, pools=(pool,))]), allow_nan=False)
    assert json.loads(text)["analyses"][0]["studies"][1]["estimate"] is None


def test_excluded_and_references_are_there(death: Analysis) -> None:
    [got] = to_json([replace(death, excluded=(Excluded("x", "X 2020", "no control arm"),))])["analyses"]
    assert got["excluded"] == [{"id": "x", "label": "X 2020", "reason": "no control arm"}]
    assert got["references"][0]["estimate"] == 0.32
    assert got["subgroup_test"]["random"]["pval"] == 0.069


def test_csv_has_a_row_a_study_and_a_row_a_result(death: Analysis) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([death]))))
    kinds = [row["kind"] for row in rows]
    arms = ["events_experimental", "total_experimental", "events_control", "total_control"]
    assert list(rows[0]) == [*BEFORE, *arms, *AFTER]
    assert (kinds.count("study"), kinds.count("pooled"), kinds.count("published pool")) == (8, 6, 1)
    assert float(rows[0]["estimate"]) == pytest.approx(death.rows[0].estimate, rel=1e-11)
    assert rows[0]["events_experimental"] == "9"


@pytest.mark.parametrize("label", ['=HYPERLINK("http://x")', "+1", "-1", "@x", "\tx"])
def test_a_text_never_becomes_a_formula(analysis: Callable[..., Analysis], label: str) -> None:
    made = analysis({"randomised": [("A", 3, 15, 10, 15)]})
    row = replace(made.pools[0].rows[0], study=made.rows[0].study.model_copy(update={"label": label}))
    rows = list(csv.DictReader(io.StringIO(to_csv([replace(made, pools=(replace(made.pools[0], rows=(row,)),))]))))
    assert rows[0]["label"] == f"'{label}"
    assert float(rows[0]["yi"]) < 0


def test_a_result_says_which_questioned_studies_it_rests_on(analysis: Callable[..., Analysis]) -> None:
    done = analysis({"randomised": [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})
    [pool] = done.pools
    rows = (replace(pool.rows[0], flag="retraction"), pool.rows[1])
    got = csv.DictReader(io.StringIO(to_csv([replace(done, pools=(replace(pool, rows=rows),))])))
    assert {row["note"] for row in got if row["kind"] == "pooled"} == {"rests on A (retracted)"}
