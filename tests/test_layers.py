"""Imports point down one ordered list, types and lazy imports included: the list is data in pyproject.toml."""

import ast
import pkgutil
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "metaan"
LARGEST_FOLDER = 15
#: What `metaan pool` must not import: it is what a reader waits for.
NOT_AT_START = {
    "pandas", "statsmodels", "scipy.stats", "jinja2", "markupsafe", "nh3", "requests", "bibtexparser", "rapidfuzz",
    "metaan.sources", "metaan.report.sections", "metaan.report.writers.page", "metaan.report.language.exploration",
    "metaan.stats.small_studies.catalogue", "metaan.stats.small_studies.trimfill", "metaan.stats.regression.ci",
    "metaan.stats.regression.linear", "metaan.stats.glmm", "metaan.batch", "numba", "pyarrow", "duckdb", "narwhals",
}  # fmt: skip
#: A wrong import of each form, each planted in a module of its own.
PLANTED = {
    "stats/measures/scales.py": "from ...records import names",
    "stats/pooling/roots.py": "def lazy():\n    from ...registry import load",
    "stats/tables/peto.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ...report import document",
    "records/names.py": "from metaan.sources.net import limiter",
    "registry/text/scalars.py": "import metaan.report.language.formats",
    "report/drawing/fonts.py": "from metaan import cli",
    "sources/formats/encoding.py": "from ..files import read",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_down_the_list_and_never_in_a_circle():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_a_wrong_import_of_each_form_is_found(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "metaan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in PLANTED.items():
        with (tmp_path / "metaan" / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    said = lint(tmp_path).stdout
    missed = [name for name in PLANTED if "metaan." + name.removesuffix(".py").replace("/", ".") + " " not in said]
    assert not missed, said


@pytest.mark.parametrize(
    "folder", [p for p in PACKAGE.rglob("*/") if (p / "__init__.py").exists()], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_folder_is_a_subject_of_few_modules_and_says_what_is_in_it(folder):
    modules = [p for p in folder.glob("*.py") if p.stem != "__init__"]
    assert len(modules) <= LARGEST_FOLDER or folder.name == "cli"  # a command is a file there
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))


def test_nothing_lies_loose_at_the_top():
    assert {p.stem for p in PACKAGE.glob("*.py")} == {"__init__", "__main__", "version", "errors", "resources"}


def test_pool_imports_nothing_that_it_does_not_need():
    code = "import sys; sys.argv[1:] = ['pool']; from metaan.cli.main import main; main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert all(find_spec(name) for name in NOT_AT_START if name.startswith("metaan."))
    assert not NOT_AT_START & set(done.stdout.split())


def test_what_the_page_s_scripts_and_the_docs_name_is_there():
    texts = [*(ROOT / "templates").rglob("*.js"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    named = {name for name in re.findall(r"\bmetaan(?:\.\w+)+\b", text) if (PACKAGE / name.split(".")[1]).is_dir()}
    assert "metaan.stats.numerics.ties" in named
    assert all(pkgutil.resolve_name(name) for name in named)
