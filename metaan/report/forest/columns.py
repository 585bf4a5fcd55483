"""The columns of a forest plot, chosen by what was pooled and put into the order of the style.

Those of the data are written as `metaan.preparation.kinds` says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...preparation.kinds import kind_of
from ...stats.numerics.numerals import MOST
from ..language import words
from ..language.words import Arms
from .styles import STYLES, Style

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, StudyRow


@dataclass(frozen=True, slots=True)
class ForestColumn:
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
    further: Sequence[ForestColumn] = (),
    lights: Sequence[ForestColumn] = (),
) -> tuple[ForestColumn, ...]:
    """Return the columns: the study, further ones, time point, data, effect, weight in each model, and risk of bias."""
    parts = {
        "label": [ForestColumn("label", style.study, align="start")],
        "extra": further,
        "time": [ForestColumn("time", "Time", align="start")] if len(times(analysis)) > 1 else [],
        "data": _data_columns(analysis, arms, style),
        "effect": [_effect(style.heading(style.effect, analysis))],
        "weights": _weights(analysis, style),
        "lights": lights,
    }
    at = style.order.index("plot")
    sides = (("left", style.order[:at]), ("right", style.order[at + 1 :]))
    return tuple(replace(column, side=side) for side, names in sides for name in names for column in parts[name])


def times(analysis: Analysis) -> tuple[str, ...]:
    """Return the time points of the results, each once."""
    return tuple(dict.fromkeys(row.result.time for row in analysis.rows))


def _effect(heading: tuple[str, ...]) -> ForestColumn:
    return ForestColumn("effect", heading[-1], "".join(heading[:-1]))


def _weights(analysis: Analysis, style: Style) -> list[ForestColumn]:
    roles = [m for m in ("common", "random") if any(getattr(r, f"weight_{m}") is not None for r in analysis.rows)]
    if len(roles) == 1 and style.pooled:
        return [ForestColumn(f"weight_{roles[0]}", style.weight)]
    fits = {role: fit for pool in analysis.results for role, fit in pool.fits.items()}
    return [ForestColumn(f"weight_{role}", fits[role].model if role in fits else role, style.weight) for role in roles]


def _data_columns(analysis: Analysis, arms: Arms, style: Style) -> Sequence[ForestColumn]:
    data: Mapping[str, float] = next((row.data for row in analysis.rows if kind_of(row.data)), {})
    kind = kind_of(data)
    if kind is None:
        return []
    roles = kind.roles(data)
    two = len(roles) > 1
    titles = dict(zip(roles, map(words.upper_first, (arms.experimental, arms.control)) if two else [""]))
    if style.split:
        each = ((role, n, part) for role, names in roles.items() for n, part in zip(names, kind.parts))
        return [ForestColumn(f"{role}:{n}", part, titles[role]) for role, n, part in each]
    header = style.data.get(kind.code, kind.header) if two else kind.header
    if style.pooled and two:
        return [ForestColumn(role, title, header) for role, title in titles.items()]
    return [ForestColumn(role, header, title) for role, title in titles.items()]


def data_cells(row: Mapping[str, float], style: Style, places: Mapping[str, int]) -> dict[str, str]:
    """Return the text of a study's data, both in one column an arm and in one a number.

    ``places`` holds the decimals of each number, as `decimals` returns them.
    """
    kind = kind_of(row)
    if kind is None:
        return {}
    cells: dict[str, str] = {}
    for role, names in kind.roles(row).items():
        texts = [style.count(row[name], places.get(name, 0)) for name in names]
        cells |= {role: kind.shape.format(*texts)} | {f"{role}:{name}": t for name, t in zip(names, texts)}
    return cells


def decimals(rows: Iterable[Mapping[str, float]]) -> dict[str, int]:
    """Return how many decimals show every number of each name as it was given, up to four, or three digits of it.

    >>> decimals([{"mi": 5.1, "ni": 20.0}, {"mi": 12.25, "ni": 31.0}])
    {'mi': 2, 'ni': 0}
    >>> decimals([{"sdi": 0.0000123456}])
    {'sdi': 7}
    """
    most: dict[str, int] = {}
    for row in rows:
        for name, x in row.items():
            most[name] = max(most.get(name, 0), 0 if float(x).is_integer() else _decimals(x))
    return most


def as_shown(row: StudyRow) -> Mapping[str, float]:
    """Return the data of a study with the digits that are shown: converted numbers have more than anybody printed."""
    if row.prepared is None or not row.prepared.converted:
        return row.data
    return {name: round(x, 2) if abs(x) >= 1 else float(f"{x:.3g}") for name, x in row.data.items()}


def _decimals(x: float) -> int:
    enough = min(max(4, 2 - math.floor(math.log10(abs(x)))), MOST)
    return len(f"{x:.{enough}f}".rstrip("0").partition(".")[2])


def total_cells(rows: Sequence[Mapping[str, float]], style: Style, places: Mapping[str, int]) -> dict[str, str]:
    """Return the text of what adds up over studies: counts and people, never means."""
    rows = [row for row in rows if kind_of(row)]
    kind = kind_of(rows[0]) if rows else None
    if kind is None:
        return {}
    cells: dict[str, str] = {}
    for role, names in kind.roles(rows[0]).items():
        added = names[-kind.sums :]
        texts = [style.count(sum(row[name] for row in rows), places.get(name, 0)) for name in added]
        cells |= {role: "/".join(texts)} | {f"{role}:{name}": text for name, text in zip(added, texts)}
    return cells
