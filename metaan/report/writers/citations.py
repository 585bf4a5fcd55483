"""The included studies as RIS and BibTeX, for reference managers: what the registry says, else what PubMed said.

Both are written so that every reader of ours and of others gives back the same names, dates and pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata

_PERSON = re.compile(r"^(?P<family>.*\S)\s+(?P<initials>[^\W\d_a-z]{1,5})(?:\s+(?P<suffix>Jr|Sr|2nd|3rd|II|III|IV))?$")
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "&": r"\&", "%": r"\%",
    "$": r"\$", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": "{`}", "'": "{'}",
}  # fmt: skip
_TAG = re.compile(r"</?(?:i|b|sub|sup)>")


@dataclass(frozen=True, slots=True)
class Cited:
    """One publication as reference managers know it; None or empty where nothing is known."""

    id: str
    title: str
    authors: tuple[str, ...]
    complete: bool
    published: str | None
    journal: str | None
    journal_abbreviation: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    doi: str | None
    pmid: str | None
    pmcid: str | None
    registrations: tuple[str, ...]
    keywords: tuple[str, ...]
    abstract: str


def to_ris(review: Review) -> str:
    """Return the included studies as RIS.

    >>> import metaan as ma
    >>> to_ris(ma.load(ma.example("bcg"))).splitlines()[:2]
    ['TY  - JOUR', 'ID  - aronson-1948']
    """
    return "\n".join(_ris(one) for one in cited(review))


def to_bibtex(review: Review) -> str:
    """Return the included studies as BibTeX; the key of an entry is the id of its study.

    >>> import metaan as ma
    >>> to_bibtex(ma.load(ma.example("bcg"))).splitlines()[0]
    '@article{aronson-1948,'
    """
    return "\n".join(_bibtex(one) for one in cited(review))


def cited(review: Review) -> tuple[Cited, ...]:
    """Return the publications of the included studies, in the order of their ids."""
    included = (study for study in review.studies if study.status.state == "included")
    return tuple(_cited(study, review.metadata.get(study.id)) for study in included)


def _cited(study: Study, said: Metadata | None) -> Cited:
    citation = study.citation

    def known(name: str) -> Any:
        return getattr(citation, name) or getattr(said, name, None)

    authors_of = citation if citation.authors or said is None else said
    names = ("published", "journal", "journal_abbreviation", "volume", "issue")
    return Cited(
        id=study.id,
        title=_one_line(study.title),
        authors=tuple(authors_of.authors),
        complete=authors_of.authors_complete or not authors_of.authors,
        **{name: known(name) for name in names},
        pages=_pages(known("pages")),
        doi=study.doi or getattr(said, "doi", None),
        pmid=study.pmid or getattr(said, "pmid", None),
        pmcid=study.pmcid,
        registrations=study.registrations,
        keywords=study.keywords,
        abstract=_abstract(said),
    )


def _abstract(said: Metadata | None) -> str:
    parts = said.abstract if said is not None else ()
    texts = (f"{part.label}: {part.text}" if part.label else part.text for part in parts)
    return _one_line(unescape(_TAG.sub("", " ".join(texts))))


def _pages(said: str | None) -> str | None:
    """Return pages to print: of a range whose end nobody has seen, "1752-", the first page."""
    return said and said.rstrip("-\u2013 ")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _person(name: str) -> tuple[str, str, str] | None:
    """Return family name, initials and suffix; None for a group."""
    found = _PERSON.match(name)
    if found is None:
        return None
    return found["family"], " ".join(f"{letter}." for letter in found["initials"]), found["suffix"] or ""


def _ris(one: Cited) -> str:
    first, _, last = (one.pages or "").partition("-")
    authors = [*map(_ris_author, one.authors), *([] if one.complete else ["et al"])]
    fields: list[tuple[str, str | None]] = [
        ("TY", "JOUR"), ("ID", one.id), ("TI", one.title), *(("AU", name) for name in authors),
        ("PY", (one.published or "")[:4]), ("DA", (one.published or "").replace("-", "/")),
        ("JF", one.journal), ("JA", one.journal_abbreviation), ("VL", one.volume), ("IS", one.issue),
        ("SP", first), ("EP", last), ("DO", one.doi),
        *((("DB", "PubMed"), ("AN", one.pmid)) if one.pmid else ()), ("C2", one.pmcid),
        *(("CN", number) for number in one.registrations), *(("KW", word) for word in one.keywords),
        ("AB", one.abstract),
    ]  # fmt: skip
    return "".join(f"{tag}  - {_one_line(text)}\n" for tag, text in fields if text) + "ER  - \n"


def _ris_author(name: str) -> str:
    person = _person(name)
    return name if person is None else ", ".join(part for part in person if part)


def _bibtex(one: Cited) -> str:
    fields = {
        "title": f"{{{_latex(one.title)}}}",
        "author": _bibtex_authors(one),
        "year": (one.published or "")[:4],
        "date": one.published,
        "journal": _latex(one.journal),
        "shortjournal": _latex(one.journal_abbreviation),
        "volume": _latex(one.volume),
        "number": _latex(one.issue),
        "pages": (one.pages or "").replace("-", "--"),
        "doi": one.doi,
        "pmid": one.pmid,
        "pmcid": one.pmcid,
        "registration": ", ".join(one.registrations),
        "keywords": _latex("; ".join(one.keywords)),
        "abstract": _latex(one.abstract),
    }
    lines = "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items() if text)
    return f"@article{{{one.id},\n{lines}}}\n"


def _bibtex_authors(one: Cited) -> str:
    names = [*map(_bibtex_author, one.authors), *([] if one.complete else ["others"])]
    return " and ".join(names)


def _bibtex_author(name: str) -> str:
    person = _person(name)
    if person is None:
        return f"{{{_latex(name)}}}"
    family, given, suffix = map(_latex, person)
    return ", ".join(part for part in (family, suffix, given) if part)


def _latex(text: str | None) -> str:
    """Escape a text for BibTeX; letters stay as they are, in UTF-8."""
    escaped = "".join(_LATEX.get(char, char) for char in text or "")
    return re.sub(r"-(?=-)", "-{}", escaped)


#: Name of a format, which is also the end of its files' names, to what writes it.
CITATIONS: dict[str, Callable[[Review], str]] = {"ris": to_ris, "bib": to_bibtex}
