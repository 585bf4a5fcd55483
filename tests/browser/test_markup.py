"""The Nu HTML checker finds no error in either report."""

import json
import shutil
import subprocess
from pathlib import Path

from .conftest import missing

CHECKER = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
UNAWARE = "violates Content Security Policy"  # the checker does not compute the hash; Chromium does


def check(*pages: Path) -> list[str]:
    """Run the checker; warnings count as much as errors."""
    command = ["java", "-jar", str(CHECKER), "--format", "json", "--stdout", *map(str, pages)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [one for one in json.loads(said)["messages"] if one["type"] != "info" or "subType" in one]
    return [f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']}" for one in found]


def test_the_html_is_valid_and_the_checker_would_notice(reports: dict[str, Path], tmp_path: Path) -> None:
    if shutil.which("java") is None:
        missing("Java")
    if not CHECKER.exists():
        missing("the Nu HTML checker (npm ci --ignore-scripts --prefix tests/browser)")
    bad = tmp_path / "bad.html"
    bad.write_text('<!doctype html><html lang="en"><title>x</title><p><div>', encoding="utf-8")
    complaints = check(*reports.values(), bad)
    assert any(one.startswith("bad.html") for one in complaints)
    assert [one for one in complaints if UNAWARE not in one and not one.startswith("bad.html")] == []
