"""The estimate that leans on the large studies, with an interval that allows for heterogeneity.

Source: Henmi & Copas 2010 (Stat Med 29:2969). The mean is that of the common-effect model, which small studies sway
least; its interval comes from the joint distribution of that mean and DerSimonian and Laird's tau2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammainc

from ...errors import NotEstimableError
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.roots import beyond, crossing
from ..pooling.heterogeneity import Moments
from ..pooling.intervals import check_level
from ..pooling.result import Pooled
from ..pooling.tau2 import TAU2_METHODS
from .adjusted import Adjusted, complete_effects

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS, _WIDTH = 48, 0.25


@dataclass(frozen=True, eq=False, repr=False)
class HenmiCopas(Adjusted):
    """The estimate of Henmi and Copas; on the analysis scale.

    Attributes
    ----------
    tau2
        DerSimonian and Laird's between-study variance.
    """

    tau2: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return super().to_dict() | {"tau2": self.tau2}


def henmi_copas(es: EffectSizes | Pooled, *, level: float = 0.95) -> HenmiCopas:
    """Estimate the mean by inverse sampling variances, and its interval under random effects.

    Raises
    ------
    NotEstimableError
        Fewer than 2 studies.

    Notes
    -----
    The quantile solves eq. 11 of Henmi & Copas 2010 by Gauss-Legendre quadrature; there is no p-value.

    Examples
    --------
    >>> fit = henmi_copas(EffectSizes.of([0.9, 0.7, 0.5, 0.3, 0.2], [0.30, 0.20, 0.10, 0.05, 0.01]))
    >>> round(fit.estimate, 3), [round(x, 3) for x in fit.ci]
    (0.271, [0.121, 0.421])
    """
    check_level(level)
    used, excluded = complete_effects(es)
    if used.k < 2:
        raise NotEstimableError(f"k = {used.k}; Henmi and Copas need at least 2 studies")
    tau2 = float(TAU2_METHODS["DL"](Moments.of(used.yi, used.vi))[0])
    law = JointLaw.of(1 / used.vi, tau2)
    estimate = float(law.wi @ used.yi / law.w1)
    se = float(np.sqrt(law.ratio / law.w1))
    half = law.quantile((1 - level) / 2) * se
    return HenmiCopas(
        name="Henmi-Copas", estimate=estimate, se=se, stat=None, df=None, pval=None,
        ci=Interval(estimate - half, estimate + half), level=level, effects=used, excluded=excluded, notes=(),
        tau2=tau2,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class JointLaw:
    """The joint distribution of the standardised mean R and of Q, given tau2.

    Attributes
    ----------
    wi, w1, w2
        Inverse sampling variances, their sum and the sum of their squares.
    ratio
        The variance of R, which is 1 without heterogeneity.
    constant, slope
        The mean of Q given R is ``constant[0] + slope[0] R^2``, its variance ``constant[1] + slope[1] R^2``.
    """

    wi: FloatArray
    w1: float
    w2: float
    ratio: float
    constant: tuple[float, float]
    slope: tuple[float, float]

    @classmethod
    def of(cls, wi: FloatArray, tau2: float) -> JointLaw:
        """Take the moments of a quadratic form of normal deviates given a linear one."""
        w1, w2 = float(wi.sum()), float(wi @ wi)
        ratio, d = 1 + tau2 * w2 / w1, 1 + tau2 * wi
        a = float(wi @ d**2) / (w1 * ratio**2)
        b = float(wi @ d**3) / (w1 * ratio**2)
        constant = float(d.sum()) - ratio * a, 2 * (float(d @ d) - 2 * ratio * b + (ratio * a) ** 2)
        return cls(wi, w1, w2, ratio, constant, (a - 1, 4 * (b - ratio * a * a)))

    def upper_tail(self, t: float) -> float:
        """Return the probability that the mean over its estimated standard error is above t."""
        edges = t / np.sqrt(self.ratio) + _WIDTH * np.arange(_PANELS)
        u = edges[:, None] + 0.5 * _WIDTH * (_NODES + 1)
        square = u * u * self.ratio
        mean = self.constant[0] + self.slope[0] * square
        variance = self.constant[1] + self.slope[1] * square
        below = self.wi.size - 1 + (self.w1 - self.w2 / self.w1) * self.w1 / self.w2 * (square / (t * t) - 1)
        inside = gammainc(mean * mean / variance, below * mean / variance) * np.exp(-0.5 * u * u)
        return float((inside @ _WEIGHTS).sum() * 0.5 * _WIDTH / np.sqrt(2 * np.pi))

    def quantile(self, tail: float) -> float:
        """Return the t that is exceeded with probability ``tail``."""
        return crossing(lambda t: self.upper_tail(t) - tail, 1e-6, beyond(lambda t: self.upper_tail(t) - tail, 1.0))
