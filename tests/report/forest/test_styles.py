"""Styles change how numbers are written and where they stand, never the numbers; nothing overlaps in any of them."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaan.errors import UsageError
from metaan.registry.model.plan import ForestOptions
from metaan.report.drawing.drawing import Drawing, DrawnLine, DrawnText, Shape
from metaan.report.drawing.layout import layout
from metaan.report.forest.forest import forest
from metaan.report.forest.landmarks import EFFECT_OF
from metaan.report.forest.order import KEYS, sort
from metaan.report.forest.styles import STYLES
from metaan.report.forest.traits import TRAITS
from metaan.report.language.words import Arms
from metaan.stats.evidence.absolute import RISK_OF, risk_with_treatment
from metaan.stats.measures.effects import Interval
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")
NAMES = (
    "Smith 2020",
    "張偉 臨床試験 2021",
    "دراسة سريرية عشوائية",
    "W" * 120,
    "a very long name, with commas, " * 5,
    "é👩‍⚕️",
)
counts = st.tuples(
    st.sampled_from(NAMES), st.integers(0, 40), st.integers(40, 90_000), st.integers(0, 40), st.integers(40, 90_000)
)
pools = st.dictionaries(
    st.sampled_from(["randomised", "non-randomised"]), st.lists(counts, min_size=1, max_size=5), min_size=1
)
random_pools = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


def asking(analysis: Analysis, **options: object) -> Analysis:
    plot = ForestOptions.model_validate(options)
    return replace(analysis, plan=analysis.plan.model_copy(update={"plot": plot}))


def texts(drawing: Drawing) -> list[DrawnText]:
    items = [item for group in drawing.groups for item in group.items]
    return [item for item in [*items, *drawing.foreground] if isinstance(item, DrawnText)]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def check(drawing: Drawing) -> None:
    boxes = [text.box for text in texts(drawing)]
    for i, box in enumerate(boxes):
        assert box[0] >= -0.01
        assert box[2] <= drawing.width + 0.01
        assert box[3] <= drawing.height
        assert not any(overlap(box, other) for other in boxes[i + 1 :])
    for group in drawing.groups:
        for item in group.items:
            if isinstance(item, DrawnText):
                assert item.box[2] <= drawing.left - 6 or item.box[0] >= drawing.right + 6
                assert group.top < item.y < group.bottom
            if isinstance(item, Shape):
                assert all(group.top <= y <= group.bottom for _, y in item.points)


@pytest.mark.parametrize("style", STYLES)
@given(drawn=pools, measure=st.sampled_from(["OR", "RR", "RD"]))
@random_pools
def test_nothing_overlaps_in_any_style(
    analysis: Callable[..., Analysis], style: str, drawn: dict, measure: str
) -> None:
    made = asking(analysis(drawn, measure), columns=["year", "design"], sort="effect")
    check(layout(forest(made, ARMS, style=STYLES[style])))


@pytest.mark.parametrize("style", STYLES)
def test_drawn_coordinates_are_the_numbers_in_any_style(death: Analysis, style: str) -> None:
    drawing = layout(forest(death, ARMS, style=STYLES[style]))
    squares = [
        item for group in drawing.groups for item in group.items
        if isinstance(item, Shape) and item.role == "square study"
    ]  # fmt: skip
    places = [(sum(x for x, _ in s.points) / 4 - drawing.left) / (drawing.right - drawing.left) for s in squares]
    assert [drawing.plot.axis.value(place) for place in places] == pytest.approx([row.estimate for row in death.rows])


@pytest.mark.parametrize("style", STYLES)
def test_every_style_writes_the_same_numbers(death: Analysis, style: str) -> None:
    shown = [row.cells["effect"] for row in forest(death, ARMS, style=STYLES[style]).rows if row.kind == "pooled"]
    fits = [fit for pool in death.pools for fit in (pool.common, pool.random)]
    for text, fit in zip(shown, fits, strict=True):
        wanted = (fit.display.estimate, *fit.display.ci)
        assert [float(x) for x in re.findall(r"\d+\.\d+", text)] == pytest.approx(list(wanted), abs=0.0051)


def test_effects_read_as_each_journal_prints_them() -> None:
    ci = Interval(0.4402, 2.1111)
    read = {name: style.value(0.964, ci, "OR") for name, style in STYLES.items()}
    assert read["revman"] == "0.96 [0.44, 2.11]"
    assert read["bmj"] == read["default"] == "0.96 (0.44 to 2.11)"
    assert read["jama"] == "0.96 (0.44-2.11)"
    assert STYLES["jama"].value(-0.02, Interval(-0.05, 0.01), "RD") == "−0.02 (−0.05 to 0.01)"
    assert STYLES["jama"].p_text(0.0183) == "P = .018"
    assert STYLES["revman"].p_text(1e-9) == "P < 0.001"


def test_what_two_decimals_would_make_nothing_keeps_its_digits() -> None:
    assert STYLES["revman"].value(0.00123, Interval(0.0004, 12.345), "RR") == "0.0012 [0.0004, 12.35]".replace(
        "0.0004", "0.00040"
    )


def test_the_columns_stand_in_the_order_of_the_journal(death: Analysis) -> None:
    def keys(style: str, side: str) -> list[str]:
        return [c.key for c in forest(death, ARMS, style=STYLES[style]).columns if c.side == side]

    assert keys("revman", "right") == []
    assert keys("revman", "left")[1:5] == [
        "experimental:ai", "experimental:n1i", "control:ci", "control:n2i"
    ]  # fmt: skip
    assert keys("bmj", "right") == ["weight_common", "weight_random", "effect"]
    assert keys("jama", "left") == ["label", "experimental", "control", "effect"]


def test_a_first_line_over_several_columns_stands_once_over_their_middle(death: Analysis) -> None:
    drawing = layout(forest(death, ARMS, style=STYLES["revman"]))
    heads = [text for text in texts(drawing) if text.role == "head"]
    (over,) = [text for text in heads if text.text == "Anakinra"]
    below = [text for text in heads if text.text in ("Events", "Total")][:2]
    assert below[0].box[0] < over.x < below[1].box[2]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("name", ["Audemard-Verger 2022", "CORIMUNO-ANA-1 2021", "NCT04362111 2021", "SAVE-MORE 2021"]),
        ("effect", ["SAVE-MORE 2021", "CORIMUNO-ANA-1 2021", "NCT04362111 2021", "Audemard-Verger 2022"]),
        ("weight", ["SAVE-MORE 2021", "CORIMUNO-ANA-1 2021", "Audemard-Verger 2022", "NCT04362111 2021"]),
        ("precision", ["SAVE-MORE 2021", "CORIMUNO-ANA-1 2021", "Audemard-Verger 2022", "NCT04362111 2021"]),
    ],
)
def test_rows_are_sorted_within_their_block(death: Analysis, key: str, wanted: list[str]) -> None:
    rows = [row.label for row in forest(asking(death, sort=key), ARMS).rows if row.kind == "study"]
    assert rows[:4] == wanted
    assert set(rows[4:]) == {row.label for row in death.pools[1].rows}


def test_what_has_no_place_comes_last(analysis: Callable[..., Analysis]) -> None:
    rows = analysis({"": [("none", 0, 40, 0, 40), ("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]}).pools[0].rows
    assert [row.label for row in sort(rows, "effect")] == ["A", "B", "none"]
    judged = [{"tool": "RoB 2", "overall": word, "domains": []} for word in ("high", "low")]
    studies = [
        rows[0].study,
        *(r.study.model_copy(update={"risk_of_bias": (_judged(j),)}) for r, j in zip(rows[1:], judged)),
    ]
    made = [replace(row, study=study) for row, study in zip(rows, studies, strict=True)]
    assert [row.label for row in sort(made, "risk of bias")] == ["B", "A", "none"]
    assert [TRAITS["risk of bias"](row) for row in made] == ["", "× high", "+ low"]


def _judged(plain: dict):
    from metaan.registry.model.public import RiskOfBias

    return RiskOfBias.model_validate(plain)


def test_the_protocol_allows_what_there_is() -> None:
    fields = ForestOptions.model_fields
    assert set(get_args(get_args(fields["sort"].annotation)[0])) == set(KEYS)
    assert set(get_args(fields["style"].annotation)) == set(STYLES)


def test_a_further_column_holds_what_the_registry_says(death: Analysis) -> None:
    plot = forest(asking(death, columns=["Year", "design"]), ARMS)
    assert [c.header for c in plot.columns][1:3] == ["Year", "Design"]
    assert {row.cells["trait:year"] for row in plot.rows if row.kind == "study"} == {"2021"}


def test_an_unknown_column_is_refused_with_what_is_allowed(death: Analysis) -> None:
    with pytest.raises(UsageError, match="did you mean year"):
        forest(asking(death, columns=["yeer"]), ARMS)


@pytest.mark.parametrize("measure", RISK_OF)
def test_the_band_is_where_the_risk_differs_by_less_than_the_least_that_matters(death: Analysis, measure: str) -> None:
    mid = {"per_1000": 30, "source": "a panel"}
    outcome = type(death.outcome).model_validate(death.outcome.model_dump() | {"mid": mid})
    band = forest(replace(death, outcome=outcome, measure=measure), ARMS).band
    risks = [risk_with_treatment(measure, x, 0.2) for x in (band.lo, band.hi)]
    assert risks == pytest.approx([0.17, 0.23])
    assert "30 per 1000" in band.note
    assert set(EFFECT_OF) == set(RISK_OF)


def test_no_band_where_nothing_says_what_matters(death: Analysis) -> None:
    assert forest(death, ARMS).band is None


def test_the_band_is_drawn_under_the_rows(death: Analysis) -> None:
    mid = {"per_1000": 30, "source": "a panel"}
    outcome = type(death.outcome).model_validate(death.outcome.model_dump() | {"mid": mid})
    drawing = layout(forest(replace(death, outcome=outcome), ARMS))
    (shape,) = [item for item in drawing.background if isinstance(item, Shape)]
    ends = [(x - drawing.left) / (drawing.right - drawing.left) for x, _ in shape.points[:2]]
    band = drawing.plot.band
    assert [drawing.plot.axis.value(end) for end in ends] == pytest.approx([band.lo, band.hi])


def test_the_dashed_line_stands_at_the_result_of_all_studies(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"": [("A", 5, 40, 9, 40), ("B", 4, 37, 7, 34)]})
    drawing = layout(forest(made, ARMS, style=STYLES["bmj"]))
    (line,) = [item for item in drawing.background if isinstance(item, DrawnLine) and item.role == "guide"]
    place = (line.x1 - drawing.left) / (drawing.right - drawing.left)
    assert drawing.plot.axis.value(place) == pytest.approx(made.pools[0].random.display.estimate)
    assert forest(made, ARMS).guide is None
