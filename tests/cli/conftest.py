"""A project of its own for each test, and the command line as a function."""

import shutil

import pytest

import metaan as ma
from metaan.cli.main import main
from tests.repository import no_settings_of_this_machine
from tests.server.living import nobody_elsewhere

__all__ = ["no_settings_of_this_machine", "nobody_elsewhere"]


@pytest.fixture
def project(tmp_path):
    """A copy of the anakinra review."""
    shutil.copytree(ma.example("anakinra"), tmp_path / "studies")
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command line; return its exit status, stdout and stderr."""

    def call(*argv):
        try:
            status = main([str(word) for word in argv])
        except SystemExit as stop:
            status = stop.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call
