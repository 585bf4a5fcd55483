"""What the page computes from its counts is what `metaan.stats` computes, to 1e-9, for every method that it offers."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.preparation.kinds import KINDS
from metaan.report.explorer.data import CHOICES, NONE
from metaan.stats.measures.catalogue import MEASURES

DATA = "document.getElementById('explore-data').textContent"
SHOWN = """key => [...document.querySelectorAll(`[data-explore='${key}'] .recomputed li`)]
    .map(one => JSON.parse(one.dataset.result))"""
GO = "view => { history.replaceState(null, '', view); dispatchEvent(new Event('hashchange')) }"
NUMBERS = ("estimate", "p", "q", "q_df", "q_p", "i2", "tau2")


def choices(chance: random.Random, keys: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield an analysis and choices for it: every code of every method, and every estimator with every interval."""
    for i, (tau2, ci) in enumerate(product(CHOICES["random"], CHOICES["ci"])):
        for key in dict.fromkeys((keys[i % len(keys)], chance.choice(keys))):
            drawn = {name: chance.choice(list(codes)) for name, codes in CHOICES.items()}
            yield key, drawn | {"random": tau2, "ci": ci}


def address(key: str, choice: dict[str, str], without: list[str]) -> str:
    parts = [*(f"{name}.{code}" for name, code in choice.items()), *(f"without.{one}" for one in without)]
    return f"#view.{key}={'*'.join(parts)}"


def expected(analysis: dict[str, Any], places: list[int], choice: dict[str, str]) -> dict[str, Any]:
    """Pool the same studies in Python."""
    counts = {
        name: [analysis["studies"][i]["counts"][j] for i in places] for j, name in enumerate(KINDS["counts"].columns)
    }
    measure = choice["measure"]
    got: dict[str, Any] = {"k": 0, "common": None, "random": None}
    if not places:
        return got
    drop = MEASURES[measure].drops_double_zero
    es = ma.effect_sizes(measure, add=analysis["add"][measure], to=analysis["to"], drop00=drop, **counts)
    got["k"] = es.k
    if es.k > 1:
        got["common"] = _common(es, counts, choice)
        if choice["random"] != NONE:
            got["random"] = _numbers(ma.pool(es, "random", choice["random"], choice["ci"], choice["pi"]))
    return got


def _common(es: Any, counts: dict[str, Any], choice: dict[str, str]) -> dict[str, Any] | None:
    try:
        if choice["common"] == "MH":
            return _numbers(ma.mantel_haenszel(es.measure, **dict(es.data)))
        if choice["common"] == "Peto":
            return _numbers(ma.peto(**counts)) if es.measure == "OR" else None
    except NotEstimableError:
        return None
    return None if choice["common"] == NONE else _numbers(ma.pool(es, "common"))


def _numbers(fit: Any) -> dict[str, Any]:
    shown = fit.display
    numbers = {"estimate": shown.estimate, "p": fit.pval, "q": fit.q, "q_df": fit.q_df, "q_p": fit.q_pval}
    numbers |= {"i2": fit.i2, "tau2": fit.tau2 if fit.model == "random" else None, "df": fit.df, "se": fit.se}
    return numbers | {"ci": list(shown.ci), "pi": None if shown.pi is None else list(shown.pi)}


def flat(result: dict[str, Any] | None) -> dict[str, float]:
    """Return the numbers of one model by name; what does not exist is absent."""
    found = {}
    for name, value in (result or {}).items():
        if isinstance(value, list):
            found |= {f"{name}.lb": value[0], f"{name}.ub": value[1]}
        elif value is not None:
            found[name] = value
    return found


def test_every_method_gives_what_python_gives(report: Path, visit: Callable[..., Any]) -> None:
    opened, chance = visit(report), random.Random(20)
    data = json.loads(opened.run(DATA))["analyses"]
    compared = 0
    for key, choice in choices(chance, list(data)):
        analysis = data[key]
        ids = [one["id"] for one in analysis["studies"]]
        out = chance.sample(ids, chance.randint(0, len(ids) - 1)) if chance.random() < 0.8 else []
        opened.run(GO, address(key, choice, out))
        for group, shown in zip(analysis["groups"], opened.run(SHOWN, key), strict=True):
            places = [i for i in group["studies"] if analysis["studies"][i]["id"] not in out]
            wanted = expected(analysis, places, choice)
            case = (key, group["name"], choice, out)
            assert shown["k"] == wanted["k"], case
            for model in ("common", "random"):
                assert flat(shown[model]) == pytest.approx(flat(wanted[model]), rel=1e-9, abs=1e-12), (*case, model)
                compared += bool(wanted[model])
    assert compared > 60
    assert opened.words == []


def test_a_study_with_all_events_is_pooled_by_its_table(tmp_path: Path, visit: Callable[..., Any]) -> None:
    """A risk ratio of studies of which inverse variance has no effect, and Mantel-Haenszel has."""
    review = ma.load(ma.example("anakinra"))
    (death,) = [plan for plan in review.info.analyses if plan.key == "death"]
    info = review.info.model_copy(update={"analyses": (death.model_copy(update={"measure": "RR"}),)})
    full = next(study for study in review.studies if study.label.startswith("Balkhair"))
    more = replace(review, info=info, studies=tuple(_full(s) if s is full else s for s in review.studies))
    ma.write_report(more, tmp_path / "report.html")
    opened = visit(tmp_path / "report.html")
    analysis = json.loads(opened.run(DATA))["analyses"]["death"]
    for measure in ("RR", "OR", "RD"):
        choice = {"measure": measure, "common": "MH", "random": "DL", "ci": "wald", "pi": "normal"}
        opened.run(GO, address("death", choice, ["franzetti-2021"]))
        for group, shown in zip(analysis["groups"], opened.run(SHOWN, "death"), strict=True):
            places = [i for i in group["studies"] if analysis["studies"][i]["id"] != "franzetti-2021"]
            wanted = expected(analysis, places, choice)
            assert flat(shown["common"]) == pytest.approx(flat(wanted["common"]), rel=1e-9, abs=1e-12), measure
    assert opened.words == []


def _full(study: Any) -> Any:
    """Return a study whose patients all had the event."""

    def counted(result: Any) -> Any:
        arms = {name: arm.model_copy(update={"events": arm.total}) for name, arm in result.arms.items()}
        return result.model_copy(update={"arms": arms})

    return study.model_copy(update={"results": tuple(map(counted, study.results))})
