"""What the page's script adds: other analyses of the same counts as Python has them, an address, an order, a panel."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from metaan.errors import NotEstimableError
from metaan.report.explorer import MODELS, OFFERED
from metaan.stats.measures import MEASURES

from .test_accessibility import TAGS, _axe

NOT_PROTOCOL = "Not the protocol’s analysis"
SHOWN = "key => [...document.querySelectorAll(`[data-explore='${key}'] .recomputed li`)].map(one => ({...one.dataset}))"
DATA = "document.getElementById('explore-data').textContent"
FIRST = "[data-explore] details >> nth=0"
SUBSETS = 12


def subsets(analysis: dict[str, Any], chance: random.Random) -> Iterable[tuple[str, str, str, list[str]]]:
    """Yield random choices: measure, model, design and the studies left out; every pair of the first two is there."""
    ids = sorted({one["id"] for one in analysis["studies"]})
    designs = sorted({one["design"] for one in analysis["studies"]})
    for measure in OFFERED:
        for model in MODELS:
            for i in range(SUBSETS):
                out = chance.sample(ids, chance.randint(0, len(ids) - 1)) if i else []
                yield measure, model, chance.choice(["all", *designs]) if i > SUBSETS // 2 else "all", out


def expected(analysis: dict[str, Any], places: list[int], measure: str, model: str) -> dict[str, float | None]:
    """Pool the same studies in Python."""
    names = ("ai", "n1i", "ci", "n2i")
    counts = {name: [analysis["studies"][i]["counts"][j] for i in places] for j, name in enumerate(names)}
    if not places:
        return {"k": 0, "estimate": None}
    drop = MEASURES[measure].drops_double_zero
    es = ma.effect_sizes(measure, add=analysis["add"][measure], to=analysis["to"], drop00=drop, **counts)
    if es.k == 0:
        return {"k": 0, "estimate": None}
    try:
        fit = _fit(es, measure, model)
    except NotEstimableError:
        return {"k": es.k, "estimate": None}
    shown = fit.display
    alone = es.k == 1
    return {
        "k": es.k, "estimate": shown.estimate, "lb": shown.ci.lb, "ub": shown.ci.ub,
        "tau2": None if alone else fit.tau2 if model in ("DL", "REML") else None, "i2": None if alone else fit.i2,
    }  # fmt: skip


def _fit(es: Any, measure: str, model: str) -> Any:
    if es.k == 1 or model == "IV":
        return ma.pool(es, "common")
    if model == "MH":
        return ma.mantel_haenszel(measure, **dict(es.complete.data))
    return ma.pool(es, "random", model)


def test_the_page_pools_as_python_does(report: Path, visit: Callable[..., Any]) -> None:
    opened, chance = visit(report), random.Random(20)
    data = json.loads(opened.run(DATA))["analyses"]
    assert data
    compared = 0
    for key, analysis in data.items():
        for measure, model, design, out in subsets(analysis, chance):
            opened.run("view => { location.hash = view; dispatchEvent(new Event('hashchange')) }",
                       f"view.{key}={'*'.join([measure, model, design, *out])}")  # fmt: skip
            for pool, shown in zip(analysis["pools"], opened.run(SHOWN, key), strict=True):
                studies = analysis["studies"]
                places = [i for i in pool["studies"]
                          if studies[i]["id"] not in out and design in ("all", studies[i]["design"])]  # fmt: skip
                wanted = expected(analysis, places, measure, model)
                got = {name: float(shown[name]) if shown[name] else None for name in wanted}
                case = (key, pool["name"], measure, model, design, out)
                assert {name for name in got if got[name] is None} == {n for n in wanted if wanted[n] is None}, case
                for name in (name for name in wanted if wanted[name] is not None):
                    assert got[name] == pytest.approx(wanted[name], rel=1e-9, abs=1e-9), (*case, name)
                compared += got["estimate"] is not None
    assert compared > 100


def test_the_mark_comes_goes_and_is_announced(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box = opened.page.locator(FIRST)
    box.locator("summary").click()
    live = box.locator(".recomputed")
    before = live.inner_text()
    assert NOT_PROTOCOL not in before
    assert (live.get_attribute("role"), live.get_attribute("aria-live")) == ("status", "polite")
    assert all(part in before for part in ("CI", "I²", "studies"))
    back = box.get_by_role("button", name="Back to the protocol")
    assert not back.is_visible()
    tick = box.get_by_role("checkbox").first
    tick.focus()
    opened.page.keyboard.press("Space")
    assert NOT_PROTOCOL in live.inner_text()
    assert live.inner_text() != before
    assert "#view." in opened.page.url
    back.click()
    assert live.inner_text() == before
    assert tick.is_checked()
    assert "#" not in opened.page.url


def test_an_address_is_a_view(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    box = opened.page.locator(FIRST)
    box.locator("summary").click()
    box.get_by_label("Model").select_option("REML")
    box.get_by_label("Measure").select_option("RD")
    box.get_by_role("checkbox").first.click()
    said, address = box.locator(".recomputed").inner_text(), opened.page.url
    assert "RD" in said
    opened.page.goto("about:blank")
    opened.page.goto(address)
    again = opened.page.locator(FIRST)
    assert again.locator(".recomputed").is_visible()
    assert again.locator(".recomputed").inner_text() == said
    assert not again.get_by_role("checkbox").first.is_checked()
    assert opened.words == []


def test_an_address_from_elsewhere_does_no_harm(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    key = opened.run("document.querySelector('[data-explore]').dataset.explore")
    before = opened.page.locator(".recomputed").first.text_content()
    opened.page.goto(f"{opened.address}#view.{key}=constructor*<b>x</b>*toString*nobody&view.none=OR")
    assert opened.page.locator(".recomputed").first.text_content() == before
    assert opened.words == []


def test_the_table_is_sorted_within_its_blocks(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report).unfold()
    read = """() => {
      const blocks = [[]];
      for (const row of document.querySelector('table.plot').tBodies[0].rows) {
        if (row.className !== 'study') blocks.push([]);
        else blocks.at(-1).push([row.innerText, {...row.dataset}]);
      }
      return blocks;
    }"""
    listed = opened.run(read)
    order = opened.page.get_by_label("Sort the studies by").first
    for key, sign in (("year", 1), ("effect", 1), ("weight", -1)):
        order.select_option(key)
        blocks = opened.run(read)
        assert [sorted(name for name, _ in one) for one in blocks] == [sorted(n for n, _ in one) for one in listed]
        for block in blocks:
            values = [sign * float(data[key]) for _, data in block if key in data]
            assert values == sorted(values)
    order.select_option("")
    assert opened.run(read) == listed


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
    assert all(fact.inner_text().strip("“”") in row for fact in panel.locator("dd").all())
    assert panel.evaluate("one => one.contains(document.activeElement)")
    assert _axe(opened, {"include": ["dialog"]}, {"runOnly": TAGS}) == []
    opened.page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert link.evaluate("one => document.activeElement === one")


def test_the_panel_leads_to_the_list(reports: dict[str, Path], visit: Callable[..., Any]) -> None:
    opened = visit(reports["anakinra"]).unfold()
    link = opened.page.locator("table.plot a[href^='#source.']").first
    link.click()
    opened.page.get_by_role("dialog").get_by_role("link").click()
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
