"""Loops of direct comparisons: does going around bring back to where it began?

The loop-specific approach of Bucher et al. 1997, with what multi-arm studies share taken into the variances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotEstimableError
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import number_and_bounds, p_text
from ..pooling.intervals import mean_interval, mean_test
from .decomposition import NO_LOOPS
from .fit import Fitted

if TYPE_CHECKING:
    import pandas as pd

#: Share of the direct evidence's variance below which a loop is closed by multi-arm studies alone, and cannot disagree.
CLOSED = 1e-9


@dataclass(frozen=True, slots=True)
class Loop:
    """The sum of direct effects around a loop of ``treatments``: 0 where all agree; analysis scale."""

    treatments: tuple[str, ...]
    estimate: float
    se: float
    ci: Interval
    stat: float
    pval: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Loops(ShowsItself):
    """Triangles, and rings of four without a shortcut, in which studies could disagree."""

    model: str
    level: float
    loops: tuple[Loop, ...]

    def __len__(self) -> int:
        return len(self.loops)

    def __iter__(self) -> Iterator[Loop]:
        return iter(self.loops)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a loop."""
        import pandas as pd

        rows = [(":".join(one.treatments), one.estimate, one.se, one.pval, *one.ci) for one in self.loops]
        return pd.DataFrame(rows, columns=["loop", "estimate", "se", "pval", "ci_lb", "ci_ub"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {"model": self.model, "level": self.level, "loops": [asdict(one) for one in self.loops]}

    def __repr__(self) -> str:
        rows = []
        for one in self.loops:
            shown = " ".join(number_and_bounds(one.estimate, one.ci, 0.0))
            rows.append(f"  {' - '.join(one.treatments)}: {shown}, {p_text(one.pval)}")
        return "\n".join([f"{len(rows)} loops of direct comparisons, {self.model} effects, analysis scale", *rows])


def loops(fitted: Fitted, model: str, level: float) -> Loops:
    """Return all loops of three and of four treatments that more than one study closes."""
    c, tau2 = fitted.contrasts, fitted.model(model).tau2
    seen = np.zeros((c.n, c.n), dtype=bool)
    seen[c.t1, c.t2] = seen[c.t2, c.t1] = True
    share = _shares(fitted, tau2)
    found = []
    for ring in (*_triangles(seen), *_squares(seen)):
        estimate, variance, whole = _around(fitted, tau2, share, ring)
        if variance > CLOSED * whole:
            se, names = float(np.sqrt(variance)), tuple(c.treatments[t] for t in ring)
            ci = mean_interval(estimate, se, None, level)
            found.append(Loop(names, estimate, se, ci, *mean_test(estimate, se, None)))
    if not found:
        raise NotEstimableError(NO_LOOPS)
    return Loops(model, level, tuple(found))


def _triangles(seen: Any) -> Iterator[tuple[int, ...]]:
    for a, b in zip(*np.nonzero(np.triu(seen))):
        for c in np.flatnonzero(seen[a] & seen[b]):
            if c > b:
                yield int(a), int(b), int(c)


def _squares(seen: Any) -> Iterator[tuple[int, ...]]:
    """Return rings of four in which neither pair of opposite treatments is compared directly."""
    for a, c in zip(*np.nonzero(np.triu(~seen, 1))):
        both = np.flatnonzero(seen[a] & seen[c])
        for i, b in enumerate(both):
            for d in both[i + 1 :]:
                if not seen[b, d] and a < b:
                    yield int(a), int(b), int(c), int(d)


def _shares(fitted: Fitted, tau2: float) -> FloatArray:
    """Return which share each contrast has in the direct evidence of its pair, shape (m,)."""
    c = fitted.contrasts
    cells, wi = np.minimum(c.t1, c.t2) * c.n + np.maximum(c.t1, c.t2), 1.0 / (c.vi + tau2)
    return np.asarray(wi / np.bincount(cells, wi, c.n * c.n)[cells])


def _around(fitted: Fitted, tau2: float, share: FloatArray, ring: tuple[int, ...]) -> tuple[float, float, float]:
    """Return the sum of direct effects around a ring, its variance, and that without what studies share."""
    c, rows = fitted.contrasts, fitted.rows
    taken = np.zeros((len(c.studies), c.n))
    whole = 0.0
    for a, b in zip(ring, (*ring[1:], ring[0])):
        for one, other in ((a, b), (b, a)):
            at = np.flatnonzero((c.t1 == one) & (c.t2 == other))
            sign = 1.0 if one == a else -1.0
            np.add.at(taken, (c.study[at], c.t1[at]), sign * share[at])
            np.add.at(taken, (c.study[at], c.t2[at]), -sign * share[at])
            whole += float(share[at] ** 2 @ (c.vi[at] + tau2))
    each = 0.5 * np.einsum("ra,ra->r", rows.load, taken[rows.study[:, None], rows.at])
    return float(each @ rows.yi), float(each * each @ (rows.vi + tau2)), whole
