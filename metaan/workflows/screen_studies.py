"""The study files that screening makes of included candidates, and takes away again as long as nobody has used them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConflictError
from ..registry import metadata as stored
from ..registry.candidates import Candidate
from ..registry.candidates_decisions import Decision
from ..registry.candidates_standing import Standing
from ..registry.load import Review
from ..sources.identifiers import normalise_doi, normalise_pmid

if TYPE_CHECKING:
    from .add import Added

TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Made:
    """The study of an included candidate; ``file`` and ``written``, the digest of its bytes, where it is new."""

    study: str | None
    file: Path | None = None
    written: str | None = None
    notes: tuple[str, ...] = ()


def lacks_study(standing: Standing, review: Review) -> bool:
    """Say whether a candidate is included and no study of the registry is made of it."""
    known = standing.study is not None and _file(review.folder, standing.study).exists()
    return standing.state == "included" and not known


def make_study(candidate: Candidate, review: Review) -> Made:
    """Return the study that has the candidate's PMID or DOI, or write its file and beside it what PubMed said.

    Raises
    ------
    ConflictError
        Another publication of the same study is in the registry. Nothing was written.
    """
    from .add import add_record  # what reads records is loaded when the first candidate is included
    from .as_records import record_of_candidate

    if study := _study_of(candidate, review):
        return Made(study)
    record = record_of_candidate(candidate)
    try:
        added = add_record(review, record)
    except ConflictError as error:
        raise ConflictError(f"{error}. If it is a second publication of that study: --exclude it, and say so") from None
    _keep_metadata(candidate, review, added)
    written = hashlib.sha256(added.file.read_bytes()).hexdigest() if added.file else None
    return Made(added.study_id, added.file, written, added.notes)


def _keep_metadata(candidate: Candidate, review: Review, added: Added) -> None:
    from ..sources.pubmed_xml import Article
    from .as_records import record_of_candidate
    from .fetch import metadata_of

    sighting = next((s for s in candidate.sightings if s.source == "pubmed" and s.digest and s.url), None)
    if sighting and sighting.url and sighting.digest and candidate.pmid and added.study_id:
        time = datetime.strptime(candidate.found, TIME).replace(tzinfo=UTC)
        article = Article(replace(record_of_candidate(candidate)), sighting.digest)
        stored.write(review.folder, added.study_id, metadata_of(article, sighting.url, time))


def _study_of(candidate: Candidate, review: Review) -> str | None:
    """Return the study that has the candidate's PMID or DOI: written by a run that was cut before it was noted."""
    from .fetch import title_key

    bare = not (candidate.pmid or candidate.doi)
    for study in review.studies:
        same_pmid = candidate.pmid and normalise_pmid(study.pmid) == candidate.pmid
        same_doi = candidate.doi and normalise_doi(study.doi) == candidate.doi
        if same_pmid or same_doi or (bare and title_key(study.title) == title_key(candidate.title)):
            return study.id
    return None


def untouched(folder: Path, made: Decision | None) -> Path | None:
    """Return the study file that a decision made, None where it made none or the file is gone.

    Raises
    ------
    ConflictError
        Somebody has worked on it.
    """
    if not (made and made.study and made.written):
        return None
    path = _file(folder, made.study)
    if not path.exists():
        return None
    if hashlib.sha256(path.read_bytes()).hexdigest() != made.written:
        raise ConflictError(
            f"{path} has been worked on since; delete it first, or leave the decision and set its status to excluded"
        )
    return path


def _file(folder: Path, study: str) -> Path:
    """Return the file of a study; a name that would leave the folder is refused."""
    return folder / f"{stored.path_of(folder, study).stem}.yaml"


def remove_study(folder: Path, study: str, file: Path) -> None:
    """Take an untouched study file away, and what PubMed said of it."""
    file.unlink(missing_ok=True)
    stored.path_of(folder, study).unlink(missing_ok=True)
