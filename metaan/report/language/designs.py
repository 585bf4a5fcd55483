"""Whether randomised and non-randomised evidence agree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...synthesis.lead import NOTHING, UNCLEAR
from ...synthesis.statement import DesignComparison, compare_designs
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


def contradicts(analysis: Analysis) -> bool:
    """Return whether the designs disagree, and the non-randomised studies clearly favour a side."""
    found = compare_designs(analysis)
    return found is not None and found.disagree and found.verdicts[1] != UNCLEAR


def disagreement(analysis: Analysis, arms: Arms) -> Text:
    """Say plainly that randomised and non-randomised evidence disagree; empty where they do not."""
    found = compare_designs(analysis)
    if found is None or not found.disagree:
        return Text()
    sure = contradicts(analysis)
    return Text.of(
        f"Randomised and non-randomised evidence disagree about {lower_first(analysis.outcome.name)}: ",
        *_both(found, analysis, arms), f". {_CONTRADICTED if sure else _APART}",
    )  # fmt: skip


def _both(found: DesignComparison, analysis: Analysis, arms: Arms) -> tuple[str | Number, ...]:
    trials, others = (_side(i, analysis, arms) for i in found.places)
    return f"{measure_name(analysis.measure)} ", *trials, ", against ", *others, *_difference(found, analysis)


def _side(i: int, analysis: Analysis, arms: Arms) -> Text:
    pool = analysis.pools[i]
    got = pool.lead
    if got is None:
        return Text()
    value = formats.effect(got.estimate, got.ci, analysis.measure)
    k = pool.studies
    where = f" in {'the' if k > 1 else 'the only'} {design_name(pool.name, k)}"
    number = Number(value, got.estimate, place_of(pool, i, analysis.plan.key))
    return Text.of(number, f"{where} ({mark(analysis.verdict(pool), arms)})")


def _difference(found: DesignComparison, analysis: Analysis) -> Text:
    if found.pval is None:
        return Text()
    number = Number(formats.p_text(found.pval), found.pval, anchor(analysis.plan.key, "subgroups"))
    return Text.of("; test for a difference between the designs: ", number)


def agreement(analysis: Analysis, arms: Arms) -> Text:
    """Say how the designs agree; empty where they disagree or where there is only one."""
    found = compare_designs(analysis)
    if found is None or found.disagree or NOTHING in found.verdicts:
        return Text()
    trials, others = found.verdicts
    if trials == others == UNCLEAR:
        return Text.of("Neither randomised nor non-randomised evidence shows a clear difference.")
    if trials == others:
        return Text.of("Randomised and non-randomised evidence point the same way.")
    less = design_name(FLAT if others == UNCLEAR else "randomised")
    alike = "have similar estimates" if found.similar else "do not differ beyond chance"
    return Text.of(
        f"Randomised and non-randomised evidence {alike}, less precise in the {less}: ",
        *_both(found, analysis, arms), f". {_APART}",
    )  # fmt: skip
