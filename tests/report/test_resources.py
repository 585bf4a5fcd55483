from pathlib import Path

import pytest

from metaan import resources
from metaan.errors import UsageError


def test_templates_and_the_example_are_found() -> None:
    assert (resources.templates() / "page.html").is_file()
    assert (resources.example("anakinra") / "review.yaml").is_file()


def test_an_installed_wheel_carries_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "examples" / "bcg" / "studies").mkdir(parents=True)
    monkeypatch.setattr(resources, "_INSTALLED", tmp_path)
    assert resources.templates() == tmp_path / "templates"
    assert resources.example("bcg") == tmp_path / "examples" / "bcg" / "studies"


def test_an_unknown_example_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean anakinra"):
        resources.example("anakinr")
