"""Several effects of a study in one model: three levels, more levels, crossed groups, correlated sampling errors.

To add an interval or a prediction interval: write a function and enter it in `MULTILEVEL_CI_METHODS` or
`MULTILEVEL_PI_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray, Interval, not_effects
from ..pooling.intervals import check_level, mean_interval
from ..pooling.pool import left_out
from ..pooling.result import Pooled, effects_of
from ..regression.design import Coding, check_rank, design_of
from .blocks import BlockCovariance, Codes, codes_of, covariance_of, nested
from .covariance import sampling_covariance
from .likelihood import Mixed, Solved, maximise
from .result import Multilevel

if TYPE_CHECKING:
    import pandas as pd

Clusters = ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Effects that have all that is needed, their design, their levels (outer first) and their sampling covariance."""

    effects: EffectSizes
    x: FloatArray
    coding: Coding
    names: tuple[str, ...]
    codes: tuple[Codes, ...]
    v: BlockCovariance
    rows: Codes
    excluded: tuple[tuple[str, str], ...]


def multilevel(
    es: EffectSizes | Pooled,
    cluster: Clusters,
    effect: ArrayLike | bool | None = None,
    method: str = "REML",
    ci_method: str = "t",
    rho: float | None = None,
    V: BlockCovariance | ArrayLike | None = None,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    crossed: Mapping[str, ArrayLike] | None = None,
    sigma2: ArrayLike | None = None,
    pi_method: str = "as ci",
    intercept: bool = True,
    level: float = 0.95,
) -> Multilevel:
    """Pool several effects of a study in a model with a variance for each level.

    Parameters
    ----------
    es
        Effects; those without a value, a cluster or a moderator are left out and listed in ``excluded``.
    cluster
        Shape (k,): the study of each effect. For more levels a mapping of names to columns, outer first:
        ``{"district": ..., "school": ...}``; each is taken within the ones before it.
    effect
        The innermost level, within clusters: None for each effect its own (three levels), a column, or False for none.
    method
        ``"REML"`` or ``"ML"``.
    ci_method, pi_method
        Keys of `MULTILEVEL_CI_METHODS` and `MULTILEVEL_PI_METHODS`.
    rho
        The correlation of sampling errors within the innermost cluster (correlated and hierarchical effects, CHE).
    V
        Instead of ``rho``: the covariance of the sampling errors, as `sampling_covariance` makes it, shape (k, k), or
        variances, shape (k,).
    mods, data, intercept
        Moderators, as for `metaan.stats.regression.fit_regression.meta_regression`.
    crossed
        Further groups that are not within clusters, such as ``{"laboratory": ...}``: a variance each.
    sigma2
        Variances that are given, one a level in the order of the result; nan or None where one is to be estimated.
    level
        Coverage of the intervals.

    Raises
    ------
    DataError
        Lengths differ, or V is no covariance.
    NotEstimableError
        Too few effects, one group in a level, two levels that are the same.
    ConvergenceError
        The variances did not settle.
    UsageError
        An unknown method, or both ``rho`` and ``V``.

    Notes
    -----
    Konstantopoulos 2011; Cheung 2014; Pustejovsky & Tipton 2022.

    Examples
    --------
    >>> es = EffectSizes.of([0.10, 0.20, 0.50, 0.65, 0.30, 0.15], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02])
    >>> fit = multilevel(es, ["a", "a", "b", "b", "c", "c"], rho=0.6)
    >>> round(fit.estimate, 4), fit.sigma2.round(4).tolist(), fit.df
    (0.2754, [0.0246, 0.0], 2.0)
    """
    check_level(level)
    restricted = choose(MULTILEVEL_METHODS, method, "method")
    dfs_of = choose(MULTILEVEL_CI_METHODS, ci_method, "ci_method")
    df_of_new = choose(MULTILEVEL_PI_METHODS, pi_method, "pi_method")
    got = read(es, cluster, effect, rho, V, mods, data, crossed or {}, intercept)
    _check(got)
    m = Mixed.of(got.effects.yi, got.x, got.v, got.codes, restricted)
    given = _given(sigma2, len(got.names))
    found, solved = maximise(m, np.where(np.isnan(given), m.typical / len(got.names), given), np.isnan(given))
    dfs = dfs_of(got.x, got.codes)
    null = _without_spread(m, len(got.names))
    i2 = None if null is None else _i2(found, (len(m.y) - got.x.shape[1]) / null.trace_p)
    q, q_df = None if null is None else null.rss, len(m.y) - got.x.shape[1]
    pi, pi_reason = _new_effect(solved, found, df_of_new(dfs, len(m.y)), level)
    return Multilevel(
        names=got.coding.names, terms=got.coding.terms, coefficients=solved.beta, vcov=solved.vcov, dfs=dfs,
        level=level, effects=got.effects, excluded=got.excluded, notes=_notes(got, found, np.isnan(given), null),
        method=method, ci_method=ci_method, pi_method=pi_method, levels=got.names, sigma2=found,
        groups=tuple(int(c.max()) + 1 for c in got.codes), fixed=tuple((~np.isnan(given)).tolist()),
        pi=pi, pi_reason=pi_reason, i2=None if i2 is None else float(i2.sum()), i2_by_level=i2,
        q=q, q_df=q_df, q_pval=None if q is None else float(chdtrc(q_df, q)), loglik=solved.ll,
        problem=m, solved=solved, V=got.v, x=got.x, codes=got.codes, rows=got.rows,
    )  # fmt: skip


