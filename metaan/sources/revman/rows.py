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
        n2i for means; yi, sei on the scale of the analysis; oe, v for observed less expected events and their variance.
        Group 1 is RevMan's experimental one.
    printed, note
        The numbers as the file has them, and its footnote.
    """

    study: str
    year: int | None
    subgroup: str
    numbers: Mapping[str, float]
    printed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RevManAnalysis:
    """One analysis of a review: its number ("1.2"), what was compared, and its rows in the review's order.

    Attributes
    ----------
    kind
        A key of `KINDS`.
    measure, method
        RevMan's words for the effect measure ("OR", "Risk Ratio") and the method ("MH", "IV", "PETO"), or empty.
    random, level
        Whether effects are random, None where the file does not say; the coverage of the interval of the result.
    log
        Whether effects and standard errors of the rows are logarithms, None where the file does not say.
    totals
        "YES" for a total, "SUB" for results of subgroups only, "NO" for none.
    unit, favours
        Of the effect; the words below the plot, left and right.
    swapped
        The review pools the people without the event.
    pooled
        What the file stores, by subgroup ("" is the total): estimate and interval, on the display scale.
    """

    number: str
    comparison: str
    name: str
    kind: str
    measure: str = ""
    experimental: str = ""
    control: str = ""
    rows: tuple[RevManRow, ...] = ()
    method: str = ""
    random: bool | None = None
    level: float = 0.95
    log: bool | None = None
    totals: str = "YES"
    unit: str = ""
    favours: tuple[str, str] = ("", "")
    swapped: bool = False
    pooled: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where in the file it stands, in words."""
        return f"comparison {self.number.split('.')[0]} ({self.comparison}), analysis {self.number} ({self.name})"

    def data(self) -> dict[str, list[float | str]]:
        """Return the rows as columns that `metaan.effect_sizes` takes, with ``slab``; without those that say nothing.

        Examples
        --------
        >>> row = RevManRow("Doe", 2020, "", {"yi": -0.5, "sei": 0.2})
        >>> RevManAnalysis("1.1", "A", "death", "effects", rows=(row,)).data()["sei"]
        [0.2]
        """
        names = KINDS[self.kind]
        rows = [row for row in self.rows if row.numbers.keys() >= set(names)]
        columns: dict[str, list[float | str]] = {name: [row.numbers[name] for row in rows] for name in names}
        return columns | {"slab": [f"{row.study} {row.year}" if row.year else row.study for row in rows]}


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
    analysis: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        return ": ".join(filter(None, (self.analysis, f"{self.study} {self.subgroup}".strip())))[:80]


def row_of(
    place: Place, names: Mapping[str, str], get: Callable[[str], str | None], beside: Mapping[str, str] | None = None
) -> RevManRow | Failure:
    """Return one row, or say which of its numbers is none; numbers ``beside`` them may be absent."""
    found = {name: number_of(get(column) or "") for name, column in names.items()}
    wrong = [names[name] for name, number in found.items() if number is None]
    if wrong:
        return Failure(place.line, f"no number: {', '.join(wrong)}", str(place))
    columns = {**names, **(beside or {})}
    more = {name: number_of(get(column) or "") for name, column in (beside or {}).items()}
    numbers = {name: number for name, number in (found | more).items() if number is not None}
    year = find_year(place.year or "")
    printed = ", ".join(f"{column} {get(column)}" for name, column in columns.items() if name in numbers)
    return RevManRow(
        place.study, int(year) if year else None, place.subgroup, _with_effect(numbers), printed, place.note
    )


def _with_effect(numbers: dict[str, float]) -> dict[str, float]:
    """Add the one-step estimate (Yusuf et al. 1985) of observed less expected events, where these say something."""
    if numbers.get("v", 0) <= 0:
        return numbers
    return numbers | {"yi": numbers["oe"] / numbers["v"], "sei": numbers["v"] ** -0.5}


def number_of(text: str) -> float | None:
    """Return a finite number, None where the text is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


COUNTS, MEANS, EFFECTS, LOG_RANK = LAYOUTS["counts"].two, LAYOUTS["means"].two, ("yi", "sei"), ("oe", "v")
EVENTS, TOTALS = COUNTS[::2], COUNTS[1::2]

#: What the rows of an analysis hold -> the names of their numbers.
KINDS: dict[str, tuple[str, ...]] = {"counts": COUNTS, "means": MEANS, "effects": EFFECTS, "log-rank": EFFECTS}
