"""Many analyses at once, against PyMARE, numpy, metafor, pyarrow and bare loops, in one run on one machine.

Run ``python benchmarks/batch.py [--analyses 1000000] [--json]``. All get the same numbers. A time is that of the
processors (all threads together), which other work on the machine changes little, the best of several after a first
call that compiles or loads; what compiling costs is said apart. Peers that need long are asked
for a sample, and their time is for each fit. A peer that is not installed is said to be absent.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from pyarrow import parquet
from scipy.special import ndtr

import metaan.batch as many
from metaan.batch.files.source import TableFile
from metaan.batch.files.streaming import pool_file
from metaan.batch.files.writing import Output
from metaan.batch.plan import BatchPlan, methods_of

K = 10
SAMPLE = 300

R_SCRIPT = """
suppressMessages(library(metafor))
x <- as.matrix(read.csv(file("stdin"), header = FALSE)); n <- nrow(x); k <- ncol(x) / 2
failed <- 0
for (method in c("DL", "REML")) {
  failed <- 0; start <- proc.time()
  fit <- function(i) rma.uni(x[i, 1:k], x[i, k + 1:k], method = method)
  for (i in 1:n) r <- tryCatch(fit(i), error = function(e) failed <<- failed + 1)
  cat(sprintf("%s %.9g %d\\n", method, (proc.time() - start)[["user.self"]] / n, failed))
}
"""


@numba.njit(nogil=True)
def bare(y: Any, v: Any, at: Any, out: Any) -> None:
    """The least that any of the methods does: the sums of 1 / v and y / v."""
    for i in range(at.size - 1):
        w = wy = 0.0
        for j in range(at[i], at[i + 1]):
            w += 1.0 / v[j]
            wy += y[j] / v[j]
        out[i, 0], out[i, 1] = w, wy


def in_threads(function: Callable[..., Any], at: np.ndarray, *columns: np.ndarray) -> None:
    """Call a kernel on 6000 analyses at a time, in a thread a processor."""
    out = np.empty((at.size - 1, 2))

    def one(i: int) -> None:
        function(*columns, at[i : i + 6001], out[i : i + 6000])

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(one, range(0, at.size - 1, 6000)))


def best(function: Callable[[], Any], times: int = 5) -> float:
    function()
    taken = []
    for _ in range(times):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return min(taken)


def numpy_twin(y: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
    """DerSimonian-Laird and Wald of an n x k matrix, as one would write it."""
    w = 1 / v
    sw = w.sum(1)
    q = (w * (y - ((w * y).sum(1) / sw)[:, None]) ** 2).sum(1)
    tau2 = np.maximum(0, (q - y.shape[1] + 1) / (sw - (w**2).sum(1) / sw))
    w = 1 / (v + tau2[:, None])
    sw = w.sum(1)
    mean, se = (w * y).sum(1) / sw, np.sqrt(1 / sw)
    return mean, se, mean - 1.96 * se, mean + 1.96 * se, 2 * ndtr(-np.abs(mean / se)), tau2


def pymare(y: np.ndarray, v: np.ndarray) -> Iterator[tuple[str, float]]:
    try:
        from pymare import Dataset
        from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator
    except ImportError:
        return
    n = min(len(y), 100_000)
    data = Dataset(y=y[:n].T, v=v[:n].T)
    yield "PyMARE, DL, for each", best(lambda: DerSimonianLaird().fit_dataset(data), 2) / n

    def reml() -> None:
        for i in range(20):
            VarianceBasedLikelihoodEstimator(method="reml").fit_dataset(Dataset(y=y[i], v=v[i]))

    yield "PyMARE, REML, for each", best(reml, 2) / 20


def metafor(y: np.ndarray, v: np.ndarray) -> Iterator[tuple[str, float]]:
    if shutil.which("Rscript") is None:
        return
    text = "\n".join(",".join(map(repr, row)) for row in np.hstack([y[:SAMPLE], v[:SAMPLE]]).tolist())
    done = subprocess.run(["Rscript", "-e", R_SCRIPT], input=text, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        method, seconds, failed = line.split()
        yield f"metafor, {method}, for each", float(seconds)
        yield f"metafor, {method}, fits of {SAMPLE} that stop with an error", float(failed)


def tables(n: int, random: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return analyses of the sizes that reviews have, with sparse and with full tables."""
    k = np.minimum(1 + random.geometric(0.25, n), 60)
    at = np.concatenate([[0], np.cumsum(k)])
    n1, n2 = random.integers(10, 300, (2, at[-1]))
    risk = np.repeat(random.beta(1, 6, n), k)
    effect = np.repeat(random.normal(-0.1, 0.4, n), k) + np.repeat(random.gamma(1, 0.2, n), k) * random.normal(
        size=at[-1]
    )
    p1 = risk * np.exp(effect) / (1 - risk + risk * np.exp(effect))
    columns = {"ai": random.binomial(n1, p1), "n1i": n1, "ci": random.binomial(n2, risk), "n2i": n2}
    return {name: values.astype(float) for name, values in columns.items()}, at


