"""What a page shows of one analysis: the answer, the plot, its table, the models, heterogeneity in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...stats.measures.effects import Interval
from ...stats.numerics.numerals import portable
from ...stats.pooling.result import Pooled
from ...synthesis.values import Exploration
from ..blocks import Block, Bullets, Heading, Illustration, Paragraph, Table
from ..document import Line, Strong, Text
from ..drawing.fit import fitted, pixels
from ..drawing.layout import layout
from ..drawing.svg import Svg, picture
from ..explorer.data import why_not
from ..forest.columns import ForestColumn
from ..forest.forest import NO_EFFECT, forest
from ..forest.plot import Plot, Row
from ..language import anchors, designs, formats, methods, spread, words
from ..language.answers import Answer, answers
from ..language.cautions import cautions
from ..language.exploration import Looked, asked_for, believed, reading_of, verdict_of
from ..language.headings import pool_heading
from ..language.needed import PER, at_risk
from ..language.words import Arms
from .exploration import Explored, explored, explored_blocks
from .places import Places

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool

PHONE = 430.0  # px of a drawing that a phone shows about as wide as its screen
PAPER, SHEETS = 182.0, 3  # mm between the margins of A4, and how many plots have room on two sheets
CLOSE = 1.0  # px between rows there
MOST_ON_PHONE = 60  # rows; a longer one is moved sideways, so that no large page holds it twice


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table; ``number`` sets it to the right.

    ``place`` is the id of where its number comes from, ``also`` that of its second number.
    """

    text: str
    place: str = ""
    number: bool = False
    also: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a plot's table; one of kind ``heading`` or ``text`` has a single cell over all columns."""

    kind: str
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One row of the table of models; ``place`` is where its formulas stand."""

    name: str
    effect: str
    p: str
    tau2: str
    i2: str
    prediction: str
    conclusion: str
    protocol: bool
    differs: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class PoolBlock:
    """The models of one pool and what they mean in words."""

    heading: str
    models: tuple[ModelRow, ...]
    single: str
    heterogeneity: str
    sentences: tuple[Text, ...]
    assumed: str
    assumed_place: str
    place: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """What a result is of 1000 people at its assumed risk, with the numbers for another: display scale, proportion."""

    pool: str
    sentence: str
    estimate: float
    ci: Interval
    risk: float


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One analysis as the templates see it."""

    id: str
    title: str
    description: str
    answers: tuple[Answer, ...]
    questions: tuple[str, ...]
    disagreement: Text
    contradicts: bool
    agreement: Text
    figure: Svg | None
    narrow: Svg | None
    no_effect: str
    headers: tuple[TableCell, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]
    blocks: tuple[PoolBlock, ...]
    subgroup_test: str
    between: str
    warnings: tuple[str, ...]
    apart: str
    measure: str
    explored: tuple[Explored, ...]
    no_controls: str
    at_risk: tuple[AtRisk, ...]
    code: str


def outcome(analysis: Analysis, arms: Arms) -> OutcomeView:
    """Turn an analysis into what the templates show."""
    plot = forest(analysis, arms)
    return OutcomeView(
        id=analysis.plan.key,
        title=words.upper_first(analysis.title),
        description=_description(analysis),
        answers=answers(analysis, arms),
        questions=tuple(asked_for(analysis)),
        disagreement=designs.disagreement(analysis, arms),
        contradicts=designs.contradicts(analysis),
        agreement=designs.agreement(analysis, arms),
        figure=None if plot.empty or plot.bare else picture(layout(plot)),
        narrow=None if plot.empty or plot.bare else _narrow(plot),
        no_effect=NO_EFFECT if plot.bare else "",
        headers=tuple(_header(column) for column in plot.columns),
        rows=tuple(_table(plot, analysis)),
        notes=plot.notes,
        blocks=tuple(_block(pool, analysis, arms, i) for i, pool in enumerate(analysis.results)),
        subgroup_test=spread.subgroups(analysis.subgroup_test) or "",
        between="Between the designs" if analysis.by == "design" else "Between the subgroups",
        warnings=tuple(words.upper_first(one.text) for one in analysis.remarks if one.code != "designs apart"),
        apart="".join(f"{words.upper_first(one.text)}." for one in analysis.remarks if one.code == "designs apart"),
        measure=words.measure_name(analysis.measure),
        explored=explored(analysis, arms),
        no_controls=why_not(analysis),
        at_risk=tuple(_at_risks(analysis, arms)),
        code=analysis.measure,
    )


