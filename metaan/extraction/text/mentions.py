"""Where a text names the arms of a study: by their own words, doses, codes, groups, and the short names it gives them.

To teach a word for a role, enter it in `ROLE_WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...registry.model.public import Arm


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a text that names an arm."""

    arm: str
    start: int
    end: int


def expressions(arms: Sequence[Arm]) -> dict[str, re.Pattern[str]]:
    """Return for each arm the expression that finds a mention of it: what is its own, and of no other arm.

    An arm that has no word of its own is found by its role, or by its name with ``alone``.
    """
    names = {arm.id: f"{arm.id.replace('-', ' ')} {arm.name}" for arm in arms}
    found = {}
    for arm in arms:
        others = [name for other, name in names.items() if other != arm.id]
        alone = [other for other in arms if other.role == arm.role] == [arm]
        roles = [] if not alone or any(_names_role(name, arm.role) for name in others) else ROLE_WORDS[arm.role]
        own = _own(names[arm.id], others) or _phrases(names[arm.id], others, arm.name)
        found[arm.id] = _expression([*own, *roles] or _shared(names[arm.id]))
    return found


def mentions(text: str, start: int, end: int, arms: Mapping[str, re.Pattern[str]]) -> list[Mention]:
    """Return the mentions in a stretch of a text, in its order; a name and the dose behind it are one."""
    every = (Mention(arm, *m.span()) for arm, pattern in arms.items() for m in pattern.finditer(text, start, end))
    found: list[Mention] = []
    for one in sorted(every, key=lambda mention: (mention.start, -mention.end)):
        last = found[-1] if found else None
        if last is not None and one.start < last.end:
            continue
        if last is not None and last.arm == one.arm and _TOGETHER.fullmatch(text, last.end, one.start):
            found[-1] = Mention(one.arm, last.start, one.end)
        else:
            found.append(one)
    return found


def with_short_names(arms: Mapping[str, re.Pattern[str]], texts: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """Return the expressions with the short names that a text gives: ``chlorpromazine (CPZ)``, ``Group A``."""
    told: dict[str, set[str]] = {}
    for text in texts:
        named = mentions(text, 0, min(len(text), _LONGEST), arms)
        for name, arm in (*_in_brackets(text, named), *_groups(text, named)):
            told.setdefault(name, set()).add(arm)
    more: dict[str, list[str]] = {}
    for name, of in told.items():
        if len(of) == 1:
            more.setdefault(next(iter(of)), []).append(_label(name))
    return {arm: _expression([pattern.pattern, *more.get(arm, ())]) for arm, pattern in arms.items()}


def _label(name: str) -> str:
    """A short name, as it is written; of ``Group B`` also the letter in ``groups A and B``."""
    kind, _, letter = name.rpartition(" ")
    found = _of_several(kind, letter) if kind else rf"\b{re.escape(name)}\b"
    return rf"(?-i:{found})"


def _of_several(kind: str, letter: str) -> str:
    """``Group B``, and the letter in ``groups B and C`` and at the end of ``groups A and B``."""
    first = f"[{kind[0].upper()}{kind[0].lower()}]{re.escape(kind[1:])}"
    last = re.escape(letter)
    return rf"\b{first}\s{last}\b|(?<=[gG]roups\s){last}\b|(?<=\band\s){last}\b(?=\s?[(,.;)])"


def _in_brackets(text: str, named: Sequence[Mention]) -> Iterator[tuple[str, str]]:
    for mention in named:
        if (found := _SHORT.match(text, mention.end)) and found["name"] not in _NO_NAMES:
            yield found["name"], mention.arm


def _groups(text: str, named: Sequence[Mention]) -> Iterator[tuple[str, str]]:
    """Yield ``Group A`` with the arm named right behind it, or right before it where it stands in brackets."""
    at = 0
    seen = set[str]()
    for group in _GROUP.finditer(text, 0, min(len(text), _LONGEST)):
        if group[0] in seen:
            continue
        seen.add(group[0])
        while at < len(named) and named[at].start < group.start():
            at += 1
        if text[group.start() - 1 : group.start()] == "(":
            if at and group.start() - named[at - 1].end <= _BESIDE:
                yield group[0], named[at - 1].arm
        elif at < len(named) and named[at].start - group.end() <= _BESIDE:
            yield group[0], named[at].arm


def _own(name: str, others: Sequence[str]) -> list[str]:
    """Return expressions for the words, codes, groups and doses of a name that no other name has."""
    taken = {word for other in others for word in _words(other)}
    strengths = [match[1] for match in _STRENGTH.finditer(name)]
    words = [_word(word, strengths) for word in sorted(_words(name) - taken - COMMON_WORDS)]
    codes = [
        rf"\b{re.escape(code)}\b"
        for code in sorted(_lower(_CODE, name) - {c for o in others for c in _lower(_CODE, o)})
    ]
    groups = [_group(group) for group in sorted(_lower(_GROUP, name))]
    doses = _doses(name) - {dose for other in others for dose in _doses(other)}
    shared = sorted((_words(name) & taken) - COMMON_WORDS)
    ours = set(strengths) - {match[1] for other in others for match in _STRENGTH.finditer(other)}
    solutions = [rf"\b(?:{s}\s?%\s{w}|{w}\s{s}\s?%)" for w in shared for s in map(re.escape, sorted(ours))]
    return [*groups, *words, *codes, *solutions, *(_dose(*dose, shared) for dose in sorted(doses))]


def _group(name: str) -> str:
    """``group a``, also in ``groups A and B``; ``second group``, also before a bracket."""
    first, _, last = name.partition(" ")
    if last == "group":
        return rf"\b{first}\s(?:group\b|(?=\())"
    return _of_several(first, last)


def _word(word: str, strengths: Sequence[str] = ()) -> str:
    """A word with the ending that a text gives it, and the dose or the strength of a solution that stands beside it."""
    dose = "|".join([_ANY_DOSE, *(rf"{re.escape(strength)}\s?%" for strength in strengths)])
    return rf"\b(?:(?:{dose})\s)?{re.escape(word)}(?!\w{{0,12}}[\s-]controlled)\w{{0,12}}(?:\s(?:{dose}))?"


def _phrases(name: str, others: Sequence[str], title: str) -> list[str]:
    """What else names an arm that has no word of its own: a common word that no other has, or its whole name."""
    words = sorted(_words(name) - {word for other in others for word in _words(other)})
    if "control" in words:
        return ROLE_WORDS["control"][:6]
    phrase = r"\s".join(map(re.escape, title.split()[:4]))
    return [rf"\b{phrase}s?\b"] if words else []


def _dose(number: str, unit: str, shared: Sequence[str]) -> str:
    """A dose that no other arm has, with the word before it that others have too: ``zolmitriptan 5 mg``."""
    drug = rf"(?:\b(?:{'|'.join(map(re.escape, shared))})\w{{0,12}}\s)?" if shared else ""
    return rf"{drug}(?<![\d.,/])(?<!\d\s){re.escape(number)}[\s-]?{re.escape(unit)}\b(?![./])"


def _shared(name: str) -> list[str]:
    """The words of a name that others have too, where nothing is given beside them."""
    words = [re.escape(word) for word in sorted(_words(name) - COMMON_WORDS)]
    return [rf"\b{word}\w{{0,12}}\s(?:alone|monotherapy|only)\b" for word in words]


def _names_role(name: str, role: str) -> bool:
    return any(re.search(word, name, re.IGNORECASE) for word in ROLE_WORDS[role])


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if len(word) > 2)


