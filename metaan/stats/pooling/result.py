"""What every pooling method returns, and what a statistician would want printed of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import NotEstimableError, choose
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import MOST, bounded, figures, fixed, p_text
from .heterogeneity import Moments, QBased, q_based
from .likelihood import LIKELIHOODS, FitStatistics, fit_statistics
from .models import MODELS
from .prediction import PI_METHODS
from .tau2_ci import TAU2_CI_METHODS, HeterogeneityCI, Tau2, heterogeneity_ci

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Display:
    """A pooled result on the display scale (the exponential of the analysis scale for ratios)."""

    estimate: float
    ci: Interval | None
    pi: Interval | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pooled(ShowsItself):
    """One pooled result. Estimates, errors and intervals are on the analysis scale; see ``display``.

    Attributes
    ----------
    model, method
        A key of `MODELS`, and how it was pooled (``"IV"``, ``"MH"`` ...).
    estimate, se, stat, df, pval, ci
        The mean effect; ``df`` is None for the normal distribution. Error, test and interval are None where ``notes``
        says why they do not exist.
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
    notes
        What to know before reading the numbers, one sentence each.
    tau2_fixed, weights_fixed
        True where tau2, or the weights, were given and not estimated.
    """

    model: str
    method: str
    measure: str
    level: float
    estimate: float
    se: float | None
    stat: float | None
    df: float | None
    pval: float | None
    ci: Interval | None
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
    notes: tuple[str, ...] = ()
    tau2_fixed: bool = False
    weights_fixed: bool = False

    @property
    def side(self) -> int:
        """-1 or 1 where the interval lies below or above no effect; 0 where it holds it, or there is none."""
        return 0 if self.ci is None else self.ci.side()

    @property
    def has_tau2(self) -> bool:
        """Whether its model has a variance between studies: they share more than one true effect."""
        return MODELS[self.model].has_tau2

    @property
    def display(self) -> Display:
        """The result on the display scale."""
        back = scale_of(self.measure, self.effects.data).to_display
        ci, pi = (None if found is None else Interval(*map(back, found)) for found in (self.ci, self.pi))
        return Display(back(self.estimate), ci, pi)

    def tau2_ci(self, method: str = "QP", level: float | None = None) -> HeterogeneityCI:
        """Return tau2, tau, I2 and H2 with the intervals of ``method``, a key of `TAU2_CI_METHODS`.

        Raises
        ------
        NotEstimableError
            Fewer than two studies, a method without tau2, or an interval that needs another tau2_method.
        """
        choose(TAU2_CI_METHODS, method, "interval of tau2")
        if self.k < 2 or self.tau2 is None:
            raise NotEstimableError(f"tau2 has no interval: k = {self.k}, method {self.method}")
        estimated = Tau2(self.tau2, self.tau2_se, None if self.tau2_fixed else self.tau2_method)
        return heterogeneity_ci(self._moments, estimated, method, self.level if level is None else level)

    def q_based(self, level: float | None = None) -> QBased:
        """Return H and I2 computed from Q, with their test-based intervals (Higgins & Thompson 2002)."""
        return q_based(self.q, self.k, self.level if level is None else level)

    def fit_statistics(self) -> FitStatistics:
        """Return log-likelihood, AIC, BIC and AICc of a common-effect, ML or REML fit by inverse variance.

        Raises
        ------
        NotEstimableError
            A fit that maximises no likelihood.
        """
        restricted = False if self.model == "common" else LIKELIHOODS.get(self.tau2_method or "")
        if self.method != "IV" or self.model not in ("common", "random") or restricted is None or self.tau2 is None:
            how = self.tau2_method or self.method
            raise NotEstimableError(
                f"{self.model}, {how}: no likelihood; allowed: common effect by inverse variance, ML, REML"
            )
        return fit_statistics(self._moments, self.tau2, restricted, self.model == "random" and not self.tau2_fixed)

    @property
    def _moments(self) -> Moments:
        return Moments.of(self.effects.yi, self.effects.vi, self.weights if self.weights_fixed else None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["weights"] = self.weights.tolist()
        plain["effects"] = self.effects.to_dict()
        plain["excluded"] = [list(pair) for pair in self.excluded]
        plain["notes"] = list(self.notes)
        for name in ("ci", "pi"):
            plain[name] = None if plain[name] is None else list(plain[name])
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, vi, weight in percent."""
        return self.effects.to_frame()[["slab", "yi", "vi"]].assign(weight=self.weights)

    def __repr__(self) -> str:
        """Return what a statistician would want printed."""
        return describe(self)


