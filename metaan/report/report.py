"""What a report is made of, as a value: everything that any format of it says is computed from this alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..version import __version__

if TYPE_CHECKING:
    from ..registry.flow import ScreeningFlow
    from ..registry.load import Review
    from ..registry.store.numbers import SecondOpinion
    from ..synthesis.certainty import Evidence
    from ..synthesis.recompute import ReportedCheck
    from ..synthesis.values import Analysis
    from .changes.view import ChangesView


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which version of metaan a report is made, and the git commit that holds its registry, where there is one."""

    version: str = __version__
    commit: str = ""


@dataclass(frozen=True, slots=True)
class DatedSearch:
    """A search that was run: source, the day, the first day it asked for, and how many records it listed."""

    source: str
    day: str
    since: str | None
    records: int


@dataclass(frozen=True, slots=True)
class Report:
    """A review with what was computed from it and what is known of it."""

    # review, analyses: the registry, and what was pooled from it
    review: Review
    analyses: Sequence[Analysis] = ()
    # By an analysis' key what `metaan.synthesis.certainty.evidence` gives: effects per 1000, and suggestions for
    # certainty
    evidence: Mapping[str, Sequence[Evidence]] = field(default_factory=dict)
    checks: Sequence[ReportedCheck] = ()  # printed effects beside recomputed ones
    flow: ScreeningFlow | None = None  # what became of the records that searches found; None where none is kept
    searches: Sequence[DatedSearch] = ()
    # What changed since the version before, or why that is not known; None where there is no such version
    changes: ChangesView | str | None = None
    stamp: Stamp = Stamp()  # what made it
    numbers: SecondOpinion | None = None  # the last second opinion about the results; None where nobody asked for one
    sections: tuple[str, ...] | None = None  # the ids of the sections that it has; None: all

    def evidence_of(self, analysis: Analysis) -> Sequence[Evidence]:
        """Return what is computed for the results of an analysis; empty where nothing is."""
        return self.evidence.get(analysis.plan.key, ())