def reading(columns: dict[str, np.ndarray]) -> float:
    return best(lambda: [values.sum() for values in columns.values()])


def corpus(random: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Yield the time of 60,000 analyses by twelve methods, and how many have no answer."""
    columns, at = tables(60_000, random)
    methods = {"model": ["MH", "Peto", "common", "random"], "tau2": "DL,REML,PM", "ci": "wald,t,hksj-adhoc"}
    frame = pa.table({"analysis": np.repeat(np.arange(60_000), np.diff(at)), **columns})
    plan = BatchPlan("OR", methods_of(**methods))
    plan = BatchPlan("OR", tuple(m for m in plan.methods if m.model == "random" or m.ci_method == "wald"))
    assert len(plan.methods) == 12
    seconds = best(
        lambda: many.engines.pool_rows(many.columns.RowTable.of_frame(frame, "OR", "analysis", None, None, {}), plan), 2
    )
    yield "60,000 analyses by 12 methods", seconds


def files(y: np.ndarray, v: np.ndarray, folder: Path) -> Iterator[tuple[str, float]]:
    n = len(y)
    table = pa.table({"analysis": np.repeat(np.arange(n), K), "yi": y.reshape(-1), "vi": v.reshape(-1)})
    parquet.write_table(table, folder / "in.parquet", row_group_size=1_000_000)
    plan = BatchPlan("GEN", methods_of("random", "DL", "wald"))

    def pooled() -> None:
        with Output(folder / "out.parquet", "parquet") as output:
            pool_file(TableFile.of(folder / "in.parquet", "analysis", "GEN"), plan, output.write)

    taken = best(pooled, 2)
    answers = parquet.read_table(folder / "out.parquet")

    def copied() -> None:
        parquet.read_table(folder / "in.parquet")
        parquet.write_table(answers, folder / "copy.parquet")

    yield "Parquet to Parquet", taken
    yield "the same columns read and written by pyarrow", best(copied, 2)


def measured(n: int) -> Iterator[tuple[str, float]]:
    random = np.random.default_rng(1)
    y, v = random.normal(0, 0.4, (n, K)), random.uniform(0.01, 0.3, (n, K))
    at = np.arange(n + 1) * K
    yield "bare sums", best(lambda: in_threads(bare, at, y.reshape(-1), v.reshape(-1)))
    for tau2 in ("DL", "REML"):
        start = time.process_time()
        many.pool(yi=y[:100], vi=v[:100], tau2=tau2)
        yield f"{tau2}, the first call of a process", time.process_time() - start
        yield (
            f"{tau2} and Wald",
            best(lambda tau2=tau2: many.pool(yi=y.reshape(-1), vi=v.reshape(-1), offsets=at, tau2=tau2), 3),
        )
    yield "numpy, DL and Wald", best(lambda: numpy_twin(y, v), 2)
    for size in (10_000, 100_000):
        cut = {"yi": y[:size].reshape(-1), "vi": v[:size].reshape(-1), "offsets": at[: size + 1]}
        yield f"DL and Wald, {size} analyses, for each", best(lambda cut=cut: many.pool(**cut)) / size
    yield from pymare(y, v)
    yield from metafor(y, v)
    columns, offsets = tables(n // 4, random)
    yield "reading four columns of counts", reading(columns)
    yield (
        "Mantel-Haenszel OR of them, with Q",
        best(lambda: many.pool(columns, offsets=offsets, measure="OR", model="MH"), 2),
    )
    yield from corpus(random)
    with tempfile.TemporaryDirectory() as folder:
        yield from files(y, v, Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--analyses", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = {}
    for what, seconds in measured(args.analyses):
        found[what] = seconds
        if not args.json:
            print(f"{what:<60} {seconds:.4g}" + ("" if "error" in what else " s"))
    if args.json:
        json.dump({"analyses": args.analyses, "processors": os.cpu_count(), "seconds": found}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
