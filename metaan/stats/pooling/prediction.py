"""Prediction intervals: where the true effect of a new study may lie.

They differ in the standard error of the mean and in the distribution. ``t(k-1)``, ``t(k-2)`` and ``normal`` take the
standard error of the fit's own interval of the mean, as metafor does; the codes of meta take the one in their name,
whatever the interval of the mean is: ``V``, ``HTS`` and ``S`` the inverse-variance one, ``HK`` Hartung & Knapp's,
``KR`` Kenward & Roger's. With a Wald interval ``t(k-1)`` is ``V`` (Veroniki et al. 2019), ``t(k-2)`` is ``HTS``
(Higgins, Thompson & Spiegelhalter 2009), ``normal`` is ``S`` (Skipka 2006). ``simple`` takes the mean as known.

To add one: enter a `PIMethod` in `PI_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError, choose
from ..measures.effects import FloatArray, Interval
from ..measures.scales import SCALES, Scale
from ..numerics.roots import beyond
from ..numerics.ties import above
from .heterogeneity import Moments
from .intervals import IDENTICAL, LEAST_DF, SeDf, hartung_knapp, has_ends, kenward_roger, mean_interval
from .quadratic_form import QuadraticForm

DRAWS, SEED = 25_000, 20190101


@dataclass(frozen=True, slots=True)
class PredictionInput:
    """What a prediction interval may need: the fit's numbers on the analysis scale, and the studies if there are any.

    Attributes
    ----------
    estimate, se, tau2, k
        The mean, the standard error of its interval, the between-study variance, the number of studies.
    level
        Coverage.
    m
        The studies; None where a pooled result is all there is.
    """

    estimate: float
    se: float
    tau2: float
    k: int
    level: float
    m: Moments | None = None

    @property
    def studies(self) -> Moments:
        """The studies, which some methods cannot do without."""
        if self.m is None:
            allowed = "t(k-1), t(k-2), normal, simple"
            raise UsageError(f"this pi_method needs the studies themselves; allowed here: {allowed}")
        return self.m


@dataclass(frozen=True, slots=True)
class PIMethod:
    """One entry of `PI_METHODS`.

    Attributes
    ----------
    name
        The convention, as it is printed beside the interval.
    spread
        From a context to (standard error of the mean, degrees of freedom).
    interval
        Where it is not estimate plus and minus a quantile: from a context to the interval.
    mean_known
        True where the mean counts as known: then its standard error is 0.
    """

    name: str
    spread: Callable[[PredictionInput], SeDf]
    interval: Callable[[PredictionInput], Interval] | None = None
    mean_known: bool = False

    def __call__(self, k: int) -> float | None:
        """Return the degrees of freedom of a method for which k alone decides them."""
        return self.spread(PredictionInput(0.0, 0.0, 0.0, k, 0.95))[1]


def prediction_interval(
    estimate: float, se: float, tau2: float, k: int, model: str, pi_method: str, level: float,
    m: Moments | None = None, scale: Scale = SCALES["identity"],
) -> tuple[Interval | None, str | None]:  # fmt: skip
    """Return the interval for the effect in a new study (Higgins et al. 2009, eq. 12), or None and why.

    ``m``, the studies, is only needed by methods that do not take the standard error as it is; ``scale`` is that on
    which the bounds are shown.
    """
    method = PI_METHODS.get(pi_method) or choose(PI_METHODS, pi_method, "pi_method")
    if model != "random":
        return None, NO_SPREAD[model]
    if k < 3:
        return None, f"k = {k}; a prediction interval needs at least 3 studies"
    context = PredictionInput(estimate, se, tau2, k, level, m)
    se, df = method.spread(context)
    if se == 0 and not method.mean_known:
        return None, IDENTICAL
    if df is not None and df < LEAST_DF:
        return None, f"{df:.2g} degrees of freedom; {pi_method} needs at least {LEAST_DF:g}"
    make = method.interval or (lambda x: mean_interval(x.estimate, math.sqrt(tau2 + se * se), df, x.level))
    found = make(context)
    return (found, None) if has_ends(found, scale) else (None, "it has no bounds that a number can hold")


def narrower(pi: Interval | None, ci: Interval | None) -> tuple[str, ...]:
    """Say of a prediction interval that it is narrower than the confidence interval."""
    if pi is None or ci is None or not above(ci.ub - ci.lb, pi.ub - pi.lb):
        return ()
    why = "a new effect is not known better than the mean, but the two rest on other standard errors or distributions"
    return (f"the prediction interval is narrower than the confidence interval: {why}",)


def _t(lost: int) -> Callable[[PredictionInput], SeDf]:
    return lambda x: (x.se, x.k - lost)


def _classic(lost: int | None) -> Callable[[PredictionInput], SeDf]:
    return lambda x: (_inverse_variance_se(x), None if lost is None else x.k - lost)


def _hartung_knapp(lost: int) -> Callable[[PredictionInput], SeDf]:
    def spread(x: PredictionInput) -> SeDf:
        return hartung_knapp(x.k, x.tau2, _inverse_variance_se(x), x.studies.q_at(x.tau2))[0], x.k - lost

    return spread


def _kenward_roger(lost: int) -> Callable[[PredictionInput], SeDf]:
    def spread(x: PredictionInput) -> SeDf:
        se, df = kenward_roger(x.k, x.tau2, 0.0, 0.0, x.studies)
        return se, None if df is None else df - lost

    return spread


def _inverse_variance_se(x: PredictionInput) -> float:
    return math.sqrt(1 / float((1.0 / (x.studies.vi + x.tau2)).sum()))


def bootstrap_interval(x: PredictionInput, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """Prediction interval from the confidence distribution of tau2 (Nagashima, Noma & Furukawa 2019, algorithm 1).

    tau2 is drawn from the exact distribution of Cochran's Q, inverted; for each the mean is drawn with the
    Hartung-Knapp standard error and a t distribution, and the true effect around it.

    Parameters
    ----------
    x
        The fit with its studies; its estimate and tau2 are not used.
    draws, seed
        Number of draws and the seed of `numpy.random.default_rng`: the same studies give the same interval.
    """
    m = x.studies
    random = np.random.default_rng(seed)
    tau2 = _draw_tau2(m, random.random(draws))
    blocks = np.array_split(tau2, 1 + draws * m.k // 1_000_000)
    mean, se = np.concatenate([_hartung_knapp_at(m, block) for block in blocks], axis=1)
    new = mean + np.sqrt(tau2) * random.standard_normal(draws) - random.standard_t(m.k - 1, draws) * se
    lb, ub = np.quantile(new, [(1 - x.level) / 2, (1 + x.level) / 2]).tolist()
    return Interval(lb, ub)


def _hartung_knapp_at(m: Moments, tau2: FloatArray) -> FloatArray:
    """Return means and Hartung-Knapp standard errors, shape (2, draws)."""
    wi = 1.0 / (m.vi + tau2[:, None])
    sum_w = wi.sum(1)
    mean = (wi @ m.yi) / sum_w
    q = (wi * (m.yi - mean[:, None]) ** 2).sum(1)
    return np.stack([mean, np.sqrt(q / ((m.k - 1) * sum_w))])


def _draw_tau2(m: Moments, u: FloatArray) -> FloatArray:
    """Return the tau2 at which the observed Q would be exceeded with probability ``u``; 0 where none is that small."""

    def exceeded(tau2: float) -> float:
        return 1.0 - QuadraticForm.of(m, m.wi, tau2).cdf(m.q)

    scale = float(m.vi.min())
    top = beyond(lambda t: 1 - 0.1 / u.size - exceeded(t), scale)
    tau2 = np.concatenate([[0.0], np.geomspace(1e-3 * scale, top, 400)])
    drawn: FloatArray = np.interp(u, [exceeded(t) for t in tau2.tolist()], tau2)
    return drawn


NO_SPREAD = {
    "common": "the common-effect model has one true effect, so there is nothing to predict",
    "birge": "the multiplicative model has one true effect, so there is nothing to predict",
    "ivhet": "the inverse-variance heterogeneity model makes no statement on how true effects are distributed",
}

PI_METHODS: dict[str, PIMethod] = {
    "t(k-1)": PIMethod("t, k - 1 df", _t(1)),
    "t(k-2)": PIMethod("t, k - 2 df", _t(2)),
    "normal": PIMethod("normal", lambda x: (x.se, None)),
    "simple": PIMethod("normal, the mean taken as known", lambda x: (0.0, None), mean_known=True),
    "V": PIMethod("t, k - 1 df, inverse-variance se", _classic(1)),
    "HTS": PIMethod("t, k - 2 df, inverse-variance se", _classic(2)),
    "S": PIMethod("normal, inverse-variance se", _classic(None)),
    "HK": PIMethod("t, k - 1 df, Hartung-Knapp se", _hartung_knapp(1)),
    "HK-PR": PIMethod("t, k - 2 df, Hartung-Knapp se", _hartung_knapp(2)),
    "KR": PIMethod("t, Kenward-Roger se and df", _kenward_roger(0)),
    "HTS-KR": PIMethod("t, Kenward-Roger se and df less 1", _kenward_roger(1)),
    "KR-PR": PIMethod("t, Kenward-Roger se and df less 1", _kenward_roger(1)),
    "NNF": PIMethod(f"bootstrap of Nagashima, Noma and Furukawa, {DRAWS} draws", _hartung_knapp(1), bootstrap_interval),
}
