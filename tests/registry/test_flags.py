"""What is published against a study, whoever says so."""

import json
import shutil
from pathlib import Path

import pytest

import metaan as ma
from metaan.registry.flags import Flag

STUDY = "kyriazopoulou-2021-save-more"
RETRACTION = {"study": STUDY, "kind": "retraction", "severity": "retracted", "by": "Crossref", "doi": "10.5555/n"}
CONCERN = RETRACTION | {"kind": "expression_of_concern", "severity": "concern", "doi": "10.5555/c"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    (tmp_path / "studies" / "runs").mkdir()
    return tmp_path / "studies"


def looked(folder: Path, name: str, notices: list[dict[str, str]], unasked: list[str] | None = None) -> None:
    run = {"id": name, "kind": "update", "started": f"2026-11-0{name}T00:00:00Z", "finished": "x", "versions": {}}
    recheck = {"studies": [STUDY], "notices": notices, "unasked": unasked or []}
    (folder / "runs" / f"{name}.json").write_text(json.dumps(run | {"recheck": recheck}), encoding="utf-8")


def flag(folder: Path) -> Flag | None:
    review = ma.load(folder)
    return review.flag(review.study(STUDY))


def test_what_only_another_service_knows_is_pooled_with_and_without(folder: Path) -> None:
    looked(folder, "1", [RETRACTION])
    (death,) = ma.analyse(ma.load(folder), ["death"])
    assert [row.flag for row in death.rows if row.id == STUDY] == ["retraction"]
    assert [row.without for row in death.pools[0].sensitivity[-2:]] == [("SAVE-MORE 2021",)] * 2
    assert any("is retracted (Crossref, 10.5555/n) and is still in the pool" in text for text in death.warnings)


def test_a_retraction_weighs_more_than_a_concern(folder: Path) -> None:
    looked(folder, "1", [CONCERN, RETRACTION])
    assert str(flag(folder)) == "retracted (Crossref, 10.5555/n)"


def test_what_a_service_said_stands_where_it_was_not_heard_again(folder: Path) -> None:
    looked(folder, "1", [RETRACTION])
    looked(folder, "2", [], ["Crossref does not answer"])
    looked(folder, "3", [], ["Crossref does not answer"])
    assert flag(folder) == Flag("retraction", "Crossref", "10.5555/n")


def test_what_a_service_takes_back_is_gone(folder: Path) -> None:
    looked(folder, "1", [RETRACTION])
    looked(folder, "2", [])
    assert flag(folder) is None
