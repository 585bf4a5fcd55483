"""How probable benefit and harm are under a Bayesian model."""

import math
from dataclasses import replace

import pytest

import metaan as ma
from metaan.registry.model.public import MinimalDifference
from metaan.synthesis.chances import chances
from metaan.synthesis.risks import absolute
from metaan.synthesis.values import Analysis


def with_mid(analysis: Analysis, **mid: float) -> Analysis:
    given = MinimalDifference.model_validate({**mid, "source": "a panel"}) if mid else None
    return replace(
        analysis, outcome=analysis.outcome.model_copy(update={"mid": given, "thresholds": None, "direction": "bad"})
    )


@pytest.fixture(scope="module")
def made() -> Analysis:
    [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"], ma.Choices(explore=False))
    return with_mid(death)


def mu_of(made: Analysis) -> ma.Bayes:
    return ma.bayes(made.pools[0].fit.effects)


def test_benefit_is_the_side_that_is_good(made: Analysis) -> None:
    fit, pool = mu_of(made), made.pools[0]
    found = chances(made, pool, fit.mu)
    assert found.benefit == pytest.approx(fit.mu.cdf(0.0))
    assert found.benefit + found.harm == pytest.approx(1)
    assert found.important_benefit is found.important_harm is None
    good = replace(made, outcome=made.outcome.model_copy(update={"direction": "good"}))
    assert chances(good, pool, fit.mu).benefit == pytest.approx(found.harm)


def test_an_important_benefit_lies_beyond_a_ratio(made: Analysis) -> None:
    fit = mu_of(made)
    found = chances(with_mid(made, ratio=0.8), made.pools[0], fit.mu)
    assert found.important_benefit == pytest.approx(fit.mu.cdf(math.log(0.8)))
    assert found.important_harm == pytest.approx(1 - fit.mu.cdf(-math.log(0.8)))


def test_an_important_benefit_lies_beyond_people_per_1000(made: Analysis) -> None:
    pool = made.pools[0]
    pool = replace(pool, absolute=absolute(pool, made.plan, "OR"))
    fit, risk = mu_of(made), pool.absolute.assumed_risk
    found = chances(with_mid(made, per_1000=20), pool, fit.mu)
    odds = [(risk + d) / (1 - risk - d) / (risk / (1 - risk)) for d in (-0.02, 0.02)]
    assert found.important_benefit == pytest.approx(fit.mu.cdf(math.log(odds[0])), abs=1e-9)
    assert found.important_harm == pytest.approx(1 - fit.mu.cdf(math.log(odds[1])), abs=1e-9)


def test_a_threshold_out_of_sight_has_no_probability(made: Analysis) -> None:
    found = chances(with_mid(made, ratio=1e6), made.pools[0], mu_of(made).mu)
    assert (found.important_benefit, found.important_harm) == (0, 0)


def test_a_measure_of_one_group_has_neither(made: Analysis) -> None:
    one = replace(made, measure="PLO")
    assert chances(one, made.pools[0], mu_of(made).mu) is None
