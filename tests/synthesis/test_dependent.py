"""Several results of a study in one analysis: the reference results through the registry, rows, words and edges."""

import json
from pathlib import Path

import numpy as np
import pytest

import metaan as ma
from metaan.errors import UsageError
from metaan.report.writers.export import to_json
from metaan.workflows.publish.explain import explain_analysis
from metaan.workflows.publish.plot import explored

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "dependent.json").read_text(encoding="utf-8"))
SCHOOLS = GOLDEN["datasets"]["dat.konstantopoulos2011"]
SOURCE = {"document": "article", "level": "primary"}
CHE = {"cluster": "study", "model": "CHE", "rho": 0.8}


def expected(end):
    return next(c["expect"] for c in GOLDEN["cases"] if c["id"] == f"dat.konstantopoulos2011/{end}")


def result(yi, vi, **more):
    base = {"outcome": "main", "time": "week 1", "source": SOURCE}
    return base | {"effect": {"measure": "SMD", "estimate": yi, "se": vi**0.5}} | more


def schools():
    """One study a district, a result a school."""
    found = {}
    for cl, es, yi, vi in zip(*(SCHOOLS[name] for name in ("cl", "es", "yi", "vi"))):
        found.setdefault(f"district-{int(cl):03}", []).append(result(yi, vi, time=f"day {es}"))
    return found


def write(folder, studies, structure, **plan):
    question = {"population": "people", "intervention": "a", "comparator": "b"}
    outcome = {"id": "main", "name": "the outcome", "measure": plan.pop("measure", "SMD"), "direction": "good"}
    analysis = {"outcome": "main", "tau2_method": "REML", "by": None, "pool_designs": True, **plan}
    if structure is not None:
        analysis["structure"] = structure
    review = {"title": "x", "question": question, "outcomes": [outcome], "analyses": [analysis]}
    folder.mkdir()
    (folder / "review.yaml").write_text(json.dumps(review))
    for name, results in studies.items():
        study = {
            "id": name, "label": name.capitalize(), "title": "x", "citation": {"published": "2000"},
            "design": {"kind": "randomised"}, "results": results,
            "arms": [{"id": "a", "role": "experimental", "name": "a"}, {"id": "b", "role": "control", "name": "b"}],
        }  # fmt: skip
        (folder / f"{name}.yaml").write_text(json.dumps(study))
    return folder


def three_arms(mean, **more):
    arms = {
        "low": {"mean": mean, "sd": 2.0, "total": 30}, "high": {"mean": mean + 1, "sd": 2.5, "total": 40},
        "b": {"mean": 5.0, "sd": 2.2, "total": 50},
    }  # fmt: skip
    return {"outcome": "main", "time": "week 1", "source": SOURCE, "arms": arms} | more


def test_arms_with_one_control_keep_it_whole_and_share_its_error(tmp_path):
    """The rows, V and the fit are those of the arms themselves; nobody is counted twice."""
    arms = [
        {"id": "low", "role": "experimental", "name": "low"},
        {"id": "high", "role": "experimental", "name": "high"},
    ]
    studies = {"a": [three_arms(6.0), three_arms(6.5, time="week 8")], "b": [three_arms(4.0)], "c": [three_arms(7.0)]}
    folder = write(tmp_path / "studies", studies, {"rho": 0.7}, measure="MD", arms="split")
    for name in studies:
        study = json.loads((folder / f"{name}.yaml").read_text())
        study["arms"] = [*arms, {"id": "b", "role": "control", "name": "b"}]
        (folder / f"{name}.yaml").write_text(json.dumps(study))
    [analysis] = ma.analyse(ma.load(folder))
    [pool] = analysis.pools
    assert [row.label for row in pool.rows[:4]] == [
        "A (week 1, low)",
        "A (week 1, high)",
        "A (week 8, low)",
        "A (week 8, high)",
    ]
    assert pool.rows[0].vi == pytest.approx(4 / 30 + 4.84 / 50)
    assert pool.people == 3 * 120
    es = ma.EffectSizes.of([row.yi for row in pool.rows], [row.vi for row in pool.rows])
    names = {"grp1": ["low", "high"] * 4, "grp2": ["b"] * 8, "w1": [30, 40] * 4, "w2": [50] * 8}
    v = ma.sampling_covariance(es.vi, list("aaaabbcc"), 0.7, obs=[0, 0, 1, 1, 0, 0, 0, 0], **names)
    fit = ma.multilevel(es, list("aaaabbcc"), V=v)
    assert pool.random.estimate == pytest.approx(fit.estimate, rel=1e-9)
    assert pool.random.se == pytest.approx(ma.robust(fit).se, rel=1e-9)


