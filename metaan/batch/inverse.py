"""Pools by inverse variance of a chunk: its moments, and each estimator of tau2 once, however many methods ask for it.

To add an estimator that is a line of the moments: an entry in `CLOSED_FORMS`; the others are kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtri

from ..stats.measures.catalogue import scale_of
from ..stats.measures.effects import FloatArray
from ..stats.measures.scales import Scale
from ..stats.numerics.ties import above
from .effects import Effects
from .inference import PoolMean, by_k
from .kernels import inverse_variance as kernels
from .kernels.inverse_variance import MODEL_CODES, SUM_W, TAU2_CODES, C, IntArray, Q
from .plan import BatchPlan


@dataclass(slots=True)
class Inverse:
    """What the methods of inverse variance share: moments, and the tau2 of each estimator once."""

    effects: Effects
    plan: BatchPlan
    k: IntArray
    wi: FloatArray
    sums: FloatArray
    tau2: dict[str, FloatArray]
    scale: Scale
    bounds: tuple[FloatArray, FloatArray] | None = None

    @classmethod
    def of(cls, e: Effects, plan: BatchPlan) -> Inverse:
        """Compute the moments."""
        n = e.at.size - 1
        wi, sums = np.empty(e.yi.size), np.empty((4, n))
        kernels.moments(e.yi, e.vi, e.at, wi, sums)
        return cls(e, plan, e.k[e.alive], wi, sums, {}, scale_of(plan.measure))

    def tau2_by(self, name: str | None) -> FloatArray:
        """Return the tau2 of an estimator; zeros where the model has none."""
        if name is None:
            return np.zeros(self.k.size)
        if name in CLOSED_FORMS:
            return CLOSED_FORMS[name](self.k, self.sums)
        code = TAU2_CODES[name]
        key = name if name == "PMM" else str(code)
        if key not in self.tau2:
            e, found = self.effects, np.empty(self.k.size)
            wanted: FloatArray = _chi_squared(self.k, 0.5) if name == "PMM" else np.asarray(self.k - 1.0)
            kernels.tau2_of(code, e.yi, e.vi, e.at, self.sums, wanted, found)
            self.tau2[key] = found
        return self.tau2[key]

    def means(self, model: str, tau2: FloatArray, with_q: bool = True) -> PoolMean:
        """Return the means by a key of `MODEL_CODES`; without ``with_q`` the generalised Q may be anything."""
        e = self.effects
        estimate, se, q = (np.empty(self.k.size) for _ in range(3))
        kernels.means(MODEL_CODES[model], with_q, e.yi, e.vi, self.wi, e.at, self.sums, tau2, estimate, se, q)
        return PoolMean(self.k, tau2, estimate, se, q)

    def tau2_ci(self) -> tuple[FloatArray, FloatArray]:
        """Return the Q-profile interval of tau2; nan for one study."""
        if self.bounds is None:
            e, tail, ends = self.effects, (1 - self.plan.level) / 2, []
            for probability in (tail, 1 - tail):
                found = np.empty(self.k.size)
                kernels.solutions(e.yi, e.vi, e.at, self.sums, _chi_squared(self.k, probability), found)
                ends.append(np.where(self.k > 1, found, np.nan))
            self.bounds = ends[0], ends[1]
        return self.bounds

    def i2(self, tau2: FloatArray, has_tau2: bool) -> FloatArray:
        """Return I2 in percent: from tau2 where the model has one, else from Q."""
        several, df, q = self.k > 1, np.maximum(self.k - 1.0, 1.0), self.sums[Q]
        if has_tau2:
            typical = df / self.sums[C]
            return np.where(several, 100.0 * tau2 / (typical + tau2), 0.0)
        return np.where(several & (q > 0), np.maximum(0.0, 100 * (q - df) / np.where(q > 0, q, 1.0)), 0.0)


def _excess(value: FloatArray, limit: Any) -> FloatArray:
    return np.where(above(value, limit), value - limit, 0.0)


#: Estimators of tau2 that are a line of the moments; 0 for one study.
CLOSED_FORMS: dict[str, Callable[[IntArray, FloatArray], FloatArray]] = {
    "DL": lambda k, sums: np.where(k > 1, _excess(sums[Q], k - 1.0) / sums[C], 0.0),
    "HS": lambda k, sums: np.where(k > 1, _excess(sums[Q], k * 1.0) / sums[SUM_W], 0.0),
    "HSk": lambda k, sums: np.where(k > 1, _excess(k / (k - 1) * sums[Q], k * 1.0) / sums[SUM_W], 0.0),
}


def _chi_squared(k: IntArray, probability: float) -> FloatArray:
    """Return the numbers that chi-squared with k - 1 degrees of freedom exceeds with this probability."""
    return by_k(lambda n: np.asarray(chdtri(np.maximum(n - 1, 1), probability)), k)
