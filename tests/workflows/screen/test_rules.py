"""Two stages, blind reviewers, conflicts, and what never gets lost: also when two work at once, or one is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaan.errors import ConflictError, RegistryError, SetAsideWarning, UsageError
from metaan.registry.flow import NOT_RETRIEVED, flow
from metaan.registry.load import load
from metaan.registry.model.review import Eligibility, Screening
from metaan.registry.store.candidate import Candidates
from metaan.registry.store.decisions import CONSENSUS, Decision, append_decision, in_force, read_decisions
from metaan.registry.store.log import Log
from metaan.registry.store.runs import read_runs
from metaan.registry.store.standing import standings
from metaan.workflows.screen.judge import Vote, judge, settle, undo
from metaan.workflows.screen.screening_state import open_screening
from metaan.workflows.screen.session import Session
from metaan.workflows.screen.words import question_terms, reasons
from tests.server.candidates import FOUND, written
from tests.server.living import NOW, at, registry
from tests.server.pace import PATIENCE

A, B, C = "pmid-901", "pmid-902", "pmid-903"
PEOPLE = ("ada", "bob", "cy", CONSENSUS)


def prepared(tmp_path, rules="", n=3):
    return written(registry(tmp_path, more=f"screening: {{{rules}}}\n" if rules else ""), n)


@pytest.fixture
def two(tmp_path):
    return prepared(tmp_path, "reviewers: 2, full_text: true")


def decide(folder, key, action="include", by="ada", reason=None, **more):
    return judge(folder, key, Vote(action, by, reason, **more), at(NOW))


def stands(folder, key=A):
    one = open_screening(folder).standings[key]
    return one.stage, one.state


def line(key, action, by="ada", **more):
    return Decision(key=key, action=action, at=FOUND, by=by, **more)


def test_a_candidate_becomes_a_study_only_after_its_full_text(two):
    decide(two, A)
    assert decide(two, A, by="bob").file is None
    assert stands(two) == ("full-text", "open")
    decide(two, A)
    judged = decide(two, A, by="bob")
    assert judged.file == two / "nobody1-2025.yaml"
    assert (judged.decision.stage, stands(two)) == ("full-text", ("full-text", "included"))
    flow = open_screening(two).flow
    assert (flow.full_text.sought, flow.full_text.assessed, flow.included, flow.undecided) == (1, 1, 1, 2)


def test_a_stage_has_its_turn(two):
    with pytest.raises(UsageError, match="has not passed title and abstract"):
        decide(two, A, stage="full-text")
    for by in ("ada", "bob"):
        decide(two, A, by=by)
    decide(two, A, by="ada", stage="full-text")
    with pytest.raises(ConflictError, match=r"judged by its full text since \(ada\)"):
        decide(two, A, "exclude", by="bob", reason="x", stage="abstract")
    with pytest.raises(ConflictError, match="taken back first"):
        undo(two, "bob")
    assert undo(two, "ada").decision.stage == "full-text"
    assert undo(two, "bob").standing.state == "second opinion"


def test_there_is_no_full_text_where_the_review_has_one_stage(tmp_path):
    with pytest.raises(UsageError, match=r"full_text: true\} in review\.yaml"):
        decide(prepared(tmp_path), A, stage="full-text")


def test_a_study_from_before_there_were_two_stages_stays_included(tmp_path):
    folder = prepared(tmp_path)
    decide(folder, A)
    review = folder / "review.yaml"
    review.write_text(review.read_text(encoding="utf-8") + "screening: {full_text: true}\n", encoding="utf-8")
    assert stands(folder) == ("abstract", "included")
    assert open_screening(folder).flow.full_text.assessed == 1


def test_whoever_has_not_judged_resolves_a_conflict(two):
    decide(two, A)
    assert decide(two, A, "exclude", by="bob", reason="no").standing.state == "conflict"
    assert open_screening(two).keys_to_judge("ada") == [B, C]
    assert open_screening(two).keys_to_judge("cy") == [A, B, C]
    with pytest.raises(UsageError, match="no conflict to resolve"):
        decide(two, B, resolve=True)
    judged = decide(two, A, "exclude", by="cy", reason="wrong drug")
    assert (judged.decision.resolves, judged.standing.state, judged.standing.reason) == (True, "excluded", "wrong drug")
    decide(two, A, "include", by="cy")  # cy has thought again
    assert stands(two) == ("full-text", "open")
    undo(two, "cy")
    undo(two, "cy")
    assert stands(two) == ("abstract", "conflict")
    assert decide(two, A, "exclude", by="ada", reason="bob is right").standing.state == "excluded"


def test_nobody_sees_another_s_decision_before_their_own(two):
    decide(two, A, "exclude", by="bob", reason="no")
    assert (dict(open_screening(two).seen_by("ada"))[A].state, dict(open_screening(two).seen_by("ada"))[A].votes) == (
        "open",
        {},
    )
    assert dict(open_screening(two).seen_by("bob"))[A].state == "second opinion"
    decide(two, A, "later")
    assert list(dict(open_screening(two).seen_by("ada"))[A].votes) == ["ada"]
    decide(two, A)
    assert list(dict(open_screening(two).seen_by("ada"))[A].votes) == ["bob", "ada"]


def test_the_review_may_do_without_blinding(tmp_path):
    folder = prepared(tmp_path, "reviewers: 2, blind: false")
    decide(folder, A, by="bob")
    assert dict(open_screening(folder).seen_by("ada"))[A].state == "second opinion"


def test_the_same_word_twice_is_one_decision(tmp_path):
    folder = prepared(tmp_path)
    decide(folder, A, "exclude", reason="no")
    assert decide(folder, A, "exclude", reason="no").again
    assert not decide(folder, A, "exclude", reason="another drug").again
    assert [one.reason for one in read_decisions(folder)] == ["no", "another drug"]


def test_a_change_of_mind_takes_the_untouched_study_away(tmp_path):
    folder = prepared(tmp_path)
    file = decide(folder, A).file
    judged = decide(folder, A, "exclude", reason="no")
    assert (judged.removed, file.exists(), judged.standing.study) == (file, False, "nobody1-2025")
    assert decide(folder, A).file == file
    file.write_text(file.read_text(encoding="utf-8") + "# read\n", encoding="utf-8")
    judged = decide(folder, A, "exclude", reason="no")
    assert "set its status to excluded" in judged.notes[0]
    assert file.exists()
    assert open_screening(folder).flow.previous == 1  # the study that was there before, not the one that was made


def test_what_made_a_study_is_taken_back_by_either_reviewer(two):
    for by in ("ada", "bob", "ada", "bob"):
        file = decide(two, A, by=by).file
    undone = undo(two, "ada")
    assert (undone.removed, file.exists(), undone.standing.state) == (file, False, "second opinion")
    assert decide(two, A, by="ada").file == file


def test_what_two_branches_included_becomes_a_study_when_they_meet(tmp_path):
    folder = prepared(tmp_path, "reviewers: 2")
    for by in ("ada", "bob"):  # as merge=union leaves the lines
        append_decision(folder, line(A, "include", by))
    assert settle(open_screening(folder), "cy", at(NOW)) == (
        f"{A} is included by all: it is the study nobody1-2025 now",
    )
    assert (folder / "nobody1-2025.yaml").exists()
    last = read_decisions(folder)[-1]
    assert (last.action, last.study, stands(folder)) == ("study", "nobody1-2025", ("abstract", "included"))
    assert Session(folder, "cy").settled == ()
    assert undo(folder, "bob").removed == folder / "nobody1-2025.yaml"


def test_a_study_is_no_candidate(tmp_path):
    folder = prepared(tmp_path)
    with pytest.raises(UsageError, match="bees is a study of the registry, not a candidate"):
        decide(folder, "bees")
    with pytest.raises(UsageError, match="did you mean pmid-901"):
        decide(folder, "pmid-9o1")


def test_an_undo_means_the_same_after_a_merge():
    mine = [line(A, "include"), line(B, "exclude"), line(B, "undo")]
    theirs = [line(A, "exclude", "bob"), line(A, "undo", "bob"), line(C, "include", "bob")]
    expected = {("ada", A), ("bob", C)}
    for merged in (mine + theirs, theirs + mine, [*mine[:1], *theirs, *mine[1:]]):
        assert {(one.by, one.key) for one in in_force(merged)} == expected


def test_the_log_reads_what_was_added_and_notices_another_file(tmp_path):
    folder = prepared(tmp_path)
    log = Log(folder)
    assert log.refresh() == set()
    append_decision(folder, line(A, "include"))
    assert (log.refresh(), log.refresh()) == ({A}, set())
    with (folder / "decisions.jsonl").open("ab") as file:
        file.write(b'{"key": "cut')
    assert log.refresh() == set()
    other = folder / "other.jsonl"
    other.write_bytes(line(B, "exclude", reason="x").model_dump_json().encode() + b"\n")
    other.replace(folder / "decisions.jsonl")  # as git does
    assert log.refresh() == {A, B}
    assert [one.key for one in log.decisions] == [B]
    (folder / "decisions.jsonl").unlink()
    assert log.refresh() == {B}


def test_a_merge_that_wrote_the_file_anew_in_its_place_is_read_from_the_start(tmp_path):
    folder = prepared(tmp_path)
    path = folder / "decisions.jsonl"
    append_decision(folder, line(B, "exclude", "bob", reason="sheep"))
    theirs = path.read_bytes()
    path.unlink()
    append_decision(folder, line(A, "include"))
    log = Log(folder)
    log.refresh()
    path.write_bytes(theirs + path.read_bytes())
    assert log.refresh() == {A, B}
    assert [one.key for one in log.decisions] == [B, A]
    assert log.refresh() == set()


def test_a_damaged_line_is_named_by_its_number(tmp_path):
    folder = prepared(tmp_path)
    append_decision(folder, line(A, "include"))
    log = Log(folder)
    log.refresh()
    with (folder / "decisions.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with pytest.warns(SetAsideWarning, match=r"decisions\.jsonl:2"):
        log.refresh()
    append_decision(folder, line(B, "include"))
    assert log.refresh() == {B}
    with (folder / "decisions.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with pytest.warns(SetAsideWarning, match=r"decisions\.jsonl:4"):
        log.refresh()


def test_candidates_are_read_when_they_are_looked_at(tmp_path):
    folder = prepared(tmp_path)
    (folder / "candidates" / f"{B}.json").write_text("{", encoding="utf-8")
    log = Candidates(folder)
    assert (list(log), len(log), A in log, log[A].pmid) == ([A, B, C], 3, True, "901")
    with pytest.raises(RegistryError, match="restore the file"):
        log[B]
    (folder / "candidates" / f"{B}.json").write_bytes((folder / "candidates" / f"{C}.json").read_bytes())
    with pytest.raises(RegistryError, match="not the file's name"):
        log[B]
    (folder / "candidates" / f"{C}.json").unlink()
    with pytest.raises(RegistryError, match=rf"{C}\.json:1: No such file.*start again"):
        log[C]


def test_reasons_and_words_come_from_the_protocol(tmp_path):
    more = "screening: {reasons: [no control arm], highlight: {include: [wasp]}}\n"
    info = load(registry(tmp_path, more=more)).info
    info = info.model_copy(update={"eligibility": Eligibility(exclude=("mice",))})
    offered = reasons(info, "abstract", ["sheep", None, "sheep", "no control arm"])
    assert offered == ("no control arm", "mice", "sheep")
    assert reasons(info, "full-text")[0] == NOT_RETRIEVED
    assert question_terms(info) == ("zymodrug", "wasp")
    bare = info.model_copy(update={"search": (), "screening": Screening()})
    question = {"population": "bees with usual care", "intervention": "anakinra, any dose"}
    bare = bare.model_copy(update={"question": bare.question.model_copy(update=question)})
    assert question_terms(bare) == ("anakinra", "bees")


said = st.tuples(
    st.sampled_from((A, B, C, "pmid-904")),
    st.sampled_from(("include", "exclude", "later", "undo")),
    st.sampled_from(PEOPLE),
    st.sampled_from(("abstract", "full-text")),
    st.sampled_from(("no trial", "wrong drug", NOT_RETRIEVED)),
    st.booleans(),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = prepared(tmp_path_factory.mktemp("store"), n=5)
    return load(folder), read_runs(folder)


@given(st.lists(said, max_size=40), st.integers(1, 3), st.booleans())
@settings(max_examples=50)
def test_the_flow_adds_up_whatever_is_decided(store, words, reviewers, full_text):
    review, runs = store
    decisions = [
        line(key, action, by, stage=stage, resolves=resolves, reason=reason if action == "exclude" else None)
        for key, action, by, stage, reason, resolves in words
    ]
    rules = Screening(reviewers=reviewers, full_text=full_text)
    info = review.info.model_copy(update={"screening": rules})
    found = flow(runs, decisions, replace(review, info=info))
    assert found.records == found.known + found.duplicates + found.screened + found.undecided == 5
    passed = found.full_text.sought if found.full_text else found.included
    assert found.screened == sum(found.excluded.values()) + passed
    if read := found.full_text:
        assert read.sought == read.not_retrieved + read.assessed + read.undecided
        assert read.assessed == sum(read.excluded.values()) + found.included
    stand = standings(decisions, [f"pmid-90{n}" for n in range(1, 6)], rules)
    assert found.included == sum(one.state == "included" for one in stand.values())
    assert not any(one.decided for key, one in stand.items() if not any(d.key == key for d in decisions))


WORK = """
import sys
from metaan.workflows.screen.session import Session
session = Session(sys.argv[1], sys.argv[2])
print("ready", flush=True)
while session.key:
    action = "later" if sys.argv[3] == "later" else "exclude"
    session.decide(action, None if action == "later" else "not a trial")
    print(session.progress[0], flush=True)
