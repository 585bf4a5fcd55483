"""Selection models: the effect, given that studies were seen with a probability that depends on their p-value.

`selection_model` is the way in; the selection functions are in `functions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray, Interval, column, not_effects
from ..numerics.numerals import figures
from ..pooling.intervals import check_level, mean_interval
from ..pooling.pool import left_out
from ..pooling.result import Pooled, effects_of
from ..regression.design import Coding, check_rank, design_of
from .functions import SELECTION_ALIASES, SELECTION_FUNCTIONS, SelectionFunction
from .likelihood import Box, Found, Likelihood, Top, search
from .moments import Selection, Smooth, Steps
from .result import SelectionModel

if TYPE_CHECKING:
    import pandas as pd

#: Beyond this a parameter of a selection function is on its way to infinity.
HIGHEST = 1e6
AT_BOUND = "delta is at the lowest it can be; its standard error is that of the curvature there"
NO_ERROR = "delta is at the lowest it can be and has no standard error; the others are those at this delta"


def selection_model(
    es: EffectSizes | Pooled,
    kind: str = "stepfun",
    steps: ArrayLike | None = None,
    alternative: str = "greater",
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    delta: Sequence[float | None] | float | None = None,
    prec: str | None = None,
    ni: ArrayLike | None = None,
    scaleprec: bool = True,
    model: str | None = None,
    tau2: float | None = None,
    collapse: bool = False,
    intercept: bool = True,
    level: float = 0.95,
) -> SelectionModel:
    """Estimate the effect together with how likely studies were seen, given their p-values.

    Parameters
    ----------
    es
        Effects, or a pool of them.
    kind
        A key of `SELECTION_FUNCTIONS` or of `SELECTION_ALIASES`.
    steps
        p-values between 0 and 1. Of a step function, where it steps, [0.025] unless given (the three-parameter model);
        of the others one value below which all studies are seen alike. Of ``"truncated"`` one effect, [0] unless given.
    alternative
        Which p-values: ``"greater"`` (large effects are favoured), ``"less"`` or ``"two.sided"``.
    mods, data, intercept
        Moderators, as for `metaan.stats.regression.fit_regression.meta_regression`.
    delta
        Parameters of the selection function that are given and not estimated; None or nan where one is to be.
    prec, ni, scaleprec
        A key of `PRECISIONS`, where selection depends on precision too; the sizes of the studies; whether the largest
        imprecision is made 1.
    model
        A key of `SELECTION_MODELS` or of `MODEL_ALIASES`; that of the pool, or ``"random"``.
    tau2
        A between-study variance that is given and not estimated.
    collapse
        True: an interval of p-values without studies joins the next one. Otherwise the likelihood of a step function
        puts it at 0, and one of the smallest p-values cannot be estimated.
    level
        Coverage of the intervals.

    Raises
    ------
    DataError
        Lengths differ.
    NotEstimableError
        Fewer studies than parameters; no study with a p-value below the first step (or, but for step functions, above
        it); a likelihood that keeps rising, or that is flat at its top.
    ConvergenceError
        The search did not end.
    UsageError
        An unknown kind, alternative or measure of precision, or an option that does not go with the kind.

    Notes
    -----
    Hedges 1992; Vevea & Hedges 1995; Preston et al. 2004; Vevea & Woods 2005; Citkowicz & Vevea 2017. Maximum
    likelihood with analytic gradient and Hessian. tau2 at 0 has no standard error, and the others are those without it.

    Examples
    --------
    >>> yi = [0.62, 0.55, 0.18, 0.51, 0.10, 0.36, 0.10, 0.31, 0.05, 0.22, 0.45, 0.17]
    >>> vi = [0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01]
    >>> fit = selection_model(EffectSizes.of(yi, vi))
    >>> round(fit.estimate, 3), fit.counts, round(float(fit.delta[1]), 2), fit.lrt_df
    (0.171, (7, 5), 0.18, 1)
    """
    check_level(level)
    kind = SELECTION_ALIASES.get(kind, kind)
    rule = choose(SELECTION_FUNCTIONS, kind, "kind")
    sign, two_sided = choose(ALTERNATIVES, alternative, "alternative")
    heterogeneous = choose(SELECTION_MODELS, MODEL_ALIASES.get(model or "", model) or _model_of(es), "model")
    got = _read(es, mods, data, ni, intercept)
    z = sign * got.effects.yi / np.sqrt(got.effects.vi)
    p = 2 * ndtr(-np.abs(z)) if two_sided else ndtr(-z)
    precision = _precision(rule, got, prec, scaleprec)
    if kind == "truncated":
        cuts = _truncation(steps, two_sided)
        selection: Selection = Steps.at_effect(sign * got.effects.yi, got.effects.sei, sign * float(cuts[0]))
        above = int((sign * got.effects.yi > sign * cuts[0]).sum())
        counts: tuple[int, ...] = (above, got.effects.k - above)
    else:
        cuts = _cuts(rule, kind, steps)
        cuts = _collapsed(cuts, p) if collapse else cuts
        counts = _counts(cuts, p)
        selection = (
            Steps.of(z, cuts, two_sided)
            if rule.log_weight is None
            else Smooth.of(z, rule, float(cuts[0]) if cuts.size else 0.0, two_sided, precision)
        )
    _check_counts(rule, cuts, counts, kind == "truncated")
    given = _given(delta, len(counts) if rule.log_weight is None else len(rule.null), rule)
    problem = Likelihood(sign * got.effects.yi, got.effects.vi, sign * got.x, selection)
    box = _box(problem, rule, given, counts, tau2 if heterogeneous else 0.0)
    found = search(problem, box)
    covariance, notes = _covariance(found.top, box, got.x.shape[1])
    return _result(got, problem, box, found.top, covariance, (*notes, *_higher(found)), {
        "kind": kind, "alternative": alternative, "steps": cuts, "counts": counts, "level": level,
        "model": "random" if heterogeneous else "common", "loglik_null": found.null,
        "delta_fixed": tuple((~np.isnan(given)).tolist()),
    })  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Effects that have all moderators, with their design and, where given, their sizes."""

    effects: EffectSizes
    x: FloatArray
    coding: Coding
    sizes: FloatArray | None
    excluded: tuple[tuple[str, str], ...]


