"""Sentences are built of their numbers: each leads to a row of the formulas, and has the value that it writes."""

import pytest

import metaan as ma
from metaan.report.document import Number, Text
from metaan.report.language import formats
from metaan.report.language.words import Arms
from metaan.report.sections.outcomes import OutcomeView, outcome
from metaan.report.sections.workings import Workings
from metaan.synthesis.values import Analysis

ARMS = Arms("anakinra", "usual care")


@pytest.fixture(scope="module", params=["anakinra", "bcg"])
def seen(request: pytest.FixtureRequest) -> list[tuple[Analysis, OutcomeView, set[str]]]:
    """The outcomes of an example with the ids of the rows of its formulas."""
    found = ma.analyse(ma.load(ma.example(request.param)))
    return [(one, outcome(one, ARMS), {row.anchor for row in Workings.of(one).rows}) for one in found]


def numbers(text: Text) -> list[Number]:
    return [part for part in text if isinstance(part, Number)]


def test_every_number_of_the_answer_leads_to_its_row(seen: list[tuple[Analysis, OutcomeView, set[str]]]) -> None:
    for _, view, ids in seen:
        for answer in view.answers:
            found = [part for _, part in answer.numbers if part]
            assert numbers(answer.text) == found
            assert len(found) >= (3 if answer.numbers and dict(answer.numbers)["difference"] else 2)
            assert {number.place for number in found} <= ids
            bare = "".join(part for part in answer.text if isinstance(part, str)).replace("by day 14", "")
            assert not any(sign.isdigit() for sign in bare)


def test_other_sentences_lead_to_rows_too(seen: list[tuple[Analysis, OutcomeView, set[str]]]) -> None:
    said = []
    for _, view, ids in seen:
        texts = [view.disagreement, *(text for block in view.blocks for text in block.sentences)]
        said += (found := [number.place for text in texts for number in numbers(text)])
        assert set(found) <= ids
        assert all(not block.assumed or block.assumed_place in ids for block in view.blocks)
        for one in view.explored:
            assert {f"{one.place}.{finding.part}" for finding in one.findings if finding.part} <= ids
    assert said


def test_a_number_has_the_value_that_it_writes(seen: list[tuple[Analysis, OutcomeView, set[str]]]) -> None:
    for analysis, view, _ in seen:
        for answer in view.answers:
            effect = dict(answer.numbers)["effect"]
            assert isinstance(effect, Number)
            assert isinstance(effect.value, float)
            begins = effect.text.split(" ")[0]
            assert formats.estimate(effect.value, analysis.measure) == begins or analysis.measure in ("RD", "MD")


def test_a_sentence_is_its_words_and_nothing_is_left_of_an_empty_part() -> None:
    half = Number("0.5", 0.5, "x")
    assert Text.of("a ", "b ", half, "", " and ", half) == ("a b ", half, " and ", half)
    assert str(Text.of("a ", half)) == "a 0.5"
    assert not Text.of("", "")
