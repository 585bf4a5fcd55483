"""Sampling errors that are correlated within a study, and the one effect that stands for all of a study's.

To add a structure of aggregation: enter it in `AGGREGATE_STRUCTURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray, column, not_effects
from .blocks import BlockCovariance, Codes, codes_of, covariance_of, nested, stacks

Rho = float | Sequence[float]
NEAREST_STEPS = 1000


def sampling_covariance(
    vi: ArrayLike,
    cluster: ArrayLike,
    rho: Rho | None = None,
    *,
    obs: ArrayLike | None = None,
    type: ArrayLike | None = None,  # noqa: A002
    time1: ArrayLike | None = None,
    time2: ArrayLike | None = None,
    grp1: ArrayLike | None = None,
    grp2: ArrayLike | None = None,
    w1: ArrayLike | None = None,
    w2: ArrayLike | None = None,
    subgroup: ArrayLike | None = None,
    phi: float | None = None,
    rvars: ArrayLike | None = None,
    nearpd: bool = False,
) -> BlockCovariance:
    """Return the covariance of sampling errors of effects that share people; 0 between clusters.

    Parameters
    ----------
    vi
        Shape (n,), sampling variances.
    cluster
        Shape (n,): effects with the same value (a study) may share people.
    rho
        The correlation of two measurements of the same people, -1 to 1: of two values of ``obs``, of two values of
        ``type``, or, where both are given, two numbers: of different observations of one type, and of two types. With
        neither, every effect is an observation of its own.
    obs, type
        Shape (n,): what was measured, a scale or an outcome; and of what type it is. Same ``obs``, same measurement.
    time1, time2, phi
        When the first and the second group were measured; times correlate by ``phi`` to the power of their distance.
        ``time2`` is ``time1`` when not given.
    grp1, grp2, w1, w2
        The two groups that an effect compares, and their sizes (all alike when not given): effects covary by the groups
        that they share, such as one control group of several arms. ``grp2`` not given: one and the same in a cluster.
        ``w2`` not given: ``w1``.
    subgroup
        Shape (n,): different people within a cluster; no covariance between them.
    rvars
        Shape (n, q), instead of all others: in each row the covariances (or with ``vi`` the correlations) of the effect
        with the first, second ... effect of its cluster.
    nearpd
        True takes the nearest covariance where the numbers given are none.

    Raises
    ------
    DataError
        A missing value, another length, or numbers that no covariance has (unless ``nearpd``).
    UsageError
        ``rho`` or ``phi`` is no correlation, or nothing says what correlates.

    Notes
    -----
    Gleser & Olkin 2009; Hedges, Tipton & Johnson 2010; Pustejovsky & Tipton 2022 (the CHE model).

    Examples
    --------
    >>> np.asarray(sampling_covariance([0.04, 0.09, 0.01], ["a", "a", "b"], rho=0.5)).round(3).tolist()
    [[0.04, 0.03, 0.0], [0.03, 0.09, 0.0], [0.0, 0.0, 0.01]]
    >>> arms = sampling_covariance([0.2, 0.2], ["a", "a"], grp1=["low", "high"], grp2=["placebo", "placebo"])
    >>> np.asarray(arms).round(3).tolist()
    [[0.2, 0.1], [0.1, 0.2]]
    """
    variance = column(vi, "vi")
    n = variance.size if rvars is None or variance.size > 1 else np.shape(rvars)[0]
    variance = np.broadcast_to(variance, n)
    for i in np.flatnonzero(~(variance > 0)):
        raise DataError(f"vi[{i}] = {variance[i]:g}; allowed: variances above 0")
    codes = codes_of(cluster, "cluster", n)
    if subgroup is not None:
        codes = nested(codes, codes_of(subgroup, "subgroup", n))
    if rvars is not None:
        return _checked(codes, variance, _GivenCovariance(np.asarray(rvars, dtype=float)).correlations, nearpd)
    columns = {"obs": obs, "type": type, "grp1": grp1, "grp2": grp2}
    groups = {name: codes_of(values, name, n) for name, values in columns.items() if values is not None}
    if "grp2" in groups:
        groups |= _alike(grp1, grp2, n)
    numbers = {"time1": time1, "time2": time2, "w1": w1, "w2": w2}
    given = {name: _numbers(values, name, n) for name, values in numbers.items() if values is not None}
    if not groups and not given:
        if not isinstance(rho, int | float):
            raise UsageError("nothing says what correlates; allowed: rho, or obs, type, time1, grp1")
        _check_rho(float(rho), int(np.bincount(codes).max()))
        return _alike_all(codes, variance, float(rho))
    shared = _Shared(groups, given, _pair(rho, groups), _phi(phi, given))
    return _checked(codes, variance, shared.correlations, nearpd)


@dataclass(frozen=True, slots=True, eq=False)
class _GivenCovariance:
    """Rows of correlations as they were given."""

    rvars: FloatArray

    def correlations(self, rows: Codes) -> FloatArray:
        """Return the correlations within clusters, shape (b, s, s)."""
        found = self.rvars[rows][:, :, : rows.shape[1]]
        if found.shape[2] < rows.shape[1] or np.isnan(found).any():
            raise DataError(f"rvars has too few numbers for a cluster of {rows.shape[1]}; allowed: a number a pair")
        return 0.5 * (found + np.swapaxes(found, 1, 2))


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What effects share: columns of groups, of numbers, and how measurements and times correlate."""

    groups: Mapping[str, Codes]
    numbers: Mapping[str, FloatArray]
    rho: tuple[float, float]
    phi: float

    def correlations(self, rows: Codes) -> FloatArray:
        """Return the correlations within clusters, shape (b, s, s)."""
        found = self._measured(rows)
        if "grp1" not in self.groups:
            return found * self._apart("time1", "time1", rows)
        return found * self._compared(rows)

    def _same(self, a: str, b: str, rows: Codes) -> Any:
        return self.groups[a][rows][:, :, None] == self.groups[b][rows][:, None, :]

    def _measured(self, rows: Codes) -> FloatArray:
        """Return how the measurements correlate."""
        if "type" not in self.groups:
            own = np.broadcast_to(np.eye(rows.shape[1], dtype=bool), (len(rows), *[rows.shape[1]] * 2))
            same = self._same("obs", "obs", rows) if "obs" in self.groups else own
            if "obs" not in self.groups and (self.numbers or self.groups):
                return np.ones(same.shape)
            return np.where(same, 1.0, self.rho[0])
        within = 1.0 if "obs" not in self.groups else np.where(self._same("obs", "obs", rows), 1.0, self.rho[0])
        return np.where(self._same("type", "type", rows), within, self.rho[1])

    def _apart(self, a: str, b: str, rows: Codes) -> FloatArray:
        """Return how far times correlate; 1 without times."""
        if "time1" not in self.numbers:
            return np.ones((*rows.shape, rows.shape[1]))
        first, second = self._time(a)[rows], self._time(b)[rows]
        return np.asarray(self.phi ** np.abs(first[:, :, None] - second[:, None, :]), dtype=float)

    def _time(self, name: str) -> FloatArray:
        return self.numbers.get(name, self.numbers["time1"])

    def _part(self, a: int, b: int, rows: Codes) -> FloatArray:
        """Return the covariance of group ``a`` of one effect with group ``b`` of another, as shares of a person's."""
        apart = self._apart(f"time{a}", f"time{b}", rows)
        if "grp2" in self.groups or a == b == 1:
            apart = apart * self._same(f"grp{a}", f"grp{b}", rows)
        elif a != b:
            return np.zeros_like(apart)
        return apart / np.sqrt(self._size(a)[rows][:, :, None] * self._size(b)[rows][:, None, :])

    def _size(self, a: int) -> FloatArray:
        one = np.ones(next(iter(self.groups.values())).size)
        return np.asarray(self.numbers.get(f"w{a}", self.numbers.get("w1", one)), dtype=float)

    def _compared(self, rows: Codes) -> FloatArray:
        """Return how far two comparisons of groups are of the same people."""
        both = self._part(1, 1, rows) + self._part(2, 2, rows) - self._part(1, 2, rows) - self._part(2, 1, rows)
        own = np.sqrt(np.maximum(np.einsum("bii->bi", both), 0.0))
        if not (own > 0).all():
            raise DataError("an effect compares a group with itself at one time; allowed: two groups, or two times")
        return np.asarray(both / (own[:, :, None] * own[:, None, :]), dtype=float)


