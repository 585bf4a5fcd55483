"""Files that are whole at every moment: the old text or the new, never half of either, and never another's lost."""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import ConflictError


def write_text(path: Path | str, text: str) -> None:
    """Write a whole file so that at every moment it holds either the old text or the new.

    Parameters
    ----------
    path
        The file, in a folder that exists; a symbolic link stays one, and into a device or a pipe is written as it is.
    text
        Written as UTF-8, line ends as they are.

    Raises
    ------
    OSError
        The folder cannot be written to; the old file is untouched and nothing is left behind.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a whole file of bytes, as `write_text` does with text."""
    if _is_no_file(Path(path)):
        _write_into(Path(path), content)
        return
    target = _behind_links(Path(path))
    with _beside(target, content) as temporary:
        temporary.replace(target)


def change(path: Path, before: bytes | None, content: bytes) -> None:
    """Write a file in place of what was read in it; None: in place of nothing.

    Raises
    ------
    ConflictError
        Something else stands there by now, which is not overwritten.
    """
    target = _behind_links(path)
    with _beside(target, content) as temporary:
        if before is None:
            _put_new(temporary, target)
        elif not target.exists() or target.read_bytes() != before:
            raise ConflictError(f"{path} was changed by somebody meanwhile; nothing was written: start again")
        else:
            temporary.replace(target)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder; that of one at work is locked (not on Windows)."""
    if os.name == "nt":
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name):
                _remove_unless_held(Path(entry.path))


def _remove_unless_held(path: Path) -> None:
    with suppress(OSError), path.open("r+b") as file:
        _hold(file.fileno())
        path.unlink()


def _behind_links(path: Path) -> Path:
    return path.resolve() if path.is_symlink() else path


def _is_no_file(path: Path) -> bool:
    """Say whether a path is a device or a pipe, which a file must not take the place of."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or path.parts[:2] == ("/", "dev")


def _write_into(path: Path, content: bytes) -> None:
    """Write into what is there; where that is our own output, behind what was printed."""
    shared = [fd for fd in (1, 2) if _is_open_as(path, fd)]
    with os.fdopen(os.dup(shared[0]) if shared else os.open(path, os.O_WRONLY), "wb") as file:
        file.write(content)


def _is_open_as(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except OSError:
        return False


@contextmanager
def _beside(target: Path, content: bytes) -> Iterator[Path]:
    """Yield a file beside the target that holds the content, on the disk; afterwards it is gone."""
    sweep(target.parent)
    handle, temporary = _new_file(target)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
            temporary.chmod(_mode(target))
            if os.name != "nt":  # Windows moves no open file
                yield temporary
        if os.name == "nt":
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _new_file(target: Path) -> tuple[int, Path]:
    """Return a new file, locked, that no sweep has taken for a leftover before it was."""
    while True:
        prefix = f".{target.name[:_LONGEST_PART]}.metaan-"
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=prefix, suffix=".tmp")
        with suppress(OSError):  # where nothing can be locked nothing is swept either
            _hold(handle)
        if os.name == "nt" or os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)


def _hold(handle: int) -> None:
    """Lock an open file, or raise an `OSError` where another has; the lock goes with the file."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _put_new(temporary: Path, target: Path) -> None:
    """Give a file its name if nothing has it."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise ConflictError(f"{target} is there already; it is not overwritten") from None
    except OSError:  # a file system without links
        if target.exists():
            raise ConflictError(f"{target} is there already; it is not overwritten") from None
        temporary.replace(target)


def _mode(path: Path) -> int:
    """The file's permissions, or those that a new file gets here."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last; Windows cannot, and need not."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_LONGEST_PART = 100  # characters of the target's name in that of the file beside it
_TEMPORARY = re.compile(r"\..+\.metaan-[a-z0-9_]{8}\.tmp")
