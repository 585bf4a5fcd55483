"""The analyses of review.yaml: what each takes of the studies, how it is pooled, and what is shown beside it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from .types import (
    CiMethod,
    Entry,
    Flag,
    Id,
    MeasureCode,
    MuPriorText,
    Number,
    PiMethod,
    Proportion,
    RegressionCiMethod,
    RegressionTau2Method,
    SelectionCode,
    SmallStudyTestCode,
    Tau2Method,
    TauPriorText,
    Text,
    TrimAndFillEstimator,
    ZeroCellRule,
)


class ZeroCells(Entry):
    """What inverse variance adds to tables with a zero cell; Mantel-Haenszel adds nothing.

    Without ``add`` it is what the measure has: 0.5, and 0 for those that zero cells leave defined, such as AS.
    """

    add: Annotated[Number, Field(ge=0)] | None = None
    to: ZeroCellRule = "only0"


class AssumedRisk(Entry):
    """The risk without the treatment, as a proportion, and where it comes from; ``time`` for hazard ratios."""

    value: Proportion
    source: Text
    time: Text | None = None


class NamedRisk(AssumedRisk):
    """One of several assumed risks, such as low, medium and high."""

    name: Text


class AssumedRate(Entry):
    """The rate without the treatment: ``value`` events in ``per``, such as 1000 person-years, and where it is from."""

    value: Annotated[Number, Field(gt=0)]
    per: Text
    source: Text


class ControlRisk(Entry):
    """The risk in the control arm with which printed odds ratios are turned into risk ratios, and where it is from."""

    value: Proportion
    source: Text


class BorrowedIcc(Entry):
    """An intracluster correlation that is borrowed, and whose it is."""

    value: Annotated[Number, Field(ge=0, le=1)]
    source: Text


class Assume(Entry):
    """What nobody printed and the analysis assumes; each has its sensitivity rows.

    Attributes
    ----------
    correlation
        Of the two values of one person: before and after, or under both treatments.
    """

    correlation: Annotated[Number, Field(gt=-1, lt=1)] | None = None


class Structure(Entry):
    """How several results of one study hang together: each enters in a row of its own.

    ``CHE``: true effects vary between and within studies; sampling errors of two results of a study correlate by
    ``rho``, those of arms with one control by that control, those of subgroups of people not at all.
    ``three-level``: the same without that correlation. ``independent``: every row counts as a study.
    """

    cluster: Literal["study"] = "study"
    model: Literal["CHE", "three-level", "independent"] = "CHE"
    rho: Annotated[Number, Field(ge=0, lt=1)] = 0.6


class TestForSmallStudies(Entry):
    """One test for small-study effects; ``force`` runs it also where it is not valid, and says so."""

    test: SmallStudyTestCode
    force: Flag = False


class Regression(Entry):
    """One meta-regression. ``year`` and ``design`` exist for every study; other moderators stand in the study files.

    ``answers_question``: the review's question asks for it, so that the answer tells its result.
    """

    moderators: Annotated[list[Text], Field(min_length=1)]
    answers_question: Flag = False
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


class BayesPlan(Entry):
    """A normal-normal model with priors on the analysis scale (logarithms for ratios), beside the pooled result.

    ``tau_prior`` is that of the heterogeneity, such as ``half-normal(0.5)`` or ``log-normal-tau2(-2.5, 1.7)``;
    ``mu_prior`` that of the mean, ``normal(0, 4)`` or ``flat``. ``priors`` are further priors of the heterogeneity, a
    row each; without them the usual ones are tried. ``source`` says where the priors are from.
    """

    tau_prior: TauPriorText
    mu_prior: MuPriorText = "flat"
    interval: Literal["shortest", "central"] = "shortest"
    priors: tuple[TauPriorText, ...] = ()
    source: Text | None = None


class SelectionPlan(Entry):
    """Selection models beside the pooled result: what if studies were seen by their p-value?

    ``models`` are selection functions, a row each; ``steps`` the p-values at which a step function steps, 0.025 without
    them; ``alternative`` which effects were likelier to be seen, without it those that benefit patients.
    """

    models: tuple[SelectionCode, ...] = ("stepfun",)
    steps: tuple[Proportion, ...] = ()
    alternative: Literal["greater", "less", "two.sided"] | None = None


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


def _how(value: object) -> str:
    return "design" if isinstance(value, dict | EstimatesByDesign) else "all"


def _icc(value: object) -> str:
    return "value" if isinstance(value, dict | BorrowedIcc) else "study"


Estimates = Literal["arms", "effects", "arms-first", "effects-first", "adjusted-first"]


class EstimatesByDesign(Entry):
    """Which of several numbers of one study enters, for each group of designs."""

    randomised: Estimates = "arms-first"
    non_randomised: Annotated[Estimates, Field(alias="non-randomised")] = "adjusted-first"
    single_arm: Annotated[Estimates, Field(alias="single-arm")] = "arms-first"

    def of(self, group: str) -> Estimates:
        """Return the rule of a group of designs."""
        rule: Estimates = getattr(self, group.replace("-", "_"))
        return rule


TimePoint = Annotated[Annotated[Text, Tag("time")] | Annotated[TimeWindow, Tag("window")], Discriminator(_kind_of_time)]


class Plan(Entry):
    """One analysis of the protocol: what is pooled, and how.

    ``by`` names the subgroups: ``design``, ``none``, or a moderator of the study files. Without subgroups designs are
    still kept apart, unless ``pool_designs`` is true.

    ``time_points`` are in order of preference; ``nearest`` stands for the time that is nearest to the first of the list
    that names one, and ``{from: day 21, to: day 35}`` for a time within a window. Times are compared as times: ``day
    28``, ``28 days`` and ``4 weeks`` are one. A result at a time that is not listed is not taken; an empty list takes
    any.

    ``assumed_risks`` are those of the summary table, such as low, medium and high; ``assumed_risk`` that of sentences,
    and ``assumed_rate`` that of rates.

    Attributes
    ----------
    common_method, random_method
        MH, PETO or IV, and IV or GLMM: the mixed model of counts of one group or of two.
    estimates
        Which enters where a study has both numbers of arms and effects: one word, or one for each group of designs.
    medians
        How medians become means and standard deviations; ``exclude`` leaves them out.
    assume
        What is assumed of correlations that nobody printed.
    sd_from, icc_from
        Whose standard deviation (a study's id, or ``pooled``), and whose intracluster correlation (a study's id, or its
        value with its source), is borrowed where none was printed.
    convert, control_risk
        ``{OR: RR}`` turns printed odds ratios into risk ratios by the study's own control risk, else by that one.
    credible_intervals
        Takes effects with credible intervals as if these were confidence intervals.
    convert_units
        How much one of a unit is in the unit of the outcome, such as ``{hours: 0.041667}`` for days.
    arms
        Several arms of one role are put together (``combine``), or each stands in a row, the shared control divided.
    compare
        Two treatments of review.yaml, or two ids of arms: the first against the second.
    arm
        Which arm of a comparative study a measure of one group is of.
    within
        Pools the trials' own differences between subgroups of people, such as ``sex``.
    bayes
        A Bayesian model that is computed beside the pooled result, with its priors.
    selection
        Selection models that are computed beside the pooled result.
    values
        Which means a standardized difference takes where studies have final values and changes.
    structure
        Takes every result of the outcome that a study has (at ``time_points``; of subgroups of people where there is
        none of all), and says how they hang together.
    """

    id: Id | None = None
    outcome: Id
    title: str | None = None
    measure: MeasureCode | None = None
    model: Annotated[tuple[Literal["common", "random"], ...], Field(min_length=1)] = ("common", "random")
    common_method: Literal["MH", "IV", "PETO", "GLMM"] = "MH"
    random_method: Literal["IV", "GLMM"] = "IV"
    tau2_method: Tau2Method = "DL"
    ci_method: CiMethod = "wald"
    pi_method: PiMethod = "t(k-1)"
    level: Proportion = 0.95
    zero_cells: ZeroCells = ZeroCells.model_construct()
    designs: Annotated[tuple[Literal["randomised", "non-randomised", "single-arm"], ...], Field(min_length=1)] = (
        "randomised",
        "non-randomised",
    )
    by: Annotated[Text | None, BeforeValidator(_none)] = "design"
    pool_designs: Flag = False
    time_points: tuple[TimePoint, ...] = ()
    assumed_risk: AssumedRisk | None = None
    assumed_risks: tuple[NamedRisk, ...] = ()
    assumed_rate: AssumedRate | None = None
    estimates: (
        Annotated[Annotated[Estimates, Tag("all")] | Annotated[EstimatesByDesign, Tag("design")], Discriminator(_how)]
        | None
    ) = None
    medians: Literal["luo-wan", "qe", "bc", "exclude"] = "luo-wan"
    assume: Assume = Assume.model_construct()
    sd_from: Text | None = None
    icc_from: (
        Annotated[Annotated[Id, Tag("study")] | Annotated[BorrowedIcc, Tag("value")], Discriminator(_icc)] | None
    ) = None
    convert: dict[Literal["OR"], Literal["RR"]] = Field(default_factory=dict)
    control_risk: ControlRisk | None = None
    credible_intervals: Flag = False
    convert_units: dict[Text, Annotated[Number, Field(gt=0)]] = Field(default_factory=dict)
    arms: Literal["combine", "split"] = "combine"
    compare: Annotated[tuple[Id, ...], Field(min_length=2, max_length=2)] | None = None
    arm: Literal["experimental", "control", "all"] | None = None
    within: Text | None = None
    values: Literal["final", "change"] | None = None
    structure: Structure | None = None
    explore: Explore | None = None
    bayes: BayesPlan | None = None
    selection: SelectionPlan | None = None
    plot: ForestOptions = ForestOptions.model_construct()

    @property
    def key(self) -> str:
        """The id of the analysis: its own, else the outcome's."""
        return self.id or self.outcome

    def estimates_of(self, group: str) -> Estimates:
        """Return which numbers come first in studies of a group of designs."""
        if self.estimates is None or isinstance(self.estimates, EstimatesByDesign):
            return (self.estimates or EstimatesByDesign.model_construct()).of(group)
        return self.estimates
