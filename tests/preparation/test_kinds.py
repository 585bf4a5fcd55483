"""Every place asks the table of kinds; what it says of a kind holds for the measures, the files and the page."""

import pytest

from metaan.preparation.arms import counts_by_role
from metaan.preparation.kinds import (
    KINDS,
    arms_of,
    cells,
    columns_of,
    kind_of,
    kind_of_measure,
    people_of,
    risks,
    without_events,
)
from metaan.registry.model.arms import ARMS, measures_of_arms
from metaan.registry.model.public import Result, Study
from metaan.stats.measures.catalogue import MEASURES, ONE_ARM, TWO_ARMS, effect_sizes
from metaan.stats.numerics.layouts import LAYOUTS

TABLE = {"ai": 3.0, "n1i": 40.0, "ci": 7.0, "n2i": 41.0}
#: A value of each column that lies within its range, in every arm the same but for the first.
VALUES = {"events": 4.0, "total": 40.0, "mean": 5.0, "sd": 2.0, "time": 90.0, "r": 0.3}


@pytest.mark.parametrize("code", KINDS)
def test_an_entry_is_whole(code: str) -> None:
    kind, layout = KINDS[code], LAYOUTS[code]
    assert kind.code == code
    assert {len(names) for names in layout if names} == {len(kind.fields)} == {len(kind.parts)}
    assert kind.shape.count("{}") == len(kind.fields) >= kind.sums
    assert bool(kind.script) != bool(kind.no_script)
    assert {scripted in measures_of_arms() and kind_of_measure(scripted) is kind for scripted in kind.script} <= {True}
    assert (kind.join is not None) == bool(kind.joined)
    assert set(kind.additive) <= {*kind.fields, "total"}


def test_the_kinds_are_those_that_have_columns() -> None:
    assert KINDS.keys() == LAYOUTS.keys() == TWO_ARMS.keys() == ONE_ARM.keys() == ARMS.keys() - {"medians"}


def test_a_measure_is_of_one_kind() -> None:
    measures = [code for entries in (*TWO_ARMS.values(), *ONE_ARM.values()) for code in entries]
    assert len(measures) == len(set(measures))
    assert set(measures) <= set(MEASURES)


@pytest.mark.parametrize(("code", "measure"), [(code, one) for code, known in TWO_ARMS.items() for one in known])
def test_a_measure_of_two_arms_reads_the_columns_of_its_kind(code: str, measure: str) -> None:
    kind = KINDS[code]
    values = [VALUES[field] for field in kind.fields]
    data = kind.data(values, [value + (field != "total") for value, field in zip(values, kind.fields)])
    columns = columns_of(measure, [data])
    assert (kind_of_measure(measure), tuple(columns)) == (kind, kind.columns)
    assert effect_sizes(measure, **columns).k == 1


@pytest.mark.parametrize(("code", "measure"), [(code, one) for code, known in ONE_ARM.items() for one in known])
def test_a_measure_of_an_only_arm_reads_the_columns_of_its_kind(code: str, measure: str) -> None:
    data = {name: [VALUES[field]] for name, field in zip(LAYOUTS[code].only, KINDS[code].fields)}
    assert kind_of_measure(measure) is KINDS[code]
    assert effect_sizes(measure, **data).k == 1


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("arms", ["two", "only"])
def test_a_kind_is_known_by_its_columns(code: str, arms: str) -> None:
    names = getattr(LAYOUTS[code], arms)
    data = {name: float(i) for i, name in enumerate(names)}
    found = kind_of(data)
    assert (found and found.code) == (code if names else None)
    assert [value for arm in arms_of(data).values() for value in arm.values()] == list(data.values())


def test_columns_that_no_kind_has_are_of_none() -> None:
    assert kind_of({"yi", "vi"}) is kind_of({"ai", "n1i"}) is kind_of_measure("GEN") is None
    assert arms_of({"yi": 1.0}) == risks({"yi": 1.0}) == cells({"ai": 1.0}) == columns_of("GEN", [{"yi": 1.0}]) == {}


def test_an_arm_of_a_file_holds_what_its_kind_says_and_is_told_apart_by_it() -> None:
    for code, kind in KINDS.items():
        assert set(kind.fields) <= set(ARMS[code].model_fields)


def _study(**arms: str) -> Study:
    listed = [{"id": name, "role": role, "name": name} for name, role in arms.items()]
    design = {"kind": "randomised"}
    return Study.model_validate({"id": "x", "label": "x", "title": "x", "design": design, "arms": listed})


def _result(**arms: tuple[int, int]) -> Result:
    counts = {name: {"events": events, "total": total} for name, (events, total) in arms.items()}
    source = {"document": "article", "level": "primary"}
    whole = {"outcome": "death", "name": "death", "time": "day 28", "arms": counts, "source": source}
    return Result.model_validate(whole)


def test_arms_of_one_role_are_added_up_and_the_reader_is_told() -> None:
    study = _study(low="experimental", high="experimental", placebo="control")
    assert counts_by_role(study, _result(low=(1, 10), high=(2, 30), placebo=(7, 41))) == TABLE
    assert counts_by_role(study, _result(low=(3, 40), placebo=(7, 41))) == TABLE


def test_counts_are_risks_people_and_the_cells_of_a_table() -> None:
    assert risks(TABLE) == {"experimental": 3 / 40, "control": 7 / 41}
    assert risks({"xi": 1.0, "ni": 4.0}) == {"experimental": 0.25}
    assert cells(TABLE) == {"a": 3, "b": 37, "c": 7, "d": 34}
    assert without_events(TABLE) == {"ai": 37, "n1i": 40, "ci": 34, "n2i": 41}
    assert people_of([TABLE, {"ri": 0.2, "ni": 19.0}, {"yi": 1.0}]) == 100
