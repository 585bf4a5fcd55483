import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaan.records.record import Record
from metaan.registry.load import load
from metaan.registry.write import StudyForm, scaffold_review, scaffold_study, schema, set_value, write_text

STUDIES = Path(__file__).parents[2] / "studies"
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"])
LINE = st.text(CHARACTERS, min_size=1, max_size=20).filter(str.strip)


def written(folder: Path, files: dict[str, str]) -> Path:
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return folder / "studies"


@pytest.mark.parametrize("name", ["statins", "Statins: a review #1", 'say "yes"', "no", "Übersicht", "2024"])
def test_a_new_review_loads(tmp_path: Path, name: str) -> None:
    review = load(written(tmp_path, scaffold_review(name)))
    assert review.info.title == name
    assert [study.status.state for study in review.studies] == ["awaiting data"]
    assert [plan.outcome for plan in review.info.analyses] == ["death"]


def test_a_new_study_takes_part_once_its_numbers_are_in(tmp_path: Path) -> None:
    studies = written(tmp_path, scaffold_review("r"))
    path = studies / "example-2026.yaml"
    for arm, events in (("experimental", 2), ("control", 5)):
        set_value(path, ("results", 0, "arms", arm, "events"), events)
        set_value(path, ("results", 0, "arms", arm, "total"), 20)
    study = load(studies).study("example-2026")
    assert study.status.state == "included"
    assert study.results[0].arms["control"].events == 5


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=LINE, author=LINE, volume=LINE)
def test_any_title_and_author_come_back(project: Any, title: str, author: str, volume: str) -> None:
    outcomes = load(project.write()).info.outcomes
    record = Record(title, authors=(author,), volume=volume, published="2021-02", doi="10.1000/(y)")
    text = scaffold_study("roe-2021", "Roe 2021", record, StudyForm(outcomes))
    study = load(project.write(roe_2021=text)).study("roe-2021")
    assert study.title == title.strip()
    assert study.citation.authors == (author.strip(),)
    assert (study.citation.volume, study.citation.year) == (volume.strip(), 2021)
    assert (study.doi, study.results) == ("10.1000/(y)", ())


def test_a_study_of_which_next_to_nothing_is_known_loads(project: Any) -> None:
    text = scaffold_study("roe-2021", "Roe 2021", Record("T", registrations=("NCT04643678",), keywords=("a", "b: c")))
    study = load(project.write(roe_2021=text)).study("roe-2021")
    assert study.registrations == ("NCT04643678",)
    assert study.keywords == ("a", "b: c")
    assert study.doi is None


def test_names_with_a_hash_stay_whole(project: Any) -> None:
    outcomes = [o.model_copy(update={"name": "death # 1"}) for o in load(project.write()).info.outcomes]
    text = scaffold_study("roe-2021", "Roe 2021", Record("T"), StudyForm(outcomes))
    assert text.count('name: "death # 1"') == 2
    load(project.write(roe_2021=text))


def test_the_schemas_in_the_repository_are_those_of_the_models() -> None:
    for kind, content in schema().items():
        stored = (STUDIES / ".schema" / f"{kind}.schema.json").read_text(encoding="utf-8")
        assert json.loads(stored) == content, "metaan schema -o studies/.schema writes them anew"


def test_the_schema_refuses_unknown_keys_and_knows_the_words() -> None:
    study = schema()["study"]
    assert study["additionalProperties"] is False
    assert study["$defs"]["Arm"]["properties"]["role"]["enum"] == ["experimental", "control"]
    assert "Outcome" in schema()["review"]["$defs"]


@pytest.mark.parametrize(
    ("measure", "key", "numbers"),
    [
        ("RR", "arms", {"events": 5, "total": 20}),
        ("MD", "arms", {"mean": 12.5, "sd": 4.5, "total": 20}),
        ("IRR", "arms", {"events": 5, "time": 90}),
        ("PLO", "arms", {"events": 5, "total": 20}),
        ("ZCOR", "arms", {"r": 0.5, "total": 20}),
        ("HR", "effect", {"estimate": 0.71}),
    ],
)
def test_a_form_asks_for_what_the_measure_is_computed_from(
    project: Any, measure: str, key: str, numbers: dict[str, float]
) -> None:
    review = project.review.replace("measure: OR}", f"measure: {measure}}}", 1)
    outcome = load(project.write(review=review)).outcome("death")
    text = scaffold_study("roe-2021", "Roe 2021", Record("T"), StudyForm([outcome]))
    folder = project.write(review=review, roe_2021=text)
    assert load(folder).forms["roe-2021"] == ("death",)
    arms = [""] if key == "effect" else ["experimental"] if measure in ("PLO", "ZCOR") else ["experimental", "control"]
    for arm in arms:
        for name, value in numbers.items():
            set_value(folder / "roe-2021.yaml", ("results", 0, key, *filter(None, [arm]), name), value)
    if key == "effect":
        set_value(folder / "roe-2021.yaml", ("results", 0, "effect", "ci"), [0.52, 0.97])
    (result,) = load(folder).study("roe-2021").results
    assert [one.measure for one in result.effects] == ["HR"] * (key == "effect")
    assert [{k: float(v) for k, v in one.numbers.items()} for one in result.arms.values()] == (
        [] if key == "effect" else [numbers] * len(arms)
    )
