"""Another program recomputes the results; where it is known to be wrong is said, and where it differs is a fault."""

import json
import shutil
from dataclasses import replace
from datetime import date

import pytest

import metaan as ma
from metaan.registry.store.numbers import last_opinion
from metaan.report.sections.contents import second_opinion as in_words
from metaan.synthesis.analyse import Choices, analyse
from metaan.workflows.versions.second_opinion import opinions, second_opinion
from tests.synthesis.test_statement import write


@pytest.fixture
def studies(tmp_path):
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    return tmp_path / "studies"


def test_every_result_of_the_example_agrees(studies):
    review = ma.load(studies)
    said = second_opinion(review, date(2026, 11, 30))
    assert said.apart == ()
    assert said.compared > 20
    assert said.furthest < 1e-8
    assert last_opinion(studies) == said
    assert json.loads((studies / "numbers.json").read_text())["registry"] == review.digest
    assert ma.load(studies).digest == review.digest
    assert f"{said.compared} numbers recomputed by statsmodels" in in_words(said, review.digest)
    assert "of an earlier state" in in_words(said, "another")


def test_a_negative_tau2_is_known_to_be_wrong(tmp_path):
    alike = write(
        tmp_path / "studies", {"one": (20, 200, 35, 200), "two": (10, 100, 18, 100), "three": (30, 300, 51, 300)}
    )
    found = [one for one in opinions(alike) if one.known]
    assert found
    assert all("below 0" in one.known for one in found)


def test_a_number_that_is_wrong_is_found(studies):
    [death] = ma.analyse(ma.load(studies), ["death"])
    [first, *_] = death.pools
    wrong = replace(
        first, fits={"common": replace(first.common, estimate=first.common.estimate + 1e-4)}, sensitivity=()
    )
    [estimate, *_] = opinions(replace(death, pools=(wrong,)))
    assert not estimate.agrees
    assert not estimate.known


def test_nobody_has_asked_yet(tmp_path):
    assert last_opinion(tmp_path) is None
    assert "metaan check --numbers" in in_words(None, "")


@pytest.mark.parametrize("method", ["PETO", "GLMM"])
def test_what_statsmodels_cannot_compute_is_not_compared_with_something_else(method):
    [bcg] = analyse(ma.load(ma.example("bcg")), choices=Choices(common_method=method, measure="OR", explore=False))
    found = [*opinions(bcg)]
    assert bcg.whole.common.method.upper() == method
    assert all(one.agrees for one in found), [str(one) for one in found if not one.agrees]
    assert not any("inverse variance" in one.what for one in found)
