"""One analysis many times: without each study in turn, or with one study more at a time.

To make another kind of fit repeatable, enter a function in `REFITS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..glmm.glmm import Glmm, glmm
from ..measures.effects import EffectSizes, FloatArray, column
from ..pooling.pool import pool
from ..pooling.result import Pooled
from ..regression.result import MetaRegression
from ..tables.peto import peto
from ..tables.stratified import MantelHaenszel, mantel_haenszel
from .regression_sequence import RegressionRefits, leave_one_out_regression
from .sequence_result import Refits, Refitted

Indices = NDArray[np.intp]
Refit = Callable[[Pooled, Indices], Pooled]


@overload
def leave_one_out(fit: Pooled, refit: Refit | None = None, *, studies: Sequence[str] = ()) -> Refits: ...


@overload
def leave_one_out(fit: MetaRegression) -> RegressionRefits: ...


def leave_one_out(
    fit: Pooled | MetaRegression, refit: Refit | None = None, *, studies: Sequence[str] = ()
) -> Refits | RegressionRefits:
    """Pool, or regress, again without each study in turn.

    Parameters
    ----------
    fit
        A pooled result whose method is a key of `REFITS`, or a meta-regression.
    refit
        How to pool a selection, from the fit and the indices of its studies; by default with the options of ``fit``.
    studies
        k labels: rows with one label are one study, and are left out together; by default each row is a study.

    Raises
    ------
    NotEstimableError
        Fewer than two studies.
    UsageError
        A fit that cannot be repeated: give ``refit``; or labels that are not k.

    Examples
    --------
    >>> fit = pool(EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03]))
    >>> leave_one_out(fit).estimate.round(3).tolist()
    [0.57, 0.457, 0.189]
    """
    if isinstance(fit, MetaRegression):
        return leave_one_out_regression(fit)
    if len(studies) not in (0, fit.k):
        raise UsageError(f"{len(studies)} labels of studies for the {fit.k} rows pooled; allowed: one for each row")
    of = np.array(studies) if studies else np.arange(fit.k)
    each = dict.fromkeys(of.tolist())
    if len(each) < 2:
        raise NotEstimableError(f"k = {len(each)}; leaving one out needs at least 2 studies")
    again = refit or _refit(fit)
    labels = tuple(each) if studies else fit.effects.slab
    return _refits("leave-one-out", fit, again, labels, (np.flatnonzero(of != one) for one in each))


def cumulative(
    fit: Pooled,
    order: str | ArrayLike | Mapping[str, float] | None = None,
    *,
    indices: Sequence[int] | None = None,
    refit: Refit | None = None,
) -> Refits:
    """Pool one study, two studies, and so on to all.

    Parameters
    ----------
    fit
        A pooled result whose method is a key of `REFITS`.
    order
        What to sort by, smallest first: shape (k,) such as years, or study label to value, or a key of `ORDERS`; as
        they stand when not given. Ties stay as they stand.
    indices
        Instead of ``order``: the studies themselves, each once.
    refit
        As in `leave_one_out`.

    Notes
    -----
    Lau et al. 1992. Row i + 1 holds all studies of row i.

    Examples
    --------
    >>> fit = pool(EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03], ["a", "b", "c"]))
    >>> done = cumulative(fit, [2003, 1999, 2001])
    >>> done.slab, done.estimate.round(3).tolist()
    (('b', 'c', 'a'), [0.3, 0.57, 0.412])
    """
    at = _by_indices(fit, indices) if indices is not None else _by_order(fit, order)
    again = refit or _refit(fit)
    labels = tuple(fit.effects.slab[i] for i in at)
    return _refits("cumulative", fit, again, labels, (at[: n + 1] for n in range(fit.k)))


def _refits(kind: str, fit: Pooled, refit: Refit, slab: tuple[str, ...], selections: Iterator[Indices]) -> Refits:
    outcomes = [_attempt(fit, refit, at) for at in selections]
    return Refits(kind, slab, tuple(f for f, _ in outcomes), tuple(why for _, why in outcomes), fit)


def _attempt(fit: Pooled, refit: Refit, at: Indices) -> tuple[Refitted | None, str | None]:
    try:
        return Refitted.of(refit(fit, at)), None
    except NotEstimableError as error:
        return None, str(error)


def _refit(fit: Pooled) -> Refit:
    """Return how to repeat a fit, if repeating it on all studies gives the same."""
    refit = choose(REFITS, fit.method, "method")
    again = refit(fit, np.arange(fit.k))
    one, other = ([f.estimate, np.nan if f.se is None else f.se] for f in (again, fit))
    if not np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise UsageError(
            f"{fit.method}: repeating it with the usual rule for zero cells gives {again.estimate:g}, not "
            f"{fit.estimate:g}; give refit, a function from the fit and indices to a pooled result"
        )
    return refit


def _by_indices(fit: Pooled, indices: Sequence[int]) -> Indices:
    at = np.asarray(indices)
    if at.shape != (fit.k,) or not np.array_equal(np.sort(at), np.arange(fit.k)):
        raise UsageError(f"indices = {list(indices)!r}; allowed: each of 0 to {fit.k - 1} once")
    return at.astype(np.intp)


def _by_order(fit: Pooled, order: Any) -> Indices:
    if order is None:
        return np.arange(fit.k)
    if isinstance(order, str):
        return np.argsort(choose(ORDERS, order, "order")(fit.effects), kind="stable")
    if isinstance(order, Mapping):
        unknown = [label for label in fit.effects.slab if label not in order]
        if unknown:
            raise DataError(f"order has no value for study {unknown[0]!r}")
        order = [order[label] for label in fit.effects.slab]
    values = column(order, "order")
    if values.size != fit.k:
        raise DataError(
            f"order has {values.size} values for the {fit.k} studies pooled; allowed: k values, or label to value"
        )
    if np.isnan(values).any():
        raise DataError(f"order: no value for study {fit.effects.slab[int(np.argmax(np.isnan(values)))]!r}")
    return np.argsort(values, kind="stable")


def _inverse_variance(fit: Pooled, at: Indices) -> Pooled:
    options: dict[str, Any] = {"tau2_method": fit.tau2_method} if fit.tau2_method else {}
    options |= {"pi_method": fit.pi_method} if fit.pi_method else {}
    return pool(
        fit.effects.take(at.tolist()),
        fit.model,
        ci_method=fit.ci_method,
        level=fit.level,
        tau2=fit.tau2 if fit.tau2_fixed else None,
        weights=fit.weights[at] if fit.weights_fixed else None,
        **options,
    )


def _tables(fit: Pooled, at: Indices) -> tuple[dict[str, Any], EffectSizes]:
    part = fit.effects.take(at.tolist())
    return dict(part.data), part


def _mantel_haenszel(fit: Pooled, at: Indices) -> Pooled:
    data, part = _tables(fit, at)
    rules: Mapping[str, Any] = fit.options if isinstance(fit, MantelHaenszel) else {}
    return mantel_haenszel(fit.measure, level=fit.level, slab=part.slab, **rules, **data)


def _peto(fit: Pooled, at: Indices) -> Pooled:
    data, part = _tables(fit, at)
    return peto(level=fit.level, slab=part.slab, **data)


def _mixed_model(fit: Pooled, at: Indices) -> Pooled:
    """Fit the mixed model again; studies without events are in ``fit.effects`` only where they were wanted."""
    data, part = _tables(fit, at)
    options: Any = {name: getattr(fit, name) for name in ("measure", "model", "ci_method", "pi_method", "level")}
    structure, points = (fit.structure, fit.points) if isinstance(fit, Glmm) else ("UM.FS", None)
    return glmm(structure, points=points, drop00=False, slab=part.slab, **options, **data)


REFITS: dict[str, Refit] = {"IV": _inverse_variance, "MH": _mantel_haenszel, "Peto": _peto, "GLMM": _mixed_model}

ORDERS: dict[str, Callable[[EffectSizes], FloatArray]] = {
    "precision": lambda es: es.vi,
    "effect": lambda es: es.yi,
}
"""What `cumulative` can sort by without being told: the most precise study first, the smallest effect first."""
