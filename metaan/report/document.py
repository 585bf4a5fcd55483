"""What a report is written of, before there is a page: sentences that are built of their words and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ..stats.measures.effects import Interval


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a sentence writes it; ``place`` is the id of where it was computed, or empty.

    ``value`` has all digits: an estimate, which may be written with its interval, or an interval alone.
    """

    text: str
    value: float | Interval
    place: str = ""

    def __str__(self) -> str:
        return self.text


class Text(tuple["str | Number", ...]):
    """A sentence; as a string it is its words, and each of its numbers knows where it was computed."""

    __slots__ = ()

    @classmethod
    def of(cls, *parts: str | Number) -> Text:
        """Join parts; neighbouring words become one, and nothing is left of an empty one.

        >>> text = Text.of("In ", "all: ", Number("0.50", 0.4999, "formula.x"), "", ".")
        >>> len(text), str(text)
        (3, 'In all: 0.50.')
        """
        done: list[str | Number] = []
        for part in parts:
            if isinstance(part, str) and done and isinstance(done[-1], str):
                done[-1] += part
            elif part:
                done.append(part)
        return cls(done)

    def __str__(self) -> str:
        return "".join(map(str, self))


class Strong(str):
    """Words that are to be seen first."""

    tag: ClassVar = "strong"


class Code(str):
    """Words as a file or a program has them."""

    tag: ClassVar = "code"


#: A line of text: one stretch, or several of different kinds.
Line = str | tuple["str | Number", ...]


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
    """A table with a row of headings; ``numbers`` says which columns are set to the right, where that is known."""

    kind: ClassVar = "table"
    heads: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numbers: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG with the styles of the page; where a format has no drawings, ``table`` says the same."""

    kind: ClassVar = "picture"
    svg: str
    title: str
    table: Table | None = None


Block = Heading | Paragraph | Bullets | Table | Picture


def stretches(line: Line) -> tuple[str | Number, ...]:
    """Return the stretches of a line."""
    return (line,) if isinstance(line, str) else line
