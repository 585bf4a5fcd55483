"""The studies of the registry looked at again: what has been published about them since.

n studies with a PMID cost ceil(n / 200) requests. Crossref is asked too, about n / 40 requests more, from both ends:
`updated-by` of the study's DOI, and notices that name it. It has Retraction Watch's database, and knows of retractions
that PubMed does not have yet. It is a second opinion: where it does not answer, that is said, and nothing else fails.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import SourceError
from ..registry.candidates_runs import Notice, Recheck, Run
from ..registry.metadata import text_of
from ..sources.identifiers import normalise_doi, normalise_pmid
from ..sources.pubmed import Found, read_search
from .fetch import StudyFetch, outcome_of

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.metadata import Metadata
    from ..registry.model import Study
    from ..sources.client import Client
    from ..sources.pubmed_xml import Article
    from .searching import Desk

DOIS = 40  # in one search
MOST_HITS = 200  # PMIDs looked at per search; a DOI has one
_DOI_IN_TEXT = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a run found, the metadata files to write, and the digests of the records whose bytes are kept."""

    recheck: Recheck | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    digests: tuple[str, ...] = ()


def recheck(review: Review, desk: Desk, time: datetime, runs: Sequence[Run]) -> Rechecked:
    """Look at every study again; nothing is written here.

    Parameters
    ----------
    review
        Its studies, and what was said of them before.
    desk
        With what is asked.
    time
        Of the run, UTC.
    runs
        The earlier ones: what they said is known.
    """
    found = _look_up(review, desk)
    studies, url = review.studies, desk.settings.pubmed_url
    outcomes = [outcome_of(review.folder, study, found[study.id], url, time) for study in studies]
    told = {_identity(n) for run in runs if run.recheck for n in run.recheck.notices}
    notices = [n for study, o in zip(studies, outcomes) if o.metadata for n in _notices(study, o.metadata)]
    from_crossref, unasked = _crossref(review, desk)
    notices += from_crossref
    checked = tuple(outcome.study_id for outcome in outcomes if outcome.metadata)
    unknown = tuple(f"{outcome.study_id}: {outcome.reason}" for outcome in outcomes if not outcome.metadata)
    marked = tuple(_marked(notice, review, told) for notice in notices)
    changed = [o for o in outcomes if o.metadata and o.metadata != review.metadata.get(o.study_id)]
    return Rechecked(
        Recheck(studies=checked, unknown=unknown, notices=marked, unasked=unasked),
        {f"metadata/{o.study_id}.json": text_of(o.metadata).encode() for o in changed if o.metadata},
        tuple(_digests(changed)),
    )


def _look_up(review: Review, desk: Desk) -> dict[str, Found]:
    """Return PubMed's record of each study, all fetched together: by PMID, else by the DOI that it carries itself."""
    service, client = desk.pubmed()
    pmids = {study.id: pmid for study in review.studies if (pmid := _pmid(study, review.metadata.get(study.id)))}
    dois = {s.id: doi for s in review.studies if s.id not in pmids and (doi := normalise_doi(s.doi))}
    hits = _search_dois(list(dois.values()), client)
    wanted = [*pmids.values(), *hits]
    articles = service.fetch(wanted, desk.progress).articles if wanted else {}
    by_doi: defaultdict[str, list[Article]] = defaultdict(list)
    for pmid in hits:
        if pmid in articles:
            by_doi[articles[pmid].record.doi or ""].append(articles[pmid])
    found = {study.id: Found(None, "neither a PMID nor a DOI to ask for") for study in review.studies}
    for study_id, pmid in pmids.items():
        found[study_id] = Found(articles.get(pmid), f"PubMed has no record with the PMID {pmid}")
    for study_id, doi in dois.items():
        carrying = by_doi[doi]
        one = carrying[0] if len(carrying) == 1 else None
        several = f"{len(carrying)} records carry" if carrying else "no record carries"
        found[study_id] = Found(one, f"in PubMed {several} the DOI {doi}")
    return found


def _pmid(study: Study, metadata: Metadata | None) -> str | None:
    return normalise_pmid(study.pmid) or (normalise_pmid(metadata.pmid) if metadata else None)


