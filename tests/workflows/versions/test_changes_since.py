"""The report's section of changes: since the last release, or since a revision."""

import json
import shutil

import pytest

import metaan as ma
from metaan.errors import ConflictError, SetAsideWarning, SourceError, UsageError
from metaan.workflows.publish.report import write_report
from metaan.workflows.release.release import release
from metaan.workflows.versions.changes_since import changes_since
from tests.report.writers.test_page import Page
from tests.repository import IN_GIT, commit, repository

pytestmark = IN_GIT

STUDY = "kyriazopoulou-2021-save-more.yaml"
SENTENCE = "SAVE-MORE 2021 (corrected) moved the odds ratio of death from any cause among randomised trials"


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    return repository(tmp_path)


def correct(project):
    path = project / "studies" / STUDY
    text = path.read_text(encoding="utf-8")
    assert "control: {events: 13," in text
    path.write_text(text.replace("control: {events: 13,", "control: {events: 31,", 1), encoding="utf-8")


def page(project, **more):
    path = write_report(ma.load(project / "studies"), project / "outputs" / "page.html", **more)
    return path.read_text(encoding="utf-8")


def test_without_a_release_nothing_is_shown(project):
    assert 'id="changes"' not in page(project)
    assert 'href="#changes"' not in page(project)


def test_what_changed_since_the_release_is_shown_and_its_own_report_stays_the_same(project):
    first = page(project)
    release(project / "studies", "1.0")
    commit(project)
    assert 'id="changes"' not in first
    assert 'id="changes"' not in page(project)
    correct(project)
    shown = page(project)
    assert "Changes since the last version, 1.0</h2>" in shown
    assert SENTENCE in shown
    commit(project)
    release(project / "studies", "1.1")
    commit(project)
    assert SENTENCE in (project / "releases" / "1.1.html").read_text(encoding="utf-8")
    assert "Changes since the last version, 1.0</h2>" in page(project)


def test_a_page_with_changes_is_whole(project):
    correct(project)
    shown = page(project, since="HEAD")
    assert "Changes since HEAD</h2>" in shown
    assert SENTENCE in shown
    got = Page(shown)
    assert got.open == []
    assert len(set(got.ids)) == len(got.ids)
    assert {link[1:] for link in got.links if link.startswith("#")} <= set(got.ids)
    assert all(after <= before + 1 for before, after in zip(got.headings, got.headings[1:]))
    tags = [tag for tag, _ in got.tags]
    assert tags.count("table") == tags.count("caption")


def test_a_release_that_git_does_not_have_is_said(project):
    record = {"version": "1.0", "commit": "0" * 40, "registry": "x"}
    (project / "releases").mkdir()
    (project / "releases" / "1.0.json").write_text(json.dumps(record), encoding="utf-8")
    assert "Version 1.0 (commit 000000000) cannot be compared with: " in page(project)


def test_a_revision_that_does_not_exist_is_an_error(project):
    with pytest.raises(SourceError, match="is no revision"):
        page(project, since="nothing")


def test_only_the_page_says_what_changed(project):
    with pytest.raises(UsageError, match="not with json"):
        write_report(ma.load(project / "studies"), project / "page.json", since="HEAD")


def test_the_command_takes_the_revision(project, capsys):
    from metaan.cli.main import main

    correct(project)
    out = project / "r.html"
    assert main(["--project", str(project), "report", "--since", "HEAD", "-o", str(out)]) == 0
    assert SENTENCE in out.read_text(encoding="utf-8")
    assert str(out) in capsys.readouterr().out


def test_a_broken_record_of_a_release_is_named_and_a_report_goes_on(project):
    (project / "releases").mkdir(exist_ok=True)
    (project / "releases" / "0.9.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.warns(SetAsideWarning, match=r"0\.9\.json:1: no record of a release"):
        changes_since(ma.load(project / "studies"))
    with pytest.raises(ConflictError, match=r"a release before is at fault: .*0\.9\.json:1"):
        release(project / "studies", "1.0", dry_run=True)