"""


def worker(folder, by, action="exclude"):
    command = [sys.executable, "-c", WORK, str(folder), by, action]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_reviewers_in_two_processes_lose_nothing(tmp_path):
    folder = prepared(tmp_path, "reviewers: 2", n=40)
    for one in [worker(folder, by) for by in ("ada", "bob")]:
        one.communicate(timeout=PATIENCE)
        assert one.returncode == 0
    decisions = read_decisions(folder)
    assert sorted((one.by, one.key) for one in decisions) == sorted(
        (by, f"pmid-90{n}") for by in ("ada", "bob") for n in range(1, 41)
    )
    assert open_screening(folder).flow.excluded == {"not a trial": 40}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_what_was_said_before_a_kill_is_kept(tmp_path):
    folder = prepared(tmp_path, n=300)
    chance, kept = random.Random(1), 0
    for _ in range(3):
        one = worker(folder, "ada")
        assert one.stdout.readline() == "ready\n"
        time.sleep(chance.random() / 20)
        one.send_signal(signal.SIGKILL)
        told = [int(number) for number in one.communicate(timeout=PATIENCE)[0].split()]
        now = len(read_decisions(folder))
        assert now >= (told[-1] if told else kept)
        assert open_screening(folder).flow.screened == now
        kept = now
    decide(folder, "pmid-90300", "exclude", reason="not a trial")
    assert len(read_decisions(folder)) >= kept


@pytest.mark.parametrize("hidden", ["\\u001b[2J", "\\u202e", "\x7f", "\x9b2J"])
def test_a_line_that_somebody_else_wrote_cannot_speak_to_the_terminal(tmp_path, hidden):
    folder = prepared(tmp_path)
    append_decision(folder, line(A, "include"))
    log = Log(folder)
    log.refresh()
    said = b'{"action":"exclude","at":"x","by":"bob","key":"%s","reason":"a%s"}\n' % (B.encode(), hidden.encode())
    with (folder / "decisions.jsonl").open("ab") as file:
        file.write(said)
    for read in (log.refresh, lambda: read_decisions(folder)):
        with pytest.warns(SetAsideWarning, match=r"decisions\.jsonl:2: a control character"):
            read()
    assert [one.key for one in log.decisions] == [A]


def test_a_line_longer_than_any_is_not_read(tmp_path):
    folder = prepared(tmp_path)
    append_decision(folder, line(B, "exclude", reason="é" * 500))
    assert read_decisions(folder)[0].reason == "é" * 500
    with (folder / "decisions.jsonl").open("ab") as file:
        file.write(b'{"key": "' + b"x" * 20_000 + b'"}\n')
    with pytest.warns(SetAsideWarning, match=r"decisions\.jsonl:2: a line of 20,011 bytes; allowed: up to 10,000"):
        assert len(read_decisions(folder)) == 1


def test_a_candidate_is_not_shown_before_what_a_terminal_would_obey_is_refused(tmp_path):
    folder = prepared(tmp_path)
    path = folder / "candidates" / f"{A}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Zymodrug", "Zymo\\u001b[2J", 1), encoding="utf-8")
    with pytest.raises(RegistryError, match="a control character"):
        Candidates(folder)[A]
