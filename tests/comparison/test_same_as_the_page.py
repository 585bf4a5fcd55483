"""What a comparison says of a version is what the page says of it, whatever the kind of data and the field."""

import json
from typing import Any

import pytest

import metaan as ma
from metaan.comparison.difference import compare
from metaan.comparison.whatif import FIELDS, UNMOVING
from metaan.registry.model.plan import Plan

SOURCE = {"document": "article", "level": "primary"}
ARMS = [{"id": "a", "role": "experimental", "name": "A"}, {"id": "b", "role": "control", "name": "B"}]
THREE = [*ARMS, {"id": "c", "role": "experimental", "name": "C"}]


def counts(a: int, b: int, n: int = 100, **more: Any) -> dict[str, Any]:
    return {"arms": {"a": {"events": a, "total": n}, "b": {"events": b, "total": n}}} | more


def means(a: Any, b: Any, **more: Any) -> dict[str, Any]:
    return {"arms": {"a": {"mean": a[0], "sd": a[1], "total": 40}, "b": {"mean": b[0], "sd": b[1], "total": 40}}} | more


def effect(measure: str, estimate: float, lb: float, ub: float, **more: Any) -> dict[str, Any]:
    return {"effect": {"measure": measure, "estimate": estimate, "ci": [lb, ub]} | more}


def medians(a: float, b: float) -> dict[str, Any]:
    quartiles = {"a": (a, a - 2, a + 5), "b": (b, b - 1, b + 6)}
    return {"arms": {i: dict(zip(("median", "q1", "q3"), v)) | {"total": 50} for i, v in quartiles.items()}}


def three(a: int, b: int, c: int) -> dict[str, Any]:
    return {"arms": {i: {"events": x, "total": 100} for i, x in zip("abc", (a, b, c))}}


def of_people(a: int, b: int, who: str) -> dict[str, Any]:
    return counts(a, b, subgroup={"name": "sex", "value": who})


def write(folder: Any, measure: str, studies: Any, plan: Any, review: Any) -> Any:
    folder.mkdir()
    direction = {} if measure in ("PLO", "PR") else {"direction": "bad"}
    outcome = {"id": "main", "name": "death", "measure": measure} | direction | review.pop("outcome", {})
    info = {
        "title": "x",
        "question": {"population": "p", "intervention": "A", "comparator": "B"},
        "outcomes": [outcome],
        "analyses": [{"outcome": "main"} | plan],
    } | review
    (folder / "review.yaml").write_text(json.dumps(info))
    for i, results in enumerate(studies, 1):
        each = results if isinstance(results, list) else [results]
        used = {arm for one in each for arm in one.get("arms", {})}
        study = {
            "id": f"s{i}", "label": f"S{i}", "title": "x", "citation": {"published": "2000"},
            "design": {"kind": "single-arm" if used == {"a"} else "randomised"},
            "arms": THREE if "c" in used else ARMS[:1] if used == {"a"} else ARMS,
            "results": [{"outcome": "main", "time": "day 28", "source": SOURCE} | one for one in each],
        }  # fmt: skip
        (folder / f"s{i}.yaml").write_text(json.dumps(study))
    return ma.load(folder)


def numbers(fit: Any) -> Any:
    pi = None if fit.pi is None else (fit.pi.lb, fit.pi.ub)
    return fit.k, fit.measure, fit.estimate, (fit.ci.lb, fit.ci.ub), pi


def page(review: Any) -> dict[str, Any]:
    [analysis] = ma.analyse(review)
    return {p.name: {m: numbers(fit) for m, fit in p.fits.items()} for p in analysis.results if p.fits}


def told(difference: Any, side: str) -> dict[str, Any]:
    [analysis] = difference.analyses
    found = {p.name: {s.model: getattr(s, side) for s in p.series} for p in analysis.pools}
    return {name: {m: numbers(fit) for m, fit in p.items() if fit} for name, p in found.items() if any(p.values())}


