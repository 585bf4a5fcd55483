"""Two clones that both ran commands, merged by git itself and then by metaan."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from metaan.cli.main import main
from metaan.registry.store.candidate import read_candidates
from metaan.registry.store.decisions import read_decisions
from metaan.registry.store.metadata import read
from metaan.registry.store.runs import read_runs, read_watermark
from metaan.workflows.screen.judge import Vote, judge
from metaan.workflows.search.update import update
from metaan.workflows.studies.init import ATTRIBUTES
from metaan.workflows.versions.checking import whole
from metaan.workflows.versions.merge import RULES, merge
from tests.repository import IN_GIT, commit, git, repository
from tests.server.eutils import Eutils
from tests.server.living import LATER, NOW, PAPERS, STUDY, at, contents, registry

pytestmark = IN_GIT

WASPS = "pmid-900000012"
CORRECTED = replace(STUDY, corrections=(("ErratumIn", "J Made-up. 2026;3:1.", "900000077"),))
THEIRS = {**PAPERS, LATER.pmid: LATER, STUDY.pmid: CORRECTED}


@pytest.fixture(params=["with", "without"])
def clones(tmp_path, request):
    """Return the studies of two clones of a review; git knows our attributes, or does not."""
    first = tmp_path / "ours"
    folder = registry(first)
    if request.param == "with":
        for name, text in ATTRIBUTES.items():
            (first / name).write_text(text, encoding="utf-8")
    repository(first)
    git(tmp_path, "clone", "-q", "ours", "theirs")
    return folder, tmp_path / "theirs" / "studies"


def work(folder, papers, when, who=None):
    with Eutils(papers=papers, rate=None) as server:
        update(folder, run=at(when, pubmed=server.url))
    if who:
        judge(folder, WASPS, Vote("exclude", who, f"said {who}"), at(when))
    commit(folder.parent)


def pulled(folder):
    """Merge the other clone, and return whether git had conflicts."""
    git(folder, "fetch", "-q", str(folder.parents[1] / "theirs"), "HEAD")
    words = ["git", "merge", "-q", "--no-edit", "FETCH_HEAD"]
    return bool(subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode)


def test_what_two_clones_have_found_is_one_store_after_the_merge(clones, capsys):
    ours, theirs = clones
    work(ours, PAPERS, NOW, "ada")
    work(theirs, THEIRS, NOW + timedelta(days=7), "bob")
    known = [set(read_candidates(folder)) for folder in clones]
    later = read(theirs, "bees")
    assert pulled(ours)
    assert main(["check", "--project", str(ours.parent)]) == 1
    said = capsys.readouterr().err
    assert "watermark.json:1: in conflict between two branches; allowed: metaan merge" in said
    assert main(["merge", "--project", str(ours.parent)]) == 0
    assert "merged: studies/watermark.json\n" in capsys.readouterr().out
    assert git(ours, "diff", "--name-only", "--diff-filter=U") == ""
    commit(ours.parent)
    review, problems = whole(ours)
    assert (problems, set(read_candidates(ours))) == ([], known[0] | known[1])
    assert review.metadata["bees"] == later
    assert [run.started[:10] for run in read_runs(ours)] == ["2026-11-22", "2026-11-29"]
    (mark,) = read_watermark(ours)["pubmed"].values()
    assert (mark.searched.isoformat(), mark.run) == ("2026-11-29", read_runs(ours)[1].id)
    assert {decision.by for decision in read_decisions(ours)} == {"ada", "bob"}


def test_the_same_record_has_the_same_file_in_both(clones):
    ours, theirs = clones
    work(ours, PAPERS, NOW)
    work(theirs, PAPERS, NOW + timedelta(days=7))
    files = [{name: raw for name, raw in contents(folder).items() if "candidates/" in str(name)} for folder in clones]
    assert files[0] == files[1]
    assert len(files[0]) == 4


def test_two_runs_of_one_second_are_one_run_with_what_both_found(clones):
    ours, theirs = clones
    work(ours, PAPERS, NOW)
    work(theirs, THEIRS, NOW)
    assert pulled(ours)
    assert merge(ours).left == ()
    (run,) = read_runs(ours)
    assert set(run.new) == set(read_candidates(ours))
    assert [search.count for search in run.searches] == [5, 6]


def test_what_people_wrote_is_named_and_left_to_them(clones, capsys):
    for folder, word in zip(clones, ("Bees", "Apes")):
        file = folder / "bees.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("Zymodrug in bees", word), encoding="utf-8")
        commit(folder.parent)
    assert pulled(clones[0])
    assert main(["merge", "--project", str(clones[0].parent)]) == 1
    assert "left to you: studies/bees.yaml" in capsys.readouterr().out
    assert main(["check", "--project", str(clones[0].parent)]) == 1
    assert "bees.yaml:1: in conflict between two branches" in capsys.readouterr().err


def test_without_a_conflict_there_is_nothing_to_do(clones, capsys):
    assert main(["merge", "--project", str(clones[0].parent)]) == 0
    assert capsys.readouterr().out == "nothing to put together\nnext: git commit\n"
    shutil.rmtree(clones[0].parent / ".git")
    assert main(["merge", "--project", str(clones[0].parent)]) == 1


def test_every_kind_of_file_of_the_store_has_a_rule_and_an_attribute():
    named = [line.split()[0] for line in ATTRIBUTES["studies/.gitattributes"].splitlines() if line[0] != "#"]
    assert len(named) == len(RULES) == 7
