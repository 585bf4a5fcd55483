"""Models of pooling by inverse variance: how tau2 and the variances of the studies make weights and a mean.

To add one: write a function from `Moments` and tau2 to a `Mean`, and enter it in `MODELS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..measures.effects import FloatArray
from .heterogeneity import Moments, i2_from_tau2, typical_variance
from .tau2 import TAU2_METHODS

Mean = tuple[FloatArray, float, float, float]


@dataclass(frozen=True, slots=True)
class PoolingModel:
    """One entry of `MODELS`.

    Attributes
    ----------
    name, words, short
        What it is called: alone, in a sentence, and in few words.
    has_tau2
        True where tau2 is estimated.
    mean
        From moments and tau2 to (weights, estimate, standard error, generalised Q).
    """

    name: str
    has_tau2: bool
    mean: Callable[[Moments, float], Mean]
    words: str
    short: str

    def tau2(self, m: Moments, tau2_method: str) -> tuple[float, float | None]:
        """Return tau2 and its standard error; 0 where the model has none or there is but one study."""
        return TAU2_METHODS[tau2_method](m) if self.has_tau2 and m.k > 1 else (0.0, None)

    def i2_h2(self, m: Moments, tau2: float) -> tuple[float, float]:
        """Return I2 and H2, from tau2 where the model has one, else from Q."""
        if m.k == 1:
            return 0.0, 1.0
        if self.has_tau2:
            return i2_from_tau2(tau2, m), tau2 / typical_variance(m) + 1
        df = m.k - 1
        return max(0.0, 100 * (m.q - df) / m.q) if m.q > 0 else 0.0, m.q / df


def additive(m: Moments, tau2: float) -> Mean:
    """The usual model: variances vi + tau2, weights their inverses unless others are given."""
    wi = m.wi if tau2 == 0 else 1.0 / (m.vi + tau2)
    sum_w = float(np.add.reduce(wi))
    estimate = float(wi @ m.yi) / sum_w
    residual = m.yi - estimate
    q = float(wi @ (residual * residual)) if m.q else 0.0
    if m.ai is None:
        return wi, estimate, math.sqrt(1 / sum_w), q
    total = float(m.ai.sum())
    se = math.sqrt(float((m.ai * m.ai) @ (m.vi + tau2))) / total
    return m.ai, float(m.ai @ m.yi) / total, se, q


def multiplicative(m: Moments, tau2: float) -> Mean:
    """Common mean; its variance is multiplied by Q / (k - 1), also where that is below 1 (Stanley & Doucouliagos)."""
    factor = m.q / (m.k - 1) if m.k > 1 else 1.0
    return m.wi, m.mean, math.sqrt(factor / m.sum_w), m.q


def inverse_variance_heterogeneity(m: Moments, tau2: float) -> Mean:
    """Weights of the common-effect model, variance of the random-effects model (Doi et al. 2015)."""
    return m.wi, m.mean, math.sqrt(float((m.wi * m.wi) @ (m.vi + tau2))) / m.sum_w, m.q


MODELS: dict[str, PoolingModel] = {
    "common": PoolingModel(
        "Common-effect (fixed-effect) model", False, additive, "common (fixed) effect", "common effect"
    ),
    "random": PoolingModel("Random-effects model", True, additive, "random effects", "random effects"),
    "birge": PoolingModel(
        "Multiplicative (Birge) model", False, multiplicative, "multiplicative (Birge) model", "Birge"
    ),
    "ivhet": PoolingModel(
        "Inverse-variance heterogeneity model", True, inverse_variance_heterogeneity,
        "inverse-variance heterogeneity model", "IVhet",
    ),
}  # fmt: skip
