"""Every plot of both reports as the browser draws it: text stays on the drawing and off other text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SLACK = 0.75  # of a pixel, for the rounding of coordinates and of fonts
# The ink of a line of text: from the height of its capitals to the depth of its descenders, not its whole line box
TEXTS = """
[...document.querySelectorAll('svg:not(.bars, .narrow)')].map(svg => {
  const view = svg.viewBox.baseVal, frame = svg.getBoundingClientRect(), scale = view.width / frame.width;
  return {
    name: svg.id, width: view.width, height: view.height,
    texts: [...svg.querySelectorAll('text')].filter(one => one.textContent.trim()).map(one => {
      const box = one.getBBox(), size = parseFloat(getComputedStyle(one).fontSize);
      const at = one.getBoundingClientRect(), base = parseFloat(one.getAttribute('y'));
      const upright = Math.abs(at.height * scale - box.height) < 1;
      const [left, right] = [at.left, at.right].map(x => (x - frame.left) * scale);
      const [top, bottom] = upright
        ? [base - 0.72 * size, base + 0.21 * size] : [at.top, at.bottom].map(y => (y - frame.top) * scale);
      return {text: one.textContent, left, right, top, bottom};
    }),
  };
})
"""


@pytest.fixture
def plots(report: Path, visit: Callable[..., Any]) -> list[dict[str, Any]]:
    """The texts of each plot with their boxes, in the plot's own units."""
    found = visit(report).unfold().run(TEXTS)
    assert len(found) > 5
    assert sum(len(plot["texts"]) for plot in found) > 100
    return found


def test_text_stays_on_the_drawing(plots: list[dict[str, Any]]) -> None:
    assert [(plot["name"], text["text"]) for plot in plots for text in plot["texts"] if _outside(text, plot)] == []


def test_no_text_lies_over_another(plots: list[dict[str, Any]]) -> None:
    assert [(plot["name"], *pair) for plot in plots for pair in collisions(plot["texts"])] == []


def test_a_collision_is_noticed(plots: list[dict[str, Any]]) -> None:
    one, other = plots[0]["texts"][:2]
    assert collisions([one, other]) == []
    moved = other | {key: one[key] for key in ("left", "right", "top", "bottom")}
    assert collisions([one, moved]) == [(one["text"], other["text"])]
    assert _outside(one | {"right": plots[0]["width"] + 2}, plots[0])


def test_every_plot_has_a_name_and_a_description(report: Path, visit: Callable[..., Any]) -> None:
    named = """[...document.querySelectorAll('svg[role=img]:not(.bars, .narrow)')]
      .map(svg => svg.getAttribute('aria-labelledby').split(' ')
      .map(id => document.getElementById(id)?.textContent.trim() ?? '').filter(text => text).length)"""
    assert set(visit(report).unfold().run(named)) == {2}


def collisions(texts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of texts whose ink overlaps."""
    ordered = sorted(texts, key=lambda text: text["top"])
    pairs = []
    for i, upper in enumerate(ordered):
        for lower in ordered[i + 1 :]:
            if lower["top"] >= upper["bottom"] - SLACK:
                break
            if min(upper["right"], lower["right"]) - max(upper["left"], lower["left"]) > SLACK:
                pairs.append((upper["text"], lower["text"]))
    return pairs


def _outside(text: dict[str, Any], plot: dict[str, Any]) -> bool:
    sides = text["left"], text["top"], plot["width"] - text["right"], plot["height"] - text["bottom"]
    return min(sides) < -SLACK
