"""What in a project is read: regular files of a stated size that lie in it. Each reader of the project is asked."""

import os
import re
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import MetaanError, SetAsideWarning, SourceError
from metaan.registry.scaffold import scaffold_review
from metaan.registry.store import metadata
from metaan.registry.store.candidate import read_candidates, read_raw
from metaan.registry.store.commit import commit, locked, taking_turns
from metaan.registry.store.decisions import read_decisions
from metaan.registry.store.runs import read_runs, read_watermark
from metaan.registry.text.files import read
from metaan.workflows.studies.extract import propose
from metaan.workflows.versions.release_checks import last_release

DIGEST = "0" * 64

#: Every file that a command opens by itself -> what reads it.
READERS = {
    "studies/review.yaml": ma.load,
    "studies/doe-2020.yaml": ma.load,
    "studies/metadata/doe-2020.json": lambda studies: metadata.read(studies, "doe-2020"),
    "studies/candidates/pmid-1.json": read_candidates,
    "studies/runs/20260101T000000Z-1.json": read_runs,
    "studies/watermark.json": read_watermark,
    "studies/decisions.jsonl": read_decisions,
    f"studies/raw/{DIGEST}.xml.gz": lambda studies: read_raw(studies, DIGEST),
    "releases/1.json": last_release,
    "templates/style.css": lambda studies: ma.write_report(ma.load(studies), studies.parent / "x.html"),
    "templates/parts/footer.html": lambda studies: ma.write_report(ma.load(studies), studies.parent / "x.html"),
}


def project(tmp_path: Path, file: str) -> Path:
    """A new review in which one file is still missing."""
    for name, text in scaffold_review("demo").items():
        (tmp_path / "demo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "demo" / name).write_text(text, encoding="utf-8")
    path = tmp_path / "demo" / file
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def refused(file: str, path: Path) -> str:
    with pytest.raises((MetaanError, OSError, SetAsideWarning)) as error:
        READERS[file](path.parents[len(Path(file).parts) - 1] / "studies")
    return str(error.value)


@pytest.mark.parametrize("file", READERS)
def test_a_link_that_leaves_the_project_is_not_followed(tmp_path, file):
    path = project(tmp_path, file)
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    for target in ("/dev/zero", tmp_path / "secret", "/nowhere"):
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        said = refused(file, path)
        assert "secret" not in said.replace(str(tmp_path), "")


@pytest.mark.parametrize("file", [name for name in READERS if name.count("/") > 1])
def test_a_folder_that_lies_elsewhere_is_not_looked_into(tmp_path, file):
    path = project(tmp_path, file)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / path.name).write_text("secret", encoding="utf-8")
    path.parent.rmdir()
    path.parent.symlink_to(elsewhere)
    assert "a link that leaves the project" in refused(file, path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("file", READERS)
def test_a_named_pipe_is_not_waited_for(tmp_path, file):
    path = project(tmp_path, file)
    os.mkfifo(path)
    assert "not a regular file" in refused(file, path)


@pytest.mark.parametrize("file", READERS)
def test_a_file_without_end_is_not_read(tmp_path, file):
    path = project(tmp_path, file)
    with path.open("wb") as sparse:
        sparse.truncate(1 << 40)
    assert "bytes that are allowed" in refused(file, path)


def test_links_inside_of_the_project_are_followed(tmp_path, monkeypatch):
    path = project(tmp_path, "studies/review.yaml")
    (tmp_path / "demo" / "here.yaml").write_text(scaffold_review("demo")["studies/review.yaml"], encoding="utf-8")
    path.symlink_to("../here.yaml")
    assert ma.load(path.parent).info.title
    monkeypatch.chdir(path.parent)
    assert ma.load(".").info.title


def test_a_file_of_the_system_that_says_it_is_empty_is_read_within_bounds():
    file = Path("/proc/self/status")
    if not file.exists():
        pytest.skip("no such file system")
    assert b"Pid" in read(file, Path("/proc"))
    with pytest.raises(OSError, match="bytes that are allowed"):
        read(file, Path("/proc"), most=10)


def test_posted_results_that_lie_elsewhere_are_not_read(tmp_path):
    path = project(tmp_path, "studies/metadata/ctgov/NCT01234567.json")
    (tmp_path / "elsewhere.json").write_text("{}", encoding="utf-8")
    path.symlink_to(tmp_path / "elsewhere.json")
    study = next(file for file in (tmp_path / "demo" / "studies").glob("*.yaml") if file.stem != "review")
    text = study.read_text(encoding="utf-8")
    study.write_text(re.sub("^registrations:.*$", "registrations: [NCT01234567]", text, flags=re.M), encoding="utf-8")
    with pytest.raises(OSError, match="a link that leaves the project"):
        propose(study.parent, study.stem)


def test_what_is_posted_may_come_through_a_pipe(tmp_path):
    path = project(tmp_path, "studies/none.yaml")
    study = next(file.stem for file in path.parent.glob("*.yaml") if file.stem != "review")
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    with pytest.raises(SourceError, match=f"^/dev/fd/{reading}: "):
        propose(path.parent, study, results=f"/dev/fd/{reading}")
    os.close(reading)


@pytest.mark.parametrize("link", [".update", ".update/lock", ".update/decisions.lock", ".update/staging", "candidates"])
def test_nothing_is_written_through_a_link_that_leaves_the_project(tmp_path, link):
    path = project(tmp_path, f"studies/{link}")
    elsewhere = tmp_path / "elsewhere"
    if link.endswith("lock"):
        elsewhere.write_text("precious", encoding="utf-8")
    else:
        elsewhere.mkdir()
    path.symlink_to(elsewhere)
    studies, refusal = tmp_path / "demo" / "studies", pytest.raises(OSError, match="a link that leaves the project")
    with refusal, locked(studies, "test"), taking_turns(studies):
        commit(studies, {"candidates/x.json": b"{}"})
    assert elsewhere.read_text(encoding="utf-8") == "precious" if elsewhere.is_file() else not any(elsewhere.iterdir())
