"""Intervals for the pooled mean.

To add one: write a function from what `CIMethod` names to a standard error and the degrees of freedom of its t
distribution (None: normal), and enter it in `CI_METHODS`.
"""

from __future__ import annotations

import math
from typing import Protocol

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ..errors import UsageError
from .effects import Interval
from .heterogeneity import Moments, trace_psps

SeDf = tuple[float, float | None]


class CIMethod(Protocol):
    """One entry of `CI_METHODS`."""

    def __call__(self, k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
        """Return standard error and degrees of freedom.

        ``se`` is the inverse-variance standard error, ``q`` the generalised Q at ``tau2``, ``m`` the studies.
        """
        ...


def mean_interval(estimate: float, se: float, df: float | None, level: float) -> Interval:
    """Return estimate plus and minus a quantile of the normal (df None) or t distribution times se."""
    half = quantile(df, level) * se
    return Interval(estimate - half, estimate + half)


def quantile(df: float | None, level: float) -> float:
    """Return the two-sided quantile: of the normal distribution where df is None, else of t."""
    upper = (1 + level) / 2
    return float(ndtri(upper)) if df is None else float(stdtrit(df, upper))


def mean_test(estimate: float, se: float, df: float | None) -> tuple[float, float]:
    """Return the statistic and p-value of a mean of 0; infinite where a standard error of 0 leaves no doubt."""
    if se == 0:
        return (0.0, 1.0) if estimate == 0 else (math.copysign(math.inf, estimate), 0.0)
    stat = estimate / se
    return stat, 2 * float(ndtr(-abs(stat)) if df is None else stdtr(df, -abs(stat)))


def wald(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """Normal distribution, inverse-variance standard error."""
    return se, None


def wald_t(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """The t distribution with k - 1 degrees of freedom (Follmann & Proschan 1999); normal for k = 1."""
    return (se, k - 1) if k > 1 else (se, None)


def hartung_knapp(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """Hartung & Knapp 2001; Sidik & Jonkman 2002."""
    return (se * math.sqrt(q / (k - 1)), k - 1) if k > 1 else (se, None)


def hartung_knapp_adhoc(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """Hartung-Knapp, never with a standard error below Wald's (Knapp & Hartung 2003; Roever et al. 2015)."""
    return (se * max(1.0, math.sqrt(q / (k - 1))), k - 1) if k > 1 else (se, None)


def automatic(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """hksj-adhoc where k > 2 and tau2 > 0, else Wald."""
    return hartung_knapp_adhoc(k, tau2, se, q) if k > 2 and tau2 > 0 else (se, None)


def kenward_roger(k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
    """Kenward & Roger 1997 for one mean, in the form of Partlett & Riley 2017, with the expected information of REML.

    The variance grows by twice what not knowing tau2 costs. Partlett & Riley put the enlarged variance into the degrees
    of freedom too, which makes them fewer than Kenward & Roger's own, most of all for few studies.
    """
    if k < 2:
        return se, None
    if m is None:
        raise UsageError("the Kenward-Roger interval needs the studies themselves")
    wi = 1.0 / (m.vi + tau2)
    w2 = wi * wi
    sum_w, sum_w2, sum_w3 = float(wi.sum()), float(w2.sum()), float(w2 @ wi)
    ratio = sum_w2 / sum_w
    information = 0.5 * trace_psps(wi)
    variance = 1 / sum_w + 2 * (sum_w3 - sum_w2 * ratio) / (information * sum_w * sum_w)
    return math.sqrt(variance), 2 * information / (variance * sum_w2) ** 2


CI_METHODS: dict[str, CIMethod] = {
    "wald": wald,
    "t": wald_t,
    "hksj": hartung_knapp,
    "hksj-adhoc": hartung_knapp_adhoc,
    "auto": automatic,
    "KR": kenward_roger,
    "PL": wald,
}
"""``PL`` (profile likelihood) has Wald's standard error; its interval and test come from `metaan.stats.likelihood`."""
