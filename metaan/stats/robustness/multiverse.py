"""The multiverse: every defensible way to pool the same 2x2 tables, and in how many of them the conclusion holds.

After Steegen et al. 2016 (Perspectives on Psychological Science 11:702). What is defensible stands in the tables at
the bottom: a combination is tried when each of its parts is there, and left out when a rule forbids it (ratios of
studies without information, a correction of zero cells where no cell is zero).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotEstimableError
from ..measures.catalogue import MEASURES, effect_sizes, scale_of, two_by_two
from ..measures.effects import EffectSizes, FloatArray, Interval
from ..numerics.by_name import takes_names
from ..numerics.notebook import ShowsItself
from ..numerics.numerals import bounded
from ..pooling.pool import pool
from ..pooling.result import Pooled
from ..tables.peto import peto
from ..tables.stratified import informative, mantel_haenszel

if TYPE_CHECKING:
    import pandas as pd

Cells = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Universe:
    """One combination and its result, on the display scale.

    Attributes
    ----------
    group
        The studies: a key of the groups that were given.
    measure, method
        What is pooled, and how: ``"MH"``, ``"Peto"``, ``"IV"`` (common effect) or ``"RE"`` (random effects).
    tau2_method, ci_method
        Of random effects; None elsewhere.
    zero_cells
        ``"none"``, or what is added to tables with a zero cell.
    conclusion
        -1 or 1 where the interval lies below or above no effect, 0 where it includes it.
    """

    group: str
    measure: str
    method: str
    tau2_method: str | None
    ci_method: str | None
    zero_cells: str
    k: int
    estimate: float
    ci: Interval | None
    pval: float | None
    conclusion: int


@dataclass(frozen=True, slots=True, repr=False)
class Multiverse(ShowsItself):
    """All combinations that could be computed; ``refused`` says why the others could not, ``data`` holds the tables."""

    universes: tuple[Universe, ...]
    refused: tuple[tuple[str, str], ...]
    data: Mapping[str, FloatArray]
    level: float

    def holds(self, group: str | None, conclusion: int) -> tuple[int, int]:
        """Return in how many combinations of a group (None: of all) the conclusion holds, and how many there are."""
        counts = self._conclusions(group)
        return counts[conclusion], counts.total()

    def sentence(self, group: str | None, conclusion: int) -> str:
        """Say it in one sentence, of a group or of all (None)."""
        n, m = self.holds(group, conclusion)
        counts = self._conclusions(group)
        others = [f"{counts[c]} {CONCLUSIONS[c]}" for c in CONCLUSIONS if c != conclusion and counts[c]]
        rest = f"; of the others, {' and '.join(others)}" if others else ""
        return f"The conclusion ({CONCLUSIONS[conclusion]}) holds in {n} of {m} defensible analyses{rest}."

    def _conclusions(self, group: str | None) -> Counter[int]:
        return Counter(u.conclusion for u in self.universes if group in (None, u.group))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        rows = [{f.name: getattr(u, f.name) for f in fields(u)} for u in self.universes]
        data = {name: values.tolist() for name, values in self.data.items()}
        return {"universes": rows, "refused": [list(pair) for pair in self.refused], "data": data, "level": self.level}

    def __repr__(self) -> str:
        lines = [f"Multiverse: {len(self.universes)} ways to pool, {100 * self.level:g} % intervals"]
        for group in dict.fromkeys(u.group for u in self.universes):
            counts = Counter(u.conclusion for u in self.universes if u.group == group)
            said = ", ".join(f"{words} {counts[c]}" for c, words in CONCLUSIONS.items() if counts[c])
            lines.append(f"  {group}: {said}")
        for u in self.universes:
            effect = bounded(u.estimate, u.ci, scale_of(u.measure).null, "({} to {})")
            lines.append(f"  {u.group} {_name(u)}: {effect}")
        return "\n".join([*lines, *(f"  not done - {what}: {why}" for what, why in self.refused)])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a combination."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["universes"])


@takes_names
def multiverse(
    *,
    groups: Mapping[str, Sequence[bool]] | None = None,
    measures: Sequence[str] = ("OR", "RR", "RD"),
    level: float = 0.95,
    **data: Any,
) -> Multiverse:
    """Pool 2x2 tables in every defensible way.

    Parameters
    ----------
    groups
        Name to a mask of shape (k,): which studies to pool together, such as the randomised ones. All when None.
    measures
        Of OR, RR and RD.
    level
        Coverage of all intervals.
    data
        2x2 tables as in `metaan.stats.measures.catalogue.effect_sizes`.

    Returns
    -------
    Multiverse
        Groups of fewer than two studies are refused with a reason.

    Examples
    --------
    >>> found = multiverse(ai=[11, 5], n1i=[37, 40], ci=[3, 3], n2i=[34, 40])
    >>> found.holds("all", 1)
    (13, 25)
    """
    cells = two_by_two(data)
    masks = groups or {"all": [True] * cells["ai"].size}
    universes: list[Universe] = []
    refused: list[tuple[str, str]] = []
    for group, mask in masks.items():
        part = {name: values[np.asarray(mask, dtype=bool)] for name, values in cells.items()}
        for measure in measures:
            try:
                universes += _measure(group, measure, part, level)
            except NotEstimableError as error:
                refused.append((f"{group}, {measure}", str(error)))
    return Multiverse(tuple(universes), tuple(refused), cells, level)


def _name(u: Universe) -> str:
    zero = "" if u.zero_cells == "none" else f"+{u.zero_cells}"
    return " ".join(filter(None, (u.measure, f"{u.method}{zero}", u.tau2_method, u.ci_method)))


def _measure(group: str, measure: str, cells: Cells, level: float) -> Iterable[Universe]:
    """Return every combination of one measure on one group of studies."""
    es = effect_sizes(measure, drop00=MEASURES[measure].drops_double_zero, **dict[str, Any](cells))
    if es.k < 2:
        raise NotEstimableError(f"k = {es.k}: nothing to pool")
    told = informative(measure, es.data)
    tables = {name: values[told] for name, values in es.data.items()}
    found = [*_stratified(measure, tables, level), *_inverse_variance(es, level)]
    return [_universe(group, measure, row) for row in found]


Row = tuple[str, str | None, str | None, str, Pooled]


def _has_zero(cells: Cells) -> bool:
    return any(bool((cells[name] == 0).any()) for name in CELLS)


def _stratified(measure: str, cells: Cells, level: float) -> Iterable[Row]:
    """Yield Mantel-Haenszel, as it is and with the correction that many programs make, and Peto for odds ratios."""
    for name, add in ZERO_CELLS.items():
        if add and (measure == "RD" or not _has_zero(cells)):
            continue  # nothing to correct: a difference of risks is defined at zero
        try:
            fit = mantel_haenszel(measure, level=level, **_corrected(cells, add))
        except NotEstimableError:
            continue  # a zero arm in every study: the other combinations still answer
        yield "MH", None, None, name, fit
    if measure == "OR":
        yield "Peto", None, None, "none", peto(level=level, **dict[str, Any](cells))


def _inverse_variance(es: EffectSizes, level: float) -> Iterable[Row]:
    zero_cells = "0.5" if _has_zero(es.complete.data) else "none"
    yield "IV", None, None, zero_cells, pool(es, "common", level=level)
    for tau2_method in TAU2:
        for ci_method in CI:
            yield "RE", tau2_method, ci_method, zero_cells, pool(es, "random", tau2_method, ci_method, level=level)


def _corrected(cells: Cells, add: float) -> dict[str, Any]:
    zero = np.any([cells[name] == 0 for name in CELLS], axis=0)
    return {name: cells[name] + add * zero for name in CELLS}


def _universe(group: str, measure: str, row: Row) -> Universe:
    method, tau2, ci, zero_cells, fit = row
    shown = fit.display
    return Universe(group, measure, method, tau2, ci, zero_cells, fit.k, shown.estimate, shown.ci, fit.pval, fit.side)


CELLS = ("ai", "bi", "ci", "di")

CONCLUSIONS = {-1: "fewer events", 0: "no clear difference", 1: "more events"}

#: Estimators and intervals that the field's guidance names for random effects; the rest of the tables reproduce papers.
TAU2 = ("DL", "REML", "PM")
CI = ("wald", "hksj-adhoc")

ZERO_CELLS = {"none": 0.0, "0.5": 0.5}