def analysed(tmp_path, studies, structure, **plan):
    [found] = ma.analyse(ma.load(write(tmp_path / "studies", studies, structure, **plan)))
    return found


def test_a_protocol_pools_every_result_as_the_references_do(tmp_path):
    found = analysed(tmp_path, schools(), CHE)
    [pool] = found.pools
    che, robust = expected("rma_mv/che_rho0.8"), expected("robust/che_rho0.8/CR2")
    assert pool.random.estimate == pytest.approx(che["estimate"][0], rel=1e-5)
    assert pool.random.tau2 == pytest.approx(sum(che["sigma2"]), rel=1e-4)
    assert (pool.random.se, pool.random.df) == pytest.approx((robust["se"][0], robust["ddf"][0]), rel=1e-4)
    assert (pool.k, len(pool.rows), pool.random.k) == (11, 56, 56)
    assert sum(row.weight_random for row in pool.rows) == pytest.approx(100)
    assert len({row.row for row in pool.rows}) == 56
    assert pool.rows[0].label == "District-011 (day 1)"


def test_three_levels_and_independence_are_other_words_of_the_protocol(tmp_path):
    (tmp_path / "3").mkdir()
    three = analysed(tmp_path / "3", schools(), {"model": "three-level"})
    assert three.pools[0].random.estimate == pytest.approx(expected("rma_mv/three_level/REML")["estimate"][0], rel=1e-6)
    (tmp_path / "1").mkdir()
    apart = analysed(tmp_path / "1", schools(), {"model": "independent"})
    plain = ma.pool(ma.EffectSizes.of(SCHOOLS["yi"], SCHOOLS["vi"]), tau2_method="REML")
    assert apart.pools[0].random.estimate == pytest.approx(plain.estimate, rel=1e-9)


def test_other_correlations_and_one_effect_a_study_are_rows_beside(tmp_path):
    [pool] = analysed(tmp_path, schools(), CHE, model=["random"]).pools
    names = [s.name.removeprefix("random effects, ") for s in pool.sensitivity]
    assert names == [
        *(f"correlation {rho} within studies" for rho in ("0", "0.2", "0.4", "0.6")),
        "one effect a study",
    ]  # fmt: skip
    one = ma.aggregate(ma.EffectSizes.of(SCHOOLS["yi"], SCHOOLS["vi"]), SCHOOLS["cl"], rho=0.8)
    want = ma.pool(one, tau2_method="REML", ci_method="hksj-adhoc")
    assert pool.sensitivity[-1].fit.estimate == pytest.approx(want.estimate, rel=1e-9)


def test_rows_are_named_by_what_differs(tmp_path):
    scales = [result(0.1, 0.02, scale={"name": "HAMD"}), result(0.3, 0.03, scale={"name": "BDI"})]
    times = [result(0.2, 0.02), result(0.4, 0.02, time="week 8"), result(0.5, 0.02, time="week 8")]
    people = [
        result(0.2, 0.05, subgroup={"name": "sex", "value": "women"}),
        result(0.6, 0.06, subgroup={"name": "sex", "value": "men"}),
    ]
    alone = [result(0.3, 0.01)]
    found = analysed(tmp_path, {"a": scales, "b": times, "c": people, "d": alone}, {"model": "CHE"})
    assert [row.label for row in found.rows] == [
        "A (HAMD)", "A (BDI)", "B (week 1)", "B (week 8 2)", "B (week 8 3)", "C (sex: women)", "C (sex: men)", "D",
    ]  # fmt: skip
    assert found.k == 4


