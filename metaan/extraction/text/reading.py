"""The numbers of one sentence, without those that are no people, and each with the arm that the words give it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..proposal import Passage, ProposedCell, Value
from .attachment import INSIDE, Sentence, SentenceNumber, attach
from .circumstances import circumstances, is_size
from .mentions import Mention, mentions
from .pattern_reading import PatternMatch

if TYPE_CHECKING:
    from .suggest import ReviewContext

_WHOLE = 0.8  # of the people of an arm: a total below that is of some of them


@dataclass(frozen=True, slots=True)
class _Place:
    """A number among the matches of a sentence: which match, and which of its groups."""

    item: int
    cell: int
    start: int
    end: int


def in_sentence(
    items: Sequence[PatternMatch],
    passage: Passage,
    bounds: tuple[int, int],
    context: ReviewContext,
    earlier: Sequence[str] = (),
) -> list[PatternMatch]:
    """Return what was found in a sentence: shares of people and means with their arms, effects as they are.

    Parameters
    ----------
    items
        In the order of the text.
    passage, bounds
        The text, and where the sentence starts and ends.
    context
        The arms to look for, and their sizes.
    earlier
        All arms in the order in which the text before named them last.
    """
    text, end = passage.text, min(bounds[1], len(passage.text))
    named = mentions(text, bounds[0], end, context.arms)
    kept = [item for item in _joined(items, passage, named) if not _is_strength(item, text, named)]
    places = list(_places(kept))
    found = list(circumstances(text, (bounds[0], end), [(one.start, one.end) for one in places]))
    sizes = any(item.size is not None and item.to for item in items)
    numbers = []
    for place, one in zip(places, found):
        item = kept[place.item]
        out = not one.result or (_is_share(item, place.cell) and not one.people)
        out = out or (item.bare and (sizes or is_size(text, place.end)))
        numbers.append(SentenceNumber(place.start, place.end, out, item.value.value if item.value else None))
    arms = attach(numbers, Sentence(text, bounds[0], end, named, tuple(context.arms), earlier))
    for at, (arm, because) in arms.items():
        kept[places[at].item] = _with_arm(kept[places[at].item], places[at].cell, arm, because, context)
    none = {(p.item, p.cell) for p, one in zip(places, found) if not one.people and _is_share(kept[p.item], p.cell)}
    left = (_without(item, i, none) for i, item in enumerate(kept))
    return [_of_all(item, text, context) for item in left if item is not None]


def _of_all(item: PatternMatch, text: str, context: ReviewContext) -> PatternMatch:
    """Return a share that is said of each group as one of every arm: ``91% in both groups``."""
    if len(item.cells) != 1 or item.cells[0].arm or not _is_share(item, 0):
        return item
    said = _EACH.match(text, item.end) or _EACH_BEFORE.search(text, max(0, item.start - _APART), item.start)
    if said is None or (said["how"].casefold() == "both" and len(context.arms) != 2):
        return item
    return replace(item, cells=tuple(replace(item.cells[0], arm=arm, because=said[0].strip()) for arm in context.arms))


def _places(items: Sequence[PatternMatch]) -> Iterator[_Place]:
    for i, item in enumerate(items):
        groups: Sequence[ProposedCell | Value] = item.cells or ((item.value,) if item.value else ())
        for j, one in enumerate(groups):
            start, end = (one.span.start, one.span.end) if one.span else (item.start, item.end)
            yield _Place(i, j, start, item.end if j == len(groups) - 1 else end)


def _is_share(item: PatternMatch, cell: int) -> bool:
    """Whether a number is a percentage alone, which need not be one of people."""
    return bool(item.cells) and item.cells[cell].percent is not None and item.cells[cell].events is None


def _without(item: PatternMatch, place: int, none: set[tuple[int, int]]) -> PatternMatch | None:
    """Return a match without the groups that are none; None where nothing is left."""
    cells = tuple(cell for j, cell in enumerate(item.cells) if (place, j) not in none)
    return item if len(cells) == len(item.cells) else replace(item, cells=cells) if cells else None


def _is_strength(item: PatternMatch, text: str, named: Sequence[Mention]) -> bool:
    """Whether a share stands in the name of an arm, or is the strength of what was given: ``received 0.5% drug``."""
    if not item.cells:
        return False
    given = _GIVEN.search(text, max(0, item.start - _APART), item.start)
    return any(one.start <= item.start < one.end or (given and one.start - item.end == 1) for one in named)


def _joined(items: Sequence[PatternMatch], passage: Passage, named: Sequence[Mention]) -> Iterator[PatternMatch]:
    """Yield matches with ``Three patients in Group A (22%)`` as one."""
    last: PatternMatch | None = None
    for item in items:
        arm = last and _arm_within(last, item, passage, named)
        if last and arm:
            span = passage.span(last.start, item.end)
            cell = replace(last.cells[0], printed=span.quote, percent=item.cells[0].percent, span=span)
            last = PatternMatch(last.start, item.end, cells=(replace(cell, arm=arm, because=INSIDE),))
            continue
        if last is not None:
            yield last
        last = item
    if last is not None:
        yield last


def _arm_within(one: PatternMatch, other: PatternMatch, passage: Passage, named: Sequence[Mention]) -> str | None:
    """Return the arm between events and their percentage in brackets, where nothing else stands between."""
    if not (one.bare and len(one.cells) == len(other.cells) == 1 and _is_share(other, 0)):
        return None
    if not 0 < other.start - one.end <= _APART or passage.text[other.start - 1] != "(":
        return None
    within = [mention for mention in named if one.end <= mention.start and mention.end < other.start]
    return (
        within[0].arm if len(within) == 1 and not _WORDS_OF_OTHERS.search(passage.text, one.end, other.start) else None
    )


def _with_arm(item: PatternMatch, place: int, arm: str, because: str, context: ReviewContext) -> PatternMatch:
    if item.value is not None:
        return replace(item, value=replace(item.value, arm=arm, because=because))
    cell = item.cells[place]
    size, _ = context.sizes.get(arm, (None, ""))
    if cell.arm or (size and cell.total and cell.total < _WHOLE * size):
        return item
    cells = [*item.cells]
    cells[place] = replace(cell, arm=arm, because=because)
    return replace(item, cells=tuple(cells))


_GIVEN = re.compile(
    r"\b(?:received|receive|given|administered|applied|using|containing|drops?\sof)\s(?:either\s)?$", re.I
)
_APART = 70  # characters between events and their percentage
_GROUPS = r"(?P<how>both|each|either|all)\s(?:(?:the|of|three|four|treatment|study)\s){0,3}(?:groups?|arms?)\b"
_EACH = re.compile(
    rf"\s(?:of\s(?:the\s)?(?:patients|subjects|participants)\s)?(?:in|for|with)\s{_GROUPS}", re.IGNORECASE
)
_EACH_BEFORE = re.compile(rf"\b(?:in|for|with)\s{_GROUPS}[\s,:(]{{1,3}}(?:\w{{1,12}}\s){{0,2}}$", re.IGNORECASE)
_WORDS_OF_OTHERS = re.compile(r"[;.,]\s|\b(?:and|vs|versus|than)\b")
