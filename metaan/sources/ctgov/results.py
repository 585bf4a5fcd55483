"""The results that a trial has posted on ClinicalTrials.gov, as they stand: values stay the text that was printed.

Nothing is computed, added up or matched here. Groups are local to a module (OG, EG, FG) and the groups of adverse
events overlap, so which of them are the arms is for a person to say; a percentage keeps the digits that it was printed
with, for they decide which counts it can stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class PostedGroup:
    """A column of a table; its id means something within one table only."""

    id: str
    title: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Denominators:
    """How many participants (or eyes, lesions: ``units``) each group has; group id -> count as printed."""

    units: str
    counts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One cell: every value is text as printed, and may be "NA"."""

    group: str
    value: str | None
    spread: str | None = None
    lower: str | None = None
    upper: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A row, such as a level of response; rows of one table may overlap."""

    title: str | None
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class ResultClass:
    """A block of rows, such as a time point or a subgroup; its own denominators replace those of the outcome."""

    title: str | None
    denominators: tuple[Denominators, ...]
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the authors computed; the order of ``groups`` says which is compared with which."""

    groups: tuple[str, ...]
    measure: str | None
    value: str | None
    lower: str | None
    upper: str | None
    level: str | None
    sides: str | None
    p: str | None
    method: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class PostedOutcome:
    """One outcome measure: ``kind`` is PRIMARY, SECONDARY ...; ``posted`` is False where only its name is there."""

    kind: str
    title: str
    description: str | None
    population: str | None
    time_frame: str | None
    posted: bool
    param: str | None
    unit: str | None
    dispersion: str | None
    units_analysed: str | None
    groups: tuple[PostedGroup, ...]
    denominators: tuple[Denominators, ...]
    classes: tuple[ResultClass, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """So many people of so many at risk; None is not posted, which is not zero."""

    affected: int | None
    at_risk: int | None


@dataclass(frozen=True, slots=True)
class EventGroup:
    """A group of the safety tables; such groups overlap and must not be added up."""

    id: str
    title: str
    description: str | None
    deaths: Affected
    serious: Affected
    other: Affected


@dataclass(frozen=True, slots=True)
class EventCount:
    """One adverse event in one group: ``people`` are counted once, ``events`` are not."""

    group: str
    people: Affected
    events: int | None


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """One adverse event; one that is missing from the others is below the threshold, not at zero."""

    term: str
    organ_system: str | None
    serious: bool
    counts: tuple[EventCount, ...]


@dataclass(frozen=True, slots=True)
class AdverseEvents:
    """The safety tables; ``threshold`` in percent."""

    threshold: str | None
    time_frame: str | None
    description: str | None
    groups: tuple[EventGroup, ...]
    events: tuple[AdverseEvent, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """How many of each group got to a point (STARTED, COMPLETED ...) or left for a reason; group id -> as printed."""

    title: str
    counts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Period:
    """One period of the flow of participants."""

    title: str | None
    milestones: tuple[Milestone, ...]
    withdrawals: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class ParticipantFlow:
    """The flow of participants; STARTED in the first period are those randomised."""

    groups: tuple[PostedGroup, ...]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that is posted; a table that is missing is None or empty."""

    flow: ParticipantFlow | None
    outcomes: tuple[PostedOutcome, ...]
    adverse_events: AdverseEvents | None


def printed_number(text: str | None) -> Decimal | None:
    """Return a printed value with the digits that it was printed with, None for "NA" and for words.

    >>> printed_number("47.20"), printed_number("NA"), printed_number("1,024")
    (Decimal('47.20'), None, Decimal('1024'))
    """
    try:
        number = Decimal((text or "").replace(",", "")[:40])
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
