"""`metaan report --format`: every format is written, named by its end, and the same each time."""

import json

import pytest

from metaan.report.writers.bundle import archive
from metaan.report.writers.catalogue import WRITERS


@pytest.mark.parametrize("form", [form for form in WRITERS if form != "html"])
def test_each_format_is_written_and_deterministic(project, run, form, monkeypatch):
    monkeypatch.setattr(archive, "find_spec", lambda _: None)  # without PNG: they take seconds
    status, out, _ = run("--project", project, "report", "--format", form)
    path = project / "outputs" / out.strip().rsplit("/", 1)[-1]
    assert (status, path.suffix) == (0, f".{form}")
    first = path.read_bytes()
    assert run("--project", project, "report", "-o", project / f"other.{form}")[0] == 0
    assert (project / f"other.{form}").read_bytes() == first


def test_json_has_the_registry_and_the_results(project, run):
    assert run("--project", project, "report", "-o", project / "r.json")[0] == 0
    found = json.loads((project / "r.json").read_text(encoding="utf-8"))
    assert len(found["registry"]) == 64
    assert {one["id"] for one in found["analyses"]} >= {"death", "clinical-failure"}
