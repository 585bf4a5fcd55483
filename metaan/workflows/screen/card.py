"""What a person reads of one candidate, as plain values that a terminal shows in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...registry.store.candidate import Candidate
from ...registry.store.decisions import STAGES, Decision
from ...registry.store.standing import Standing
from .words import called, plain, title_of


@dataclass(frozen=True, slots=True)
class Card:
    """One candidate: no markup, no control characters, one line each.

    Attributes
    ----------
    flags
        RETRACTED, CONCERN.
    place
        Authors, journal, date, kind of publication.
    abstract
        Label, empty where there is none, and text of each section.
    links
        Where it can be read.
    notes
        Publications that it is linked to, and questions whether it is the same as another.
    decisions
        What has been decided, as far as the reader may see it.
    """

    key: str
    called: str
    title: str
    flags: tuple[str, ...]
    place: str
    abstract: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    notes: tuple[str, ...]
    decisions: tuple[str, ...]


def card(candidate: Candidate, standing: Standing) -> Card:
    """Return what a person reads; ``standing`` is what the person may see."""
    return Card(
        candidate.key,
        called(candidate),
        title_of(candidate),
        tuple(flags(candidate)),
        _place(candidate),
        tuple((plain(part.label or ""), plain(part.text)) for part in candidate.abstract),
        tuple(links(candidate)),
        tuple(notes(candidate)),
        tuple(_decisions(standing)),
    )


def flags(candidate: Candidate) -> Iterator[str]:
    """Yield in capitals what warns of a candidate."""
    if candidate.retracted:
        yield "RETRACTED"
    if candidate.concern:
        yield "CONCERN"


def links(candidate: Candidate) -> Iterator[str]:
    """Yield where a candidate can be read: PubMed, DOI, the registry of trials."""
    if candidate.pmid and candidate.pmid.isdigit():
        yield f"https://pubmed.ncbi.nlm.nih.gov/{candidate.pmid}/"
    if candidate.doi:
        yield f"https://doi.org/{plain(candidate.doi)}"
    for number in candidate.registrations:
        if number.startswith("NCT") and number[3:].isdigit():
            yield f"https://clinicaltrials.gov/study/{number}"


def notes(candidate: Candidate) -> Iterator[str]:
    """Yield what it has to do with other publications."""
    for link in candidate.linked:
        yield f"linked to {link.to}: {plain(link.how)}"
    for question in candidate.questions:
        same = f"; the same: {', '.join(question.agree)}" if question.agree else ""
        differ = f"; differ: {', '.join(question.differ)}" if question.differ else ""
        yield f"the same publication as {question.to}? titles alike to {question.similarity:.0f} %{same}{differ}"


def _place(candidate: Candidate) -> str:
    authors = ", ".join(candidate.authors[:3]) + (" and others" if len(candidate.authors) > 3 else "")
    pages = f"{candidate.volume or ''}:{candidate.pages}" if candidate.pages else candidate.volume
    date = candidate.published or (str(candidate.year) if candidate.year else None)
    parts = (authors, candidate.journal, pages, date, ", ".join(candidate.publication_types))
    return plain(". ".join(part for part in parts if part))


def _decisions(standing: Standing) -> Iterator[str]:
    if standing.passed:
        yield from (f"{STAGES['abstract']}: {_said(vote)}" for vote in _votes(standing.passed))
    yield from (_said(vote) for vote in _votes(standing))
    if standing.study:
        yield f"it is the study {standing.study}"


def _votes(standing: Standing) -> Iterator[Decision]:
    yield from standing.votes.values()
    if standing.resolution:
        yield standing.resolution


def _said(vote: Decision) -> str:
    reason = f": {plain(vote.reason)}" if vote.reason else ""
    resolved = ", which resolves it" if vote.resolves else ""
    return f"{plain(vote.by)}, {vote.at[:10]} {vote.at[11:16]}: {vote.action}{reason}{resolved}"
