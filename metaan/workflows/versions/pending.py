"""Studies that something has been published against, and the signed decisions about them; a release waits for them.

A flag is what PubMed's stored record says, or a notice that the last look at the studies found elsewhere. That of a
retraction needs a decision about the retraction: one about an earlier expression of concern does not answer it, and
one about a notice does not answer the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...registry.flags import SAID
from ...registry.model.study import Status
from ...synthesis.analyse import Choices, analyse
from ..search.notices import names_of, needs_decision, stored_notices

if TYPE_CHECKING:
    from ...registry.load import Review
    from ...registry.model.public import SignedDecision, Study
    from ...registry.store.runs import Notice


@dataclass(frozen=True, slots=True)
class Flagged:
    """An included study with a flag.

    Attributes
    ----------
    about
        ``"retraction"`` or ``"concern"``.
    by
        Who says so.
    notice
        Where the notice stands; empty where nobody names it.
    decision
        The signed decision that stands about it; None where one is missing.
    """

    study: Study
    about: str
    by: str
    notice: str
    decision: SignedDecision | None

    def __str__(self) -> str:
        """Return the flag in words."""
        notice = f" ({self.notice})" if self.notice else ""
        return f"{self.study.label} is {SAID[self.about]} according to {self.by}{notice}"


def flagged_studies(review: Review) -> tuple[Flagged, ...]:
    """Return every included study that is retracted or under concern, in the order of the registry."""
    included = [study for study in review.studies if study.status.state == "included"]
    found = ((study, review.flag(study)) for study in included)
    return tuple(Flagged(study, flag.about, flag.by, flag.notice, flag.answer(study)) for study, flag in found if flag)


def undecided(review: Review) -> tuple[Flagged, ...]:
    """Return the flagged studies that nobody has signed a decision about."""
    return tuple(flag for flag in flagged_studies(review) if flag.decision is None)


def unanswered(review: Review) -> tuple[Notice, ...]:
    """Return what was published about the included studies, short of a retraction, and waits for a decision.

    What the last look at the studies told, and what PubMed's stored record says beyond that.
    """
    found = {study.id: study for study in review.studies if study.status.state == "included"}
    told = {name for notice in review.notices for name in names_of(notice)}
    stored = (
        notice
        for study_id, known in review.metadata.items()
        for notice in stored_notices(study_id, known)
        if not told & names_of(notice)
    )
    every = (*review.notices, *stored)
    return tuple(n for n in every if n.study in found and needs_decision(n, found[n.study]))


def unconfirmed_results(review: Review) -> tuple[str, ...]:
    """Return in words the numbers that the protocol would pool, and that no person has confirmed."""
    analyses = analyse(review, choices=Choices(unconfirmed=True, explore=False))
    rows = (row for analysis in analyses for row in analysis.rows if row.result.unconfirmed)
    return tuple(dict.fromkeys(f"{row.id}: {row.result.outcome}, {row.result.time}" for row in rows))


def without(review: Review, studies: Iterable[str], reason: str) -> Review:
    """Return the review as it would be with studies excluded."""
    out = frozenset(studies)
    status = Status(state="excluded", reason=reason)
    changed = (study.model_copy(update={"status": status}) if study.id in out else study for study in review.studies)
    return replace(review, studies=tuple(changed))


def confirmed(review: Review) -> Review:
    """Return the review as it would be with every unconfirmed number confirmed."""
    return replace(review, studies=tuple(map(_confirmed, review.studies)))


def _confirmed(study: Study) -> Study:
    results = tuple(result.model_copy(update={"unconfirmed": False}) for result in study.results)
    return study.model_copy(update={"results": results}) if results != study.results else study
