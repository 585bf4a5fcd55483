"""The numbers of a meta-regression, which tests, intervals and predictions are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..measures.effects import EffectSizes, FloatArray, Interval
from .design import Coding
from .linear import Linear
from .moderators import INTERCEPT


@dataclass(frozen=True, eq=False)
class RegressionNumbers:
    """The numbers of a meta-regression. Coefficients, errors and intervals are on the analysis scale.

    Attributes
    ----------
    names, coefficients, se, stat, pval, ci
        One value a column of the design.
    df
        Degrees of freedom of the t and F tests, k - p; None for the normal and chi-squared distributions.
    vcov
        Shape (p, p): the covariance of the coefficients.
    references
        Factor to its reference level.
    qm, qm_df, qm_pval
        The joint test of all moderators: chi-squared with ``qm_df``, or F with ``qm_df`` and ``df``.
    qe, qe_df, qe_pval
        Residual heterogeneity, at the weights of the common-effect model.
    tau2, tau2_se
        Residual between-study variance; the error is None where the model or the method has none.
    i2, h2
        Of what the moderators leave unexplained, the share (percent) that is heterogeneity; and total over sampling.
    r2
        Percent of tau2 (common effect: of H2) that the moderators explain (Raudenbush 2009), at least 0, and 0 where
        there is nothing to explain; None without moderators or without intercept.
    tau2_null
        tau2 without moderators.
    x, effects
        The design, shape (k, p), and the studies it belongs to.
    excluded
        (label, reason) of every study that was left out.
    coding
        How moderators become columns, for `predict`.
    """

    model: str
    tau2_method: str | None
    ci_method: str
    level: float
    measure: str
    names: tuple[str, ...]
    coefficients: FloatArray
    se: FloatArray
    stat: FloatArray
    df: float | None
    pval: FloatArray
    ci: tuple[Interval, ...]
    vcov: FloatArray
    references: Mapping[str, str]
    qm: float
    qm_df: int
    qm_pval: float
    qe: float
    qe_df: int
    qe_pval: float
    tau2: float
    tau2_se: float | None
    tau2_null: float | None
    i2: float
    h2: float
    r2: float | None
    k: int
    p: int
    x: FloatArray
    effects: EffectSizes
    excluded: tuple[tuple[str, str], ...]
    coding: Coding

    @property
    def moderators(self) -> tuple[str, ...]:
        """The moderators, or the terms of the formula, that have columns."""
        return tuple(dict.fromkeys(term for term in self.coding.terms if term != INTERCEPT))

    @property
    def linear(self) -> Linear:
        """The regression problem behind the fit."""
        return Linear(self.effects.yi, self.effects.vi, self.x)
