"""Entries as lines of a few hundred files, so that 100,000 of them are no burden for version control.

An entry is one line of ``<xx>.jsonl``, where ``xx`` is the beginning of the SHA-256 of its key; the lines of a file are
in the order of their keys, and begin with them. Stores of before hold one ``<key>.json`` an entry: they are read as
well, and whoever writes next makes lines of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ...errors import Problem, RegistryError
from ..text.files import MOST_BYTES, opened, project_of, read, unreadable
from ..text.raw import hidden_in_json
from .commit import Staging
from .json_files import CONFLICT, RESTORE, in_conflict, plain
from .set_aside import set_aside

MOST_KEPT = 64 << 20  # bytes of lines that are held in memory; what is beyond is read when it is looked at
MOST_SPOOLED = 1 << 18  # bytes of new lines in memory, before they go to the disk
_KEY = re.compile(rb'\{"key":"([a-z0-9-]+)"')


def shard_of(key: str) -> str:
    """Return the name of the file that has the line of an entry.

    >>> shard_of("pmid-35925914")
    'f4.jsonl'
    """
    return f"{hashlib.sha256(key.encode()).hexdigest()[:2]}.jsonl"


def key_of(line: bytes) -> str | None:
    """Return the key that a line has, None where it has none that could be a name."""
    if match := _KEY.match(line):
        return match[1].decode()
    try:
        said = from_json(line)
    except ValueError:
        return None
    key = said.get("key") if isinstance(said, dict) else None
    return key if isinstance(key, str) and re.fullmatch(r"[a-z0-9-]+", key) else None


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """Where an entry stands: ``start`` to ``end`` are the bytes of line ``number`` (from 1) of a file.

    ``content`` is the whole file, where that is held; else ``state`` tells whether it is still that which was listed.
    """

    path: Path
    number: int
    start: int
    end: int
    content: bytes | None
    state: tuple[int, int, int] = (0, 0, 0)

    def read(self, project: Path) -> bytes:
        """Return the line; a `RegistryError` where the file cannot be read, or is another by now."""
        if self.content is not None:
            return self.content[self.start : self.end]
        try:
            with opened(self.path, project) as file:
                if _state(os.fstat(file.fileno())) != self.state:
                    raise RegistryError([Problem(str(self.path), self.number, "", "written anew", AGAIN)])
                file.seek(self.start)
                return file.read(self.end - self.start)
        except OSError as error:
            raise RegistryError([unreadable(self.path, error)]) from None


def listed(folder: Path) -> dict[str, ShardPlace | Path]:
    """Return where each entry of a folder stands, in the order of their keys; a `Path` is a file of its own.

    Lines that belong to no entry, or to one that has a line already, are set aside.
    """
    names = sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []
    places: dict[str, ShardPlace | Path] = {
        name.removesuffix(".json"): folder / name for name in names if name.endswith(".json")
    }
    room = MOST_KEPT
    for name in names:
        if name.endswith(".jsonl"):
            room -= _list(folder / name, project_of(folder.parent), room, places)
    return {key: places[key] for key in sorted(places)}


def place_of(folder: Path, key: str) -> ShardPlace | Path | None:
    """Return where one entry of a folder stands, whose key is a name; None where there is none."""
    own, shard = folder / f"{key}.json", folder / shard_of(key)
    places: dict[str, ShardPlace | Path] = {key: own} if own.exists() or own.is_symlink() else {}
    if shard.exists() or shard.is_symlink():
        _list(shard, project_of(folder.parent), MOST_KEPT, places)
    return places.get(key)


def _list(path: Path, project: Path, room: int, places: dict[str, ShardPlace | Path]) -> int:
    """Add the places of one file, and return how much of it is held; with a line, a file of its own is out of date."""
    try:
        with opened(path, project) as file:
            state, content = _state(os.fstat(file.fileno())), file.read(MOST_BYTES + 1)
    except OSError as error:
        set_aside([unreadable(path, error)])
        return 0
    held = content if len(content) <= room else None
    if not content.strip():
        set_aside([Problem(str(path), 1, "", "nothing, where candidates were", RESTORE)])
    end = 0
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        start, end = end, end + len(line)
        key = key_of(line)
        there = places.get(key) if key else None
        if key is None or shard_of(key) != path.name or isinstance(there, ShardPlace):
            _not_listed(path, number, line, key)
        else:
            places[key] = ShardPlace(path, number, start, end, held, state)
    return len(held or b"")


def _not_listed(path: Path, number: int, line: bytes, key: str | None) -> None:
    """Set a line aside that is no entry's, or a second one of it."""
    found, allowed = ("no entry with a key", RESTORE) if key is None else (f"a line of {key} in a wrong place", RESTORE)
    if CONFLICT.match(line):
        found, allowed = in_conflict()
    if line.strip():
        set_aside([Problem(str(path), number, "", found, allowed)])


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def put_lines(change: Staging, folder: str, lines: Iterable[tuple[str, bytes]], again: Collection[str] = ()) -> None:
    """Write entries into a change, as lines beside those that are there; files of their own become lines too.

    Parameters
    ----------
    change
        To which the files are added.
    folder
        The name of that of the entries, in the folder of the studies.
    lines
        Key and line of each new entry, as they come: they go to the disk.
    again
        Keys of entries that are there already, whose new lines take the place of theirs.
    """

    def later(one: bytes, other: bytes) -> bytes:
        return other if key_of(one) in again else one

    root = change.root
    spooled: defaultdict[str, list[bytes]] = defaultdict(list)
    new: set[str] = set()
    held = 0
    for key, line in _with_old(root / folder, lines):
        spooled[shard_of(key)].append(line)
        held += len(line)
        if held > MOST_SPOOLED:
            new |= _spool(change, folder, spooled)
            held = 0
    for name in new | _spool(change, folder, spooled):
        path = root / folder / name
        there = read(path, project_of(root)) if path.exists() else b""
        change.put(f"{folder}/{name}", in_order(there + change.staged(f"{folder}/{name}"), later))


