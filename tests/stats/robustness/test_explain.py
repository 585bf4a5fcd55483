"""One data set under the rules of several programs."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from metaan.errors import NotEstimableError, UsageError
from metaan.report.writers.explanation import explanation_table
from metaan.stats.robustness.explain import NUMBERS, explain, same
from metaan.stats.robustness.presets import PRESETS, RULE_WORDS, Rules

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "presets.json").read_text())["cases"]

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
    assert rules["IQWiG", "common"] == ("mh_correction",)
    assert all(len(names) == 1 for names in rules.values())


def test_a_gap_says_both_values():
    words = {(gap.preset, gap.number): gap.words for gap in explain("OR", **ZERO_CELLS).gaps}
    assert words["Stata", "pi"] == "the prediction interval is t(k-2) (here t(k-1))"


#: From what metabin prints to what a row shows: the display scale of ratios is the exponential, I2 a percentage.
SHOWN = {
    "k": lambda row, back: row.k,
    "k.MH": lambda row, back: row.k_common,
    "TE.common": lambda row, back: back(row.common),
    "lower.common": lambda row, back: back(row.common_ci.lb),
    "TE.random": lambda row, back: back(row.random),
    "upper.random": lambda row, back: back(row.random_ci.ub),
    "lower.predict": lambda row, back: back(row.pi.lb),
    "Q": lambda row, back: row.q,
    "tau2": lambda row, back: row.tau2,
    "I2": lambda row, back: row.i2 / 100,
}


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: f"{c['id']}/{c['args']['preset']}")
def test_the_rules_of_meta_give_metas_numbers(case):
    measure = case["args"]["sm"]
    row = by_name(explain(measure, **case["data"]))[case["args"]["preset"]]
    back = float if measure == "RD" else math.log
    got = {name: SHOWN[name](row, back) for name in case["expect"]}
    assert got == pytest.approx(case["expect"], rel=1e-6, abs=1e-9)


def test_a_study_with_all_events_enters_by_the_rule_of_each_program():
    """metafor 3.8: rma.mh, rma; meta 8.4: metabin, and metabin under settings.meta("RevMan5"), as printed."""
    found = by_name(explain("RR", ai=[5, 20, 3], n1i=[50, 20, 40], ci=[9, 25, 8], n2i=[55, 25, 45]))
    assert {name: (round(r.common, 4), round(r.random, 4), r.k) for name, r in found.items() if name in PRINTED} == {
        "metafor": (0.7994, 0.8286, 3),
        "meta": (0.7996, 0.8287, 3),
        "RevMan 5": (0.7996, 0.6530, 3),
    }


PRINTED = ("metafor", "meta", "RevMan 5")


def test_only_what_prints_a_prediction_interval_has_one():
    found = explain("OR", **ZERO_CELLS).results
    assert {row.name for row in found if row.pi is None} == {"meta", "JAMA", "RevMan 5", "legacy"}
    two = explain("OR", **{name: values[1:] for name, values in ZERO_CELLS.items()}).results
    assert {row.name for row in two if row.pi is not None} == {"metafor", "IQWiG"}


def test_settings_for_a_journal_change_the_layout_only():
    found = by_name(explain("RR", **ZERO_CELLS))
    assert replace(found["JAMA"], name="meta") == found["meta"]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: f"{c['id']}/{c['args']['preset']}")
def test_every_difference_is_explained(case):
    explanation = explain(case["args"]["sm"], **case["data"])
    ours, *others = explanation.results
    differing = {(o.name, n) for o in others for n in NUMBERS if not same(getattr(ours, n), getattr(o, n))}
    assert {(gap.preset, gap.number) for gap in explanation.gaps} == differing


def test_a_program_may_pool_what_another_has_no_effect_of():
    """Two double zeros: metafor corrects them, and no other program has a study."""
    found = by_name(explain("OR", ai=[0, 0], n1i=[40, 25], ci=[0, 0], n2i=[41, 24]))
    assert {name: row.k for name, row in found.items() if row.k} == {"metafor": 2}
    assert found["meta"].random is found["meta"].tau2 is found["meta"].common is None
    assert "not estimable" in explanation_table(explain("OR", ai=[0, 0], n1i=[40, 25], ci=[0, 0], n2i=[41, 24]))


def test_a_program_whose_rules_for_a_measure_are_not_known_has_no_row():
    assert "Stata" not in by_name(explain("RD", **ZERO_CELLS))


def test_programs_that_differ_in_the_same_way_share_a_line():
    text = explanation_table(explain("OR", **ZERO_CELLS))
    assert "  meta, JAMA, RevMan 5, RevMan 2025 and IQWiG: common effect and its interval: 0.5 is added" in text


def test_every_rule_has_words_and_every_preset_a_source():
    assert set(RULE_WORDS) == set(Rules.__dataclass_fields__)
    assert all(preset.source for preset in PRESETS.values())


def test_one_study_has_nothing_to_explain():
    with pytest.raises(NotEstimableError, match="k = 1"):
        explain("OR", ai=[1], n1i=[10], ci=[2], n2i=[10])


def test_an_unknown_measure_says_what_is_allowed():
    with pytest.raises(UsageError, match="allowed: OR, RR, RD"):
        explain("AS", **ZERO_CELLS)


def test_to_dict_is_ready_for_json():
    plain = json.loads(json.dumps(explain("OR", **ZERO_CELLS).to_dict(), allow_nan=False))
    assert [row["name"] for row in plain["results"]] == list(PRESETS)


def test_repr_puts_the_programs_side_by_side():
    lines = repr(explain("OR", **ZERO_CELLS)).splitlines()
    assert lines[1].split()[:3] == ["metaan", "common", "0.1902"]
    assert any(line.startswith("  Stata, pi: the prediction interval is t(k-2)") for line in lines)


def test_print_takes_no_number_onto_no_effect():
    found = explain("OR", ai=[10**7, 10**7], n1i=[3 * 10**7] * 2, ci=[10**7 + 40] * 2, n2i=[3 * 10**7] * 2)
    assert "common 1 " not in repr(found)
    assert "common 0.99999  random 0.99999 (0." in repr(found)
