"""From the anakinra registry to pooled results: the numbers, what is left out and why, and the choices."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import metaan as ma
from metaan.errors import UsageError
from metaan.registry.model.public import Plan
from metaan.synthesis.analyse import ALLOWED

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "anakinra.json").read_text())["cases"]


@pytest.fixture(scope="module")
def review():
    return ma.load(ma.example("anakinra"))


def analysis_of(review, outcome, **choices):
    (analysis,) = ma.analyse(review, [outcome], ma.Choices(**choices))
    return analysis


def pool_of(review, case, **choices):
    by = "none" if case["design"] is None else None
    analysis = analysis_of(review, case["outcome"], by=by, **choices)
    return next(pool for pool in analysis.pools if pool.name == (case["design"] or ""))


def shown(fit):
    return [round(x, 6) for x in (fit.display.estimate, *fit.display.ci)]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: c["id"])
class TestPrintedTable:
    def test_the_studies_and_their_counts(self, review, case):
        pool = pool_of(review, case)
        found = {row.id: [row.data[name] for name in ("ai", "n1i", "ci", "n2i")] for row in pool.rows}
        assert found == dict(zip(case["studies"], map(list, zip(*case["data"].values()))))

    def test_common_effect(self, review, case):
        assert shown(pool_of(review, case).common) == case["expect"]["mantel_haenszel"]
        assert shown(pool_of(review, case, common_method="IV").common) == case["expect"]["inverse_variance"]

    def test_random_effects(self, review, case):
        assert shown(pool_of(review, case).random) == case["expect"]["dl_wald"]
        assert shown(pool_of(review, case, ci_method="hksj-adhoc").random) == case["expect"]["dl_hksj_adhoc"]

    def test_heterogeneity(self, review, case):
        fit = pool_of(review, case).random
        assert fit.tau2 == pytest.approx(case["expect"]["tau2"], rel=5e-6, abs=1e-12)
        assert fit.i2 == pytest.approx(case["expect"]["i2"], abs=5e-5)
        assert fit.q == pytest.approx(case["expect"]["q"], abs=5e-7)

    def test_reml_with_hksj_adhoc_stands_beside_the_protocol(self, review, case):
        names = [row.name for row in pool_of(review, case).sensitivity]
        assert names == [
            "common effect, inverse variance",
            "random effects, DL, hksj-adhoc",
            "random effects, REML, hksj-adhoc",
        ]


def test_randomised_trials_and_cohorts_are_never_one_diamond(review):
    death = analysis_of(review, "death")
    assert [pool.name for pool in death.pools] == ["randomised", "non-randomised"]
    assert death.overall is None
    assert death.subgroup_test is not None


def test_a_review_is_a_reference_and_never_pooled(review):
    death = analysis_of(review, "death")
    found = [(r.study.id, r.pool.estimate) for r in death.references]
    assert found == [("barkas-2021", 0.32)]  # and the risk ratios of Dahms 2023 stand in a section of the page
    assert "barkas-2021" not in [row.id for row in death.rows]
    assert "barkas-2021" in [excluded.id for excluded in death.excluded]


@pytest.mark.parametrize("outcome", ["clinical-failure", "death", "ventilation", "serious-adverse-events", "infection"])
def test_every_study_is_in_or_out_with_a_reason(review, outcome):
    analysis = analysis_of(review, outcome)
    placed = [row.id for row in analysis.rows] + [excluded.id for excluded in analysis.excluded]
    assert sorted(placed) == sorted(study.id for study in review.studies)
    assert all(excluded.reason for excluded in analysis.excluded)


def test_the_time_point_that_was_taken_is_the_preferred_one(review):
    taken = {row.id: row.result.time for row in analysis_of(review, "death").rows}
    assert taken["audemard-verger-2022"] == "day 28"
    assert taken["corimuno-ana-1-2021"] == "day 90"
    assert taken["balkhair-2021"] == "in hospital"


def test_one_study_is_not_pooled(review):
    (pool,) = analysis_of(review, "serious-adverse-events").pools
    (row,) = pool.rows
    assert pool.common is pool.random is None
    assert "one study" in pool.reason
    assert row.estimate == pytest.approx((19 / 18) / (18 / 16))


def test_only_and_exclude_leave_out_with_a_reason(review):
    failure = analysis_of(review, "clinical-failure", only=("elmekaty-2023",))
    assert [row.id for row in failure.rows] == ["elmekaty-2023"]
    reasons = {excluded.id: excluded.reason for excluded in failure.excluded}
    assert reasons["audemard-verger-2022"] == "left out by the person who ran the analysis"


def test_absolute_effect_is_at_the_median_control_risk(review):
    death = analysis_of(review, "death").pools[0]
    risk = sorted([3 / 34, 13 / 189, 15 / 55, 4 / 15])
    assumed = (risk[1] + risk[2]) / 2
    odds = death.random.display.estimate * assumed / (1 - assumed)
    assert death.absolute.assumed_risk == pytest.approx(assumed)
    assert death.absolute.estimate == pytest.approx(1000 * (odds / (1 + odds) - assumed))


def test_one_model_may_be_named_by_itself(review):
    one, pair = (analysis_of(review, "death", model=model) for model in ("random", ("random",)))
    assert [pool.common for pool in one.pools] == [None] * len(one.pools)
    assert [shown(p.random) for p in one.pools if p.random] == [shown(p.random) for p in pair.pools if p.random]


def test_choices_allow_what_the_protocol_allows():
    schema = Plan.model_json_schema()["properties"]
    assert list(ALLOWED["model"]) == schema["model"]["items"]["enum"]
    assert list(ALLOWED["common_method"]) == schema["common_method"]["enum"]


@pytest.mark.parametrize(("to", "all_said"), [("only0", False), ("all", True), ("if0all", True), ("none", None)])
def test_what_is_added_is_said_of_every_study_that_it_is_added_to(review, to, all_said):
    [plan] = [plan for plan in review.info.analyses if plan.key == "ventilation"]
    changed = plan.model_copy(update={"zero_cells": plan.zero_cells.model_copy(update={"to": to})})
    info = review.info.model_copy(update={"analyses": [changed]})
    rows = analysis_of(dataclasses.replace(review, info=info), "ventilation", by="none").rows
    with_zero = [0 in (row.data["ai"], row.data["ci"]) for row in rows if row.yi is not None]
    said = ["0.5 is added for inverse variance" in (row.note or "") for row in rows if row.yi is not None]
    assert any(with_zero) == (to != "none")  # without 0.5 that study has no odds ratio
    assert not all(with_zero)
    assert said == ([all_said] * len(said) if all_said else with_zero if to == "only0" else [False] * len(said))


@pytest.mark.parametrize(
    ("outcomes", "choices", "message"),
    [
        (["deth"], {}, "did you mean death"),
        (["death"], {"only": ("elmekaty",)}, "did you mean elmekaty-2023"),
        (["death"], {"measure": "ODDS"}, "'ODDS' is unknown; allowed: OR, RR, RD"),
        (["death"], {"measure": "SMD"}, "measure 'SMD' is unknown; allowed: OR, RR, RD"),
        (["death"], {"tau2_method": "REM"}, "did you mean REML"),
        (["death"], {"common_method": "Peto"}, "common_method 'Peto' is unknown; did you mean PETO"),
        (["death"], {"model": ("randm",)}, "did you mean random"),
        (["death"], {"model": "both"}, "model 'both' is unknown; allowed: common, random"),
        (["death"], {"model": ()}, "no model is asked for; allowed: common, random"),
        (["death"], {"level": 95}, "allowed: between 0 and 1"),
    ],
)
def test_a_wrong_choice_says_what_is_allowed(review, outcomes, choices, message):
    with pytest.raises(UsageError, match=message):
        ma.analyse(review, outcomes, ma.Choices(**choices))


@pytest.mark.parametrize("by", [["design"], ("year",), 3])
def test_a_choice_of_another_kind_is_an_error_of_ours(review, by):
    with pytest.raises(UsageError, match="no study has a moderator"):
        ma.analyse(review, ["death"], ma.Choices(by=by))


def test_one_study_may_be_named_by_itself(review):
    one, many = (ma.analyse(review, ["death"], ma.Choices(only=only)) for only in ("elmekaty-2023", ("elmekaty-2023",)))
    assert one[0].excluded == many[0].excluded


def test_a_protocol_without_analyses_says_so(review):
    empty = dataclasses.replace(review, info=review.info.model_copy(update={"analyses": ()}))
    assert ma.analyse(empty) == ()
    with pytest.raises(UsageError, match="'death': the protocol has no analyses; enter what is to be pooled"):
        ma.analyse(empty, ["death"])


def test_a_retracted_study_is_shown_with_and_without(review):
    flagged = "kyriazopoulou-2021-save-more"
    metadata = dict(review.metadata)
    metadata[flagged] = SimpleNamespace(
        retracted=True,
        concern=False,
        fetched="2026-11-22T00:00:00Z",
        notice=lambda about: "",
        links=lambda about: (),
        told={},
    )
    (death,) = ma.analyse(dataclasses.replace(review, metadata=metadata), ["death"])
    (left_out,) = ma.analyse(review, ["death"], ma.Choices(exclude=(flagged,)))
    assert flagged in [row.id for row in death.rows]
    assert any("SAVE-MORE 2021 is retracted (PubMed, 2026-11-22)" in warning for warning in death.warnings)
    (remark,) = [one for one in death.remarks if one.code == "flagged"]
    assert remark.study == flagged
    without, common = death.pools[0].sensitivity[-2:]
    assert common.name == "common effect, without SAVE-MORE 2021"
    assert common.fit.estimate == left_out.pools[0].common.estimate
    assert [row.flag for row in death.rows if row.id == flagged] == ["retraction"]
    assert without.name == "random effects, without SAVE-MORE 2021"
    assert without.fit.estimate == left_out.pools[0].random.estimate
    assert all("without" not in row.name for row in death.pools[1].sensitivity)


def test_a_flagged_study_without_an_effect_is_not_said_to_be_in_the_pool(review):
    flagged = next(study for study in review.studies if study.id == "kyriazopoulou-2021-save-more")
    counts = {arm: one.model_copy(update={"events": 0}) for arm, one in flagged.results[0].arms.items()}
    empty = [one.model_copy(update={"arms": counts}) if one.outcome == "death" else one for one in flagged.results]
    studies = tuple(
        study.model_copy(update={"results": tuple(empty)}) if study is flagged else study for study in review.studies
    )
    metadata = {
        flagged.id: SimpleNamespace(
            retracted=True,
            concern=False,
            fetched="2026-11-22T00:00:00Z",
            notice=lambda about: "",
            links=lambda about: (),
            told={},
        )
    }
    (death,) = ma.analyse(dataclasses.replace(review, studies=studies, metadata=metadata), ["death"])
    (warning,) = (text for text in death.warnings if "retracted" in text)
    assert warning.endswith(
        "stands in the table (no signed decision stands about it); it has no effect that enters a result"
    )
