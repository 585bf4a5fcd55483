"""What a notebook shows of a result is what it prints, with its rows as a table."""

import importlib
import pkgutil
from html.parser import HTMLParser

import pytest

import metaan as ma
import metaan.stats
from metaan.stats.numerics.notebook import COLUMNS_SHOWN, ROWS_SHOWN, html


def classes():
    for found in pkgutil.walk_packages(metaan.stats.__path__, "metaan.stats."):
        for thing in vars(importlib.import_module(found.name)).values():
            if isinstance(thing, type) and thing.__module__ == found.name and hasattr(thing, "to_frame"):
                yield thing


def test_whatever_has_a_frame_shows_it():
    found = [one for one in classes() if not getattr(one, "_is_protocol", False)]
    assert len(found) > 25
    assert [one.__name__ for one in found if not hasattr(one, "_repr_html_")] == []


class Cells(HTMLParser):
    """The text of each cell, and that what opens is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.cells[-1] += data


@pytest.fixture(scope="module")
def fit():
    return ma.pool(ma.EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03], ["A <1>", "B & C", "D"], "OR"), "common")


def test_a_result_shows_its_lines_and_its_studies(fit):
    shown = fit._repr_html_()
    assert shown.startswith("<div><pre>Common-effect (fixed-effect) model, OR, k = 3, IV, wald")
    assert Cells(shown).cells == [
        "slab", "yi", "vi", "weight", "A <1>", "0.1", "0.04", "31.91",
        "B & C", "0.3", "0.05", "25.53", "D", "0.5", "0.03", "42.55",
    ]  # fmt: skip


def test_rows_with_names_keep_them(fit):
    assert Cells(ma.pool(fit.effects).tau2_ci()._repr_html_()).cells[4] == "tau2"


def test_what_is_missing_is_empty_and_what_is_long_says_how_much_more():
    assert Cells(html("", {"x": [None, float("nan")]})).cells == ["x", "", ""]
    wide = html("", {f"c{i}": [i] * (ROWS_SHOWN + 2) for i in range(COLUMNS_SHOWN + 3)})
    assert "and 2 more rows, 3 more columns: the frame has all" in wide
    assert html("nothing", {}) == "<div><pre>nothing</pre></div>"
