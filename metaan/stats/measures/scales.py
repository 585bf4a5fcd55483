"""Display scales: the one way from the analysis scale to what people read, and back.

A scale is one entry in `SCALES`; a measure names the scale it is shown on. To add a scale, write the two functions and
enter them. Values outside what a transformation can produce, such as the lower bound of an interval of arcsines, go to
the end of the display scale (a proportion of 0 or 1, a rate of 0); `Scale.within` does so for what is bounded without a
transformation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scipy.special import expit, logit, ndtr, ndtri

#: How near, as a share, to the end of a transformation is the end: no events stay none where their mean was rounded.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Scale:
    """A monotone, increasing transformation.

    Attributes
    ----------
    code
        Its key in `SCALES`, and its bounds where it has some.
    to_display, to_analysis
        Float to float, inverse to each other.
    null
        No effect: 0 of the analysis scale, on the display scale; None where the measure compares nothing.
    is_ratio
        True where the display axis is logarithmic.
    """

    code: str
    to_display: Callable[[float], float]
    to_analysis: Callable[[float], float]
    null: float | None
    is_ratio: bool = False

    def crosses(self, lb: float, ub: float) -> bool:
        """Return whether bounds of the display scale hold no effect; False where nothing is compared."""
        return self.null is not None and lb <= self.null <= ub

    def within(self, lo: float, hi: float) -> Scale:
        """Return the scale of what lies between two bounds: what a normal interval puts beyond is shown at the bound.

        >>> SCALES["identity"].within(0, 1).to_display(-0.019)
        0.0
        """
        back = self.to_display
        return replace(
            self, code=f"{self.code}, {lo:g} to {hi:g}", to_display=lambda x: float(min(max(back(x), lo), hi))
        )


def exp(x: float) -> float:
    """Return e to the x; infinite where a float cannot hold it.

    >>> exp(0.0), exp(1000.0)
    (1.0, inf)
    """
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _identity(x: float) -> float:
    return x


def _expit(x: float) -> float:
    return float(expit(x))


def _logit(p: float) -> float:
    return float(logit(p))


def _normal_cdf(x: float) -> float:
    return float(ndtr(x))


def _normal_quantile(p: float) -> float:
    return float(ndtri(p))


def squared_sine(x: float) -> float:
    """Return the proportion whose arcsine square root is ``x``; 0 below 0, 1 above a quarter turn."""
    return math.sin(min(max(x, 0.0), math.pi / 2)) ** 2


def _arcsine(p: float) -> float:
    return math.asin(math.sqrt(p))


def _square(x: float) -> float:
    return max(x, 0.0) ** 2


def _squared_tanh(x: float) -> float:
    return math.tanh(max(x, 0.0)) ** 2


def _atanh_root(x: float) -> float:
    return math.atanh(math.sqrt(x))


def _alpha_from_cube_root(x: float) -> float:
    return 1 - (1 - x) ** 3


def _cube_root_of_alpha(alpha: float) -> float:
    return 1 - math.cbrt(1 - alpha)


def _alpha_from_log(x: float) -> float:
    return 1 - exp(-x)


def _log_of_alpha(alpha: float) -> float:
    return -math.log1p(-alpha)


def double_arcsine(p: float, n: float) -> float:
    """Return the Freeman-Tukey double arcsine of a proportion ``p`` of ``n`` (Freeman & Tukey 1950).

    >>> round(double_arcsine(0.2, 25), 6)
    0.477527
    """
    x = p * n
    return (math.asin(math.sqrt(x / (n + 1))) + math.asin(math.sqrt((x + 1) / (n + 1)))) / 2


def inverse_double_arcsine(x: float, n: float) -> float:
    """Return the proportion of ``n`` whose double arcsine is ``x`` (Miller 1978, eq. 1).

    >>> round(inverse_double_arcsine(double_arcsine(0.2, 25), 25), 12)
    0.2
    """
    if x <= double_arcsine(0, n) * (1 + ROUNDING):
        return 0.0
    if x >= double_arcsine(1, n) * (1 - ROUNDING):
        return 1.0
    s = math.sin(2 * x)
    inner = 1 - (s + (s - 1 / s) / n) ** 2
    return (1 - math.copysign(math.sqrt(max(inner, 0.0)), math.cos(2 * x))) / 2


def freeman_tukey_rate(rate: float, t: float) -> float:
    """Return the Freeman-Tukey transformation of a rate over person-time ``t`` (Freeman & Tukey 1950).

    >>> freeman_tukey_rate(0.0, 4.0)
    0.25
    """
    return (math.sqrt(rate) + math.sqrt(rate + 1 / t)) / 2


def inverse_freeman_tukey_rate(x: float, t: float) -> float:
    """Return the rate over person-time ``t`` whose Freeman-Tukey transformation is ``x``; 0 below that of 0.

    >>> round(inverse_freeman_tukey_rate(freeman_tukey_rate(0.3, 12), 12), 12)
    0.3
    """
    if x <= freeman_tukey_rate(0.0, t) * (1 + ROUNDING):
        return 0.0
    return (x - 1 / (4 * t * x)) ** 2


def double_arcsine_scale(n: float) -> Scale:
    """Return the display scale of the double arcsine at sample size ``n`` (for a pool, the harmonic mean of its ni)."""
    return Scale("pft", lambda x: inverse_double_arcsine(x, n), lambda p: double_arcsine(p, n), 0.0)


def freeman_tukey_rate_scale(t: float) -> Scale:
    """Return the display scale of Freeman-Tukey rates at person-time ``t`` (of a pool, the harmonic mean)."""
    return Scale("irft", lambda x: inverse_freeman_tukey_rate(x, t), lambda r: freeman_tukey_rate(r, t), 0.0)


SCALES = {
    "identity": Scale("identity", _identity, _identity, 0.0),
    "exp": Scale("exp", exp, math.log, 1.0, is_ratio=True),
    "antilog": Scale("antilog", exp, math.log, 1.0),
    "tanh": Scale("tanh", math.tanh, math.atanh, 0.0),
    "expit": Scale("expit", _expit, _logit, 0.5),
    "probit": Scale("probit", _normal_cdf, _normal_quantile, 0.5),
    "squared-sine": Scale("squared-sine", squared_sine, _arcsine, 0.0),
    "square": Scale("square", _square, math.sqrt, 0.0),
    "squared-tanh": Scale("squared-tanh", _squared_tanh, _atanh_root, 0.0),
    "alpha-cube-root": Scale("alpha-cube-root", _alpha_from_cube_root, _cube_root_of_alpha, 0.0),
    "alpha-log": Scale("alpha-log", _alpha_from_log, _log_of_alpha, 0.0),
}
