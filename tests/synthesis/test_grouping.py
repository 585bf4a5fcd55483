"""One answer to which studies form a pool: the page, the comparison of versions and what-if have the same pools."""

from dataclasses import replace

import pytest

import metaan as ma
from metaan.comparison.difference import compare
from metaan.registry.model.public import Moderator
from metaan.report.forest.styles import STYLES
from metaan.report.forest.traits import trait
from metaan.report.language import spread
from metaan.report.language.words import Arms
from metaan.report.sections.outcomes import outcome as shown
from metaan.report.writers.export import to_json
from metaan.synthesis.analyse import _subgroup_test
from metaan.synthesis.grouping import Block, grouping
from metaan.synthesis.selection import choose_studies
from metaan.synthesis.values import Remark
from metaan.workflows.versions.pending import without

TRIALS, COHORTS = ("randomised",), ("non-randomised",)
BOTH = TRIALS + COHORTS


@pytest.fixture(scope="module")
def review():
    return ma.load(ma.example("anakinra"))


def planned(review, **protocol):
    """Return the review with the analysis of death alone, and its protocol changed."""
    (plan,) = [plan for plan in review.info.analyses if plan.key == "death"]
    info = review.info.model_copy(update={"analyses": (plan.model_copy(update=protocol),)})
    return replace(review, info=info)


def fewer(review, n):
    """Return the review without the first studies of death."""
    (death,) = ma.analyse(review)
    return without(review, [row.id for row in death.rows][:n], "not yet published")


def answer(pool):
    fit = pool.fit
    if fit is not None:
        return fit.estimate, fit.ci
    only = [row for row in pool.rows if row.yi is not None]
    return (only[0].yi, None) if len(only) == 1 else None


PROTOCOLS = [
    {"by": by, "pool_designs": pooled, "designs": designs}
    for by in (None, "design", "year")
    for pooled in (False, True)
    for designs in (BOTH, TRIALS, COHORTS)
]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=str)
@pytest.mark.parametrize("left", [1, 3, 5])
def test_a_comparison_has_the_pools_of_the_page_with_its_answers(review, protocol, left):
    new = planned(review, **protocol)
    old = fewer(new, left)
    (change,) = compare(old, new).analyses
    for version, side in ((new, "after"), (old, "before")):
        (page,) = ma.analyse(version)
        series = {pool.name: getattr(pool.lead, side) for pool in change.pools}
        for pool in page.results:
            if not pool.k:
                continue
            name = pool.name if side == "after" or pool.name in series else f"{pool.name}, {pool.rows[0].design}"
            found = series[name.removeprefix(", ")]
            assert found.k == pool.k
            assert found.conclusion == page.verdict(pool)
            estimate, ci = answer(pool)
            assert found.estimate == pytest.approx(estimate, rel=1e-12)
            assert ci is None or found.ci == ci
    assert len({pool.name for pool in change.pools}) == len(change.pools)


def test_the_total_that_the_page_answers_with_is_compared(review):
    """Cohorts alone, by year: the page turns from no clear difference to favouring the treatment."""
    new = planned(review, by="year", designs=COHORTS)
    (page,) = ma.analyse(new)
    assert page.verdict(page.overall) == "experimental"
    for n in range(1, len(page.rows)):
        old = fewer(new, n)
        (before,) = ma.analyse(old)
        total = before.overall or before.pools[0]
        difference = compare(old, new)
        changed = before.verdict(total) != "experimental"
        assert any(p.lead.conclusion_changed for p in difference.analyses[0].pools if p.name == "") == changed


def test_a_second_design_ends_the_total_and_keeps_the_subgroups(review):
    old, new = (planned(review, by="year", designs=designs) for designs in (TRIALS, BOTH))
    (change,) = compare(old, new).analyses
    total = next(pool for pool in change.pools if pool.name == "")
    assert (total.lead.after, total.lead.refused) == (None, "there is no such pool any more")
    assert "2021, randomised" in [pool.name for pool in change.pools if pool.lead.before and pool.lead.after]


def test_a_block_is_known_by_what_its_studies_share_and_not_by_its_name():
    assert Block("severity", "severe", "randomised", "severe") == Block("severity", "severe", "randomised", "other")
    assert Block("severity", "severe") != Block("grade", "severe")


def test_every_study_is_in_one_block(review):
    for protocol in PROTOCOLS:
        version = planned(review, **protocol)
        plan = version.info.analyses[0]
        chosen, _ = choose_studies(version, plan)
        assert all(sum(block.holds(c) for block in grouping(chosen, plan).blocks) == 1 for c in chosen)


