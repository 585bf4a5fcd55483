"""The outcomes of review.yaml: what is measured, in what unit, and how large an effect must be to matter."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ...stats.numerics.numerals import exact
from .types import (
    Entry,
    Flag,
    Id,
    MeasureCode,
    Number,
    Text,
    fault,
    of_one_arm,
)


class MinimalDifference(Entry):
    """The smallest difference that matters to patients, in one of four units, and who says so.

    Attributes
    ----------
    per_1000
        People per 1000.
    difference
        In the unit of the outcome.
    smd
        In standard deviations.
    ratio
        A ratio of the measure, such as 0.8 or 1.25.
    """

    per_1000: Annotated[Number, Field(gt=0, lt=1000)] | None = None
    difference: Annotated[Number, Field(gt=0)] | None = None
    smd: Annotated[Number, Field(gt=0)] | None = None
    ratio: Annotated[Number, Field(gt=0)] | None = None
    source: Text

    @model_validator(mode="after")
    def _has_one_unit(self) -> Self:
        given = [name for name in MID_UNITS if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"{' and '.join(given)} together" if given else "no difference"
            raise fault(found, f"allowed: exactly one of {', '.join(MID_UNITS)}")
        if self.ratio == 1:
            raise fault("ratio: 1", "allowed: a ratio below or above 1")
        return self

    @property
    def unit(self) -> str:
        """Which of the four it is in."""
        return next(name for name in MID_UNITS if getattr(self, name) is not None)

    @property
    def value(self) -> float:
        """The number."""
        return float(getattr(self, self.unit))


MID_UNITS = ("per_1000", "difference", "smd", "ratio")


class Thresholds(Entry):
    """From where on an effect is small, moderate and large, in the unit of ``mid``, and who says so."""

    small: Annotated[Number, Field(gt=0)]
    moderate: Annotated[Number, Field(gt=0)]
    large: Annotated[Number, Field(gt=0)]
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        found = [self.small, self.moderate, self.large]
        if found not in (sorted(found), sorted(found, reverse=True)) or len({*found}) < len(found):
            said = ", ".join(map(exact, found))
            raise fault(f"small, moderate, large: {said}", "allowed: each further from no effect")
        return self


class ScaleOfOutcome(Entry):
    """The scale on which standardized differences are expressed again: its range, its SD and where that is from.

    ``integers``: each person has whole points, so that a mean of them can be checked against the number of people.
    """

    name: Text
    range: Annotated[tuple[Number, ...], Field(min_length=2, max_length=2)] | None = None
    sd: Annotated[Number, Field(gt=0)] | None = None
    integers: Flag = False
    source: Text | None = None


class Outcome(Entry):
    """What was measured: its direction says whether more of it is good or bad for the patient.

    Attributes
    ----------
    direction
        Needed where two arms are compared; a measure of one group has none.
    importance
        How much it matters to patients who decide.
    mid, thresholds
        The minimal important difference, and the sizes of effects.
    unit
        Of means; results in another unit are left out unless the protocol has ``convert_units``.
    scale
        For expressing standardized mean differences again.
    """

    id: Id
    name: Text
    description: str | None = None
    direction: Literal["good", "bad"] | None = None
    measure: MeasureCode = "OR"
    time: str | None = None
    unit: str | None = None
    importance: Literal["critical", "important", "not important"] | None = None
    mid: MinimalDifference | None = None
    thresholds: Thresholds | None = None
    scale: ScaleOfOutcome | None = None

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.direction is None and not of_one_arm(self.measure):
            raise fault("'direction' is missing", "it is required here: good or bad, what more of it is for patients")
        return self
