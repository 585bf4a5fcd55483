"""One assumed risk, and one arithmetic of effects per 1000, for the sentences and for the summary table."""

from types import SimpleNamespace

import pytest

import metaan as ma
from metaan.report.language import words
from metaan.stats.measures.effects import Interval
from metaan.synthesis.risks import absolute, risk_effects
from metaan.synthesis.values import Absolute


@pytest.fixture(scope="module")
def death():
    [found] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    return found


def given(value, source="a register"):
    return SimpleNamespace(name="low", value=value, source=source, time=None)


@pytest.mark.parametrize(
    ("risk", "risks", "sentence", "table"),
    [
        (None, (), "median", ["median"]),
        (given(0.3), (), "a register", ["a register"]),
        (None, (given(0.1), given(0.4, "a trial")), "median", ["a register", "a trial"]),
        (given(0.3, "a cohort"), (given(0.1),), "a cohort", ["a register"]),
    ],
)
def test_the_protocols_risks_come_before_that_of_the_control_arms(death, risk, risks, sentence, table):
    plan = SimpleNamespace(assumed_risk=risk, assumed_risks=risks)
    for pool in death.pools:
        assert absolute(pool, plan, "OR").source.startswith(sentence)
        found = risk_effects(pool, plan, "OR")
        assert [effect.source.split(" of ")[0] for effect in found] == table


def test_the_same_risk_gives_the_same_effect_in_both(death):
    """An odds ratio of 0.5 at a risk of 0.2: 0.1 / 0.9, 89 fewer per 1000."""
    plan = SimpleNamespace(assumed_risk=given(0.2), assumed_risks=())
    pool = SimpleNamespace(
        k=1, rows=(), lead=SimpleNamespace(estimate=0.5, ci=Interval(0.25, 1.0), pi=None)
    )  # fmt: skip
    said, [row] = absolute(pool, plan, "OR"), risk_effects(pool, plan, "OR")
    assert said.estimate == pytest.approx(1000 * (0.1 / 0.9 - 0.2))
    assert said.ci == pytest.approx((1000 * (0.05 / 0.85 - 0.2), 0.0))
    assert (said.assumed_risk, said.source, said.estimate, said.ci) == (row.risk, row.source, row.difference, row.ci)
    assert row.treated == pytest.approx(0.1 / 0.9)
    assert row.pi is None


@pytest.mark.parametrize(("measure", "ci"), [("MD", Interval(0.2, 0.4)), ("OR", None)])
def test_without_risks_or_without_an_interval_nothing_is_said(measure, ci):
    plan = SimpleNamespace(assumed_risk=given(0.2), assumed_risks=())
    pool = SimpleNamespace(k=1, rows=(), lead=SimpleNamespace(estimate=0.5, ci=ci, pi=None))
    assert (absolute(pool, plan, measure), risk_effects(pool, plan, measure)) == (None, ())


def test_the_median_is_that_of_the_control_arms_that_the_answer_is_from():
    """Mantel-Haenszel answers with a table without events in one arm, which has no effect of its own."""
    rows = [
        SimpleNamespace(yi=yi, data={"ai": 1, "n1i": 10, "ci": events, "n2i": 10})
        for yi, events in ((0.1, 2), (0.2, 3), (None, 5))
    ]
    lead = SimpleNamespace(estimate=0.5, ci=Interval(0.25, 1.0), pi=None)
    found = absolute(SimpleNamespace(answering=rows, lead=lead), SimpleNamespace(assumed_risk=None), "RR")
    assert (found.assumed_risk, found.source) == (0.3, "median of the control arms of these 3 studies")


@pytest.mark.parametrize(("risk", "text"), [(0.0, "0 per"), (0.0004, "0.40 per"), (0.3, "300 per")])
def test_no_risk_is_written_as_none(risk, text):
    assert words.assumed(Absolute(risk, "x", 0.0, Interval(0.0, 0.0))).startswith(text)
