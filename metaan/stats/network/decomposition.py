"""Where Q comes from: studies of one design that differ, and designs that contradict each other.

A design is the set of treatments that a study compares (Higgins et al. 2012; Krahn, Binder & Koenig 2013).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, p_text
from ..regression.linear import Linear, Weighted
from ..regression.tau2 import REGRESSION_TAU2_METHODS
from .contrasts import Codes, parts_of
from .fit import Fitted

if TYPE_CHECKING:
    import pandas as pd

#: Said where the number of designs leaves nothing to hold against each other.
NO_LOOPS = "no treatments are compared in two ways, so incoherence cannot be assessed"


@dataclass(frozen=True, slots=True)
class QTest:
    """A part of Q with its degrees of freedom; ``pval`` is None where there are none, and nothing is tested."""

    source: str
    q: float
    df: int
    pval: float | None

    @classmethod
    def of(cls, source: str, q: float, df: int) -> QTest:
        """Test a sum of squares against chi2."""
        return cls(source, q if df else 0.0, df, float(chdtrc(df, q)) if df else None)

    def __str__(self) -> str:
        test = "" if self.pval is None else f", {p_text(self.pval)}"
        return f"{self.source}: Q = {figures(self.q)}, df {self.df}{test}"


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition(ShowsItself):
    """Q of a network, taken apart.

    Attributes
    ----------
    total, within, between
        Of all studies; within designs (heterogeneity); between designs (inconsistency), common-effect weights.
    designs
        For each design Q of its studies.
    detached
        For each design that shares in a loop: Q between the other designs when this one has its own effects.
    between_random
        Q between designs with a variance ``tau2_within`` between the studies of a design in the weights: the full
        design-by-treatment interaction model.
    reason
        Why incoherence cannot be assessed, or None.
    """

    total: QTest
    within: QTest
    between: QTest
    designs: tuple[QTest, ...]
    detached: tuple[QTest, ...]
    between_random: QTest
    tau2_within: float
    reason: str | None

    def to_frame(self) -> pd.DataFrame:
        """Return one row a part of Q: source, q, df, pval."""
        import pandas as pd

        tests = (self.total, self.within, self.between, self.between_random, *self.designs)
        return pd.DataFrame([(t.source, t.q, t.df, t.pval) for t in tests], columns=["source", "q", "df", "pval"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        tests = (self.total, self.within, self.between, self.between_random)
        rows = [f"  {t}" for t in tests]
        return "\n".join(["Decomposition of Q", *rows, *([f"  {self.reason}"] if self.reason else [])])


@dataclass(frozen=True, eq=False)
class Designs:
    """The designs of a network, and the regression in which each has its own effects.

    Attributes
    ----------
    fitted
        The network.
    of_row
        Shape (r,): the design of each row.
    sets
        The treatments of each design.
    """

    fitted: Fitted
    of_row: Codes
    sets: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, fitted: Fitted) -> Designs:
        """Find the designs, fewest treatments first."""
        arms = fitted.contrasts.arms()
        sets = sorted(set(arms), key=lambda design: (len(design), design))
        at = {design: i for i, design in enumerate(sets)}
        of_study = np.array([at[design] for design in arms], dtype=np.intp)
        return cls(fitted, of_study[fitted.rows.study], tuple(sets))

    def name(self, d: int) -> str:
        """Return the treatments of a design, joined by a colon."""
        return ":".join(self.fitted.contrasts.treatments[t] for t in self.sets[d])

    @cached_property
    def own_effects(self) -> Linear:
        """The regression of each row on the effects of its design: block diagonal."""
        rows = self.fitted.rows
        widths = np.array([len(design) - 1 for design in self.sets])
        x, start = np.zeros((rows.yi.size, int(widths.sum()))), np.cumsum(widths) - widths
        for d, design in enumerate(self.sets):
            inside = np.flatnonzero(self.of_row == d)
            x[inside, start[d] : start[d] + widths[d]] = rows.x[np.ix_(inside, np.array(design[1:]))]
        return Linear(rows.yi, rows.vi, x)

    def within(self, d: int) -> tuple[float, int]:
        """Return Q and degrees of freedom of the studies of a design."""
        inside = np.flatnonzero(self.of_row == d)
        rows, design = self.fitted.rows, self.sets[d]
        m = Linear(rows.yi[inside], rows.vi[inside], rows.x[np.ix_(inside, np.array(design[1:]))])
        return (m.at(0.0).rss, m.df) if m.df else (0.0, 0)

    def detached(self, d: int) -> Linear | None:
        """Return the regression in which one design has its own effects; None where the rest falls apart without it."""
        rows, n = self.fitted.rows, self.fitted.contrasts.n
        inside = self.of_row == d
        if not _connected_without(self, d):
            return None
        own = np.zeros((rows.yi.size, len(self.sets[d]) - 1))
        own[inside] = rows.x[np.ix_(np.flatnonzero(inside), np.array(self.sets[d][1:]))]
        shared = np.where(inside[:, None], 0.0, rows.x[:, 1:n])
        return Linear(rows.yi, rows.vi, np.hstack([shared, own]))


def _connected_without(designs: Designs, d: int) -> bool:
    """Return whether the studies of all other designs still connect all treatments."""
    c = designs.fitted.contrasts
    of_study = np.empty(len(c.studies), dtype=np.intp)
    of_study[designs.fitted.rows.study] = designs.of_row
    left = of_study[c.study] != d
    return int(parts_of(c.t1[left], c.t2[left], c.n).max()) == 0


def decompose(fitted: Fitted) -> Decomposition:
    """Take Q apart by designs."""
    designs = Designs.of(fitted)
    found = [designs.within(d) for d in range(len(designs.sets))]
    q, df = sum(q for q, _ in found), sum(df for _, df in found)
    between_df = fitted.df - df
    tau2 = _tau2_within(designs)
    return Decomposition(
        QTest.of("total", fitted.q, fitted.df),
        QTest.of("within designs", q, df),
        QTest.of("between designs", max(fitted.q - q, 0.0), between_df),
        tuple(QTest.of(designs.name(d), *one) for d, one in enumerate(found)),
        tuple(_detached_tests(designs, q, df)) if between_df else (),
        QTest.of("between designs, random effects", _between(designs, tau2), between_df),
        tau2,
        None if between_df else NO_LOOPS,
    )


def _tau2_within(designs: Designs) -> float:
    m = designs.own_effects
    return REGRESSION_TAU2_METHODS["DL"](m)[0] if m.df else 0.0


def _between(designs: Designs, tau2: float) -> float:
    """Return by how much Q falls when every design has its own effects."""
    own, shared = designs.own_effects, designs.fitted.rows.linear(0)
    return max(shared.at(tau2).rss - (own.at(tau2).rss if own.df else 0.0), 0.0)


def _detached_tests(designs: Designs, q: float, df: int) -> list[QTest]:
    out = []
    for d in range(len(designs.sets)):
        m = designs.detached(d)
        if m is not None:
            out.append(QTest.of(designs.name(d), max(m.at(0.0).rss - q, 0.0) if m.df > df else 0.0, m.df - df))
    return out


def net_heat(fitted: Fitted) -> tuple[tuple[str, ...], FloatArray]:
    """Return designs and how much detaching the column's design lowers the row's share in Q between designs.

    Krahn, Binder & Koenig 2013: common-effect weights; designs that cannot be detached are left out. Above 0 where the
    column's design is what the row's contradicts.
    """
    designs = Designs.of(fitted)
    kept = [d for d in range(len(designs.sets)) if designs.detached(d) is not None]
    own, shared = designs.own_effects, fitted.rows.linear(0)
    base = _shares(designs, own, shared.at(0.0), shared)
    heat = np.zeros((len(kept), len(kept)))
    for column, d in enumerate(kept):
        m = designs.detached(d)
        if m is not None:
            heat[:, column] = (base - _shares(designs, own, m.at(0.0), m))[kept]
    return tuple(designs.name(d) for d in kept), heat


def _shares(designs: Designs, own: Linear, fit: Weighted, m: Linear) -> FloatArray:
    """Return each design's sum of squares between its own effects and what a model says of them."""
    gap = m.x @ fit.coefficients - own.x @ own.at(0.0).coefficients
    return np.asarray(np.bincount(designs.of_row, fit.wi * gap * gap, minlength=len(designs.sets)), dtype=float)
