"""Candidates are judged: included ones become study files that await their numbers, everything is said with a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import ConflictError, MetaanError, UsageError
from ...records.markup import clean_text
from ...registry.store.candidate import Candidate, find_candidate
from ...registry.store.commit import taking_turns
from ...registry.store.decisions import CONSENSUS, Decision, Stage, append_decision
from ...registry.store.standing import Standing
from ..run import REAL, Run
from .screening_state import ScreeningState, open_screening
from .studies import TIME, Made, lacks_study, make_study, remove_study, untouched

if TYPE_CHECKING:
    from ...registry.load import Review

_LONGEST_NAME = 100  # characters of a reviewer's name; a reason may be longer
_LONGEST_REASON = 500

Verdict = Literal["include", "exclude", "later"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person says of one candidate.

    Attributes
    ----------
    by
        Who decides. Of reviewers who differ, whoever has not judged resolves the conflict.
    reason
        Why it is excluded; needed there, and only there.
    stage
        What was read; None: what is to be read next.
    resolve
        This decision goes before those of all reviewers, whoever makes it.
    """

    action: Verdict
    by: str
    reason: str | None = None
    stage: Stage | None = None
    resolve: bool = False


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What became of one decision.

    ``standing`` is where the candidate now stands, ``file`` the new study file, ``removed`` the one that was taken
    away; ``again`` says that the same person had said just that, and nothing was written.
    """

    decision: Decision
    standing: Standing
    file: Path | None = None
    removed: Path | None = None
    notes: tuple[str, ...] = ()
    again: bool = False


def judge(
    folder: Path | str, name: str, vote: Vote, run: Run = REAL, *, screening: ScreeningState | None = None
) -> DecisionResult:
    """Decide about one candidate.

    Parameters
    ----------
    folder
        The folder of the study files.
    name
        Its key, PMID, DOI or registration number.
    vote
        What is decided, and by whom.
    run
        The time.
    screening
        One that is open already, which saves reading everything once more; it is brought up to date.

    Returns
    -------
    Judged
        An included candidate has become a study file, as soon as as many as review.yaml asks for agree.

    Raises
    ------
    UsageError
        The candidate is unknown, the stage not its own, the reason missing, or the name empty.
    ConflictError
        The study that it would become is in the registry already. Nothing was written.
    """
    screening = screening or open_screening(folder)
    candidate = find(screening, name)
    by, reason = _checked(vote.by, "a reviewer", _LONGEST_NAME), _reason(vote.action, vote.reason)
    with taking_turns(folder):
        screening.refresh()
        before = screening.standing(candidate.key)
        decision = Decision(
            key=candidate.key,
            action=vote.action,
            at=run.now().strftime(TIME),
            by=by,
            reason=reason,
            stage=_stage(screening, candidate.key, vote.stage),
            resolves=vote.action != "later" and _resolves(before, by, vote.resolve),
        )
        if _said_already(screening, decision):
            if not lacks_study(before, screening.folder):
                return DecisionResult(decision, before, again=True)
            # It was cut before its study was written: what is missing comes, and an undo takes back one decision.
            decision = decision.model_copy(update={"action": "study", "resolves": False})
        return _write(screening, candidate, decision)


def _write(screening: ScreeningState, candidate: Candidate, decision: Decision) -> DecisionResult:
    """Add the decision, with the study that it makes; take a study away that it unmakes.

    Whenever it is cut, the same decision once more brings it to its end: what is made comes after the line that names
    it, what goes is gone before.
    """
    after = screening.with_decision(candidate.key, decision)
    made = Made(None)
    if lacks_study(after, screening.folder):
        made = make_study(candidate, _registry(screening))
        decision = decision.model_copy(update={"study": made.study, "written": made.written})
    removed, notes = _unmake(screening, after)
    append_decision(screening.folder, decision)
    file = made.write(screening.folder)
    screening.refresh()
    notes = (*(made.new.notes if made.new else ()), *notes)
    return DecisionResult(decision, screening.standing(candidate.key), file, removed, notes)


def _registry(screening: ScreeningState) -> Review:
    """Return the registry as it is now; read only where a study is to be made."""
    from ...registry.load import load

    return load(screening.folder)


def _unmake(screening: ScreeningState, after: Standing) -> tuple[Path | None, tuple[str, ...]]:
    """Remove the study file of a candidate that is no longer included, or say that somebody has worked on it."""
    if after.state == "included" or after.made is None:
        return None, ()
    try:
        file = untouched(screening.folder, after.made)
    except ConflictError:
        return None, (f"the study {after.study} stays in the registry: set its status to excluded, or delete its file",)
    if file and after.study:
        remove_study(screening.folder, after.study, file)
    return file, ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, where the candidate now stands, and the study file that was removed."""

    decision: Decision
    standing: Standing
    removed: Path | None = None


