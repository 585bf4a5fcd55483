"""A plot for a width: names wrap first, then the axis gets shorter, then columns leave; text is never made smaller.

To change which columns leave first, change the order of `LEAVING`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...errors import UsageError
from ..forest import traits
from ..forest.columns import ForestColumn
from ..forest.plot import Plot, Room
from ..language import formats
from .grid import SMALL, grid

LEAST = 6.0  # points, the smallest text in a figure of a journal
POINTS, MM, PX = 72.0, 25.4, 96.0  # per inch

#: From the usual room to the least in which names and intervals can be read.
ROOMS = (Room(), Room(240, 230), Room(200, 200, True), Room(160, 160, True), Room(130, 130, True), Room(110, 110, True))


@dataclass(frozen=True, slots=True)
class Paper:
    """Width and height in millimetres for which a plot is laid out; None: as it comes."""

    width: float | None = None
    height: float | None = None

    def high(self, drawn: float) -> float:
        """Return how high a drawing of a width in pixels may be, in pixels."""
        if self.height is None:
            return math.inf
        return self.height * (drawn / self.width if self.width else PX / MM)


def pixels(width: float | None) -> float:
    """Return how wide a drawing may be so that its smallest text has `LEAST` points on a sheet of ``width`` mm.

    >>> round(pixels(84)), pixels(None)
    (456, inf)
    """
    return math.inf if width is None else SMALL * width * POINTS / (MM * LEAST)


def fitted(plot: Plot, most: float) -> Plot:
    """Return a plot that is at most ``most`` wide, with as much room and as many columns as that allows.

    Raises
    ------
    UsageError
        It is wider even with names, axis and effects alone.
    """
    narrowest = grid(plot).width
    for candidate in _candidates(plot):
        if (narrowest := grid(candidate).width) <= most:
            spare = most - narrowest if candidate.room.tight else 0.0
            room = replace(candidate.room, plot=candidate.room.plot + min(spare, Room().plot - candidate.room.plot))
            return replace(candidate, room=room)
    raise too_narrow(narrowest)


def too_narrow(narrowest: float) -> UsageError:
    """Return what to say where a plot needs at least ``narrowest`` pixels."""
    least = math.ceil(narrowest * MM * LEAST / (SMALL * POINTS))
    return UsageError(f"text of {LEAST:g} points needs a plot of at least {least} mm; allowed: a larger width")


def _candidates(plot: Plot) -> Iterator[Plot]:
    """Yield the plot in every room, then the same with one kind of column after the other gone."""
    yield from _in_rooms(plot)
    gone: list[str] = []
    for name, belongs in LEAVING.items():
        if any(map(belongs, plot.columns)):
            gone.append(name)
            plot = replace(plot, columns=tuple(column for column in plot.columns if not belongs(column)))
            if name == "risk of bias":
                plot = replace(plot, signs=(), notes=tuple(n for n in plot.notes if n not in plot.notes_on_signs))
            left = f"Without room at this width: {formats.listing(gone)}."
            yield from _in_rooms(replace(plot, notes=(*plot.notes, left)))


def _in_rooms(plot: Plot) -> Iterator[Plot]:
    """Yield a plot in every room; in a tight one what each side favours stands below, where it may have two lines."""
    for room in ROOMS:
        yield replace(plot, room=room, favours_above=plot.favours_above and not room.tight)


def _is_extra(column: ForestColumn) -> bool:
    return column.key.startswith(traits.key(""))


WEIGHTS = ("weight_common", "weight_random")

#: What leaves a plot for which there is no room, in this order: its words, and which columns it is.
LEAVING: dict[str, Callable[[ForestColumn], bool]] = {
    "risk of bias": lambda column: column.light,
    "further columns": _is_extra,
    "I²": lambda column: column.key == "i2",
    "p": lambda column: column.key == "p",
    "time": lambda column: column.key == "time",
    "weights": lambda column: column.key in WEIGHTS,
    "the data of the arms": lambda column: column.key not in ("label", "effect"),
}
