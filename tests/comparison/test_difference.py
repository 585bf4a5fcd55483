"""Two versions of a review: what changed, and what each change did, on the anakinra studies."""

import json
import shutil

import pytest

import metaan as ma
from metaan.comparison.difference import QUANTITIES, compare

CORE = ("review", "elmekaty-2023", "audemard-verger-2022", "balkhair-2021", "barkas-2021")


@pytest.fixture
def two(tmp_path):
    """Two copies of the review, to be edited, and a way to compare them."""
    for name in ("old", "new"):
        shutil.copytree(ma.example("anakinra"), tmp_path / name / "studies")

    def files(name):
        return tmp_path / name / "studies"

    return files


@pytest.fixture
def core(two):
    """The review as it was started, with four studies, beside the whole of it."""
    for path in two("old").glob("*.yaml"):
        if path.stem not in CORE:
            path.unlink()
    return two


def edit(folder, name, old, new, count=1):
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def compared(two):
    return compare(ma.load(two("old")), ma.load(two("new")))


def pool_of(difference, key, name="randomised"):
    (analysis,) = [a for a in difference.analyses if a.key == key]
    return next(pool for pool in analysis.pools if pool.name == name)


def change_of(difference, study_id):
    return next(change for change in difference.studies if change.id == study_id)


class TestTheCoreStudies:
    def test_before_and_after_are_what_analyse_gives(self, core):
        difference = compared(core)
        for name, side in (("old", "before"), ("new", "after")):
            for analysis in ma.analyse(ma.load(core(name))):
                for pool in analysis.pools:
                    if not pool.k:
                        continue
                    for series in pool_of(difference, analysis.plan.key, pool.name).series:
                        self._same(getattr(series, side), pool, getattr(pool, series.model))

    @staticmethod
    def _same(found, pool, fit):
        if fit is None:
            (row,) = [row for row in pool.rows if row.yi is not None]
            assert (found.k, found.tau2) == (1, 0)
            assert found.estimate == pytest.approx(row.yi, rel=1e-14)
            assert found.display.ci == pytest.approx(row.ci, rel=1e-13)
        else:
            assert (found.k, found.estimate, found.ci, found.pi) == (fit.k, fit.estimate, fit.ci, fit.pi)
            assert found.tau2 == (fit.tau2 or 0)
            assert (found.conclusion == "unclear") == (fit.ci.side() == 0)

    def test_every_number_is_shared_out_to_the_last_digit(self, core):
        shared = 0
        for analysis in compared(core).analyses:
            for pool in analysis.pools:
                for series in pool.series:
                    for name, found in series.shares.items():
                        total = QUANTITIES[name](series.after) - QUANTITIES[name](series.before)
                        assert abs(sum(found.shares) - total) < 1e-12
                        shared += len(found.shares)
        assert shared == 4 * 2 * (3 + 3 + 2)  # numbers, models, later studies of death (twice) and of ventilation

    def test_what_each_later_trial_did_to_death(self, core):
        pool = pool_of(compared(core), "death")
        assert [cause.label for cause in pool.causes] == ["CORIMUNO-ANA-1 2021", "SAVE-MORE 2021", "NCT04362111 2021"]
        assert {cause.change for cause in pool.causes} == {"added"}
        without = [round(result.display.estimate, 2) for result in pool.lead.without]
        assert without == [1.04, 1.32, 0.99]
        for i, cause in enumerate(pool.causes):
            ids = ("audemard-verger-2022", *(c.id for j, c in enumerate(pool.causes) if j != i))
            (death,) = ma.analyse(ma.load(core("new")), ["death"], ma.Choices(only=ids))
            assert pool.lead.without[i].estimate == pytest.approx(death.pools[0].random.estimate, rel=1e-12)
            (alone,) = ma.analyse(ma.load(core("new")), ["death"], ma.Choices(only=(ids[0], cause.id)))
            assert pool.lead.alone[i].estimate == pytest.approx(alone.pools[0].random.estimate, rel=1e-12)

    def test_which_studies_turned_the_conclusion(self, core):
        lead = pool_of(compared(core), "death", "non-randomised").lead
        assert (lead.before.conclusion, lead.after.conclusion) == ("unclear", "experimental")
        assert lead.flips_alone == (0, 1)
        assert lead.smallest == ((0,), (1,))
        assert lead.needed == ()
        assert lead.conclusion.shares == (0.5, 0.5, 0.0)

    def test_a_first_result_is_not_shared_out_and_says_why(self, core):
        pool = pool_of(compared(core), "ventilation")
        assert pool.lead.before is None
        assert pool.lead.shares == {}
        assert pool.lead.refused == "there is no result before"
        assert pool.lead.conclusion.shares == (1.0,)
        assert pool.lead.without == (None,)

    def test_backwards_the_shares_turn_their_sign(self, core):
        old, new = ma.load(core("old")), ma.load(core("new"))
        there, back = (pool_of(compare(*pair), "death") for pair in ((old, new), (new, old)))
        assert {cause.change for cause in back.causes} == {"removed"}
        for name in QUANTITIES:
            assert back.lead.shares[name].shares == pytest.approx([-x for x in there.lead.shares[name].shares])


