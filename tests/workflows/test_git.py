"""git is asked in one place, and never waited for without an end."""

import pytest

from metaan.errors import SourceError
from metaan.workflows import git
from metaan.workflows.git import Git


@pytest.mark.parametrize("script", ["exec sleep 600", None])
def test_a_git_that_does_not_answer_is_said_and_names_nobody(tmp_path, monkeypatch, script):
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\n{script}\n" if script else "no program", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(git, "SECONDS", 0.2)
    with pytest.raises(SourceError, match=r"^git: .*git"):
        Git(tmp_path).run("status")
    assert Git(tmp_path).last_change() == ""
    assert Git(tmp_path).user() == ""
