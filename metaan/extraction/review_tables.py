"""What another review pooled of a study, from its file of RevMan: proposals of counts, each a claim about the study.

Group 1 and group 2 are RevMan's; which of them is which arm is for a person to say, as with a table of a registry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..stats.numerics.layouts import LAYOUTS
from .proposal import Proposal, ProposedCell
from .text.suggest import ReviewContext, outcomes_in, time_in

if TYPE_CHECKING:
    from ..sources.revman.rows import RevMan, RevManAnalysis, RevManRow

MOST = 400
_LISTED = 12  # studies of the file that a note names


def propose(
    review: RevMan, label: str, file: str, context: ReviewContext
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Return the counts that a review has of a study, and what is to be said about the file.

    Parameters
    ----------
    review
        What the file holds.
    label
        The study, as the registry calls it; a row is its own when it is called the same.
    file
        The file's name, for provenance.
    context
        The outcomes to recognise.
    """
    rows = [(analysis, row) for analysis in review.analyses for row in analysis.rows]
    own = [(analysis, row) for analysis, row in rows if _key(label) in _keys(row)]
    if not own:
        return (), (f"{file} has no data of {label}; it has those of {_listed([row for _, row in rows])}",)
    proposals, notes = [], []
    for analysis, row in own:
        if proposal := _counts(analysis, row, file, context):
            proposals.append(proposal)
        else:
            why = f"not counts of people but {analysis.kind}" if analysis.kind != "counts" else "not whole numbers"
            notes.append(f"{file}: analysis {analysis.number}, {analysis.name[:80]}: {why}")
    return tuple(proposals[:MOST]), tuple(notes[:MOST])


def _counts(analysis: RevManAnalysis, row: RevManRow, file: str, context: ReviewContext) -> Proposal | None:
    if analysis.kind != "counts" or not all(number.is_integer() for number in row.numbers.values()):
        return None
    names = (analysis.experimental or "group 1", analysis.control or "group 2")
    cells = tuple(
        _cell(str(i), name, *(int(row.numbers[key]) for key in keys))
        for i, (name, keys) in enumerate(zip(names, LAYOUTS["counts"]), start=1)
    )
    words = f"{analysis.name} {row.subgroup}".strip()
    parts = [f"comparison {analysis.comparison}", f"analysis {analysis.number}, {analysis.name}"]
    parts += [f"subgroup {row.subgroup}"] if row.subgroup else []
    return Proposal(
        kind="counts",
        document=f"review in RevMan ({file})",
        place=": ".join(parts)[:600],
        quote=f"{_called(row)}: {'; '.join(cell.printed for cell in cells)}",
        cells=cells,
        outcomes=outcomes_in(words, context),
        time=time_in(words),
        title=analysis.name[:300] or None,
        level="secondary",
    )


def _cell(number: str, name: str, events: int, total: int) -> ProposedCell:
    return ProposedCell(f"{name}: {events} of {total}", events, total, group=(number, name))


def _called(row: RevManRow) -> str:
    return row.study if row.year is None or str(row.year) in row.study else f"{row.study} {row.year}"


def _keys(row: RevManRow) -> tuple[str, ...]:
    return _key(row.study), _key(_called(row))


def _key(name: str) -> str:
    """Return the letters and digits of a name: accents, blanks and punctuation are no difference."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[\W_]+", "", "".join(char for char in plain if not unicodedata.combining(char)))


def _listed(rows: list[RevManRow]) -> str:
    names = list(dict.fromkeys(_called(row)[:60] for row in rows))
    return ", ".join(_some(names)) or "no study"


def _some(names: list[str]) -> Iterator[str]:
    yield from names[:_LISTED]
    if len(names) > _LISTED:
        yield f"and {len(names) - _LISTED} more"
