"""The beta-binomial model of Kuss (2015): events vary between studies beyond chance, arms share the correlation.

Studies without an event in either arm take part as they are. Arms of one study are compared across studies, not within.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, gammaln

from ...errors import NotEstimableError
from ..measures.catalogue import scale_of, two_by_two
from ..measures.effects import FloatArray, Interval, labels
from ..measures.families import Columns
from ..numerics.by_name import takes_names
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded, figures, p_text
from ..pooling.intervals import check_level, mean_interval, mean_test
from ..pooling.result import Display
from ..tables.stratified import known, unusable
from .models import empty
from .newton import Maximum, maximise

if TYPE_CHECKING:
    import pandas as pd

STIRLING = 20.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BetaBinomial(ShowsItself):
    """A fitted beta-binomial model; the estimate is a log odds ratio.

    Attributes
    ----------
    estimate, se, stat, pval, ci
        The log odds ratio between arms, with a Wald interval.
    risk
        The mean risk in the control and in the experimental arms.
    rho
        The correlation of two participants in one arm of one study, 0 to 1; 0 is the plain binomial model.
    rho_se
        Its standard error; None at the boundary of 0.
    ll, aic, bic
        The log-likelihood with all its constants, and what follows from it; BIC counts studies.
    k, slab, data
        The studies and their tables.
    excluded
        (label, reason) of every study that was left out.
    iterations
        Newton steps to the maximum.
    """

    level: float
    estimate: float
    se: float
    stat: float
    pval: float
    ci: Interval
    risk: tuple[float, float]
    rho: float
    rho_se: float | None
    ll: float
    aic: float
    bic: float
    k: int
    slab: tuple[str, ...]
    data: Columns
    excluded: tuple[tuple[str, str], ...]
    iterations: int
    measure: str = "OR"
    method: str = "beta-binomial"

    @property
    def display(self) -> Display:
        """The odds ratio."""
        back = scale_of(self.measure).to_display
        return Display(back(self.estimate), Interval(back(self.ci.lb), back(self.ci.ub)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["data"] = {name: values.tolist() for name, values in self.data.items()}
        plain["excluded"] = [list(pair) for pair in self.excluded]
        for name in ("ci", "risk", "slab"):
            plain[name] = list(plain[name])
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab and the table."""
        import pandas as pd

        return pd.DataFrame({"slab": self.slab, **self.data})

    def __repr__(self) -> str:
        """Return what a statistician would want printed."""
        return (
            f"beta-binomial, OR, k = {self.k}\n"
            f"  OR {bounded(self.display.estimate, self.display.ci, 1.0)}, {100 * self.level:g}% CI; "
            f"log OR {figures(self.estimate)}, se {figures(self.se)}, {p_text(self.pval)}\n"
            f"  Mean risk {self.risk[0]:.4g} (control), {self.risk[1]:.4g} (experimental); rho = {self.rho:.4g}; "
            f"log-likelihood {self.ll:.4g}"
        )


