"""Some analyses at once: from their rows to one answer an analysis and method.

`pool_chunk` is a function of its arrays and of the plan alone: threads, streams and a cluster call it on parts of the
same data and get the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..stats.measures.catalogue import scale_of
from ..stats.measures.effects import FloatArray
from ..stats.pooling.intervals import IDENTICAL, NO_SE
from ..stats.pooling.prediction import NO_SPREAD
from .effects import BadRow, Effects, effects_of
from .inference import Inferred, PoolMean, infer, narrower, needs_q, predict, shown, side
from .inverse import Inverse
from .kernels.inverse_variance import BoolArray, IntArray, Q
from .plan import TABLE_MODELS, BatchPlan, Method
from .refits import leave_one_out
from .tables import NO_PREDICTION, WITHOUT_VARIANCE, StrataPool, pool_strata
from .words import Words

NO_EFFECT = "no study has an effect size"
NO_ENDS = "no test or interval: the interval has no bounds that a number can hold"
NO_PI_ENDS = "it has no bounds that a number can hold"
BELOW = "the Hartung-Knapp standard error is below Wald's: the studies differ less than expected"
NARROWER = (
    "the prediction interval is narrower than the confidence interval: a new effect is not known better than the mean, "
    "but the two rest on other standard errors or distributions"
)
LEAVE_ONE_OUT = ("loo_min", "loo_max", "loo_changed")
NUMBERS = ("estimate", "se", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "pval", "tau2", "i2", "q")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Answers: every array has the shape (analyses, methods); ``reason``, ``notes``, ``pi_reason`` number ``texts``."""

    columns: dict[str, Any]
    texts: list[str]
    bad: tuple[BadRow, ...]
    bad_rows: int


def pool_chunk(
    data: Mapping[str, FloatArray], at: IntArray, plan: BatchPlan, slab: Any = None, into: dict[str, Any] | None = None,
    faults: Mapping[int, str] | None = None,
) -> Chunk:  # fmt: skip
    """Pool the analyses whose rows lie between the offsets ``at``, shape (analyses + 1,), by every method.

    Parameters
    ----------
    data
        Columns under metafor's names, shape (rows,), nan where missing.
    at
        Shape (analyses + 1,), from 0 to the number of rows.
    plan
        What is asked.
    slab
        Labels of the rows, for messages; None: their places in the analysis.
    into
        Arrays as `empty_answers` makes them, which take the answers; None: new ones.
    faults
        Row to what is wrong with it, where that was seen before.
    """
    effects = effects_of(data, at, plan, slab, faults or {})
    answers = _Answers(empty_answers(len(at) - 1, plan) if into is None else into)
    pooled = Inverse.of(effects, plan)
    for j, method in enumerate(plan.methods):
        if method.model in TABLE_MODELS:
            _fill_strata(answers, j, pool_strata(method.model, effects, at, plan), plan)
        else:
            _fill(answers, j, method, effects, pooled, plan)
    return Chunk(answers.columns, answers.words.texts, effects.bad, effects.bad_rows)


def empty_answers(n: int, plan: BatchPlan) -> dict[str, Any]:
    """Return arrays of shape (analyses, methods) for the answers to ``n`` analyses, with anything in them."""
    kinds: dict[str, Any] = dict.fromkeys(NUMBERS, np.float64) | dict.fromkeys(("k", "left_out", "reason"), np.int32)
    kinds |= dict.fromkeys(("tau2_lb", "tau2_ub"), np.float64) if "tau2_ci" in plan.also else {}
    kinds |= dict.fromkeys(LEAVE_ONE_OUT, np.float64) if "leave_one_out" in plan.also else {}
    kinds |= dict.fromkeys(("notes", "pi_reason"), np.int32) if "notes" in plan.also else {}
    return {
        name: np.empty((n, len(plan.methods)), dtype=kind)
        for name, kind in (kinds | {"converged": np.bool_, "conclusion": np.float32}).items()
    }


