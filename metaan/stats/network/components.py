"""Treatments that are made of components, whose effects add up: each component has an effect of its own.

Welton et al. 2009; Ruecker, Petropoulou & Schwarzer 2020. Parts that no study connects are joined by what they have in
common (Ruecker, Schmitz & Schwarzer 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr

from ...errors import DataError, NotEstimableError, UsageError, choose
from ..measures.catalogue import scale_of
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, number_and_bounds, p_text
from ..pooling.intervals import check_level, mean_interval, quantile
from ..regression.linear import Linear, Weighted
from .comparisons import NetworkComparison
from .contrasts import Contrasts
from .decomposition import QTest
from .fit import NETWORK_MODELS, NETWORK_TAU2_METHODS, fit_contrasts
from .network import TOL_MULTIARM, read_network
from .studies import rows_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Parts:
    """How names of treatments are read.

    Attributes
    ----------
    sep
        What stands between components.
    inactive
        The treatment, or component, that has no effect; None: every component has one.
    interactions
        Pairs of components that have an effect together beyond their sum.
    """

    sep: str
    inactive: str | None
    interactions: tuple[tuple[str, str], ...]

    def of(self, treatment: str) -> set[str]:
        """Return the components of a treatment."""
        return {one.strip() for one in treatment.split(self.sep)} - {self.inactive, ""}

    def row(self, treatment: str, names: Sequence[str]) -> FloatArray:
        """Return which components and interactions a treatment has, 0 or 1 each, shape (c,)."""
        own = self.of(treatment)
        both = {_joined(pair) for pair in self.interactions if own >= set(pair)}
        return np.array([float(name in own or name in both) for name in names])


def _joined(pair: tuple[str, str]) -> str:
    return f"{pair[0]}*{pair[1]}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComponentNetwork(ShowsItself):
    """An additive network; analysis scale.

    Attributes
    ----------
    model, measure, level, tau2_method, parts
        As they were asked for.
    components
        The c components, and interactions as ``a*b``.
    estimate, se, pval, ci_lb, ci_ub
        Shape (c,): the effect of adding each, with a normal test and interval.
    vcov
        Shape (c, c).
    treatments
        The treatments of the network.
    tau2
        The variance between studies under the additive model, also where ``model`` is common.
    additive
        Q of the additive model (common-effect weights): heterogeneity, incoherence, and what does not add up.
    difference
        How much of it is due to adding up, beside the network of the same studies in which no treatment is made of
        others; None where that network falls into parts.
    contrasts
        What was fitted.
    """

    model: str
    measure: str
    level: float
    tau2_method: str
    parts: Parts
    components: tuple[str, ...]
    estimate: FloatArray
    vcov: FloatArray
    treatments: tuple[str, ...]
    tau2: float
    additive: QTest
    difference: QTest | None
    contrasts: Contrasts

    @property
    def se(self) -> FloatArray:
        """Shape (c,): standard errors."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def pval(self) -> FloatArray:
        """Shape (c,): two-sided p-values."""
        return np.asarray(2.0 * ndtr(-np.abs(self.estimate / self.se)))

    @property
    def ci_lb(self) -> FloatArray:
        """Shape (c,): lower bounds."""
        return self.estimate - quantile(None, self.level) * self.se

    @property
    def ci_ub(self) -> FloatArray:
        """Shape (c,): upper bounds."""
        return self.estimate + quantile(None, self.level) * self.se

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(self.contrasts.studies)

    @property
    def excluded(self) -> tuple[tuple[str, str], ...]:
        """(study, reason) of every arm or contrast that was left out."""
        return self.contrasts.excluded

    def comparison(self, treatment1: str, treatment2: str) -> NetworkComparison:
        """Return one combination of components against another, also where no study has them; the inactive one too."""
        row = self._row(treatment1) - self._row(treatment2)
        if not row.any():
            raise DataError(f"{treatment1!r} against {treatment2!r}: the same components; allowed: two combinations")
        estimate, se = float(row @ self.estimate), float(np.sqrt(row @ self.vcov @ row))
        pair, c = {treatment1, treatment2}, self.contrasts
        k = sum({c.treatments[a], c.treatments[b]} == pair for a, b in zip(c.t1, c.t2))
        ci = mean_interval(estimate, se, None, self.level)
        pval = float(2.0 * ndtr(-abs(estimate / se)))
        return NetworkComparison(treatment1, treatment2, estimate, se, estimate / se, pval, ci, None, k, self.measure)

    def _row(self, treatment: str) -> FloatArray:
        unknown = self.parts.of(treatment) - set(self.components)
        for name in sorted(unknown):
            choose(dict.fromkeys(self.components), name, f"component of {treatment!r}:")
        return self.parts.row(treatment, self.components)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a component: estimate, se, pval, ci_lb, ci_ub."""
        import pandas as pd

        names = ("estimate", "se", "pval", "ci_lb", "ci_ub")
        return pd.DataFrame({name: getattr(self, name) for name in names}, pd.Index(self.components, name="component"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        test = {"q": self.additive.q, "df": self.additive.df, "pval": self.additive.pval}
        gap = self.difference
        return {
            "model": self.model, "measure": self.measure, "level": self.level, "tau2_method": self.tau2_method,
            "components": list(self.components), "estimate": self.estimate.tolist(), "se": self.se.tolist(),
            "pval": self.pval.tolist(), "vcov": self.vcov.tolist(), "treatments": list(self.treatments), "k": self.k,
            "tau2": self.tau2, "additive": test,
            "difference": None if gap is None else {"q": gap.q, "df": gap.df, "pval": gap.pval},
            "excluded": [list(pair) for pair in self.excluded],
        }  # fmt: skip

    def __repr__(self) -> str:
        size = f"{self.k} studies, {len(self.treatments)} treatments, {len(self.components)} components"
        scale = scale_of(self.measure, {})
        lines = [f"Component network {self.measure}, {self.model} effects: {size}"]
        for name, x, lb, ub, p in zip(self.components, self.estimate, self.ci_lb, self.ci_ub, self.pval):
            shown, bounds = number_and_bounds(
                scale.to_display(x), Interval(scale.to_display(lb), scale.to_display(ub)), scale.null
            )
            lines.append(f"  + {name}: {shown} {bounds}, {p_text(p)}")
        lines += [f"  tau2 = {figures(self.tau2)} ({self.tau2_method})", f"  {self.additive}"]
        lines += [f"  {self.difference}"] if self.difference is not None else []
        return "\n".join([*lines, *(f"  Left out: {name} ({why})" for name, why in self.excluded)])


def component_network(
    studies: ArrayLike,
    treatment1: ArrayLike | None = None,
    treatment2: ArrayLike | None = None,
    yi: ArrayLike | None = None,
    sei: ArrayLike | None = None,
    inactive: str | None = None,
    model: str = "random",
    tau2_method: str = "DL",
    measure: str | None = None,
    *,
    sep: str = "+",
    interactions: Sequence[tuple[str, str]] = (),
    level: float = 0.95,
    tol_multiarm: float = TOL_MULTIARM,
    add: float = 0.5,
    to: str = "only0",
    data: Any = None,
    **columns: Any,
) -> ComponentNetwork:
    """Estimate what each component of treatments adds, where effects of components add up.

    Parameters
    ----------
    studies, treatment1, treatment2, yi, sei, model, tau2_method, measure, level, tol_multiarm, add, to, data
        As in `metaan.network`. Names of treatments list their components: ``"drug + exercise"``.
    inactive
        The treatment (placebo, no treatment) that has no effect of its own.
    sep
        What stands between components.
    interactions
        Pairs of components whose effect together is not their sum: each gets an effect of its own.
    columns
        The further columns of `metaan.network`: ``vi``, or ``treatment`` with the numbers of its arms.

    Raises
    ------
    NotEstimableError
        Components that the studies do not tell apart; the message names them.
    UsageError
        An interaction of what is no component, or a column that is none.

    Notes
    -----
    The network need not be connected, as long as components are. tau2 is estimated under the additive model.

    Examples
    --------
    >>> fit = component_network([1, 2, 3], ["A", "B", "A+B"], ["P", "P", "P"], [0.5, 0.3, 0.9], [0.1] * 3, "P")
    >>> fit.components, fit.estimate.round(4).tolist(), fit.difference.df
    (('A', 'B'), [0.5333, 0.3333], 1)
    """
    check_level(level)
    choose(NETWORK_MODELS, model, "model")
    pairs = {"studies": studies, "treatment1": treatment1, "treatment2": treatment2, "yi": yi, "sei": sei}
    for name in columns:
        choose(dict.fromkeys(_FURTHER), name, "column")
    c, code = read_network(pairs | dict.fromkeys(_FURTHER) | columns, measure, add, to, data)
    parts = Parts(sep, inactive, tuple((a, b) for a, b in interactions))
    names = _components(c.treatments, parts)
    rows = rows_of(c, tol_multiarm)
    x = rows.x @ np.array([parts.row(t, names) for t in c.treatments])
    _check_apart(x, names)
    m = Linear(rows.yi, rows.vi, x)
    estimator = choose(NETWORK_TAU2_METHODS, tau2_method, "tau2_method of a network")
    common, tau2 = m.at(0.0), estimator(m)[0] if m.df > 0 else 0.0
    fit = m.at(tau2) if model == "random" else common
    return ComponentNetwork(
        model, code, level, tau2_method, parts, names, fit.coefficients, fit.inverse, c.treatments, tau2,
        QTest.of("additive model", common.rss, m.df), _difference(c, common, m, tol_multiarm), c,
    )  # fmt: skip


def _components(treatments: Sequence[str], parts: Parts) -> tuple[str, ...]:
    """Return all components in the alphabet, then interactions."""
    known = sorted({one for t in treatments for one in parts.of(t)}, key=lambda name: (name.casefold(), name))
    if parts.inactive is not None and not any(parts.inactive in _all(t, parts.sep) for t in treatments):
        raise UsageError(f"inactive {parts.inactive!r} is in no treatment; allowed: {', '.join(treatments)}")
    for pair in parts.interactions:
        for name in pair:
            choose(dict.fromkeys(known), name, "component of an interaction")
    return (*known, *map(_joined, parts.interactions))


def _all(treatment: str, sep: str) -> set[str]:
    return {one.strip() for one in treatment.split(sep)}


def _check_apart(x: FloatArray, names: tuple[str, ...]) -> None:
    """Refuse components whose effects no study tells apart, and name them."""
    values, vectors = np.linalg.svd(x)[1:]
    rank = int((values > 1e-9 * max(values.max(initial=0.0), 1.0)).sum())
    if rank < len(names):
        mixed = np.abs(vectors[rank:]).max(axis=0) > 1e-6
        shown = ", ".join(name for name, one in zip(names, mixed) if one)
        raise NotEstimableError(
            f"the studies do not tell apart the effects of {shown}",
            "inactive=NAME says what has none, or leave one out",
        )


def _difference(c: Contrasts, common: Weighted, m: Linear, tolerance: float) -> QTest | None:
    """Return by how much Q of the additive model is above that of the network; None where it falls into parts."""
    if len(c.parts) > 1:
        return None
    network = fit_contrasts(c, "DL", 0.0, tolerance)
    df = m.df - network.df
    q = max(common.rss - network.q, 0.0)
    return QTest("additive less network", q if df else 0.0, df, float(chdtrc(df, q)) if df else None)


_FURTHER = ("vi", "treatment", "events", "total", "mean", "sd", "time")
