from __future__ import annotations

import io
import json

import pytest

from metaan.registry.load import load
from metaan.workflows.update import update
from tests.server.eutils import Eutils
from tests.server.living import NOW, PAPERS, clients, registry

WASPS, ERRATUM = "pmid-900000012", "pmid-900000014"


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.setenv("METAAN_REVIEWER", "ada")
    folder = registry(tmp_path)
    with Eutils(papers=PAPERS, rate=None) as server:
        update(folder, client=clients(pubmed=server.url), now=lambda: NOW)
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


def test_at_a_terminal_it_ends_when_all_the_rest_was_put_off(screen, typed):
    typed("l", "l", "l", "l", "l")
    status, out, _ = screen()
    assert status == 0
    assert out.endswith("undecided: 4; studies of before: 1\n")
    typed("i")
    assert screen()[0] == 0  # the end of the input ends it too
