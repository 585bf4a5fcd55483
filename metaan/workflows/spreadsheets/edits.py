"""Changes of one file, put into its text: each where it belongs, comments and layout as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import UsageError
from ...registry.model.study import Study
from ...registry.scaffold import STUDY_SCHEMA
from ...registry.text.block import block_text
from ...registry.text.edit import with_item, with_value
from ...registry.text.nodes import Node
from .files import letters
from .layout import Path
from .rows import File


@dataclass(frozen=True, slots=True)
class CellAt:
    """Where in a table something stands; ``column`` counts from 0."""

    sheet: str
    row: int
    column: int | None = None
    title: str = ""
    study: str = ""

    def __str__(self) -> str:
        """Return the place as messages name it.

        >>> str(CellAt("counts", 7, 5, "events 1", "doe-2020"))
        'counts!F7 (events 1) of doe-2020'
        """
        cell = "" if self.column is None else f"{self.sheet}!{letters(self.column)}{self.row}"
        at = cell or f"{self.sheet}, row {self.row}"
        return at + (f" ({self.title})" if self.title else "") + (f" of {self.study}" if self.study else "")


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem of a table."""

    place: CellAt
    found: str
    allowed: str

    def __str__(self) -> str:
        """Return it with its place in front."""
        return f"{self.place}: {self.found}" + (f"; {self.allowed}" if self.allowed else "")


@dataclass(frozen=True, slots=True)
class CellEdit:
    """One value of a file that a cell changes."""

    path: Path
    value: Any
    before: Any
    place: CellAt


@dataclass(frozen=True, slots=True)
class NewItem:
    """What one row adds at the end of a list of a file; values and places by their path below the item.

    ``at`` leads to the list; it is empty for the values of a study that is new, and leads to what is not there yet
    where the first effect of a result is added, which is no list (``alone``).
    """

    at: Path
    place: CellAt
    values: Mapping[Path, Any]
    places: Mapping[Path, CellAt]
    alone: bool = False


@dataclass
class FileEdits:
    """All that a table does to one file; ``file`` is None for a study that is new."""

    stem: str
    file: File | None
    edits: dict[Path, CellEdit] = field(default_factory=dict)
    items: list[NewItem] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything is done."""
        return bool(self.edits or self.items)

    @property
    def first(self) -> CellAt:
        """The place of the first change."""
        return next(iter(self.edits.values())).place if self.edits else self.items[0].place

    def text(self) -> tuple[str, list[Fault]]:
        """Return the text of the file afterwards, and what could not be done."""
        if self.file is None:
            return self._new_text(), []
        text, faults = self.file.text, list[Fault]()
        for prefix, group in self._together(self.file.tree).items():
            values = {edit.path[len(prefix) :]: edit.value for edit in group}
            try:
                text = _with(text, self.file.tree, prefix, values)
            except UsageError as error:
                faults.append(Fault(group[0].place, str(error), ""))
        for item in self.items:
            write = with_value if item.alone else with_item
            try:
                text = write(text, item.at, nested(item.values))
            except UsageError as error:
                faults.append(Fault(item.place, str(error), ""))
        return text, faults

    def _together(self, tree: Node) -> dict[Path, list[CellEdit]]:
        """Return the edits by what is written at once: a value, or a mapping that was not there."""
        groups: dict[Path, list[CellEdit]] = {}
        for edit in self.edits.values():
            groups.setdefault(_first_missing(tree, edit.path), []).append(edit)
        return groups

    def _new_text(self) -> str:
        values: dict[str, Any] = {}
        for item in self.items:
            made = nested(item.values)
            if item.at:
                values.setdefault(str(item.at[0]), []).append(made)
            else:
                values |= made
        return STUDY_SCHEMA + block_text({key: values[key] for key in Study.model_fields if key in values})

    def placed(self) -> Iterator[tuple[Path, CellAt]]:
        """Yield the paths in the file afterwards, with the cells that they are from."""
        yield from ((edit.path, edit.place) for edit in self.edits.values())
        added: dict[Path, int] = {}
        for item in self.items:
            at = item.at
            if at and not item.alone:
                added[at] = added.get(at, -1) + 1
                at = (*at, self._length(at) + added[at])
            yield at, item.place
            yield from (((*at, *path), place) for path, place in item.places.items())

    def _length(self, at: Path) -> int:
        node: Node | None = self.file.tree if self.file else None
        for part in at:
            node = node.child(part) if node else None
        return len(node.value) if node is not None and isinstance(node.value, list) else 0


def _first_missing(tree: Node, path: Path) -> Path:
    """Return the part of a path up to the first thing that is not there, or is empty."""
    node: Node | None = tree
    for i, part in enumerate(path):
        node = node.child(part) if node else None
        if node is None or (node.value is None and i + 1 < len(path)):
            return path[: i + 1]
    return path


def _with(text: str, tree: Node, prefix: Path, values: Mapping[Path, Any]) -> str:
    value = values[()] if () in values else nested(values)
    is_new_item = isinstance(prefix[-1], int) and tree.at(prefix[:-1]).child(prefix[-1]) is None
    return with_item(text, prefix[:-1], value) if is_new_item else with_value(text, prefix, value)


def nested(values: Mapping[Path, Any]) -> Any:
    """Return values by path as mappings and lists.

    >>> nested({("ci", 0): 1, ("ci", 1): 2, ("source", "place"): "Table 1"})
    {'ci': [1, 2], 'source': {'place': 'Table 1'}}
    """
    if () in values:
        return values[()]
    heads: dict[str | int, dict[Path, Any]] = {}
    for path, value in values.items():
        heads.setdefault(path[0], {})[path[1:]] = value
    made = {head: nested(below) for head, below in heads.items()}
    return [made[head] for head in sorted(made, key=int)] if all(isinstance(head, int) for head in made) else made


def both_bounds(edits: Sequence[CellEdit]) -> Iterator[CellEdit | Fault]:
    """Yield edits with those of intervals whole: two emptied bounds are one edit, one alone is a mistake."""
    emptied = {edit.path: edit for edit in edits if edit.value is None and edit.path[-2:-1] == ("ci",)}
    for edit in edits:
        if edit.path not in emptied:
            yield edit
            continue
        whole = edit.path[:-1]
        other = emptied.get((*whole, 1 - int(edit.path[-1])))
        if other is None:
            yield Fault(edit.place, "one bound of an interval is empty", "allowed: both, or neither")
        elif edit.path[-1] == 0:
            yield CellEdit(whole, None, [edit.before, other.before], edit.place)
