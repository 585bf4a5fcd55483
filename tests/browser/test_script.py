"""The page's script is sound by itself: its types hold, and none of its files or functions is long."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from metaan.report.language import formats
from metaan.report.writers.page import SCRIPT
from metaan.resources import templates
from metaan.stats.measures.effects import Interval

from .conftest import missing

HERE = Path(__file__).parent
COMPILER = HERE / "node_modules" / "typescript" / "bin" / "tsc"
FILES = sorted((templates() / "script").glob("*.js"))


def test_every_file_is_in_the_page() -> None:
    assert {path.stem for path in FILES} == set(SCRIPT)


def complaints(config: Path) -> str:
    """What the TypeScript compiler says of the script, which is JavaScript with its types in comments."""
    if shutil.which("node") is None or not COMPILER.exists():
        missing("TypeScript (npm ci --ignore-scripts --prefix tests/browser)")
    return subprocess.run(
        ["node", str(COMPILER), "-p", str(config)], capture_output=True, text=True, check=False
    ).stdout


def test_its_types_hold() -> None:
    assert complaints(HERE / "jsconfig.json") == ""


NEAR = [1 + step * 10.0**-n for n in (1, 2, 3, 4, 6, 9, 14) for step in (-3.7, -1, 1, 2.5)]
SIZES = [0.0, -3e-16, 2e-9, -4e-7, 0.00042, -0.004, 0.0421, 0.125, 0.964, 2.0014, 2.0026, 9.996, 12.345, 2099.6, 3e7]
CASES = [(lb, ub) for lb in (*NEAR, *SIZES) for ub in (*NEAR, *SIZES) if lb <= ub]


def test_it_writes_numbers_as_the_library_does() -> None:
    if shutil.which("node") is None:
        missing("node")
    script = (templates() / "script" / "formats.js").read_text(encoding="utf-8")
    asked = [(measure, lb, [lb, ub]) for measure in ("OR", "RD") for lb, ub in CASES if measure == "RD" or lb > 0]
    program = f"{script}\nconsole.log(JSON.stringify({json.dumps(asked)}.map((one) => effectText(...one))));"
    done = subprocess.run(["node", "-"], input=program, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [formats.effect(x, Interval(*ci), measure) for measure, x, ci in asked]


def test_the_compiler_notices_a_slip(tmp_path: Path) -> None:
    config = (HERE / "jsconfig.json").read_text(encoding="utf-8").replace("../../templates/script/*.js", "*.js")
    (tmp_path / "jsconfig.json").write_text(config, encoding="utf-8")
    (tmp_path / "slip.js").write_text("const one = 'a';\none.size();\n", encoding="utf-8")
    assert "size" in complaints(tmp_path / "jsconfig.json")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_short_and_keeps_to_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert max(map(len, text.splitlines())) <= 120
    assert re.findall(r"\b(?:fetch|XMLHttpRequest|eval|innerHTML|insertAdjacentHTML|localStorage|cookie)\b", text) == []
