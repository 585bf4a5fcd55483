"""Tests on a set of 2x2 or person-time tables: association across strata, and homogeneity of the odds ratio.

Sources: Cochran 1954; Mantel & Haenszel 1959; Breslow & Day 1980, eq. 4.30; Tarone 1985; Rothman, Greenland & Lash
2008, ch. 15 (person-time). A table with an empty margin carries no information and is left out of each test.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from ..measures.catalogue import Columns
from ..measures.effects import FloatArray
from ..numerics.numerals import figures, p_text


@dataclass(frozen=True, slots=True, repr=False)
class ChiSquared:
    """A test whose statistic has a chi-squared distribution with ``df`` degrees of freedom under its null."""

    stat: float
    df: int
    pval: float

    @classmethod
    def of(cls, stat: float, df: int) -> ChiSquared:
        """Look up the p value; with no degree of freedom there is nothing to test, and p is 1."""
        return cls(stat, df, float(chdtrc(df, stat)) if df > 0 else 1.0)

    def __repr__(self) -> str:
        return f"X2({self.df}) = {figures(self.stat)}, {p_text(self.pval)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Margins:
    """2x2 tables with four margins above 0: events a of n1 and total events m of n.

    Attributes
    ----------
    a, n1, n2, m, n
        Shape (tables,).
    """

    a: FloatArray
    n1: FloatArray
    n2: FloatArray
    m: FloatArray
    n: FloatArray

    @classmethod
    def of(cls, cells: Columns) -> Margins:
        """Take the tables that carry information."""
        a, b, c, d = (cells[name] for name in ("ai", "bi", "ci", "di"))
        keep = (a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)
        a, b, c, d = a[keep], b[keep], c[keep], d[keep]
        return cls(a, a + b, c + d, a + c, a + b + c + d)

    @property
    def excess(self) -> float:
        """Events in the experimental arm beyond those expected without an effect."""
        return float(np.sum(self.a - self.n1 * self.m / self.n))


def cochran_mantel_haenszel(cells: Columns, correct: bool) -> ChiSquared | None:
    """Test the association with the hypergeometric variance (Mantel & Haenszel 1959); None without a table."""
    t = Margins.of(cells)
    keep = t.n > 1
    variance = np.sum((t.n1 * t.n2 * t.m * (t.n - t.m))[keep] / (t.n[keep] ** 2 * (t.n[keep] - 1)))
    return _association(t.excess, float(variance), correct)


def cochran(cells: Columns, correct: bool) -> ChiSquared | None:
    """Test the association with the binomial variance (Cochran 1954); None without a table."""
    t = Margins.of(cells)
    return _association(t.excess, float(np.sum(t.n1 * t.n2 * t.m * (t.n - t.m) / t.n**3)), correct)


def person_time(rates: Columns, correct: bool) -> ChiSquared | None:
    """Test the association of events with person-time in the arm; None without an event."""
    x1, t1, x2, t2 = (rates[name] for name in ("x1i", "t1i", "x2i", "t2i"))
    x, t = x1 + x2, t1 + t2
    return _association(float(np.sum(x1 - x * t1 / t)), float(np.sum(x * t1 * t2 / t**2)), correct)


def _association(excess: float, variance: float, correct: bool) -> ChiSquared | None:
    """Square the excess over its error; Yates's half is never more than the excess itself."""
    if variance <= 0:
        return None
    distance = abs(excess) - (min(0.5, abs(excess)) if correct else 0.0)
    return ChiSquared.of(distance**2 / variance, 1)


def breslow_day(cells: Columns, log_odds_ratio: float) -> ChiSquared | None:
    """Test whether the tables share one odds ratio (Breslow & Day 1980, eq. 4.30)."""
    t = Margins.of(cells)
    if t.a.size == 0:
        return None
    expected, variance = expected_events(t, log_odds_ratio)
    return ChiSquared.of(float(np.sum((t.a - expected) ** 2 / variance)), t.a.size - 1)


def tarone(cells: Columns, log_odds_ratio: float) -> ChiSquared | None:
    """Test as Breslow and Day, corrected for the estimation of the odds ratio (Tarone 1985, eq. 4)."""
    raw = breslow_day(cells, log_odds_ratio)
    if raw is None:
        return None
    t = Margins.of(cells)
    expected, variance = expected_events(t, log_odds_ratio)
    correction = float(np.sum(t.a - expected)) ** 2 / float(np.sum(variance))
    return ChiSquared.of(max(0.0, raw.stat - correction), raw.df)


def expected_events(t: Margins, log_odds_ratio: float) -> tuple[FloatArray, FloatArray]:
    """Return a's fitted value at a common odds ratio and its asymptotic variance."""
    psi, others = float(np.exp(log_odds_ratio)), t.n - t.m
    a, d = _fitted(psi, t.n1, t.n2, t.m), _fitted(psi, t.n2, t.n1, others)
    b, c = _fitted(1 / psi, t.n1, t.n2, others), _fitted(1 / psi, t.n2, t.n1, t.m)
    return a, 1 / (1 / a + 1 / b + 1 / c + 1 / d)


def _fitted(psi: float, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """Return the first cell of a table with these margins and odds ratio, the root of a quadratic.

    Of the two ways to write the root each cell takes the one that subtracts nothing of equal size.
    """
    linear = psi * (n1 + m) + n2 - m
    root = np.sqrt(linear**2 + 4 * (1 - psi) * psi * n1 * m)
    negative = linear < 0  # only where psi is below 1
    below = 2 * psi * n1 * m / np.where(negative, 1.0, linear + root)
    return np.where(negative, (root - linear) / (2 * (1 - psi) if psi != 1 else 1.0), below)
