"""Forest plots of the same analysis many times: without each study in turn, and with one study more at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ..forest.axis import AxisTitle
from ..forest.columns import ForestColumn
from ..forest.forest import forest, sides
from ..forest.plot import ForestMark, Plot, Row, axis_of
from ..forest.styles import STYLES, Style
from ..language import exploration, formats, methods, words
from ..language.exploration import Looked
from ..language.left_out import left_out
from .figure import Request
from .studies import why_not

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled
    from ...stats.robustness.sequence_result import Refits, Refitted


def whole_forest(asked: Request, style: Style = STYLES["default"]) -> Plot:
    """Return the forest plot of the analysis that the pool belongs to."""
    plot = forest(asked.analysis, asked.arms, style=style)
    return replace(plot, notes=(*plot.notes, *map(str, left_out([asked.analysis]))))


def leave_one_out(asked: Request) -> Plot:
    """Return a row a study: the result without it."""
    if asked.found.leave_one_out is None:
        raise NotEstimableError(why_not(asked, "leave_one_out"))
    return _plot(asked, asked.found.leave_one_out, "Left out", "leave-one-out")


def cumulative(asked: Request) -> Plot:
    """Return a row a study: the result of it and all before it."""
    if asked.found.cumulative is None:
        raise NotEstimableError(why_not(asked, "cumulative"))
    how = exploration.order(asked.analysis)
    return _plot(asked, asked.found.cumulative, "Added", "cumulative", f"Studies are added {how}.")


def _plot(asked: Request, refits: Refits, header: str, kind: str, note: str = "") -> Plot:
    analysis = asked.analysis
    looked = Looked(analysis, asked.pool, asked.found, asked.arms)
    turned = {label for label, _ in exploration.changed(looked, refits)}
    rows = tuple(_rows(looked, refits, turned))
    level = formats.level(analysis.level)
    starred = "* The conclusion is not that of all studies." if turned else ""
    return Plot(
        id=f"{asked.id}.{kind}",
        title=f"{asked.name}: {kind} forest plot",
        description=f"{len(refits)} results, each a row; with all studies {looked.effect(refits.whole)}.",
        columns=_columns(header, f"{analysis.measure} ({level} CI)"),
        rows=rows,
        axis=axis_of(rows, analysis.measure),
        axis_title=AxisTitle.of(analysis.measure, f"{words.upper_first(looked.measure)} ({level} CI)"),
        favours=sides(analysis.measure, analysis.outcome.direction, asked.arms),
        notes=tuple(text for text in (starred, note, f"{methods.model_name(refits.whole)}.") if text),
    )


def _columns(header: str, effect: str) -> tuple[ForestColumn, ...]:
    return (
        ForestColumn("label", header, align="start"),
        ForestColumn("k", "Studies"),
        ForestColumn("effect", effect, side="right"),
        ForestColumn("p", "p", side="right"),
        ForestColumn("i2", "I²", side="right"),
    )


def _rows(looked: Looked, refits: Refits, turned: set[str]) -> Iterable[Row]:
    for label, fit in zip(refits.slab, refits.fits):
        if fit is None:
            cells = {"label": label, "effect": "not estimable"}
            yield Row("study", cells, None, None, f"{label}: not estimable")
        else:
            star = " *" if label in turned else ""
            cells = {"label": f"{label}{star}", **_cells(looked, fit)}
            role = "changed" if star else "study"
            mark = ForestMark("square", fit.display.estimate, fit.display.ci, None, role)
            yield Row("study", cells, mark, None, f"{label}: {cells['effect']}, {looked.reading(fit)}")
    whole = refits.whole
    cells = {"label": "All studies", **_cells(looked, whole)}
    role = "random" if whole.has_tau2 else "common"
    yield Row("pooled", cells, ForestMark("diamond", whole.display.estimate, whole.display.ci, None, role), None, "")


def _cells(looked: Looked, fit: Pooled | Refitted) -> dict[str, str]:
    return {
        "k": str(fit.k),
        "effect": looked.effect(fit),
        "p": formats.p_value(fit.pval),
        "i2": formats.percent(fit.i2) if fit.k > 1 else formats.NOTHING,
    }
