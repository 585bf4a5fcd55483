"""Pooling by inverse variance: the common-effect and the random-effects model.

`pool` is the way in; `Pooled` is what every pooling method of the package returns. To add an interval for the mean,
enter a function in `CI_METHODS`; to add a prediction interval, one in `PI_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from ..errors import NotEstimableError, UsageError, choose
from .effects import EffectSizes, FloatArray, Interval
from .heterogeneity import TAU2_CI_METHODS, Moments, i2_from_tau2, typical_variance
from .measures import scale_of
from .tau2 import TAU2_METHODS

if TYPE_CHECKING:
    import pandas as pd

MODELS = ("common", "random")


@dataclass(frozen=True, slots=True)
class Display:
    """A pooled result on the display scale (the exponential of the analysis scale for ratios)."""

    estimate: float
    ci: Interval
    pi: Interval | None


@dataclass(frozen=True, slots=True)
class HeterogeneityCI:
    """tau2, tau, I2 and H2 with their intervals; ``method`` is a key of `TAU2_CI_METHODS`."""

    method: str
    level: float
    tau2: float
    tau2_ci: Interval
    tau: float
    tau_ci: Interval
    i2: float
    i2_ci: Interval
    h2: float
    h2_ci: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """One pooled result. Estimates, errors and intervals are on the analysis scale; see ``display``.

    Attributes
    ----------
    model, method
        ``"common"`` or ``"random"``, and how it was pooled (``"IV"``, ``"MH"`` ...).
    estimate, se, stat, df, pval, ci
        The mean effect; ``df`` is None for the normal distribution.
    pi, pi_reason
        The prediction interval, or None and why there is none.
    tau2, tau2_se
        Between-study variance and its standard error; None where the method has none.
    i2, h2, q, q_df, q_pval
        Heterogeneity; ``i2`` in percent.
    weights
        Shape (k,), percent, summing to 100.
    k
        The number of studies pooled.
    effects
        What was pooled.
    excluded
        (label, reason) of every study that was left out.
    """

    model: str
    method: str
    measure: str
    level: float
    estimate: float
    se: float
    stat: float
    df: float | None
    pval: float
    ci: Interval
    pi: Interval | None
    pi_reason: str | None
    tau2: float | None
    tau2_se: float | None
    i2: float | None
    h2: float | None
    q: float
    q_df: int
    q_pval: float
    weights: FloatArray
    k: int
    effects: EffectSizes
    tau2_method: str | None = None
    ci_method: str = "wald"
    pi_method: str | None = None
    excluded: tuple[tuple[str, str], ...] = ()

    @property
    def display(self) -> Display:
        """The result on the display scale."""
        back = scale_of(self.measure).to_display
        pi = None if self.pi is None else Interval(back(self.pi.lb), back(self.pi.ub))
        return Display(back(self.estimate), Interval(back(self.ci.lb), back(self.ci.ub)), pi)

    def tau2_ci(self, method: str = "QP", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 with the intervals of ``method``, a key of `TAU2_CI_METHODS`.

        Raises
        ------
        NotEstimableError
            Fewer than two studies, or a method without tau2.
        """
        interval = choose(TAU2_CI_METHODS, method, "interval of tau2")
        if self.k < 2 or self.tau2 is None:
            raise NotEstimableError(f"tau2 has no interval: k = {self.k}, method {self.method}")
        moments = Moments.of(self.effects.yi, self.effects.vi)
        at = self.level if level is None else level
        return _heterogeneity_ci(method, at, self.tau2, interval(moments, at), moments)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["weights"] = self.weights.tolist()
        plain["effects"] = self.effects.to_dict()
        plain["excluded"] = [list(pair) for pair in self.excluded]
        for name in ("ci", "pi"):
            plain[name] = None if plain[name] is None else list(plain[name])
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, vi, weight in percent."""
        return self.effects.to_frame()[["slab", "yi", "vi"]].assign(weight=self.weights)


def pool(
    es: EffectSizes,
    model: str = "random",
    tau2_method: str = "DL",
    ci_method: str = "wald",
    pi_method: str = "t(k-1)",
    level: float = 0.95,
) -> Pooled:
    """Pool effect sizes by inverse variance.

    Parameters
    ----------
    es
        Studies without an effect size are left out and listed in ``excluded``.
    model
        ``"common"`` or ``"random"``.
    tau2_method, ci_method, pi_method
        Keys of `TAU2_METHODS`, `CI_METHODS` and `PI_METHODS`.
    level
        Coverage of all intervals, between 0 and 1.

    Raises
    ------
    NotEstimableError
        No study has an effect size.
    UsageError
        An unknown method, or a level outside 0 to 1.

    Examples
    --------
    >>> fit = pool(EffectSizes.of([0.1, 0.3, 0.5], [0.04, 0.05, 0.03]))
    >>> round(fit.estimate, 4), fit.k
    (0.317, 3)
    """
    if model not in MODELS:
        choose(dict.fromkeys(MODELS), model, "model")
    if not 0 < level < 1:
        raise UsageError(f"level = {level:g}; allowed: between 0 and 1, such as 0.95")
    used = es.complete
    if used.k == 0:
        raise NotEstimableError("no study has an effect size")
    m = Moments.of(used.yi, used.vi)
    tau2, tau2_se = _tau2(m, model, tau2_method)
    wi = m.wi if tau2 == 0 else 1.0 / (m.vi + tau2)
    sum_w = float(wi.sum())
    estimate = float(wi @ m.yi) / sum_w
    residual = m.yi - estimate
    se, df = choose(CI_METHODS, ci_method, "ci_method")(
        m.k, tau2, math.sqrt(1 / sum_w), float(wi @ (residual * residual))
    )
    pi, pi_reason = prediction_interval(estimate, se, tau2, m.k, model, pi_method, level)
    stat, pval = _test(estimate, se, df)
    i2, h2 = _i2_h2(m, tau2, model)
    return Pooled(
        model=model, method="IV", measure=used.measure, level=level,
        estimate=estimate, se=se, stat=stat, df=df, pval=pval, ci=mean_interval(estimate, se, df, level),
        pi=pi, pi_reason=pi_reason, tau2=tau2, tau2_se=tau2_se, i2=i2, h2=h2,
        q=m.q, q_df=m.k - 1, q_pval=float(chdtrc(m.k - 1, m.q)) if m.k > 1 else 1.0,
        weights=wi * (100.0 / sum_w), k=m.k, effects=used,
        tau2_method=tau2_method if model == "random" else None, ci_method=ci_method, pi_method=pi_method,
        excluded=left_out(es),
    )  # fmt: skip


def left_out(es: EffectSizes) -> tuple[tuple[str, str], ...]:
    """Return (label, reason) of the studies without an effect size."""
    return tuple((label, why) for label, why in zip(es.slab, es.reasons) if why is not None)


def mean_interval(estimate: float, se: float, df: float | None, level: float) -> Interval:
    """Return estimate plus and minus a quantile of the normal (df None) or t distribution times se."""
    half = quantile(df, level) * se
    return Interval(estimate - half, estimate + half)


def quantile(df: float | None, level: float) -> float:
    """Return the two-sided quantile: of the normal distribution where df is None, else of t."""
    upper = (1 + level) / 2
    return float(ndtri(upper)) if df is None else float(stdtrit(df, upper))


def prediction_interval(
    estimate: float, se: float, tau2: float, k: int, model: str, pi_method: str, level: float
) -> tuple[Interval | None, str | None]:
    """Return the interval for the effect in a new study (Higgins et al. 2009, eq. 12), or None and why."""
    df_of = choose(PI_METHODS, pi_method, "pi_method")
    if model == "common":
        return None, "the common-effect model has one true effect, so there is nothing to predict"
    if k < 3:
        return None, f"k = {k}; a prediction interval needs at least 3 studies"
    return mean_interval(estimate, math.sqrt(tau2 + se * se), df_of(k), level), None


def _tau2(m: Moments, model: str, tau2_method: str) -> tuple[float, float | None]:
    estimator = choose(TAU2_METHODS, tau2_method, "tau2_method")
    return (0.0, None) if model == "common" or m.k == 1 else estimator(m)


def _i2_h2(m: Moments, tau2: float, model: str) -> tuple[float, float]:
    """I2 and H2 from tau2 in the random-effects model, from Q in the common-effect model."""
    if m.k == 1:
        return 0.0, 1.0
    if model == "random":
        return i2_from_tau2(tau2, m), tau2 / typical_variance(m) + 1
    df = m.k - 1
    return max(0.0, 100 * (m.q - df) / m.q) if m.q > 0 else 0.0, m.q / df


def _test(estimate: float, se: float, df: float | None) -> tuple[float, float]:
    stat = estimate / se
    return stat, 2 * float(ndtr(-abs(stat)) if df is None else stdtr(df, -abs(stat)))


def _heterogeneity_ci(method: str, level: float, tau2: float, ci: Interval, m: Moments) -> HeterogeneityCI:
    typical = typical_variance(m)
    return HeterogeneityCI(
        method=method, level=level, tau2=tau2, tau2_ci=ci,
        tau=math.sqrt(tau2), tau_ci=Interval(math.sqrt(ci.lb), math.sqrt(ci.ub)),
        i2=i2_from_tau2(tau2, m), i2_ci=Interval(i2_from_tau2(ci.lb, m), i2_from_tau2(ci.ub, m)),
        h2=tau2 / typical + 1, h2_ci=Interval(ci.lb / typical + 1, ci.ub / typical + 1),
    )  # fmt: skip


SeDf = tuple[float, float | None]


def wald(k: int, tau2: float, se: float, q: float) -> SeDf:
    """Normal distribution, inverse-variance standard error."""
    return se, None


def wald_t(k: int, tau2: float, se: float, q: float) -> SeDf:
    """The t distribution with k - 1 degrees of freedom (Follmann & Proschan 1999); normal for k = 1."""
    return (se, k - 1) if k > 1 else (se, None)


def hartung_knapp(k: int, tau2: float, se: float, q: float) -> SeDf:
    """Hartung & Knapp 2001; Sidik & Jonkman 2002."""
    return (se * math.sqrt(q / (k - 1)), k - 1) if k > 1 else (se, None)


def hartung_knapp_adhoc(k: int, tau2: float, se: float, q: float) -> SeDf:
    """Hartung-Knapp, never with a standard error below Wald's (Knapp & Hartung 2003; Roever et al. 2015)."""
    return (se * max(1.0, math.sqrt(q / (k - 1))), k - 1) if k > 1 else (se, None)


def automatic(k: int, tau2: float, se: float, q: float) -> SeDf:
    """hksj-adhoc where k > 2 and tau2 > 0, else Wald."""
    return hartung_knapp_adhoc(k, tau2, se, q) if k > 2 and tau2 > 0 else (se, None)


CI_METHODS: dict[str, Callable[[int, float, float, float], SeDf]] = {
    "wald": wald,
    "t": wald_t,
    "hksj": hartung_knapp,
    "hksj-adhoc": hartung_knapp_adhoc,
    "auto": automatic,
}

PI_METHODS: dict[str, Callable[[int], float | None]] = {
    "t(k-1)": lambda k: k - 1,
    "t(k-2)": lambda k: k - 2,
    "normal": lambda k: None,
}
