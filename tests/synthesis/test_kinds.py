"""Every place asks the table of kinds; what it says of a kind holds for the measures, the files and the page."""

from itertools import pairwise

import pytest

from metaan.registry.model.arms import ARM_KEYS, Counts
from metaan.registry.model.public import Result, Study
from metaan.stats.measures.catalogue import MEASURES, effect_sizes
from metaan.stats.numerics.layouts import LAYOUTS
from metaan.synthesis.kinds import (
    ARM_COLUMNS,
    KINDS,
    arms_of,
    cells,
    columns_of,
    data_by_role,
    kind_of,
    kind_of_arms,
    kind_of_measure,
    people_of,
    risks,
    without_events,
)

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
    assert set(kind.script) <= set(kind.compare)
    assert (kind.arm is None) == (kind.join is None) == (not kind.joined)


def test_the_kinds_are_those_that_have_columns() -> None:
    assert KINDS.keys() == LAYOUTS.keys()


def test_a_measure_is_of_one_kind() -> None:
    measures = [code for kind in KINDS.values() for code in (*kind.compare, *kind.alone)]
    assert len(measures) == len(set(measures))
    assert set(measures) <= set(MEASURES)


@pytest.mark.parametrize("measure", [code for kind in KINDS.values() for code in kind.compare])
def test_a_measure_of_two_arms_reads_the_columns_of_its_kind(measure: str) -> None:
    kind = kind_of_measure(measure)
    assert kind is not None
    values = [VALUES[field] for field in kind.fields]
    data = kind.data(values, [value + (field != "total") for value, field in zip(values, kind.fields)])
    given = columns_of(measure, [data])
    assert tuple(given) == kind.columns
    es = effect_sizes(measure, **given)
    assert es.k == 1


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


def test_arms_are_told_apart_by_their_keys_and_the_file_allows_no_other() -> None:
    models = [kind.arm for kind in KINDS.values() if kind.arm]
    assert {key for arm in models for key in arm.model_fields} == ARM_KEYS
    assert all(set(kind.fields) | {"source"} == set(kind.arm.model_fields) for kind in KINDS.values() if kind.arm)
    fields = [frozenset(arm.model_fields) for arm in models]
    assert all(one != other for one, other in pairwise(fields))
    assert kind_of_arms([Counts(events=1, total=2)]).arm is Counts


def test_spreadsheets_have_a_column_for_every_number_of_an_arm() -> None:
    assert ARM_COLUMNS == ("events_experimental", "total_experimental", "events_control", "total_control")


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
    data, note = data_by_role(study, _result(low=(1, 10), high=(2, 30), placebo=(7, 41)))
    assert (data, note) == (TABLE, "arms low and high added up")
    assert data_by_role(study, _result(low=(3, 40), placebo=(7, 41))) == (TABLE, None)


def test_counts_are_risks_people_and_the_cells_of_a_table() -> None:
    assert risks(TABLE) == {"experimental": 3 / 40, "control": 7 / 41}
    assert risks({"xi": 1.0, "ni": 4.0}) == {"experimental": 0.25}
    assert cells(TABLE) == {"a": 3, "b": 37, "c": 7, "d": 34}
    assert without_events(TABLE) == {"ai": 37, "n1i": 40, "ci": 34, "n2i": 41}
    assert people_of([TABLE, {"ri": 0.2, "ni": 19.0}, {"yi": 1.0}]) == 100
