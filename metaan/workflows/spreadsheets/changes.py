"""What a table changes in the registry: every cell against the value that it was written from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from ...errors import ConflictError, Problem, RegistryError, SourceError, did_you_mean
from ...registry.check.draft import where
from ...registry.load import load
from ...registry.store.commit import taking_turns
from ...registry.text.nodes import compose
from ...registry.text.raw import decode
from ...registry.write import change
from .cells import Raw, Unread, is_same, read
from .edits import CellAt, CellEdit, Fault, FileEdits, NewItem, both_bounds
from .export import identity
from .files import DIGESTS, CellGrid, read_grids
from .layout import ARM, DOMAIN, REVIEW_FILE, Column, Path, SheetLayout, sheets
from .rows import File, Key, all_rows, files_of, placed, value_at

MOST_ABOVE = 10  # rows before the headings, such as a title
MOST_GROUPS = 40


@dataclass(frozen=True, slots=True)
class WrittenCells:
    """One file as a table makes it: bytes before (None: it is new) and after, and what is done to it, in words."""

    path: FilePath
    before: bytes | None
    after: bytes
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a table would do; ``doubts`` is what `metaan check` would say of it and does not say now."""

    folder: FilePath
    files: tuple[WrittenCells, ...]
    doubts: tuple[Problem, ...] = ()

    def write(self) -> None:
        """Write the files.

        Raises
        ------
        ConflictError
            Somebody has changed one of them meanwhile; none was written.
        """
        with taking_turns(self.folder):
            for file in self.files:
                if (file.path.read_bytes() if file.path.exists() else None) != file.before:
                    raise ConflictError(f"{file.path} was changed by somebody meanwhile; nothing was written")
            for file in self.files:
                change(file.path, file.before, file.after)


def changes_of(folder: FilePath | str, source: FilePath) -> Changes:
    """Return what a table changes in a review; nothing is written.

    Parameters
    ----------
    folder
        The folder of the studies.
    source
        An XLSX file, ``x.csv`` for all CSV files of an export, or one of them.

    Raises
    ------
    SourceError
        The table cannot be taken: every problem with its cell and study.
    RegistryError
        The registry has problems of its own, which come first.
    """
    found = _Seen(files_of(folder))
    lines = [line for sheet, grid in _by_sheet(read_grids(source), found) for line in _lines(sheet, grid, found)]
    for line in lines:
        found.take(line)
    _refuse(source, found.faults)
    changed = found.changed()
    found.faults += found.stale(changed)
    files = [_written(FilePath(folder), edits, found) for edits in changed]
    _refuse(source, found.faults)
    doubts = _checked(files, changed, found, source) if files else ()
    return Changes(FilePath(folder), tuple(files), doubts)


