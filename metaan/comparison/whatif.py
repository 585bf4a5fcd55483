"""Results that never stood in any registry: the old review with some of its changes, pooled by the protocol.

A state is a bit mask over the causes of a change: bit ``i`` is set where cause ``i`` is in. Every state is pooled once.
A pool of one study is that study, with a between-study variance of 0; a pool of none has no result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..stats.measures.effects import Interval
from ..stats.numerics.numerals import exact
from ..synthesis.grouping import Block, Grouping, grouping
from ..synthesis.lead import favoured, leading
from ..synthesis.pooling import protocol_results
from ..synthesis.selection import Chosen, choose_studies, place

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..registry.model.public import Plan
    from ..stats.pooling.result import Display, Pooled

#: What of a protocol can move a pooled result, in words.
FIELDS = {
    "outcome": "the outcome",
    "measure": "the effect measure",
    "direction": "the direction of the outcome",
    "model": "the models",
    "common_method": "the common-effect method",
    "random_method": "the random-effects method",
    "tau2_method": "the estimator of tau2",
    "ci_method": "the interval of the mean",
    "pi_method": "the prediction interval",
    "level": "the level of intervals",
    "zero_cells": "the correction of zero cells",
    "designs": "the designs taken",
    "time_points": "the time points taken",
    "estimates": "which of several numbers of a study enters",
    "medians": "the conversion of medians",
    "assume": "what is assumed of correlations",
    "sd_from": "whose standard deviation is borrowed",
    "icc_from": "whose intracluster correlation is borrowed",
    "convert": "the conversion of odds ratios",
    "control_risk": "the control risk of that conversion",
    "credible_intervals": "whether credible intervals are taken",
    "convert_units": "the conversion of units",
    "arms": "what becomes of several arms",
    "compare": "the treatments compared",
    "arm": "the arm that a measure of one group is of",
    "within": "the subgroups of people compared",
    "values": "whether final values or changes are taken",
    "structure": "how several results of a study hang together",
}

#: What of a protocol moves no result of a pool, with the reason.
UNMOVING = {
    "id": "it is what an analysis is known by",
    "title": "it is a name",
    "by": "other pools are other results, each compared with what it was",
    "pool_designs": "as by",
    "assumed_risk": "absolute effects are worked out of the pooled result",
    "assumed_risks": "as assumed_risk",
    "assumed_rate": "as assumed_risk",
    "explore": "it stands beside the pooled result",
    "bayes": "a model beside the results, which it does not move",
    "selection": "models beside the results, which they do not move",
    "plot": "it is how a result is drawn",
}

LEAD = "lead"
_PLAN_CAUSES_COMBINED = 4  # with more, a study counts as a cause where it differs under the old or the new protocol


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a change: a study, or a field of the protocol."""

    kind: str  # ``"study"`` or ``"protocol"``
    id: str  # the study's id, or a key of `FIELDS`
    label: str  # what a sentence calls it
    # What happened: ``"added"``, ``"removed"``, ``"corrected"``, ``"now included"``, ``"from DL to REML"`` ...
    change: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One result in one state: analysis scale, with what is needed to show it."""

    k: int
    measure: str
    level: float
    estimate: float
    ci: Interval | None
    pi: Interval | None
    tau2: float
    i2: float
    display: Display  # estimate, confidence and prediction interval on the display scale
    conclusion: str  # the arm that the whole interval favours, ``"unclear"``, ``"no interval"``, or ``"nothing"``


@dataclass(frozen=True, slots=True)
class PlannedAnalysis:
    """One analysis of one review: the plan with its measure, and which side of no effect is good."""

    review: Review
    plan: Plan
    direction: str | None

    def value(self, name: str) -> Any:
        """Return a field of the protocol; the time points and designs as they stand."""
        return self.direction if name == "direction" else getattr(self.plan, name)


def version(review: Review, plan: Plan) -> PlannedAnalysis:
    """Return an analysis of a review with its measure settled."""
    settled = plan.model_copy(update={"measure": review.measure(plan)})
    return PlannedAnalysis(review, settled, review.outcome(plan.outcome).direction)


def plan_causes(old: PlannedAnalysis, new: PlannedAnalysis) -> tuple[Cause, ...]:
    """Return the fields of the protocol that differ and can move a result."""
    both = ((name, old.value(name), new.value(name)) for name in FIELDS)
    return tuple(Cause("protocol", n, FIELDS[n], f"from {_shown(a)} to {_shown(b)}") for n, a, b in both if a != b)


def _shown(value: Any) -> str:
    """Write the value of a field in a sentence."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "any"
    if hasattr(value, "add"):
        return f"{'the usual' if value.add is None else exact(value.add)} ({value.to})"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(one)}" for name, one in value.items()) or "none"
    if hasattr(value, "model_dump"):
        return _shown({name: one for name, one in value.model_dump(by_alias=True).items() if one is not None})
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return exact(value) if isinstance(value, float) else str(value)


def pools_of(version: PlannedAnalysis) -> Grouping:
    """Return the pools of an analysis, as the page has them."""
    chosen, _ = choose_studies(version.review, version.plan)
    return grouping(chosen, version.plan)


