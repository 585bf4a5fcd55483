from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "examples" / "bcg" / "studies", tmp_path / "studies")
    return tmp_path


@pytest.fixture
def table(project, run):
    return lambda *words: run("table", *words, "--project", project)


def test_a_table_is_exported_changed_looked_at_and_imported(project, table):
    status, out, _ = table("export", "-o", project / "data.csv")
    assert status == 0
    assert {f"data.{name}.csv" for name in ("studies", "arms", "counts", "digests")} <= {
        p.name for p in project.iterdir()
    }
    assert f"wrote {project / 'data.counts.csv'}" in out
    assert table("import", project / "data.csv") == (0, "nothing to change\n", "")
    path = project / "data.counts.csv"
    text = path.read_text(encoding="utf-8-sig")
    line = text.splitlines()[1]
    study, events = line.split(",")[0], line.split(",")[6]
    path.write_text(text.replace(line, line.replace(f",{events},", f",{int(events) + 1},", 1)), encoding="utf-8")
    before = (project / "studies" / f"{study}.yaml").read_bytes()
    status, out, _ = table("import", project / "data.csv")
    assert (status, f"events: {events} becomes {int(events) + 1} (counts!G2 (events 1) of {study})" in out) == (0, True)
    assert out.endswith("1 file would change; --write changes them\n")
    assert (project / "studies" / f"{study}.yaml").read_bytes() == before
    assert table("import", path, "--write")[1].endswith("1 file changed\n")
    assert (project / "studies" / f"{study}.yaml").read_bytes() != before


def test_a_workbook_goes_to_outputs(project, table):
    assert table("export")[1] == f"wrote {project / 'studies' / '..' / 'outputs' / 'table.xlsx'}\n".replace(
        "studies/../", ""
    )
    assert table("import", project / "outputs" / "table.xlsx")[1] == "nothing to change\n"


def test_a_wrong_cell_ends_with_its_place(project, table):
    table("export", "-o", project / "data.csv")
    path = project / "data.counts.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("arm 1,", "arm 1,eventz,", 1), encoding="utf-8")
    status, _, err = table("import", path)
    assert (status, "column 'eventz' is unknown" in err) == (1, True)


@pytest.mark.parametrize("words", [("import",), ("export", "x.xlsx"), ("export", "--write"), ("export", "-o", "x.pdf")])
def test_what_cannot_be_meant_is_refused(table, words):
    assert table(*words)[0] == 2
