"""Lines with a tag in front -> blocks, one a record: what RIS and MEDLINE's format have in common.

Nothing is dropped here: a line belongs to a block, or is counted among those outside of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .bibtex import Failure, Read
from .markup import clean_text
from .record import Record

NOTHING_SAID = "no title, identifier, author, journal or abstract"


@dataclass(slots=True)
class Block:
    """The tagged lines of one record: the line it begins in (from 1), and the tag of each with its lines, in order."""

    line: int
    fields: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, tag: str, value: str) -> None:
        """Append a tagged line."""
        self.fields.append((tag, [value.strip()]))

    def go_on(self, text: str) -> None:
        """Append a line without a tag to the value before it, as a line of its own."""
        self.fields[-1][1].append(text.strip())

    def all(self, *tags: str) -> list[str]:
        """Return every value that says something: tag after tag, in the order of the tags."""
        values = ("\n".join(lines).strip() for wanted in tags for tag, lines in self.fields if tag == wanted)
        return [value for value in values if value]

    def first(self, *tags: str) -> str:
        """Return the first such value on one line, or nothing."""
        return clean_text(next(iter(self.all(*tags)), ""))

    def rest(self, known: Iterable[str]) -> dict[str, str]:
        """Return the values of all other tags, those of one tag joined."""
        known = set(known)
        found: dict[str, list[str]] = {}
        for tag, lines in self.fields:
            if tag not in known and (text := clean_text("\n".join(lines))):
                found.setdefault(tag, []).append(text)
        return {tag: "; ".join(values) for tag, values in found.items()}

    def failure(self, reason: str) -> Failure:
        """Return the block as one that is no record."""
        words = clean_text(" ".join(f"{tag} {' '.join(lines)}" for tag, lines in self.fields[:20])[:400])
        return Failure(self.line, reason, words[:80])


def says_something(record: Record) -> bool:
    """Whether anybody could tell what publication a record is of."""
    return any((record.title, record.doi, record.pmid, record.authors, record.journal, record.abstract))


def sort_out(found: Iterable[tuple[Block, Record]]) -> Read:
    """Return the records; a block that does not say what it is of is reported in their place."""
    records, failed = [], []
    for block, record in found:
        if says_something(record):
            records.append(record)
        else:
            failed.append(block.failure(NOTHING_SAID))
    return Read(tuple(records), tuple(failed))


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and their numbers; any of the ways to end a line will do."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return enumerate((line.rstrip() for line in lines), start=1)
