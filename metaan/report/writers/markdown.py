"""The report as Markdown: what the page says, in its order; its tables are those of GitHub's dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..forest.forest import forest
from ..forest.plot import Plot, Row
from ..language import words
from ..language.headings import inside
from ..language.words import Arms
from ..report import Report
from ..sections.contents import Content
from .markdown_registry import registry
from .markdown_text import bullets, plain, row_of, table

if TYPE_CHECKING:
    from ..sections.outcomes import OutcomeView, PoolBlock
    from ..sections.summary import RiskLine, Summary, SummaryRow


def to_markdown(report: Report) -> str:
    """Return the report as one Markdown text.

    Examples
    --------
    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> to_markdown(Report(review, ma.analyse(review, ["death"]))).splitlines()[0]
    '# Anakinra in COVID-19'
    """
    said = Content(report)
    parts = [*_head(said), *_answers(said), *_summary(said.summary, said.arms)]
    parts += ["## Results"] if report.analyses else []
    for analysis, shown in zip(report.analyses, said.outcomes, strict=True):
        parts += _outcome(forest(analysis, said.arms), shown)
    parts += [*_certainty(said), *registry(said)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(said: Content) -> Iterable[str]:
    info = said.review
    yield f"# {plain(info.title)}"
    yield plain(info.question.text or "")
    asked = {"Population": info.question.population, "Intervention": info.question.intervention}
    asked |= {"Comparator": info.question.comparator, "Studies": said.states}
    yield bullets(f"{name}: {plain(text)}" for name, text in asked.items())


def _answers(said: Content) -> Iterable[str]:
    yield "## The answer"
    for outcome in said.outcomes:
        yield f"**{plain(outcome.title)}**"
        yield bullets(plain(str(answer.text)) for answer in outcome.answers)
        yield plain(outcome.agreement)
        yield f"**{plain(str(outcome.disagreement))}**" if outcome.disagreement else ""
    yield "" if said.summary.judged else "Certainty of the evidence: not assessed yet."


def _summary(summary: Summary, arms: Arms) -> Iterable[str]:
    if not summary.groups:
        return
    yield "## Summary of findings"
    without, given = (f"per 1000 with {name}" for name in (arms.control, arms.experimental))
    heads = ["Outcome", "Result", "People (studies)", "Relative effect", without, given, "difference per 1000"]
    rows = [line for group in summary.groups for row in group.rows for line in _summary_lines(group.title, row)]
    yield table([*heads, "in a new setting", "Certainty", "In words"], rows)
    yield bullets(f"{note.letter}: {plain(note.text)}" for note in summary.notes)


def _summary_lines(title: str, row: SummaryRow) -> Iterable[list[str]]:
    marks = ", ".join(note.letter for note in (*row.effect_notes, *row.certainty_notes))
    effect = f"{row.measure} {row.effect}" + (f" ({row.ci})" if row.ci else "") + (f" [{marks}]" if marks else "")
    judged = row.certainty.judged
    level = f"{judged.level} {judged.symbols}" if judged else "not assessed yet"
    first = [title, row.certainty.pool, f"{row.people} ({row.studies})", effect]
    for cells in [_risk(line) for line in row.lines] or [["–"] * 4]:
        yield [*first, *cells, level, row.statement]


def _risk(line: RiskLine) -> list[str]:
    marks = ", ".join(note.letter for note in line.notes)
    assumed = f"{line.name} {line.control} [{marks}]".strip()
    return [assumed, f"{line.treated} ({line.treated_ci})", f"{line.difference} ({line.ci})", line.prediction or "–"]


def _outcome(plot: Plot, shown: OutcomeView) -> Iterable[str]:
    yield f"### {plain(shown.title)}"
    yield plain(shown.description)
    yield forest_table(plot)
    yield bullets(plain(text) for text in (*plot.notes, *shown.warnings))
    for block in shown.blocks:
        yield from _block(block)
    yield f"{shown.between}: {plain(shown.subgroup_test)}." if shown.subgroup_test else ""
    yield plain(shown.apart)
    for explored in shown.explored:
        yield f"#### Sensitivity and influence: {plain(inside(explored.heading))}"
        yield bullets(f"{plain(one.name)}: {plain(one.text)}." for one in explored.findings)
        for one in (made for part in explored.parts for made in part.tables):
            yield f"{plain(one.caption)}:"
            yield table([header.text for header in one.headers], [line.cells for line in one.lines])


def _block(block: PoolBlock) -> Iterable[str]:
    yield f"#### {plain(block.heading)}"
    heads = ("Model", "Effect (interval)", "p", "τ²", "I²", "Prediction interval", "Reading")
    rows = [
        (m.name + (" (protocol)" if m.protocol else ""), m.effect, m.p, m.tau2, m.i2, m.prediction, _reading(m))
        for m in block.models
    ]
    yield table(heads, rows) if rows else ""
    said = [block.single and f"{block.single}.", block.heterogeneity and f"Heterogeneity: {block.heterogeneity}."]
    said += [
        *map(str, block.sentences),
        block.assumed and f"Risk assumed for the effect per 1000 people: {block.assumed}.",
    ]
    yield bullets(plain(text) for text in said if text)


def _reading(model: Any) -> str:
    return f"{model.conclusion} (differs)" if model.differs else str(model.conclusion)


def _certainty(said: Content) -> Iterable[str]:
    yield "## Certainty of the evidence"
    judged = [(row.certainty, row.certainty.judged) for row in said.summary.rows if row.certainty.judged]
    yield "" if judged else "Not assessed yet."
    yield bullets(plain(text) for text in said.astray)
    for view, signed in judged:
        yield f"**{plain(view.title)}, {plain(view.pool)}: {plain(signed.level)} {signed.symbols}**"
        yield plain(f"Judged by {signed.by} on {signed.on}. {signed.stale} {signed.note}")
        yield table(("Domain", "Judgement", "Reason"), [(d.name, d.judgement, d.reason) for d in signed.domains])
    if said.suggestions:
        yield "### Suggestions for a panel"
        yield "Computed by rule, for people to weigh: not judgements."
        rows = [(v.title, v.pool, *(f"{s.verdict}: {s.text}" for s in v.suggested)) for v in said.suggestions]
        heads = [words.upper_first(one.domain) for one in said.suggestions[0].suggested]
        yield table(("Outcome", "Result", *heads), rows)


def forest_table(plot: Plot) -> str:
    """Return every row of a forest plot as a line of a table."""
    heads = [f"{c.group}, {c.header}" if c.group else c.header for c in plot.columns]
    lines = [row_of(map(plain, heads)), row_of(":--" if c.align == "start" else "--:" for c in plot.columns)]
    return "\n".join([*lines, *(_row(row, plot) for row in plot.rows if row.kind != "spacer")])


def _row(row: Row, plot: Plot) -> str:
    cells = [plain(row.cells.get(column.key, "")) for column in plot.columns]
    strong = row.kind in ("heading", "pooled")
    return row_of(f"**{cell}**" if strong and cell else cell for cell in cells)
