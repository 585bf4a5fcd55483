"""What the local ClinicalTrials.gov knows: made-up trials, and of the anakinra trials what the articles say.

A made-up trial has a number from NCT99990001, which the registry has not reached. Of the others the number, the article
and how many were randomised are known; the title is the article's, since the registry's own was not seen. The days are
those of this double alone.
"""

from __future__ import annotations

from typing import Any

Study = dict[str, Any]


def trial(nct_id: str, title: str, *, updated: str, **more: Any) -> Study:
    """Return a study as the registry sends it; what is not given is absent, as it is there."""
    identification = {"nctId": nct_id, "briefTitle": title} | more.get("identification", {})
    status = {
        "overallStatus": more.get("status", "COMPLETED"),
        "studyFirstPostDateStruct": {"date": more.get("posted", updated), "type": "ACTUAL"},
        "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
    }
    results = more.get("results")
    if results:
        status["resultsFirstPostDateStruct"] = {"date": updated, "type": "ACTUAL"}
    design: Study = {
        "studyType": "INTERVENTIONAL",
        "designInfo": {"allocation": more.get("allocation", "RANDOMIZED"), "interventionModel": "PARALLEL"},
    }
    if "enrolled" in more:
        design["enrollmentInfo"] = {"count": more["enrolled"], "type": "ACTUAL"}
    protocol = {
        "identificationModule": identification,
        "statusModule": status,
        "descriptionModule": {"briefSummary": more["summary"]} if "summary" in more else {},
        "conditionsModule": {"conditions": more.get("conditions", ["COVID-19"])},
        "designModule": design,
        "armsInterventionsModule": {
            "armGroups": more.get("arms", []),
            "interventions": [{"type": "DRUG", "name": name} for name in more.get("drugs", ["Anakinra"])],
        },
        "referencesModule": {"references": more.get("references", [])},
    }
    whole: Study = {"protocolSection": protocol, "derivedSection": {}, "hasResults": bool(results)}
    return whole | ({"resultsSection": results} if results else {})


def derived(pmid: str, citation: str) -> Study:
    """Return a reference that the registry's machine has found."""
    return {"pmid": pmid, "type": "DERIVED", "citation": citation}


_GROUPS = [{"id": "OG000", "title": "Made-up drug"}, {"id": "OG001", "title": "Nothing"}]


def _denoms(first: str, second: str) -> list[Study]:
    counts = [{"groupId": "OG000", "value": first}, {"groupId": "OG001", "value": second}]
    return [{"units": "Participants", "counts": counts}]


def _cells(first: str, second: str, **more: str) -> list[Study]:
    return [{"groupId": "OG000", "value": first, **more}, {"groupId": "OG001", "value": second, **more}]


_SAFETY = (("Made-up drug", 3, 40), ("Nothing", 7, 41), ("All", 10, 81))  # the third holds the first two

RESULTS: Study = {
    "participantFlowModule": {
        "groups": [{"id": "FG000", "title": "Made-up drug"}, {"id": "FG001", "title": "Nothing"}],
        "periods": [
            {
                "title": "Overall Study",
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [
                            {"groupId": "FG000", "numSubjects": "40"},
                            {"groupId": "FG001", "numSubjects": "41"},
                        ],
                    }
                ],
                "dropWithdraws": [{"type": "Lost to Follow-up", "reasons": [{"groupId": "FG001", "numSubjects": "1"}]}],
            }
        ],
    },
    "outcomeMeasuresModule": {
        "outcomeMeasures": [
            {
                "type": "PRIMARY",
                "title": "Deaths",
                "timeFrame": "Day 28",
                "reportingStatus": "POSTED",
                "paramType": "COUNT_OF_PARTICIPANTS",
                "unitOfMeasure": "Participants",
                "groups": _GROUPS,
                "denoms": _denoms("40", "40"),
                "classes": [{"categories": [{"measurements": _cells("3", "7")}]}],
                "analyses": [
                    {
                        "groupIds": ["OG000", "OG001"],
                        "paramType": "Odds Ratio (OR)",
                        "paramValue": "0.38",
                        "ciPctValue": "95",
                        "ciNumSides": "TWO_SIDED",
                        "ciLowerLimit": "0.09",
                        "ciUpperLimit": "1.60",
                        "pValue": "=0.18",
                    }
                ],
            },
            {
                "type": "SECONDARY",
                "title": "Percentage of participants who recovered",
                "timeFrame": "Days 14 and 28",
                "reportingStatus": "POSTED",
                "paramType": "NUMBER",
                "unitOfMeasure": "percentage of participants",
                "groups": _GROUPS,
                "denoms": _denoms("40", "40"),
                "classes": [
                    {"title": "Day 14", "categories": [{"measurements": _cells("52.5", "40.0")}]},
                    {
                        "title": "Day 28",
                        "denoms": _denoms("39", "38"),
                        "categories": [{"measurements": _cells("84.6", "NA", comment="not recorded")}],
                    },
                ],
            },
            {
                "type": "SECONDARY",
                "title": "Score",
                "timeFrame": "Day 28",
                "reportingStatus": "POSTED",
                "paramType": "MEAN",
                "dispersionType": "Standard Deviation",
                "unitOfMeasure": "score on a scale",
                "groups": _GROUPS,
                "denoms": _denoms("40", "40"),
                "classes": [{"categories": [{"measurements": _cells("3.10", "4.0", spread="1.20")}]}],
            },
            {"type": "SECONDARY", "title": "Not there yet", "reportingStatus": "NOT_POSTED"},
        ]
    },
    "adverseEventsModule": {
        "frequencyThreshold": "5",
        "timeFrame": "28 days",
        "eventGroups": [
            {
                "id": f"EG00{number}",
                "title": title,
                "deathsNumAffected": dead,
                "deathsNumAtRisk": people,
                "seriousNumAffected": dead + 1,
                "seriousNumAtRisk": people,
            }
            for number, (title, dead, people) in enumerate(
                (("Made-up drug", 3, 40), ("Nothing", 7, 41), ("All", 10, 81))
            )
        ],
        "seriousEvents": [
            {
                "term": "Sepsis",
                "organSystem": "Infections and infestations",
                "stats": [
                    {"groupId": "EG000", "numEvents": 3, "numAffected": 2, "numAtRisk": 40},
                    {"groupId": "EG001", "numAffected": 1, "numAtRisk": 41},
                ],
            }
        ],
        "otherEvents": [{"term": "Itch", "stats": [{"groupId": "EG000", "numAffected": 4, "numAtRisk": 40}]}],
    },
}