def describe(fit: Pooled) -> str:
    """Return the lines that a `Pooled` prints."""
    lines = [_headline(fit), _mean(fit), *_prediction(fit), *_heterogeneity(fit)]
    lines += [f"  Left out: {label} ({reason})" for label, reason in fit.excluded]
    return "\n".join(lines + [f"  Note: {note}" for note in fit.notes])


class Displayed(Protocol):
    """What has a result on the display scale: a fit, or the numbers of one."""

    @property
    def measure(self) -> str:
        """A key of `metaan.stats.measures.catalogue.MEASURES`."""

    @property
    def display(self) -> Display:
        """The result on the display scale."""


def shown(fit: Displayed) -> str:
    """Return the estimate with its interval, on the display scale."""
    return bounded(fit.display.estimate, fit.display.ci, scale_of(fit.measure).null)


def measure_of(fit: Pooled) -> str:
    """Return what ``shown`` is, for a heading; empty for effects of no known measure."""
    return "" if fit.measure == "GEN" else f", {fit.measure}"


def _headline(fit: Pooled) -> str:
    tau2 = "tau2 given" if fit.tau2_fixed else fit.tau2_method
    parts = [
        MODELS[fit.model].name,
        fit.measure,
        f"k = {fit.k}",
        fit.method,
        tau2,
        fit.ci_method,
    ]
    return ", ".join(part for part in parts if part)


def effects_of(es: EffectSizes | Pooled) -> EffectSizes:
    """Return effect sizes as they are given, or those that were pooled."""
    return es.effects if isinstance(es, Pooled) else es


def _mean(fit: Pooled) -> str:
    letter = "z" if fit.df is None else f"t({figures(fit.df)})"
    parts = [
        None if fit.se is None else f"se {figures(fit.se)}",
        None if fit.stat is None else f"{letter} = {figures(fit.stat, 3)}",
        None if fit.pval is None else p_text(fit.pval),
    ]
    coverage = "no interval" if fit.ci is None else f"{100 * fit.level:g}% CI"
    mean = f"  Mean: {_with_display(fit, fit.estimate, fit.ci)}, {coverage}"
    return "; ".join(filter(None, [mean, ", ".join(filter(None, parts))]))


def _prediction(fit: Pooled) -> list[str]:
    if fit.pi is None:
        return [f"  No prediction interval: {fit.pi_reason}"] if fit.model == "random" else []
    method = PI_METHODS.get(fit.pi_method or "")
    name = method.name if method else fit.pi_method
    return [f"  A new study: {_with_display(fit, None, fit.pi)}, {100 * fit.level:g}% prediction interval ({name})"]


def _with_display(fit: Pooled, estimate: float | None, interval: Interval | None) -> str:
    """Return numbers on the analysis scale and, where it differs, on the display scale."""
    scale = scale_of(fit.measure, fit.effects.data)
    back, none = scale.to_display, 0.0 if scale.null is not None else None
    shown = _numbers(estimate, interval, none)
    ends = None if interval is None else Interval(*map(back, interval))
    display = _numbers(None if estimate is None else back(estimate), ends, scale.null)
    return shown if display == shown else f"{fit.measure} {display}; analysis scale {shown}"


def _numbers(x: float | None, interval: Interval | None, null: float | None) -> str:
    """Write four digits of each, more where two would be written alike; what is nothing beside the interval is 0."""
    if x is not None and interval is not None and abs(x) < 1e-12 * (interval.ub - interval.lb):
        x = 0.0
    values = [n for n in (x, *(interval or ())) if n is not None]
    written = ([figures(n, digits, null) for n in values] for digits in range(4, MOST + 1))
    texts = next((texts for texts in written if len(set(texts)) == len(set(values))), [figures(n) for n in values])
    number = [] if x is None else [texts.pop(0)]
    return " ".join([*number, *([f"[{texts[0]}, {texts[1]}]"] if interval is not None else [])])


def _heterogeneity(fit: Pooled) -> list[str]:
    q = f"Q({fit.q_df}) = {figures(fit.q)}, {p_text(fit.q_pval)}"
    parts = [q] if fit.q_df else []
    if fit.tau2 is not None and fit.has_tau2:
        se = "" if fit.tau2_se is None else f" (se {figures(fit.tau2_se, 3)})"
        parts.insert(0, f"tau2 = {figures(fit.tau2)}{se}, tau = {figures(fit.tau2**0.5)}")
    if fit.q_df and fit.i2 is not None and fit.h2 is not None:
        parts.append(f"I2 = {fixed(fit.i2, 1)}%, H2 = {figures(fit.h2, 3)}")
    return [f"  Heterogeneity: {'; '.join(parts)}"] if parts else []
