"""Plots of effects against their precision: the contour-enhanced funnel and the radial plot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ...stats.measures.catalogue import own_scales, scale_of
from ...stats.measures.effects import EffectSizes, Interval
from ...stats.measures.scales import Scale
from ...stats.robustness.plot_data import Radial, contour, funnel_limits, radial
from ..forest.axis import Axis, axis, ticks
from ..language import formats, methods, words
from .figure import XY, Area, Curve, Figure, Key, PlotPoint, Request, Side, fixed, linear, no_effect

if TYPE_CHECKING:
    from ...stats.pooling.result import Pooled

CONTOURS = (0.1, 0.05, 0.01)
FEW = 10
STEPS = 24  # pieces of a line that is straight on the analysis scale, where the axis is not


def funnel(asked: Request) -> Figure:
    """Effects against standard errors, with the regions of p-values around no effect (Peters et al. 2008), if any."""
    asked.needs(3, "a funnel plot needs at least 3 studies to have a shape")
    fit, filled = asked.fit, _filled(asked)
    scale = scale_of(fit.measure, fit.effects.data)
    foot = 1.04 * max(float(fit.effects.sei.max()), float(filled.sei.max()) if filled else 0.0)
    points = [*_points(fit.effects, "study"), *(_points(filled, "filled") if filled else [])]
    limits = _shown(funnel_limits(fit, foot), scale)
    x = axis([point.x for point in points], [limits], scale)
    return Figure(
        id=asked.id,
        kind="funnel",
        title=f"{asked.name}: funnel plot",
        description=_funnel_words(fit, len(points) - fit.k),
        x=Side(x, effect_title(fit)),
        y=Side(fixed(0.0, foot), se_title(fit), True),
        points=tuple(points),
        curves=(
            *null_line(scale, (0.0, foot)),
            vertical(fit.display.estimate, (0.0, foot), "estimate", "pooled effect"),
            *(_leg(side, fit, foot, scale) for side in (0, 1)),
        ),
        areas=() if scale.null is None else tuple(_contours(x, foot, scale)),
        keys=tuple(_funnel_keys(fit, filled is not None, scale)),
        notes=tuple(_funnel_notes(fit, scale)),
    )


def effect_title(fit: Pooled) -> str:
    """Return the title of an axis of effects."""
    log = ", log scale" if scale_of(fit.measure).is_ratio else ""
    return f"{words.upper_first(words.measure_name(fit.measure))}{log}"


def se_title(fit: Pooled) -> str:
    """Return the title of an axis of standard errors."""
    log, via = "log " if scale_of(fit.measure).is_ratio else "", words.transformation(fit.measure)
    return f"Standard error of the {log}{words.measure_name(fit.measure)}{f' ({via})' if via else ''}"


def vertical(x: float, ends: XY, role: str, sentence: str) -> Curve:
    """Return a vertical line."""
    return Curve(((x, ends[0]), (x, ends[1])), role, sentence)


def null_line(scale: Scale, ends: XY) -> list[Curve]:
    """Return the vertical line of no effect, where the scale has one."""
    return [] if scale.null is None else [vertical(scale.null, ends, "null", "no effect")]


def _filled(asked: Request) -> EffectSizes | None:
    found = asked.found.trim_and_fill
    return found.filled if found is not None and found.k0 else None


def _shown(ci: Interval, scale: Scale) -> Interval:
    return Interval(*map(scale.to_display, ci))


def _points(es: EffectSizes, role: str) -> Iterable[PlotPoint]:
    for label, yi, sei, scale in zip(es.slab, es.yi.tolist(), es.sei.tolist(), own_scales(es)):
        at = scale.to_display(yi)
        sentence = f"{label}: {formats.estimate(at, es.measure)}, standard error {formats.number(sei)}"
        yield PlotPoint(at, sei, label if role == "study" else "", role, None, sentence)


def _line(bound: Callable[[float], float], foot: float, scale: Scale) -> list[XY]:
    """Return a line from the tip of the funnel to its foot; on a curved axis it has many pieces."""
    steps = 1 if scale.is_ratio or scale.code == "identity" else STEPS
    return [(scale.to_display(bound(foot * i / steps)), foot * i / steps) for i in range(steps + 1)]


def _leg(side: int, fit: Pooled, foot: float, scale: Scale) -> Curve:
    points = _line(lambda se: funnel_limits(fit, se)[side], foot, scale)
    return Curve(tuple(points), "limit", f"where {formats.level(fit.level)} of studies lie by chance alone")


def _contours(x: Axis, foot: float, scale: Scale) -> Iterable[Area]:
    """Yield the bands between contours, both sides of each, the outermost reaching to the ends of the axis."""
    edges = [(_contour(p, 0, foot, scale), _contour(p, 1, foot, scale)) for p in CONTOURS]
    edges.append(_ends_of_axis(x, foot, edges[-1]))
    for i, (inner, outer) in enumerate(pairwise(edges), 1):
        for side in (0, 1):
            yield Area((*inner[side], *reversed(outer[side])), f"contour p{i}")


def _contour(p: float, side: int, foot: float, scale: Scale) -> list[XY]:
    return _line(lambda se: contour(p, se)[side], foot, scale)


def _ends_of_axis(x: Axis, foot: float, within: tuple[list[XY], list[XY]]) -> tuple[list[XY], list[XY]]:
    """Return the left and the right end, further out where a contour is, so that no band turns over."""
    low, high = min(x.value(0.0), within[0][-1][0]), max(x.value(1.0), within[1][-1][0])
    return [(low, 0.0), (low, foot)], [(high, 0.0), (high, foot)]


def _funnel_keys(fit: Pooled, filled: bool, scale: Scale) -> Iterable[Key]:
    yield Key("dot", "study", "study")
    if filled:
        yield Key("dot", "filled", "filled in (trim and fill)")
    yield Key("line", "estimate", methods.legend_name(fit))
    yield from no_effect(scale)
    yield Key("line", "limit", f"{formats.level(fit.level)} limits around it")
    if scale.null is None:
        return
    yield Key("area", "contour p0", f"p > {CONTOURS[0]:g}")
    for i, p in enumerate(CONTOURS[1:], 1):
        yield Key("area", f"contour p{i}", f"{p:g} < p < {CONTOURS[i - 1]:g}")
    yield Key("area", f"contour p{len(CONTOURS)}", f"p < {CONTOURS[-1]:g}")


def _funnel_notes(fit: Pooled, scale: Scale) -> Iterable[str]:
    if fit.k < FEW:
        yield f"Fewer than {FEW} studies: chance alone can make a funnel asymmetric."
    shaded = "" if scale.null is None else "Shaded: the p-value of a study by itself. "
    yield f"{shaded}Asymmetry has more causes than publication bias."


def _funnel_words(fit: Pooled, filled: int) -> str:
    more = f" and {formats.plural(filled, 'filled study', 'filled studies')}" if filled else ""
    shown = fit.display
    effect = formats.effect(shown.estimate, shown.ci, fit.measure)
    return (
        f"Standard errors of {formats.plural(fit.k, 'study', 'studies')}{more} against effects; pooled effect {effect}."
    )


def radial_plot(asked: Request) -> Figure:
    """Standardised effects against precision: an effect is the slope from the origin (Galbraith 1988)."""
    asked.needs(2, "a radial plot needs at least 2 studies")
    fit = asked.fit
    data = radial(fit)
    end = 1.05 * float(data.x.max())
    scale = scale_of(fit.measure, fit.effects.data)
    y = linear(
        [0.0, -data.half, data.half, *data.z.tolist(), data.slope * end + data.half, data.slope * end - data.half]
    )
    return Figure(
        id=asked.id,
        kind="radial",
        title=f"{asked.name}: radial plot",
        description=f"Standardised effects of {fit.k} studies against precision; the pooled effect is a line.",
        x=Side(fixed(0.0, end), "Precision (1 / standard error" + (", with τ²)" if fit.tau2 else ")")),
        y=Side(y, "Effect / standard error"),
        points=tuple(_radial_points(data, fit)),
        curves=tuple(_radial_lines(data, end, scale)),
        areas=(Area(((0.0, -data.half), (0.0, data.half), *_ends(data, end)), "band"),),
        keys=(
            Key("dot", "study", "study"),
            Key("line", "estimate", methods.legend_name(fit)),
            *no_effect(scale),
            Key("area", "band", f"{formats.level(fit.level)} of studies lie here by chance alone"),
        ),
        right=(words.upper_first(words.measure_name(fit.measure)), tuple(_effect_ticks(y, end, scale))),
    )  # fmt: skip


def _ends(data: Radial, end: float) -> tuple[XY, XY]:
    return (end, data.slope * end + data.half), (end, data.slope * end - data.half)


def _radial_points(data: Radial, fit: Pooled) -> Iterable[PlotPoint]:
    es = fit.effects
    for label, x, z, yi, scale in zip(data.slab, data.x.tolist(), data.z.tolist(), es.yi.tolist(), own_scales(es)):
        yield PlotPoint(x, z, label, sentence=f"{label}: {formats.estimate(scale.to_display(yi), fit.measure)}")


def _radial_lines(data: Radial, end: float, scale: Scale) -> Iterable[Curve]:
    if scale.null is not None:
        yield Curve(((0.0, 0.0), (end, 0.0)), "null", "no effect")
    yield Curve(((0.0, 0.0), (end, data.slope * end)), "estimate", "pooled effect")
    for sign in (1, -1):
        yield Curve(((0.0, sign * data.half), (end, data.slope * end + sign * data.half)), "limit")


def _effect_ticks(y: Axis, end: float, scale: Scale) -> Iterable[tuple[float, str]]:
    """Yield where the line of a round effect meets the right edge."""
    bounds = [scale.to_display(z / end) for z in (y.lo, y.hi)]
    ends = axis(bounds, (), replace(scale, null=None))
    return ((scale.to_analysis(t.value) * end, t.label) for t in ticks(ends.lo, ends.hi, scale) if _has(scale, t.value))


def _has(scale: Scale, value: float) -> bool:
    """Return whether a display value is one that the scale can show."""
    try:
        scale.to_analysis(value)
    except ValueError:
        return False
    return True
