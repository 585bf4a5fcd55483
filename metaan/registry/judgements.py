"""What people have judged of the certainty of the evidence, with their names; nothing here is computed or assumed."""

from typing import Annotated, Literal

from pydantic import Field

from .types import Day, Entry, Id, Positive, Text


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
    pool
        The subgroup that was judged, such as ``randomised``; absent where the analysis has one result.
    level, domains
        The judgement, and what it rests on.
    by, on
        Who judged, and when.
    studies
        How many studies the result had then; a page says when it has become another number.
    """

    outcome: Id
    pool: Text | None = None
    level: Literal["high", "moderate", "low", "very low"]
    domains: Annotated[tuple[CertaintyDomain, ...], Field(min_length=1)]
    by: Annotated[tuple[Text, ...], Field(min_length=1)]
    on: Day
    studies: Positive | None = None
    note: str | None = None
