"""Versions of a review out of git: bytes as committed, the working tree untouched, and every way it can fail."""

import os
import shutil

import pytest

import metaan as ma
from metaan.errors import RegistryError, SetAsideWarning, SourceError
from metaan.workflows.versions.diff import compare_folders, compare_revisions, load_revision, write_changes
from tests.repository import IN_GIT, commit, git, repository

pytestmark = IN_GIT

COUNT = "control: {events: 13,"


@pytest.fixture
def folder(tmp_path):
    """The studies of a repository with one commit; its name needs quoting in every shell."""
    project = tmp_path / "a 'review' [ä]*"
    shutil.copytree(ma.example("anakinra"), project / "studies")
    return repository(project) / "studies"


def correct(folder, events=31):
    path = folder / "kyriazopoulou-2021-save-more.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(COUNT, f"control: {{events: {events},"), encoding="utf-8")


def everything(folder):
    return {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_a_revision_is_loaded_byte_for_byte(folder):
    digest = ma.load(folder).digest
    correct(folder)
    assert load_revision(folder, "HEAD").digest == digest
    assert load_revision(folder, "HEAD").folder == folder


def test_the_last_commit_against_the_files(folder):
    correct(folder)
    difference = compare_revisions(folder)
    (change,) = difference.studies
    head = git(folder, "rev-parse", "HEAD")[:9]
    assert (difference.old_name, difference.new_name) == (f"HEAD ({head})", "the working tree")
    assert compare_revisions(folder, head).old_name == head
    assert (change.kinds, change.edits[0].new) == (("corrected",), 31)


def test_two_revisions_whatever_the_files_hold(folder):
    correct(folder)
    commit(folder)
    git(folder, "tag", "second")
    correct(folder, 77)
    (folder / "segala-2023.yaml").write_text("not yaml: [", encoding="utf-8")
    difference = compare_revisions(folder, "HEAD~1", "second")
    assert [change.id for change in difference.studies] == ["kyriazopoulou-2021-save-more"]


def test_nothing_is_written(folder):
    correct(folder)
    before, status = everything(folder), git(folder, "status", "--porcelain")
    compare_revisions(folder)
    assert everything(folder) == before
    assert git(folder, "status", "--porcelain") == status


def test_the_studies_may_lie_deep_inside_of_the_repository(tmp_path):
    folder = tmp_path / "reviews" / "2026" / "anakinra" / "studies"
    shutil.copytree(ma.example("anakinra"), folder)
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "review.yaml").write_text("another review", encoding="utf-8")
    repository(tmp_path)
    assert load_revision(folder, "HEAD").digest == ma.load(folder).digest


def test_the_metadata_of_a_revision_is_read_too(folder):
    (folder / "metadata").mkdir(exist_ok=True)
    (folder / "metadata" / "segala-2023.json").write_text("{}", encoding="utf-8")
    commit(folder)
    with pytest.warns(SetAsideWarning, match=r"HEAD:studies/metadata/segala-2023\.json:1: "):
        assert "segala-2023" not in load_revision(folder, "HEAD").metadata


def test_attributes_of_the_repository_change_no_byte(folder):
    (folder / ".gitattributes").write_text("*.yaml export-ignore text eol=crlf ident\n", encoding="utf-8")
    commit(folder)
    assert len(load_revision(folder, "HEAD").studies) == 20


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_link_in_a_revision_is_not_followed(folder):
    (folder / "elsewhere.yaml").symlink_to("/etc/passwd")
    commit(folder)
    assert len(load_revision(folder, "HEAD").studies) == 20


@pytest.mark.parametrize("revision", ["nosuch", "--all", "--output=x", "HEAD:studies", "", " ", "HEAD..HEAD", "a\0b"])
def test_what_is_no_revision(folder, revision):
    before = everything(folder)
    with pytest.raises(SourceError, match="is no revision of this repository"):
        compare_revisions(folder, revision)
    assert everything(folder) == before


def test_a_repository_without_a_commit(tmp_path):
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    git(tmp_path, "init", "-q")
    with pytest.raises(SourceError, match="this repository has no commit yet; allowed: git add"):
        compare_revisions(tmp_path / "studies")


def test_a_revision_before_the_studies_were_there(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "README").write_text("soon", encoding="utf-8")
    commit(tmp_path)
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    with pytest.raises(SourceError, match="HEAD: there is no studies/ with YAML files in that revision"):
        compare_revisions(tmp_path / "studies")


def test_the_problems_of_an_old_registry_are_named_by_revision(folder):
    path = folder / "segala-2023.yaml"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("kind:", "kindd:", 1), encoding="utf-8")
    commit(folder)
    path.write_text(right, encoding="utf-8")
    with pytest.raises(RegistryError, match=r"^HEAD:studies/segala-2023\.yaml:\d+: ") as caught:
        compare_revisions(folder)
    assert "metaan-" not in str(caught.value)


def test_no_repository(tmp_path):
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    with pytest.raises(SourceError, match="is in no git repository; allowed: git init"):
        compare_revisions(tmp_path / "studies")


def test_no_git(folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError, match=r"git was not found; .*--folders OLD NEW"):
        compare_revisions(folder)


def test_folders_are_projects_or_their_studies(folder, tmp_path):
    shutil.copytree(folder.parent, tmp_path / "new")
    correct(tmp_path / "new" / "studies")
    first, second = (
        compare_folders(folder, tmp_path / "new"),
        compare_folders(folder.parent, tmp_path / "new" / "studies"),
    )
    assert first.studies == second.studies != ()


def test_a_folder_that_is_none(folder, tmp_path):
    with pytest.raises(RegistryError, match="there is no such folder"):
        compare_folders(tmp_path / "nowhere", folder)


def test_the_page_takes_the_templates_of_the_project(folder):
    (folder.parent / "templates" / "parts").mkdir(parents=True)
    (folder.parent / "templates" / "parts" / "changes.html").write_text("<p>our own</p>", encoding="utf-8")
    path = write_changes(compare_revisions(folder), folder.parent / "deep" / "changes.html")
    assert "<p>our own</p>" in path.read_text(encoding="utf-8")
