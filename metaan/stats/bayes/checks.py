"""Whether priors, model and data go together: predictive checks, by quadrature and without drawing.

A check is a function from a fit to a probability (or to one a study), and an entry in `BAYES_CHECKS` with its words.
A small probability says that the data are surprising; none of them chooses a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from ...errors import NotEstimableError
from ..numerics.numerals import p_text
from ..pooling.heterogeneity import Moments
from ..pooling.quadratic_form import QuadraticForm
from .distributions import Positive
from .posterior import existing_moments, posterior_grid
from .priors import TauPrior, span
from .quadrature import TauGrid, integrate
from .result import Bayes

#: At how many quantiles of tau a distribution of Q is averaged, and below which probability data surprise.
_POINTS, SURPRISING = 40, 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes
    ----------
    code
        A key of `BAYES_CHECKS`.
    pval
        How probable data at least as extreme are; None where it cannot be said.
    text
        The same in words.
    study
        The study that it is about; None where it is about all.
    """

    code: str
    pval: float | None
    text: str
    study: str | None = None

    @property
    def surprising(self) -> bool:
        """Whether data as these are rarer than one in 20 (in a check of each study: than that shared by all)."""
        return self.pval is not None and self.pval < SURPRISING

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {"code": self.code, "pval": self.pval, "text": self.text, "study": self.study}


def predictive_checks(fit: Bayes) -> tuple[Check, ...]:
    """Return what every check of `BAYES_CHECKS` says of a fit without moderators; nothing of a single study."""
    fit.without_moderators("predictive check")
    if fit.k < 2:
        return ()
    return tuple(check for code, (run, words) in BAYES_CHECKS.items() for check in _said(code, words, run(fit), fit))


def _said(code: str, words: str, found: float | Sequence[float] | None, fit: Bayes) -> list[Check]:
    if found is None:
        return [Check(code, None, f"{words}: not checked, the prior is improper")]
    if isinstance(found, float):
        return [Check(code, found, f"{words}: {_verdict(found)} ({p_text(found)})")]
    shared = [min(1.0, p * fit.k) for p in found]
    return [
        Check(code, p, f"{words}, {label}: {_verdict(p)} ({p_text(p)}, for {fit.k} studies)", label)
        for label, p in zip(fit.effects.slab, shared)
        if p < SURPRISING
    ] or [Check(code, min(shared), f"{words}: no study lies where the others do not expect one")]


def _verdict(p: float) -> str:
    return "the data are surprising" if p < SURPRISING else "the data are what it expects"


def conflict_of_tau(fit: Bayes) -> float | None:
    """Return how probable so extreme a Q is under the prior of tau (Box 1980; Evans & Moshonov 2006).

    Two-sided. Q does not depend on the mean, so that it speaks of the prior of tau alone.
    """
    if not fit.tau_prior.proper:
        return None
    above = _q_above(fit, _of_prior(fit.tau_prior))
    return min(1.0, 2 * min(above, 1 - above))


def conflict_of_mu(fit: Bayes) -> float | None:
    """Return how probable a mean as far from its prior is, tau as the data have it under a flat prior of the mean."""
    if fit.mu_prior is None:
        return None
    flat = _flat(fit)
    if flat is None:
        return None
    normal, grid = flat
    given = normal.given(grid.t)
    mean, sd = fit.mu_prior
    z = (given.means[:, 0] - mean) / np.sqrt(sd * sd + given.covariances[:, 0, 0])
    return float(grid.mass @ (2 * ndtr(-np.abs(z))))


def heterogeneity(fit: Bayes) -> float:
    """Return how probable a larger Q is under the posterior of tau (Gelman, Meng & Stern 1996); two-sided."""
    above = _q_above(fit, fit.tau)
    return min(1.0, 2 * min(above, 1 - above))


def each_study(fit: Bayes) -> list[float]:
    """Return of each study how probable an effect as far from what the others predict is; two-sided."""
    return [_left_out(fit, i) for i in range(fit.k)]


def _left_out(fit: Bayes, i: int) -> float:
    rest = np.arange(fit.k) != i
    n = fit.normal
    normal = replace(n, yi=n.yi[rest], vi=n.vi[rest], x=n.x[rest])
    try:
        powers = existing_moments(normal, fit.tau_prior)
    except NotEstimableError:
        return 1.0  # the others alone predict nothing
    grid = posterior_grid(normal, fit.tau_prior, powers)
    mean, variance = normal.linear(normal.given(grid.t), n.x[i])
    below = float(grid.mass @ ndtr((n.yi[i] - mean) / np.sqrt(variance + np.square(grid.t) + n.vi[i])))
    return 2 * min(below, 1 - below)


def _q_above(fit: Bayes, tau: Positive) -> float:
    """Return the probability of a Q above that of the data, averaged over tau."""
    m = Moments.of(fit.normal.yi, fit.normal.vi)
    middles = (np.arange(_POINTS) + 0.5) / _POINTS
    weights = 1 / fit.normal.vi
    found = [QuadraticForm.of(m, weights, float(t) ** 2).cdf(m.q) for t in tau.quantile(middles)]
    return 1 - math.fsum(found) / _POINTS


def _of_prior(prior: TauPrior) -> Positive:
    """Return a proper prior as a distribution."""
    lo, hi = span(prior, prior.tail, [])
    grid: TauGrid = integrate(prior.log_density, lo, hi, 0)
    return Positive(
        "tau", 0.95, "central", None, None, None, log_density=prior.log_density, grid=grid, upper=prior.upper
    )


def _flat(fit: Bayes) -> tuple[Any, TauGrid] | None:
    """Return the model with a flat prior of the mean and its posterior of tau; None where there is none."""
    normal = replace(fit.normal, prior_mean=np.zeros(1), prior_sd=np.array([math.inf]))
    try:
        powers = existing_moments(normal, fit.tau_prior)
    except NotEstimableError:
        return None
    return normal, posterior_grid(normal, fit.tau_prior, powers)


BAYES_CHECKS: dict[str, tuple[Callable[[Bayes], float | list[float] | None], str]] = {
    "prior of tau": (conflict_of_tau, "the prior of the heterogeneity against the data"),
    "prior of mu": (conflict_of_mu, "the prior of the mean against the data"),
    "heterogeneity": (heterogeneity, "the heterogeneity of the model against that of the data"),
    "each study": (each_study, "each study against what the others predict"),
}
