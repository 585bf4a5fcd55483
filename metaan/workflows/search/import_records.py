"""Exported files of references become candidates, like what a search finds; what cannot be read is kept in outputs/."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SourceError, UsageError, choose
from ...records.markup import clean_text
from ...registry.load import load
from ...registry.store.candidate import FOLDER, Candidate, Stored, each_candidate, put_candidates
from ...registry.store.commit import WORK, Staging, locked
from ...registry.store.json_files import json_bytes
from ...registry.store.runs import FileRun, run_id
from ...registry.store.shards import drop_old
from ...registry.text.atomic import write_text
from ...sources.files.read import read_records
from ...sources.formats.encoding import decode, read_file
from ...sources.revman.revman import read_revman
from ..run import REAL, Run
from .disk_list import DiskList
from .enriching import enriched
from .known_records import KnownRecords
from .matching import Matched, match
from .searching import Sighted
from .update import run_of, waiting

if TYPE_CHECKING:
    from ...records.record import Failure

_NO_NAME = re.compile(r"[^\w.-]+")  # what does not belong into the name of a file
LONGEST_BLOCK = 400  # lines of a failed block that are kept


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file.

    Attributes
    ----------
    failed
        What could not be read, and ``kept`` is the file in the project's ``outputs`` that holds it.
    problem
        Why nothing of the file was read.
    analyses
        How many analyses with data a review of RevMan holds, which are not imported.
    not_understood
        Fields that the records keep under their own names, because no reader understands them.
    """

    file: Path
    read: int = 0
    new: int = 0
    duplicate: int = 0
    failed: tuple[Failure, ...] = ()
    kept: Path | None = None
    problem: str | None = None
    analyses: int = 0
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each file, the new candidates, how many wait to be judged, and what those of before gained."""

    files: tuple[Imported, ...]
    candidates: Sequence[Candidate]
    waiting: int
    enriched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    """What is to be known of a file whose records are on the disk by now: how many, and which databases they name."""

    path: Path
    digest: str
    count: int
    failed: tuple[Failure, ...]
    not_understood: tuple[str, ...]
    databases: frozenset[str]
    analyses: int = 0

    def database(self, documented: Mapping[str, str]) -> str | None:
        """Return the documented database that all of its records name, None where they name none, or several."""
        return documented.get(next(iter(self.databases))) if len(self.databases) == 1 else None

    @property
    def names(self) -> tuple[str, ...]:
        """What its records are listed under."""
        return tuple(f"{_source(self.digest)}:{number}" for number in range(1, self.count + 1))


def _source(digest: str) -> str:
    """Return the name of a file as a source: the same file under another name is the same source."""
    return f"file-{digest[:8]}"


def import_records(
    folder: Path | str,
    paths: Iterable[Path | str],
    *,
    database: str | None = None,
    run: Run = REAL,
) -> ImportReport:
    """Read files of references and make candidates of what is new.

    Parameters
    ----------
    folder
        The folder of the study files.
    paths
        Of any of the formats in `sources.files.read.FORMATS`; found from the content.
    database
        What the files were exported from: the source of a search in review.yaml. Where it is not given, the one that
        all records of a file name themselves.
    run
        The time, and who is told.

    Raises
    ------
    UsageError
        There are no files, or review.yaml documents no search of the database.
    ConflictError
        Another run is at work.
    RegistryError
        The registry is at fault. Nothing was written.
    """
    files = list(dict.fromkeys(map(Path, paths)))
    if not files:
        raise UsageError("no file to import")
    with locked(folder, "metaan import"), DiskList[Sighted](Path(folder) / WORK) as sighted:
        return _import(Path(folder), files, database, run, sighted)


def _import(
    folder: Path, files: Sequence[Path], database: str | None, run: Run, sighted: DiskList[Sighted]
) -> ImportReport:
    """Import files, the store being held; their records go to the disk as they are read."""
    review = load(folder)
    documented = {strategy.source.casefold(): strategy.source for strategy in review.info.search}
    said = database and _database(documented, database)
    known = KnownRecords.of(review, each_candidate(folder))
    there = [name for name in known.names if name not in known.studies]
    started, fields = run.now(), dict[str, tuple[str, ...]]()
    opened: dict[Path, _File | str] = {}
    for number, path in enumerate(files):
        run.voice.progress("reading", number, len(files))
        opened[path] = _opened(path, sighted)
    readable = [file for file in opened.values() if isinstance(file, _File)]
    name = run_id(folder, started)
    matched = match(sighted, known)
    outcomes = tuple(_imported(path, found, matched, folder.parent / "outputs") for path, found in opened.items())
    if readable:
        files_read = tuple(_file_run(file, matched, said or file.database(documented)) for file in readable)
        more = [*enriched(folder, sighted, matched, frozenset(there))]
        fields = {one.key: names for one, names in more}
        record = run_of("import", name, (started, run.now()), matched, files=files_read, enriched=fields)
        with Staging(folder) as change:
            put_candidates(change, chain(matched.new, (one for one, _ in more)), frozenset(fields))
            change.put(f"runs/{name}.json", json_bytes(record))
            change.decide()
        drop_old(folder, FOLDER)
    left = waiting(folder, review, [*there, *matched.keys])
    return ImportReport(outcomes, Stored(folder, matched.keys), left, fields)


def _database(documented: Mapping[str, str], name: str) -> str:
    """Return the name of a database as review.yaml spells it."""
    known = {source: source for source in documented.values()}
    return documented.get(name.casefold()) or choose(known, name, "review.yaml: search: source")


def _opened(path: Path, sighted: DiskList[Sighted]) -> _File | str:
    """Read a file and add its records, numbered, to the others; return what it holds, or why it cannot be read."""
    try:
        read = read_records(path)
        analyses = read_revman(path).analyses if any(r.source == "revman" for r in read.records) else ()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (SourceError, OSError) as error:
        return str(error)
    sighted.extend(Sighted(record, _source(digest), str(number)) for number, record in enumerate(read.records, 1))
    databases = frozenset(record.extra.get("DB", "").casefold() for record in read.records)
    return _File(path, digest, len(read.records), read.failed, read.not_understood, databases, len(analyses))


def _counts(file: _File, matched: Matched) -> tuple[int, int]:
    """Return how many records of a file are new, and how many were there or repeat another."""
    names = file.names
    repeated = sum(name in matched.known or name in matched.duplicates for name in names)
    return len(names) - repeated, repeated


def _file_run(file: _File, matched: Matched, database: str | None) -> FileRun:
    new, repeated = _counts(file, matched)
    return FileRun(
        file=clean_text(file.path.name) or "-",
        sha256=file.digest,
        database=database,
        identifiers=file.names,
        read=file.count,
        new=new,
        duplicate=repeated,
        failed=len(file.failed),
    )


def _imported(path: Path, found: _File | str, matched: Matched, folder: Path) -> Imported:
    """Say what became of a file, and keep in a folder what could not be read."""
    if isinstance(found, str):
        return Imported(path, problem=found)
    new, repeated = _counts(found, matched)
    failed = found.failed
    kept = folder / f"{_NO_NAME.sub('-', path.name)}-{found.digest[:8]}.failed.txt" if failed else None
    if kept:
        folder.mkdir(exist_ok=True)
        write_text(kept, _blocks(_lines(path), failed))
    return Imported(path, found.count, new, repeated, failed, kept, None, found.analyses, found.not_understood)


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, unpacked; none of a workbook, whose failures say themselves what stood there."""
    raw = read_file(path)
    return [] if raw.startswith(b"PK") else decode(raw).splitlines()


def _blocks(lines: list[str], failed: tuple[Failure, ...]) -> str:
    """Return each failed block as it stands in the file, up to the next blank line, with the reason before it."""
    text = []
    for failure in failed:
        block: list[str] = []
        for line in lines[failure.line - 1 : failure.line - 1 + LONGEST_BLOCK]:
            if not line.strip() and block:
                break
            block.append(line)
        text.append("\n".join([f"# line {failure.line}: {failure.reason}", *(block or [failure.text])]))
    return "\n\n".join(text) + "\n"
