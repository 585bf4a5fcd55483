"""Location-scale models: moderators of the mean effect, and moderators of how much effects differ.

Viechtbauer & López-López 2022. To add a link from the scale's linear predictor to tau2: enter it in `LINKS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from ...errors import ConvergenceError, NotEstimableError, choose
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.numerals import figures, p_text
from ..pooling.intervals import check_level
from ..pooling.likelihood import FitStatistics
from ..pooling.result import Pooled, effects_of
from ..regression.ci import WaldTest, wald_test
from ..regression.design import check_rank, design_of
from ..regression.moderators import INTERCEPT
from .estimates import Estimates, quantiles
from .multilevel import left_out_of

if TYPE_CHECKING:
    import pandas as pd

MAX_STEPS = 200
NO_TAU2 = 1e-8  # of a typical variance, below which a study's tau2 is 0 and the log link runs off


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of `LINKS`: tau2 of the linear predictor, and its first and second derivative there."""

    tau2: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    curve: Callable[[FloatArray], FloatArray]
    start: Callable[[float], float]


@dataclass(frozen=True, eq=False, repr=False)
class LocationScale(Estimates):
    """Moderators of the mean (``coefficients``) and of tau2 (``alpha``); on the analysis scale.

    Attributes
    ----------
    method, link
        ``"REML"`` or ``"ML"``, and a key of `LINKS`.
    alpha_names, alpha, alpha_vcov, alpha_dfs
        The columns of the scale, their coefficients (of log tau2, or of tau2), covariance and degrees of freedom.
    tau2
        Shape (k,): the variance between studies with each study's moderators.
    loglik
        The (restricted) log-likelihood.
    """

    method: str
    link: str
    alpha_names: tuple[str, ...]
    alpha: FloatArray
    alpha_vcov: FloatArray
    alpha_dfs: FloatArray
    tau2: FloatArray
    loglik: float

    @property
    def alpha_se(self) -> FloatArray:
        """Shape (q,): standard errors of ``alpha``, from the observed information."""
        return np.sqrt(np.diag(self.alpha_vcov))

    @property
    def alpha_stat(self) -> FloatArray:
        """Shape (q,)."""
        return self.alpha / self.alpha_se

    @property
    def alpha_pval(self) -> FloatArray:
        """Shape (q,): two-sided."""
        tail = -np.abs(self.alpha_stat)
        with np.errstate(invalid="ignore"):
            return np.asarray(2.0 * np.where(np.isinf(self.alpha_dfs), ndtr(tail), stdtr(self.alpha_dfs, tail)))

    @property
    def alpha_ci(self) -> tuple[Interval, ...]:
        """One interval a coefficient of the scale."""
        half = quantiles(self.alpha_dfs, self.level) * self.alpha_se
        return tuple(map(Interval, (self.alpha - half).tolist(), (self.alpha + half).tolist()))

    @property
    def qs(self) -> WaldTest | None:
        """The joint test of all moderators of the scale; None without one."""
        at = [j for j, name in enumerate(self.alpha_names) if name != INTERCEPT]
        df = float(self.alpha_dfs[0])
        return (
            wald_test(self.alpha_names, self.alpha, self.alpha_vcov, None if np.isinf(df) else df, at) if at else None
        )

    @property
    def qm(self) -> WaldTest:
        """The joint test of all moderators of the mean; of the intercept where it is alone."""
        return self.wald_test([name for name in self.names if name != INTERCEPT] or [INTERCEPT])

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc."""
        parameters = self.p + self.alpha.size
        n = self.k - self.p if self.method == "REML" else self.k
        room = max(n, parameters + 2)
        return FitStatistics(
            ll=self.loglik, deviance=-2 * self.loglik, aic=2 * (parameters - self.loglik),
            bic=parameters * math.log(n) - 2 * self.loglik,
            aicc=2 * parameters * room / (room - parameters - 1) - 2 * self.loglik,
            parameters=parameters, restricted=self.method == "REML",
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return super().to_dict() | {
            "method": self.method, "link": self.link, "alpha_names": list(self.alpha_names),
            "alpha": self.alpha.tolist(), "alpha_vcov": self.alpha_vcov.tolist(), "alpha_se": self.alpha_se.tolist(),
            "alpha_pval": self.alpha_pval.tolist(), "alpha_ci": [list(bounds) for bounds in self.alpha_ci],
            "qs": None if self.qs is None else self.qs.to_dict(), "tau2": self.tau2.tolist(), "loglik": self.loglik,
        }  # fmt: skip

    def __repr__(self) -> str:
        head = f"Location-scale model {self.measure}, k = {self.k}, {self.method}, {self.link} link"
        scale = [
            f"  scale {name}: {figures(a)} (se {figures(se)}), {p_text(float(p))}"
            for name, a, se, p in zip(self.alpha_names, self.alpha, self.alpha_se, self.alpha_pval)
        ]
        span = f"  tau2 from {figures(float(self.tau2.min()))} to {figures(float(self.tau2.max()))}"
        return "\n".join([head, *self.lines(), *scale, span])


def location_scale(
    es: EffectSizes | Pooled,
    scale: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None,
    mods: ArrayLike | Mapping[str, ArrayLike] | pd.DataFrame | str | None = None,
    data: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
    *,
    method: str = "REML",
    link: str = "log",
    ci_method: str = "wald",
    level: float = 0.95,
) -> LocationScale:
    """Model the mean effect and, by its own moderators, the variance between studies.

    Parameters
    ----------
    es
        Effects of independent studies; those without a value or a moderator are left out and listed in ``excluded``.
    scale, mods
        Moderators of tau2 and of the mean, as for `metaan.stats.regression.fit_regression.meta_regression`.
    data
        The columns that formulas speak of.
    method
        ``"REML"`` or ``"ML"``.
    link
        A key of `LINKS`.
    ci_method
        A key of `LOCATION_SCALE_CI_METHODS`.
    level
        Coverage of the intervals.

    Raises
    ------
    NotEstimableError
        Too few studies, or tau2 that is 0 for some studies, where no coefficient of its logarithm exists.
    ConvergenceError
        The coefficients of the scale did not settle.

    Notes
    -----
    Viechtbauer & López-López 2022; gradient and Hessian of the (restricted) likelihood are exact.

    Examples
    --------
    >>> es = EffectSizes.of([0.1, 0.5, -0.2, 0.9, -0.6, 0.3, 1.1, -0.2], [0.02, 0.03, 0.02, 0.04] * 2)
    >>> fit = location_scale(es, {"old": [0, 0, 0, 1, 1, 0, 1, 1]})
    >>> fit.alpha_names, fit.alpha.round(3).tolist()
    (('intercept', 'old'), [-2.776, 2.133])
    """
    check_level(level)
    restricted, rule = choose({"REML": True, "ML": False}, method, "method"), choose(LINKS, link, "link")
    inference = choose(LOCATION_SCALE_CI_METHODS, ci_method, "ci_method")
    es = effects_of(es)
    spread = design_of(scale, es.estimable, True, data)
    mean = design_of(mods, spread.used, True, data)
    rows = np.flatnonzero(mean.used)
    used, x, z = es.take(rows.tolist()), mean.x, spread.x[mean.used[spread.used]]
    k, p, q = len(rows), x.shape[1], z.shape[1]
    if k <= p + q:
        raise NotEstimableError(f"k = {k} studies for {p + q} coefficients; allowed: k above that")
    check_rank(x, mean.coding.names)
    check_rank(z, spread.coding.names)
    m = _Problem(used.yi, used.vi, x, z, restricted, rule)
    alpha = _climb(m)
    at = m.at(alpha)
    factor, t = inference(float(at.py @ (at.py / at.w)), k - p)
    missing = tuple(a or b for a, b in zip(spread.missing, mean.missing))
    return LocationScale(
        names=mean.coding.names, terms=mean.coding.terms, coefficients=at.beta, vcov=factor * at.vcov,
        dfs=np.full(p, k - p if t else math.inf), level=level, effects=used,
        excluded=left_out_of(es, {}, missing), notes=(),
        method=method, link=link, alpha_names=spread.coding.names, alpha=alpha,
        alpha_vcov=np.asarray(np.linalg.inv(-m.hessian(alpha, at)), dtype=float),
        alpha_dfs=np.full(q, k - q if t else math.inf), tau2=rule.tau2(z @ alpha), loglik=at.ll,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _At:
    """A fit at given coefficients of the scale: ``py`` is weight times residual."""

    w: FloatArray
    beta: FloatArray
    vcov: FloatArray
    py: FloatArray
    ll: float


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Effects, their variances, the designs of mean and scale."""

    y: FloatArray
    v: FloatArray
    x: FloatArray
    z: FloatArray
    restricted: bool
    link: Link

    def at(self, alpha: FloatArray) -> _At:
        """Fit the mean; the log-likelihood is minus infinity where a variance is not above 0."""
        tau2 = self.link.tau2(self.z @ alpha)
        n, p = self.x.shape
        total = self.v + tau2
        if not np.isfinite(total).all() or (tau2 < 0).any():
            return _At(total, np.zeros(p), np.eye(p), total, -math.inf)
        w = 1.0 / total
        vcov = np.asarray(np.linalg.inv(self.x.T @ (w[:, None] * self.x)), dtype=float)
        beta = vcov @ (self.x.T @ (w * self.y))
        py = w * (self.y - self.x @ beta)
        ll = -0.5 * (n * math.log(2 * math.pi) + float(np.log(total).sum() + py @ (total * py)))
        if self.restricted:
            free = np.linalg.slogdet(self.x.T @ self.x)[1] + np.linalg.slogdet(vcov)[1]
            ll += 0.5 * (p * math.log(2 * math.pi) + float(free))
        return _At(w, beta, vcov, py, ll)

    def _leverage(self, at: _At) -> FloatArray:
        """Return the diagonal of M^-1 X (X'M^-1 X)^-1 X'M^-1."""
        u = at.w[:, None] * self.x
        return np.asarray(np.einsum("ij,jk,ik->i", u, at.vcov, u))

    def slopes(self, at: _At) -> FloatArray:
        """Return the derivative of the log-likelihood in each study's tau2."""
        own = at.w - self._leverage(at) if self.restricted else at.w
        return 0.5 * (at.py**2 - own)

    def gradient(self, alpha: FloatArray, at: _At) -> FloatArray:
        """Return the derivative of the log-likelihood in ``alpha``."""
        return self.z.T @ (self.slopes(at) * self.link.slope(self.z @ alpha))

    def hessian(self, alpha: FloatArray, at: _At) -> FloatArray:
        """Return the second derivatives of the log-likelihood in ``alpha``; sums of p x p products, no n x n matrix."""
        eta = self.z @ alpha
        d, u = self.link.slope(eta)[:, None] * self.z, at.w[:, None] * self.x
        own = at.w - 2.0 * self._leverage(at) if self.restricted else at.w
        through = d.T @ (at.py[:, None] * u)
        found = 0.5 * d.T @ ((at.w * own)[:, None] * d) - d.T @ ((at.py**2 * at.w)[:, None] * d)
        found += through @ at.vcov @ through.T
        if self.restricted:
            shared = at.vcov @ np.einsum("ia,ij,ik->ajk", d, u, u)
            found += 0.5 * np.einsum("ajk,bkj->ab", shared, shared)
        return np.asarray(found + self.z.T @ ((self.slopes(at) * self.link.curve(eta))[:, None] * self.z))


