"""studies/<id>.yaml: one study, with the place every number was read in."""

from typing import Annotated, Literal

from pydantic import Field

from .arms import ArmData, Source
from .judgements import Waiver
from .types import (
    Bounds,
    Count,
    Day,
    Doi,
    Entry,
    Flag,
    Id,
    MeasureCode,
    Number,
    Pmcid,
    Pmid,
    Positive,
    Printed,
    Proportion,
    Published,
    PValue,
    Registration,
    Text,
)

State = Literal["included", "excluded", "awaiting data"]
DesignKind = Literal["randomised", "non-randomised", "systematic review", "case series", "narrative review"]


class Citation(Entry):
    """The publication as a reference list prints it."""

    authors: tuple[Text, ...] = ()
    authors_complete: Flag = False
    journal: str | None = None
    journal_abbreviation: str | None = None
    published: Published | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None

    @property
    def year(self) -> int | None:
        """The year of publication."""
        return int(self.published[:4]) if self.published else None


class Design(Entry):
    """How the study was done; ``control`` says what kind of control a non-randomised study has."""

    kind: DesignKind
    control: str | None = None
    description: str | None = None


class Status(Entry):
    """Whether the study takes part. A study that awaits data takes part as soon as one of its results is filled in."""

    state: State
    reason: str | None = None


class Arm(Entry):
    """One group of a study; ``randomised`` and ``analysed`` are numbers of people."""

    id: Id
    role: Literal["experimental", "control"]
    name: Text
    description: str | None = None
    randomised: Count | None = None
    analysed: Count | None = None


class Baseline(Entry):
    """One number about the people at the start; of one arm, or of all people where ``arm`` is absent."""

    name: Text
    value: Printed
    unit: str | None = None
    arm: Id | None = None
    source: Source


class Moderator(Entry):
    """One trait of the study that a meta-regression can use: a number, or a word for a factor."""

    name: Text
    value: Number | Text
    source: Source | None = None


class ReportedEffect(Entry):
    """An effect or a p value as the authors printed it, on the display scale."""

    measure: MeasureCode | None = None
    estimate: Printed | None = None
    ci: Bounds | None = None
    level: Proportion = 0.95
    interval: Literal["confidence", "credible"] = "confidence"
    p: PValue | None = None
    note: str | None = None


class Confirmation(Entry):
    """Who compared the numbers of a result with the place they were read in, and when."""

    by: Text
    on: Day


class Result(Entry):
    """One outcome at one time: counts for each arm, their source, and what the authors made of them.

    ``unconfirmed``: a machine proposed the numbers and no person has confirmed them; they are not pooled unless asked.
    """

    outcome: Id
    name: Text
    time: Text
    primary: Flag = False
    arms: dict[str, ArmData]
    source: Source
    reported: tuple[ReportedEffect, ...] = ()
    note: str | None = None
    unconfirmed: Flag = False
    confirmed: Confirmation | None = None


class Domain(Entry):
    """One domain of a risk-of-bias tool."""

    name: Text
    judgement: Text
    support: str | None = None


class RiskOfBias(Entry):
    """A judgement of bias with one tool, for one outcome or for the study."""

    tool: Text
    version: str | None = None
    outcome: Id | None = None
    domains: tuple[Domain, ...] = ()
    overall: str | None = None


class Relation(Entry):
    """Another publication or study that this one has to do with."""

    kind: Literal["erratum", "overlaps with", "secondary publication", "protocol", "retraction", "comment"]
    doi: Doi | None = None
    pmid: Pmid | None = None
    study: Id | None = None
    note: str | None = None


class SignedDecision(Entry):
    """What a person decided about a study after something was published against it: who, when, and why.

    ``about`` is what was published; of several decisions about one thing the latest stands.
    """

    about: Literal["retraction", "concern", "correction"]
    decision: Literal["keep", "exclude", "keep with caution"]
    reason: Text
    by: Text
    date: Day

    def __str__(self) -> str:
        """Return the decision in words, as a table or a warning says it."""
        return f"{self.decision}, decided by {self.by} on {self.date}: {self.reason}"


class PublishedPool(Entry):
    """A pooled result that a systematic review printed, on the display scale; ``i2`` in percent."""

    outcome: Id
    name: str | None = None
    measure: MeasureCode
    estimate: Printed
    ci: Bounds
    level: Proportion = 0.95
    i2: Annotated[Number, Field(ge=0, le=100)] | None = None
    k: Positive | None = None
    n: Positive | None = None
    p: PValue | None = None
    source: Source


class Study(Entry):
    """One study file; without ``status`` the study is included."""

    id: Id
    label: Text
    acronym: str | None = None
    title: Text
    role: str | None = None
    doi: Doi | None = None
    pmid: Pmid | None = None
    pmcid: Pmcid | None = None
    registrations: tuple[Registration, ...] = ()
    keywords: tuple[Text, ...] = ()
    citation: Citation = Citation.model_construct()
    design: Design
    status: Status = Status.model_construct(state="included")
    setting: str | None = None
    population: str | None = None
    screened: Count | None = None
    randomised_total: Count | None = None
    arms: tuple[Arm, ...] = ()
    baseline: tuple[Baseline, ...] = ()
    moderators: tuple[Moderator, ...] = ()
    results: tuple[Result, ...] = ()
    risk_of_bias: tuple[RiskOfBias, ...] = ()
    relations: tuple[Relation, ...] = ()
    decisions: tuple[SignedDecision, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    published_pools: tuple[PublishedPool, ...] = ()
    funding: str | None = None
    notes: str | None = None

    @property
    def design_group(self) -> Literal["randomised", "non-randomised"] | None:
        """The subgroup the study is pooled in; None for designs that are never pooled."""
        match self.design.kind:
            case "randomised" | "non-randomised" as group:
                return group
            case _:
                return None

    def arm(self, role: str) -> tuple[Arm, ...]:
        """Return the arms with a role, ``experimental`` or ``control``, in the order of the file."""
        return tuple(arm for arm in self.arms if arm.role == role)

    def decision(self, about: str) -> SignedDecision | None:
        """Return the decision that stands about a retraction, a concern or a correction; None where there is none."""
        found = [decision for decision in self.decisions if decision.about == about]
        return max(found, key=lambda decision: decision.date, default=None)
