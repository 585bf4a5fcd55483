import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaan.report.drawing.layout import layout
from metaan.report.drawing.svg import picture, svg
from metaan.report.forest.forest import favours, forest
from metaan.report.language.left_out import left_out
from metaan.report.language.words import Arms
from metaan.synthesis.values import Analysis, Excluded

ARMS = Arms("anakinra", "usual care")


def kinds(analysis: Analysis, **how: bool) -> list[str]:
    return [row.kind for row in forest(analysis, ARMS, **how).rows]


def test_the_rows_of_two_designs(death: Analysis) -> None:
    pool = ["heading", *["study"] * 4, "pooled", "pooled", "prediction", "text", "spacer"]
    assert kinds(death) == [*pool, *pool, "text", "spacer", "heading", "reference"]


def test_other_methods_are_rows_where_they_are_asked_for(death: Analysis) -> None:
    assert kinds(death, terse=True).count("sensitivity") == 2


def test_the_side_that_is_favoured_follows_the_direction() -> None:
    assert favours("bad", ARMS) == ("Favours anakinra", "Favours usual care")
    assert favours("good", ARMS) == ("Favours usual care", "Favours anakinra")


def test_a_pool_over_all_designs_is_a_block_of_its_own(death: Analysis, analysis: Callable[..., Analysis]) -> None:
    rows = [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34), ("C", 9, 37, 3, 34)]
    both = replace(death, overall=analysis({"": rows}).pools[0])
    labels = [row.label for row in forest(both, ARMS).rows if row.kind == "heading"]
    assert labels == [
        "Randomised trials",
        "Non-randomised studies",
        "All studies",
        "Published pools of reviews (not pooled here)",
    ]


def test_one_pool_without_a_name_has_no_heading(analysis: Callable[..., Analysis]) -> None:
    assert kinds(analysis({"": [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]}))[0] == "study"


def test_a_study_without_an_effect_stays_in_the_table(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"": [("none", 0, 40, 0, 40), ("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})
    first = forest(made, ARMS).rows[0]
    assert first.mark is None
    assert first.cells["effect"] == "not estimable"
    assert "no events" in first.sentence


def test_totals_stand_once(death: Analysis) -> None:
    totals = [row.cells.get("experimental") for row in forest(death, ARMS).rows if row.kind == "pooled"]
    assert totals == ["42/516", None, "46/287", None]


def test_a_reference_of_another_measure_is_not_drawn(death: Analysis) -> None:
    pool = death.references[0].pool.model_copy(update={"measure": "HR"})
    other = replace(death, references=(replace(death.references[0], pool=pool),))
    row = forest(other, ARMS).rows[-1]
    assert row.mark is None
    assert row.cells["effect"].startswith("HR 0.32")


def test_studies_left_out_share_a_line_with_their_reason(death: Analysis) -> None:
    why = {"a": "no control arm", "b": "no control arm", "c": "retracted"}
    gone = tuple(Excluded(name, name.upper(), reason) for name, reason in why.items())
    assert tuple(map(str, left_out([replace(death, excluded=gone)]))) == (
        "Left out (no control arm): A and B.",
        "Left out (retracted): C.",
    )


def test_risk_differences_have_a_plain_axis(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"": [("A", 5, 40, 3, 40), ("B", 11, 37, 3, 34), ("C", 9, 37, 3, 34)]}, measure="RD")
    plot = forest(made, ARMS)
    assert plot.axis_title.whole == ("Risk difference (95% CI)",)
    assert plot.axis.scale.null == 0
    assert "0" in [tick.label for tick in plot.axis.ticks]


def test_the_markup_is_the_same_each_time_and_escaped(analysis: Callable[..., Analysis]) -> None:
    made = analysis({"": [("<b>\x00 & Söhne</b>", 5, 40, 3, 40), ("B", 11, 37, 3, 34)]})
    text = svg(forest(made, ARMS))
    assert text == str(picture(layout(forest(made, ARMS))))
    assert "&lt;b&gt; &amp; Söhne&lt;/b&gt;" in text
    assert "\x00" not in text


@pytest.mark.parametrize("attribute", ["style=", "onload", "href", "font-family"])
def test_the_markup_needs_no_style_and_no_link(death: Analysis, attribute: str) -> None:
    assert attribute not in svg(forest(death, ARMS))


def test_each_row_is_a_group_that_a_script_finds_by_pool_and_study(death: Analysis) -> None:
    text = svg(forest(death, ARMS))
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for row in death.rows:
        pool = next(pool.name for pool in death.pools if row in pool.rows)
        assert f'id="forest-death.{pool}.{row.id}" data-study="{row.id}" data-pool="{pool}">' in text
    assert 'class="row pooled" id="forest-death.randomised.random" data-pool="randomised">' in text
    assert 'class="row prediction" id="forest-death.non-randomised.prediction"' in text
