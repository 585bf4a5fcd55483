"""The registry as rows: which item of which file each row of a sheet shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from ...registry.load import load
from ...registry.text.nodes import Node, compose
from ...registry.text.raw import decode
from .layout import ARM, DOMAIN, REVIEW_FILE, Column, Path, SheetLayout, sheets

Key = tuple[str, str, int | None, int | None]  # sheet, file, number of the item and of the one below it, from 1


@dataclass(frozen=True, slots=True)
class File:
    """One file of the registry, as it stands on the disk."""

    stem: str
    raw: bytes
    tree: Node

    @property
    def text(self) -> str:
        """Its text, without a byte order mark."""
        return decode(self.raw)[0]

    @property
    def digest(self) -> str:
        """By which it is known again: positions in its lists are those of the table as long as it is the same."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet.

    Attributes
    ----------
    at, sub
        The item in the file, and the place of the one below it; None where that is no list, or there is none.
    groups
        What the groups of columns stand for: ids of arms, or places of domains.
    """

    sheet: SheetLayout
    stem: str
    at: Path
    sub: int | None = None
    groups: tuple[str | int, ...] = ()
    inner_number: int | None = None

    @property
    def key(self) -> Key:
        """By which a row of a file is known as this one."""
        number = int(self.at[1]) + 1 if len(self.at) > 1 else None
        return self.sheet.name, self.stem, number, self.inner_number

    def path(self, column: Column) -> Path | None:
        """Return where the value of a column stands in the file; None where its group stands for nothing."""
        return placed(self.sheet, column, self.at, self.sub, self.groups)


def placed(sheet: SheetLayout, column: Column, at: Path, sub: int | None, groups: tuple[str | int, ...]) -> Path | None:
    """Return where a column's value stands in the file of an item."""
    if column.group > len(groups) or not column.path:
        return None
    below: list[str | int] = []
    for part in column.path:
        below.append(groups[column.group - 1] if part in (ARM, DOMAIN) else part)
        if part == sheet.inner and sub is not None and len(below) == 1:
            below.append(sub)
    return None if "" in below else (*at, *below)


def files_of(folder: FilePath | str) -> dict[str, File]:
    """Return the files of a registry that can be read, review.yaml last.

    Raises
    ------
    RegistryError
        The registry has problems.
    """
    review = load(folder, with_metadata=False)
    stems = sorted(review.trees, key=lambda stem: (stem == REVIEW_FILE, stem))
    return {stem: _file(FilePath(folder) / f"{stem}.yaml") for stem in stems}


def _file(path: FilePath) -> File:
    raw = path.read_bytes()
    tree, _ = compose(decode(raw)[0])
    assert tree is not None
    return File(path.stem, raw, tree)


def rows_of(sheet: SheetLayout, files: dict[str, File]) -> Iterator[SheetRow]:
    """Yield the rows of a sheet, file by file."""
    for stem, file in files.items():
        if (stem == REVIEW_FILE) != sheet.of_review:
            continue
        if not sheet.items:
            yield SheetRow(sheet, stem, ())
            continue
        for i, item in enumerate(_list(file.tree.child(sheet.items))):
            if not sheet.holds or _held(sheet, item):
                yield from _item_rows(sheet, stem, (sheet.items, i), item)


def _item_rows(sheet: SheetLayout, stem: str, at: Path, item: Node) -> Iterator[SheetRow]:
    if not sheet.inner:
        yield SheetRow(sheet, stem, at, None, groups_of(sheet, item))
        return
    below = item.child(sheet.inner)
    if below is not None and isinstance(below.value, dict):
        yield SheetRow(sheet, stem, at, None, (), 1)
    for j, _ in enumerate(_list(below)):
        yield SheetRow(sheet, stem, at, j, (), j + 1)


def _held(sheet: SheetLayout, item: Node) -> bool:
    """Say whether a result is one of this sheet: by what its arms hold, else by what it holds itself."""
    arms = item.child("arms")
    held = list(arms.value.values() if arms and isinstance(arms.value, dict) else ())
    keys = {key for arm in held for key in (arm.value if isinstance(arm.value, dict) else ())}
    own = set(item.value) if isinstance(item.value, dict) else set()
    if sheet.marker != ARM:
        return bool(own & set(sheet.holds))
    return bool(keys & set(sheet.holds)) and not (sheet.holds == ("events",) and "time" in keys)


def groups_of(sheet: SheetLayout, item: Node) -> tuple[str | int, ...]:
    """Return the arms of a result in the order of the file, or the places of the domains of a judgement."""
    if sheet.marker == ARM:
        arms = item.child("arms")
        return tuple(arms.value) if arms and isinstance(arms.value, dict) else ()
    return tuple(range(len(_list(item.child("domains"))))) if sheet.marker == DOMAIN else ()


def _list(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def value_at(tree: Node, path: Path) -> Any:
    """Return the plain value at a path, None where there is none."""
    node: Node | None = tree
    for part in path:
        node = node.child(part) if node else None
    return node.plain() if node else None


def width(sheet: SheetLayout, rows: list[SheetRow]) -> int:
    """Return how many groups of columns a sheet needs: those of the widest row, and at least two arms."""
    least = {ARM: 2, DOMAIN: 1}.get(sheet.marker, 0)
    return (
        max((len(row.groups) for row in rows), default=0)
        if not least
        else max(least, *(len(row.groups) for row in rows), 0)
    )


def all_rows(files: dict[str, File]) -> dict[Key, SheetRow]:
    """Return every row of every sheet by its key."""
    return {row.key: row for sheet in sheets().values() for row in rows_of(sheet, files)}
