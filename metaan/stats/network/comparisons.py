"""Two treatments against each other: one comparison, the table of all of them, and the league."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from ...errors import DataError
from ..measures.catalogue import scale_of
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import number_and_bounds, p_text
from ..pooling.intervals import quantile
from ..pooling.result import Display
from .contrasts import place
from .fit import Fitted, GraphFit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class NetworkComparison:
    """``treatment1`` against ``treatment2`` on the analysis scale; above 0 where the first has more of the outcome.

    Attributes
    ----------
    estimate, se, stat, pval, ci
        The effect, normal test and interval.
    pi
        The prediction interval, t with the degrees of freedom of Q (Higgins et al. 2009); None where there are none,
        or the model has no tau2.
    k
        The number of studies that compare the two directly.
    measure
        The code of the measure, for ``display``.
    """

    treatment1: str
    treatment2: str
    estimate: float
    se: float
    stat: float
    pval: float
    ci: Interval
    pi: Interval | None
    k: int
    measure: str

    @property
    def display(self) -> Display:
        """The comparison on the display scale (the exponential of the analysis scale for ratios)."""
        back = scale_of(self.measure, {}).to_display
        return Display(
            back(self.estimate),
            Interval(*map(back, self.ci)),
            None if self.pi is None else Interval(*map(back, self.pi)),
        )

    @property
    def flipped(self) -> NetworkComparison:
        """The same with the treatments exchanged."""
        ci, pi = (None if i is None else Interval(-i.ub, -i.lb) for i in (self.ci, self.pi))
        return NetworkComparison(
            self.treatment2, self.treatment1, -self.estimate, self.se, -self.stat, self.pval,
            ci or self.ci, pi, self.k, self.measure,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComparisonTable(ShowsItself):
    """Every pair of treatments once, the earlier in the order first; analysis scale.

    ``table["a", "b"]`` is one `NetworkComparison` in the direction that is asked for; iteration gives all.

    Attributes
    ----------
    model, measure, level
        Of the fit.
    treatment1, treatment2
        The names of each pair.
    estimate, se, stat, pval, ci_lb, ci_ub
        Shape (pairs,).
    pi_lb, pi_ub
        Shape (pairs,): prediction intervals, or None where there are none.
    k
        Shape (pairs,): studies that compare the two directly.
    """

    model: str
    measure: str
    level: float
    treatments: tuple[str, ...]
    treatment1: tuple[str, ...]
    treatment2: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    stat: FloatArray
    pval: FloatArray
    ci_lb: FloatArray
    ci_ub: FloatArray
    pi_lb: FloatArray | None
    pi_ub: FloatArray | None
    k: FloatArray

    @property
    def ci(self) -> FloatArray:
        """Shape (pairs, 2): lower and upper bounds."""
        return np.column_stack([self.ci_lb, self.ci_ub])

    def __len__(self) -> int:
        return int(self.estimate.size)

    def __iter__(self) -> Iterator[NetworkComparison]:
        return (self._row(r) for r in range(len(self)))

    def __getitem__(self, pair: tuple[str, str]) -> NetworkComparison:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise DataError(f"{pair!r} is no pair; allowed: table[treatment1, treatment2]")
        i, j = (place(self.treatments, name) for name in pair)
        if i == j:
            raise DataError(f"{pair[0]!r} against itself; allowed: two treatments")
        n, low, high = len(self.treatments), min(i, j), max(i, j)
        found = self._row(low * n - low * (low + 1) // 2 + high - low - 1)
        return found if i < j else found.flipped

    def _row(self, r: int) -> NetworkComparison:
        pi = None if self.pi_lb is None or self.pi_ub is None else Interval(float(self.pi_lb[r]), float(self.pi_ub[r]))
        return NetworkComparison(
            self.treatment1[r], self.treatment2[r], float(self.estimate[r]), float(self.se[r]), float(self.stat[r]),
            float(self.pval[r]), Interval(float(self.ci_lb[r]), float(self.ci_ub[r])), pi, int(self.k[r]), self.measure,
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row a pair."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        columns = {name: np.asarray(values).tolist() for name, values in self._columns().items()}
        return {"model": self.model, "measure": self.measure, "level": self.level, **columns}

    def _columns(self) -> dict[str, Any]:
        names = ("treatment1", "treatment2", "estimate", "se", "stat", "pval", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "k")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def __repr__(self) -> str:
        head = f"Network {self.measure}, {self.model} effects, {len(self)} comparisons, analysis scale"
        return "\n".join([head, *(f"  {line(one)}" for one in list(self)[:40])])


def line(one: NetworkComparison) -> str:
    """Return a comparison as it is printed."""
    shown = one.display
    estimate, bounds = number_and_bounds(shown.estimate, shown.ci or one.ci, scale_of(one.measure, {}).null)
    return f"{one.treatment1} vs {one.treatment2}: {estimate} {bounds}, {p_text(one.pval)}, {one.k} direct"


def table_of(fitted: Fitted, model: str, measure: str, level: float) -> ComparisonTable:
    """Return the comparisons of all pairs of treatments."""
    free = fitted.df if model == "random" else 0
    return table_from(
        fitted.model(model), fitted.contrasts.treatments, direct_counts(fitted), free, model, measure, level
    )


def table_from(
    solved: GraphFit, treatments: tuple[str, ...], counts: FloatArray, free: int, model: str, measure: str, level: float
) -> ComparisonTable:
    """Return the comparisons of all pairs; ``free`` degrees of freedom for prediction intervals, 0 for none."""
    i, j = np.triu_indices(len(treatments), 1)
    estimate, variance = solved.differences[i, j], solved.variances[i, j]
    se = np.sqrt(variance)
    half = quantile(None, level) * se
    predicted = quantile(free, level) * np.sqrt(variance + solved.tau2) if free > 0 else None
    return ComparisonTable(
        model, measure, level, treatments, tuple(treatments[t] for t in i), tuple(treatments[t] for t in j),
        estimate, se, estimate / se, 2.0 * ndtr(-np.abs(estimate / se)), estimate - half, estimate + half,
        None if predicted is None else estimate - predicted, None if predicted is None else estimate + predicted,
        counts[i, j],
    )  # fmt: skip


def direct_counts(fitted: Fitted) -> FloatArray:
    """Return how many studies compare each pair, shape (n, n)."""
    c = fitted.contrasts
    counts = np.bincount(c.t1 * c.n + c.t2, c.counts, c.n * c.n).reshape(c.n, c.n)
    return np.asarray(counts + counts.T, dtype=float)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class League(ShowsItself):
    """All treatments against all on the display scale: network estimates below the diagonal, direct ones above it.

    Attributes
    ----------
    treatments
        The order of rows and columns.
    estimate, ci_lb, ci_ub
        Shape (n, n), display scale. Below the diagonal the column's treatment against the row's by the network, above
        it the row's against the column's by direct evidence; nan where there is none, and on the diagonal.
    """

    model: str
    measure: str
    level: float
    treatments: tuple[str, ...]
    estimate: FloatArray
    ci_lb: FloatArray
    ci_ub: FloatArray

    def rows(self) -> list[list[str]]:
        """Return the cells as text: names on the diagonal, ``.`` where there is no direct evidence."""
        null, n = scale_of(self.measure, {}).null, len(self.treatments)
        return [[self._cell(i, j, null) for j in range(n)] for i in range(n)]

    def _cell(self, i: int, j: int, null: float | None) -> str:
        if i == j:
            return self.treatments[i]
        if np.isnan(self.estimate[i, j]):
            return "."
        bounds = Interval(float(self.ci_lb[i, j]), float(self.ci_ub[i, j]))
        return " ".join(number_and_bounds(float(self.estimate[i, j]), bounds, null))

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as text, with treatments as rows and columns."""
        import pandas as pd

        return pd.DataFrame(self.rows(), index=self.treatments, columns=self.treatments)

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[j]) for row in rows) for j in range(len(rows))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)


