"""What is suggested for the certainty of a result, and the numbers it is suggested from."""

from dataclasses import replace
from typing import Any

import pytest

import metaan as ma
from metaan.registry.model.outcome import MinimalDifference
from metaan.registry.model.plan import NamedRisk
from metaan.stats.measures.effects import Interval
from metaan.synthesis.certainty import Evidence, evidence


@pytest.fixture(scope="module")
def bcg() -> Any:
    [analysis] = ma.analyse(ma.load(ma.example("bcg")))
    return analysis


@pytest.fixture(scope="module")
def death() -> Any:
    [analysis] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    return analysis


def with_mid(analysis: Any, per_1000: float) -> Any:
    mid = MinimalDifference(per_1000=per_1000, source="the panel")
    return replace(analysis, outcome=analysis.outcome.model_copy(update={"mid": mid}))


def test_the_difference_per_1000_is_that_of_the_answer(death: Any) -> None:
    for pool, found in zip(death.pools, evidence(death), strict=True):
        [risk] = found.risks
        assert risk.difference == pytest.approx(pool.absolute.estimate, rel=1e-12)
        assert tuple(risk.ci) == pytest.approx(tuple(pool.absolute.ci), rel=1e-12)
        assert risk.treated == pytest.approx(risk.risk + risk.difference / 1000, rel=1e-12)
        assert risk.pi.lb <= risk.ci.lb
        assert risk.pi.ub >= risk.ci.ub


def test_each_assumed_risk_of_the_protocol_has_its_effect(death: Any) -> None:
    risks = tuple(NamedRisk(name=n, value=v, source="a cohort") for n, v in (("low", 0.02), ("high", 0.3)))
    found = evidence(replace(death, plan=death.plan.model_copy(update={"assumed_risks": risks})))[0]
    assert [(risk.name, risk.risk) for risk in found.risks] == [("low", 0.02), ("high", 0.3)]
    assert abs(found.risks[0].difference) < abs(found.risks[1].difference)


def test_an_interval_across_no_effect_is_imprecise(death: Any) -> None:
    found = evidence(death)[0].imprecision
    assert (found.levels, found.crossed, found.people) == (2, (0.75, 1.0, 1.25), 809)
    assert found.ratio == pytest.approx(death.pools[0].random.display.ci.ub / death.pools[0].random.display.ci.lb)


def test_an_interval_on_one_side_with_too_few_people_is_imprecise(death: Any) -> None:
    found = evidence(death)[1].imprecision
    assert found.crossed == ()
    assert found.people < found.needed
    assert found.levels == 1


def test_enough_people_on_one_side_are_precise(bcg: Any) -> None:
    found = evidence(bcg)[-1].imprecision
    assert found.people > found.needed
    assert found.levels == 0


def test_both_sides_of_what_matters_within_the_interval_are_two_levels(death: Any) -> None:
    assert evidence(with_mid(death, 10))[0].imprecision.levels == 2
    assert evidence(with_mid(death, 10))[0].imprecision.crossed == (-10.0, 10.0)
    assert evidence(with_mid(death, 900))[0].imprecision.crossed == ()


def test_suggestions_discriminate_between_results_of_one_review() -> None:
    """From 30 people to 809: not one answer for all."""
    found = [e.imprecision.levels for a in ma.analyse(ma.load(ma.example("anakinra"))) for e in evidence(a)]
    assert set(found) >= {1, 2, 3}


def test_ends_far_apart_are_two_levels_also_on_one_side() -> None:
    """GRADE guidance 34: ends of an odds ratio more than 2.5 times apart. 2 of 15 against 10 of 15 here."""
    [ventilation] = ma.analyse(ma.load(ma.example("anakinra")), ["ventilation"])
    found = evidence(ventilation)[0].imprecision
    assert (found.crossed, found.levels) == ((), 2)
    assert found.ratio > 2.5


def test_studies_that_differ_widely_on_both_sides_are_inconsistent(bcg: Any) -> None:
    found = evidence(bcg)[-1].inconsistency
    assert (found.levels, found.apart, found.across, found.far) == (2, True, True, True)
    assert found.further == (1.0,)


def test_without_heterogeneity_there_is_no_inconsistency(death: Any) -> None:
    """Only the t quantile of the prediction interval is wide where tau2 is 0."""
    found = evidence(death)[1].inconsistency
    assert (found.levels, found.tau2) == (0, 0)


def test_two_studies_far_apart_are_inconsistent(tmp_path: Any) -> None:
    """Odds ratios of 0.15 and 1.30, I2 near 77 %: no prediction interval, and two levels all the same."""
    from tests.synthesis.test_statement import write

    made = write(tmp_path / "studies", {"one": (6, 60, 26, 62), "two": (26, 100, 21, 100)})
    found = evidence(made)[0].inconsistency
    assert found.i2 > 75
    assert (found.levels, found.further) == (2, ())


def test_one_study_differs_from_nothing() -> None:
    [ventilation] = ma.analyse(ma.load(ma.example("anakinra")), ["ventilation"])
    found = evidence(ventilation)[0].inconsistency
    assert (found.levels, found.why) == (None, "one study has nothing to differ from")


def test_the_protocols_own_test_is_taken(bcg: Any) -> None:
    found = evidence(bcg)[-1].small_studies
    assert found.planned
    assert found.test.test == "peters"
    assert (found.levels, found.test.pval > 0.1) == (0, True)


def test_without_one_in_the_protocol_peters_is_run_and_said_to_be_unplanned(bcg: Any) -> None:
    bare = replace(bcg, overall=replace(bcg.overall, exploration=None))
    found = evidence(bare)[-1].small_studies
    assert not found.planned
    assert found.test.pval == pytest.approx(bcg.overall.exploration.small_study_tests[0].pval)


def test_few_studies_are_not_tested(death: Any) -> None:
    found = evidence(death)[0].small_studies
    assert (found.levels, found.test) == (None, None)
    assert found.why == "4 studies, where a test needs at least 10"


def test_one_study_has_absolute_effects_of_its_own() -> None:
    [ventilation] = ma.analyse(ma.load(ma.example("anakinra")), ["ventilation"])
    one = evidence(ventilation)[0]
    assert ventilation.pools[0].k == 1
    assert one.risks[0].source == "control arm of this study"
    assert isinstance(one.risks[0].ci, Interval)
    assert one.risks[0].pi is None


def test_no_study_means_no_suggestion(death: Any) -> None:
    empty = replace(death, pools=(replace(death.pools[0], rows=(), fits={}),))
    assert evidence(empty) == (Evidence(),)
