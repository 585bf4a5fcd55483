"""Coefficients with their covariance, each with its own degrees of freedom: part of every fit of dependent effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ...errors import choose
from ..measures.catalogue import scale_of
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, fixed, number_and_bounds, p_value
from ..pooling.result import Display
from ..regression.ci import WaldTest, wald_test

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(ShowsItself):
    """Coefficients and what follows from their covariance; on the analysis scale.

    ``estimate``, ``se``, ``stat``, ``df``, ``pval`` and ``ci`` are numbers where there is one coefficient, else they
    hold one a coefficient in the order of ``names``.

    Attributes
    ----------
    names, terms
        The p columns of the design, and the moderator that each belongs to.
    coefficients, vcov
        Shape (p,) and (p, p).
    dfs
        Shape (p,): degrees of freedom of the t distribution; infinite for the normal distribution.
    level
        Coverage of the intervals.
    effects
        What was fitted.
    excluded
        (label, reason) of every effect that was left out.
    notes
        What to know before reading the numbers, one sentence each.
    """

    names: tuple[str, ...]
    terms: tuple[str, ...]
    coefficients: FloatArray
    vcov: FloatArray
    dfs: FloatArray
    level: float
    effects: EffectSizes
    excluded: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def measure(self) -> str:
        """The code of the measure of the effects."""
        return self.effects.measure

    @property
    def k(self) -> int:
        """The number of effects."""
        return len(self.effects)

    @property
    def p(self) -> int:
        """The number of coefficients."""
        return len(self.names)

    @property
    def estimate(self) -> Any:
        """The mean effect, or the coefficients."""
        return _one_or_all(self.coefficients)

    @property
    def se(self) -> Any:
        """The standard error of each estimate."""
        return _one_or_all(self._ses)

    @property
    def stat(self) -> Any:
        """The estimate over its standard error."""
        return _one_or_all(self._stats)

    @property
    def df(self) -> Any:
        """Degrees of freedom; None for the normal distribution."""
        return None if np.isinf(self.dfs).all() else _one_or_all(self.dfs)

    @property
    def pval(self) -> Any:
        """Two-sided p-values."""
        return _one_or_all(self._pvals)

    @property
    def ci(self) -> Any:
        """The confidence interval, or one a coefficient."""
        half = quantiles(self.dfs, self.level) * self._ses
        found = tuple(map(Interval, (self.coefficients - half).tolist(), (self.coefficients + half).tolist()))
        return found[0] if len(found) == 1 else found

    @property
    def display(self) -> Display:
        """The mean, or first coefficient, on the display scale (the exponential of the analysis scale for ratios)."""
        back = scale_of(self.measure, self.effects.data).to_display
        pi = getattr(self, "pi", None)
        return Display(
            back(float(self.coefficients[0])),
            Interval(*map(back, self._cis[0])),
            None if pi is None else Interval(*map(back, pi)),
        )

    def wald_test(self, names: str | Sequence[str]) -> WaldTest:
        """Test that several coefficients are 0 together, with the smallest of their degrees of freedom.

        ``names`` are columns; a factor's or formula term's name stands for all its columns.
        """
        at = self.columns(names)
        df = float(self.dfs[at].min())
        return wald_test(self.names, self.coefficients, self.vcov, None if np.isinf(df) else df, at)

    def columns(self, names: str | Sequence[str]) -> list[int]:
        """Return the places of columns that are named, or whose term is."""
        wanted = [names] if isinstance(names, str) else list(names)
        for name in wanted or [""]:
            choose(dict.fromkeys((*self.names, *self.terms)), name, "column")
        return [j for j in range(self.p) if not {self.names[j], self.terms[j]}.isdisjoint(wanted)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a coefficient: estimate, se, stat, df, pval, ci_lb, ci_ub."""
        import pandas as pd

        columns = {
            "estimate": self.coefficients, "se": self._ses, "stat": self._stats, "df": self.dfs, "pval": self._pvals,
            "ci_lb": np.array([i.lb for i in self._cis]), "ci_ub": np.array([i.ub for i in self._cis]),
        }  # fmt: skip
        return pd.DataFrame(columns, index=pd.Index(self.names, name="name"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "measure": self.measure, "level": self.level, "k": self.k, "names": list(self.names),
            "coefficients": self.coefficients.tolist(), "vcov": self.vcov.tolist(), "se": self._ses.tolist(),
            "stat": self._stats.tolist(), "df": [None if np.isinf(df) else df for df in self.dfs.tolist()],
            "pval": self._pvals.tolist(), "ci": [list(bounds) for bounds in self._cis],
            "effects": self.effects.to_dict(), "excluded": [list(pair) for pair in self.excluded],
            "notes": list(self.notes),
        }  # fmt: skip

    @property
    def _cis(self) -> tuple[Interval, ...]:
        found = self.ci
        return found if self.p > 1 else (found,)

    @property
    def _ses(self) -> FloatArray:
        return np.sqrt(np.diag(self.vcov))

    @property
    def _stats(self) -> FloatArray:
        return self.coefficients / self._ses

    @property
    def _pvals(self) -> FloatArray:
        tail = -np.abs(self._stats)
        with np.errstate(invalid="ignore"):
            return np.asarray(2.0 * np.where(np.isinf(self.dfs), ndtr(tail), stdtr(self.dfs, tail)))

    def lines(self) -> list[str]:
        """Return a line a coefficient, what was left out, and the notes, as they are printed."""
        width = max(map(len, self.names))
        out = [f"  {'':<{width}}  estimate       se     stat     df        p   {self.level * 100:g}% CI"]
        rows = zip(self.names, self.coefficients, self._ses, self._stats, self.dfs, self._pvals, self._cis)
        for name, b, se, stat, df, p, ci in rows:
            estimate, bounds = number_and_bounds(b, ci, 0.0)
            free = "" if np.isinf(df) else figures(df, 3)
            numbers = f"{estimate:>8} {figures(se):>8} {fixed(stat, 4):>8} {free:>6} {p_value(p):>8}"
            out.append(f"  {name:<{width}}  {numbers}   {bounds}")
        out += [f"  Left out: {label} ({reason})" for label, reason in self.excluded]
        return out + [f"  Note: {note}" for note in self.notes]


def quantiles(dfs: FloatArray, level: float) -> FloatArray:
    """Return the two-sided quantiles of t, of the normal distribution where the degrees of freedom are infinite."""
    upper = (1 + level) / 2
    return np.where(np.isinf(dfs), ndtri(upper), stdtrit(np.where(np.isinf(dfs), 1.0, dfs), upper))


def _one_or_all(values: FloatArray) -> Any:
    return float(values[0]) if values.size == 1 else values
