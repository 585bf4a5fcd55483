"""What the page's script is given: the counts of every study, and only what leads back to the protocol's result."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaan.analysis import Analysis
from metaan.registry.model import Plan
from metaan.report.explorer import explorable, protocol_models, sort_keys


def plan(**changes: object) -> Plan:
    return Plan.model_validate({"outcome": "death"} | changes)


def test_every_study_is_given_with_its_counts(death: Analysis) -> None:
    got = explorable([death])["analyses"]["death"]
    names = ("ai", "n1i", "ci", "n2i")
    assert [one["counts"] for one in got["studies"]] == [[row.data[name] for name in names] for row in death.rows]
    places = [i for pool in got["pools"] if not pool["overall"] for i in pool["studies"]]
    assert sorted(places) == list(range(len(death.rows)))
    assert json.dumps(got, allow_nan=False)  # which refuses what JSON has no word for


@pytest.mark.parametrize(
    ("changes", "models"),
    [
        ({}, ("MH", "DL")),
        ({"model": ["random", "common"], "tau2_method": "REML", "common_method": "IV"}, ("REML", "IV")),
        ({"tau2_method": "PM"}, ("MH",)),
        ({"ci_method": "hksj"}, ("MH",)),
        ({"model": ["random"], "ci_method": "hksj"}, ()),
    ],
)
def test_only_models_that_the_script_has_are_the_protocols(changes: dict[str, object], models: tuple[str, ...]) -> None:
    assert protocol_models(plan(**changes)) == models


def test_a_page_without_a_way_back_offers_no_way_from_the_protocol(death: Analysis) -> None:
    assert explorable([replace(death, plan=plan(model=["random"], ci_method="hksj"))])["analyses"] == {}
    assert explorable([replace(death, measure="PETO")])["analyses"] == {}


def test_the_usual_correction_is_each_measures_own(death: Analysis) -> None:
    unusual = replace(death, plan=plan(zero_cells={"add": 0.1, "to": "all"}))
    got = explorable([unusual])["analyses"]["death"]
    assert got["add"] == {"OR": 0.1, "RR": 0.1, "RD": 0.1}
    assert got["to"] == "all"


def test_a_study_without_an_effect_sorts_last(analysis: Callable[..., Analysis]) -> None:
    silent, other = analysis({"randomised": [("A", 0, 40, 0, 40), ("B", 11, 37, 3, 34)]}).rows
    assert set(sort_keys(silent)) == {"year"}
    assert set(sort_keys(other)) >= {"year", "effect"}
    assert sort_keys(None) == {}
