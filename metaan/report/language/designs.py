"""Whether randomised and non-randomised evidence agree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import formats
from .words import FLAT, NOTHING, UNCLEAR, Arms, Lead, design_name, lead, lower_first, mark, measure_name, verdict

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool

_CONTRADICTED = (
    "What the non-randomised studies suggest is not confirmed by the randomised trials; without randomisation the "
    "groups can differ from the start, so the two are not combined."
)
_APART = "The designs are not combined."


def designs_disagree(analysis: Analysis) -> bool:
    """Return whether the two designs, each with a result, favour different sides."""
    codes = {pool.name: verdict(pool, analysis) for pool in analysis.pools}
    pair = {codes.get("randomised", NOTHING), codes.get(FLAT, NOTHING)}
    return len(pair) == 2 and NOTHING not in pair


def contradicts(analysis: Analysis) -> bool:
    """Return whether the randomised trials do not bear out what the non-randomised studies clearly show."""
    codes = {pool.name: verdict(pool, analysis) for pool in analysis.pools}
    return designs_disagree(analysis) and codes[FLAT] != UNCLEAR


def disagreement(analysis: Analysis, arms: Arms) -> str | None:
    """Say plainly that randomised and non-randomised evidence disagree; None where they do not."""
    if not designs_disagree(analysis):
        return None
    by_name = {pool.name: pool for pool in analysis.pools}
    trials, others = by_name["randomised"], by_name[FLAT]
    first, second = lead(trials), lead(others)
    if first is None or second is None:
        return None
    both = [_side(got, pool, analysis, arms) for got, pool in ((first, trials), (second, others))]
    sure = contradicts(analysis)
    return (
        f"Randomised and non-randomised evidence {'disagree' if sure else 'do not give the same answer'} about "
        f"{lower_first(analysis.outcome.name)}: {measure_name(analysis.measure)} {both[0]}, against "
        f"{both[1]}{_difference(analysis)}. {_CONTRADICTED if sure else _APART}"
    )


def _side(got: Lead, pool: Pool, analysis: Analysis, arms: Arms) -> str:
    value = formats.effect(got.estimate, got.ci, analysis.measure)
    where = f"{'the' if pool.k > 1 else 'the only'} {design_name(pool.name, pool.k)}"
    return f"{value} in {where} ({mark(verdict(pool, analysis), arms)})"


def _difference(analysis: Analysis) -> str:
    test = analysis.subgroup_test
    got = None if test is None else test.random or test.common
    return "" if got is None else f"; test for a difference between the designs: {formats.p_text(got[2])}"


def agreement(analysis: Analysis) -> str | None:
    """Say whether the designs agree; None where they disagree or where there is only one."""
    codes = {pool.name: verdict(pool, analysis) for pool in analysis.pools}
    trials, others = codes.get("randomised", NOTHING), codes.get(FLAT, NOTHING)
    if NOTHING in (trials, others) or trials != others:
        return None
    if trials == UNCLEAR:
        return "Neither randomised nor non-randomised evidence shows a clear difference."
    return "Randomised and non-randomised evidence point the same way."
