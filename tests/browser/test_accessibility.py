"""Everyone can read the page: axe-core, contrast, keyboard, zoom, spacing and still pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
NO_CONTRAST = {"color-contrast": {"enabled": False}}
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "print": {"media": "print"},
}
LOOKED_AT = [("light", "desktop"), ("light", "phone"), ("dark", "desktop"), ("print", "desktop")]
# What a width can change; the rest of the rules read the same elements as on a desktop, and paper changes colours only.
WIDTH_RULES = ["target-size", "region", "scrollable-region-focusable", "aria-required-parent", "aria-required-children"]
# axe spends its time on the contrast of each of thousands of texts: the first text of each look of text is enough
DISTINCT_TEXTS = """
() => {
  const seen = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || one.closest('svg') || !one.checkVisibility()) continue;
    const style = getComputedStyle(one), grounds = [];
    for (let on = one; on; on = on.parentElement) grounds.push(getComputedStyle(on).backgroundColor);
    const look = [style.color, style.fontSize, style.fontWeight, ...new Set(grounds)].join();
    if (!seen.has(look)) seen.set(look, one);
  }
  [...seen.values()].forEach((one, i) => one.dataset.look = i);
  return seen.size;
}
"""
AXE = """
([context, options]) => axe.run(context || document, {...options, preload: false}).then(got => got.violations)
"""
FOCUSABLE = """
[...document.querySelectorAll('a[href], summary, button, input, select, textarea, [tabindex="0"]')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled)
"""
NUMBER_AND_LISTEN = f"""
() => {{
  const all = {FOCUSABLE};
  window.met = [];
  window.all = all;
  document.addEventListener('focusin', event => {{
    const one = event.target, style = getComputedStyle(one), box = one.getBoundingClientRect();
    met.push({{
      place: all.indexOf(one), name: one.outerHTML.slice(0, 90),
      outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), colour: style.outlineColor,
      seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    }});
  }});
  return all.length;
}}
"""
STRETCH = 40  # presses of the Tab key at the beginning, in the middle and at the end
TOO_WIDE = """
[...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  if (box.width === 0 || box.right <= document.documentElement.clientWidth + 1 || one.closest('svg *')) return false;
  for (let on = one.parentElement; on; on = on.parentElement) {
    if (['auto', 'scroll'].includes(getComputedStyle(on).overflowX)) return false;
  }
  return true;
}).map(one => one.outerHTML.slice(0, 90))
"""
CLIPPED = """
[...document.querySelectorAll('body *')].filter(one =>
  !one.closest('svg') && ['hidden', 'clip'].includes(getComputedStyle(one).overflowX) && one.clientWidth > 1
  && one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 90))
"""
SPACED = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
  p { margin-bottom: 2em !important; } svg * { letter-spacing: 0 !important; word-spacing: 0 !important; }`);
document.adoptedStyleSheets = [sheet];
"""
SVG_COLOURS = """
() => {
  const found = {};
  for (const one of document.querySelectorAll('svg text, svg line, svg polyline, svg polygon, svg circle, svg rect')) {
    if (!one.checkVisibility()) continue;
    const style = getComputedStyle(one);
    const key = [one.closest('svg').classList, one.tagName, one.classList, style.fill, style.stroke].join(' | ');
    found[key] ??= {name: key, tag: one.tagName, role: one.getAttribute('class') || '', fill: style.fill,
                    stroke: style.stroke, opacity: Number(style.fillOpacity)};
  }
  return {paper: getComputedStyle(document.body).backgroundColor, marks: Object.values(found)};
}
"""


def axe_finds_nothing(opened: Any, look: str, size: str) -> None:
    if look == "light":
        only = {"runOnly": WIDTH_RULES} if size == "phone" else {"runOnly": TAGS, "rules": NO_CONTRAST}
        assert _axe(opened, None, only) == []
    assert opened.run(DISTINCT_TEXTS) > 3
    assert _axe(opened, {"include": ["[data-look]"]}, {"runOnly": COLOURS}) == []


# A phone has the colours of a desktop, and paper has one width.
@pytest.mark.parametrize(("look", "size"), LOOKED_AT)
def test_axe_finds_nothing(report: Path, visit: Callable[..., Any], look: str, size: str) -> None:
    axe_finds_nothing(visit(report, size, **LOOKS[look]).unfold(), look, size)


def test_axe_finds_what_is_wrong(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, color_scheme="dark")
    opened.run("document.querySelector('main p').style.color = '#333'; document.documentElement.lang = ''")
    opened.run(DISTINCT_TEXTS)
    assert _axe(opened, {"include": ["[data-look]"]}, {"runOnly": ["color-contrast"]}) != []
    assert _axe(opened, None, {"runOnly": ["html-has-lang"]}) != []


