"""Residuals of a fit, and the best prediction of each study's own effect.

Both take a `Pooled` by inverse variance or a `MetaRegression`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..pooling.intervals import quantile
from ..pooling.prediction import NO_SPREAD
from ..pooling.result import Pooled
from .fit import delete_each, deleted_variance, whole_problem
from .result import MetaRegression

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Residuals(ShowsItself):
    """Residuals, one value a study, on the analysis scale.

    Attributes
    ----------
    raw, se, rstandard
        Effect less predicted effect, its standard error, and their ratio (internally standardised).
    raw_deleted, se_deleted, rstudent
        The same with the study left out of the fit that predicts it (externally standardised); nan where ``reasons``
        says why it cannot be left out.
    fit
        What was looked at.
    """

    slab: tuple[str, ...]
    raw: FloatArray
    se: FloatArray
    rstandard: FloatArray
    raw_deleted: FloatArray
    se_deleted: FloatArray
    rstudent: FloatArray
    reasons: tuple[str | None, ...]
    fit: Pooled | MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        columns = {name: [None if v != v else v for v in getattr(self, name).tolist()] for name in _RESIDUALS}
        return {"slab": list(self.slab), **columns, "reasons": list(self.reasons)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study."""
        import pandas as pd

        return pd.DataFrame({"slab": self.slab} | {name: getattr(self, name) for name in _RESIDUALS})

    def __repr__(self) -> str:
        return f"Residuals\n{self.to_frame().to_string(index=False)}"


_RESIDUALS = ("raw", "se", "rstandard", "raw_deleted", "se_deleted", "rstudent")


@dataclass(frozen=True, slots=True, eq=False)
class Blups(ShowsItself):
    """Best linear unbiased predictions of the studies' own effects, on the analysis scale (Raudenbush & Bryk 1985).

    Attributes
    ----------
    estimate, se, pi
        One value a study: its effect pulled towards what the fit predicts, the more so the less it knows by itself.
    level, fit
        Coverage of ``pi``, and what was looked at.
    """

    slab: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    pi: tuple[Interval, ...]
    level: float
    fit: Pooled | MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "slab": list(self.slab), "estimate": self.estimate.tolist(), "se": self.se.tolist(),
            "pi": [list(bounds) for bounds in self.pi], "level": self.level,
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, estimate, se, pi_lb, pi_ub."""
        import pandas as pd

        bounds = {"pi_lb": [i.lb for i in self.pi], "pi_ub": [i.ub for i in self.pi]}
        return pd.DataFrame({"slab": self.slab, "estimate": self.estimate, "se": self.se} | bounds)

    def __repr__(self) -> str:
        table = self.to_frame().to_string(index=False)
        return f"Best linear unbiased predictions ({100 * self.level:g}%), analysis scale\n{table}"


def residuals(fit: Pooled | MetaRegression) -> Residuals:
    """Return raw, internally and externally standardised residuals (Viechtbauer & Cheung 2010).

    Raises
    ------
    NotEstimableError
        Fewer than two studies.

    Examples
    --------
    >>> from metaan.stats.measures.effects import EffectSizes
    >>> from metaan.stats.pooling.pool import pool
    >>> found = residuals(pool(EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03])))
    >>> found.rstandard.round(3).tolist()
    [-0.986, -0.337, 1.296]
    """
    deletion = delete_each(fit)
    whole = deletion.whole
    m = whole.m
    explained = np.einsum("ij,jk,ik->i", m.x, whole.fit.inverse, m.x)
    se = np.sqrt(m.vi + whole.tau2 - explained)
    raw_deleted, se_deleted = np.full(m.k, np.nan), np.full(m.k, np.nan)
    reasons = []
    for i, (without, why) in enumerate(deletion):
        reasons.append(why)
        if without is not None:
            raw_deleted[i] = m.yi[i] - float(m.x[i] @ without.fit.coefficients)
            se_deleted[i] = math.sqrt(deleted_variance(whole, without, i))
    raw = whole.fit.residual
    return Residuals(
        slab=deletion.effects.slab, raw=raw, se=se, rstandard=raw / se, raw_deleted=raw_deleted,
        se_deleted=se_deleted, rstudent=raw_deleted / se_deleted, reasons=tuple(reasons), fit=fit,
    )  # fmt: skip


def blup(fit: Pooled | MetaRegression, level: float | None = None) -> Blups:
    """Return the best linear unbiased prediction of each study's own effect.

    Raises
    ------
    NotEstimableError
        Any model but random effects: all studies have the predicted effect, or nothing is said of how they differ.

    Examples
    --------
    >>> from metaan.stats.measures.effects import EffectSizes
    >>> from metaan.stats.pooling.pool import pool
    >>> fit = pool(EffectSizes.of([0.1, 0.3, 0.8], [0.04, 0.05, 0.03]))
    >>> blup(fit).estimate.round(3).tolist()
    [0.183, 0.335, 0.717]
    """
    if fit.model != "random":
        raise NotEstimableError(NO_SPREAD[fit.model])
    options, m, _ = whole_problem(fit)
    found = options.solve(m)
    own = found.tau2 / (found.tau2 + m.vi)
    fitted = m.x @ found.fit.coefficients
    estimate = own * m.yi + (1 - own) * fitted
    spread = np.einsum("ij,jk,ik->i", m.x, found.vcov, m.x)
    se = np.sqrt(own * m.vi + (1 - own) ** 2 * spread)
    at = fit.level if level is None else level
    half = quantile(found.df, at) * se
    return Blups(fit.effects.slab, estimate, se, tuple(map(Interval, estimate - half, estimate + half)), at, fit)