def test_a_remark_is_read_by_its_code_whatever_its_words(review):
    (death,) = ma.analyse(planned(review))
    sly = "X 2020 is retracted (keep: the arms were kept apart by design)"
    death = replace(death, remarks=(*death.remarks, Remark("flagged", sly, "x-2020")))
    page = shown(death, Arms("drug", "control"))
    assert sly in page.warnings
    assert page.apart.startswith("Randomised and non-randomised studies are kept apart")
    assert sly not in page.apart
    alone = replace(death, remarks=(Remark("flagged", sly, "x-2020"),))
    (got,) = to_json([alone])["analyses"]
    assert [one["code"] for one in got["remarks"]] == ["flagged", "subgroups apart"]
    assert got["warnings"] == [one["text"] for one in got["remarks"]]


@pytest.mark.parametrize(
    ("doses", "names"),
    [
        ((1234567, 1234568), ("1234567", "1234568")),
        ((0.1234561, 0.1234562), ("0.1234561", "0.1234562")),
        ((1000000, 1000001), ("1000000", "1000001")),
        ((5, 1e-7), ("5", "1e-07")),
        ((0.1, 0.30000000000000004), ("0.1", "0.30000000000000004")),
        ((-0.0, 123456789012.5), ("0", "123456789012.5")),
    ],
)
def test_numbers_that_differ_are_pools_that_differ_under_their_own_names(review, doses, names):
    """Nothing that serves as a key or a label is written with fewer digits than tell it from another."""
    wanted = planned(review, by="dose", designs=TRIALS)
    ids = [row.id for row in ma.analyse(wanted)[0].rows]
    values = {study: doses[i % 2] for i, study in enumerate(ids)}

    def dosed(study):
        entry = Moderator(name="dose", value=values.get(study.id, doses[0]))
        return study.model_copy(update={"moderators": (entry,)})

    (death,) = ma.analyse(replace(wanted, studies=tuple(map(dosed, wanted.studies))))
    assert {pool.name for pool in death.pools} == set(names)
    assert death.subgroup_test is not None
    assert {trait(row, "dose").replace("−", "-") for row in death.rows} == set(names)


def severe(review, values, **protocol):
    """Return the analysis of death with severities put on its trials in turn, None for what is not stated."""
    wanted = planned(review, by="severity", designs=TRIALS, **protocol)
    ids = [row.id for row in ma.analyse(wanted)[0].rows]
    given = {study: values[i % len(values)] for i, study in enumerate(ids)}

    def graded(study):
        value = given.get(study.id)
        return study.model_copy(update={"moderators": (value and (Moderator(name="severity", value=value),)) or ()})

    (death,) = ma.analyse(replace(wanted, studies=tuple(map(graded, wanted.studies))))
    return death


@pytest.mark.parametrize("model", ["common", "random"])
def test_only_a_model_of_the_protocol_is_tested_between_groups(review, model):
    other = {"common": "random", "random": "common"}[model]
    test = severe(review, ("severe", "mild"), model=(model,)).subgroup_test
    assert getattr(test, other) is None
    both = severe(review, ("severe", "mild")).subgroup_test
    assert getattr(test, model) == getattr(both, model) is not None


def test_groups_of_one_study_are_tested_with_the_others_or_not_at_all(review):
    """Three trials of one severity, two alone: under the model that the protocol lacks only the two had a result."""
    death = severe(review, ("severe", "mild", "severe", "moderate", "severe"), model=("random",))
    assert sorted(pool.k for pool in death.pools)[0] == 1
    assert death.subgroup_test.random[1] == len(death.pools) - 1
    assert death.subgroup_test.common is None


def test_a_group_without_a_result_under_a_model_leaves_no_test_over_the_others(review):
    death = severe(review, ("severe", "mild", "moderate"))
    first = next(pool for pool in death.pools if pool.k > 1)
    less = [replace(pool, fits={"random": pool.random}) if pool is first else pool for pool in death.pools]
    blocks = [Block("severity", pool.name, name=pool.name) for pool in less]
    test = _subgroup_test(blocks, less, death.plan, "severity")
    assert test.common is None
    assert test.random == death.subgroup_test.random


def test_a_group_that_is_not_stated_is_shown_and_said_and_not_tested(review):
    some, stated = severe(review, ("severe", "mild", None)), severe(review, ("severe", "mild"))
    assert [pool.name for pool in some.pools if "not stated" in pool.name] == ["severity not stated"]
    assert some.subgroup_test.random[1] == stated.subgroup_test.random[1] == 1
    assert some.subgroup_test.without == ("severity not stated",)
    assert to_json([some])["analyses"][0]["subgroup_test"]["without"] == ["severity not stated"]
    assert spread.subgroups(some.subgroup_test).endswith("), without “severity not stated”")
    assert not stated.subgroup_test.without


@pytest.mark.parametrize("style", ["revman", "bmj", "jama"])
def test_every_style_says_what_is_not_tested(review, style):
    test = severe(review, ("severe", "mild", None)).subgroup_test
    assert all(line.endswith("without “severity not stated”") for line in STYLES[style].between(test))
