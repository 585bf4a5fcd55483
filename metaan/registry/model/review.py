"""studies/review.yaml: the question, the outcomes and the protocol of a review."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from ...stats.numerics.numerals import exact
from .judgements import Certainty, Waiver
from .types import (
    CiMethod,
    Day,
    Entry,
    Flag,
    Id,
    MeasureCode,
    Number,
    PiMethod,
    Positive,
    Proportion,
    RegressionCiMethod,
    RegressionTau2Method,
    SmallStudyTestCode,
    Tau2Method,
    Text,
    TrimAndFillEstimator,
    ZeroCellRule,
    fault,
)


class Question(Entry):
    """What the review asks."""

    population: Text
    intervention: Text
    comparator: Text
    outcomes: tuple[Text, ...] = ()
    text: str | None = None


class Eligibility(Entry):
    """Which studies belong here."""

    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()


class Dates(Entry):
    """When the review was started, searched and updated."""

    started: Day | None = None
    searched: Day | None = None
    updated: Day | None = None


class MinimalDifference(Entry):
    """The smallest difference that matters to patients, in one unit, and who says so.

    ``per_1000`` people, ``difference`` in the outcome's own unit, ``smd`` in standard deviations, or as a ``ratio``.
    """

    per_1000: Annotated[Number, Field(gt=0, lt=1000)] | None = None
    difference: Annotated[Number, Field(gt=0)] | None = None
    smd: Annotated[Number, Field(gt=0)] | None = None
    ratio: Annotated[Number, Field(gt=0)] | None = None
    source: Text

    @model_validator(mode="after")
    def _one_unit(self) -> "MinimalDifference":
        given = [unit for unit in MID_UNITS if getattr(self, unit) is not None]
        if len(given) != 1:
            raise fault(f"{' and '.join(given) or 'no unit'} given", f"allowed: exactly one of {', '.join(MID_UNITS)}")
        if self.ratio == 1:
            raise fault("ratio: 1", "allowed: a ratio below or above 1")
        return self

    @property
    def unit(self) -> str:
        """Its unit, one of `MID_UNITS`."""
        return next(unit for unit in MID_UNITS if getattr(self, unit) is not None)

    @property
    def value(self) -> float:
        """The difference in its unit."""
        return float(getattr(self, self.unit))


#: What a minimal important difference and thresholds are counted in.
MID_UNITS = ("per_1000", "difference", "smd", "ratio")


class Thresholds(Entry):
    """From where an effect is small, moderate and large, in the unit of the minimal important difference."""

    small: Annotated[Number, Field(gt=0)]
    moderate: Annotated[Number, Field(gt=0)]
    large: Annotated[Number, Field(gt=0)]
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> "Thresholds":
        found = [self.small, self.moderate, self.large]
        if found not in (sorted(found), sorted(found, reverse=True)) or len({*found}) < len(found):
            raise fault(
                f"small, moderate, large: {', '.join(map(exact, found))}", "allowed: each further from no effect"
            )
        return self


class NamedScale(Entry):
    """A scale that readers know, in whose points a standardised difference is told: its range and the SD of people."""

    name: Text
    range: tuple[Number, Number] | None = None
    sd: Annotated[Number, Field(gt=0)] | None = None
    source: str | None = None


class Outcome(Entry):
    """What was measured: its direction says whether an event is good or bad for the patient.

    ``mid`` is the minimal important difference, ``thresholds`` say from where an effect is small, moderate and large.
    """

    id: Id
    name: Text
    description: str | None = None
    direction: Literal["good", "bad"]
    measure: MeasureCode = "OR"
    time: str | None = None
    unit: str | None = None
    importance: Literal["critical", "important", "not important"] | None = None
    mid: MinimalDifference | None = None
    thresholds: Thresholds | None = None
    scale: NamedScale | None = None


class ZeroCells(Entry):
    """What inverse variance adds to tables with a zero cell; Mantel-Haenszel adds nothing.

    Without ``add`` it is what the measure has: 0.5, and 0 for those that zero cells leave defined, such as AS.
    """

    add: Annotated[Number, Field(ge=0)] | None = None
    to: ZeroCellRule = "only0"


class AssumedRisk(Entry):
    """The risk without the treatment, as a proportion, and where it comes from."""

    value: Proportion
    source: Text


class NamedRisk(AssumedRisk):
    """One of several assumed risks, such as low, medium and high."""

    name: Text


class TestForSmallStudies(Entry):
    """One test for small-study effects; ``force`` runs it also where it is not valid, and says so."""

    test: SmallStudyTestCode
    force: Flag = False


class Regression(Entry):
    """One meta-regression. ``year`` and ``design`` exist for every study; other moderators stand in the study files."""

    moderators: Annotated[list[Text], Field(min_length=1)]
    tau2_method: RegressionTau2Method = "REML"
    ci_method: RegressionCiMethod = "hksj"


class Explore(Entry):
    """What is looked at beside the pooled result, fixed before looking."""

    leave_one_out: Flag = False
    cumulative: Literal["year", "precision"] | None = None
    influence: Flag = False
    small_study_tests: tuple[TestForSmallStudies, ...] = ()
    trim_and_fill: TrimAndFillEstimator | None = None
    regressions: tuple[Regression, ...] = ()
    gosh: Flag = False
    multiverse: Flag = False
    plots: tuple[Literal["funnel", "radial", "labbe", "drapery"], ...] = ()


class ForestOptions(Entry):
    """How the forest plot is drawn: the order of rows in each block, further columns, and the style of `metaan plot`.

    A column is a moderator of the study files, or year, design, control, setting, population, registration, PMID,
    funding or risk of bias. ``lights``: where people judged the bias of studies, each has a sign for each domain.
    """

    sort: Literal["year", "effect", "weight", "precision", "name", "risk of bias"] | None = None
    columns: tuple[Text, ...] = ()
    style: Literal["default", "revman", "bmj", "jama", "greyscale"] = "default"
    lights: Flag = True


class TimeWindow(Entry):
    """Times that an analysis takes, both ends included: ``{from: day 21, to: day 35}``."""

    start: Text = Field(alias="from")
    to: Text

    def __str__(self) -> str:
        """Return the window in words."""
        return f"{self.start} to {self.to}"


def _kind_of_time(value: object) -> str:
    return "window" if isinstance(value, dict | TimeWindow) else "time"


def _none(value: object) -> object:
    return None if value == "none" else value


TimePoint = Annotated[Annotated[Text, Tag("time")] | Annotated[TimeWindow, Tag("window")], Discriminator(_kind_of_time)]


class Plan(Entry):
    """One analysis of the protocol: what is pooled, and how.

    ``by`` names the subgroups: ``design``, ``none``, or a moderator of the study files. Without subgroups designs are
    still kept apart, unless ``pool_designs`` is true.

    ``time_points`` are in order of preference; ``nearest`` stands for the time that is nearest to the first of the list
    that names one, and ``{from: day 21, to: day 35}`` for a time within a window. Times are compared as times: ``day
    28``, ``28 days`` and ``4 weeks`` are one. A result at a time that is not listed is not taken; an empty list takes
    any.

    ``assumed_risks`` are those of the summary table, such as low, medium and high; ``assumed_risk`` that of sentences.
    """

    id: Id | None = None
    outcome: Id
    title: str | None = None
    measure: MeasureCode | None = None
    model: Annotated[tuple[Literal["common", "random"], ...], Field(min_length=1)] = ("common", "random")
    common_method: Literal["MH", "IV"] = "MH"
    tau2_method: Tau2Method = "DL"
    ci_method: CiMethod = "wald"
    pi_method: PiMethod = "t(k-1)"
    level: Proportion = 0.95
    zero_cells: ZeroCells = ZeroCells.model_construct()
    designs: Annotated[tuple[Literal["randomised", "non-randomised"], ...], Field(min_length=1)] = (
        "randomised",
        "non-randomised",
    )
    by: Annotated[Text | None, BeforeValidator(_none)] = "design"
    pool_designs: Flag = False
    time_points: tuple[TimePoint, ...] = ()
    assumed_risk: AssumedRisk | None = None
    assumed_risks: tuple[NamedRisk, ...] = ()
    explore: Explore | None = None
    plot: ForestOptions = ForestOptions.model_construct()

    @property
    def key(self) -> str:
        """The id of the analysis: its own, else the outcome's."""
        return self.id or self.outcome


