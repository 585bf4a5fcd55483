import math
import re

from hypothesis import given, settings
from hypothesis import strategies as st

import metaan as ma
from metaan.report.forest.axis import MOST_TICKS, axis, tick_label, ticks
from metaan.report.forest.plot import ForestMark, Row, axis_of, of_little_weight
from metaan.stats.measures.effects import Interval
from metaan.stats.measures.scales import SCALES

RATIO, PLAIN = SCALES["exp"], SCALES["identity"]
RATIOS = st.floats(1e-6, 1e6)


@given(st.lists(RATIOS, min_size=1, max_size=20))
@settings(max_examples=50)
def test_every_point_and_no_effect_lie_on_the_axis(points: list[float]) -> None:
    got = axis(points, [Interval(x / 3, x * 3) for x in points], RATIO)
    assert all(0 <= got.place(x) <= 1 for x in [*points, 1.0])


@given(RATIOS, st.floats(0, 1))
@settings(max_examples=50)
def test_places_invert_to_values(point: float, place: float) -> None:
    got = axis([point], [], RATIO)
    assert math.isclose(got.place(got.value(place)), place, abs_tol=1e-9)


def test_ticks_of_large_numbers_are_told_apart() -> None:
    labels = [tick_label(x) for x in (20210000.0, 20220000.0, 20230000.0, 1e8, 1e-8)]
    assert labels == ["20210000", "20220000", "20230000", "1.0×10⁸", "1.0×10⁻⁸"]


@given(st.lists(RATIOS, min_size=1, max_size=8))
@settings(max_examples=50)
def test_ticks_are_few_ascending_and_hold_no_effect(points: list[float]) -> None:
    values = [tick.value for tick in axis(points, [], RATIO).ticks]
    assert values == sorted(values)
    assert 1.0 in values
    assert 2 <= len(values) <= MOST_TICKS + 3


def test_ratio_ticks_are_round() -> None:
    labels = [tick.label for tick in ticks(math.log(0.09), math.log(11), RATIO)]
    assert labels == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]


def test_difference_ticks_are_round() -> None:
    assert [tick.label for tick in ticks(-0.21, 0.11, PLAIN)] == ["−0.2", "−0.1", "0", "0.1"]


def test_a_wild_interval_does_not_crush_the_rest() -> None:
    tame = [Interval(0.5, 2.0)] * 9
    got = axis([1.0] * 10, [*tame, Interval(1e-9, 1e9)], RATIO)
    assert got.place(1e9) > 1
    assert got.place(2.0) - got.place(0.5) > 0.3


def test_infinite_and_zero_bounds_are_beyond_the_axis() -> None:
    got = axis([1.0, 2.0], [Interval(0.0, math.inf)], RATIO)
    assert got.place(0.0) == -math.inf
    assert got.place(math.inf) == math.inf


def row(weight: float | None, estimate: float, block: str = "") -> Row:
    mark = ForestMark("square", estimate, Interval(estimate / 2, estimate * 2), weight)
    return Row("study", {"label": f"x{estimate:g}"}, mark, block=block)


def test_a_study_of_little_weight_does_not_set_the_axis() -> None:
    usual = [row(33.0, 0.6), row(33.0, 0.8), row(33.4, 1.1)]
    with_outlier = axis_of([*usual, row(0.6, 5000.0)], "OR")
    assert with_outlier.value(1.0) < 20
    assert with_outlier.place(5000.0) > 1
    assert axis_of([*usual, row(30.0, 5000.0)], "OR").place(5000.0) < 1
    assert axis_of([*usual, row(None, 5000.0)], "OR").place(5000.0) < 1


def test_little_weight_is_little_beside_an_equal_share_of_its_group() -> None:
    many = [row(100 / 60, 0.8) for _ in range(60)]
    assert of_little_weight(many) == []
    assert of_little_weight([*many, light := row(0.4, 9.0)]) == [light]
    assert of_little_weight([row(100.0, 0.8, "a"), *(row(100 / 60, 0.8, "b") for _ in range(60))]) == []


def test_a_plot_names_what_lies_beyond_its_axis() -> None:
    tables = {"ai": [40, 50, 45, 9], "n1i": [400, 500, 450, 9], "ci": [50, 60, 55, 0], "n2i": [400, 500, 450, 9]}
    text = ma.forest_plot(ma.pool(ma.effect_sizes("OR", slab=list("ABCD"), **tables)))
    assert re.search(
        r"Beyond the axis: D \(361 \(.*\)\); a study with", text.replace("</text>", " ").replace("\n", " ")
    )
    assert text.count('class="square study"') == 3
