"""Numbers that a person has read go into the form that waits for them, with their place and the name."""

from datetime import UTC, date, datetime

import pytest

from metaan.errors import ConflictError, UsageError
from metaan.records.record import Record
from metaan.registry.load import load
from metaan.registry.write import StudyForm, scaffold_study
from metaan.synthesis.analyse import analyse
from metaan.workflows.studies.enter import Typed, enter, set_design
from tests.server.living import at, empty_registry

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
READ = Typed("death", "3/40,7/41", "article", place="Table 2", by="A.  Reader")


@pytest.fixture
def folder(tmp_path):
    folder = empty_registry(tmp_path)
    death = load(folder).info.outcomes
    text = scaffold_study("doe-2026", "Doe 2026", Record("A trial"), StudyForm(death))
    (folder / "doe-2026.yaml").write_text(text, encoding="utf-8")
    return folder


def run(folder, typed=READ):
    return enter(folder, "doe-2026", typed, run=at(NOW))


def text_of(folder):
    return (folder / "doe-2026.yaml").read_text(encoding="utf-8")


def test_the_form_is_filled_in_and_the_study_takes_part(folder):
    before = text_of(folder)
    written = run(folder)
    result = load(folder).study("doe-2026").results[0]
    assert written.result == result
    assert {arm: (c.events, c.total) for arm, c in result.arms.items()} == {"experimental": (3, 40), "control": (7, 41)}
    assert (result.time, result.name, result.unconfirmed) == ("day 28", "death from any cause", False)
    assert (result.confirmed.by, result.confirmed.on) == ("A. Reader", date(2026, 11, 22))
    assert (result.source.document, result.source.place, result.source.level) == ("article", "Table 2", "primary")
    assert [row.id for row in analyse(load(folder))[0].rows] == ["doe-2026"]
    assert text_of(folder).count("- outcome:") == before.count("- outcome:") == 1
    assert "# as the authors call it" in text_of(folder)


def test_without_a_name_nobody_has_confirmed_it(folder):
    assert run(folder, Typed("death", "3/40,7/41", "article")).result.unconfirmed
    assert analyse(load(folder))[0].rows == ()


def test_a_second_result_of_the_outcome_is_an_entry_of_its_own(folder):
    run(folder)
    written = run(folder, Typed("death", "4/40,8/41", "article", time="day 60", level="secondary", by="A"))
    assert (written.number, written.result.time, written.result.source.level) == (2, "day 60", "secondary")
    with pytest.raises(ConflictError, match=r"has death, day 28, already \(result 1\)"):
        run(folder)


def test_the_arms_may_come_in_another_order(folder):
    written = run(folder, Typed("death", "7/41,3/40", "article", arms=("control", "experimental")))
    assert written.result.arms["control"].events == 7


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("12.1(4.3)/40;13.0(5.0)/38", {"mean": 12.1, "sd": 4.3, "total": 40}),
        ("12,1 (SE 0,7)/40; 13 (SE 0,8)/38", {"mean": 12.1, "se": 0.7, "total": 40}),
        ("12(90% CI 10-14)/40;13(90% 11 to 15)/38", {"mean": 12, "ci": (10, 14), "total": 40}),
        ("11[8-15]/40;13[9-18]/42", {"median": 11, "q1": 8, "q3": 15, "total": 40}),
        ("11[range 3;40]/40;13[range 2;50]/42", {"median": 11, "min": 3, "max": 40, "total": 40}),
        ("12/340py;20/310.5py", {"events": 12, "time": 340}),
        ("r 0.41/60; r=-0.2/61", {"r": 0.41, "total": 60}),
        ("9/37;3/34", {"events": 9, "total": 37}),
    ],
)
def test_every_kind_is_one_short_line(folder, line, expected):
    result = run(folder, Typed("death", line, "article")).result
    assert result.arms["experimental"].numbers == expected
    assert result.time_unit == ("person-years" if "py" in line else None)
    assert getattr(result.arms["experimental"], "level", 0.95) == (0.9 if "90%" in line else 0.95)


