"""What a page shows of one analysis: the answer, the plot, its table, the models, heterogeneity in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..stats.pooling import Pooled
from . import designs, formats, methods, provenance, spread, words
from .cautions import cautions
from .columns import Column
from .explored_page import Explored, explored
from .forest import forest, pool_heading
from .plot import Plot, Row
from .svg import svg
from .words import Answer, Arms

if TYPE_CHECKING:
    from ..analysis import Analysis, Pool, StudyRow


APART = "kept apart"  # what an analysis says where the protocol pools no total


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; ``href`` leads to where its number comes from, ``number`` sets it to the right."""

    text: str
    href: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a plot's table; one of kind ``heading`` or ``text`` has a single cell over all columns."""

    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the table of models."""

    name: str
    effect: str
    p: str
    tau2: str
    i2: str
    prediction: str
    conclusion: str
    protocol: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class Block:
    """The models of one pool and what they mean in words."""

    heading: str
    models: tuple[Model, ...]
    single: str
    heterogeneity: str
    sentences: tuple[str, ...]
    assumed: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One analysis as the templates see it."""

    id: str
    title: str
    description: str
    answers: tuple[Answer, ...]
    disagreement: str
    contradicts: bool
    agreement: str
    figure: Markup
    headers: tuple[Cell, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]
    blocks: tuple[Block, ...]
    subgroup_test: str
    between: str
    warnings: tuple[str, ...]
    apart: str
    measure: str
    explored: tuple[Explored, ...]


def outcome(analysis: Analysis, arms: Arms) -> Outcome:
    """Turn an analysis into what the templates show."""
    plot = forest(analysis, arms)
    return Outcome(
        id=analysis.plan.key,
        title=words.upper_first(analysis.plan.title or analysis.outcome.name),
        description=_description(analysis),
        answers=words.answers(analysis, arms),
        disagreement=designs.disagreement(analysis, arms) or "",
        contradicts=designs.contradicts(analysis),
        agreement=designs.agreement(analysis) or "",
        figure=Markup("" if plot.empty else svg(plot)),  # noqa: S704  every text in it is escaped
        headers=tuple(_header(column) for column in plot.columns),
        rows=tuple(_table(plot, analysis)),
        notes=plot.notes,
        blocks=tuple(_block(pool, analysis, arms) for pool in words.blocks(analysis)),
        subgroup_test=spread.subgroups(analysis.subgroup_test) or "",
        between="Between the designs" if analysis.by == "design" else "Between the subgroups",
        warnings=tuple(words.upper_first(warning) for warning in analysis.warnings if APART not in warning),
        apart=next((f"{words.upper_first(warning)}." for warning in analysis.warnings if APART in warning), ""),
        measure=words.measure_name(analysis.measure),
        explored=explored(analysis, arms),
    )


def _description(analysis: Analysis) -> str:
    """Say what was measured and when; the plot shows which time was taken of each study."""
    what = words.upper_first((analysis.outcome.description or "").rstrip("."))
    time = analysis.outcome.time or ""
    when = f"Time: {time}" if time.casefold() not in analysis.outcome.name.casefold() else ""
    return " ".join(f"{part}." for part in (what, when) if part)


def _header(column: Column) -> Cell:
    text = f"{column.group}, {column.header}" if column.group else column.header
    return Cell(text, number=column.align == "end")


def _table(plot: Plot, analysis: Analysis) -> Iterable[TableRow]:
    studies = {row.id: row for row in analysis.rows}
    for row in plot.rows:
        if row.kind == "spacer":
            continue
        if row.kind in ("heading", "text"):
            yield TableRow(row.kind, (Cell(row.label),))
        else:
            study = studies.get(row.id or "")
            yield TableRow(row.kind, tuple(_cells(row, plot.columns, study)))


def _cells(row: Row, columns: Sequence[Column], study: StudyRow | None) -> Iterable[Cell]:
    for column in columns:
        text = row.cells.get(column.key, "")
        if column.key == "label" and row.id:
            yield Cell(text, f"#study.{row.id}")
        elif column.key in ("experimental", "control") and study is not None:
            yield Cell(text, _source(study, column.key), number=True)
        else:
            yield Cell(text, number=column.align == "end")


def _source(row: StudyRow, role: str) -> str:
    """Return the link to where the events of an arm come from."""
    arms = [arm.id for arm in row.study.arms if arm.role == role and arm.id in row.result.arms]
    index = next((i for i, result in enumerate(row.study.results) if result is row.result), None)
    if not arms or index is None:
        return ""
    return "#" + provenance.anchor(row.id, "results", index, "arms", arms[0], "events")


def _block(pool: Pool, analysis: Analysis, arms: Arms) -> Block:
    sentences = [spread.sentence(pool), spread.prediction(pool, analysis), *cautions(pool, analysis, arms)]
    return Block(
        heading=pool_heading(pool),
        models=tuple(_models(pool, analysis, arms)),
        single=words.upper_first(pool.reason or ""),
        heterogeneity=spread.numbers(pool) or "",
        sentences=tuple(text for text in sentences if text),
        assumed=words.assumed(pool.absolute) if pool.absolute else "",
    )


def _models(pool: Pool, analysis: Analysis, arms: Arms) -> Iterable[Model]:
    for fit in (pool.common, pool.random):
        if fit is not None:
            yield _model(fit, analysis, arms, protocol=True)
    for other in pool.sensitivity:
        model = _model(other.fit, analysis, arms, differs=other.differs)
        without = f", without {formats.listing(other.without)}" if other.without else ""
        yield replace(model, name=model.name + without)


def _model(fit: Pooled, analysis: Analysis, arms: Arms, protocol: bool = False, differs: bool = False) -> Model:
    shown = fit.display
    random = fit.model == "random"
    code = words.favours(shown.ci, analysis.measure, analysis.outcome.direction)
    return Model(
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
