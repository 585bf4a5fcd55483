"""Candidates are judged: included ones become study files that await their numbers, everything is said with a name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ..errors import ConflictError, UsageError
from ..registry import metadata as stored
from ..registry.candidates import Candidate, find_candidate, read_candidates
from ..registry.candidates_commit import is_unfinished, locked
from ..registry.candidates_decisions import (
    Decision,
    Standing,
    append_decision,
    in_force,
    paired_judgements,
    read_decisions,
    standings,
)
from ..registry.candidates_flow import Flow, flow
from ..registry.candidates_runs import read_runs
from ..registry.load import Review, load
from ..sources.identifiers import normalise_doi, normalise_pmid
from ..sources.markup import clean_text
from ..sources.pubmed_xml import Article
from ..stats.agreement import Agreement, cohen_kappa
from .add import Added, add_record
from .as_records import record_of_candidate
from .fetch import metadata_of, title_key

TIME = "%Y-%m-%dT%H:%M:%SZ"
_LONGEST_NAME = 100  # characters of a reviewer's name; a reason may be longer
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Desktop:
    """Everything that screening looks at; opened anew after each decision.

    Attributes
    ----------
    standings
        Where each candidate stands, by key.
    """

    review: Review
    candidates: Mapping[str, Candidate]
    decisions: tuple[Decision, ...]
    standings: Mapping[str, Standing]

    @property
    def agreement(self) -> dict[tuple[str, str], Agreement]:
        """Of each two reviewers, by their names."""
        return {names: cohen_kappa(*zip(*pairs)) for names, pairs in paired_judgements(self.decisions).items()}

    @property
    def flow(self) -> Flow:
        """The numbers of the flow diagram; reads the runs."""
        runs = read_runs(self.review.folder)
        return flow(runs, self.decisions, self.review, self.review.info.screening.reviewers)

    def to_judge(self, by: str) -> list[Candidate]:
        """Return what one reviewer has not judged and is not decided, what was put off last."""
        waiting = [
            key
            for key, standing in self.standings.items()
            if standing.state not in ("included", "excluded")
            and (by not in standing.votes or standing.votes[by].action == "later")
            and key in self.candidates
        ]
        return [self.candidates[key] for key in sorted(waiting, key=lambda key: by in self.standings[key].votes)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one decision; ``standing`` is where the candidate now stands, ``file`` the new study file."""

    decision: Decision
    standing: Standing
    file: Path | None = None
    notes: tuple[str, ...] = ()


def open_desktop(folder: Path | str, candidates: Mapping[str, Candidate] | None = None) -> Desktop:
    """Return the state of the screening.

    Parameters
    ----------
    folder
        The folder of the study files.
    candidates
        Those of a desktop that was open before, which saves reading thousands of files after each decision.

    Raises
    ------
    RegistryError
        The registry, or a file of the store, is at fault.
    """
    _settle(folder)
    review, decisions = load(folder), read_decisions(folder)
    known = read_candidates(folder) if candidates is None else candidates
    return Desktop(review, known, decisions, standings(decisions, known, review.info.screening.reviewers))


def _settle(folder: Path | str) -> None:
    """Bring a run to its end that was cut after it had decided; one that is at work does so itself."""
    if is_unfinished(folder):
        try:
            with locked(folder, "metaan screen"):
                pass
        except ConflictError:
            return


def judge(
    folder: Path | str,
    name: str,
    action: Literal["include", "exclude", "later"],
    *,
    by: str,
    reason: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    candidates: Mapping[str, Candidate] | None = None,
) -> Judged:
    """Decide about one candidate.

    Parameters
    ----------
    folder
        The folder of the study files.
    name
        Its key, PMID, DOI or registration number.
    action
        What is decided.
    by
        Who decides; the name ``consensus`` goes before all others.
    reason
        Why it is excluded; needed there, and only there.
    now
        The present time, UTC.
    candidates
        As in `open_desktop`.

    Returns
    -------
    Judged
        An included candidate has become a study file, as soon as as many as review.yaml asks for agree.

    Raises
    ------
    UsageError
        The candidate is unknown, the reason missing, or the name empty.
    ConflictError
        The study that it would become is in the registry already. Nothing was written.
    """
    desktop = open_desktop(folder, candidates)
    candidate = find_candidate(desktop.candidates, name)
    decision = Decision(
        key=candidate.key,
        action=action,
        at=now().astimezone(UTC).strftime(TIME),
        by=_checked(by, "a reviewer", _LONGEST_NAME),
        reason=_reason(action, reason),
    )
    reviewers = desktop.review.info.screening.reviewers
    standing = standings([*desktop.decisions, decision], reviewers=reviewers)[candidate.key]
    added: Added | None = None
    if standing.state == "included" and standing.study is None:
        study = _study_of(candidate, desktop.review)
        if study is None:
            added = _make_study(candidate, desktop.review)
            study = added.study_id
        written = hashlib.sha256(added.file.read_bytes()).hexdigest() if added and added.file else None
        decision = decision.model_copy(update={"study": study, "written": written})
    append_decision(folder, decision)
    after = standings(read_decisions(folder), reviewers=reviewers)[candidate.key]
    return Judged(decision, after, added.file if added else None, added.notes if added else ())


