"""What the page's script is given: the counts of every study, and only what leads back to the protocol's result."""

import json
from dataclasses import replace

import pytest

from metaan.registry.model.public import Plan
from metaan.report.drawing.svg import svg
from metaan.report.explorer.data import CHOICES, explorable, protocol, why_not
from metaan.report.forest.forest import Arms, forest
from metaan.report.sections.outcomes import outcome
from metaan.stats.pooling.intervals import CI_METHODS
from metaan.stats.pooling.prediction import PI_METHODS
from metaan.stats.pooling.tau2 import TAU2_METHODS
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")


def plan(**changes: object) -> Plan:
    return Plan.model_validate({"outcome": "death"} | changes)


def test_every_study_is_given_with_its_counts(death: Analysis) -> None:
    got = explorable([death], ARMS)["analyses"]["death"]
    names = ("ai", "n1i", "ci", "n2i")
    assert [one["counts"] for one in got["studies"]] == [[row.data[name] for name in names] for row in death.rows]
    places = [i for pool in got["groups"] if not pool["overall"] for i in pool["studies"]]
    assert sorted(places) == list(range(len(death.rows)))
    assert json.dumps(got, allow_nan=False)  # which refuses what JSON has no word for


@pytest.mark.parametrize(
    ("changes", "common", "random"),
    [
        ({}, "MH", "DL"),
        ({"model": ["random", "common"], "tau2_method": "REML", "common_method": "IV"}, "IV", "REML"),
        ({"model": ["random"], "tau2_method": "PM", "ci_method": "hksj"}, "none", "PM"),
        ({"model": ["common"]}, "MH", "none"),
    ],
)
def test_the_protocol_is_one_of_the_choices(
    death: Analysis, changes: dict[str, object], common: str, random: str
) -> None:
    chosen = protocol(replace(death, plan=plan(**changes)))
    assert (chosen["common"], chosen["random"]) == (common, random)
    assert all(code in CHOICES[name] for name, code in chosen.items())


def test_every_choice_is_a_method_of_the_package() -> None:
    assert set(CHOICES["random"]) - {"none"} <= set(TAU2_METHODS)
    assert set(CHOICES["ci"]) <= set(CI_METHODS)
    assert set(CHOICES["pi"]) <= set(PI_METHODS)


def test_the_plot_is_given_as_it_is_drawn(death: Analysis) -> None:
    given = explorable([death], ARMS)["analyses"]["death"]["plot"]
    plot = forest(death, ARMS)
    assert [row["kind"] for row in given["rows"]] == [row.kind for row in plot.rows]
    assert sum(row["drawn"] for row in given["rows"]) == svg(plot).count('<g class="row')
    assert given["titles"]["OR"] == ["OR (95% CI)", *plot.axis_title.whole]
    assert given["footer"] in given["notes"]


def test_a_page_without_a_way_back_offers_no_way_from_the_protocol(death: Analysis) -> None:
    assert explorable([replace(death, plan=plan(ci_method="KR"))], ARMS)["analyses"] == {}
    assert explorable([replace(death, measure="PETO")], ARMS)["analyses"] == {}


def test_the_usual_correction_is_each_measures_own(death: Analysis) -> None:
    unusual = replace(death, plan=plan(zero_cells={"add": 0.1, "to": "all"}))
    got = explorable([unusual], ARMS)["analyses"]["death"]
    assert got["add"] == {"OR": 0.1, "RR": 0.1, "RD": 0.1}
    assert got["to"] == "all"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tau2_method": "DLIT", "pi_method": "KR"}, "τ² by DLIT and prediction interval KR"),
        ({"ci_method": "PL", "tau2_method": "ML"}, "confidence interval PL"),
        ({}, ""),
    ],
)
def test_an_analysis_without_controls_says_why(death: Analysis, changes: dict[str, object], said: str) -> None:
    got = replace(death, plan=plan(**changes))
    assert bool(why_not(got)) is bool(said) is not bool(explorable([got], ARMS)["analyses"])
    assert said in why_not(got)
    assert outcome(got, ARMS).no_controls == why_not(got)
    assert ("death" in explorable([got], ARMS)["sorted"]) is bool(said)


def test_studies_without_counts_say_why_they_have_no_controls(death: Analysis) -> None:
    bare = [replace(pool, rows=[replace(row, data={}) for row in pool.rows]) for pool in death.pools]
    assert "events among people only" in why_not(replace(death, pools=tuple(bare)))


def test_studies_that_cannot_be_pooled_here_can_be_sorted_as_the_plot_would_be(death: Analysis) -> None:
    got = replace(death, plan=plan(tau2_method="DLIT"))
    given = explorable([got], ARMS)["sorted"]["death"]
    drawn = forest(got, ARMS).rows
    assert set(given["orders"]) == {"year", "effect", "weight", "precision", "name"}
    for order, places in given["orders"].items():
        asked = replace(death, plan=plan(tau2_method="DLIT", plot={"sort": order}))
        assert [drawn[at].cells for at in places] == [row.cells for row in forest(asked, ARMS).rows]
    assert sorted(given["orders"]["effect"]) == list(range(len(drawn)))
    assert given["orders"]["effect"] != given["orders"]["year"]


def test_a_lone_study_needs_no_order(death: Analysis) -> None:
    alone = tuple(replace(pool, rows=pool.rows[:1]) for pool in death.pools)
    assert explorable([replace(death, plan=plan(ci_method="KR"), pools=alone)], ARMS)["sorted"] == {}