def _model_of(es: Any) -> str:
    """Return the model of a pool, random effects for anything else."""
    return "common" if isinstance(es, Pooled) and es.model == "common" else "random"


def _read(es: Any, mods: Any, data: Any, ni: ArrayLike | None, intercept: bool) -> Observed:
    """Keep the studies that have an effect, all moderators, and a size where sizes are given."""
    if not isinstance(es, EffectSizes | Pooled):
        raise not_effects(es)
    es = effects_of(es)
    sizes = None if ni is None else column(ni, "ni")
    if sizes is not None and sizes.shape != (len(es),):
        raise DataError(f"ni has {sizes.size} values for {len(es)} studies")
    sized = np.ones(len(es), dtype=bool) if sizes is None else ~np.isnan(sizes)
    if es.k == 0:
        raise NotEstimableError("no study has an effect size")
    design = design_of(mods, es.estimable & sized, intercept, data)
    check_rank(design.x, design.coding.names)
    at = np.flatnonzero(design.used)
    why = dict(left_out(es))
    for label, reason, known in zip(es.slab, design.missing, sized.tolist()):
        if reason is not None or not known:
            why.setdefault(label, reason or "ni is missing")
    excluded = tuple((label, why[label]) for label in es.slab if label in why)
    return Observed(es.take(at.tolist()), design.x, design.coding, None if sizes is None else sizes[at], excluded)


def _cuts(rule: SelectionFunction, kind: str, steps: ArrayLike | None) -> FloatArray:
    """Return the upper ends of the intervals of p-values; empty for a function without a step."""
    stepped = rule.log_weight is None
    if steps is None:
        return np.array([0.025, 1.0]) if stepped else np.empty(0)
    if not stepped and not rule.takes_steps:
        raise UsageError(f"steps are given, and {kind} has none; allowed: no steps")
    found = np.unique(column(steps, "steps"))
    inner = found[found < 1]
    if not ((found > 0) & (found <= 1)).all() or not inner.size or (not stepped and inner.size > 1):
        allowed = "one or more" if stepped else "one"
        raise UsageError(f"steps = {found.tolist()}; allowed: {allowed} between 0 and 1, such as 0.025")
    return np.append(inner, 1.0)


def _truncation(steps: ArrayLike | None, two_sided: bool) -> FloatArray:
    """Return the effect below which studies are seen less."""
    if two_sided:
        raise UsageError("a truncated function favours one side; allowed: alternative 'greater' or 'less'")
    found = column(0.0 if steps is None else steps, "steps")
    if found.size != 1 or np.isnan(found).any():
        raise UsageError(f"steps = {found.tolist()}; allowed: one effect, on the analysis scale, such as 0")
    return found


