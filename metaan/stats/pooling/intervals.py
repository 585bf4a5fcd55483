"""Intervals for the pooled mean, and its test: `infer` makes both, or says why there are none.

To add one: write a function from what `CIMethod` names to a standard error and the degrees of freedom of its t
distribution (None: normal), and enter it in `CI_METHODS`.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ...errors import UsageError
from ..measures.effects import Interval
from ..measures.scales import SCALES, Scale
from .heterogeneity import Moments, trace_psps

SeDf = tuple[float, float | None]

#: Below this the 95 % quantile of t is more than 700,000 and soon beyond every float.
LEAST_DF = 0.2
IDENTICAL = "undefined where all effects are identical"
NO_SE = "no standard error, test or interval: {}"


class Inference(NamedTuple):
    """What is known of a mean beside itself; what does not exist is None, and ``notes`` says why."""

    se: float | None
    df: float | None
    stat: float | None
    pval: float | None
    ci: Interval | None
    notes: tuple[str, ...] = ()


class CIMethod(Protocol):
    """One entry of `CI_METHODS`."""

    def __call__(self, k: int, tau2: float, se: float, q: float, m: Moments | None = None) -> SeDf:
        """Return standard error and degrees of freedom.

        ``se`` is the inverse-variance standard error, ``q`` the generalised Q at ``tau2``, ``m`` the studies.
        """
        ...


def infer(
    estimate: float, se: float, df: float | None, level: float, scale: Scale = SCALES["identity"], why: str = IDENTICAL
) -> Inference:
    """Return test and interval of a mean, finite on its display scale too; ``why`` says what a ``se`` of 0 means."""
    if se == 0:
        return Inference(None, df, None, None, None, (NO_SE.format(why),))
    found = Inference(se, df, *mean_test(estimate, se, df), mean_interval(estimate, se, df, level))
    return bounded(found, scale)


def bounded(found: Inference, scale: Scale) -> Inference:
    """Take test and interval away where no float holds the interval, or the distribution has next to no df."""
    if found.df is not None and found.df < LEAST_DF:
        why = f"{found.df:.2g} degrees of freedom are too few for an interval"
    elif not has_ends(found.ci, scale):
        why = "the interval has no bounds that a number can hold"
    else:
        return found
    return found._replace(pval=None, ci=None, notes=(f"no test or interval: {why}",))


def has_ends(ci: Interval | None, scale: Scale) -> bool:
    """Return whether both bounds are finite, on the display scale too."""
    return ci is not None and all(math.isfinite(bound) and math.isfinite(scale.to_display(bound)) for bound in ci)


def check_level(level: float) -> None:
    """Refuse a coverage outside 0 to 1, or so near 1 that its quantile is infinite."""
    if not 0 < level < (1 + level) / 2 < 1:
        raise UsageError(f"level = {level:g}; allowed: between 0 and 1, such as 0.95")


def mean_interval(estimate: float, se: float, df: float | None, level: float) -> Interval:
    """Return estimate plus and minus a quantile of the normal (df None) or t distribution times se."""
    half = quantile(df, level) * se
    return Interval(estimate - half, estimate + half)


def quantile(df: float | None, level: float) -> float:
    """Return the two-sided quantile: of the normal distribution where df is None, else of t."""
    upper = (1 + level) / 2
    return float(ndtri(upper)) if df is None else float(stdtrit(df, upper))


def mean_test(estimate: float, se: float, df: float | None) -> tuple[float, float]:
    """Return the statistic and p-value of a mean of 0."""
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
    total = m.vi + tau2
    top = int(np.argmin(total))
    wi = total[top] / total  # by the largest, so that no power overflows
    sum_w, sum_w2 = float(wi.sum()), float(wi @ wi)
    gaps = wi - sum_w2 / sum_w
    gaps[top] = float(wi @ (wi[top] - wi)) / sum_w  # what is left where one study has nearly all the weight
    information = 0.5 * trace_psps(wi)
    variance = 1 / sum_w + 2 * float(wi @ (gaps * gaps)) / (information * sum_w * sum_w)
    return math.sqrt(variance * float(total[top])), 2 * information / (variance * sum_w2) ** 2


CI_METHODS: dict[str, CIMethod] = {
    "wald": wald,
    "t": wald_t,
    "hksj": hartung_knapp,
    "hksj-adhoc": hartung_knapp_adhoc,
    "auto": automatic,
    "KR": kenward_roger,
    "PL": wald,
}
"""``PL`` (profile likelihood) has Wald's standard error; its interval and test come from
`metaan.stats.pooling.likelihood`.
"""
