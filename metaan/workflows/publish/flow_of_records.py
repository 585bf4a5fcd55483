"""What the store of candidates tells a page: the counts of the flow, and when each source was searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry.flow import ScreeningFlow, flow
from ...registry.store.decisions import read_decisions
from ...registry.store.runs import read_runs
from ...report.report import DatedSearch

if TYPE_CHECKING:
    from ...registry.load import Review


def flow_of_records(review: Review) -> tuple[ScreeningFlow | None, tuple[DatedSearch, ...]]:
    """Return the counts of the PRISMA flow, and the searches that were run; nothing before the first run."""
    runs = read_runs(review.folder)
    found = flow(runs, read_decisions(review.folder), review) if runs else None
    ran = (DatedSearch(part.source, run.started[:10], part.since, part.count) for run in runs for part in run.searches)
    return found, tuple(ran)
