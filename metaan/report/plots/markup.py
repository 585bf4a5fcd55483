"""A chart as SVG markup; colours come from the classes of the stylesheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import svg
from ..svg import clean, px
from .chart import Chart, Dot, Item, Path


def markup(chart: Chart) -> str:
    """Return a chart as one ``<svg>`` element; its text is escaped."""
    figure = chart.figure
    parts = (WRITERS[type(item)](item) for item in chart.items)
    name = f"{figure.kind}-{figure.id}"
    size = chart.width, chart.height
    return svg.element(name, f"chart {figure.kind}", figure.title, figure.description, size, parts)


def _dot(item: Dot) -> str:
    at = f'cx="{px(item.x)}" cy="{px(item.y)}" r="{px(item.radius)}"'
    return f'<circle {at} class="{item.role}">{_sentence(item.sentence)}</circle>'


def _path(item: Path) -> str:
    points = " ".join(f"{px(x)},{px(y)}" for x, y in item.points)
    return f'<polyline points="{points}" class="{item.role}">{_sentence(item.sentence)}</polyline>'


def _sentence(text: str) -> str:
    return f"<title>{clean(text)}</title>" if text else ""


WRITERS: dict[type[Item], Callable[[Any], str]] = {**svg.WRITERS, Dot: _dot, Path: _path}
