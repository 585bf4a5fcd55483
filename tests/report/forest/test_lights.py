"""Signs of bias in the forest plot: those that were judged and no other, told apart without colour, and in words."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaan.registry.model.appraisal import TOOLS
from metaan.registry.model.public import RiskOfBias
from metaan.report.drawing.drawing import Dot, DrawnText
from metaan.report.drawing.layout import layout
from metaan.report.drawing.svg import svg
from metaan.report.forest.forest import forest
from metaan.report.forest.lights import NONE, lights
from metaan.report.forest.styles import STYLES
from metaan.report.language.judgements import SIGNS
from metaan.report.language.words import Arms
from metaan.report.sections.outcomes import outcome
from metaan.synthesis.values import Analysis, StudyRow
from tests.report.sections.test_bias import judged

ARMS = Arms("anakinra", "usual care")


def judging(analysis: Analysis, found: Callable[[int, StudyRow], tuple[RiskOfBias, ...]]) -> Analysis:
    """The analysis with judgements of its studies, which ``found`` gives by place."""
    at = {row.id: i for i, row in enumerate(analysis.rows)}
    pools = []
    for pool in analysis.pools:
        rows = [
            replace(row, study=row.study.model_copy(update={"risk_of_bias": found(at[row.id], row)}))
            for row in pool.rows
        ]
        pools.append(replace(pool, rows=tuple(rows)))
    return replace(analysis, pools=tuple(pools))


@pytest.fixture
def mixed(death: Analysis) -> Analysis:
    """Trials by RoB 2, other studies by ROBINS-I in two versions, one by its overall judgement, one not at all."""

    def found(i: int, row: StudyRow) -> tuple[RiskOfBias, ...]:
        if i == 1:
            return ()
        tool = "RoB 2" if row.design == "randomised" else "ROBINS-I V2" if i % 2 else "ROBINS-I"
        words = [*TOOLS[tool].judgements]
        each = [words[(i + j) % len(words)] for j in range(len(TOOLS[tool].domains))]
        changes = {"version": TOOLS[tool].version}
        return (judged(tool, *(() if i == 2 else each), overall=words[i % len(words)], **changes),)

    return judging(death, found)


def test_without_a_judgement_there_are_no_lights(death: Analysis) -> None:
    assert lights(death.rows) == NONE
    assert "field" not in svg(forest(death, ARMS))


def test_the_protocol_can_leave_the_lights_out(mixed: Analysis) -> None:
    plan = mixed.plan.model_copy(update={"plot": mixed.plan.plot.model_copy(update={"lights": False})})
    assert "field" not in svg(forest(replace(mixed, plan=plan), ARMS))
    assert "field" not in svg(forest(mixed, ARMS, terse=True))


def test_each_study_has_its_own_judgements_and_one_without_has_none(mixed: Analysis) -> None:
    found = lights(mixed.rows)
    rows = {row.label: row for row in forest(mixed, ARMS).rows if row.kind == "study"}
    for study in mixed.rows:
        drawn = rows[study.label].lights
        if not study.study.risk_of_bias:
            assert drawn == {}
            assert rows[study.label].sentence.endswith("risk of bias not judged")
            continue
        [one] = study.study.risk_of_bias
        told = {light.about.partition(" ")[2].casefold(): light.text for light in drawn.values()}
        assert {domain.name: domain.judgement for domain in one.domains}.items() <= told.items()
        assert drawn["bias:All"].text == one.overall
        assert rows[study.label].sentence.endswith(f"risk of bias {one.overall}")
    assert [column.header for column in found.columns] == ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "All"]


def test_a_study_without_domains_shows_its_overall_judgement_alone(mixed: Analysis) -> None:
    drawn = lights(mixed.rows).of(mixed.rows[2].id)
    assert [*drawn] == ["bias:All"]


def test_each_tool_names_its_domains_once(mixed: Analysis) -> None:
    notes = [note for note in forest(mixed, ARMS).notes if note.startswith("Risk of bias by")]
    assert [note.partition(":")[0] for note in notes] == [
        "Risk of bias by RoB 2 (2019)", "Risk of bias by ROBINS-I (2016)", "Risk of bias by ROBINS-I (V2)",
    ]  # fmt: skip
    assert "D1 randomisation process, D2 deviations" in notes[0]
    assert "D6 measurement of outcomes, D7 selection of the reported result, All overall." in notes[1]


@pytest.mark.parametrize("style", STYLES)
def test_every_sign_is_drawn_in_its_circle_and_stands_in_the_key(mixed: Analysis, style: str) -> None:
    drawing = layout(forest(mixed, ARMS, style=STYLES[style]))
    seen = {}
    for group in drawing.groups:
        dots = [item for item in group.items if isinstance(item, Dot)]
        signs = {(item.x, item.role.split()[-1]): item.text for item in group.items
                 if isinstance(item, DrawnText) and item.role.startswith("sign")}  # fmt: skip
        assert [dot.sentence.partition(": ")[2] for dot in dots] == [x.text for x in group.row.lights.values()]
        for dot, light in zip(dots, group.row.lights.values(), strict=True):
            assert dot.role == f"field {light.code}"
            assert signs.get((dot.x, light.code), "") == SIGNS[light.code]
            seen[light.code] = light.text
    key = [item.role.split()[1] for item in drawing.foreground if isinstance(item, Dot)]
    assert key == [code for code in SIGNS if code in seen]
    assert {"high or serious", "moderate or some concerns"} <= {text for _, text in drawing.plot.signs}


def test_the_best_judgement_with_a_reservation_has_a_sign_of_its_own(death: Analysis) -> None:
    word = "low except for concerns about uncontrolled confounding"
    one = judged("ROBINS-I V2", word, "low", overall="low", version="V2")
    drawn = lights(judging(death, lambda i, row: (one,)).rows).of(death.rows[0].id)
    assert [light.code for light in drawn.values()][:2] == ["except", "low"]


def test_a_judgement_of_this_outcome_comes_before_that_of_the_study(death: Analysis) -> None:
    whole = judged("RoB 2", overall="low", outcome=None)
    this = judged("RoB 2", overall="high")
    other = judged("RoB 2", overall="some concerns", outcome="fever")
    made = judging(death, lambda i, row: (other, whole, this) if i else (other, whole))
    first, second = (lights(made.rows).of(row.id)["bias:All"].text for row in made.rows[:2])
    assert (first, second) == ("low", "high")


def test_the_table_of_the_page_has_the_words(mixed: Analysis) -> None:
    shown = outcome(mixed, ARMS)
    at = [i for i, header in enumerate(shown.headers) if header.text.startswith("Risk of bias, ")]
    assert len(at) == 8
    rows = [row for row in shown.rows if row.kind == "study"]
    for row, study in zip(rows, mixed.rows, strict=True):
        words = {row.cells[i].text for i in at} - {"", "not judged"}
        assert words == {d.judgement for one in study.study.risk_of_bias for d in one.domains} | {
            one.overall for one in study.study.risk_of_bias
        }


def test_a_plot_that_is_wide_says_so_to_the_page(mixed: Analysis, death: Analysis) -> None:
    assert 'class="forest wide"' in svg(forest(mixed, ARMS))
    assert 'class="forest"' in svg(forest(death, ARMS))


def test_each_light_says_what_it_is_about(mixed: Analysis) -> None:
    root = ET.fromstring(svg(forest(mixed, ARMS)))
    titles = {circle[0].text for circle in root.iter("{http://www.w3.org/2000/svg}circle") if len(circle)}
    assert "Audemard-Verger 2022, D1 Randomisation process: low" in titles
    assert "Audemard-Verger 2022, Overall: low" in titles