def test_one_study_is_not_pooled_however_many_results_it_has(tmp_path):
    [pool] = analysed(tmp_path, {"a": [result(0.1, 0.02), result(0.3, 0.03, time="week 9")]}, {"model": "CHE"}).pools
    assert not pool.fits
    assert any("all effects are of one study" in remark.text for remark in pool.remarks)


def test_without_a_structure_one_result_of_a_study_enters(tmp_path):
    found = analysed(tmp_path, schools(), None)
    assert (found.k, len(found.rows)) == (11, 11)


def test_the_json_the_page_and_the_explorer_hold_every_row(tmp_path):
    folder = write(tmp_path / "studies", schools(), CHE)
    review = ma.load(folder)
    [got] = to_json(ma.analyse(review))["analyses"]
    assert len(got["studies"]) == 56
    assert got["random"]["method"] == "CHE"
    assert got["random"]["ci_method"] == "CR2"
    ma.write_report(review, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for said in (
        "District-011 (day 1)",
        "correlation 0.2 within studies",
        "sampling errors of a study correlated by 0.8",
    ):
        assert said in page


def test_what_takes_each_row_as_a_study_is_refused_with_the_way(tmp_path):
    explore = {"influence": True, "trim_and_fill": "L0", "small_study_tests": [{"test": "egger"}]}
    [pool] = analysed(tmp_path, schools(), CHE, explore=explore, bayes={"tau_prior": "half-normal(0.5)"}).pools
    assert len(pool.exploration.refused) == 4
    assert all("hang together" in one.reason and "structure:" in one.message for one in pool.exploration.refused)


def test_a_caller_may_put_another_structure_in_place_of_the_protocols(tmp_path):
    review = ma.load(write(tmp_path / "studies", schools(), CHE))

    def random(**choices):
        [found] = ma.analyse(review, choices=ma.Choices(**choices))
        return found.pools[0].random

    assert random(rho=0.4).estimate == pytest.approx(next(
        s.fit.estimate for s in ma.analyse(review)[0].pools[0].sensitivity if "0.4" in s.name
    ))  # fmt: skip
    assert random(structure="three-level").method == "three-level"
    assert random(structure="none").k == 11
    assert random(structure="independent", ci_method="hksj").k == 56
    with pytest.raises(UsageError, match="main: ci_method hksj beside structure CHE, which decides it"):
        random(ci_method="hksj")
    for wrong in ({"rho": 1.0}, {"structure": "none", "rho": 0.5}):
        with pytest.raises(UsageError, match=r"rho = .*; allowed: 0 to below 1, with a structure"):
            random(**wrong)


def test_leaving_one_out_leaves_out_all_rows_of_a_study(tmp_path):
    [pool] = analysed(tmp_path, schools(), CHE, explore={"leave_one_out": True}).pools
    refits = pool.exploration.leave_one_out
    assert len(refits.estimate) == 11
    rest = np.array(SCHOOLS["cl"]) != SCHOOLS["cl"][0]
    yi, vi, cl = (np.array(SCHOOLS[name])[rest] for name in ("yi", "vi", "cl"))
    want = ma.multilevel(ma.EffectSizes.of(yi, vi), cl, rho=0.8)
    assert refits.estimate[0] == pytest.approx(want.estimate, rel=1e-8)
    assert refits.se[0] == pytest.approx(ma.robust(want).se, rel=1e-8)


def test_other_programs_rules_are_for_one_row_a_study_and_plots_leave_out_studies(tmp_path):
    review = ma.load(write(tmp_path / "studies", schools(), CHE))
    explained, refused = explain_analysis(review, "main")
    assert not explained
    assert "several rows of one study hang together" in refused[""]
    [analysis] = ma.analyse(review)
    [pool] = analysis.pools
    assert len(explored(analysis, pool, "leave-one-out", None).leave_one_out.estimate) == 11
