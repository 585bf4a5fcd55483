"""An abstract as proposals: its numbers, put together into comparisons, each with its place and its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ..proposal import Passage, Proposal
from .grouping import grouped
from .mentions import mentions, with_short_names
from .pattern_reading import PatternMatch
from .patterns import find
from .reading import in_sentence
from .suggest import ReviewContext, arm_behind, mentioned_arm, outcomes_in, time_in

MOST = 400  # proposals of one document; what has more is no abstract
QUOTE = 600  # characters


@dataclass(frozen=True, slots=True)
class Size:
    """How many people a group has, as a text prints it; ``arm`` is a suggestion."""

    arm: str
    people: int
    quote: str


def propose(
    passages: Iterable[Passage], context: ReviewContext, document: str = "article abstract"
) -> tuple[Proposal, ...]:
    """Return what the numbers of a text may be.

    Parameters
    ----------
    passages
        The sections of an abstract, as plain text.
    context
        The arms and outcomes to recognise.
    document
        What the text is, for provenance.

    Returns
    -------
    tuple of Proposal
        In the order of the text, at most `MOST`. Effects and p values stand with the counts before them in the
        sentence, or after them where there are none before; those without counts are proposals of their own.
    """
    every = list(passages)
    known = replace(context, arms=with_short_names(context.arms, (passage.text for passage in every)))
    found = (proposal for passage in every for proposal in _in_passage(passage, known, document))
    return tuple(islice(found, MOST))


def sizes(passages: Iterable[Passage], context: ReviewContext) -> tuple[Size, ...]:
    """Return how many people each arm has, where the text says one number and the study file says none."""
    read: dict[str, dict[int, Size]] = {}
    for passage in passages:
        for item in islice(find(passage), 20 * MOST):
            if item.size is None:
                continue
            span = passage.span(item.start, item.end)
            arm = arm_behind(span, passage, context) if item.to else mentioned_arm(span, passage, context)
            if arm is not None and arm not in context.sizes:
                read.setdefault(arm, {})[item.size] = Size(arm, item.size, passage.text[item.start : item.end])
    return tuple(size for found in read.values() if len(found) == 1 for size in found.values())


def with_sizes(context: ReviewContext, read: Sequence[Size]) -> ReviewContext:
    """Return the context with the sizes that were read in the text."""
    from_text = {size.arm: (size.people, f"what the abstract prints for arm {size.arm}, {size.quote}") for size in read}
    return replace(context, sizes=context.sizes | from_text)


def _in_passage(passage: Passage, context: ReviewContext, document: str) -> Iterator[Proposal]:
    earlier: str | None = None
    order: list[str] = []
    width = max(2, len(context.arms))
    for bounds, items in _by_sentence(passage):
        order = _order(passage.text, bounds[0], context) or order
        for group in grouped(in_sentence(items, passage, bounds, context, order), width, passage.text):
            quote = _quote(passage.text, bounds, group.start, group.end)
            cells = group.cells
            yield Proposal(
                kind="counts" if cells else "values" if group.values else "effect",
                document=document,
                place=passage.place,
                quote=quote,
                cells=cells,
                values=group.values,
                reported=tuple(group.effects),
                outcomes=outcomes_in(quote, context),
                time=time_in(quote),
                earlier_time=None if time_in(quote) else earlier,
                span=passage.span(group.start, group.end),
            )
        earlier = time_in(passage.text[bounds[0] : min(bounds[1], bounds[0] + QUOTE)]) or earlier


def _order(text: str, end: int, context: ReviewContext) -> list[str]:
    """Return all arms in the order in which the text just before a sentence names them last; empty without all."""
    named = [one.arm for one in mentions(text, max(0, end - QUOTE), end, context.arms)]
    order = list(dict.fromkeys(reversed(named)))[::-1]
    return order if len(order) == len(context.arms) else []


def _by_sentence(passage: Passage) -> Iterator[tuple[tuple[int, int], list[PatternMatch]]]:
    """Yield each sentence that has numbers: where it starts and ends, and what was found in it."""
    items: list[PatternMatch] = []
    start, ends = 0, _sentence_ends(passage.text)
    end = next(ends)
    for item in islice(find(passage), 20 * MOST):
        while item.start >= end:
            if items:
                yield (start, end), items
            start, end, items = end, next(ends), []
        items.append(item)
    if items:
        yield (start, end), items


def _sentence_ends(text: str) -> Iterator[int]:
    """Yield where each sentence ends; a full stop after ``vs`` or ``al`` ends none."""
    for match in _STOP.finditer(text):
        if match["word"].casefold() not in _ABBREVIATIONS:
            yield match.end()
    yield len(text) + 1


def _quote(text: str, bounds: tuple[int, int], first: int, last: int) -> str:
    """Return the sentence, or as much of it around the numbers as is fit to print."""
    start, end = bounds[0], min(bounds[1], len(text))
    if end - start > QUOTE:
        start, end = max(start, first - QUOTE // 3), min(end, max(last, first + QUOTE // 2))
    return text[start : min(end, start + 2 * QUOTE)].strip()


#: A full stop with a space behind it in "13. 3 ± 5" is the decimal point of a scanned text.
_STOP = re.compile(
    r"(?P<word>\w{0,8})[)\]]{0,2}[.!?][)\]]?\s{1,4}(?=[A-Z0-9(])(?!(?<=\d\.\s)\d{1,2}\s?(?:±|\+\s?/\s?-|%|[);]))"
)
_ABBREVIATIONS = frozenset(
    {"vs", "v", "al", "eg", "g", "ie", "e", "no", "ca", "approx", "dr", "fig", "cf", "resp", "p"}
)
