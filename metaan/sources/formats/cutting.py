"""Text in which every record has tagged lines -> blocks, by what a format says of its lines.

RIS and MEDLINE's format have manners of their own; the others differ only in what `Grammar` holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .tagged import TaggedRecord


@dataclass(frozen=True, slots=True)
class Grammar:
    """How the lines of a format are written.

    Attributes
    ----------
    tag
        A tagged line: its tag, its value.
    head
        The tag that every record has once, at its beginning or near it.
    needs
        Tags of which every record has one; what has none of them belongs to the record before.
    skipped
        Lines that belong to no record.
    listed
        Tags whose values go on with one value a line; those of the others go on with more of the same text.
    """

    tag: re.Pattern[str]
    head: str
    needs: frozenset[str]
    skipped: re.Pattern[str]
    listed: frozenset[str] = frozenset()

    def starts(self, lines: Iterable[str]) -> int:
        """Return how many lines have the tag that every record has once."""
        return sum(1 for line in lines if (tag := self.tag.match(line)) and tag[1] == self.head)

    def blocks(self, lines: Iterable[str]) -> Iterator[TaggedRecord]:
        """Yield the tagged lines of each record, each with the lines that go on from them."""
        return joined(self._pieces(lines), self.needs)

    def _pieces(self, lines: Iterable[str]) -> Iterator[TaggedRecord]:
        block, gap, tag_name = None, False, ""
        for number, line in enumerate(lines, start=1):
            if self.skipped.match(line) or not line.strip():
                gap = True
            elif tag := self.tag.match(line):
                if block and (gap or (tag[1] == self.head and self.head in block.fields)):
                    yield block
                    block = None
                block, gap, tag_name = block or TaggedRecord(number), False, tag[1]
                block.add(tag_name, (tag[2] or "").strip())
            elif block:
                block.go_on(line.strip(), flowing=tag_name not in self.listed and not gap)
                gap = False
        if block:
            yield block


def joined(blocks: Iterable[TaggedRecord], needs: frozenset[str]) -> Iterator[TaggedRecord]:
    """Yield the blocks; those that are no records of their own belong to the record before them."""
    before: TaggedRecord | None = None
    for block in blocks:
        if before and needs.isdisjoint(block.fields):
            before.take(block)
            continue
        if before:
            yield before
        before = block
    if before:
        yield before
