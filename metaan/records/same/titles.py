"""Titles in one spelling: what databases add, translate, spell and number in their own ways is undone here."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "ð": "d",
    "þ": "th",
}  # fmt: skip
_LETTERS_TABLE = str.maketrans(_LETTERS)
_DROPPED = str.maketrans("", "", "'’‘`´ʼ®™©†‡*")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")

_RETRACTED = re.compile(r"^\W*(?:retracted(?: article)?|withdrawn)\s*[:.\]]\s*", re.IGNORECASE)
_RETRACTED_BEHIND = re.compile(r"[(\[]\s*retracted article\b.*$", re.IGNORECASE | re.DOTALL)
_LANGUAGES = (
    "french|german|spanish|italian|portuguese|russian|chinese|japanese|polish|dutch|turkish|korean|czech|danish|hungarian"
    "|swedish|norwegian|persian|english"
)
_NOTE = re.compile(
    r"\s*[\[(](?:see comments?|comments?|(?:meeting |conference |provisional |congress )?abstracts?|letters?|review"
    rf"|editorial|\d+ refs?|article in |(?:in )?(?:{_LANGUAGES})|(?:published )?erratum appears\b.*"
    r"|(?:corrected and |re)published\b[^\])]* in\b.*|(?:retraction|summary for patients|comment)\b[^\])]* in\b.*)"
    r"[^\])]{0,20}[\])]?\W*$",
    re.IGNORECASE | re.DOTALL,
)
_ACRONYM = re.compile(r"\((?![IVXL]+\))[A-Za-z]{0,3}[A-Z][A-Za-z-]{1,8}\)")
_ABOUT = re.compile(
    r"^\W*(?:(?:(?:author|publisher)s?\W?s? )?"
    r"(?:corrections?|corrigend(?:um|a)|errat(?:um|a)|addend(?:um|a)|retraction)(?:\s+not(?:e|ice))?\s*(?:[:.\-]|to\b|for\b|$)"
    r"|(?:notice|statement) of (?:retraction|correction|concern)|expression of concern|re\s*:|in reply\b"
    r"|author\W?s?\W? (?:reply|response)|(?:reply|response)\s*(?:[:.]|to\b|$)|discussion (?:of|on)\b"
    r"|comments? (?:on|to|regarding)\b|(?:invited |editorial )?comment(?:ary)?\s*(?:[:.]|on\b)"
    r"|letter to the editor (?:re|regarding|concerning|on)\b)",
    re.IGNORECASE,
)
_ABOUT_BEHIND = re.compile(
    r"\((?:vol(?:ume)?|pg|page|retraction of)\b[^()]*\)\s*\W*$"
    r"|\([^()]{3,120}\(\d{4}\)[\s;:,]*\d+[^()]*(?:\([^()]*\)[^()]*)*\)?\W*$"
    r"|[:.\-\u2013]\s*(?:(?:the )?authors?\W?s? )?(?:reply|response|response to (?:the )?(?:comments?|letters?))\W*$",
    re.IGNORECASE,
)
_ITS_OWN = re.compile(
    r"\s*(?:\((?:vol(?:ume)?|pg|page)\b[^()]*\)|\([^()]{3,120}\(\d{4}\).*)\W*$", re.IGNORECASE | re.DOTALL
)
_THOUSANDS = re.compile(r"(?<=\d)[,\u2009\u202f](?=\d{3}(?!\d))")

_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMERALS = {word: str(number) for number, word in enumerate(_COUNTED, 1)} | {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
}  # fmt: skip
_SERIES = "part|study|phase|trial|paper|section|chapter|volume|report|stage|type|class|grade"
_SINGLE = re.compile(rf"\b({_SERIES}) ([ivx])\b|\b([iv])$")
_PART = re.compile(rf"\b(?:[b-d]|[0-9]{{1,2}})$|\b(?:{_SERIES}) (?:[a-d]|[0-9]{{1,2}})\b|\bprotocol$")
_SPELLINGS = (
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"our(?=s?\b|ed\b|al\b|ing\b|able\b)"), "or"),
    (re.compile(r"is(?=e[ds]?\b|ing\b|ation|er\b)|ys(?=e[ds]?\b)"), "iz"),
    (re.compile(r"tre(?=s?\b)"), "ter"),
    (re.compile(r"ll(?=ed\b|ing\b)"), "l"),
)


@lru_cache(maxsize=200_000)
def words_of(text: str) -> str:
    """Return letters and digits in one spelling, everything else a blank."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_DROPPED))
        text = "".join(char for char in text if not unicodedata.combining(char)).casefold().translate(_LETTERS_TABLE)
    return " ".join(re.findall(r"[^\W_]+", text.lower().translate(_DROPPED).replace("&", " and ")))


def plain_title(title: str) -> str:
    """Return the words of a title: no accents, case, punctuation, notes of databases or mark of retraction.

    >>> plain_title("RETRACTED: [Interleukin-1β in Müller’s haemorrhage, phase II.] [Review] [45 refs]")
    'interleukin 1beta in mullers hemorrhage phase 2'
    """
    text = _TAG.sub("", unescape(title)) if "<" in title or "&" in title else title
    text = _ITS_OWN.sub("", _RETRACTED_BEHIND.sub("", _RETRACTED.sub("", text)))
    while (shorter := _NOTE.sub("", text)) != text and shorter.strip():
        text = shorter
    return _one_spelling(words_of(_THOUSANDS.sub("", _ACRONYM.sub(" ", text) if len(text) > 40 else text)))


def titles_of(title: str) -> tuple[str, ...]:
    """Return the plain title, and each of two languages where a database writes both.

    >>> titles_of("Anakinra in severe pneumonia [Anakinra bei schwerer Lungenentzündung]")
    ('anakinra in severe pneumonia', 'anakinra bei schwerer lungenentzundung')
    """
    found = re.fullmatch(r"\s*([^\[\]]{15,}?)\s*\[\s*([^\[\]]{15,}?)\s*\]\W*", title) or re.fullmatch(
        r"\s*(.{15,}?)\s(?:=|/|<original>)\s(.{15,}?)\s*", title, re.IGNORECASE
    )
    parts = tuple(plain_title(part) for part in found.groups()) if found and not _NOTE.search(title) else ()
    return parts if parts and all(len(part.split()) > 2 for part in parts) else (plain_title(title),)


def is_about_another(title: str) -> bool:
    """Whether a title says that this is a notice about, or an answer to, another publication.

    >>> is_about_another("Erratum to: Anakinra"), is_about_another("Anakinra (vol 3, pg 5, 2020)")
    (True, True)
    """
    text = _RETRACTED_BEHIND.sub("", title)
    return bool(_ABOUT.match(text) or _ABOUT_BEHIND.search(text))


def numbers_of(title: str) -> tuple[str, ...]:
    """Return what tells part one from part two in a plain title: its digits, and its part's letter."""
    return ("".join(re.findall(r"\d", title)), *sorted(_PART.findall(title)))


def _one_spelling(words: str) -> str:
    """Return words with numerals as digits and one of the two English spellings."""
    text = " ".join(_NUMERALS.get(word, word) for word in words.split())
    text = _SINGLE.sub(lambda m: f"{m[1]} {_roman(m[2])}" if m[1] else _roman(m[3]), text)
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _roman(letter: str) -> str:
    return {"i": "1", "v": "5", "x": "10"}[letter]