def _alike(grp1: ArrayLike | None, grp2: ArrayLike | None, n: int) -> dict[str, Codes]:
    """Return the codes of two columns of groups, the same for the same name."""
    if grp1 is None:
        raise UsageError("grp2 without grp1; allowed: both, or grp1 alone")
    both = codes_of([*np.asarray(grp1, dtype=object), *np.asarray(grp2, dtype=object)], "grp1 and grp2", 2 * n)
    return {"grp1": both[:n], "grp2": both[n:]}


def _numbers(values: ArrayLike, name: str, n: int) -> FloatArray:
    found = column(values, name)
    if found.size != n or np.isnan(found).any():
        raise DataError(f"{name} has {found.size} values, {int(np.isnan(found).sum())} missing; allowed: {n} numbers")
    if name in ("w1", "w2") and not (found > 0).all():
        raise DataError(f"{name}[{int(np.argmin(found))}] = {found.min():g}; allowed: sizes above 0")
    return found


def _pair(rho: Rho | None, groups: Mapping[str, Codes]) -> tuple[float, float]:
    """Return the correlation within a type, and between types."""
    needed = 2 if {"obs", "type"} <= groups.keys() else 1
    given = [] if rho is None else [float(r) for r in np.atleast_1d(np.asarray(rho, dtype=float))]
    if len(given) != needed and ({"obs", "type"} & groups.keys() or given):
        raise UsageError(f"rho = {rho!r}; allowed: {needed} number{'s' * (needed > 1)} with {' and '.join(groups)}")
    for r in given:
        if not -1.0 <= r <= 1.0:
            raise UsageError(f"rho = {r:g}; allowed: -1 to 1")
    return (given[0], given[-1]) if given else (1.0, 1.0)