class SearchStrategy(Entry):
    """How one source is searched; ``since`` limits it to what came in later.

    ``accept_dropped`` are words that the source leaves out of the query, or reads in another way, and may: without it a
    search in which that happens fails.
    """

    source: Text
    query: Text
    note: str | None = None
    since: Day | None = None
    accept_dropped: tuple[Text, ...] = ()


class Highlight(Entry):
    """Words that are marked while screening: those that speak for a candidate, and those that speak against it."""

    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()


class Screening(Entry):
    """How candidates are judged: ``reviewers`` is how many have to agree.

    ``full_text``: what is included by title and abstract is judged once more by its full text. ``blind``: nobody sees
    another's decision before their own. ``reasons`` are offered for exclusions, before the criteria of eligibility.
    """

    reviewers: Positive = 1
    full_text: Flag = False
    blind: Flag = True
    reasons: tuple[Text, ...] = ()
    highlight: Highlight = Highlight()


class Services(Entry):
    """Where services are and who asks; the environment wins. A key itself never stands in a file, only its variable."""

    pubmed_url: str | None = None
    ctgov_url: str | None = None
    crossref_url: str | None = None
    europepmc_url: str | None = None
    email: str | None = None
    api_key_env: str | None = None


class Labels(Entry):
    """The words for the two sides of a plot."""

    experimental: Text = "the treatment"
    control: Text = "the control"


class ReviewFile(Entry):
    """The whole of review.yaml; ``name`` is short, and names the report's file."""

    title: Text
    name: Id | None = None
    question: Question
    eligibility: Eligibility = Eligibility.model_construct()
    authors: tuple[Text, ...] = ()
    registration: str | None = None
    dates: Dates = Dates.model_construct()
    version: str | None = None
    license: str | None = None
    funding: str | None = None
    labels: Labels = Labels.model_construct()
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    analyses: tuple[Plan, ...] = ()
    certainty: tuple[Certainty, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    search: tuple[SearchStrategy, ...] = ()
    screening: Screening = Screening.model_construct()
    services: Services = Services.model_construct()
