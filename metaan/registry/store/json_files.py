"""One JSON file of the store <-> its model: what is written can be read back, and what is read cannot give orders.

Nothing that a terminal or a page would obey (control characters, marks that reorder text) is written, wherever the
text came from; a file that holds some was not written here, and is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from ...errors import HIDDEN, Problem, RegistryError
from ..model.types import Entry
from ..text.files import project_of, read, unreadable
from ..text.raw import hidden_in_json

CONFLICT = re.compile(rb"^(?:<<<<<<<|=======|>>>>>>>)(?: |$)", re.MULTILINE)  # what git writes between two versions
Model = TypeVar("Model", bound=Entry)
RESTORE = "restore the file from version control"


def read_entry(path: Path, model: type[Model], allowed: str = RESTORE) -> Model:
    """Return one JSON file, in a folder of that of the studies, as a model.

    Raises
    ------
    RegistryError
        The file does not hold what was written, or cannot be read; ``allowed`` says what to do about it.
    FileNotFoundError
        It is not there.
    """
    return parsed(path, bytes_of(path, project_of(path.parent.parent)), model, allowed)


def bytes_of(path: Path, project: Path) -> bytes:
    """Return what a file of the store holds; errors as in `read_entry`."""
    try:
        return read(path, project)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RegistryError([unreadable(path, error)]) from None


def parsed(path: Path, raw: bytes, model: type[Model], allowed: str = RESTORE, line: int = 1) -> Model:
    """Return a file, or its line ``line``, as a model; what a terminal would obey is refused before it is shown."""
    refuse_hidden(path, raw, allowed, line)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise RegistryError(problems_of(path, error, allowed, line)) from None


def refuse_hidden(path: Path, raw: bytes, allowed: str = RESTORE, line: int = 1) -> None:
    """Raise a `RegistryError` for what no command has written into a JSON file: hidden characters, marks of git."""
    if CONFLICT.search(raw):
        raise RegistryError([Problem(str(path), line, "", *in_conflict(allowed))])
    if hidden := hidden_in_json(raw):
        raise RegistryError([Problem(str(path), line, "", f"a control character, {hidden!r}", allowed)])


def in_conflict(allowed: str = RESTORE) -> tuple[str, str]:
    """Say that git has left two versions of something, and what to do."""
    found = "in conflict: it holds the versions of two branches"
    return found, f"metaan merge before the merge is committed, or {allowed}"


def problems_of(path: Path, error: ValidationError, allowed: str = RESTORE, line: int = 1) -> list[Problem]:
    """Return what is wrong with a file that a command wrote, or with a line of it."""
    faults = error.errors(include_url=False)
    return [Problem(str(path), line, ".".join(map(str, one["loc"])), one["msg"], allowed) for one in faults]


def json_bytes(entry: Entry) -> bytes:
    """Return a model as a file that git shows well: sorted keys, what says nothing left out, a newline at the end.

    Raises
    ------
    RegistryError
        It could not be read back: nothing is written that the next command stumbles over.
    """
    content = entry.model_dump(mode="json")
    return read_back(entry, plain_json({name: it for name, it in content.items() if it not in (None, [], "")}))


def read_back(entry: Entry, written: bytes) -> bytes:
    """Return the bytes of a model as they are, once they have been read; a `RegistryError` where they cannot be."""
    parsed(Path(f"{type(entry).__name__}, not written"), written, type(entry), "report this, with the file it came of")
    return written


def plain_json(content: Any) -> bytes:
    """Return plain values as the text of a file: the keys of all objects sorted, and nothing hidden in it."""
    return to_json(plain(content), indent=2) + b"\n"


def plain(value: Any) -> Any:
    """Return values in order, without the characters that are refused when they are read."""
    if isinstance(value, str):
        return value if value.isprintable() else HIDDEN.sub("", value)
    if isinstance(value, dict):
        return {plain(name): plain(value[name]) for name in sorted(value)}
    return [plain(one) for one in value] if isinstance(value, list) else value
