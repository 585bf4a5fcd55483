"""`metaan release`: what it prints, its exit status, and the reasons on stderr."""

import json

import pytest

from tests.repository import IN_GIT, repository

pytestmark = IN_GIT


@pytest.fixture
def committed(project):
    """The project in a repository of its own."""
    return repository(project)


def test_it_says_what_it_would_do_and_then_does_it(run, committed):
    status, out, _ = run("release", "1.0", "--date", "2026-11-22", "--dry-run", "--project", committed)
    assert status == 0
    assert "would write: " in out
    assert "would tag: anakinra-1.0 at " in out
    assert not (committed / "releases").exists()
    status, out, err = run("release", "1.0", "--date", "2026-11-22", "--project", committed)
    assert (status, err) == (0, "")
    assert "tag: anakinra-1.0 at " in out
    assert "## 1.0 - 2026-11-22" in out
    assert "next: git add releases CHANGELOG.md" in out
    assert (committed / "releases" / "1.0.html").is_file()


def test_json_is_the_record(run, committed):
    _, out, _ = run("release", "1.0", "--no-tag", "--json", "--project", committed)
    assert json.loads(out) == json.loads((committed / "releases" / "1.0.json").read_bytes())
    assert json.loads(out)["tag"] is None


def test_reasons_are_listed_and_the_status_is_1(run, committed):
    (committed / "notes.txt").write_text("x", encoding="utf-8")
    path = committed / "studies" / "segala-2023.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("label:", "lable:", 1), encoding="utf-8")
    status, out, err = run("release", "1.0", "--project", committed)
    assert (status, out) == (1, "")
    lines = err.splitlines()
    assert lines[0] == "metaan release: version 1.0 is not released:"
    assert all(line.startswith("- ") for line in lines[1:])
    assert "notes.txt" in lines[-1]
    assert any("lable" in line for line in lines)


@pytest.mark.parametrize(
    ("argv", "said"), [(["v1"], "one to four numbers"), (["1.0", "--date", "today"], "a day such as"), ([], "VERSION")]
)
def test_a_wrong_command_line_is_status_2(run, committed, argv, said):
    status, _, err = run("--project", committed, "release", *argv)
    assert status == 2
    assert said in err
