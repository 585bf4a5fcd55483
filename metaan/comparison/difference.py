"""What changed between two versions of a review, and which change did what to each conclusion.

`compare` is the way in. A change of a result has causes: studies that were added, removed or corrected, and fields of
the protocol. Every result is attributed to them by Shapley's value (`metaan.stats.evidence.attribution`), on the
analysis scale, beside the results without it and with it alone. What nothing can be pooled from has no result: a change
from or to such a state is not shared out, and orders of the causes that pass through one do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import NotEstimableError
from ..stats.evidence.attribution import EXACT_UP_TO, Attribution, attribute, minimal_sets
from ..stats.measures.catalogue import scale_of
from ..synthesis.grouping import Block, Grouping
from ..synthesis.lead import LEADING, NOTHING, leading
from .edits import Edit, StudyChange, review_edits, study_changes
from .renames import follow
from .whatif import LEAD, Cause, PlannedAnalysis, Snapshot, WhatIf, plan_causes, pools_of, version, what_if

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import Outcome, Plan

#: The numbers that are shared out among the causes; all on the analysis scale.
QUANTITIES: dict[str, Callable[[Snapshot], float | None]] = {
    "estimate": lambda result: result.estimate,
    "lb": lambda result: result.ci and result.ci.lb,
    "ub": lambda result: result.ci and result.ci.ub,
    "tau2": lambda result: result.tau2,
}


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """One result before and after, and what each cause did to it. Causes are those of its pool, by position."""

    model: str  # ``"common"``, ``"random"``, or ``"lead"`` where the two versions answer with different models
    # before, after: None where there was, or is, nothing to pool
    before: Snapshot | None
    after: Snapshot | None
    # By a key of `QUANTITIES`; empty where nothing is shared out, and ``refused`` says why
    shares: Mapping[str, Attribution]
    refused: str | None
    # alone, without: for each cause the result with it as the only change, and the result with every change but this
    # one
    alone: tuple[Snapshot | None, ...]
    without: tuple[Snapshot | None, ...]
    # The share of each cause in the change of the conclusion (adding up to 1); None where it did not change
    conclusion: Attribution | None
    # flips_alone, needed: the causes which alone lead to the new conclusion, and those without which it would not be
    # reached
    flips_alone: tuple[int, ...] = ()
    needed: tuple[int, ...] = ()
    # The smallest sets of causes that lead to the new conclusion; None where there are too many causes to try all
    smallest: tuple[tuple[int, ...], ...] | None = ()

    @property
    def conclusion_changed(self) -> bool:
        """Whether the result favours another side than before."""
        return conclusion_of(self.before) != conclusion_of(self.after)


@dataclass(frozen=True, slots=True)
class PoolChange:
    """One pool of an analysis before and after; ``series`` has the result it answers with first."""

    name: str
    causes: tuple[Cause, ...]
    series: tuple[SeriesChange, ...]

    @property
    def lead(self) -> SeriesChange:
        """The result that the pool answers with."""
        return self.series[0]


@dataclass(frozen=True, slots=True)
class AnalysisChange:
    """One analysis of the protocol before and after.

    ``change`` is ``"added"`` or ``"removed"`` where only one protocol has it, else ``""``; ``plan`` and ``outcome`` are
    the new ones where there are new ones.
    """

    key: str
    change: str
    plan: Plan
    outcome: Outcome
    measure: str
    pools: tuple[PoolChange, ...]

    @property
    def conclusion_changed(self) -> bool:
        """Whether the answer of one of its pools favours another side than before."""
        return any(pool.lead.conclusion_changed for pool in self.pools)


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two versions of a review.

    Attributes
    ----------
    old_name, new_name
        What the versions are called (``"HEAD"``, ``"the working tree"`` ...).
    studies
        The studies that are not what they were.
    protocol
        The values of review.yaml that are not what they were.
    analyses
        Every analysis of either protocol, those that did not change included.
    """

    old_name: str
    new_name: str
    old: Review
    new: Review
    studies: tuple[StudyChange, ...]
    protocol: tuple[Edit, ...]
    analyses: tuple[AnalysisChange, ...]

    @property
    def changed(self) -> bool:
        """Whether anything changed."""
        return bool(self.studies or self.protocol)

    @property
    def conclusion_changed(self) -> bool:
        """Whether the conclusion of any analysis changed."""
        return any(analysis.conclusion_changed for analysis in self.analyses)


def compare(old: Review, new: Review, old_name: str = "before", new_name: str = "after") -> Difference:
    """Compare two versions of a review.

    Parameters
    ----------
    old, new
        What `metaan.load` returned.
    old_name, new_name
        What to call them.

    Examples
    --------
    >>> import metaan as ma
    >>> review = ma.load(ma.example("anakinra"))
    >>> difference = compare(review, review)
    >>> difference.changed, [analysis.key for analysis in difference.analyses][:2]
    (False, ['clinical-failure', 'death'])
    """
    old = follow(old, new)
    studies = study_changes(old, new)
    names = {change.id: _happened(change) for change in studies}
    before, after = ({plan.key: version(review, plan) for plan in review.info.analyses} for review in (old, new))
    keys = dict.fromkeys((*after, *before))
    analyses = tuple(_analysis(key, before.get(key), after.get(key), names) for key in keys)
    return Difference(old_name, new_name, old, new, studies, review_edits(old, new), analyses)


