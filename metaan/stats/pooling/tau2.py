"""Estimators of the between-study variance tau2.

To add one: write a function from `Moments` to ``(tau2, se)`` and enter it in `TAU2_METHODS`. tau2 is on the squared
analysis scale and is cut at 0 here, once; ``se`` is None where no formula is known. The formulas of the standard errors
take a common tau2 into every variance: Var(y'Py) = 2 tr(PSPS) with S the diagonal of vi + tau2.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import chdtri

from ...errors import UsageError
from ..measures.effects import FloatArray
from ..numerics.roots import beyond, crossing
from ..numerics.ties import excess
from .heterogeneity import Moments, off_diagonal, solve_q, trace_psps
from .likelihood import maximise
from .quadratic_form import QuadraticForm

Estimate = tuple[float, float | None]


def dersimonian_laird(m: Moments) -> Estimate:
    """DerSimonian & Laird 1986; standard error of Biggerstaff & Tweedie 1997."""
    tau2 = excess(m.q, m.k - 1) / m.c
    return tau2, _se_of_q(m, tau2) / m.c


def hedges(m: Moments) -> Estimate:
    """Hedges & Olkin 1985, from the unweighted variance (Cochran's ANOVA estimator)."""
    return _general_moments(m, np.ones(m.k))


def hunter_schmidt(m: Moments) -> Estimate:
    """Hunter & Schmidt 1990, in the form of Viechtbauer 2005, eq. 8; biased downwards."""
    tau2 = excess(m.q, m.k) / m.sum_w
    return tau2, _se_of_q(m, tau2) / m.sum_w


def hunter_schmidt_corrected(m: Moments) -> Estimate:
    """Hunter & Schmidt with Q enlarged by k / (k - 1) (Brannick et al. 2019)."""
    factor = m.k / (m.k - 1)
    tau2 = excess(factor * m.q, m.k) / m.sum_w
    return tau2, factor * _se_of_q(m, tau2) / m.sum_w


def sidik_jonkman(m: Moments) -> Estimate:
    """Sidik & Jonkman 2005; above 0 unless all effects are equal."""
    if m.q == 0:
        return 0.0, 0.0
    crude = float(np.var(m.yi))
    ai = 1.0 / (m.vi + crude)
    factor = crude / (m.k - 1)
    residual = m.yi - float(ai @ m.yi) / float(ai.sum())
    tau2 = factor * float(ai @ (residual * residual))
    return tau2, factor * math.sqrt(2 * trace_psps(ai, m.vi + tau2))


def maximum_likelihood(m: Moments) -> Estimate:
    """Maximum likelihood (Hardy & Thompson 1996); the global maximum."""
    tau2 = maximise(m, restricted=False)
    wi = 1.0 / (m.vi + tau2)
    return tau2, math.sqrt(2 / float(wi @ wi))


def restricted_maximum_likelihood(m: Moments) -> Estimate:
    """Restricted maximum likelihood (Viechtbauer 2005, eq. 15); the global maximum."""
    tau2 = maximise(m, restricted=True)
    return tau2, math.sqrt(2 / trace_psps(1.0 / (m.vi + tau2)))


def paule_mandel(m: Moments) -> Estimate:
    """Paule & Mandel 1982: the generalised Q meets its expectation. Empirical Bayes (Morris 1983) is the same root."""
    return _at_root(m, solve_q(m, m.k - 1.0))


def paule_mandel_median(m: Moments) -> Estimate:
    """Median-unbiased Paule-Mandel: the generalised Q meets its median (Viechtbauer 2021)."""
    return _at_root(m, solve_q(m, float(chdtri(m.k - 1, 0.5))))


def generalised_moments(m: Moments) -> Estimate:
    """Method of moments with the weights that were given (DerSimonian & Kacker 2007, eq. 6)."""
    return _general_moments(m, _given_weights(m, "GENQ"))


def generalised_median(m: Moments) -> Estimate:
    """Median-unbiased method of moments with the weights that were given: Q meets its exact median."""
    ai = _given_weights(m, "GENQM")
    tau2 = solve_generalised(m, ai, 0.5)
    return tau2, math.sqrt(2 * trace_psps(ai, m.vi + tau2)) / _trace_p(ai)


def two_step_dersimonian_laird(m: Moments) -> Estimate:
    """Two-step DerSimonian-Laird: moments with weights from the first estimate (DerSimonian & Kacker 2007)."""
    return _general_moments(m, 1.0 / (m.vi + dersimonian_laird(m)[0]))


def two_step_hedges(m: Moments) -> Estimate:
    """Two-step Hedges (CA2 in DerSimonian & Kacker 2007)."""
    return _general_moments(m, 1.0 / (m.vi + hedges(m)[0]))


def solve_generalised(m: Moments, ai: FloatArray, probability: float) -> float:
    """Return the tau2 at which the observed Q with weights ``ai`` has this probability of being exceeded; 0 if none.

    The probability rises with tau2 (Jackson 2013, section 3).
    """
    total = float(ai.sum())
    residual = m.yi - float(ai @ m.yi) / total
    q = float(ai @ (residual * residual))

    def short(tau2: float) -> float:
        return QuadraticForm.of(m, ai, tau2).cdf(q) - (1 - probability)

    if short(0.0) <= 0:
        return 0.0
    return crossing(short, 0.0, beyond(short, max(q / _trace_p(ai), float(m.vi.max()))))


def _general_moments(m: Moments, ai: FloatArray) -> Estimate:
    """Return (y'Py - tr PV) / tr P and its standard error, P made of any weights."""
    trace, total = _trace_p(ai), float(ai.sum())
    residual = m.yi - float(ai @ m.yi) / total
    expected = float(ai @ m.vi) - float((ai * ai) @ m.vi) / total
    tau2 = excess(float(ai @ (residual * residual)), expected) / trace
    return tau2, math.sqrt(2 * trace_psps(ai, m.vi + tau2)) / trace


def _given_weights(m: Moments, method: str) -> FloatArray:
    if m.ai is None:
        raise UsageError(f"tau2_method {method!r} needs weights: pool(..., weights=[...]), a weight a study")
    return m.ai


def _at_root(m: Moments, tau2: float) -> Estimate:
    """Return tau2 with the standard error of the estimators that solve an equation in the generalised Q."""
    return tau2, m.k * math.sqrt(2 / (m.k - 1)) / float(np.add.reduce(1.0 / (m.vi + tau2)))


def _se_of_q(m: Moments, tau2: float) -> float:
    """Return the standard error of Cochran's Q."""
    return math.sqrt(2 * (m.k - 1) + 4 * tau2 * m.c + 2 * tau2 * tau2 * trace_psps(m.wi))


def _trace_p(ai: FloatArray) -> float:
    total = float(ai.sum())
    trace = total - float(ai @ ai) / total
    return trace if trace >= 1e-5 * total else off_diagonal(ai) / total


TAU2_METHODS: dict[str, Callable[[Moments], Estimate]] = {
    "DL": dersimonian_laird,
    "HE": hedges,
    "HS": hunter_schmidt,
    "HSk": hunter_schmidt_corrected,
    "SJ": sidik_jonkman,
    "ML": maximum_likelihood,
    "REML": restricted_maximum_likelihood,
    "EB": paule_mandel,
    "PM": paule_mandel,
    "PMM": paule_mandel_median,
    "GENQ": generalised_moments,
    "GENQM": generalised_median,
    "DL2": two_step_dersimonian_laird,
    "CA2": two_step_hedges,
    "DLIT": paule_mandel,
    "SJIT": paule_mandel,
}
