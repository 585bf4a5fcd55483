"""What a result can hold beside its arms: an effect as printed, pairs, clusters, and for whom it is.

To add a way to say how precise an effect is: its key in `Contrast`, and its entry in
`metaan.preparation.contrasts.PRECISION`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .arms import Source
from .types import (
    Bounds,
    Count,
    Entry,
    Flag,
    Id,
    MeasureCode,
    Number,
    Positive,
    Printed,
    PrintedAboveZero,
    Proportion,
    PValue,
    Text,
    fault,
)


class Contrast(Entry):
    """An effect of one arm against another, as the authors printed it, on the display scale.

    Attributes
    ----------
    measure
        A code such as HR, OR, MD; GEN for any other effect, on its analysis scale.
    estimate
        Display scale; may be absent where ``ci``, or ``o_minus_e`` with ``variance``, is there.
    se
        Its standard error, on the analysis scale: that of the logarithm for ratios.
    ci, level
        The interval on the display scale, and its coverage.
    o_minus_e, variance
        Observed less expected events, and their variance: of a log hazard ratio or of Peto's odds ratio.
    p
        Two-sided. A bound such as ``<0.001`` is kept, and gives no precision.
    adjusted_for
        What the authors adjusted for; absent where they did not.
    arms
        The ids of the two arms, the first against the second; absent: the experimental against the control arm.
    interval
        ``credible`` intervals are pooled only where the protocol allows it.
    method
        How it was estimated, in words.
    """

    measure: MeasureCode
    estimate: Printed | None = None
    se: PrintedAboveZero | None = None
    ci: Bounds | None = None
    level: Proportion = 0.95
    interval: Literal["confidence", "credible"] = "confidence"
    o_minus_e: Printed | None = None
    variance: PrintedAboveZero | None = None
    p: PValue | None = None
    adjusted_for: tuple[Text, ...] = ()
    arms: Annotated[tuple[Id, ...], Field(min_length=2, max_length=2)] | None = None
    method: str | None = None
    source: Source | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _says_how_precise(self) -> Self:
        if (self.o_minus_e is None) != (self.variance is None):
            raise fault("one of o_minus_e and variance", "allowed: both, or neither")
        if self.o_minus_e is not None and self.measure not in LOG_RANK:
            raise fault(f"o_minus_e of {self.measure}", f"allowed: of {', '.join(LOG_RANK)}")
        if self.estimate is None and self.ci is None and self.o_minus_e is None:
            raise fault("an effect without its number", "allowed: estimate with se, ci or p; o_minus_e with variance")
        if self.se is None and self.ci is None and self.o_minus_e is None and self.p is None:
            raise fault("an effect without its precision", "allowed: se, ci, p, or o_minus_e with variance")
        return self


#: Measures of which observed less expected events speak.
LOG_RANK = ("HR", "PETO", "OR")


class Clusters(Entry):
    """How people were randomised together: what the design effect is computed from.

    Attributes
    ----------
    number, average_size
        How many clusters in all arms, and their mean size; one of them gives the other.
    icc
        The intracluster correlation; ``icc_from`` says in words whose it is where it is borrowed.
    cv
        The coefficient of variation of the clusters' sizes.
    design_effect
        As it was printed, in place of all these.
    adjusted
        The numbers of the result are adjusted for clusters already.
    """

    number: Positive | None = None
    average_size: Annotated[Number, Field(ge=1)] | None = None
    icc: Annotated[Number, Field(ge=0, le=1)] | None = None
    cv: Annotated[Number, Field(ge=0)] | None = None
    design_effect: Annotated[Number, Field(ge=1)] | None = None
    icc_from: Text | None = None
    adjusted: Flag = False
    source: Source | None = None


class PairedMeans(Entry):
    """The mean of the differences within ``n`` people or pairs, experimental less control, and how precise it is."""

    n: Positive
    mean_difference: Printed
    sd: PrintedAboveZero | None = None
    se: PrintedAboveZero | None = None
    ci: Bounds | None = None
    level: Proportion = 0.95
    t: Printed | None = None
    p: PValue | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _says_how_precise(self) -> Self:
        if all(value is None for value in (self.sd, self.se, self.ci, self.t, self.p)):
            raise fault("a paired difference without its precision", "allowed: one of sd, se, ci, t, p")
        return self

    @property
    def people(self) -> int:
        """How many people, or pairs, it is of."""
        return self.n


class Pairs(Entry):
    """Pairs by whose event it was: of both, of one only, or of neither."""

    both: Count
    experimental_only: Count
    control_only: Count
    neither: Count
    source: Source | None = None

    @property
    def people(self) -> int:
        """How many pairs there are."""
        return self.both + self.experimental_only + self.control_only + self.neither


class SubgroupOfPeople(Entry):
    """For which people of the study a result is: ``name`` such as sex, ``value`` such as women."""

    name: Text
    value: Text | Number


class ScaleOfResult(Entry):
    """The instrument that was used, and whether more of it is better or worse for the patient."""

    name: Text
    higher_is: Literal["better", "worse"] | None = None
