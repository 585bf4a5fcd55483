"""Which git commit holds a registry: for the page, so that what it was computed from can be found again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SECONDS = 120  # a busy machine is slow; without an answer the page does not name the commit


def commit_of(folder: Path) -> str:
    """Return the last commit that changed a folder, and whether its files differ from it; empty outside of git.

    Parameters
    ----------
    folder
        The folder of review.yaml.
    """
    found = _git(folder, "log", "-1", "--format=%H", "--", ".")
    if not found:
        return ""
    changed = _git(folder, "status", "--porcelain", "--", ".")
    return f"{found}, with changes that are not committed" if changed else found


def _git(folder: Path, *words: str) -> str:
    """Return what git prints; nothing where there is no git, or no checkout."""
    program = shutil.which("git")
    if program is None:
        return ""
    command = [program, "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
