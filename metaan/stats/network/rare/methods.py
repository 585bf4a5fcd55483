"""From arms to a fit, for events so rare that cells are empty: Mantel-Haenszel and conditional likelihoods.

To add a method: a function from `ArmColumns` to what `Rare` holds, and an entry in `NETWORK_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from ....errors import DataError
from ..contrasts import Contrasts, coded
from ..fit import Fitted, GraphFit, fit_contrasts
from ..pairwise import ArmColumns
from ..studies import RowSet
from .hypergeometric import CONDITIONAL_LAWS, Law, maximise
from .mantel_haenszel import design_contrasts
from .tables import ArmDesign, Excluded, designs_of


@dataclass(frozen=True, slots=True, eq=False)
class Rare:
    """A fit of common effects to tables, and the studies that entered."""

    fitted: Fitted
    studies: tuple[str, ...]


def mantel_haenszel(arms: ArmColumns, part: str | None, tolerance: float) -> Rare:
    """Pool the studies of each design, then the designs (Efthimiou et al. 2019)."""
    designs, excluded = designs_of(arms, keep_empty=False)
    c = design_contrasts(designs, excluded).part(part)
    fitted = fit_contrasts(c, "DL", 0.0, tolerance)
    whole = Fitted(c, fitted.rows, None, 0.0, None, fitted.common, None)
    return Rare(whole, _studies(designs, c))


def conditional(arms: ArmColumns, part: str | None, tolerance: float, *, law: Law, keep_empty: bool) -> Rare:
    """Maximise a likelihood given the events of each study."""
    for name in ("events", "total"):
        for row in np.flatnonzero(arms.data[name] % 1 > 0):
            where = f"study {arms.study[row]!r}, {arms.treatment[row]}"
            raise DataError(f"{where}: {name} = {arms.data[name][row]:g}; allowed: whole numbers")
    designs, excluded = designs_of(arms, keep_empty)
    c = _compared(designs, excluded).part(part)
    used = [d for d in designs if set(d.treatments) <= set(c.treatments)]
    theta, vcov, _ = maximise(used, c.treatments, law)
    solved = GraphFit(0.0, theta, vcov, 0.0)
    return Rare(Fitted(c, _as_rows(solved), None, 0.0, None, solved, None), _studies(used, c))


def _studies(designs: list[ArmDesign], c: Contrasts) -> tuple[str, ...]:
    return tuple(s for d in designs if set(d.treatments) <= set(c.treatments) for s in d.studies)


def _compared(designs: list[ArmDesign], excluded: Excluded) -> Contrasts:
    """Return which designs compare what, without effects of their own: their variance is infinite."""
    found = [(d, a, b) for d in designs for a, b in combinations(d.treatments, 2)]
    names = [":".join(d.treatments) for d, _, _ in found]
    counts = np.array([len(d.studies) for d, _, _ in found], dtype=float)
    none = np.zeros(len(found))
    return coded(names, [a for _, a, _ in found], [b for _, _, b in found], none, none + np.inf, excluded, counts)


def _as_rows(solved: GraphFit) -> RowSet:
    """Return n - 1 independent rows whose least squares are the estimates and their covariance."""
    n = solved.effects.size
    root = np.linalg.cholesky(np.linalg.inv(solved.vcov[1:, 1:])).T
    load = np.column_stack([-root.sum(axis=1), root])
    at = np.tile(np.arange(n), (n - 1, 1))
    return RowSet(root @ solved.effects[1:], np.ones(n - 1), at, load, np.zeros(n - 1, dtype=np.intp), n)


#: How arms with events are pooled; ``IV`` (inverse variance) is every network's, of contrasts too.
NETWORK_METHODS: dict[str, Callable[[ArmColumns, str | None, float], Rare] | None] = {
    "IV": None,
    "MH": mantel_haenszel,
    "NCH": partial(conditional, law=CONDITIONAL_LAWS["NCH"], keep_empty=False),
    "NCH-exact": partial(conditional, law=CONDITIONAL_LAWS["NCH-exact"], keep_empty=True),
}