COUNTS = [counts(10, 20), counts(5, 9, 60), counts(30, 33, 200)]
EFFECTS = [effect("OR", 0.7, 0.5, 0.98), effect("OR", 1.2, 0.8, 1.8), effect("OR", 0.6, 0.4, 0.9)]
ALONE = [{"arms": {"a": {"events": x, "total": 90}}} for x in (7, 11)]
ONE_GROUP = {"arm": "experimental", "by": None, "pool_designs": True}
BOTH = [c | effect("OR", x, x / 1.5, x * 1.5) for c, x in zip(COUNTS, (0.9, 1.4, 1.1))]
MEANS = [means((5, 2), (6, 2)), means((4, 1), (4.5, 1.2)), means((7, 3), (6, 3))]
NO_SD = {"arms": {"a": {"mean": 5, "total": 40}, "b": {"mean": 6.5, "total": 40}}}
CLUSTERS = counts(12, 25, clusters={"number": 20, "average_size": 10})
CHANGES = [means((-2, 1), (-1, 1), values="change"), means((-3, 2), (-1, 2), values="change")]
BASELINES = [
    {"arms": {i: arm | {"baseline": {"mean": 9, "sd": 3}} for i, arm in one["arms"].items()}, "values": "final"}
    for one in MEANS
]
SPLIT = [three(10, 22, 14), three(8, 19, 11), counts(12, 18)]
MIXED = [effect("OR", 0.7, 0.5, 0.98), effect("OR", 0.8, 0.6, 1.1), counts(20, 30)]
CREDIBLE = [*MIXED, effect("OR", 0.5, 0.3, 0.9, interval="credible")]
LATER = [[counts(10, 20), counts(40, 41, time="day 90")], *COUNTS]
SEX = [[of_people(10, 20, "women"), of_people(15, 18, "men")], [of_people(8, 9, "women"), of_people(5, 11, "men")]]
HOURS = [
    means((5, 2), (6, 2), unit="days"),
    means((4, 1), (5, 1), unit="days"),
    means((96, 24), (130, 30), unit="hours"),
]

#: Field of the protocol: the measure, the studies, what the protocol says before and after, and of the review.
CASES: dict[str, tuple[str, Any, Any, Any, Any]] = {
    "measure": ("OR", COUNTS, {}, {"measure": "RR"}, {}),
    "model": ("OR", COUNTS, {}, {"model": ["common"]}, {}),
    "common_method": ("OR", COUNTS, {}, {"common_method": "IV"}, {}),
    "random_method": ("OR", COUNTS, {}, {"random_method": "GLMM"}, {}),
    "tau2_method": ("MD", MEANS, {}, {"tau2_method": "REML"}, {}),
    "ci_method": ("MD", MEANS, {}, {"ci_method": "hksj"}, {}),
    "pi_method": ("MD", MEANS, {}, {"pi_method": "normal"}, {}),
    "level": ("MD", MEANS, {}, {"level": 0.9}, {}),
    "zero_cells": ("OR", [*COUNTS, counts(0, 5)], {}, {"zero_cells": {"add": 0.1}}, {}),
    "designs": ("PLO", [*COUNTS, *ALONE], ONE_GROUP | {"designs": ["randomised"]}, ONE_GROUP, {}),
    "time_points": ("OR", LATER, {"time_points": ["day 28"]}, {"time_points": ["day 90", "day 28"]}, {}),
    "estimates": ("OR", BOTH, {}, {"estimates": "effects"}, {}),
    "medians": ("MD", [*MEANS, medians(9, 8)], {}, {"medians": "exclude"}, {}),
    "assume": ("MD", [*BASELINES, *CHANGES], {}, {"assume": {"correlation": 0.5}}, {}),
    "sd_from": ("MD", [*MEANS, NO_SD], {}, {"sd_from": "pooled"}, {}),
    "icc_from": ("OR", [*COUNTS, CLUSTERS], {}, {"icc_from": {"value": 0.1, "source": "x"}}, {}),
    "convert": ("RR", [*COUNTS, effect("OR", 0.5, 0.3, 0.9)], {"control_risk": {"value": 0.3, "source": "x"}},
                {"control_risk": {"value": 0.3, "source": "x"}, "convert": {"OR": "RR"}}, {}),
    "control_risk": ("RR", [*COUNTS, effect("OR", 0.5, 0.3, 0.9)],
                     *({"convert": {"OR": "RR"}, "control_risk": {"value": v, "source": "x"}} for v in (0.3, 0.1)), {}),
    "credible_intervals": ("OR", CREDIBLE, {}, {"credible_intervals": True}, {}),
    "convert_units": ("MD", HOURS, {}, {"convert_units": {"hours": 0.041667}}, {"outcome": {"unit": "days"}}),
    "arms": ("OR", SPLIT, {}, {"arms": "split"}, {}),
    "compare": ("OR", SPLIT, {"compare": ["a", "b"]}, {"compare": ["c", "b"]}, {}),
    "arm": ("PLO", COUNTS, {"arm": "experimental"}, {"arm": "control"}, {}),
    "within": ("OR", [[counts(20, 38), *SEX[0]], [counts(13, 20), *SEX[1]]], {}, {"within": "sex"}, {}),
    "values": ("SMD", [*MEANS, *CHANGES], {}, {"values": "change"}, {}),
    "structure": ("OR", LATER, {}, {"structure": {"rho": 0.5}}, {}),
}  # fmt: skip

