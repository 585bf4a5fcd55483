"""Tables as ClinicalTrials.gov sends them, made up."""

import pytest

from metaan.errors import UsageError
from metaan.extraction.listing import reading_of
from metaan.extraction.trial_results import MOST, choose_groups, propose
from metaan.sources.ctgov.results_parse import parse_results

GROUPS = [{"id": "OG000", "title": "Placebo"}, {"id": "OG001", "title": "Anakinra 100 mg"}]


def denominators(*values, units="Participants"):
    return [{"units": units, "counts": [{"groupId": f"OG00{i}", "value": v} for i, v in enumerate(values)]}]


def row(*values, title=None):
    cells = [{"groupId": f"OG00{i}", "value": value} for i, value in enumerate(values)]
    return {"title": title, "measurements": cells}


def outcome(*categories, classes=None, **more):
    found = {
        "type": "PRIMARY",
        "title": "Death by Day 28",
        "timeFrame": "28 days",
        "reportingStatus": "POSTED",
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "groups": GROUPS,
        "denoms": denominators("34", "37"),
        "classes": classes or [{"categories": list(categories)}],
    }
    return found | more


def read(context, *outcomes, events=None):
    section = {"outcomeMeasuresModule": {"outcomeMeasures": list(outcomes)}}
    section |= {"adverseEventsModule": events} if events else {}
    return propose(parse_results(section), "NCT99990001", context)


def counts(proposal, context):
    return [reading_of(cell, context).counts for cell in proposal.cells]


def test_counts_of_participants_with_their_denominators(context):
    [found], unusable = read(context, outcome(row("3", "9")))
    assert counts(found, context) == [(3, 34), (9, 37)]
    assert (found.document, found.place) == ("ClinicalTrials.gov NCT99990001", "primary outcome: Death by Day 28")
    assert found.quote == "Placebo: 3 of 34; Anakinra 100 mg: 9 of 37"
    assert found.time == "day 28"
    assert "death" in found.outcomes
    assert unusable == ()


@pytest.mark.parametrize("unit", ["participants", "Number of subjects", "patients"])
def test_numbers_of_people(context, unit):
    [found], _ = read(context, outcome(row("3", "1,0"), paramType="NUMBER", unitOfMeasure=unit))
    assert counts(found, context) == [(3, 34), (10, 37)]


def test_percentages_with_the_exact_check_and_how_they_follow(context):
    [found], _ = read(
        context, outcome(row("8.8", "24.3"), paramType="NUMBER", unitOfMeasure="percentage of participants")
    )
    assert counts(found, context) == [(3, 34), (9, 37)]
    assert reading_of(found.cells[1], context).derived == "9 is the only integer that gives 24.3% of 37"
    assert found.quote == "Placebo: 8.8% of 34; Anakinra 100 mg: 24.3% of 37"


def test_a_percentage_that_no_integer_gives_or_several_give_has_no_counts(context):
    [found], _ = read(
        context,
        outcome(row("8.1", "50"), paramType="NUMBER", unitOfMeasure="%", denoms=denominators("34", "400")),
    )
    problems = [reading_of(cell, context).problem for cell in found.cells]
    assert counts(found, context) == [None, None]
    assert problems == ["no integer gives 8.1% of 34", "198 to 202 all give 50% of 400"]


