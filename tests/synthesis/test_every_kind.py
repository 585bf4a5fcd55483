"""Reference results through the registry: study files of every kind of data, pooled as `metaan pool --json` does."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.report.writers.export import to_json
from metaan.stats.measures.catalogue import scale_of

CASES = json.loads((Path(__file__).parents[1] / "golden" / "registry.json").read_text(encoding="utf-8"))["cases"]
Case = dict[str, Any]
SOURCE = {"document": "article", "level": "primary"}
COLUMNS = {
    "metacont": (("mean", "sd", "total"), ("m1i", "sd1i", "n1i"), ("m2i", "sd2i", "n2i")),
    "metainc": (("events", "time"), ("x1i", "t1i"), ("x2i", "t2i")),
    "metaprop": (("events", "total"), ("xi", "ni"), ()),
    "metarate": (("events", "time"), ("xi", "ti"), ()),
    "metacor": (("r", "total"), ("ri", "ni"), ()),
    "metamean": (("mean", "sd", "total"), ("mi", "sdi", "ni"), ()),
    "escalc_2x2": (("events", "total"), ("ai", "n1i"), ("ci", "n2i")),
    "escalc_means": (("mean", "sd", "total"), ("m1i", "sd1i", "n1i"), ("m2i", "sd2i", "n2i")),
    "escalc_rate": (("events", "time"), ("x1i", "t1i"), ("x2i", "t2i")),
    "escalc_prop": (("events", "total"), ("xi", "ni"), ()),
    "escalc_rate1": (("events", "time"), ("xi", "ti"), ()),
    "escalc_cor": (("r", "total"), ("ri", "ni"), ()),
    "escalc_mean1": (("mean", "sd", "total"), ("mi", "sdi", "ni"), ()),
}


def family_of(case: Case) -> str:
    """Return what was computed: the second part of an id."""
    return [*case["id"].split("/"), ""][1]


def _is_whole(case: Case) -> bool:
    return all(name in case["data"] for side in COLUMNS[family_of(case)][1:] for name in side)


#: Effect sizes of one set of data a measure, without options: what a study file can hold.
ESCALC = {
    (family_of(case), case["args"]["measure"]): case | {"family": family_of(case)}
    for case in json.loads((Path(__file__).parents[1] / "golden" / "escalc.json").read_text(encoding="utf-8"))["cases"]
    if family_of(case) in COLUMNS and set(case["args"]) == {"measure"} and _is_whole(case)
}
MEASURES = {"PLOGIT": "PLO", "PRAW": "PR", "MRAW": "MN", "MLN": "MNLN", "": "GEN"}
USUAL = {"metainc": "IRR", "metaprop": "PLO", "metarate": "IRLN"}
BY_MIXED_MODEL = {("metaprop", None), ("metarate", "GLMM")}


def write(folder: Path, case: Case) -> Path:
    """Write a registry that holds the data of a case."""
    measure = measure_of(case)
    one = case["family"] in COLUMNS and not COLUMNS[case["family"]][2]
    outcome = {"id": "main", "name": "the outcome", "measure": measure} | ({} if one else {"direction": "bad"})
    plan = {"outcome": "main", "tau2_method": "REML", "by": None, "pool_designs": True, "common_method": "IV"}
    if case["family"] == "metainc" and "method" not in case["args"]:
        plan |= {"common_method": "MH"}
    if (case["family"], case["args"].get("method")) in BY_MIXED_MODEL and case["args"].get("sm") is None:
        plan |= {"common_method": "GLMM", "random_method": "GLMM"}
    question = {"population": "people", "intervention": "a", "comparator": "b"}
    review = {"title": case["id"], "question": question, "outcomes": [outcome], "analyses": [plan]}
    folder.mkdir()
    (folder / "review.yaml").write_text(json.dumps(review))
    for i, result in enumerate(results(case, measure)):
        study: dict[str, Any] = {
            "id": f"study-{i:03}", "label": f"Study {i:03}", "title": "x", "citation": {"published": "2000"},
            "design": {"kind": "single-arm" if one else "randomised"}, "results": [result],
            "arms": [{"id": name, "role": role, "name": name} for name, role in ROLES[: 1 if one else 2]],
        }  # fmt: skip
        (folder / f"study-{i:03}.yaml").write_text(json.dumps(study))
    return folder


ROLES = [("a", "experimental"), ("b", "control")]


def measure_of(case: Case) -> str:
    said = case["args"].get("measure") or case["args"].get("sm", USUAL.get(case["family"], ""))
    return MEASURES.get(said, said)


def results(case: Case, measure: str) -> list[dict[str, Any]]:
    base = {"outcome": "main", "time": "day 28", "source": SOURCE}
    data = {name: column for name, column in case["data"].items() if isinstance(column, list)}
    if case["family"] == "metagen":
        ratio = measure in ("RR", "OR")
        pairs = [(y, s) for y, s in zip(data["yi"], data["sei"]) if None not in (y, s)]
        return [
            base | {"effect": {"measure": measure, "estimate": math.exp(y) if ratio else y, "se": s}} for y, s in pairs
        ]
    keys, *sides = COLUMNS[case["family"]]
    found = []
    for row in zip(*(data[name] for side in sides for name in side)):
        if None not in row:
            numbers = [dict(zip(keys, row[: len(keys)])), dict(zip(keys, row[len(keys) :]))]
            arms = {name: arm for (name, _), arm in zip(ROLES, numbers) if arm}
            found.append(base | {"arms": arms} | ({"time_unit": "person-years"} if "time" in keys else {}))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_registry_gives_the_reference(case: Case, tmp_path: Path) -> None:
    [got] = to_json(ma.analyse(ma.load(write(tmp_path / "studies", case))))["analyses"]
    want, tol = case["expect"], case["tol"]
    close = {"rel": max(tol["rtol"], 1e-6), "abs": max(tol["atol"], 1e-8)}
    if want["k"] < 2:
        [row] = [row for row in got["studies"] if row["yi"] is not None]
        assert row["yi"] == pytest.approx(want["TE.common"], **close)
        return
    scale = scale_of(got["measure"])
    common, random = got["common"], got["random"]
    assert scale.to_analysis(common["estimate"]) == pytest.approx(want["TE.common"], **close)
    assert common["se"] == pytest.approx(want["seTE.common"], **close)
    assert scale.to_analysis(random["estimate"]) == pytest.approx(want["TE.random"], **close)
    assert random["se"] == pytest.approx(want["seTE.random"], **close)
    assert all(row["data"]["kind"] for row in got["studies"])


@pytest.mark.parametrize("case", ESCALC.values(), ids=lambda case: case["id"])
def test_an_effect_size_is_that_of_the_reference(case: Case, tmp_path: Path) -> None:
    [got] = ma.analyse(ma.load(write(tmp_path / "studies", case)))
    sound = {i: row for i, row in enumerate(got.rows) if row.yi is not None}
    assert sound
    for i, row in sound.items():
        assert row.yi == pytest.approx(case["expect"]["yi"][i], rel=1e-9, abs=1e-12)
        assert row.vi == pytest.approx(case["expect"]["vi"][i], rel=1e-9, abs=1e-12)
