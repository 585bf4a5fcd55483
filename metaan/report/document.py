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


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: its mark, its words, and its anchor on the page."""

    letter: str
    text: str
    id: str


class Marks(str):
    """The marks of footnotes behind a text, as words: where there are no footnotes of a format's own."""

    notes: tuple[Note, ...]

    def __new__(cls, *notes: Note) -> Marks:
        """Join the marks of notes; without any there are no words."""
        made = super().__new__(cls, f" [{', '.join(note.letter for note in notes)}]" if notes else "")
        made.notes = notes
        return made


#: A line of text: one stretch, or several of different kinds.
Line = str | tuple["str | Number", ...]


def stretches(line: Line) -> tuple[str | Number, ...]:
    """Return the stretches of a line."""
    return (line,) if isinstance(line, str) else line
