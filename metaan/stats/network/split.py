"""Direct against indirect evidence of each comparison.

To add a way to separate them: a function from a fit, a model and the pairs to what is indirect, and an entry in
`SPLIT_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from ...errors import DataError, choose
from ..measures.effects import FloatArray, Interval
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import number_and_bounds, p_text
from ..numerics.ties import ITERATED
from ..pooling.intervals import quantile
from .comparisons import direct_counts, direct_evidence
from .contrasts import Codes, parts_of, place
from .fit import Fitted

if TYPE_CHECKING:
    import pandas as pd

#: Indirect effects and their variances, shape (pairs,); nan where there is no indirect evidence.
Indirect = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class SplitEffect:
    """An effect on the analysis scale with its normal interval and test."""

    estimate: float
    se: float
    ci: Interval
    stat: float
    pval: float


def effects_of(estimate: FloatArray, variance: FloatArray, level: float) -> list[SplitEffect | None]:
    """Return effects with normal intervals and tests; None where there is no evidence."""
    with np.errstate(invalid="ignore"):
        se = np.sqrt(variance)
        half, stat = quantile(None, level) * se, estimate / se
        columns = np.column_stack([estimate, se, estimate - half, estimate + half, stat, 2.0 * ndtr(-np.abs(stat))])
    known = np.isfinite(estimate) & np.isfinite(variance)
    return [
        SplitEffect(y, s, Interval(lb, ub), z, p) if some else None
        for some, (y, s, lb, ub, z, p) in zip(known.tolist(), columns.tolist())
    ]


@dataclass(frozen=True, slots=True)
class SplitComparison:
    """Evidence on ``treatment1`` against ``treatment2`` from studies that compare them, and from all others.

    Attributes
    ----------
    k
        The number of studies that compare the two.
    share_direct
        The share of direct evidence in the network estimate: its variance over that of direct evidence; 0 to 1.
    direct, indirect, network
        The effects; direct or indirect are None where there is no such evidence.
    difference
        Direct less indirect; None where one of them is.
    """

    treatment1: str
    treatment2: str
    k: int
    share_direct: float
    direct: SplitEffect | None
    indirect: SplitEffect | None
    network: SplitEffect
    difference: SplitEffect | None

    @property
    def pval(self) -> float | None:
        """The p-value of the difference: of incoherence."""
        return None if self.difference is None else self.difference.pval

    @property
    def flipped(self) -> SplitComparison:
        """The same with the treatments exchanged."""
        turned = [_turned(e) for e in (self.direct, self.indirect, self.network, self.difference)]
        return SplitComparison(self.treatment2, self.treatment1, self.k, self.share_direct, *turned)  # type: ignore[arg-type]


def _turned(e: SplitEffect | None) -> SplitEffect | None:
    return None if e is None else SplitEffect(-e.estimate, e.se, Interval(-e.ci.ub, -e.ci.lb), -e.stat, e.pval)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Split(ShowsItself):
    """Direct and indirect evidence of comparisons; ``split["a", "b"]`` is one of them, in the direction asked for.

    Attributes
    ----------
    model, method, level
        As they were asked for.
    comparisons
        One a pair of treatments.
    """

    model: str
    method: str
    level: float
    comparisons: tuple[SplitComparison, ...]

    def __len__(self) -> int:
        return len(self.comparisons)

    def __iter__(self) -> Iterator[SplitComparison]:
        return iter(self.comparisons)

    def __getitem__(self, pair: tuple[str, str]) -> SplitComparison:
        for one in self.comparisons:
            if (one.treatment1, one.treatment2) == tuple(pair):
                return one
            if (one.treatment2, one.treatment1) == tuple(pair):
                return one.flipped
        raise DataError(f"{pair!r} was not split; allowed: a pair of treatments of comparisons")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a comparison."""
        import pandas as pd

        return pd.DataFrame([_flat(one) for one in self.comparisons])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        rows = [asdict(one) for one in self.comparisons]
        return {"model": self.model, "method": self.method, "level": self.level, "comparisons": rows}

    def __repr__(self) -> str:
        rows = [f"  {_line(one)}" for one in self.comparisons if one.direct is not None]
        return "\n".join([f"Direct and indirect evidence, {self.model} effects, {self.method}, analysis scale", *rows])


def _flat(one: SplitComparison) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in ("treatment1", "treatment2", "k", "share_direct")}
    for name in ("direct", "indirect", "network", "difference"):
        effect = getattr(one, name)
        for part in ("estimate", "se", "pval"):
            row[f"{name}_{part}"] = None if effect is None else getattr(effect, part)
    return row


def _line(one: SplitComparison) -> str:
    shown = [_shown(name, getattr(one, name)) for name in ("direct", "indirect", "network")]
    test = "no difference can be tested" if one.pval is None else p_text(one.pval)
    return f"{one.treatment1} vs {one.treatment2}: {', '.join(filter(None, shown))}; {test}"


