"""Start-up time of `metaan pool`, beside importing numpy and scipy, and beside R with metafor.

    python benchmarks/start_up.py [--runs N] [--json]

Runs the three commands in turn, N times each, in one session, and prints the median wall time and the ratios. Bytecode
is compiled first, as an installation does.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

R_POOL = """
suppressMessages(library(metafor))
pool <- function(ai, n1i, ci, n2i) {
  es <- escalc("OR", ai=ai, n1i=n1i, ci=ci, n2i=n2i)
  print(rma.mh(ai=ai, n1i=n1i, ci=ci, n2i=n2i, measure="OR"))
  for (m in c("EE", "DL", "REML")) print(rma(yi, vi, data=es, method=m))
  print(confint(rma(yi, vi, data=es, method="DL")))
}
pool(c(5, 11), c(40, 37), c(3, 3), c(40, 34))
pool(c(9, 13, 16, 4), c(37, 405, 59, 15), c(3, 13, 15, 4), c(34, 189, 55, 15))
pool(c(13, 15, 14, 4), c(45, 130, 56, 56), c(11, 29, 29, 6), c(24, 130, 56, 49))
pool(c(14, 9, 1), c(45, 42, 56), c(18, 8, 0), c(24, 46, 49))
"""


def wall(command: list[str]) -> float:
    """Return the wall time of one run, in seconds."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def commands() -> dict[str, list[str]]:
    """Return what is timed; R only where it is present."""
    timed = {
        "import numpy, scipy.special": [sys.executable, "-c", "import numpy, scipy.special"],
        "metaan pool": [sys.executable, "-m", "metaan", "pool"],
    }
    if rscript := shutil.which("Rscript"):
        timed["Rscript metafor"] = [rscript, "-e", R_POOL]
    return timed


def main() -> None:
    """Time, then print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    compileall.compile_dir(ROOT / "metaan", quiet=1)
    timed = commands()
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(args.runs + 1):
        for name, command in timed.items():
            seconds[name].append(wall(command))
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}  # the first run warms up
    ours = medians["metaan pool"]
    ratios = {name: ours / value for name, value in medians.items() if name != "metaan pool"}
    if args.json:
        print(json.dumps({"median_seconds": medians, "ratio_of_metaan_pool": ratios}, indent=2))
        return
    for name, value in medians.items():
        print(f"{value * 1000:8.0f} ms  {name}")
    for name, ratio in ratios.items():
        print(f"metaan pool takes {ratio:.2f} times {name}")
    if "Rscript metafor" not in timed:
        print("R is not installed here: no comparison with metafor")


if __name__ == "__main__":
    main()
