"""A chart as SVG markup; colours come from the classes of the stylesheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..drawing import svg
from ..drawing.svg import Svg, px, titled
from .chart import Chart, Item, Path


def picture(chart: Chart) -> Svg:
    """Return a chart as one ``<svg>`` element; its text is escaped."""
    figure = chart.figure
    parts = (WRITERS[type(item)](item) for item in chart.items)
    name = f"{figure.kind}-{figure.id}"
    size = chart.width, chart.height
    return Svg(name, f"chart {figure.kind}", figure.title, figure.description, size, tuple(parts))


def _path(item: Path) -> str:
    points = " ".join(f"{px(x)},{px(y)}" for x, y in item.points)
    return f'<polyline points="{points}" class="{item.role}">{titled(item.sentence)}</polyline>'


WRITERS: dict[type[Item], Callable[[Any], str]] = {**svg.WRITERS, Path: _path}
