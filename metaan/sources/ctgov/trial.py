"""A study of ClinicalTrials.gov (API version 2) -> `Trial`; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...records.identifiers import normalise_pmid, normalise_registration
from ...records.markup import escape
from ...records.record import AbstractPart, Record
from ..formats.json_text import canonical, items_at, text_at, texts_at, value_at, whole_at
from ..net.answers import UnreadableError
from .results import Results
from .results_parse import parse_results

_NCT = re.compile(r"NCT0*[1-9]\d{0,7}", re.IGNORECASE)
_DAY = re.compile(r"\d{4}(-\d\d){0,2}")


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is given or done; ``kind`` is DRUG, DEVICE ..."""

    kind: str | None
    name: str
    description: str | None = None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedArm:
    """An arm as registered; ``kind`` is EXPERIMENTAL, PLACEBO_COMPARATOR ..."""

    label: str
    kind: str | None = None
    description: str | None = None
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialDates:
    """Days as precise as the registry has them: "2021", "2021-02" or "2021-02-05"."""

    start: str | None = None
    primary_completion: str | None = None
    completion: str | None = None
    first_posted: str | None = None
    last_updated: str | None = None
    results_posted: str | None = None


@dataclass(frozen=True, slots=True)
class TrialReference:
    """A publication; ``kind`` is RESULT (by the sponsor), DERIVED (matched by machine) or BACKGROUND (no result)."""

    kind: str | None
    citation: str
    pmid: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One registered study; what the registry does not say is None or empty.

    Attributes
    ----------
    aliases
        Numbers under which it was registered before.
    status
        The registry's word, such as COMPLETED.
    enrolled, enrolment
        How many, and whether that is ACTUAL or ESTIMATED.
    allocation
        RANDOMIZED, NON_RANDOMIZED or NA.
    other_ids
        Numbers in other registries and of sponsors.
    results
        None unless the whole study was asked for and results are posted.
    digest
        sha256 of the study, its keys sorted.
    """

    nct_id: str
    brief_title: str = ""
    official_title: str | None = None
    acronym: str | None = None
    aliases: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    status: str | None = None
    why_stopped: str | None = None
    study_type: str | None = None
    phases: tuple[str, ...] = ()
    allocation: str | None = None
    intervention_model: str | None = None
    masking: str | None = None
    enrolled: int | None = None
    enrolment: str | None = None
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    arms: tuple[PlannedArm, ...] = ()
    dates: TrialDates = TrialDates()
    references: tuple[TrialReference, ...] = ()
    sponsor: str | None = None
    summary: str | None = None
    has_results: bool = False
    results: Results | None = None
    digest: str = ""

    @property
    def url(self) -> str:
        """The page that a person reads."""
        return f"https://clinicaltrials.gov/study/{self.nct_id}"

    def record(self) -> Record:
        """Return the registration as a record, so that it can be screened and linked like a publication."""
        day = self.dates.first_posted or self.dates.start
        return Record(
            title=self.official_title or self.brief_title,
            year=int(day[:4]) if day else None,
            published=day,
            journal="ClinicalTrials.gov",
            registrations=(self.nct_id, *self.aliases, *map(normalise_registration, self.other_ids)),
            abstract=(AbstractPart(None, escape(self.summary)),) if self.summary else (),
            keywords=self.keywords,
            publication_types=("Trial registration",),
            source="ctgov",
            extra={"status": self.status or "", "url": self.url},
        )


def normalise_nct(text: object) -> str | None:
    """Return a number of ClinicalTrials.gov in its full length, or None when it is none.

    >>> normalise_nct(" nct4643678 "), normalise_nct("NCT04643678/../x")
    ('NCT04643678', None)
    """
    word = str(text or "").strip()
    return f"NCT{int(word[3:]):08d}" if word.isascii() and _NCT.fullmatch(word) else None


def parse_trial(study: object) -> Trial:
    """Return a study, whole or with some of its fields.

    Raises
    ------
    UnreadableError
        It has no number, or has the shape of the retired version 1.
    """
    if not isinstance(study, Mapping) or not isinstance(study.get("protocolSection"), Mapping):
        raise UnreadableError("a study of ClinicalTrials.gov version 2 was due, another document came")
    protocol = study["protocolSection"]
    nct_id = normalise_nct(text_at(protocol, "identificationModule", "nctId"))
    if nct_id is None:
        raise UnreadableError("a study without an NCT number")
    return Trial(
        nct_id=nct_id,
        **_identity(protocol),
        **_design(protocol),
        **_content(protocol),
        dates=_dates(protocol),
        has_results=study.get("hasResults") is True,
        results=parse_results(study.get("resultsSection")),
        digest=hashlib.sha256(canonical(study)).hexdigest(),
    )


def _identity(protocol: Mapping[str, Any]) -> dict[str, Any]:
    ids, status = value_at(protocol, "identificationModule"), value_at(protocol, "statusModule")
    others = [text_at(ids, "orgStudyIdInfo", "id"), *(text_at(i, "id") for i in items_at(ids, "secondaryIdInfos"))]
    return {
        "brief_title": text_at(ids, "briefTitle") or "",
        "official_title": text_at(ids, "officialTitle"),
        "acronym": text_at(ids, "acronym"),
        "aliases": tuple(nct for nct in map(normalise_nct, texts_at(ids, "nctIdAliases")) if nct),
        "other_ids": tuple(dict.fromkeys(other for other in others if other)),
        "status": text_at(status, "overallStatus"),
        "why_stopped": text_at(status, "whyStopped"),
        "sponsor": text_at(protocol, "sponsorCollaboratorsModule", "leadSponsor", "name"),
        "summary": text_at(protocol, "descriptionModule", "briefSummary"),
    }


def _design(protocol: Mapping[str, Any]) -> dict[str, Any]:
    design = value_at(protocol, "designModule")
    return {
        "study_type": text_at(design, "studyType"),
        "phases": texts_at(design, "phases"),
        "allocation": text_at(design, "designInfo", "allocation"),
        "intervention_model": text_at(design, "designInfo", "interventionModel"),
        "masking": text_at(design, "designInfo", "maskingInfo", "masking"),
        "enrolled": whole_at(design, "enrollmentInfo", "count"),
        "enrolment": text_at(design, "enrollmentInfo", "type"),
    }


def _content(protocol: Mapping[str, Any]) -> dict[str, Any]:
    arms = value_at(protocol, "armsInterventionsModule")
    return {
        "conditions": texts_at(protocol, "conditionsModule", "conditions"),
        "keywords": texts_at(protocol, "conditionsModule", "keywords"),
        "interventions": tuple(
            Intervention(
                text_at(i, "type"), text_at(i, "name") or "", text_at(i, "description"), texts_at(i, "otherNames")
            )
            for i in items_at(arms, "interventions")
        ),
        "arms": tuple(map(_arm, items_at(arms, "armGroups"))),
        "references": tuple(
            TrialReference(text_at(r, "type"), text_at(r, "citation") or "", normalise_pmid(text_at(r, "pmid")))
            for r in items_at(protocol, "referencesModule", "references")
        ),
    }


def _arm(found: Mapping[str, Any]) -> PlannedArm:
    label, given = text_at(found, "label") or "", texts_at(found, "interventionNames")
    return PlannedArm(label, text_at(found, "type"), text_at(found, "description"), given)


def _dates(protocol: Mapping[str, Any]) -> TrialDates:
    status = value_at(protocol, "statusModule")
    return TrialDates(*(_day(text_at(status, f"{name}DateStruct", "date")) for name in _DATES))


def _day(text: str | None) -> str | None:
    return text if text and _DAY.fullmatch(text) else None


_DATES = ("start", "primaryCompletion", "completion", "studyFirstPost", "lastUpdatePost", "resultsFirstPost")
