"""Exit statuses, help, and what a newcomer meets first."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import metaan
from metaan.cli import main, pool
from metaan.cli.main import COMMANDS, command_module


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    status, out, _ = run(command, "--help")
    assert status == 0
    assert command_module(command).__doc__.splitlines()[0] in out


def test_the_help_lists_every_command_with_its_words(run):
    _, out, _ = run("--help")
    assert all(name in out and " ".join(line.split()[:4]) in out for name, line in COMMANDS.items())
    assert "exit status" in out


def test_every_command_module_is_a_command():
    names = {
        path.stem.rstrip("_") for path in Path(main.__file__).parent.glob("*.py") if "def run(" in path.read_text()
    }
    assert names == set(COMMANDS)


def test_only_the_command_that_is_called_is_imported():
    code = (
        "import sys; from metaan.cli.main import build_parser; build_parser().parse_args(['pool']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in done.stdout.split() if name.startswith("metaan.cli.")}
    assert loaded & {name + "_" * (name == "import") for name in COMMANDS} == {"pool"}


def test_version(run):
    assert run("--version")[:2] == (0, f"metaan {metaan.__version__}\n")


@pytest.mark.parametrize("argv", [[], ["poool"], ["pool", "--level", "95"], ["pool", "--json", "--csv"], ["add"]])
def test_a_wrong_command_line_is_status_2(run, argv):
    assert run(*argv)[0] == 2


def test_no_command_at_all_shows_the_commands(run):
    status, out, err = run()
    assert (status, out) == (2, "")
    assert all(name in err for name in COMMANDS)


def test_an_empty_folder_says_how_to_start(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("pool")
    assert (status, out) == (2, "")
    assert "metaan init NAME" in err


def test_a_project_that_is_none_is_status_2(run, tmp_path):
    status, _, err = run("--project", tmp_path, "pool")
    assert status == 2
    assert "no studies/ folder" in err


@pytest.mark.parametrize("before", [True, False])
def test_the_project_is_taken_before_and_after_the_command(run, project, before):
    argv = ["--project", project, "check"] if before else ["check", "--project", project]
    assert run(*argv)[0] == 0


def test_the_project_is_found_from_a_folder_inside_it(run, project, monkeypatch):
    inside = project / "studies" / "metadata"
    inside.mkdir(exist_ok=True)
    monkeypatch.chdir(inside)
    assert run("check")[0] == 0


def test_a_wrong_registry_is_status_1_with_every_problem(run, project):
    for name in ("elmekaty-2023", "segala-2023"):
        path = project / "studies" / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("kind:", "kindd:", 1), encoding="utf-8")
    status, out, err = run("--project", project, "pool")
    assert (status, out) == (1, "")
    assert "elmekaty-2023.yaml" in err
    assert "segala-2023.yaml" in err
    assert err.count("did you mean kind?") == 2


def test_ctrl_c_is_status_130_without_a_traceback(run, project, monkeypatch):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "run", interrupt)
    status, _, err = run("--project", project, "pool")
    assert status == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error(project):
    command = f"{sys.executable} -m metaan --project {project} pool | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_report_that_is_killed_leaves_no_half_file(project):
    target = project / "outputs" / "report.html"
    process = subprocess.Popen(
        [sys.executable, "-m", "metaan", "--project", str(project), "report", "-o", str(target)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stderr.readline()  # "writing ...": from here on a kill can meet the file at any moment
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not target.exists() or target.read_text(encoding="utf-8").rstrip().endswith("</html>")


def as_process(code, *argv, **options):
    """Run the entry point as a process of its own, with something done to it before."""
    program = (
        f"import sys; sys.argv = ['metaan', *{argv!r}]; from metaan.cli import main; {code}; sys.exit(main.entry())"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, **options)


def test_a_process_ends_with_the_status_and_all_its_output(project):
    done = as_process("pass", "--project", str(project), "pool", "--json")
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("}")
    assert as_process("pass", "pool", "--project", "nowhere").returncode == 2


def test_what_was_registered_for_the_end_is_called(project):
    done = as_process("import atexit; atexit.register(print, 'the end')", "--project", str(project), "check")
    assert done.stdout.endswith("the end\n")


def test_other_threads_are_waited_for(project):
    thread = "import threading as t; t.Thread(target=lambda: (t.main_thread().join(), print('done'))).start()"
    done = as_process(thread, "--project", str(project), "check")
    assert done.stdout.endswith("done\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_output_that_cannot_be_written_is_status_1(project):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "metaan", "--project", str(project), "pool"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "no space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "metaan pool: no space left on device"),
        (PermissionError(13, "Permission denied", "x/y.lock"), "metaan pool: x/y.lock: permission denied"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(run, project, monkeypatch, error, said):
    def refused(args):
        raise error

    monkeypatch.setattr(pool, "run", refused)
    assert run("pool", "--project", project) == (1, "", said + "\n")
