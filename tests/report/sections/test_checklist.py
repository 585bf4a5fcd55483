"""The PRISMA checklist: whole, in order, and every link leads to a place that is there."""

import re
from collections.abc import Callable
from typing import Any

from metaan.report.report import Report
from metaan.report.sections.checklist import BY_AUTHORS, ITEMS, checklist
from metaan.report.sections.contents import PLACES
from metaan.report.writers.page import render
from metaan.synthesis.values import Analysis
from tests.report.writers.test_page import Page


def test_all_27_items_are_there_in_order() -> None:
    numbers = [int(re.match(r"\d+", item.number)[0]) for item in ITEMS]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 28))
    assert len(ITEMS) == len({item.number for item in ITEMS}) == 42


def test_every_place_is_on_the_page(death: Analysis, review: Callable[..., Any]) -> None:
    info = review([death]).info.model_copy(update={"registration": "CRD42021", "funding": "none"})
    info = info.model_copy(update={"question": info.question.model_copy(update={"text": "Does it work?"})})
    page = render(Report(review([death], info=info), [death]))
    assert set(PLACES) <= set(Page(page).ids)
    assert {item.anchor for item in ITEMS if item.anchor} <= set(PLACES)


def test_every_place_is_what_the_checklist_calls_it(death: Analysis, review: Callable[..., Any]) -> None:
    page = render(Report(review([death]), [death]))
    named = dict(re.findall(r'<h[23] id="([a-z-]+?)(?:-title)?">([^<]+)</h[23]>', page))
    called = {anchor: name for anchor, name in PLACES.items() if anchor not in ("top", "question")}
    assert {anchor: named[anchor].casefold() for anchor in called} == {
        anchor: name.removeprefix("Methods, ").casefold() for anchor, name in called.items()
    }


def test_what_the_registry_lacks_is_open(death: Analysis, review: Callable[..., Any]) -> None:
    made = review([death])
    got = {item.number: item for item in checklist(made, [death], PLACES)}
    assert (got["3"].href, got["3"].text) == ("", BY_AUTHORS)
    assert (got["24a"].href, got["24a"].text) == ("", "no registration is recorded")
    assert (got["15"].href, got["15"].text) == ("", "not assessed yet")
    assert (got["6"].href, got["6"].text) == ("", "dates are not recorded")
    assert got["7"].href == "#search"
    dated = {item.number: item for item in checklist(made, [death], PLACES, dated=True)}
    assert dated["6"].href == "#search"


def test_a_title_is_named_as_a_review_only_where_it_is(death: Analysis, review: Callable[..., Any]) -> None:
    made = review([death])
    assert checklist(made, [death], PLACES)[0].text == "the title does not say so"
    info = made.info.model_copy(update={"title": "Anakinra: a systematic review"})
    assert checklist(review([death], info=info), [death], PLACES)[0].href == "#top"


def test_the_page_counts_what_has_its_place(death: Analysis, review: Callable[..., Any]) -> None:
    made = review([death])
    written = sum(bool(item.href) for item in checklist(made, [death], PLACES))
    assert 15 < written < 35
    assert f"{written} of 42 items have their place on this page" in render(Report(made, [death]))
