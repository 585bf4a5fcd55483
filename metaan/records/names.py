"""Names of people as reference managers write them -> "Family AB"."""

from __future__ import annotations

import re

from .markup import clean_text

_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|2nd|3rd|4th)\.?", re.IGNORECASE)
_DEGREE = re.compile(r"(?:m\.?d|ph\.?d|m\.?sc|b\.?sc|m\.?p\.?h|d\.?phil|r\.?n)\.?", re.IGNORECASE)
#: Small words that belong to a family name, and that one database writes and another leaves out.
PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "el",
        "al",
        "ten",
        "ter",
        "af",
    ]
)
_GROUP = re.compile(
    r"\b(?:group|consortium|investigators|collaborati(?:on|ve)|network|committee|team|study|trialists|society|"
    r"association|organi[sz]ation|institute|initiative|alliance|programme?|et al)\b\.?$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s.\-‐]+")
_GIVEN_FIRST = re.compile(r"^((?:[^\W\d_]\.[\s-]*){1,5})([^\W\d_]{2}.*)$")


def short_name(raw: str) -> str | None:
    """Return "Family AB Jr" for "Family, Given Name, Jr"; what has no comma stays as it is.

    >>> short_name("van der Berg, Jean-Marc Q."), short_name("J. Smith"), short_name("RECOVERY Group")
    ('van der Berg JMQ', 'Smith J', 'RECOVERY Group')
    """
    parts = [clean_text(part) for part in raw.split(",")]
    if len(parts) == 1 or len(parts) > 3:
        name = clean_text(raw)
        first = _GIVEN_FIRST.match(name)
        return f"{first[2]} {initials(first[1].strip())}" if first else _without_stops(name) or None
    return inverted_name(*parts)


def is_group(name: str) -> bool:
    """Whether a name, by its last word, is that of a group of people.

    >>> is_group("RECOVERY Collaborative Group"), is_group("Jane Doe")
    (True, False)
    """
    return _GROUP.search(name) is not None


def inverted_name(family: str, *others: str) -> str | None:
    """Return "Family AB Jr" from the parts between commas: the given names, and a suffix before, after or in them.

    >>> inverted_name("Doe", "Jr.", "Jane Q."), inverted_name("Berg", "Jan van der"), inverted_name("Doe", "Jane", "MD")
    ('Doe JQ Jr', 'van der Berg J', 'Doe J')
    """
    words = family.split()
    suffixes = [words.pop()] if len(words) > 1 and _SUFFIX.fullmatch(words[-1]) else []
    suffixes += [part for part in others if _SUFFIX.fullmatch(part)]
    rest = [part for at, part in enumerate(others) if not (_SUFFIX.fullmatch(part) or (at and _DEGREE.fullmatch(part)))]
    given = " ".join(rest).split()
    if len(given) > 1 and _SUFFIX.fullmatch(given[-1]) and not given[-1].isupper():
        suffixes.append(given.pop())
    while len(given) > 1 and given[-1] in PARTICLES:
        words.insert(0, given.pop())
    last = [suffix.rstrip(".") for suffix in suffixes[:1]]
    return " ".join(part for part in (*words, initials(" ".join(given)), *last) if part) or None


def initials(given: str) -> str:
    """Return "Jean-Marc Q." as "JMQ"; up to three capitals in one word are initials already.

    >>> initials("JQ"), initials("J.Q."), initials("Jane")
    ('JQ', 'JQ', 'J')
    """
    if len(given) < 4 and given.isalpha() and given.isupper():
        return given
    words = _BETWEEN.split(given)
    return "".join(
        word if word.isupper() and len(word) < 3 else word[0].upper() for word in words if word[:1].isalpha()
    )


def _without_stops(name: str) -> str:
    """Return "Smith J.A." as "Smith JA": stops after initials only."""
    return re.sub(r"\b([^\W\d_])\.(?:\s*(?=[^\W\d_]\.)|-(?=[^\W\d_]\.))?", r"\1", name)
