"""The results section of a study (API version 2) -> `Results`; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..formats.json_text import items_at, text_at, texts_at, value_at, whole_at
from .results import (
    AdverseEvent,
    AdverseEvents,
    Affected,
    Category,
    Comparison,
    Denominators,
    EventCount,
    EventGroup,
    Measurement,
    Milestone,
    ParticipantFlow,
    Period,
    PostedGroup,
    PostedOutcome,
    ResultClass,
    Results,
)

Json = Mapping[str, Any]


def parse_results(section: object) -> Results | None:
    """Return the results section of a study, None where there is none."""
    if not isinstance(section, Mapping):
        return None
    outcomes = items_at(section, "outcomeMeasuresModule", "outcomeMeasures")
    return Results(
        _flow(value_at(section, "participantFlowModule")),
        tuple(map(_outcome, outcomes)),
        _adverse_events(value_at(section, "adverseEventsModule")),
    )


def _outcome(found: Json) -> PostedOutcome:
    return PostedOutcome(
        kind=text_at(found, "type") or "",
        title=text_at(found, "title") or "",
        description=text_at(found, "description"),
        population=text_at(found, "populationDescription"),
        time_frame=text_at(found, "timeFrame"),
        posted=text_at(found, "reportingStatus") == "POSTED",
        param=text_at(found, "paramType"),
        unit=text_at(found, "unitOfMeasure"),
        dispersion=text_at(found, "dispersionType"),
        units_analysed=text_at(found, "typeUnitsAnalyzed"),
        groups=tuple(map(_group, items_at(found, "groups"))),
        denominators=tuple(map(_denominators, items_at(found, "denoms"))),
        classes=tuple(map(_class, items_at(found, "classes"))),
        comparisons=tuple(map(_comparison, items_at(found, "analyses"))),
    )


def _group(found: Json) -> PostedGroup:
    return PostedGroup(text_at(found, "id") or "", text_at(found, "title") or "", text_at(found, "description"))


def _denominators(found: Json) -> Denominators:
    return Denominators(text_at(found, "units") or "", _by_group(found, "counts", "value"))


def _by_group(found: Json, items: str, value: str) -> dict[str, str]:
    """Read a list of {groupId, value} as a mapping."""
    pairs = ((text_at(item, "groupId"), text_at(item, value)) for item in items_at(found, items))
    return {group: text for group, text in pairs if group and text is not None}


def _class(found: Json) -> ResultClass:
    return ResultClass(
        text_at(found, "title"),
        tuple(map(_denominators, items_at(found, "denoms"))),
        tuple(
            Category(text_at(row, "title"), tuple(map(_measurement, items_at(row, "measurements"))))
            for row in items_at(found, "categories")
        ),
    )


def _measurement(found: Json) -> Measurement:
    keys = ("value", "spread", "lowerLimit", "upperLimit", "comment")
    return Measurement(text_at(found, "groupId") or "", *(text_at(found, key) for key in keys))


def _comparison(found: Json) -> Comparison:
    keys = ("paramType", "paramValue", "ciLowerLimit", "ciUpperLimit", "ciPctValue", "ciNumSides", "pValue")
    texts = [text_at(found, key) for key in (*keys, "statisticalMethod", "groupDescription")]
    return Comparison(texts_at(found, "groupIds"), *texts)


def _adverse_events(found: object) -> AdverseEvents | None:
    if not isinstance(found, Mapping):
        return None
    return AdverseEvents(
        text_at(found, "frequencyThreshold"),
        text_at(found, "timeFrame"),
        text_at(found, "description"),
        tuple(map(_event_group, items_at(found, "eventGroups"))),
        tuple(
            _adverse_event(event, serious)
            for kind, serious in (("seriousEvents", True), ("otherEvents", False))
            for event in items_at(found, kind)
        ),
    )


def _event_group(found: Json) -> EventGroup:
    affected = (
        Affected(whole_at(found, f"{kind}NumAffected"), whole_at(found, f"{kind}NumAtRisk"))
        for kind in ("deaths", "serious", "other")
    )
    group = _group(found)
    return EventGroup(group.id, group.title, group.description, *affected)


def _adverse_event(found: Json, serious: bool) -> AdverseEvent:
    counts = tuple(
        EventCount(
            text_at(stat, "groupId") or "",
            Affected(whole_at(stat, "numAffected"), whole_at(stat, "numAtRisk")),
            whole_at(stat, "numEvents"),
        )
        for stat in items_at(found, "stats")
    )
    return AdverseEvent(text_at(found, "term") or "", text_at(found, "organSystem"), serious, counts)


def _flow(found: object) -> ParticipantFlow | None:
    if not isinstance(found, Mapping):
        return None
    return ParticipantFlow(
        tuple(map(_group, items_at(found, "groups"))), tuple(map(_period, items_at(found, "periods")))
    )


def _period(found: Json) -> Period:
    reached = tuple(
        Milestone(text_at(step, "type") or "", _by_group(step, "achievements", "numSubjects"))
        for step in items_at(found, "milestones")
    )
    left = tuple(
        Milestone(text_at(step, "type") or "", _by_group(step, "reasons", "numSubjects"))
        for step in items_at(found, "dropWithdraws")
    )
    return Period(text_at(found, "title"), reached, left)
