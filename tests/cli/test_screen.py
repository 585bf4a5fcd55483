from __future__ import annotations

import csv
import io
import json
import os
import sys

import pytest

from metaan.registry.load import load
from metaan.registry.store.decisions import read_decisions
from metaan.workflows.search.update import update
from tests.server.candidates import written
from tests.server.eutils import Eutils
from tests.server.living import NOW, PAPERS, at, registry

WASPS, ERRATUM = "pmid-900000012", "pmid-900000014"


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.setenv("METAAN_REVIEWER", "ada")
    folder = registry(tmp_path)
    with Eutils(papers=PAPERS, rate=None) as server:
        update(folder, run=at(NOW, pubmed=server.url))
    return folder


@pytest.fixture
def screen(review, run):
    return lambda *words: run("screen", *words, "--project", review.parent)


@pytest.fixture
def typed(monkeypatch):
    """Let a person type these lines in a terminal."""

    def put(*lines):
        keyboard = io.StringIO("".join(f"{line}\n" for line in lines))
        keyboard.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", keyboard)

    return put


def test_a_script_includes_excludes_puts_off_and_undoes(review, screen):
    status, out, _ = screen("--include", "900000012")
    assert status == 0
    assert out.startswith(f"{WASPS}: include by ada; now: included\n")
    assert "metaan extract nobody12-2025" in out
    assert screen("--exclude", ERRATUM, "--reason", "an erratum")[1].endswith("now: excluded\n")
    assert screen("--later", "pmid-900000013", "--by", "bob")[1].endswith("later by bob; now: later\n")
    assert load(review).study("nobody12-2025").status.state == "awaiting data"
    assert screen("--undo")[1] == f"{ERRATUM}: exclude by ada is taken back\n"
    assert screen("--undo")[1].endswith("nobody12-2025.yaml removed\n")


def test_the_list_says_where_everything_stands(screen):
    screen("--exclude", ERRATUM, "--reason", "an erratum")
    screen("--include", ERRATUM, "--by", "bob")
    out = screen("--list")[1]
    assert (
        f"conflict       {ERRATUM}  Nobody14 2026: Erratum: Zymodrug in bees.  (ada: exclude, bob: include; an erratum)"
        in out
    )
    assert "ada and bob: agree on 0 % of 1, kappa 0.00" in out
    assert "records: 5 (pubmed 5); 1 of known studies, 0 duplicates" in out
    assert screen()[1] == out  # where nobody sits at a terminal
    answer = json.loads(screen("--json")[1])
    assert answer["conflicts"] == [ERRATUM]
    assert answer["agreement"][0]["n"] == 1
    assert answer["flow"]["undecided"] == 4


def test_json_of_one_decision(screen):
    answer = json.loads(screen("--include", WASPS, "--json")[1])
    assert (answer["state"], answer["study"], answer["by"]) == ("included", "nobody12-2025", "ada")
    assert answer["file"].endswith("nobody12-2025.yaml")
    answer = json.loads(screen("--undo", "--json")[1])
    assert answer["removed"].endswith("nobody12-2025.yaml")


def test_misuse_ends_with_2(screen):
    assert screen("--exclude", ERRATUM)[0] == 2
    assert screen("--include", "nobody")[0] == 2
    assert screen("--include", WASPS, "--undo")[0] == 2


def test_at_a_terminal_one_candidate_comes_after_the_other(screen, typed, capsys):
    typed("x", "i", "e", "not a trial", "u", "i", "q")
    status, out, err = screen()
    assert status == 0
    assert "4 to judge: Nobody12 2025 (pmid-900000012)" in out
    assert "\x1b[1mZymodrug\x1b[0m in wasps" in out
    assert "RESULTS: Of the bees, 9 and 3 died." in out
    assert "allowed: i (include)" in out
    assert f"{WASPS}: include by ada; now: included" in out
    assert "pmid-900000013: exclude by ada; now: excluded" in out
    assert "pmid-900000013: taken back" in out
    assert "NCT99999911 is in studies/bees.yaml already" in err
    assert out.endswith("included: 1; undecided: 3; studies of before: 1\n")


def test_a_reason_that_only_looks_like_a_number_is_words(review, screen, typed):
    typed("e", "\u00b2", "q")
    assert screen()[0] == 0
    assert read_decisions(review)[0].reason == "\u00b2"


def test_at_a_terminal_it_ends_when_all_the_rest_was_put_off(screen, typed):
    typed("l", "l", "l", "l", "l")
    status, out, _ = screen()
    assert status == 0
    assert out.endswith("undecided: 4; studies of before: 1\n")
    typed("i")
    assert screen()[0] == 0  # the end of the input ends it too


