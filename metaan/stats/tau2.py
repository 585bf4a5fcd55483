"""Estimators of the between-study variance tau2.

To add one: write a function from `Moments` to ``(tau2, se)`` and enter it in `TAU2_METHODS`. tau2 is on the squared
analysis scale and is cut at 0 here, once; ``se`` is None where no formula is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..errors import ConvergenceError
from .heterogeneity import Moments

Estimate = tuple[float, float | None]


def dersimonian_laird(m: Moments) -> Estimate:
    """DerSimonian & Laird 1986; standard error of Biggerstaff & Tweedie 1997."""
    tau2 = max(0.0, (m.q - (m.k - 1)) / m.c)
    w2 = m.wi * m.wi
    sum_w2, sum_w3 = float(w2.sum()), float(w2 @ m.wi)
    trace_pp = sum_w2 - 2 * sum_w3 / m.sum_w + (sum_w2 / m.sum_w) ** 2
    return tau2, math.sqrt(2 * (m.k - 1) + 4 * tau2 * m.c + 2 * tau2 * tau2 * trace_pp) / m.c


def restricted_maximum_likelihood(m: Moments) -> Estimate:
    """REML by Fisher scoring, in O(k) a step (Viechtbauer 2005, eq. 15)."""
    tau2 = dersimonian_laird(m)[0]
    for _ in range(1000):
        step, information = _reml_step(m, tau2)
        new = max(0.0, tau2 + step)
        if abs(new - tau2) <= 1e-13 * (1e-4 + new):
            return new, math.sqrt(2 / information)
        tau2 = new
    raise ConvergenceError(f"REML: no convergence in 1000 steps, tau2 = {tau2:g}, last step {step:g}")


def _reml_step(m: Moments, tau2: float) -> tuple[float, float]:
    """Return the Fisher scoring step and the trace of PP."""
    wi = 1.0 / (m.vi + tau2)
    w2 = wi * wi
    sum_w, sum_w2 = float(wi.sum()), float(w2.sum())
    residual = m.yi - float(wi @ m.yi) / sum_w
    trace_pp = sum_w2 - 2 * float(w2 @ wi) / sum_w + (sum_w2 / sum_w) ** 2
    return (float(w2 @ (residual * residual)) - (sum_w - sum_w2 / sum_w)) / trace_pp, trace_pp


TAU2_METHODS: dict[str, Callable[[Moments], Estimate]] = {
    "DL": dersimonian_laird,
    "REML": restricted_maximum_likelihood,
}