def read(
    es: EffectSizes | Pooled, cluster: Clusters, effect: ArrayLike | bool | None, rho: float | None,
    v: BlockCovariance | ArrayLike | None, mods: Any, data: Any, crossed: Mapping[str, ArrayLike], intercept: bool,
) -> Data:  # fmt: skip
    """Keep the effects that have a value, their groups and their moderators."""
    if not isinstance(es, EffectSizes | Pooled):
        raise not_effects(es)
    if rho is not None and v is not None:
        raise UsageError("rho and V are both given; allowed: one of them")
    es = effects_of(es)
    outer = dict(cluster) if isinstance(cluster, Mapping) else {"cluster": cluster}
    given = outer | dict(crossed)
    if effect is not None and not isinstance(effect, bool):
        given["effect"] = effect
    columns = {name: column_of(values, name, len(es)) for name, values in given.items()}
    design = design_of(mods, es.estimable & ~np.any([gone(c) for c in columns.values()], axis=0), intercept, data)
    at = np.flatnonzero(design.used)
    used = es.take(at.tolist())
    names, codes = _levels(outer, crossed, effect, {name: c[at] for name, c in columns.items()}, at.size)
    if v is None:
        innermost = codes[len(outer) - 1]
        covariance = covariance_of(used.vi, used.k) if not rho else sampling_covariance(used.vi, innermost, rho=rho)
    else:
        covariance = covariance_of(v, len(es)).take(at)
    reasons = left_out_of(es, columns, design.missing)
    return Data(used, design.x, design.coding, names, codes, covariance, at, reasons)


def column_of(values: ArrayLike, name: str, n: int) -> Any:
    """Read a column of groups."""
    column = np.asarray(values, dtype=object)
    if column.shape != (n,):
        raise DataError(f"{name} has shape {column.shape}; allowed: ({n},), a value an effect")
    return column


def gone(column: Any) -> Any:
    """Return where a group is missing."""
    return np.array([value is None or value != value for value in column.tolist()], dtype=bool)


def left_out_of(
    es: EffectSizes, columns: Mapping[str, Any], missing: tuple[str | None, ...]
) -> tuple[tuple[str, str], ...]:
    """Return (label, reason) of the effects that have no value, no group or no moderator."""
    why = dict(left_out(es))
    for label, reason in zip(es.slab, missing):
        if reason is not None:
            why.setdefault(label, reason)
    for name, column in columns.items():
        for i in np.flatnonzero(gone(column)).tolist():
            why.setdefault(es.slab[i], f"{name} is missing")
    return tuple((label, why[label]) for label in es.slab if label in why)


def _levels(
    outer: Mapping[str, Any], crossed: Mapping[str, Any], effect: Any, columns: Mapping[str, Any], n: int
) -> tuple[tuple[str, ...], tuple[Codes, ...]]:
    """Return names and codes of the levels: clusters outer first, effects within them, then what crosses them."""
    found: dict[str, Codes] = {}
    within = np.zeros(n, dtype=np.intp)
    for name in outer:
        within = nested(within, codes_of(columns[name], name, n))
        found[name] = within
    if effect is not False:
        own = np.arange(n) if "effect" not in columns else codes_of(columns["effect"], "effect", n)
        found["effect"] = nested(within, own)
    return (*found, *crossed), (*found.values(), *(codes_of(columns[c], c, n) for c in crossed))


