"""Which studies analyses leave out, each reason once for all studies and outcomes that share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import formats
from .words import lower_first

if TYPE_CHECKING:
    from ...synthesis.values import Analysis


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Studies that are left out for one reason; ``outcomes`` is empty where that is so in every analysis."""

    studies: tuple[str, ...]
    reason: str
    outcomes: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as a sentence."""
        of = f" of {formats.listing(self.outcomes)}" if self.outcomes else ""
        return f"Left out{of} ({self.reason}): {formats.listing(self.studies)}."


def left_out(analyses: Sequence[Analysis]) -> tuple[LeftOut, ...]:
    """Return what analyses leave out, studies together that share a reason in the same analyses."""
    where: dict[tuple[str, str], list[str]] = {}
    for analysis in analyses:
        name = lower_first(analysis.title)
        for one in analysis.excluded:
            where.setdefault((one.label, one.reason), []).append(name)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, reason), names in where.items():
        outcomes = () if len(names) == len(analyses) else tuple(names)
        together.setdefault((reason, outcomes), []).append(label)
    return tuple(LeftOut(tuple(labels), reason, names) for (reason, names), labels in together.items())
