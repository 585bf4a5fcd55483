"""What is drawn: nothing overlaps, labels stand on their rows, coordinates are the numbers."""

import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaan.analysis import Analysis
from metaan.report.drawing import Drawing, Shape, Text
from metaan.report.fonts import text_width
from metaan.report.forest import forest
from metaan.report.layout import layout
from metaan.report.words import Arms

ARMS = Arms("anakinra", "usual care")
NAMES = (
    "Smith 2020",
    "張偉 臨床試験 2021",
    "دراسة سريرية عشوائية",
    "W" * 120,
    "a very long name of a study, with commas, " * 5 + "2020",
    "é👩‍⚕️",
)


counts = st.tuples(
    st.sampled_from(NAMES), st.integers(0, 40), st.integers(40, 90_000), st.integers(0, 40), st.integers(40, 90_000)
)
pools = st.dictionaries(
    st.sampled_from(["randomised", "non-randomised"]), st.lists(counts, min_size=1, max_size=6), min_size=1
)
random_pools = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def draw(analysis: Analysis) -> Drawing:
    return layout(forest(analysis, ARMS))


def texts(drawing: Drawing) -> list[Text]:
    items = [item for group in drawing.groups for item in group.items]
    return [item for item in [*items, *drawing.foreground] if isinstance(item, Text)]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def shapes(drawing: Drawing, role: str) -> list[tuple[int, Shape]]:
    found = [(i, item) for i, group in enumerate(drawing.groups) for item in group.items if isinstance(item, Shape)]
    return [(i, item) for i, item in found if item.role == role]


@given(pools)
@random_pools
def test_no_two_texts_overlap_and_none_leaves_the_page(analysis: Callable[..., Analysis], drawn: dict) -> None:
    drawing = draw(analysis(drawn))
    boxes = sorted((text.box for text in texts(drawing)), key=lambda box: box[1])
    for i, box in enumerate(boxes):
        assert box[0] >= -0.01
        assert box[2] <= drawing.width + 0.01
        assert box[3] <= drawing.height
        for other in boxes[i + 1 :]:
            if other[1] >= box[3]:
                break
            assert not overlap(box, other)


@given(pools)
@random_pools
def test_texts_of_rows_stay_out_of_the_plot(analysis: Callable[..., Analysis], drawn: dict) -> None:
    drawing = draw(analysis(drawn))
    for text in (item for group in drawing.groups for item in group.items if isinstance(item, Text)):
        assert text.box[2] <= drawing.left - 6 or text.box[0] >= drawing.right + 6


@given(pools)
@random_pools
def test_each_label_stands_on_the_row_of_its_estimate(analysis: Callable[..., Analysis], drawn: dict) -> None:
    drawing = draw(analysis(drawn))
    bottoms = [group.bottom for group in drawing.groups]
    assert [group.top for group in drawing.groups[1:]] == bottoms[:-1]
    for group in drawing.groups:
        for item in group.items:
            middle = item.y if isinstance(item, Text) else None
            if middle is not None:
                assert group.top < middle < group.bottom
            if isinstance(item, Shape):
                assert all(group.top <= y <= group.bottom for _, y in item.points)
    labels = [group.row.label for group in drawing.groups if group.row.kind == "study"]
    assert labels == [row[0] for rows in drawn.values() for row in rows]


def test_drawn_coordinates_invert_to_the_numbers(death: Analysis) -> None:
    drawing = draw(death)
    estimates = [row.estimate for row in death.rows]
    centres = [sum(x for x, _ in shape.points) / 4 for _, shape in shapes(drawing, "square study")]
    places = [(x - drawing.left) / (drawing.right - drawing.left) for x in centres]
    assert [drawing.plot.axis.value(place) for place in places] == pytest.approx(estimates)
    ends = [(shape.points[0][0], shape.points[2][0]) for _, shape in shapes(drawing, "diamond random")]
    got = [
        [drawing.plot.axis.value((x - drawing.left) / (drawing.right - drawing.left)) for x in pair] for pair in ends
    ]
    assert got == [pytest.approx(list(pool.random.display.ci)) for pool in death.pools]


def test_the_area_of_a_square_is_proportional_to_the_weight(death: Analysis) -> None:
    drawing = draw(death)
    areas = [(s.points[1][0] - s.points[0][0]) ** 2 for _, s in shapes(drawing, "square study")]
    weights = [row.weight_random for row in death.rows]
    assert areas == pytest.approx([max(areas) * weight / max(weights) for weight in weights])


def test_intervals_beyond_the_axis_end_in_arrows(analysis: Callable[..., Analysis]) -> None:
    rows = [(f"S{i}", 20 + i, 100, 25, 100) for i in range(8)]
    drawing = draw(analysis({"randomised": [*rows, ("wild", 1, 2, 1, 2)]}))
    rows_with_arrow = {drawing.groups[i].row.label for i, _ in shapes(drawing, "arrow study")}
    assert rows_with_arrow == {"wild"}


@pytest.mark.parametrize("k", [1, 200])
def test_one_study_and_two_hundred(analysis: Callable[..., Analysis], k: int) -> None:
    drawing = draw(analysis({"randomised": [(f"Study {i}", i % 7, 50, 5, 50 + i) for i in range(k)]}))
    assert sum(group.row.kind == "study" for group in drawing.groups) == k
    assert math.isfinite(drawing.height)


def test_no_study_at_all(analysis: Callable[..., Analysis]) -> None:
    drawing = draw(analysis({"": []}))
    assert [group.row.label for group in drawing.groups if group.row.kind == "text"] == [
        "No study reports this outcome"
    ]


@pytest.mark.parametrize("row", [("tiny", 1, 90_000, 80, 81), ("huge", 89_999, 90_000, 1, 90_000)])
def test_extreme_estimates_have_finite_coordinates(analysis: Callable[..., Analysis], row: tuple) -> None:
    drawing = draw(analysis({"randomised": [row, ("plain", 5, 50, 6, 50)]}))
    for group in drawing.groups:
        for item in group.items:
            for x, _ in item.points if isinstance(item, Shape) else ():
                assert -10 < x < drawing.width


def test_weights_may_all_be_missing(analysis: Callable[..., Analysis]) -> None:
    drawing = draw(analysis({"randomised": [("only", 3, 15, 10, 15)]}))
    assert "Weight" not in [text.text for text in texts(drawing)]
    assert len(shapes(drawing, "square study")) == 1


def test_the_measured_width_grows_with_the_text() -> None:
    assert text_width("mmmm", 13) > text_width("iiii", 13) > 0
    assert text_width("m", 13, bold=True) >= text_width("m", 13)
    assert text_width("張", 13) >= 13
