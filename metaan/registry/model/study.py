"""studies/<id>.yaml: one study, with the place every number was read in."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from .arms import MIXING, ArmData, Source, kinds_of
from .contrasts import Clusters, Contrast, PairedMeans, Pairs, ScaleOfResult, SubgroupOfPeople
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
    fault,
)

State = Literal["included", "excluded", "awaiting data"]
DesignKind = Literal[
    "randomised",
    "cluster-randomised",
    "cross-over",
    "quasi-randomised",
    "non-randomised",
    "single-arm",
    "systematic review",
    "case series",
    "narrative review",
]
DesignGroup = Literal["randomised", "non-randomised", "single-arm"]

#: Design to the group that it is pooled in; designs that are not here are never pooled.
DESIGN_GROUPS: dict[str, DesignGroup] = {
    "randomised": "randomised",
    "cluster-randomised": "randomised",
    "cross-over": "randomised",
    "quasi-randomised": "non-randomised",
    "non-randomised": "non-randomised",
    "single-arm": "single-arm",
}


#: All kinds of designs, in the order in which they are shown.
DESIGNS: tuple[str, ...] = get_args(DesignKind)


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
    """One group of a study; ``randomised`` and ``analysed`` are numbers of people.

    ``role`` may be left out in a study of one group. ``treatment`` is the id of one of the review's treatments, where
    review.yaml names them.
    """

    id: Id
    role: Literal["experimental", "control"]
    name: Text
    treatment: Id | None = None
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


def _one_or_more(value: object) -> str:
    return "several" if isinstance(value, list | tuple) else "one"


class Result(Entry):
    """One outcome at one time: numbers of each arm or an effect, their source, and what the authors made of them.

    Attributes
    ----------
    name
        As the authors call it; the outcome's name where it is absent.
    arms
        One kind of data for all arms; an arm that does not report this is absent.
    effect
        An effect of one arm against another, or several of them.
    paired, pairs, correlation, period
        Of people who had both treatments, or of matched pairs: their differences, their pairs with events, the
        correlation of the two values of one person; ``period: first`` where arms hold the first period only.
    clusters, design_effect, adjusted
        Of people who were randomised together; ``adjusted``: the paper's numbers allow for that already.
    subgroup
        For whom it is, where it is not for all people of the study; such a result is never the study's.
    values
        What means are of: ``final`` values, or the ``change`` from before.
    scale, unit, time_unit
        The instrument, the unit of means, and the unit of time of rates.
    sd_from
        Whose standard deviation is borrowed where none was printed: a study's id, or ``pooled``.
    unconfirmed
        A machine proposed the numbers and no person has confirmed them; they are not pooled unless asked.
    """

    outcome: Id
    name: str = ""
    time: Text
    primary: Flag = False
    arms: dict[str, ArmData] = Field(default_factory=dict)
    effect: (
        Annotated[
            Annotated[Contrast, Tag("one")] | Annotated[tuple[Contrast, ...], Tag("several")],
            Discriminator(_one_or_more),
        ]
        | None
    ) = None
    paired: PairedMeans | None = None
    pairs: Pairs | None = None
    correlation: Annotated[Number, Field(gt=-1, lt=1)] | None = None
    period: Literal["first"] | None = None
    clusters: Clusters | None = None
    design_effect: Annotated[Number, Field(ge=1)] | None = None
    adjusted: Flag = False
    subgroup: SubgroupOfPeople | None = None
    values: Literal["final", "change"] = "final"
    scale: ScaleOfResult | None = None
    unit: Text | None = None
    time_unit: Text | None = None
    sd_from: Text | None = None
    source: Source
    reported: tuple[ReportedEffect, ...] = ()
    note: str | None = None
    unconfirmed: Flag = False
    confirmed: Confirmation | None = None

    @property
    def effects(self) -> tuple[Contrast, ...]:
        """The effects, one or more, in the order of the file."""
        return (self.effect,) if isinstance(self.effect, Contrast) else self.effect or ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of data that its arms hold."""
        return kinds_of(self.arms.values())

    @model_validator(mode="after")
    def _holds_one_kind(self) -> Self:
        if not (self.arms or self.effects or self.paired or self.pairs):
            raise fault("a result without numbers", "allowed: arms, effect, paired or pairs")
        if len(self.kinds) > 1 and not self.kinds <= MIXING:
            held = ", ".join(f"{arm}: {', '.join(kinds_of([data]))}" for arm, data in self.arms.items())
            allowed = "allowed: one kind for all arms of a result (means and medians may mix)"
            raise fault(f"arms of several kinds ({held})", allowed)
        return self


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


class PublishedJudgement(Entry):
    """What others have judged and published: bias of a study, or the certainty of a result; never this review's own.

    Attributes
    ----------
    by
        Whose judgement it is.
    tool
        RoB 2, GRADE ...
    outcome, time
        Of what, where it is of one result.
    domains, overall
        As far as they were seen.
    """

    by: Text
    tool: Text
    outcome: Id | None = None
    time: str | None = None
    domains: tuple[Domain, ...] = ()
    overall: str | None = None
    source: Source
    note: str | None = None


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
    published_judgements: tuple[PublishedJudgement, ...] = ()
    funding: str | None = None
    notes: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_group(cls, data: Any) -> Any:
        """The arms of a study of one group need no role."""
        design, arms = (data.get(key) for key in ("design", "arms")) if isinstance(data, dict) else (None, None)
        if not (isinstance(design, dict) and design.get("kind") == "single-arm" and isinstance(arms, list)):
            return data
        return data | {"arms": [{"role": "experimental"} | a if isinstance(a, dict) else a for a in arms]}

    @property
    def design_group(self) -> DesignGroup | None:
        """The subgroup the study is pooled in; None for designs that are never pooled."""
        return DESIGN_GROUPS.get(self.design.kind)

    def arm(self, role: str) -> tuple[Arm, ...]:
        """Return the arms with a role, ``experimental`` or ``control``, in the order of the file."""
        return tuple(arm for arm in self.arms if arm.role == role)

    def decision(self, about: str) -> SignedDecision | None:
        """Return the decision that stands about a retraction, a concern or a correction; None where there is none."""
        found = [decision for decision in self.decisions if decision.about == about]
        return max(found, key=lambda decision: decision.date, default=None)