def _with_old(folder: Path, lines: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield what is in files of its own, as far as these can be read, and then the new entries."""
    for path in old_files(folder):
        try:
            said = from_json(read(path, project_of(folder.parent)))
        except (OSError, ValueError):
            continue  # it stays where it is, and is set aside by all who read it
        if isinstance(said, dict) and said.get("key") == path.stem:
            yield path.stem, line_of(said)
    yield from lines


def line_of(content: dict[str, Any]) -> bytes:
    """Return an entry as its line: the key first, then all else that says something, sorted."""
    said = {name: it for name, it in content.items() if it not in (None, [], "")}
    key = said.pop("key")
    line = _dumped(key, said)
    return line if hidden_in_json(line) is None else _dumped(key, plain(said))


def _dumped(key: str, content: dict[str, Any]) -> bytes:
    rest = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f'{{"key":{json.dumps(key)}{"," if content else ""}{rest[1:]}\n'.encode("utf-8", "surrogatepass")


def _spool(change: Staging, folder: str, spooled: defaultdict[str, list[bytes]]) -> set[str]:
    names = set(spooled)
    for name, lines in spooled.items():
        change.append(f"{folder}/{name}", b"".join(lines))
    spooled.clear()
    return names


def in_order(content: bytes, both: Callable[[bytes, bytes], bytes] | None = None) -> bytes:
    """Return lines in the order of their keys, each key once; lines without a key are kept, after all others.

    Parameters
    ----------
    content
        Lines, those that are there already first.
    both
        What makes one line of two of the same key; without it the first stays.
    """
    found: dict[str, bytes] = {}
    others: dict[bytes, None] = {}
    for line in content.splitlines():
        key = key_of(line)
        if key is None:
            others |= {line: None} if line.strip() else {}
        elif key not in found:
            found[key] = line
        elif both and found[key] != line:
            found[key] = both(found[key], line)
    return b"".join(line + b"\n" for line in [*(found[key] for key in sorted(found)), *others])


def old_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that hold one entry each, as stores of before do."""
    yield from sorted(folder.glob("*.json")) if folder.is_dir() else ()


def drop_old(root: Path, folder: str) -> None:
    """Take away the files of their own whose entries have become lines; what was cut is done by the next run."""
    old = list(old_files(root / folder))
    places = listed(root / folder) if old else {}
    for path in old:
        if isinstance(places.get(path.stem), ShardPlace):
            path.unlink()


AGAIN = "start again, which lists the files anew"