def undo(folder: Path | str, by: str, run: Run = REAL, *, screening: ScreeningState | None = None) -> Undone:
    """Take a reviewer's last decision back, and remove the study file that it made if nobody has touched it.

    Raises
    ------
    UsageError
        There is nothing of this reviewer to take back.
    ConflictError
        Somebody has worked on the study file, or has judged the full text since. Nothing was changed.
    """
    screening = screening or open_screening(folder)
    by = _checked(by, "a reviewer", _LONGEST_NAME)
    with taking_turns(folder):
        screening.refresh()
        last = _last_of(by, screening.decisions)
        line = Decision(key=last.key, action="undo", at=run.now().strftime(TIME), by=by, stage=last.stage)
        before, after = screening.standing(last.key), screening.with_decision(last.key, line)
        _refuse_early(before, last)
        file = None if after.state == "included" else untouched(screening.folder, before.made)
        if file and before.study:
            remove_study(screening.folder, before.study, file)
        append_decision(folder, line)
        screening.refresh()
        return Undone(last, screening.standing(last.key), file)


def find(screening: ScreeningState, name: str) -> Candidate:
    """Return the candidate with a key, a PMID, a DOI or a registration number.

    Raises
    ------
    UsageError
        There is none, there are several, or the name is that of a study.
    """
    try:
        return find_candidate(screening.candidates, name)
    except UsageError:
        if any(study.id == name for study in screening.review.studies):
            raise UsageError(f"{name} is a study of the registry, not a candidate; its status is in its file") from None
        raise


def settle(screening: ScreeningState, by: str, run: Run) -> tuple[str, ...]:
    """Make the studies of candidates that people included on branches of their own, without seeing that they agreed.

    Returns
    -------
    tuple
        What was done, and what could not be, in words.
    """
    return tuple(
        _settled(screening, key, by, run)
        for key, standing in list(screening.standings.items())
        if standing.state == "included" and standing.made is None and key in screening.candidates
    )


def _settled(screening: ScreeningState, key: str, by: str, run: Run) -> str:
    with taking_turns(screening.folder):
        screening.refresh()
        if screening.standing(key).made:
            return f"{key} has become {screening.standing(key).study}"
        try:
            made = make_study(screening.candidates[key], _registry(screening))
        except MetaanError as error:
            return f"{key} is included, but becomes no study: {error}"
        at = run.now().strftime(TIME)
        stage = screening.standing(key).stage
        line = Decision(key=key, action="study", at=at, by=by, stage=stage, study=made.study, written=made.written)
        append_decision(screening.folder, line)
        made.write(screening.folder)
        screening.refresh()
        return f"{key} is included by all: it is the study {made.study} now"


def _stage(screening: ScreeningState, key: str, asked: Stage | None) -> Stage:
    """Return the stage that a decision is of, which must be the candidate's turn."""
    standing = screening.standing(key)
    if asked is None or asked == standing.stage:
        return standing.stage
    if asked == "full-text" and screening.rules.full_text:
        raise UsageError(f"{key} has not passed title and abstract; allowed: --stage abstract")
    if asked == "full-text":
        raise UsageError(
            f"{key} is judged once; allowed: two stages with screening: {{full_text: true}} in review.yaml"
        )
    _refuse_early(standing, Decision(key=key, action="later", at="-", by="-", stage=asked))
    return asked


def _refuse_early(standing: Standing, decision: Decision) -> None:
    """Refuse a change by title and abstract under what was said about the full text since."""
    later = [*standing.votes.values(), *filter(None, [standing.resolution])]
    if decision.stage == "abstract" and standing.stage == "full-text" and later:
        who = ", ".join(sorted({vote.by for vote in later}))
        raise ConflictError(f"{decision.key} has been judged by its full text since ({who}); that is taken back first")


def _last_of(by: str, decisions: Sequence[Decision]) -> Decision:
    """Return a person's last decision that is in force; read from the end, where it mostly stands."""
    undone: Counter[str] = Counter()
    for one in reversed(decisions):
        if one.by != by or one.action == "study":
            continue
        if one.action == "undo":
            undone[one.key] += 1
        elif undone[one.key]:
            undone[one.key] -= 1
        else:
            return one
    raise UsageError(f"{by} has decided nothing that could be taken back")


def _resolves(standing: Standing, by: str, asked: bool) -> bool:
    """Say whether a decision ends a conflict: as asked, or because it is that of somebody who had not judged."""
    if asked and standing.state != "conflict" and standing.resolution is None:
        raise UsageError("there is no conflict to resolve; allowed: a decision without --resolve")
    outsider = by not in standing.votes or standing.votes[by].action == "later"
    again = standing.resolution is not None and standing.resolution.by == by
    return asked or again or (standing.state == "conflict" and outsider) or by == CONSENSUS


def _said_already(screening: ScreeningState, decision: Decision) -> bool:
    """Say whether this is word for word the last that the same person said about the candidate at this stage."""
    about = (one for one in screening.about(decision.key) if one.by == decision.by and one.stage == decision.stage)
    mine = [one for one in about if one.action != "study"]
    same = ("action", "reason", "resolves")
    return bool(mine) and all(getattr(mine[-1], name) == getattr(decision, name) for name in same)


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
