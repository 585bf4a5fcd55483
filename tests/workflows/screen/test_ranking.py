from __future__ import annotations

import sys

import pytest

from metaan.errors import NotEstimableError, UsageError
from metaan.workflows.screen.ranking import FOLDS, Ranker, in_time_order, text_of

BEES = [f"a trial of zymodrug in {word} bees" for word in ("young", "old", "ill", "tired", "wild", "tame")]
MICE = [f"{word} mice on a wheel" for word in ("young", "old", "ill", "tired", "wild", "tame")]
TEXTS = [text for pair in zip(MICE, BEES) for text in pair]  # mice have even places, bees odd ones


def test_what_is_like_the_included_comes_first_and_the_judged_not_at_all():
    order = Ranker(TEXTS).order({0: False, 1: True})
    assert sorted(order) == [*range(2, 12)]
    assert {at % 2 for at in order[:5]} == {1}


def test_words_alone_order_what_nobody_has_judged():
    order = Ranker(TEXTS, relevant=["zymodrug for bees"], irrelevant=["mice"]).order({})
    assert {at % 2 for at in order[:6]} == {1}


def test_the_same_decisions_give_the_same_order_and_ties_keep_theirs():
    texts = [*TEXTS, *TEXTS]
    labels = {0: False, 1: True}
    order = Ranker(texts).order(labels)
    assert order == Ranker(list(texts)).order(dict(reversed(labels.items())))
    assert order.index(3) < order.index(15)


@pytest.mark.parametrize("texts", [[], ["", ""], ["the", "of"], ["only one text"]])
def test_without_anything_to_learn_from_the_order_stays(texts):
    assert Ranker(texts).order({}) == [*range(len(texts))]
    assert Ranker(texts, relevant=["x1 drug"]).order(dict.fromkeys(range(len(texts)), False)) == []


def test_a_review_of_many_texts_drops_no_text():
    assert len(Ranker(TEXTS * 10, relevant=["zymodrug"]).order({})) == 120


def test_decisions_are_ranked_by_earlier_ones_alone():
    # what the first part teaches, bees against mice, no longer holds in the last one: that must not reach back
    decided = {at: at % 2 == 1 for at in range(12)}
    found = in_time_order(Ranker(TEXTS), decided)
    assert found.learned == 3
    assert len(found.labels) == 9
    assert sum(found.labels) == 5
    turned = in_time_order(Ranker(TEXTS), decided | {10: True, 11: False})
    assert turned.labels[-1]


def test_decisions_that_cannot_be_cut_or_hold_no_inclusion_are_refused_with_the_reason():
    with pytest.raises(NotEstimableError, match=f"decided so far: 4; needed: at least {FOLDS}"):
        in_time_order(Ranker(TEXTS), dict.fromkeys(range(4), True))
    with pytest.raises(NotEstimableError, match="nothing is included after the first 2 of 10"):
        in_time_order(Ranker(TEXTS), {0: True} | dict.fromkeys(range(1, 10), False))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(UsageError, match=r"scikit-learn.*metaan\[ranking\]"):
        Ranker(TEXTS)


def test_title_and_keywords_count_twice():
    assert text_of("a", "b", ["c", "d"]) == "a\na\nb\nc ; d\nc ; d"
