"""Time of selection models of 50 studies against metafor, in one run on one machine.

Run ``python benchmarks/selection.py [--metafor]``. Both get the same numbers; metafor is timed inside R, so that
starting R does not count. It needs minutes for its beta model, and is asked only with ``--metafor``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import time

import numpy as np

import metaan as ma

KINDS = {"stepfun": "stepfun", "beta": "beta", "half-normal": "halfnorm", "negative-exponential": "negexp"}
K = 50

R_SCRIPT = """
suppressMessages(library(metafor))
con <- file("stdin"); open(con)
yi <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
vi <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
for (type in strsplit(readLines(con, 1), " ")[[1]]) {
  res <- rma(yi, vi, method = "ML")
  start <- Sys.time()
  f <- try(suppressWarnings(if (type == "stepfun") selmodel(res, type = type, steps = 0.025)
                            else selmodel(res, type = type)), silent = TRUE)
  seconds <- as.numeric(Sys.time() - start, units = "secs")
  cat(type, seconds, if (inherits(f, "try-error")) NA else c(f$beta), "\n")
}
"""


def studies() -> tuple[np.ndarray, np.ndarray]:
    """Return 50 effects and variances, seen for sure where p < 0.025 and else four times in ten."""
    random = np.random.default_rng(1)
    vi = random.uniform(0.01, 0.3, 200)
    yi = random.normal(0.2, np.sqrt(vi + 0.05))
    seen = (yi / np.sqrt(vi) > 1.96) | (random.uniform(size=200) < 0.4)
    return yi[seen][:K], vi[seen][:K]


def time_metaan(es: ma.EffectSizes, kind: str) -> tuple[float, float]:
    times = []
    for _ in range(15):
        start = time.perf_counter()
        fit = ma.selection_model(es, kind)
        times.append(time.perf_counter() - start)
    return statistics.median(times), fit.estimate


def time_metafor(yi: np.ndarray, vi: np.ndarray) -> dict[str, tuple[float, float]]:
    if shutil.which("Rscript") is None:
        return {}
    lines = [" ".join(map(repr, column.tolist())) for column in (yi, vi)] + [" ".join(KINDS.values())]
    ran = subprocess.run(
        ["Rscript", "-e", R_SCRIPT], input="\n".join(lines), text=True, capture_output=True, check=True
    )
    rows = (line.split() for line in ran.stdout.splitlines())
    return {kind: (float(seconds), float(estimate)) for kind, seconds, estimate in rows if estimate != "NA"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metafor", action="store_true", help="ask metafor too: some minutes")
    yi, vi = studies()
    es = ma.EffectSizes.of(yi, vi)
    reference = time_metafor(yi, vi) if parser.parse_args().metafor else {}
    for kind, name in KINDS.items():
        seconds, estimate = time_metaan(es, kind)
        line = f"{kind:<22} metaan {1000 * seconds:8.1f} ms, estimate {estimate:.4f}"
        if name in reference:
            other, theirs = reference[name]
            line += f"; metafor {1000 * other:8.0f} ms, estimate {theirs:.4f}; {other / seconds:.0f} times"
        print(line)


if __name__ == "__main__":
    main()
