"""The report as Markdown in GitHub's dialect: the blocks of its sections, each kind written by one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ..blocks import Block, Bullets, Heading, Illustration, Paragraph, Table
from ..document import Code, Line, Strong, stretches
from ..report import Report
from ..sections.contents import Content, head_blocks, sections_of

_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~$])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def to_markdown(report: Report) -> str:
    """Return the report as one Markdown text.

    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> to_markdown(Report(review, ma.analyse(review, ["death"]))).splitlines()[0]
    '# Anakinra in COVID-19'
    """
    said = Content(report)
    blocks: list[Block] = [Heading(said.review.title, 1), *head_blocks(said)]
    for section in sections_of(report):
        blocks += section.blocks(said)
    return together(blocks)


def together(blocks: Iterable[Block]) -> str:
    """Return blocks as a text; empty ones leave no trace."""
    return "\n\n".join(filter(None, map(written, blocks))) + "\n"


def written(block: Block) -> str:
    """Return a block as Markdown."""
    return BLOCKS[type(block)](block)


def line(said: Line) -> str:
    """Return a line of text as Markdown."""
    return " ".join("".join(STRETCHES.get(type(part), _escaped)(str(part)) for part in stretches(said)).split())


def plain(text: str) -> str:
    r"""Return a text in which no character is taken for markup, on one line.

    >>> plain("a_b <i>*c*</i>")
    'a\\_b \\<i\\>\\*c\\*\\</i\\>'
    """
    return " ".join(_escaped(text).split())


def _escaped(text: str) -> str:
    return _ACTIVE.sub(r"\\\1", _shown(text))


def _shown(text: str) -> str:
    """Leave out what would steer a terminal; a line break would end a list or a table."""
    return _CONTROL.sub("", re.sub(r"\s", " ", text))


def _table(block: Table) -> str:
    ruler = ["--:" if number else ":--" for number in block.numbers] or ["---"] * len(block.heads)
    lines = (map(plain, block.heads), ruler, *(map(line, row) for row in block.rows))
    notes = "".join(f"\n- {note.letter}: {plain(note.text)}" for note in block.notes)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + (notes and f"\n{notes}")


#: What writes a block, and a stretch of a line, by its type.
BLOCKS: dict[type[Block], Callable[[Any], str]] = {
    Heading: lambda block: f"{'#' * block.level} {plain(block.text)}",
    Paragraph: lambda block: line(block.line),
    Bullets: lambda block: "\n".join(f"- {line(item)}" for item in block.items),
    Table: _table,
    Illustration: lambda block: _table(block.table) if block.table else "",
}
STRETCHES: dict[type, Callable[[Any], str]] = {
    Strong: lambda text: text and f"**{plain(text)}**",
    Code: lambda text: f"`{_shown(text).replace('`', chr(39))}`",  # a backtick would end it
}
