"""What a number may belong to: an arm, an outcome, a time. Suggestions from the words around it, never more.

To teach a synonym of an outcome, enter it in `SYNONYMS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..proposal import Passage, Span
from .mentions import expressions

if TYPE_CHECKING:
    from ...registry.model.public import Outcome, Study

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
    known = [(arm.id, arm.analysed, "analysed") for arm in study.arms if arm.analysed is not None]
    known += [(arm.id, arm.randomised, "randomised") for arm in study.arms if arm.randomised and arm.analysed is None]
    sizes = {arm: (size, f"the number {how} in arm {arm}") for arm, size, how in known if size}
    stems = {outcome.id: _stems(f"{outcome.id} {outcome.name}") | _synonyms(outcome) for outcome in outcomes}
    return ReviewContext(expressions(study.arms), sizes, stems)


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

    >>> time_in("28-day mortality"), time_in("At D14, 26 patients"), time_in("by wk 12"), time_in("death")
    ('day 28', 'day 14', 'week 12', None)
    """
    match = _TIME.search(text)
    if match is None:
        return "in hospital" if _IN_HOSPITAL.search(text) else None
    unit = (match["unit"] or match["unit_after"] or "day").casefold()
    return f"{_UNITS.get(unit, unit)} {int(match['number'] or match['number_d'] or match['number_before'])}"


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


#: What else an outcome is called; the beginnings of words, of at most six letters.
SYNONYMS = {
    "death": ["death", "deaths", "died", "dead", "dying", "mortal", "deceas", "fatal"],
    "ventilation": ["ventil", "intuba"],
    "serious adverse": ["sae", "saes"],
    "infection": ["infect", "bacter", "sepsis"],
}

_STEM = 6
_WORD = re.compile(r"[^\W\d_]+")
_EMPTY_WORDS = frozenset({
    "the", "and", "any", "cause", "from", "with", "for", "not", "patients", "people", "participants", "all",
    "treatment", "hospital",
})  # fmt: skip
_TIME = re.compile(
    r"\b(?P<unit>day|week|month|year|wk|mo|yr)s?\.?\s(?P<number>\d{1,4})\b|\bD(?P<number_d>\d{1,3})\b"
    r"|(?<![\w.,·])(?P<number_before>\d{1,4})(?:[\s-](?=day|week|month|wk|mo\b)|-(?=year|yr))"
    r"(?P<unit_after>day|week|month|year|wk|mo|yr)s?\b",
    re.IGNORECASE,
)
_UNITS = {"wk": "week", "mo": "month", "yr": "year"}
_IN_HOSPITAL = re.compile(r"\bin[\s-]hospital\b|\bhospital(?:isation|ization)?\s(?:mortality|death)", re.IGNORECASE)
