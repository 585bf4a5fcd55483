from pathlib import Path
from typing import Any

import pytest

from metaan.errors import RegistryError, SetAsideWarning
from metaan.registry.load import load
from metaan.registry.store import metadata
from metaan.registry.store.metadata import Metadata

FETCHED = Metadata.model_validate(
    {
        "pmid": "123",
        "title": "A trial of <i>é</i>",
        "authors": ["Doe J"],
        "abstract": [{"label": "RESULTS", "text": "Less."}],
        "corrections": [{"kind": "ErratumIn", "source": "J. 2021"}],
        "fetched": "2026-01-02T03:04:05Z",
        "url": "https://example.org/efetch?id=123",
        "digest": "0" * 64,
    }
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = metadata.write(tmp_path, "doe-2020", FETCHED)
    assert metadata.read(tmp_path, "doe-2020") == FETCHED
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "<i>é</i>" in text
    assert text.index('"abstract"') < text.index('"pmid"') < text.index('"title"')
    metadata.write(tmp_path, "doe-2020", FETCHED)
    assert path.read_text(encoding="utf-8") == text
    assert [p.name for p in path.parent.iterdir()] == ["doe-2020.json"]


def test_what_was_never_fetched_is_none(tmp_path: Path) -> None:
    assert metadata.read(tmp_path, "doe-2020") is None


def test_a_review_has_the_metadata_of_its_studies(project: Any) -> None:
    folder = project.write()
    metadata.write(folder, "doe-2020", FETCHED)
    assert load(folder).metadata == {"doe-2020": FETCHED}


@pytest.mark.parametrize("raw", ["", "{", "[]", '{"pmid": "1"}', '{"pmid": "1", "unknown": 1}'])
def test_a_broken_file_names_itself(project: Any, raw: str) -> None:
    folder = project.write()
    metadata.write(folder, "doe-2020", FETCHED).write_text(raw)
    with pytest.raises(RegistryError, match="metaan fetch") as caught:
        metadata.read(folder, "doe-2020")
    assert all(p.file.endswith("doe-2020.json") for p in caught.value.problems)
    with pytest.warns(SetAsideWarning, match="doe-2020.json"):
        assert load(folder).metadata == {}


@pytest.mark.parametrize("study_id", ["../x", "", "a/b", "A"])
def test_an_id_never_leaves_the_folder(tmp_path: Path, study_id: str) -> None:
    with pytest.raises(ValueError, match="not a study id"):
        metadata.path_of(tmp_path, study_id)
