"""The numbers of the PRISMA 2020 flow diagram (Page et al. 2021, BMJ 372:n71), from runs and decisions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .store.decisions import Decision
from .store.runs import RunRecord
from .store.standing import Standing, standings

if TYPE_CHECKING:
    from .load import Review

NOT_RETRIEVED = "full text not retrieved"  # the reason at full text that PRISMA counts in a box of its own


@dataclass(frozen=True, slots=True)
class FullText:
    """Candidates that passed title and abstract: ``sought``, of which some were not retrieved, and the others assessed.

    ``excluded`` is reason -> candidates; ``undecided`` are those that nobody has judged, or not everybody.
    """

    sought: int
    not_retrieved: int
    assessed: int
    excluded: Mapping[str, int]
    undecided: int


@dataclass(frozen=True, slots=True)
class ScreeningFlow:
    """Records, and the studies that came of them; the boxes of the diagram for an updated review.

    Attributes
    ----------
    previous
        Studies in the registry that no candidate became: the review before it was living.
    identified
        Source, database of an imported file, or ``files`` -> records, each once however many runs list it.
    known
        Records of studies that were in the registry already.
    duplicates
        Records that another one of a candidate repeats.
    screened
        Candidates that have been judged by title and abstract.
    excluded
        Reason -> candidates, by title and abstract.
    undecided
        Candidates that nobody has judged so, that wait for a second opinion, or over which reviewers differ.
    full_text
        What became of those that passed; None where full texts are not a stage of their own.
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
    full_text: FullText | None
    included: int
    studies: Mapping[str, int]

    @property
    def records(self) -> int:
        """All records: the known, the duplicates, the judged and the undecided."""
        return sum(self.identified.values())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self) | {"records": self.records}


def flow(runs: Sequence[RunRecord], decisions: Sequence[Decision], review: Review) -> ScreeningFlow:
    """Return the numbers of the flow diagram.

    Parameters
    ----------
    runs
        Of the store; a record that several of them list counts once.
    decisions
        As they were made.
    review
        Whose studies are counted, and whose rules of screening hold.
    """
    sources = _identified(runs)
    new = dict.fromkeys(key for run in runs for key in run.new)
    known = {record for run in runs for record in run.known if record in sources}
    rules = review.info.screening
    found = {key: standing for key, standing in standings(decisions, new, rules).items() if key in new}
    read = any(standing.stage == "full-text" for standing in found.values())
    by_title = [standing.passed or standing for standing in found.values()]
    became = {standing.study for standing in found.values()}
    return ScreeningFlow(
        previous=sum(study.id not in became for study in review.studies),
        identified=dict(sorted(Counter(sources.values()).items())),
        known=len(known),
        duplicates=len(sources) - len(known) - len(new),
        screened=sum(standing.decided for standing in by_title),
        excluded=_reasons(by_title),
        undecided=sum(not standing.decided for standing in by_title),
        full_text=_full_text(list(found.values())) if rules.full_text or read else None,
        included=sum(standing.state == "included" for standing in found.values()),
        studies=dict(sorted(Counter(study.status.state for study in review.studies).items())),
    )


def _full_text(found: Sequence[Standing]) -> FullText:
    """Count the second stage; a study from before there was one has been read too."""
    sought = [one for one in found if one.stage == "full-text" or one.state == "included"]
    excluded = _reasons(sought)
    missing = excluded.pop(NOT_RETRIEVED, 0)
    undecided = sum(not standing.decided for standing in sought)
    return FullText(len(sought), missing, len(sought) - missing - undecided, excluded, undecided)


def _identified(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return each record once, with the source that listed it first."""
    sources: dict[str, str] = {}
    for run in runs:
        for part in run.searches:
            for identifier in part.identifiers:
                sources.setdefault(f"{part.source}:{identifier}", part.source)
        for file in run.files:
            for identifier in file.identifiers:
                sources.setdefault(identifier, file.database or "files")
    return sources


def _reasons(found: Iterable[Standing]) -> dict[str, int]:
    reasons = Counter(s.reason or "no reason given" for s in found if s.state == "excluded")
    return dict(reasons.most_common())
