"""A fit and nothing else, for what is fitted often (deletion, permutation), and the fits without each study in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes, FloatArray
from ..pooling.heterogeneity import Moments
from ..pooling.result import Pooled
from ..pooling.tau2 import TAU2_METHODS
from .ci import REGRESSION_CI_METHODS, scale_and_df
from .design import check_rank
from .linear import Linear, Weighted
from .moderators import INTERCEPT
from .result import MetaRegression
from .tau2 import REGRESSION_TAU2_METHODS, Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A fitted regression problem; ``df`` is None for the normal distribution, ``scale`` what vcov is multiplied by."""

    m: Linear
    tau2: float
    tau2_se: float | None
    fit: Weighted
    vcov: FloatArray
    scale: float
    df: float | None

    @property
    def no_spread(self) -> str | None:
        """Why Knapp and Hartung's standard errors do not exist: nothing but rounding is left to estimate them from."""
        if self.scale >= 1 or not self.fit.is_exact(self.m):
            return None
        return "the residuals are all 0, so no Hartung-Knapp standard error exists"


@dataclass(frozen=True, slots=True)
class Options:
    """How to fit.

    Attributes
    ----------
    model, tau2_method, ci_method, level
        As in `metaan.stats.regression.fit_regression.meta_regression`.
    estimator
        Of tau2 in the random-effects model; that of ``tau2_method`` when None.
    """

    model: str
    tau2_method: str | None
    ci_method: str
    level: float
    estimator: Callable[[Linear], Estimate] | None = None

    @classmethod
    def of(cls, fit: Pooled | MetaRegression) -> Options:
        """Return the options of a fit by inverse variance."""
        estimator = None if isinstance(fit, MetaRegression) else _estimator_of_mean(fit)
        return cls(fit.model, fit.tau2_method, fit.ci_method, fit.level, estimator)

    def tau2(self, m: Linear) -> Estimate:
        """Estimate tau2 and its standard error; 0 where no degree of freedom is left."""
        if self.model == "common" or m.df < 1:
            return 0.0, None
        return (self.estimator or choose(REGRESSION_TAU2_METHODS, self.tau2_method or "", "tau2_method"))(m)

    def solve(self, m: Linear) -> Solution:
        """Fit a problem with k at least p."""
        tau2, tau2_se = self.tau2(m)
        fit = m.at(tau2)
        scale, df = scale_and_df(self.ci_method)(fit.rss, m.df, tau2) if m.df else (1.0, None)
        return Solution(m, tau2, tau2_se, fit, fit.inverse * scale, scale, df)


def whole_problem(fit: Pooled | MetaRegression) -> tuple[Options, Linear, tuple[str, ...]]:
    """Return how a fit was made, of what, and the names of its columns; a pool is a regression on an intercept."""
    options, es = Options.of(fit), fit.effects
    if isinstance(fit, MetaRegression):
        return options, fit.linear, fit.names
    return options, Linear(es.yi, es.vi, np.ones((len(es), 1))), (INTERCEPT,)


def moderators(names: Sequence[str]) -> list[int]:
    """Return the places of all columns but the intercept; of the intercept where it is alone."""
    return [j for j, name in enumerate(names) if name != INTERCEPT] or [0]


def _estimator_of_mean(fit: Pooled) -> Callable[[Linear], Estimate]:
    """Return the estimator that a pooled result was made with."""
    if fit.method != "IV" or fit.model not in ("common", "random") or fit.weights_fixed:
        raise UsageError(f"{fit.model}, {fit.method}: this needs a common- or random-effects fit by inverse variance")
    choose(REGRESSION_CI_METHODS, fit.ci_method, "here ci_method")
    if fit.tau2_fixed:
        return lambda m: (fit.tau2 or 0.0, None)
    method = TAU2_METHODS[fit.tau2_method or "DL"]
    return lambda m: method(Moments.of(m.yi, m.vi))


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """A fit, and as it is iterated the fits without each study in turn (None and why where there is none).

    One is made at a time: k fits of k studies each would fill the memory.
    """

    effects: EffectSizes
    names: tuple[str, ...]
    options: Options
    whole: Solution

    def __iter__(self) -> Iterator[tuple[Solution | None, str | None]]:
        m = self.whole.m
        return (_without(m, i, self.names, self.options) for i in range(m.k))


def delete_each(fit: Pooled | MetaRegression) -> Deletion:
    """Return how to fit again without each study; `NotEstimableError` where the fit has no standard errors."""
    options, m, names = whole_problem(fit)
    if m.k <= m.p:
        raise NotEstimableError(f"k = {m.k}; leaving one out needs at least {m.p + 1} studies")
    whole = options.solve(m)
    if whole.no_spread is not None:
        raise NotEstimableError(whole.no_spread)
    return Deletion(fit.effects, names, options, whole)


def predicted_variance(solution: Solution, row: FloatArray) -> float:
    """Return the variance of the predicted mean effect at one row of a design."""
    return float(row @ solution.vcov @ row)


def deleted_variance(whole: Solution, without: Solution, i: int) -> float:
    """Return the variance of study i around its prediction by the others; Knapp and Hartung's factor scales it all."""
    own = float(whole.m.vi[i]) + without.tau2
    return without.scale * own + predicted_variance(without, whole.m.x[i])


def _without(m: Linear, i: int, names: Sequence[str], options: Options) -> tuple[Solution | None, str | None]:
    rest = m.without(i)
    try:
        check_rank(rest.x, names)
    except DataError as error:
        return None, f"without it, {error}"
    found = options.solve(rest)
    return (found, None) if found.no_spread is None else (None, f"without it, {found.no_spread}")
