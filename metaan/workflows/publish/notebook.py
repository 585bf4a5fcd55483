"""A plot of anything that was pooled, for a notebook: it shows itself, saves itself, and holds its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError, choose
from ...report.language.words import Arms
from ...report.plots.catalogue import PLOTS
from ...report.plots.convert import convert
from ...report.plots.figure import Request
from ...report.plots.standalone import standalone
from ...stats.pooling.result import Pooled
from ...synthesis.values import Analysis, Exploration
from ..outputs import format_of
from .forest import analysis_of
from .plot import choose_pool, explored

if TYPE_CHECKING:
    import pandas as pd

    from ...report.drawing.svg import Svg
    from ...synthesis.values import StudyRow

FORMATS = ("svg", "pdf", "png", "eps")


@dataclass(frozen=True, slots=True, repr=False)
class NotebookPlot:
    """A drawing with the rows that it is of."""

    kind: str
    picture: Svg
    rows: tuple[StudyRow, ...]
    width: float | None = None

    def __repr__(self) -> str:
        return f"NotebookPlot {self.kind}: {len(self.rows)} studies"

    def _repr_svg_(self) -> str:
        return self.svg

    @property
    def svg(self) -> str:
        """The text of its SVG file."""
        return str(self.picture)

    @property
    def data(self) -> pd.DataFrame:
        """A row a study: label, yi, vi (analysis scale), estimate, ci_lb, ci_ub (display scale), weights in percent."""
        import pandas as pd

        return pd.DataFrame(
            {
                "label": row.label, "yi": row.yi, "vi": row.vi, "estimate": row.estimate,
                "ci_lb": row.ci.lb if row.ci else None, "ci_ub": row.ci.ub if row.ci else None,
                "weight_common": row.weight_common, "weight_random": row.weight_random,
            }
            for row in self.rows
        )  # fmt: skip

    def save(self, path: str | Path) -> Path:
        """Write it as the name ends (svg, pdf, png or eps), and return where."""
        where = Path(path)
        form = format_of(where, None, FORMATS, "svg")
        content = self.svg.encode() if form == "svg" else convert(self.picture, form, width=self.width)
        where.write_bytes(content)
        return where


def plot(
    found: Pooled | Analysis,
    kind: str = "forest",
    *,
    style: str = "default",
    width: float | None = None,
    outcome: str = "effect",
    arms: tuple[str, str] = ("experimental", "control"),
    pool: str | None = None,
) -> NotebookPlot:
    """Draw a pooled result, or an analysis of a review.

    Parameters
    ----------
    found
        What `metaan.pool` and its like gave, or one of what `metaan.analyse` gave.
    kind
        A key of `metaan.report.plots.catalogue.PLOTS`.
    style
        A key of `metaan.report.forest.styles.STYLES`.
    width
        Of a PDF, PNG or EPS, in millimetres; the height follows.
    outcome, arms
        What was measured, and what the two arms are called; an analysis brings its own outcome.
    pool
        Of an analysis: the name of the pool; a forest plot shows all of them unless it is given.

    Raises
    ------
    UsageError
        The kind, the style or the pool is unknown, or something else was given.
    NotEstimableError
        The plot cannot be drawn of these studies.

    Examples
    --------
    >>> import metaan as ma
    >>> fit = ma.pool(ma.EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03]))
    >>> drawn = ma.plot(fit, "funnel")
    >>> drawn, list(drawn.data.columns)[:3]
    (NotebookPlot funnel: 3 studies, ['label', 'yi', 'vi'])
    """
    choose(PLOTS, kind, "kind of plot")
    if not isinstance(found, Pooled | Analysis):
        raise UsageError(f"a {type(found).__name__} has no plot; allowed: a pooled result, or an analysis")
    analysis = found if isinstance(found, Analysis) else analysis_of([found], outcome)
    shown = choose_pool(analysis, pool)
    held = Exploration() if kind == "forest" else explored(analysis, shown, kind, None)
    drawn = standalone(kind, Request(analysis, shown, held, Arms(*arms)), style, width)
    rows = analysis.rows if kind == "forest" and pool is None else shown.rows
    return NotebookPlot(kind, drawn, rows, width)
