"""One publication looked up by its DOI or PMID: in PubMed, and where that does not have it, elsewhere.

PubMed comes first, for its records say most. A DOI that its search does not find may still be there: old DOIs with
brackets are not searched for rightly, and Europe PMC knows their PMIDs. What PubMed does not have, Crossref has if it
was published with a DOI of Crossref's, and Europe PMC if it is a preprint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ...errors import SourceError
from ...sources.crossref.service import Crossref
from ...sources.europepmc.service import EuropePMC
from ...sources.pubmed.service import PubMed
from ..run import Run

if TYPE_CHECKING:
    from ...records.record import Record
    from ...sources.net.pages import Progress
    from ...sources.net.settings import Settings
    from ...sources.pubmed.xml import Article

T = TypeVar("T")
ELSEWHERE = "a record from elsewhere can be added with --bibtex FILE"


@dataclass(frozen=True, slots=True)
class Libraries:
    """Who is asked, in this order."""

    pubmed: PubMed
    europepmc: EuropePMC
    crossref: Crossref

    @classmethod
    def of(cls, run: Run, settings: Settings) -> Libraries:
        """Return them as a run asks them."""
        return cls(
            PubMed(settings, client=run.client("pubmed", settings)),
            EuropePMC(settings, client=run.client("europepmc", settings)),
            Crossref(settings, client=run.client("crossref", settings)),
        )


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A record, with the article where it is PubMed's; ``notes`` say where else it comes from, and what to mind."""

    record: Record
    article: Article | None = None
    notes: tuple[str, ...] = ()


def by_pmid(pmid: str, libraries: Libraries, progress: Progress) -> LookedUp:
    """Return PubMed's record.

    Raises
    ------
    SourceError
        There is none, or PubMed could not be asked.
    """
    if article := libraries.pubmed.fetch([pmid], progress).articles.get(pmid):
        return LookedUp(article.record, article)
    raise SourceError(f"PubMed has no record with the PMID {pmid}; nothing was written ({ELSEWHERE})")


def by_doi(doi: str, libraries: Libraries, progress: Progress) -> LookedUp:
    """Return the record of a DOI from the first that has one, and say which that is.

    Raises
    ------
    SourceError
        Nobody has one, or PubMed could not be asked. What each of them said is in the message.
    """
    found = libraries.pubmed.find([doi], progress)[doi]
    if found.article:
        return LookedUp(found.article.record, found.article)
    if found.several:
        raise SourceError(f"{found.reason}; nothing was written")
    said = [found.reason]
    known = _asked(lambda: libraries.europepmc.find([doi], progress)[doi], said) or ()
    if article := _through_pmid(doi, known, libraries.pubmed, progress):
        note = f"found by the PMID that Europe PMC names, for {found.reason}"
        return LookedUp(article.record, article, (note,))
    fetched = _asked(lambda: libraries.crossref.fetch([doi], progress), said)
    if fetched and doi in fetched.works:
        work = fetched.works[doi]
        notes = [_from("Crossref", found.reason)]
        articles = work.related("is-preprint-of")
        notes += [f"it is the preprint of {other}: look whether to add that instead" for other in articles]
        notes += [f"Crossref names its preprint: {other}" for other in work.related("has-preprint")]
        return LookedUp(_with_abstract(work.record, known), notes=tuple(notes))
    said += fetched.missing.values() if fetched else ()
    if known:
        return LookedUp(known[0], notes=(_from("Europe PMC", found.reason),))
    raise SourceError(f"{'; '.join(said)}; nothing was written ({ELSEWHERE})")


def _from(name: str, reason: str) -> str:
    return f"the data are {name}'s: {reason}"


def _asked(ask: Callable[[], T], said: list[str]) -> T | None:
    """Return what one of the others says; where it cannot be asked, that is said, and the next one is asked."""
    try:
        return ask()
    except SourceError as error:
        said.append(str(error))
        return None


def _through_pmid(doi: str, known: tuple[Record, ...], pubmed: PubMed, progress: Progress) -> Article | None:
    """Return PubMed's record by the one PMID that Europe PMC has for a DOI, unless it says that it is of another."""
    pmids = [record.pmid for record in known if record.pmid]
    if len(pmids) != 1:
        return None
    article = next(iter(pubmed.fetch(pmids, progress).articles.values()), None)
    return article if article and article.record.doi in (doi, None) else None


def _with_abstract(record: Record, known: tuple[Record, ...]) -> Record:
    """Crossref has about half of the abstracts; Europe PMC's is taken where it has none."""
    abstract = record.abstract or next((other.abstract for other in known if other.abstract), ())
    return replace(record, abstract=abstract)