@pytest.mark.parametrize("look", LOOKS)
def test_plots_are_drawn_in_colours_that_can_be_told_from_the_paper(
    report: Path, visit: Callable[..., Any], look: str
) -> None:
    got = visit(report, **LOOKS[look]).unfold().run(SVG_COLOURS)
    assert len(got["marks"]) > 10
    texts = [mark for mark in got["marks"] if mark["tag"] == "text" and "sign" not in mark["role"]]
    assert [mark["name"] for mark in texts if contrast(mark["fill"], got["paper"]) < 4.5] == []
    marks = [mark for mark in got["marks"] if mark["tag"] != "text" and not _background(mark)]
    assert [mark["name"] for mark in marks if _strongest(mark, got["paper"]) < 3] == []


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    report: Path, visit: Callable[..., Any]
) -> None:
    opened = visit(report).unfold()
    paper = opened.run("getComputedStyle(document.body).backgroundColor")
    count = opened.run(NUMBER_AND_LISTEN)
    assert count > 40
    met = []
    for start in (0, count // 2, count - STRETCH):
        opened.run("start => { all[start - 1]?.focus(); met = [] }", start)
        for _ in range(STRETCH):
            opened.page.keyboard.press("Tab")
        stretch = opened.run("met")
        assert [one["place"] for one in stretch] == list(range(start, start + STRETCH))
        met += stretch
    assert [one["name"] for one in met if not one["seen"]] == []
    assert [one["name"] for one in met if one["outline"] < 2 or contrast(one["colour"], paper) < 3] == []


def test_the_keyboard_opens_and_closes_details_and_skips_to_the_answer(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report)
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    assert opened.run("document.querySelector(':target').getBoundingClientRect().top") < 100
    fold = opened.page.locator("details").first
    fold.locator("summary").focus()
    for expected in (True, False):
        opened.page.keyboard.press("Enter")
        assert fold.evaluate("one => one.open") is expected


@pytest.mark.parametrize("size", ["phone", "zoomed"])
def test_a_narrow_page_never_moves_sideways(report: Path, visit: Callable[..., Any], size: str) -> None:
    opened = visit(report, size).unfold()
    assert opened.run(TOO_WIDE) == []
    assert opened.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_tables_stay_tables_where_a_phone_changes_their_layout(report: Path, visit: Callable[..., Any]) -> None:
    lost = """[...document.querySelectorAll('table, thead, tbody, tr, th, td')].filter(one =>
      !getComputedStyle(one).display.startsWith('table') && !one.hasAttribute('role')).map(one => one.outerHTML)"""
    opened = visit(report, "phone").unfold()
    assert opened.run("document.querySelectorAll('[role=rowheader]').length") > 10
    assert opened.run(lost) == []
    opened.run("document.querySelector('[role=row]').removeAttribute('role')")
    assert len(opened.run(lost)) == 1


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_wider_spacing_of_text_loses_nothing(report: Path, visit: Callable[..., Any], size: str) -> None:
    opened = visit(report, size).unfold()
    opened.run(SPACED)
    assert opened.run(TOO_WIDE) == []
    assert opened.run(CLIPPED) == []


def test_text_of_twice_the_size_loses_nothing(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report).unfold()
    opened.run("document.documentElement.style.fontSize = '200%'")
    assert opened.run(TOO_WIDE) == []
    assert opened.run(CLIPPED) == []


def test_nothing_moves_for_those_who_asked_for_stillness(report: Path, visit: Callable[..., Any]) -> None:
    moving = """[...document.querySelectorAll('*')].map(one => getComputedStyle(one)).filter(style =>
      style.scrollBehavior !== 'auto' || /[1-9]/.test(style.transitionDuration + style.animationDuration)).length"""
    assert visit(report, reduced_motion="reduce").run(moving) == 0
    assert visit(report, reduced_motion="no-preference").run(moving) > 0


def test_pinching_is_allowed_and_the_language_is_named(report: Path, visit: Callable[..., Any]) -> None:
    opened = visit(report, "phone")
    content = opened.run("document.querySelector('meta[name=viewport]').content")
    assert "user-scalable" not in content
    assert "maximum-scale" not in content
    assert opened.run("document.documentElement.lang") == "en"


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two opaque CSS colours `rgb(r, g, b)`; 1 where one is no such colour."""
    if not (one.startswith("rgb(") and other.startswith("rgb(")):
        return 1.0
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.005)
    assert contrast("none", "rgb(255, 255, 255)") == 1


def _background(mark: dict[str, Any]) -> bool:
    """What may be faint: rules between rows, and areas that only shade."""
    return bool({"rule", "contour", "band", "density", "blank"} & set(mark["role"].split()))


def _strongest(mark: dict[str, Any], paper: str) -> float:
    fill = contrast(mark["fill"], paper) if mark["tag"] not in ("line", "polyline") and mark["opacity"] > 0.5 else 1.0
    return max(fill, contrast(mark["stroke"], paper))


def _axe(opened: Any, context: object, options: dict[str, Any]) -> list[str]:
    from axe_playwright_python.base import AXE_SCRIPT

    opened.run(AXE_SCRIPT)
    found = opened.run(AXE, [context, options])
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
