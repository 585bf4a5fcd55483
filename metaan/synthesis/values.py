"""The values between synthesis and report: what was pooled, from which study, with what outcome.

`metaan.synthesis.analyse` makes them, `metaan.report` and the command line read them. Nothing here computes a
statistic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..preparation.kinds import people_of
from ..stats.measures.effects import Interval
from ..stats.numerics.notebook import html
from ..stats.pooling.result import Pooled
from ..stats.pooling.tau2_ci import HeterogeneityCI
from .lead import NOTHING, Lead, favoured, leading

if TYPE_CHECKING:
    from ..preparation.rows import Prepared
    from ..registry.model.public import Certainty, Outcome, Plan, PublishedPool, Result, Study
    from ..stats.regression.result import MetaRegression
    from ..stats.robustness.gosh_result import Gosh
    from ..stats.robustness.influence import Baujat, Influence
    from ..stats.robustness.multiverse import Multiverse
    from ..stats.robustness.sequence_result import Refits
    from ..stats.selection.result import SelectionModel
    from ..stats.small_studies.tests_of_asymmetry import SmallStudyTest
    from ..stats.small_studies.trimfill import TrimAndFill
    from .belief import Believed


def _short(estimate: float, ci: Interval | None) -> str:
    return f"{estimate:.4g}" + (f" [{ci.lb:.4g}, {ci.ub:.4g}]" if ci else "")


@dataclass(frozen=True, slots=True, repr=False)
class StudyRow:
    """One study in one analysis.

    Attributes
    ----------
    study, result
        The registry's objects: the study, and the result of it that was taken.
    design
        ``"randomised"`` or ``"non-randomised"``.
    data
        What was pooled, under metafor's names; `metaan.preparation.kinds` knows them.
    yi, vi
        Analysis scale; None where the study has no effect size.
    estimate, ci
        Display scale, with a Wald interval; None where the study has no effect size.
    weight_common, weight_random
        Percent within its pool; None where it does not enter.
    note
        What the reader must know of this row, such as no events in either arm.
    flag
        ``"retraction"`` or ``"concern"`` where such a notice is published about the study.
    prepared
        How the numbers were taken and converted; None where they came from arrays.
    """

    study: Study
    result: Result
    design: str
    data: Mapping[str, float]
    yi: float | None = None
    vi: float | None = None
    estimate: float | None = None
    ci: Interval | None = None
    weight_common: float | None = None
    weight_random: float | None = None
    note: str | None = None
    flag: str | None = None
    prepared: Prepared | None = None

    def __repr__(self) -> str:
        shown = "no effect" if self.estimate is None else _short(self.estimate, self.ci)
        return f"StudyRow {self.label}: {shown}"

    @property
    def id(self) -> str:
        """The study's id."""
        return self.study.id

    @property
    def label(self) -> str:
        """The study's label, with the comparison where a study has several rows."""
        of = self.prepared.label if self.prepared else ""
        return f"{self.study.label} ({of})" if of else self.study.label

    @property
    def row(self) -> str:
        """What tells it from every other row: the study's id, with comparison and result where a study has several."""
        if self.prepared is None or not self.prepared.label:
            return self.study.id
        nth = () if self.prepared.nth is None else (f"result{self.prepared.nth + 1}",)
        return "--".join((self.study.id, *self.prepared.arms.get("experimental", ()), *nth))

    @property
    def people(self) -> int:
        """How many people it is about, 0 where nothing says so."""
        return people_of([self.data]) or (self.prepared.people if self.prepared else 0)

    @property
    def enters(self) -> bool:
        """Whether a result has it: by its effect, or by its table where Mantel-Haenszel needs no more."""
        return self.yi is not None or self.weight_common is not None


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader must know of an analysis; what is done with it is decided by its code, never by its words.

    Attributes
    ----------
    code
        ``"flagged"``, ``"unconfirmed"``, ``"designs apart"`` (no total over designs) or ``"no result"`` (of a method).
    text
        The words, without a capital and a full stop.
    study
        The id of the study that it is about; None where it is about the whole.
    """

    code: str
    text: str
    study: str | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A study that an analysis leaves out, and why."""

    id: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The studies pooled another way; ``differs`` where its conclusion is not that of the protocol's result.

    ``without`` names the studies that are left out, because they are retracted or under concern; ``assuming`` says what
    else is not as in the protocol's result: another assumption, or only the studies that needed none.
    """

    name: str
    fit: Pooled
    differs: bool
    without: tuple[str, ...] = ()
    assuming: str = ""


@dataclass(frozen=True, slots=True)
class Absolute:
    """The effect per 1000 people, at an assumed risk.

    Attributes
    ----------
    assumed_risk, source
        The risk without the treatment, as a proportion, and where it comes from.
    estimate, ci
        More (positive) or fewer (negative) people with the event per 1000.
    """

    assumed_risk: float
    source: str
    estimate: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was asked for and could not be answered; ``message`` says beside the reason how a caller gets it."""

    what: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Exploration:
    """What the protocol asks for beside the pooled result; None or empty where it was not asked for, or refused.

    ``plots`` holds the plots asked for.
    """

    leave_one_out: Refits | None = None
    cumulative: Refits | None = None
    influence: tuple[Influence, Baujat] | None = None
    small_study_tests: tuple[SmallStudyTest, ...] = ()
    trim_and_fill: TrimAndFill | None = None
    regressions: tuple[MetaRegression, ...] = ()
    gosh: Gosh | None = None
    multiverse: Multiverse | None = None
    bayes: Believed | None = None
    selection: tuple[SelectionModel, ...] = ()
    refused: tuple[Refusal, ...] = ()
    plots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Pool:
    """One pool of studies: a block of the forest plot.

    Attributes
    ----------
    name
        The subgroup (``"randomised"``), or ``""`` for all studies.
    rows
        Its studies in the order they are shown, those that do not enter included.
    fits
        The pooled results by model, in the order they are shown; empty where there is nothing to pool (``reason``).
    tau2_ci
        Heterogeneity with its intervals; None below two studies.
    sensitivity
        Other methods on the same studies, the protocol's own not among them.
    absolute
        The protocol's result per 1000 people; None for measures without risks.
    reason
        Why nothing is pooled: no study, or one.
    exploration
        What the protocol asks for beside; None where it asks for nothing.
    remarks
        What the reader must know of its results.
    certainty
        The judgement that people signed of its result; None where nobody did.
    """

    name: str
    rows: tuple[StudyRow, ...]
    fits: Mapping[str, Pooled] = field(default_factory=dict)
    tau2_ci: HeterogeneityCI | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    absolute: Absolute | None = None
    reason: str | None = None
    exploration: Exploration | None = None
    remarks: tuple[Remark, ...] = ()
    certainty: Certainty | None = None

    def __repr__(self) -> str:
        got = self.lead
        shown = _short(got.estimate, got.ci) if got else self.reason or "no result"
        return f"Pool {self.name or 'of all studies'}: k = {self.k}, {shown}"

    @property
    def common(self) -> Pooled | None:
        """The common-effect result; None without one."""
        return self.fits.get("common")

    @property
    def random(self) -> Pooled | None:
        """The random-effects result; None without one."""
        return self.fits.get("random")

    @property
    def k(self) -> int:
        """The number of studies that have an effect size."""
        return len({row.id for row in self.rows if row.yi is not None})

    @property
    def answering(self) -> tuple[StudyRow, ...]:
        """The studies of what it answers with: of a common effect those that it weighs, by their effect or table."""
        weighed = self.fit is not None and self.fit is self.common
        return tuple(row for row in self.rows if (row.weight_common if weighed else row.yi) is not None)

    @property
    def studies(self) -> int:
        """How many studies the `answering` rows are of."""
        return len({row.id for row in self.answering})

    @property
    def people(self) -> int:
        """How many people the `answering` studies have together, 0 where nothing says how many.

        Rows of one result, or of subgroups, are of different people; of several results the largest counts, and
        a control that rows of one result share once.
        """
        of: dict[str, dict[object, int]] = {}
        controls: set[object] = set()
        for row in self.answering:
            apart = "subgroups" if row.result.subgroup is not None else id(row.result)
            results = of.setdefault(row.id, {})
            seen = (row.id, apart, row.prepared.arms.get("control") if row.prepared else None)
            twice = (
                row.data.get("n2i", 0) if seen in controls and row.prepared and not row.prepared.has(("split",)) else 0
            )
            controls.add(seen)
            results[apart] = results.get(apart, 0) + row.people - round(twice)
        return sum(max(results.values()) for results in of.values())

    @property
    def fit(self) -> Pooled | None:
        """The pooled result that it answers with; None where nothing is pooled."""
        return self.fits[leading(self.fits)] if self.fits else None

    @property
    def lead(self) -> Lead | None:
        """What it answers with: its pooled result, else its only study, else nothing."""
        if (fit := self.fit) is not None:
            return Lead(fit.display.estimate, fit.display.ci, fit.display.pi, fit)
        alone = [Lead(row.estimate, row.ci, study=row.id) for row in self.rows if row.estimate is not None and row.ci]
        return alone[0] if len(alone) == 1 else None


