"""The columns of a forest plot, chosen by what was pooled and put into the order of the style.

To add the columns of another kind of data, enter it in `DATA`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..language import words
from ..language.words import Arms
from .styles import STYLES, Style

if TYPE_CHECKING:
    from ...synthesis.values import Analysis


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


@dataclass(frozen=True, slots=True)
class Data:
    """How the numbers of one kind are written.

    Attributes
    ----------
    names
        metafor's names of what each arm has, or of what the one group has.
    shape, header
        All of an arm in one column, and the heading over it.
    parts
        The headings where each number has a column of its own.
    sums
        How many of the last names add up over studies.
    """

    names: tuple[tuple[str, ...], ...]
    shape: str
    header: str
    parts: tuple[str, ...]
    sums: int = 2

    def arms(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Yield the key of each arm with its names; one group stands under the key of the first."""
        return zip(("experimental", "control"), self.names)


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


def _effect(heading: str) -> ForestColumn:
    group, _, header = heading.rpartition("|")
    return ForestColumn("effect", header, group)


def _weights(analysis: Analysis, style: Style) -> list[ForestColumn]:
    roles = [m for m in ("common", "random") if any(getattr(r, f"weight_{m}") is not None for r in analysis.rows)]
    if len(roles) == 1 and style.pooled:
        return [ForestColumn(f"weight_{roles[0]}", style.weight)]
    fits = {role: getattr(pool, role) for role in roles for pool in words.blocks(analysis) if getattr(pool, role)}
    return [ForestColumn(f"weight_{role}", fits[role].model if role in fits else role, style.weight) for role in roles]


def data_of(names: Iterable[str]) -> tuple[str, Data] | None:
    """Return the kind of data that has these names; None where no entry of `DATA` is about them."""
    known = set(names)
    return next(((kind, data) for kind, data in DATA.items() if {n for arm in data.names for n in arm} <= known), None)


def _data_columns(analysis: Analysis, arms: Arms, style: Style) -> Sequence[ForestColumn]:
    found = data_of(analysis.rows[0].data if analysis.rows else ())
    if found is None:
        return []
    kind, data = found
    titles = [words.upper_first(arms.experimental), words.upper_first(arms.control)] if len(data.names) > 1 else [""]
    if style.split:
        each = zip(data.arms(), titles)
        return [ForestColumn(f"{arm}:{n}", part, t) for (arm, names), t in each for n, part in zip(names, data.parts)]
    header = style.data.get(kind, data.header)
    pairs = zip(data.arms(), titles)
    if style.pooled and len(titles) > 1:
        return [ForestColumn(arm, title, header) for (arm, _), title in pairs]
    return [ForestColumn(arm, header, title) for (arm, _), title in pairs]


def data_cells(row: Mapping[str, float], style: Style, places: Mapping[str, int]) -> dict[str, str]:
    """Return the text of a study's data, both in one column an arm and in one a number.

    ``places`` holds the decimals of each number, as `decimals` returns them.
    """
    found = data_of(row)
    if found is None:
        return {}
    cells: dict[str, str] = {}
    for arm, names in found[1].arms():
        texts = [style.count(row[name], places.get(name, 0)) for name in names]
        cells |= {arm: found[1].shape.format(*texts)} | {f"{arm}:{name}": t for name, t in zip(names, texts)}
    return cells


def decimals(rows: Iterable[Mapping[str, float]]) -> dict[str, int]:
    """Return how many decimals show every number of each name as it was given, up to four.

    >>> decimals([{"m1i": 5.1, "n1i": 20.0}, {"m1i": 12.25, "n1i": 31.0}])
    {'m1i': 2, 'n1i': 0}
    """
    most: dict[str, int] = {}
    for row in rows:
        for name, x in row.items():
            shown = 0 if float(x).is_integer() else len(f"{round(x, 4):.4f}".rstrip("0").partition(".")[2])
            most[name] = max(most.get(name, 0), shown)
    return most


def total_cells(rows: Sequence[Mapping[str, float]], style: Style, places: Mapping[str, int]) -> dict[str, str]:
    """Return the text of what adds up over studies: counts and people, never means."""
    found = data_of(rows[0]) if rows else None
    if found is None:
        return {}
    cells: dict[str, str] = {}
    for arm, names in found[1].arms():
        added = names[-found[1].sums :]
        texts = [style.count(sum(row[name] for row in rows), places.get(name, 0)) for name in added]
        cells |= {arm: "/".join(texts)} | {f"{arm}:{name}": text for name, text in zip(added, texts)}
    return cells


#: Kind of data to how it is written.
DATA: dict[str, Data] = {
    "counts": Data((("ai", "n1i"), ("ci", "n2i")), "{}/{}", "events/total", ("Events", "Total")),
    "means": Data(
        (("m1i", "sd1i", "n1i"), ("m2i", "sd2i", "n2i")), "{} ({}), {}", "mean (SD), n", ("Mean", "SD", "Total"), 1
    ),
    "rates": Data((("x1i", "t1i"), ("x2i", "t2i")), "{}/{}", "events/time", ("Events", "Time")),
    "proportion": Data((("xi", "ni"),), "{}/{}", "events/total", ("Events", "Total")),
    "rate": Data((("xi", "ti"),), "{}/{}", "events/time", ("Events", "Time")),
    "mean": Data((("mi", "sdi", "ni"),), "{} ({}), {}", "mean (SD), n", ("Mean", "SD", "Total"), 1),
    "correlation": Data((("ri", "ni"),), "{}, {}", "r, n", ("r", "Total"), 1),
}