def test_classes_and_categories_are_rows_of_their_own_with_their_own_denominators(context):
    classes = [
        {"title": "Day 14", "categories": [row("1", "2", title="Ventilated"), row("3", "4", title="Dead")]},
        {"title": "Day 90", "denoms": denominators("30", "31"), "categories": [row("5", "6")]},
    ]
    found, _ = read(context, outcome(classes=classes))
    assert [counts(proposal, context) for proposal in found] == [
        [(1, 34), (2, 37)],
        [(3, 34), (4, 37)],
        [(5, 30), (6, 31)],
    ]
    assert [proposal.time for proposal in found] == ["day 14", "day 14", "day 90"]
    assert found[0].place == "primary outcome: Death by Day 28: Day 14: Ventilated"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"reportingStatus": "NOT_POSTED"}, "nothing is posted"),
        ({"paramType": "COUNT_OF_UNITS", "typeUnitsAnalyzed": "Eyes"}, "Eyes are counted, not participants"),
        ({"paramType": "COUNT_OF_UNITS"}, "the numbers are of the kind COUNT_OF_UNITS"),
        ({"paramType": "MEAN"}, "what stands beside the numbers is None"),
        ({"paramType": None}, "the numbers are of the kind not said"),
        ({"paramType": "NUMBER", "unitOfMeasure": "events"}, "the unit is events"),
        ({"paramType": "NUMBER", "unitOfMeasure": "deaths per 100 patients"}, "a rate"),
        ({"description": "Kaplan-Meier estimate"}, "Kaplan"),
    ],
)
def test_what_counts_no_people_is_named_with_the_reason(context, more, reason):
    found, [table] = read(context, outcome(row("3", "9"), **more))
    assert found == ()
    assert table.title == "Death by Day 28"
    assert reason in table.reason


@pytest.mark.parametrize("value", ["NA", "", "-1", "3.5", "1e3", "٣", "9" * 50, None])
def test_a_group_without_a_whole_number_is_left_out_and_not_zero(context, value):
    [found], _ = read(context, outcome(row("3", value)))
    assert [cell.group[0] for cell in found.cells] == ["OG000"]


def test_other_units_are_no_denominators(context):
    [found], _ = read(context, outcome(row("3", "9"), denoms=denominators("50", "60", units="Lesions")))
    assert counts(found, context) == [None, None]


def test_more_people_with_the_event_than_there_are_is_said(context):
    [found], _ = read(context, outcome(row("35", "9")))
    assert reading_of(found.cells[0], context).problem == "35 events among 34 people"


EVENTS = {
    "timeFrame": "90 days",
    "eventGroups": [
        {"id": "EG000", "title": "Placebo", "deathsNumAffected": 3, "deathsNumAtRisk": 34,
         "seriousNumAffected": 18, "seriousNumAtRisk": 34},
        {"id": "EG001", "title": "Anakinra", "seriousNumAffected": 19, "seriousNumAtRisk": 37},
        {"id": "EG002", "title": "Anakinra, open label", "deathsNumAffected": 0, "deathsNumAtRisk": 12,
         "seriousNumAffected": 1, "seriousNumAtRisk": 12},
    ],
    "seriousEvents": [{"term": "Sepsis", "stats": [{"groupId": "EG000", "numEvents": 40}]}],
}  # fmt: skip


def test_deaths_and_serious_events_are_listed_for_each_group_and_never_added(context):
    (deaths, serious), _ = read(context, events=EVENTS)
    assert [(cell.group[0], cell.events, cell.total) for cell in deaths.cells] == [("EG000", 3, 34), ("EG002", 0, 12)]
    assert [(cell.events, cell.total) for cell in serious.cells] == [(18, 34), (19, 37), (1, 12)]
    assert deaths.outcomes[0] == "death"
    assert serious.outcomes[0] == "serious-adverse-events"
    assert serious.time == "day 90"


@pytest.mark.parametrize(
    ("experimental", "control", "expected"),
    [
        ("EG001", "EG000", (19, 18)),
        ("anakinra", "placebo", (19, 18)),
        ("open label", "Placebo", (1, 18)),
        ("eg002", "PLACE", (1, 18)),
    ],
)
def test_the_person_chooses_the_groups(context, experimental, control, expected):
    (_, serious), _ = read(context, events=EVENTS)
    assert tuple(cell.events for cell in choose_groups(serious.cells, experimental, control)) == expected


@pytest.mark.parametrize(
    ("experimental", "control", "message"),
    [
        ("Anak", "EG000", "several groups are called 'Anak'"),
        ("EG009", "EG000", "no group is called 'EG009'"),
        ("", "EG000", "no group is called ''"),
        ("EG000", "Placebo", "are the same group"),
    ],
)
def test_a_choice_that_is_none_lists_the_groups(context, experimental, control, message):
    (_, serious), _ = read(context, events=EVENTS)
    with pytest.raises(UsageError, match=message) as caught:
        choose_groups(serious.cells, experimental, control)
    assert "EG002 (Anakinra, open label)" in str(caught.value)


