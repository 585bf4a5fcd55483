"""Many files changed as one: at every moment the store is the old one, or becomes the new one by itself.

What changes is written into ``studies/.update/staging``, as it comes. Renaming that folder to ``commit`` is the
decision, and one operation of the file system: before it nothing has happened, after it the files are moved to their
places, by this run or, if it is killed, by the next one that opens the store. A moved file is whole; the watermark is
moved last.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from ...errors import ConflictError
from ..text.files import project_of, stay_inside

WORK = ".update"  # in the folder of the studies; a .gitignore inside keeps it out of version control
FILE = re.compile(r"[a-z0-9][A-Za-z0-9_-]*(?:\.[a-z0-9]+)+|(?:candidates|metadata|raw|runs)/[A-Za-z0-9._-]+")
SYNCED_ONE_BY_ONE = 64  # files; more of them are synced by the system at once, in a hundredth of the time


@contextmanager
def locked(folder: Path | str, what: str) -> Iterator[None]:
    """Hold the store: another run is told who has it, and a run that was cut is brought to its end first.

    Parameters
    ----------
    folder
        The folder of the studies.
    what
        The command, for the message that the other run sees.

    Raises
    ------
    ConflictError
        Another run holds it.
    """
    handle = _open(folder, "lock")
    try:
        _lock(handle)
        os.ftruncate(handle, 0)
        os.write(handle, f"{what} (process {os.getpid()})".encode())
        recover(folder)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)  # which gives the lock back, as does the end of the process


@contextmanager
def taking_turns(folder: Path | str) -> Iterator[None]:
    """Hold studies and decisions for one change: who comes second waits, and then sees what the first has written."""
    handle = _open(folder, "decisions.lock")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _work(folder: Path | str) -> Path:
    """Return the folder of locks and work in progress, which keeps itself out of version control."""
    work = Path(folder) / WORK
    stay_inside(work, project_of(Path(folder)))
    work.mkdir(exist_ok=True)
    ignore = work / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return work


def _open(folder: Path | str, lock: str) -> int:
    path = _work(folder) / lock
    stay_inside(path, project_of(Path(folder)))
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _lock(handle: int) -> None:
    """Take the system's lock on the file; it goes with the process, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        who = "" if os.name == "nt" else os.pread(handle, 200, 0).decode("utf-8", "replace")
        raise ConflictError(f"{who or 'another run'} is at work on these studies; nothing was done") from None


class Staging:
    """A change as it grows: files that are nowhere in the store before `decide`, after which all of them are.

    The caller holds the lock; ``root`` is the folder of the studies. What a run leaves that fails is taken away at
    once; of one that is killed, by the next.
    """

    def __init__(self, folder: Path | str) -> None:
        self.root = Path(folder)
        self._place = _work(folder) / "staging"
        self._count = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        shutil.rmtree(self._place, ignore_errors=True)
        stay_inside(self._place, project_of(self.root))
        return self

    def __exit__(self, *error: object) -> None:
        """Take away what was not decided."""
        shutil.rmtree(self._place, ignore_errors=True)

    def put(self, name: str, content: bytes) -> None:
        """Write a file of the shape of `FILE`, by its path below the folder of the studies."""
        if not FILE.fullmatch(name) or ".." in name:
            raise ValueError(f"{name!r} is no file of the store")
        path = self._place / name
        try:
            path.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self._count += 1

    def append(self, name: str, content: bytes) -> None:
        """Write at the end of a file of the change, which is begun where there is none."""
        if not (self._place / name).exists():
            self.put(name, b"")
        with (self._place / name).open("ab") as file:
            file.write(content)

    def staged(self, name: str) -> bytes:
        """Return what a file of the change has so far."""
        path = self._place / name
        return path.read_bytes() if path.exists() else b""

    def drop(self, name: str) -> None:
        """Take a file away that is not wanted after all."""
        (self._place / name).unlink()
        self._count -= 1

    def decide(self) -> None:
        """Make all of it the store's, as one change."""
        if self._count:
            _sync(self._place, self._count)
            self._place.rename(self.root / WORK / "commit")
            sync_one(self.root / WORK)
            recover(self.root)


def commit(folder: Path | str, files: Mapping[str, bytes]) -> None:
    """Write many files as one change; the caller holds the lock.

    Parameters
    ----------
    folder
        The folder of the studies.
    files
        Bytes by path below that folder, of the shape of `FILE`.
    """
    with Staging(folder) as change:
        for name, content in files.items():
            change.put(name, content)
        change.decide()


def recover(folder: Path | str) -> None:
    """Bring a change that was decided to its end, and forget one that was not; the caller holds the lock."""
    root = Path(folder)
    decided = root / WORK / "commit"
    for place, _, names in os.walk(decided, topdown=False):  # folders first, and the watermark, which is in none, last
        source = Path(place)
        target = root / source.relative_to(decided)
        stay_inside(target, project_of(root))
        target.mkdir(exist_ok=True)
        for name in sorted(names):
            (source / name).replace(target / name)
    if decided.is_dir():
        sync_one(root)
        shutil.rmtree(decided)
    shutil.rmtree(root / WORK / "staging", ignore_errors=True)


def is_unfinished(folder: Path | str) -> bool:
    """Whether a change was decided and is not yet at its end."""
    return (Path(folder) / WORK / "commit").is_dir()


def _sync(staging: Path, count: int) -> None:
    """Make what was written outlast a power cut."""
    if count > SYNCED_ONE_BY_ONE and hasattr(os, "sync"):
        os.sync()
        return
    for path in sorted(staging.rglob("*"), reverse=True):
        sync_one(path)
    sync_one(staging)


def sync_one(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power cut."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
