"""The groups of a study: both roles are there, and every result has a number for each arm."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from ..model.arms import ARMS, ArmNumbers
from ..model.study import Study
from .draft import Document, Draft, Path
from .effects import effects_of


def both_roles_have_an_arm(draft: Draft) -> Iterator[Problem]:
    """A study that is pooled has an experimental and a control arm, unless it is of one group or has effects only."""
    for document in draft.studies:
        study = document.model
        pooled = study.design_group is not None and study.status.state == "included"
        unclear = document.gone("arms") or {"arms", "design", "status"} & {*document.tree.gone}
        if unclear or not (pooled or study.results) or (study.results and not any(_compared(draft, study))):
            continue
        for role in ROLES:
            if not study.arm(role):
                found = ", ".join(f"{arm.id}: {arm.role}" for arm in study.arms) or "no arm"
                yield document.problem(
                    ("arms",), f"no arm has the role {role} (found: {found})", "allowed: one of each"
                )


def treatments_are_known(draft: Draft) -> Iterator[Problem]:
    """Arms and analyses name treatments that review.yaml lists, and without such a list arms that a study has."""
    if draft.review is None:
        return
    known = [one.id for one in draft.review.model.treatments]
    arms = {arm for document in draft.studies for arm in _known(document)}
    for document in draft.studies:
        for i, arm in enumerate(document.model.arms):
            if arm.treatment is not None and arm.treatment not in known:
                found = f"treatment {arm.treatment!r} is unknown"
                allowed = f"{did_you_mean(arm.treatment, known)} (treatments: of review.yaml)"
                yield document.problem(("arms", i, "treatment"), found, allowed)
    for i, plan in enumerate(draft.review.model.analyses):
        for j, name in enumerate(plan.compare or ()):
            if name not in (known or arms):
                what = "treatment" if known else "arm of a study"
                found = f"{name!r} is no {what}"
                yield draft.review.problem(
                    ("analyses", i, "compare", j), found, did_you_mean(name, known or sorted(arms))
                )


def _compared(draft: Draft, study: Study) -> Iterator[bool]:
    """Yield for each result whether it needs an arm of each role."""
    for result in study.results:
        one_group = study.design.kind == "single-arm" or "correlations" in result.kinds
        yield not (one_group or result.outcome in draft.one_group) and bool(result.arms) and not result.effects


def results_have_both_roles(draft: Draft) -> Iterator[Problem]:
    """A result gives numbers for an arm of each role; an arm that does not report the outcome is absent."""
    for document in draft.studies:
        for i, compared in enumerate(_compared(draft, document.model)):
            result = document.model.results[i]
            there = {*result.arms, *document.gone("results", i, "arms")}
            for role in ROLES if compared else ():
                arms = [arm.id for arm in document.model.arm(role)]
                if arms and not there & {*arms, *document.gone("arms")}:
                    found = f"arm {' or '.join(map(repr, arms))} is missing"
                    allowed = f"allowed: numbers of at least one {role} arm"
                    yield document.problem(("results", i, "arms"), found, allowed)


def arms_that_are_named_have_numbers(draft: Draft) -> Iterator[Problem]:
    """An arm of a result that has other numbers is not left empty."""
    keys = "; or ".join(" and ".join(_needed(arm)) for arm in ARMS.values())
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            node = document.tree.at(("results", i)).child("arms")
            arms = node.value if node is not None and isinstance(node.value, dict) else {}
            for arm in arms.keys() - result.arms.keys():
                path = ("results", i, "arms", arm)
                allowed = f"allowed: {keys}; or no entry for an arm that does not report this"
                yield document.problem(path, f"arm {arm!r} is empty", allowed)


def _needed(arm: type[ArmNumbers]) -> list[str]:
    return [key for key, field in arm.model_fields.items() if field.is_required()]


def arms_are_known(draft: Draft) -> Iterator[Problem]:
    """Results, effects and baseline numbers name arms of the study."""
    for document, path, arm in _named(draft):
        known = _known(document)
        if arm not in known and "arms" not in document.tree.gone:
            yield document.problem(path, f"arm {arm!r} is unknown", did_you_mean(arm, known))


def _named(draft: Draft) -> Iterator[tuple[Document[Study], Path, str]]:
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            yield from ((document, ("results", i, "arms", arm), arm) for arm in result.arms)
        for i, number in enumerate(document.model.baseline):
            if number.arm is not None:
                yield document, ("baseline", i, "arm"), number.arm
    for document, path, effect in effects_of(draft):
        yield from ((document, (*path, "arms"), arm) for arm in effect.arms or ())


ROLES = ("experimental", "control")


def _known(document: Document[Study]) -> list[str]:
    return [*(arm.id for arm in document.model.arms), *document.gone("arms")]
