"""Standard errors, tests and intervals that stay right when the covariance within clusters was guessed wrongly.

To add the distribution of a test: enter it in `ROBUST_TESTS` or `ROBUST_WALD_TESTS`; corrections of the covariance are
in `metaan.stats.dependent.sandwich`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import FloatArray, Interval
from ..pooling.intervals import check_level
from ..pooling.models import MODELS
from ..pooling.result import Pooled
from ..regression.ci import WaldTest
from ..regression.moderators import INTERCEPT
from ..regression.result import MetaRegression
from .blocks import BlockCovariance, Codes, codes_of, covariance_of, together
from .estimates import Estimates
from .result import Multilevel
from .saddlepoint import quantile, tail
from .sandwich import CORRECTIONS, Bread, Sandwich

FEW_DF = 4.0  # below which Satterthwaite's approximation is known to fail (Tipton 2015)

SADDLEPOINT = "saddlepoint"

Fit = Pooled | MetaRegression | Multilevel


@dataclass(frozen=True, eq=False, repr=False)
class Robust(Estimates):
    """Coefficients with a cluster-robust covariance; on the analysis scale.

    Attributes
    ----------
    small_sample, test
        Keys of `metaan.stats.dependent.sandwich.CORRECTIONS` and of `ROBUST_TESTS`.
    clusters
        The number of clusters.
    sandwich
        The covariance and what it was made of.
    """

    small_sample: str
    test: str
    clusters: int
    sandwich: Sandwich

    def wald_test(self, names: str | Sequence[str], test: str = "HTZ") -> WaldTest:
        """Test that several coefficients are 0 together.

        ``names`` are columns; a factor's or formula term's name stands for all its columns. ``test`` is a key of
        `ROBUST_WALD_TESTS`.
        """
        rule = choose(ROBUST_WALD_TESTS, test, "test")
        at = self.columns(names)
        b = self.coefficients[at]
        chi2 = float(b @ np.linalg.solve(self.vcov[np.ix_(at, at)], b))
        stat, df2 = rule(self.sandwich, at, chi2)
        q = len(at)
        if df2 is not None and df2 <= 0:
            raise NotEstimableError(f"{self.clusters} clusters are too few to test {q} coefficients together by {test}")
        pval = chdtrc(q, stat) if df2 is None else fdtrc(q, df2, stat)
        return WaldTest(tuple(self.names[j] for j in at), stat, q, df2, float(pval))

    @property
    def ci(self) -> Any:
        """The confidence interval, or one a coefficient."""
        if self.test != SADDLEPOINT:
            return super().ci
        half = [quantile(self.sandwich.spectrum(j), self.level) * float(se) for j, se in enumerate(self._ses)]
        found = tuple(Interval(float(b) - h, float(b) + h) for b, h in zip(self.coefficients, half))
        return found[0] if len(found) == 1 else found

    @property
    def _pvals(self) -> FloatArray:
        if self.test != SADDLEPOINT:
            return super()._pvals
        return np.array([tail(self.sandwich.spectrum(j), float(t)) for j, t in enumerate(self._stats)])

    @property
    def qm(self) -> WaldTest:
        """The joint test (HTZ) of all moderators; of the intercept where it is alone."""
        return self.wald_test([name for name in self.names if name != INTERCEPT] or [INTERCEPT])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        own = {"small_sample": self.small_sample, "test": self.test, "clusters": self.clusters}
        return super().to_dict() | own

    def __repr__(self) -> str:
        size = f"k = {self.k} in {self.clusters} clusters"
        head = f"Cluster-robust, {self.small_sample}, {self.test}, {self.measure}, {size}"
        return "\n".join([head, *self.lines()])


def robust(
    fit: Fit,
    cluster: ArrayLike | None = None,
    small_sample: str = "CR2",
    test: str = "Satterthwaite",
    level: float | None = None,
) -> Robust:
    """Return the coefficients of a fit with a cluster-robust covariance.

    Parameters
    ----------
    fit
        A pool by inverse variance, a meta-regression, or a multilevel model.
    cluster
        Shape (k,): the cluster (a study, a team) of each effect that was fitted; for a multilevel model its outermost
        level when None.
    small_sample
        A key of `metaan.stats.dependent.sandwich.CORRECTIONS`.
    test
        A key of `ROBUST_TESTS`.
    level
        Coverage of the intervals; that of the fit when None.

    Raises
    ------
    NotEstimableError
        One cluster, or too few for the coefficients.
    DataError
        A missing cluster, or another length.
    UsageError
        A fit that is none of these, an unknown correction or test, or clusters that cut what the model correlates.

    Notes
    -----
    Hedges, Tipton & Johnson 2010; Tipton 2015; Tipton & Pustejovsky 2015; Pustejovsky & Tipton 2018.

    Examples
    --------
    >>> from metaan.stats.measures.effects import EffectSizes
    >>> from metaan.stats.pooling.pool import pool
    >>> es = EffectSizes.of([0.10, 0.20, 0.50, 0.65, 0.30, 0.15], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02])
    >>> fit = robust(pool(es, "common"), ["a", "a", "b", "b", "c", "c"])
    >>> round(fit.estimate, 4), round(fit.se, 4), round(fit.df, 4)
    (0.2914, 0.1214, 1.9952)
    """
    correction = choose(CORRECTIONS, small_sample, "small_sample")
    dfs_of = choose(ROBUST_TESTS, test, "test")
    given = _given(fit)
    codes = _clusters(given, cluster)
    at = fit.level if level is None else level
    check_level(at)
    made = Sandwich.of(Bread.of(given.x, given.residual, given.phi, codes, given.weights), correction)
    dfs = dfs_of(made)
    return Robust(
        names=given.names, terms=given.terms, coefficients=given.coefficients, vcov=made.vcov, dfs=dfs,
        level=at, effects=fit.effects, excluded=fit.excluded, notes=cautions(given.names, dfs),
        small_sample=small_sample, test=test, clusters=made.bread.m, sandwich=made,
    )  # fmt: skip


def cautions(names: Sequence[str], dfs: FloatArray) -> tuple[str, ...]:
    """Return what to know where the degrees of freedom are few."""
    few = [name for name, df in zip(names, dfs.tolist()) if df < FEW_DF]
    if not few:
        return ()
    return (
        f"{', '.join(few)}: fewer than {FEW_DF:g} degrees of freedom, where the t distribution no longer holds "
        "(Tipton 2015); read p below 0.01 as others below 0.05",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _GivenFit:
    """What a sandwich needs of a fit; ``weights`` None for the inverse of ``phi``, ``own`` its clusters."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    coefficients: FloatArray
    x: FloatArray
    residual: FloatArray
    phi: BlockCovariance
    weights: FloatArray | None
    own: Codes | None = None
    rows: Codes | None = None


