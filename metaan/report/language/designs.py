"""Whether randomised and non-randomised evidence agree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...synthesis.lead import NOTHING, UNCLEAR
from ..document import Number, Text
from . import formats
from .anchors import anchor
from .anchors import lead as place_of
from .words import FLAT, Arms, design_name, lower_first, mark, measure_name

if TYPE_CHECKING:
    from ...synthesis.values import Analysis

_CONTRADICTED = (
    "What the non-randomised studies suggest is not confirmed by the randomised trials; without randomisation the "
    "groups can differ from the start, so the two are not combined."
)
_APART = "The designs are not combined."


def designs_disagree(analysis: Analysis) -> bool:
    """Return whether the two designs, each with a result, favour different sides."""
    codes = {pool.name: analysis.verdict(pool) for pool in analysis.pools}
    pair = {codes.get("randomised", NOTHING), codes.get(FLAT, NOTHING)}
    return len(pair) == 2 and NOTHING not in pair


def contradicts(analysis: Analysis) -> bool:
    """Return whether the randomised trials do not bear out what the non-randomised studies clearly show."""
    codes = {pool.name: analysis.verdict(pool) for pool in analysis.pools}
    return designs_disagree(analysis) and codes[FLAT] != UNCLEAR


def disagreement(analysis: Analysis, arms: Arms) -> Text:
    """Say plainly that randomised and non-randomised evidence disagree; empty where they do not."""
    if not designs_disagree(analysis):
        return Text()
    places = {pool.name: i for i, pool in enumerate(analysis.pools)}
    trials, others = (_side(places[name], analysis, arms) for name in ("randomised", FLAT))
    sure = contradicts(analysis)
    return Text.of(
        f"Randomised and non-randomised evidence {'disagree' if sure else 'do not give the same answer'} about "
        f"{lower_first(analysis.outcome.name)}: {measure_name(analysis.measure)} ",
        *trials, ", against ", *others, *_difference(analysis), f". {_CONTRADICTED if sure else _APART}",
    )  # fmt: skip


def _side(i: int, analysis: Analysis, arms: Arms) -> Text:
    pool = analysis.pools[i]
    got = pool.lead
    if got is None:
        return Text()
    value = formats.effect(got.estimate, got.ci, analysis.measure)
    k = len(pool.answering)
    where = f" in {'the' if k > 1 else 'the only'} {design_name(pool.name, k)}"
    number = Number(value, got.estimate, place_of(pool, i, analysis.plan.key))
    return Text.of(number, f"{where} ({mark(analysis.verdict(pool), arms)})")


def _difference(analysis: Analysis) -> Text:
    test = analysis.subgroup_test
    got = None if test is None else test.lead
    if got is None:
        return Text()
    number = Number(formats.p_text(got[2]), got[2], anchor(analysis.plan.key, "subgroups"))
    return Text.of("; test for a difference between the designs: ", number)


def agreement(analysis: Analysis) -> str | None:
    """Say whether the designs agree; None where they disagree or where there is only one."""
    codes = {pool.name: analysis.verdict(pool) for pool in analysis.pools}
    trials, others = codes.get("randomised", NOTHING), codes.get(FLAT, NOTHING)
    if NOTHING in (trials, others) or trials != others:
        return None
    if trials == UNCLEAR:
        return "Neither randomised nor non-randomised evidence shows a clear difference."
    return "Randomised and non-randomised evidence point the same way."
