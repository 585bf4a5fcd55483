"""The flow of records and studies (PRISMA 2020) as boxes, from counts that the registry holds; nothing is made up.

The boxes are text in a list, which every reader can hear; the stylesheet draws them as a diagram.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..blocks import Block, Bullets
from ..language import formats

if TYPE_CHECKING:
    from ...registry.load import Review

MOST_REASONS = 12


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box: its number in words, further lines, and what leaves the flow beside it."""

    text: str
    lines: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def boxes(review: Review, counts: Mapping[str, Any] | None = None) -> tuple[FlowBox, ...]:
    """Return the boxes from top to bottom.

    ``counts`` are those of the records that searches found, None where no search is kept: ``previous``, ``identified``
    (source to number), ``known``, ``duplicates``, ``screened``, ``excluded`` (reason to number), ``undecided``,
    ``full_text`` (where that is a stage of its own: ``sought``, ``not_retrieved``, ``assessed``, ``excluded``,
    ``undecided``), ``included``.
    """
    return (*(_records(counts) if counts and counts.get("identified") else ()), *_studies(review))


def _records(counts: Mapping[str, Any]) -> Iterable[FlowBox]:
    identified: Mapping[str, int] = counts["identified"]
    before = [f"{counts.get('known', 0)} of studies that were in the registry already"] if counts.get("known") else []
    before += [formats.plural(counts["duplicates"], "duplicate")] if counts.get("duplicates") else []
    total = formats.plural(sum(identified.values()), "record")
    sources = tuple(f"{source}: {n}" for source, n in identified.items())
    yield FlowBox(f"{total} identified", sources, ("Removed before screening:", *before) if before else ())
    read: Mapping[str, Any] | None = counts.get("full_text")
    judged = formats.plural(counts.get("screened", 0), "candidate") + " judged"
    yield FlowBox(judged + (" by title and abstract" if read else ""), (), _left(counts))
    if read:
        missing = (f"{read['not_retrieved']} not retrieved",) if read["not_retrieved"] else ()
        yield FlowBox(f"{formats.plural(read['sought'], 'full text')} sought", (), missing)
        yield FlowBox(f"{formats.plural(read['assessed'], 'full text')} assessed", (), _left(read))
    new = formats.plural(counts.get("included", 0), "candidate")
    yield FlowBox(f"{new} became or belong to a study", _previous(counts))


def _left(counts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what goes no further at a stage."""
    excluded: Mapping[str, int] = counts.get("excluded", {})
    left = [f"{counts['undecided']} not decided yet"] if counts.get("undecided") else []
    return (*left, *([f"{sum(excluded.values())} excluded:", *_most(excluded)] if excluded else ()))


def _previous(counts: Mapping[str, Any]) -> tuple[str, ...]:
    previous = counts.get("previous", 0)
    return (f"beside {formats.plural(previous, 'study', 'studies')} of the registry before",) if previous else ()


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
