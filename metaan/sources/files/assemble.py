"""What an export says by field -> `Record`: the one place where the values of all readers of files are understood.

A reader says what stands where in its format; here is decided which of several values counts and how it is spelt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain

from ...records.citation import citation_parts, find_date, page_range
from ...records.identifiers import (
    doi_in_link,
    find_registrations,
    normalise_doi,
    normalise_pmid,
    normalise_registration,
    written_pmid,
)
from ...records.markup import clean_text, plain_text
from ...records.names import named
from ...records.record import Record
from ...records.sections import sections, title_markup
from ..formats.said import said

_SEVERAL = re.compile(r"\s+(?=https?:|doi\b|10\.)|[;,|]\s*(?=https?:|doi\b|10\.)", re.IGNORECASE)
_DIGIT = re.compile(r"\d{3}")
_TWO = re.compile(r"https?:|[;,]\s*10\.")
_DOI = re.compile(r"\b10\.\d{4,9}/\S+")
_PMID = re.compile(
    r"\b(?:PMID|PUBMED)[:\s]+(?:NLM)?(\d{1,9})\b|pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})\b"
    r"|ncbi\.nlm\.nih\.gov/pubmed/(?:\?term=)?(\d{1,9})\b|^(\d{1,9})\s*\[",
    re.IGNORECASE,
)
_PMCID = re.compile(r"\bPMC[1-9]\d{0,8}\b")
_ARTICLE = re.compile(r"^(?:UNSP|ARTN|Art(?:icle)?\.?(?: ?(?:No|ID|Number)\.?)?)[\s:]+(?=\S)", re.IGNORECASE)
_PRINTED = re.compile(r"\(?\bpp?\.? ?(?=[\w.]*\d)|\)$")
_RETRACTED_TYPES = frozenset({"retracted publication", "retracted article", "retracted"})
# What EBSCO writes behind an abstract, or in the place of one.
_OWNED = re.compile(r"\s*Copyright of .{2,300}? is the property of .{2,300}?(?:its|and its content).*$", re.DOTALL)
_LONGEST_NUMBER = 60  # characters: "Conference Supplement 1" and the like
_LONGEST_TEXT = 20_000  # characters in which registrations are looked for

RETRACTED = "Retracted Publication"  # PubMed's word, by which `Record.retracted` knows it
REGISTRATION = "Trial registration"


class Fields:
    """The values of an entry by the names in `FIELDS`; those that say nothing are not there."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._said = {
            name: kept for name, values in given.items() if (kept := [text for text in map(said, values) if text])
        }

    def all(self, *names: str) -> list[str]:
        """Return all values, each with its lines."""
        return [value for name in names for value in self._said.get(name, ())]

    def first(self, *names: str) -> str:
        """Return the first value on one line, or nothing."""
        return next((text for value in self.all(*names) if (text := clean_text(value))), "")


def assemble(
    given: Mapping[str, Sequence[str]], source: str, extra: Mapping[str, str], *, listed: bool = False
) -> Record:
    """Return the record of an entry.

    Parameters
    ----------
    given
        The values by the names in `FIELDS`, the better ones first.
    source
        The name of the format.
    extra
        What was not understood, under its own name.
    listed
        Whether a single value of authors may be a list parted by commas.
    """
    fields = Fields(given)
    citation = fields.first("citation")
    cited = citation_parts(citation) if citation else {}
    title = title_markup(fields.first("title"))
    journal = fields.first("journal") or cited.get("journal") or citation[:200].strip(" .")
    short = fields.first("journal_abbreviation")
    published = _published([*fields.all("date"), cited.get("date", "")])
    abstract = max((_OWNED.sub("", clean_text(text)) for text in fields.all("abstract")), key=len, default="")
    authors, complete = named(fields.all("authors"), listed=listed)
    people = tuple(name for name in authors if not (_DIGIT.search(name) and find_registrations(name)))
    return Record(
        title=plain_text(title),
        title_markup=title,
        authors=people,
        authors_complete=complete,
        year=int(published[:4]) if published else None,
        published=published,
        journal=journal or short or None,
        journal_abbreviation=short if short and short != journal else None,
        volume=_numbered(fields.all("volume")) or cited.get("volume"),
        issue=_numbered(fields.all("issue")) or cited.get("issue") or cited.get("number"),
        pages=_pages(fields) or page_range(cited.get("pages") or cited.get("article", "")),
        doi=_doi(fields),
        pmid=_pmid(fields.all("pmid")) or next(filter(None, map(stated_pmid, fields.all("links", "notes"))), None),
        pmcid=_pmcid(fields.all("pmcid", "notes")),
        registrations=_registrations(fields, authors),
        abstract=sections(abstract),
        mesh=_words(fields.all("mesh")),
        keywords=_words(fields.all("keywords")),
        publication_types=_types(fields),
        source=source,
        extra={**extra, **_misplaced(fields)},
    )


def _published(texts: Sequence[str]) -> str | None:
    """Return the most precise date of the year that the first one names."""
    dates = [date for text in texts if (date := find_date(clean_text(text).lstrip("c©= ")))]
    return max((date for date in dates if date[:4] == dates[0][:4]), key=len, default=None)


