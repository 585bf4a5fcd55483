"""What a section is made of, whatever it is written as: each format has one function for each of these kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .document import Line, Note
from .drawing.svg import Svg


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section; that of the section itself has level 2."""

    kind: ClassVar = "heading"
    text: str
    level: int = 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of text that stands alone; an empty one is not written."""

    kind: ClassVar = "paragraph"
    line: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; without items it is not written."""

    kind: ClassVar = "bullets"
    items: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a row of headings; ``numbers`` says which columns are set to the right, where that is known.

    The lines of its cells have the marks of its ``notes``.
    """

    kind: ClassVar = "table"
    heads: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numbers: tuple[bool, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Illustration:
    """A drawing; where a format has none, ``table`` says the same."""

    kind: ClassVar = "illustration"
    picture: Svg
    table: Table | None = None


Block = Heading | Paragraph | Bullets | Table | Illustration
