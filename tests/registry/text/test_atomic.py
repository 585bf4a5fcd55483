"""Whole files: what a writer leaves, what it never takes the place of, and what is swept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from metaan.errors import ConflictError
from metaan.registry.text.atomic import change, sweep, write_text

POSIX = pytest.mark.skipif(os.name != "posix", reason="devices, pipes and signals")

STALLED = """
import pathlib, sys, time
from metaan.registry.text import atomic
def stall(*_):
    print("here", flush=True)
    time.sleep(60)
pathlib.Path.replace = stall
atomic.write_text(sys.argv[1], "half")
"""


def stalled(path):
    """Return a process that has written the file beside and is about to put it in its place."""
    process = subprocess.Popen([sys.executable, "-c", STALLED, str(path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


@POSIX
def test_what_a_killed_writer_leaves_is_swept_and_that_of_one_at_work_is_not(tmp_path):
    with stalled(tmp_path / "x.yaml") as process:
        (left,) = tmp_path.iterdir()
        sweep(tmp_path)
        assert list(tmp_path.iterdir()) == [left]
        process.send_signal(signal.SIGKILL)
        process.wait()
    write_text(tmp_path / "y.yaml", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["y.yaml"]


def test_files_of_others_are_not_swept(tmp_path):
    others = {".x.yaml.abcdefgh.tmp", "x.metaan-abcdefgh.tmp", ".x.metaan-abcdefgh.tmp.bak", ".metaan"}
    for name in others:
        (tmp_path / name).touch()
    sweep(tmp_path)
    sweep(tmp_path / "nowhere")
    assert {path.name for path in tmp_path.iterdir()} == others


@POSIX
@pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
def test_a_device_is_written_into_and_stays_one(tmp_path, device):
    link = tmp_path / "link"
    link.symlink_to(device)
    before = sorted(Path("/dev").iterdir())
    for path in (device, link):
        if device == "/dev/full":
            with pytest.raises(OSError, match="No space left"):
                write_text(path, "x")
        else:
            write_text(path, "x")
    assert link.is_char_device()
    assert sorted(Path("/dev").iterdir()) == before


@POSIX
def test_a_pipe_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True)
    write_text(tmp_path / "pipe", "through")
    assert reader.communicate()[0] == "through"
    assert (tmp_path / "pipe").is_fifo()


@POSIX
def test_our_own_output_is_written_behind_what_was_printed(tmp_path):
    code = (
        "from metaan.registry.text.atomic import write_text as w; "
        "print('a', flush=True); w('/dev/stdout', 'b'); print()"
    )
    with (tmp_path / "out").open("a") as out:
        out.write("before\n")
        out.flush()
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\na\nb\n"


def test_a_change_needs_what_was_read(tmp_path):
    path = tmp_path / "x"
    change(path, None, b"1")
    with pytest.raises(ConflictError, match="is there already"):
        change(path, None, b"2")
    change(path, b"1", b"3")
    with pytest.raises(ConflictError, match="changed by somebody meanwhile"):
        change(path, b"1", b"4")
    assert path.read_bytes() == b"3"
    path.unlink()
    with pytest.raises(ConflictError, match="changed by somebody meanwhile"):
        change(path, b"3", b"5")
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_can_be_written(tmp_path):
    write_text(tmp_path / ("x" * 250), "whole")
    assert (tmp_path / ("x" * 250)).read_text() == "whole"