RULES = """
screening:
  reviewers: 2
  full_text: true
  reasons: [not a trial]
"""


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.setenv("METAAN_REVIEWER", "ada")
    return written(registry(tmp_path, more=RULES), 4)


@pytest.fixture
def screen_two(two, run):
    return lambda *words: run("screen", *words, "--project", two.parent)


def test_several_at_once_all_or_nothing(two, screen_two):
    status, _, err = screen_two("--include", "901", "nobody", "--exclude", "902", "--reason", "no")
    assert (status, read_decisions(two)) == (2, ())
    assert "'nobody' is unknown" in err
    assert screen_two("--include", "901", "--exclude", "901", "--reason", "no")[0] == 2
    status, out, _ = screen_two("--include", "901", "903", "--exclude", "902", "--reason", "no", "--later", "904")
    assert status == 0
    assert [(one.key, one.action) for one in read_decisions(two)] == [
        ("pmid-901", "include"), ("pmid-903", "include"), ("pmid-902", "exclude"), ("pmid-904", "later"),
    ]  # fmt: skip
    assert out.count("second opinion") == 3
    answers = json.loads(screen_two("--include", "901", "902", "--by", "bob", "--json")[1])
    assert [one["state"] for one in answers] == ["open", "conflict"]


def test_what_is_refused_of_several_is_said_and_the_others_are_decided(review, screen):
    status, out, err = screen("--include", "900000013", "900000012")
    assert status == 1
    assert "metaan screen: pmid-900000013: the registration NCT99999911 is in studies/bees.yaml already" in err
    assert "pmid-900000012: include by ada; now: included" in out


def test_the_same_decision_twice_adds_nothing(screen_two, two):
    screen_two("--include", "901")
    status, out, _ = screen_two("--include", "901")
    assert (status, out) == (0, "pmid-901: include by ada stands already; nothing was added\n")
    assert len(read_decisions(two)) == 1


def test_what_is_left_and_where_it_stands_as_json_and_csv(screen_two, two, tmp_path):
    screen_two("--exclude", "902", "--reason", "=cmd()")
    screen_two("--include", "901")
    screen_two("--include", "901", "--by", "bob")
    assert screen_two("--left")[1].splitlines()[0].startswith("pmid-901  Nobody1 2025: Zymodrug in wasps")
    left = json.loads(screen_two("--left", "--json")[1])
    assert [one["key"] for one in left["candidates"]] == ["pmid-901", "pmid-903", "pmid-904"]
    assert left["candidates"][0]["stage"] == "full-text"
    assert len(screen_two("--left", "--stage", "abstract")[1].splitlines()) == 2
    blind = json.loads(screen_two("--json", "--by", "bob")[1])["candidates"][1]
    assert (blind["state"], blind["votes"], blind["reason"]) == ("open", {}, None)
    assert screen_two("--csv", tmp_path / "out.csv")[1] == f"wrote {tmp_path / 'out.csv'}\n"
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert (rows[1]["key"], rows[1]["reason"], rows[1]["decisions"]) == ("pmid-902", "'=cmd()", "ada: exclude")
    assert rows[0]["link"] == "https://pubmed.ncbi.nlm.nih.gov/901/"
    assert screen_two("--csv", "-")[1].startswith("key,stage,state,reason,study")


def test_the_flow_of_both_stages_and_the_agreement_are_in_the_list(screen_two):
    for by in ("ada", "bob"):
        screen_two("--include", "901", "902", "--exclude", "903", "--reason", "no", "--by", by)
    screen_two("--exclude", "904", "--reason", "no")
    screen_two("--include", "904", "--by", "bob")
    screen_two("--exclude", "904", "--reason", "no", "--resolve", "--by", "ada")
    screen_two("--exclude", "901", "--reason", "full text not retrieved", "--by", "ada")
    screen_two("--exclude", "901", "--reason", "full text not retrieved", "--by", "bob")
    out = screen_two("--list")[1]
    assert "ada and bob by title and abstract: agree on 75 % of 4, kappa 0.50 (95 % interval -0.2" in out
    assert "ada and bob by full text: agree on 100 % of 1, no kappa: both said the same of everything" in out
    assert "screened: 4; excluded: 2 (no: 2); undecided: 0" in out
    assert "full texts sought: 2; not retrieved: 1; assessed: 0; excluded: 0; undecided: 1" in out
    assert "(ada: exclude, bob: include, ada resolved: exclude; no)" in out


