"""Signed decisions about flagged studies: one stands, and the study's status follows it."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem
from .draft import Draft


def decisions_are_followed(draft: Draft) -> Iterator[Problem]:
    """A study that a decision excludes is excluded."""
    for document in draft.studies:
        study = document.model
        if "status" in document.tree.gone:
            continue
        for i, decision in enumerate(study.decisions):
            stands = study.decision(decision.about) == decision
            if stands and decision.decision == "exclude" and study.status.state != "excluded":
                found = f"{decision.by} decided to exclude on {decision.date}, but the study is {study.status.state}"
                allowed = "allowed: status {state: excluded, reason: ...}, or a later decision"
                yield document.problem(("decisions", i, "decision"), found, allowed)


def one_decision_stands(draft: Draft) -> Iterator[Problem]:
    """Two decisions about one thing are of different days, so that the later one stands."""
    for document in draft.studies:
        seen = set()
        for i, decision in enumerate(document.model.decisions):
            key = (decision.about, decision.date)
            if key in seen:
                found = f"a second decision about the {decision.about} on {decision.date}"
                yield document.problem(("decisions", i), found, "allowed: one a day, the latest stands")
            seen.add(key)
