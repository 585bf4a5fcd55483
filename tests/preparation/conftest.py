"""A registry of a few studies whose results are given as they stand in a file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.synthesis.values import Analysis

SOURCE = {"document": "article", "level": "primary"}
ARMS = ({"id": "a", "role": "experimental", "name": "drug A"}, {"id": "b", "role": "control", "name": "placebo"})


@pytest.fixture
def pooled(tmp_path: Path) -> Callable[..., Analysis]:
    """Pool studies by their results; ``plan``, ``outcome`` and ``review`` change what the protocol says."""

    def made(
        measure: str, *studies: Any, plan: Any = None, outcome: Any = None, review: Any = None, more: Any = None
    ) -> Analysis:
        folder = tmp_path / "studies"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        main = {"id": "main", "name": "length of stay", "direction": "bad", "measure": measure} | (outcome or {})
        planned = {"outcome": "main", "by": None, "pool_designs": True} | (plan or {})
        question = {"population": "people", "intervention": "A", "comparator": "B"}
        info = {"title": "x", "question": question, "outcomes": [main], "analyses": [planned]} | (review or {})
        (folder / "review.yaml").write_text(json.dumps(info))
        for i, found in enumerate(studies, 1):
            results = [{"outcome": "main", "time": "day 28", "source": SOURCE} | r for r in _list(found)]
            study = {
                "id": f"s{i}", "label": f"S{i}", "title": "x", "citation": {"published": "2000"},
                "design": {"kind": "randomised"}, "arms": list(ARMS), "results": results,
            } | (more or {})  # fmt: skip
            (folder / f"s{i}.yaml").write_text(json.dumps(study))
        [analysis] = ma.analyse(ma.load(folder))
        return analysis

    return made


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
