"""p-uniform*: the mean from the distribution of effects within the significant and within the other studies.

Source: van Aert & van Assen 2018 (MetaArXiv zqjr9), 2023. No chance to be seen is compared between significant and
other results, so none has to be estimated; within each group all are taken to be equally likely to be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, ndtri

from ...errors import ConvergenceError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.numerals import figures, p_text
from ..numerics.roots import beyond, crossing
from ..pooling.intervals import check_level
from ..pooling.result import Pooled
from .adjusted import Adjusted, complete_effects
from .functions import LogWeights
from .likelihood import Box, Likelihood, Top, search
from .moments import Seen, between


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Selection that is the same for all studies on one side of a critical value.

    Attributes
    ----------
    lower, upper
        Shape (k,): the bounds of z between which each study was seen.
    """

    lower: FloatArray
    upper: FloatArray

    def seen(self, mean: FloatArray, sd: FloatArray, delta: FloatArray) -> Seen:
        """Return the chance to be on the side where a study is."""
        shares = between((self.lower - mean) / sd, (self.upper - mean) / sd)
        k = mean.size
        nothing = LogWeights(np.zeros(k), np.zeros((0, k)), np.zeros((0, 0, k)))
        return Seen(shares, np.zeros((0, 3, k)), np.zeros((0, 0, k)), nothing)