def test_an_effect_is_one_too(folder):
    result = run(folder, Typed("death", "HR 0.71 [0.52;0.97]", "article")).result
    assert [(e.measure, e.estimate, e.ci) for e in result.effects] == [("HR", 0.71, (0.52, 0.97))]
    against = Typed("death", "or 0.7 (90% CI 0.5 to 1.1), p=.03", "a", arms=("control", "experimental"), time="day 60")
    [effect] = run(folder, against).result.effects
    assert (effect.measure, effect.level, effect.p, effect.arms) == ("OR", 0.9, 0.03, ("control", "experimental"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "12.1/40;13/38",
            r"'12.1/40' in .* is no arm that can be read; allowed: events/people of each arm, '9/37;3/34'",
        ),
        ("9/37;11[8-15]/40", "holds counts and medians; allowed: one kind for all arms"),
        ("9/37py;3/34pm", "person-months and person-years and rates|person-months and rates"),
        ("HR 0.71", "does not say how precise it is"),
        ("", "is no arm that can be read"),
    ],
)
def test_a_line_that_is_written_wrongly_says_the_syntax(folder, line, words):
    with pytest.raises(UsageError, match=words):
        run(folder, Typed("death", line, "article"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (Typed("deaths", "3/40,7/41", "a"), "'deaths' is unknown; did you mean death"),
        (Typed("death", "3/40", "a"), "1 groups for the arms experimental, control"),
        (Typed("death", "3/40,7/41", "a", arms=("control", "control")), "every arm of doe-2026 once"),
        (Typed("death", "3/40,7/41", "a", arms=("x", "control")), "arm 'x' is unknown"),
        (Typed("death", "3/2,7/41", "a"), "3 events among 2 people"),
        (Typed("death", "0/0,7/41", "a"), "0 events among 0 people"),
    ],
)
def test_what_cannot_be_changes_nothing(folder, typed, words):
    before = text_of(folder)
    with pytest.raises(UsageError, match=words):
        run(folder, typed)
    assert text_of(folder) == before


def test_a_study_that_is_not_randomised_says_what_its_controls_are_before_it_has_numbers(folder):
    set_design(folder, "doe-2026", "non-randomised")
    with pytest.raises(UsageError, match="the kind of control is not said"):
        run(folder)
    assert set_design(folder, "doe-2026", "non-randomised: historical").control == "historical"
    assert "kind: non-randomised           # randomised, non-randomised" in text_of(folder)
    assert run(folder).number == 1
    with pytest.raises(UsageError, match="design 'randomized' is unknown; did you mean randomised"):
        set_design(folder, "doe-2026", "randomized")


def test_the_controls_of_another_design_do_not_stay(folder):
    set_design(folder, "doe-2026", "non-randomised: historical")
    assert set_design(folder, "doe-2026", "non-randomised").control == "historical"
    assert set_design(folder, "doe-2026", "randomised").control is None
    assert "# if non-randomised: historical" in text_of(folder)


def test_a_review_of_studies_takes_no_numbers(folder):
    set_design(folder, "doe-2026", "systematic review")
    with pytest.raises(UsageError, match="published_pools"):
        run(folder)


def test_a_study_whose_numbers_are_in_awaits_data_no_more(folder):
    assert "state: awaiting data" in text_of(folder)
    assert run(folder).result.outcome == "death"
    assert "state: included" in text_of(folder)
    assert "reason: its numbers are in" in text_of(folder)


def test_numbers_of_some_arms_are_enough_where_each_role_has_one(folder):
    path = folder / "doe-2026.yaml"
    third = "arms:\n  - {id: high, role: experimental, name: more of it}\n"
    path.write_text(path.read_text(encoding="utf-8").replace("arms:\n", third, 1), encoding="utf-8")
    written = run(folder, Typed("death", "3/40,7/41", "article", arms=("high", "control")))
    assert list(written.result.arms) == ["high", "control"]
    with pytest.raises(UsageError, match="every arm of doe-2026 once"):
        run(folder, Typed("death", "3/40,7/41", "article", time="day 60", arms=("high", "experimental")))
