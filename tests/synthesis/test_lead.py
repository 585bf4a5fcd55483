"""One result that a pool answers with, and one arm that it favours, for every reader of it."""

from dataclasses import replace

import pytest

import metaan as ma
from metaan.comparison.difference import compare
from metaan.report.forest.forest import sides
from metaan.report.language.words import Arms
from metaan.stats.measures.effects import Interval
from metaan.synthesis.analyse import Choices
from metaan.synthesis.certainty import evidence
from metaan.synthesis.lead import favoured, favoured_by, leading


@pytest.fixture(scope="module")
def review():
    return ma.load(ma.example("anakinra"))


@pytest.mark.parametrize(
    ("ci", "measure", "direction", "code"),
    [
        ((0.3, 0.7), "OR", "bad", "experimental"),
        ((0.3, 0.7), "OR", "good", "control"),
        ((1.3, 1.7), "OR", "bad", "control"),
        ((1.3, 1.7), "OR", "good", "experimental"),
        ((0.9, 1.1), "OR", "bad", "unclear"),
        ((1.0, 1.1), "OR", "bad", "unclear"),
        ((-0.2, -0.1), "RD", "bad", "experimental"),
        ((0.5, 0.9), "RD", "bad", "control"),
        ((0.5, 0.9), "PLO", "bad", "measured"),
        (None, "OR", "bad", "no interval"),
    ],
)
def test_which_arm_an_interval_favours(ci, measure, direction, code):
    assert favoured(None if ci is None else Interval(*ci), measure, direction) == code


@pytest.mark.parametrize("direction", ["bad", "good"])
def test_a_plot_names_at_each_side_the_arm_that_a_result_there_favours(direction):
    arms = Arms("experimental", "control")
    assert sides("OR", direction, arms, "") == tuple(f" {favoured_by(side, direction)}" for side in (-1, 1))


@pytest.mark.parametrize("models", [("common",), ("random",), ("common", "random"), ("random", "common")])
def test_every_reader_of_a_pool_has_the_same_lead(review, models):
    """The page's value, certainty's difference and the comparison are those of one model, whatever the protocol has."""
    plans = [plan.model_copy(update={"model": models}) for plan in review.info.analyses]
    planned = replace(review, info=review.info.model_copy(update={"analyses": plans}))
    for analysis, change in zip(ma.analyse(planned), compare(planned, planned).analyses, strict=True):
        series = {pool.name: pool.lead for pool in change.pools}
        for pool, found in zip(analysis.results, evidence(analysis), strict=True):
            if (lead := pool.lead) is None:
                assert (pool.fit, found.risks, analysis.verdict(pool)) == (None, (), "nothing")
                continue
            assert pool.fit is lead.fit
            assert pool.fit is None or pool.fit.model == leading(models)
            assert found.imprecision.people == pool.people > 0
            assert series[pool.name].after.conclusion == analysis.verdict(pool) != "nothing"
            assert series[pool.name].after.display.estimate == pytest.approx(lead.estimate, rel=1e-12)
            assert pool.absolute is None or pool.absolute.ci in [risk.ci for risk in found.risks]


def test_a_single_study_is_what_its_pool_answers_with(review):
    [ventilation] = ma.analyse(review, ["ventilation"])
    [row] = [row for row in ventilation.pools[0].rows if row.yi is not None]
    lead = ventilation.pools[0].lead
    assert (lead.fit, lead.study, lead.estimate, lead.ci) == (None, row.id, row.estimate, row.ci)


def test_results_are_by_model_in_the_order_they_are_shown(review):
    [death] = ma.analyse(review, ["death"], Choices(model=("random", "common")))
    assert [list(pool.fits) for pool in death.pools] == [["common", "random"]] * len(death.pools)
    assert all(fit.model == model for pool in death.pools for model, fit in pool.fits.items())
    assert death.subgroup_test.lead == death.subgroup_test.random


def test_the_pool_of_all_studies_is_the_total_or_the_only_one(review):
    total, apart, one = (
        ma.analyse(review, ["death"], Choices(by=by))[0] for by in ("year", "design", "none")
    )  # fmt: skip
    assert (apart.whole, apart.overall) == (None, None)
    assert one.whole is one.pools[0]
    merged = replace(total, overall=one.pools[0])
    assert merged.whole is merged.results[-1] is one.pools[0]