def _at_risks(analysis: Analysis, arms: Arms) -> Iterable[AtRisk]:
    for pool in analysis.results:
        got, there = pool.lead, pool.absolute
        if got is None or got.ci is None or there is None or not math.isfinite(got.ci.ub):
            continue
        treated = there.assumed_risk + there.estimate / PER
        said = at_risk(there.assumed_risk, treated, there.estimate, there.ci, arms)
        numbers = portable(got.estimate), Interval(*map(portable, got.ci)), portable(there.assumed_risk)
        yield AtRisk(pool_heading(pool), said, *numbers)


def _narrow(plot: Plot) -> Svg | None:
    """Return the plot for a phone: names, axis and effects; None where even these are wider, or rows are many."""
    if len(plot.rows) > MOST_ON_PHONE:
        return None
    try:
        drawing = layout(fitted(replace(plot, id=f"{plot.id}.narrow", notes=plot.notes[:0]), PHONE))
    except UsageError:
        return None
    return picture(drawing, "forest narrow")


def sheets(analyses: Sequence[Analysis], arms: Arms) -> tuple[tuple[str, Svg], ...]:
    """Return the plots of the critical outcomes (of the first ones where none is) for a sheet of paper, with titles."""
    critical = [one for one in analyses if one.outcome.importance == "critical"] or analyses
    return tuple((words.upper_first(one.title), svg) for one in critical[:SHEETS] if (svg := _sheet(one, arms)))


def _sheet(analysis: Analysis, arms: Arms) -> Svg | None:
    """Return the plot of an analysis without published pools; its methods stand elsewhere on the sheet."""
    plot = forest(replace(analysis, references=()), arms)
    if plot.empty or plot.bare:
        return None
    beyond = tuple(note for note in plot.notes if note in plot.notes_on_signs)
    whole = fitted(replace(plot, notes=beyond), pixels(PAPER))
    return picture(layout(replace(whole, room=replace(whole.room, pad=CLOSE))))


def _description(analysis: Analysis) -> str:
    """Say what was measured and when; the plot shows which time was taken of each study."""
    what = words.upper_first((analysis.outcome.description or "").rstrip("."))
    time = analysis.outcome.time or ""
    when = f"Time: {time}" if time.casefold() not in analysis.outcome.name.casefold() else ""
    return " ".join(f"{part}." for part in (what, when) if part)


def _header(column: ForestColumn) -> TableCell:
    text = f"{column.group}, {column.header}" if column.group else column.header
    return TableCell(text, number=column.align == "end")


def _table(plot: Plot, analysis: Analysis) -> Iterable[TableRow]:
    places = Places.of(analysis)
    for row in plot.rows:
        if row.kind in ("heading", "text"):
            yield TableRow(row.kind, (TableCell(row.label, places.line(row)),))
        elif row.kind != "spacer":
            yield TableRow(row.kind, tuple(_cell(row, column, places) for column in plot.columns))


def _cell(row: Row, column: ForestColumn, places: Places) -> TableCell:
    place, also = places.cell(row, column.key)
    return TableCell(row.cells.get(column.key, ""), place, column.align == "end", also)


def _block(pool: Pool, analysis: Analysis, arms: Arms, i: int) -> PoolBlock:
    spreads = Text.of(spread.sentence(pool)), spread.prediction(pool, i, analysis)
    return PoolBlock(
        heading=pool_heading(pool),
        models=tuple(_models(pool, analysis, arms, i)),
        single=words.upper_first(pool.reason or ""),
        heterogeneity=spread.numbers(pool) or "",
        sentences=tuple(text for text in (*spreads, *cautions(pool, i, analysis, arms)) if text),
        assumed=words.assumed(pool.absolute) if pool.absolute else "",
        assumed_place=anchors.anchor(analysis.plan.key, "block", i, "absolute"),
        place=anchors.anchor(analysis.plan.key, "block", i),
    )


def _models(pool: Pool, analysis: Analysis, arms: Arms, i: int) -> Iterable[ModelRow]:
    for role, fit in pool.fits.items():
        place = anchors.anchor(analysis.plan.key, "block", i, role)
        yield replace(_model(fit, analysis, arms, protocol=True), place=place)
    for j, other in enumerate(pool.sensitivity):
        model = _model(other.fit, analysis, arms, differs=other.differs)
        without = f", without {formats.listing(other.without)}" if other.without else ""
        same = any(model.name == methods.model_name(fit) for fit in pool.fits.values())
        without = without or (", never narrower than Wald" if same and other.fit.ci_method == "hksj-adhoc" else "")
        without += f", {other.assuming}" if other.assuming else ""
        place = anchors.anchor(analysis.plan.key, "block", i, f"other{j}")
        yield replace(model, name=model.name + without, place=place)
    yield from _bayes(pool, analysis, arms, i)


