"""Which studies enter an analysis, with which of their results, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..registry.model.times import in_order
from .kinds import data_by_role
from .values import Excluded

if TYPE_CHECKING:
    from ..registry.flags import Flag
    from ..registry.load import Review
    from ..registry.model.public import Plan, Result, SignedDecision, Study
    from ..registry.model.times import TimePoint

NOT_CONFIRMED = "its numbers are not confirmed yet"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A study that enters, the result taken from it, its numbers under metafor's names, and what is against it.

    ``flag`` says that in words, ``about`` is what a decision about it is about; ``decision`` is the signed decision
    that stands, in words.
    """

    study: Study
    result: Result
    design: str
    data: Mapping[str, float]
    note: str | None = None
    flag: str | None = None
    about: str | None = None
    decision: str | None = None


def choose_studies(
    review: Review, plan: Plan, only: Sequence[str] = (), exclude: Sequence[str] = (), unconfirmed: bool = False
) -> tuple[list[Chosen], list[Excluded]]:
    """Return the studies that enter an analysis, and every other one with the reason.

    Studies are in the order of their publication, then of their label. Numbers that no person has confirmed are taken
    only where ``unconfirmed`` says so, and a confirmed result of the same outcome comes before them.
    """
    chosen: list[Chosen] = []
    excluded: list[Excluded] = []
    for study in sorted(review.studies, key=place):
        taken = _take(study, plan, only, exclude, unconfirmed, plan.outcome in review.forms.get(study.id, ()))
        if isinstance(taken, str):
            excluded.append(Excluded(study.id, study.label, taken + _excluded_by(review, study)))
        else:
            chosen.append(_with_flag(taken, review.flag(study)))
    return chosen, excluded


def place(study: Study) -> tuple[str, str]:
    """Return what orders studies: the same ones are always added up in one order, and give the same last digit."""
    return study.citation.published or "9999", study.label


def _with_flag(taken: Chosen, flag: Flag | None) -> Chosen:
    """Put on a study in words what is published against it, and the decision about that."""
    if flag is None:
        return taken
    note = "; ".join(filter(None, (str(flag), taken.note)))
    return replace(taken, flag=str(flag), about=flag.about, decision=_said(taken.study.decision(flag.about)), note=note)


def _said(decision: SignedDecision | None) -> str | None:
    return None if decision is None else str(decision)


def _excluded_by(review: Review, study: Study) -> str:
    """Return the signed decisions that exclude a study, each with the notice it is about; empty where none does."""
    if study.status.state != "excluded":
        return ""
    metadata, said = review.metadata.get(study.id), ""
    for about in dict.fromkeys(decision.about for decision in study.decisions):
        stands = study.decision(about)
        if stands is not None and stands.decision == "exclude":
            notice = metadata.notice(about) if metadata else ""
            said += f"; {about}: {stands}" + (f" (notice: {notice})" if notice else "")
    return said


def _take(
    study: Study, plan: Plan, only: Sequence[str], exclude: Sequence[str], unconfirmed: bool, form: bool
) -> Chosen | str:
    """Return what enters of a study, or the reason why nothing does."""
    if study.id in exclude or (only and study.id not in only):
        return "left out by the person who ran the analysis"
    if study.status.state == "excluded" or not (study.results or study.status.state == "included"):
        return f"{study.status.state}: {study.status.reason}"
    design = study.design_group
    if design is None:
        return f"a {study.design.kind} is not pooled"
    results = [result for result in study.results if result.outcome == plan.outcome]
    if not results:
        return "its form for this outcome is not filled in yet" if form else "does not report this outcome"
    if design not in plan.designs:
        return f"the protocol of this analysis takes no {design} studies"
    confirmed = [result for result in results if not result.unconfirmed]
    if not (confirmed or unconfirmed):
        return NOT_CONFIRMED
    result = preferred(confirmed, plan.time_points) if confirmed else None
    if result is None and unconfirmed:
        result = preferred(results, plan.time_points)
    if result is None:
        found = ", ".join(result.time for result in results)
        points = ", ".join(map(str, plan.time_points))
        return f"reports this outcome at {found}; the protocol takes {points} (time_points in review.yaml)"
    data, note = data_by_role(study, result)
    mark = NOT_CONFIRMED if result.unconfirmed else None
    return Chosen(study, result, design, data, "; ".join(filter(None, (mark, note))) or None)


def preferred(results: Sequence[Result], time_points: Sequence[TimePoint]) -> Result | None:
    """Return the result at the first time point that the protocol prefers and the study has.

    Parameters
    ----------
    results
        Of one study and one outcome, at least one.
    time_points
        In order of preference, as in `metaan.registry.model.times`. Empty: the primary result, else the first.
    """
    if not time_points:
        return next((result for result in results if result.primary), results[0])
    first = next(in_order([result.time for result in results], time_points), None)
    return None if first is None else results[first]


def moderator(study: Study, name: str) -> float | str | None:
    """Return a moderator of a study: ``year`` and ``design`` exist for all, others stand in the study file."""
    if name == "year":
        return study.citation.year
    if name == "design":
        return study.design_group
    return next((entry.value for entry in study.moderators if entry.name == name), None)
