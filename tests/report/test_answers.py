"""The answer reads like an abstract: all studies first, absolute effects always, and how far it carries."""

import re

import pytest

import metaan as ma
from metaan.registry.model.public import Certainty
from metaan.report.language.answers import answers
from metaan.report.language.words import Arms
from metaan.report.report import Report
from metaan.report.sections.contents import Content
from metaan.report.writers.page import render
from metaan.synthesis.certainty import evidence

BCG = Arms("BCG vaccine", "no vaccine")


@pytest.fixture(scope="module")
def bcg():
    return ma.load(ma.example("bcg"))


def test_all_studies_answer_before_their_subgroups(bcg) -> None:
    [analysis] = ma.analyse(bcg)
    found = answers(analysis, BCG)
    assert "tuberculosis was less frequent" in str(found[0].text).lower()
    assert "In all 13 studies (357,347 people): " in str(found[0].text)
    assert [answer.place for answer in found] == [3, 0, 1, 2]
    assert "In 7 studies (allocation: random; 222,519 people): " in str(found[1].text)


def test_a_clear_mean_says_where_the_next_study_may_go_the_other_way(bcg) -> None:
    [analysis] = ma.analyse(bcg)
    whole, *_, systematic = answers(analysis, BCG)
    assert "In a new, similar setting the effect could go either way (95% prediction interval 0.14 to 1.76)" in str(
        whole.text
    )
    assert "either way" not in str(systematic.text)  # its mean is unclear already


def test_a_single_study_has_its_absolute_effect() -> None:
    review = ma.load(ma.example("anakinra"))
    [analysis] = ma.analyse(review, ["ventilation"])
    trial, _ = analysis.pools
    assert trial.absolute is not None
    assert trial.absolute.source == "control arm of this study"
    [risk] = evidence(analysis)[0].risks
    assert trial.absolute.estimate == pytest.approx(risk.difference, rel=1e-12)
    assert "467 fewer per 1000 people" in str(answers(analysis, Arms("anakinra", "usual care"))[0].text)


def test_a_signed_certainty_stands_behind_its_own_sentence(bcg) -> None:
    from dataclasses import replace

    signed = Certainty.model_validate(
        {
            "outcome": "tuberculosis", "pool": "random", "level": "moderate", "by": ("A. Reader",), "on": "2026-11-20",
            "domains": ({"domain": "inconsistency", "judgement": "serious", "reason": "wide"},),
        }
    )  # fmt: skip
    review = replace(bcg, info=bcg.info.model_copy(update={"certainty": (signed,)}))
    page = render(Report(review, ma.analyse(review)))
    section = re.search(r'<section id="answer".*?</section>', page, re.S)[0]
    items = re.findall(r"<tr>\n.*?</tr>", section, re.S)
    assert ["moderate</a>" in item for item in items] == [False, True, False, False]
    assert ">Random<br>" in items[1]


def test_what_was_not_fetched_is_said_once_and_traits_are_named(bcg) -> None:
    said = Content(Report(bcg, ma.analyse(bcg)))
    assert ("Latitude", "44") in said.studies[0].facts
    assert {study.citation for study in said.studies} == {""}  # a year alone is no citation
    page = render(Report(bcg, ma.analyse(bcg)))
    assert page.count("not fetched") == 1


def test_a_question_that_the_review_asks_is_answered(bcg) -> None:
    """metafor 3.8, rma(yi, vi, mods = ~ ablat, test = "knha"): R2 75.6 %, p 0.0046."""
    page = render(Report(bcg, ma.analyse(bcg)))
    section = re.search(r'<section id="answer".*?</section>', page, re.S)[0]
    assert "Latitude explains 76% of the variance between studies (τ²; p = 0.005)." in section
