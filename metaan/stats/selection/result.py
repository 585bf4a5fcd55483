"""What a selection model returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtri

from ...errors import UsageError
from ..dependent.estimates import Estimates
from ..dependent.result import ComponentTest
from ..measures.effects import FloatArray, Interval
from ..numerics.numerals import figures, p_text
from ..pooling.likelihood import FitStatistics
from ..regression.ci import two_sided
from .functions import SELECTION_FUNCTIONS, PValues, z_of
from .likelihood import Box, Likelihood, search
from .moments import Smooth

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, eq=False, repr=False)
class SelectionModel(Estimates):
    """Effects with the selection of studies taken into account; on the analysis scale.

    Attributes
    ----------
    kind, alternative, steps
        A key of `SELECTION_FUNCTIONS`; which p-values; the upper ends of the intervals of p-values, of a step function
        the last is 1.
    model
        ``"random"`` or ``"common"``: whether tau2 was estimated or is 0.
    tau2, tau2_se, tau2_ci
        Between-study variance of the studies before selection; error and interval are None at 0 and where it was given.
    delta, delta_se, delta_ci, delta_stat, delta_pval
        The q parameters of the selection function, each tested against no selection; error, interval and test are None
        where a parameter was given, or is 0 because no study lies in its interval.
    delta_fixed
        True where a parameter was given.
    counts
        How many studies lie in each interval of p-values; empty without steps.
    loglik, loglik_null
        The log-likelihood, and that of the same model without selection.
    lrt, lrt_df, lrt_pval
        The likelihood-ratio test of no selection; statistic and p-value are None where delta is given whole.
    vcov_all
        The covariance of coefficients, tau2 and delta; rows and columns of what has no error are 0.
    """

    kind: str
    alternative: str
    steps: FloatArray
    model: str
    tau2: float
    tau2_se: float | None
    tau2_ci: Interval | None
    delta: FloatArray
    delta_se: Numbers
    delta_fixed: tuple[bool, ...]
    counts: tuple[int, ...]
    loglik: float
    loglik_null: float
    vcov_all: FloatArray
    problem: Likelihood
    box: Box

    @property
    def delta_ci(self) -> tuple[Interval | None, ...]:
        """The interval of each parameter, cut at its lowest possible value."""
        z, q = float(ndtri((1 + self.level) / 2)), self.delta.size
        lowest = self.box.lower[-q:].tolist()
        return tuple(
            None if se is None else Interval(max(low, d - z * se), d + z * se)
            for d, se, low in zip(self.delta.tolist(), self.delta_se, lowest)
        )

    @property
    def delta_stat(self) -> Numbers:
        """How many standard errors each parameter is away from no selection."""
        null = SELECTION_FUNCTIONS[self.kind].null or (1.0,) * self.delta.size
        return tuple(
            None if se is None else (d - none) / se for d, se, none in zip(self.delta.tolist(), self.delta_se, null)
        )

    @property
    def delta_pval(self) -> Numbers:
        """Two-sided p-values of no selection."""
        return tuple(None if z is None else float(two_sided(np.array(z), None)) for z in self.delta_stat)

    @property
    def lrt_df(self) -> int:
        """How many parameters of the selection function were estimated."""
        return self.delta_fixed.count(False)

    @property
    def lrt(self) -> float | None:
        """Twice what selection adds to the log-likelihood."""
        return max(0.0, 2 * (self.loglik - self.loglik_null)) if self.lrt_df else None

    @property
    def lrt_pval(self) -> float | None:
        """The p-value of no selection; chi-squared."""
        return None if self.lrt is None else float(chdtrc(self.lrt_df, self.lrt))

    def weight(self, p: ArrayLike, precision: float = 1.0) -> FloatArray:
        """Return how likely studies with these p-values are seen, relative to the likeliest of them.

        ``precision`` is the imprecision of a study relative to the largest, where selection depends on it.
        """
        at = np.atleast_1d(np.asarray(p, dtype=float))
        if self.kind == "truncated":
            raise UsageError("a truncated function is one of effects, not of p-values; its weights are delta")
        if not isinstance(self.problem.selection, Smooth):
            got = self.delta[np.minimum(np.searchsorted(self.steps, at), self.steps.size - 1)]
            return np.asarray(got / got.max())
        both = self.alternative == "two.sided"
        values = PValues.of(z_of(at, both), both, SELECTION_FUNCTIONS[self.kind].least_p)
        logs = self.problem.selection.log_weights(values, np.array(precision), self.delta).value
        return np.asarray(np.exp(logs - logs.max()))

    def tau2_test(self) -> ComponentTest | None:
        """Test tau2 against 0 by the likelihood ratio; None where it was not estimated.

        The p-value is that of chi-squared with 1 degree of freedom, as programs print it.
        """
        at = self.p
        if not self.box.free[at]:
            return None
        free, upper = self.box.free.copy(), self.box.upper.copy()
        free[at], upper[at] = False, 0.0
        rest = search(self.problem, replace(self.box, free=free, upper=upper)).top
        stat = max(0.0, 2 * (self.loglik - rest.at.value)) if self.tau2 else 0.0
        return ComponentTest(stat, 1, float(chdtrc(1, stat)))

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc."""
        n = int(self.box.free.sum())
        room = max(self.k, n + 2)
        return FitStatistics(
            ll=self.loglik, deviance=-2 * self.loglik, aic=2 * (n - self.loglik),
            bic=n * float(np.log(self.k)) - 2 * self.loglik,
            aicc=2 * n * room / (room - n - 1) - 2 * self.loglik, parameters=n, restricted=False,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return super().to_dict() | {
            "kind": self.kind, "alternative": self.alternative, "steps": self.steps.tolist(), "model": self.model,
            "tau2": self.tau2, "tau2_se": self.tau2_se, "tau2_ci": _plain(self.tau2_ci),
            "delta": self.delta.tolist(), "delta_se": list(self.delta_se), "delta_ci": [*map(_plain, self.delta_ci)],
            "delta_stat": list(self.delta_stat), "delta_pval": list(self.delta_pval),
            "delta_fixed": list(self.delta_fixed), "counts": list(self.counts), "loglik": self.loglik,
            "loglik_null": self.loglik_null, "lrt": self.lrt, "lrt_df": self.lrt_df, "lrt_pval": self.lrt_pval,
        }  # fmt: skip

    def __repr__(self) -> str:
        name = SELECTION_FUNCTIONS[self.kind].name
        out = [f"Selection model {self.measure}, k = {self.k}, {name}, {self.alternative}, {self.model}", *self.lines()]
        se = "" if self.tau2_se is None else f" (se {figures(self.tau2_se, 3)})"
        out.append(f"  Heterogeneity: tau2 = {figures(self.tau2)}{se}")
        out += [f"  {line}" for line in self._deltas()]
        if self.lrt is not None and self.lrt_pval is not None:
            out.append(f"  No selection: LRT({self.lrt_df}) = {figures(self.lrt)}, {p_text(self.lrt_pval)}")
        return "\n".join(out)

    def _deltas(self) -> list[str]:
        """Return a line a parameter of the selection function."""
        starts = np.append(0.0, self.steps[:-1])
        lines = []
        for j, (d, se, fixed) in enumerate(zip(self.delta.tolist(), self.delta_se, self.delta_fixed)):
            what = f"delta {j + 1}"
            if self.kind == "truncated":
                what = f"{('above', 'up to')[j]} {self.steps[0]:g} ({self.counts[j]} studies): delta"
            elif self.kind == "stepfun":
                what = f"{starts[j]:g} < p <= {self.steps[j]:g} ({self.counts[j]} studies): delta"
            tail = " (given)" if fixed and (j or not self.counts) else "" if se is None else f" (se {figures(se)})"
            lines.append(f"{what} = {figures(d)}{tail}")
        return lines


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
