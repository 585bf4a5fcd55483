"""What one arm of a result holds, and where a number was read.

To add a kind of data: its model here, in `ArmData` (told apart by its keys) and in `ARMS`.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Tag, model_validator

from .spellings import meant_by
from .types import (
    Bounds,
    Count,
    Entry,
    Positive,
    Printed,
    PrintedAboveZero,
    PrintedCorrelation,
    PrintedNotNegative,
    Proportion,
    Text,
    fault,
)


class Source(Entry):
    """Where a number was read.

    Attributes
    ----------
    document, place, quote
        What was read, where in it, and its words.
    level
        ``primary``: the article itself, its abstract or its trial record; ``secondary``: another document quotes it.
    derived
        How the number follows from what was printed; absent where it stands as printed.
    """

    document: Text
    place: str | None = None
    quote: str | None = None
    level: Literal["primary", "secondary"]
    derived: str | None = None


class ArmNumbers(Entry):
    """The base of what an arm holds; ``source`` stands only where it differs from the result's."""

    @property
    def numbers(self) -> dict[str, object]:
        """What was printed of the arm, under the keys of the file."""
        return {name: value for name, value in self if value is not None and name in self.model_fields_set - _NOT_SAID}


class Counts(ArmNumbers):
    """Events among the people of one arm."""

    events: Count
    total: Positive
    source: Source | None = None

    def __str__(self) -> str:
        """Return them as words: ``9 of 37``."""
        return f"{self.events} of {self.total}"


class BaselineOfArm(Entry):
    """What an arm had before: with an assumed correlation it gives the standard deviation of the change."""

    mean: Printed
    sd: PrintedNotNegative
    total: Positive | None = None


class Means(ArmNumbers):
    """A mean with its standard deviation, or with what gives one: a standard error, or a confidence interval.

    Where none of the three was printed the study is left out with that reason, unless ``sd_from`` says in words whose
    standard deviation is borrowed. ``baseline`` is for means of final values that are to become changes.
    """

    mean: Printed
    sd: PrintedNotNegative | None = None
    se: PrintedAboveZero | None = None
    ci: Bounds | None = None
    level: Proportion = 0.95
    total: Positive
    baseline: BaselineOfArm | None = None
    source: Source | None = None

    def __str__(self) -> str:
        """Return them as words: ``12.1 (SD 4.3), n 40``."""
        spread = f"SD {self.sd}" if self.sd is not None else f"SE {self.se}" if self.se is not None else ""
        if not spread and self.ci is not None:
            spread = f"{100 * self.level:g}% CI {self.ci[0]} to {self.ci[1]}"
        return f"{self.mean} ({spread or 'no SD'}), n {self.total}"


class Medians(ArmNumbers):
    """A median with its quartiles, its range, or both."""

    median: Printed
    q1: Printed | None = None
    q3: Printed | None = None
    min: Printed | None = None
    max: Printed | None = None
    total: Positive
    source: Source | None = None

    @model_validator(mode="after")
    def _has_spread(self) -> Self:
        halves = [(self.q1, self.q3), (self.min, self.max)]
        for names, (low, high) in zip((("q1", "q3"), ("min", "max")), halves):
            if (low is None) != (high is None):
                there, gone = names if high is None else names[::-1]
                raise fault(f"{there!r} without {gone!r}", f"allowed: both, or neither of {names[0]} and {names[1]}")
        if all(low is None for low, _ in halves):
            raise fault("a median without its spread", "allowed: q1 with q3, or min with max, or all four")
        return self

    def __str__(self) -> str:
        """Return them as words: ``11 [8 to 15], n 40``."""
        pairs = [f"[{self.q1} to {self.q3}]"] if self.q1 is not None else []
        pairs += [f"(range {self.min} to {self.max})"] if self.min is not None else []
        return f"{self.median} {' '.join(pairs)}, n {self.total}"


class Rates(ArmNumbers):
    """Events in the time under observation of all people of one arm; the result says its ``time_unit``."""

    events: Count
    time: PrintedAboveZero
    total: Positive | None = None
    source: Source | None = None

    def __str__(self) -> str:
        """Return them as words: ``12 in 340``."""
        return f"{self.events} in {self.time}"


class Correlations(ArmNumbers):
    """A correlation among the people of one arm."""

    r: PrintedCorrelation
    total: Positive
    source: Source | None = None

    def __str__(self) -> str:
        """Return it as words: ``r 0.31, n 40``."""
        return f"r {self.r}, n {self.total}"


def kind_of_keys(keys: Collection[str]) -> str:
    """Return the kind of data (a key of `ARMS`) that the keys of an arm are most like.

    >>> [kind_of_keys(keys.split()) for keys in ("events total", "events time total", "mean se total", "med total")]
    ['counts', 'rates', 'means', 'medians']
    """
    meant = {key if key in _KIND_OF_OWN else meant_by(key) or key for key in keys}
    known = {kind: _OWN[kind] & meant for kind in ARMS}
    if not any(known.values()):
        near = (get_close_matches(key, _KIND_OF_OWN, 1, 0.5) for key in keys if key not in ("total", "source"))
        return next((_KIND_OF_OWN[found[0]] for found in near if found), "counts")
    return max(ARMS, key=lambda kind: len(known[kind]))


def _kind(value: object) -> str:
    if isinstance(value, ArmNumbers):
        return next(kind for kind, model in ARMS.items() if type(value) is model)
    return kind_of_keys(value.keys()) if isinstance(value, Mapping) else "counts"


def kinds_of(arms: Collection[ArmNumbers]) -> frozenset[str]:
    """Return the kinds of data that arms hold."""
    return frozenset(map(_kind, arms))


def measures_of_arms() -> Mapping[str, object]:
    """Return the measures of two arms, of the kinds of data that a study file can hold."""
    from ...stats.measures.catalogue import TWO_ARMS

    return {code: measure for kind in ARMS for code, measure in TWO_ARMS.get(kind, {}).items()}


ArmData = Annotated[
    Annotated[Counts, Tag("counts")]
    | Annotated[Means, Tag("means")]
    | Annotated[Medians, Tag("medians")]
    | Annotated[Rates, Tag("rates")]
    | Annotated[Correlations, Tag("correlations")],
    Discriminator(_kind),
]

#: Kind of data to what an arm holds. `metaan.stats.numerics.layouts.LAYOUTS` has the columns; medians become means.
ARMS: dict[str, type[ArmNumbers]] = {
    "counts": Counts, "means": Means, "medians": Medians, "rates": Rates, "correlations": Correlations,
}  # fmt: skip

_NOT_SAID = frozenset(("source", "level"))
#: The keys by which a kind is known; what two kinds have counts for both.
_OWN = {kind: frozenset(model.model_fields) - {"total", "source", "level"} for kind, model in ARMS.items()}
_KIND_OF_OWN = {key: kind for kind in reversed(ARMS) for key in sorted(_OWN[kind])}

#: Kinds that one result may hold together: medians are converted to means.
MIXING = frozenset(("means", "medians"))
