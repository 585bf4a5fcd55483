"""Names of people as reference managers write them -> "Family AB"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

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
_DEGREES_ALONE = re.compile(r"(?:MD|M\.D|PhD|Ph\.D|RN|FAAN|MSc|MPH|Jr|Sr)\.?")
_STOP_AT_END = re.compile(r"(?<=\s[A-ZÀ-ÖØ-Þ]{2})\.$|(?<=\s[A-ZÀ-ÖØ-Þ]{3})\.$")
_ODD = re.compile(
    r"[\[\](){}*+†‡§¶#\d]|\s[A-ZÀ-ÖØ-Þ]{2,3}\.$"
    r"|,.*[ ,](?:(?:[A-Z]\.?){2,}|PhD|Ph\.D\.?|DPhil|MSc|BSc|PharmD|DrPH|PsyD|EdD)$"
)
_PARTING = re.compile(r",[^,]*,|\s(?:and|AND|&)\s|[ .][A-ZÀ-ÖØ-Þ]\.?,|\s[A-ZÀ-ÖØ-Þ]{2,4},|^[A-ZÀ-ÖØ-Þ]{1,3} [^,]*,")
_AROUND = re.compile(r"^(?:and|&)\s+|,\s*(?:null|undefined|nan)$", re.IGNORECASE)
_SPACED = re.compile(r"([^\W\d_][^,;]*[^\W\d_A-ZÀ-ÖØ-Þ][^,;]*?)((?: [A-ZÀ-ÖØ-Þ]){2,4})")
_BETWEEN = re.compile(r"[\s.\-‐]+")
_GIVEN_FIRST = re.compile(
    r"^((?:[^\W\d_]\.[\s-]*){1,5}|(?:[A-ZÀ-ÖØ-Þ](?:\.[\s-]*|[\s-]+)){1,5})"
    r"([^\W\d_]{2}.*(?<![\s.][A-ZÀ-ÖØ-Þ])(?<!\s[A-ZÀ-ÖØ-Þ]{2})(?<!\.))$"
)
_WORD = re.compile(r"[A-ZÀ-ÖØ-ÞŁŠŽĐ](?:\.|[^\W\d_]|['’-])*")
_SHORT = re.compile(r"[^\W\d_][^,;]{0,60} (?:[A-ZÀ-ÖØ-Þ]\.?[ -]?){1,4}(?: (?:Jr|Sr|2nd|3rd)\.?)?")
_INITIALS_FIRST = re.compile(r"([A-ZÀ-ÖØ-Þ]{1,3}) ([^\W\d_][^,;]*[^\W\d_A-ZÀ-ÖØ-Þ])")
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ][.\s-]*){1,4}")
_ORGANISATION = re.compile(
    r"\b(?:of|for|and|the|inc|ltd|llc|gmbh|corp|pharma\w*|universit\w*|hospital|cent(?:er|re)|ministry|department|"
    r"foundation|laborator\w+|college|school|agency|council|board|trust|research|trial)\b",
    re.IGNORECASE,
)
_REST = re.compile(r"(?:^|[,;\s]\s*)(?:(?:and|&)\s+)?(?:\bet[. ]+al\b|\band others\b|^others$)[\s.,;]*$", re.IGNORECASE)
_NOBODY = frozenset({"anonymous", "anon", "no authors listed", "no author"})
# What stands behind a name that is not part of it: an author's number at a publisher, a place's mark, a role, a degree.
_BEHIND = (
    re.compile(r"(?<=\S)\s*\[[^\[\]]{1,200}\]$"),
    re.compile(r"(?<=\S)\s*\((?:\d{5,}|ed|eds|editor|author|\d{4}-\d{4}-\d{4}-\d{3}[\dX])\)$", re.IGNORECASE),
    re.compile(r"(?<=[^\s\d])\s*[*+†‡§¶#]+$|(?<=[^\s\d])\s+\d{1,2}(?:,\d{1,2})*$"),
)
_DEGREE_BEHIND = re.compile(
    r"[ ,]+(?:MD|M\.D\.|PhD|Ph\.D\.|DPhil|MSc|BSc|MPH|RN|FAAN|DO|MBBS|PharmD|DrPH|FRCP|MA|BA|MS|MBA|PsyD|EdD|DDS)\.?$"
)
_WRITTEN_OUT = re.compile(r",\s*[^\W\d_]\.?[^\W\d_A-ZÀ-Þ]")


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


def named(values: Iterable[str], *, listed: bool = False) -> tuple[tuple[str, ...], bool]:
    """Return the names in some values, each once as "Family AB", and whether the list is complete.

    Parameters
    ----------
    values
        Each one name, or several parted by semicolons, upright strokes, lines, or what makes it certain.
    listed
        Whether one value may as well be a list parted by commas alone, as in the cells of tables.

    Examples
    --------
    >>> named(["Doe, Jane", "Roe R, Poe E, Moe A, et al"])
    (('Doe J', 'Roe R', 'Poe E', 'Moe A'), False)
    >>> named(["Doe, J., Roe, R."], listed=True), named(["Jane Q. Doe|Nations United"])
    ((('Doe J', 'Roe R'), True), (('Doe JQ', 'United N'), True))
    """
    found: list[str] = []
    complete = True
    for value in values:
        for part in re.split(r"[;|\n]", value):
            text = clean_text(part)
            kept = _REST.sub("", text) if "al" in text or "other" in text or text.isupper() else text
            complete &= kept == text
            found += [name for one in _split(kept, listed) if (name := _tidy(one))]
    return tuple(dict.fromkeys(found)), complete


def _split(text: str, listed: bool) -> list[str]:
    """Return the names of a value; of "Doe, J., Roe, R." every second comma parts them, of "Doe J, Roe R" every one."""
    if not _PARTING.search(text):
        return [text]
    joined = [part.strip() for part in re.split(r",?\s+(?:and|AND|&)\s+", text) if part.strip()]
    if (
        len(joined) > 1
        and (not all(_SHORT.fullmatch(part) or "," in part or _GIVEN_FIRST.match(part) for part in joined))
        and not listed
    ):
        joined = [text]
    if len(joined) > 1 and is_group(text) and "," not in text:
        joined = [text]
    parts = [part.strip() for piece in joined for part in piece.split(",") if part.strip()]
    if len(parts) > 1 and all(_INITIALS_FIRST.fullmatch(part) for part in parts):
        return [_INITIALS_FIRST.sub(r"\2, \1", part) for part in parts]
    if all(piece.count(",") == 1 for piece in joined) and not all(_SHORT.fullmatch(part) for part in parts):
        return joined
    if len(parts) > 3 and len(parts) % 2 == 0 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2])]
    if len(parts) > len(joined) and (listed or all(_SHORT.fullmatch(part) for part in parts)):
        return parts
    return joined


@lru_cache(1 << 14)
def _tidy(name: str) -> str | None:
    """Return "Family AB" of one name, whatever stands behind it and whichever part comes first."""
    name = _AROUND.sub("", clean_text(name).strip(" ;"))
    if spaced := _SPACED.fullmatch(name):
        name = f"{spaced[1]} {spaced[2].replace(' ', '')}"
    if _ODD.search(name):
        name = _without_marks(name)
    if name.strip("[]").casefold() in _NOBODY or _DEGREES_ALONE.fullmatch(name):
        return None
    if name[:1] + name[-1:] == "[]":
        name = name[1:-1]
    return unordered_name(name) if "," not in name and _is_given_first(name) else short_name(name)


def _without_marks(name: str) -> str:
    """Return a name without what stands behind it: marks, roles, degrees."""
    name = _STOP_AT_END.sub("", name)
    for _ in range(3):
        for behind in _BEHIND:
            name = behind.sub("", name).strip(" ,")
        shorter = _DEGREE_BEHIND.sub("", name)
        name = shorter if _WRITTEN_OUT.search(shorter) else name  # of "Loewen, MA" the letters are initials
    return re.sub(r"(?<=\S)\s*\([^()]{1,30}\)\s*(?=\S)", " ", name)


def _is_given_first(name: str) -> bool:
    """Whether a name without a comma is that of a person whose given name stands first and is written out."""
    words = name.split()
    if not 2 <= len(words) <= 5 or is_group(name) or _ORGANISATION.search(name):
        return False
    if not all(_WORD.fullmatch(word) or word in PARTICLES for word in words) or words[0] in PARTICLES:
        return False
    last = words[-2] if _SUFFIX.fullmatch(words[-1]) and len(words) > 2 else words[-1]
    return len(words[0]) > 2 and len(last) > 1 and not (len(last) < 7 and last.isupper()) and not last.endswith(".")


def unordered_name(name: str) -> str | None:
    """Turn "Jane Q. van Doe" into "van Doe JQ": what is in small letters before the family name belongs to it."""
    words = name.split()
    if len(words) < 2 or is_group(name) or (len(words[-1]) < 4 and words[-1].isupper() > words[0].isupper()):
        return name or None
    small = next((at for at, word in enumerate(words[:-1]) if at and word[0].islower()), len(words) - 1)
    return f"{' '.join(words[small:])} {initials(' '.join(words[:small]))}".strip()


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