class TestStudies:
    def test_a_corrected_count_names_both_lines(self, two):
        edit(
            two("new"),
            "kyriazopoulou-2021-save-more",
            "control: {events: 13,",
            "# a line more\n      control: {events: 31,",
        )
        difference = compared(two)
        change = change_of(difference, "kyriazopoulou-2021-save-more")
        (found,) = change.edits
        assert change.kinds == ("corrected",)
        assert (found.where, found.old, found.new) == ("death, day 28, control, events", 13, 31)
        line = ma.load(two("old")).line(change.id, "results", 0, "arms", "control", "events")
        assert found.old_place == f"studies/kyriazopoulou-2021-save-more.yaml:{line}"
        assert found.new_place == f"studies/kyriazopoulou-2021-save-more.yaml:{line + 1}"
        (cause,) = pool_of(difference, "death").causes
        assert (cause.id, cause.change) == (change.id, "corrected")

    def test_one_cause_has_the_whole_change(self, two):
        edit(two("new"), "kyriazopoulou-2021-save-more", "control: {events: 13,", "control: {events: 31,")
        lead = pool_of(compared(two), "death").lead
        assert lead.shares["estimate"].shares == (lead.after.estimate - lead.before.estimate,)
        assert lead.without == (lead.before,)
        assert lead.alone == (lead.after,)

    def test_a_study_that_was_excluded_is_included(self, two):
        edit(two("old"), "segala-2023", "state: included", "state: excluded\n  reason: not read yet")
        difference = compared(two)
        change = change_of(difference, "segala-2023")
        assert change.kinds == ("status",)
        assert (str(change.was), str(change.now)) == ("excluded: not read yet", "included")
        assert [cause.change for cause in pool_of(difference, "death", "non-randomised").causes] == ["now included"]

    def test_a_renamed_study_is_the_same_study(self, two):
        path = two("new") / "kharazmi-2022.yaml"
        text = path.read_text(encoding="utf-8").replace("id: kharazmi-2022", "id: kharazmi-trial")
        (two("new") / "kharazmi-trial.yaml").write_text(text.replace("events: 3,", "events: 4,"), encoding="utf-8")
        path.unlink()
        difference = compared(two)
        (change,) = difference.studies
        assert (change.id, change.kinds) == ("kharazmi-trial", ("corrected", "edited"))
        assert [edit.where for edit in change.edits] == ["file", "ventilation, in hospital, anakinra, events"]
        name, events = change.edits
        assert (name.old, name.new) == ("studies/kharazmi-2022.yaml", "studies/kharazmi-trial.yaml")
        assert events.old_place.startswith("studies/kharazmi-2022.yaml:")
        assert [cause.change for cause in pool_of(difference, "ventilation").causes] == ["corrected"]

    def test_the_folders_of_two_versions_may_have_other_names(self, two, tmp_path):
        shutil.copytree(two("old"), tmp_path / "elsewhere")
        assert not compare(ma.load(two("old")), ma.load(tmp_path / "elsewhere")).studies

    def test_a_study_that_takes_the_place_of_another_is_not_it(self, two):
        path = two("new") / "kharazmi-2022.yaml"
        text = path.read_text(encoding="utf-8").replace("id: kharazmi-2022", "id: other-2022")
        for old, new in (
            ("doi: 10.1002/iid3.563", "doi: 10.5555/x"),
            ('pmid: "34762351"', ""),
            ("A random", "Another"),
        ):
            text = text.replace(old, new)
        (two("new") / "other-2022.yaml").write_text(text, encoding="utf-8")
        path.unlink()
        assert {change.id: change.kinds for change in compared(two).studies} == {
            "kharazmi-2022": ("removed",),
            "other-2022": ("added",),
        }

    def test_a_removed_study(self, two):
        (two("new") / "segala-2023.yaml").unlink()
        difference = compared(two)
        assert change_of(difference, "segala-2023").kinds == ("removed",)
        assert [cause.change for cause in pool_of(difference, "death", "non-randomised").causes] == ["removed"]

    def test_a_time_that_sounds_like_a_confirmation_hides_no_correction(self, two):
        for name in ("old", "new"):
            edit(two(name), "segala-2023", "time: in hospital", "time: in hospital, confirmed, by phone, unconfirmed")
        edit(two("new"), "segala-2023", "events: ", "events: 1")
        assert "corrected" in change_of(compared(two), "segala-2023").kinds

    def test_numbers_that_were_confirmed_take_part(self, two):
        mark = "    name: death from any cause\n    time: day 28\n    unconfirmed: true\n"
        edit(two("old"), "kyriazopoulou-2021-save-more", "    name: death from any cause\n    time: day 28\n", mark)
        difference = compared(two)
        assert change_of(difference, "kyriazopoulou-2021-save-more").kinds == ("confirmed",)
        (cause,) = pool_of(difference, "death").causes
        assert cause.change == "confirmed"
        assert (pool_of(difference, "death").lead.before.k, pool_of(difference, "death").lead.after.k) == (3, 4)

    def test_another_judgement_of_bias_moves_no_number(self, two):
        for name, judgement in (("old", "low"), ("new", "serious")):
            path = two(name) / "segala-2023.yaml"
            domains = f"    domains:\n      - {{name: confounding, judgement: {judgement}}}\n"
            text = path.read_text(encoding="utf-8") + "\nrisk_of_bias:\n  - tool: ROBINS-I\n" + domains
            path.write_text(text, encoding="utf-8")
        difference = compared(two)
        change = change_of(difference, "segala-2023")
        assert change.kinds == ("re-rated",)
        assert [(e.where, e.old, e.new) for e in change.edits] == [
            ("risk of bias, ROBINS-I, confounding, judgement", "low", "serious")
        ]
        assert not any(pool.causes for analysis in difference.analyses for pool in analysis.pools)

    def test_words_without_data_are_an_edit(self, two):
        edit(two("new"), "segala-2023", "label: Segala 2023", "label: Segala et al. 2023")
        difference = compared(two)
        assert change_of(difference, "segala-2023").kinds == ("edited",)
        assert not difference.conclusion_changed

    def test_a_new_order_of_results_and_new_comments_are_no_change(self, two):
        path = two("new") / "kyriazopoulou-2021-save-more.yaml"
        text = path.read_text(encoding="utf-8")
        start, middle, end = (text.index(x) for x in ("  - outcome: death", "  - outcome: severe", "relations:"))
        turned = text[:start] + text[middle:end] + text[start:middle] + text[end:]
        path.write_text("# read again\n" + turned, encoding="utf-8")
        assert not compared(two).changed

    def test_a_retraction_in_pubmeds_record(self, two):
        record = {
            "pmid": "34480127", "title": "Early treatment", "fetched": "2026-01-02T00:00:00Z",
            "url": "https://example.org/", "digest": "0" * 64,
        }  # fmt: skip
        for name, extra in (
            ("old", {}),
            ("new", {"retracted": True, "corrections": [{"kind": "RetractionIn", "pmid": "1"}]}),
        ):
            folder = two(name) / "metadata"
            folder.mkdir(exist_ok=True)
            (folder / "segala-2023.json").write_text(json.dumps(record | extra), encoding="utf-8")
        change = change_of(compared(two), "segala-2023")
        assert change.kinds == ("flagged",)
        assert change.flags == ("retracted", "RetractionIn: 1")