def direct_evidence(fitted: Fitted, tau2: float) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances of direct evidence, shape (n, n): the inverse-variance mean of a pair's contrasts.

    nan and infinity where no study compares the two. Contrasts of multi-arm studies keep their own variances.
    """
    c = fitted.contrasts
    wi = 1.0 / (c.vi + tau2)
    cells, size = c.t1 * c.n + c.t2, c.n * c.n
    w = np.bincount(cells, wi, size).reshape(c.n, c.n)
    wy = np.bincount(cells, wi * c.yi, size).reshape(c.n, c.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1.0 / (w + w.T)
        return (wy - wy.T) * variance, variance


def league_of(fitted: Fitted, model: str, measure: str, level: float, order: Sequence[str] | None) -> League:
    """Return the league table in an order of treatments, alphabetical when none is given."""
    c, solved = fitted.contrasts, fitted.model(model)
    names = list(c.treatments if order is None else order)
    at = np.array([place(c.treatments, name) for name in names], dtype=np.intp)
    if np.unique(at).size != c.n or at.size != c.n:
        raise DataError(f"order has {len(names)} treatments; allowed: each of the {c.n} once")
    direct, variance = direct_evidence(fitted, solved.tau2)
    lower = np.tri(c.n, k=-1, dtype=bool)
    network, square = solved.differences.T, solved.variances
    estimate = np.where(lower, network[np.ix_(at, at)], direct[np.ix_(at, at)])
    half = quantile(None, level) * np.sqrt(np.where(lower, square[np.ix_(at, at)], variance[np.ix_(at, at)]))
    half[np.isnan(estimate)] = np.nan
    back = np.vectorize(scale_of(measure, {}).to_display, otypes=[float])
    return League(model, measure, level, tuple(names), *map(back, (estimate, estimate - half, estimate + half)))