def _phi(phi: float | None, given: Mapping[str, FloatArray]) -> float:
    if "time2" in given and "time1" not in given:
        raise UsageError("time2 without time1; allowed: both, or time1 alone")
    if "time1" in given and (phi is None or not 0.0 <= phi <= 1.0):
        raise UsageError(f"phi = {phi!r}; allowed with time1: 0 to 1")
    return 1.0 if phi is None else float(phi)


def _check_rho(rho: float, largest: int) -> None:
    """Refuse a correlation that no effects, or not that many, can have with each other."""
    if not -1.0 <= rho <= 1.0 or (largest > 1 and rho < -1.0 / (largest - 1)):
        lowest = -1.0 / max(largest - 1, 1)
        raise UsageError(f"rho = {rho:g}; allowed: {lowest:.4g} to 1, as the largest cluster has {largest} effects")


def _alike_all(codes: Codes, variance: FloatArray, rho: float) -> BlockCovariance:
    """Return one correlation within all clusters; as ``rho`` was checked, every block is a covariance."""
    rows, sd, values = stacks(codes), np.sqrt(variance), []
    for at in rows:
        block = rho * sd[at][:, :, None] * sd[at][:, None, :]
        np.einsum("bii->bi", block)[:] = variance[at]
        values.append(block)
    return BlockCovariance(codes, tuple(rows), tuple(values))


def _checked(
    codes: Codes, variance: FloatArray, correlations: Callable[[Codes], FloatArray], nearpd: bool
) -> BlockCovariance:
    """Return blocks that are covariances, or say which is none."""
    rows, sd, values = stacks(codes), np.sqrt(variance), []
    for at in rows:
        block = correlations(at) * sd[at][:, :, None] * sd[at][:, None, :]
        if not isinstance(getattr(correlations, "__self__", None), _GivenCovariance):
            np.einsum("bii->bi", block)[:] = variance[at]
        least = np.linalg.eigvalsh(block)[:, 0]
        for b in np.flatnonzero(least < -1e-10 * block[:, 0, 0]).tolist():
            if not nearpd:
                raise DataError(
                    f"effects {', '.join(map(str, at[b].tolist()[:5]))} ... cannot correlate as given: no covariance "
                    "has these numbers; allowed: other correlations, or nearpd=True for the nearest"
                )
            block[b] = nearest_covariance(block[b])
        values.append(block)
    return BlockCovariance(codes, tuple(rows), tuple(values))


def nearest_covariance(matrix: FloatArray) -> FloatArray:
    """Return the nearest covariance with the same variances (Higham 2002): two projections in turn."""
    sd = np.sqrt(np.diag(matrix))
    x = matrix / np.outer(sd, sd)
    change = np.zeros_like(x)
    for _ in range(NEAREST_STEPS):
        before, r = x, x - change
        values, vectors = np.linalg.eigh(r)
        projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
        change, x = projected - r, projected.copy()
        np.fill_diagonal(x, 1.0)
        if np.max(np.abs(x - before)) <= 1e-12:
            break
    return np.asarray(x * np.outer(sd, sd), dtype=float)