def undo(
    folder: Path | str, *, by: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[Decision, Path | None]:
    """Take a reviewer's last decision back, and remove the study file that it made if nobody has touched it.

    Returns
    -------
    tuple
        The decision, and the file that was removed.

    Raises
    ------
    UsageError
        There is nothing of this reviewer to take back.
    ConflictError
        Somebody has worked on the study file. Nothing was changed.
    """
    by = _checked(by, "a reviewer", _LONGEST_NAME)
    mine = [(line, decision) for line, decision in in_force(read_decisions(folder)) if decision.by == by]
    if not mine:
        raise UsageError(f"{by} has decided nothing that could be taken back")
    line, last = mine[-1]
    file = _untouched(Path(folder), last)
    time = now().astimezone(UTC).strftime(TIME)
    append_decision(folder, Decision(key=last.key, action="undo", at=time, by=by, undoes=line))
    if file is not None and last.study:
        file.unlink(missing_ok=True)
        stored.path_of(folder, last.study).unlink(missing_ok=True)
    return last, file


def _untouched(folder: Path, decision: Decision) -> Path | None:
    """Return the study file that a decision made, None where it made none or the file is gone."""
    if not (decision.study and decision.written):
        return None
    path = folder / f"{stored.path_of(folder, decision.study).stem}.yaml"
    if not path.exists():
        return None
    if hashlib.sha256(path.read_bytes()).hexdigest() != decision.written:
        raise ConflictError(
            f"{path} has been worked on since; delete it first, or leave the decision and set its status to excluded"
        )
    return path


def _study_of(candidate: Candidate, review: Review) -> str | None:
    """Return the study that has the candidate's PMID or DOI: written by a run that was cut before it was noted."""
    bare = not (candidate.pmid or candidate.doi)
    for study in review.studies:
        same_pmid = candidate.pmid and normalise_pmid(study.pmid) == candidate.pmid
        same_doi = candidate.doi and normalise_doi(study.doi) == candidate.doi
        if same_pmid or same_doi or (bare and title_key(study.title) == title_key(candidate.title)):
            return study.id
    return None


def _make_study(candidate: Candidate, review: Review) -> Added:
    """Write the study file, and beside it what PubMed said."""
    record = record_of_candidate(candidate)
    try:
        added = add_record(review, record)
    except ConflictError as error:
        raise ConflictError(f"{error}. If it is a second publication of that study: --exclude it, and say so") from None
    sighting = next((s for s in candidate.sightings if s.source == "pubmed" and s.digest and s.url), None)
    if sighting and sighting.url and sighting.digest and candidate.pmid and added.study_id:
        time = datetime.strptime(candidate.found, TIME).replace(tzinfo=UTC)
        metadata = metadata_of(Article(replace(record), sighting.digest), sighting.url, time)
        stored.write(review.folder, added.study_id, metadata)
    return added


def _reason(action: str, reason: str | None) -> str | None:
    if action != "exclude":
        if reason:
            raise UsageError(f"a reason belongs to an exclusion, not to {action!r}")
        return None
    if not (reason and reason.strip()):
        raise UsageError("an exclusion needs its reason; allowed: --exclude KEY --reason TEXT")
    return _checked(reason, "a reason", _LONGEST_REASON)


def _checked(text: str, what: str, longest: int) -> str:
    """Return a text on one line without control characters; it will be shown to others."""
    cleaned = clean_text(text)
    if not cleaned or len(cleaned) > longest:
        raise UsageError(f"{what} of {len(cleaned)} characters; allowed: 1 to {longest}")
    return cleaned
