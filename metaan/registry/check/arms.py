"""The groups of a study: both roles are there, and every result has a number for each arm."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, did_you_mean
from ..model.arms import ARMS
from ..model.study import Study
from .draft import Document, Draft


def both_roles_have_an_arm(draft: Draft) -> Iterator[Problem]:
    """A study that is pooled has an experimental and a control arm."""
    for document in draft.studies:
        study = document.model
        pooled = study.design_group is not None and study.status.state == "included"
        unclear = document.gone("arms") or {"arms", "design", "status"} & {*document.tree.gone}
        if unclear or not (pooled or study.results):
            continue
        for role in ROLES:
            if not study.arm(role):
                found = ", ".join(f"{arm.id}: {arm.role}" for arm in study.arms) or "no arm"
                yield document.problem(
                    ("arms",), f"no arm has the role {role} (found: {found})", "allowed: one of each"
                )


def results_have_both_roles(draft: Draft) -> Iterator[Problem]:
    """A result gives numbers for an arm of each role; an arm that does not report the outcome is absent."""
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            there = {*result.arms, *document.gone("results", i, "arms")}
            for role in ROLES:
                arms = [arm.id for arm in document.model.arm(role)]
                if arms and not there & {*arms, *document.gone("arms")}:
                    found = f"arm {' or '.join(map(repr, arms))} is missing"
                    allowed = f"allowed: numbers of at least one {role} arm"
                    yield document.problem(("results", i, "arms"), found, allowed)


def arms_that_are_named_have_numbers(draft: Draft) -> Iterator[Problem]:
    """An arm of a result that has other numbers is not left empty."""
    keys = ", or ".join(" and ".join(key for key in arm.model_fields if key != "source") for arm in ARMS.values())
    for document in draft.studies:
        for i, result in enumerate(document.model.results):
            arms = document.tree.at(("results", i, "arms")).value
            for arm in arms.keys() - result.arms.keys() if isinstance(arms, dict) else ():
                path = ("results", i, "arms", arm)
                allowed = f"allowed: {keys}, or no entry for an arm that does not report this"
                yield document.problem(path, f"arm {arm!r} is empty", allowed)


def arms_are_known(draft: Draft) -> Iterator[Problem]:
    """Results and baseline numbers name arms of the study."""
    for document in draft.studies:
        known = _known(document)
        if "arms" in document.tree.gone:
            continue
        for i, result in enumerate(document.model.results):
            for arm in result.arms:
                if arm not in known:
                    at = ("results", i, "arms", arm)
                    yield document.problem(at, f"arm {arm!r} is unknown", did_you_mean(arm, known))
        for i, number in enumerate(document.model.baseline):
            if number.arm is not None and number.arm not in known:
                path = ("baseline", i, "arm")
                yield document.problem(path, f"arm {number.arm!r} is unknown", did_you_mean(number.arm, known))


ROLES = ("experimental", "control")


def _known(document: Document[Study]) -> list[str]:
    return [*(arm.id for arm in document.model.arms), *document.gone("arms")]
