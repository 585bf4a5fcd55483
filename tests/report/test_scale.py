"""The page of a large review stays small: what one study more costs, times 1,000, is within what is promised."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import metaan as ma

ROOT = Path(__file__).parent.parent.parent
LARGEST_PAGE = 10_000_000


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report_benchmark", ROOT / "benchmarks" / "report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def size(folder: Path, studies: int, explore: str) -> int:
    benchmark().write_review(folder / "studies", studies, explore)
    return ma.write_report(ma.load(folder / "studies"), folder / "report.html").stat().st_size


@pytest.mark.parametrize("explore", ["", benchmark().EXPLORED], ids=["plain", "leave-one-out"])
def test_a_thousand_studies_fit(tmp_path: Path, explore: str) -> None:
    few, more = size(tmp_path / "few", 20, explore), size(tmp_path / "more", 60, explore)
    each = (more - few) / 40
    assert each > 1000
    assert few + 980 * each < 0.99 * LARGEST_PAGE  # names of four digits are longer than these