@dataclass(frozen=True, eq=False, repr=False)
class PUniform(Adjusted):
    """p-uniform*; on the analysis scale. The interval is that of the profile likelihood.

    Attributes
    ----------
    side, alpha
        Where significant effects lie, and the two-sided significance.
    significant
        Shape (k,): which studies are.
    tau2, tau2_ci
        Between-study variance, with its profile-likelihood interval.
    stat, pval
        The likelihood-ratio test of no effect, chi-squared with 1 degree of freedom.
    het_stat, het_pval
        That of no heterogeneity; its p-value is halved, tau2 being at its bound under it.
    loglik
        The log-likelihood.
    """

    side: str
    alpha: float
    significant: NDArray[np.bool_]
    tau2: float
    tau2_ci: Interval | None
    het_stat: float
    het_pval: float
    loglik: float

    @property
    def k_significant(self) -> int:
        """How many studies are significant on that side."""
        return int(self.significant.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        names = ("side", "alpha", "tau2", "het_stat", "het_pval", "loglik", "k_significant")
        return super().to_dict() | {name: getattr(self, name) for name in names} | {
            "tau2_ci": None if self.tau2_ci is None else list(self.tau2_ci), "significant": self.significant.tolist(),
        }  # fmt: skip

    def __repr__(self) -> str:
        tau2 = f"tau2 = {figures(self.tau2)}, no heterogeneity: {p_text(self.het_pval)}"
        return f"{super().__repr__()}\n  {self.k_significant} significant on the {self.side}; {tau2}"


def p_uniform(
    es: EffectSizes | Pooled,
    side: str = "right",
    *,
    alpha: float = 0.05,
    tau2: float | None = None,
    level: float = 0.95,
) -> PUniform:
    """Estimate mean and heterogeneity by p-uniform*, maximum likelihood.

    Parameters
    ----------
    es
        Effects, or a pool of them.
    side
        ``"right"`` or ``"left"``: where significant effects were more likely to be published.
    alpha
        Two-sided significance of the studies' own tests.
    tau2
        A between-study variance that is given: 0 for one true effect.
    level
        Coverage of the intervals.

    Raises
    ------
    NotEstimableError
        No study is significant on that side; fewer than 2 studies; a likelihood without a maximum.
    UsageError
        An unknown side, or alpha outside 0 to 1.

    Examples
    --------
    >>> es = EffectSizes.of([0.62, 0.55, 0.48, 0.51, 0.1, 0.36, 0.2], [0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.03])
    >>> fit = p_uniform(es)
    >>> round(fit.estimate, 3), fit.k_significant
    (0.112, 5)
    """
    check_level(level)
    sign = choose(SIDES, side, "side")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha = {alpha:g}; allowed: between 0 and 1, such as 0.05")
    used, excluded = complete_effects(es)
    cut = float(-ndtri(alpha / 2))
    z = sign * used.yi / used.sei
    significant = z > cut
    _check(used.k, int(significant.sum()), side)
    within = Within(np.where(significant, cut, -np.inf), np.where(significant, np.inf, cut))
    problem = Likelihood(sign * used.yi, used.vi, np.ones((used.k, 1)), within)
    box = _box(tau2)
    top = search(problem, box).top
    mean, spread = top.parameters.tolist()
    null, common = _held(problem, box, 0, 0.0), _held(problem, box, 1, 0.0)
    drop = 0.5 * float(chdtri(1, 1 - level))
    ci, notes = _bounds(problem, box, top, drop)
    stat, het = (max(0.0, 2 * (top.at.value - other.at.value)) for other in (null, common))
    ordered = Interval(*sorted(sign * bound for bound in ci)) if ci else None
    return PUniform(
        name="p-uniform*", estimate=sign * mean, se=None, stat=stat, df=1.0, pval=float(chdtrc(1, stat)), ci=ordered,
        level=level, effects=used, excluded=excluded, notes=notes, side=side, alpha=alpha, significant=significant,
        tau2=spread, tau2_ci=None if tau2 is not None else _tau2_bounds(problem, box, top, drop), het_stat=het,
        het_pval=0.5 * float(chdtrc(1, het)), loglik=top.at.value,
    )  # fmt: skip


def _check(k: int, significant: int, side: str) -> None:
    if k < 2:
        raise NotEstimableError(f"k = {k}; p-uniform* needs at least 2 studies")
    if not significant:
        raise NotEstimableError(f"no study is significant on the {side}", "look at the other side")


def _box(tau2: float | None) -> Box:
    """Return the bounds of mean and tau2."""
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise UsageError(f"tau2 = {tau2:g}; allowed: 0 or more")
    low, high = np.array([-np.inf, tau2 or 0.0]), np.array([np.inf, np.inf if tau2 is None else tau2])
    return Box(low, high, np.array([True, tau2 is None]), np.zeros(2, dtype=bool), (np.empty(0),))


def _held(problem: Likelihood, box: Box, at: int, value: float) -> Top:
    """Return the top with one parameter held."""
    lower, upper, free = box.lower.copy(), box.upper.copy(), box.free.copy()
    lower[at] = upper[at] = value
    free[at] = False
    return search(problem, replace(box, lower=lower, upper=upper, free=free)).top


def _profile(problem: Likelihood, box: Box, at: int, least: float) -> Callable[[float], float]:
    return lambda value: _held(problem, box, at, value).at.value - least


def _bounds(problem: Likelihood, box: Box, top: Top, drop: float) -> tuple[Interval | None, tuple[str, ...]]:
    """Return where the profile likelihood of the mean has fallen by ``drop`` on both sides."""
    mean = float(top.parameters[0])
    profile = _profile(problem, box, 0, top.at.value - drop)
    width = float(np.sqrt(np.median(problem.vi)))
    try:
        below = beyond(lambda far: profile(mean - far), width)
        above = beyond(lambda far: profile(mean + far), width)
    except (ConvergenceError, NotEstimableError):
        return None, ("no interval: the profile likelihood of the mean stays high without end on one side",)
    return Interval(crossing(profile, mean, mean - below), crossing(profile, mean, mean + above)), ()


def _tau2_bounds(problem: Likelihood, box: Box, top: Top, drop: float) -> Interval | None:
    """Return where the profile likelihood of tau2 has fallen by ``drop``; 0 where it has not on that side."""
    tau2 = float(top.parameters[1])
    profile = _profile(problem, box, 1, top.at.value - drop)
    lower = 0.0 if profile(0.0) >= 0 else crossing(profile, tau2, 0.0)
    try:
        far = beyond(lambda more: profile(tau2 + more), float(np.median(problem.vi)))
    except (ConvergenceError, NotEstimableError):
        return None
    return Interval(lower, crossing(profile, tau2, tau2 + far))


SIDES: dict[str, float] = {"right": 1.0, "left": -1.0}