@pytest.mark.parametrize("words", [
    ("--reason", "x"), ("--resolve",), ("--include", "901", "--reason", "x"), ("--include", "901", "--undo"),
    ("--include", "901", "--list"), ("--include", "901", "--stage", "full-text"), ("--exclude", "901"),
    ("--include", "901", "--resolve"), ("--include", "bees"), ("--stage", "abstracts", "--list"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused_and_nothing_is_written(screen_two, two, words):
    assert screen_two(*words)[0] == 2
    assert read_decisions(two) == ()


def test_a_review_without_candidates(tmp_path, run):
    folder = registry(tmp_path)
    assert run("screen", "--list", "--project", folder.parent)[:2] == (
        0,
        "records: 0 (none); 0 of known studies, 0 duplicates\nscreened: 0; excluded: 0\n"
        "included: 0; undecided: 0; studies of before: 1\n",
    )
    assert run("screen", "--left", "--project", folder.parent)[:2] == (0, "")
    status, _, err = run("screen", "--include", "901", "--project", folder.parent)
    assert (status, "run metaan update" in err) == (2, True)


def test_at_a_terminal_a_reason_has_a_number_and_a_conflict_an_end(screen_two, two, typed):
    typed("e", "1", "q")
    out = screen_two()[1]
    assert "  1 not a trial" in out
    assert read_decisions(two)[-1].reason == "not a trial"
    typed("i", "c", "i", "c", "q")
    out = screen_two("--by", "bob", "--plain")[1]
    assert "1 conflicts, title and abstract: Nobody1 2025" in out
    assert "ada, 20" in out
    assert read_decisions(two)[-1].resolves


def test_an_interruption_at_a_terminal_keeps_what_was_decided(screen_two, two, typed, monkeypatch):
    answers = iter(["l"])

    def answer(_):
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    typed()
    monkeypatch.setattr("builtins.input", answer)
    status, out, err = screen_two()
    assert (status, len(read_decisions(two))) == (0, 1)
    assert "every decision so far is kept" in err
    assert out.endswith("studies of before: 1\n")


def test_without_the_further_package_it_says_how_to_get_it_and_asks_line_by_line(screen_two, typed, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setitem(sys.modules, "metaan.cli.screening.app", None)
    typed("q")
    status, out, err = screen_two()
    assert status == 0
    assert "pip install 'metaan[screen]'" in err
    assert "4 to judge" in out
    monkeypatch.setenv("TERM", "dumb")
    typed("q")
    assert "pip install" not in screen_two()[2]


def test_the_full_screen_is_what_a_terminal_gets(screen_two, typed, monkeypatch):
    from metaan.cli.screening.app import ScreenApp

    seen = {}
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(ScreenApp, "run", lambda app, **options: seen.update(options, by=app.session.by))
    typed()
    status, out, _ = screen_two("--reviewer", "bob")
    assert (status, seen) == (0, {"mouse": False, "by": "bob"})
    assert out.startswith("records: 4 (pubmed 4)")


@pytest.mark.parametrize("words", [("--include", "900000012"), ("--undo",)])
def test_nobody_decides_nothing(review, screen, monkeypatch, words):
    for name in ("METAAN_REVIEWER", "USER", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(review)
    status, _, err = screen(*words)
    assert status == 2
    assert "whose decision is it? allowed: --by NAME, METAAN_REVIEWER, or git's user.name" in err
    assert not (review / "decisions.jsonl").exists()


def test_the_order_of_relevance_puts_what_is_like_the_registry_first(screen):
    keys = [line.split()[0] for line in screen("--left")[1].splitlines()]
    status, out, _ = screen("--left", "--order", "relevance")
    ranked = [line.split()[0] for line in out.splitlines()]
    assert (status, sorted(ranked)) == (0, keys)
    listed = json.loads(screen("--left", "--order", "relevance", "--json")[1])["candidates"]
    assert [one["key"] for one in listed] == ranked


def test_whether_enough_was_read_is_a_test_with_its_sentence(screen):
    screen("--exclude", ERRATUM, "--reason", "an erratum")
    status, out, _ = screen("--stop", "--recall", "0.9")
    assert status == 0
    assert "title and abstract: 1 of 4 read, 0 included" in out
    assert "no recall in the order of relevance yet: decided so far: 1; needed: at least 5" in out
    assert "read on: that less than 90 % of what is relevant was found cannot be rejected (p = 0.75, not below" in out
    assert "for the methods: Candidates were read in the order of their predicted relevance" in out
    assert json.loads(screen("--stop", "--json")[1])["stopping"]["p"] == pytest.approx(0.75)  # 1 - 1 of 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--undo", "--order", "relevance"), "--order belongs to what is shown"),
        (("--include", ERRATUM, "--order", "key"), "a decision and --order at once"),
        (("--left", "--recall", "0.9"), "--recall belongs to --stop"),
    ],
)
def test_an_order_where_nothing_is_shown_is_refused(screen, words, said):
    status, _, err = screen(*words)
    assert (status, said in err) == (2, True)
    assert screen("--stop", "--recall", "95")[0] == 2