def aggregate(
    es: EffectSizes,
    cluster: ArrayLike,
    rho: float | None = None,
    V: BlockCovariance | ArrayLike | None = None,
    *,
    struct: str | None = None,
    time: ArrayLike | None = None,
    obs: ArrayLike | None = None,
    phi: float | None = None,
    weighted: bool = True,
) -> EffectSizes:
    """Return one effect a cluster: the inverse-variance mean of its effects under their covariance.

    Parameters
    ----------
    es
        Effects; those without a value are left out.
    cluster
        Shape (n,): which study an effect is of. Studies come in the order of their first effects.
    rho, V
        The correlation of sampling errors within a study, or their covariance; independent when neither is given.
    struct
        A key of `AGGREGATE_STRUCTURES`; by default ``"CS"`` with ``rho``, ``"ID"`` without.
    time, obs, phi
        For structures in time: when an effect was measured, what (``"CS*CAR"``), and the correlation of neighbours.
    weighted
        False takes the plain mean of a study's effects.

    Raises
    ------
    DataError
        A missing cluster, or a covariance that cannot be inverted.
    UsageError
        Both ``rho`` and ``V`` are given, or a structure lacks what it needs.

    Examples
    --------
    >>> es = EffectSizes.of([0.2, 0.4, 0.1], [0.04, 0.04, 0.01])
    >>> one = aggregate(es, ["a", "a", "b"], rho=0.5)
    >>> one.yi.round(3).tolist(), one.vi.round(3).tolist(), one.slab
    ([0.3, 0.1], [0.03, 0.01], ('a', 'b'))
    """
    if not isinstance(es, EffectSizes):
        raise not_effects(es)
    if rho is not None and V is not None:
        raise UsageError("rho and V are both given; allowed: one of them")
    names = np.asarray(cluster, dtype=object)
    codes_of(names, "cluster", len(es))
    at = np.flatnonzero(es.estimable)
    if not at.size:
        raise NotEstimableError("no study has an effect size")
    used, kept = es.take(at.tolist()), names[at].tolist()
    if V is not None:
        v = covariance_of(V, len(es)).take(at)
    else:
        rule = choose(AGGREGATE_STRUCTURES, struct or ("ID" if rho is None else "CS"), "struct")
        v = rule(used.vi, kept, rho, _taken(time, at), _taken(obs, at), phi)
    yi, vi = _means(used, codes_of(kept, "cluster", used.k), v, weighted)
    return EffectSizes.of(yi, vi, list(dict.fromkeys(map(str, kept))), es.measure)


def _taken(values: ArrayLike | None, at: Codes) -> Any:
    return None if values is None else np.asarray(values, dtype=object)[at]


def _means(es: EffectSizes, codes: Codes, v: BlockCovariance, weighted: bool) -> tuple[FloatArray, FloatArray]:
    """Return the mean of each cluster and its variance."""
    yi, vi = np.empty(int(codes.max()) + 1), np.empty(int(codes.max()) + 1)
    for at in stacks(codes):
        block = v.regrouped(at)
        try:
            inverse = np.linalg.solve(block, np.ones((*at.shape, 1)))[:, :, 0] if weighted else np.ones(at.shape)
        except np.linalg.LinAlgError:
            raise DataError("the covariance within a study is singular; allowed: rho below 1") from None
        weights = inverse / inverse.sum(axis=1, keepdims=True)
        yi[codes[at[:, 0]]] = (weights * es.yi[at]).sum(axis=1)
        vi[codes[at[:, 0]]] = np.einsum("bi,bij,bj->b", weights, block, weights)
    return yi, vi


def _needs(struct: str, **given: Any) -> None:
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise UsageError(f"struct {struct!r} needs {' and '.join(missing)}")


def _independent(vi: FloatArray, cluster: Any, rho: Any, time: Any, obs: Any, phi: Any) -> BlockCovariance:
    """No correlation."""
    return covariance_of(vi, vi.size)


def _equal(vi: FloatArray, cluster: Any, rho: Any, time: Any, obs: Any, phi: Any) -> BlockCovariance:
    """One correlation, rho."""
    _needs("CS", rho=rho)
    return sampling_covariance(vi, cluster, rho=rho)


def _in_time(vi: FloatArray, cluster: Any, rho: Any, time: Any, obs: Any, phi: Any) -> BlockCovariance:
    """Powers of phi, by the distance of two times."""
    _needs("CAR", time=time, phi=phi)
    return sampling_covariance(vi, cluster, time1=time, phi=phi)


def _sum_in_time(vi: FloatArray, cluster: Any, rho: Any, time: Any, obs: Any, phi: Any) -> BlockCovariance:
    """One correlation rho, and of what is left phi to the power of the distance."""
    _needs("CS+CAR", rho=rho, time=time, phi=phi)
    timed = _in_time(vi, cluster, rho, time, obs, phi)
    sd = np.sqrt(vi)
    values = tuple(
        rho * sd[at][:, :, None] * sd[at][:, None, :] + (1.0 - rho) * v for at, v in zip(timed.rows, timed.values)
    )
    return BlockCovariance(timed.codes, timed.rows, values)


def _product_in_time(vi: FloatArray, cluster: Any, rho: Any, time: Any, obs: Any, phi: Any) -> BlockCovariance:
    """The correlation rho between two observations, times phi to the power of the distance."""
    _needs("CS*CAR", rho=rho, time=time, obs=obs, phi=phi)
    return sampling_covariance(vi, cluster, rho=rho, obs=obs, time1=time, phi=phi)


AGGREGATE_STRUCTURES: dict[str, Callable[[FloatArray, Any, Any, Any, Any, Any], BlockCovariance]] = {
    "ID": _independent,
    "CS": _equal,
    "CAR": _in_time,
    "CS+CAR": _sum_in_time,
    "CS*CAR": _product_in_time,
}
