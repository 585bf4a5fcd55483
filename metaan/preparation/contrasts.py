"""Effects as printed: to the analysis scale, in the direction of the analysis, with their sampling variance.

To add a way in which precision is printed: its function, and its entry in `PRECISION`, in the order in which they are
used. Sources: Cochrane Handbook, version 6, sections 6.3 and 6.4; Zhang & Yu 1998 (risk ratios from odds ratios).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import MetaanError
from ..registry.model.arms import Counts
from ..stats.measures.catalogue import scale_of
from ..stats.measures.effects import labels
from ..stats.printed.conversions import critical
from ..stats.printed.reported import effects_from_reported
from .arms import comparisons
from .clusters import design_effect
from .rows import CONTRASTS, Conversion, NotTakenError, Prepared
from .units import unit_factor

if TYPE_CHECKING:
    from ..registry.model.contrasts import Contrast
    from ..registry.model.public import Result, Study
    from .arms import ArmsCompared
    from .asked import Asked

#: What `metaan.stats` calls the only study of a call.
(UNNAMED,) = labels(None, 1)

Given = tuple[float, float, tuple[Conversion, ...]]


def contrast(
    asked: Asked, study: Study, result: Result, effect: Contrast, sides: ArmsCompared, turned: bool
) -> Prepared:
    """Return the row of an effect.

    Parameters
    ----------
    asked, study, result, effect
        What is asked, and what was printed.
    sides
        The arms of the row.
    turned
        The effect was printed the other way round.

    Raises
    ------
    NotTakenError
        What was printed says nothing of its precision, or not what the protocol takes.
    """
    if effect.interval == "credible" and not asked.plan.credible_intervals:
        raise NotTakenError(
            "credible",
            "its interval is credible, not a confidence interval (credible_intervals: true in the plan takes it)",
        )
    yi, vi, converted = _analysis_scale(asked, study, result, effect)
    factor, how, variants = design_effect(asked, study, result)
    if factor != 1:
        converted = (
            *converted,
            Conversion("design-effect-of-se", {"se": math.sqrt(vi)}, {"se": math.sqrt(vi * factor)}, by=how),
        )
    scale, by = unit_factor(asked, result)
    if scale != 1:
        converted = (*converted, Conversion("unit", {"yi": yi}, {"yi": yi * scale}, by=by))
        yi, vi = yi * scale, vi * scale**2
    if turned:
        converted = (
            *converted,
            Conversion("inverted", {"yi": yi}, {"yi": -yi}, by=" against ".join(effect.arms or ())),
        )
        yi = -yi
    row = Prepared(
        study,
        result,
        CONTRASTS,
        yi=yi,
        vi=vi * factor,
        arms=sides.arms,
        effect=effect,
        converted=converted,
        label=sides.label,
    )
    return _with_variants(row, vi, variants)


def _with_variants(row: Prepared, vi: float, variants: dict[str, float]) -> Prepared:
    return replace(row, variants={name: replace(row, vi=vi * factor) for name, factor in variants.items()})


def _analysis_scale(asked: Asked, study: Study, result: Result, effect: Contrast) -> Given:
    """Return estimate and variance on the analysis scale, by the first way of telling precision that is there."""
    try:
        found = next(
            (got for way in PRECISION.values() if (got := way(asked, study, result, effect)) is not None), None
        )
    except MetaanError as error:
        said = error.reason.removeprefix(f"study {UNNAMED!r}: ")
        raise NotTakenError("unsound effect", f"{effect.measure} {effect.estimate}: {said}") from None
    if found is None:
        bound = isinstance(effect.p, str)
        why = f"p {effect.p} {'is a bound and' if bound else 'of an effect like this'} gives no standard error"
        raise NotTakenError("no precision", f"{effect.measure} {effect.estimate}: {why}")
    yi, vi, converted = found
    if effect.measure == asked.measure:
        return found
    return _risk_ratio(_control_risk(asked, study, result), yi, vi, converted)


def _from_se(asked: Asked, study: Study, result: Result, effect: Contrast) -> Given | None:
    if effect.se is None or (effect.estimate is None and effect.ci is None):
        return None
    yi, _, how = _estimate(effect)
    return yi, float(effect.se) ** 2, how


def _from_ci(asked: Asked, study: Study, result: Result, effect: Contrast) -> Given | None:
    if effect.ci is None:
        return None
    yi, vi, how = _estimate(effect)
    source = {"lower": float(effect.ci[0]), "upper": float(effect.ci[1]), "level": effect.level}
    by = f"{100 * effect.level:g}% {effect.interval}"
    return yi, vi, (*how, Conversion("se-from-ci", source, {"se": math.sqrt(vi)}, by=by))


def _from_log_rank(asked: Asked, study: Study, result: Result, effect: Contrast) -> Given | None:
    """Return the one-step estimate (O - E) / V with variance 1 / V (Yusuf et al. 1985)."""
    if effect.o_minus_e is None or effect.variance is None:
        return None
    excess, variance = float(effect.o_minus_e), float(effect.variance)
    yi, source = excess / variance, {"o_minus_e": excess, "variance": variance}
    return yi, 1 / variance, (Conversion("log-rank", source, {"yi": yi, "se": variance**-0.5}),)


def _from_p(asked: Asked, study: Study, result: Result, effect: Contrast) -> Given | None:
    if effect.p is None or isinstance(effect.p, str) or effect.estimate is None:
        return None
    sizes = [getattr(arm, "total", None) for arm in result.arms.values()] or [arm.analysed for arm in study.arms]
    by_t = effect.measure == "MD" and len(sizes) > 1 and all(sizes)
    df = [float(sum(size or 0 for size in sizes) - 2)] if by_t else None
    es = effects_from_reported(effect.measure, [float(effect.estimate)], p=[float(effect.p)], df=df)
    if es.k == 0:
        return None
    source, by = {"p": float(effect.p)}, f"t with {df[0]:g} df" if df else "normal"
    return float(es.yi[0]), float(es.vi[0]), (Conversion("se-from-p", source, {"se": float(es.sei[0])}, by=by),)


def _estimate(effect: Contrast) -> Given:
    """Return estimate and variance of an effect that has an interval, or its estimate beside a standard error."""
    bounds = {} if effect.ci is None else {"lb": [float(effect.ci[0])], "ub": [float(effect.ci[1])]}
    given = None if effect.estimate is None else [float(effect.estimate)]
    if not bounds:
        yi = scale_of(effect.measure).to_analysis(float(effect.estimate or 0))
        return yi, math.nan, ()
    lb, ub = bounds["lb"], bounds["ub"]
    es = effects_from_reported(effect.measure, given, lb=lb, ub=ub, level=effect.level)
    how = () if given else (Conversion("midpoint", {}, {"yi": float(es.yi[0])}),)
    return float(es.yi[0]), float(es.vi[0]), how


def _risk_ratio(control: tuple[float, str], yi: float, vi: float, converted: tuple[Conversion, ...]) -> Given:
    """Return an odds ratio as a risk ratio, its bounds converted like itself (Zhang & Yu 1998)."""
    risk, whose = control

    def ratio(log_odds_ratio: float) -> float:
        odds_ratio = math.exp(log_odds_ratio)
        return math.log(odds_ratio / (1 - risk + risk * odds_ratio))

    half = float(critical(0.95)) * math.sqrt(vi)
    se = (ratio(yi + half) - ratio(yi - half)) / (2 * float(critical(0.95)))
    source, target = {"OR": math.exp(yi)}, {"RR": math.exp(ratio(yi)), "se": se}
    return ratio(yi), se**2, (*converted, Conversion("RR-from-OR", source, target, by=f"{risk:.3g} ({whose})"))


def _control_risk(asked: Asked, study: Study, result: Result) -> tuple[float, str]:
    """Return the study's own control risk, else the protocol's; and whose it is."""
    if any(isinstance(arm, Counts) for arm in result.arms.values()):
        second = comparisons(asked, study, result.arms)[0].second
        counts = [arm for name, arm in result.arms.items() if name in second and isinstance(arm, Counts)]
        events, total = sum(arm.events for arm in counts), sum(arm.total for arm in counts)
        if 0 < events < total:
            return events / total, "its own control arm"
    if asked.plan.control_risk is not None:
        return asked.plan.control_risk.value, asked.plan.control_risk.source
    raise NotTakenError(
        "no control risk", "its odds ratio needs a control risk to become a risk ratio (control_risk: in the plan)"
    )


#: How precision is printed to its function, in the order in which they are used.
PRECISION: dict[str, Callable[[Asked, Study, Result, Contrast], Given | None]] = {
    "se": _from_se,
    "ci": _from_ci,
    "o_minus_e": _from_log_rank,
    "p": _from_p,
}
