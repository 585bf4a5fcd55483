"""Plots made of many curves or cells: bubble (meta-regression), drapery (p-value functions), GOSH."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...errors import NotEstimableError
from ...stats.measures.catalogue import own_scales, scale_of
from ...stats.numerics.numerals import exact
from ...stats.robustness.plot_data import Density, gosh_density, p_value_curve, p_value_grid
from ..forest.axis import axis
from ..language import formats, methods
from .figure import XY, Area, Curve, Figure, Key, PlotPoint, Request, Side, fixed, linear, no_effect, ticked
from .funnel import effect_title, null_line, vertical
from .studies import STEPS, why_not

if TYPE_CHECKING:
    from ...stats.measures.effects import FloatArray
    from ...stats.measures.scales import Scale
    from ...stats.regression.result import MetaRegression
    from ...synthesis.values import Exploration

LEAST_P = 0.001  # how far down the curve of the pooled effect is followed
LEVELS = 5  # shades of a density
MANY = 60  # studies: the curves of more are drawn with fewer points
NAMED = 6  # studies: the names of more would lie on each other's curves


def bubble(asked: Request) -> Figure:
    """Effects against a numeric moderator, with the line of a meta-regression and its interval."""
    found = regression_on(asked.found, asked.moderator)
    if found is None:
        raise NotEstimableError(_no_regression(asked))
    index, reg = found
    name = reg.names[1]
    scale = scale_of(reg.measure, reg.effects.data)
    values = reg.x[:, 1].tolist()
    x = linear(values, whole=all(v.is_integer() for v in values))
    line, band = _line(reg, name, x.lo, x.hi, scale)
    effects = [own.to_display(y) for own, y in zip(own_scales(reg.effects), reg.effects.yi.tolist())]
    return Figure(
        id=f"{asked.id}.{index + 1}",
        kind="bubble",
        title=f"{asked.name}: meta-regression on {name}",
        description=f"Effects of {reg.k} studies against {name}, with the regression line and its interval.",
        x=Side(x, name),
        y=Side(axis([*effects, *(y for _, y in line)], (), scale), effect_title(asked.fit)),
        points=tuple(
            PlotPoint(
                v,
                e,
                label,
                "study",
                w,
                f"{label}: {formats.estimate(e, reg.measure)} at {name} {formats.written(exact(v))}",
            )
            for label, v, e, w in zip(reg.effects.slab, values, effects, reg.weights.tolist())
        ),
        curves=(
            *(Curve(((x.lo, null), (x.hi, null)), "null", "no effect") for null in (scale.null,) if null is not None),
            Curve(tuple(line), "estimate"),
        ),
        areas=(Area(tuple(band), "band"),),
        keys=(
            Key("dot", "study", "study; area: its weight"),
            Key("line", "estimate", f"mixed-effects line, {reg.tau2_method or 'common effect'}"),
            *no_effect(scale),
            Key("area", "band", f"{formats.level(reg.level)} CI of the line ({reg.ci_method})"),
        ),
    )


def regression_on(found: Exploration, moderator: str | None) -> tuple[int, MetaRegression] | None:
    """Return the first regression on one numeric moderator, or on the one that is named, with its place."""
    for i, reg in enumerate(found.regressions):
        if is_line(reg) and moderator in (None, reg.names[1]):
            return i, reg
    return None


def is_line(reg: MetaRegression) -> bool:
    """Return whether a regression is a straight line: an intercept and one numeric moderator."""
    return reg.p == 2 and reg.names[0] == "intercept" and not reg.references


def _no_regression(asked: Request) -> str:
    if asked.found.regressions:
        return "a bubble plot needs a regression on one numeric moderator"
    return why_not(asked, "regressions")


def _line(reg: MetaRegression, name: str, lo: float, hi: float, scale: Scale) -> tuple[list[XY], list[XY]]:
    """Return the regression line and the outline of its interval."""
    at = [lo + (hi - lo) * i / STEPS for i in range(STEPS + 1)]
    fitted = reg.predict({name: at})
    line = [(x, scale.to_display(y)) for x, y in zip(at, fitted.estimate.tolist())]
    lower, upper = ([(x, scale.to_display(ci[side])) for x, ci in zip(at, fitted.ci)] for side in (0, 1))
    return line, [*lower, *reversed(upper)]


def drapery(asked: Request) -> Figure:
    """The p-value function of each study and of the pooled effect (Rücker & Schwarzer 2021)."""
    asked.needs(2, "a drapery plot needs at least 2 studies")
    fit = asked.fit
    if fit.se is None or fit.ci is None:
        raise NotEstimableError(f"a drapery plot draws the interval: {'; '.join(fit.notes)}")
    scale = scale_of(fit.measure, fit.effects.data)
    grid = p_value_grid(fit, LEAST_P, 201 if fit.k <= MANY else 61)
    own = own_scales(fit.effects)
    effects = [scale.to_display(y) for scale, y in zip(own, fit.effects.yi.tolist())]
    studies = zip(fit.effects.slab, fit.effects.yi.tolist(), fit.effects.sei.tolist(), own)
    ends = scale.to_display(grid[0]), scale.to_display(grid[-1])
    y = ticked(0.0, 1.18, (0.0, 0.25, 0.5, 0.75, 1.0))
    return Figure(
        id=asked.id,
        kind="drapery",
        title=f"{asked.name}: drapery plot",
        description=f"p-value functions of {fit.k} studies and of the pooled effect.",
        x=Side(axis([*ends, *effects], (), scale), effect_title(fit)),
        y=Side(y, "p-value"),
        curves=(
            *null_line(scale, (0.0, 1.0)),
            *(Curve(((ends[0], 1 - c), (ends[1], 1 - c)), "limit", formats.level(c)) for c in (fit.level,)),
            *(_drape(p_value_curve(y, se, grid, None, LEAST_P), at, "study", s) for s, y, se, at in studies),
            _drape(p_value_curve(fit.estimate, fit.se, grid, fit.df), scale, "estimate", "pooled effect"),
        ),
        points=tuple(
            PlotPoint(e, 1.0, s if fit.k <= NAMED else "", sentence=s) for s, e in zip(fit.effects.slab, effects)
        ),
        keys=(
            Key("line", "study", "each study"),
            Key("line", "estimate", methods.legend_name(fit)),
            *no_effect(scale),
        ),
        notes=("Where a curve is above a height p, the interval of coverage 1 − p holds that effect.",),
        right=("Interval", tuple((1 - c, formats.level(c)) for c in (0.5, 0.8, fit.level))),
    )


def _drape(curve: tuple[FloatArray, FloatArray], scale: Scale, role: str, sentence: str) -> Curve:
    at, p = (values.tolist() for values in curve)
    return Curve(tuple(zip(map(scale.to_display, at), p)), role, sentence)


def gosh(asked: Request) -> Figure:
    """The pooled effect and I2 of every subset of the studies, as a density (Olkin et al. 2012)."""
    asked.needs(4, "with fewer than 4 studies there are too few subsets to look at")
    found = asked.found.gosh
    if found is None:
        raise NotEstimableError(why_not(asked, "gosh"))
    fit = asked.fit
    scale = scale_of(fit.measure, fit.effects.data)
    density = gosh_density(found)
    edges = [scale.to_display(x) for x in density.x.tolist()]
    x = axis(edges, (), scale)
    how = "all there are" if found.complete else f"a sample, seed {found.seed}"
    count = f"{int(density.count.sum())} subsets of two studies and more"
    return Figure(
        id=asked.id,
        kind="gosh",
        title=f"{asked.name}: GOSH plot",
        description=f"Pooled effect and I² of {count}.",
        x=Side(x, effect_title(fit)),
        y=Side(fixed(0.0, 100.0), "I² (percent)"),
        curves=(
            *null_line(scale, (0.0, 100.0)),
            vertical(fit.display.estimate, (0.0, 100.0), "estimate", "all studies"),
        ),
        areas=tuple(_cells(density, edges)),
        keys=(
            Key("area", "density d1", "few subsets"),
            Key("area", f"density d{LEVELS}", "many"),
            Key("line", "estimate", "all studies"),
            *no_effect(scale),
        ),
        notes=(f"{count} ({how}), each pooled by itself.",),
    )


def _cells(density: Density, edges: Sequence[float]) -> Iterable[Area]:
    """Yield the cells that hold a subset, those of one shade that lie on each other as one."""
    most = int(density.count.max())
    heights = density.y.tolist()
    for i, column in enumerate(density.count.tolist()):
        start = 0
        shades = [shade(count, most) for count in column]
        for j in range(1, len(shades) + 1):
            if j == len(shades) or shades[j] != shades[start]:
                if shades[start]:
                    yield _cell(edges[i : i + 2], (heights[start], heights[j]), shades[start])
                start = j


def _cell(x: Sequence[float], y: tuple[float, float], level: int) -> Area:
    return Area(((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])), f"density d{level}")


def shade(count: int, most: int) -> int:
    """Return the shade of a cell, 0 (empty) to `LEVELS`: each is a fifth of the root of the largest count.

    >>> [shade(n, 100) for n in (0, 1, 4, 5, 36, 100)]
    [0, 1, 1, 2, 3, 5]
    """
    level = 0
    while level < LEVELS and count > 0 and (level == 0 or count * LEVELS**2 > most * level**2):
        level += 1
    return level
