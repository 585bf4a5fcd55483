"""Heterogeneity, prediction and subgroup tests in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...stats.measures.catalogue import scale_of
from ...stats.measures.effects import Interval
from ...stats.pooling.models import MODELS
from ...stats.pooling.result import Pooled
from ...synthesis.lead import LEADING
from ..document import Number, Text
from . import formats
from .anchors import anchor
from .words import measure_name

if TYPE_CHECKING:
    from ...stats.pooling.tau2_ci import HeterogeneityCI
    from ...synthesis.values import Analysis, Pool, SubgroupTest

FEW_TO_PREDICT = 5
INTERVALS_OF_TAU2 = {"QP": "Q-profile"}


def numbers(pool: Pool) -> str | None:
    """Return tau2, I2 and Q in one line; None where fewer than two studies are pooled."""
    fit = pool.fit
    if fit is None or fit.k < 2:
        return None
    q = f"Q = {formats.number(fit.q)}, df = {fit.q_df}, {formats.p_text(fit.q_pval)}"
    return "; ".join([*_intervals(pool.tau2_ci, fit), q])


def _intervals(ci: HeterogeneityCI | None, fit: Pooled) -> list[str]:
    if ci is None:
        return [] if fit.i2 is None else [f"I² = {formats.percent(fit.i2)}"]
    at = formats.level(ci.level)
    tau2 = f"τ² = {_tau2(ci.tau2)} ({at} CI {_tau2(ci.tau2_ci.lb)} to {_tau2(ci.tau2_ci.ub)})"
    return [tau2, f"I² = {formats.percent(ci.i2)} ({formats.percent_bounds(ci.i2_ci)})"]


def _tau2(x: float) -> str:
    return "0" if x == 0 else formats.number(x)


def short(pool: Pool) -> str | None:
    """Return the line under a diamond: tau2, I2, Q and its p value without intervals."""
    fit = pool.fit
    if fit is None or fit.k < 2:
        return None
    tau2 = "" if fit.tau2 is None or not fit.has_tau2 else f"τ² = {_tau2(fit.tau2)}, "
    i2 = "" if fit.i2 is None else f"I² = {formats.percent(fit.i2)}, "
    return f"Heterogeneity: {tau2}{i2}Q = {formats.number(fit.q)}, df = {fit.q_df}, {formats.p_text(fit.q_pval)}"


def sentence(pool: Pool) -> str:
    """Say how far the studies differ beyond chance, and how sure that is; empty where that is not known."""
    ci = pool.tau2_ci
    if ci is None:
        return ""
    upper = formats.percent(ci.i2_ci.ub)
    if ci.tau2 == 0:
        return f"The results differ no more than chance alone would make them; {_how_sure(pool.k, upper)}"
    share = f"About {formats.percent(ci.i2)} of the variation between the results is more than chance"
    if ci.tau2_ci.lb > 0:
        return f"{share}; even the lower limit of the interval is above zero."
    return f"{share}, but its interval reaches down to zero: {_how_sure(pool.k, upper)}"


def _how_sure(k: int, upper: str) -> str:
    return f"with {formats.plural(k, 'study', 'studies')} anything up to I² = {upper} is compatible with the data."


def prediction(pool: Pool, i: int, analysis: Analysis) -> Text:
    """Say where the effect of a new study is expected, with the convention; or why that is not said."""
    fit = pool.random
    if fit is None:
        return Text()
    pi = fit.display.pi
    if pi is None:
        return Text.of(f"No prediction interval: {fit.pi_reason}." if fit.pi_reason else "")
    place = anchor(analysis.plan.key, "block", i, "random", "prediction")
    few = " With so few studies it is only a rough guide." if fit.k < FEW_TO_PREDICT else ""
    between = Number(formats.bounds(pi, analysis.measure, last="and"), pi, place)
    aside = f"{formats.level(fit.level)} prediction interval, {convention(fit.pi_method, fit.k)}"
    across = _across(pi, fit.display.ci, analysis.measure)
    name = measure_name(analysis.measure)
    return Text.of(
        f"The {name} of a new, similar study is expected between ", between, f" ({aside}){across}.{few}"
    )  # fmt: skip


def convention(pi_method: str | None, k: int) -> str:
    """Return the convention of a prediction interval in words.

    >>> convention("t(k-1)", 4)
    't distribution with k − 1 = 3 degrees of freedom'
    """
    if pi_method == "t(Satterthwaite)":
        return "t distribution with Satterthwaite’s degrees of freedom"
    less = {"t(k-1)": 1, "t(k-2)": 2}.get(pi_method or "")
    if less is None:
        return "normal distribution" if pi_method == "normal" else f"method {pi_method}"
    one = "degree" if k - less == 1 else "degrees"
    return f"t distribution with k {formats.MINUS} {less} = {k - less} {one} of freedom"


def _across(pi: Interval, ci: Interval | None, measure: str) -> str:
    scale = scale_of(measure)
    if ci is not None and scale.crosses(*pi) and not scale.crosses(*ci):
        return ", so an effect in the other direction cannot be excluded in a new setting"
    return ""


def subgroups(test: SubgroupTest | None) -> str | None:
    """Return the test for subgroup differences, for each model."""
    if test is None:
        return None
    got = [(MODELS[model].short, *test.by_model[model]) for model in LEADING if model in test.by_model]
    each = [f"{name}: Q = {formats.number(q)}, df = {df}, {formats.p_text(p)}" for name, q, df, p in got]
    return f"Test for subgroup differences by {test.by} ({'; '.join(each)}){untested(test)}" if each else None


def untested(test: SubgroupTest) -> str:
    """Name the groups that the test leaves out."""
    return f", without {formats.listing(f'“{name}”' for name in test.without)}" if test.without else ""
