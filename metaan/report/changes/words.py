"""One sentence for each thing that a change did to a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...comparison.difference import conclusion_of
from ...comparison.edits import StudyState
from ...stats.measures.catalogue import scale_of
from ..language import formats, words
from ..language.words import Arms

if TYPE_CHECKING:
    from ...comparison.difference import AnalysisChange, PoolChange
    from ...comparison.edits import StudyChange
    from ...comparison.whatif import Cause, Snapshot


def where(name: str) -> str:
    """Return the studies of a pool in a sentence.

    >>> where("randomised"), where(""), where("high dose")
    ('among randomised trials', 'among all studies', 'in the subgroup high dose')
    """
    if not name:
        return "among all studies"
    return f"among {words.design_name(name)}" if name in words.NOUNS else f"in the subgroup {name}"


def conclusion(result: Snapshot | None, arms: Arms) -> str:
    """Return which side a result favours, in a few words."""
    return words.mark(conclusion_of(result), arms)


def cause_name(cause: Cause) -> str:
    """Return a cause with what happened to it: ``SAVE-MORE 2021 (added)``."""
    return f"{cause.label} ({cause.change})"


def moved(i: int, analysis: AnalysisChange, pool: PoolChange, arms: Arms) -> str:
    """Return the sentence about one cause: what it did to the answer of a pool, and to the conclusion."""
    lead, cause = pool.lead, pool.causes[i]
    name, without, after = words.upper_first(cause_name(cause)), lead.without[i], lead.after
    what = f"{words.lower_first(analysis.outcome.name)} {where(pool.name)}"
    if after is None:
        rest = f"with the other changes only, it would be {_effect(without, True)}" if without else "none was there"
        return f"{name} leaves no result for {what}: {rest}."
    if without is None:
        return f"{name} gives the first result for {what}: {_effect(after, True)}, {conclusion(after, arms)}."
    measure = f"the {words.measure_name(after.measure)} of {what}"
    return f"{name} {_move(without, after, measure)}{_share(i, pool)}; {_turn(i, pool, arms)}."


def _move(without: Snapshot, after: Snapshot, measure: str) -> str:
    named = without.measure != after.measure
    was, now = _effect(without, named), _effect(after, named)
    if was == now:
        return f"{'left' if without == after else 'hardly moved'} {measure}, {now}"
    return f"moved {measure} from {was} to {now}"


def _effect(result: Snapshot, named: bool = False) -> str:
    text = formats.effect(result.display.estimate, result.display.ci, result.measure)
    return f"{words.measure_name(result.measure)} {text}" if named else text


def _share(i: int, pool: PoolChange) -> str:
    """Say what part of the whole change is the cause's, where there are others."""
    lead = pool.lead
    found = lead.shares.get("estimate")
    if found is None or len(pool.causes) < 2 or lead.before is None or lead.after is None:
        return ""
    before, after = (formats.estimate(r.display.estimate, r.measure, r.display.ci) for r in (lead.before, lead.after))
    if scale_of(lead.after.measure).is_ratio:
        part = f"a factor of {formats.number(math.exp(found.shares[i]))}"
    else:
        part = formats.number(found.shares[i])
    return f" (its share of the whole change, {before} to {after}, is {part})"


def _turn(i: int, pool: PoolChange, arms: Arms) -> str:
    """Say what a cause did to the conclusion."""
    lead = pool.lead
    was, now = conclusion(lead.without[i], arms), conclusion(lead.after, arms)
    if was != now:
        return f"it turned the conclusion from {was} to {now}"
    if i in lead.flips_alone:
        return f"alone it would have turned the conclusion from {conclusion(lead.before, arms)} to {now}"
    if lead.conclusion_changed:
        return f"the conclusion, {now}, would be the same without it"
    return f"the conclusion stays {now}"


def nothing_moved(study: StudyChange) -> str:
    """Return the sentence about a study that changed and moved no result."""
    what = "removed" if study.now is None else "added" if study.was is None else "changed"
    stands = study.now or study.was
    why = _unmoved(study) if stands == StudyState("included") else f"it is {stands}"
    return f"{study.label} ({what}) moved no result: {why}."


def _unmoved(study: StudyChange) -> str:
    """Say why an included study moved nothing; numbers that nobody has confirmed do not move anything yet."""
    if any(edit.new is True and edit.keys == ("results", "unconfirmed") for edit in study.edits):
        return "nobody has confirmed its new numbers yet"
    return "no analysis of the protocol takes a result of it"


def flips(pool: PoolChange, arms: Arms) -> str:
    """Say which causes lead to the new conclusion: alone, together, and which cannot be missing."""
    lead = pool.lead
    if not lead.conclusion_changed or not pool.causes:
        return ""
    was, now = conclusion(lead.before, arms), conclusion(lead.after, arms)
    return f"The conclusion changed from {was} to {now}{_sets(pool)}."


def _sets(pool: PoolChange) -> str:
    """Return the smallest sets of causes that lead to the new conclusion, in words."""
    lead = pool.lead
    if len(pool.causes) == 1:
        return f" by {cause_name(pool.causes[0])}"
    if lead.smallest is None:
        alone = formats.listing([cause_name(pool.causes[i]) for i in lead.flips_alone], "or")
        needed = formats.listing([cause_name(pool.causes[i]) for i in lead.needed])
        said = [f"{alone} alone would have done it" if alone else "no change alone would have done it"]
        return f": {'; '.join([*said, *([f'not without {needed}'] if needed else [])])}"
    each = [" with ".join(cause_name(pool.causes[i]) for i in group) for group in lead.smallest]
    return (
        f": enough for it is {formats.listing(each, 'or')}{' alone' if all(len(g) == 1 for g in lead.smallest) else ''}"
    )
