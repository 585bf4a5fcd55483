"""The statement of a result in words: the same in the answer, the summary of findings, the terminal and every file.

The words for size and certainty are those of Santesso et al. 2020 (GRADE guidelines 26).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...preparation.kinds import KINDS, WAYS, kind_of
from ...synthesis.lead import MEASURED, NOTHING, UNBOUNDED, UNCLEAR
from ...synthesis.statement import DEPENDS, LITTLE, NO_EVENTS, UNCERTAIN, Statement
from ...synthesis.yardstick import LARGE, SMALL
from . import formats
from .words import Arms, design_name, lower_first, upper_first, ways_of_unit

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool

#: Level of certainty to the adverb before a verb, and whether the verb is a bare infinitive.
FIRM = {"high": ("", False), "moderate": ("probably ", False), "low": ("may ", True)}


def sentence(said: Statement, analysis: Analysis, pool: Pool, arms: Arms) -> str:
    """Return the statement as one sentence."""
    outcome = lower_first(analysis.outcome.name)
    if said.verdict == NOTHING:
        text = pool.reason or "no data"
    elif said.verdict == NO_EVENTS:
        text = _no_events(said, outcome, pool, analysis.level)
    elif said.verdict == MEASURED:
        text = f"these studies measure {outcome} in one group"
    elif said.verdict == UNBOUNDED:
        text = f"no interval can be given for the effect of {arms.experimental} on {outcome}"
    elif said.verdict == UNCERTAIN:
        text = f"the evidence is very uncertain about the effect of {arms.experimental} on {outcome}"
    elif said.verdict == DEPENDS:
        text = f"whether {arms.experimental} changes {outcome} depends on the method of pooling{AGAINST[said.against]}"
    else:
        text = (_judged if said.certainty else _seen)(said, outcome, pool, arms, analysis) + AGAINST[said.against]
    return f"{upper_first(text)}."


def _no_events(said: Statement, outcome: str, pool: Pool, level: float) -> str:
    assert said.upper is not None
    trials = formats.plural(len(pool.rows), *(design_name(pool.name, n) for n in (1, 2)))
    at_most = f"at most {formats.number(said.upper)} per 1000 (exact {formats.level(level)} interval)"
    return f"no events of {outcome} in {trials}, {formats.people(said.people)} people: {at_most}"


def _seen(said: Statement, outcome: str, pool: Pool, arms: Arms, analysis: Analysis) -> str:
    """Say what these studies show, where nobody signed how certain it is."""
    if said.verdict == LITTLE:
        return f"{arms.experimental} made little to no difference to {outcome} in these studies"
    if said.verdict == UNCLEAR:
        return f"these studies show no clear difference in {outcome}"
    size = {SMALL: "slightly ", LARGE: "much "}.get(said.size, "")
    way = _way(analysis, pool, said.side < 0)
    return f"{outcome} was {size}{way} with {arms.experimental} than with {arms.control} in these studies"


def _judged(said: Statement, outcome: str, pool: Pool, arms: Arms, analysis: Analysis) -> str:
    """Say what follows, as firmly as people signed."""
    adverb, bare = FIRM[said.certainty]
    if said.verdict == UNCLEAR:
        return f"{arms.experimental} {adverb}{'make' if bare else 'makes'} no clear difference to {outcome}"
    if said.verdict == LITTLE:
        return f"{arms.experimental} {adverb}{'result' if bare else 'results'} in little to no difference in {outcome}"
    verb, noun = ("reduce", "reduction") if said.side < 0 else ("increase", "increase")
    if said.size == LARGE:
        return f"{arms.experimental} {adverb}{'result' if bare else 'results'} in a large {noun} in {outcome}"
    slightly = " slightly" if said.size == SMALL else ""
    return f"{arms.experimental} {adverb}{verb}{'' if bare else 's'} {outcome}{slightly}"


def _way(analysis: Analysis, pool: Pool, less: bool) -> str:
    """Say which way an outcome differs: events are more or less frequent, a time is shorter, a score is higher."""
    kind = next((kind for row in pool.rows if (kind := kind_of(row.data))), None)
    if kind is None:
        return (KINDS["counts"].ways if analysis.measure in OF_EVENTS else WAYS)[not less]
    return (ways_of_unit(analysis.outcome.unit) if kind is KINDS["means"] else kind.ways)[not less]


#: Measures of events that effects without arms are of.
OF_EVENTS = ("OR", "RR", "RD", "HR", "IRR", "IRD", "PETO")


#: What an effect is judged against, to the words for it.
AGAINST = {"thresholds": "", "mid": "", "no effect": ", judged against no effect"}
