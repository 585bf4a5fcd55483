"""What two records of one publication share, in a spelling of their own: the keys that de-duplication compares.

Databases write one and the same title, journal, page or name in many ways; all of that is undone here, once a record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..record import Record
from .names import journal_words, name_words, one_journal
from .titles import is_about_another, numbers_of, titles_of, words_of

LONGEST = 1_000  # characters of a title or a name; whatever is longer is none, and must not cost hours
MOST_AUTHORS = 8  # that are compared
OPENING = 150  # letters of an abstract

Kind = Literal["", "article", "abstract", "preprint", "registration", "notice"]

_PREPRINTS = re.compile(r"\b(?:(?:med|bio|ar|psy|chem|soc)rxiv|research square|ssrn|preprints?|authorea)\b")
_PREPRINT_DOI = re.compile(
    r"10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,}"
    r"|10\.(?:21203/rs|2139/ssrn|20944/preprints|31234/osf|48550/arxiv|26434/chem|22541/au)"
)
_REGISTRIES = re.compile(r"clinicaltrials gov|clinicaltrialsregister|trialsearch|isrctn|ictrp|trial regist")
_TYPES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("notice", re.compile(r"erratum|corrigend|^correction|retraction (?:of|notice)|expression of concern")),
    ("registration", re.compile(r"trial regist")),
    ("preprint", re.compile(r"preprint")),
    ("abstract", re.compile(r"(?:conference|meeting|congress) (?:abstract|paper|poster)|^abstract$")),
    ("article", re.compile(r"review|trial|meta.analysis|case report")),  # "Journal Article" is said of abstracts, too
)
_NUMBERED = re.compile(r"(?:e|cd)\d{4,}")  # an article's number, which no other article of the journal has
_HEADING = re.compile(
    r"^\W*(?:abstract\W+)?(?:(?:background|objectives?|aims?|purpose|introduction|context|rationale|importance|summary)"
    r"(?:(?: and|/| &) \w+)?\s*[:.\-\u2013]|(?:BACKGROUND|OBJECTIVES?|AIMS?|PURPOSE|INTRODUCTION)\b)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?<=\d)/?v\d+$|^(10\.12688/[a-z]+\.\d+)\.\d+$")


@dataclass(frozen=True, slots=True)
class Keys:
    """One record's keys; what it does not say is empty.

    Attributes
    ----------
    title, other, ordered
        Words of the title, of the same in another language, and of the title sorted.
    numbers
        The digits of the title, and the other words that tell part one from part two.
    about, kind
        Whether it is a notice, letter or reply about another publication; what it says that it is.
    year, volume, issue, page, last, journal, short_journal, author
        In one spelling each; ``page`` is the first, ``last`` the last of a range in full, or an article's number.
    starts
        The first pages of all ranges, where one article has several.
    names
        Words of the names of the first authors, in their order; none for groups.
    abstract
        The letters that its abstract begins with, the heading of its first section apart; empty for a short one.
    doi, pmid
        As in the record, without a preprint's version.
    """

    title: str
    other: str
    ordered: str
    numbers: tuple[str, ...]
    about: bool
    kind: Kind
    year: int
    volume: str
    issue: str
    page: str
    last: str
    starts: frozenset[str]
    journal: str
    short_journal: str
    author: str
    names: tuple[frozenset[str], ...]
    abstract: str
    doi: str
    pmid: str

    @classmethod
    def of(cls, record: Record) -> Keys:
        """Return the keys of a record."""
        written = " ".join(record.title[:LONGEST].split())
        title, *more = titles_of(written)
        pages = (record.pages or "")[:LONGEST]
        ranges = re.split(r"[,;+]", pages)
        page = first_page(pages)
        people = [name for author in record.authors[:MOST_AUTHORS] if (name := name_words(author[:LONGEST]))]
        kind = kind_of(record)
        return cls(
            title=title,
            other=more[0] if more else "",
            ordered=" ".join(sorted(title.split())),
            numbers=numbers_of(title),
            about=kind == "notice" or is_about_another(written),
            kind=kind,
            year=record.year or 0,
            volume=_first_number(record.volume),
            issue=record.issue.strip() if record.issue and record.issue.strip().isdigit() else "",
            page=page,
            last=page if _NUMBERED.fullmatch(page) else last_page(ranges[0]),
            starts=frozenset({page, *map(first_page, ranges[1:])} - {""}),
            journal=journal_words((record.journal or "")[:LONGEST]),
            short_journal=journal_words((record.journal_abbreviation or "")[:LONGEST]),
            author=max(people[0], key=len) if people else "",
            names=tuple(people),
            abstract=_opening(record),
            doi=_VERSION.sub(r"\1", record.doi or ""),
            pmid=record.pmid or "",
        )

    @property
    def in_supplement(self) -> bool:
        """Whether it is among the abstracts of a meeting: many have one DOI, and one page several."""
        return self.kind == "abstract" or (bool(re.match(r"[a-df-z]", self.page)) and not self.page.startswith("cd"))

    @property
    def is_cochrane(self) -> bool:
        """Whether it is in the Cochrane library, whose reviews are updated under one title and number."""
        return "cochrane" in self.journal


def kind_of(record: Record) -> Kind:
    """Return what a record is, by its type, its journal and its DOI; empty where nothing says so.

    >>> kind_of(Record("A", journal="medRxiv")), kind_of(Record("A", publication_types=("Published Erratum",)))
    ('preprint', 'notice')
    """
    journal = words_of((record.journal or record.journal_abbreviation or "")[:LONGEST])
    if _PREPRINTS.search(journal) or _PREPRINT_DOI.match(record.doi or ""):
        return "preprint"
    if _REGISTRIES.search(journal):
        return "registration"
    types = [kind.casefold() for kind in record.publication_types[:MOST_AUTHORS]]
    return next((kind for kind, pattern in _TYPES if any(map(pattern.search, types))), "")


def first_page(pages: str | None) -> str:
    """Return the first page without leading zeros; an article number with its letters.

    >>> first_page("1008-12"), first_page("S12-S14"), first_page("pp. 0044504"), first_page("e0044504")
    ('1008', 's12', '44504', 'e44504')
    """
    text = re.sub(r"^(?:pp?\.?|pages?)\s*", "", (pages or "").strip().lower())
    if re.fullmatch(r"\W*|n\W?a\W*|no\W*specified", text):
        return ""
    found = re.match(r"([a-z]{0,6}\.?\s?\d+[a-z]?)", text) or re.match(r"([a-z0-9.]+)", text)
    page = re.sub(r"[^a-z0-9]", "", found[1]) if found else ""
    return re.sub(r"^([a-z]*)0+(?=\d)", r"\1", page)


def last_page(pages: str) -> str:
    """Return the last page of a range of numbers in full, or nothing.

    >>> last_page("1008-12"), last_page("1008–1012"), last_page("S1-S3"), last_page("7")
    ('1012', '1012', '', '')
    """
    found = re.match(r"\D*?(\d+)\s*[-‐-―]+\s*(\d+)\b", pages)
    if not found or re.match(r"\W*[a-oq-z]", pages.lower()):
        return ""
    first, last = found[1].lstrip("0"), found[2].lstrip("0")
    return first[: len(first) - len(last)] + last if len(last) < len(first) else last


def same_journal(a: Keys, b: Keys) -> bool:
    """Whether two journals can be the same one: equal, or one the abbreviation of the other, word by word."""
    names_a = [name for name in (a.journal, a.short_journal) if name]
    names_b = [name for name in (b.journal, b.short_journal) if name]
    return any(one_journal(x, y) for x in names_a for y in names_b)


def _opening(record: Record) -> str:
    """Return the first letters of an abstract, where there are enough of them to tell it from all others."""
    text = re.sub(r"</?\w{1,10}>", "", record.abstract[0].text[: 4 * OPENING]) if record.abstract else ""
    letters = "".join(re.findall(r"[a-z0-9]+", _HEADING.sub("", text).lower()))[:OPENING]
    return letters if len(letters) == OPENING else ""


def _first_number(text: str | None) -> str:
    found = re.search(r"\d+", text or "")
    return found[0].lstrip("0") if found else words_of(text or "")
