"""Robust variance estimation as robumeta does it: weights of a simple working model, and a sandwich around them.

Variances come from moments, not from a likelihood. To add weights: write a function and enter it in `RVE_WEIGHTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...errors import NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray
from ..numerics.numerals import figures, fixed
from ..pooling.intervals import check_level
from ..pooling.result import Pooled
from ..regression.design import check_rank
from .blocks import Codes, covariance_of, stacks
from .multilevel import EffectsInStudies, read
from .robust import ROBUST_TESTS, Robust, cautions
from .sandwich import CORRECTIONS, Bread, Sandwich

if TYPE_CHECKING:
    import pandas as pd


class WorkingModel(NamedTuple):
    """Weights of a working model, shape (k,), and the variances that they were made of; ``i2`` in percent or None."""

    weights: FloatArray
    tau2: float
    omega2: float | None
    i2: float | None


@dataclass(frozen=True, eq=False, repr=False)
class RobustVariance(Robust):
    """Coefficients by robust variance estimation; on the analysis scale.

    Attributes
    ----------
    weights_model
        A key of `RVE_WEIGHTS`.
    rho
        The correlation within clusters that ``tau2`` was estimated under; None where it plays no part.
    tau2, omega2
        The variance between clusters, and (hierarchical effects) that of effects within clusters.
    i2
        Percent, of correlated effects; None for hierarchical ones.
    weights
        Shape (k,), percent, summing to 100.
    """

    weights_model: str
    rho: float | None
    tau2: float
    omega2: float | None
    i2: float | None
    weights: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        own = {"weights_model": self.weights_model, "rho": self.rho, "tau2": self.tau2, "omega2": self.omega2}
        return super().to_dict() | own | {"i2": self.i2, "weights": self.weights.tolist()}

    def __repr__(self) -> str:
        omega2 = "" if self.omega2 is None else f", omega2 = {figures(self.omega2)}"
        i2 = "" if self.i2 is None else f", I2 = {fixed(self.i2, 1)}%"
        return f"{super().__repr__()}\n  {self.weights_model} weights: tau2 = {figures(self.tau2)}{omega2}{i2}"


def rve(
    es: EffectSizes | Pooled,
    cluster: ArrayLike,
    weights: str = "CORR",
    rho: float = 0.8,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    small_sample: str = "CR2",
    test: str = "Satterthwaite",
    intercept: bool = True,
    level: float = 0.95,
) -> RobustVariance:
    """Pool several effects of a study by robust variance estimation.

    Parameters
    ----------
    es
        Effects; those without a value, a cluster or a moderator are left out and listed in ``excluded``.
    cluster
        Shape (k,): the study of each effect.
    weights
        A key of `RVE_WEIGHTS`: ``"CORR"`` where effects of a study share people, ``"HIER"`` where they do
        not and studies are alike for another reason.
    rho
        With ``"CORR"``, the correlation of sampling errors within a study, 0 to 1; it only moves tau2.
    mods, data, intercept
        Moderators, as for `metaan.stats.regression.fit_regression.meta_regression`.
    small_sample, test
        Keys of `metaan.stats.dependent.sandwich.CORRECTIONS` and `metaan.stats.dependent.robust.ROBUST_TESTS`;
        ``"CR1p"`` with ``"naive-tp"`` is what robumeta does without its small-sample correction.
    level
        Coverage of the intervals.

    Raises
    ------
    NotEstimableError
        One cluster, or no more clusters than coefficients.
    DataError
        Lengths differ.
    UsageError
        An unknown choice, or ``rho`` outside 0 to 1.

    Notes
    -----
    Hedges, Tipton & Johnson 2010, equations 15 to 17 and appendix; Tipton 2015.

    Examples
    --------
    >>> es = EffectSizes.of([0.10, 0.20, 0.50, 0.65, 0.30, 0.15], [0.02, 0.03, 0.02, 0.04, 0.03, 0.02])
    >>> fit = rve(es, ["a", "a", "b", "b", "c", "c"])
    >>> round(fit.estimate, 4), round(fit.se, 4), round(fit.tau2, 4)
    (0.3089, 0.1262, 0.0273)
    """
    check_level(level)
    working = choose(RVE_WEIGHTS, weights, "weights")
    correction, dfs_of = choose(CORRECTIONS, small_sample, "small_sample"), choose(ROBUST_TESTS, test, "test")
    if not 0 <= rho <= 1:
        raise UsageError(f"rho = {rho:g}; allowed: 0 to 1")
    got = read(es, cluster, False, None, None, mods, data, {}, intercept)
    codes, x = got.codes[0], got.x
    if codes.max() + 1 <= x.shape[1]:
        raise NotEstimableError(f"{codes.max() + 1} clusters for {x.shape[1]} coefficients; allowed: more clusters")
    check_rank(x, got.coding.names)
    found = working(got, rho)
    beta, residual = _least_squares(x, got.effects.yi, found.weights)
    phi = covariance_of(1.0 / found.weights, len(residual))
    made = Sandwich.of(Bread.of(x, residual, phi, codes, found.weights), correction)
    dfs = dfs_of(made)
    return RobustVariance(
        names=got.coding.names, terms=got.coding.terms, coefficients=beta, vcov=made.vcov, dfs=dfs, level=level,
        effects=got.effects, excluded=got.excluded, notes=cautions(got.coding.names, dfs),
        small_sample=small_sample, test=test, clusters=made.bread.m, sandwich=made, weights_model=weights,
        rho=rho if weights == "CORR" else None, tau2=found.tau2, omega2=found.omega2, i2=found.i2,
        weights=found.weights * (100.0 / float(found.weights.sum())),
    )  # fmt: skip


def _least_squares(x: FloatArray, y: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and residuals of weighted least squares."""
    beta = np.asarray(np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * y)), dtype=float)
    return beta, y - x @ beta


