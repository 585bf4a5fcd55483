"""Releases: what is refused and why, what is written, and that a cut one leaves nothing."""

import hashlib
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import ConflictError, SourceError, UsageError
from metaan.registry.store.commit import locked
from metaan.workflows.git import Git
from metaan.workflows.release import release as module
from metaan.workflows.release.release import release
from metaan.workflows.versions.release_checks import last_release
from tests.repository import IN_GIT, commit, git, repository
from tests.server.living import at
from tests.server.pace import PATIENCE

pytestmark = IN_GIT

FLAGGED = "kyriazopoulou-2021-save-more"
DAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    project = tmp_path / "a 'review' [ä]"
    turns = shutil.ignore_patterns(".update")  # of another test that is at work on the example
    shutil.copytree(ma.example("anakinra"), project / "studies", ignore=turns)
    return repository(project) / "studies"


def edit(folder, study, old, new):
    path = folder / f"{study}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(folder, study, text):
    path = folder / f"{study}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def flag(folder, study=FLAGGED, **what):
    (folder / "metadata").mkdir(exist_ok=True)
    record = {
        "pmid": "1",
        "title": "A title",
        "fetched": "2026-01-02",
        "url": "https://example.org/",
        "digest": "0" * 64,
    }
    links = [{"kind": "RetractionIn", "source": "J Trials. 2026;1:99", "pmid": "77"}]
    text = json.dumps(record | {"corrections": links} | what)
    (folder / "metadata" / f"{study}.json").write_text(text, encoding="utf-8")


def decide(folder, decision, about="retraction", study=FLAGGED):
    said = f"about: {about}, decision: {decision}, reason: read the notice, by: A. Reader, date: 2026-11-20"
    add(folder, study, f"\ndecisions:\n  - {{{said}}}\n")


def reasons(folder, version="1.0", **more):
    before = everything(folder)
    with pytest.raises(ConflictError) as error:
        release(folder, version, run=at(DAY), **more)
    assert everything(folder) == before
    return str(error.value).split("\n- ")[1:]


def everything(folder):
    """Every file of the project but the lock's, and every tag."""
    files = {
        path: path.read_bytes()
        for path in folder.parent.rglob("*")
        if path.is_file() and not {".git", ".update"} & {*path.parts}
    }
    return files, git(folder, "tag", "--list")


def test_the_first_release_writes_report_record_changelog_and_tag(folder):
    made = release(folder, "1.0", run=at(DAY))
    project = folder.parent
    record = json.loads((project / "releases" / "1.0.json").read_bytes())
    assert record == made.record
    head = git(project, "rev-parse", "HEAD").strip()
    assert (record["version"], record["date"], record["commit"]) == ("1.0", "2026-11-22", head)
    assert (record["registry"], record["metaan"]) == (ma.load(folder).digest, ma.__version__)
    report = (project / "releases" / "1.0.html").read_bytes()
    assert b"<svg" in report
    assert record["report"] == {"file": "releases/1.0.html", "sha256": hashlib.sha256(report).hexdigest()}
    (death,) = [analysis for analysis in record["analyses"] if analysis["id"] == "death"]
    assert round(death["subgroups"][0]["random"]["estimate"], 3) == 0.964
    assert git(project, "cat-file", "-t", "anakinra-1.0").strip() == "tag"
    assert git(project, "rev-list", "-n1", "anakinra-1.0").strip() == head
    assert record["report"]["sha256"] in git(project, "tag", "-l", "--format=%(contents)", "anakinra-1.0")
    text = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    assert "## 1.0 - 2026-11-22\n" in text
    assert "- The first release: " in text
    assert sorted(path.name for path in (project / "releases").iterdir()) == ["1.0.html", "1.0.json"]


