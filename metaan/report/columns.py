"""The columns of a forest plot, chosen by what was pooled.

To add the columns of another kind of data, write the two functions and enter them in `DATA_COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import formats, words
from .words import Arms

if TYPE_CHECKING:
    from ..analysis import Analysis


@dataclass(frozen=True, slots=True)
class Column:
    """One column of text. ``side`` is where it stands: left or right of the plot; ``group`` is a first line over it."""

    key: str
    header: str
    group: str = ""
    align: str = "end"
    side: str = "left"


def columns(analysis: Analysis, arms: Arms) -> tuple[Column, ...]:
    """Return the columns: the study, its time point, its data, the effect and the weight in each model."""
    times = {row.result.time for row in analysis.rows}
    weighted = [
        model for model in ("common", "random") if any(getattr(r, f"weight_{model}") is not None for r in analysis.rows)
    ]
    return (
        Column("label", "Study", align="start"),
        *([Column("time", "Time", align="start")] if times else []),
        *_data_columns(analysis, arms),
        Column("effect", f"{analysis.measure} ({formats.level(analysis.level)} CI)", side="right"),
        *(Column(f"weight_{model}", model, "Weight", side="right") for model in weighted),
    )


def _data_columns(analysis: Analysis, arms: Arms) -> Sequence[Column]:
    names = set(analysis.rows[0].data) if analysis.rows else set()
    make = next((entry[1] for needs, entry in DATA_COLUMNS.items() if set(needs) <= names), None)
    return make(arms) if make else []


def data_cells(data: Mapping[str, float]) -> dict[str, str]:
    """Return the text of a study's data columns."""
    make = next((entry[0] for needs, entry in DATA_COLUMNS.items() if set(needs) <= set(data)), None)
    return make(data) if make else {}


def _counts(x: Mapping[str, float]) -> dict[str, str]:
    pairs = (("experimental", "ai", "n1i"), ("control", "ci", "n2i"))
    return {arm: f"{formats.count(x[events])}/{formats.count(x[total])}" for arm, events, total in pairs}


def _count_columns(arms: Arms) -> list[Column]:
    return [
        Column("experimental", "events/total", words.upper_first(arms.experimental)),
        Column("control", "events/total", words.upper_first(arms.control)),
    ]


Make = tuple[Callable[[Mapping[str, float]], dict[str, str]], Callable[[Arms], list[Column]]]
DATA_COLUMNS: dict[tuple[str, ...], Make] = {("ai", "n1i", "ci", "n2i"): (_counts, _count_columns)}
