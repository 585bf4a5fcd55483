"""Trim and fill: how many studies seem to be missing on one side of the funnel, and the pool with them put in.

Sources: Duval & Tweedie 2000a (J Am Stat Assoc 95:89) and 2000b (Biometrics 56:455). The filled studies are a mirror
image, not data: the adjusted pool is a sensitivity analysis. To add an estimator of the number of missing studies,
enter a function in `K0_ESTIMATORS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConvergenceError, NotEstimableError, choose
from ..measures.catalogue import display_data
from ..measures.effects import EffectSizes, FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, p_text
from ..numerics.ties import identical, tied
from ..pooling.pool import pool
from ..pooling.result import Pooled, measure_of, shown
from .lines import mixed_line

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("auto", "left", "right")
MAX_ITERATIONS = 100

Estimated = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class TrimAndFill(ShowsItself):
    """A pool with the studies that seem to be missing filled in.

    Attributes
    ----------
    estimator
        A key of `K0_ESTIMATORS`.
    k0, k0_se
        The estimated number of missing studies and its standard error.
    k0_pval
        Of the hypothesis that no study is missing on that side; None but for R0.
    side
        Where they are missing: ``"left"`` (small effects) or ``"right"``.
    iterations
        Steps until k0 stayed the same.
    original, adjusted
        The pool as it was, and with the filled studies.
    filled
        The k0 filled studies; their labels start with ``Filled``.
    """

    estimator: str
    k0: int
    k0_se: float
    k0_pval: float | None
    side: str
    iterations: int
    original: Pooled
    adjusted: Pooled
    filled: EffectSizes

    @property
    def k(self) -> int:
        """The number of studies, the filled ones included."""
        return self.adjusted.k

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("original", "adjusted", "filled"):
            plain[name] = plain[name].to_dict()
        return plain

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, yi, vi, weight in percent, and whether it was filled in."""
        filled = np.arange(self.k) >= self.k - self.k0
        return self.adjusted.to_frame().assign(filled=filled)

    def __repr__(self) -> str:
        pval = "" if self.k0_pval is None else f", {p_text(self.k0_pval)}"
        lines = [
            f"Trim and fill ({self.estimator}), {self.original.k} studies{measure_of(self.original)}",
            f"  missing on the {self.side}: {self.k0} (SE {figures(self.k0_se)}){pval}; {self.iterations} steps",
        ]
        for name, fit in (("as it was", self.original), ("adjusted", self.adjusted)):
            lines.append(f"  {name:<9} {shown(fit)}, {100 * fit.level:g} % CI, k = {fit.k}")
        return "\n".join(lines)


def trim_and_fill(fit: Pooled, estimator: str = "L0", side: str = "auto") -> TrimAndFill:
    """Estimate how many studies are missing on one side of the funnel, and pool with them filled in.

    Parameters
    ----------
    fit
        A pool by inverse variance; trimming and filling use its model and methods.
    estimator
        A key of `K0_ESTIMATORS`.
    side
        ``"left"``, ``"right"``, or ``"auto"``: the side that the regression on the standard error points away from.

    Raises
    ------
    NotEstimableError
        Fewer than 2 studies (3 for ``"auto"`` with random effects), no spread around the mean, nothing left after
        trimming, or a pool that is not by inverse variance.
    ConvergenceError
        The number of missing studies goes round in a circle.

    Examples
    --------
    >>> es = EffectSizes.of([0.1, 0.2, 0.3, 0.45, 0.7, 0.9, 1.3], [0.01, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3])
    >>> found = trim_and_fill(pool(es, model="common"))
    >>> found.k0, found.side, found.k
    (3, 'left', 10)
    """
    estimate_k0 = choose(K0_ESTIMATORS, estimator, "estimator")
    choose(dict.fromkeys(SIDES), side, "side")
    _check(fit)
    side = _emptier_side(fit) if side == "auto" else side
    sign = -1.0 if side == "right" else 1.0
    es = fit.effects
    order = np.argsort(tied(sign * es.yi, float(np.abs(es.yi).max())), kind="stable")
    yi, vi = sign * es.yi[order], es.vi[order]
    k0, k0_se, centre, iterations = _iterate(fit, yi, vi, estimate_k0)
    filled = _filled(es, order[yi.size - k0 :], 2 * sign * centre)
    return TrimAndFill(
        estimator, k0, k0_se, 0.5 ** (k0 + 1) if estimator == "R0" else None, side, iterations,
        fit, _pool_like(fit, _joined(es, filled)), filled,
    )  # fmt: skip


def _check(fit: Pooled) -> None:
    if fit.method != "IV":
        raise NotEstimableError(
            f"trim and fill mirrors effects and variances; a pool by {fit.method} has none; use pool"
        )
    if fit.weights_fixed:
        raise NotEstimableError("trim and fill: weights that were given say nothing of the studies to be filled in")
    if fit.k < 2:
        raise NotEstimableError(f"k = {fit.k}; trim and fill needs at least 2 studies")
    if identical(fit.effects.yi):
        raise NotEstimableError("all studies have the same effect: there is no side to trim")


