"""The pooled results that a file of RevMan stores, beside those that its registry gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....registry.model.types import is_ratio
from ....synthesis.analyse import analyse
from .revman_protocol import RevManPart
from .revman_registry import Registry

if TYPE_CHECKING:
    from ....registry.load import Review
    from ....synthesis.values import Analysis, Pool

Numbers = tuple[float, float, float]  # estimate and interval, on the display scale

TOLERANCE = 0.001  # standard errors


@dataclass(frozen=True, slots=True)
class Compared:
    """A result that the file stores, and the one that is computed here; ``why``: what is known to differ in methods."""

    place: str
    stored: Numbers
    here: Numbers | None
    agrees: bool
    why: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        here = "no result" if self.here is None else _said(self.here)
        return f"{self.place}: the file has {_said(self.stored)}, here {here}" + (f" ({self.why})" if self.why else "")


def compare(review: Review, made: Registry) -> tuple[Compared, ...]:
    """Compare every result that the file stores with that of the registry under the file's methods."""
    pooled = {analysis.plan.key: analysis for analysis in analyse(review)} if review.info.analyses else {}
    return tuple(one for part in made.parts if part.pooled for one in _of_part(part, pooled[part.id]))


def _of_part(part: RevManPart, analysis: Analysis) -> Iterator[Compared]:
    for subgroup, stored in part.analysis.pooled.items():
        if part.subgroup is not None and subgroup != part.subgroup:
            continue
        place = part.analysis.place + (f", subgroup {subgroup}" if subgroup else "")
        if stored[1] != stored[2] and (pool := _pool(analysis, "" if part.subgroup else subgroup)) is not None:
            here = _result(pool, part)
            yield Compared(place, stored, here, here is not None and _agree(stored, here, part), _why(part))


def _pool(analysis: Analysis, subgroup: str) -> Pool | None:
    if subgroup:
        return next((pool for pool in analysis.pools if pool.name == subgroup), None)
    return analysis.overall or (analysis.pools[0] if len(analysis.pools) == 1 else None)


def _result(pool: Pool, part: RevManPart) -> Numbers | None:
    """Return the result of a pool; a single study is its own."""
    fit = next(iter(pool.fits.values()), None)
    alone = [row for row in pool.rows if row.estimate is not None and row.ci is not None]
    found = fit.display if fit is not None else alone[0] if len(alone) == 1 else None
    if found is None or found.ci is None or found.estimate is None:
        return None
    back = math.exp if part.measure == "GEN" and part.analysis.log else float
    return back(found.estimate), back(found.ci[0]), back(found.ci[1])


def _agree(stored: Numbers, here: Numbers, part: RevManPart) -> bool:
    of_logs = (is_ratio(part.measure) or bool(part.analysis.log)) and min(stored) > 0
    theirs, ours = ([math.log(x) if of_logs else x for x in numbers] for numbers in (stored, here))
    se = abs(theirs[2] - theirs[1]) / 4
    return all(abs(x - y) <= TOLERANCE * se for x, y in zip(theirs, ours))


def _why(part: RevManPart) -> str:
    if part.measure == "SMD":
        return "RevMan has another standard error of the SMD"
    if part.analysis.random and part.analysis.method.upper() == "MH":
        return "RevMan takes tau2 from Q about the Mantel-Haenszel estimate"
    return ""


def _said(numbers: Numbers) -> str:
    return "{:.5g} [{:.5g}, {:.5g}]".format(*numbers)