ELSEWHERE = {"outcome": "an analysis of another outcome is another analysis", "direction": "no field of a plan"}


def test_every_field_of_the_protocol_moves_results_or_says_why_it_does_not():
    assert FIELDS.keys() - {"direction"} | UNMOVING.keys() == Plan.model_fields.keys()
    assert not FIELDS.keys() & UNMOVING.keys()
    assert CASES.keys() | ELSEWHERE.keys() == FIELDS.keys()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_before_and_after_are_the_pages_whatever_field_changed(tmp_path, name, turned):
    measure, studies, *plans, review = CASES[name]
    versions = [write(tmp_path / str(i), measure, studies, plan, dict(review)) for i, plan in enumerate(plans)]
    old, new = reversed(versions) if turned else versions
    difference = compare(old, new)
    before, after = page(old), page(new)
    assert before != after
    for side, pools in (("before", before), ("after", after)):
        for pool, models in told(difference, side).items():
            for model, found in models.items():
                assert found in pools[pool].values() if model == "lead" else found == pools[pool][model]
    causes = {c.id for a in difference.analyses for p in a.pools for c in p.causes if c.kind == "protocol"}
    assert name in causes


@pytest.mark.parametrize(
    ("measure", "plan", "studies", "changed"),
    [
        ("OR", {}, EFFECTS, effect("OR", 0.2, 0.1, 0.4)),
        ("OR", {}, MIXED, effect("OR", 0.2, 0.1, 0.4)),
        ("OR", {"arms": "split"}, SPLIT, three(10, 22, 40)),
        ("OR", {"arms": "split"}, SPLIT, three(30, 22, 14)),
        ("OR", {"arms": "combine"}, SPLIT, three(30, 22, 14)),
        ("MD", {}, MEANS, means((2, 2), (6, 2))),
        ("MD", {"sd_from": "pooled"}, [*MEANS, NO_SD], means((5, 9), (6, 9))),
        ("OR", {}, BOTH, BOTH[0] | effect("OR", 0.2, 0.1, 0.4)),
        ("OR", {"estimates": "effects"}, BOTH, BOTH[0] | effect("OR", 0.2, 0.1, 0.4)),
    ],
)  # fmt: skip
def test_before_and_after_are_the_pages_whatever_data_changed(tmp_path, measure, plan, studies, changed):
    old = write(tmp_path / "old", measure, studies, plan, {})
    new = write(tmp_path / "new", measure, [changed, *studies[1:]], plan, {})
    difference = compare(old, new)
    assert (told(difference, "before"), told(difference, "after")) == (page(old), page(new))
    moved = page(old) != page(new)
    [pool] = difference.analyses[0].pools
    assert ("s1" in {cause.id for cause in pool.causes}) == moved