def _climb(m: _Problem) -> FloatArray:
    """Return the coefficients of the scale at the maximum, by Newton's method made to climb."""
    spread = float(np.var(m.y - m.x @ np.linalg.lstsq(m.x, m.y, rcond=None)[0]))
    alpha = np.linalg.lstsq(m.z, np.full(m.y.size, m.link.start(max(spread, 1e-3 * float(m.v.mean())))), rcond=None)[0]
    now = m.at(alpha)
    for _ in range(MAX_STEPS):
        slope = m.gradient(alpha, now)
        values, vectors = np.linalg.eigh(-m.hessian(alpha, now))
        step = vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), 1e-8 * float(np.abs(values).max())))
        new, then = _uphill(m, alpha, step, now)
        small = float(np.max(np.abs(m.z @ (new - alpha)))) <= 1e-10 * (1.0 + float(np.max(np.abs(m.z @ new))))
        alpha, now = new, then
        _refuse_none(m, alpha)
        if small:
            if values.min() <= 0:
                break
            return alpha
    raise ConvergenceError(f"the coefficients of the scale did not settle in {MAX_STEPS} steps; fewer moderators may")


def _refuse_none(m: _Problem, alpha: FloatArray) -> None:
    """Stop where tau2 has become nothing for a study: the likelihood only rises on the way there."""
    tau2 = m.link.tau2(m.z @ alpha)
    if float(tau2.min()) < NO_TAU2 * float(m.v.min()):
        raise NotEstimableError(
            f"tau2 is estimated as 0 for {int((tau2 < NO_TAU2 * m.v.min()).sum())} of {tau2.size} studies, the edge of "
            "what is possible: no coefficient of the scale stands there",
            "fewer moderators of the scale, or link='identity'",
        )


def _uphill(m: _Problem, alpha: FloatArray, step: FloatArray, now: _At) -> tuple[FloatArray, _At]:
    """Take the step, or half of it until the likelihood does not fall."""
    for _ in range(60):
        then = m.at(alpha + step)
        if then.ll >= now.ll - 1e-12 * (1.0 + abs(now.ll)):
            return alpha + step, then
        step = 0.5 * step
    return alpha, now


def _one(eta: FloatArray) -> FloatArray:
    return np.ones_like(eta)


LINKS: dict[str, Link] = {
    "log": Link(lambda eta: np.exp(np.minimum(eta, 700.0)), np.exp, np.exp, math.log),
    "identity": Link(lambda eta: eta, _one, np.zeros_like, lambda tau2: tau2),
}

LOCATION_SCALE_CI_METHODS: dict[str, Callable[[float, int], tuple[float, bool]]] = {
    "wald": lambda rss, df: (1.0, False),
    "t": lambda rss, df: (1.0, True),
    "hksj": lambda rss, df: (rss / df, True),
}
"""From the weighted residual sum of squares and its degrees of freedom to what the covariance of the mean's
coefficients is multiplied by, and whether tests are t tests.
"""