#: A study of a pool: its bit (0 where it is no cause), and the rows that are taken of its old and of its new version.
Entry = tuple[int, "tuple[Chosen, ...]", "tuple[Chosen, ...]"]


@dataclass(frozen=True)
class WhatIf:
    """Every state between two versions of one pool."""

    # old, new: the two versions of the analysis
    old: PlannedAnalysis
    new: PlannedAnalysis
    block: Block  # the pool
    causes: tuple[Cause, ...]  # what bits stand for: studies first, then fields of the protocol
    _taken: dict[int, list[Entry]] = field(default_factory=dict, repr=False)
    _results: dict[int, Mapping[str, Snapshot]] = field(default_factory=dict, repr=False)

    def at(self, mask: int) -> Mapping[str, Snapshot]:
        """Return the results of a state by model, and under ``"lead"`` the one that a pool answers with."""
        if mask not in self._results:
            self._results[mask] = self._pool(mask)
        return self._results[mask]

    @property
    def full(self) -> int:
        """The state with all causes."""
        return (1 << len(self.causes)) - 1

    @cached_property
    def _studies(self) -> Mapping[str, int]:
        return {cause.id: 1 << i for i, cause in enumerate(self.causes) if cause.kind == "study"}

    @cached_property
    def _fields(self) -> Mapping[int, str]:
        return {1 << i: cause.id for i, cause in enumerate(self.causes) if cause.kind == "protocol"}

    def _pool(self, mask: int) -> Mapping[str, Snapshot]:
        plan, direction = self._protocol(mask)
        fits = protocol_results(self._members(mask, plan), plan, plan.measure or "")
        found = {model: _snapshot(fit, direction) for model, fit in fits.items()}
        return found | ({LEAD: found[leading(found)]} if found else {})

    def _protocol(self, mask: int) -> tuple[Plan, str | None]:
        """Return the protocol of a state and the direction of its outcome; with all its changes it is the new one."""
        if self._fields and all(mask & bit for bit in self._fields):
            return self.new.plan, self.new.direction
        update = {name: self.new.value(name) for bit, name in self._fields.items() if mask & bit}
        direction = update.pop("direction", self.old.direction)
        return (self.old.plan.model_copy(update=update) if update else self.old.plan), direction

    def _members(self, mask: int, plan: Plan) -> list[Chosen]:
        """Return the studies of the pool: of each study that is a cause the old or the new version, else the new."""
        return [row for bit, was, now in self._entries(mask, plan) for row in (was if bit & ~mask else now)]

    def _entries(self, mask: int, plan: Plan) -> list[Entry]:
        """Return what the pool takes from the old and from the new registry under the protocol of a state."""
        key = mask & sum(self._fields)
        if key not in self._taken:
            before, after = (entries(v.review, plan, self.block) for v in (self.old, self.new))
            ids = sorted(before.keys() | after.keys(), key=lambda i: place((after.get(i) or before[i])[0].study))
            self._taken[key] = [(self._studies.get(i, 0), before.get(i, ()), after.get(i, ())) for i in ids]
        return self._taken[key]


def entries(review: Review, plan: Plan, block: Block) -> dict[str, tuple[Chosen, ...]]:
    """Return what one pool takes from a registry, by study: a row, or one for each of its comparisons."""
    chosen, _ = choose_studies(review, plan)
    found: dict[str, tuple[Chosen, ...]] = {}
    for row in filter(block.holds, chosen):
        found[row.study.id] = (*found.get(row.study.id, ()), row)
    return found


def what_if(
    old: PlannedAnalysis, new: PlannedAnalysis, block: Block, protocol: Sequence[Cause], names: Mapping[str, str]
) -> WhatIf:
    """Return every state between two versions of a pool: its causes are ``protocol`` and the studies that differ.

    ``protocol`` are the fields that changed, ``names`` by its id what happened to each study that changed.
    """
    plans = WhatIf(old, new, block, tuple(protocol))
    several = len(protocol) <= _PLAN_CAUSES_COMBINED
    masks = range(plans.full + 1) if several else (0, plans.full, *(1 << i for i in range(len(protocol))))
    differing: dict[str, str] = {}
    for mask in masks:
        for _, was, now in plans._entries(mask, plans._protocol(mask)[0]):
            if _data(was) != _data(now):
                study = (now or was)[0].study
                differing[study.id] = study.label
    studies = [Cause("study", i, label, names.get(i, "changed")) for i, label in sorted(differing.items())]
    return WhatIf(old, new, block, (*studies, *protocol))


def _data(rows: Sequence[Chosen]) -> list[Any]:
    """Return what is pooled of a study: the data of its arms, or its effects as they were prepared."""
    return [c.data if c.row.yi is None else (c.row.yi, c.row.vi) for c in rows]


def _snapshot(fit: Pooled, direction: str | None) -> Snapshot:
    return Snapshot(
        fit.k, fit.measure, fit.level, fit.estimate, fit.ci, fit.pi, fit.tau2 or 0.0, fit.i2 or 0.0, fit.display,
        favoured(fit.display.ci, fit.measure, direction),
    )  # fmt: skip
