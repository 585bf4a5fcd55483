"""The protocol: analyses and results name outcomes that review.yaml knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from ..draft import Draft, Path
from ..study_model import Study


def outcomes_are_known(draft: Draft) -> Iterator[Problem]:
    """Every outcome that a study or an analysis names is one of the review's."""
    if draft.review is None or not draft.outcomes:
        return
    for i, plan in enumerate(draft.review.model.analyses):
        if plan.outcome not in draft.outcomes:
            allowed = did_you_mean(plan.outcome, draft.outcomes)
            yield draft.review.problem(("analyses", i, "outcome"), f"outcome {plan.outcome!r} is unknown", allowed)
    for study in draft.studies:
        for path, outcome in _outcomes(study.model):
            if outcome not in draft.outcomes:
                allowed = f"{did_you_mean(outcome, draft.outcomes)} (the outcomes of review.yaml)"
                yield study.problem(path, f"outcome {outcome!r} is unknown", allowed)


def analyses_are_told_apart(draft: Draft) -> Iterator[Problem]:
    """Two analyses of one outcome have ids."""
    seen: set[str] = set()
    for i, plan in enumerate(draft.review.model.analyses if draft.review else ()):
        if plan.key in seen:
            assert draft.review is not None
            found = f"a second analysis is called {plan.key!r}"
            yield draft.review.problem(("analyses", i), found, "allowed: an 'id:' of its own for each")
        seen.add(plan.key)


def nearest_has_a_day(draft: Draft) -> Iterator[Problem]:
    """``nearest`` stands after a day that it can be near to."""
    for i, plan in enumerate(draft.review.model.analyses if draft.review else ()):
        times = list(plan.time_points)
        if "nearest" in times and not any(re.search(r"\d", time) for time in times[: times.index("nearest")]):
            assert draft.review is not None
            allowed = "allowed: after a day, such as [day 28, nearest]"
            yield draft.review.problem(("analyses", i, "time_points"), "'nearest' has no day to be near to", allowed)


def related_studies_are_known(draft: Draft) -> Iterator[Problem]:
    """A relation to a study names one of this registry."""
    known = [document.stem for document in draft.studies]
    for document in draft.studies:
        for i, relation in enumerate(document.model.relations):
            if relation.study is not None and relation.study not in known:
                found = f"study {relation.study!r} is unknown"
                yield document.problem(("relations", i, "study"), found, did_you_mean(relation.study, known))


def _outcomes(study: Study) -> Iterator[tuple[Path, str]]:
    """Yield every outcome that a study names, with its place."""
    for i, result in enumerate(study.results):
        yield ("results", i, "outcome"), result.outcome
    for i, pool in enumerate(study.published_pools):
        yield ("published_pools", i, "outcome"), pool.outcome
    for i, judged in enumerate(study.risk_of_bias):
        if judged.outcome is not None:
            yield ("risk_of_bias", i, "outcome"), judged.outcome