def _counts(cuts: FloatArray, p: FloatArray) -> tuple[int, ...]:
    """Return how many p-values lie in each interval; the upper end belongs to it."""
    at = np.minimum(np.searchsorted(cuts, p, side="left"), cuts.size - 1)
    return tuple(np.bincount(at, minlength=cuts.size).tolist()) if cuts.size else ()


def _collapsed(cuts: FloatArray, p: FloatArray) -> FloatArray:
    """Join each interval without studies with the next one, the last with the one before."""
    full = np.array(_counts(cuts, p)) > 0
    kept = cuts[full]
    return np.append(kept[:-1], 1.0) if kept.size else cuts


def _check_counts(rule: SelectionFunction, cuts: FloatArray, counts: tuple[int, ...], by_effect: bool) -> None:
    """Refuse steps that nothing can be learned from."""
    if not counts:
        return
    if by_effect:
        if not all(counts):
            side = "favoured" if counts[1] else "other"
            raise NotEstimableError(f"no study has an effect on the {side} side of {cuts[0]:g}", "give another step")
        return
    if len(counts) == 1:
        raise NotEstimableError("all studies lie in one interval of p-values: nothing tells how others are selected")
    if counts[0] == 0:
        raise NotEstimableError(
            f"no study has p <= {cuts[0]:g}, against which the others are measured", "give other steps, or collapse"
        )
    if rule.log_weight is not None and counts[1] == 0:
        raise NotEstimableError(f"no study has p > {cuts[0]:g}, where the function begins to fall", "give another step")


def _precision(rule: SelectionFunction, got: Observed, prec: str | None, scale: bool) -> FloatArray:
    """Return the imprecision of each study; 1 where it plays no part."""
    if prec is None:
        return np.ones(1)
    if not rule.takes_precision or rule.log_weight is None:
        raise UsageError(f"prec is given, and a {rule.name} function knows no precision; allowed: no prec")
    made = choose(PRECISIONS, prec, "prec")
    if made.of_size and got.sizes is None:
        raise UsageError(f"prec={prec!r} needs the sizes of the studies; allowed: ni=[...], or prec='sei'")
    values = made.values(got.sizes if made.of_size and got.sizes is not None else got.effects.vi)
    return np.asarray(values / values.max() if scale else values)


def _given(delta: Any, q: int, rule: SelectionFunction) -> FloatArray:
    """Return the parameters that are given, nan where one is to be estimated; the first of steps is 1."""
    lowest = np.array(rule.lower or (0.0,) * q)
    values = np.full(q, np.nan) if delta is None else column(delta, "delta")
    if values.size != q:
        raise UsageError(f"delta has {values.size} values; allowed: {q}, None where one is to be estimated")
    if rule.log_weight is None:
        values[0] = 1.0 if np.isnan(values[0]) else values[0]
    if (values < lowest).any() or (rule.log_weight is None and not values[0]):
        raise UsageError(f"delta = {values.tolist()}; allowed: at least {lowest.tolist()}")
    return values


def _box(
    problem: Likelihood, rule: SelectionFunction, given: FloatArray, counts: tuple[int, ...], tau2: float | None
) -> Box:
    """Return what is searched: an interval of p-values without studies has its best delta at 0, without a search."""
    p, q, stepped = problem.x.shape[1], given.size, rule.log_weight is None
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise UsageError(f"tau2 = {tau2:g}; allowed: 0 or more")
    estimated = np.isnan(given)
    free = np.concatenate([np.ones(p, dtype=bool), [tau2 is None], estimated])
    if stepped:
        free[p + 1 :] &= np.array(counts) > 0
    if problem.yi.size < int(free.sum()):
        raise NotEstimableError(f"k = {problem.yi.size} for {int(free.sum())} parameters", "give some of them")
    lower = np.concatenate([np.full(p, -np.inf), [tau2 or 0.0], rule.lower or np.zeros(q)])
    upper = np.concatenate([np.full(p, np.inf), [np.inf if tau2 is None else tau2], np.full(q, HIGHEST)])
    logs = np.concatenate([np.zeros(p + 1, dtype=bool), np.full(q, stepped) & estimated])
    return Box(lower, upper, free, logs, _starts(rule, given, free[p + 1 :]))


def _starts(rule: SelectionFunction, given: FloatArray, free: NDArray[np.bool_]) -> tuple[FloatArray, ...]:
    """Return no selection and some, where they differ; an interval of p-values without studies has 0."""
    q = given.size
    none, some = (np.ones(q), np.full(q, 0.3)) if rule.log_weight is None else map(np.array, (rule.null, rule.start))
    known = np.where(np.isnan(given), 0.0, given)
    starts = tuple(np.where(free, start, known) for start in (none, some))
    return starts[:1] if np.array_equal(starts[0], starts[1]) else starts


