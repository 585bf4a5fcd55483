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
from ..numerics.by_name import by_name
from ..pooling.intervals import check_level, mean_interval
from ..pooling.pool import left_out
from ..pooling.result import Pooled, effects_of
from ..regression.design import Coding, check_rank, design_of
from .blocks import BlockCovariance, Codes, codes_of, covariance_of, nested
from .covariance import sampling_covariance
from .likelihood import Mixed, SolvedBlocks, maximise
from .profiles import OfLevels, OfStructure
from .result import Multilevel
from .structures import STRUCTURES, Struct, Structured, search

if TYPE_CHECKING:
    import pandas as pd

EDGE = 1e-7  # of a typical variance, below which one is 0

Clusters = ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class EffectsInStudies:
    """Effects that have all that is needed, their design, their levels (outer first) and their sampling covariance."""

    effects: EffectSizes
    x: FloatArray
    coding: Coding
    names: tuple[str, ...]
    codes: tuple[Codes, ...]
    v: BlockCovariance
    rows: Codes
    excluded: tuple[tuple[str, str], ...]
    within: int = 0
    inner: Codes | None = None
    inner_levels: tuple[str, ...] = ()


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
    inner: ArrayLike | None = None,
    struct: str = "CS",
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
        A key of `MULTILEVEL_METHODS`.
    ci_method, pi_method
        Keys of `MULTILEVEL_CI_METHODS` and `MULTILEVEL_PI_METHODS`.
    rho
        The correlation of sampling errors within the innermost cluster (correlated and hierarchical effects, CHE).
    V
        Instead of ``rho``: the covariance of the sampling errors, as `sampling_covariance` makes it, shape (k, k), or
        variances, shape (k,).
    mods, data, intercept
        Moderators, as for `metaan.stats.regression.fit_regression.meta_regression`. Of ``data`` (a frame, a dict of
        lists) ``cluster``, ``effect`` and ``inner`` may be the names of columns too.
    crossed
        Further groups that are not within clusters, such as ``{"laboratory": ...}``: a variance each.
    inner, struct
        A column of outcomes, arms or times: true effects of the innermost cluster then vary and correlate over its
        levels by a structure, a key of `metaan.stats.dependent.structures.STRUCTURES` (``~ inner | cluster`` of
        rma.mv), and ``effect`` is False unless given.
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
    rule = choose(STRUCTURES, struct, "struct")
    cluster, effect, inner = by_name(data, {"cluster": cluster, "effect": effect, "inner": inner}).values()
    effect = False if inner is not None and effect is None else effect
    got = read(es, cluster, effect, rho, V, mods, data, crossed or {}, intercept, inner)
    _check(got, method != "EE")
    if method == "EE":
        found = _without_levels(got)
    elif got.inner is None:
        found = _by_levels(got, restricted, _given(sigma2, len(got.names)))
    else:
        found = _by_structure(got, restricted, rule, sigma2)
    n, p = got.x.shape
    null = _without_spread(Mixed.of(got.effects.yi, got.x, got.v, (), restricted))
    i2 = None if null is None or found.g is not None else _i2(found.sigma2, (n - p) / null.trace_p)
    q = None if null is None else null.rss
    dfs = dfs_of(got.x, got.codes)
    pi, pi_reason = _new_effect(found, got.inner is None, df_of_new(dfs, n), level)
    return Multilevel(
        names=got.coding.names, terms=got.coding.terms, coefficients=found.solved.beta, vcov=found.solved.vcov,
        dfs=dfs, level=level, effects=got.effects, excluded=got.excluded, notes=_notes(got, found, null),
        method=method, ci_method=ci_method, pi_method=pi_method, levels=found.levels, sigma2=found.sigma2,
        groups=found.groups, fixed=found.fixed, pi=pi, pi_reason=pi_reason, i2=None if i2 is None else float(i2.sum()),
        i2_by_level=i2, q=q, q_df=n - p, q_pval=None if q is None else float(chdtrc(n - p, q)), loglik=found.solved.ll,
        problem=found.problem, solved=found.solved, V=got.v, x=got.x, codes=got.codes, rows=got.rows,
        parameters=found.parameters, profiles=found.profiles, struct=None if got.inner is None else struct,
        inner=got.inner_levels, g=found.g,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A fitted likelihood: its levels with a variance, and G where there is a structure."""

    problem: Mixed
    solved: SolvedBlocks
    levels: tuple[str, ...]
    groups: tuple[int, ...]
    sigma2: FloatArray
    fixed: tuple[bool, ...]
    parameters: int
    profiles: OfLevels | OfStructure
    g: FloatArray | None = None


def _without_levels(got: EffectsInStudies) -> _Fit:
    """Fit the equal-effects model: no variance but that of sampling."""
    m = Mixed.of(got.effects.yi, got.x, got.v, (), False)
    none = np.zeros(0)
    return _Fit(m, m.at(none), (), (), none, (), 0, OfLevels(m, none, np.zeros(0, dtype=bool)))


def _by_levels(got: EffectsInStudies, restricted: bool, given: FloatArray) -> _Fit:
    """Fit a variance for each level, but for those given."""
    m, free = Mixed.of(got.effects.yi, got.x, got.v, got.codes, restricted), np.isnan(given)
    sigma2, solved = maximise(m, np.where(free, m.typical / len(got.names), given), free)
    groups = tuple(int(c.max()) + 1 for c in got.codes)
    fixed = tuple((~free).tolist())
    return _Fit(m, solved, got.names, groups, sigma2, fixed, int(free.sum()), OfLevels(m, sigma2, free))


def _by_structure(got: EffectsInStudies, restricted: bool, rule: Struct, sigma2: ArrayLike | None) -> _Fit:
    """Fit a structure within the innermost cluster, and a variance for each other level."""
    if sigma2 is not None:
        raise UsageError("sigma2 cannot be given beside inner; allowed: one of them")
    if got.inner is None or len(got.inner_levels) < 2:
        raise NotEstimableError(f"inner has {len(got.inner_levels)} level; allowed: at least 2")
    places = _places(got.inner_levels, rule)
    others = [j for j in range(len(got.names)) if j != got.within]
    pairs = nested(got.codes[got.within], got.inner)
    for j in others:
        if pairs.max() == got.codes[j].max() == nested(pairs, got.codes[j]).max():
            raise NotEstimableError(
                f"{got.names[j]} and inner group the effects alike: their variances cannot be told apart",
                "effect=False",
            )
    codes = [got.codes[got.within], *(got.codes[j] for j in others)]
    m = Mixed.of(got.effects.yi, got.x, got.v, codes, restricted)
    s, sd = Structured(m, got.inner, places, rule), float(np.sqrt(m.typical / (1 + len(others))))
    theta = search(s, np.concatenate([np.full(len(others), np.log(sd)), rule.start(places.size, sd)]))[0]
    problem, variances = s.given(theta)
    names, groups = tuple(got.names[j] for j in others), tuple(int(got.codes[j].max()) + 1 for j in others)
    g, fixed = s.parts(theta)[1], (False,) * len(others)
    solved = problem.at(variances)
    return _Fit(problem, solved, names, groups, variances, fixed, theta.size, OfStructure(s, theta), g)


def _places(levels: tuple[str, ...], rule: Struct) -> FloatArray:
    """Return the inner levels as numbers: times where the structure has them, else 0, 1, 2 ..."""
    if not rule.timed:
        return np.arange(len(levels), dtype=float)
    try:
        return np.array(levels, dtype=float)
    except ValueError:
        raise UsageError(f"inner = {levels[0]!r} ...; allowed with AR, HAR and CAR: numbers, the times") from None


def read(
    es: EffectSizes | Pooled, cluster: Clusters, effect: ArrayLike | bool | None, rho: float | None,
    v: BlockCovariance | ArrayLike | None, mods: Any, data: Any, crossed: Mapping[str, ArrayLike], intercept: bool,
    inner: ArrayLike | None = None,
) -> EffectsInStudies:  # fmt: skip
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
    if inner is not None:
        given["inner"] = inner
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
    levels, places = _inner(columns.get("inner"), at)
    return EffectsInStudies(
        used, design.x, design.coding, names, codes, covariance, at, reasons, len(outer) - 1, places, levels
    )


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


def _inner(column: Any, at: Codes) -> tuple[tuple[str, ...], Codes | None]:
    """Return the levels of an inner factor, numbers by size and texts by the alphabet, and which each effect is of."""
    if column is None:
        return (), None
    values = column[at].tolist()
    found = set(values)
    order = (
        sorted(found) if all(isinstance(value, int | float | np.number) for value in found) else sorted(found, key=str)
    )
    place = {value: n for n, value in enumerate(order)}
    return tuple(map(str, order)), np.array([place[value] for value in values], dtype=np.intp)


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


def _check(got: EffectsInStudies, spread: bool) -> None:
    """Refuse what has no answer, and say why; levels only where they have a variance (``spread``)."""
    n, p = got.x.shape
    if n < p + spread:
        raise NotEstimableError(f"k = {n} effects for {p} coefficients; allowed: k above that")
    check_rank(got.x, got.coding.names)
    if not spread:
        return
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


def _without_spread(m: Mixed) -> SolvedBlocks | None:
    """Return the fit at weights from V alone; None where V cannot be inverted."""
    try:
        return m.at(np.zeros(0))
    except DataError:
        return None


def _i2(sigma2: FloatArray, typical: float) -> FloatArray:
    return 100.0 * sigma2 / (float(sigma2.sum()) + typical)


def _new_effect(found: _Fit, plain: bool, df: float, level: float) -> tuple[Interval | None, str | None]:
    if found.solved.beta.size > 1:
        return None, "with moderators a prediction needs their values"
    if not found.levels and found.g is None:
        return None, "the equal-effects model has one true effect, so there is nothing to predict"
    if not plain and (found.g is None or not np.allclose(np.diag(found.g), found.g[0, 0])):
        return None, "the inner levels have variances of their own, so a prediction needs a level"
    within = 0.0 if found.g is None else float(found.g[0, 0])
    se = float(np.sqrt(found.solved.vcov[0, 0] + found.sigma2.sum() + within))
    return mean_interval(float(found.solved.beta[0]), se, None if np.isinf(df) else df, level), None


def _notes(got: EffectsInStudies, found: _Fit, null: SolvedBlocks | None) -> tuple[str, ...]:
    notes = [
        f"the variance of {name} is estimated as 0, the edge of what is possible: "
        "the data hold no sign of it, which is not evidence that there is none"
        for name, s, given in zip(found.levels, found.sigma2, found.fixed)
        if not given and s <= EDGE * found.problem.typical
    ]
    if found.g is not None and np.linalg.eigvalsh(found.g)[0] <= EDGE * found.problem.typical:
        notes.append("the structure is at the edge of what is possible: a variance of 0, or a perfect correlation")
    estimated = found.parameters > 0
    few = [f"{name} has {c.max() + 1} groups" for name, c in zip(got.names, got.codes) if c.max() + 1 < 5]
    if few and estimated:
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


MULTILEVEL_METHODS: dict[str, bool] = {"REML": True, "ML": False, "EE": False}
"""Whether the likelihood is that of contrasts; the equal-effects model has no variance but V."""

MULTILEVEL_CI_METHODS: dict[str, Callable[[FloatArray, tuple[Codes, ...]], FloatArray]] = {
    "t": lambda x, codes: _checked(contained(x, codes)),
    "t(k-p)": lambda x, codes: np.full(x.shape[1], float(x.shape[0] - x.shape[1])),
    "wald": lambda x, codes: np.full(x.shape[1], np.inf),
}

MULTILEVEL_PI_METHODS: dict[str, Callable[[FloatArray, int], float]] = {
    "as ci": lambda dfs, k: float(dfs[0]),
    "t(k-1)": lambda dfs, k: k - 1.0,
}
