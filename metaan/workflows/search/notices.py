"""What has been published about a study, as each service says it -> notices, with what they mean for its numbers.

To add a kind of link: PubMed's RefType in `SEVERITIES`; Crossref's relations stand in `metaan.sources.crossref.work`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ...records.identifiers import normalise_doi
from ...registry.store.runs import LINK, Notice
from ...sources.crossref.work import CONCERNS, RETRACTIONS, VERSIONS, Update, WorkRelation

if TYPE_CHECKING:
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata


class Linked(Protocol):
    """A link of a record, as `metaan.records.record` and `metaan.registry.store.metadata` have it."""

    @property
    def kind(self) -> str:
        """PubMed's RefType."""

    @property
    def source(self) -> str | None:
        """Where it leads to, in words."""

    @property
    def pmid(self) -> str | None:
        """Where it leads to in PubMed."""

    @property
    def doi(self) -> str | None:
        """The DOI of where it leads to."""


def notices_of_links(
    study: str, links: Iterable[Linked], types: Iterable[str], retracted: bool, by: str
) -> Iterator[Notice]:
    """Yield what a record links to that bears on a study; what only its publication types say is told too."""
    severities = set()
    for link in links:
        if severity := SEVERITIES.get(link.kind):
            severities.add(severity)
            yield Notice(
                study=study,
                kind=link.kind,
                severity=severity,
                source=link.source or "",
                pmid=link.pmid,
                doi=link.doi,
                by=by,
            )
    if retracted and "retracted" not in severities:
        yield Notice(study=study, kind="Retracted Publication", severity="retracted", by=by)
    if (itself := [name for name in types if name.casefold() in NOTICES]) and "itself a notice" not in severities:
        yield Notice(study=study, kind=itself[0], severity="itself a notice", by=by)


def notices_of_crossref(study: str, updates: Iterable[Update], relations: Iterable[WorkRelation]) -> Iterator[Notice]:
    """Yield what Crossref has published about a study, and the other texts of the same work that it knows."""
    for update in updates:
        source = ", ".join((*filter(None, [update.date]), *update.sources))
        severity = _severity_of_update(update.kind)
        yield Notice(study=study, kind=update.kind, severity=severity, source=source, doi=update.doi, by="Crossref")
    for relation in relations:
        severity = "newer version" if VERSIONS[relation.kind] else LINK
        yield Notice(study=study, kind=relation.kind, severity=severity, doi=relation.doi, by="Crossref")


def as_one(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return notices with what two services tell of one text told once, by both.

    It is one where the DOI is; or, where one service names none, the year, and neither tells of another in that year.
    """
    kept: list[Notice] = []
    rest = list(notices)
    while rest:
        notice = rest.pop(0)
        for other in tuple(rest):
            if other.by in notice.by:
                continue
            if _same_doi(notice, other) or _only_ones(notice, other, [*kept, notice, *rest]):
                rest.remove(other)
                notice = _both(notice, other)
        kept.append(notice)
    return tuple(kept)


def _same_doi(a: Notice, b: Notice) -> bool:
    return a.doi is not None and (a.study, a.severity, a.doi) == (b.study, b.severity, b.doi)


def _only_ones(a: Notice, b: Notice, notices: Sequence[Notice]) -> bool:
    """Whether two notices without an identifier in common can only be of one text."""
    if (a.doi and b.doi) or (a.pmid and b.pmid) or not _year(a):
        return False
    what = a.study, a.severity, _year(a)
    alike = [one for one in notices if (one.study, one.severity, _year(one)) == what]
    return len(alike) == 2 and b in alike


def _year(notice: Notice) -> str:
    found = re.search(r"\b(?:19|20)\d\d\b", notice.source)
    return found[0] if found else ""


def _both(a: Notice, b: Notice) -> Notice:
    more = {"pmid": a.pmid or b.pmid, "doi": a.doi or b.doi, "source": a.source or b.source}
    return a.model_copy(update={**more, "by": f"{a.by} and {b.by}", "known": a.known or b.known})


def is_named(notice: Notice, study: Study) -> bool:
    """Whether the study's own file names the notice: somebody has looked at it."""
    return any(
        (notice.pmid and relation.pmid == notice.pmid) or (notice.doi and normalise_doi(relation.doi) == notice.doi)
        for relation in study.relations
    )


def needs_decision(notice: Notice, study: Study) -> bool:
    """Whether nobody has answered a notice: by naming it in the study's file, or by a decision since it was told of.

    Retractions and concerns are flags of the study, with decisions of their own (`metaan.registry.flags`).
    """
    if notice.severity not in ANSWERED_BY_CORRECTION or is_named(notice, study):
        return False
    decision = study.decision("correction")
    return decision is None or decision.date.isoformat() < notice.first


def names_of(notice: Notice) -> frozenset[tuple[str, ...]]:
    """Return by what a notice is known again among those of other studies and of other kinds."""
    return frozenset((notice.study, notice.severity, name) for name in notice.names)


def stored_notices(study: str, known: Metadata) -> Iterator[Notice]:
    """Yield what PubMed's stored record says about a study, with the day on which it was first there."""
    for notice in notices_of_links(study, known.corrections, known.publication_types, known.retracted, "PubMed"):
        days = [known.told[name] for name in notice.names if name in known.told]
        yield notice.model_copy(update={"first": min(days, default="")})


def told_of(new: Metadata, old: Metadata | None) -> dict[str, str]:
    """Return the days of the notices in a record: of what was not there before, that on which it was asked for."""
    there = {} if old is None else {name: old.told.get(name, "") for name in _names(old)}
    days = {name: there.get(name, new.checked or "") for name in _names(new)}
    return {name: day for name, day in days.items() if day}


def _names(known: Metadata) -> set[str]:
    return {name for notice in stored_notices("any", known) if notice.severity != LINK for name in notice.names}


def _severity_of_update(kind: str) -> str:
    if kind in RETRACTIONS:
        return "retracted"
    if kind in CONCERNS:
        return "concern"
    return "newer version" if kind in {"new-version", "new-edition"} else "re-extract"


#: PubMed's RefType, Europe PMC's words beside it -> what it means for the numbers that were taken from the record.
SEVERITIES: dict[str, str] = {
    "RetractionIn": "retracted",
    "RetractedandRepublishedIn": "retracted",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "re-extract",
    "CorrectedandRepublishedIn": "re-extract",
    "UpdateIn": "newer version",
    "PreprintOf": "newer version",
    "RepublishedIn": "newer version",
    "UpdateOf": LINK,
    "PreprintIn": LINK,
    "RepublishedFrom": LINK,
    "CorrectedandRepublishedFrom": LINK,
    "RetractedandRepublishedFrom": LINK,
    "OriginalReportIn": LINK,
    "ReprintIn": LINK,
    "ReprintOf": LINK,
    "RetractionOf": "itself a notice",
    "ExpressionOfConcernFor": "itself a notice",
    "ErratumFor": "itself a notice",
}

#: What a decision about a correction answers.
ANSWERED_BY_CORRECTION = frozenset({"re-extract", "newer version", "itself a notice"})

#: Publication types of notices; the first has been seen under two names.
NOTICES = frozenset({"retraction of publication", "retraction notice", "published erratum", "expression of concern"})
