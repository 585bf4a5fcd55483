"""`metaan diff`'s page in the browser: as self-contained, valid and accessible as the report."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.workflows.versions.diff import compare_folders, write_changes

from .test_accessibility import LOOKED_AT, LOOKS, TOO_WIDE, axe_finds_nothing
from .test_markup import CHECKER, UNAWARE, check
from .test_page import CUT_OFF, PAPER_HEIGHT, PAPER_WIDTH
from .test_plots import TEXTS, collisions


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what changed between the example and a copy in which a number, a study and the protocol are others."""
    folder = tmp_path_factory.mktemp("changes")
    old, new = (folder / name / "studies" for name in ("old", "new"))
    for copy in (old, new):
        shutil.copytree(ma.example("anakinra"), copy)
    (new / "segala-2023.yaml").unlink()
    _change(new / "audemard-verger-2022.yaml", "events: 9", "events: 2")
    _change(new / "review.yaml", "tau2_method: DL ", "tau2_method: PM ")
    return write_changes(compare_folders(old, new), folder / "changes.html")


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_page_has_all_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(part in text for part in ("<svg", "What each change did", "Changed studies", "Changed protocol"))


def test_nothing_is_fetched_and_nothing_complains(page: Path, visit: Callable[..., Any]) -> None:
    opened = visit(page).unfold()
    opened.page.mouse.wheel(0, 100_000)
    opened.page.wait_for_load_state("networkidle")
    assert opened.requests == [opened.address]
    assert opened.words == []
    assert opened.violations == []


@pytest.mark.parametrize(("look", "size"), LOOKED_AT)
def test_axe_finds_nothing(page: Path, visit: Callable[..., Any], look: str, size: str) -> None:
    axe_finds_nothing(visit(page, size, **LOOKS[look]).unfold(), look, size)


@pytest.mark.parametrize("size", ["phone", "zoomed"])
def test_a_narrow_page_never_moves_sideways(page: Path, visit: Callable[..., Any], size: str) -> None:
    opened = visit(page, size).unfold()
    assert opened.run(TOO_WIDE) == []


def test_paper_has_room_for_the_width_of_everything(page: Path, visit: Callable[..., Any]) -> None:
    opened = visit(page, media="print").unfold()
    opened.page.set_viewport_size({"width": PAPER_WIDTH, "height": PAPER_HEIGHT})
    assert opened.run(CUT_OFF) == []


def test_no_text_of_a_plot_lies_over_another(page: Path, visit: Callable[..., Any]) -> None:
    plots = visit(page).unfold().run(TEXTS)
    assert plots
    assert [(plot["name"], *pair) for plot in plots for pair in collisions(plot["texts"])] == []


@pytest.mark.skipif(not CHECKER.exists(), reason="the Nu HTML checker is not installed; the report's test says how")
def test_the_html_is_valid(page: Path) -> None:
    assert [one for one in check(page) if UNAWARE not in one] == []
