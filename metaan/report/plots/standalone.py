"""A plot as a file of its own, for a manuscript: its styles are inside, on a light background.

The styles are the page's own, with the variables written out, because programs that place a drawing in a text do not
know them. What a style changes stands in `metaan.report.forest.styles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from xml.etree.ElementTree import fromstring, register_namespace, tostring

from ...errors import choose
from ...resources import templates
from ..drawing.fit import Paper
from ..drawing.layout import layout
from ..drawing.svg import Svg, picture
from ..forest.plot import Plot
from ..forest.styles import STYLES, Style
from .catalogue import draw_sheets
from .figure import Request

SPACE = "http://www.w3.org/2000/svg"
_SELECTOR = re.compile(r"((?:\.[\w-]+)+) (\w*)((?:\.[\w-]+)*)")
_VARIABLE = re.compile(r"var\((--[a-z-]+)\)")


def standalone(kind: str, asked: Request, style: str = "default", width: float | None = None) -> Svg:
    """Return a plot as an SVG file; see `standalone_sheets`."""
    return standalone_sheets(kind, asked, style, Paper(width))[0]


def standalone_sheets(kind: str, asked: Request, style: str, paper: Paper) -> tuple[Svg, ...]:
    """Return a plot as SVG files, in a style of `metaan.report.forest.styles.STYLES`; see `draw_sheets`.

    It is laid out for a width and a height in millimetres where they are given: all text has at least 6 points there.
    """
    look = choose(STYLES, style, "style")
    return tuple(as_file(drawn, look) for drawn in draw_sheets(kind, asked, look, paper))


def forest_file(plot: Plot) -> Svg:
    """Return a forest plot that was built elsewhere, such as a what-if plot, as an SVG file."""
    return as_file(picture(layout(plot)))


def as_file(drawn: Svg, look: Style = STYLES["default"]) -> Svg:
    """Return a drawing of a page with its styles and a paper, as a file needs them."""
    return replace(drawn, rules="\n".join(part for part in (plot_rules(look.variables), look.rules) if part))


def without_rules(drawn: Svg) -> bytes:
    """Return a file in which each part says itself how it looks, for programs that read no stylesheet."""
    register_namespace("", SPACE)
    root = fromstring(str(drawn).encode())  # noqa: S314  our own markup
    looks, rules = set(root.get("class", "").split()), sorted(_selected(drawn.rules or ""), key=lambda one: one[0])
    for part in root.iter():
        own, tag = set(part.attrib.pop("class", "").split()), part.tag.removeprefix(f"{{{SPACE}}}")
        for _, around, kind, classes, look in rules:
            if around <= looks and kind in ("", tag) and classes <= own:
                part.attrib.update(look)
    root.remove(root[0])  # the stylesheet
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _selected(rules: str) -> Iterable[tuple[tuple[int, int], set[str], str, set[str], dict[str, str]]]:
    """Yield each selector: its weight, the classes of the drawing, the tag and the classes of a part, and the look.

    Others than ``.drawing tag.part`` are for what only the script of a page draws.
    """
    for selectors, text in re.findall(r"([^{}]+)\{([^}]*)\}", rules):
        look = dict(re.findall(r"([a-z-]+):\s*([^;]+);", text))
        for selector in selectors.split(","):
            if fits := _SELECTOR.fullmatch(selector.strip()):
                around, classes = (set(filter(None, group.split("."))) for group in fits.group(1, 3))
                yield (len(around) + len(classes), bool(fits[2])), around, fits[2], classes, look


def plot_rules(changes: Mapping[str, str]) -> str:
    """Return the rules of the page's stylesheet that are about plots, without variables."""
    text = (templates() / "style.css").read_text(encoding="utf-8")
    values = {**_root(text), **changes}
    return "\n".join(_VARIABLE.sub(lambda found: values[found[1]], rule) for rule in _rules(text))


def _root(text: str) -> dict[str, str]:
    """Return the variables of the light look."""
    block = text[text.index(":root {") : text.index("}")]
    return dict(re.findall(r"(--[a-z-]+):\s*([^;]+);", block))


def _rules(text: str) -> Iterable[str]:
    """Yield the rules that draw, none of a media query (those are indented); those of ``<svg>`` are about a page."""
    yield from re.findall(r"^\.(?:forest|chart)[ .][^{]*\{[^}]*\}", text, re.MULTILINE)
