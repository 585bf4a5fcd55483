"""Fail-safe N: how many null studies would have to lie in a drawer to undo a result. Outdated, and labelled so.

The number ignores heterogeneity and bias in the studies that are there, and takes the hidden ones to be null on
average. It is here because older reviews report it.
To add a version, enter a function in `FAILSAFE_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from scipy.special import ndtr, ndtri

from ...errors import NotEstimableError, UsageError, choose
from ..measures.effects import EffectSizes
from ..numerics.notebook import ShowsItself
from ..numerics.ties import whole
from ..pooling.result import Pooled, effects_of

if TYPE_CHECKING:
    import pandas as pd

OUTDATED = "fail-safe N is outdated: it says nothing of heterogeneity or of bias in the studies at hand"


@dataclass(frozen=True, slots=True, eq=False)
class FailSafeN(ShowsItself):
    """A fail-safe N.

    Attributes
    ----------
    method
        A key of `FAILSAFE_METHODS`.
    n
        The number of null studies; 0 where the result is already undone without any.
    estimate
        The mean effect it starts from, analysis scale; None for Rosenthal.
    pval
        Of the studies at hand: one-sided for Rosenthal, two-sided for Rosenberg; None for Orwin.
    target
        The mean effect to be reached, analysis scale; None but for Orwin.
    alpha
        The significance to be reached; None for Orwin.
    k, effects
        What it was computed from.
    note
        Why not to rely on it.
    """

    method: str
    n: int
    estimate: float | None
    pval: float | None
    target: float | None
    alpha: float | None
    k: int
    effects: EffectSizes
    note: str = OUTDATED

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["effects"] = self.effects.to_dict()
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row: the number without its inputs."""
        import pandas as pd

        plain = self.to_dict()
        del plain["effects"]
        return pd.DataFrame([plain])

    def __repr__(self) -> str:
        goal = f"p = {self.alpha:g}" if self.target is None else f"a mean effect of {self.target:.4g}"
        return f"Fail-safe N ({self.method}), k = {self.k}\n  {self.n} null studies to reach {goal}\n  {self.note}"


@dataclass(frozen=True, slots=True)
class _Goal:
    """What a method is given."""

    es: EffectSizes
    alpha: float
    target: float | None
    weighted: bool


def fail_safe_n(
    es: EffectSizes | Pooled,
    method: str = "Rosenthal",
    *,
    alpha: float = 0.05,
    target: float | None = None,
    weighted: bool = True,
) -> FailSafeN:
    """Return the number of null studies that would undo a result (outdated; for comparison with older reviews).

    Parameters
    ----------
    es
        Effect sizes, or a pooled result for its effect sizes.
    method
        A key of `FAILSAFE_METHODS`.
    alpha
        Rosenthal and Rosenberg: the significance to be reached.
    target
        Orwin: the mean effect to be reached, analysis scale; its sign follows the mean; half the mean where not given.
    weighted
        Orwin: start from the common-effect mean (True) or the plain mean.

    Raises
    ------
    NotEstimableError
        Fewer than 2 studies, or a mean of 0.
    UsageError
        An unknown method; alpha outside 0 to 1; a target of 0.

    Examples
    --------
    >>> fail_safe_n(EffectSizes.of([0.3, 0.5, 0.4], [0.01, 0.02, 0.015]))
    Fail-safe N (Rosenthal), k = 3
      33 null studies to reach p = 0.05
      fail-safe N is outdated: it says nothing of heterogeneity or of bias in the studies at hand
    """
    compute = choose(FAILSAFE_METHODS, method, "method")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha = {alpha:g}; allowed: between 0 and 1, such as 0.05")
    if target == 0:
        raise UsageError("target = 0 is never reached; allowed: an effect too small to matter")
    used = effects_of(es).complete
    if used.k < 2:
        raise NotEstimableError(f"k = {used.k}; fail-safe N needs at least 2 studies")
    return compute(_Goal(used, alpha, target, weighted))


def _rosenthal(goal: _Goal) -> FailSafeN:
    """Stouffer's sum of z (Rosenthal 1979)."""
    es = goal.es
    total = abs(float((es.yi / es.sei).sum()))
    n = _missing((total / _upper_quantile(goal.alpha)) ** 2 - es.k)
    return FailSafeN("Rosenthal", n, None, float(ndtr(-total / math.sqrt(es.k))), None, goal.alpha, es.k, es)


def _orwin(goal: _Goal) -> FailSafeN:
    """The mean diluted to a target (Orwin 1983)."""
    es = goal.es
    mean = float(es.yi @ (1 / es.vi)) / float((1 / es.vi).sum()) if goal.weighted else float(es.yi.mean())
    if mean == 0:
        raise NotEstimableError("Orwin: the mean effect is 0 already")
    target = mean / 2 if goal.target is None else math.copysign(goal.target, mean)
    return FailSafeN("Orwin", _missing(es.k * (mean / target - 1)), mean, None, target, None, es.k, es)


def _rosenberg(goal: _Goal) -> FailSafeN:
    """The common-effect mean diluted with studies of average weight (Rosenberg 2005, eq. 4), normal distribution."""
    es = goal.es
    wi = 1 / es.vi
    sum_w, sum_wy = float(wi.sum()), float(wi @ es.yi)
    z = abs(sum_wy) / math.sqrt(sum_w)
    n = _missing(es.k * ((z / _upper_quantile(goal.alpha / 2)) ** 2 - 1))
    return FailSafeN("Rosenberg", n, sum_wy / sum_w, 2 * float(ndtr(-z)), None, goal.alpha, es.k, es)


def _missing(n: float) -> int:
    return max(0, whole(n))


def _upper_quantile(tail: float) -> float:
    return -float(ndtri(tail))


FAILSAFE_METHODS: dict[str, Callable[[_Goal], FailSafeN]] = {
    "Rosenthal": _rosenthal,
    "Orwin": _orwin,
    "Rosenberg": _rosenberg,
}
