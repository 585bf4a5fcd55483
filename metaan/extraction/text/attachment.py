"""Which arm each number of a sentence belongs to: said by the words between the number and the arm, or not at all.

A number goes with the arm named tightly behind it (``12% of placebo patients``) or before it (``placebo: 12%``);
numbers that are enumerated go with arms that are (``12 and 9% with the drug and placebo``), and two that are contrasted
with the two that the sentence contrasts (``lower with the drug than with placebo (9% v 12%)``). Anything else has no
arm.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .mentions import Mention
from .vocabulary import COUNTED

NEAR = 140  # characters between a number and its arm
FAR = 300  # characters between enumerated numbers and enumerated arms
_SHORT = 40  # characters in which a word of comparison stands


@dataclass(frozen=True, slots=True)
class SentenceNumber:
    """A number of a sentence; one that is ``out`` is no result of an arm, and the words go on over it."""

    start: int
    end: int
    out: bool = False
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its text, where it starts and ends, its mentions of arms, the study's arms, and their last order.

    ``earlier`` are the arms as the sentences before named all of them last.
    """

    text: str
    start: int
    end: int
    named: Sequence[Mention]
    arms: Sequence[str]
    earlier: Sequence[str] = ()


TIGHT, LOOSE, TOPIC = range(3)  # how the words between a number and its arm join them; a topic opens the sentence
Links = dict[int, tuple[str, int]]  # place of a number -> arm, and how it is joined


def attach(numbers: Sequence[SentenceNumber], sentence: Sentence) -> dict[int, tuple[str, str]]:
    """Return for the place of a number its arm, and why; a number without an arm has no entry."""
    reader = _Reader(sentence, numbers)
    singles = [run[0] for run in reader.runs if len(run) == 1]
    after = {i: link for i in singles if (link := reader.after(i))}
    before = {i: link for i in singles if (link := reader.before(i))}
    found = {i: chosen for i in singles if (chosen := _chosen(i, after, before))}
    for run in reader.runs:
        if len(run) > 1:
            found |= reader.of_run(run)
    return reader.of_the_only_arm() | found


def _chosen(i: int, after: Links, before: Links) -> tuple[str, str] | None:
    """Return the arm of a number that stands alone: in the direction in which most numbers of the sentence have one."""
    tight = [sum(way == TIGHT for _, way in links.values()) for links in (after, before)]
    behind = (tight[0], len(after)) >= (tight[1], len(before))
    first, second = (after, before) if behind else (before, after)
    if i in first:
        return first[i][0], AFTER if behind else BEFORE
    if i in second and (second[i][1] != LOOSE or second[i][0] not in {arm for arm, _ in first.values()}):
        return second[i][0], BEFORE if behind else AFTER
    return None