def _refuse(source: FilePath, faults: Sequence[Fault]) -> None:
    if faults:
        lines = [f"{source}: {fault}" for fault in dict.fromkeys(faults)]
        raise SourceError("\n".join([*lines, f"problems: {len(lines)}; nothing was written"]))


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a sheet that has something: its cells by heading, and those of the columns that are values."""

    sheet: SheetLayout
    number: int
    cells: Mapping[str, tuple[Raw, CellAt]]
    columns: Mapping[str, Column]

    def cell(self, title: str) -> tuple[Raw, CellAt]:
        """Return the cell of a column; an empty one where the column is not there."""
        return self.cells.get(title, (None, CellAt(self.sheet.name, self.number)))

    def text(self, title: str) -> str:
        """Return the text of a cell."""
        return str(read(self.cell(title)[0], "text") or "")

    @property
    def values(self) -> Iterator[tuple[Column, Raw, CellAt]]:
        """Yield the cells of values, the keys of arms left out."""
        for heading, column in self.columns.items():
            if column.path:
                yield column, *self.cells[heading]


def _by_sheet(grids: Sequence[CellGrid], found: _Seen) -> Iterator[tuple[SheetLayout, CellGrid]]:
    """Yield the sheets in the order in which files need them: studies before what is in them."""
    known = sheets()
    there: dict[str, CellGrid] = {}
    for grid in grids:
        name = grid.name.strip().casefold()
        if name == DIGESTS:
            found.digests = {str(row[0]): str(row[1]) for row in grid.rows[1:] if len(row) > 1}
        elif name in known:
            there[name] = grid
        elif any(cell not in (None, "") for row in grid.rows for cell in row):
            found.fault(CellAt(grid.name, 1), f"sheet {grid.name!r} is unknown", did_you_mean(grid.name, known))
    yield from ((sheet, there[name]) for name, sheet in known.items() if name in there)


def _lines(sheet: SheetLayout, grid: CellGrid, found: _Seen) -> Iterator[_Line]:
    """Yield the rows below the headings; these stand in one of the first rows, titles above them."""
    known = {column.heading.casefold(): column for column in sheet.wide(MOST_GROUPS)}
    names = {head.title for head in identity(sheet)}
    scores = [sum(_fold(cell) in known or _fold(cell) in names for cell in row) for row in grid.rows[:MOST_ABOVE]]
    if not any(scores):
        if any(cell not in (None, "") for row in grid.rows for cell in row):
            headings = ", ".join([*sorted(names), *(column.heading for column in sheet.wide(1))][:6])
            found.fault(CellAt(sheet.name, 1), "no row of headings", f"allowed: a row with {headings} ...")
        return
    top = scores.index(max(scores))
    heads = _headings(sheet, grid.rows[top], top + 1, known, names, found)
    for number, row in enumerate(grid.rows[top + 1 :], top + 2):
        if all(cell in (None, "") for cell in row):
            continue
        places = {head: (row[i] if i < len(row) else None, i) for i, head in heads.items()}
        cells = {head: (raw, CellAt(sheet.name, number, i, head)) for head, (raw, i) in places.items()}
        for i, cell in enumerate(row):
            if cell not in (None, "") and i not in heads and (i >= len(grid.rows[top]) or not grid.rows[top][i]):
                found.fault(CellAt(sheet.name, number, i), f"{cell!r} below no heading", "allowed: below one")
        yield _Line(sheet, number, cells, {head: known[head.casefold()] for head in cells if head.casefold() in known})


def _headings(
    sheet: SheetLayout, row: Sequence[Raw], number: int, known: Mapping[str, Column], names: set[str], found: _Seen
) -> dict[int, str]:
    heads: dict[int, str] = {}
    for i, cell in enumerate(row):
        title = _fold(cell)
        if not title:
            continue
        head = known[title].heading if title in known else title
        place = CellAt(sheet.name, number, i, str(cell))
        if title not in known and title not in names:
            allowed = did_you_mean(title, [*names, *(column.heading for column in sheet.wide(2))])
            found.fault(place, f"column {str(cell)!r} is unknown", allowed)
        elif head in heads.values():
            found.fault(place, "a column that is there twice", "allowed: once")
        else:
            heads[i] = head
    return heads


def _fold(cell: Raw) -> str:
    return " ".join(str(cell or "").split()).casefold()


@dataclass
class _Seen:
    """What was found so far: what is done to each file, and problems."""

    files: dict[str, File]
    faults: list[Fault] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    by_file: dict[str, FileEdits] = field(default_factory=dict)
    seen: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = all_rows(self.files)

    def fault(self, place: CellAt, found: str, allowed: str) -> None:
        """Add a problem."""
        self.faults.append(Fault(place, found, allowed))

    def changed(self) -> list[FileEdits]:
        """Return the files that something is done to, intervals whole."""
        for edits in self.by_file.values():
            settled = list(both_bounds(list(edits.edits.values())))
            self.faults += [one for one in settled if isinstance(one, Fault)]
            edits.edits = {one.path: one for one in settled if isinstance(one, CellEdit)}
        return [edits for edits in self.by_file.values() if edits]

    def stale(self, changed: Sequence[FileEdits]) -> Iterator[Fault]:
        """Yield the files that were changed since the table was written: numbers of rows may mean others by now."""
        for edits in changed:
            known = self.digests.get(edits.stem)
            if edits.file is not None and known and known != edits.file.digest:
                allowed = "allowed: export again, and enter the change there"
                yield Fault(edits.first, f"{edits.stem}.yaml was changed after this table was exported", allowed)

    def of(self, stem: str) -> FileEdits:
        """Return what is done to one file."""
        return self.by_file.setdefault(stem, FileEdits(stem, self.files.get(stem)))

    def take(self, line: _Line) -> None:
        """Find out what a line changes or adds."""
        stem = self._stem(line)
        numbers = self._numbers(line, stem) if stem else None
        if stem is None or numbers is None:
            return
        key: Key = (line.sheet.name, stem, *numbers)
        row = self.rows.get(key)
        is_new = row is None and numbers[-1 if line.sheet.inner else 0] is None
        if row is None and line.sheet.items and not is_new:
            self._unknown_number(line, key)
        elif row is None:
            self._add(line, stem, numbers[0])
        elif key in self.seen:
            told = f"the same {line.sheet.inner or line.sheet.number or 'study'} of {stem} as in row {self.seen[key]}"
            self.fault(CellAt(line.sheet.name, line.number), told, "allowed: one row each; a new one has no number")
        else:
            self.seen[key] = line.number
            groups = self._groups(line, row.groups, stem, row.at)
            if groups is not None:
                self._compare(line, stem, row.at, row.sub, groups)

    def _stem(self, line: _Line) -> str | None:
        """Return the file that a line is about."""
        if line.sheet.of_review:
            return REVIEW_FILE
        title = "study" if line.sheet.items else "id"
        stem, place = line.text(title), line.cell(title)[1]
        known = [name for name in {**self.files, **self.by_file} if name != REVIEW_FILE]
        if stem in known or (stem and stem != REVIEW_FILE and not line.sheet.items):
            return stem
        found = f"study {stem!r} is unknown" if stem else "no study is named"
        self.fault(place, found, did_you_mean(stem, known) if stem else "allowed: the id of a study in each row")
        return None

    def _numbers(self, line: _Line, stem: str) -> tuple[int | None, int | None] | None:
        """Return the number of the item and of the one below it, None each where they are new; None after a fault."""
        numbers: list[int | None] = []
        for title in (line.sheet.number, line.sheet.inner):
            raw, place = line.cell(title) if title else (None, CellAt("", 0))
            number = read(raw, "whole")
            if isinstance(number, Unread):
                self.fault(_of(place, stem), number.found, number.allowed)
                return None
            numbers.append(number)
        return numbers[0], numbers[1]

    def _unknown_number(self, line: _Line, key: Key) -> None:
        sheet, stem, number, inner = key
        there = [one for one in self.rows if one[:2] == (sheet, stem)]
        listed = ", ".join(f"{one[2]}" + (f" with {line.sheet.inner} {one[3]}" if one[3] else "") for one in there)
        allowed = f"allowed: {listed or 'none so far'}; empty for a new one"
        told = f"{line.sheet.number} {number}" + (f", {line.sheet.inner} {inner}" if inner else "")
        self.fault(_of(line.cell(line.sheet.number)[1], stem), f"there is no {told} in this sheet", allowed)

    def _groups(
        self, line: _Line, held: tuple[str | int, ...], stem: str, at: Path | None
    ) -> tuple[str | int, ...] | None:
        """Return what the groups of columns of a line stand for; None after a fault."""
        last = max((column.group for column in line.columns.values()), default=0)
        if line.sheet.marker == DOMAIN:
            return tuple(range(last))
        if line.sheet.marker != ARM:
            return ()
        named = [line.text(f"arm {group}") for group in range(1, last + 1)]
        if gone := [str(arm) for arm in held if arm not in named and at is not None]:
            keys = f"arm {[*held].index(gone[0]) + 1}"
            allowed = f"allowed: {gone[0]} in its group of columns; an arm is taken out in {stem}.yaml"
            self.fault(_of(line.cell(keys)[1], stem), f"arm {gone[0]} of this result is in no column any more", allowed)
            return None
        if twice := next((name for i, name in enumerate(named) if name and name in named[:i]), None):
            self.fault(_of(line.cell(f"arm {named.index(twice) + 1}")[1], stem), f"arm {twice} twice", "allowed: once")
            return None
        for column, raw, place in line.values:
            if column.group and not named[column.group - 1] and raw not in (None, ""):
                allowed = f"allowed: with the id of the arm in the column arm {column.group}"
                self.fault(_of(place, stem), "a number of no arm", allowed)
                return None
        return tuple(named)

    def _compare(self, line: _Line, stem: str, at: Path, sub: int | None, groups: tuple[str | int, ...]) -> None:
        """Turn cells that differ from the file into edits."""
        tree = self.files[stem].tree
        for column, raw, place in line.values:
            path = placed(line.sheet, column, at, sub, groups)
            before = value_at(tree, path) if path else None
            if path is None or is_same(raw, before):
                continue
            value = read(raw, column.kind, column.allowed)
            if isinstance(value, Unread):
                self.fault(_of(place, stem), value.found, value.allowed)
            elif not _equal(value, before):
                self._edit(stem, CellEdit(path, value, before, _of(place, stem)))

    def _edit(self, stem: str, edit: CellEdit) -> None:
        first = self.of(stem).edits.setdefault(edit.path, edit)
        if first.value != edit.value:
            found = f"{edit.value!r} here, and {first.value!r} in {first.place}"
            self.fault(edit.place, found, "allowed: the same in both, or one of them left as it was")

    def _add(self, line: _Line, stem: str, number: int | None) -> None:
        """Make a new item of a line, or a new one below an item that is there."""
        sheet = line.sheet
        if sheet.name == "reported" and number is None:
            self.fault(_of(line.cell("result")[1], stem), "no result is named", "allowed: the number of a result")
            return
        groups = self._groups(line, (), stem, None)
        if groups is None:
            return
        inner = sheet.inner if sheet.inner and number is not None else ""
        values, places = dict[Path, Any](), dict[Path, CellAt]()
        for column, raw, place in line.values:
            path = placed(sheet, column, (), None, groups)
            value = read(raw, column.kind, column.allowed)
            if isinstance(value, Unread):
                self.fault(_of(place, stem), value.found, value.allowed)
            elif path is not None and value is not None and (not inner or path[0] == inner):
                path = path[1:] if inner else path
                values[path], places[path] = value, _of(place, stem)
        if values:
            at, alone = self._where_to_add(line, stem, number, inner)
            self.of(stem).items.append(NewItem(at, _of(CellAt(sheet.name, line.number), stem), values, places, alone))

    def _where_to_add(self, line: _Line, stem: str, number: int | None, inner: str) -> tuple[Path, bool]:
        """Return the list that a new item goes to, and whether it is to stand there alone, as the first effect does."""
        if not inner or number is None:
            return ((line.sheet.items,) if line.sheet.items else ()), False
        at: Path = (line.sheet.items, number - 1, inner)
        file = self.files.get(stem)
        results = value_at(file.tree, at[:1]) if file else None
        below = value_at(file.tree, at) if file else None
        place = _of(line.cell("result")[1], stem)
        if not 1 <= number <= len(results or ()):
            self.fault(place, f"there is no result {number}", f"allowed: 1 to {len(results or ())}")
        elif isinstance(below, dict):
            allowed = f"allowed: in a list; make one of the effect of result {number} in {stem}.yaml first"
            self.fault(place, "a second effect of a result with one", allowed)
        return at, inner == "effect" and not below


def _of(place: CellAt, stem: str) -> CellAt:
    return CellAt(place.sheet, place.row, place.column, place.title, stem)


def _equal(value: Any, before: Any) -> bool:
    if isinstance(value, bool) or isinstance(before, bool):
        return value is before
    return bool(value == before) or (isinstance(value, str) and isinstance(before, str) and value == before.strip())


def _written(folder: FilePath, edits: FileEdits, found: _Seen) -> WrittenCells:
    text, faults = edits.text()
    found.faults += faults
    before = edits.file.raw if edits.file else None
    mark = "\ufeff" if before and before.startswith(b"\xef\xbb\xbf") else ""
    return WrittenCells(folder / f"{edits.stem}.yaml", before, (mark + text).encode(), tuple(_words(edits)))


def _words(edits: FileEdits) -> Iterator[str]:
    """Yield what is done to a file: value by value, and item by item."""
    for edit in edits.edits.values():
        at = where(edits.file.tree, edit.path) if edits.file else ""
        yield f"{at}: {_said(edit.before)} becomes {_said(edit.value)} ({edit.place})"
    for item in edits.items:
        values = "; ".join(f"{'.'.join(map(str, path))}: {_said(value)}" for path, value in item.values.items())
        yield f"new{f' in {item.at[0]}' if item.at else ' study'}: {values} ({item.place})"


def _said(value: Any) -> str:
    return "nothing" if value is None else f"{value!r}" if isinstance(value, str) else str(value)


def _checked(
    files: Sequence[WrittenCells], changed: Sequence[FileEdits], found: _Seen, source: FilePath
) -> tuple[Problem, ...]:
    """Check the registry as it would be; what is wrong with it is said of the cells that it is from."""
    with tempfile.TemporaryDirectory() as copy:
        for stem, file in found.files.items():
            (FilePath(copy) / f"{stem}.yaml").write_bytes(file.raw)
        doubted = {(doubt.where, doubt.found) for doubt in load(copy, with_metadata=False).doubts}
        for written in files:
            (FilePath(copy) / written.path.name).write_bytes(written.after)
        try:
            doubts = load(copy, with_metadata=False).doubts
        except RegistryError as error:
            _refuse(source, [_fault(problem, files, changed) for problem in error.problems])
    return tuple(doubt for doubt in doubts if (doubt.where, doubt.found) not in doubted)


def _fault(problem: Problem, files: Sequence[WrittenCells], changed: Sequence[FileEdits]) -> Fault:
    """Return the problem of a file as one of the cell that it is from: the nearest by line, and by the words."""
    stem = FilePath(problem.file).stem
    after = next((file.after for file in files if file.path.stem == stem), b"")
    tree, _ = compose(decode(after)[0]) if after else (None, [])
    best, place = (0, 0), CellAt(f"{stem}.yaml", problem.line)
    for path, cell in (one for edits in changed if edits.stem == stem for one in edits.placed()):
        words, line = (where(tree, path), tree.at(path).line) if tree else ("", 0)
        score = (int(line == problem.line), _common(words, problem.where))
        if score > best:
            best, place = score, cell
    at = f"{problem.where}: " if problem.where else ""
    return Fault(place, f"{at}{problem.found}", problem.allowed)


def _common(one: str, other: str) -> int:
    """Return how many parts two key paths begin alike."""
    pairs = list(zip(one.split("."), other.split(".")))
    return next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs)) if one and other else 0
