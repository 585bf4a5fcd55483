"""Waivers: what a check finds can be let stand, signed and with a reason, and is never lost from sight."""

import pytest

from metaan.errors import RegistryError
from metaan.registry.check import CHECKS
from metaan.registry.check.waivers import DOUBTS, RECOMPUTED, REMARKS, WAIVABLE
from metaan.registry.load import load
from metaan.synthesis.recompute import CHECK, reported_checks

OUTSIDE = ("ci: [0.39, 7.93]", "ci: [2.39, 7.93]")
SIGNED = "reason: printed so; the authors were asked, by: A. Reader, date: 2026-11-20"


def waived(project, check="intervals are sound", at=None, change=OUTSIDE, signed=SIGNED):
    place = f"at: '{at}', " if at else ""
    text = project.study.replace(*change)
    return project.write(text + f"waivers:\n  - {{check: {check}, {place}{signed}}}\n")


def found(folder):
    with pytest.raises(RegistryError) as error:
        load(folder)
    return [(p.where, p.found, p.allowed) for p in error.value.problems]


@pytest.mark.parametrize("at", [None, "results[death]", "results[death].reported[1].estimate"])
def test_what_is_waived_is_no_fault_and_stays_in_sight(project, at):
    [one] = load(waived(project, at=at)).waived
    assert (one.study, one.check) == ("doe-2020", "intervals are sound")
    assert one.problem.found == "1.762 lies outside its interval"
    assert one.problem.line == 20
    assert str(one.waiver) == "waived by A. Reader on 2026-11-20: printed so; the authors were asked"
    assert "intervals are sound: waived by A. Reader" in str(one)


@pytest.mark.parametrize("at", ["results[deat", "results[success]"])
def test_a_waiver_of_another_place_lets_nothing_stand(project, at):
    assert found(waived(project, at=at)) == [
        ("results[death].reported[1].estimate", "1.762 lies outside its interval", "allowed: 2.39 to 7.93")
    ]


def test_a_waiver_without_an_object_is_a_fault(project):
    [(where, said, _)] = found(waived(project, change=("", "")))
    assert (where, said) == ("waivers[1]", "the check 'intervals are sound' finds nothing")


def test_what_could_not_be_computed_cannot_be_waived(project):
    problems = found(waived(project, check="events are within the total", change=("events: 5", "events: 50")))
    assert ("results[death].arms.drug.events", "50 events among 40 people", "allowed: 0 to 40") in problems
    [(_, said, allowed)] = [problem for problem in problems if problem[0] == "waivers[1].check"]
    assert said == "there is no check 'events are within the total' that can be waived"
    assert "nobody is counted twice" in allowed


def test_a_misspelt_check_is_found(project):
    problems = found(waived(project, check="interval is sound"))
    [(_, said, allowed)] = [problem for problem in problems if problem[0] == "waivers[1].check"]
    assert said == "there is no check 'interval is sound' that can be waived"
    assert "did you mean intervals are sound?" in allowed


@pytest.mark.parametrize("key", ["check", "reason", "by", "date"])
def test_every_part_is_needed(project, key):
    text = "check: intervals are sound, " + SIGNED
    parts = [part for part in text.split(", ") if not part.startswith(f"{key}:")]
    folder = project.write(project.study + "waivers:\n  - {" + ", ".join(parts) + "}\n")
    assert ("waivers[1]", f"{key!r} is missing", "it is required here") in found(folder)


def test_a_printed_result_that_the_counts_deny_can_be_waived(project):
    change = ("estimate: 1.762, ci: [0.39, 7.93]", "estimate: 2.5, ci: [1.0, 7.93]")
    review = load(waived(project, check=CHECK, at="results[death].reported[1]", change=change))
    effect = reported_checks(review)[0]
    assert (effect.verdict, effect.where) == ("disagrees", "results[death].reported[1]")
    assert effect.waiver is not None
    assert effect.waiver.by == "A. Reader"
    assert review.waived == ()


def test_waivable_checks_are_checks():
    assert {*WAIVABLE, *DOUBTS, *REMARKS} - {*CHECKS} == {RECOMPUTED}
    assert RECOMPUTED == CHECK
