"""Decisions about candidates: who decided what and when, one JSON line each, added and never changed.

``studies/decisions.jsonl`` is the only file of screening; where a candidate stands follows from it. A decision is taken
back by a further line. To add an action: its name in `Action`, and what it does to a standing in `standings`.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ..errors import Problem, RegistryError
from .types import Entry, Text

DECISIONS = "decisions.jsonl"
CONSENSUS = "consensus"  # what is decided in this name goes before what each reviewer said

Action = Literal["include", "exclude", "later", "undo"]
State = Literal["open", "later", "second opinion", "conflict", "included", "excluded"]


class Decision(Entry):
    """One line.

    Attributes
    ----------
    at, by
        When, ISO 8601, UTC, and who.
    reason
        Why it is excluded.
    study
        The study that an included candidate became, or is a record of.
    written
        SHA-256 of the study file as it was written, by which an untouched one is known; None where none was written.
    undoes
        The line (from 1) that is taken back.
    """

    key: Text
    action: Action
    at: Text
    by: Text
    reason: str | None = None
    study: str | None = None
    written: str | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a candidate stands: its state, and what counts of each reviewer, by name."""

    state: State
    votes: dict[str, Decision]

    @property
    def reason(self) -> str | None:
        """Why it is excluded."""
        return next((vote.reason for vote in self.votes.values() if vote.action == "exclude" and vote.reason), None)

    @property
    def study(self) -> str | None:
        """The study that it became."""
        return next((vote.study for vote in self.votes.values() if vote.study), None)


def read_decisions(folder: Path | str) -> tuple[Decision, ...]:
    """Return every decision in its order; a last line without an end was never finished, and is none.

    Raises
    ------
    RegistryError
        Lines do not hold what was written; all of them are named.
    """
    path = Path(folder) / DECISIONS
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return ()
    decisions: list[Decision] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        try:
            decisions.append(Decision.model_validate_json(line))
        except ValidationError as error:
            said = error.errors(include_url=False)[0]
            where = ".".join(map(str, said["loc"]))
            problems.append(Problem(str(path), number, where, said["msg"], "restore the line from version control"))
    if problems:
        raise RegistryError(problems)
    return tuple(decisions)


def append_decision(folder: Path | str, decision: Decision) -> None:
    """Add one line, whole and on the disk when this returns; two people at once wait for each other."""
    content = {name: value for name, value in decision.model_dump(mode="json").items() if value is not None}
    line = json.dumps(content, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    handle = os.open(Path(folder) / DECISIONS, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+b") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        kept = file.read()
        end = kept.rfind(b"\n") + 1  # what a cut write has left behind the last line goes
        file.truncate(end)
        file.seek(end)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def in_force(decisions: Sequence[Decision]) -> list[tuple[int, Decision]]:
    """Return the decisions that were not taken back, each with its line."""
    undone = {decision.undoes for decision in decisions if decision.action == "undo"}
    numbered = enumerate(decisions, 1)
    return [(line, decision) for line, decision in numbered if decision.action != "undo" and line not in undone]


def standings(decisions: Sequence[Decision], keys: Iterable[str] = (), reviewers: int = 1) -> dict[str, Standing]:
    """Return where each candidate stands.

    Parameters
    ----------
    decisions
        As they were made; the last of each reviewer counts.
    keys
        Candidates, so that those without a decision are there too.
    reviewers
        How many have to agree.

    Examples
    --------
    >>> def said(by, action):
    ...     return Decision(key="a", action=action, at="2026-11-22T12:00:00Z", by=by)
    >>> standings([said("x", "include"), said("y", "exclude")], ["a", "b"])["a"].state
    'conflict'
    >>> standings([said("x", "include")], reviewers=2)["a"].state
    'second opinion'
    """
    votes: defaultdict[str, dict[str, Decision]] = defaultdict(dict)
    for _, decision in in_force(decisions):
        votes[decision.key][decision.by] = decision
    every = dict.fromkeys([*keys, *votes])
    return {key: Standing(_state(votes.get(key, {}), reviewers), votes.get(key, {})) for key in every}


def _state(votes: dict[str, Decision], reviewers: int) -> State:
    if CONSENSUS in votes and votes[CONSENSUS].action != "later":
        return "included" if votes[CONSENSUS].action == "include" else "excluded"
    said = [vote.action for vote in votes.values() if vote.action in ("include", "exclude")]
    if len(set(said)) > 1:
        return "conflict"
    if not said:
        return "later" if votes else "open"
    if len(said) < reviewers:
        return "second opinion"
    return "included" if said[0] == "include" else "excluded"


def paired_judgements(decisions: Sequence[Decision]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return for each two reviewers what they said of the candidates that both judged, each by the first word.

    A later change of mind has usually heard the other's, so it does not count here; nor does a consensus.
    """
    first: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for _, decision in in_force(decisions):
        if decision.action in ("include", "exclude") and decision.by != CONSENSUS:
            first[decision.by].setdefault(decision.key, decision.action)
    pairs = {
        (a, b): [(first[a][key], first[b][key]) for key in sorted(first[a].keys() & first[b].keys())]
        for a, b in combinations(sorted(first), 2)
    }
    return {names: judged for names, judged in pairs.items() if judged}
