"""Fetching what PubMed says of each study, and comparing it with the registry; files change only at the very end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from ...errors import RegistryError, UsageError, did_you_mean
from ...records.identifiers import normalise_doi, normalise_pmid, normalise_registration
from ...records.markup import clean_text, plain_text
from ...registry.load import load
from ...registry.store import metadata as stored
from ...sources.databases import DATABASES
from ...sources.pubmed.service import DoiLookup, PubMed
from ..run import REAL, Run, settings_of
from .notices import NOTICES, told_of

if TYPE_CHECKING:
    from datetime import datetime

    from ...records.record import Record
    from ...registry.model.public import Study
    from ...registry.store.metadata import Metadata
    from ...sources.net.pages import Progress
    from ...sources.pubmed.xml import Article

State = Literal["fetched", "unchanged", "not found"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where the registry and PubMed differ about one study; which of them is right is for a person to say."""

    field: str
    registry: str
    pubmed: str

    def __str__(self) -> str:
        """Return the line that the user reads."""
        return f"{self.field}: the registry says {self.registry}, PubMed says {self.pubmed}"


@dataclass(frozen=True, slots=True)
class StudyFetch:
    """What became of one study; ``reason`` says why a record was not found, or what is odd about the one that was."""

    study_id: str
    state: State
    reason: str = ""
    metadata: Metadata | None = None
    disagreements: tuple[Disagreement, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a run did, study by study in the order of the registry; ``checked`` is its day, UTC."""

    checked: str
    studies: tuple[StudyFetch, ...] = field(default=())

    def in_state(self, state: State) -> tuple[StudyFetch, ...]:
        """Return the studies in one state."""
        return tuple(study for study in self.studies if study.state == state)


def fetch(
    folder: Path | str,
    study_ids: Iterable[str] | None = None,
    run: Run = REAL,
) -> FetchReport:
    """Fetch PubMed's record of each study and store it beside the study files.

    A study with a PMID is asked for by it, another one by its DOI, which the record that is found must carry itself.
    Nothing is written before everything asked for has been answered soundly; then each file is written atomically, and
    only when PubMed's record changed, or when the day of the last look did.

    Parameters
    ----------
    folder
        The folder of the study files.
    study_ids
        The studies to fetch; all where it is None.
    run
        The time, who is told, and who answers.

    Raises
    ------
    UsageError
        A study that the registry does not have is asked for.
    RegistryError
        The registry is at fault.
    SourceError
        PubMed could not be reached, or what it sent stayed unsound. No file was touched.
    """
    review = load(folder, with_metadata=False)
    chosen = choose_studies(review.studies, study_ids)
    settings = settings_of(review)
    service = PubMed(settings, client=run.client("pubmed", settings))
    time = run.now()
    found = _look_up(chosen, service, run.voice.progress)
    outcomes = [outcome_of(Path(folder), study, found[study.id], service.url, time) for study in chosen]
    for outcome in outcomes:
        if outcome.metadata is not None:
            _store(Path(folder), outcome.study_id, outcome.metadata)
    return FetchReport(time.date().isoformat(), tuple(outcomes))


def choose_studies(studies: Iterable[Study], study_ids: Iterable[str] | None) -> list[Study]:
    """Return the studies asked for in the order of the registry; a name that it does not have is a `UsageError`."""
    by_id = {study.id: study for study in studies}
    wanted = set(by_id) if study_ids is None else set(study_ids)
    if unknown := sorted(wanted - set(by_id)):
        raise UsageError(f"study {unknown[0]!r} is unknown; {did_you_mean(unknown[0], by_id)}")
    return [study for study_id, study in by_id.items() if study_id in wanted]


def _look_up(studies: list[Study], service: PubMed, progress: Progress) -> dict[str, DoiLookup]:
    """Ask PubMed for all studies: those with a PMID in batches, the others by DOI."""
    pmids = {study.id: pmid for study in studies if (pmid := normalise_pmid(study.pmid))}
    dois = {study.id: doi for study in studies if study.id not in pmids and (doi := normalise_doi(study.doi))}
    fetched = service.fetch(pmids.values(), progress) if pmids else None
    found = service.find(dois.values(), progress) if dois else {}
    nothing = DoiLookup(None, "the study has neither a PMID nor a DOI to ask for")
    answers = {study.id: nothing for study in studies} | {study_id: found[doi] for study_id, doi in dois.items()}
    for study_id, pmid in pmids.items():
        article = fetched.articles.get(pmid) if fetched else None
        answers[study_id] = DoiLookup(article, "" if article else f"PubMed has no record with the PMID {pmid}")
    return answers


def outcome_of(folder: Path, study: Study, found: DoiLookup, url: str, time: datetime) -> StudyFetch:
    """Say what became of one study, with the metadata to store; nothing is written here."""
    if found.article is None:
        return StudyFetch(study.id, "not found", found.reason)
    new = metadata_of(found.article, url, time)
    old = _stored(folder, study.id)
    same = old is not None and old.digest == new.digest and old.pmid == new.pmid
    if same and old is not None:
        new = new.model_copy(update={"fetched": old.fetched, "url": old.url})
    new = new.model_copy(update={"told": told_of(new, old)})
    return StudyFetch(
        study.id,
        "unchanged" if same else "fetched",
        "; ".join(oddities(found.article.record)),
        new,
        disagreements(study, new, electronic_year(found.article)),
    )


def oddities(record: Record) -> Iterator[str]:
    """Say what a person should know of a record before relying on it."""
    if record.retracted:
        name = DATABASES[record.source].name if record.source in DATABASES else "its source"
        yield f"{name} flags it as retracted"
    if record.concern:
        yield "an expression of concern about it has been published"
    if any(name.casefold() in NOTICES for name in record.publication_types):
        yield "a notice about another publication, not a study"
    if "book" in record.extra:
        yield "a chapter or a book, not an article"


def _store(folder: Path, study_id: str, metadata: Metadata) -> None:
    """Write the metadata of a study unless the file says exactly that already."""
    if _stored(folder, study_id) != metadata:
        stored.write(folder, study_id, metadata)


def _stored(folder: Path, study_id: str) -> Metadata | None:
    """Read what an earlier run stored; a file that is damaged counts as none, for it is about to be written anew."""
    try:
        return stored.read(folder, study_id)
    except RegistryError:
        return None


def metadata_of(article: Article, base_url: str, time: datetime) -> Metadata:
    """Return what is stored of a record: the URL repeats the question, without a key."""
    record = article.record
    return stored.Metadata.of(
        record,
        pmid=record.pmid or "",
        fetched=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        checked=time.date().isoformat(),
        url=urljoin(base_url, f"efetch.fcgi?db=pubmed&id={record.pmid}&retmode=xml"),
        digest=article.digest,
    )


def electronic_year(article: Article) -> int | None:
    """Return the year of the electronic publication, which may differ from the issue's."""
    online = article.record.extra.get("electronic", "")
    return int(online[:4]) if online else None


def disagreements(study: Study, metadata: Metadata, online: int | None = None) -> tuple[Disagreement, ...]:
    """Return where the registry and PubMed differ about a study: title, year, DOI, PMID, registration.

    What one of them does not say is no disagreement. ``online`` is a second year that PubMed gives, that of the
    electronic publication.
    """
    ours, theirs = study.citation.year, metadata.year
    known = {normalise_registration(number) for number in study.registrations}
    pairs = (
        ("title", study.title, plain_text(metadata.title), title_key(study.title) == title_key(metadata.title)),
        ("year", ours, theirs, ours in {theirs, online}),
        ("DOI", study.doi, metadata.doi, normalise_doi(study.doi) == normalise_doi(metadata.doi)),
        ("PMID", study.pmid, metadata.pmid, normalise_pmid(study.pmid) == metadata.pmid),
        (
            "registration",
            ", ".join(study.registrations),
            ", ".join(metadata.registrations),
            bool(known & set(metadata.registrations)),
        ),
    )
    return tuple(Disagreement(name, str(a), str(b)) for name, a, b, same in pairs if a and b and not same)


def title_key(title: str) -> str:
    """Return the letters and digits of a title: case, punctuation, markup and spelling of accents are no difference."""
    text = unicodedata.normalize("NFKD", plain_text(clean_text(title))).casefold()
    return re.sub(r"[\W_]+", "", "".join(char for char in text if not unicodedata.combining(char)))
