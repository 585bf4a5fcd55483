"""The studies of the registry looked at again: what has been published about them since.

n studies with a PMID cost ceil(n / 200) requests. Crossref is asked too, about n / 40 requests more, from both ends:
`updated-by` of the study's DOI, and notices that name it. It has Retraction Watch's database, and knows of retractions
that PubMed does not have yet, and which preprint became which article. A DOI that PubMed does not know is asked of
Europe PMC. Both are second opinions: where one does not answer, that is said, and nothing else fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ...errors import SourceError
from ...records.identifiers import normalise_doi, normalise_pmid
from ...records.record import Record
from ...registry.store.metadata import text_of
from ...registry.store.runs import Notice, Recheck, RunRecord
from ...sources.pubmed.service import DoiLookup, read_search
from ...sources.pubmed.xml import Article
from .fetch import StudyFetch, outcome_of
from .notices import as_one, is_named, names_of, notices_of_crossref, notices_of_links, stored_notices

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata
    from ...sources.net.client import Client
    from .searching import Intake

DOIS = 40  # in one search
MOST_HITS = 200  # PMIDs looked at per search; a DOI has one


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a run found, the metadata files to write, and the digests of the records whose bytes are kept."""

    recheck: Recheck | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    digests: tuple[str, ...] = ()


def recheck(review: Review, intake: Intake, time: datetime, runs: Sequence[RunRecord]) -> Rechecked:
    """Look at every study again; nothing is written here.

    Parameters
    ----------
    review
        Its studies, and what was said of them before.
    intake
        With what is asked.
    time
        Of the run, UTC.
    runs
        The earlier ones: what they said is known.
    """
    found = _look_up(review, intake)
    elsewhere, unasked = _elsewhere(found, review, intake)
    found |= {study_id: DoiLookup(there) for study_id, there in elsewhere.items() if isinstance(there, Article)}
    records = {study_id: there for study_id, there in elsewhere.items() if isinstance(there, Record)}
    url = intake.settings.pubmed_url
    outcomes = {study.id: outcome_of(review.folder, study, found[study.id], url, time) for study in review.studies}
    from_crossref, more_unasked = _crossref(review, outcomes, intake)
    told = _told(runs)
    notices = [*_from_records(outcomes, records), *from_crossref]
    changed = [o for o in outcomes.values() if o.metadata and o.metadata != review.metadata.get(o.study_id)]
    return Rechecked(
        Recheck(
            studies=tuple(i for i, outcome in outcomes.items() if outcome.metadata or i in records),
            unknown=tuple(f"{i}: {o.reason}" for i, o in outcomes.items() if not o.metadata and i not in records),
            notices=as_one(_marked(notice, review, told, time.date().isoformat()) for notice in notices),
            unasked=(*unasked, *more_unasked),
        ),
        {f"metadata/{o.study_id}.json": text_of(o.metadata).encode() for o in changed if o.metadata},
        tuple(_digests(changed)),
    )


def _from_records(outcomes: Mapping[str, StudyFetch], records: Mapping[str, Record]) -> Iterator[Notice]:
    """Yield what PubMed links to each study, and Europe PMC to those that PubMed does not know."""
    for study_id, outcome in outcomes.items():
        if known := outcome.metadata:
            yield from stored_notices(study_id, known)
        elif record := records.get(study_id):
            types, retracted = record.publication_types, record.retracted
            yield from notices_of_links(study_id, record.corrections, types, retracted, "Europe PMC")


