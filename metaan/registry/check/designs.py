"""Design and status: what is pooled is a study with a control arm, and what is left out has a reason."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem
from .draft import Draft


def state_has_a_reason(draft: Draft) -> Iterator[Problem]:
    """A study that does not take part says why."""
    for document in draft.studies:
        status = document.model.status
        if status.state != "included" and status.reason is None and "reason" not in document.gone("status"):
            yield document.problem(
                ("status",), f"{status.state}, without a reason", "allowed: 'reason:' with its words"
            )


def control_has_a_kind(draft: Draft) -> Iterator[Problem]:
    """A study that is not randomised says what its controls are, as soon as it has numbers."""
    for document in draft.studies:
        design, status = document.model.design, document.model.status
        if status.state == "awaiting data" and not document.model.results:
            continue
        if design.kind == "non-randomised" and design.control is None and "control" not in document.gone("design"):
            allowed = "allowed: 'control:' with its kind, such as historical, matched, propensity-matched, concurrent"
            yield document.problem(("design",), "non-randomised, and the kind of control is not said", allowed)


def only_studies_are_pooled(draft: Draft) -> Iterator[Problem]:
    """Reviews and case series are never included, and have no results to pool."""
    for document in draft.studies:
        study = document.model
        if study.design_group is not None or "design" in document.tree.gone:
            continue
        kind = study.design.kind
        if study.status.state == "included":
            allowed = "allowed: state excluded, with a reason"
            yield document.problem(("status", "state"), f"a {kind} is never pooled with studies", allowed)
        if study.results:
            allowed = "allowed: published_pools for what a systematic review pooled"
            yield document.problem(("results",), f"results of arms in a {kind}", allowed)


def only_reviews_have_pools(draft: Draft) -> Iterator[Problem]:
    """Only a systematic review has pooled results of others."""
    for document in draft.studies:
        study = document.model
        sound = study.design.kind == "systematic review" or "design" in document.tree.gone
        if study.published_pools and not sound:
            found = f"published pools in a study of design {study.design.kind!r}"
            yield document.problem(("published_pools",), found, "allowed: in a systematic review")
