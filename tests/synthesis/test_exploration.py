"""What the protocol asks for beside the pooled result is done, or refused with the reason."""

import re
import shutil
from dataclasses import replace

import pytest

import metaan as ma
from metaan.registry.model.public import Explore, SelectionPlan
from metaan.synthesis.exploration import SELECTION, STEPS, explore, selected

ALL = """\
    explore:
      leave_one_out: true
      cumulative: year
      influence: true
      small_study_tests: [{test: peters}, {test: harbord, force: true}]
      trim_and_fill: L0
      regressions:
        - moderators: [year]
        - moderators: [latitude]
      gosh: true
      multiverse: true
      plots: [funnel]
"""


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "studies"
    shutil.copytree(ma.example("anakinra"), folder)
    review = folder / "review.yaml"
    text = review.read_text(encoding="utf-8")
    block = re.compile(r"(  - outcome: death\n(?:    .*\n)*?)    explore:\n(?:      .*\n)*")
    changed, n = block.subn(lambda found: found[1] + ALL, text)
    assert n == 1
    review.write_text(changed, encoding="utf-8")
    with (folder / "huet-2020.yaml").open("a", encoding="utf-8") as other:  # check refuses what no study states
        other.write("moderators:\n  - name: latitude\n    value: 48.9\n")
    (death,) = ma.analyse(ma.load(folder), ["death"])
    return death.pools


@pytest.fixture(scope="module")
def randomised(pools):
    return pools[0].exploration


def test_nothing_is_done_that_was_not_asked_for():
    (infection,) = ma.analyse(ma.load(ma.example("anakinra")), ["infection"])
    assert infection.plan.explore is None
    assert all(pool.exploration is None for pool in infection.pools)


def test_every_field_of_the_protocol_has_a_step():
    assert set(STEPS) == set(Explore.model_fields) - {"plots"}


def test_each_pool_is_explored_by_itself(pools):
    for pool in pools:
        assert len(pool.exploration.leave_one_out) == pool.k == 4


def test_a_bayesian_model_stands_beside_each_pool(tmp_path):
    death = believed(tmp_path, "{tau_prior: half-normal(0.5), mu_prior: 'normal(0, 4)', priors: [uniform], source: us}")
    for pool in death.pools:
        found = pool.exploration.bayes
        again = ma.bayes(pool.fit.effects, "half-normal(0.5)", (0.0, 4.0))
        assert found.fit.mu.ci == again.mu.ci
        assert [row.name for row in found.others.rows] == ["uniform"]
        assert found.checks == ma.predictive_checks(again)
        assert found.source == "us"


def test_a_posterior_that_is_no_distribution_is_refused_with_the_reason(tmp_path):
    death = believed(tmp_path, "{tau_prior: uniform}", exclude=("balkhair-2021", "segala-2023"))
    (refused,) = [one for pool in death.pools if pool.k == 2 for one in pool.exploration.refused]
    assert refused.what == "Bayesian model"
    assert "the posterior is no distribution" in refused.reason


def believed(tmp_path, block, **choices):
    folder = tmp_path / "studies"
    shutil.copytree(ma.example("anakinra"), folder)
    review = folder / "review.yaml"
    text = review.read_text(encoding="utf-8")
    review.write_text(
        text.replace("  - outcome: death\n", f"  - outcome: death\n    bayes: {block}\n", 1), encoding="utf-8"
    )
    (death,) = ma.analyse(ma.load(folder), ["death"], ma.Choices(explore=False, **choices))
    return death


def test_leaving_out_save_more(pools, randomised):
    without = dict(zip(randomised.leave_one_out.slab, randomised.leave_one_out.fits))["SAVE-MORE 2021"]
    (again,) = ma.analyse(
        ma.load(ma.example("anakinra")), ["death"], ma.Choices(exclude=("kyriazopoulou-2021-save-more",))
    )
    assert without.estimate == pytest.approx(again.pools[0].random.estimate, rel=1e-12)


def test_cumulative_is_in_the_order_of_publication(randomised):
    assert randomised.cumulative.slab[-1] == "Audemard-Verger 2022"
    assert randomised.cumulative.fits[-1].k == 4


def test_a_test_that_is_not_valid_is_refused_with_the_reason_unless_forced(randomised):
    assert [test.test for test in randomised.small_study_tests] == ["harbord"]
    assert any("fewer than 10 studies" in one.reason for one in randomised.refused if one.what == "small-study test")


def test_a_moderator_that_a_study_lacks_is_named(randomised):
    assert [list(found.names) for found in randomised.regressions] == [["intercept", "year"]]
    assert any("no moderator 'latitude'" in one.reason for one in randomised.refused if one.what == "meta-regression")


def test_the_multiverse_is_of_this_pool_only(randomised):
    assert {universe.k for universe in randomised.multiverse.universes} == {4}


def test_a_study_without_events_enters_the_multiverse_where_it_says_something(pools):
    """Under a protocol of ratios its row has no effect size; a risk difference has one."""
    first, *others = pools[0].rows
    nothing = dict.fromkeys(("yi", "vi", "weight_common", "weight_random"))
    empty = replace(first, data={**first.data, "ai": 0, "ci": 0}, **nothing)
    fit = ma.pool(pools[0].random.effects.take([1, 2, 3]))
    found = explore(Explore(multiverse=True, cumulative="year"), fit, [empty, *others])
    ks = {u.measure: u.k for u in found.multiverse.universes if u.method in ("MH", "IV")}
    assert ks == {"OR": 3, "RR": 3, "RD": 4}
    assert found.cumulative.fits[-1].k == 3


YI = [0.62, 0.55, 0.18, 0.51, 0.10, 0.36, 0.10, 0.31, 0.05, 0.22, 0.45, 0.17]
VI = [0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01]
SELECTABLE = ma.pool(ma.EffectSizes.of(YI, VI, measure="MD"))


@pytest.mark.parametrize(("direction", "alternative"), [("good", "greater"), ("bad", "less"), (None, "two.sided")])
def test_selection_favours_what_benefits_patients(direction, alternative):
    fits, refused = selected(SelectionPlan(models=("beta",)), SELECTABLE, direction)
    assert [fit.alternative for fit in fits] == [alternative]
    assert not refused
    fits, _ = selected(SelectionPlan(models=("beta",), alternative="greater"), SELECTABLE, direction)
    assert fits[0].alternative == "greater"


def test_steps_are_those_of_the_step_function():
    fits, _ = selected(SelectionPlan(models=("stepfun", "logistic"), steps=(0.05, 0.5)), SELECTABLE, "good")
    assert fits[0].steps.tolist() == [0.05, 0.5, 1.0]
    assert fits[1].steps.size == 0


def test_what_cannot_be_fitted_is_said_with_its_reason():
    found = explore(Explore(), SELECTABLE, (), selection=SelectionPlan(models=("stepfun", "beta")), direction="bad")
    assert [fit.kind for fit in found.selection] == ["beta"]
    (refusal,) = found.refused
    assert refusal.what == f"{SELECTION}, stepfun"
    assert "no study has p <= 0.025" in refusal.reason


def test_a_measure_that_compares_nothing_has_no_selection():
    es = ma.effect_sizes("PLO", xi=[3, 5, 9, 4], ni=[20, 30, 40, 25])
    fits, refused = selected(SelectionPlan(), ma.pool(es), "good")
    assert not fits
    assert "compares nothing" in refused[0].reason