def _numbered(values: Sequence[str]) -> str | None:
    """Return a volume or issue; what is longer than any stands there by mistake, an address for example."""
    return next((text for value in values if (text := clean_text(value)) and len(text) <= _LONGEST_NUMBER), None)


def _misplaced(fields: Fields) -> dict[str, str]:
    """Return what stands in the place of a volume or issue and is none, so that it is not lost."""
    said = {name: text for name in ("volume", "issue") for text in map(clean_text, fields.all(name))}
    return {name: text for name, text in said.items() if len(text) > _LONGEST_NUMBER}


def _pages(fields: Fields) -> str | None:
    """Return the pages, or the number of an article that has none."""
    first, last = (page_range(fields.first(name)) for name in ("first_page", "last_page"))
    if first and last and last != first and "-" not in first:
        return f"{first}-{last}"
    count = fields.first("page_count")
    if first and not last and first.isdecimal() and count.isdecimal() and len(count) < 5 and int(count) > 1:
        return f"{first}-{int(first) + int(count) - 1}"
    whole = page_range(_PRINTED.sub("", fields.first("pages")))
    return whole or first or last or page_range(_ARTICLE.sub("", fields.first("article_number")))


def _doi(fields: Fields) -> str | None:
    """Return the first DOI of its own field, which may hold several links, or the first that a link resolves."""
    for value in fields.all("doi"):
        text = clean_text(value)
        for part in chain([text], _SEVERAL.split(text) if " " in text or "," in text or ";" in text else ()):
            if (doi := normalise_doi(part) or doi_in_link(part)) and not _TWO.search(doi):
                return doi
    return next((doi for value in fields.all("links") if (doi := doi_in_link(clean_text(value)))), None)


def _pmid(values: Sequence[str]) -> str | None:
    for value in map(clean_text, values):
        if found := written_pmid(value) or stated_pmid(value):
            return found
    return None


def stated_pmid(text: str) -> str | None:
    """Return the first PMID that a text calls so, or leads to.

    >>> stated_pmid("PUBMED 42,EMBASE 7"), stated_pmid("42 [www.ncbi.nlm.nih.gov/pubmed/?term=42]"), stated_pmid("42")
    ('42', '42', None)
    """
    found = _PMID.search(text)
    return normalise_pmid(next(filter(None, found.groups()))) if found else None


def _pmcid(values: Sequence[str]) -> str | None:
    for value in map(clean_text, values):
        if found := _PMCID.search(value):
            return found[0]
    return None


def _registrations(fields: Fields, authors: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers of fields for them; the number of a trial's own entry in a register counts as it stands."""
    own = [
        number
        for value in map(clean_text, fields.all("trial_id"))
        for number in find_registrations(value) or ([normalise_registration(value)] if len(value) < 40 else [])
    ]
    told = [value[:_LONGEST_TEXT] for value in fields.all("registrations")[:40]]
    text = "\n".join([*told, *authors])[: 10 * _LONGEST_TEXT]
    return tuple(dict.fromkeys([*own, *(find_registrations(text) if _DIGIT.search(text) else ())]))


def _words(values: Sequence[str]) -> tuple[str, ...]:
    words = (clean_text(said(word)).strip("*") for value in values for word in re.split(r"[;|\n]", value))
    return tuple(dict.fromkeys(word for word in words if word))


def _types(fields: Fields) -> tuple[str, ...]:
    """Return what the source calls it, and PubMed's word where it says in its own that it was retracted."""
    types = [word for word in _words(fields.all("types")) if "10." not in word or not _DOI.search(word)]
    flagged = fields.first("retracted").casefold() in {"true", "1", "yes"}
    if flagged or any(word.casefold() in _RETRACTED_TYPES for word in types):
        types = [*(word for word in types if word.casefold() not in _RETRACTED_TYPES), RETRACTED]
    return tuple(types) or ((REGISTRATION,) if fields.all("trial_id") else ())


#: What each name of a value means; a reader's table has no others.
FIELDS: dict[str, str] = {
    "title": "of the publication",
    "authors": "each a name, or several",
    "date": "of publication, the year's own field first",
    "journal": "or the book, or the register",
    "journal_abbreviation": "its short name",
    "volume": "as printed",
    "issue": "as printed",
    "pages": "a range, or a number",
    "first_page": "where first and last stand apart",
    "last_page": "where first and last stand apart",
    "page_count": "of a database that names the first page and how many there are",
    "article_number": "of an article without pages",
    "citation": "journal, date, volume, issue and pages in one",
    "doi": "its own field",
    "links": "addresses that may resolve a DOI",
    "pmid": "its own field, or a text that calls a number so",
    "pmcid": "its own field, or a text that has one",
    "trial_id": "the number of an entry of a register of trials",
    "registrations": "texts that name the registration of the publication's trial",
    "notes": "texts that may state a PMID or PMCID, and are kept as well",
    "abstract": "the longest counts",
    "mesh": "subject headings",
    "keywords": "others",
    "types": "what kind of publication it is",
    "retracted": "true where the source has a field for it",
}
