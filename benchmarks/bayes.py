"""Time of a normal-normal model with all its summaries, against bayesmeta, in one run on one machine.

Run ``python benchmarks/bayes.py [--seconds 1.0]``. Both give mean, median, mode, standard deviation and shortest
interval of the mean, of tau and of a new study. bayesmeta is timed in a loop inside R, so that starting R does not
count; where it is not installed it is said to be absent. The processor's time is given beside the clock's: a busy
machine doubles the latter.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import numpy as np

import metaan as ma

SIZES = (4, 13, 100)
PRIORS = {"half-normal(0.5)": "function(t) dhalfnormal(t, scale = 0.5)", "Jeffreys": "'Jeffreys'"}

R_SCRIPT = """
suppressMessages(library(bayesmeta))
con <- file("stdin"); open(con)
seconds <- as.numeric(readLines(con, 1))
y <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
s <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
fit <- function() bayesmeta(y, s, tau.prior = PRIOR, mu.prior = c("mean" = 0, "sd" = 4))
fit(); times <- c(); end <- proc.time()[["elapsed"]] + seconds
while (length(times) < 3 || proc.time()[["elapsed"]] < end) {
  start <- Sys.time(); fit(); times <- c(times, as.numeric(Sys.time() - start, units = "secs"))
}
cat(sprintf("%.17g", median(times)))
"""


def studies(k: int) -> ma.EffectSizes:
    """Return effects of k studies with tau = 0.4, always the same."""
    random = np.random.default_rng(k)
    vi = random.uniform(0.01, 0.3, k)
    return ma.EffectSizes.of(random.normal(0.3, np.sqrt(vi + 0.16)), vi)


def fit(es: ma.EffectSizes, prior: str) -> None:
    """Ask for everything that bayesmeta computes."""
    found = ma.bayes(es, prior, (0.0, 4.0))
    for one in (found.mu, found.tau, found.prediction):
        one.to_dict()


def ours(es: ma.EffectSizes, prior: str, seconds: float) -> tuple[float, float]:
    """Return the median of the clock and of the processor, in seconds."""
    fit(es, prior)
    clock, processor = [], []
    end = time.perf_counter() + seconds
    while len(clock) < 5 or time.perf_counter() < end:
        start, used = time.perf_counter(), time.process_time()
        fit(es, prior)
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return statistics.median(clock), statistics.median(processor)


def bayesmeta(es: ma.EffectSizes, prior: str, seconds: float) -> str:
    """Return the median of the clock, or why there is none."""
    lines = [str(seconds), *(" ".join(map(repr, values.tolist())) for values in (es.yi, es.sei))]
    script = R_SCRIPT.replace("PRIOR", PRIORS[prior])
    try:
        run = subprocess.run(
            ["Rscript", "-e", script], input="\n".join(lines), text=True, capture_output=True, check=False
        )
    except FileNotFoundError:
        return "absent (Rscript is not on the path)"
    if run.returncode:
        return f"absent ({(run.stderr.strip().splitlines() or ['R failed'])[0]})"
    return f"{1000 * float(run.stdout):.1f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description="Time of a normal-normal model against bayesmeta.")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long to repeat each fit")
    options = parser.parse_args()
    print(f"{'prior':<18}{'k':>5}{'metaan, clock':>16}{'processor':>12}  bayesmeta")
    for prior in PRIORS:
        for k in SIZES:
            es = studies(k)
            clock, processor = ours(es, prior, options.seconds)
            other = bayesmeta(es, prior, options.seconds)
            print(f"{prior:<18}{k:>5}{1000 * clock:>13.1f} ms{1000 * processor:>9.1f} ms  {other}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