class TestProtocol:
    def test_a_method_is_a_cause_beside_studies(self, core):
        edit(core("new"), "review", "    tau2_method: DL", "    tau2_method: REML")
        edit(
            core("new"), "review", "  - outcome: death\n", "  - outcome: death\n    tau2_method: REML\n    level: 0.9\n"
        )
        difference = compared(core)
        pool = pool_of(difference, "death")
        assert [(c.id, c.change) for c in pool.causes if c.kind == "protocol"] == [
            ("tau2_method", "from DL to REML"),
            ("level", "from 0.95 to 0.9"),
        ]
        for name, found in pool.lead.shares.items():
            total = QUANTITIES[name](pool.lead.after) - QUANTITIES[name](pool.lead.before)
            assert abs(sum(found.shares) - total) < 1e-12
        level = [c.id for c in pool.causes].index("level")
        assert pool.lead.shares["estimate"].shares[level] == 0
        assert pool.lead.shares["lb"].shares[level] > 0
        assert "death, tau2 method" in [e.where for e in difference.protocol]

    def test_another_ratio_is_shared_out(self, two):
        edit(two("new"), "review", "  - outcome: death\n", "  - outcome: death\n    measure: RR\n")
        lead = pool_of(compared(two), "death").lead
        assert (lead.before.measure, lead.after.measure) == ("OR", "RR")
        assert lead.shares["estimate"].total == lead.after.estimate - lead.before.estimate

    def test_another_scale_is_not_but_the_conclusion_is(self, two):
        edit(two("new"), "review", "  - outcome: death\n", "  - outcome: death\n    measure: RD\n    ci_method: hksj\n")
        lead = pool_of(compared(two), "death").lead
        assert lead.refused == "OR and RD are on different scales"
        assert lead.shares == {}

    def test_a_direction_turns_the_conclusion_and_no_number(self, two):
        for old, new in (("direction: bad", "direction: good"),):
            edit(
                two("new"), "review", f"name: death from any cause\n    {old}", f"name: death from any cause\n    {new}"
            )
        difference = compared(two)
        lead = pool_of(difference, "death", "non-randomised").lead
        assert (lead.before.conclusion, lead.after.conclusion) == ("experimental", "control")
        assert lead.before.estimate == lead.after.estimate
        assert difference.conclusion_changed

    def test_another_model_is_a_cause_of_the_answer(self, two):
        edit(two("new"), "review", "  - outcome: ventilation\n", "  - outcome: ventilation\n    model: [common]\n")
        pool = pool_of(compared(two), "ventilation", "non-randomised")
        assert [series.model for series in pool.series] == ["lead", "common"]
        assert [cause.id for cause in pool.causes] == ["model"]
        assert pool.lead.before.k == pool.lead.after.k == 3
        assert pool.lead.before.estimate != pool.lead.after.estimate
        assert pool.series[1].before == pool.series[1].after

    @pytest.mark.parametrize("side", ["new", "old"])
    def test_a_total_over_designs_that_only_one_protocol_has(self, two, side):
        edit(two(side), "review", "  - outcome: death\n", "  - outcome: death\n    pool_designs: true\n")
        (death,) = [a for a in compared(two).analyses if a.key == "death"]
        total = death.pools[-1].lead
        assert [pool.name for pool in death.pools] == ["randomised", "non-randomised", ""]
        assert not any(pool.causes for pool in death.pools)
        if side == "new":
            assert (total.before, total.after.k) == (None, 8)
            assert total.refused == "there was no such pool before"
        else:
            assert (total.before.k, total.after) == (8, None)
            assert total.refused == "there is no such pool any more"

    @pytest.mark.parametrize("points", ["[{from: day 21, to: day 35}, day 28]", "[{from: day 21, to: day 35}]"])
    @pytest.mark.parametrize("side", ["new", "old"])
    def test_windows_are_compared_as_the_other_time_points(self, two, side, points):
        edit(two(side), "review", "[day 28, nearest, in hospital, hospital discharge]", points)
        difference = compared(two)
        (changed,) = [one for one in difference.protocol if one.keys == ("analyses", "time_points")]
        assert {"from": "day 21", "to": "day 35"} in getattr(changed, side)
        pool = pool_of(difference, "death", "non-randomised")
        (cause,) = [cause for cause in pool.causes if cause.id == "time_points"]
        assert "day 21 to day 35" in cause.change

    def test_an_analysis_that_was_added_and_one_that_was_removed(self, two):
        edit(two("new"), "review", "  - outcome: infection\n    time_points: [study end, in hospital]\n", "")
        edit(two("old"), "review", "  - outcome: ventilation\n    time_points: [in hospital]\n", "")
        difference = compared(two)
        assert {a.key: a.change for a in difference.analyses if a.change} == {
            "ventilation": "added",
            "infection": "removed",
        }
        assert pool_of(difference, "ventilation").lead.before is None
        assert pool_of(difference, "infection").lead.after is None


