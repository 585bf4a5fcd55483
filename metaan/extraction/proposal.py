"""What extraction hands over: numbers as printed, where they stand, and what they may mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from .rounding import Percent, events_of, fits, totals_of


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a passage: ``passage.text[start:end] == quote``."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document; ``place`` is its heading, ``""`` where it has none."""

    place: str
    text: str

    def span(self, start: int, end: int) -> Span:
        """Return a stretch of this passage."""
        return Span(start, end, self.text[start:end])


@dataclass(frozen=True, slots=True)
class ProposedCell:
    """The numbers of one group, as far as they were printed.

    Attributes
    ----------
    printed
        The words they stand in.
    events, total, percent
        None where not printed.
    span
        Their place in a passage; None in a table.
    arm, because
        The arm of the study that they may belong to, and why; a suggestion.
    group
        In a table: id and title of the column.
    holds
        In a table: the columns that it seems to be the sum of.
    """

    printed: str
    events: int | None = None
    total: int | None = None
    percent: Percent | None = None
    span: Span | None = None
    arm: str | None = None
    because: str = ""
    group: tuple[str, str] | None = None
    holds: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[bool, ...]:
        """Which of the numbers are printed; groups that are compared are printed alike."""
        return tuple(value is not None for value in (self.events, self.total, self.percent))


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect or a p value as printed, on the display scale; ``p`` is a number, or a bound such as ``"<0.001"``."""

    span: Span | None = None
    measure: str | None = None
    estimate: float | None = None
    ci: tuple[float, float] | None = None
    level: float = 0.95
    interval: str = "confidence"
    p: float | str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A mean, a median or a rate as printed.

    Attributes
    ----------
    statistic
        ``"mean"``, ``"median"``, ``"geometric mean"`` or ``"rate"``.
    spread, bounds
        What stands beside it, and its numbers: SD, SE, IQR, range, CI with its level, ± where the text does not say
        what that is; of a rate what it is per, without numbers.
    arm, because, group, total
        As those of `ProposedCell`.
    """

    printed: str
    value: float
    spread: str
    bounds: tuple[float, ...]
    span: Span | None = None
    arm: str | None = None
    because: str = ""
    statistic: str = "mean"
    total: int | None = None
    group: tuple[str, str] | None = None


#: The numbers of one group: people, or a mean, a median or a rate.
Column = TypeVar("Column", ProposedCell, Value)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Numbers that may be one result of a study.

    Attributes
    ----------
    kind
        ``"counts"``; ``"values"`` for means and medians; ``"effect"`` for effects and p values that stand alone.
    document, place, quote
        Where they stand: the document, the heading or table, and the words.
    cells
        One for each group.
    values
        Means, medians or rates.
    reported
        Effects and p values that stand with them.
    outcomes
        Ids of outcomes of the review that the words may mean, the likeliest first; suggestions.
    time
        The time point that the words name, or None.
    earlier_time
        Where they name none: the time point that a sentence before them named last.
    title
        What a table calls the outcome; None in a text.
    span
        From the first number to the last; None in a table.
    level
        ``"primary"``, or ``"secondary"`` where the document quotes the study.
    """

    kind: str
    document: str
    place: str
    quote: str
    cells: tuple[ProposedCell, ...] = ()
    reported: tuple[Effect, ...] = ()
    outcomes: tuple[str, ...] = ()
    time: str | None = None
    earlier_time: str | None = None
    title: str | None = None
    span: Span | None = None
    values: tuple[Value, ...] = ()
    level: str = "primary"

    @property
    def columns(self) -> tuple[ProposedCell, ...] | tuple[Value, ...]:
        """The numbers of each group."""
        return self.cells or self.values


@dataclass(frozen=True, slots=True)
class CountReading:
    """The counts that a cell can stand for.

    Attributes
    ----------
    events, totals
        All that fit what is printed; one each where it is certain, none where nothing is known or nothing fits.
    derived
        How they follow from what was printed; None where they stand as printed.
    problem
        What does not fit, or what is missing.
    """

    events: Sequence[int]
    totals: Sequence[int]
    derived: str | None = None
    problem: str | None = None

    @property
    def counts(self) -> tuple[int, int] | None:
        """Events and total where both are certain."""
        return (self.events[0], self.totals[0]) if len(self.events) == 1 and len(self.totals) == 1 else None


def read_cell(cell: ProposedCell, size: int | None = None, size_from: str = "the size of the arm") -> CountReading:
    """Return the counts that a cell can stand for.

    Parameters
    ----------
    cell
        As printed.
    size
        How many people the group has, where that is known from elsewhere; a total that is printed comes first.
    size_from
        Where that is known from, in words.

    Examples
    --------
    >>> from .rounding import percent_of
    >>> read_cell(ProposedCell("27%", percent=percent_of("27%")), 59).counts
    (16, 59)
    >>> read_cell(ProposedCell("25 (63%)", events=25, percent=percent_of("63%")), 45).counts
    (25, 40)
    """
    if cell.events is None:
        return _from_percent(cell, size, size_from)
    if cell.total is not None:
        return _as_printed(cell, cell.events, cell.total)
    if cell.percent is not None:
        return _from_events_and_percent(cell.events, cell.percent, size, size_from)
    if size is None:
        return CountReading([cell.events], [], problem="the total is not printed")
    if cell.events > size:
        return CountReading([cell.events], [], problem=f"{cell.events} events do not fit {size_from}, {size}")
    return CountReading([cell.events], [size], derived=f"the total {size} is {size_from}")


def _as_printed(cell: ProposedCell, events: int, total: int) -> CountReading:
    if events > total or not total:
        return CountReading([], [], problem=f"{events} events among {total} people")
    if cell.percent is not None and not fits(events, total, cell.percent):
        problem = f"{events} of {total} is {100 * events / total:.6g}%, and {cell.percent} is printed"
        return CountReading([events], [total], problem=problem)
    return CountReading([events], [total])


def _from_percent(cell: ProposedCell, size: int | None, size_from: str) -> CountReading:
    if cell.percent is None:
        return CountReading([], [], problem="no number is printed")
    total = cell.total or size
    if not total:
        return CountReading([], [], problem="the total is not printed")
    events = events_of(cell.percent, total)
    basis = "" if cell.total else f"; {total} is {size_from}"
    if len(events) == 1:
        return CountReading(
            events, [total], derived=f"{events[0]} is the only integer that gives {cell.percent} of {total}{basis}"
        )
    found = f"{events[0]} to {events[-1]} all give" if events else "no integer gives"
    return CountReading(events, [total], problem=f"{found} {cell.percent} of {total}{basis}")


def _from_events_and_percent(events: int, percent: Percent, size: int | None, size_from: str) -> CountReading:
    """The size of the arm where it fits the percentage, else the totals that do."""
    if size is not None and fits(events, size, percent):
        return CountReading([events], [size], derived=f"the total {size} is {size_from}, and fits {percent}")
    totals = totals_of(events, percent)
    other = f"; {size_from}, {size}, does not fit" if size is not None else ""
    if totals is None or not totals:
        return CountReading([events], [], problem=f"no total is bounded by {events} ({percent}){other}")
    if len(totals) == 1:
        return CountReading([events], totals, derived=f"{events} ({percent}) fixes the total at {totals[0]}{other}")
    return CountReading(
        [events], totals, problem=f"totals from {totals[0]} to {totals[-1]} fit {events} ({percent}){other}"
    )