def test_what_the_authors_computed_stands_with_a_table_of_one_row(context):
    analyses = [
        {"groupIds": ["OG000", "OG001"], "paramType": "Odds Ratio (OR)", "paramValue": "3.32", "ciLowerLimit": "0.82",
         "ciUpperLimit": "13.5", "ciPctValue": "90", "ciNumSides": "ONE_SIDED", "pValue": "< 0.001"},
        {"groupIds": ["OG000", "OG001"], "paramType": "Win ratio", "paramValue": "2", "pValue": "=0.07"},
        {"groupIds": ["OG000", "OG001"], "pValue": "not significant"},
    ]  # fmt: skip
    [found], _ = read(context, outcome(row("3", "9"), analyses=analyses))
    first, second = found.reported
    assert (first.measure, first.estimate, first.ci, first.level, first.p) == ("OR", 3.32, (0.82, 13.5), 0.9, "<0.001")
    assert first.note == "groups OG000, OG001 in this order; one-sided"
    assert (second.measure, second.estimate, second.p) == (None, 2.0, 0.07)
    several, _ = read(context, outcome(row("3", "9"), row("4", "8"), analyses=analyses))
    assert [proposal.reported for proposal in several] == [(), ()]


def test_endless_tables_and_titles_are_cut(context):
    classes = [{"title": f"Day {i}", "categories": [row("3", "9", title="x" * 10_000)]} for i in range(3 * MOST)]
    found, _ = read(context, outcome(classes=classes, title="y" * 100_000))
    assert len(found) == MOST
    assert max(len(proposal.place) for proposal in found) < 2_000


def spread(*values):
    cells = [{"groupId": f"OG00{i}", "value": value, **sides} for i, (value, sides) in enumerate(values)]
    return {"title": None, "measurements": cells}


@pytest.mark.parametrize(
    ("param", "dispersion", "sides", "expected"),
    [
        ("MEAN", "STANDARD_DEVIATION", {"spread": "4.3"}, ("mean", "SD", (4.3,))),
        ("LEAST_SQUARES_MEAN", "Standard Error", {"spread": "0.7"}, ("mean", "SE", (0.7,))),
        ("MEAN", "90% Confidence Interval", {"lowerLimit": "10", "upperLimit": "14"}, ("mean", "90% CI", (10, 14))),
        ("MEDIAN", "INTER_QUARTILE_RANGE", {"lowerLimit": "8", "upperLimit": "15"}, ("median", "IQR", (8, 15))),
        ("MEDIAN", "Full Range", {"lowerLimit": "2", "upperLimit": "50"}, ("median", "range", (2, 50))),
        ("GEOMETRIC_MEAN", "STANDARD_DEVIATION", {"spread": "1.2"}, ("geometric mean", "SD", (1.2,))),
    ],
)
def test_means_and_medians_with_what_stands_beside_them(context, param, dispersion, sides, expected):
    table = outcome(spread(("12.1", sides), ("13", sides)), paramType=param, dispersionType=dispersion)
    [found], unusable = read(context, table)
    assert (found.kind, unusable) == ("values", ())
    assert [(v.statistic, v.spread, v.bounds) for v in found.values] == [expected] * 2
    assert [(v.group[0], v.value, v.total) for v in found.values] == [("OG000", 12.1, 34), ("OG001", 13, 37)]
    assert choose_groups(found.values, "Anakinra")[0].total == 37


def test_a_mean_with_nothing_beside_it_is_not_usable_and_its_effects_are(context):
    analysis = {"groupIds": ["OG001", "OG000"], "paramType": "Hazard Ratio (HR)", "paramValue": "0.71",
                "ciPctValue": "95", "ciLowerLimit": "0.52", "ciUpperLimit": "0.97"}  # fmt: skip
    table = outcome(row("12", "13"), paramType="MEAN", dispersionType="Geometric Coefficient of Variation")
    [found], [table] = read(context, table | {"analyses": [analysis]})
    assert "Coefficient" in table.reason
    assert (found.kind, found.reported[0].measure, found.reported[0].ci) == ("effect", "HR", (0.52, 0.97))