def _lower(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match[0].casefold() for match in pattern.finditer(text)}


def _doses(text: str) -> set[tuple[str, str]]:
    return {(match["number"], match["unit"].casefold()) for match in _DOSE.finditer(text)}


def _expression(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(alternatives) or r"(?!)", re.IGNORECASE)


_LONGEST = 20_000  # characters in which short names are looked for
_BESIDE = 60  # characters between a group and what it received
_UNITS = "mg|µg|μg|mcg|microg|iu|u"
_ANY_DOSE = rf"\d{{1,4}}(?:\.\d{{1,3}})?[\s-]?(?:{_UNITS})(?:/(?:kg|day|d)|\sdaily)?\b"
_TOGETHER = re.compile(r"[\s,-]{0,2}")
_SHORT = re.compile(r"(?:\s\w{1,15}){0,2}\s?[(\[](?P<name>[A-Z][A-Za-z]{0,2}[A-Z0-9][A-Za-z0-9]{0,3})[)\];,]")
_NO_NAMES = frozenset({"CI", "SD", "SE", "SEM", "IQR", "OR", "RR", "HR", "IV", "IM", "ITT", "BID", "TID"})
_STRENGTH = re.compile(r"(?<![\d.])(\d{1,2}(?:\.\d{1,2})?)\s?%")
_GROUP = re.compile(
    r"\b(?:(?:[gG]roup|[aA]rm)\s(?:[A-Z]{1,3}\d{0,2}|[1-9]|I{1,3}V?)(?![\w-])"
    r"|(?:first|second|third|fourth)\s(?:group\b|(?=\()))"
)
_CODE = re.compile(r"\b[A-Za-z]{1,4}\d{1,3}\b")
_WORD = re.compile(r"[^\W\d_]+")
_DOSE = re.compile(rf"(?<![\d.,])(?P<number>\d{{1,4}}(?:\.\d{{1,3}})?)[\s-]?(?P<unit>{_UNITS})\b", re.IGNORECASE)

_PEOPLE_OF = r"(?=[\s-](?:groups?|arms?|patients|subjects|participants|treatments?|conditions?|periods?|recipients)\b)"
ROLE_WORDS = {
    "control": [
        r"\bcontrols\b", rf"\bcontrol{_PEOPLE_OF}", r"\bcontrol(?=\s?[:(=,)])",
        r"(?<=with\s)control\b", r"(?<=than\s)control\b", r"(?<=the\s)control\b", r"(?<=and\s)control\b",
        r"\bplacebo\b(?![\s-]controlled)", r"\busual care\b", r"\bstandard (?:of )?care\b", r"\bstandard treatment\b",
        r"\bo?soc\b", r"\bcomparator\b", r"\buntreated\b",
    ],
    "experimental": [
        r"\bintervention(?=\s(?:group|arm))", r"\bexperimental\b", r"\bactive (?:treatment|drug)\b",
        r"\btreatment (?:group|arm)\b", r"\btreated group\b",
    ],
}  # fmt: skip

#: Words of the name of an arm that name none.
COMMON_WORDS = frozenset({
    "the", "and", "plus", "with", "arm", "group", "care", "treatment", "standard", "usual", "daily", "first", "second",
    "third", "dose", "low", "high", "oral", "alone", "for", "days", "weeks", "per", "day",
    "once", "twice", "control", "therapy", "controls", "treatments", "groups", "arms", "doses",
})  # fmt: skip
