"""The full screen, driven by keys without a terminal; what is on it is compared in its smallest parts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import subprocess
import sys
import threading

import pytest
from textual.widgets import Input

from metaan.cli.screening.app import ACTIONS, ScreenApp, help_text, keys_line
from metaan.cli.screening.dialogs import Reason
from metaan.registry.store.decisions import Decision, append_decision, read_decisions
from metaan.workflows.screen.judge import Vote, judge
from metaan.workflows.screen.session import Session
from tests.server.candidates import written
from tests.server.living import NOW, at, registry
from tests.server.pace import PATIENCE
from tests.server.picture import RULES, drawn

KEYS = [f"pmid-90{number}" for number in range(1, 7)]
TWO = """
screening:
  reviewers: 2
  full_text: true
  reasons: [not a trial, wrong drug]
  highlight: {include: [wasps], exclude: [mice]}
"""


@pytest.fixture
def folder(tmp_path):
    return written(registry(tmp_path, more=TWO), 6)


@pytest.fixture
def one_reviewer(tmp_path):
    return written(registry(tmp_path), 6)


def play(folder, *keys, by="ada", size=(80, 24), meanwhile=None):
    """Press keys, and return the application as it is then, with what is on its screen."""
    app = ScreenApp(Session(folder, by, run=at(NOW)))

    async def session():
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                if callable(key):
                    key()
                    continue
                await pilot.press(*key) if isinstance(key, list) else await pilot.press(key)
                await pilot.pause()
            if meanwhile:
                await meanwhile(app, pilot)
            app.shown = shown(app)

    asyncio.run(session())
    return app


def shown(app):
    """What a person sees, line by line."""
    return ["".join(part.text for part in strip).rstrip() for strip in app.screen._compositor.render_strips()]


def text(app):
    """The words of the candidate as they are read, whatever the breaks of lines."""
    return " ".join(" ".join(line.split("│")[-1] for line in app.shown[1:]).split())


def said(folder):
    return [(one.key, one.action, one.by, one.reason) for one in read_decisions(folder)]


def test_a_candidate_is_shown_with_its_place_its_links_and_how_much_is_left(folder):
    app = play(folder)
    status = " A made-up r… | ada | title and abstract | to judge: 6 0 of 6 judged .........."
    assert app.shown[0] == status
    assert app.shown[1].split("│")[0] == ">  Nobody1 2025          "
    assert app.shown[2].split("│")[0] == "   Nobody2 2025          "
    assert text(app).startswith("Zymodrug in wasps: made-up trial number 1.")
    assert "Nobody1 A. Journal of Made-up Trials. 2025 pmid-901 https://pubmed.ncbi.nlm.nih.gov/901/" in text(app)
    assert "https://doi.org/10.5555/metaan.1" in text(app)
    assert "RESULTS Of the bees, 9 and 3 died" in text(app)
    assert app.shown[-1].startswith(" i include  e exclude  l later  u undo  n next")
    assert app.shown[-1].endswith("? help")


def test_everything_can_be_told_apart_without_colours(folder, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    styles = {}

    async def look(app, pilot):
        for strip in app.screen._compositor.render_strips():
            styles.update({part.text.strip(): part.style for part in strip})
        await pilot.press("e")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            styles.update({part.text.strip(): part.style for part in strip})

    app = play(folder, meanwhile=look)
    assert {style.color.name for style in styles.values() if style.color} == {"default"}
    assert {style.bgcolor.name for style in styles.values() if style.bgcolor} == {"default"}
    here = [text for text, style in styles.items() if style.reverse]
    assert [text.split()[0] for text in here] == ["A", ">", "mice", "i"]
    assert any("> 1 not a trial" in line for line in app.shown)
    assert any("  2 wrong drug" in line for line in app.shown)
    assert (styles["wasps"].bold, styles["wasps"].underline) == (True, True)


def test_keys_decide_and_the_next_candidate_comes(one_reviewer):
    app = play(one_reviewer, "i", "l", "e", ["n", "o", "enter"])
    assert said(one_reviewer) == [
        (KEYS[0], "include", "ada", None), (KEYS[1], "later", "ada", None), (KEYS[2], "exclude", "ada", "no"),
    ]  # fmt: skip
    assert (one_reviewer / "nobody1-2025.yaml").exists()
    assert app.session.key == KEYS[3]
    assert app.session.keys[-1] == KEYS[1]
    assert "2 of 6 judged ###......." in app.shown[0]
    assert f"{KEYS[2]}: exclude by ada; now: excluded" in " ".join(app.shown)


def test_a_reason_is_chosen_by_number_by_arrow_or_typed(folder):
    play(folder, "e", "2", "e", "down", "enter", "e", "tab", [*"2nd"], "enter", "e", "escape")
    assert [line[3] for line in said(folder)] == ["wrong drug", "wrong drug", "2nd"]


def test_words_that_were_used_are_offered_and_an_empty_reason_is_none(folder):
    async def look(app, pilot):
        assert isinstance(app.screen, Reason)
        assert app.screen.reasons[:3] == ("not a trial", "wrong drug", "sheep")
        app.screen.query_one(Input).focus()
        await pilot.press("enter")
        assert isinstance(app.screen, Reason)

    play(folder, "e", "tab", [*"sheep"], "enter", "e", meanwhile=look)
    assert len(said(folder)) == 1


def test_undo_shows_what_was_taken_back(folder):
    app = play(folder, "e", "1", "n", "u")
    assert [line[1] for line in said(folder)] == ["exclude", "undo"]
    assert app.session.key == KEYS[0]
    assert "your decision is taken back" in " ".join(app.shown)
    assert "nothing that could be taken back" in " ".join(play(folder, "u").shown)


def test_it_goes_to_a_number_a_pmid_and_words(folder):
    found = []

    async def look(app, pilot):
        for keys in (["g", "3"], ["g", *"905"], ["g", *"pmid-9o1"], ["slash", *"nobody4"], ["slash", *"sheep"]):
            await pilot.press(*keys, "enter")
            await pilot.pause()
            app.shown = shown(app)
            found.append((app.session.key, " ".join(app.shown), text(app)))

    play(folder, meanwhile=look)
    assert [key for key, *_ in found] == [KEYS[2], KEYS[4], KEYS[4], KEYS[3], None]
    assert "did you mean pmid-901?" in found[2][1]
    assert "Nothing in 'to judge' has the words 'sheep'" in found[4][2]
    assert play(folder, "n", "right", "n", "p", "left").session.key == KEYS[1]


def test_reviewers_are_blind_until_both_have_judged(folder):
    play(folder, "e", "1")
    app = play(folder, by="bob")
    assert app.session.key == KEYS[0]
    assert "ada" not in " ".join(app.shown)
    assert "not a trial" not in " ".join(app.shown)
    app = play(folder, "i", "c", by="bob")
    assert "Reviewers differ; i or e resolves it:" in text(app)
    assert "ada, 2026-11-22 12:00: exclude: not a trial bob, 2026-11-22 12:00: include" in text(app)
    assert "1 in conflict" in app.shown[0]


def test_a_third_person_resolves_and_the_full_text_comes_next(folder):
    for by, action, reason in (("ada", "exclude", "not a trial"), ("bob", "include", None)):
        judge(folder, KEYS[0], Vote(action, by, reason), at(NOW))
    app = play(folder, "c", "i", by="cy")
    last = read_decisions(folder)[-1]
    assert (last.by, last.action, last.resolves, last.stage) == ("cy", "include", True, "abstract")
    assert "now: open by full text" in " ".join(app.shown)
    app = play(folder, "s", "e", "1", by="cy")
    assert read_decisions(folder)[-1].reason == "full text not retrieved"
    assert "| cy | full text | to judge: 0" in app.shown[0]


def test_when_all_is_judged_it_says_what_is_left_elsewhere(folder):
    judge(folder, KEYS[0], Vote("include", "ada"), at(NOW))
    judge(folder, KEYS[0], Vote("include", "bob"), at(NOW))
    for key in KEYS[1:]:
        judge(folder, key, Vote("exclude", "ada", "no"), at(NOW))
    app = play(folder, "s")
    assert "Everything is judged. Press s for 1 by full text." in text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 12), (40, 10), (20, 6), (200, 60)])
def test_it_fits_into_small_terminals(folder, size):
    app = play(folder, "question_mark", "escape", "e", "escape", size=size)
    assert len(app.shown) == size[1]
    assert ("│" in app.shown[1]) == (size[0] >= 70)
    assert app.shown[-1].endswith("? help")


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ("[bold]阿那白滞素[/bold] мышь <b>x</b>", "[bold]阿那白滞素[/bold] мышь x"),
        ("\x1b[2J\x07 \u202eмышь", "restore the file from version control"),
    ],
)
def test_text_from_outside_is_shown_and_never_obeyed(folder, title, seen):
    path = folder / "candidates" / f"{KEYS[0]}.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"title": title}
    path.write_text(json.dumps(content), encoding="utf-8")
    app = play(folder)
    assert seen in text(app)
    assert not {"\x1b", "\x07", "\u202e"} & set("".join(app.shown))


def test_a_damaged_file_does_not_keep_people_from_the_others(folder):
    (folder / "candidates" / f"{KEYS[0]}.json").write_text("{", encoding="utf-8")
    app = play(folder)
    assert "restore the file from version control" in text(app)
    app = play(folder, "e", "o")
    assert "not done: " in " ".join(app.shown)
    app = play(folder, "i", "n", "e", "1")
    assert said(folder) == [(KEYS[1], "exclude", "ada", "not a trial")]


def test_a_log_that_a_merge_has_damaged_is_said_and_read_again_when_it_is_whole(folder):
    path = folder / "decisions.jsonl"

    async def look(app, pilot):
        append_decision(folder, Decision(key=KEYS[5], action="include", at="2026-11-22T12:00:00Z", by="bob"))
        whole = path.read_bytes()
        path.write_bytes(b"<<<<<<< HEAD\n" + whole)
        app.look_again()
        await pilot.pause()
        assert "cannot be read" in " ".join(shown(app))
        path.write_bytes(whole)
        app.look_again()
        await pilot.pause()

    app = play(folder, meanwhile=look)
    assert "somebody else has decided something" in " ".join(app.shown)


def test_what_another_decides_meanwhile_is_taken_in(folder):
    def other():
        append_decision(folder, Decision(key=KEYS[5], action="include", at="2026-11-22T12:00:00Z", by="bob"))

    async def look(app, pilot):
        app.look_again()
        await pilot.pause()

    app = play(folder, "n", other, meanwhile=look)
    assert "somebody else has decided something" in " ".join(app.shown)
    assert app.session.key == KEYS[1]


def test_what_is_refused_is_said_and_nothing_is_lost(one_reviewer, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("metaan.workflows.screen.judge.append_decision", full)
    app = play(one_reviewer, "l")
    assert "not done: [Errno 28] No space left on device" in " ".join(app.shown)
    assert app.session.key == KEYS[0]


def test_every_key_is_in_the_help_and_ends_end(folder):
    text = help_text()
    assert all(meaning in text for *_, meaning in ACTIONS)
    assert keys_line(20, stages=False).endswith("? help")
    assert len(keys_line(80, stages=True)) <= 80
    for key in ("q", "ctrl+c"):
        assert play(folder, key).return_value == 0


def test_two_reviewers_at_once_lose_nothing(one_reviewer):
    """Each in a thread of its own, as in two terminals."""

    def work(by):
        session = Session(one_reviewer, by, run=at(NOW))
        for key in KEYS:
            session.jump(key)
            session.decide("later")

    people = [threading.Thread(target=work, args=(by,)) for by in ("ada", "bob")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(said(one_reviewer)) == sorted((key, "later", by, None) for key in KEYS for by in ("ada", "bob"))


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_in_a_real_terminal_a_kill_loses_nothing_and_ctrl_c_gives_the_terminal_back(folder):
    import pty

    def start():
        terminal, end = pty.openpty()
        command = [sys.executable, "-m", "metaan", "screen", "--project", str(folder.parent)]
        environment = os.environ | {"TERM": "xterm-256color", "METAAN_REVIEWER": "ada"}
        child = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True)
        os.close(end)
        return child, terminal

    def read_until(terminal, words):
        out = b""
        while words not in out:
            assert select.select([terminal], [], [], PATIENCE)[0], out
            out += os.read(terminal, 65536)
        return out

    child, terminal = start()
    read_until(terminal, b"? help")
    os.write(terminal, b"l")
    read_until(terminal, b"later by ada")
    child.kill()
    child.wait()
    os.close(terminal)
    assert said(folder) == [(KEYS[0], "later", "ada", None)]
    child, terminal = start()
    read_until(terminal, b"? help")
    os.write(terminal, b"\x03")
    assert b"\x1b[?1049l" in read_until(terminal, b"studies of before")
    assert child.wait(PATIENCE) == 0
    os.close(terminal)


def test_the_picture_of_the_page_asks_no_other_host(tmp_path):
    svg = drawn(registry(tmp_path, more=RULES))
    assert "zymodrug" in svg
    assert not re.search(r"(href|src|url)\s*[=(]\s*[\"']?http", svg)
