"""The what-if forest plot: the answer before and after, with each change alone, and without each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..forest.axis import AxisTitle
from ..forest.columns import ForestColumn
from ..forest.forest import sides
from ..forest.plot import ForestMark, Plot, Row, axis_of
from ..language import formats, words
from ..language.words import Arms
from .words import cause_name, where

if TYPE_CHECKING:
    from ...comparison.difference import AnalysisChange, Difference, PoolChange
    from ...comparison.whatif import Snapshot

MOST_CAUSES = 30


def what_if_plot(
    name: str, analysis: AnalysisChange, pool: PoolChange, difference: Difference, arms: Arms
) -> Plot | None:
    """Return the plot of one pool that changed; None where the results are not on one scale, or too many.

    ``name`` is part of the plot's id.
    """
    rows = tuple(_rows(pool, difference))
    measures = {r.measure for r in _snapshots(pool)}
    if len(measures) != 1 or not pool.causes or len(pool.causes) > MOST_CAUSES:
        return None
    measure = measures.pop()
    level = {formats.level(r.level) for r in _snapshots(pool)}
    title = f"{words.upper_first(analysis.outcome.name)} {where(pool.name)}"
    return Plot(
        id=f"what-if-{name}",
        title=f"{title}: what each change did",
        description=" ".join(f"{row.sentence}." for row in rows if row.sentence),
        columns=(
            ForestColumn("label", "Result", align="start"),
            ForestColumn("k", "Studies"),
            ForestColumn("effect", f"{measure} ({formats.listing(sorted(level))} CI)", side="right"),
        ),
        rows=rows,
        axis=axis_of(rows, measure),
        axis_title=AxisTitle.of(measure, words.upper_first(words.measure_name(measure))),
        favours=sides(measure, analysis.outcome.direction, arms),
    )


def _snapshots(pool: PoolChange) -> list[Snapshot]:
    lead = pool.lead
    return [r for r in (lead.before, lead.after, *lead.alone, *lead.without) if r is not None]


def _rows(pool: PoolChange, difference: Difference) -> Iterable[Row]:
    lead = pool.lead
    yield _row(f"Before: {difference.old_name}", lead.before, "pooled")
    if len(pool.causes) > 1:
        for title, results in (("With one change only", lead.alone), ("Without one change", lead.without)):
            yield from (Row("spacer"), Row("heading", {"label": title}))
            for cause, result in zip(pool.causes, results):
                yield _row(cause_name(cause), result, "sensitivity")
        yield Row("spacer")
    yield _row(f"After: {difference.new_name}", lead.after, "pooled")


def _row(label: str, result: Snapshot | None, kind: str) -> Row:
    if result is None:
        return Row(kind, {"label": label, "k": "0", "effect": "no result"}, sentence=f"{label}: no result")
    shown = result.display
    effect = formats.effect(shown.estimate, shown.ci, result.measure)
    role = "random" if kind == "pooled" else "sensitivity"
    mark = ForestMark("diamond", shown.estimate, shown.ci, role=role)
    return Row(kind, {"label": label, "k": str(result.k), "effect": effect}, mark, None, f"{label}: {effect}")
