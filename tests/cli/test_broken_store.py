"""One broken file of the store is named and set aside; what is imported never breaks one."""

from __future__ import annotations

import re
import shutil

import pytest

from metaan.cli.main import main
from metaan.registry.store.candidate import read_candidates
from metaan.registry.store.shards import shard_of
from tests.repository import NEEDS_GIT, repository
from tests.server.eutils import Eutils
from tests.server.living import PAPERS, registry

CONFLICT = "<<<<<<< ours\n{}\n=======\n[]\n>>>>>>> theirs\n"
BROKEN = ("[]", CONFLICT)
ONE = f"candidates/{shard_of('pmid-900000012')}"
FILES = (ONE, "runs", "watermark.json", "metadata/bees.json", "decisions.jsonl")
UNTITLED = {
    "a.csv": "pmid,title,abstract\n9049571,,\n",
    "a.ris": "TY  - JOUR\nAU  - Ant, C.\nPY  - 2024\nER  -\n",
    "a.nbib": "PMID- 9049571\nDP  - 2024\n",
    "a.bib": "@article{a, doi = {10.5555/a}, year = 2024}\n",
}
DIRTY = {
    "a.bib": "@article{a, title = {A %s trial}, author = {Ant%s, C.}, doi = {10.5555/%sa}, pages = {1%s}}\n",
    "a.ris": "TY  - JOUR\nTI  - A %s trial\nAU  - Ant%s, C.\nDO  - 10.5555/%sa\nSP  - 1%s\nER  -\n",
    "a.csv": "title,authors,doi,pages\nA %s trial,Ant%s C,10.5555/%sa,1%s\n",
}


@pytest.fixture
def review(tmp_path):
    return registry(tmp_path / "project")


@pytest.fixture(scope="module")
def services():
    """Serve what the reviews of this file search."""
    with pytest.MonkeyPatch.context() as patch, Eutils(papers=dict(PAPERS), rate=None) as running:
        patch.setenv("METAAN_PUBMED_URL", running.url)
        yield


@pytest.fixture(scope="module")
def whole(services, tmp_path_factory):
    """Return a review in which every file of the store is there."""
    made = registry(tmp_path_factory.mktemp("searched") / "project")
    assert main(["update", "--project", str(made.parent)]) == 0
    words = ["screen", "--exclude", "900000015", "--reason", "bees", "--by", "A", "--project", str(made.parent)]
    assert main(words) == 0
    return made


@pytest.fixture
def searched(whole, tmp_path):
    """Return a copy of that review, to break."""
    return shutil.copytree(whole.parent, tmp_path / "searched") / whole.name


def broken(folder, name, raw):
    path = next((folder / name).glob("*.json")) if name == "runs" else folder / name
    assert path.is_file()
    path.write_text(raw + "\n", encoding="utf-8")
    return path


#: What people and schedulers run, with the status that it has while candidates wait.
COMMANDS = {
    "pool": 0,
    "report": 0,
    "screen --list": 0,
    "screen --left": 0,
    "screen --json": 0,
    "screen --csv -": 0,
    "screen --exclude 10.5555/metaan.13 --reason bees --by A": 0,
    "import a.ris": 0,
    "fetch": 0,
    "update": 0,
    "watch": 3,
}


@pytest.mark.parametrize("raw", BROKEN)
@pytest.mark.parametrize("name", FILES)
def test_one_broken_file_is_named_and_is_never_the_end_of_all_commands(searched, run, monkeypatch, name, raw):
    project = searched.parent
    (project / "a.ris").write_text("TY  - JOUR\nTI  - Zymodrug in moths\nPY  - 2025\nER  -\n")
    monkeypatch.chdir(project)
    path = broken(searched, name, raw)
    status, _, err = run("check")
    assert (status, f"{path.relative_to(project)}:1" in err) == (1, True)
    named = ""
    for words, expected in COMMANDS.items():
        path.write_text(raw + "\n", encoding="utf-8")
        status, _, err = run(*words.split())
        assert status == expected, (words, err)
        named += err
    assert re.search(rf"set aside, as if it were not there: \S*{path.relative_to(project)}:\d", named)


@pytest.mark.parametrize("raw", ["", "{", '{"title": "\\u202e"}', "\x1b", "\udcff"])
def test_however_a_file_is_broken_the_other_candidates_are_judged(searched, run, raw):
    (searched / ONE).write_text(raw, encoding="utf-8", errors="surrogateescape")
    status, out, err = run("screen", "--left", "--by", "A", "--project", searched.parent)
    assert (status, "pmid-900000013" in out, "pmid-900000012" in out) == (0, True, False)
    assert f"{ONE}:1" in err


@pytest.mark.parametrize("name", UNTITLED)
def test_a_record_without_a_title_is_kept_and_shown(review, run, name):
    file = review.parent / name
    file.write_text(UNTITLED[name], encoding="utf-8")
    status, out, _ = run("import", file, "--project", review.parent)
    assert (status, "1 read, 1 new, 0 duplicate, 0 failed" in out, "[no title]" in out) == (0, True, True)
    (key,) = read_candidates(review)
    for words in (("screen", "--list"), ("screen", "--left"), ("screen", "--json"), ("check",), ("import", file)):
        status, out, err = run(*words, "--project", review.parent)
        assert (status, "set aside" in err) == (0, False)
        assert words[-1] not in ("--list", "--left") or "[no title]" in out
    assert "0 new, 1 duplicate" in out
    words = ("--by", "A", "--project", review.parent)
    status, _, err = run("screen", "--include", key, *words)
    assert (status, "allowed: one with a title, such as a BibTeX entry" in err) == (1, True)
    assert run("screen", "--exclude", key, "--reason", "no title", *words)[0] == 0


@pytest.mark.parametrize("char", "\x07\x08\x1b\x7f\x9b\u202e\u2066")
@pytest.mark.parametrize("name", DIRTY)
def test_what_a_terminal_would_obey_is_taken_out_of_what_is_imported(review, run, name, char):
    file = review.parent / name
    file.write_text(DIRTY[name] % (char, char, char, char), encoding="utf-8")
    assert "1 read, 1 new" in run("import", file, "--project", review.parent)[1]
    (candidate,) = read_candidates(review).values()
    assert (candidate.title, candidate.doi) == ("A trial", "10.5555/a")
    status, out, err = run("import", file, "--project", review.parent)
    assert (status, "set aside" in err, "0 new, 1 duplicate" in out) == (0, False, True)
    assert run("check", "--project", review.parent)[0] == 0


@NEEDS_GIT
@pytest.mark.usefixtures("no_settings_of_this_machine")
@pytest.mark.parametrize("name", FILES)
def test_a_release_waits_for_a_whole_store(searched, run, name):
    repository(searched.parent)
    path = broken(searched, name, CONFLICT)
    status, _, err = run("release", "1.0", "--dry-run", "--project", searched.parent)
    assert status == 1
    assert f"the registry is at fault: {path}:1" in err
