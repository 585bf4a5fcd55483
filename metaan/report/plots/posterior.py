"""The densities of a Bayesian model: prior and posterior of the mean, and the effect of a new study."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NotEstimableError
from ...stats.measures.catalogue import scale_of
from ..forest.axis import axis
from ..language import exploration, formats
from .figure import XY, Area, Curve, Figure, Key, Request, Side, fixed, no_effect
from .funnel import effect_title, null_line
from .studies import why_not

if TYPE_CHECKING:
    from ...stats.bayes.result import Bayes
    from ...stats.measures.effects import FloatArray
    from ...stats.measures.scales import Scale

POINTS = 201  # of a curve
ENDS = 0.002  # probability of a new study beyond either end of the axis


def posterior(asked: Request) -> Figure:
    """Posterior of the mean with its interval shaded, its prior, and the density of a new study's effect."""
    if asked.found.bayes is None:
        raise NotEstimableError(why_not(asked, "bayes"))
    fit = asked.found.bayes.fit
    scale = scale_of(fit.measure, fit.effects.data)
    lo, hi = (float(x) for x in fit.prediction.quantile([ENDS, 1 - ENDS]))
    at = np.linspace(lo, hi, POINTS)
    top = 1.08 * float(fit.mu.pdf(fit.mu.mode))
    shown = [*map(scale.to_display, (lo, hi)), *([] if scale.null is None else [scale.null])]
    return Figure(
        id=asked.id,
        kind="posterior",
        title=f"{asked.name}: posterior densities",
        description=f"Densities of the mean of {fit.k} studies and of a new study; {exploration.priors(fit)}.",
        x=Side(axis(shown, (), scale), effect_title(asked.fit)),
        y=Side(fixed(0.0, top), "Density"),
        curves=tuple(_curves(fit, at, top, scale)),
        areas=(Area(tuple(_interval(fit, scale)), "band"),),
        keys=(
            Key("line", "estimate", "mean: posterior"),
            Key("area", "band", f"{formats.level(fit.level)} {fit.interval} credible interval"),
            Key("line", "study", "a new study"),
            *([Key("line", "limit", "mean: prior")] if fit.mu_prior is not None else []),
            *no_effect(scale),
        ),
        notes=(f"Priors on the analysis scale: {exploration.priors(fit)}.",),
    )


def heterogeneity(asked: Request) -> Figure:
    """Posterior of τ with its interval shaded, and its prior."""
    if asked.found.bayes is None:
        raise NotEstimableError(why_not(asked, "bayes"))
    fit = asked.found.bayes.fit
    prior, (lo, hi) = fit.tau_prior, fit.tau.ci
    far = float(fit.tau.quantile(1 - ENDS))
    at = np.linspace(1e-3 * far, far, POINTS)
    heights = fit.tau.pdf(at)
    inside = np.linspace(max(lo, 1e-3 * far), hi, POINTS // 2)
    shaded = [*zip(inside.tolist(), fit.tau.pdf(inside).tolist())]
    curves = [Curve(tuple(zip(at.tolist(), heights.tolist())), "estimate", "posterior of τ")]
    if prior.proper:
        curves.insert(0, Curve(tuple(zip(at.tolist(), prior.pdf(at).tolist())), "limit", "prior of τ"))
    return Figure(
        id=asked.id,
        kind="heterogeneity",
        title=f"{asked.name}: prior and posterior of the heterogeneity",
        description=f"Densities of τ of {fit.k} studies; prior {prior.text}.",
        x=Side(fixed(0.0, far), "τ, standard deviation between studies, analysis scale"),
        y=Side(fixed(0.0, 1.08 * float(heights.max())), "Density"),
        curves=tuple(curves),
        areas=(Area(((shaded[0][0], 0.0), *shaded, (shaded[-1][0], 0.0)), "band"),),
        keys=(
            Key("line", "estimate", "posterior"),
            Key("area", "band", f"{formats.level(fit.level)} {fit.interval} credible interval"),
            *([Key("line", "limit", "prior")] if prior.proper else []),
        ),
        notes=(f"Prior: {prior.text}{'' if prior.proper else ', improper and not drawn'}.",),
    )


def _curves(fit: Bayes, at: FloatArray, top: float, scale: Scale) -> Iterable[Curve]:
    yield from null_line(scale, (0.0, top))
    if fit.mu_prior is not None:
        mean, sd = fit.mu_prior
        yield _curve(
            lambda x: np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)),
            at,
            scale,
            "limit",
            "prior of the mean",
        )
    yield _curve(fit.prediction.pdf, at, scale, "study", "a new study")
    yield _curve(fit.mu.pdf, at, scale, "estimate", "posterior of the mean")


def _curve(pdf: Callable[[FloatArray], FloatArray], at: FloatArray, scale: Scale, role: str, sentence: str) -> Curve:
    points = zip(map(scale.to_display, at.tolist()), pdf(at).tolist())
    return Curve(tuple(points), role, sentence)


def _interval(fit: Bayes, scale: Scale) -> list[XY]:
    """Return the outline of the density within the interval."""
    at = np.linspace(*fit.mu.ci, POINTS // 2)
    inside = [*zip(map(scale.to_display, at.tolist()), fit.mu.pdf(at).tolist())]
    return [(inside[0][0], 0.0), *inside, (inside[-1][0], 0.0)]
