"""Estimators of the residual between-study variance tau2 of a regression on p columns.

The generalisation of `metaan.stats.pooling.tau2` from a mean to a design matrix. To add one: write a function from a
`Linear` to ``(tau2, se)`` and enter it in `REGRESSION_TAU2_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import chdtri

from ...errors import ConvergenceError
from .likelihood import maximise
from .linear import Linear, Weighted

Estimate = tuple[float, float | None]


def dersimonian_laird(m: Linear) -> Estimate:
    """DerSimonian & Laird 1986; with moderators Raudenbush 2009, eq. 16.39."""
    fit = m.at(0.0)
    trace = fit.trace_p()
    tau2 = max(0.0, (fit.rss - m.df) / trace)
    return tau2, _moment_se(m, fit, tau2, trace)


def hedges_olkin(m: Linear) -> Estimate:
    """Hedges & Olkin 1985: unweighted least squares."""
    fit = m.weighted(np.ones(m.k))
    tau2 = max(0.0, (fit.rss - fit.trace_p(m.vi)) / m.df)
    return tau2, _moment_se(m, fit, tau2, m.df)


def hunter_schmidt(m: Linear) -> Estimate:
    """Hunter & Schmidt 1990."""
    fit = m.at(0.0)
    total = float(fit.wi.sum())
    tau2 = max(0.0, (fit.rss - m.k) / total)
    return tau2, _moment_se(m, fit, tau2, total)


def hunter_schmidt_small(m: Linear) -> Estimate:
    """Hunter & Schmidt with the small-sample correction k / (k - p) (Brannick et al. 2019)."""
    fit = m.at(0.0)
    ratio, total = m.k / m.df, float(fit.wi.sum())
    tau2 = max(0.0, (fit.rss * ratio - m.k) / total)
    return tau2, _moment_se(m, fit, tau2, total / ratio)


def sidik_jonkman(m: Linear) -> Estimate:
    """Sidik & Jonkman 2005, started from the variance of yi around their mean."""
    start = float(np.var(m.yi))
    if start == 0:
        return 0.0, 0.0
    fit = m.at(start)
    tau2 = start * fit.rss / m.df
    return tau2, _moment_se(m, fit, tau2, m.df / start)


def maximum_likelihood(m: Linear) -> Estimate:
    """Maximum likelihood (Hardy & Thompson 1996)."""
    tau2 = maximise(m, restricted=False)
    wi = m.at(tau2).wi
    return tau2, math.sqrt(2 / float(wi @ wi))


def restricted_maximum_likelihood(m: Linear) -> Estimate:
    """Restricted maximum likelihood (Raudenbush 2009; Viechtbauer 2005, eq. 15)."""
    tau2 = maximise(m, restricted=True)
    return tau2, math.sqrt(2 / m.at(tau2).trace_pp())


def paule_mandel(m: Linear) -> Estimate:
    """Paule & Mandel 1982: the tau2 at which the generalised Q meets its expectation k - p."""
    return _paule_mandel(m, m.df)


def paule_mandel_median(m: Linear) -> Estimate:
    """Paule-Mandel, unbiased in the median (Viechtbauer 2021): the generalised Q meets the median of chi2(k - p)."""
    return _paule_mandel(m, float(chdtri(m.df, 0.5)))


def empirical_bayes(m: Linear) -> Estimate:
    """Morris 1983; Berkey et al. 1995: the same equation as Paule and Mandel's, reached another way."""
    return paule_mandel(m)


def _moment_se(m: Linear, fit: Weighted, tau2: float, slope: float) -> float:
    """Return the standard error of (y'Py - constant) / slope: Var(y'Py) = 2 tr(PSPS) with S of vi + tau2."""
    return math.sqrt(2 * fit.trace_pp(m.vi + tau2)) / slope


def _paule_mandel(m: Linear, target: float) -> Estimate:
    """Newton from 0: the generalised Q falls and is convex in tau2, so no step goes too far.

    The standard error is that of Morris's step, k / (k - p) y'Py less k over the sum of weights.
    """
    tau2 = 0.0
    for _ in range(1000):
        fit = m.at(tau2)
        step = (fit.rss - target) / fit.y_pp_y() if fit.rss > target else 0.0
        tau2 += step
        if step <= 1e-14 * tau2:
            return tau2, m.k * math.sqrt(2 / m.df) / float(fit.wi.sum())
    raise ConvergenceError(f"Paule-Mandel: no convergence in 1000 steps, tau2 = {tau2:g}, last step {step:g}")


REGRESSION_TAU2_METHODS: dict[str, Callable[[Linear], Estimate]] = {
    "DL": dersimonian_laird,
    "HE": hedges_olkin,
    "HS": hunter_schmidt,
    "HSk": hunter_schmidt_small,
    "SJ": sidik_jonkman,
    "ML": maximum_likelihood,
    "REML": restricted_maximum_likelihood,
    "EB": empirical_bayes,
    "PM": paule_mandel,
    "PMM": paule_mandel_median,
}
