"""The page in a browser: nothing is fetched, nothing complains, every link lands, and paper cuts no row."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import metaan as ma

PAPER_WIDTH = 688  # A4 less two margins of 14 mm, in CSS pixels
PAPER_HEIGHT = 1001  # A4 less two margins of 16 mm

LANDED = """
(id) => {
  const target = document.getElementById(id), box = target.getBoundingClientRect();
  return target.matches(':target') && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}
"""
ROWS = """
[...document.querySelectorAll('tbody tr')].map(row => ({
  text: row.innerText, height: row.getBoundingClientRect().height, rule: getComputedStyle(row).breakInside,
  name: row.closest('table').caption.innerText}))
"""
HEADS = """
[...document.querySelectorAll('table')].map(table => ({
  name: table.caption.innerText, text: table.tHead.innerText, display: getComputedStyle(table.tHead).display}))
"""
LENGTHEN = """
document.querySelector('tbody').append(...[...Array(120)].map((_, i) => {
  const row = document.createElement('tr');
  row.innerHTML = `<td>line ${i}.</td>`;
  return row;
}))
"""
CUT_OFF = """
[...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width > 0 && box.right > document.documentElement.clientWidth + 1 && !one.closest('svg svg, svg *');
}).map(one => one.outerHTML.slice(0, 80))
"""


def test_nothing_is_fetched_and_nothing_complains(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report).unfold()
    for button in opened.page.query_selector_all("button:visible"):
        button.click()
        opened.page.keyboard.press("Escape")  # where it has opened a panel
    opened.page.mouse.wheel(0, 100_000)
    opened.page.wait_for_load_state("networkidle")
    assert opened.requests == [opened.address]
    assert opened.words == []
    assert opened.violations == []


def test_the_watch_notices_what_it_watches_for(report: Path, visit: Callable[..., Any], tmp_path: Path) -> None:
    outside, worse = "https://example.org/x.png", tmp_path / "worse.html"
    page = report.read_text(encoding="utf-8").replace(
        "<main>", f"<main><script>console.log(1)</script><img alt='' src='{outside}'>"
    )
    worse.write_text(page, encoding="utf-8")
    guarded = visit(worse)
    assert sorted(guarded.violations) == [outside, "inline"]
    assert len(guarded.words) == 2
    worse.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page), encoding="utf-8")
    assert visit(worse).requests[1:] == [outside]


def test_the_stylesheet_is_applied(report: Path, visit: Callable[..., Any]) -> None:
    assert visit(report).run("getComputedStyle(document.body).maxWidth") != "none"


def test_every_link_within_the_page_has_its_element(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    lost = """[...document.querySelectorAll('a[href^="#"]')].map(link => decodeURIComponent(link.hash.slice(1)))
              .filter(id => !document.getElementById(id))"""
    assert opened.run("document.querySelectorAll('a[href^=\"#\"]').length") > 20
    assert opened.run(lost) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_links_within_the_page_land(report: Path, visit: Callable[..., Any], size: str) -> None:
    opened = visit(report, size)
    found = opened.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(link => link.hash.slice(1))")
    some = list(dict.fromkeys(found))
    for name in some[:: max(1, len(some) // 20)]:  # browsers slow down above 200 jumps
        opened.run("name => { location.hash = name }", name)
        assert opened.run(LANDED, name), name


def test_paper_has_room_for_the_width_of_everything(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, media="print").unfold()
    opened.page.set_viewport_size({"width": PAPER_WIDTH, "height": PAPER_HEIGHT})
    assert opened.run(CUT_OFF) == []


def test_rows_stay_whole_on_paper_and_headers_return(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, media="print").unfold()
    opened.run(LENGTHEN)
    opened.page.set_viewport_size({"width": PAPER_WIDTH, "height": PAPER_HEIGHT})
    rows, heads = opened.run(ROWS), opened.run(HEADS)
    assert {row["rule"] for row in rows} == {"avoid"}
    assert max(row["height"] for row in rows) < PAPER_HEIGHT / 2
    assert {head["display"] for head in heads} == {"table-header-group"}

    sheets = _printed(opened)
    cut = [row["text"] for row in rows if not any(_holds(sheet, row["text"]) for sheet in sheets)]
    assert cut == []
    long = [sheet for sheet in sheets if re.search(r"line\d+\.", sheet)]
    assert len(long) > 1
    assert all(_holds(sheet, heads[0]["text"]) for sheet in long)


def _printed(opened: Any) -> list[str]:
    """Print the page to PDF, and return the text of each sheet without its white space."""
    from pypdfium2 import PdfDocument

    with PdfDocument(opened.page.pdf(prefer_css_page_size=True)) as document:
        return [_bare(sheet.get_textpage().get_text_range()) for sheet in document]


def _holds(sheet: str, row: str) -> bool:
    """Whether every line of every cell stands on a sheet; a style may put signs between them."""
    return all(_bare(line) in sheet for line in re.split(r"[\n\t]", row))


def _bare(text: str) -> str:
    """Leave out white space, and the quotation marks and hyphens that a browser adds."""
    return re.sub(r"[\s\u00ad\ufffe“”‘’-]", "", text)


def test_a_panel_gets_two_sheets(visit: Callable[..., Any], tmp_path: Path) -> None:
    path = ma.write_report(ma.load(ma.example("anakinra")), tmp_path / "panel.html", panel=True)
    opened = visit(path, media="print")
    assert opened.requests == [path.as_uri()]
    assert opened.violations == []
    assert len(_printed(opened)) == 2


def test_a_phone_sees_a_narrow_plot(visit: Callable[..., Any], reports: dict[str, Path]) -> None:
    plots = "[...document.querySelectorAll('figure svg.forest')]"
    shown = f"{plots}.map(one => [one.matches('.narrow'), one.checkVisibility()])"
    wide, phone = (visit(reports["bcg"], size).run(shown) for size in ("desktop", "phone"))
    assert [visible for narrow, visible in wide if narrow] == [False]
    assert [visible for narrow, visible in phone if narrow] == [True]
    assert wide[0] == [False, True]
    assert phone[0] == [False, False]
