"""What people have judged, with their names: certainty, and checks that they waive. Nothing is computed or assumed."""

from typing import Annotated, Literal

from pydantic import Field

from .types import Day, Entry, Id, Positive, Text

Level = Literal["high", "moderate", "low", "very low"]


class CertaintyDomain(Entry):
    """One domain of GRADE: how far it changes the certainty, and why.

    The last three of the domains can raise the certainty; their judgement is then ``raised`` or ``raised twice``.
    """

    domain: Literal[
        "risk of bias",
        "inconsistency",
        "indirectness",
        "imprecision",
        "publication bias",
        "large effect",
        "dose-response",
        "opposing confounding",
    ]
    judgement: Literal[
        "not serious", "serious", "very serious", "extremely serious", "none", "suspected", "raised", "raised twice"
    ]
    reason: str | None = None


class Certainty(Entry):
    """The certainty of one result, as people judged it and signed.

    Attributes
    ----------
    outcome
        The id of an analysis, or of an outcome.
    start
        Where the certainty began, before the domains: ``high``, or ``low`` for non-randomised studies; absent: as the
        level and the domains have it.
    pool
        The subgroup that was judged, such as ``randomised``, or ``all studies``; absent where the analysis has one
        result, or for that of all studies.
    level, domains
        The judgement, and what it rests on.
    by, on
        Who judged, and when.
    studies
        How many studies the result had then; a page says when it has become another number.
    """

    outcome: Id
    pool: Text | None = None
    level: Level
    start: Literal["high", "low"] | None = None
    domains: Annotated[tuple[CertaintyDomain, ...], Field(min_length=1)]
    by: Annotated[tuple[Text, ...], Field(min_length=1)]
    on: Day
    studies: Positive | None = None
    note: str | None = None


class Waiver(Entry):
    """A check that a person waives in one file: what it finds stays visible, with the reason, and is no fault.

    Attributes
    ----------
    check
        The name of the check.
    at
        The place as the check names it, such as ``results[death].reported[1]``, or the beginning of it; absent where
        the check is waived in the whole file.
    reason, by, date
        Why, by whom, and when.
    """

    check: Text
    at: Text | None = None
    reason: Text
    by: Text
    date: Day

    def covers(self, check: str, where: str) -> bool:
        """Return whether what a check found at a place is waived."""
        rest = where.removeprefix(self.at or "")
        at = self.at is None or (where.startswith(self.at) and (rest == "" or rest[0] in ".["))
        return at and self.check == check

    def __str__(self) -> str:
        """Return the waiver in words, as a table or a command says it."""
        return f"waived by {self.by} on {self.date}: {self.reason}"