def _correlated(got: EffectsInStudies, rho: float) -> WorkingModel:
    """Correlated effects: every effect of a cluster weighs 1 / (k_j (mean v_j + tau2))."""
    x, codes = got.x, got.codes[0]
    sizes = np.bincount(codes)
    mean_v = np.bincount(codes, got.effects.vi) / sizes
    w = (1.0 / (sizes * mean_v))[codes]
    residual = _least_squares(x, got.effects.yi, w)[1]
    q = float(w @ residual**2)
    sampling = np.bincount(codes, got.effects.vi)[codes] / sizes[codes]
    alone, shared = (1.0 - rho) * sampling, rho * sampling
    expected = _expected(x, codes, w, None, alone, shared)
    spread = _expected(x, codes, w, None, np.zeros_like(w), np.ones_like(w))
    tau2 = max(0.0, (q - expected) / spread)
    i2 = 100.0 * max(0.0, (q - expected) / q) if q > 0 else 0.0
    return WorkingModel((1.0 / (sizes * (mean_v + tau2)))[codes], tau2, None, i2)


def _hierarchical(got: EffectsInStudies, rho: float) -> WorkingModel:
    """Hierarchical effects: weights 1 / (v + tau2 + omega2); two quadratic forms of residuals give two variances."""
    x, codes, v = got.x, got.codes[0], got.effects.vi
    w = 1.0 / v
    none, one = np.zeros_like(v), np.ones_like(v)
    residual = _least_squares(x, got.effects.yi, w)[1]
    observed = [float(w @ residual**2), float(np.sum(np.bincount(codes, residual) ** 2))]
    sums: list[FloatArray | None] = [None, np.ones_like(v)]
    over = [o - _expected(x, codes, w, s, v, none) for o, s in zip(observed, sums)]
    slopes = np.array(
        [[_expected(x, codes, w, s, one, none), _expected(x, codes, w, s, none, one)] for s in sums], dtype=float
    )
    if abs(np.linalg.det(slopes)) <= 1e-12 * float(np.abs(slopes).max()) ** 2:
        raise NotEstimableError(
            "every cluster has one effect, so variance within clusters cannot be told from that between them",
            "weights='CORR'",
        )
    omega2 = max(0.0, float(np.linalg.solve(slopes, over)[0]))
    tau2 = max(0.0, (over[0] - slopes[0, 0] * omega2) / slopes[0, 1])
    return WorkingModel(1.0 / (v + tau2 + omega2), tau2, omega2, None)


def _expected(
    x: FloatArray, codes: Codes, w: FloatArray, summed: FloatArray | None, alone: FloatArray, shared: FloatArray
) -> float:
    """Return the expectation of a quadratic form of residuals of weights ``w``.

    The form is that of the weights, or of the sums by cluster where ``summed`` holds ones. The effects have variances
    ``alone`` of their own and ``shared``, the same within a cluster, with all of their cluster.
    """
    inverse = np.linalg.inv(x.T @ (w[:, None] * x))
    p = x.shape[1]
    trace, middle, form, outer = 0.0, np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    for rows in stacks(codes):
        own, xs, wx = np.eye(rows.shape[1]), x[rows], w[rows][:, :, None] * x[rows]
        s = alone[rows][:, :, None] * own + shared[rows][:, :, None]
        b = w[rows][:, :, None] * own if summed is None else np.ones_like(s)
        trace += float(np.sum(b * s))
        middle += np.tensordot(s @ wx, b @ xs, axes=((0, 1), (0, 1)))
        form += np.tensordot(xs, b @ xs, axes=((0, 1), (0, 1)))
        outer += np.tensordot(wx, s @ wx, axes=((0, 1), (0, 1)))
    return trace - 2.0 * float(np.sum(inverse * middle)) + float(np.sum((inverse @ form @ inverse) * outer))


RVE_WEIGHTS: dict[str, Callable[[EffectsInStudies, float], WorkingModel]] = {"CORR": _correlated, "HIER": _hierarchical}
