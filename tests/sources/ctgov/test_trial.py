import contextlib
import copy
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.sources.ctgov.results import Affected, Measurement, PostedGroup, printed_number
from metaan.sources.ctgov.results_parse import parse_results
from metaan.sources.ctgov.trial import Intervention, TrialDates, TrialReference, normalise_nct, parse_trial
from metaan.sources.net.answers import UnreadableError
from tests.server.trials import RESULTS, TRIALS


def test_a_trial_says_what_was_planned():
    trial = parse_trial(TRIALS["NCT99990001"])
    assert (trial.nct_id, trial.brief_title) == ("NCT99990001", "A made-up trial with results")
    assert (trial.status, trial.study_type, trial.allocation) == ("COMPLETED", "INTERVENTIONAL", "RANDOMIZED")
    assert (trial.enrolled, trial.enrolment) == (81, "ACTUAL")
    assert trial.conditions == ("Nothing",)
    assert trial.interventions == (Intervention("DRUG", "Made-up drug"),)
    assert [(arm.label, arm.kind, arm.interventions) for arm in trial.arms] == [
        ("Made-up drug", "EXPERIMENTAL", ("Drug: Made-up drug",)),
        ("Nothing", "NO_INTERVENTION", ()),
    ]
    assert trial.dates == TrialDates(first_posted="2024-01-05", last_updated="2026-11-02", results_posted="2026-11-02")
    assert trial.references == (
        TrialReference("RESULT", "J Made-up Trials 2024", "900000001"),
        TrialReference("BACKGROUND", "Something older"),
    )


def test_other_numbers_are_kept_apart_from_aliases():
    trial = parse_trial(TRIALS["NCT99990003"])
    assert trial.aliases == ("NCT99990009",)
    assert trial.other_ids == ("MADE-UP-3", "2099-000001-01")
    assert trial.record().registrations == ("NCT99990003", "NCT99990009", "MADE-UP-3", "2099-000001-01")
    assert (trial.enrolled, trial.allocation, trial.has_results) == (0, "NON_RANDOMIZED", False)


def test_markup_and_marks_from_outside_are_harmless():
    record = parse_trial(TRIALS["NCT99990002"]).record()
    assert record.title == 'A made-up trial <script>alert("x")</script> =cmd|calc'
    assert record.abstract[0].text == "Is &lt;b&gt;this&lt;/b&gt; &amp; that &lt; 3? Yes."
    assert (record.year, record.published, record.source) == (2026, "2026-11-10", "ctgov")


def test_the_digest_does_not_depend_on_the_order_of_keys():
    study = TRIALS["NCT99990001"]
    assert parse_trial(study).digest == parse_trial(json.loads(json.dumps(study, sort_keys=True))).digest
    changed = copy.deepcopy(study)
    changed["resultsSection"]["adverseEventsModule"]["frequencyThreshold"] = "6"
    assert parse_trial(changed).digest != parse_trial(study).digest


def test_outcomes_keep_what_was_printed():
    count, percent, score, unposted = parse_results(RESULTS).outcomes
    assert (count.kind, count.param, count.unit, count.time_frame) == (
        "PRIMARY",
        "COUNT_OF_PARTICIPANTS",
        "Participants",
        "Day 28",
    )
    assert count.groups == (PostedGroup("OG000", "Made-up drug"), PostedGroup("OG001", "Nothing"))
    assert count.denominators[0].counts == {"OG000": "40", "OG001": "40"}
    assert count.classes[0].categories[0].measurements == (Measurement("OG000", "3"), Measurement("OG001", "7"))
    assert [c.title for c in percent.classes] == ["Day 14", "Day 28"]
    assert percent.classes[0].denominators == ()
    assert percent.classes[1].denominators[0].counts == {"OG000": "39", "OG001": "38"}
    assert percent.classes[1].categories[0].measurements[1] == Measurement("OG001", "NA", comment="not recorded")
    assert (score.dispersion, score.classes[0].categories[0].measurements[0].spread) == ("Standard Deviation", "1.20")
    assert (unposted.posted, unposted.classes, count.posted) == (False, (), True)


def test_comparisons_say_which_way_round():
    comparison = parse_results(RESULTS).outcomes[0].comparisons[0]
    assert comparison.groups == ("OG000", "OG001")
    assert (comparison.measure, comparison.value, comparison.lower, comparison.upper) == (
        "Odds Ratio (OR)",
        "0.38",
        "0.09",
        "1.60",
    )
    assert (comparison.level, comparison.sides, comparison.p) == ("95", "TWO_SIDED", "=0.18")


def test_groups_of_adverse_events_stay_apart():
    events = parse_results(RESULTS).adverse_events
    assert [(group.id, group.deaths) for group in events.groups] == [
        ("EG000", Affected(3, 40)),
        ("EG001", Affected(7, 41)),
        ("EG002", Affected(10, 81)),
    ]
    assert events.groups[0].other == Affected(None, None)
    serious, other = events.events
    assert (serious.serious, other.serious) == (True, False)
    assert [(count.group, count.people, count.events) for count in serious.counts] == [
        ("EG000", Affected(2, 40), 3),
        ("EG001", Affected(1, 41), None),
    ]
    assert [count.group for count in other.counts] == ["EG000"]


def test_the_flow_says_how_many_started_and_left():
    period = parse_results(RESULTS).flow.periods[0]
    assert period.milestones[0].title == "STARTED"
    assert period.milestones[0].counts == {"FG000": "40", "FG001": "41"}
    assert period.withdrawals[0].counts == {"FG001": "1"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("47.20", Decimal("47.20")),
        ("1,024", Decimal(1024)),
        ("-3", Decimal(-3)),
        *((text, None) for text in ("NA", "", None, "Infinity", "nan", "<5")),
    ],
)
def test_a_printed_number_keeps_its_digits(text, number):
    assert printed_number(text) == number
    assert str(printed_number(text)) == str(number)


@pytest.mark.parametrize("text", ["NCT4643678", "nct04643678", " NCT04643678 "])
def test_a_number_has_one_spelling(text):
    assert normalise_nct(text) == "NCT04643678"


@pytest.mark.parametrize("text", ["NCT", "NCT0", "NCT123456789", "NCT٤643678", None, 5, "NCT04643678\n../x"])
def test_what_is_no_number_is_none(text):
    assert normalise_nct(text) is None


def test_the_retired_version_is_refused():
    with pytest.raises(UnreadableError, match="version 2 was due"):
        parse_trial({"FullStudiesResponse": {"FullStudies": []}})


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def put(place, path, odd):
    """Put something odd at a path, if the path is still there."""
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = odd


PATHS = [path for path in paths(TRIALS["NCT99990001"]) if len(path) > 1]
ODD = st.sampled_from([None, True, -1, 1.5, 10**30, "", "x", "\ud800\u202e\x00", [], {}, [[]], [None], [{}], {"a": []}])


@given(st.lists(st.tuples(st.sampled_from(PATHS), ODD), min_size=1, max_size=4))
@settings(max_examples=50)
def test_values_of_other_types_are_absent_and_break_nothing(changes):
    study = copy.deepcopy(TRIALS["NCT99990001"])
    for path, odd in changes:
        put(study, path, odd)
    try:
        trial = parse_trial(study)
    except UnreadableError:
        return
    assert trial.nct_id == "NCT99990001"
    assert trial.record().title.isprintable()