class _Answers:
    """The arrays that the methods fill, one column each."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.words = Words()
        self.columns = columns
        for values in columns.values():
            values[:] = np.nan if values.dtype.kind == "f" else True if values.dtype == np.bool_ else -1

    def put(self, j: int, alive: BoolArray | IntArray, **values: Any) -> None:
        """Write values of the analyses that are alive into the column of method ``j``."""
        where = slice(None) if len(alive) == len(self.columns["k"]) else alive
        for name, value in values.items():
            if name in self.columns:
                self.columns[name][where, j] = value

    def say(self, j: int, name: str, where: IntArray, text: str | None) -> None:
        """Write a sentence for the analyses at ``where``."""
        if name in self.columns and where.size:
            self.columns[name][where, j] = self.words.code(text)


def _fill(answers: _Answers, j: int, method: Method, e: Effects, pooled: Inverse, plan: BatchPlan) -> None:
    """Write the answers of a method by inverse variance."""
    alive = np.flatnonzero(e.alive)
    with np.errstate(all="ignore"):
        tau2 = pooled.tau2_by(method.tau2_method)
        means = pooled.means(method.model, tau2, needs_q(method.ci_method, plan.pi_method))
        found = infer(means, method.ci_method, plan.level, pooled.scale)
        sums = pooled.sums
        answers.columns["k"][:, j], answers.columns["left_out"][:, j] = e.k, e.left_out
        i2 = pooled.i2(tau2, method.tau2_method is not None)
        answers.put(
            j, alive, estimate=means.estimate, se=found.se, ci_lb=found.lb, ci_ub=found.ub, pval=found.pval,
            tau2=tau2, i2=i2, q=sums[Q], conclusion=side(found, pooled.scale),
        )  # fmt: skip
        if "tau2_ci" in plan.also and method.tau2_method is not None:
            lb, ub = pooled.tau2_ci()
            answers.put(j, alive, tau2_lb=lb, tau2_ub=ub)
        if "leave_one_out" in plan.also:
            refits = leave_one_out(e, method, plan, side(found, pooled.scale))
            answers.put(j, alive, **dict(zip(LEAVE_ONE_OUT, refits)))
        _predicted(answers, j, method, alive, means, found, pooled)
    _say_why(answers, j, method, alive, means, found, e, pooled)


def _predicted(
    answers: _Answers, j: int, method: Method, alive: IntArray, means: PoolMean, found: Inferred, pooled: Inverse
) -> None:
    """Write the prediction intervals, and why there is none."""
    if method.model != "random":
        answers.say(j, "pi_reason", alive, NO_SPREAD[method.model])
        return
    plan = pooled.plan
    ci_se = np.where(found.no_se, 0.0, found.se)
    lb, ub, undefined = predict(means, ci_se, plan.pi_method, plan.level)
    endless = (
        np.isfinite(means.tau2) & (means.k >= 3) & ~undefined & ~(shown(lb, pooled.scale) & shown(ub, pooled.scale))
    )
    lb, ub = np.where(endless, np.nan, lb), np.where(endless, np.nan, ub)
    answers.put(j, alive, pi_lb=lb, pi_ub=ub)
    for k in (1, 2):
        few = alive[means.k == k]
        answers.say(j, "pi_reason", few, f"k = {k}; a prediction interval needs at least 3 studies")
    answers.say(j, "pi_reason", alive[undefined], IDENTICAL)
    answers.say(j, "pi_reason", alive[endless], NO_PI_ENDS)
    _notes(answers, j, method, alive, means, found, narrower(lb, ub, found.lb, found.ub))


def _notes(
    answers: _Answers, j: int, method: Method, alive: IntArray, means: PoolMean, found: Inferred, narrow: BoolArray
) -> None:
    """Write what to know before reading the numbers, in the order of `metaan.stats.pooling.pool.pool`."""
    if "notes" not in answers.columns:
        return
    few = np.maximum(means.k - 1, 0)
    below = (method.ci_method == "hksj") & (means.q > 0) & (means.q < few * (1 - 1e-9))
    flags = found.no_se * 1 + found.no_ends * 2 + below * 4 + narrow * 8
    texts = (NO_SE.format(IDENTICAL), NO_ENDS, BELOW, NARROWER)
    for flag in np.unique(flags[flags > 0]).tolist():
        said = "; ".join(text for bit, text in enumerate(texts) if flag >> bit & 1)
        answers.say(j, "notes", alive[flags == flag], said)


def _say_why(
    answers: _Answers, j: int, method: Method, alive: IntArray, means: PoolMean, found: Inferred, e: Effects,
    pooled: Inverse,
) -> None:  # fmt: skip
    """Write why an analysis has no answer, or none but an estimate; take away what does not exist."""
    answers.say(j, "reason", alive[found.no_se], NO_SE.format(IDENTICAL))
    answers.say(j, "reason", alive[found.no_ends], NO_ENDS)
    if method.model != "random":
        _notes(answers, j, method, alive, means, found, np.zeros(alive.size, dtype=bool))
    answers.say(j, "reason", np.flatnonzero(~e.alive), NO_EFFECT)
    lost = np.isnan(means.tau2)
    if lost.any():
        answers.columns["converged"][alive[lost], j] = False
        _none(answers, j, alive[lost], [f"{method.tau2_method}: no convergence"] * int(lost.sum()))
    far = np.flatnonzero(~lost & ~shown(means.estimate, pooled.scale))
    whys = [
        f"the mean is {means.estimate[i]:.3g} on the analysis scale, too far for any {pooled.plan.measure}" for i in far
    ]
    _none(answers, j, alive[far], whys)
    _none(answers, j, np.fromiter(e.errors, dtype=np.int64), list(e.errors.values()))


def _none(answers: _Answers, j: int, where: IntArray, whys: list[str]) -> None:
    """Leave nothing of an analysis but why."""
    for name, values in answers.columns.items():
        if values.dtype.kind == "f":
            values[where, j] = np.nan
        elif name in ("notes", "pi_reason"):
            values[where, j] = -1
    for i, why in zip(where.tolist(), whys):
        answers.columns["reason"][i, j] = answers.words.code(why)


def _fill_strata(answers: _Answers, j: int, found: StrataPool, plan: BatchPlan) -> None:
    """Write the answers of a method that pools tables as strata."""
    scale = scale_of(plan.measure)
    alive = found.alive
    zero = np.zeros(alive.size)
    with np.errstate(all="ignore"):
        means = PoolMean(found.k[alive], zero, found.estimate, found.se, zero)
        inferred = infer(means, "wald", plan.level, scale)
        df = found.q_df.astype(float)
        i2 = np.where((found.q > 0) & (df > 0), np.maximum(0.0, 100 * (found.q - df) / found.q), 0.0)
    answers.columns["k"][:, j], answers.columns["left_out"][:, j] = found.k, found.left_out
    answers.put(
        j, alive, estimate=found.estimate, se=inferred.se, ci_lb=inferred.lb, ci_ub=inferred.ub, pval=inferred.pval,
        i2=i2, q=found.q, conclusion=side(inferred, scale),
    )  # fmt: skip
    answers.say(j, "pi_reason", alive, NO_PREDICTION)
    no_se = NO_SE.format(WITHOUT_VARIANCE if found.model == "MH" else IDENTICAL)
    for name in ("reason", "notes"):
        answers.say(j, name, alive[inferred.no_se], no_se)
        answers.say(j, name, alive[inferred.no_ends], NO_ENDS)
    for i, why in found.reasons.items():
        answers.say(j, "reason", np.array([i]), why)
