"""What is printed: as processes, for streams that are closed, full or deserted, a poor locale, hostile names."""

import json
import os
import subprocess
import sys

import pytest

from metaan.cli.streams import Stream
from metaan.errors import HIDDEN, Problem

POSIX = pytest.mark.skipif(os.name != "posix", reason="streams of POSIX")
POOR = {"PYTHONUTF8": "0", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"}
HOSTILE = "x\x1b[2J\x9b31m\u202e\ny"


def metaan(project, words, redirections="", **environment):
    """Run a command line in a shell; return its exit status, and the bytes of stdout and stderr."""
    line = f"exec {sys.executable} -m metaan --project '{project}' {words} {redirections}"
    command = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | environment)
    return done.returncode, done.stdout, done.stderr


@POSIX
@pytest.mark.parametrize(
    ("words", "redirections", "status", "said"),
    [
        ("pool --json", ">&-", 1, b"metaan pool: standard output is closed\n"),
        ("check", ">&- 2>&-", 1, b""),
        ("check", "2>&-", 0, b""),
        ("pool --json", "<&-", 0, b""),
        ("screen", "<&-", 0, b""),
        ("check", "> /dev/full", 1, b"metaan check: no space left on device\n"),
        ("check", "2> /dev/full", 0, b""),
    ],
)
def test_a_stream_that_takes_nothing(project, words, redirections, status, said):
    found, _, err = metaan(project, words, redirections)
    assert (found, err) == (status, said)


@POSIX
def test_who_stops_listening_stops_nothing(project):
    (project / "studies" / "x.yaml").write_text("[", encoding="utf-8")
    assert metaan(project, "check --json", "| true")[0] == 1
    (project / "studies" / "x.yaml").unlink()
    written = project / "r.html"
    assert metaan(project, f"report -o '{written}'", "2>&1 | true")[0] == 0
    assert written.read_text(encoding="utf-8").rstrip().endswith("</html>")


@POSIX
@pytest.mark.parametrize("words", ["pool --json", "pool --csv", "pool", "check --json"])
def test_a_poor_locale_changes_no_byte_of_what_goes_elsewhere(project, words):
    rich, poor = metaan(project, words), metaan(project, words, **POOR)
    assert rich == poor
    if "--json" in words:
        json.loads(poor[1].decode("utf-8"))


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


def test_nothing_that_a_terminal_obeys_passes():
    every = "".join(map(chr, range(0x3000))) + "\ud800\udfff\n\t"
    terminal = Terminal()
    Stream(terminal, results=True).write(every)
    assert not HIDDEN.search(terminal.text)
    assert terminal.text.startswith("\\u0000")
    assert terminal.text.endswith("\\ud800\\udfff\n\t")


def test_a_json_text_stays_the_same_text():
    terminal = Terminal()
    Stream(terminal, results=True).write(json.dumps({HOSTILE: HOSTILE}, ensure_ascii=False))
    assert json.loads(terminal.text) == {HOSTILE: HOSTILE}


def test_a_problem_is_one_line_whatever_its_parts_hold():
    said = str(Problem(HOSTILE, 1, HOSTILE, HOSTILE, HOSTILE))
    assert "\n" not in said
    assert not HIDDEN.search(said)


@POSIX
@pytest.mark.parametrize("name", [f"{HOSTILE}.yaml", f"{HOSTILE}.yml", f"runs/{HOSTILE}.json", "\udcff.yaml"])
def test_no_name_of_a_file_speaks_to_the_terminal(project, run, name):
    path = project / "studies" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("id: [", encoding="utf-8")
    for words in (["check"], ["pool"], ["check", "--json"], ["import", path], ["screen"], ["plot", HOSTILE], [HOSTILE]):
        _, out, err = run("--project", project, *words)
        assert not HIDDEN.search(out + err)
        assert "\ny" not in out + err or words == [HOSTILE]
