"""What the answers of many analyses add up to: how many have none and why, and how many methods disagree about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from .plan import BatchPlan

#: So many different reasons are counted apart; the rest together.
MOST_REASONS = 200
OTHER = "other reasons"
MOST_BAD = 20

_ARRAYS = ("answered", "not_converged", "both", "changed")


@dataclass(slots=True)
class Totals:
    """Sums over parts; `add` them, or `Totals` of other machines."""

    plan: BatchPlan
    analyses: int = 0
    answered: Any = None
    not_converged: Any = None
    both: Any = None
    changed: Any = None
    reasons: Counter[str] = field(default_factory=Counter)
    bad_rows: int = 0
    bad: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin at 0."""
        m = len(self.plan.methods)
        if self.answered is None:
            self.answered, self.not_converged = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
            self.both, self.changed = np.zeros((m, m), dtype=np.int64), np.zeros((m, m), dtype=np.int64)

    def add(
        self, answers: Mapping[str, Any], texts: Sequence[str], bad_rows: int = 0, bad: Sequence[tuple[str, str]] = ()
    ) -> Totals:
        """Count the answers of a part, shape (analyses, methods), whose reasons number ``texts``."""
        self.analyses += len(answers["k"])
        self.answered += (~np.isnan(answers["estimate"])).sum(axis=0)
        self.not_converged += (~answers["converged"]).sum(axis=0)
        sides = answers["conclusion"]
        for i, j in combinations(range(sides.shape[1]), 2):
            known = ~np.isnan(sides[:, i]) & ~np.isnan(sides[:, j])
            self.both[i, j] += int(known.sum())
            self.changed[i, j] += int((known & (sides[:, i] != sides[:, j])).sum())
        codes, counts = np.unique(answers["reason"], return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist()):
            if code >= 0:
                self._reason(texts[code], count)
        self.bad_rows += bad_rows
        self.bad += list(bad)[: MOST_BAD - len(self.bad)]
        return self

    def join(self, other: Totals) -> None:
        """Add the totals of other parts."""
        self.analyses += other.analyses
        for name in _ARRAYS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for why, count in other.reasons.items():
            self._reason(why, count)
        self.bad_rows += other.bad_rows
        self.bad += other.bad[: MOST_BAD - len(self.bad)]

    def _reason(self, why: str, count: int) -> None:
        self.reasons[why if why in self.reasons or len(self.reasons) < MOST_REASONS else OTHER] += count

    def state(self) -> dict[str, Any]:
        """Return all as plain values, from which `of_state` makes it again."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        plain = {"analyses": self.analyses, "reasons": dict(self.reasons), "bad_rows": self.bad_rows, "bad": self.bad}
        return plain | arrays

    @classmethod
    def of_state(cls, plan: BatchPlan, state: Mapping[str, Any]) -> Totals:
        """Return what `state` wrote down."""
        arrays = {name: np.array(state[name], dtype=np.int64) for name in _ARRAYS}
        bad = [(analysis, why) for analysis, why in state["bad"]]
        return cls(
            plan, state["analyses"], reasons=Counter(state["reasons"]), bad_rows=state["bad_rows"], bad=bad, **arrays
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON.

        ``changes`` is the table of pairs of methods: of how many analyses that both answer with an interval, how many
        conclude otherwise (another side of no effect, or none).
        """
        rows = [
            method._asdict()
            | {"answered": int(self.answered[j]), "without": self.analyses - int(self.answered[j])}
            | {"not_converged": int(self.not_converged[j])}
            for j, method in enumerate(self.plan.methods)
        ]
        pairs = [
            {"first": list(self.plan.methods[i]), "second": list(self.plan.methods[j])}
            | {"both": int(self.both[i, j]), "changed": int(self.changed[i, j])}
            for i, j in combinations(range(len(rows)), 2)
        ]
        return {
            "analyses": self.analyses, "measure": self.plan.measure, "level": self.plan.level, "methods": rows,
            "reasons": dict(self.reasons.most_common()), "bad_rows": self.bad_rows,
            "bad": [list(one) for one in self.bad], "changes": pairs,
        }  # fmt: skip
