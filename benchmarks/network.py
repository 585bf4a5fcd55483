"""Time of a network meta-analysis and of what is asked of it, from 10 treatments and 50 studies to 300 and 3,000.

Run ``python benchmarks/network.py [--json]``. R's netmeta is timed too where it is installed, by the clock of its own
process; where it is not, that is said. Medians of several runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import metaan as ma

SIZES = ((10, 50), (100, 500), (300, 3000))
R_SCRIPT = """
suppressMessages(library(netmeta))
d <- read.csv(file("stdin"))
f <- function() netmeta(TE, seTE, t1, t2, s, data = d, tol.multiarm = 0.05)
f(); cat(median(replicate(3, system.time(f())[["elapsed"]])))
"""


def contrasts(n: int, k: int, seed: int = 1) -> dict[str, list[Any]]:
    """Return made-up contrasts of k studies, one in seven with three arms, that connect n treatments."""
    rng, rows = np.random.default_rng(seed), []
    truth = rng.normal(0, 0.5, n)
    for i in range(k):
        arms = rng.choice(n, 3 if rng.random() < 1 / 7 else 2, replace=False) if i >= n - 1 else np.array([i, i + 1])
        vi = rng.uniform(0.01, 0.1, arms.size)
        mean = truth[arms] + rng.normal(0, np.sqrt(vi + 0.02))
        for a in range(arms.size):
            for b in range(a + 1, arms.size):
                names = f"s{i}", f"t{arms[a]:03}", f"t{arms[b]:03}"
                rows.append((*names, mean[a] - mean[b], float(np.sqrt(vi[a] + vi[b]))))
    return dict(zip(("studies", "treatment1", "treatment2", "yi", "sei"), map(list, zip(*rows)), strict=True))


def timed(function: Callable[[], Any]) -> float:
    """Return the median of seconds for one call; as many as fit into two seconds, at least one."""
    times, end = [], time.perf_counter() + 2.0
    while not times or (time.perf_counter() < end and len(times) < 20):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def netmeta(data: dict[str, list[Any]]) -> float | str:
    """Return the seconds of R's netmeta, or why there are none."""
    if shutil.which("Rscript") is None:
        return "no R"
    lines = ["s,t1,t2,TE,seTE", *(",".join(map(str, row)) for row in zip(*data.values(), strict=True))]
    run = subprocess.run(
        ["Rscript", "-e", R_SCRIPT], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    return float(run.stdout) if run.returncode == 0 else "netmeta is not installed"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json, out = parser.parse_args().json, []
    for n, k in SIZES:
        data = contrasts(n, k)
        fit = ma.network(**data)
        asked = {
            "DL": lambda data=data: ma.network(**data),
            "REML": lambda data=data: ma.network(**data, tau2_method="REML"),
            "table": fit.table, "P-scores": fit.p_scores, "split": fit.split,
            "decomposition": lambda data=data: ma.network(**data).decomposition(),
        }  # fmt: skip
        row = {"treatments": n, "studies": k, **{name: timed(call) for name, call in asked.items()}}
        out.append(row | {"netmeta": netmeta(data)})
        if not as_json:
            print(", ".join(f"{a} {b:.4f} s" if isinstance(b, float) else f"{a} {b}" for a, b in out[-1].items()))
    if as_json:
        print(json.dumps(out))


if __name__ == "__main__":
    main()
