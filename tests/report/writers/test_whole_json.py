"""The whole report as JSON: the page's numbers with all their digits, and what nobody has judged is null."""

import json
from typing import Any

import pytest

import metaan as ma
from metaan.report.report import Report
from metaan.report.writers.export_csv import to_csv
from metaan.report.writers.whole_json import report_json
from metaan.synthesis.certainty import evidence
from metaan.synthesis.recompute import reported_checks
from metaan.synthesis.statement import judged

SIGNED = {
    "outcome": "death",
    "pool": "randomised",
    "level": "low",
    "domains": ({"domain": "imprecision", "judgement": "very serious", "reason": "wide"},),
    "by": ("A. Reader",),
    "on": "2026-11-20",
}


@pytest.fixture(scope="module")
def made() -> tuple[Any, Any, Any]:
    review = ma.load(ma.example("anakinra"))
    analyses = ma.analyse(review)
    return review, analyses, {analysis.plan.key: evidence(analysis) for analysis in analyses}


@pytest.fixture(scope="module")
def whole(made: tuple[Any, Any, Any]) -> dict[str, Any]:
    review, analyses, found = made
    report = Report(review, analyses, found, reported_checks(review))
    return json.loads(json.dumps(report_json(report), allow_nan=False))


def test_suggestions_stand_with_the_numbers_behind_them(whole: dict[str, Any]) -> None:
    death = next(one for one in whole["analyses"] if one["id"] == "death")
    trials, _ = death["certainty"]
    assert (trials["result"], trials["judged"]) == ("Randomised trials", None)
    assert [one["domain"] for one in trials["suggested"]] == ["imprecision", "inconsistency", "small-study effects"]
    numbers = trials["numbers"]
    assert numbers["imprecision"]["people"] == 809
    assert numbers["imprecision"]["needed"] == 2090
    assert numbers["inconsistency"]["tau2"] == death["subgroups"][0]["heterogeneity"]["tau2"]
    assert numbers["small_studies"]["test"] is None
    assert numbers["risks"][0]["difference"] == pytest.approx(death["subgroups"][0]["absolute"]["per_1000"])
    assert len(numbers["risks"][0]["pi"]) == 2


def test_every_section_of_the_page_is_there(whole: dict[str, Any], made: tuple[Any, Any, Any]) -> None:
    review, analyses, _ = made
    assert whole["registry"] == review.digest
    assert [one["id"] for one in whole["analyses"]] == [analysis.plan.key for analysis in analyses]
    assert all(one["answers"] for one in whole["analyses"])
    assert {study["id"] for study in whole["studies"]} == {study.id for study in review.studies}
    assert {"excluded", "awaiting data"} <= {study["state"] for study in whole["studies"] if study["reason"]}
    assert whole["review"]["question"]["population"] == review.info.question.population
    assert [one["source"] for one in whole["review"]["search"]] == ["pubmed"]
    assert len(whole["checks"]) == len(reported_checks(review))
    assert [one["verdict"] for one in whole["checks"]].count("disagrees") == 1
    assert whole["risk_of_bias"]["groups"] == []
    assert len(whole["risk_of_bias"]["not_assessed"]) == 13
    assert len(whole["checklist"]) == 42
    assert whole["methods"]
    assert whole["references"]
    assert whole["flow"]


def test_a_signed_judgement_is_told_with_its_names(made: tuple[Any, Any, Any]) -> None:
    from dataclasses import replace

    from metaan.registry.model.public import Certainty

    review, analyses, found = made
    info = review.info.model_copy(update={"certainty": (Certainty.model_validate(SIGNED),)})
    review, analyses = replace(review, info=info), [judged(one, info.certainty) for one in analyses]
    whole = report_json(Report(review, analyses, found))
    signed = [row["judged"] for one in whole["analyses"] for row in one["certainty"] if row["judged"]]
    assert [(one["level"], one["by"], one["on"]) for one in signed] == [("low", "A. Reader", "2026-11-20")]


def test_csv_has_a_row_for_each_assumed_risk_and_suggestion(made: tuple[Any, Any, Any]) -> None:
    import csv
    import io

    _, analyses, found = made
    rows = list(csv.DictReader(io.StringIO(to_csv(analyses, found))))
    results = [one for each in found.values() for one in each]
    risks = [risk for one in results for risk in one.risks]
    per_1000 = [row for row in rows if row["kind"] == "per 1000"]
    assert [float(row["estimate"]) for row in per_1000] == pytest.approx([risk.difference for risk in risks], rel=1e-11)
    assert all("assumed risk 0." in row["note"] for row in per_1000)
    assert len([row for row in rows if row["kind"] == "suggestion"]) == 3 * len(results)
    assert {row["kind"] for row in csv.DictReader(io.StringIO(to_csv(analyses)))} == {
        "study",
        "pooled",
        "published pool",
    }


def test_a_window_of_time_points_has_the_keys_of_the_file() -> None:
    from metaan.registry.model.plan import TimeWindow
    from metaan.report.writers.whole_json import plain

    assert plain(TimeWindow(**{"from": "day 21", "to": "day 35"})) == {"from": "day 21", "to": "day 35"}
