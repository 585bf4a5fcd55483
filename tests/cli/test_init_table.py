from __future__ import annotations

import io

import pytest

TABLE = "author,year,e1,n1,e2,n2,site\nDoe,2020,1,10,2,10,Oslo\nRoe,2021,3,20,5,21,Bergen\n"


@pytest.fixture
def start(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    return lambda *words: run("init", "demo", *words)


def test_the_mapping_is_shown_and_nothing_is_written_before_somebody_agrees(start, tmp_path, monkeypatch):
    status, out, err = start("--from", "table.csv")
    assert (status, out, (tmp_path / "demo").exists()) == (2, "", False)
    assert "  e1      events of the experimental group\n" in err
    assert "  site    a trait of the study (moderator)\n" in err
    assert "allowed: --yes where that is right, --map COLUMN=FIELD where it is not" in err
    keyboard = io.StringIO("y\n")
    keyboard.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", keyboard)
    assert start("--from", "table.csv")[0] == 0
    assert (tmp_path / "demo" / "studies" / "doe-2020.yaml").is_file()


def test_a_script_agrees_beforehand_and_the_review_is_pooled(start, tmp_path, run):
    status, out, _ = start("--from", "table.csv", "--map", "site=-", "--yes")
    assert (status, "2 studies, 1 outcomes" in out) == (0, True)
    assert "site" not in (tmp_path / "demo" / "studies" / "doe-2020.yaml").read_text(encoding="utf-8")
    assert run("pool", "--project", tmp_path / "demo")[0] == 0


@pytest.mark.parametrize("words", [("--yes",), ("--from", "x.rm5", "--yes"), ("--from", "table.csv", "--map", "site")])
def test_options_of_a_table_belong_to_one(start, words):
    assert start(*words)[0] == 2
