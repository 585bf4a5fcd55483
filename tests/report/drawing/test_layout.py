"""What is drawn: nothing overlaps, labels stand on their rows, coordinates are the numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaan.registry.model.appraisal import TOOLS
from metaan.registry.model.public import RiskOfBias
from metaan.report.drawing.drawing import Dot, Drawing, DrawnLine, DrawnText, Shape
from metaan.report.drawing.fonts import text_width
from metaan.report.drawing.layout import layout
from metaan.report.forest.forest import forest
from metaan.report.forest.order import KEYS, sort
from metaan.report.forest.styles import STYLES
from metaan.report.forest.traits import TRAITS
from metaan.report.language.words import Arms
from metaan.synthesis.values import Analysis
from tests.report.conftest import make_reference
from tests.report.forest.test_lights import judging
from tests.report.sections.test_bias import judged

ARMS = Arms("anakinra", "usual care")
NAMES = (
    "Smith 2020",
    "張偉 臨床試験 2021",
    "دراسة سريرية عشوائية",
    "यादृच्छिक नैदानिक परीक्षण २०२१",
    "W" * 120,
    "a very long name of a study, with commas, " * 5 + "2020",
    "é👩‍⚕️",
)


@dataclass(frozen=True)
class Case:
    """A random analysis and a look at it."""

    pools: dict[str, list[tuple[str, int, int, int, int]]]
    measure: str
    style: str
    sort: str | None
    tools: tuple[str | None, ...]
    columns: tuple[str, ...]

    def analysis(self, make: Callable[..., Analysis]) -> Analysis:
        made = make(self.pools, self.measure, references=(make_reference(),))
        made = judging(made, lambda i, row: self._judged(i))
        options = made.plan.plot.model_copy(update={"sort": self.sort, "columns": self.columns})
        return replace(made, plan=made.plan.model_copy(update={"plot": options}))

    def _judged(self, i: int) -> tuple[RiskOfBias, ...]:
        name = self.tools[i % len(self.tools)] if self.tools else None
        if name is None:
            return ()
        words = [*TOOLS[name].judgements]
        each = [words[(i + j) % len(words)] for j in range(len(TOOLS[name].domains) - i % 2)]
        return (judged(name, *each, overall=words[i % len(words)], version=TOOLS[name].version),)


counts = st.tuples(
    st.sampled_from(NAMES), st.integers(0, 40), st.integers(40, 90_000), st.integers(0, 40), st.integers(40, 90_000)
)
pools = st.dictionaries(
    st.sampled_from(["randomised", "non-randomised", "張偉", ""]), st.lists(counts, min_size=1, max_size=6), min_size=1
)
cases = st.builds(
    Case,
    pools=pools,
    measure=st.sampled_from(["OR", "RR", "RD"]),
    style=st.sampled_from([*STYLES]),
    sort=st.sampled_from([None, *KEYS]),
    tools=st.lists(st.sampled_from([None, *TOOLS]), max_size=4).map(tuple),
    columns=st.lists(st.sampled_from([*TRAITS]), unique=True, max_size=3).map(tuple),
)
random_cases = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def draw(analysis: Analysis, style: str = "default") -> Drawing:
    return layout(forest(analysis, ARMS, style=STYLES[style]))


def texts(drawing: Drawing) -> list[DrawnText]:
    items = [item for group in drawing.groups for item in group.items]
    return [item for item in [*items, *drawing.foreground] if isinstance(item, DrawnText)]


def boxes(drawing: Drawing) -> list[tuple[float, ...]]:
    """What must not meet: every text, and every circle with the sign inside it."""
    items = [item for group in drawing.groups for item in group.items]
    kept = [
        i for i in [*items, *drawing.foreground] if isinstance(i, DrawnText | Dot) and not i.role.startswith("sign")
    ]
    return sorted((item.box for item in kept), key=lambda box: box[1])


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def shapes(drawing: Drawing, role: str) -> list[tuple[int, Shape]]:
    found = [(i, item) for i, group in enumerate(drawing.groups) for item in group.items if isinstance(item, Shape)]
    return [(i, item) for i, item in found if item.role == role]


def value(drawing: Drawing, x: float) -> float:
    """The number that a place in the plot stands for."""
    return drawing.plot.axis.value((x - drawing.left) / (drawing.right - drawing.left))


@given(cases)
@random_cases
def test_no_two_boxes_overlap_and_none_leaves_the_page(analysis: Callable[..., Analysis], case: Case) -> None:
    drawing = draw(case.analysis(analysis), case.style)
    found = boxes(drawing)
    for i, box in enumerate(found):
        assert box[0] >= -0.01
        assert box[2] <= drawing.width + 0.01
        assert box[3] <= drawing.height
        for other in found[i + 1 :]:
            if other[1] >= box[3]:
                break
            assert not overlap(box, other)


@given(cases)
@random_cases
def test_each_sign_lies_inside_its_circle(analysis: Callable[..., Analysis], case: Case) -> None:
    drawing = draw(case.analysis(analysis), case.style)
    items = [item for group in drawing.groups for item in group.items]
    dots = {(item.x, round(item.y, 3)): item for item in items if isinstance(item, Dot)}
    for sign in (item for item in items if isinstance(item, DrawnText) and item.role.startswith("sign")):
        dot = next(dot for (x, y), dot in dots.items() if x == sign.x and abs(y - sign.y) < dot.radius)
        assert dot.role == sign.role.replace("sign", "field")
        assert dot.box[0] < sign.box[0] < sign.box[2] < dot.box[2]


@given(cases)
@random_cases
def test_texts_of_rows_stay_out_of_the_plot(analysis: Callable[..., Analysis], case: Case) -> None:
    drawing = draw(case.analysis(analysis), case.style)
    for item in (item for group in drawing.groups for item in group.items if isinstance(item, DrawnText | Dot)):
        assert item.box[2] <= drawing.left - 6 or item.box[0] >= drawing.right + 6


@given(cases)
@random_cases
def test_each_label_stands_on_the_row_of_its_estimate(analysis: Callable[..., Analysis], case: Case) -> None:
    made = case.analysis(analysis)
    drawing = draw(made, case.style)
    bottoms = [group.bottom for group in drawing.groups]
    assert [group.top for group in drawing.groups[1:]] == bottoms[:-1]
    for group in drawing.groups:
        for item in group.items:
            if isinstance(item, DrawnText):
                assert group.top < item.y < group.bottom
            if isinstance(item, Shape):
                assert all(group.top <= y <= group.bottom for _, y in item.points)
            if isinstance(item, Dot):
                assert group.top <= item.box[1] < item.box[3] <= group.bottom
    drawn = [(group.row.id, group.row.label) for group in drawing.groups if group.row.kind == "study"]
    rows = [row for pool in made.pools for row in sort(pool.rows, case.sort)]
    assert drawn == [(row.id, row.label) for row in rows]


@given(cases)
@random_cases
def test_drawn_coordinates_invert_to_the_numbers(analysis: Callable[..., Analysis], case: Case) -> None:
    made = case.analysis(analysis)
    drawing = draw(made, case.style)
    studies = {row.id: row for row in made.rows}
    for group in drawing.groups:
        row = studies.get(group.row.id or "")
        if row is None or row.estimate is None:
            assert row is None or group.row.mark is None
            continue
        square = next((item for item in group.items if isinstance(item, Shape) and item.role == "square study"), None)
        if square is None:  # it lies beyond the axis, and its arrow says so
            continue
        assert value(drawing, sum(x for x, _ in square.points) / 4) == pytest.approx(row.estimate, rel=1e-9, abs=1e-9)
        line = next(item for item in group.items if isinstance(item, DrawnLine) and item.role == "interval study")
        arrows = sum(isinstance(item, Shape) and item.role == "arrow study" for item in group.items)
        inside = [at for at in (line.x1, line.x2) if drawing.left < at < drawing.right]
        assert len(inside) + arrows == 2
        for at in inside:
            assert any(value(drawing, at) == pytest.approx(bound, rel=1e-9, abs=1e-9) for bound in row.ci)


def test_diamonds_invert_to_the_pooled_intervals(death: Analysis) -> None:
    drawing = draw(death)
    ends = [(shape.points[0][0], shape.points[2][0]) for _, shape in shapes(drawing, "diamond random")]
    got = [[value(drawing, x) for x in pair] for pair in ends]
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


@pytest.mark.parametrize("k", [1, 1000])
def test_one_study_and_a_thousand(analysis: Callable[..., Analysis], k: int) -> None:
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