@takes_names
def beta_binomial(*, level: float = 0.95, slab: Sequence[str] | None = None, **data: Any) -> BetaBinomial:
    """Fit the beta-binomial model with one correlation for all arms, by maximum likelihood (Kuss 2015).

    Parameters
    ----------
    level
        Coverage of the interval.
    slab
        k study labels.
    data
        2x2 tables as in `metaan.stats.measures.catalogue.effect_sizes`.

    Raises
    ------
    NotEstimableError
        An arm has no events, or nothing but events, in every study.
    ConvergenceError
        The search did not arrive.

    Examples
    --------
    >>> fit = beta_binomial(ai=[0, 2, 1], n1i=[50, 100, 120], ci=[4, 6, 5], n2i=[50, 100, 118])
    >>> round(fit.display.estimate, 3), round(fit.rho, 6)
    (0.19, 0.0)
    """
    check_level(level)
    cells = two_by_two(data, slab)
    keep = known(cells)
    slabs, x = labels(slab, keep.size), {name: values[keep] for name, values in cells.items()}
    if not keep.any():
        raise NotEstimableError("beta-binomial: no study has a table")
    why = empty(x, ("ai", "bi", "ci", "di"))
    if why:
        raise NotEstimableError(f"beta-binomial has no finite estimate: {why}")
    top = _fit(x)
    covariance = top.covariance
    control, estimate, root = (float(v) for v in top.shared)
    se, phi = math.sqrt(float(covariance[1, 1])), root * root
    stat, pval = mean_test(estimate, se, None)
    k = int(keep.sum())
    return BetaBinomial(
        level=level, estimate=estimate, se=se, stat=stat, pval=pval, ci=mean_interval(estimate, se, None, level),
        risk=(float(expit(control)), float(expit(control + estimate))), rho=phi / (1 + phi),
        rho_se=2 * abs(root) / (1 + phi) ** 2 * math.sqrt(float(covariance[2, 2])) if root else None,
        ll=top.value, aic=6 - 2 * top.value, bic=3 * math.log(k) - 2 * top.value, k=k,
        slab=tuple(label for label, ok in zip(slabs, keep.tolist()) if ok), data=x,
        excluded=tuple((label, why) for label, why in zip(slabs, unusable(cells)) if why is not None),
        iterations=top.iterations,
    )  # fmt: skip


def _fit(x: Columns) -> Maximum:
    """Maximise over (logit of the control risk, log odds ratio, root of rho / (1 - rho)).

    The likelihood is even in the last, so that its boundary is an ordinary point of the search.
    """

    def log_likelihoods(shared: FloatArray, own: FloatArray) -> FloatArray:
        phi = float(shared[2]) ** 2
        arms = (("ai", "bi", shared[0] + shared[1]), ("ci", "di", shared[0]))
        return np.asarray(sum(arm_log_likelihood(x[e], x[o], float(eta), phi) for e, o, eta in arms))

    treated, control = (math.log(float(x[e].sum()) / float(x[o].sum())) for e, o in (("ai", "bi"), ("ci", "di")))
    binomial, none = np.array([control, treated - control, 0.0]), np.zeros(x["ai"].size)
    top = maximise(log_likelihoods, binomial + np.array([0, 0, 0.1]), none, has_own=False, name="beta-binomial model")
    value = float(log_likelihoods(binomial, none).sum())
    if abs(float(top.shared[2])) < 1e-3 / math.sqrt(float(top.information[2, 2])) or top.value <= value:
        return replace(top, shared=binomial, value=value)
    return top


def arm_log_likelihood(events: FloatArray, others: FloatArray, eta: float, phi: float) -> FloatArray:
    """Return the log probability of each arm's events; ``phi`` is rho / (1 - rho), and 0 is the binomial model."""
    n = events + others
    p, q = float(expit(eta)), float(expit(-eta))
    choices = gammaln(n + 1) - gammaln(events + 1) - gammaln(others + 1)
    return np.asarray(choices + _rising(p, events, phi) + _rising(q, others, phi) - _rising(1.0, n, phi))


def _rising(z: float, x: FloatArray, phi: float) -> FloatArray:
    """Return the sum of log(z + r phi) over r = 0 to x - 1, in a form that holds down to phi = 0."""
    plain = x * math.log(z)
    if phi == 0:
        return plain
    y = z / phi
    if y < STIRLING:
        return np.asarray(gammaln(y + x) - gammaln(y) + x * math.log(phi))
    return np.asarray(plain + (y + x - 0.5) * np.log1p(x / y) - x + _stirling(y + x) - _stirling(np.asarray(y)))


def _stirling(y: FloatArray) -> FloatArray:
    """Return the terms of Stirling's series beyond the leading ones; below 1e-12 wrong for y of 20 and more."""
    return np.asarray(1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5))
