"""The numbers of the PRISMA 2020 flow diagram (Page et al. 2021, BMJ 372:n71), from runs and decisions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .candidates_decisions import Decision, Standing, standings
from .candidates_runs import Run
from .load import Review


@dataclass(frozen=True, slots=True)
class Flow:
    """Records, and the studies that came of them; the boxes of the diagram for an updated review.

    Attributes
    ----------
    previous
        Studies in the registry that no candidate became: the review before it was living.
    identified
        Source or file format -> records, each once however many runs list it.
    known
        Records of studies that were in the registry already.
    duplicates
        Records that another one of a candidate repeats.
    screened
        Candidates that have been judged, by title and abstract or further.
    excluded
        Reason -> candidates.
    undecided
        Candidates that nobody has judged, that wait for a second opinion, or over which reviewers differ.
    included
        Candidates that became, or belong to, a study.
    studies
        Studies of the registry by their state, those of before included.
    """

    previous: int
    identified: Mapping[str, int]
    known: int
    duplicates: int
    screened: int
    excluded: Mapping[str, int]
    undecided: int
    included: int
    studies: Mapping[str, int]

    @property
    def records(self) -> int:
        """All records: the known, the duplicates, the judged and the undecided."""
        return sum(self.identified.values())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self) | {"records": self.records}


def flow(runs: Sequence[Run], decisions: Sequence[Decision], review: Review, reviewers: int = 1) -> Flow:
    """Return the numbers of the flow diagram.

    Parameters
    ----------
    runs
        Of the store; a record that several of them list counts once.
    decisions
        As they were made.
    review
        Whose studies are counted.
    reviewers
        How many have to agree.
    """
    sources = _identified(runs)
    new = dict.fromkeys(key for run in runs for key in run.new)
    known = {record for run in runs for record in run.known if record in sources}
    found = {key: standing for key, standing in standings(decisions, new, reviewers).items() if key in new}
    by_state = Counter(standing.state for standing in found.values())
    became = {standing.study for standing in found.values() if standing.state == "included"}
    return Flow(
        previous=sum(study.id not in became for study in review.studies),
        identified=dict(sorted(Counter(sources.values()).items())),
        known=len(known),
        duplicates=len(sources) - len(known) - len(new),
        screened=by_state["included"] + by_state["excluded"],
        excluded=_reasons(found),
        undecided=sum(by_state.values()) - by_state["included"] - by_state["excluded"],
        included=by_state["included"],
        studies=dict(sorted(Counter(study.status.state for study in review.studies).items())),
    )


def _identified(runs: Sequence[Run]) -> dict[str, str]:
    """Return each record once, with the source that listed it first."""
    sources: dict[str, str] = {}
    for run in runs:
        for part in run.searches:
            for identifier in part.identifiers:
                sources.setdefault(f"{part.source}:{identifier}", part.source)
        for file in run.files:
            for identifier in file.identifiers:
                sources.setdefault(identifier, "files")
    return sources


def _reasons(found: Mapping[str, Standing]) -> dict[str, int]:
    reasons = Counter(s.reason or "no reason given" for s in found.values() if s.state == "excluded")
    return dict(reasons.most_common())
