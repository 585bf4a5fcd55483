"""The table of all plots, and the ways from a request to markup."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import NotEstimableError
from ..drawing import svg
from ..drawing.fit import Paper, fitted, pixels
from ..drawing.grid import grid
from ..drawing.sheets import sheets
from ..drawing.svg import Svg
from ..forest.plot import Plot
from ..forest.styles import STYLES, Style
from . import curves, funnel, posterior, refits, studies
from .chart import chart
from .figure import Figure, Request
from .markup import picture


def draw(kind: str, asked: Request, style: Style = STYLES["default"]) -> Svg:
    """Return a plot as one ``<svg>`` element; see `draw_sheets`."""
    return draw_sheets(kind, asked, style, Paper())[0]


def draw_sheets(kind: str, asked: Request, style: Style, paper: Paper) -> tuple[Svg, ...]:
    """Return a plot as ``<svg>`` elements for a paper; only a forest plot has several.

    ``kind`` is a key of `PLOTS`. The style orders and words a forest plot of an analysis; others only take its colours.
    Raises `NotEstimableError` where the pool does not hold what the plot needs; the message says what.
    """
    plot = refits.whole_forest(asked, style) if kind == "forest" else PLOTS[kind][1](asked)
    if isinstance(plot, Figure):
        return (picture(chart(plot, pixels(paper.width))),)
    if plot.empty:
        raise NotEstimableError(f"no study reports {asked.analysis.plan.key}: there is nothing to draw")
    plot = fitted(plot, pixels(paper.width))
    look = "forest" if kind == "forest" else "forest refits"
    return tuple(svg.picture(drawn, look) for drawn in sheets(plot, paper.high(grid(plot).width)))


#: Name on the command line to the words, and what builds the plot.
PLOTS: dict[str, tuple[str, Callable[[Request], Plot | Figure]]] = {
    "forest": ("forest plot", refits.whole_forest),
    "funnel": ("funnel plot with contours", funnel.funnel),
    "baujat": ("Baujat plot", studies.baujat),
    "radial": ("radial (Galbraith) plot", funnel.radial_plot),
    "labbe": ("L'Abbé plot", studies.labbe),
    "cumulative": ("cumulative forest plot", refits.cumulative),
    "leave-one-out": ("leave-one-out forest plot", refits.leave_one_out),
    "bubble": ("bubble plot of a meta-regression", curves.bubble),
    "gosh": ("GOSH plot", curves.gosh),
    "posterior": ("posterior densities", posterior.posterior),
    "heterogeneity": ("prior and posterior of the heterogeneity", posterior.heterogeneity),
    "drapery": ("drapery plot", curves.drapery),
}
