"""Several commands at once, a person at the same file, and commands that are killed: nothing is lost."""

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

from metaan.errors import ConflictError
from metaan.records.record import Record
from metaan.registry.load import load
from metaan.registry.store.decisions import read_decisions
from metaan.registry.write import StudyForm, scaffold_study
from metaan.workflows.screen.judge import Vote, judge, undo
from metaan.workflows.search.update import update
from metaan.workflows.studies import add as adding
from metaan.workflows.studies import study_edit
from metaan.workflows.studies.add import add
from metaan.workflows.studies.confirm import confirm
from metaan.workflows.studies.enter import Typed, enter, set_design
from tests.server.eutils import Eutils
from tests.server.living import NOW, PAPERS, at, empty_registry, registry

WASPS = "pmid-900000012"
AT_ONCE = 3


@pytest.fixture
def folder(tmp_path):
    folder = empty_registry(tmp_path)
    text = scaffold_study("doe-2026", "Doe 2026", Record("A trial"), StudyForm(load(folder).info.outcomes))
    (folder / "doe-2026.yaml").write_text(text, encoding="utf-8")
    return folder


def at_once(folder, *commands, **environment):
    """Run commands as processes at the same time; return their exit statuses and what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "metaan", "--project", str(folder.parent), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )
        for command in commands
    ]
    said = [process.communicate()[0] for process in processes]
    return [process.returncode for process in processes], said


def test_what_several_enter_at_once_is_all_there(folder):
    days = [f"day {n}" for n in range(7, 7 * (AT_ONCE + 1), 7)]
    words = ("--outcome", "death", "--document", "article", "--by", "A. Reader")
    statuses, said = at_once(
        folder, *(("extract", "doe-2026", "--enter", "3/40,7/41", "--time", day, *words) for day in days)
    )
    assert statuses == [0] * AT_ONCE, said
    assert sorted(result.time for result in load(folder).study("doe-2026").results) == sorted(days)


def test_what_several_enter_twice_is_there_once(folder):
    words = ("--outcome", "death", "--time", "day 28", "--document", "article", "--by", "A. Reader")
    statuses, _ = at_once(folder, *(("extract", "doe-2026", "--enter", f"{n}/40,7/41", *words) for n in range(AT_ONCE)))
    assert sorted(statuses) == [0] + [1] * (AT_ONCE - 1)
    assert len(load(folder).study("doe-2026").results) == 1


def test_different_studies_of_one_name_both_enter(folder, tmp_path):
    files = [tmp_path / f"{n}.bib" for n in range(AT_ONCE)]
    for n, file in enumerate(files):
        entry = f"author={{Smith, Jane}}, year={{2020}}, title={{Trial number {n}}}, doi={{10.5555/smith.{n}}}"
        file.write_text(f"@article{{smith, {entry}}}", encoding="utf-8")
    statuses, said = at_once(folder, *(("add", "--bibtex", str(file)) for file in files))
    assert statuses == [0] * AT_ONCE, said
    assert {study.doi for study in load(folder).studies} >= {f"10.5555/smith.{n}" for n in range(AT_ONCE)}


def test_one_paper_enters_once(folder):
    with Eutils(rate=None) as server:
        pmid = ("add", "--pmid", "900000001")
        statuses, said = at_once(folder, *[pmid] * AT_ONCE, METAAN_PUBMED_URL=server.url)
    assert sorted(statuses) == [0] + [1] * (AT_ONCE - 1), said
    assert sum("is in studies/angstrom-2024.yaml already" in words for words in said) == AT_ONCE - 1


def by_hand(path, monkeypatch, module, name):
    """Let a person save a study file just after a command has read it; return what was saved."""
    saved = path.read_text(encoding="utf-8").replace("A trial", "A trial, as somebody wrote it just now")
    before = getattr(module, name)

    def meanwhile(*args, **words):
        path.write_text(saved, encoding="utf-8")
        return before(*args, **words)

    monkeypatch.setattr(module, name, meanwhile)
    return saved


@pytest.mark.parametrize(
    "command",
    [
        lambda folder: enter(folder, "doe-2026", Typed("death", "3/40,7/41", "article", time="day 60")),
        lambda folder: confirm(folder, "doe-2026", "death", "A. Reader"),
        lambda folder: set_design(folder, "doe-2026", "non-randomised: historical"),
    ],
)
def test_a_hand_edit_in_between_is_never_overwritten(folder, monkeypatch, command):
    enter(folder, "doe-2026", Typed("death", "3/40,7/41", "article"))
    path = folder / "doe-2026.yaml"
    saved = by_hand(path, monkeypatch, study_edit, "change")
    with pytest.raises(ConflictError, match="changed by somebody meanwhile"):
        command(folder)
    assert path.read_text(encoding="utf-8") == saved


def test_a_study_that_somebody_writes_meanwhile_stays(folder, tmp_path, monkeypatch):
    (tmp_path / "a.bib").write_text("@article{x, author={Roe, Jo}, year={2024}, title={Another}}", encoding="utf-8")
    write = adding.change

    def meanwhile(path, before, content):
        path.write_text("by hand", encoding="utf-8")
        write(path, before, content)

    monkeypatch.setattr(adding, "change", meanwhile)
    (added,) = add(folder, bibtex=tmp_path / "a.bib")
    assert "is there already" in added.problem
    assert (folder / "roe-2024.yaml").read_text(encoding="utf-8") == "by hand"


class Killed(BaseException):
    """In place of a signal that nobody can catch."""


#: Everything by which adding and screening change the project.
STEPS = (
    "metaan.workflows.studies.add.change",
    "metaan.registry.store.metadata.write_text",
    "metaan.workflows.screen.judge.append_decision",
    "metaan.workflows.screen.judge.remove_study",
)


def killed_before(step, monkeypatch, command):
    """Run a command that dies before its n-th change; return whether it came that far."""
    count = 0

    def counted(change):
        def call(*args, **words):
            nonlocal count
            count += 1
            if count == step:
                raise Killed
            return change(*args, **words)

        return call

    with monkeypatch.context() as patched:
        for name in STEPS:
            module, _, function = name.rpartition(".")
            patched.setattr(name, counted(getattr(sys.modules[module], function)))
        try:
            command()
        except Killed:
            return True
    return False


def test_a_killed_add_is_finished_by_the_next(folder, monkeypatch):
    with Eutils(rate=None) as server:

        def command():
            add(folder, pmid="900000001", run=at(NOW, pubmed=server.url))

        for step in (1, 2):
            assert killed_before(step, monkeypatch, command)
        assert not killed_before(3, monkeypatch, command)
    assert load(folder).metadata["angstrom-2024"].pmid == "900000001"


def test_what_a_killed_add_leaves_is_not_of_another_study(folder, tmp_path, monkeypatch):
    with Eutils(rate=None) as server:
        assert killed_before(2, monkeypatch, lambda: add(folder, pmid="900000001", run=at(NOW, pubmed=server.url)))
    (tmp_path / "a.bib").write_text("@article{x, author={Ångström, Å}, year={2024}, title={Other}}", encoding="utf-8")
    assert add(folder, bibtex=tmp_path / "a.bib")[0].study_id == "angstrom-2024"
    assert "angstrom-2024" not in load(folder).metadata


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = registry(tmp_path_factory.mktemp("searched"))
    with Eutils(papers=PAPERS, rate=None) as server:
        update(folder, run=at(NOW, pubmed=server.url))
    return folder


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_killed_inclusion_is_finished_by_the_next_and_can_be_undone(searched, tmp_path, monkeypatch, step):
    folder = shutil.copytree(searched, tmp_path / "studies")
    files = set(folder.glob("*.yaml"))

    def include():
        return judge(folder, WASPS, Vote("include", "ada"), at(NOW))

    assert killed_before(step, monkeypatch, include)
    include()
    written = (folder / "nobody12-2025.yaml").read_bytes()
    assert read_decisions(folder)[-1].written == hashlib.sha256(written).hexdigest()
    assert load(folder).metadata["nobody12-2025"].pmid == "900000012"
    assert include().again
    for further in (1, 2):
        assert killed_before(further, monkeypatch, lambda: undo(folder, "ada", at(NOW)))
    assert undo(folder, "ada", at(NOW)).standing.state == "open"
    assert set(folder.glob("*.yaml")) == files


@pytest.mark.parametrize("step", [1, 2])
def test_a_killed_exclusion_is_finished_by_the_next(searched, tmp_path, monkeypatch, step):
    folder = shutil.copytree(searched, tmp_path / "studies")
    judge(folder, WASPS, Vote("include", "ada"), at(NOW))

    def exclude():
        return judge(folder, WASPS, Vote("exclude", "ada", "no bees"), at(NOW))

    assert killed_before(step, monkeypatch, exclude)
    assert exclude().standing.state == "excluded"
    assert not (folder / "nobody12-2025.yaml").exists()
