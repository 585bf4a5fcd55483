"""Git repositories for tests, the same whatever the settings of the machine are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git")


@pytest.fixture
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give git no settings but the name of somebody who commits."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Reviewer")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "reviewer@example.org")


#: For modules or tests in which git runs.
IN_GIT = [NEEDS_GIT, pytest.mark.usefixtures("no_settings_of_this_machine")]


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, and return what it prints."""
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str = "now") -> None:
    """Commit everything below a folder."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def repository(project: Path) -> Path:
    """Make a folder a repository with one commit of everything in it."""
    git(project, "init", "-q")
    commit(project)
    return project
