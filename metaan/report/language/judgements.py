"""One assessment of bias as the pages and the plots show it: a word and a sign for each domain. Nothing is judged here.

A new kind of judgement is an entry in `SIGNS` and a colour in the stylesheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...registry.model.appraisal import BiasTool, find_tool
from . import words

if TYPE_CHECKING:
    from ...registry.model.public import RiskOfBias
    from ...synthesis.values import StudyRow

OVERALL = ("All", "Overall")


@dataclass(frozen=True, slots=True)
class BiasCell:
    """One judgement: its words, its ``code`` (a key of `SIGNS`), and what supports it."""

    text: str
    code: str
    support: str = ""


def headings(tool: BiasTool) -> tuple[tuple[str, str], ...]:
    """Return the short name and the name of each domain, and of the overall judgement."""
    return (*((f"D{i}", words.upper_first(name)) for i, name in enumerate(tool.domains, 1)), OVERALL)


def cells(judged: RiskOfBias, tool: BiasTool) -> tuple[BiasCell, ...]:
    """Return a judgement for each domain of the tool, and the overall one last."""
    by_name = {tool.domain(domain.name): domain for domain in judged.domains}
    found = []
    for name in tool.domains:
        domain = by_name.get(name)
        found.append(_cell(tool, domain.judgement, domain.support or "") if domain else _cell(tool, None))
    return (*found, _cell(tool, judged.overall))


def _cell(tool: BiasTool, judgement: str | None, support: str = "") -> BiasCell:
    word = tool.judgement(judgement) if judgement else None
    if word is None:
        return BiasCell("not judged", "blank", support)
    rank = tool.judgements[word]
    best = next(name for name, other in tool.judgements.items() if other == rank)
    return BiasCell(word, "unknown" if rank is None else "except" if word != best else CODES[rank], support)


def assessments(row: StudyRow) -> tuple[tuple[RiskOfBias, BiasTool], ...]:
    """Return what is judged of the outcome of a row, then of its study as a whole, by tools that are known."""
    about = [found for found in row.study.risk_of_bias if found.outcome in (row.result.outcome, None)]
    known = ((found, find_tool(found.tool, found.version)) for found in sorted(about, key=lambda r: r.outcome is None))
    return tuple((found, tool) for found, tool in known if tool is not None)


#: Code of a judgement to its sign, from best to worst.
SIGNS: dict[str, str] = {
    "low": "+", "except": "±", "some": "\u2212", "high": "×", "critical": "!", "unknown": "?", "blank": "",
}  # fmt: skip

#: The code of each severity, 0 the best.
CODES = ("low", "some", "high", "critical")
