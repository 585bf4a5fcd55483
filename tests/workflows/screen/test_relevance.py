from __future__ import annotations

import json

import pytest

from metaan.errors import DataError
from metaan.records.record import AbstractPart
from metaan.registry.store.decisions import Decision
from metaan.registry.store.json_files import json_bytes
from metaan.registry.store.standing import standings
from metaan.workflows.screen.judge import Vote, judge
from metaan.workflows.screen.relevance import Relevance, label
from metaan.workflows.screen.screening_state import open_screening
from metaan.workflows.screen.session import Session
from tests.server.candidates import FOUND, candidate, written
from tests.server.living import NOW, at, registry

N = 30
KEYS = [f"pmid-90{number}" for number in range(1, N + 1)]
BEES = set(KEYS[4::5])  # every fifth is about bees


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = written(registry(tmp_path_factory.mktemp("made"), more="screening: {reviewers: 1}\n"), N)
    for number, key in enumerate(KEYS, 1):
        about = "ill bees on honey" if key in BEES else "mice on a wheel"
        one = candidate(number).model_copy(
            update={"title": f"A study of {about}.", "abstract": (AbstractPart(text=f"We saw {about}."),)}
        )
        (folder / "candidates" / f"{key}.json").write_bytes(json_bytes(one))
    return folder


@pytest.fixture
def folder(made):
    (made / "decisions.jsonl").unlink(missing_ok=True)
    return made


def decided(folder, said):
    lines = [{"key": key, "action": action, "at": FOUND, "by": "ada"} for key, action in said.items()]
    lines = [line | ({"reason": "mice"} if line["action"] == "exclude" else {}) for line in lines]
    (folder / "decisions.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return folder


def test_the_queue_begins_with_what_is_like_the_included(folder):
    decided(folder, {KEYS[4]: "include", KEYS[0]: "exclude"})
    screening = open_screening(folder)
    before = set(screening.standings)
    Relevance(screening).arrange("ada", "abstract")
    assert set(screening.keys_to_judge("ada")[:5]) == BEES - {KEYS[4]}
    assert set(screening.standings) == before
    assert all(one.state == "open" for key, one in screening.standings.items() if key not in (KEYS[0], KEYS[4]))


def test_before_anybody_has_decided_the_words_of_the_review_order(folder):
    text = (folder / "review.yaml").read_text(encoding="utf-8")
    asks = text.replace("  include: []", "  include: [bees on honey]")
    assert asks != text
    (folder / "review.yaml").write_text(asks, encoding="utf-8")
    screening = open_screening(folder)
    (folder / "review.yaml").write_text(text, encoding="utf-8")
    Relevance(screening).arrange("ada", "abstract")
    assert set(screening.keys_to_judge("ada")[:6]) == BEES


def test_a_session_learns_anew_after_ten_decisions_and_goes_back(folder):
    session = Session(folder, "ada", run=at(NOW), order="relevance")
    assert session.order == "relevance"
    first = list(session.keys)
    for key in (*[key for key in KEYS if key not in BEES][:9], KEYS[4]):
        session.jump(key)
        session.decide(*(("exclude", "mice") if key not in BEES else ("later",)))
    judge(folder, KEYS[9], Vote("exclude", "ada", "not wanted"), at(NOW), screening=session.screening)
    session.show("to judge")
    assert session.keys != [key for key in first if key in session.keys]
    session.switch_order()
    assert (session.order, session.keys[:-1]) == ("key", sorted(session.keys[:-1]))
    session.switch_order()
    assert session.order == "relevance"


def test_another_reader_sees_nothing_of_a_blind_decision_in_the_order():
    said = [Decision(key="a", action="include", at=FOUND, by="ada")]
    from metaan.registry.model.review import Screening

    one = standings(said, rules=Screening(reviewers=2))["a"]
    assert label(one.seen_by("ada"), "abstract") is True
    assert label(one.seen_by("bob"), "abstract") is None


def test_how_the_order_does_and_whether_reading_may_end(folder):
    said = {key: "later" if key in KEYS[25:] else "include" if key in BEES else "exclude" for key in KEYS}
    found = Relevance(open_screening(decided(folder, said))).so_far(target=0.9)
    assert (found.read, found.included, found.total) == (25, 5, 30)
    assert found.curve[-1] == (1.0, 1.0)
    assert found.saved[0] == pytest.approx(found.saved[1], abs=0.05)
    assert found.to_dict()["stopping"]["reached"] is False
    with pytest.raises(DataError, match="target 1; allowed"):
        Relevance(open_screening(folder)).so_far(target=1.0)


def test_without_decisions_nothing_is_tested_and_the_reason_is_said(folder):
    found = Relevance(open_screening(folder)).so_far()
    assert (found.test, found.order, found.reason) == (None, None, "nobody has decided anything")
    assert found.to_dict()["recall"] is None
