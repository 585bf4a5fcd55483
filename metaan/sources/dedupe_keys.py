"""What two records of one publication share, in a spelling of their own: the keys that de-duplication compares.

Databases write one and the same title, journal, page or name in many ways; all of that is undone here, once a record.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .record import Record

LONGEST = 1_000  # characters of a title or a name; whatever is longer is none, and must not cost hours

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d",
}  # fmt: skip
_GREEK_TABLE = str.maketrans(_GREEK)
_RETRACTED = re.compile(r"^\W*(?:retracted(?: article)?|withdrawn)\s*[:.\]]\s*", re.IGNORECASE)
_ABOUT = re.compile(
    r"^\W*(?:(?:corrections?|corrigend(?:um|a)|errat(?:um|a)|addendum|retraction)(?:\s+not(?:e|ice))?\s*(?:[:.\-]|to\b|for\b|$)"
    r"|expression of concern|re\s*:|in reply\b|author\W?s?\W? (?:reply|response)|(?:reply|response)\s*(?:[:.]|to\b|$)"
    r"|comments? on\b|commentary\s*(?:[:.]|on\b))",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(r"\((?:vol(?:ume)?|pg|page)\b[^()]*\)\s*\W*$", re.IGNORECASE)
_PLACE = re.compile(r"\([^)]*\)|\s*[:;=].*$")
_PART = re.compile(
    r"\b(?:ii|iii|iv|vi|vii|viii|ix)\b|\b(?:i|v|x|[b-d]|one|two|three)$"
    r"|\b(?:part|study|phase|trial|paper|section|chapter|volume|report|stage) (?:[a-d]|[ivx]|one|two|three)\b"
)
_STOP = {"the", "of", "and", "in", "for", "a", "an", "on", "und", "de", "la", "der", "et"}


@dataclass(frozen=True, slots=True)
class Keys:
    """One record's keys; what it does not say is empty.

    Attributes
    ----------
    title, ordered
        Words of the title, as written and sorted.
    numbers
        The digits of the title, and the other words that tell part one from part two.
    about
        Whether it is a notice, letter or reply about another publication.
    year, volume, page, journal, short_journal, author
        In one spelling each; ``page`` is the first.
    doi, pmid
        As in the record.
    """

    title: str
    ordered: str
    numbers: tuple[str, ...]
    about: bool
    year: int
    volume: str
    page: str
    journal: str
    short_journal: str
    author: str
    doi: str
    pmid: str

    @classmethod
    def of(cls, record: Record) -> Keys:
        """Return the keys of a record."""
        title = plain_title(record.title[:LONGEST])
        words = title.split()
        return cls(
            title=title,
            ordered=" ".join(sorted(words)),
            numbers=("".join(re.findall(r"\d", title)), *sorted(_PART.findall(title))),
            about=is_about_another(record.title[:LONGEST]),
            year=record.year or 0,
            volume=_first_number(record.volume),
            page=first_page((record.pages or "")[:LONGEST]),
            journal=words_of(_PLACE.sub(" ", (record.journal or "")[:LONGEST])),
            short_journal=words_of(_PLACE.sub(" ", (record.journal_abbreviation or "")[:LONGEST])),
            author=family_name(record.authors[0][:LONGEST]) if record.authors else "",
            doi=record.doi or "",
            pmid=record.pmid or "",
        )


def plain_title(title: str) -> str:
    """Return the words of a title: no accents, case, punctuation, brackets of translations or mark of retraction.

    >>> plain_title("RETRACTED: [Interleukin-1β in Müller’s disease.]")
    'interleukin 1beta in muller s disease'
    """
    return words_of(_OF_ANOTHER.sub("", _RETRACTED.sub("", title)))


def is_about_another(title: str) -> bool:
    """Whether a title says that this is a notice about, or an answer to, another publication.

    >>> is_about_another("Erratum to: Anakinra"), is_about_another("Anakinra (vol 3, pg 5, 2020)")
    (True, True)
    """
    return bool(_ABOUT.match(title) or _OF_ANOTHER.search(title))


@lru_cache(maxsize=200_000)
def words_of(text: str) -> str:
    """Return letters and digits in one spelling, everything else a blank."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char)).casefold().translate(_GREEK_TABLE)
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("&", " and ")))


def first_page(pages: str | None) -> str:
    """Return the first page without leading zeros; an article number with its letters.

    >>> first_page("1008-12"), first_page("S12-S14"), first_page("pp. 0044504"), first_page("e0044504")
    ('1008', 's12', '44504', 'e44504')
    """
    text = re.sub(r"^(?:pp?\.?|pages?)\s*", "", (pages or "").strip().lower())
    found = re.match(r"([a-z]{0,6}\.?\s?\d+[a-z]?)", text) or re.match(r"([a-z0-9.]+)", text)
    page = re.sub(r"[^a-z0-9]", "", found[1]) if found else ""
    return re.sub(r"^([a-z]*)0+(?=\d)", r"\1", page)


def family_name(author: str) -> str:
    """Return the family name in one spelling: what comes before the initials.

    >>> family_name("van der Berg JM"), family_name("Müller K"), family_name("RECOVERY Group")
    ('vanderberg', 'muller', 'recoverygroup')
    """
    words = author.replace(",", " ").split()
    while len(words) > 1 and (
        (re.fullmatch(r"[^\W\d_]{1,3}", words[-1]) and words[-1].isupper()) or words[-1] in ("Jr", "Sr")
    ):
        words.pop()
    return words_of(" ".join(words)).replace(" ", "")


def same_journal(a: Keys, b: Keys) -> bool:
    """Whether two journals can be the same one: equal, or one the abbreviation of the other, word by word."""
    names_a = [name for name in (a.journal, a.short_journal) if name]
    names_b = [name for name in (b.journal, b.short_journal) if name]
    return any(_one_journal(x, y) for x in names_a for y in names_b)


@lru_cache(maxsize=200_000)
def _one_journal(a: str, b: str) -> bool:
    """Whether most words of the shorter name, the first among them, are the beginnings of those of the other."""
    if a == b:
        return True
    first, second = ([word for word in name.split() if word not in _STOP] for name in (a, b))
    shorter, longer = sorted((first, second), key=len)
    if not shorter:
        return False
    if len(shorter) == 1:
        word = shorter[0]
        return word == "".join(word[0] for word in longer) or (len(longer) == 1 and _begins(word, longer[0]))
    alike = [_begins(x, y) for x, y in zip(shorter, longer)]
    return alike[0] and sum(alike) >= 0.75 * len(alike)


def _begins(x: str, y: str) -> bool:
    """Whether one word abbreviates the other: the same first letter, and its letters in their order ("natl")."""
    shorter, longer = sorted((x, y), key=len)
    letters = iter(longer)
    return shorter[0] == longer[0] and all(letter in letters for letter in shorter)


def _first_number(text: str | None) -> str:
    found = re.search(r"\d+", text or "")
    return found[0].lstrip("0") if found else words_of(text or "")
