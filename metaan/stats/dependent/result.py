"""What a model with several variance components returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from ...errors import NotEstimableError, UsageError
from ..measures.effects import FloatArray, Interval
from ..numerics.numerals import figures, fixed, p_text
from ..pooling.heterogeneity import QBased, q_based
from ..pooling.likelihood import FitStatistics
from ..regression.ci import WaldTest
from .blocks import BlockCovariance, Codes
from .estimates import Estimates
from .likelihood import Mixed, SolvedBlocks
from .profiles import OfLevels, OfStructure, correlation_interval, variance_interval
from .structures import STRUCTURES


@dataclass(frozen=True, slots=True)
class ComponentTest:
    """The likelihood-ratio test of a fit against one with fewer parameters; chi-squared, never halved."""

    stat: float
    df: int
    pval: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {"stat": self.stat, "df": self.df, "pval": self.pval}


@dataclass(frozen=True, slots=True)
class VarianceInterval:
    """A variance component with its profile-likelihood interval, and their square roots."""

    name: str
    sigma2: float
    ci: Interval

    @property
    def lb(self) -> float:
        """The lower bound."""
        return self.ci.lb

    @property
    def ub(self) -> float:
        """The upper bound."""
        return self.ci.ub

    @property
    def sigma(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(self.sigma2))

    @property
    def sigma_ci(self) -> Interval:
        """The interval of the standard deviation."""
        return Interval(*np.sqrt(self.ci).tolist())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {"name": self.name, "sigma2": self.sigma2, "ci": list(self.ci)}


@dataclass(frozen=True, eq=False, repr=False)
class Multilevel(Estimates):
    """A model with a variance for each level; on the analysis scale.

    Attributes
    ----------
    method, ci_method, pi_method
        ``"REML"`` or ``"ML"``, and keys of `MULTILEVEL_CI_METHODS` and `MULTILEVEL_PI_METHODS`.
    levels, sigma2, groups
        The levels, outer first; the variance of each; how many groups it has.
    fixed
        True where a variance was given and not estimated.
    pi, pi_reason
        Where one new effect in a new group of every level lies, or None and why.
    i2, i2_by_level
        Percent of the variance of a typical effect that is not sampling error, whole and by level (Nakagawa & Santos
        2012); None where V cannot be inverted.
    q, q_df, q_pval
        Residual heterogeneity at weights from V alone; None where V cannot be inverted.
    loglik
        The (restricted) log-likelihood.
    problem, solved, V
        The likelihood, its maximum, and the sampling covariance, in blocks.
    struct, inner, g
        A key of `metaan.stats.dependent.structures.STRUCTURES`, the levels of the inner factor, and the covariance of
        their true effects within a cluster, shape (j, j); None where no inner factor was given.
    x, codes, rows
        The design, shape (k, p); the groups of each level; which of the given effects were fitted.
    """

    method: str
    ci_method: str
    pi_method: str
    levels: tuple[str, ...]
    sigma2: FloatArray
    groups: tuple[int, ...]
    fixed: tuple[bool, ...]
    pi: Interval | None
    pi_reason: str | None
    i2: float | None
    i2_by_level: FloatArray | None
    q: float | None
    q_df: int
    q_pval: float | None
    loglik: float
    problem: Mixed
    solved: SolvedBlocks
    V: BlockCovariance
    x: FloatArray
    codes: tuple[Codes, ...]
    rows: Codes
    parameters: int
    profiles: OfLevels | OfStructure
    struct: str | None = None
    inner: tuple[str, ...] = ()
    g: FloatArray | None = None

    @property
    def tau2(self) -> FloatArray:
        """The variance of each inner level, or one where the structure has but one; empty without an inner factor."""
        if self.g is None or self.struct is None:
            return np.zeros(0)
        found = np.diag(self.g)
        return found[:1] if STRUCTURES[self.struct].one_variance else found

    @property
    def rho(self) -> FloatArray:
        """The correlation of the inner levels, or of each pair (in the order of the columns); empty where none is."""
        if not isinstance(self.profiles, OfStructure) or self.g is None:
            return np.zeros(0)
        s, theta = self.profiles.s, self.profiles.theta
        if s.structure.rho is not None:
            return np.array([s.structure.rho(float(theta[-1]), len(self.inner))])
        sd = np.sqrt(np.diag(self.g))
        pairs = np.triu_indices(len(sd), 1)
        with np.errstate(invalid="ignore"):
            return (self.g / np.outer(sd, sd))[pairs] if s.structure.free else np.zeros(0)

    @property
    def moderators(self) -> list[int]:
        """The places of all columns but the intercept; of the intercept where it is alone."""
        return [j for j, name in enumerate(self.names) if name != "intercept"] or [0]

    @property
    def qm(self) -> WaldTest:
        """The joint test of all moderators: ``stat``, ``df``, ``df2``, ``pval``."""
        return self.wald_test([self.names[j] for j in self.moderators])

    @property
    def rb(self) -> float:
        """R_b, percent: the share of the variance of the mean that is heterogeneity (Crippa et al. 2016)."""
        if self.p > 1:
            raise NotEstimableError("R_b is of a mean; allowed: a fit without moderators")
        return 100.0 * float(self.sigma2.sum()) / (self.k * float(self.vcov[0, 0]))

    def q_based(self, level: float | None = None) -> QBased:
        """Return H and I2 computed from Q, with their test-based intervals (Higgins & Thompson 2002)."""
        if self.q is None:
            raise NotEstimableError("V cannot be inverted, so there is no Q")
        return q_based(self.q, self.q_df + 1, self.level if level is None else level)

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc."""
        parameters = self.p + self.parameters
        n = self.k - self.p if self.method == "REML" else self.k
        room = max(n, parameters + 2)
        return FitStatistics(
            ll=self.loglik, deviance=-2 * self.loglik, aic=2 * (parameters - self.loglik),
            bic=parameters * float(np.log(n)) - 2 * self.loglik,
            aicc=2 * parameters * room / (room - parameters - 1) - 2 * self.loglik,
            parameters=parameters, restricted=self.method == "REML",
        )  # fmt: skip

    def sigma2_ci(self, level: float | None = None) -> tuple[VarianceInterval, ...]:
        """Return each level's variance that was estimated with its profile-likelihood interval, outer level first."""
        return tuple(self._interval(name, j, float(self.sigma2[j]), level) for j, name in self._free())

    def structure_ci(self, level: float | None = None) -> tuple[VarianceInterval, ...]:
        """Return the variances of the structure, and its correlation as ``rho``, with profile-likelihood intervals.

        Raises
        ------
        NotEstimableError
            There is no structure, or one whose every pair has its own correlation.
        """
        if not isinstance(self.profiles, OfStructure) or self.profiles.s.structure.free:
            raise NotEstimableError(
                f"struct={self.struct!r} has no profile intervals", "HCS is UN for two inner levels"
            )
        p, first = self.profiles, self.profiles.s.levels
        found = [self._interval(f"tau2[{n + 1}]", first + n, float(t), level) for n, t in enumerate(self.tau2)]
        rho, j, at = p.s.structure.rho, len(self.inner), self.level if level is None else level
        if rho is not None:
            last = p.theta.size - 1
            ci = correlation_interval(
                lambda: p.parameter(last), float(p.theta[last]), self.loglik, lambda t: rho(t, j), at
            )
            found.append(VarianceInterval("rho", float(self.rho[0]), ci))
        return tuple(found)

    def _interval(self, name: str, j: int, own: float, level: float | None) -> VarianceInterval:
        at = self.level if level is None else level
        ci = variance_interval(lambda: self.profiles.variance(j), own, self.loglik, self.problem.typical, at)
        return VarianceInterval(name, own, ci)

    def _free(self) -> list[tuple[int, str]]:
        return [(j, name) for j, name in enumerate(self.levels) if not self.fixed[j]]

    def sigma2_tests(self) -> dict[str, ComponentTest]:
        """Test each variance against 0 by the likelihood ratio; level to test.

        The p-value is that of chi-squared with 1 degree of freedom, as programs print it. Under no variance the
        ratio is 0 half of the time, so the p-value is too large, by up to a factor of 2 (Self & Liang 1987).
        """
        return {name: _ratio(self.loglik, self.profiles.variance(j)(0.0), 1) for j, name in self._free()}

    def likelihood_ratio_test(self, reduced: Multilevel) -> ComponentTest:
        """Compare with a fit of the same effects that has fewer variances or coefficients."""
        if self.method != reduced.method or not np.array_equal(self.effects.yi, reduced.effects.yi):
            raise UsageError("the fits are of other effects or methods; allowed: the same effects, both ML or REML")
        if self.method == "REML" and self.names != reduced.names:
            raise UsageError("restricted likelihoods of different moderators cannot be compared; allowed: method='ML'")
        df = self.fit_statistics().parameters - reduced.fit_statistics().parameters
        if df < 1:
            raise UsageError("the second fit has no fewer parameters than the first; allowed: the larger fit first")
        return _ratio(self.loglik, reduced.loglik, df)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        by_level = None if self.i2_by_level is None else self.i2_by_level.tolist()
        return super().to_dict() | {
            "method": self.method, "ci_method": self.ci_method, "pi_method": self.pi_method,
            "levels": list(self.levels), "sigma2": self.sigma2.tolist(), "groups": list(self.groups),
            "fixed": list(self.fixed), "pi": None if self.pi is None else list(self.pi), "pi_reason": self.pi_reason,
            "i2": self.i2, "i2_by_level": by_level, "q": self.q, "q_df": self.q_df, "q_pval": self.q_pval,
            "loglik": self.loglik, "struct": self.struct, "inner": list(self.inner),
            "g": None if self.g is None else self.g.tolist(), "qm": self.qm.to_dict(),
            "fit": self.fit_statistics().to_dict(),
        }  # fmt: skip

    def __repr__(self) -> str:
        head = f"Multilevel model {self.measure}, k = {self.k}, {self.method}, {self.ci_method}"
        parts = "; ".join(
            f"{name} ({n}) sigma2 = {figures(s)}" for name, n, s in zip(self.levels, self.groups, self.sigma2)
        )
        tail = [f"  Variance: {parts}"] if parts else []
        if self.g is not None:
            tail.append(f"  Variance within clusters ({self.struct}): " + _listed(self.inner, np.diag(self.g)))
            tail += [f"  Correlation: {', '.join(figures(r) for r in self.rho)}"] if self.rho.size else []
        if self.q is not None and self.q_pval is not None:
            tail.append(f"  Heterogeneity: Q({self.q_df}) = {figures(self.q)}, {p_text(self.q_pval)}")
        if self.i2 is not None and self.i2_by_level is not None:
            shares = ", ".join(f"{name} {fixed(s, 1)}%" for name, s in zip(self.levels, self.i2_by_level.tolist()))
            tail.append(f"  I2 = {fixed(self.i2, 1)}% ({shares})")
        if self.pi is not None:
            bounds = ", ".join(figures(x) for x in self.pi)
            tail.append(f"  A new effect of a new group: [{bounds}], {100 * self.level:g}% prediction interval")
        return "\n".join([head, *self.lines(), *tail])


def _listed(names: tuple[str, ...], values: FloatArray) -> str:
    return "; ".join(f"{name} {figures(float(value))}" for name, value in zip(names, values))


def _ratio(full: float, reduced: float, df: int) -> ComponentTest:
    stat = max(0.0, 2 * (full - reduced))
    return ComponentTest(stat, df, float(chdtrc(df, stat)))
