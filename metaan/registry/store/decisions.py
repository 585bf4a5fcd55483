"""Decisions about candidates: who decided what and when, one JSON line each, added and never changed.

``studies/decisions.jsonl`` is the only file of screening; where a candidate stands follows from it (`metaan.registry.
candidates_standing`). A decision is taken back by a further line. To add an action: its name in `Action`, and what it
does to a standing there.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from ...errors import Problem
from ..model.types import Entry, Flag, Text
from ..text.files import project_of, read, stay_inside, unreadable
from ..text.raw import hidden_in_json
from .commit import sync_one
from .json_files import plain, read_back
from .set_aside import set_aside

DECISIONS = "decisions.jsonl"
MOST_DECIDED = 1 << 30  # bytes: some millions of decisions
LONGEST_LINE = 10_000  # bytes; the longest that is ever written has a third of them
CONSENSUS = "consensus"  # what is decided in this name goes before what each reviewer said

Action = Literal["include", "exclude", "later", "undo", "study"]
Stage = Literal["abstract", "full-text"]

#: The stages in their order, as people call them.
STAGES: dict[Stage, str] = {"abstract": "title and abstract", "full-text": "full text"}


class Decision(Entry):
    """One line.

    Attributes
    ----------
    action
        ``undo`` takes back what the same person said last about the same candidate; ``study`` says which study an
        included candidate became, where no decision does: people agreed on two branches, without knowing it.
    at, by
        When, ISO 8601, UTC, and who.
    reason
        Why it is excluded.
    stage
        What was read.
    resolves
        It ends a conflict: it goes before what each reviewer said.
    study
        The study that an included candidate became, or is a record of.
    written
        SHA-256 of the study file as it was written, by which an untouched one is known; None where none was written.
    """

    key: Text
    action: Action
    at: Text
    by: Text
    reason: str | None = None
    stage: Stage = "abstract"
    resolves: Flag = False
    study: str | None = None
    written: str | None = None


_ALL = TypeAdapter(tuple[Decision, ...])


def read_decisions(folder: Path | str) -> tuple[Decision, ...]:
    """Return every decision in its order; a last line without an end was never finished, and is none.

    Lines that do not hold what was written are set aside.
    """
    path = Path(folder) / DECISIONS
    try:
        return parse(path, read(path, project_of(Path(folder)), MOST_DECIDED))
    except FileNotFoundError:
        return ()
    except OSError as error:
        set_aside([unreadable(path, error)])
        return ()


def parse(path: Path, content: bytes, before: int = 0) -> tuple[Decision, ...]:
    """Return the decisions of a part of the file, which ``before`` lines go before."""
    lines = content.split(b"\n")[:-1]
    if hidden_in_json(content) or max(map(len, lines), default=0) > LONGEST_LINE:
        return _one_by_one(path, lines, before)
    try:
        return _ALL.validate_json(b"[" + b",".join(lines) + b"]")  # in one go: a fifth of the time of line by line
    except ValidationError:
        return _one_by_one(path, lines, before)


def _one_by_one(path: Path, lines: Sequence[bytes], before: int) -> tuple[Decision, ...]:
    """Return the decisions, and set every line aside that holds none."""
    decisions: list[Decision] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, before + 1):
        if wrong := _not_written_here(line):
            problems.append(Problem(str(path), number, "", wrong, "restore the line from version control"))
            continue
        try:
            decisions.append(Decision.model_validate_json(line))
        except ValidationError as error:
            said = error.errors(include_url=False)[0]
            where = ".".join(map(str, said["loc"]))
            problems.append(Problem(str(path), number, where, said["msg"], "restore the line from version control"))
    set_aside(problems)
    return tuple(decisions)


def _not_written_here(line: bytes) -> str:
    """Say what shows, before it is read, that a line was never written by a command; empty where nothing does."""
    if len(line) > LONGEST_LINE:
        return f"a line of {len(line):,} bytes; allowed: up to {LONGEST_LINE:,}"
    hidden = hidden_in_json(line)
    return f"a control character, {hidden!r}" if hidden else ""


def append_decision(folder: Path | str, decision: Decision) -> None:
    """Add one line, whole and on the disk when this returns; two people at once wait for each other."""
    content = {name: value for name, value in decision.model_dump(mode="json").items() if value not in (None, False)}
    line = read_back(decision, json.dumps(plain(content), ensure_ascii=False).encode()) + b"\n"
    path = Path(folder) / DECISIONS
    stay_inside(path, project_of(Path(folder)))
    first = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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
    if first:
        sync_one(path.parent)


def in_force(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that were not taken back, in their order.

    The order of each person's lines says what an undo takes back, and a merge of two branches keeps that.
    """
    kept: dict[int, Decision] = {}
    said: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, decision in enumerate(decisions):
        mine = said[decision.by, decision.key]
        if decision.action != "undo":
            kept[number] = decision
            if decision.action != "study":
                mine.append(number)
        elif mine:
            del kept[mine.pop()]
    return list(kept.values())