def test_the_next_release_says_what_changed(folder):
    release(folder, "1.0", run=at(DAY))
    edit(folder, FLAGGED, "control: {events: 13,", "control: {events: 31,")
    commit(folder.parent)
    release(folder, "1.1", run=at(DAY), tag=False)
    text = (folder.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    new, old = text.split("## 1.0 - ")
    assert "compared with 1.0." in new
    assert "SAVE-MORE 2021 (corrected) moved the odds ratio of death from any cause among randomised trials" in new
    assert "first release" in old
    assert git(folder, "tag", "--list").split() == ["anakinra-1.0"]
    assert json.loads((folder.parent / "releases" / "1.1.json").read_bytes())["previous"] == "1.0"
    assert last_release(folder)[0] == "1.1"


def test_an_older_changelog_keeps_its_words_and_what_is_not_released_stays_on_top(folder):
    old = "# What happened\n\n## Unreleased\n\n- more to come\n\n## 0.9\n\n- long ago\n"
    (folder.parent / "CHANGELOG.md").write_text(old, encoding="utf-8")
    commit(folder.parent)
    made = release(folder, "1.0", run=at(DAY))
    head, tail = old.split("## 0.9")
    assert (folder.parent / "CHANGELOG.md").read_text(encoding="utf-8") == f"{head}{made.entry}\n## 0.9{tail}"


def test_the_changelog_of_software_around_the_review_stays_as_it_is(folder):
    project = folder.parent
    software = "# Changelog of a program\n\n## Unreleased\n\n## 9.9.0\n"
    for name, text in {"pyproject.toml": "[project]\n", "CHANGELOG.md": software}.items():
        (project / name).write_text(text, encoding="utf-8")
    commit(project)
    for version in ("1.0", "1.1"):
        made = release(folder, version, run=at(DAY))
        commit(project)
    assert (project / "CHANGELOG.md").read_text(encoding="utf-8") == software
    own = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert folder / "CHANGELOG.md" in made.files
    assert own.startswith("# Changelog\n\nEvery release of this review")
    assert own.index("## 1.1 - ") < own.index("## 1.0 - ")


def test_a_review_that_keeps_its_changelog_beside_its_studies_goes_on_doing_so(folder):
    (folder / "CHANGELOG.md").write_text("# What happened\n", encoding="utf-8")
    commit(folder.parent)
    release(folder, "1.0", run=at(DAY))
    assert "## 1.0 - " in (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not (folder.parent / "CHANGELOG.md").exists()


def test_a_dry_run_says_the_same_and_writes_nothing(folder):
    before = everything(folder)
    made = release(folder, "1.0", run=at(DAY), dry_run=True)
    assert everything(folder) == before
    assert not (folder / ".update").exists()
    real = release(folder, "1.0", run=at(DAY))
    assert (made.entry, made.tag, made.files) == (real.entry, real.tag, real.files)


def test_the_day_is_today_unless_given(folder):
    made = release(folder, "1.0", dry_run=True, run=at(datetime(2027, 1, 2, tzinfo=UTC)))
    assert made.record["date"] == "2027-01-02"


@pytest.mark.parametrize(
    ("what", "about", "said"),
    [
        ({"retracted": True}, "retraction", "retracted according to PubMed (J Trials. 2026;1:99, PMID 77)"),
        ({"concern": True}, "concern", "under an expression of concern according to PubMed"),
    ],
)
def test_a_flagged_study_needs_a_signed_decision(folder, what, about, said):
    flag(folder, **what)
    commit(folder.parent)
    [reason] = reasons(folder)
    assert f"SAVE-MORE 2021 is {said}" in reason
    assert f"no signed decision stands in studies/{FLAGGED}.yaml; allowed: decisions: [{{about: {about}" in reason
    decide(folder, "keep with caution", about)
    commit(folder.parent)
    [kept] = release(folder, "1.0", run=at(DAY)).record["decisions"]
    assert (kept["study"], kept["decision"], kept["by"]) == (FLAGGED, "keep with caution", "A. Reader")


def test_a_decision_about_a_concern_does_not_answer_a_retraction(folder):
    flag(folder, retracted=True, concern=True)
    decide(folder, "keep", "concern")
    commit(folder.parent)
    [reason] = reasons(folder)
    assert "is retracted" in reason


def test_a_notice_that_only_another_service_has_closes_the_gate_too(folder):
    notice = {"study": FLAGGED, "kind": "retraction", "severity": "retracted", "by": "Crossref", "doi": "10.5555/n"}
    run = {"id": "a", "kind": "update", "started": "2026-11-01T00:00:00Z", "finished": "x", "versions": {}}
    (folder / "runs").mkdir()
    text = json.dumps(run | {"recheck": {"studies": [FLAGGED], "notices": [notice]}})
    (folder / "runs" / "a.json").write_text(text, encoding="utf-8")
    commit(folder.parent)
    [reason] = reasons(folder)
    assert "SAVE-MORE 2021 is retracted according to Crossref (10.5555/n)" in reason


def test_a_study_excluded_by_decision_is_listed_with_its_reason_and_the_notice(folder):
    flag(folder, retracted=True)
    edit(folder, FLAGGED, "state: included", "state: excluded\n  reason: retracted")
    decide(folder, "exclude")
    commit(folder.parent)
    (death,) = ma.analyse(ma.load(folder), ["death"])
    (left_out,) = [study for study in death.excluded if study.id == FLAGGED]
    assert left_out.reason == (
        "excluded: retracted; retraction: exclude, decided by A. Reader on 2026-11-20: read the notice "
        "(notice: J Trials. 2026;1:99, PMID 77)"
    )
    release(folder, "1.0", run=at(DAY))
    page = (folder.parent / "releases" / "1.0.html").read_text(encoding="utf-8")
    assert "decided by A. Reader on 2026-11-20: read the notice" in page


def test_the_pool_says_whether_a_decision_stands(folder):
    flag(folder, retracted=True)
    (death,) = ma.analyse(ma.load(folder), ["death"])
    assert any("(no signed decision stands about it)" in warning for warning in death.warnings)
    decide(folder, "keep")
    (death,) = ma.analyse(ma.load(folder), ["death"])
    assert any("(keep, decided by A. Reader on 2026-11-20: read the notice)" in warning for warning in death.warnings)


def test_unconfirmed_numbers_are_not_released(folder):
    edit(folder, FLAGGED, "    time: day 28\n", "    time: day 28\n    unconfirmed: true\n")
    commit(folder.parent)
    found = reasons(folder)
    assert found
    assert all("nobody has confirmed would be pooled: " + FLAGGED in reason for reason in found)


def test_every_reason_is_in_one_list(folder):
    flag(folder, retracted=True)
    release_of_before = folder.parent / "releases" / "2.0.json"
    release_of_before.parent.mkdir()
    release_of_before.write_text('{"version": "2.0", "commit": "0", "registry": "0"}', encoding="utf-8")
    found = reasons(folder)
    assert len(found) == 3
    assert found[0].startswith("SAVE-MORE 2021 is retracted")
    assert found[1] == "version 1.0 is not newer than 2.0"
    assert found[2] == (
        f"the working tree is not clean: releases/2.0.json, studies/metadata/{FLAGGED}.json; commit first"
    )


def test_every_problem_of_the_registry_is_a_reason(folder):
    edit(folder, FLAGGED, "state: included", "state: includde")
    edit(folder, "segala-2023", "label:", "lable:")
    commit(folder.parent)
    found = reasons(folder)
    assert len(found) >= 3
    assert all(reason.startswith("the registry is at fault: ") for reason in found)


@pytest.mark.parametrize("version", ["1.0", "1", "0.9", "1.0.0"])
def test_a_version_is_new(folder, version):
    release(folder, "1.0", run=at(DAY))
    commit(folder.parent)
    [reason] = reasons(folder, version)
    assert reason.startswith(f"version {version} ")


def test_a_tag_of_that_name_is_a_release_too(folder):
    git(folder, "tag", "anakinra-1.0")
    assert reasons(folder) == ["version 1.0 exists: tag anakinra-1.0", "version 1.0 is not newer than 1.0"]


@pytest.mark.parametrize("version", ["", "v1", "1.", "1..2", "01", "1.2.3.4.5", "../1", "1 ", "--force"])
def test_what_is_no_version_is_the_command_lines_fault(folder, version):
    with pytest.raises(UsageError, match="one to four numbers"):
        release(folder, version)


def test_reports_in_outputs_do_not_count_as_changes_and_everything_else_does(folder):
    (folder.parent / "outputs").mkdir()
    (folder.parent / "outputs" / "a.html").write_text("x", encoding="utf-8")
    release(folder, "1.0", run=at(DAY), dry_run=True)
    (folder.parent / "notes.txt").write_text("x", encoding="utf-8")
    assert reasons(folder) == ["the working tree is not clean: notes.txt; commit first"]


def test_study_files_that_git_ignores_are_not_released(folder):
    (folder.parent / ".gitignore").write_text("studies/*2099*\n", encoding="utf-8")
    commit(folder.parent)
    text = (folder / "segala-2023.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("doi:", "pmid:", "pmcid:"))]
    (folder / "doe-2099.yaml").write_text("\n".join(lines).replace("id: segala-2023", "id: doe-2099"), encoding="utf-8")
    [reason] = reasons(folder)
    assert "are some ignored?" in reason


def test_outside_of_git_nothing_is_released(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    shutil.copytree(ma.example("anakinra"), tmp_path / "p" / "studies")
    with pytest.raises(SourceError, match="git"):
        release(tmp_path / "p" / "studies", "1.0")


def test_two_at_once(folder):
    with locked(folder, "metaan update"), pytest.raises(ConflictError, match="metaan update"):
        release(folder, "1.0")


@pytest.mark.parametrize("cut", ["write_report", "write_text", "tag"])
@pytest.mark.parametrize("changelog", ["CHANGELOG.md", "studies/CHANGELOG.md", "setup.py"])
def test_what_fails_before_the_tag_leaves_nothing(folder, monkeypatch, cut, changelog):
    (folder.parent / changelog).write_text("# Ours\n", encoding="utf-8")
    commit(folder.parent)
    before = everything(folder)

    def fail(*words, **given):
        raise KeyboardInterrupt

    if cut == "tag":
        real = Git.run
        monkeypatch.setattr(
            Git, "run", lambda git, *w, given=b"": fail() if w[:2] == ("tag", "-a") else real(git, *w, given=given)
        )
    else:
        monkeypatch.setattr(module, cut, fail)
    with pytest.raises(KeyboardInterrupt):
        release(folder, "1.0", run=at(DAY))
    assert everything(folder) == before
    assert not (folder.parent / "releases").exists()


def test_without_a_name_for_the_tag_git_refuses_and_nothing_is_left(folder, monkeypatch):
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "")
    before = everything(folder)
    with pytest.raises(SourceError, match="git: "):
        release(folder, "1.0", run=at(DAY))
    assert everything(folder) == before


# Each child releases, and kills itself at one of the times it touches a file or starts a process.
_KILLED = """
import os, random, shutil, signal, subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from metaan.workflows.release.release import release, undo_cut
from metaan.workflows.run import Run
source, root = Path(sys.argv[1]), Path(sys.argv[2])
def project(name):
    shutil.copytree(source, root / name)
    return root / name / "studies"
def state(folder):
    names = {p.relative_to(folder.parent).as_posix(): p.read_bytes() for p in folder.parent.rglob("*")
             if p.is_file() and not {".git", ".update"} & {*p.parts}}
    tags = subprocess.run(["git", "tag"], cwd=folder, capture_output=True, text=True).stdout
    return names, tags
def work(folder):
    release(folder, "1.0", run=Run(lambda: datetime(2026, 11, 22, tzinfo=UTC)))
old = state(project("old"))
folder = project("new")
work(folder)
new = state(folder)
seen, stop, watched = 0, 0, False
def hook(event, args):
    global seen
    if watched and event in ("os.rename", "os.mkdir", "os.remove", "subprocess.Popen", "shutil.copyfile"):
        seen += 1
        if seen == stop:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
folder = project("count")
watched = True
work(folder)
watched, total = False, seen
ends = set()
for nth in sorted({*random.Random(5).sample(range(1, total + 1), 3), *range(total - 9, total + 1, 2)}):
    folder = project(str(nth))
    child = os.fork()
    if child == 0:
        seen, stop, watched = 0, nth, True
        work(folder)
        os._exit(0)
    os.waitpid(child, 0)
    undo_cut(folder)
    after = state(folder)
    differ = sorted(name for name in {*after[0], *new[0]} if after[0].get(name) != new[0].get(name))
    assert after in (old, new), (nth, total, differ, after[1])
    ends.add(after == new)
    work(folder) if after == old else None
    assert state(folder) == new
assert ends == {True, False}, (ends, total)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_anywhere_it_leaves_nothing_or_the_whole(folder, tmp_path):
    for path in folder.glob("*.yaml"):  # two studies are as good here, and a fifth of the work
        if path.stem not in (FLAGGED, "derde-2021-remap-cap", "review"):
            path.unlink()
    commit(folder.parent)
    command = [sys.executable, "-c", _KILLED, folder.parent, tmp_path / "copies"]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=root)
    assert done.returncode == 0, done.stderr
