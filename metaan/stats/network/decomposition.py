"""Where Q comes from: studies of one design that differ, and designs that contradict each other.

A design is the set of treatments that a study compares (Higgins et al. 2012; Krahn, Binder & Koenig 2013).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from ..measures.effects import FloatArray
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import figures, p_text
from ..numerics.ties import ITERATED
from .contrasts import Codes
from .fit import Fitted
from .studies import Grounded

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


@dataclass(frozen=True, slots=True, eq=False)
class Designs:
    """The designs of a network, and the regression of each on its own effects.

    Attributes
    ----------
    fitted
        The network.
    of_row
        Shape (r,): the design of each row.
    sets, rows
        The treatments of each design, and its rows.
    own
        The rows of each design by themselves, as a regression.
    """

    fitted: Fitted
    of_row: Codes
    sets: tuple[tuple[int, ...], ...]
    rows: tuple[Codes, ...]
    own: tuple[Grounded, ...]

    @classmethod
    def of(cls, fitted: Fitted) -> Designs:
        """Find the designs, fewest treatments first."""
        arms, rows = fitted.contrasts.arms(), fitted.rows
        sets = sorted(set(arms), key=lambda design: (len(design), design))
        at = {design: i for i, design in enumerate(sets)}
        of_study = np.array([at[design] for design in arms], dtype=np.intp)
        of_row = of_study[rows.study]
        order = np.argsort(of_row, kind="stable")
        ends = np.searchsorted(of_row[order], np.arange(len(sets) + 1))
        parts = tuple(order[a:b] for a, b in pairwise(ends))
        own = tuple(rows.take(part, np.array(s)).linear(0) for part, s in zip(parts, sets))
        return cls(fitted, of_row, tuple(sets), parts, own)

    def name(self, d: int) -> str:
        """Return the treatments of a design, joined by a colon."""
        return ":".join(self.fitted.contrasts.treatments[t] for t in self.sets[d])

    def within(self, tau2: float) -> list[float]:
        """Return the generalised Q of the studies of each design."""
        return [m.at(tau2).rss if m.df else 0.0 for m in self.own]

    def detached(self, d: int) -> tuple[FloatArray, float] | None:
        """Return effects and Q of the common-effect model without a design; None where the rest falls apart.

        Its rows are taken out of the whole fit (Sherman & Morrison), which is not made again.
        """
        rows, whole = self.fitted.rows, self.fitted.common
        inside = self.rows[d]
        x = rows.dense(inside)
        reach, sd = x @ whole.vcov, np.sqrt(rows.vi[inside])
        left = np.eye(sd.size) - reach @ x.T / np.outer(sd, sd)
        if np.linalg.eigvalsh(left)[0] < ITERATED:  # a leverage of 1: nothing else holds these treatments together
            return None
        off = rows.yi[inside] - x @ whole.effects
        pull = np.linalg.solve(left, off / sd) / sd
        return whole.effects - reach.T @ pull, whole.q - float(off @ pull)


def between_df(fitted: Fitted) -> int:
    """Return the degrees of freedom between designs; 0 where nothing is compared in two ways."""
    return sum(len(design) - 1 for design in set(fitted.contrasts.arms())) - fitted.contrasts.n + 1


def decompose(fitted: Fitted) -> Decomposition:
    """Take Q apart by designs."""
    designs = Designs.of(fitted)
    inside, dfs = designs.within(0.0), [m.df for m in designs.own]
    q, df = sum(inside), sum(dfs)
    free = between_df(fitted)
    tau2 = _tau2_within(designs, q, df)
    total = fitted.rows.linear(0).at(tau2).rss
    return Decomposition(
        QTest.of("total", fitted.q, fitted.df),
        QTest.of("within designs", q, df),
        QTest.of("between designs", max(fitted.q - q, 0.0), free),
        tuple(QTest.of(designs.name(d), *one) for d, one in enumerate(zip(inside, dfs))),
        tuple(_detached_tests(designs, inside, free)) if free else (),
        QTest.of("between designs, random effects", max(total - sum(designs.within(tau2)), 0.0), free),
        tau2,
        None if free else NO_LOOPS,
    )


def _tau2_within(designs: Designs, q: float, df: int) -> float:
    """Return the variance between studies of a design by moments, one for all designs."""
    trace = sum(m.at(0.0).trace_p() for m in designs.own if m.df)
    return max(0.0, (q - df) / trace) if df else 0.0


def _detached_tests(designs: Designs, inside: list[float], free: int) -> Iterator[QTest]:
    """Test how designs contradict each other when each in turn has its own effects."""
    for d, own in enumerate(inside):
        rest = designs.detached(d)
        if rest is not None:
            df = free - len(designs.sets[d]) + 1
            yield QTest.of(designs.name(d), max(rest[1] - (sum(inside) - own), 0.0), df)


def net_heat(fitted: Fitted) -> tuple[tuple[str, ...], FloatArray]:
    """Return designs and how much detaching the column's design lowers the row's share in Q between designs.

    Krahn, Binder & Koenig 2013: common-effect weights; designs that cannot be detached are left out. Above 0 where the
    column's design is what the row's contradicts.
    """
    designs, rows = Designs.of(fitted), fitted.rows
    found = {d: rest for d in range(len(designs.sets)) if (rest := designs.detached(d)) is not None}
    kept, own = list(found), np.empty(rows.yi.size)
    for d, m in enumerate(designs.own):
        own[designs.rows[d]] = m.yi - m.at(0.0).residual
    base = _shares(designs, own - rows.fitted(fitted.common.effects))
    heat = np.zeros((len(kept), len(kept)))
    for column, (d, (effects, _)) in enumerate(found.items()):
        heat[:, column] = (base - _shares(designs, (own - rows.fitted(effects)) * (designs.of_row != d)))[kept]
    return tuple(designs.name(d) for d in kept), heat


def _shares(designs: Designs, gap: FloatArray) -> FloatArray:
    """Return each design's sum of squares between its own effects and what a model says of them."""
    weighted = gap * gap / designs.fitted.rows.vi
    return np.asarray(np.bincount(designs.of_row, weighted, len(designs.sets)), dtype=float)
