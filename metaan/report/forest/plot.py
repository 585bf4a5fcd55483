"""A forest plot as data: columns, rows and an axis; `metaan.report.drawing.layout` gives it a geometry.

Nothing here knows a pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from .axis import Axis, AxisTitle, axis
from .columns import ForestColumn
from .landmarks import Band
from .lights import Key, Light


@dataclass(frozen=True, slots=True)
class ForestMark:
    """What is drawn on a row."""

    shape: str  # ``"square"``, ``"diamond"`` or ``"bar"``
    # estimate, interval: display scale; a bar has no estimate
    estimate: float | None
    interval: Interval | None
    # Percent; the area of a square is proportional to it. None is drawn at a fixed small size.
    weight: float | None = None
    # ``"study"``, ``"common"``, ``"random"``, ``"prediction"``, ``"reference"`` or ``"sensitivity"``: the CSS class
    role: str = "study"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: text per column key and, for most kinds, a mark. ``id`` names its study where it has one.

    ``kind`` is heading, study, pooled, sensitivity, prediction, text, reference or spacer. ``block`` is the name of the
    pool that it belongs to; None where it stands outside of all, and empty for that over all studies. ``place`` is that
    of its pool, the one over all studies after the others; of a reference, its own among them. ``lights`` holds the
    sign in each column of signs.
    """

    kind: str
    cells: Mapping[str, str] = field(default_factory=dict)
    mark: ForestMark | None = None
    id: str | None = None
    sentence: str = ""
    block: str | None = None
    place: int | None = None
    lights: Mapping[str, Light] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The text of its first column."""
        return self.cells.get("label", "")


@dataclass(frozen=True, slots=True)
class Room:
    """How wide a drawing may be, in the units of its text: of 13 each.

    A ``tight`` one does not widen for headings and for what each side favours: those are broken, or shortened.
    """

    plot: float = 300.0
    label: float = 270.0
    tight: bool = False
    pad: float = 4.0  # above and below the text of a row


@dataclass(frozen=True, slots=True)
class Plot:
    """A forest plot."""

    id: str  # unique on a page: from the analysis
    # title, description: for readers who cannot see it
    title: str
    description: str
    columns: tuple[ForestColumn, ...]
    rows: tuple[Row, ...]
    axis: Axis
    axis_title: AxisTitle
    favours: tuple[str, str] | None  # what a value left and right of no effect favours; None where nothing is compared
    signs: Key = ()  # code and words of each sign of the columns of signs
    # Lines below the axis: the methods, the domains of bias, and the studies left out with the reason
    notes: tuple[str, ...] = ()
    # band, guide: effects too small to matter, and where a dashed line stands; display scale
    band: Band | None = None
    guide: float | None = None
    favours_above: bool = False  # what each side favours stands over the plot, the heading of the axis below it
    room: Room = Room()
    notes_on_signs: tuple[str, ...] = ()  # those of the notes that say what the columns of signs are

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw, neither a study nor a published pool: that is said."""
        return all(row.kind in ("heading", "text", "spacer") for row in self.rows)

    @property
    def bare(self) -> bool:
        """Whether there are rows but no effect in any: they stand as a table, without an axis, which would be empty."""
        return not self.empty and all(row.mark is None for row in self.rows)


#: A study sets the axis unless it has less than this share of the weight that each would have if all had the same.
LEAST_SHARE = 0.25


def axis_of(rows: Iterable[Row], measure: str) -> Axis:
    """Return the axis on which the marks of rows are drawn; studies of little weight may lie beyond it."""
    shown = list(rows)
    light = {id(row) for row in of_little_weight(shown)}
    marks = [(row.mark, id(row) in light) for row in shown if row.mark is not None]
    points = [mark.estimate for mark, is_light in marks if mark.estimate is not None and not is_light]
    ends = [mark.interval for mark, _ in marks if mark.interval is not None]
    ends += [
        Interval(mark.estimate, mark.estimate) for mark, is_light in marks if is_light and mark.estimate is not None
    ]
    return axis(points, ends, scale_of(measure))


def of_little_weight(rows: Iterable[Row]) -> list[Row]:
    """Return the studies that do not set the axis: those with less than `LEAST_SHARE` of an equal weight."""
    blocks: dict[str | None, list[Row]] = {}
    for row in rows:
        if row.kind == "study" and row.mark is not None and row.mark.weight is not None:
            blocks.setdefault(row.block, []).append(row)
    return [
        row for block in blocks.values() for row in block
        if row.mark is not None and (row.mark.weight or 0.0) < LEAST_SHARE * 100 / len(block)
    ]  # fmt: skip
