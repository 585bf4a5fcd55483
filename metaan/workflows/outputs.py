"""Files that somebody asked for: in which format, in which folder, and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import UsageError
from ..registry.write import write_bytes


def format_of(path: Path | None, asked: str | None, known: Iterable[str], default: str) -> str:
    """Return the format of a file: the one that is asked for, else that of its name's ending; the two must not differ.

    >>> format_of(Path("x.CSV"), None, ("html", "csv"), "html"), format_of(Path("x"), None, ("html", "csv"), "html")
    ('csv', 'html')
    """
    ending = path.suffix.lstrip(".").casefold() if path else ""
    if path and asked and ending in known and ending != asked:
        raise UsageError(f"{path.name} with --format {asked}; allowed: a name that ends in .{asked}")
    if path and ending and ending not in known and not asked:
        allowed = ", ".join(f".{form}" for form in known)
        raise UsageError(f"{path.name} ends in .{ending}; allowed: {allowed}, or a --format")
    return asked or ending or default


def for_spreadsheet(text: str) -> bytes:
    """Return CSV with the mark by which a spreadsheet knows UTF-8; without it, it takes letters for others."""
    return text.encode("utf-8-sig")


def write_output(path: Path, content: bytes, project: Path) -> Path:
    """Write a file, in a folder that is there or can be made in the project, and return where.

    Raises
    ------
    UsageError
        There is no such folder outside of the project, or the file is a folder.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; allowed: the name of a file")
    make_folder(path.parent, project)
    write_bytes(path, content)
    return path


def make_folder(folder: Path, project: Path) -> None:
    """Make a folder and those above it in the project; elsewhere a mistyped path must not become a tree of folders."""
    if not folder.is_dir() and not folder.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"there is no folder {folder}; allowed: one that is there, or any in the project ({project})")
    folder.mkdir(parents=True, exist_ok=True)
