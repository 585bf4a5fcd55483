"""The files of a project are read and found here: a project may be somebody else's, so nothing in it is trusted.

Only a regular file of at most a stated size is read, and no link is followed that leads out of the project: a link to a
device has no end, a named pipe waits for ever, and what lies elsewhere is nobody's business here.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ...errors import Problem

MOST_BYTES = 64 << 20  # of a file that a command wrote; study files have a bound of their own


def project_of(studies: Path) -> Path:
    """Return the project of a folder of study files: the folder that holds it.

    >>> project_of(Path("demo/studies")).as_posix(), project_of(Path(".")).as_posix()
    ('demo', '..')
    """
    return studies.parent if studies.name not in ("", "..") else studies / ".."


def read(path: Path, project: Path, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file of a project.

    Raises
    ------
    OSError
        It cannot be opened, is no regular file, has more than ``most`` bytes, or a link leads out of the project.
    """
    with opened(path, project) as file:
        size = os.fstat(file.fileno()).st_size
        # What says that it is empty may be a file of the system, which has a content nevertheless.
        content = b"" if size > most else file.read(size + 1 if size else most + 1)
    if max(size, len(content)) > most:
        raise OSError(errno.EFBIG, f"more than the {most:,} bytes that are allowed", str(path))
    return content


def unreadable(path: Path, error: OSError) -> Problem:
    """Return what is wrong with a file that could not be read."""
    allowed = "allowed: a file that can be read, of a stated size, and no link that leaves the project"
    return Problem(str(path), 1, "", f"cannot be read: {error.strerror}", allowed)


def opened(path: Path, project: Path) -> BinaryIO:
    """Return a regular file of a project, open for reading; an `OSError` says what it is instead."""
    stay_inside(path, project)
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115  the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def stay_inside(path: Path, project: Path) -> None:
    """Refuse, as an `OSError`, a path on which a link leads out of the project."""
    below = [path, *path.parents]
    below = below[: below.index(project)] if project in below else below
    if any(map(os.path.islink, below)) and not _real(path).is_relative_to(_real(project)):
        raise OSError(errno.ELOOP, "a link that leaves the project", str(path))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _without_waiting(name: str, flags: int) -> int:
    """Open even what would wait for somebody at its other end."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
