"""What an analysis asks of every study: its plan, outcome and measure, and what follows from all studies together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..registry.model.types import of_one_arm
from ..stats.measures.catalogue import STANDARDIZED as OF_TWO_ARMS
from ..stats.measures.matched import MATCHED
from ..stats.measures.paired import PAIRED
from .kinds import kind_of_measure

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import Outcome, Plan, Result, Study

#: Measures in events per time.
PER_TIME = frozenset(("IRD", "IRSD", "IR", "IRLN", "IRS", "IRFT"))

#: Measures in standard deviations, within people too: these differ between final values and changes, and a scale has
#: two ends.
STANDARDIZED = frozenset((*OF_TWO_ARMS, "SMCC", "SMCR", "SMCRH", "SMCRP", "SMCRPH"))


@dataclass(frozen=True)
class Asked:
    """What an analysis asks of a study.

    Attributes
    ----------
    plan, outcome, measure
        Of the protocol; ``measure`` is the plan's own or the outcome's.
    studies
        All studies of the review, for what is borrowed from one by another.
    treatments
        The ids of the review's treatments.
    unconfirmed
        Whether numbers that no person has confirmed are taken.
    """

    plan: Plan
    outcome: Outcome
    measure: str
    studies: tuple[Study, ...] = ()
    treatments: tuple[str, ...] = ()
    unconfirmed: bool = False
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        found = kind_of_measure(self.measure)
        object.__setattr__(self, "kind", found.code if found else "")

    @classmethod
    def of(cls, review: Review, plan: Plan, unconfirmed: bool = False) -> Asked:
        """Return what an analysis of a review asks."""
        treatments = tuple(treatment.id for treatment in review.info.treatments)
        return cls(plan, review.outcome(plan.outcome), review.measure(plan), review.studies, treatments, unconfirmed)

    @property
    def shares_controls(self) -> bool:
        """Whether a control that several rows share stays whole: their covariance says that it is shared."""
        return self.plan.structure is not None and self.plan.structure.model == "CHE"

    @property
    def one_arm(self) -> bool:
        """Whether the measure is of one group."""
        return of_one_arm(self.measure)

    @property
    def of_pairs(self) -> bool:
        """Whether the measure is one of pairs, and of nothing else."""
        return self.measure in MATCHED or self.measure in PAIRED

    @property
    def designs(self) -> tuple[str, ...]:
        """The groups of designs that are taken; a measure of one group takes single-arm studies unless told not to."""
        alone = self.one_arm and "designs" not in self.plan.model_fields_set
        return (*self.plan.designs, "single-arm") if alone else self.plan.designs

    @cached_property
    def unit(self) -> str | None:
        """The unit of the outcome, else the first that a study states."""
        stated = (result.unit for _, result in self.results())
        return self.outcome.unit or next(filter(None, stated), None)

    @cached_property
    def time_unit(self) -> str | None:
        """The unit of time of rates: the first that a study states."""
        return next(filter(None, (result.time_unit for _, result in self.results())), None)

    @cached_property
    def values(self) -> str | None:
        """What standardized differences are of: the plan's, else final values where a study has some."""
        if self.plan.values is not None:
            return self.plan.values
        return "final" if any(r.values == "final" and r.kinds & MEANS for _, r in self.results()) else None

    def results(self) -> Iterator[tuple[Study, Result]]:
        """Yield the results of the outcome, of all studies that take part."""
        for study in self.studies:
            if study.status.state != "excluded":
                yield from ((study, result) for result in study.results if result.outcome == self.plan.outcome)


#: The kinds of arms that hold means, or what becomes one.
MEANS = frozenset(("means", "medians"))
