"""The protocol: analyses and results name outcomes that review.yaml knows."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ...errors import Problem, did_you_mean
from ..model.study import Study
from ..model.times import NEAREST, middle, within
from ..model.types import COMMON_CODES, of_one_arm
from ..text.nodes import Node
from .draft import Document, Draft, Path, outcomes_of_forms, where


def outcomes_are_known(draft: Draft) -> Iterator[Problem]:
    """Every outcome that a study or an analysis names is one of the review's."""
    if draft.review is None or not draft.outcomes:
        return
    for i, plan in enumerate(draft.review.model.analyses):
        if plan.outcome not in draft.outcomes:
            allowed = did_you_mean(plan.outcome, draft.outcomes)
            yield draft.review.problem(("analyses", i, "outcome"), f"outcome {plan.outcome!r} is unknown", allowed)
    for study in draft.studies:
        for node, at, outcome in _outcomes(study):
            if outcome not in draft.outcomes:
                allowed = f"{did_you_mean(outcome, draft.outcomes)} (the outcomes of review.yaml)"
                yield Problem(study.file, node.line, at, f"outcome {outcome!r} is unknown", allowed)


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
    """``nearest`` stands after a time that it can be near to, and a window has two ends."""
    for i, plan in enumerate(draft.review.model.analyses if draft.review else ()):
        assert draft.review is not None
        times = list(plan.time_points)
        before = times[: times.index(NEAREST)] if NEAREST in times else [None]
        if not any(time is None or middle(time) is not None for time in before):
            allowed = "allowed: after a day, such as [day 28, nearest]"
            yield draft.review.problem(("analyses", i, "time_points"), "'nearest' has no day to be near to", allowed)
        for j, time in enumerate(times):
            if isinstance(time, str) and time != NEAREST and _means_nearest(time):
                found, allowed = f"{time!r} is neither a time nor 'nearest'", f"did you mean {NEAREST}?"
                yield draft.review.problem(("analyses", i, "time_points", j), found, allowed)
            if not isinstance(time, str) and not within(time, time.start):
                allowed = "allowed: two times, the earlier first, such as {from: day 21, to: day 35}"
                yield draft.review.problem(("analyses", i, "time_points", j), f"{time} is no window", allowed)


def comparisons_have_a_direction(draft: Draft) -> Iterator[Problem]:
    """An outcome of one group that an analysis compares between two says what more of it is for patients."""
    if draft.review is None:
        return
    without = {outcome.id for outcome in draft.review.model.outcomes if outcome.direction is None}
    for i, plan in enumerate(draft.review.model.analyses):
        if plan.outcome in without and plan.measure is not None and not of_one_arm(plan.measure):
            found = f"{plan.measure} compares two arms, and the outcome {plan.outcome!r} has no direction"
            yield draft.review.problem(("analyses", i, "measure"), found, "allowed: 'direction: good' or bad, there")


def methods_go_together(draft: Draft) -> Iterator[Problem]:
    """An interval that needs an estimator of tau2 has it; what a structure decides is not asked for beside it."""
    yield from _beside_a_structure(draft)
    for i, plan in enumerate(draft.review.model.analyses if draft.review else ()):
        if plan.ci_method in COMMON_CODES["ci"]:
            continue
        from ...stats.pooling.pool import PLAIN_ONLY

        methods = PLAIN_ONLY.get(plan.ci_method)
        if methods and plan.tau2_method not in methods:
            assert draft.review is not None
            found = f"{plan.ci_method} with tau2_method {plan.tau2_method}"
            yield draft.review.problem(("analyses", i, "ci_method"), found, f"allowed: with {' or '.join(methods)}")


def _beside_a_structure(draft: Draft) -> Iterator[Problem]:
    """Yield what an analysis asks for that its structure leaves no choice of."""
    for i, plan in enumerate(draft.review.model.analyses if draft.review else ()):
        if plan.structure is None or plan.structure.model == "independent":
            continue
        assert draft.review is not None
        for name, (only, instead) in DECIDED.items():
            given = getattr(plan, name)
            if name in plan.model_fields_set and given not in only:
                found = f"{name} {given} beside structure: {plan.structure.model}"
                yield draft.review.problem(("analyses", i, name), found, f"allowed: {instead}")


#: What a structure decides: key of an analysis to the values that say the same, and what is done instead.
DECIDED: dict[str, tuple[tuple[object, ...], str]] = {
    "common_method": (("IV",), "IV, or nothing: a structure pools effects with their covariance"),
    "random_method": (("IV",), "IV, or nothing: a structure pools effects with their covariance"),
    "tau2_method": (("REML",), "REML, or nothing: its variances are by restricted maximum likelihood"),
    "ci_method": ((), "no ci_method: intervals are cluster-robust (CR2)"),
    "pi_method": ((), "no pi_method: the prediction interval goes with the cluster-robust one"),
    "within": ((None,), "no within: subgroups of people are rows of their own"),
}


def _means_nearest(time: str) -> bool:
    return not SAY_NEAREST.isdisjoint(time.casefold().split()) or bool(
        get_close_matches(time.casefold(), [NEAREST], cutoff=0.75)
    )


#: Words with which people ask for the nearest time.
SAY_NEAREST = frozenset((NEAREST, "closest", "nearby"))


def related_studies_are_known(draft: Draft) -> Iterator[Problem]:
    """A relation to a study names one of this registry."""
    known = [document.stem for document in draft.studies]
    for document in draft.studies:
        for i, relation in enumerate(document.model.relations):
            if relation.study is not None and relation.study not in known:
                found = f"study {relation.study!r} is unknown"
                yield document.problem(("relations", i, "study"), found, did_you_mean(relation.study, known))


def _outcomes(document: Document[Study]) -> Iterator[tuple[Node, str, str]]:
    """Yield every outcome that a study names, forms included, with its node and its place in words."""
    study = document.model
    named: list[tuple[Path, str | None]] = [
        *((("results", i, "outcome"), result.outcome) for i, result in enumerate(study.results)),
        *((("published_pools", i, "outcome"), pool.outcome) for i, pool in enumerate(study.published_pools)),
        *((("published_judgements", i, "outcome"), one.outcome) for i, one in enumerate(study.published_judgements)),
        *((("risk_of_bias", i, "outcome"), judged.outcome) for i, judged in enumerate(study.risk_of_bias)),
    ]
    yield from ((document.tree.at(at), where(document.tree, at), name) for at, name in named if name is not None)
    for outcome in outcomes_of_forms(document):
        yield outcome, f"results[{outcome.value}].outcome", outcome.value
