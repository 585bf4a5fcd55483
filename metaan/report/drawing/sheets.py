"""A forest plot over several sheets: each repeats the header and the axis, the notes stand on the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...errors import UsageError
from ..forest.plot import Plot, Row
from .drawing import Drawing
from .layout import layout

CONTINUED = " (continued)"


def sheets(plot: Plot, high: float) -> tuple[Drawing, ...]:
    """Return the drawings of a plot, each at most ``high``; one where all of it fits.

    Raises
    ------
    UsageError
        Not even one row has room between the header and the axis.
    """
    whole = layout(plot)
    if whole.height <= high:
        return (whole,)
    parts = list(_parts(plot, high))
    return tuple(
        layout(replace(plot, id=f"{plot.id}.{i}" if i > 1 else plot.id), part, last=i == len(parts))
        for i, part in enumerate(parts, 1)
    )


def _parts(plot: Plot, high: float) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each sheet: as many as fit, a heading never last, repeated where its block goes on."""
    rest = [row for i, row in enumerate(plot.rows) if row.kind != "spacer" or i + 1 < len(plot.rows)]
    heading: Row | None = None
    while rest:
        head = [_continued(heading)] if heading is not None and rest[0].block == heading.block else []
        many = _fitting(plot, head, rest, high)
        part, rest = [*head, *rest[:many]], rest[many:]
        yield tuple(part)
        heading = next((row for row in reversed(part[len(head) :]) if row.kind == "heading"), heading)


def _fitting(plot: Plot, head: list[Row], rest: list[Row], high: float) -> int:
    """Return how many of the rows have room on a sheet; all of them only where the notes have room too."""
    last = layout(plot, (*head, *rest), last=True)
    if last.height <= high:
        return len(rest)
    sheet = layout(plot, (*head, *rest), last=False)
    below = sheet.height - sheet.groups[-1].bottom
    bottoms = [group.bottom + below for group in sheet.groups[len(head) :]]
    many = min(sum(bottom <= high for bottom in bottoms), len(rest) - 1)
    while many and rest[many - 1].kind == "heading":
        many -= 1
    if many < 1:
        raise UsageError(f"{high:.0f} px of height hold no row of this plot; allowed: a larger height")
    return many


def _continued(heading: Row) -> Row:
    return replace(heading, cells={**heading.cells, "label": f"{heading.label}{CONTINUED}"})