def _search_dois(dois: list[str], client: Client) -> list[str]:
    """Return the PMIDs that DOIs find, many in one search; what one was mistaken for is among them."""
    found: dict[str, None] = {}
    for start in range(0, len(dois), DOIS):
        batch = dois[start : start + DOIS]
        term = " OR ".join(f'"{doi.replace(chr(34), "")}"[doi]' for doi in batch)
        pmids = _esearch(term, client)
        if len(pmids) == MOST_HITS:  # one of them was taken for something else, and hides the others
            pmids = tuple(pmid for part in term.split(" OR ") for pmid in _esearch(part, client)[:20])
        found |= dict.fromkeys(pmids)
    return list(found)


def _esearch(term: str, client: Client) -> tuple[str, ...]:
    params = {"db": "pubmed", "term": term, "retmode": "json", "retmax": str(MOST_HITS)}
    return client.ask("esearch.fcgi", params, read_search) or client.ask("esearch.fcgi", params, read_search)


def _digests(changed: Iterable[StudyFetch]) -> Iterator[str]:
    return (outcome.metadata.digest for outcome in changed if outcome.metadata and outcome.state == "fetched")


def _notices(study: Study, metadata: Metadata) -> Iterator[Notice]:
    """Yield what PubMed links to a study that bears on its numbers."""
    kinds = set()
    for link in metadata.corrections:
        if severity := SEVERITIES.get(link.kind):
            kinds.add(severity)
            doi = _DOI_IN_TEXT.search(link.source or "")
            yield Notice(
                study=study.id,
                kind=link.kind,
                severity=severity,
                source=link.source or "",
                pmid=link.pmid,
                doi=normalise_doi(doi[0]) if doi else None,
                by="PubMed",
            )
    if metadata.retracted and "retracted" not in kinds:
        yield Notice(study=study.id, kind="Retracted Publication", severity="retracted", by="PubMed")


def _crossref(review: Review, desk: Desk) -> tuple[list[Notice], tuple[str, ...]]:
    """Ask Crossref for notices about the studies that have a DOI; say why where it could not be asked."""
    from ..sources.crossref import Crossref

    dois = {doi: study.id for study in review.studies if (doi := normalise_doi(study.doi))}
    if not dois:
        return [], ()
    try:
        updates = Crossref(desk.settings, client=desk.ask("crossref")).updates(dois, desk.progress)
    except SourceError as error:
        return [], (str(error),)
    return [
        Notice(
            study=dois[doi],
            kind=update.kind,
            severity=_crossref_severity(update.kind),
            source=", ".join((*filter(None, [update.date]), *update.sources)),
            doi=update.doi,
            by="Crossref",
        )
        for doi, found in updates.items()
        for update in found
    ], ()


def _crossref_severity(kind: str) -> str:
    from ..sources.crossref_work import CONCERNS, RETRACTIONS

    if kind in RETRACTIONS:
        return "retracted"
    return "concern" if kind in CONCERNS else "re-extract"


def _marked(notice: Notice, review: Review, told: set[tuple[str | None, ...]]) -> Notice:
    """Say of a notice whether an earlier run told of it, or the study's own file names it."""
    relations = review.study(notice.study).relations
    named = any(
        (notice.pmid and relation.pmid == notice.pmid) or (notice.doi and normalise_doi(relation.doi) == notice.doi)
        for relation in relations
    )
    return notice.model_copy(update={"known": bool(named) or _identity(notice) in told})


def _identity(notice: Notice) -> tuple[str | None, ...]:
    return notice.study, notice.kind, notice.pmid, notice.doi, None if notice.pmid or notice.doi else notice.source


#: PubMed's RefType on the article itself -> what it means for the numbers that were taken from it.
SEVERITIES: dict[str, str] = {
    "RetractionIn": "retracted",
    "RetractedandRepublishedIn": "retracted",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "re-extract",
    "CorrectedandRepublishedIn": "re-extract",
    "UpdateIn": "newer version",
    "RepublishedIn": "newer version",
}