def _given(fit: Fit) -> _GivenFit:
    """Read a fit."""
    if isinstance(fit, Multilevel):
        return _of_levels(fit)
    if isinstance(fit, MetaRegression):
        es, x, beta, tau2 = fit.effects, fit.x, fit.coefficients, fit.tau2
        names, terms = fit.names, fit.coding.terms
    elif isinstance(fit, Pooled) and fit.method == "IV":
        es, x, beta = fit.effects, np.ones((fit.k, 1)), np.array([fit.estimate])
        names, terms, tau2 = (INTERCEPT,), (INTERCEPT,), (fit.tau2 or 0.0) if MODELS[fit.model].has_tau2 else 0.0
    else:
        what = f"{fit.method}" if isinstance(fit, Pooled) else f"a {type(fit).__name__}"
        raise UsageError(f"{what}: allowed: a pool by inverse variance, a meta-regression, or a multilevel model")
    return _GivenFit(names, terms, beta, x, es.yi - x @ beta, covariance_of(es.vi + tau2, fit.k), fit.weights)


def _of_levels(fit: Multilevel) -> _GivenFit:
    phi = fit.problem.covariance(fit.sigma2)
    residual = fit.effects.yi - fit.x @ fit.coefficients
    return _GivenFit(fit.names, fit.terms, fit.coefficients, fit.x, residual, phi, None, fit.codes[0], fit.rows)


def _clusters(given: _GivenFit, cluster: ArrayLike | None) -> Codes:
    """Read the clusters; they may not cut what the working model correlates."""
    if cluster is None and given.own is None:
        raise UsageError("cluster is missing; allowed: the cluster of every effect that was pooled")
    codes = given.own if cluster is None else _read(given, np.asarray(cluster, dtype=object))
    if codes is None or codes.max() == 0:
        raise NotEstimableError("one cluster has no variance between clusters; allowed: at least 2")
    if together([codes, given.phi.codes]).max() != codes.max():
        raise UsageError(
            "effects of two clusters are correlated in the model; allowed: clusters that hold whole groups of every "
            "level and whole blocks of V"
        )
    return codes


def _read(given: _GivenFit, cluster: Any) -> Codes:
    """Read clusters of the effects that were fitted; of a multilevel model also those of all that were given."""
    n = given.residual.size
    all_given = given.rows is not None and cluster.ndim == 1 and cluster.size > n and cluster.size > given.rows.max()
    return codes_of(cluster[given.rows] if all_given else cluster, "cluster", n)


def _htz(s: Sandwich, at: list[int], chi2: float) -> tuple[float, float | None]:
    """Hotelling's T2 with the degrees of freedom of Zhang (Tipton & Pustejovsky 2015, AHZ)."""
    q = len(at)
    left = np.eye(s.bread.p)[at]
    values, vectors = np.linalg.eigh(left @ s.expected() @ left.T)
    if values[0] <= 0:
        raise DataError("the coefficients have no variance under the working model")
    left = (vectors / np.sqrt(values)) @ vectors.T @ left
    eta = q * (q + 1) / float(sum(np.sum(part) for part in s.squares(left)))
    return (eta - q + 1) / (eta * q) * chi2, eta - q + 1


ROBUST_TESTS: dict[str, Callable[[Sandwich], FloatArray]] = {
    "Satterthwaite": lambda s: s.satterthwaite(),
    SADDLEPOINT: lambda s: s.satterthwaite(),
    "naive-t": lambda s: np.full(s.bread.p, s.bread.m - 1.0),
    "naive-tp": lambda s: np.full(s.bread.p, max(0.0, s.bread.m - s.bread.p)),
    "z": lambda s: np.full(s.bread.p, np.inf),
}

ROBUST_WALD_TESTS: dict[str, Callable[[Sandwich, list[int], float], tuple[float, float | None]]] = {
    "HTZ": _htz,
    "naive-F": lambda s, at, chi2: (chi2 / len(at), s.bread.m - 1.0),
    "naive-Fp": lambda s, at, chi2: (chi2 / len(at), float(s.bread.m - s.bread.p)),
    "chi-sq": lambda s, at, chi2: (chi2, None),
}