@dataclass(frozen=True, slots=True)
class SubgroupTest:
    """The test for subgroup differences: between-group Q, degrees of freedom and p, for each model that has one.

    ``without`` names the groups that are shown and not tested: what they have in common is not stated.
    """

    by: str
    by_model: Mapping[str, tuple[float, int, float]]
    without: tuple[str, ...] = ()

    @property
    def common(self) -> tuple[float, int, float] | None:
        """The test under common effects; None without one."""
        return self.by_model.get("common")

    @property
    def random(self) -> tuple[float, int, float] | None:
        """The test under random effects; None without one."""
        return self.by_model.get("random")

    @property
    def lead(self) -> tuple[float, int, float] | None:
        """The test under the model that a pool answers with; None where there is no test."""
        return self.by_model[leading(self.by_model)] if self.by_model else None


@dataclass(frozen=True, slots=True)
class PublishedReference:
    """A published pool of a review, drawn beside the studies and never pooled with them."""

    study: Study
    pool: PublishedPool


@dataclass(frozen=True, slots=True, repr=False)
class Analysis:
    """One analysis of the protocol.

    Attributes
    ----------
    outcome, plan
        The registry's outcome and what the protocol says.
    measure
        A key of `metaan.stats.measures.catalogue.MEASURES`.
    level
        Coverage of all intervals.
    pools
        The subgroups (one without a name where there are none).
    overall
        All studies in one pool; None where the protocol keeps subgroups apart and there is more than one.
    by
        What the subgroups are by (``"design"``), or None.
    excluded, references, remarks
        What is left out, what is drawn beside, and what the reader must know.
    """

    outcome: Outcome
    plan: Plan
    measure: str
    level: float
    pools: tuple[Pool, ...]
    overall: Pool | None = None
    by: str | None = None
    subgroup_test: SubgroupTest | None = None
    excluded: tuple[Excluded, ...] = ()
    references: tuple[PublishedReference, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __repr__(self) -> str:
        head = f"Analysis {self.plan.key}: {self.measure}, k = {self.k}"
        return "\n".join([head, *(f"  {pool!r}" for pool in self.results)])

    def _repr_html_(self) -> str:
        rows = [(pool, row) for pool in self.pools for row in pool.rows]
        columns: dict[str, list[object]] = {
            "study": [row.label for _, row in rows],
            "subgroup": [pool.name for pool, _ in rows],
            self.measure: ["" if row.estimate is None else _short(row.estimate, row.ci) for _, row in rows],
            "weight, common": [row.weight_common for _, row in rows],
            "weight, random": [row.weight_random for _, row in rows],
            "note": [row.note for _, row in rows],
        }
        return html(repr(self), {name: held for name, held in columns.items() if any(held)})

    @property
    def results(self) -> tuple[Pool, ...]:
        """The pools that answer: all of them, and the overall one after them where the protocol has it."""
        return self.pools if self.overall is None else (*self.pools, self.overall)

    @property
    def whole(self) -> Pool | None:
        """The pool of all studies; None where several are kept apart."""
        return self.results[-1] if self.overall is not None or len(self.pools) == 1 else None

    def favoured(self, ci: Interval | None) -> str:
        """Return which arm an interval on the display scale favours, as `metaan.synthesis.lead.favoured`."""
        return favoured(ci, self.measure, self.outcome.direction)

    def verdict(self, pool: Pool) -> str:
        """Return which arm the result of a pool favours; ``"nothing"`` where it has none."""
        got = pool.lead
        return NOTHING if got is None else self.favoured(got.ci)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The remarks in words."""
        return tuple(remark.text for remark in self.remarks)

    @property
    def rows(self) -> tuple[StudyRow, ...]:
        """All study rows, pool after pool."""
        return tuple(row for pool in self.pools for row in pool.rows)

    @property
    def title(self) -> str:
        """What the protocol calls it, else its outcome."""
        return self.plan.title or self.outcome.name

    @property
    def k(self) -> int:
        """The number of studies that have an effect size."""
        return sum(pool.k for pool in self.pools)