def _bayes(pool: Pool, analysis: Analysis, arms: Arms, i: int) -> Iterable[ModelRow]:
    """Yield the protocol's Bayesian model beside the others: medians and credible intervals."""
    found = pool.exploration.bayes if pool.exploration else None
    if found is None:
        return
    fit, looked = found.fit, Looked(analysis, pool, pool.exploration or Exploration(), arms)
    yield ModelRow(
        name=methods.bayes_name(fit),
        effect=believed(looked, fit),
        p=formats.NOTHING,
        tau2=formats.number(fit.tau.median**2),
        i2=formats.percent(fit.i2),
        prediction=formats.bounds(Interval(*map(fit.display, fit.prediction.ci)), analysis.measure),
        conclusion=reading_of(looked, fit),
        protocol=False,
        differs=verdict_of(looked, fit) != looked.code_of_pool,
        place=anchors.anchor(analysis.plan.key, "block", i, "bayes"),
    )


def _model(fit: Pooled, analysis: Analysis, arms: Arms, protocol: bool = False, differs: bool = False) -> ModelRow:
    shown = fit.display
    random = fit.has_tau2
    code = analysis.favoured(shown.ci)
    return ModelRow(
        name=methods.model_name(fit) + (", Wald" if random and fit.ci_method == "wald" else ""),
        effect=formats.effect(shown.estimate, shown.ci, analysis.measure),
        p=formats.p_value(fit.pval),
        tau2=formats.number(fit.tau2) if random and fit.tau2 else "0" if random else formats.NOTHING,
        i2=formats.percent(fit.i2) if random else formats.NOTHING,
        prediction=formats.bounds(shown.pi, analysis.measure),
        conclusion=words.mark(code, arms),
        protocol=protocol,
        differs=differs,
    )


def answer_blocks(outcomes: Iterable[OutcomeView], judged: bool) -> Iterable[Block]:
    """Yield the answer of each analysis; ``judged`` says whether anybody judged the certainty of any."""
    for outcome in outcomes:
        yield Paragraph(Strong(outcome.title))
        yield Bullets(tuple(answer.text for answer in outcome.answers))
        yield Bullets(outcome.questions)
        yield Paragraph(outcome.agreement)
        yield Paragraph(Strong(outcome.disagreement))
    yield Paragraph("" if judged else "Certainty of the evidence: not assessed yet.")


def outcome_blocks(shown: OutcomeView) -> Iterable[Block]:
    """Yield what is shown of one analysis: its plot, its models, and what was explored."""
    yield Heading(shown.title)
    yield Paragraph(shown.description)
    yield _plot(shown)
    yield Bullets((*shown.notes, *shown.warnings))
    for block in shown.blocks:
        yield from _models_blocks(block)
    yield Bullets(tuple(f"{one.pool}: {one.sentence}" for one in shown.at_risk))
    yield Paragraph(f"{shown.between}: {shown.subgroup_test}." if shown.subgroup_test else "")
    yield Paragraph(shown.apart)
    for one in shown.explored:
        yield from explored_blocks(one)


def _plot(shown: OutcomeView) -> Illustration | Table:
    heads = tuple(header.text for header in shown.headers)
    rows = tuple(_line(row, len(heads)) for row in shown.rows)
    table = Table(heads, rows, tuple(header.number for header in shown.headers))
    return Illustration(shown.figure, table) if shown.figure else table


def _line(row: TableRow, columns: int) -> tuple[str, ...]:
    as_is = Strong if row.kind in ("heading", "pooled") else str
    cells = [as_is(cell.text) for cell in row.cells]
    return (*cells, *[""] * (columns - len(cells)))


def _models_blocks(block: PoolBlock) -> Iterable[Block]:
    yield Heading(block.heading, 4)
    if block.models:
        yield Table(MODEL_HEADS, tuple(_model_cells(model) for model in block.models))
    said: list[Line] = [
        block.single and f"{block.single}.",
        block.heterogeneity and f"Heterogeneity: {block.heterogeneity}.",
    ]
    said += [*block.sentences, block.assumed and f"Risk assumed for the effect per 1000 people: {block.assumed}."]
    yield Bullets(tuple(text for text in said if text))


def _model_cells(model: ModelRow) -> tuple[str, ...]:
    name, reading = model.name + " (protocol)" * model.protocol, model.conclusion + " (differs)" * model.differs
    return name, model.effect, model.p, model.tau2, model.i2, model.prediction, reading


MODEL_HEADS = ("Model", "Effect (interval)", "p", "τ²", "I²", "Prediction interval", "Reading")
