"""A drawing as SVG markup: no geometry, no styles; colours come from the classes of the page's stylesheet.

Coordinates are written with two decimals, so the same drawing gives the same bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ...stats.numerics.numerals import portable
from ..forest.plot import Plot, Row
from .drawing import SIZE, Dot, Drawing, DrawnLine, DrawnRow, DrawnText, Item, Shape
from .layout import layout as lay_out

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
WIDE = 1180.0  # px, from here on a page gives a plot more room, so that its text stays legible
_UNFIT = re.compile(r"[^A-Za-z0-9.-]+")  # in a name that may be part of an address


def svg(plot: Plot) -> str:
    """Return a forest plot as one ``<svg>`` element for a page; its text is escaped.

    >>> import metaan as ma
    >>> from metaan.report.forest.forest import Arms, forest
    >>> [death] = ma.analyse(ma.load(ma.example("anakinra")), ["death"])
    >>> svg(forest(death, Arms("anakinra", "usual care"))).splitlines()[1]
    '<title id="forest-death-title">Death from any cause: forest plot</title>'
    """
    return str(picture(lay_out(plot)))


def picture(drawing: Drawing, look: str = "forest") -> Svg:
    """Return a drawing as one ``<svg>`` element; ``look`` is its CSS classes."""
    plot = drawing.plot
    name = f"forest-{plot.id}"
    rows = [_group(group, name, row) for group, row in zip(drawing.groups, row_names(plot.rows), strict=True)]
    look = f"{look} wide" if drawing.width > WIDE else look
    parts = [*map(_item, drawing.background), *rows, *map(_item, drawing.foreground)]
    size = drawing.width, drawing.height
    return Svg(name, look, plot.title, plot.description, size, tuple(parts))


@dataclass(frozen=True, slots=True)
class Svg:
    """An ``<svg>`` element with its name and description for readers who cannot see it."""

    name: str
    look: str  # its CSS classes
    title: str
    description: str
    size: tuple[float, float]  # pixels: width and height
    parts: tuple[str, ...]
    rules: str | None = None  # the styles inside of a file of its own; None for an element of a page

    def __str__(self) -> str:
        return self.sized("{}", "{}")

    def __html__(self) -> str:
        """Return what a template takes for markup: every text in it is escaped."""
        return str(self)

    def sized(self, wide: str, high: str) -> str:
        """Return the markup; ``{}`` in the width and height stands for the pixels."""
        across, up = map(px, self.size)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{self.look}" id="{self.name}" role="img" '
            f'aria-labelledby="{self.name}-title {self.name}-desc" viewBox="0 0 {across} {up}" '
            f'width="{wide.format(across)}" height="{high.format(up)}" font-size="{px(SIZE)}">'
        ]
        if self.rules is not None:
            paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
            lines = ['<?xml version="1.0" encoding="UTF-8"?>', *lines, f"<style>\n{self.rules}\n</style>", paper]
        title = f'<title id="{self.name}-title">{clean(self.title)}</title>'
        said = f'<desc id="{self.name}-desc">{clean(self.description)}</desc>'
        return "\n".join([*lines, title, said, *self.parts, "</svg>" if self.rules is None else "</svg>\n"])


def sound(text: str) -> str:
    """Leave out characters that no markup may hold."""
    return _CONTROL.sub("", text)


def clean(text: str) -> str:
    """Escape a text and leave out characters that no markup may hold."""
    return escape(sound(text))


def px(x: float) -> str:
    """Write pixels with two decimals at most."""
    text = f"{portable(x):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def row_names(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return a name for each row, of its pool and its study or role; empty for one that belongs to neither."""
    seen: Counter[str] = Counter()
    names = []
    for row in rows:
        what = row.id or (row.mark.role if row.mark is not None else row.kind)
        name = "" if row.id is None and row.block is None else _UNFIT.sub("-", f"{row.block or 'all'}.{what}")
        seen[name] += 1
        names.append(name if seen[name] == 1 or not name else f"{name}.{seen[name]}")
    return tuple(names)


def _group(group: DrawnRow, plot: str, name: str) -> str:
    """Write a row; a script finds it by the ids of its study and its pool."""
    if not group.items:
        return ""
    row = group.row
    known = (("id", f"{plot}.{name}" if name else None), ("data-study", row.id), ("data-pool", row.block))
    about = "".join(f' {key}="{clean(text)}"' for key, text in known if text is not None)
    return f'<g class="row {row.kind}"{about}>{titled(row.sentence)}{"".join(map(_item, group.items))}</g>'


def titled(text: str) -> str:
    """Return the ``<title>`` of a part, which is shown where a pointer rests on it."""
    return f"<title>{clean(text)}</title>" if text else ""


def _item(item: Item) -> str:
    return WRITERS[type(item)](item)


def _text(item: DrawnText) -> str:
    anchor = "" if item.anchor == "start" else f' text-anchor="{item.anchor}"'
    size = "" if item.size == SIZE else f' font-size="{px(item.size)}"'
    weight = ' font-weight="bold"' if item.bold else ""
    return (
        f'<text x="{px(item.x)}" y="{px(item.y)}"{size}{anchor}{weight} class="{item.role}">{clean(item.text)}</text>'
    )


def _line(item: DrawnLine) -> str:
    ends = f'x1="{px(item.x1)}" y1="{px(item.y1)}" x2="{px(item.x2)}" y2="{px(item.y2)}"'
    return f'<line {ends} class="{item.role}"/>'


def _shape(item: Shape) -> str:
    points = " ".join(f"{px(x)},{px(y)}" for x, y in item.points)
    return f'<polygon points="{points}" class="{item.role}"/>'


def _dot(item: Dot) -> str:
    at = f'cx="{px(item.x)}" cy="{px(item.y)}" r="{px(item.radius)}"'
    return f'<circle {at} class="{item.role}">{titled(item.sentence)}</circle>'


WRITERS: dict[type, Callable[[Any], str]] = {DrawnText: _text, DrawnLine: _line, Shape: _shape, Dot: _dot}
