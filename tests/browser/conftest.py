"""The two example reports in headless Chromium, cut off from the network and watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import metaan as ma
from tests.server.pace import PATIENCE

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "zoomed": (320, 640)}  # 1280 px at 400 % leave 320 px
REPORTS = ("anakinra", "bcg")
VIOLATIONS = "window.violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.blockedURI));"
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true"


@dataclass
class Opened:
    """A page in the browser, and what it asked for and complained about since it was opened."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def run(self, script: str, given: object = None) -> Any:
        """Evaluate a script in the page."""
        return self.page.evaluate(script, given)

    def unfold(self) -> Opened:
        """Open every `details`, so that nothing on the page is hidden."""
        self.run(OPEN_ALL)
        return self

    @property
    def violations(self) -> list[str]:
        """What the page's Content-Security-Policy has refused."""
        return self.run("violations")


def missing(what: str) -> None:
    """Skip for want of a program, but never in CI."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(f"{what} is not installed")
    pytest.fail(f"{what} is not installed, and CI tests the report in a browser")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write both example reports."""
    folder = tmp_path_factory.mktemp("reports")
    made = {name: folder / f"{name}.html" for name in REPORTS}
    for name, path in made.items():
        ma.write_report(ma.load(ma.example(name)), path)
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium for a module; an event loop runs while Playwright lives, and no other can in this process."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing("Chromium (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright (pip install 'metaan[test]')")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file offline: `visit(path, size, media=, color_scheme=...)`."""
    contexts = []

    def opened(path: Path, size: str = "desktop", media: str = "screen", **options: Any) -> Opened:
        width, height = SIZES[size]
        options = {"reduced_motion": "reduce"} | options
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        got = Opened(page, path.as_uri())
        page.on("request", lambda request: got.requests.append(request.url))
        page.on("console", lambda message: got.words.append(message.text))
        page.on("pageerror", lambda error: got.words.append(str(error)))
        page.emulate_media(media=media)
        page.goto(got.address)
        return got

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest, reports: dict[str, Path]) -> Path:
    """Each of the reports in turn."""
    return reports[request.param]
