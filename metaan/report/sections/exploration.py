"""What was explored, as the templates see it: sentences in the open, plots and tables folded away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ..blocks import Block, Bullets, Heading, Illustration, Paragraph, Table
from ..drawing.svg import Svg
from ..language import words
from ..language.exploration import ExploredFinding, Looked, findings, refusal
from ..language.headings import inside, pool_heading
from ..plots.catalogue import PLOTS, draw
from ..plots.curves import is_line
from ..plots.figure import Request
from .exploration_tables import ExploredTable, tables

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Exploration, Pool
    from ..language.words import Arms


@dataclass(frozen=True, slots=True)
class Part:
    """Plots and tables of one thing that was explored; ``place`` is where its formula stands."""

    name: str
    shown: str
    figures: tuple[Svg, ...]
    tables: tuple[ExploredTable, ...]
    place: str = ""

    @property
    def title(self) -> str:
        """The summary over it: its name, and what is shown."""
        return f"{self.name}: {self.shown}" if self.shown else self.name


@dataclass(frozen=True, slots=True)
class Explored:
    """What was explored of one pool; ``place`` begins the ids of where its formulas stand."""

    heading: str
    place: str
    findings: tuple[ExploredFinding, ...]
    parts: tuple[Part, ...]


def explored(analysis: Analysis, arms: Arms) -> tuple[Explored, ...]:
    """Return what was explored of each pool, in the order of the pools; pools without it are left out."""
    blocks = analysis.results
    named = [(f"formula.{analysis.plan.key}.block.{i}.explored", pool) for i, pool in enumerate(blocks)]
    return tuple(_explored(p, p.exploration, analysis, arms, place) for place, p in named if p.exploration is not None)


def _explored(pool: Pool, found: Exploration, analysis: Analysis, arms: Arms, place: str) -> Explored:
    asked, looked = Request(analysis, pool, found, arms), Looked(analysis, pool, found, arms)
    parts, refused = [], []
    for field, title in FIELDS.items():
        figures, gone = _drawn(_requests(field, asked))
        refused += gone
        made = tables(field, looked)
        if figures or made:
            parts.append(Part(*title, figures, made, f"{place}.{field}"))
    for kind in found.plots:
        figures, gone = _drawn([(kind, asked)])
        refused += gone
        parts += [Part(words.upper_first(PLOTS[kind][0]), "", figures, ())] if figures else []
    return Explored(pool_heading(pool), place, (*findings(pool, analysis, arms), *refused), tuple(parts))


def _requests(field: str, asked: Request) -> list[tuple[str, Request]]:
    """Return the plots that go with a field that was answered."""
    if field == "regressions":
        lines = (reg for reg in asked.found.regressions if is_line(reg))
        return [("bubble", replace(asked, moderator=reg.names[1])) for reg in lines]
    if field not in PLOT_OF or getattr(asked.found, field) is None:
        return []
    if field == "trim_and_fill" and "funnel" in asked.found.plots:
        return []  # the funnel that was asked for shows the filled studies
    if field == "bayes":
        return [("posterior", asked), ("heterogeneity", asked)]
    return [(PLOT_OF[field], asked)]


def _drawn(requests: Iterable[tuple[str, Request]]) -> tuple[tuple[Svg, ...], list[ExploredFinding]]:
    """Draw what can be drawn, and say of the rest why not."""
    figures, refused = [], []
    for kind, asked in requests:
        try:
            figures.append(draw(kind, asked))
        except NotEstimableError as error:
            refused.append(ExploredFinding(words.upper_first(PLOTS[kind][0]), refusal("drawn", error.reason)))
    return tuple(figures), refused


#: Field of an `Exploration` to its name, and to what the summary over its plots and tables says of them.
FIELDS = {
    "leave_one_out": ("Leave-one-out", "plot and table"),
    "cumulative": ("Cumulative", "plot and table"),
    "influence": ("Influence of each study", "Baujat plot and table"),
    "small_study_tests": ("Small-study effects", "table of tests"),
    "trim_and_fill": ("Trim and fill", "plot and table"),
    "regressions": ("Meta-regression", "plots and coefficients"),
    "gosh": ("GOSH", "every subset of the studies"),
    "multiverse": ("Multiverse", "table of all analyses"),
    "bayes": ("Bayesian model", "posteriors and table of priors"),
    "selection": ("Selection models", "table of models"),
}

PLOT_OF = {
    "leave_one_out": "leave-one-out",
    "cumulative": "cumulative",
    "influence": "baujat",
    "trim_and_fill": "funnel",
    "gosh": "gosh",
    "bayes": "posterior",
}


def explored_blocks(explored: Explored) -> Iterable[Block]:
    """Yield what was explored of one pool."""
    yield Heading(f"Sensitivity and influence: {inside(explored.heading)}", 4)
    yield Bullets(tuple(f"{one.name}: {one.text}." for one in explored.findings))
    for part in explored.parts:
        yield from map(Illustration, part.figures)
        for one in part.tables:
            yield Paragraph(f"{one.caption}:")
            yield Table(tuple(header.text for header in one.headers), tuple(line.cells for line in one.lines))