def _emptier_side(fit: Pooled) -> str:
    """Return the side where small studies are missing: opposite to where the line on the standard error goes."""
    try:
        line = mixed_line(fit.effects.yi, fit.effects.sei, fit.effects.vi, fit.tau2_method, "wald")
    except NotEstimableError as error:
        raise NotEstimableError(
            f"side='auto' looks at a regression on the standard error: {error}; give the side"
        ) from None
    across = tied(line.slope * fit.effects.sei, float(np.abs(fit.effects.yi).max()))
    return "right" if (across < 0).any() else "left"


def _iterate(
    fit: Pooled, yi: FloatArray, vi: FloatArray, estimate_k0: Callable[[FloatArray], Estimated]
) -> tuple[int, float, float, int]:
    """Trim the largest, pool the rest, count again, until the number stays the same."""
    k, k0 = yi.size, 0
    for iteration in range(1, MAX_ITERATIONS + 1):
        if k0 >= k:
            raise NotEstimableError(f"trim and fill takes all {k} studies for the excess of one side")
        centre = _pool_like(fit, EffectSizes.of(yi[: k - k0], vi[: k - k0])).estimate
        raw, se = estimate_k0(_signed_ranks(yi, centre))
        found = max(0, round(raw))
        if found == k0:
            return k0, se, centre, iteration
        k0 = found
    raise ConvergenceError(f"trim and fill: no convergence in {MAX_ITERATIONS} steps, k0 = {k0}")


def _signed_ranks(yi: FloatArray, centre: float) -> FloatArray:
    """Return the ranks of the distances from the centre, signed by side; ties in the order of the effects."""
    distance = tied(np.abs(yi - centre), float(np.abs(yi).max()))
    ranks = np.empty(yi.size)
    ranks[np.argsort(distance, kind="stable")] = np.arange(1, yi.size + 1)
    return np.where(distance > 0, np.sign(yi - centre) * ranks, 0.0)


def _filled(es: EffectSizes, trimmed: NDArray[np.intp], twice_centre: float) -> EffectSizes:
    """Return the mirror images of the trimmed studies: other effects, of studies of the same size."""
    sizes = {name: values[trimmed] for name, values in display_data(es.measure, es.data).items()}
    yi, vi = twice_centre - es.yi[trimmed], es.vi[trimmed]
    return EffectSizes(yi, vi, tuple(f"Filled: mirror of {es.slab[i]}" for i in trimmed), es.measure, data=sizes)


def _joined(es: EffectSizes, filled: EffectSizes) -> EffectSizes:
    yi, vi = np.concatenate([es.yi, filled.yi]), np.concatenate([es.vi, filled.vi])
    sizes = {name: np.concatenate([es.data[name], values]) for name, values in filled.data.items()}
    return EffectSizes(yi, vi, es.slab + filled.slab, es.measure, data=sizes, notes=es.notes)


def _pool_like(fit: Pooled, es: EffectSizes) -> Pooled:
    """Pool other studies by the model and the methods of ``fit``."""
    return pool(
        es, fit.model, fit.tau2_method or "DL", fit.ci_method, fit.pi_method or "t(k-1)", fit.level,
        tau2=fit.tau2 if fit.tau2_fixed else None,
    )  # fmt: skip


def _upper(signed: FloatArray) -> float:
    """Return the sum of the ranks above the centre (Wilcoxon's statistic)."""
    return float(signed[signed > 0].sum())


def _rank_variance(k: int, k0: float) -> float:
    """Return the variance of Wilcoxon's statistic with k0 studies missing (Duval & Tweedie 2000a, eq. 12)."""
    found = k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0
    return (found - 18 * k * k0**2 - 18 * k * k0 + 6 * k * k * k0) / 24


def _r0(signed: FloatArray) -> Estimated:
    """The run of the largest ranks that are all above the centre, less one."""
    below = -signed[signed < 0]
    if below.size == 0:
        raise NotEstimableError("R0 counts from the largest effect below the centre, and there is none")
    k0 = signed.size - float(below.max()) - 1
    return k0, math.sqrt(2 * max(0.0, k0) + 2)


def _l0(signed: FloatArray) -> Estimated:
    """Linear in Wilcoxon's statistic."""
    k = signed.size
    k0 = (4 * _upper(signed) - k * (k + 1)) / (2 * k - 1)
    return k0, 4 * math.sqrt(max(0.0, _rank_variance(k, k0))) / (2 * k - 1)


def _q0(signed: FloatArray) -> Estimated:
    """Quadratic in Wilcoxon's statistic."""
    k = signed.size
    square = 2 * k * k - 4 * _upper(signed) + 0.25
    if square <= 0:
        raise NotEstimableError("Q0: nearly all studies lie on one side of the centre; L0 and R0 may still count")
    k0 = k - 0.5 - math.sqrt(square)
    return k0, 2 * math.sqrt(max(0.0, _rank_variance(k, k0)) / square)


K0_ESTIMATORS: dict[str, Callable[[FloatArray], Estimated]] = {"L0": _l0, "R0": _r0, "Q0": _q0}
