"""A project of its own for each test, and the command line as a function."""

import shutil
from functools import partial

import pytest

import metaan as ma
from metaan.cli.main import main
from metaan.sources.net import client, services
from metaan.sources.net.exchange import Policy
from metaan.sources.net.limiter import Limiter
from tests.repository import no_settings_of_this_machine
from tests.server.living import nobody_elsewhere

__all__ = ["no_settings_of_this_machine", "nobody_elsewhere"]


@pytest.fixture(autouse=True, scope="module")
def _no_courtesy():
    """Nobody has to wait for the local services, neither for a turn nor before asking again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "shared", lambda service, rate: Limiter(1e6))
        patch.setattr(client, "Policy", partial(Policy, sleep=lambda seconds: None))
        yield


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
