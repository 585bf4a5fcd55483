"""Sentences keep every letter when their numbers are linked, and each link leads to a row of the formulas."""

import pytest

import metaan as ma
from metaan.report.document import Piece
from metaan.report.language.words import Arms
from metaan.report.sections.linked import pieces
from metaan.report.sections.outcomes import OutcomeView, outcome
from metaan.report.sections.workings import Workings

ARMS = Arms("anakinra", "usual care")


@pytest.fixture(scope="module", params=["anakinra", "bcg"])
def seen(request: pytest.FixtureRequest) -> list[tuple[OutcomeView, set[str]]]:
    """The outcomes of an example with the ids of the rows of its formulas."""
    found = []
    for analysis in ma.analyse(ma.load(ma.example(request.param))):
        ids = {row.anchor for row in Workings.of(analysis).rows}
        found.append((outcome(analysis, ARMS), ids))
    return found


def test_the_answer_says_the_same_with_its_numbers_linked(seen: list[tuple[OutcomeView, set[str]]]) -> None:
    for one, ids in seen:
        for answer in one.answers:
            assert "".join(piece.text for piece in answer.pieces) == answer.text
            places = [piece.place for piece in answer.pieces if piece.place]
            assert len(places) >= 3
            assert set(places) <= ids


def test_no_number_of_the_answer_is_left_without_a_link(seen: list[tuple[OutcomeView, set[str]]]) -> None:
    bare = [p.text for one, _ in seen for answer in one.answers for p in answer.pieces if not p.place]
    bare = [text.replace("by day 14", "") for text in bare]
    assert [text for text in bare if any(sign.isdigit() for sign in text)] == []


def test_other_sentences_keep_their_words_too(seen: list[tuple[OutcomeView, set[str]]]) -> None:
    places = set()
    for one, ids in seen:
        assert "".join(piece.text for piece in one.disagreement_pieces) == one.disagreement
        for block in one.blocks:
            assert tuple("".join(p.text for p in cut) for cut in block.sentence_pieces) == block.sentences
            assert not block.assumed or block.assumed_place in ids
            linked = {p.place for cut in block.sentence_pieces for p in cut if p.place}
            assert linked <= ids
            places |= linked
        for found in one.explored:
            assert {f"{found.place}.{finding.part}" for finding in found.findings if finding.part} <= ids
    assert places


def test_what_a_sentence_does_not_hold_is_passed_over() -> None:
    assert pieces("nothing", [("0.5", "x"), ("", "y"), ("nothing", "")]) == (Piece("nothing"),)
    assert pieces("", []) == ()
    assert pieces("0.5 and 0.5", [("0.5", "x"), ("0.5", "y")]) == (Piece("0.5", "x"), Piece(" and "), Piece("0.5", "y"))
