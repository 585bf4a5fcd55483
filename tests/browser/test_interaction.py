"""What the page's script adds: controls with a mark and a way back, an address, filters, an order, a panel."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma

from .test_accessibility import TAGS, _axe, axe_finds_nothing
from .test_pooling import DATA, GO, SHOWN

NOT_PROTOCOL = "Not the protocol’s analysis"
FIRST = "[data-explore] details >> nth=0"
PLOT = "section.outcome >> nth=0 >> svg.forest >> nth=0"
BACK = "Back to the protocol"
MARKUP = "[...document.querySelectorAll('section.outcome figure, table.plot, ul.note')].map(one => one.outerHTML)"


def box_of(opened: Any) -> Any:
    box = opened.page.locator(FIRST)
    box.locator("summary").click()
    return box


def test_the_mark_comes_goes_and_is_announced(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box, markup = box_of(opened), opened.run(MARKUP)
    live = box.locator(".recomputed")
    before = live.inner_text()
    assert NOT_PROTOCOL not in before
    assert (live.get_attribute("role"), live.get_attribute("aria-live")) == ("status", "polite")
    assert all(part in before for part in ("CI", "I²", "p ", "studies"))
    back = box.get_by_role("button", name=BACK)
    assert not back.is_visible()
    tick = box.get_by_role("checkbox").last
    tick.focus()
    opened.page.keyboard.press("Space")
    assert NOT_PROTOCOL in live.inner_text()
    assert live.inner_text() != before
    assert "#view." in opened.page.url
    back.click()
    assert live.inner_text() == before
    assert tick.is_checked()
    assert "#" not in opened.page.url
    assert opened.run(MARKUP) == markup


def test_the_figure_carries_the_mark_and_the_way_back(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box, markup = box_of(opened), opened.run(MARKUP)
    box.get_by_label("Random effects").select_option("HE")
    plot = opened.page.locator(PLOT)
    assert plot.locator("text.departure").last.text_content() == f"▲ {NOT_PROTOCOL}"
    assert NOT_PROTOCOL in plot.locator("desc").text_content()
    assert opened.page.locator("table.plot").first.locator("caption").text_content().startswith(NOT_PROTOCOL)
    figure = opened.page.locator("section.outcome figure").first
    assert NOT_PROTOCOL in figure.inner_text()
    figure.get_by_role("button", name=BACK).focus()
    opened.page.keyboard.press("Enter")
    assert opened.run(MARKUP) == markup
    assert opened.run("document.activeElement.localName") == "summary"


def test_a_changed_view_is_as_readable(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box = box_of(opened)
    box.get_by_label("Measure").select_option("RD")
    box.get_by_role("checkbox").last.click()
    axe_finds_nothing(opened.unfold(), "light", "desktop")


def test_a_changed_view_is_printed_with_its_mark_and_all_its_numbers(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box_of(opened).get_by_label("Measure").select_option("RD")
    opened.unfold().page.emulate_media(media="print")
    figure = opened.page.locator("section.outcome figure").first
    assert figure.get_by_text(NOT_PROTOCOL).first.is_visible()
    assert not figure.get_by_role("button", name=BACK).is_visible()
    numbers = "[...document.querySelectorAll('table.plot button.number')]"
    assert opened.run(f"{numbers}.length") > 5
    assert opened.run(f"{numbers}.filter(one => !one.checkVisibility()).length") == 0


def test_an_address_is_a_view(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box = box_of(opened)
    box.get_by_label("Random effects").select_option("REML" if "anakinra" in report.name else "PM")
    box.get_by_label("Measure").select_option("RD")
    box.get_by_role("checkbox").last.click()
    said, address, drawn = box.locator(".recomputed").inner_text(), opened.page.url, opened.run(MARKUP)
    assert "RD" in said
    opened.page.goto("about:blank")
    opened.page.goto(address)
    again = opened.page.locator(FIRST)
    assert again.locator(".recomputed").is_visible()
    assert again.locator(".recomputed").inner_text() == said
    assert not again.get_by_role("checkbox").last.is_checked()
    assert opened.run(MARKUP) == drawn
    opened.page.reload()
    assert opened.page.locator(FIRST).locator(".recomputed").inner_text() == said
    assert opened.words == []


def test_the_back_button_takes_one_change_back(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box = box_of(opened)
    live = box.locator(".recomputed")
    seen = [live.inner_text()]
    for label, code in (("Measure", "RD"), ("Interval", "hksj")):
        box.get_by_label(label, exact=True).select_option(code)
        seen.append(live.inner_text())
    assert len(set(seen)) == 3
    for before in reversed(seen[:-1]):
        opened.page.go_back()
        opened.page.wait_for_function("text => document.querySelector('.recomputed').innerText === text", arg=before)
    assert NOT_PROTOCOL not in live.inner_text()
    opened.page.go_forward()
    opened.page.wait_for_function("text => document.querySelector('.recomputed').innerText === text", arg=seen[1])


@pytest.mark.parametrize(
    "text",
    ["constructor*<b>x</b>*toString", "measure.AS", "without.nobody", "sort.", "design.%E0%A4%A", "OR*DL*all"],
)
def test_what_an_address_asks_for_in_vain_is_said(report: Path, visit: Callable[..., Any], text: str) -> None:
    opened = visit(report)
    key = opened.run("document.querySelector('[data-explore]').dataset.explore")
    before, markup = opened.page.locator(".recomputed").first.text_content(), opened.run(MARKUP)
    opened.page.goto(f"{opened.address}#view.{key}={text}&view.none=measure.OR")
    assert opened.page.locator(".recomputed").first.text_content() == before
    assert opened.run(MARKUP) == markup
    said = opened.page.locator(".address")
    assert "ignored" in said.inner_text()
    assert "view.none=measure.OR" in said.inner_text()
    assert said.locator("b").count() == 0
    assert opened.words == []


def test_an_address_with_an_error_keeps_what_is_sound(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    key = opened.run("document.querySelector('[data-explore]').dataset.explore")
    opened.page.goto(f"{opened.address}#view.{key}=measure.RD*ci.nonsense")
    assert "RD" in opened.page.locator(".recomputed").first.text_content()
    assert "ci.nonsense" in opened.page.locator(".address").inner_text()


@pytest.mark.parametrize("order", ["year", "effect", "weight", "precision", "name"])
def test_the_studies_are_sorted_within_their_blocks(report: Path, visit: Callable[..., Any], order: str) -> None:
    opened = visit(report)
    read = """() => [...document.querySelectorAll('table.plot')[0].tBodies[0].rows].map(row =>
        [row.className, row.cells[0].textContent, row.cells[row.cells.length - 1].textContent])"""
    drawn = "[...document.querySelector('svg.forest').querySelectorAll('g.study')].map(one => one.textContent)"
    listed, markup, plotted = opened.run(read), opened.run(MARKUP), opened.run(drawn)
    box = box_of(opened)
    box.get_by_label("Sort the studies by").select_option(order)
    assert NOT_PROTOCOL not in box.locator(".recomputed").inner_text()
    rows = opened.run(read)
    assert sorted(rows) == sorted(listed)
    assert [kind for kind, *_ in rows] == [kind for kind, *_ in listed]
    labels = [label for kind, label, _ in rows if kind == "study"]
    assert [text.split(":")[0] for text in opened.run(drawn)] == labels
    assert sorted(map(sorted, opened.run(drawn))) == sorted(map(sorted, plotted))
    if order == "name":
        first = next(i for i, (kind, *_) in enumerate(rows) if kind != "study" and i)
        block = [label.lower() for kind, label, _ in rows[:first] if kind == "study"]
        assert block == sorted(block)
    box.get_by_role("button", name=BACK).click()
    assert opened.run(MARKUP) == markup


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a review in which some studies were judged: two low, one high, the others not."""
    folder = tmp_path_factory.mktemp("judged") / "studies"
    folder.mkdir()
    trials = ["elmekaty-2023", "kyriazopoulou-2021-save-more", "audemard-verger-2022"]
    for path in sorted(ma.example("anakinra").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path.stem in trials:
            overall = "high" if path.stem == trials[-1] else "low"
            text += f"\nrisk_of_bias:\n  - tool: RoB 2\n    overall: {overall}\n"
        (folder / path.name).write_text(text, encoding="utf-8")
    target = folder.parent / "judged.html"
    ma.write_report(ma.load(folder), target)
    return target


def test_filters_of_bias_and_design_combine_with_ticks(judged: Path, visit: Callable[..., Any]) -> None:
    opened = visit(judged)
    analysis = json.loads(opened.run(DATA))["analyses"]["death"]
    levels = {one["bias"] for one in analysis["studies"]}
    assert levels == {"low", "high", "not assessed"}
    box = opened.page.locator("[data-explore='death'] details")
    box.locator("summary").click()
    for level in levels:
        names = {one["id"] for one in analysis["studies"] if one["bias"] != level}
        tick = box.get_by_label(level.capitalize(), exact=True)
        tick.click()
        assert sum(one["k"] for one in opened.run(SHOWN, "death")) <= len(names)
        shown = box.locator("label:not(.out) input:not(:disabled)")
        assert shown.count() >= len(names)
        tick.click()
    box.get_by_label("High", exact=True).click()
    box.get_by_label("Non-randomised", exact=True).click()
    last = next(one for one in analysis["studies"] if one["design"] == "randomised" and one["bias"] != "high")
    box.get_by_label(last["label"]).click()
    kept = [
        one for one in analysis["studies"] if one["design"] == "randomised" and one["bias"] != "high" and one != last
    ]
    randomised, other = opened.run(SHOWN, "death")
    assert (randomised["k"], other["k"]) == (len(kept), 0)
    assert "without." in opened.page.url
    assert "bias.high" in opened.page.url
    assert "design.non-randomised" in opened.page.url


def test_without_judgements_there_is_no_filter_of_bias(reports: dict[str, Path], visit: Callable[..., Any]) -> None:
    opened = visit(reports["anakinra"])
    assert opened.page.locator("legend", has_text="Designs").count() > 0
    assert opened.page.locator("legend", has_text="Risk of bias").count() == 0


def test_paper_shows_the_mark(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, media="print")
    key = opened.run("document.querySelector('[data-explore]').dataset.explore")
    opened.run(GO, f"#view.{key}=measure.RD")
    opened.unfold()
    mark = opened.page.locator(PLOT).locator("text.departure").first
    assert mark.is_visible()
    assert NOT_PROTOCOL in opened.page.locator("section.outcome figcaption").inner_text()
    assert opened.page.locator("button:not(.number):visible, select:visible, input:visible").count() == 0


def test_nothing_moves_and_nothing_is_asked_for(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    asked = len(opened.requests)
    box = box_of(opened)
    box.get_by_label("Measure").select_option("RD")
    box.get_by_role("button", name=BACK).click()
    assert len(opened.requests) == asked
    assert opened.violations == []
    assert opened.words == []
    assert opened.run("document.getAnimations().length") == 0


@pytest.mark.parametrize("key", ["Enter", "Space", "mouse"])
def test_a_number_shows_its_source(reports: dict[str, Path], visit: Callable[..., Any], key: str) -> None:
    opened = visit(reports["anakinra"]).unfold()
    link = opened.page.locator("table.plot a[href^='#source.']").first
    assert link.get_attribute("aria-haspopup") == "dialog"
    if key == "mouse":
        link.click()
    else:
        link.focus()
        opened.page.keyboard.press(key)
    panel = opened.page.get_by_role("dialog")
    assert panel.is_visible()
    row = link.evaluate("one => document.getElementById(one.hash.slice(1)).innerText")
    names = [name.inner_text() for name in panel.locator("dt").all()]
    assert names[:2] == ["Value", "File and line"]
    assert {"Document", "Level"} <= set(names)
    facts = [fact.inner_text().strip("“”") for fact in panel.locator("dd").all()]
    both = names.count("File and line") > 1  # a cell of two numbers
    first = facts[: names.index("File and line", 2) - 1] if both else facts
    assert all(fact in row for fact in first), (first, row)
    assert panel.evaluate("one => one.contains(document.activeElement)")
    assert key != "mouse" or _axe(opened, {"include": ["dialog"]}, {"runOnly": TAGS}) == []
    opened.page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert link.evaluate("one => document.activeElement === one")


def test_the_panel_leads_to_the_list(reports: dict[str, Path], visit: Callable[..., Any]) -> None:
    opened = visit(reports["anakinra"]).unfold()
    link = opened.page.locator("table.plot a[href^='#source.']").first
    link.click()
    opened.page.get_by_role("dialog").get_by_role("link", name="Show it in the list").click()
    assert opened.run("location.hash") == link.get_attribute("href")
    assert not opened.page.get_by_role("dialog").is_visible()


def test_paper_shows_no_controls(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, media="print").unfold()
    assert (
        opened.run("[...document.querySelectorAll('select, input, button')].some(one => one.checkVisibility())")
        is False
    )


def test_the_page_is_whole_without_script(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, java_script_enabled=False)
    assert opened.page.locator("select, input, button, dialog").count() == 0
    link = opened.page.locator("a[href^='#source.']").first
    assert opened.page.locator(f"[id='{link.get_attribute('href')[1:]}']").count() == 1
    assert report.stat().st_size < 1_500_000


@pytest.fixture(scope="module")
def not_pooled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The BCG trials with an estimator that the page's script does not have."""
    folder = tmp_path_factory.mktemp("not-pooled") / "studies"
    shutil.copytree(ma.example("bcg"), folder)
    review = folder / "review.yaml"
    text = review.read_text(encoding="utf-8")
    changed = re.sub(r"tau2_method: \w+", "tau2_method: DLIT", text)
    assert changed != text
    review.write_text(changed, encoding="utf-8")
    target = folder.parent / "report.html"
    ma.write_report(ma.load(folder), target)
    return target


def test_what_the_page_cannot_pool_it_sorts(not_pooled: Path, visit: Callable[..., Any]) -> None:
    opened = visit(not_pooled)
    read = "() => [...document.querySelectorAll('table.plot')[0].querySelectorAll('tr.study th')].map(h => h.innerText)"
    drawn = """() => [...document.querySelector('svg.forest').querySelectorAll('g.row')].map(one =>
        [one.textContent, Math.round(one.getBoundingClientRect().top), one.classList.contains('study')])"""
    opened.unfold()
    before, listed = opened.run(MARKUP), opened.run(read)
    place = opened.page.locator("[data-explore] >> nth=0")
    assert place.locator("details").count() == 0
    place.get_by_label("Sort the studies by").select_option("effect")
    rows = opened.run(read)
    assert rows != listed
    assert sorted(rows) == sorted(listed)
    shown = opened.run(drawn)
    assert [text.split(":")[0] for text, _, study in shown if study] == rows
    assert [top for _, top, _ in shown] == sorted({top for _, top, _ in shown})
    address = opened.page.url
    assert address.endswith("=sort.effect")
    opened.page.goto("about:blank")
    opened.page.goto(address)
    opened.unfold()
    assert opened.run(read) == rows
    opened.page.get_by_role("button", name="Back to the protocol’s order").click()
    assert opened.run(MARKUP) == before
    assert "#" not in opened.page.url
    opened.page.goto(address.replace("sort.effect", "measure.RD"))
    assert "measure.RD" in opened.page.locator(".address").inner_text()
    assert opened.words == []