class _Reader:
    """One sentence and its numbers: in runs that nothing but a comma or a word such as ``and`` stands between."""

    def __init__(self, sentence: Sentence, numbers: Sequence[SentenceNumber]) -> None:
        self.sentence, self.text, self.numbers = sentence, sentence.text, numbers
        self.runs: list[list[int]] = []
        gone = [i for i, number in enumerate(numbers) if number.out]
        for run in self._joined():
            kept = self._without_start(run)
            gone += [i for i in run if i not in kept]
            self.runs += [kept] if len(kept) == len(run) or self._follow(kept) else [[one] for one in kept]
        self.places = sorted(i for run in self.runs for i in run)
        self.gone = [numbers[i] for i in sorted(gone)]

    def _joined(self) -> Iterator[list[int]]:
        run: list[int] = []
        for i, number in enumerate(self.numbers):
            if number.out:
                continue
            if run and not (run[-1] == i - 1 and self._is_joined(run[-1], i)):
                yield run
                run = []
            run.append(i)
        if run:
            yield run

    def _is_joined(self, one: int, other: int) -> bool:
        start, end = self.numbers[one].end, self.numbers[other].start
        between = self.text[start:end]
        if any(mention.start < end for mention in self._from(start)[:1]):
            return False
        return len(between) < 2 * _SHORT and bool(_JOINED.fullmatch(_without_p(between)))

    def _follow(self, run: Sequence[int]) -> bool:
        return len(run) > 1 and all(b == a + 1 for a, b in pairwise(run))

    def _without_start(self, run: list[int]) -> list[int]:
        """Leave out of ``8.3 to 7.1`` what was there before; of shares of people both, as they are a range."""
        ends = [i for i, (a, b) in enumerate(pairwise(run)) if _UNTIL.search(self._between(a, b))]
        half = len(run) // 2
        if len(run) % 2 == 0 and ends == [half - 1]:
            return run[half:] if self.numbers[run[half]].value is not None else []
        out = {run[j] for i in ends for j in (i, i + 1) if j == i or self.numbers[run[i]].value is None}
        return [i for i in run if i not in out]

    def _between(self, one: int, other: int) -> str:
        return _without_p(self.text[self.numbers[one].end : self.numbers[other].start][: 2 * _SHORT])

    def words(self, start: int, end: int) -> str:
        """Return what stands between two places, without p values and numbers that are left out."""
        words, at = "", start
        for number in self.gone[bisect_left(self.gone, start, key=lambda one: one.start) :]:
            if number.start >= end:
                break
            words += self.text[at : number.start]
            at = max(at, min(end, _OF_GONE.match(self.text, number.end, end).end()))  # type: ignore[union-attr]
        return _without_p(words + self.text[at:end])

    def after(self, i: int) -> tuple[str, int] | None:
        """The arm named behind a number, before the next number."""
        place = bisect_right(self.places, i)
        stop = self.numbers[self.places[place]].start if place < len(self.places) else self.sentence.end
        start = self.numbers[i].end
        mention = next(iter(self._from(start)), None)
        if mention is None or mention.start >= min(stop, start + FAR):
            return None
        words = self.words(start, mention.start)
        if not _PREPOSITION.search(words) and _SAID_OF_NEXT.fullmatch(self.text, mention.end, stop):
            return None
        if _GLUE_AFTER.fullmatch(words):
            return mention.arm, TIGHT
        return (mention.arm, LOOSE) if len(words) <= NEAR and _LOOSE_AFTER.fullmatch(words) else None

    def before(self, i: int) -> tuple[str, int] | None:
        """The arm named before a number, behind the number before."""
        place = bisect_left(self.places, i)
        floor = self.numbers[self.places[place - 1]].end if place else self.sentence.start
        end = self.numbers[i].start
        found = self._until(end)
        if not found or found[-1].start < max(floor, end - FAR):
            return None
        words = self.words(found[-1].end, end)
        if _GLUE_BEFORE.fullmatch(words):
            return found[-1].arm, TIGHT
        way = TOPIC if found[-1].start - self.sentence.start <= _SHORT and not place else LOOSE
        return (found[-1].arm, way) if len(words) <= NEAR and _LOOSE_BEFORE.fullmatch(words) else None

    def of_run(self, run: Sequence[int]) -> dict[int, tuple[str, str]]:
        """The arms of numbers that are enumerated or contrasted."""
        first, last, k = self.numbers[run[0]], self.numbers[run[-1]], len(run)
        arms = self._enumerated(last.end, k) or self._enumerated_before(first.start, k) or self._respectively(run)
        if not arms and k == 2:
            arms = self._contrasted(first) or self._against_the_other(run)
        if arms:
            return {i: (arm, ORDER) for i, arm in zip(run, arms)}
        if any(_CONTRAST.search(self._between(a, b)) for a, b in pairwise(run)):
            return self._on_both_sides(run)
        if (link := self.after(run[-1])) and link[1] == TIGHT and not self._goes_on(last.end):
            return dict.fromkeys(run, (link[0], AFTER))
        clause = max(first.start - FAR, self.text.rfind(";", self.sentence.start, first.start))
        named = {mention.arm for mention in self._until(first.start) if mention.start > clause}
        if (link := self.before(run[0])) and link[1] == TIGHT and len(named) == 1:
            return dict.fromkeys(run, (link[0], BEFORE))
        return {}

    def _on_both_sides(self, run: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Of two numbers the arm before the first and that behind the second: ``on the drug 3 versus 4 on placebo``."""
        if len(run) != 2:
            return {}
        first, second = self.before(run[0]), self.after(run[1])
        if first is None or second is None or first[0] == second[0] or second[1] != TIGHT:
            return {}
        return {run[0]: (first[0], BEFORE), run[1]: (second[0], AFTER)}

    def _goes_on(self, at: int) -> bool:
        """Whether the arm named behind is the first of an enumeration."""
        mentions = self._from(at)[:2]
        if not mentions or _AND_OTHERS.match(self.text, mentions[0].end, self.sentence.end):
            return True
        return len(mentions) == 2 and bool(_LISTED.fullmatch(self._apart(*mentions)))

    def _enumerated(self, at: int, k: int) -> list[str]:
        """The arms that are enumerated right behind: ``in the drug and placebo groups``."""
        mentions = self._from(at)[: k + 1]
        if len(mentions) < k or not _GLUE_AFTER.fullmatch(self.words(at, min(mentions[0].start, at + NEAR))):
            return []
        return self._listed(mentions[:k], mentions[k:])

    def _enumerated_before(self, at: int, k: int) -> list[str]:
        """The last arms that are enumerated before: ``with the drug, placebo and nothing 3, 4 and 5``."""
        mentions = [one for one in self._until(at)[-3 * k :] if at - one.start <= FAR]
        for i in range(len(mentions) - k, -1, -1):
            if self._is_compared_with(mentions[i]):
                continue
            if arms := self._listed(mentions[i : i + k], mentions[i + k : i + k + 1]):
                alone = not i or not _LISTED.fullmatch(self._apart(mentions[i - 1], mentions[i]))
                return arms if alone else []
        return []

    def _listed(self, mentions: Sequence[Mention], rest: Sequence[Mention]) -> list[str]:
        """Return the arms of mentions that are enumerated, each once and no more of them."""
        arms = [one.arm for one in mentions]
        if len(set(arms)) < len(arms) or not all(_LISTED.fullmatch(self._apart(a, b)) for a, b in pairwise(mentions)):
            return []
        more = rest and rest[0].arm not in arms and _LISTED.fullmatch(self._apart(mentions[-1], rest[0]))
        return [] if more else arms

    def _respectively(self, run: Sequence[int]) -> list[str]:
        """The arms in the order in which the sentence, or one before it, named them last, where it says so."""
        start, end = self.numbers[run[0]].start, self.numbers[run[-1]].end
        said = _RESPECTIVELY.match(self.text, end, min(self.sentence.end, end + _SHORT))
        if not said and not _RESPECTIVELY_BEFORE.search(self.text, max(self.sentence.start, start - _SHORT), start):
            return []
        before = [mention.arm for mention in self._until(start)]
        order = list(dict.fromkeys(reversed(before)))[: len(run)][::-1]
        if not before and len(self.sentence.earlier) == len(run):
            return list(self.sentence.earlier)
        return order if len(order) == len(run) == len(set(before)) else []

    def _contrasted(self, one: SentenceNumber) -> list[str]:
        """The two arms that a sentence contrasts before two numbers, the subject first."""
        before = [mention for mention in self._until(one.start)[-6:] if one.start - mention.start <= FAR]
        first = next((mention for mention in reversed(before) if mention.arm != before[-1].arm), None)
        if first is None or any(first.start < number.start < before[-1].start for number in self.numbers):
            return []
        second = next(mention for mention in before if mention.start > first.start and mention.arm != first.arm)
        inverted = self._is_compared_with(first)
        stated = _THAN_OR.search(self.text, first.end, second.start)
        if not (inverted or stated or _BRACKET.search(self.text, max(0, one.start - _SHORT), one.start)):
            return []
        return [second.arm, first.arm] if inverted and not stated else [first.arm, second.arm]

    def _is_compared_with(self, mention: Mention) -> bool:
        start = max(self.sentence.start, mention.start - _SHORT)
        return bool(_THAN.search(self.text, start, mention.start))

    def _against_the_other(self, run: Sequence[int]) -> list[str]:
        """Of two arms the one that is named, and the other: where ``higher`` or ``lower`` agrees with the numbers."""
        one, other = (self.numbers[i] for i in run)
        named = {mention.arm for mention in self.sentence.named if abs(mention.start - one.start) <= FAR}
        if len(named) != 1 or len(self.sentence.arms) != 2 or not _CONTRAST.search(self._between(*run)):
            return []
        said = list(_DIRECTION.finditer(self.text, max(self.sentence.start, one.start - NEAR), one.start))
        if not said or one.value is None or other.value is None:
            return []
        if bool(said[-1]["up"]) != (one.value > other.value) or one.value == other.value:
            return []
        [arm] = named
        return [arm, next(name for name in self.sentence.arms if name != arm)]

    def of_the_only_arm(self) -> dict[int, tuple[str, str]]:
        """All numbers of a sentence that speaks of one arm from its beginning, and compares it with nothing."""
        start, named = self.sentence.start, self.sentence.named
        if not self.places or len({mention.arm for mention in named}) != 1:
            return {}
        first, last = self.numbers[self.places[0]], self.numbers[self.places[-1]]
        if named[0].start > min(first.start, start + NEAR) or last.end - start > 2 * FAR:
            return {}
        if ":" in self.text[named[0].end : first.start] or _COMPARES.search(self.text, start, last.end):
            return {}
        return dict.fromkeys(self.places, (named[0].arm, SUBJECT))

    def _from(self, at: int) -> Sequence[Mention]:
        place = bisect_left(self.sentence.named, at, key=lambda mention: mention.start)
        return self.sentence.named[place : place + 12]

    def _until(self, at: int) -> Sequence[Mention]:
        place = bisect_right(self.sentence.named, at, key=lambda mention: mention.end)
        return self.sentence.named[max(0, place - 30) : place]

    def _apart(self, one: Mention, other: Mention) -> str:
        return self.text[one.end : other.start][:FAR]


def _without_p(words: str) -> str:
    return _P.sub("", words)


AFTER, BEFORE = "named after the number", "named before the number"
ORDER = "by the order in the sentence"
INSIDE = "named inside of the number"
SUBJECT = "the only one that the sentence speaks of"

_UNIT = r"(?:\s?(?:%|per\scent|[a-zA-Zµμ]{1,8}(?:[./·][a-zA-Z0-9()-]{1,8}){0,3}|years?|months?|weeks?|days?|hours?))"
_JOINED = re.compile(
    rf"{_UNIT}?\s?[)\]]?(?:,|,?\s(?:and|or|to|vs\.?|v\.?|versus|against|compared\s(?:with|to))|\s?/|\s?;|\s?-)\s?"
    r"(?:the\s|in\s)?[(\[]?"
)
_UNTIL = re.compile(r"(?<!compared)(?:^|\s|%)(?:to|–|-)\s")
_CONTRAST = re.compile(r"\b(?:vs?\.?|versus|against|compared)(?:\s|$)", re.IGNORECASE)
_P = re.compile(r"\s?[(\[][^()\[\]]{0,12}[pP]\s?[<>=≤≥]\s?[^()\[\]]{0,40}[)\]]|,?\s[pP]\s?[<>=≤≥]\s?0?\.\d{1,6}")
_PEOPLE = rf"{COUNTED}|treated|recipients?|users?|volunteers|groups?|arms?|doses?|therapy|period|attack|treatment"
_SMALL = (
    r"of|in|on|for|with|from|among|by|at|during|after|under|following|using|per|to|receiving|received|given|taking|took|"
    r"treated|assigned|randomi[sz]ed|allocated|the|those|who|were|was|had|all|both|and|that|this|again|who\stook|via"
)
_GLUE_AFTER = re.compile(
    rf"{_UNIT}?(?:[;,]\s\d[\d.]{{0,5}}\s?(?:-|–|to)\s?\d[\d.]{{0,5}}%?)?[)\]]{{0,2}}"
    rf"(?:[\s,]{{1,2}}(?:respectively|{_SMALL}|{_PEOPLE}|\w{{1,6}}\smonths|weeks|days|hours|\d{{1,2}}\s?(?:mg|weeks|days|months))){{0,9}}[\s(\[-]{{0,2}}"
)
_LOOSE_AFTER = re.compile(
    r"(?:[^;:.]|\.(?!\s[(A-Z])){0,140}?\b(?:in|with|on|of|for|receiving|received|given|taking|took|among|after|by|to|"
    r"from)\s(?:the\s|a\s)?"
    r"(?:[\w.]{1,12}[\s-]){0,2}[(\[]?"
)
_VERBS = (
    r"had|have|was|were|is|are|of|reported|showed|experienced|mean|median|value|values|achieved|died|gave|in|a|the|average|"
    r"score|level|rate|with|did|developed|received|led|yielded|produced|n|at|by|from|before|baseline|increased|decreased"
)
_GLUE_BEFORE = re.compile(
    rf"(?:[\s,-]{{1,2}}(?:{_PEOPLE}|alone|[A-Z]{{1,4}})){{0,3}}[\s,:=(\[]{{0,3}}"
    rf"(?:(?:{_VERBS})\b[\s,:=(\[+]{{0,3}}){{0,6}}[+−-]?"
)
_LOOSE_BEFORE = re.compile(r"(?!,?\s(?:than|compared|versus|vs\.?|over|and|or)\b)(?:[^;:.]|\.(?=\d)){0,160}")
_AND_OTHERS = re.compile(
    r"\s?,\s\w{1,15}(?:\s\w{1,15})?,?\s(?:and|or)\s|\s(?:and|or)\s[^.;,()]{0,30}\b(?:groups|arms)\b"
)
_PREPOSITION = re.compile(r"\b(?:of|in|on|with|for|among|receiving|given|taking|after|from|by)\s", re.IGNORECASE)
_SAID_OF_NEXT = re.compile(r"(?:\s(?:groups?|arm|patients))?\s?[:(\[=]{0,2}\s?")
_OF_GONE = re.compile(
    r"(?:\s?[(\[](?:at\s)?(?:baseline|before|entry)[^()\[\]]{0,20}[)\]])?(?:\s?[\w/%]{1,8})?(?:\s(?:vs\.?|to|versus)\s)?"
)
_RESPECTIVELY = re.compile(r"[\w\s/%()\[\].^-]{0,20}?,?\s?respectively")
_RESPECTIVELY_BEFORE = re.compile(r"respectively,?\s(?:(?:by|in|of|for)\s)?$")
_DIRECTION = re.compile(
    r"\b(?:(?P<up>higher|greater|more|increas\w{0,4}|longer|larger|r[oi]se\w?)|"
    r"(?:lower|less|fewer|decreas\w{0,4}|reduc\w{0,5}|shorter|smaller|fall|fell))\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    rf"(?:[\s,(/-]{{0,2}}(?:{_PEOPLE}))?[)\]]?(?:,?\s(?:and|or|vs\.?|v\.?|versus|compared\s(?:with|to)|than|against|to|"
    rf"between)|\s?[,/])(?:\s(?:and|in|with|on|the|for|of|to|those|who|took|received|receiving|{_PEOPLE}|a|then)){{0,5}}\s?"
)
_THAN = re.compile(
    r"\b(?:compared\s(?:with|to)|than|relative\sto|versus|over)\s(?:the\s|with\s|those\s|patients\s|\w{1,10}\s){0,3}$",
    re.I,
)
_THAN_OR = re.compile(r"\b(?:compared|than|relative\sto|versus|vs\.?|over|and|between|whereas|while)\b", re.IGNORECASE)
_COMPARES = re.compile(r"\b(?:compared|than|relative\sto|versus|vs\.?|between|whereas|while)\s", re.IGNORECASE)
_BRACKET = re.compile(r"[(\[:][^()\[\]]{0,38}$")
