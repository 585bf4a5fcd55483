"""The flow counts what the registry holds, and says what it does not hold."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from metaan.registry.flow import FullText, ScreeningFlow
from metaan.report.report import DatedSearch, Report
from metaan.report.sections.flow import boxes
from metaan.report.writers.page import render
from metaan.synthesis.values import Analysis

COUNTS = ScreeningFlow(
    previous=8,
    identified={"pubmed": 120, "ctgov": 30},
    known=15,
    duplicates=5,
    screened=100,
    excluded={"no control arm": 60, "another drug": 38},
    undecided=30,
    full_text=None,
    included=2,
    studies={},
)
SEARCHES = (DatedSearch("pubmed", "2026-11-20", None, 120),)


def test_without_searches_the_flow_begins_with_the_studies(death: Analysis, review: Callable[..., Any]) -> None:
    first, last = boxes(review([death]))
    assert first.text == "9 studies in the registry"
    assert first.aside == ("1 excluded, by design:", "systematic review: 1")
    assert last.text == "8 studies included"
    assert last.lines == ("randomised: 4", "non-randomised: 4")


def test_records_come_before_studies(death: Analysis, review: Callable[..., Any]) -> None:
    identified, judged, became, *studies = boxes(review([death]), COUNTS)
    assert identified.text == "150 records identified"
    assert identified.lines == ("pubmed: 120", "ctgov: 30")
    assert identified.aside == (
        "Removed before screening:", "15 of studies that were in the registry already", "5 duplicates",
    )  # fmt: skip
    assert judged.text == "100 candidates judged"
    assert judged.aside == ("30 not decided yet", "98 excluded:", "no control arm: 60", "another drug: 38")
    assert became.text == "2 candidates became or belong to a study"
    assert became.lines == ("beside 8 studies of the registry before",)
    assert studies == list(boxes(review([death])))


def test_full_texts_are_two_boxes_of_their_own(death: Analysis, review: Callable[..., Any]) -> None:
    read = FullText(sought=40, not_retrieved=3, assessed=30, excluded={"another drug": 28}, undecided=7)
    _, judged, sought, assessed, became, *_ = boxes(review([death]), replace(COUNTS, full_text=read))
    assert judged.text == "100 candidates judged by title and abstract"
    assert (sought.text, sought.aside) == ("40 full texts sought", ("3 not retrieved",))
    assert assessed.text == "30 full texts assessed"
    assert assessed.aside == ("7 not decided yet", "28 excluded:", "another drug: 28")
    assert became.text == "2 candidates became or belong to a study"
    assert boxes(review([death]), replace(COUNTS, full_text=replace(read, not_retrieved=0)))[2].aside == ()


def test_rare_reasons_are_counted_together(death: Analysis, review: Callable[..., Any]) -> None:
    many = replace(COUNTS, excluded={f"reason {i:02}": 20 - i for i in range(15)})
    judged = boxes(review([death]), many)[1]
    assert judged.aside[1] == "195 excluded:"
    assert judged.aside[-1] == f"other reasons: {8 + 7 + 6}"


def test_the_page_says_whether_records_are_known(death: Analysis, review: Callable[..., Any]) -> None:
    bare = render(Report(review([death]), [death]))
    assert "How many records were found and screened is not in the registry" in bare
    assert "The date of the last search is not recorded." in bare
    page = render(Report(review([death]), [death], flow=COUNTS, searches=SEARCHES))
    assert "150 records identified" in page
    assert "is not in the registry, so the flow" not in page
    assert "1 searches" not in page
    assert "the last on 2026-11-20" in page
    assert "not recorded.</p>" not in page
