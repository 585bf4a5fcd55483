"""A pooled result in words: what a statistician would want printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measures.catalogue import scale_of
from ..measures.effects import Interval
from ..numerics.numerals import bounded, figures, fixed, p_text
from .models import MODELS
from .prediction import PI_METHODS

if TYPE_CHECKING:
    from ..robustness.sequence_result import Refitted
    from .pool import Pooled


def describe(fit: Pooled) -> str:
    """Return the lines that a `Pooled` prints."""
    lines = [_headline(fit), _mean(fit), *_prediction(fit), *_heterogeneity(fit)]
    lines += [f"  Left out: {label} ({reason})" for label, reason in fit.excluded]
    return "\n".join(lines + [f"  Note: {note}" for note in fit.notes])


def shown(fit: Pooled | Refitted) -> str:
    """Return the estimate with its interval, on the display scale."""
    return bounded(fit.display.estimate, fit.display.ci, scale_of(fit.measure).null)


def measure_of(fit: Pooled) -> str:
    """Return what ``shown`` is, for a heading; empty for effects of no known measure."""
    return "" if fit.measure == "GEN" else f", {fit.measure}"


def _headline(fit: Pooled) -> str:
    tau2 = "tau2 given" if fit.tau2_fixed else fit.tau2_method
    parts = [
        MODELS[fit.model].name,
        fit.measure,
        f"k = {fit.k}",
        fit.method,
        tau2,
        fit.ci_method,
    ]
    return ", ".join(part for part in parts if part)


def _mean(fit: Pooled) -> str:
    letter = "z" if fit.df is None else f"t({figures(fit.df)})"
    parts = [
        None if fit.se is None else f"se {figures(fit.se)}",
        None if fit.stat is None else f"{letter} = {figures(fit.stat, 3)}",
        None if fit.pval is None else p_text(fit.pval),
    ]
    coverage = "no interval" if fit.ci is None else f"{100 * fit.level:g}% CI"
    mean = f"  Mean: {_with_display(fit, fit.estimate, fit.ci)}, {coverage}"
    return "; ".join(filter(None, [mean, ", ".join(filter(None, parts))]))


def _prediction(fit: Pooled) -> list[str]:
    if fit.pi is None:
        return [f"  No prediction interval: {fit.pi_reason}"] if fit.model == "random" else []
    method = PI_METHODS.get(fit.pi_method or "")
    name = method.name if method else fit.pi_method
    return [f"  A new study: {_with_display(fit, None, fit.pi)}, {100 * fit.level:g}% prediction interval ({name})"]


def _with_display(fit: Pooled, estimate: float | None, interval: Interval | None) -> str:
    """Return numbers on the analysis scale and, where it differs, on the display scale."""
    scale = scale_of(fit.measure, fit.effects.data)
    back, none = scale.to_display, 0.0 if scale.null is not None else None
    shown = _numbers(estimate, interval, none)
    ends = None if interval is None else Interval(*map(back, interval))
    display = _numbers(None if estimate is None else back(estimate), ends, scale.null)
    return shown if display == shown else f"{fit.measure} {display}; analysis scale {shown}"


def _numbers(x: float | None, interval: Interval | None, null: float | None) -> str:
    """Write up to four digits of each; what is nothing beside the interval is 0."""
    if x is not None and interval is not None and abs(x) < 1e-12 * (interval.ub - interval.lb):
        x = 0.0
    bounds = "" if interval is None else f"[{figures(interval.lb, 4, null)}, {figures(interval.ub, 4, null)}]"
    return " ".join(filter(None, ["" if x is None else figures(x, 4, null), bounds]))


def _heterogeneity(fit: Pooled) -> list[str]:
    q = f"Q({fit.q_df}) = {figures(fit.q)}, {p_text(fit.q_pval)}"
    parts = [q] if fit.q_df else []
    if fit.tau2 is not None and fit.has_tau2:
        se = "" if fit.tau2_se is None else f" (se {figures(fit.tau2_se, 3)})"
        parts.insert(0, f"tau2 = {figures(fit.tau2)}{se}, tau = {figures(fit.tau2**0.5)}")
    if fit.q_df and fit.i2 is not None and fit.h2 is not None:
        parts.append(f"I2 = {fixed(fit.i2, 1)}%, H2 = {figures(fit.h2, 3)}")
    return [f"  Heterogeneity: {'; '.join(parts)}"] if parts else []
