"""Time of `metaan screen` with many candidates: to start, to go on, to decide, to take back, to look for words.

    python benchmarks/screen.py [--candidates 10000] [--runs 20] [--json]

Two reviewers have judged nine tenths of the candidates before. What is timed, in one session on one machine:

- the start: everything that is read before the first candidate is shown, and the screen itself, in new processes;
  on a machine that does other things too, the time of the processor says more;
- the next candidate, a decision (on the disk when it returns), an exclusion that ends in a conflict, an undo: the
  session alone, and the same key pressed on the full screen until it is drawn;
- the words that a person looks for, the first time (every abstract is read) and after that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from metaan.registry.store.candidate import FOLDER, put_candidates  # noqa: E402
from metaan.registry.store.commit import Staging, locked  # noqa: E402
from metaan.registry.store.decisions import DECISIONS  # noqa: E402
from metaan.registry.store.shards import drop_old  # noqa: E402
from metaan.workflows.screen.session import Session  # noqa: E402
from tests.server.candidates import FOUND, written  # noqa: E402
from tests.server.living import registry  # noqa: E402

SENTENCES = 15  # to an abstract, about 1,500 characters
START = """
import asyncio, sys, time
began = time.perf_counter()
from metaan.workflows.screen.session import Session
session = Session(sys.argv[1], "ada")
read = time.perf_counter()
from metaan.cli.screening.app import ScreenApp
async def shown():
    async with ScreenApp(session).run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        print(read - began, time.perf_counter() - began, time.process_time())
asyncio.run(shown())
"""


def prepared(root: Path, n: int) -> Path:
    """Write a review with n candidates, of which two people have judged nine tenths."""
    folder = written(registry(root, more="screening: {reviewers: 2}\n"), n, SENTENCES)
    with locked(folder, "benchmark"), Staging(folder) as change:  # as lines of few files
        put_candidates(change, ())
        change.decide()
    drop_old(folder, FOLDER)
    with (folder / DECISIONS).open("w", encoding="utf-8") as file:
        for by in ("ada", "bob"):
            for number in range(1, n * 9 // 10):
                line = {"key": f"pmid-90{number}", "action": "exclude", "at": FOUND, "by": by, "reason": "not a trial"}
                file.write(json.dumps(line) + "\n")
    return folder


def milliseconds(do: Callable[[], object], runs: int) -> float:
    """Return the median time of doing something again and again."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        do()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def session_times(folder: Path, runs: int) -> dict[str, float]:
    """Time the session without a screen."""
    session = Session(folder, "ada")
    return {
        "next": milliseconds(lambda: (session.move(1), session.card), runs),
        "put off": milliseconds(lambda: session.decide("later"), runs),
        "exclude": milliseconds(lambda: session.decide("exclude", "not a trial"), runs),
        "undo": milliseconds(session.undo, runs),
        "words, first": milliseconds(lambda: session.filter("zymodrug mice"), 1),
        "words, again": milliseconds(lambda: session.filter("zymodrug wasps"), 3),
    }


def screen_times(folder: Path, runs: int) -> dict[str, float]:
    """Time keys on the full screen, from the press until the screen is drawn."""
    from metaan.cli.screening.app import ScreenApp

    async def play() -> dict[str, float]:
        found = {}
        async with ScreenApp(Session(folder, "bob")).run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            for name, key in (("next", "n"), ("put off", "l"), ("undo", "u")):
                times = []
                for _ in range(runs):
                    began = time.perf_counter()
                    await pilot.press(key)
                    await pilot.pause()
                    times.append(time.perf_counter() - began)
                found[f"{name}, drawn"] = 1000 * statistics.median(times)
        return found

    return asyncio.run(play())


def start_times(folder: Path, runs: int) -> dict[str, float]:
    """Time the start in processes of their own."""
    found = []
    for _ in range(runs):
        command = [sys.executable, "-c", START, str(folder)]
        out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        found.append([float(word) for word in out.split()])
    read, shown, spent = (1000 * statistics.median(column) for column in zip(*found))
    return {"start, everything read": read, "start, first candidate shown": shown, "start, processor": spent}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        folder = prepared(Path(root), args.candidates)
        times = start_times(folder, min(args.runs, 5)) | session_times(folder, args.runs)
        times |= screen_times(folder, args.runs)
    if args.json:
        print(json.dumps({"candidates": args.candidates, "milliseconds": times}, indent=2))
        return
    print(f"{args.candidates:,} candidates, median milliseconds, Python {platform.python_version()}")
    print("\n".join(f"{name:>30} {value:10,.1f}" for name, value in times.items()))


if __name__ == "__main__":
    main()
