"""What each study does to a fit: deletion diagnostics, and the Baujat plot.

Viechtbauer & Cheung 2010. Everything here takes a `Pooled` by inverse variance or a `MetaRegression`; a pool is a
regression on an intercept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr

from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures
from ..numerics.ties import above
from ..pooling.result import Pooled
from ..regression.fit import Solution, delete_each, deleted_variance, predicted_variance
from ..regression.result import MetaRegression

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Influence(ShowsItself):
    """Deletion diagnostics, one value a study; nan where ``reasons`` says why the study cannot be left out.

    Attributes
    ----------
    slab, names
        The k studies and the p coefficients.
    rstudent
        Externally standardised residual: of the study from the fit without it.
    dffits
        By how many standard errors the study moves its own predicted effect.
    cook
        Cook's distance: how far it moves all coefficients together.
    cov_ratio
        Generalised variance of the coefficients without the study over that with it; below 1 where it costs precision.
    tau2_del, qe_del
        tau2 and residual Q without the study.
    hat, weight
        Leverage, and share of the weights in percent.
    dfbetas
        Shape (k, p): by how many standard errors it moves each coefficient.
    influential
        Shape (k,): any of |dffits| > 3 sqrt(p / (k - p)), Cook's distance above the median of chi-squared(p),
        hat > 3 p / k, |dfbetas| > 1.
    reasons
        For each study None, or why it cannot be left out.
    fit
        What was looked at.
    """

    slab: tuple[str, ...]
    names: tuple[str, ...]
    rstudent: FloatArray
    dffits: FloatArray
    cook: FloatArray
    cov_ratio: FloatArray
    tau2_del: FloatArray
    qe_del: FloatArray
    hat: FloatArray
    weight: FloatArray
    dfbetas: FloatArray
    influential: NDArray[np.bool_]
    reasons: tuple[str | None, ...]
    fit: Pooled | MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        columns = {name: _plain(getattr(self, name)) for name in (*_COLUMNS, "dfbetas", "influential")}
        return {"slab": list(self.slab), "names": list(self.names), **columns, "reasons": list(self.reasons)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study, with a column for the dfbetas of each coefficient."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in _COLUMNS}
        dfbetas = {f"dfbetas[{name}]": self.dfbetas[:, j] for j, name in enumerate(self.names)}
        return pd.DataFrame({"slab": self.slab} | columns | dfbetas | {"influential": self.influential})

    def __repr__(self) -> str:
        shown = ("rstudent", "dffits", "cook", "cov_ratio", "tau2_del", "hat", "weight")
        width = max(map(len, self.slab))
        lines = ["Influence", f"  {'':<{width}} " + "".join(f"{name:>10}" for name in shown)]
        for i, label in enumerate(self.slab):
            numbers = "".join(f"{figures(getattr(self, name)[i]):>10}" for name in shown)
            lines.append(f"  {label:<{width}} {numbers}{'  *' if self.influential[i] else ''}")
        return "\n".join(lines)


_COLUMNS = ("rstudent", "dffits", "cook", "cov_ratio", "tau2_del", "qe_del", "hat", "weight")


@dataclass(frozen=True, slots=True, eq=False)
class Baujat(ShowsItself):
    """The coordinates of a Baujat plot, one value a study (Baujat et al. 2002).

    Attributes
    ----------
    x
        Contribution to heterogeneity: the squared Pearson residual.
    y
        Influence on the result: the squared change of the study's predicted effect, standardised, when it is left out.
    reasons
        For each study None, or why it cannot be left out (``y`` is nan).
    fit
        What was looked at.
    """

    slab: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    reasons: tuple[str | None, ...]
    fit: Pooled | MetaRegression

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; what does not exist is None."""
        return {"slab": list(self.slab), "x": _plain(self.x), "y": _plain(self.y), "reasons": list(self.reasons)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a study: slab, x, y."""
        import pandas as pd

        return pd.DataFrame({"slab": self.slab, "x": self.x, "y": self.y})

    def __repr__(self) -> str:
        return f"Baujat\n{self.to_frame().to_string(index=False)}"


def influence(fit: Pooled | MetaRegression) -> Influence:
    """Return the deletion diagnostics of each study.

    Raises
    ------
    NotEstimableError
        Fewer than two studies.
    UsageError
        A pooled result that is not a common- or random-effects fit by inverse variance.

    Examples
    --------
    >>> from metaan import EffectSizes, pool
    >>> found = influence(pool(EffectSizes.of([0.1, 0.3, 0.2, 1.9], [0.04, 0.05, 0.03, 0.04])))
    >>> found.rstudent.round(2).tolist(), found.influential.tolist()
    ([-0.63, -0.38, -0.49, 7.43], [False, False, False, True])
    """
    deletion = delete_each(fit)
    whole = deletion.whole
    k, p = whole.m.k, whole.m.p
    rows, reasons = zip(*((_diagnose(whole, i, without), why) for i, (without, why) in enumerate(deletion)))
    rstudent, dffits, cook, cov_ratio, tau2_del, qe_del = np.array([row[:6] for row in rows]).T
    dfbetas = np.array([row[6] for row in rows])
    hat = whole.fit.leverage
    far = above(np.abs(dfbetas), 1).any(axis=1) | above(np.abs(dffits), 3 * math.sqrt(p / (k - p)))
    return Influence(
        slab=deletion.effects.slab, names=deletion.names, rstudent=rstudent, dffits=dffits, cook=cook,
        cov_ratio=cov_ratio, tau2_del=tau2_del, qe_del=qe_del, hat=hat,
        weight=whole.fit.wi * (100.0 / float(whole.fit.wi.sum())), dfbetas=dfbetas,
        influential=far | above(chdtr(p, cook), 0.5) | above(hat, 3 * p / k), reasons=reasons, fit=fit,
    )  # fmt: skip


def baujat(fit: Pooled | MetaRegression) -> Baujat:
    """Return the coordinates of a Baujat plot.

    Raises
    ------
    NotEstimableError
        Fewer than two studies.

    Examples
    --------
    >>> from metaan import EffectSizes, pool
    >>> found = baujat(pool(EffectSizes.of([0.1, 0.3, 0.2, 1.9], [0.04, 0.05, 0.03, 0.04])))
    >>> found.slab[int(found.x.argmax())]
    'Study 4'
    """
    deletion = delete_each(fit)
    whole = deletion.whole
    y = np.full(whole.m.k, np.nan)
    reasons = []
    for i, (without, why) in enumerate(deletion):
        reasons.append(why)
        if without is not None:
            moved = float(whole.m.x[i] @ (whole.fit.coefficients - without.fit.coefficients))
            y[i] = moved * moved / predicted_variance(without, whole.m.x[i])
    return Baujat(deletion.effects.slab, whole.fit.wi * whole.fit.residual**2, y, tuple(reasons), fit)


def _diagnose(whole: Solution, i: int, without: Solution | None) -> tuple[Any, ...]:
    """Return rstudent, dffits, Cook, covariance ratio, tau2, residual Q and dfbetas without study i."""
    if without is None:
        return (math.nan,) * 6 + (np.full(whole.m.p, math.nan),)
    row, total = whole.m.x[i], whole.m.vi[i] + without.tau2
    moved = whole.fit.coefficients - without.fit.coefficients
    residual = whole.m.yi[i] - float(row @ without.fit.coefficients)
    at = whole.m.at(without.tau2)
    return (
        residual / math.sqrt(deleted_variance(whole, without, i)),
        float(row @ moved) / math.sqrt(without.scale * whole.fit.leverage[i] * total),
        float(moved @ np.linalg.solve(whole.vcov, moved)),
        float(np.linalg.det(without.vcov) / np.linalg.det(whole.vcov)),
        without.tau2,
        without.m.at(0.0).rss,
        moved / np.sqrt(without.scale * np.diag(at.inverse)),
    )


def _plain(values: FloatArray | NDArray[np.bool_]) -> Any:
    """Return nested lists with None for nan."""
    return [_plain(v) if np.ndim(v) else (None if v != v else v.item()) for v in values]
