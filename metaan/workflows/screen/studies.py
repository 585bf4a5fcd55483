"""The study files that screening makes of included candidates, and takes away again as long as nobody has used them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConflictError
from ...records.identifiers import normalise_doi, normalise_pmid
from ...registry.store import metadata as stored
from ...registry.store.candidate import Candidate
from ...registry.store.decisions import Decision
from ...registry.store.standing import Standing
from ...registry.text.files import project_of, read

if TYPE_CHECKING:
    from ...registry.load import Review
    from ..studies.add import NewStudy

TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Made:
    """The study of an included candidate; where it is new, what is to be written of it, and the digest of its bytes."""

    study: str | None
    new: NewStudy | None = None
    metadata: stored.Metadata | None = None

    @property
    def written(self) -> str | None:
        """SHA-256 of the study file."""
        return hashlib.sha256(self.new.text.encode()).hexdigest() if self.new else None

    def write(self, folder: Path) -> Path | None:
        """Write what is new, after the decision that names it; the same decision once more finds what is missing."""
        return self.new.write(folder, self.metadata) if self.new else None


def lacks_study(standing: Standing, folder: Path) -> bool:
    """Say whether a candidate is included and no study of the registry is made of it."""
    known = standing.study is not None and _file(folder, standing.study).exists()
    return standing.state == "included" and not known


def make_study(candidate: Candidate, review: Review) -> Made:
    """Return the study that has the candidate's PMID or DOI, or a new one, of which nothing is written yet.

    Raises
    ------
    ConflictError
        Another publication of the same study is in the registry.
    """
    from ..studies.add import new_study  # what reads records is loaded when the first candidate is included

    if study := _study_of(candidate, review):
        return Made(study)
    try:
        new = new_study(review, candidate.record(candidate.sightings[0].source))
    except ConflictError as error:
        raise ConflictError(f"{error}. If it is a second publication of that study: --exclude it, and say so") from None
    return Made(new.id, new, _metadata_of(candidate, review.folder))


def _metadata_of(candidate: Candidate, folder: Path) -> stored.Metadata | None:
    """Return what PubMed said of a candidate that was found there."""
    from ...registry.store.runs import read_runs
    from ...sources.pubmed.xml import Article
    from ..search.fetch import metadata_of

    sighting = next((s for s in candidate.sightings if s.source == "pubmed" and s.digest and s.url), None)
    found = next((run.started for run in read_runs(folder) if candidate.key in run.new), candidate.found)
    if not (found and sighting and sighting.url and sighting.digest and candidate.pmid):
        return None
    time = datetime.strptime(found, TIME).replace(tzinfo=UTC)
    return metadata_of(Article(candidate.record("pubmed"), sighting.digest), sighting.url, time)


def _study_of(candidate: Candidate, review: Review) -> str | None:
    """Return the study that has the candidate's PMID or DOI, or, where it has neither, its title."""
    from ..search.fetch import title_key

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
    if hashlib.sha256(read(path, project_of(folder))).hexdigest() != made.written:
        raise ConflictError(
            f"{path} has been worked on since; delete it first, or leave the decision and set its status to excluded"
        )
    return path


def _file(folder: Path, study: str) -> Path:
    """Return the file of a study; a name that would leave the folder is refused."""
    return folder / f"{stored.path_of(folder, study).stem}.yaml"


def remove_study(folder: Path, study: str, file: Path) -> None:
    """Take an untouched study file away, and before that what PubMed said of it."""
    stored.path_of(folder, study).unlink(missing_ok=True)
    file.unlink(missing_ok=True)
