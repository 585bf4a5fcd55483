"""What a result says follows from effect, interval, difference that matters and certainty, by the rules of GRADE."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import metaan as ma
from metaan.registry.model.public import Certainty
from metaan.synthesis.statement import Statement, compare_designs, most_likely, statement
from metaan.synthesis.values import Analysis

REVIEW = {
    "title": "Drug A", "question": {"population": "adults", "intervention": "drug A", "comparator": "placebo"},
    "labels": {"experimental": "drug A", "control": "placebo"},
}  # fmt: skip
HOW_SERIOUS = {"high": "not serious", "moderate": "serious", "low": "very serious", "very low": "extremely serious"}


def write(folder: Path, trials: dict[str, tuple[int, int, int, int]], level: str = "", **outcome: object) -> Analysis:
    """Pool trials of events out of people; a name that begins with ``cohort`` is no trial."""
    folder.mkdir(exist_ok=True)
    death = {"id": "death", "name": "death", "direction": "bad", "measure": "OR"} | outcome
    info = {**REVIEW, "outcomes": [death], "analyses": [{"outcome": "death"}]}
    if level:
        domain = {"domain": "imprecision", "judgement": HOW_SERIOUS[level], "reason": "as said"}
        signed = {"outcome": "death", "level": level, "domains": [domain], "by": ["A. Panel"], "on": "2026-01-01"}
        info["certainty"] = [signed]
    (folder / "review.yaml").write_text(json.dumps(info))
    for i, (name, (a, n1, c, n2)) in enumerate(trials.items()):
        kind = {"kind": "randomised"}
        if name.startswith("cohort"):
            kind = {"kind": "non-randomised", "control": "matched"}
        arms = {"a": {"events": a, "total": n1}, "b": {"events": c, "total": n2}}
        source = {"document": "article", "level": "primary"}
        study = {
            "id": name, "label": f"{name} {2000 + i}", "title": name, "design": kind, "citation": {"published": "2001"},
            "arms": [{"id": "a", "role": "experimental", "name": "A"}, {"id": "b", "role": "control", "name": "B"}],
            "results": [{"outcome": "death", "name": "death", "time": "day 28", "arms": arms, "source": source}],
        }  # fmt: skip
        (folder / f"{name}.yaml").write_text(json.dumps(study))
    [found] = ma.analyse(ma.load(folder))
    return found


def said(made: Analysis) -> Statement:
    return statement(made, made.pools[0])


TRIVIAL = {"one": (900, 9000, 905, 9000), "two": (910, 9000, 900, 9000)}
CLEAR = {"one": (40, 400, 80, 400), "two": (45, 400, 85, 400), "three": (50, 500, 100, 500)}
MID = {"per_1000": 20, "source": "the panel"}


@pytest.mark.parametrize(
    ("trials", "level", "mid", "verdict", "size", "against"),
    [
        (CLEAR, "", None, "experimental", "", "no effect"),
        (CLEAR, "very low", MID, "very uncertain", "", "mid"),
        (TRIVIAL, "", None, "unclear", "", "no effect"),
        (TRIVIAL, "high", MID, "little to no difference", "trivial", "mid"),
        (TRIVIAL, "", MID, "little to no difference", "trivial", "mid"),
        (CLEAR, "moderate", MID, "experimental", "", "mid"),
        (CLEAR, "", {"per_1000": 150, "source": "x"}, "little to no difference", "trivial", "mid"),
        (CLEAR, "", {"ratio": 0.8, "source": "x"}, "experimental", "", "mid"),
        (CLEAR, "", {"ratio": 4, "source": "x"}, "little to no difference", "trivial", "mid"),
    ],
)
def test_size_and_certainty_decide_the_verdict(tmp_path, trials, level, mid, verdict, size, against):
    made = write(tmp_path / "studies", trials, level, **({"mid": mid} if mid else {}))
    found = said(made)
    assert (found.verdict, found.size, found.against, found.certainty) == (verdict, size, against, level)


@pytest.mark.parametrize(
    ("small", "moderate", "large", "size"),
    [(150, 200, 300, "trivial"), (50, 150, 300, "small"), (20, 50, 200, "moderate"), (10, 20, 50, "large")],
)
def test_the_size_word_is_that_of_the_point_estimate(tmp_path, small, moderate, large, size):
    """About 100 fewer per 1000: 135 of 1300 against 265 of 1300."""
    bounds = {"small": small, "moderate": moderate, "large": large, "source": "the panel"}
    made = write(tmp_path / "studies", CLEAR, mid={"per_1000": small, "source": "the panel"}, thresholds=bounds)
    assert (said(made).size, said(made).against) == (size, "thresholds")


def test_no_events_is_a_result(tmp_path):
    none = dict.fromkeys(("one", "two", "three", "four"), (0, 430, 0, 430))
    made = write(tmp_path / "studies", none)
    found = said(made)
    assert (found.verdict, found.people) == ("no events", 3440)
    assert found.upper == pytest.approx(1.0718, abs=1e-4)  # binom.test(0, 3440)$conf.int[2] * 1000, R 4.2.2


def test_nobody_has_every_risk():
    assert most_likely(0, 0.95) == 1


def test_two_studies_whose_interval_hangs_on_the_method_decide_nothing(tmp_path):
    made = write(tmp_path / "studies", {"one": (11, 37, 3, 34), "two": (7, 40, 3, 40)})
    assert said(made).verdict == "depends"
    assert said(made).depends


def test_the_t_quantile_alone_is_no_second_opinion(tmp_path):
    made = write(
        tmp_path / "studies", {"one": (20, 200, 35, 200), "two": (10, 100, 18, 100), "three": (30, 300, 51, 300)}
    )
    [pool] = made.pools
    assert pool.random.tau2 == 0
    assert any(other.differs for other in pool.sensitivity) or pool.sensitivity
    assert not said(made).depends


@pytest.mark.parametrize(
    ("trials", "cohorts", "disagree"),
    [
        ((30, 200, 38, 200), (40, 300, 63, 300), False),  # OR 0.75 not clear, 0.58 clear; p about 0.4
        ((60, 200, 30, 200), (30, 200, 60, 200), True),  # opposite sides, both clear
        ((50, 300, 50, 300), (20, 300, 60, 300), True),  # one clear, and the test says that they differ
    ],
)
def test_designs_disagree_only_beyond_chance(tmp_path, trials, cohorts, disagree):
    made = write(tmp_path / "studies", {"trial": trials, "cohort": cohorts})
    found = compare_designs(made)
    assert found is not None
    assert found.disagree is disagree


def test_one_design_has_nothing_to_disagree_with(tmp_path):
    assert compare_designs(write(tmp_path / "studies", CLEAR)) is None


def test_a_judgement_goes_with_its_result(tmp_path):
    made = write(tmp_path / "studies", CLEAR, "low")
    [pool] = made.pools
    assert isinstance(pool.certainty, Certainty)
    assert statement(made, replace(pool, certainty=None)).certainty == ""
