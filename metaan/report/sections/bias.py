"""Risk of bias: what people judged, by tool and outcome, as a table and as two plots. Nothing is judged here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...registry.model.appraisal import BiasTool, find_tool
from ..blocks import Block, Heading, Illustration, Paragraph, Table
from ..drawing.svg import Svg
from ..language import words
from ..language.judgements import SIGNS, BiasCell, cells, headings
from ..plots import bias as bias_plot

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.public import RiskOfBias, Study


@dataclass(frozen=True, slots=True)
class BiasRow:
    """One study: a cell for each domain, and the overall judgement last."""

    id: str
    label: str
    cells: tuple[BiasCell, ...]


@dataclass(frozen=True, slots=True)
class BiasGroup:
    """The judgements with one tool about one outcome, or about the studies as a whole."""

    id: str
    title: str
    tool: str
    source: str
    columns: tuple[tuple[str, str], ...]  # short name and name of each domain, and of the overall judgement
    rows: tuple[BiasRow, ...]
    # lights, shares: a sign for each study and domain; how many studies have which judgement in each domain
    lights: Svg
    shares: Svg


@dataclass(frozen=True, slots=True)
class Bias:
    """All judgements of bias, and the included studies that have none."""

    groups: tuple[BiasGroup, ...]
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PublishedView:
    """A judgement that others have published, in words."""

    study: str
    label: str
    by: str
    tool: str
    about: str
    domains: str
    overall: str
    source: str


def published(review: Review) -> list[PublishedView]:
    """Return what others have judged of the studies and of results, in the order of the registry."""
    names = {outcome.id: words.upper_first(outcome.name) for outcome in review.info.outcomes}
    found = []
    for study in review.studies:
        for one in study.published_judgements:
            about = ", ".join(filter(None, (names.get(one.outcome or "", "Whole study"), one.time)))
            domains = "; ".join(f"{domain.name}: {domain.judgement}" for domain in one.domains)
            source = ", ".join(filter(None, (one.source.document, one.source.place)))
            said = about, domains, one.overall or "not seen", source
            found.append(PublishedView(study.id, study.label, one.by, one.tool, *said))
    return found


def published_blocks(judged: Sequence[PublishedView]) -> Iterable[Block]:
    """Yield what others have judged; nothing where nothing of theirs was read."""
    if judged:
        yield Paragraph("These are judgements of others, as they published them. Nothing here rests on them.")
        heads = ("Study", "Judged by", "Tool", "Of", "Domains that were seen", "Overall", "Read in")
        rows = ((j.label, j.by, j.tool, j.about, j.domains, j.overall, j.source) for j in judged)
        yield Table(heads, tuple(rows))


def bias(review: Review) -> Bias:
    """Return what the registry holds of risk of bias."""
    found: dict[tuple[str, str], list[tuple[Study, RiskOfBias, BiasTool]]] = {}
    for study in review.studies:
        for judged in study.risk_of_bias:
            tool = find_tool(judged.tool, judged.version)
            if tool is not None:
                found.setdefault((tool.title, judged.outcome or ""), []).append((study, judged, tool))
    names = {outcome.id: words.upper_first(outcome.name) for outcome in review.info.outcomes}
    groups = tuple(_group(i, names.get(key[1], "Whole study"), judged) for i, (key, judged) in enumerate(found.items()))
    bare = tuple((s.id, s.label) for s in review.studies if s.status.state == "included" and not s.risk_of_bias)
    return Bias(groups, bare)


def _group(number: int, about: str, judged: Sequence[tuple[Study, RiskOfBias, BiasTool]]) -> BiasGroup:
    tool = judged[0][2]
    columns = headings(tool)
    rows = tuple(_row(study, one, tool) for study, one, _ in judged)
    name, title = f"bias-{number}", f"{about}: {tool.title}"
    grid = [(row.label, [(cell.code, cell.text) for cell in row.cells]) for row in rows]
    each = [(full, _counts(rows, i)) for i, (_, full) in enumerate(columns)]
    return BiasGroup(
        id=name,
        title=about,
        tool=tool.title,
        source=tool.source,
        columns=columns,
        rows=rows,
        lights=bias_plot.lights(name, title, [short for short, _ in columns], grid),
        shares=bias_plot.shares(name, title, each),
    )


def _row(study: Study, judged: RiskOfBias, tool: BiasTool) -> BiasRow:
    return BiasRow(study.id, study.label, cells(judged, tool))


def _counts(rows: Sequence[BiasRow], column: int) -> list[tuple[str, str, int]]:
    """Return code, words and number of each judgement in a column, from best to worst."""
    counted = Counter((row.cells[column].code, row.cells[column].text) for row in rows)
    order = [*SIGNS]
    ranked: Iterable[tuple[tuple[str, str], int]] = sorted(counted.items(), key=lambda item: order.index(item[0][0]))
    return [(code, text, n) for (code, text), n in ranked]


def bias_blocks(bias: Bias) -> Iterable[Block]:
    """Yield the judgements by tool and outcome, and which studies have none."""
    yield Paragraph("" if bias.groups else "Not assessed yet.")
    for group in bias.groups:
        yield Heading(f"{group.title}: {group.tool}")
        yield Illustration(group.lights)
        yield Illustration(group.shares)
        cells = [(": ".join(filter(None, (cell.text, cell.support))) for cell in row.cells) for row in group.rows]
        rows = tuple((row.label, *said) for row, said in zip(group.rows, cells, strict=True))
        yield Table(("Study", *(name for _, name in group.columns)), rows)
        yield Paragraph(group.source)
    if bias.groups and bias.missing:
        yield Paragraph(f"Not assessed yet: {', '.join(label for _, label in bias.missing)}.")
