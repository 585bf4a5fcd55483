"""Every number of the results leads to where it was read or how it was computed, by mouse and by keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .test_pooling import GO

# The cells that hold a digit and stand in a column of numbers, with what they can be activated by.
NUMBERS = r"""() => [...document.querySelectorAll(':is(#summary, #results, #published-pools) table')].flatMap(table =>
  [...table.querySelectorAll('td.n, tr.text > *')].filter(cell => /\d/.test(cell.textContent)).map(cell => {
    const links = [...cell.querySelectorAll('a[href^="#"], button.number')];
    const bare = cell.cloneNode(true);
    for (const one of bare.querySelectorAll('a, button, sup, .measure, .soft:not(:has(a))')) one.remove();
    return {
      text: cell.textContent, table: table.caption.textContent, rest: /\d/.test(bare.textContent),
      lost: links.filter(one => one.hash && !document.getElementById(decodeURIComponent(one.hash.slice(1)))).length,
      to: links.map(one => one.localName === 'button' ? 'button' : one.hash.split('.')[0].slice(1)),
    };
  }))"""
KINDS = {"source", "formula", "study", "button"}


def test_every_number_leads_somewhere(report: Path, visit: Callable[..., Any]) -> None:
    found = visit(report).run(NUMBERS)
    assert len(found) > 100
    assert [one for one in found if one["rest"] or one["lost"] or not one["to"]] == []
    assert {kind for one in found for kind in one["to"]} <= KINDS


def test_every_number_leads_somewhere_without_script(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, java_script_enabled=False)
    links = opened.page.locator("table a.number")
    assert links.count() > 100
    rows = opened.page.locator("#sources tr[id], #formulas tr[id]")
    wanted = links.evaluate_all("all => all.map(one => one.getAttribute('href').slice(1))")
    assert set(wanted) <= set(rows.evaluate_all("all => all.map(one => one.id)"))


@pytest.mark.parametrize(
    "view", ["measure.RD*random.REML*ci.hksj", "common.Peto*random.SJ", "random.none", "sort.effect"]
)
def test_so_does_every_number_that_is_computed_in_the_page(report: Path, visit: Callable[..., Any], view: str) -> None:
    opened = visit(report)
    for key in opened.run("[...document.querySelectorAll('[data-explore]')].map(one => one.dataset.explore)"):
        opened.run(GO, f"#view.{key}={view}")
        found = opened.run(NUMBERS)
        assert [one for one in found if one["rest"] or one["lost"] or not one["to"]] == [], key


@pytest.mark.parametrize("key", ["Enter", "Space", "mouse"])
def test_a_computed_number_shows_its_formula_and_inputs(report: Path, visit: Callable[..., Any], key: str) -> None:
    opened = visit(report).unfold()
    link = opened.page.locator("table.models a.number[href$='.random.tau2']").first
    _activate(opened, link, key)
    panel = opened.page.get_by_role("dialog")
    names = [name.inner_text() for name in panel.locator("dt").all()]
    assert names == ["Value", "Formula", "Inputs"]
    assert panel.locator("dd").first.inner_text() == link.inner_text()
    assert "τ²" in panel.locator("h2").inner_text()
    lines = panel.locator("ul.inputs li").all_inner_texts()
    assert len(lines) > 2
    assert all("y = " in line and "v = " in line for line in lines)
    opened.page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert link.evaluate("one => document.activeElement === one")


@pytest.mark.parametrize("key", ["Enter", "Space", "mouse"])
def test_a_recomputed_number_shows_its_formula_and_inputs(report: Path, visit: Callable[..., Any], key: str) -> None:
    opened = visit(report)
    analysis = opened.run("document.querySelector('[data-explore]').dataset.explore")
    opened.run(GO, f"#view.{analysis}=random.HE*ci.hksj")
    opened.unfold()
    button = opened.page.locator("table.plot tr.pooled td button.number", has_text="(").nth(1)
    _activate(opened, button, key)
    panel = opened.page.get_by_role("dialog")
    said = panel.inner_text()
    assert button.inner_text() in said
    assert all(part in said for part in ("Formula", "Interval", "Inputs", "y = ", "v = ", "τ²"))
    assert not panel.get_by_role("link").is_visible()
    opened.page.keyboard.press("Escape")
    assert button.evaluate("one => document.activeElement === one")


def test_a_count_shows_where_both_its_numbers_were_read(reports: dict[str, Path], visit: Callable[..., Any]) -> None:
    opened = visit(reports["anakinra"]).unfold()
    link = opened.page.locator("table.plot a.number[data-also]").first
    events, people = link.inner_text().split("/")
    link.click()
    facts = opened.run(
        "[...document.querySelectorAll('dialog dl div')].map(one => [...one.children].map(x => x.innerText))"
    )
    assert ["Value", events] in facts
    assert any(": people" in name and value == people for name, value in facts)
    name, paper = opened.page.locator("dialog h2").inner_text(), opened.page.locator("dialog dd a[href^=https]")
    assert name.startswith("NCT04362111 2021: ")
    assert paper.get_attribute("href").startswith("https://doi.org/")


def _activate(opened: Any, target: Any, key: str) -> None:
    if key == "mouse":
        target.click()
    else:
        target.focus()
        opened.page.keyboard.press(key)
