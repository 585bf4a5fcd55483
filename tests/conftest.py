"""What holds for every test: no clock decides, one seed repeats a run, and a module leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, core, settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the processes that tests start need not compile every module anew
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let Hypothesis draw by the seed of the order, unless it has its own: `--randomly-seed=N` repeats all of a run."""
    if core.global_force_seed is None:
        core.global_force_seed = session.config.getoption("randomly_seed", None)


@pytest.fixture(autouse=True, scope="module")
def _nothing_stays_behind() -> Iterator[None]:
    """Any module may come after any other in one process, so each leaves the process as it found it."""
    before = _surroundings()
    yield
    assert _surroundings() == before


def _surroundings() -> dict[str, object]:
    """Return what a test can change for all that come after it in the process."""
    others = ("PYTEST_", "_RJEM_", "KMP_")  # pytest's, and what polars and scikit-learn set when they are imported
    variables = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {"folder": Path.cwd(), "variables": variables, "loop": asyncio._get_running_loop()}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say the seed also where -q leaves the header out."""
    terminalreporter.line(f"--randomly-seed={config.getoption('randomly_seed', None)}")
