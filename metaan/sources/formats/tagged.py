"""Lines with a tag in front -> blocks, one a record: what RIS and MEDLINE's format have in common.

Nothing is dropped here: a line belongs to a block, or is counted among those outside of all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ...errors import SourceError
from ...records.markup import clean_text
from ...records.record import Failure, Read, Record

MOST_LINES = 5_000_000  # of 50 MB; an export has 40 letters to a line, and every line costs some 60 bytes
NOTHING_SAID = "no title, identifier, author, journal or abstract"


@dataclass(slots=True)
class TaggedRecord:
    """The tagged lines of one record: the line it begins in (from 1), and by tag its values, each in its lines."""

    line: int
    fields: dict[str, list[list[str]]] = field(default_factory=dict)
    _last: list[str] = field(default_factory=list)

    def add(self, tag: str, value: str) -> None:
        """Append a tagged line."""
        self._last = last = [value]
        if tag in self.fields:
            self.fields[tag].append(last)
        else:
            self.fields[tag] = [last]

    def go_on(self, text: str, *, flowing: bool = False) -> None:
        """Append a line without a tag to the value before it: as a line of its own, or flowing on from the last."""
        if flowing and self._last:
            self._last[-1] = f"{self._last[-1]} {text}"
        else:
            self._last.append(text)

    def by_field(self, names: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
        """Return the values by field, for a table that says which tags each field has, in their order."""
        return {field: self.all(*tags) for field, tags in names.items()}

    def take(self, other: TaggedRecord) -> None:
        """Append the values of another block."""
        for tag, values in other.fields.items():
            self.fields.setdefault(tag, []).extend(values)

    def all(self, *tags: str) -> list[str]:
        """Return every value that says something: tag after tag, in the order of the tags."""
        lines = [lines for tag in tags if tag in self.fields for lines in self.fields[tag]]
        return [value for value in map(str.strip, map("\n".join, lines)) if value]

    def first(self, *tags: str) -> str:
        """Return the first such value on one line, or nothing."""
        for tag in tags:
            for lines in self.fields.get(tag, ()):
                if text := clean_text("\n".join(lines)):
                    return text
        return ""

    def rest(self, known: Collection[str]) -> dict[str, str]:
        """Return the values of all other tags, those of one tag joined."""
        texts = {tag: [clean_text(value) for value in self.all(tag)] for tag in self.fields if tag not in known}
        return {tag: "; ".join(filter(None, values)) for tag, values in texts.items() if any(values)}

    def failure(self, reason: str) -> Failure:
        """Return the block as one that is no record."""
        said = (f"{tag} {value}" for tag in self.fields for value in self.all(tag) or [""])
        return Failure(self.line, reason, clean_text(" ".join(islice(said, 20))[:400])[:80])


def says_something(record: Record) -> bool:
    """Whether anybody could tell what publication a record is of."""
    return any((record.title, record.doi, record.pmid, record.authors, record.journal, record.abstract))


def read_blocks(
    name: str, head: str, starts: int, blocks: Iterable[TaggedRecord], record_of: Callable[[TaggedRecord], Record]
) -> Read:
    """Return the record of each block; one that does not say what it is of is reported in its place.

    Parameters
    ----------
    name
        Of the format.
    head, starts
        The tag that records begin with, and in how many lines it stands: counted apart from the blocks. A block
        without it is a start as well.
    blocks, record_of
        What was cut out of the lines, and what makes a record of one.

    Raises
    ------
    SourceError
        Not every start became a record or a reported failure: that must never pass in silence.
    """
    records, failed = [], []
    for block in blocks:
        starts += head not in block.fields
        record = record_of(block)
        if says_something(record):
            records.append(record)
        else:
            failed.append(block.failure(NOTHING_SAID))
    if len(records) + len(failed) != starts:
        raise SourceError(f"{name}: {starts} records begin, {len(records)} were read, {len(failed)} failed")
    return Read(tuple(records), tuple(failed))


def lines_of(text: str) -> list[str]:
    """Return the lines; any of the ways to end a line will do.

    Raises
    ------
    SourceError
        There are more than any list of references has.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if (found := plain.count("\n")) > MOST_LINES:
        raise SourceError(f"{found:,} lines found; allowed: {MOST_LINES:,}")
    return plain.split("\n")
