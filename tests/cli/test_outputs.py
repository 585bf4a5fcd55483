"""Files that commands were asked for: the format by the name, never in place of a device, no stray folder."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import metaan as ma
from metaan.errors import UsageError

POSIX = pytest.mark.skipif(os.name != "posix", reason="devices and pipes")

#: Every command that writes a file where it is told -> the name of a file that it takes.
WRITERS = {
    ("report", "-o"): "x.html",
    ("report", "--format", "csv", "-o"): "x",
    ("plot", "death", "-o"): "x.svg",
    ("diff", "--folders", "studies", "studies", "--html"): "x.html",
    ("screen", "--csv"): "x.csv",
}


@pytest.fixture
def here(project, monkeypatch):
    """The project, without a search, as the current folder; beside it lies another."""
    review = project / "studies" / "review.yaml"
    text = review.read_text(encoding="utf-8")
    review.write_text(text[: text.index("\nsearch:")] + "\n", encoding="utf-8")
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def elsewhere(tmp_path_factory):
    return tmp_path_factory.mktemp("elsewhere")


@pytest.mark.parametrize("words", WRITERS)
def test_folders_are_made_in_the_project_only(here, run, elsewhere, words):
    name = WRITERS[words]
    assert run(*words, elsewhere / name)[0] == 0
    assert (elsewhere / name).stat().st_size
    assert run(*words, f"outputs/deep/{name}")[0] == 0
    status, _, err = run(*words, elsewhere / "a" / "b" / name)
    assert status == 2
    assert "there is no folder" in err
    assert [path.name for path in elsewhere.iterdir()] == [name]


@POSIX
@pytest.mark.parametrize("words", WRITERS)
def test_a_device_stays_one(here, run, words):
    status, _, err = run(*words, "/dev/full")
    assert (status, "no space left on device" in err) == (1, True)
    assert Path("/dev/full").is_char_device()
    assert run(*words, "/dev/null")[0] == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("report", "-o"), ".html, .docx, .md, .json, .csv, .zip, .r, .ris, .bib"),
        (("plot", "death", "-o"), ".svg, .pdf, .png, .eps"),
    ],
)
@pytest.mark.parametrize("name", ["x.odt", "x.xlsx", "x.htm", "x.html.bak"])
def test_an_ending_that_names_no_format_is_an_error(here, run, words, known, name):
    status, _, err = run(*words, name)
    assert status == 2
    assert f"allowed: {known}" in err
    assert not Path(name).exists()


def test_the_ending_chooses_the_format_and_must_not_contradict(here, run):
    for name in ("x.json", "x.JSON"):
        assert run("report", "-o", name)[0] == 0
        assert json.loads(Path(name).read_text(encoding="utf-8"))["analyses"]
    status, _, err = run("report", "-o", "x.json", "--format", "csv")
    assert (status, "allowed: a name that ends in .csv" in err) == (2, True)
    assert run("report", "-o", "x.txt", "--format", "md")[0] == 0
    review = ma.load("studies")
    assert ma.write_report(review, "x.md").read_text(encoding="utf-8").startswith("#")
    assert ma.write_report(review, "none").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(UsageError, match=r"ends in \.odt"):
        ma.write_report(review, "x.odt")


@pytest.mark.parametrize("words", [("report", "-o"), ("screen", "--csv")])
def test_a_spreadsheet_knows_that_csv_is_utf_8_and_others_read_it_too(here, run, words):
    assert run(*words, "x.csv")[0] == 0
    raw = Path("x.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\xef\xbb\xbf") == 1
    first = next(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[0]
    assert first in ("analysis", "key")
    import pandas as pd

    assert pd.read_csv("x.csv").columns[0] == first


def test_what_is_printed_as_csv_has_no_mark(here, run):
    assert run("pool", "--csv")[1].startswith("analysis,")


@POSIX
def test_files_come_before_what_is_printed(here):
    line = f"{sys.executable} -m metaan diff --folders studies studies --html d.html > /dev/full"
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=False).returncode == 1
    assert Path("d.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


@POSIX
@pytest.mark.parametrize("folder", ["studies", "studies/metadata", "outputs", "."])
def test_the_next_command_sweeps_what_a_killed_one_has_left(here, run, folder):
    place = here / folder
    place.mkdir(exist_ok=True)
    (place / ".x.yaml.metaan-abcd1234.tmp").touch()
    (place / ".x.yaml.tmp").touch()
    assert run("check")[0] == 0
    assert [path.name for path in place.glob(".*.tmp")] == [".x.yaml.tmp"]
