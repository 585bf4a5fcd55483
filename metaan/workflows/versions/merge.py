"""Two clones that both ran commands, merged by git: what is in conflict in the store is put together.

To add a kind of file: its pattern and what makes one of two versions, in `RULES`. Files that people write (YAML) are
theirs to merge; they are named.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ...errors import MetaanError, Problem
from ...registry.model.types import Entry
from ...registry.store.candidate import Candidate
from ...registry.store.commit import locked, taking_turns
from ...registry.store.json_files import json_bytes, parsed
from ...registry.store.metadata import Metadata, text_of
from ...registry.store.runs import RunRecord, parse_watermark, watermark_bytes
from ...registry.store.shards import in_order, line_of
from ...registry.text.atomic import write_bytes
from ...registry.text.files import project_of, stay_inside
from ..git import Git
from ..search.enriching import united

M = TypeVar("M", bound=Entry)
OURS, THEIRS = 2, 3  # git's stages of a file in conflict; 1 is what both began with


@dataclass(frozen=True, slots=True)
class Merge:
    """Paths in the folder of the studies: those that were put together, and those that are left to people."""

    merged: tuple[str, ...]
    left: tuple[str, ...]


def merge(folder: Path | str) -> Merge:
    """Put together what is in conflict in the store, and tell git that it is.

    Raises
    ------
    SourceError
        There is no git, or no repository.
    ConflictError
        Another run is at work on these studies.
    """
    root = Path(folder).resolve()
    git = Git(root)
    merged, left = [], []
    with locked(root, "metaan merge"), taking_turns(root):
        for name, stages in unmerged(git).items():
            content = _put_together(root / name, name, {stage: git.content(blob) for stage, blob in stages.items()})
            if content is None:
                left.append(name)
                continue
            stay_inside(root / name, project_of(root))
            write_bytes(root / name, content)
            git.run("--literal-pathspecs", "add", "--", name)
            merged.append(name)
    return Merge(tuple(merged), tuple(left))


def unmerged(git: Git) -> dict[str, dict[int, bytes]]:
    """Return the files in conflict by their path in the folder, each with the blob of every stage."""
    found: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
    for entry in filter(None, git.run("ls-files", "-u", "-z", "--", ".").split(b"\0")):
        about, _, name = entry.partition(b"\t")
        _, blob, stage = about.split()
        found[os.fsdecode(name)][int(stage)] = blob
    return found


def conflicts(folder: Path | str) -> list[Problem]:
    """Return what git has in conflict in a folder; nothing, where it is in no repository."""
    root = Path(folder)
    try:
        names = unmerged(Git(root.resolve()))
    except MetaanError:
        return []
    return [Problem(str(root / name), 1, "", "in conflict between two branches", ALLOWED) for name in sorted(names)]


def _put_together(path: Path, name: str, stages: Mapping[int, bytes]) -> bytes | None:
    """Return one version of two, None where that is for people to decide; one that was deleted is kept."""
    rule = next((rule for pattern, rule in RULES.items() if re.fullmatch(pattern, name)), None)
    if rule is None or not stages.keys() & {OURS, THEIRS}:
        return None
    ours = stages.get(OURS, stages.get(THEIRS, b""))
    try:
        return rule(path, ours, stages.get(THEIRS, ours))
    except MetaanError:
        return None


def _united(model: type[M]) -> Callable[[Path, bytes, bytes], bytes]:
    """Return what makes an entry with all that either version knows."""

    def rule(path: Path, ours: bytes, theirs: bytes) -> bytes:
        return json_bytes(_unite(*(parsed(path, raw, model) for raw in (ours, theirs))))

    return rule


def _unite(one: M, other: M) -> M:
    fields = type(one).model_fields
    return one.model_copy(update={name: _both(getattr(one, name), getattr(other, name)) for name in fields})


def _unite_candidates(one: Candidate, other: Candidate) -> Candidate:
    """Return a candidate with what the records of either clone say, its questions and links, and where it was seen."""
    said, _ = united(one, [other.record(other.sightings[0].source)], other.sightings)
    beside = ("sightings", "linked", "questions", "found", "run")
    return said.model_copy(update={name: _both(getattr(one, name), getattr(other, name)) for name in beside})


def _both_candidates(path: Path, ours: bytes, theirs: bytes) -> bytes:
    return json_bytes(_unite_candidates(*(parsed(path, raw, Candidate) for raw in (ours, theirs))))


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return (*one, *(value for value in other if value not in one))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**other, **one}
    return other if one in (None, "") else one


def _lines_by_key(path: Path, ours: bytes, theirs: bytes) -> bytes:
    """Return the candidates of both by their keys; of one that both have, all that either version knows."""

    def both(one: bytes, other: bytes) -> bytes:
        versions = (parsed(path, raw, Candidate) for raw in (one, other))
        return line_of(_unite_candidates(*versions).model_dump(mode="json")).rstrip(b"\n")

    return in_order(b"\n".join((ours, theirs)), both)


def _later_metadata(path: Path, ours: bytes, theirs: bytes) -> bytes:
    """Return the version of which PubMed was asked last; a notice was told of when either clone first had it."""
    versions = [parsed(path, raw, Metadata) for raw in (ours, theirs)]
    first, last = sorted(versions, key=lambda said: (said.checked or said.fetched[:10], said.fetched))
    told = {name: min(day, first.told.get(name, day)) for name, day in last.told.items()}
    return text_of(last.model_copy(update={"told": told})).encode()


def _later_marks(path: Path, ours: bytes, theirs: bytes) -> bytes:
    """Return the later day of each search: what either clone has found until then is there after the merge."""
    marks = parse_watermark(path, ours)
    for source, strategies in parse_watermark(path, theirs).items():
        known = marks.setdefault(source, {})
        for strategy, mark in strategies.items():
            known[strategy] = max(known.get(strategy, mark), mark, key=lambda mark: mark.searched)
    return watermark_bytes(marks)


def _lines_of_both(path: Path, ours: bytes, theirs: bytes) -> bytes:
    """Return every line once: those of each person stay in their order."""
    del path
    return b"".join(dict.fromkeys([*ours.splitlines(keepends=True), *theirs.splitlines(keepends=True)]))


def _one_of_two(path: Path, ours: bytes, theirs: bytes) -> bytes:
    """Return either of two files of one name that is a digest of what both hold: they are packed differently."""
    del path, theirs
    return ours


ALLOWED = "allowed: metaan merge for what commands wrote, an editor and git add for what people wrote"

#: Pattern of a path in the folder of the studies -> what makes one file of two.
RULES: dict[str, Callable[[Path, bytes, bytes], bytes]] = {
    r"candidates/[^/]+\.jsonl": _lines_by_key,
    r"candidates/[^/]+\.json": _both_candidates,
    r"runs/[^/]+\.json": _united(RunRecord),
    r"metadata/[^/]+\.json": _later_metadata,
    r"watermark\.json": _later_marks,
    r"decisions\.jsonl": _lines_of_both,
    r"raw/[^/]+\.gz": _one_of_two,
}