def _higher(found: Found) -> tuple[str, ...]:
    """Say that the likelihood has a higher top than the one near no selection."""
    if found.higher is None:
        return ()
    by, p = found.higher.at.value - found.top.at.value, found.higher.parameters
    at = f"a first coefficient of {figures(float(p[0]))}"
    return (f"the likelihood has another top, higher by {figures(by)}, at {at}: these data hardly tell which",)


def _covariance(found: Top, box: Box, p: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the inverse information of what has an error, 0 for the rest: what is given, and tau2 at 0.

    A delta at its bound takes part where the likelihood bends down there too, as it does just beside; otherwise the
    errors are those at that delta.
    """
    low = box.free & (found.parameters <= box.lower)
    inner = box.free & ~(low & (np.arange(low.size) == p))
    notes = ("tau2 is 0, the lowest it can be, and has no standard error; the others are those without it",) * bool(
        low[p]
    )
    at_bound = bool(low[p + 1 :].any())
    choices = [(inner, (AT_BOUND,) * at_bound)]
    if at_bound:
        choices += [(inner & ~low, (NO_ERROR,)), (inner & (np.arange(low.size) <= p), (NO_ERROR,))]
    for keep, note in choices:
        inverse = _inverse(found.at.hessian, keep)
        if inverse is not None:
            return inverse, notes + note
    raise NotEstimableError("the likelihood is flat at its top: the data do not tell its parameters apart")


def _inverse(hessian: FloatArray, keep: NDArray[np.bool_]) -> FloatArray | None:
    """Return the inverse information of some parameters among zeros; None where it is not positive."""
    at = np.flatnonzero(keep)
    information = -hessian[np.ix_(at, at)]
    root = np.sqrt(np.abs(np.diag(information)))
    if not (root > 0).all() or np.linalg.eigvalsh(information / np.outer(root, root)).min() < 1e-10:
        return None
    whole = np.zeros(hessian.shape)
    whole[np.ix_(at, at)] = np.linalg.inv(information)
    return whole


def _result(
    got: Observed, problem: Likelihood, box: Box, found: Top, covariance: FloatArray, notes: tuple[str, ...],
    rest: dict[str, Any],
) -> SelectionModel:  # fmt: skip
    """Put a result together."""
    p, level = got.x.shape[1], rest["level"]
    ses: list[float | None] = [float(np.sqrt(v)) if v else None for v in np.diag(covariance)]
    tau2, tau2_se = float(found.parameters[p]), ses[p]
    ci = None
    if tau2_se is not None:
        around = mean_interval(tau2, tau2_se, None, level)
        ci = Interval(max(0.0, around.lb), around.ub)
    empty = [f"{cut:g}" for cut, count in zip(rest["steps"], rest["counts"]) if not count]
    if empty:
        notes += (f"no study in the interval of p-values up to {', '.join(empty)}: its delta is 0, without an error",)
    return SelectionModel(
        names=got.coding.names, terms=got.coding.terms, coefficients=found.parameters[:p], vcov=covariance[:p, :p],
        dfs=np.full(p, np.inf), effects=got.effects, excluded=got.excluded, notes=notes, tau2=tau2, tau2_se=tau2_se,
        tau2_ci=ci, delta=found.parameters[p + 1 :], delta_se=tuple(ses[p + 1 :]), loglik=found.at.value,
        vcov_all=covariance, problem=problem, box=box, **rest,
    )  # fmt: skip


ALTERNATIVES: dict[str, tuple[float, bool]] = {
    "greater": (1.0, False), "less": (-1.0, False), "two.sided": (1.0, True),
}  # fmt: skip

#: Model to whether tau2 is estimated.
SELECTION_MODELS: dict[str, bool] = {"random": True, "common": False}

#: What metafor calls them.
MODEL_ALIASES = {"ML": "random", "EE": "common", "FE": "common"}


@dataclass(frozen=True, slots=True)
class Precision:
    """An imprecision that selection may depend on, made of the variance or of the size of a study."""

    values: Any
    of_size: bool = False


PRECISIONS: dict[str, Precision] = {
    "sei": Precision(np.sqrt),
    "vi": Precision(lambda vi: vi),
    "ninv": Precision(lambda ni: 1 / ni, of_size=True),
    "sqrtninv": Precision(lambda ni: 1 / np.sqrt(ni), of_size=True),
}