def _shown(name: str, effect: SplitEffect | None) -> str:
    return "" if effect is None else " ".join((name, *number_and_bounds(effect.estimate, effect.ci, 0.0)))


def split(
    fitted: Fitted, model: str, method: str, level: float, comparisons: Sequence[tuple[str, str]] | None
) -> Split:
    """Separate direct from indirect evidence, for all comparisons when none are named."""
    solved, c = fitted.model(model), fitted.contrasts
    i, j = _pairs(fitted, comparisons)
    direct, direct_variance = (values[i, j] for values in direct_evidence(fitted, solved.tau2))
    network, variance = solved.differences[i, j], solved.variances[i, j]
    indirect, indirect_variance = choose(SPLIT_METHODS, method, "method")(fitted, model, i, j)
    counts = direct_counts(fitted)[i, j]
    with np.errstate(invalid="ignore"):
        share = np.where(counts > 0, np.minimum(variance / direct_variance, 1.0), 0.0)
    effects = (
        effects_of(direct, direct_variance, level), effects_of(indirect, indirect_variance, level),
        effects_of(network, variance, level), effects_of(direct - indirect, direct_variance + indirect_variance, level),
    )  # fmt: skip
    names = [(c.treatments[a], c.treatments[b]) for a, b in zip(i.tolist(), j.tolist())]
    rows = tuple(
        SplitComparison(pair[0], pair[1], int(k), part, d, ind, net, gap)
        for pair, k, part, d, ind, net, gap in zip(names, counts.tolist(), share.tolist(), *effects)
    )
    return Split(model, method, level, rows)


def _pairs(fitted: Fitted, comparisons: Sequence[tuple[str, str]] | None) -> tuple[Codes, Codes]:
    names = fitted.contrasts.treatments
    if comparisons is None:
        return np.triu_indices(len(names), 1)
    found = [(place(names, a), place(names, b)) for a, b in comparisons]
    for (a, b), (i, j) in zip(comparisons, found):
        if i == j:
            raise DataError(f"{a!r} against {b!r}; allowed: two treatments a comparison")
    at = np.array(found, dtype=np.intp).reshape(-1, 2)
    return at[:, 0], at[:, 1]


def back_calculation(fitted: Fitted, model: str, i: Codes, j: Codes) -> Indirect:
    """What is left of the network estimate without direct evidence (SIDE; Koenig, Krahn & Binder 2013).

    Direct evidence of a comparison counts as if no multi-arm study tied it to others.
    """
    solved = fitted.model(model)
    direct, direct_variance = (values[i, j] for values in direct_evidence(fitted, solved.tau2))
    network, variance = solved.differences[i, j], solved.variances[i, j]
    share = variance / direct_variance  # 0 where there is no direct evidence: its variance is infinite
    some = share < 1.0 - ITERATED
    rest = np.where(some, 1.0 - share, np.nan)
    return (network - share * np.where(share > 0, direct, 0.0)) / rest, variance / rest


def without_studies(fitted: Fitted, model: str, i: Codes, j: Codes) -> Indirect:
    """The network without all studies that compare the two (SIDDE; Efthimiou et al. 2019), with a tau2 of its own."""
    solved, seen = fitted.model(model), direct_counts(fitted)
    estimate, variance = solved.differences[i, j], solved.variances[i, j]
    for r in np.flatnonzero(seen[i, j] > 0):
        estimate[r], variance[r] = _without(fitted, model, int(i[r]), int(j[r]))
    return estimate, variance


def _without(fitted: Fitted, model: str, a: int, b: int) -> tuple[float, float]:
    """Return effect and variance of a against b without the studies that compare them; nan where nothing else does."""
    c, rows = fitted.contrasts, fitted.rows
    both = ((c.t1 == a) & (c.t2 == b)) | ((c.t1 == b) & (c.t2 == a))
    kept = ~np.isin(c.study, c.study[both])
    part = parts_of(c.t1[kept], c.t2[kept], c.n)
    if part[a] != part[b]:
        return np.nan, np.nan
    treatments = np.flatnonzero(part == part[a])
    belongs = part[rows.at[np.arange(rows.yi.size), np.argmax(rows.load != 0, axis=1)]] == part[a]
    m = rows.take(np.flatnonzero(belongs & ~np.isin(rows.study, c.study[both])), treatments).linear(
        int(np.searchsorted(treatments, a))
    )
    fit, at = m.at(fitted.tau2_of(m, model)), int(np.searchsorted(treatments[treatments != a], b))
    return float(-fit.coefficients[at]), float(fit.inverse[at, at])


#: How indirect evidence is found, under netmeta's names.
SPLIT_METHODS: dict[str, Callable[[Fitted, str, Codes, Codes], Indirect]] = {
    "Back-calculation": back_calculation,
    "SIDDE": without_studies,
}
