"""Which studies enter an analysis, with which of their results, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..preparation.asked import Asked
from ..preparation.choice import NOT_CONFIRMED, choose
from ..preparation.rows import NotTakenError, Prepared
from .values import Excluded

if TYPE_CHECKING:
    from ..registry.flags import Flag
    from ..registry.load import Review
    from ..registry.model.public import Plan, Result, SignedDecision, Study


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that enters, of a study of some design, and what is against the study.

    ``flag`` says that in words, ``about`` is what a decision about it is about; ``decision`` is the signed decision
    that stands, in words.
    """

    row: Prepared
    design: str
    note: str | None = None
    flag: str | None = None
    about: str | None = None
    decision: str | None = None

    @property
    def study(self) -> Study:
        """The study."""
        return self.row.study

    @property
    def result(self) -> Result:
        """The result that was taken."""
        return self.row.result

    @property
    def data(self) -> Mapping[str, float]:
        """What is pooled, under metafor's names."""
        return self.row.data

    @property
    def label(self) -> str:
        """The study's label, with the comparison where a study has several."""
        return f"{self.study.label} ({self.row.label})" if self.row.label else self.study.label


def choose_studies(
    review: Review, plan: Plan, only: Sequence[str] = (), exclude: Sequence[str] = (), unconfirmed: bool = False
) -> tuple[list[Chosen], list[Excluded]]:
    """Return the studies that enter an analysis, and every other one with the reason.

    Studies are in the order of their publication, then of their label. Numbers that no person has confirmed are taken
    only where ``unconfirmed`` says so, and a confirmed result of the same outcome comes before them.
    """
    asked = Asked.of(review, plan, unconfirmed)
    chosen: list[Chosen] = []
    excluded: list[Excluded] = []
    for study in sorted(review.studies, key=place):
        taken = _take(study, asked, only, exclude, plan.outcome in review.forms.get(study.id, ()))
        if isinstance(taken, str):
            excluded.append(Excluded(study.id, study.label, taken + _excluded_by(review, study)))
        else:
            chosen += [_with_flag(one, review.flag(study)) for one in taken]
    return chosen, excluded


def place(study: Study) -> tuple[str, str]:
    """Return what orders studies: the same ones are always added up in one order, and give the same last digit."""
    return study.citation.published or "9999", study.label


def _with_flag(taken: Chosen, flag: Flag | None) -> Chosen:
    """Put on a study in words what is published against it, and the decision about that."""
    if flag is None:
        return taken
    note = "; ".join(filter(None, (str(flag), taken.note)))
    return replace(taken, flag=str(flag), about=flag.about, decision=_said(flag.answer(taken.study)), note=note)


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
    study: Study, asked: Asked, only: Sequence[str], exclude: Sequence[str], form: bool
) -> tuple[Chosen, ...] | str:
    """Return what enters of a study, or the reason why nothing does."""
    if study.id in exclude or (only and study.id not in only):
        return "left out by the person who ran the analysis"
    if study.status.state == "excluded" or not (study.results or study.status.state == "included"):
        return f"{study.status.state}: {study.status.reason}"
    design = study.design_group
    if design is None:
        return f"a {study.design.kind} is not pooled"
    if not any(result.outcome == asked.plan.outcome for result in study.results):
        return "its form for this outcome is not filled in yet" if form else "does not report this outcome"
    if design not in asked.designs:
        return f"the protocol of this analysis takes no {design} studies"
    try:
        rows = choose(asked, study)
    except NotTakenError as error:
        return error.text
    return tuple(Chosen(row, design, _note(row)) for row in rows)


def _note(row: Prepared) -> str | None:
    mark = NOT_CONFIRMED if row.result.unconfirmed else None
    return "; ".join(filter(None, (mark, *row.said))) or None


def moderator(study: Study, name: str) -> float | str | None:
    """Return a moderator of a study: ``year`` and ``design`` exist for all, others stand in the study file."""
    if name == "year":
        return study.citation.year
    if name == "design":
        return study.design_group
    return next((entry.value for entry in study.moderators if entry.name == name), None)