def _check(got: Data) -> None:
    """Refuse what has no answer, and say why."""
    n, p = got.x.shape
    if n <= p:
        raise NotEstimableError(f"k = {n} effects for {p} coefficients; allowed: k above that")
    check_rank(got.x, got.coding.names)
    for name, codes in zip(got.names, got.codes):
        if codes.max() == 0:
            raise NotEstimableError(
                f"all {n} effects are of one {name}, so its variance cannot be told from the mean",
                "pool them with ma.pool, or give V for their correlation",
            )
    for j, codes in enumerate(got.codes):
        for i in range(j):
            if np.array_equal(nested(got.codes[i], codes), got.codes[i]) and codes.max() == got.codes[i].max():
                raise NotEstimableError(
                    f"{got.names[i]} and {got.names[j]} group the effects alike: their variances cannot be told apart",
                    "effect=False where every cluster has one effect",
                )


def _given(sigma2: ArrayLike | None, levels: int) -> FloatArray:
    given = np.full(levels, np.nan) if sigma2 is None else np.array(sigma2, dtype=float)
    if given.shape != (levels,) or (given < 0).any() or np.isinf(given).any():
        raise UsageError(f"sigma2 = {sigma2!r}; allowed: {levels} variances not below 0, nan where one is estimated")
    return given


def _without_spread(m: Mixed, levels: int) -> Solved | None:
    """Return the fit at weights from V alone; None where V cannot be inverted."""
    try:
        return m.at(np.zeros(levels))
    except DataError:
        return None


def _i2(sigma2: FloatArray, typical: float) -> FloatArray:
    return 100.0 * sigma2 / (float(sigma2.sum()) + typical)


def _new_effect(solved: Solved, sigma2: FloatArray, df: float, level: float) -> tuple[Interval | None, str | None]:
    if solved.beta.size > 1:
        return None, "with moderators a prediction needs their values"
    se = float(np.sqrt(solved.vcov[0, 0] + sigma2.sum()))
    return mean_interval(float(solved.beta[0]), se, None if np.isinf(df) else df, level), None


def _notes(got: Data, sigma2: FloatArray, free: Any, null: Solved | None) -> tuple[str, ...]:
    notes = [
        f"the variance of {name} is estimated as 0, the edge of what is possible: "
        "the data hold no sign of it, which is not evidence that there is none"
        for name, s, estimated in zip(got.names, sigma2, free)
        if estimated and s == 0
    ]
    few = [f"{name} has {c.max() + 1} groups" for name, c in zip(got.names, got.codes) if c.max() + 1 < 5]
    if few:
        notes.append(f"{' and '.join(few)}: a variance between so few is hardly known")
    if null is None:
        notes.append("V cannot be inverted, so there is neither Q nor I2")
    return tuple(notes)


def contained(x: FloatArray, codes: tuple[Codes, ...]) -> FloatArray:
    """Groups less p of the level with fewest groups within which a column is constant; n - p where there is none."""
    n, p = x.shape
    found = np.full(p, n - p, dtype=float)
    for c in codes:
        first = np.zeros(int(c.max()) + 1, dtype=np.intp)
        first[c[::-1]] = np.arange(n)[::-1]
        constant = np.all(x == x[first[c]], axis=0)
        found[constant] = np.minimum(found[constant], c.max() + 1 - p)
    return found


def _checked(dfs: FloatArray) -> FloatArray:
    if (dfs < 1).any():
        raise NotEstimableError(
            "no degrees of freedom: a level has no more groups than there are coefficients", "ci_method='wald'"
        )
    return dfs


MULTILEVEL_METHODS: dict[str, bool] = {"REML": True, "ML": False}

MULTILEVEL_CI_METHODS: dict[str, Callable[[FloatArray, tuple[Codes, ...]], FloatArray]] = {
    "t": lambda x, codes: _checked(contained(x, codes)),
    "t(k-p)": lambda x, codes: np.full(x.shape[1], float(x.shape[0] - x.shape[1])),
    "wald": lambda x, codes: np.full(x.shape[1], np.inf),
}

MULTILEVEL_PI_METHODS: dict[str, Callable[[FloatArray, int], float]] = {
    "as ci": lambda dfs, k: float(dfs[0]),
    "t(k-1)": lambda dfs, k: k - 1.0,
}
