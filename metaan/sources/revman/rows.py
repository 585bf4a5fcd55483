"""The data rows of RevMan's analyses, under the names of our statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...records.citation import find_year
from ...records.record import Failure
from ...stats.numerics.layouts import LAYOUTS


@dataclass(frozen=True, slots=True)
class RevManRow:
    """One study in one analysis.

    Attributes
    ----------
    study, year, subgroup
        As the review names them; ``subgroup`` is empty outside of any.
    numbers
        By the names of our statistics: ai, n1i, ci, n2i for people with the event of all; m1i, sd1i, n1i, m2i, sd2i,
        n2i for means; yi, sei on the scale of the analysis. Group 1 is RevMan's experimental one.
    """

    study: str
    year: int | None
    subgroup: str
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RevManAnalysis:
    """One analysis of a review: its number ("1.2"), what was compared, and its rows in the review's order.

    ``kind`` is a key of `KINDS`; ``measure`` is RevMan's word for the effect measure ("OR", "Risk Ratio"), or empty.
    """

    number: str
    comparison: str
    name: str
    kind: str
    measure: str = ""
    experimental: str = ""
    control: str = ""
    rows: tuple[RevManRow, ...] = ()

    def data(self) -> dict[str, list[float | str]]:
        """Return the rows as columns that `metaan.effect_sizes` takes, with ``slab``.

        Examples
        --------
        >>> row = RevManRow("Doe", 2020, "", {"yi": -0.5, "sei": 0.2})
        >>> RevManAnalysis("1.1", "A", "death", "effects", rows=(row,)).data()["sei"]
        [0.2]
        """
        columns: dict[str, list[float | str]] = {}
        for name in KINDS[self.kind]:
            columns[name] = [row.numbers[name] for row in self.rows]
        return columns | {"slab": [f"{row.study} {row.year}" if row.year else row.study for row in self.rows]}


@dataclass(frozen=True, slots=True)
class RevMan:
    """What a file of RevMan holds, and the rows that could not be read."""

    analyses: tuple[RevManAnalysis, ...]
    failed: tuple[Failure, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Place:
    """Of what a row is, and in which line it stands (0 where a file has no lines)."""

    study: str
    year: str | None
    subgroup: str
    kind: str
    line: int


def row_of(place: Place, names: Mapping[str, str], get: Callable[[str], str | None]) -> RevManRow | Failure:
    """Return one row, or say which of its numbers is none."""
    numbers = {name: number_of(get(column) or "") for name, column in names.items()}
    wrong = [names[name] for name, number in numbers.items() if number is None]
    if wrong:
        return Failure(place.line, f"no number: {', '.join(wrong)}", f"{place.study} {place.subgroup}".strip()[:80])
    year = find_year(place.year or "")
    sound = {name: number for name, number in numbers.items() if number is not None}
    return RevManRow(place.study, int(year) if year else None, place.subgroup, sound)


def number_of(text: str) -> float | None:
    """Return a finite number, None where the text is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


COUNTS, MEANS, EFFECTS = LAYOUTS["counts"].two, LAYOUTS["means"].two, ("yi", "sei")

#: What the rows of an analysis hold -> the names of their numbers.
KINDS: dict[str, tuple[str, ...]] = {"counts": COUNTS, "means": MEANS, "effects": EFFECTS}
