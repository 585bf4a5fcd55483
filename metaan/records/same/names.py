"""Authors and journals of two records: the same, or not, however their databases write them."""

from __future__ import annotations

import re
from functools import lru_cache

from ..names import PARTICLES
from .titles import words_of

_GROUP = re.compile(
    r"\b(?:group|collaborat|consortium|investigators|committee|network|team|society|association|organi[sz]ation|trial"
    r"|study|foundation|institute|university|department|anonymous|pharma|inc)",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"^\W*(?:anon(?:ymous)?|no authors? listed|et al|n/?a|none|unknown)?\W*$", re.IGNORECASE)
_UMLAUTS = re.compile(r"ae|oe|ue|aa")
_STOP = frozenset(["the", "of", "and", "in", "for", "a", "an", "on", "und", "de", "la", "der", "et", "des", "di"])
_PLACE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\s*[:;=].*$|\.\s*conference\b.*$|\s+conference:?\s*\d.*$", re.IGNORECASE)
_TRUST = 3  # letters from which on a name is one


@lru_cache(maxsize=200_000)
def name_words(author: str) -> frozenset[str]:
    """Return what may be a family name, particles and initials apart; nothing for a group or for nobody.

    >>> sorted(name_words("van der Berg JM")), sorted(name_words("Mueller K")), sorted(name_words("RECOVERY Group"))
    (['berg'], ['muller'], [])
    """
    if _GROUP.search(author) or _NOBODY.match(author):
        return frozenset()
    words = author.replace(",", " ").split()
    while len(words) > 1 and (words[-1] in ("Jr", "Sr") or (len(words[-1].rstrip(".")) < 4 and words[-1].isupper())):
        words.pop()
    plain = _UMLAUTS.sub(lambda found: found[0][0], words_of(" ".join(words))).split()
    named = [word for word in plain if word not in PARTICLES and len(word) > 1]
    return frozenset([*named, "".join(named)] if named else plain)


def same_person(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names share a word, or differ in a letter."""
    if one & other:
        return True
    from rapidfuzz.distance import Levenshtein

    a, b = max(one, key=len), max(other, key=len)
    return a[0] == b[0] and min(len(a), len(b)) > _TRUST and Levenshtein.distance(a, b) <= (2 if len(a) > 8 else 1)


@lru_cache(maxsize=20_000)
def journal_words(name: str) -> str:
    """Return the words of a journal's name without its town, its society and the conference that it prints."""
    return words_of(_PLACE.sub(" ", name))


@lru_cache(maxsize=200_000)
def one_journal(a: str, b: str) -> bool:
    """Whether two names are of one journal: equal, initials, or word by word the abbreviation of the other."""
    if a == b:
        return True
    first, second = ([word for word in name.split() if word not in _STOP] for name in (a, b))
    shorter, longer = sorted((first, second), key=len)
    if not shorter:
        return False
    if len(shorter) == 1:
        word = shorter[0]
        initials = "".join(word[0] for word in longer)
        return (
            initials == word
            or (len(word) > _TRUST and initials.startswith(word))
            or (len(longer) == 1 and _begins(word, longer[0]))
        )
    alike = [_begins(x, y) for x, y in zip(shorter, longer)]
    return alike[0] and sum(alike) >= 0.75 * len(alike)


def _begins(x: str, y: str) -> bool:
    """Whether one word abbreviates the other: the same first letter, and its letters in their order ("natl")."""
    shorter, longer = sorted((x, y), key=len)
    letters = iter(longer)
    return shorter[0] == longer[0] and all(letter in letters for letter in shorter)
