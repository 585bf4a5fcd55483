"""A drawing as SVG markup: no geometry, no styles; colours come from the classes of the page's stylesheet.

Coordinates are written with two decimals, so the same drawing gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from .drawing import Drawing, Group, Item, Line, Shape, Text
from .forest import Plot
from .layout import layout as lay_out

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def svg(plot: Plot) -> str:
    """Return a forest plot as one ``<svg>`` element for a page; its text is escaped.

    >>> import metaan as ma
    >>> from metaan.report.forest import Arms, forest
    >>> [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    >>> svg(forest(death, Arms("anakinra", "usual care"))).splitlines()[1]
    '<title id="forest-death-title">Death from any cause: forest plot</title>'
    """
    return markup(lay_out(plot))


def markup(drawing: Drawing, look: str = "forest") -> str:
    """Return a drawing as one ``<svg>`` element; ``look`` is its CSS classes."""
    parts = [*map(_item, drawing.background), *map(_group, drawing.groups), *map(_item, drawing.foreground)]
    plot = drawing.plot
    return element(f"forest-{plot.id}", look, plot.title, plot.description, (drawing.width, drawing.height), parts)


def element(name: str, look: str, title: str, description: str, size: tuple[float, float], parts: Iterable[str]) -> str:
    """Return an ``<svg>`` element with its name and description for readers who cannot see it."""
    wide, high = map(px, size)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{look}" id="{name}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
    )
    words = f'<title id="{name}-title">{clean(title)}</title>', f'<desc id="{name}-desc">{clean(description)}</desc>'
    return "\n".join([head, *words, *parts, "</svg>"])


def clean(text: str) -> str:
    """Escape a text and leave out characters that no markup may hold."""
    return escape(_CONTROL.sub("", text))


def px(x: float) -> str:
    """Write pixels with two decimals at most."""
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _group(group: Group) -> str:
    if not group.items:
        return ""
    title = f"<title>{clean(group.row.sentence)}</title>" if group.row.sentence else ""
    return f'<g class="row {group.row.kind}">{title}{"".join(map(_item, group.items))}</g>'


def _item(item: Item) -> str:
    return WRITERS[type(item)](item)


def _text(item: Text) -> str:
    anchor = "" if item.anchor == "start" else f' text-anchor="{item.anchor}"'
    weight = ' font-weight="bold"' if item.bold else ""
    return (
        f'<text x="{px(item.x)}" y="{px(item.y)}" font-size="{px(item.size)}"{anchor}{weight} class="{item.role}">'
        f"{clean(item.text)}</text>"
    )


def _line(item: Line) -> str:
    ends = f'x1="{px(item.x1)}" y1="{px(item.y1)}" x2="{px(item.x2)}" y2="{px(item.y2)}"'
    return f'<line {ends} class="{item.role}"/>'


def _shape(item: Shape) -> str:
    points = " ".join(f"{px(x)},{px(y)}" for x, y in item.points)
    return f'<polygon points="{points}" class="{item.role}"/>'


WRITERS: dict[type, Callable[[Any], str]] = {Text: _text, Line: _line, Shape: _shape}
