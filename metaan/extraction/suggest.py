"""What a number may belong to: an arm, an outcome, a time. Suggestions from the words around it, never more.

To teach a synonym of an outcome, enter it in `SYNONYMS`; of a role, in `ROLE_WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .proposal import Passage, ProposedCell, Span

if TYPE_CHECKING:
    from ..registry.model.public import Outcome, Study

NEAR = 90  # characters on each side of a number in which a group is looked for


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """What the study and the review are about, prepared once for all proposals.

    Attributes
    ----------
    arms
        Id of an arm -> the expression that finds a mention of it.
    sizes
        Id of an arm -> how many people it has, and where that is known from.
    outcomes
        Id of an outcome -> the beginnings of its words.
    """

    arms: dict[str, re.Pattern[str]]
    sizes: dict[str, tuple[int, str]]
    outcomes: dict[str, frozenset[str]]


def context_of(study: Study, outcomes: Iterable[Outcome]) -> ReviewContext:
    """Return what there is to be recognised."""
    words = {arm.id: _words(f"{arm.id} {arm.name}") for arm in study.arms}
    arms = {}
    for arm in study.arms:
        others = {word for other, found in words.items() if other != arm.id for word in found}
        own = [re.escape(word) for word in sorted(words[arm.id] - others - _COMMON_WORDS)]
        arms[arm.id] = re.compile(r"\b(?:" + "|".join([*own, *ROLE_WORDS[arm.role]]) + r")", re.IGNORECASE)
    known = [(arm.id, arm.analysed, "analysed") for arm in study.arms if arm.analysed is not None]
    known += [(arm.id, arm.randomised, "randomised") for arm in study.arms if arm.randomised and arm.analysed is None]
    sizes = {arm: (size, f"the number {how} in arm {arm}") for arm, size, how in known if size}
    stems = {outcome.id: _stems(f"{outcome.id} {outcome.name}") | _synonyms(outcome) for outcome in outcomes}
    return ReviewContext(arms, sizes, stems)


def _synonyms(outcome: Outcome) -> frozenset[str]:
    name = f"{outcome.id} {outcome.name}".casefold()
    return frozenset(stem for key, stems in SYNONYMS.items() if key in name for stem in stems)


def outcomes_in(text: str, context: ReviewContext, most: int = 3) -> tuple[str, ...]:
    """Return the outcomes of the review that a text may speak of, the likeliest first."""
    found = _stems(text)
    scores = {outcome: len(stems & found) for outcome, stems in context.outcomes.items()}
    named = [outcome for outcome, score in scores.items() if score]
    return tuple(sorted(named, key=lambda outcome: (-scores[outcome], len(context.outcomes[outcome])))[:most])


def time_in(text: str) -> str | None:
    """Return the time point that a text names first, in the registry's spelling.

    >>> time_in("28-day mortality"), time_in("At D14, 26 patients"), time_in("by week 12"), time_in("death")
    ('day 28', 'day 14', 'week 12', None)
    """
    match = _TIME.search(text)
    if match is None:
        return "in hospital" if _IN_HOSPITAL.search(text) else None
    unit = (match["unit"] or match["unit_after"] or "day").casefold()
    return f"{unit} {int(match['number'] or match['number_d'] or match['number_before'])}"


def with_arms(
    cells: Sequence[ProposedCell], passage: Passage, bounds: tuple[int, int], context: ReviewContext
) -> tuple[ProposedCell, ...]:
    """Return the cells with the arm that each may belong to, and why.

    Parameters
    ----------
    cells
        The groups of one comparison, in the order of the text.
    passage, bounds
        The text, and where the sentence starts and ends.
    context
        The arms to look for.
    """
    ids = list(context.arms)
    for windows, because in ((_after, "named after the number"), (_before, "named before the number")):
        found = [_mentioned(text, context) for text in windows(cells, passage.text, bounds)]
        if None not in found and len(set(found)) == len(found):
            return tuple(replace(cell, arm=arm, because=because) for cell, arm in zip(cells, found))
    if len(cells) != len(ids):
        return tuple(cells)
    start, end = max(bounds[0], cells[0].span.start - 300), min(bounds[1], cells[-1].span.end + 300)  # type: ignore[union-attr]
    mentions = {arm: pattern.search(passage.text, start, end) for arm, pattern in context.arms.items()}
    ordered = _in_order({arm: match for arm, match in mentions.items() if match}, passage.text)
    if len(ordered) == len(ids):
        return tuple(replace(c, arm=arm, because="by the order in the sentence") for c, arm in zip(cells, ordered))
    return tuple(replace(c, arm=arm, because=WEAK) for c, arm in zip(cells, ids))


def _in_order(mentions: Mapping[str, re.Match[str]], text: str) -> list[str]:
    """Return the arms in the order of their mentions, where these are enumerated: ``in the drug and placebo groups``.

    Elsewhere the order says nothing: ``compared with placebo, the drug ...``.
    """
    ordered = sorted(mentions, key=lambda arm: mentions[arm].start())
    between = [text[mentions[a].end() : mentions[b].start()] for a, b in pairwise(ordered)]
    return ordered if all(len(words) <= NEAR and _JOINED.search(words) for words in between) else []


def _after(cells: Sequence[ProposedCell], text: str, bounds: tuple[int, int]) -> list[str]:
    """The words after each number, up to the next one."""
    spans = [cell.span for cell in cells if cell.span]
    ends = [*(span.start for span in spans[1:]), bounds[1]]
    return [text[span.end : min(end, span.end + NEAR)] for span, end in zip(spans, ends)]


def _before(cells: Sequence[ProposedCell], text: str, bounds: tuple[int, int]) -> list[str]:
    """The words before each number, back to the one before."""
    spans = [cell.span for cell in cells if cell.span]
    starts = [bounds[0], *(span.end for span in spans[:-1])]
    return [text[max(start, span.start - NEAR) : span.start] for span, start in zip(spans, starts)]


def _mentioned(text: str, context: ReviewContext) -> str | None:
    """Return the arm that is mentioned first, None where none is."""
    found = {arm: match.start() for arm, pattern in context.arms.items() if (match := pattern.search(text))}
    return min(found, key=found.__getitem__) if found else None


def mentioned_arm(span: Span, passage: Passage, context: ReviewContext) -> str | None:
    """Return the arm whose size a number is: the one named last before it, else first after it."""
    before = passage.text[max(0, span.start - NEAR) : span.start]
    last = {
        arm: starts[-1].start() for arm, pattern in context.arms.items() if (starts := list(pattern.finditer(before)))
    }
    if last:
        return max(last, key=last.__getitem__)
    return _mentioned(passage.text[span.end : span.end + NEAR], context)


def arm_behind(span: Span, passage: Passage, context: ReviewContext) -> str | None:
    """Return the arm that is named right behind ``40 to the``."""
    return _mentioned(passage.text[span.end : span.end + 25], context)


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if len(word) > 2)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _words(text) - _EMPTY_WORDS)


WEAK = "by the order of the arms alone"

ROLE_WORDS = {
    "control": [
        "control", "placebo", "usual care", "standard of care", "standard care", "standard treatment", "o?soc",
        "comparator", "untreated",
    ],
    "experimental": ["intervention", "experimental", "active treatment", "treatment group", "treatment arm"],
}  # fmt: skip

#: What else an outcome is called; the beginnings of words, of at most six letters.
SYNONYMS = {
    "death": ["death", "deaths", "died", "dead", "dying", "mortal", "deceas", "fatal", "surviv"],
    "ventilation": ["ventil", "intuba"],
    "serious adverse": ["sae", "saes"],
    "infection": ["infect", "bacter", "sepsis"],
}

_STEM = 6
_JOINED = re.compile(r"\b(?:and|or|vs|versus)\b|/")
_WORD = re.compile(r"[^\W\d_]+")
_COMMON_WORDS = frozenset(
    {"the", "and", "plus", "with", "arm", "group", "care", "treatment", "standard", "usual", "daily"}
)
_EMPTY_WORDS = frozenset({
    "the", "and", "any", "cause", "from", "with", "for", "not", "patients", "people", "participants", "all",
    "treatment", "hospital",
})  # fmt: skip
_TIME = re.compile(
    r"\b(?P<unit>day|week|month|year)s?\s(?P<number>\d{1,4})\b|\bD(?P<number_d>\d{1,3})\b"
    r"|(?<![\w.,·])(?P<number_before>\d{1,4})(?:[\s-](?=day|week|month)|-(?=year))(?P<unit_after>day|week|month|year)s?\b",
    re.IGNORECASE,
)
_IN_HOSPITAL = re.compile(r"\bin[\s-]hospital\b|\bhospital(?:isation|ization)?\s(?:mortality|death)", re.IGNORECASE)
