"""Time of one fit (DerSimonian-Laird, REML, three levels) against statsmodels, PyMARE and metafor, in one run.

Run ``python benchmarks/stats.py [--seconds 0.5] [--json]``. Every peer gets the same numbers and is timed by the clock
of its own process: metafor in a loop inside R, so that starting R does not count. A peer that is not installed is said
to be absent; what a peer cannot do is said, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import metaan as ma

SIZES = (10, 100, 100_000)
METHODS = ("DL", "REML", "three-level")
DENSE_LIMIT = 2_000
"""Peers that build k by k matrices are not asked for more studies than this."""

SHARING = 4
"""How many effects a study has in the three-level model."""

Data = tuple[np.ndarray, np.ndarray]
Fit = Callable[[], Any]

R_SCRIPT = """
suppressMessages(library(metafor))
con <- file("stdin"); open(con)
args <- strsplit(readLines(con, 1), " ")[[1]]
yi <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
vi <- as.numeric(strsplit(readLines(con, 1), " ")[[1]])
cl <- (seq_along(yi) - 1) %/% 4; es <- seq_along(yi)
fit <- if (args[1] == "three-level") function() rma.mv(yi, vi, random = ~ 1 | cl/es) else
  function() rma.uni(yi, vi, method = args[1])
r <- fit()
times <- c()
end <- proc.time()[["elapsed"]] + as.numeric(args[2])
while (length(times) < 5 || proc.time()[["elapsed"]] < end) {
  start <- Sys.time(); fit(); times <- c(times, as.numeric(Sys.time() - start, units = "secs"))
}
cat(sprintf("%.17g %.17g %d %s", median(times), sum(if (args[1] == "three-level") r$sigma2 else r$tau2), length(times),
            as.character(packageVersion("metafor"))))
"""


@dataclass(frozen=True)
class Timing:
    """One cell of the table: seconds for one fit, or why there are none."""

    peer: str
    method: str
    k: int
    seconds: float | None
    tau2: float | None = None
    note: str = ""


def studies(k: int) -> Data:
    """Return effects and variances of k studies with tau2 = 0.3, always the same."""
    random = np.random.default_rng(k + 1)
    vi = random.uniform(0.01, 0.5, k)
    return random.normal(0.3, np.sqrt(vi + 0.3)), vi


def median_time(fit: Fit, seconds: float) -> float:
    """Return the median of single calls that fill the given time, at least 5 of them after one to warm up."""
    fit()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        fit()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def time_metaan(method: str, data: Data, seconds: float) -> Timing:
    es = ma.EffectSizes.of(*data)
    if method == "three-level":
        groups = np.arange(es.k) // SHARING
        found = ma.multilevel(es, groups)
        tau2 = float(found.sigma2.sum())
        return Timing("metaan", method, es.k, median_time(lambda: ma.multilevel(es, groups), seconds), tau2)
    fit = ma.pool(es, tau2_method=method)
    return Timing("metaan", method, es.k, median_time(lambda: ma.pool(es, tau2_method=method), seconds), fit.tau2)


def time_statsmodels(method: str, data: Data, seconds: float) -> Timing:
    from statsmodels.stats.meta_analysis import combine_effects

    if method != "DL":
        return Timing("statsmodels", method, data[0].size, None, note=f"has no {method}")

    def fit() -> Any:
        result = combine_effects(*data, method_re="dl")
        result.summary_frame()  # the estimate is only computed when it is asked for
        return result

    return Timing("statsmodels", method, data[0].size, median_time(fit, seconds), float(fit().tau2))


def time_pymare(method: str, data: Data, seconds: float) -> Timing:
    from pymare import Dataset, estimators

    k = data[0].size
    if method == "three-level":
        return Timing("PyMARE", method, k, None, note="has no levels")
    if method == "REML" and k > DENSE_LIMIT:
        return Timing("PyMARE", method, k, None, note="builds k by k matrices: not run")
    dataset = Dataset(y=data[0], v=data[1])

    def fit() -> Any:
        if method == "DL":
            estimator = estimators.DerSimonianLaird()
        else:
            estimator = estimators.VarianceBasedLikelihoodEstimator(method="REML")
        return estimator.fit_dataset(dataset).summary()

    return Timing("PyMARE", method, k, median_time(fit, seconds), float(np.squeeze(fit().tau2)))


def time_metafor(method: str, data: Data, seconds: float) -> Timing:
    k = data[0].size
    if shutil.which("Rscript") is None:
        raise ImportError("Rscript is not on the path")
    if k > DENSE_LIMIT:
        return Timing("metafor", method, k, None, note="builds k by k matrices: not run")
    lines = [f"{method} {seconds}", *(" ".join(map(repr, column.tolist())) for column in data)]
    run = subprocess.run(
        ["Rscript", "-e", R_SCRIPT], input="\n".join(lines), text=True, capture_output=True, check=False
    )
    if run.returncode:
        raise ImportError((run.stderr.strip().splitlines() or ["R failed"])[-1])
    median, tau2, _, version = run.stdout.split()
    return Timing("metafor", method, k, float(median), float(tau2), note=f"version {version}")


PEERS: dict[str, Callable[[str, Data, float], Timing]] = {
    "metaan": time_metaan,
    "statsmodels": time_statsmodels,
    "PyMARE": time_pymare,
    "metafor": time_metafor,
}


def run(seconds: float) -> list[Timing]:
    """Time every peer, size by size, so that a change of the machine's load meets all of them."""
    timings = []
    for k in SIZES:
        data = studies(k)
        for method in METHODS:
            for peer, measure in PEERS.items():
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        timings.append(measure(method, data, seconds))
                except ImportError as reason:
                    timings.append(Timing(peer, method, k, None, note=f"absent ({reason})"))
    return timings


def show(timings: list[Timing]) -> None:
    """Print one line a cell: median, ratio to ours, tau2, note."""
    print(f"{'method':<8}{'k':>8}  {'peer':<12}{'one fit':>12}{'times ours':>12}{'tau2':>13}")
    ours = {(t.method, t.k): t.seconds for t in timings if t.peer == "metaan"}
    for t in timings:
        base = ours[t.method, t.k]
        if t.seconds is None or base is None or t.tau2 is None:
            print(f"{t.method:<8}{t.k:>8}  {t.peer:<12}{'-':>12}{'-':>12}{'-':>13}  {t.note}")
            continue
        unit = f"{t.seconds * 1e6:.1f} us" if t.seconds < 1e-3 else f"{t.seconds * 1e3:.2f} ms"
        print(f"{t.method:<8}{t.k:>8}  {t.peer:<12}{unit:>12}{t.seconds / base:>11.1f}x{t.tau2:>13.8f}  {t.note}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Time of one fit against other packages.")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long to repeat each fit")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    timings = run(options.seconds)
    if options.json:
        print(json.dumps({"timings": [asdict(t) for t in timings]}, indent=2))
    else:
        show(timings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
