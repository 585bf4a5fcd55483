"""What a database or an exported file says about one publication."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .identifiers import normalise_doi
from .markup import plain_text

_DOI_IN_TEXT = re.compile(r"10\.\d{4,9}/\S+")
RETRACTED_UI = "D016441"  # MeSH: Retracted Publication, on the article itself
_RETRACTION_LINKS = frozenset({"RetractionIn", "RetractedandRepublishedIn"})
_CONCERN_LINKS = frozenset({"ExpressionOfConcernIn"})
POOLED = frozenset({"Meta-Analysis", "Systematic Review", "Review"})  # publication types of those that pool trials
NOT_TRIALS = POOLED | {"Case Reports", "Editorial", "Letter", "Comment"}


@dataclass(frozen=True, slots=True)
class AbstractPart:
    """One section of an abstract; ``text`` is a markup string (i, b, sub, sup; the rest escaped)."""

    label: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A link to a correction, a retraction, a preprint ...; ``kind`` is PubMed's RefType."""

    kind: str
    source: str | None = None
    pmid: str | None = None
    note: str | None = None

    @property
    def doi(self) -> str | None:
        """The DOI that stands in the words that say where it is."""
        found = _DOI_IN_TEXT.search(self.source or "")
        return normalise_doi(found[0]) if found else None

    @property
    def names(self) -> tuple[str, ...]:
        """By what it is known again."""
        return names_of_text(self.kind, self.source, self.pmid, self.doi)


def names_of_text(kind: str, source: str | None, pmid: str | None, doi: str | None) -> tuple[str, ...]:
    """Return by what a text about another is known again, whoever tells of it: its identifiers, else its words."""
    return tuple(name for name in (pmid, doi) if name) or (f"{kind}: {source or ''}",)


@dataclass(frozen=True, slots=True)
class Record:
    """One publication as a source describes it; what the source does not say is None or empty, never guessed.

    Attributes
    ----------
    title
        Plain text; `title_markup` is the same with PubMed's inline markup.
    authors
        "Family AB", or the name of a group; `authors_complete` is False where the source says "et al".
    published
        "2021", "2021-02" or "2021-02-05": as precise as the source is.
    doi, pmid
        In the spelling of `normalise_doi` and `normalise_pmid`.
    source
        Where the record comes from: "pubmed", "bibtex" ...
    extra
        What the source says beyond these fields, in its own words.
    """

    title: str
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    year: int | None = None
    published: str | None = None
    journal: str | None = None
    journal_abbreviation: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    registrations: tuple[str, ...] = ()
    abstract: tuple[AbstractPart, ...] = ()
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    publication_type_uis: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    source: str = ""
    title_markup: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def abstract_text(self) -> str:
        """The abstract as plain text, one line per section."""
        return "\n".join(
            f"{part.label}: {plain_text(part.text)}" if part.label else plain_text(part.text) for part in self.abstract
        )

    @property
    def retracted(self) -> bool:
        """Whether either of the two signals of a retraction is there: the link, or the publication type."""
        linked = any(correction.kind in _RETRACTION_LINKS for correction in self.corrections)
        return linked or RETRACTED_UI in self.publication_type_uis or "Retracted Publication" in self.publication_types

    @property
    def concern(self) -> bool:
        """Whether an expression of concern has been published about it."""
        return any(correction.kind in _CONCERN_LINKS for correction in self.corrections)

    @property
    def mentioned_registrations(self) -> tuple[str, ...]:
        """The registration numbers that title, abstract and keywords mention: a hint, they may be of other trials."""
        from .identifiers import find_registrations

        return find_registrations("\n".join((self.title, self.abstract_text, *self.keywords)))

    @property
    def own_registrations(self) -> tuple[str, ...]:
        """The registration of the record's own trial, everywhere where one is needed.

        What a pooled analysis names are the trials of others. One single number in the text of a trial is taken to be
        its own; where several are mentioned, or another kind of publication mentions one, they stay hints.
        """
        types = set(self.publication_types)
        if self.registrations or types & NOT_TRIALS:
            return () if types & POOLED else self.registrations
        mentioned = self.mentioned_registrations
        return mentioned if len(mentioned) == 1 else ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry that could not be read: where it begins (line, from 1), why, and its first words."""

    line: int
    reason: str
    text: str

    def __str__(self) -> str:
        """Return the line that the user reads."""
        return f"line {self.line}: {self.reason}: {self.text}"


_NOTES = frozenset(
    {"line", "record", "key", "registration", "DB", "UI", "study"}
)  # what readers themselves say of a record


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: the records in its order, and what failed."""

    records: tuple[Record, ...]
    failed: tuple[Failure, ...] = ()

    @property
    def not_understood(self) -> tuple[str, ...]:
        """The fields that no reader understands, by their own names; what they say stands in `Record.extra`."""
        return tuple(dict.fromkeys(name for record in self.records for name in record.extra if name not in _NOTES))
