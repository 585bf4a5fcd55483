"""The layers of the package as a drawing, made of the contracts that are enforced: ``python -m tests.layers``."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def drawing() -> str:
    """Return a line a layer, from top to bottom, each with the layers within it."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    within = {one["containers"][0]: one["layers"] for one in found if one["type"] == "layers"}
    rows = [(name, within.get(f"metaan.{name}", ())) for name in within["metaan"]]
    folders = {name: inner for name, inner in within.items() if name != "metaan"}
    lines = []
    for names, _ in rows:
        lines.append("    " + names)
        for name in names.split(" | "):
            inner = folders.get(f"metaan.{name}")
            lines += [f"        {name}: {' / '.join(inner)}"] if inner else []
    return "\n".join(lines)


if __name__ == "__main__":
    print(drawing())
