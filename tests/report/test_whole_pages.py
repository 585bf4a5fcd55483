"""Whole pages, of both examples and of a review that is hard on them: links lead somewhere, texts are texts."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest

import metaan as ma
from metaan.report.report import Report
from metaan.report.writers.page import render
from metaan.synthesis.recompute import reported_checks
from metaan.synthesis.values import Analysis
from tests.report.writers.test_page import Page

POINTING = ("aria-labelledby", "aria-describedby", "aria-controls", "headers", "for")
HARD = {
    "Europe & <b>Asia</b>": [
        ("O’Brien & Sons <b>", 5, 40, 3, 40),
        ("王小明 2020", 0, 37, 0, 34),
        ("A" * 90, 1, 9, 0, 9),
    ],
    "Americas": [("דוד כהן 1997", 11, 37, 3, 34)],
    "Nowhere": [("Ng 2001", 0, 20, 0, 20)],
    "": [],
}


def example_page(name: str) -> str:
    review = ma.load(ma.example(name))
    return render(Report(review, ma.analyse(review), checks=reported_checks(review)))


@pytest.fixture(scope="module")
def pages(make: Callable[..., Analysis], make_whole: Callable[..., object]) -> dict[str, str]:
    hard = [
        make({name: rows}, measure, direction)
        for (name, rows), measure, direction in zip(HARD.items(), ("RR", "OR", "RD", "OR"), ("good", "bad") * 2)
    ]
    hard = [
        replace(one, plan=one.plan.model_copy(update={"id": f"a{i}", "title": f"<i>{i}</i>"}))
        for i, one in enumerate(hard)
    ]
    return {
        "anakinra": example_page("anakinra"),
        "bcg": example_page("bcg"),
        "hard": render(Report(make_whole(hard), hard)),
    }


@pytest.mark.parametrize("name", ["anakinra", "bcg", "hard"])
def test_every_link_within_a_page_leads_somewhere(pages: dict[str, str], name: str) -> None:
    got = Page(pages[name])
    assert sorted(set(got.ids)) == sorted(got.ids)
    links = {link[1:] for link in got.links if link.startswith("#")}
    assert len(links) > 20
    named = {one for _, tag in got.tags for key in POINTING for one in (tag.get(key) or "").split()}
    assert links | named <= set(got.ids)


@pytest.mark.parametrize("name", ["anakinra", "bcg", "hard"])
def test_no_value_that_does_not_exist_is_printed(pages: dict[str, str], name: str) -> None:
    text = re.sub(r"<(script|style)>.*?</\1>|<[^>]+>", " ", pages[name], flags=re.DOTALL)
    assert re.search(r"\b(nan|NaN|inf|undefined|None(?! (is chosen|of these)))\b(?!\.)", unescape(text)) is None


def test_groups_keep_the_capitals_that_a_review_gives_them(pages: dict[str, str]) -> None:
    assert "Tuberculosis, Random: risk ratio by each model" in pages["bcg"]
    assert "Death from any cause, randomised trials: odds ratio by each model" in pages["anakinra"]


def test_names_of_groups_and_studies_are_text(pages: dict[str, str]) -> None:
    assert "Europe &amp; &lt;b&gt;Asia&lt;/b&gt;" in pages["hard"]
    assert "Asia</b>" not in pages["hard"]
    assert "<i>0</i>" not in pages["hard"]


def test_names_from_right_to_left_keep_their_year(pages: dict[str, str]) -> None:
    text = re.sub(r"<(script|svg).*?</\1>", "", pages["hard"], flags=re.DOTALL)
    assert text.count("\u2068דוד כהן 1997\u2069") == text.count("דוד כהן 1997") > 5


def test_a_preview_of_the_page_shows_what_is_said_first(
    make: Callable[..., Analysis], make_whole: Callable[..., object]
) -> None:
    page = render(Report(make_whole([make()]), [make()]))
    [shown] = set(re.findall(r'<meta (?:name|property)="(?:og:)?description" content="([^"]*)">', page))
    assert shown.startswith("These studies show no clear difference in death from any cause")
    assert len(shown) <= 320
