"""`metaan pool` of a review of 500 studies with every kind of data, beside one with counts only.

    python benchmarks/kinds.py [--runs N] [--studies N]

Both reviews are made here, of the same numbers of studies, outcomes and arms. The commands run in turn, N times each;
printed are the median wall times and their ratio.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = {"document": "article", "level": "primary"}
QUESTION = {"population": "people", "intervention": "A", "comparator": "B"}
ARMS = [{"id": "a", "role": "experimental", "name": "A"}, {"id": "b", "role": "control", "name": "B"}]

Numbers = Callable[[int], dict[str, Any]]


def both(arm: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {"arms": {"a": arm(), "b": arm()}}


def counts(i: int) -> dict[str, Any]:
    return both(lambda: {"events": random.randint(3, 15), "total": random.randint(40, 60)})


def means(i: int) -> dict[str, Any]:
    mean = random.randint(6, 9)
    kinds = [{"mean": mean, "sd": 3}, {"mean": mean, "se": 0.5}, {"median": mean, "q1": 4, "q3": 12}]
    return both(lambda: kinds[i % 3] | {"total": 40})


def rates(i: int) -> dict[str, Any]:
    return both(lambda: {"events": random.randint(3, 15), "time": random.randint(100, 300)}) | {"time_unit": "years"}


def effects(i: int) -> dict[str, Any]:
    return {"effect": {"measure": "HR", "estimate": round(0.6 + random.random() / 2, 2), "ci": [0.4, 1.9]}}


REVIEWS: dict[str, dict[str, Numbers]] = {
    "counts": {"OR": counts, "RR": counts, "RD": counts, "PETO": counts},
    "every kind": {"OR": counts, "MD": means, "IRR": rates, "HR": effects},
}


def write(folder: Path, outcomes: dict[str, Numbers], studies: int) -> None:
    """Write a review of one outcome a measure."""
    (folder / "studies").mkdir(parents=True)
    listed = [{"id": code.lower(), "name": code, "measure": code, "direction": "bad"} for code in outcomes]
    plans = [{"outcome": outcome["id"]} for outcome in listed]
    review = {"title": "A benchmark", "question": QUESTION, "outcomes": listed, "analyses": plans}
    (folder / "studies" / "review.yaml").write_text(json.dumps(review, indent=1))
    for i in range(studies):
        results = [
            {"outcome": code.lower(), "time": "day 28", "source": SOURCE} | make(i) for code, make in outcomes.items()
        ]
        study = {
            "id": f"s{i}", "label": f"S{i}", "title": "A trial", "design": {"kind": "randomised"}, "arms": ARMS,
            "results": results,
        }  # fmt: skip
        (folder / "studies" / f"s{i}.yaml").write_text(json.dumps(study, indent=1))


def main() -> None:
    """Make both reviews, time, then print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--studies", type=int, default=500)
    args = parser.parse_args()
    compileall.compile_dir(ROOT / "metaan", quiet=1)
    random.seed(1)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}
    seconds: dict[str, list[float]] = {name: [] for name in REVIEWS}
    with tempfile.TemporaryDirectory() as made:
        folders = {name: Path(made) / str(i) for i, name in enumerate(REVIEWS)}
        for name, folder in folders.items():
            write(folder, REVIEWS[name], args.studies)
        for _ in range(args.runs + 1):
            for name, folder in folders.items():
                command = [sys.executable, "-m", "metaan", "pool", "--json", "--project", str(folder)]
                start = time.perf_counter()
                subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}  # the first run warms up
    for name, value in medians.items():
        print(f"{value * 1000:8.0f} ms  {args.studies} studies, {name}")
    print(f"every kind takes {medians['every kind'] / medians['counts']:.2f} times counts alone")


if __name__ == "__main__":
    main()