def conclusion_of(result: Snapshot | None) -> str:
    """Return the arm a result favours, ``"unclear"``, or ``"nothing"`` where there is none."""
    return NOTHING if result is None else result.conclusion


def _happened(change: StudyChange) -> str:
    """Say what happened to a study, for a sentence about what it did."""
    if "status" in change.kinds and change.now is not None:
        return f"now {change.now.short}"
    return next((kind for kind in ("added", "removed", "corrected", "confirmed") if kind in change.kinds), "edited")


def _analysis(
    key: str, was: PlannedAnalysis | None, now: PlannedAnalysis | None, names: Mapping[str, str]
) -> AnalysisChange:
    present = now or was
    assert present is not None
    change = "added" if was is None else "removed" if now is None else ""
    plan, outcome = present.plan, present.review.outcome(present.plan.outcome)
    return AnalysisChange(key, change, plan, outcome, plan.measure or "", tuple(_pools(was, now, names)))


def _pools(was: PlannedAnalysis | None, now: PlannedAnalysis | None, names: Mapping[str, str]) -> list[PoolChange]:
    old, new = (pools_of(one) if one else Grouping() for one in (was, now))
    pools = _told_apart(dict.fromkeys((*new.pools, *old.pools)))
    if was is None or now is None:
        return [_only_one(block, was, now) for block in pools]
    kept = (was.plan.by, was.plan.pool_designs) == (now.plan.by, now.plan.pool_designs)
    lost = {total for total, other in ((old.total, new), (new.total, old)) if other.apart}
    both = [block for block in pools if (block in old.pools and block in new.pools) or (kept and block not in lost)]
    rest = [block for block in pools if block not in both]
    shared = [_pool(was, now, block, names) for block in both]
    return shared + [_only_one(b, was if b in old.pools else None, now if b in new.pools else None) for b in rest]


def _told_apart(blocks: Iterable[Block]) -> list[Block]:
    """Return the pools with a name of its own for each."""
    found = list(blocks)
    times = Counter(block.name for block in found)
    return [replace(block, name=block.full_name) if times[block.name] > 1 else block for block in found]


def _only_one(block: Block, was: PlannedAnalysis | None, now: PlannedAnalysis | None) -> PoolChange:
    """Return a pool that only one version has: what it answers with, and no causes."""
    present = now or was
    assert present is not None
    result = WhatIf(present, present, block, ()).at(0).get(LEAD)
    before, after = (None, result) if was is None else (result, None)
    why = "there was no such pool before" if was is None else "there is no such pool any more"
    return PoolChange(
        block.name, (), (SeriesChange(leading(present.plan.model), before, after, {}, why, (), (), None),)
    )


def _pool(was: PlannedAnalysis, now: PlannedAnalysis, block: Block, names: Mapping[str, str]) -> PoolChange:
    lead, after = leading(was.plan.model), leading(now.plan.model)
    lead = lead if lead == after else LEAD
    protocol = [cause for cause in plan_causes(was, now) if cause.id != "model" or lead == LEAD]
    states = what_if(was, now, block, protocol, names)
    models = [m for m in LEADING if m in was.plan.model and m in now.plan.model and m != lead]
    return PoolChange(block.name, states.causes, tuple(_series(model, states) for model in (lead, *models)))


def _series(model: str, states: WhatIf) -> SeriesChange:
    n = len(states.causes)

    def at(mask: int) -> Snapshot | None:
        return states.at(mask).get(model)

    before, after = at(0), at(states.full)
    shares, refused = _shares(at, n, before, after)
    alone, without = (tuple(at(base ^ 1 << i) for i in range(n)) for base in (0, states.full))
    change = SeriesChange(model, before, after, shares, refused, alone, without, None)
    return _with_conclusion(change, at, n) if change.conclusion_changed else change


def _shares(
    at: Callable[[int], Snapshot | None], n: int, before: Snapshot | None, after: Snapshot | None
) -> tuple[dict[str, Attribution], str | None]:
    """Return what is shared out, or why nothing is."""
    if before is None or after is None:
        return {}, f"there is no result {'before' if before is None else 'after'}"
    if scale_of(before.measure).is_ratio != scale_of(after.measure).is_ratio:
        return {}, f"{before.measure} and {after.measure} are on different scales"

    def number(read: Callable[[Snapshot], float | None]) -> Callable[[int], float | None]:
        return lambda mask: None if (result := at(mask)) is None else read(result)

    try:
        return {name: attribute(number(read), n) for name, read in QUANTITIES.items()}, None
    except NotEstimableError as error:
        return {}, str(error)


def _with_conclusion(change: SeriesChange, at: Callable[[int], Snapshot | None], n: int) -> SeriesChange:
    """Add which causes, and which sets of them, lead to the new conclusion."""
    new = conclusion_of(change.after)
    full = (1 << n) - 1

    def reached(mask: int) -> bool:
        return conclusion_of(at(mask)) == new

    return replace(
        change,
        conclusion=attribute(lambda mask: float(reached(mask)), n),
        flips_alone=tuple(i for i in range(n) if reached(1 << i)),
        needed=tuple(i for i in range(n) if not reached(full ^ 1 << i)),
        smallest=minimal_sets(reached, n) if n <= EXACT_UP_TO else None,
    )  # fmt: skip
