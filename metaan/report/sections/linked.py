"""Sentences whose numbers lead to where they were computed: a text cut where such a number stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..document import Piece
from ..language import formats, words
from . import workings

if TYPE_CHECKING:
    from ...synthesis.values import Analysis, Pool
    from ..language.words import Answer


def pieces(text: str, numbers: Iterable[tuple[str, str]]) -> tuple[Piece, ...]:
    """Cut a sentence around its numbers, which are given in its order, each with its place.

    >>> [piece.text for piece in pieces("In 2 trials: 0.5 (0.3 to 0.8).", [("0.5 (0.3 to 0.8)", "formula.x")])]
    ['In 2 trials: ', '0.5 (0.3 to 0.8)', '.']
    """
    done, at = [], 0
    for number, place in numbers:
        start = text.find(number, at) if number and place else -1
        if start >= 0:
            done += [Piece(text[at:start]), Piece(number, place)]
            at = start + len(number)
    return tuple(piece for piece in (*done, Piece(text[at:])) if piece.text)


def answers(found: Iterable[Answer], analysis: Analysis) -> tuple[Answer, ...]:
    """Return the sentences of the answer with their numbers linked."""
    pools = words.blocks(analysis)
    places = [_places(pool, i, analysis) for i, pool in enumerate(pools)]
    return tuple(replace(answer, pieces=_linked(answer, places[answer.place])) for answer in found)


def _linked(answer: Answer, places: Mapping[str, str]) -> tuple[Piece, ...]:
    return pieces(answer.text, [(text, places[kind]) for kind, text in answer.numbers])


def _places(pool: Pool, i: int, analysis: Analysis) -> dict[str, str]:
    """Return where each kind of number of a pool's answer was computed."""
    key, place = analysis.plan.key, workings.anchor(analysis.plan.key, "block", i)
    return {
        "people": f"{place}.people",
        "effect": workings.lead(pool, i, key),
        "difference": f"{place}.absolute",
        "prediction": f"{place}.random.prediction",
    }


def designs(text: str, analysis: Analysis) -> tuple[Piece, ...]:
    """Return what the designs agree or disagree in, with the results of both and the test between them linked."""
    key, numbers = analysis.plan.key, []
    for name in ("randomised", words.FLAT):
        for i, pool in enumerate(analysis.pools):
            if pool.name == name and (got := words.lead(pool)) is not None:
                value = formats.effect(got.estimate, got.ci, analysis.measure)
                numbers.append((value, workings.lead(pool, i, key)))
    test = analysis.subgroup_test
    got_p = None if test is None else test.random or test.common
    if got_p is not None:
        numbers.append((formats.p_text(got_p[2]), workings.anchor(key, "subgroups")))
    return pieces(text, numbers)


def sentence(text: str, pool: Pool, i: int, analysis: Analysis) -> tuple[Piece, ...]:
    """Return a sentence about a pool with the intervals of its results and of its prediction linked."""
    known = []
    for role, fit in workings.fits(pool):
        place, shown = workings.anchor(analysis.plan.key, "block", i, role), fit.display
        known.append((formats.effect(shown.estimate, shown.ci, analysis.measure), f"{place}.effect"))
        if shown.pi is not None:
            between = formats.bounds(shown.pi, analysis.measure).replace(" to ", " and ")
            known.append((between, f"{place}.prediction"))
    there = {number: place for number, place in reversed(known) if number in text}
    return pieces(text, sorted(there.items(), key=lambda one: text.index(one[0])))
