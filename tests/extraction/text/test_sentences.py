"""Hard sentences: what is to be found in each, written down by eye, and what must not be taken for a result.

A proposal is written ``events/people percent arm | ...; effects``, with ``?`` for what is not printed, and the arm only
where the words name it. ``missed`` says that the sentence is known to be read wrongly or not at all.
"""

import json
import re
from pathlib import Path

import pytest

from metaan.extraction.listing import effect_text
from metaan.extraction.proposal import Passage
from metaan.extraction.text.abstract import propose, sizes
from metaan.extraction.text.suggest import ReviewContext

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text(encoding="utf-8"))
CONTEXT = ReviewContext(
    arms={
        "anakinra": re.compile("anakinra|drug|experimental", re.IGNORECASE),
        "control": re.compile("control|placebo|usual care|standard", re.IGNORECASE),
    },
    sizes={},
    outcomes={},
)


def cell_text(cell):
    known = ["?" if number is None else str(number) for number in (cell.events, cell.total)]
    return " ".join(filter(None, ("/".join(known), cell.percent and str(cell.percent), cell.arm)))


def shown(proposal):
    values = (" ".join([f"{v.value:g} {v.spread}", *(f"{b:g}" for b in v.bounds)]) for v in proposal.values)
    groups = (" | ".join(map(cell_text, proposal.cells)), " | ".join(values))
    return "; ".join(filter(None, (*groups, *map(effect_text, proposal.reported))))


def found(text):
    return [shown(proposal) for proposal in propose([Passage("", text)], CONTEXT)]


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["text"][:40])
def test_a_sentence_gives_what_it_says_and_nothing_else(case):
    if case.get("missed"):
        assert not set(found(case["text"])) & set(case["expect"])
    else:
        assert found(case["text"]) == case["expect"]


def test_recall_and_precision_over_all_sentences():
    expected = [(case["text"], one) for case in SENTENCES for one in case["expect"]]
    got = [(case["text"], one) for case in SENTENCES for one in found(case["text"])]
    right = len(set(expected) & set(got))
    assert len(SENTENCES) >= 80
    assert right / len(expected) >= 0.95, f"recall {right} of {len(expected)}"
    assert right / len(got) >= 0.98, f"precision {right} of {len(got)}"


def test_sizes_that_are_named_behind_the_number():
    text = (
        "We randomised 81 patients: 40 to the drug and 41 to placebo. Death occurred in 5 and 9 patients, respectively."
    )
    assert {size.arm: size.people for size in sizes([Passage("", text)], CONTEXT)} == {"anakinra": 40, "control": 41}


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f"])
def test_spaces_at_the_thousands(space):
    assert found(
        f"Death occurred in 1{space}003 (9.8%) patients with the drug and 1{space}100 (10.7%) with placebo."
    ) == ["1003/? 9.8% anakinra | 1100/? 10.7% control"]
