"""The columns of a forest plot, chosen by what was pooled and put into the order of the style.

To add the columns of another kind of data, write the two functions and enter them in `DATA_COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import formats, words
from .styles import STYLES, Style
from .words import Arms

if TYPE_CHECKING:
    from ..analysis import Analysis


@dataclass(frozen=True, slots=True)
class Column:
    """One column of text. ``side`` is where it stands: left or right of the plot; ``group`` is a first line over it.

    ``light``: its cells are drawn as signs in circles; their text is for the table.
    """

    key: str
    header: str
    group: str = ""
    align: str = "end"
    side: str = "left"
    light: bool = False


def columns(
    analysis: Analysis,
    arms: Arms,
    style: Style = STYLES["default"],
    further: Sequence[Column] = (),
    lights: Sequence[Column] = (),
) -> tuple[Column, ...]:
    """Return the columns: the study, further ones, time point, data, effect, weight in each model, and risk of bias."""
    times = {row.result.time for row in analysis.rows}
    parts = {
        "label": [Column("label", style.study, align="start")],
        "extra": further,
        "time": [Column("time", "Time", align="start")] if times else [],
        "data": _data_columns(analysis, arms, style),
        "effect": [_effect(style.heading(style.effect, analysis))],
        "weights": _weights(analysis, style),
        "lights": lights,
    }
    at = style.order.index("plot")
    sides = (("left", style.order[:at]), ("right", style.order[at + 1 :]))
    return tuple(replace(column, side=side) for side, names in sides for name in names for column in parts[name])


def _effect(heading: str) -> Column:
    group, _, header = heading.rpartition("|")
    return Column("effect", header, group)


def _weights(analysis: Analysis, style: Style) -> list[Column]:
    models = [m for m in ("common", "random") if any(getattr(r, f"weight_{m}") is not None for r in analysis.rows)]
    if len(models) == 1 and style.pooled:
        return [Column(f"weight_{models[0]}", style.weight)]
    return [Column(f"weight_{model}", model, style.weight) for model in models]


def _data_columns(analysis: Analysis, arms: Arms, style: Style) -> Sequence[Column]:
    names = set(analysis.rows[0].data) if analysis.rows else set()
    make = next((entry[1] for needs, entry in DATA_COLUMNS.items() if set(needs) <= names), None)
    return make(arms, style) if make else []


def data_cells(data: Mapping[str, float]) -> dict[str, str]:
    """Return the text of a study's data columns."""
    make = next((entry[0] for needs, entry in DATA_COLUMNS.items() if set(needs) <= set(data)), None)
    return make(data) if make else {}


def _counts(x: Mapping[str, float]) -> dict[str, str]:
    """Return both ways of writing counts: in one column an arm, and in two."""
    cells: dict[str, str] = {}
    for arm, events, total in (("experimental", "ai", "n1i"), ("control", "ci", "n2i")):
        first, second = formats.count(x[events]), formats.count(x[total])
        cells |= {arm: f"{first}/{second}", f"{arm}:events": first, f"{arm}:total": second}
    return cells


def _count_columns(arms: Arms, style: Style) -> list[Column]:
    names = (("experimental", words.upper_first(arms.experimental)), ("control", words.upper_first(arms.control)))
    if style.split:
        events, total = style.data
        return [c for arm, name in names for c in _two(arm, name, events, total)]
    if style.pooled:
        return [Column(arm, name, style.data[0]) for arm, name in names]
    return [Column(arm, style.data[0], name) for arm, name in names]


def _two(arm: str, name: str, events: str, total: str) -> list[Column]:
    return [Column(f"{arm}:events", events, name), Column(f"{arm}:total", total, name)]


Make = tuple[Callable[[Mapping[str, float]], dict[str, str]], Callable[[Arms, Style], list[Column]]]
DATA_COLUMNS: dict[tuple[str, ...], Make] = {("ai", "n1i", "ci", "n2i"): (_counts, _count_columns)}