def _look_up(review: Review, intake: Intake) -> dict[str, DoiLookup]:
    """Return PubMed's record of each study, all fetched together: by PMID, else by the DOI that it carries itself."""
    service, client = intake.pubmed()
    pmids = {study.id: pmid for study in review.studies if (pmid := _pmid(study, review.metadata.get(study.id)))}
    dois = {s.id: doi for s in review.studies if s.id not in pmids and (doi := normalise_doi(s.doi))}
    hits = _search_dois(list(dois.values()), client)
    wanted = [*pmids.values(), *hits]
    articles = service.fetch(wanted, intake.progress).articles if wanted else {}
    by_doi: defaultdict[str, list[Article]] = defaultdict(list)
    for pmid in hits:
        if pmid in articles:
            by_doi[articles[pmid].record.doi or ""].append(articles[pmid])
    found = {study.id: DoiLookup(None, "neither a PMID nor a DOI to ask for") for study in review.studies}
    for study_id, pmid in pmids.items():
        found[study_id] = DoiLookup(articles.get(pmid), f"PubMed has no record with the PMID {pmid}")
    for study_id, doi in dois.items():
        carrying = by_doi[doi]
        one = carrying[0] if len(carrying) == 1 else None
        several = f"{len(carrying)} records carry" if carrying else "no record carries"
        found[study_id] = DoiLookup(one, f"in PubMed {several} the DOI {doi}")
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


def _elsewhere(
    found: Mapping[str, DoiLookup], review: Review, intake: Intake
) -> tuple[dict[str, Article | Record], list[str]]:
    """Ask Europe PMC for the studies with a DOI that PubMed does not know; say why where it could not be asked.

    What it names the one PMID of is PubMed's own record, unless that is of another DOI.
    """
    from ...sources.europepmc.service import EuropePMC

    dois = {s.id: doi for s in review.studies if not found[s.id].article and (doi := normalise_doi(s.doi))}
    if not dois:
        return {}, []
    try:
        records = EuropePMC(intake.settings, client=intake.ask("europepmc")).find(dois.values(), intake.progress)
    except SourceError as error:
        return {}, [str(error)]
    pmids = {doi: known.pop() for doi, those in records.items() if len(known := {r.pmid for r in those if r.pmid}) == 1}
    articles = intake.pubmed()[0].fetch(pmids.values(), intake.progress).articles if pmids else {}
    there: dict[str, Article | Record] = {}
    for study_id, doi in dois.items():
        article = articles.get(pmids.get(doi, ""))
        if article and article.record.doi in (doi, None):
            there[study_id] = article
        elif records[doi]:
            there[study_id] = records[doi][0]
    return there, []


def _crossref(review: Review, outcomes: Mapping[str, StudyFetch], intake: Intake) -> tuple[list[Notice], list[str]]:
    """Ask Crossref about the studies whose DOI they or PubMed name; say why where it could not be asked."""
    from ...sources.crossref.service import Crossref

    dois = {study.id: doi for study in review.studies if (doi := _doi(study, outcomes[study.id].metadata))}
    if not dois:
        return [], []
    try:
        about = Crossref(intake.settings, client=intake.ask("crossref")).about(dois.values(), intake.progress)
    except SourceError as error:
        return [], [str(error)]
    return [n for study_id, doi in dois.items() for n in notices_of_crossref(study_id, *about[doi])], []


def _doi(study: Study, metadata: Metadata | None) -> str | None:
    return normalise_doi(study.doi) or (normalise_doi(metadata.doi) if metadata else None)


def _told(runs: Sequence[RunRecord]) -> dict[tuple[str, ...], str]:
    """Return by what notices are known again, with the day of the first run that told of it."""
    first: dict[tuple[str, ...], str] = {}
    for run in runs:
        for notice in run.recheck.notices if run.recheck else ():
            for name in names_of(notice):
                first.setdefault(name, notice.first or run.started[:10])
    return first


def _marked(notice: Notice, review: Review, told: Mapping[tuple[str, ...], str], today: str) -> Notice:
    """Say of a notice when a run told of it first, and whether it is news: the study's own file may name it."""
    days = [told[name] for name in names_of(notice) if name in told]
    known = bool(days) or is_named(notice, review.study(notice.study))
    return notice.model_copy(update={"known": known, "first": min(days, default=today)})
