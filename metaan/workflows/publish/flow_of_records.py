"""What the store of candidates tells a page: the counts of the flow, and when each source was searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...registry.flow import flow
from ...registry.store.decisions import read_decisions
from ...registry.store.runs import read_runs

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.store.runs import RunRecord


def flow_of_records(review: Review) -> dict[str, Any] | None:
    """Return the counts of the PRISMA flow with ``searches``, the runs of each strategy; None before the first run."""
    runs = read_runs(review.folder)
    if not runs:
        return None
    found = flow(runs, read_decisions(review.folder), review)
    return {**found.to_dict(), "searches": searches(runs)}


def searches(runs: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """Return each search that was run: source, the day, the first day it asked for, and how many records it listed."""
    return [
        {"source": part.source, "day": run.started[:10], "since": part.since, "records": part.count}
        for run in runs
        for part in run.searches
    ]