def test_a_study_that_moves_to_another_subgroup(tmp_path):
    for name in ("old", "new"):
        shutil.copytree(ma.example("bcg"), tmp_path / name)
    path = tmp_path / "new" / "aronson-1948.yaml"
    text = path.read_text(encoding="utf-8")
    assert "value: random\n" in text
    path.write_text(text.replace("value: random\n", "value: alternate\n"), encoding="utf-8")
    difference = compare(ma.load(tmp_path / "old"), ma.load(tmp_path / "new"))
    by_allocation = next(a for a in difference.analyses if a.plan.by == "allocation")
    found = {
        pool.name: ([cause.id for cause in pool.causes], pool.lead.before.k, pool.lead.after.k)
        for pool in by_allocation.pools
    }
    assert found == {
        "random": (["aronson-1948"], 7, 6),
        "alternate": (["aronson-1948"], 2, 3),
        "systematic": ([], 4, 4),
        "": ([], 13, 13),
    }


def test_orders_through_an_empty_pool_do_not_count(two):
    """One study is replaced by another: it cannot go before the other has come."""
    for path in (*two("old").glob("*.yaml"), *two("new").glob("*.yaml")):
        keep = {"old": "audemard-verger-2022", "new": "kyriazopoulou-2021-save-more"}[path.parent.parent.name]
        if path.stem not in ("review", keep):
            path.unlink()
    lead = pool_of(compared(two), "death").lead
    found = lead.shares["estimate"]
    assert found.orders == 1
    both = next(r for r in lead.alone if r is not None)
    assert sorted(found.shares) == sorted((both.estimate - lead.before.estimate, lead.after.estimate - both.estimate))
    assert None in lead.alone


def test_many_causes_are_sampled_and_still_add_up(two):
    text = (two("new") / "kyriazopoulou-2021-save-more.yaml").read_text(encoding="utf-8")
    names = (("doi: 10.1038/s41591-021-01499-z\n", ""), ('pmid: "34480127"\n', ""), ("pmcid: PMC8516650\n", ""))
    for old, new in (*names, ("registrations: [NCT04680949]\n", "")):
        text = text.replace(old, new)
    for i in range(11):
        copy = text.replace("id: kyriazopoulou-2021-save-more", f"id: made-up-{i}").replace(
            "SAVE-MORE 2021", f"Made up {i}"
        )
        copy = copy.replace("title: >-\n  Early", f"title: >-\n  {i} Early").replace(
            "{events: 13, total: 405}", f"{{events: {5 + 2 * i}, total: 405}}"
        )
        (two("new") / f"made-up-{i}.yaml").write_text(copy, encoding="utf-8")
    lead = pool_of(compared(two), "death").lead
    assert lead.smallest is None  # 2048 sets are not tried
    found = lead.shares["estimate"]
    assert len(found.shares) == len(found.se) == 11
    assert abs(sum(found.shares) - found.total) < 1e-12