ANAKINRA = (
    trial(
        "NCT04643678",
        "Evaluation of anakinra in the management of patients with COVID-19 infection: A randomized clinical trial",
        updated="2023-02-01",
    ),
    trial(
        "NCT04680949",
        "Early treatment of COVID-19 with anakinra guided by soluble urokinase plasminogen receptor plasma levels: a "
        "double-blind, randomized controlled phase 3 trial",
        updated="2021-09-03",
        enrolled=606,
        references=[derived("34480127", "Nature Medicine 2021;27(10):1752-")],
    ),
    trial(
        "NCT04341584",
        "Effect of anakinra versus usual care in adults in hospital with COVID-19 and mild-to-moderate pneumonia "
        "(CORIMUNO-ANA-1): a randomised controlled trial",
        updated="2021-03-01",
        enrolled=116,
        references=[derived("33493450", "Lancet Respir Med 2021;9(3):295-304")],
    ),
    trial(
        "NCT04362111",
        "A single center, double blind, randomized, placebo controlled trial of anakinra in adult patients with "
        "features of Cytokine Storm Syndrome in COVID-19",
        updated="2021-05-01",
        enrolled=32,
    ),
    trial(
        "NCT04364009",
        "Efficacy and safety of anakinra in adults presenting deteriorating respiratory symptoms from COVID-19: A "
        "randomized controlled trial",
        updated="2022-08-04",
        references=[derived("35925914", "PLoS One 2022;17:e0269065")],
    ),
)

MADE_UP = (
    trial(
        "NCT99990001",
        "A made-up trial with results",
        updated="2026-11-02",
        posted="2024-01-05",
        enrolled=81,
        drugs=["Made-up drug"],
        conditions=["Nothing"],
        arms=[
            {"label": "Made-up drug", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Made-up drug"]},
            {"label": "Nothing", "type": "NO_INTERVENTION"},
        ],
        references=[
            {"pmid": "900000001", "type": "RESULT", "citation": "J Made-up Trials 2024"},
            {"type": "BACKGROUND", "citation": "Something older"},
        ],
        results=RESULTS,
    ),
    trial(
        "NCT99990002",
        'A made-up trial <script>alert("x")</script>\u202e\u0007 =cmd|calc',
        updated="2026-11-10",
        posted="2026-11-10",
        status="RECRUITING",
        drugs=["Made-up drug"],
        conditions=["Nothing"],
        summary="Is <b>this</b> & that < 3?\n\nYes.",
    ),
    trial(
        "NCT99990003",
        "A made-up trial that was registered twice",
        updated="2025-03-01",
        status="WITHDRAWN",
        enrolled=0,
        allocation="NON_RANDOMIZED",
        drugs=["Made-up drug"],
        conditions=["Nothing"],
        identification={
            "nctIdAliases": ["NCT99990009"],
            "orgStudyIdInfo": {"id": "MADE-UP-3"},
            "secondaryIdInfos": [{"id": "2099-000001-01", "type": "EUDRACT_NUMBER"}],
        },
    ),
)

TRIALS: dict[str, Study] = {
    study["protocolSection"]["identificationModule"]["nctId"]: study for study in (*ANAKINRA, *MADE_UP)
}
ALIASES = {"NCT99990009": "NCT99990003"}
