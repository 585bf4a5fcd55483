"""One data set under the rules of several programs."""

import json
import math
from pathlib import Path

import pytest

from metaan.errors import NotEstimableError, UsageError
from metaan.stats.explain import NUMBERS, explain, same
from metaan.stats.presets import PRESETS, RULE_WORDS, Rules

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "presets.json").read_text())["cases"]

#: Three trials with zero cells, and what tools were found to print for them: Mantel-Haenszel without a correction
#: 0.190 (PyMetaAnalysis, metafor's rma.mh), with 0.5 added 0.214 (PythonMeta, RevMan, meta), inverse variance 0.227.
ZERO_CELLS = {"ai": [0, 2, 1], "n1i": [50, 100, 120], "ci": [4, 6, 5], "n2i": [50, 100, 118]}


def by_name(explanation):
    return {result.name: result for result in explanation.results}


def test_the_zero_cell_example():
    found = by_name(explain("OR", **ZERO_CELLS))
    assert round(found["metaan"].common, 3) == 0.190
    assert round(found["metafor"].common, 3) == 0.190
    assert round(found["meta"].common, 3) == 0.214
    assert round(found["RevMan 5"].common, 3) == 0.214
    assert round(found["legacy"].common, 3) == 0.227


def test_each_gap_of_the_zero_cell_example_has_one_rule():
    rules = {(gap.preset, gap.number): gap.rules for gap in explain("OR", **ZERO_CELLS).gaps}
    assert rules["meta", "common"] == ("mh_correction",)
    assert rules["legacy", "common"] == ("common",)
    assert rules["Stata", "pi"] == ("pi",)
    assert rules["IQWiG", "random_ci"] == ("ci",)
    assert all(len(names) == 1 for names in rules.values())


def test_a_gap_says_both_values():
    words = {(gap.preset, gap.number): gap.words for gap in explain("OR", **ZERO_CELLS).gaps}
    assert words["Stata", "pi"] == "the prediction interval is t(k-2) (here t(k-1))"


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: c["id"])
def test_the_rules_of_meta_give_metas_numbers(case):
    measure = case["args"]["sm"]
    result = by_name(explain(measure, **case["data"]))["meta"]
    expect = case["expect"]
    assert math.log(result.common) == pytest.approx(expect["TE.common"], rel=1e-8)
    assert math.log(result.common_ci.lb) == pytest.approx(expect["lower.common"], rel=1e-8)
    assert math.log(result.random) == pytest.approx(expect["TE.random"], rel=1e-6)
    assert math.log(result.random_ci.ub) == pytest.approx(expect["upper.random"], rel=1e-6)
    assert math.log(result.pi.lb) == pytest.approx(expect["lower.predict"], rel=1e-6)
    assert result.tau2 == pytest.approx(expect["tau2"], rel=1e-6, abs=1e-9)
    assert result.i2 == pytest.approx(100 * expect["I2"], rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: c["id"])
def test_every_difference_is_explained(case):
    explanation = explain(case["args"]["sm"], **case["data"])
    ours, *others = explanation.results
    differing = {(o.name, n) for o in others for n in NUMBERS if not same(getattr(ours, n), getattr(o, n))}
    assert {(gap.preset, gap.number) for gap in explanation.gaps} == differing


def test_every_rule_has_words_and_every_preset_a_source():
    assert set(RULE_WORDS) == set(Rules.__dataclass_fields__)
    assert all(preset.source for preset in PRESETS.values())


def test_one_study_has_nothing_to_explain():
    with pytest.raises(NotEstimableError, match="k = 1"):
        explain("OR", ai=[1], n1i=[10], ci=[2], n2i=[10])


def test_an_unknown_measure_says_what_is_allowed():
    with pytest.raises(UsageError, match="allowed: OR, RR"):
        explain("RD", **ZERO_CELLS)


def test_to_dict_is_ready_for_json():
    plain = json.loads(json.dumps(explain("OR", **ZERO_CELLS).to_dict(), allow_nan=False))
    assert [row["name"] for row in plain["results"]] == list(PRESETS)


def test_repr_puts_the_programs_side_by_side():
    lines = repr(explain("OR", **ZERO_CELLS)).splitlines()
    assert lines[1].split()[:3] == ["metaan", "common", "0.1902"]
    assert any(line.startswith("  Stata, pi: the prediction interval is t(k-2)") for line in lines)
