"""A study's id and label from its first author and year."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_LONGEST = 40  # characters; the format allows more, people type it
# Letters that decomposition leaves as they are, as library catalogues write them in ASCII.
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_SUFFIXES = frozenset({"Jr", "Sr", "2nd", "3rd", "4th"})


def slug(text: str) -> str:
    """Return a text in a-z, 0-9 and hyphens, empty where nothing of it can be written so.

    >>> slug("Ångström-Łukasz Ö'Neill"), slug("王")
    ('angstrom-lukasz-oneill', '')
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)).replace("'", "").replace("’", "")
    return re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode())[:_LONGEST].strip("-")


def family_name(author: str) -> str:
    """Return the family name of "Family AB", or the name of a group without its article.

    >>> family_name("van der Berg A Jr"), family_name("The CORIMUNO-19 Collaborative group")
    ('van der Berg', 'CORIMUNO-19 Collaborative group')
    """
    words = author.split()
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    if len(words) > 1 and len(words[-1]) <= 4 and words[-1].isalpha() and words[-1].isupper():
        return " ".join(words[:-1])
    return re.sub(r"^the\s+", "", author, flags=re.IGNORECASE)


def label_of(authors: tuple[str, ...], title: str, year: int | None) -> str:
    """Return how people call a study: first author and year, or the first words of its title where there is none.

    >>> label_of(("Elmekaty EZI", "Doe J"), "A trial", 2023)
    'Elmekaty 2023'
    """
    name = family_name(authors[0]) if authors else " ".join(title.strip("[]").split()[:3])
    return f"{name} {year}" if year else name


def unique_id(label: str, taken: Container[str]) -> str:
    """Return an id for a label that is not taken yet.

    >>> unique_id("Doe 2026", {"doe-2026", "doe-2026-2"})
    'doe-2026-3'
    """
    base = slug(label)
    base = base if re.match(r".*[a-z]", base) else f"study-{base}".strip("-")
    number = 1
    while (candidate := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return candidate
