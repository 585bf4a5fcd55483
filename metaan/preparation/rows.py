"""What preparation returns: a row that can be pooled, or why nothing of a study is taken.

To add a way to convert: its code and words in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .kinds import KINDS, PEOPLE, arms_of

if TYPE_CHECKING:
    from ..registry.model.contrasts import Contrast, PairedMeans, Pairs
    from ..registry.model.public import Result, Study

#: The kind of a row that holds an effect as printed, and no arms that were pooled.
CONTRASTS = "contrasts"

#: The kind of a row of people who had both treatments, or of matched pairs.
PAIRED = "paired"


@dataclass(frozen=True, slots=True)
class Conversion:
    """One step from what was printed to what is pooled.

    Attributes
    ----------
    method
        A key of `METHODS`.
    source, target
        From which numbers to which, under the keys of the study file.
    arm
        The id of the arm; empty where it is about an effect.
    by
        What the method needed beside, in words: the study whose standard deviation is borrowed, the assumed value.
    """

    method: str
    source: Mapping[str, float]
    target: Mapping[str, float]
    arm: str = ""
    by: str = ""

    @property
    def words(self) -> str:
        """What was done, in words."""
        return METHODS[self.method].format(by=self.by)

    def __str__(self) -> str:
        """Return it in words, with its arm."""
        return f"{self.arm}: {self.words}" if self.arm else self.words


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row that can be pooled.

    Attributes
    ----------
    study, result
        The registry's objects.
    kind
        A key of `metaan.preparation.kinds.KINDS`, `CONTRASTS` or `PAIRED`.
    data
        What is pooled, under metafor's names: effective sizes, converted standard deviations. Where ``yi`` is given it
        is only shown; empty for a contrast.
    yi, vi
        Analysis scale; None where they follow from ``data`` by the measure.
    arms
        Role to the ids of the arms that were taken.
    printed
        Role to what was printed of it, under the keys of the study file; numbers of several arms are put together.
    effect, paired
        What was printed in place of numbers of arms.
    converted, notes
        How numbers were converted, and what else the reader must know.
    label
        Which comparison, time, scale or people it is of, where a study has several rows.
    nth
        The place of its result in the file, where several results of the study enter; else None.
    variants
        The same row under other assumptions, by what is assumed: each is a row of the sensitivity table.
    beside
        What the study has of this outcome at this time that was not taken.
    """

    study: Study
    result: Result
    kind: str
    data: Mapping[str, float] = field(default_factory=dict)
    yi: float | None = None
    vi: float | None = None
    arms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    printed: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    effect: Contrast | None = None
    paired: PairedMeans | Pairs | None = None
    converted: tuple[Conversion, ...] = ()
    notes: tuple[str, ...] = ()
    label: str = ""
    nth: int | None = None
    variants: Mapping[str, Prepared] = field(default_factory=dict, repr=False, compare=False)
    beside: tuple[Prepared, ...] = field(default=(), repr=False, compare=False)

    @property
    def adjusted(self) -> bool:
        """Whether it is an effect that its authors adjusted."""
        return self.effect is not None and bool(self.effect.adjusted_for)

    @property
    def people(self) -> int:
        """How many people it is about: those of its data, else of its arms, as far as they are known."""
        if self.paired is not None or self.has(("paired",)):
            pairs = getattr(self.paired, "people", 0)  # who had both treatments counts once
            return round(pairs or arms_of(self.data).get("experimental", {}).get("total", 0))
        found = round(sum(self.data.get(name, 0) for name in PEOPLE))
        return found or sum(map(self._size, self.arm_ids))

    @property
    def values(self) -> str:
        """What its means are of: ``final`` values or the ``change``."""
        return "change" if self.has(("change",)) else self.result.values

    @property
    def arm_ids(self) -> tuple[str, ...]:
        """The ids of all its arms."""
        return tuple(arm for arms in self.arms.values() for arm in arms)

    def _size(self, arm: str) -> int:
        total = getattr(self.result.arms.get(arm), "total", None)
        known = next((one for one in self.study.arms if one.id == arm), None)
        return int(total or (known and (known.analysed or known.randomised)) or 0)

    def has(self, methods: Iterable[str]) -> bool:
        """Say whether one of the methods was needed for it."""
        return not {one.method for one in self.converted}.isdisjoint(methods)

    @property
    def said(self) -> tuple[str, ...]:
        """Conversions and notes in words, as a note of the row says them."""
        return (*dict.fromkeys(str(one) for one in self.converted if one.method not in SILENT), *self.notes)


class NotTakenError(Exception):
    """Why nothing is taken: ``code`` for programs; the words say what to change."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def words_of(kind: str) -> str:
    """Return what a row holds, in words: ``counts``, ``an effect``."""
    return {CONTRASTS: "an effect", PAIRED: "differences within people"}.get(
        kind, KINDS[kind].code if kind in KINDS else kind
    )


#: Code of a conversion to its words.
METHODS = {
    "sd-from-se": "SD from the standard error",
    "sd-from-ci": "SD from the confidence interval of the mean (t)",
    "sd-borrowed": "SD borrowed from {by}",
    "luo-wan": "mean and SD from the median ({by})",
    "qe": "mean and SD from the median (quantile estimation, McGrath 2020)",
    "change": "change from before, with an assumed correlation of {by}",
    "unit": "from {by}",
    "combined": "{by}",
    "split": "the shared group is divided among {by} comparisons",
    "design-effect": "divided by a design effect of {by}",
    "design-effect-of-se": "standard error times the root of a design effect of {by}",
    "se-from-ci": "standard error from the {by} interval",
    "se-from-p": "standard error from p ({by})",
    "se-from-t": "standard error from t",
    "log-rank": "from observed less expected events and their variance",
    "midpoint": "estimate from the middle of the interval",
    "inverted": "turned round: printed as {by}",
    "direction": "turned round: {by}",
    "RR-from-OR": "risk ratio from a printed odds ratio at a control risk of {by}; its bounds are approximate",
    "paired": "differences within people, with a correlation of {by}",
    "pairs": "marginal effect of matched pairs",
    "within": "difference between subgroups of people: {by}",
}

#: Conversions that every reader takes for granted: they stand in the data, and no note of the row says them.
SILENT = frozenset(("se-from-ci",))

#: Methods that a reader may doubt: an analysis without the studies that needed them stands in the sensitivity table.
DOUBTFUL = {
    "converted medians": ("luo-wan", "qe"),
    "borrowed standard deviations": ("sd-borrowed",),
    "risk ratios from odds ratios": ("RR-from-OR",),
}
