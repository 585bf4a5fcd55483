"""A pooled result in words: what a statistician would want printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .effects import Interval
from .measures import scale_of
from .models import MODELS
from .prediction import PI_METHODS

if TYPE_CHECKING:
    from .pooling import Pooled


def describe(fit: Pooled) -> str:
    """Return the lines that a `Pooled` prints."""
    lines = [_headline(fit), _mean(fit), *_prediction(fit), *_heterogeneity(fit)]
    lines += [f"  Left out: {label} ({reason})" for label, reason in fit.excluded]
    return "\n".join(lines + [f"  Note: {note}" for note in fit.notes])


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
    letter = "z" if fit.df is None else f"t({fit.df:.4g})"
    parts = [
        None if fit.se is None else f"se {fit.se:.4g}",
        None if fit.stat is None else f"{letter} = {fit.stat:.3g}",
        None if fit.pval is None else p_value(fit.pval),
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
    back = scale_of(fit.measure, fit.effects.data).to_display
    shown = _numbers(estimate, interval)
    ends = None if interval is None else Interval(*map(back, interval))
    display = _numbers(None if estimate is None else back(estimate), ends)
    return shown if display == shown else f"{fit.measure} {display}; analysis scale {shown}"


def _numbers(estimate: float | None, interval: Interval | None) -> str:
    return " ".join(filter(None, ["" if estimate is None else f"{estimate:.4g}", bounds(interval)]))


def bounds(interval: Interval | None, form: str = ".4g", shape: str = "[{}, {}]") -> str:
    """Return ``[lb, ub]``; empty where there is none."""
    return "" if interval is None else shape.format(*(format(bound, form) for bound in interval))


def _heterogeneity(fit: Pooled) -> list[str]:
    q = f"Q({fit.q_df}) = {fit.q:.4g}, {p_value(fit.q_pval)}"
    parts = [q] if fit.q_df else []
    if fit.tau2 is not None and fit.has_tau2:
        se = "" if fit.tau2_se is None else f" (se {fit.tau2_se:.3g})"
        parts.insert(0, f"tau2 = {fit.tau2:.4g}{se}, tau = {fit.tau2**0.5:.4g}")
    if fit.q_df and fit.i2 is not None and fit.h2 is not None:
        parts.append(f"I2 = {fit.i2:.1f}%, H2 = {fit.h2:.3g}")
    return [f"  Heterogeneity: {'; '.join(parts)}"] if parts else []


def p_value(p: float) -> str:
    """Return ``p = ...`` with three figures, or ``p < 0.0001``."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.3g}"
