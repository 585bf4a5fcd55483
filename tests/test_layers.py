"""Imports point one way. `ALLOWED` is the drawing; the test is the assertion."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "metaan"

LIBRARY = {
    "errors",
    "files",
    "stats",
    "analysis",
    "registry",
    "sources",
    "report",
    "resources",
    "synthesis",
    "recompute",
    "exploration",
    "selection",
    "grouping",
    "difference",
    "extraction",
    "certainty",
}

ALLOWED = {
    "errors": set(),
    "files": {"errors"},
    "resources": {"errors"},
    "stats": {"errors"},
    "appraisal": set(),
    "registry": {"errors", "files", "stats", "appraisal"},
    "sources": {"errors"},
    "analysis": {"errors", "stats"},
    "report": {"errors", "files", "stats", "analysis", "resources", "appraisal"},
    "selection": {"errors", "analysis", "registry"},
    "exploration": {"errors", "stats", "analysis", "selection"},
    "groups": {"errors", "stats", "analysis", "selection", "exploration"},
    "grouping": {"selection", "stats"},
    "synthesis": {"errors", "stats", "analysis", "selection", "groups", "grouping"},
    "recompute": {"errors", "stats", "analysis", "selection"},
    "certainty": {"errors", "stats"},
    "edits": set(),
    "renames": {"registry"},
    "extraction": {"errors", "registry"},
    "whatif": {"stats", "selection", "groups", "grouping"},
    "difference": {"errors", "stats", "edits", "renames", "grouping", "whatif"},
    "workflows": LIBRARY,
    "cli": LIBRARY | {"workflows"},
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def runtime_imports(path: Path) -> set[str]:
    """The layers of ours that a module imports at run time: what stands under TYPE_CHECKING is types, not a call."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    depth = len(path.relative_to(PACKAGE).parts)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing_only and node.level:
            base = path.relative_to(PACKAGE).parts[: depth - node.level]
            target = [*base, *(node.module.split(".") if node.module else [])]
            found |= {target[0]} if target else {alias.name for alias in node.names}
    return found - {layer(path), "__version__"}


MODULES = [p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.stem in ALLOWED]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    assert runtime_imports(path) <= ALLOWED[layer(path)]


def test_every_module_has_a_layer():
    assert {layer(p) for p in PACKAGE.rglob("*.py")} - {"__init__", "__main__"} == set(ALLOWED)


def test_the_check_sees_a_wrong_import(tmp_path):
    wrong = PACKAGE / "stats" / "effects.py"
    assert "errors" in runtime_imports(wrong)
