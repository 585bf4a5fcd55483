"""What has been published against a study: retractions and expressions of concern, whoever says so.

PubMed's record is stored beside the study file. Notices that the last look at the studies found elsewhere (Crossref
knows retractions of studies that PubMed does not have) stand in the record of that run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model.public import SignedDecision, Study
    from .store.metadata import Metadata
    from .store.runs import Notice, RunRecord

SAID = {"retraction": "retracted", "concern": "under an expression of concern"}
_ABOUT = {"retracted": "retraction", "concern": "concern"}  # severity of a notice -> what a decision is about


@dataclass(frozen=True, slots=True)
class Flag:
    """What is said against a study.

    Attributes
    ----------
    about
        ``"retraction"`` or ``"concern"``, as a decision names it.
    by
        Who says so.
    notice
        Where the notice stands; empty where nobody names it.
    day
        The day on which PubMed's record was first fetched; empty for what another service says.
    since
        The day on which the newest of several notices of the kind was first told; empty where there is one, which
        every decision is about, and where no day is known.
    """

    about: str
    by: str
    notice: str
    day: str = ""
    since: str = ""

    def __str__(self) -> str:
        """Return it in words: ``retracted (PubMed, 2026-11-22)``."""
        return f"{SAID[self.about]} ({', '.join(filter(None, (self.by, self.day or self.notice)))})"

    def answer(self, study: Study) -> SignedDecision | None:
        """Return the decision that stands about it; one from before its newest notice cannot be about that."""
        decision = study.decision(self.about)
        return None if decision is None or decision.date.isoformat() < self.since else decision


def flag_of(study: Study, metadata: Metadata | None, notices: Iterable[Notice]) -> Flag | None:
    """Return what weighs most against a study, PubMed's word first; None where nothing is known."""
    against = [one for one in notices if one.study == study.id and one.severity in _ABOUT]
    said = [*_by_pubmed(metadata), *_by_services(against)]
    found = next((flag for about in SAID for flag in said if flag.about == about), None)
    return None if found is None else replace(found, since=_since(found.about, metadata, against))


def _since(about: str, metadata: Metadata | None, notices: Iterable[Notice]) -> str:
    """Return the day of the newest of several notices; that of each is the first on which anybody told of it."""
    links = metadata.links(about) if metadata else ()
    days = metadata.told if metadata else {}
    told = [(link.names, min((days[name] for name in link.names if name in days), default="")) for link in links]
    told += [(one.names, one.first) for one in notices if _ABOUT[one.severity] == about]
    first: dict[str, str] = {}
    for names, day in told:
        first |= {name: min(day, first.get(name, day)) for name in names}
    found = {min(first[name] for name in names) for names, _ in told}
    return max(found) if len(found) > 1 else ""


def _by_pubmed(metadata: Metadata | None) -> Iterator[Flag]:
    if metadata is not None:
        flags = {"retraction": metadata.retracted, "concern": metadata.concern}
        day = metadata.fetched[:10]
        yield from (Flag(about, "PubMed", metadata.notice(about), day) for about, flagged in flags.items() if flagged)


def _by_services(notices: Iterable[Notice]) -> Iterator[Flag]:
    for notice in notices:
        if notice.by != "PubMed":
            yield Flag(_ABOUT[notice.severity], notice.by, notice.doi or notice.source)


def standing_notices(folder: Path) -> tuple[Notice, ...]:
    """Return the notices of the last look at the studies.

    What a service had said before stands where it was not heard in that look.
    """
    if not (folder / "runs").is_dir():
        return ()
    from .store.runs import read_runs

    return _standing(read_runs(folder))


def _standing(runs: Iterable[RunRecord]) -> tuple[Notice, ...]:
    standing: tuple[Notice, ...] = ()
    for look in (run.recheck for run in runs):
        if look is not None:
            unheard = tuple(notice for notice in standing if notice.by != "PubMed") if look.unasked else ()
            standing = (*look.notices, *unheard)
    return standing
