"""The flow of records and studies (PRISMA 2020) as boxes, from counts that the registry holds; nothing is made up.

The boxes are text in a list, which every reader can hear; the stylesheet draws them as a diagram.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..blocks import Block, Bullets
from ..language import formats

if TYPE_CHECKING:
    from ...registry.flow import FullText, ScreeningFlow
    from ...registry.load import Review

MOST_REASONS = 12


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box: its number in words, further lines, and what leaves the flow beside it."""

    text: str
    lines: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def boxes(review: Review, flow: ScreeningFlow | None = None) -> tuple[FlowBox, ...]:
    """Return the boxes from top to bottom; those of records where searches are kept."""
    return (*(_records(flow) if flow and flow.identified else ()), *_studies(review))


def _records(flow: ScreeningFlow) -> Iterable[FlowBox]:
    before = [f"{flow.known} of studies that were in the registry already"] if flow.known else []
    before += [formats.plural(flow.duplicates, "duplicate")] if flow.duplicates else []
    sources = tuple(f"{source}: {n}" for source, n in flow.identified.items())
    removed = ("Removed before screening:", *before) if before else ()
    yield FlowBox(f"{formats.plural(flow.records, 'record')} identified", sources, removed)
    read = flow.full_text
    judged = formats.plural(flow.screened, "candidate") + " judged"
    yield FlowBox(judged + (" by title and abstract" if read else ""), (), _left(flow))
    if read:
        missing = (f"{read.not_retrieved} not retrieved",) if read.not_retrieved else ()
        yield FlowBox(f"{formats.plural(read.sought, 'full text')} sought", (), missing)
        yield FlowBox(f"{formats.plural(read.assessed, 'full text')} assessed", (), _left(read))
    studies = formats.plural(flow.previous, "study", "studies")
    previous = (f"beside {studies} of the registry before",) if flow.previous else ()
    yield FlowBox(f"{formats.plural(flow.included, 'candidate')} became or belong to a study", previous)


def _left(stage: ScreeningFlow | FullText) -> tuple[str, ...]:
    """Return what goes no further at a stage."""
    left = [f"{stage.undecided} not decided yet"] if stage.undecided else []
    excluded = (f"{sum(stage.excluded.values())} excluded:", *_most(stage.excluded)) if stage.excluded else ()
    return (*left, *excluded)


def _studies(review: Review) -> Iterable[FlowBox]:
    states = Counter(study.status.state for study in review.studies)
    reasons = Counter[str](study.design.kind for study in review.studies if study.status.state == "excluded")
    left = [f"{states['awaiting data']} awaiting data"] if states["awaiting data"] else []
    left += [f"{states['excluded']} excluded, by design:", *_most(reasons)] if states["excluded"] else []
    yield FlowBox(f"{formats.plural(len(review.studies), 'study', 'studies')} in the registry", (), tuple(left))
    kinds = Counter[str](study.design.kind for study in review.studies if study.status.state == "included")
    each = tuple(f"{kind}: {n}" for kind, n in kinds.most_common())
    yield FlowBox(f"{formats.plural(states['included'], 'study', 'studies')} included", each)


def _most(reasons: Mapping[str, int]) -> list[str]:
    """Return reasons with their numbers, the most frequent first, the rare ones together."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(n for _, n in ordered[MOST_REASONS:])
    return [f"{reason}: {n}" for reason, n in ordered[:MOST_REASONS]] + ([f"other reasons: {rest}"] if rest else [])


def flow_blocks(flow: Iterable[FlowBox]) -> Iterable[Block]:
    """Yield the boxes as a list."""
    lines = (": ".join(filter(None, (box.text, "; ".join((*box.lines, *box.aside))))) for box in flow)
    yield Bullets(tuple(lines))
