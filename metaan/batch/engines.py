"""Where analyses are pooled: in threads here, or by the workers of a Dask cluster; the answers are the same.

To add one: a function from rows, a plan and its own option to a `Answers`, and an entry in `ENGINES`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import UsageError
from .chunk import Chunk, empty_answers, pool_chunk
from .columns import RowTable
from .plan import BatchPlan
from .result import Answers, joined

#: Rows that are worked on at once: what is between two steps stays in a processor's own memory.
CHUNK_ROWS = 200_000


def pool_rows(rows: RowTable, plan: BatchPlan, threads: int | None = None) -> Answers:
    """Pool rows that are brought together, chunk by chunk; each is a function of its own rows alone."""
    starts = bounds(rows.at)
    answers = empty_answers(rows.at.size - 1, plan)

    def one(i: int) -> Chunk:
        first, last = starts[i], starts[i + 1]
        data, at, slab, faults = rows.part(first, last)
        into = {name: values[first:last] for name, values in answers.items()}
        return pool_chunk(data, at, plan, slab, into, faults)

    workers = threads or os.cpu_count() or 1
    chunks = [one(0)]  # compiles, or reads what was compiled
    if workers == 1 or len(starts) <= 3:
        chunks += map(one, range(1, len(starts) - 1))
    else:
        with ThreadPoolExecutor(workers) as pool_of_threads:
            chunks += pool_of_threads.map(one, range(1, len(starts) - 1))
    return joined(chunks, answers, plan, rows.analysis, rows.subgroup, starts)


def pool_rows_on_cluster(rows: RowTable, plan: BatchPlan, scheduler: str | None = None) -> Answers:
    """Do the same on the workers of a Dask cluster."""
    starts = bounds(rows.at)
    answers = empty_answers(rows.at.size - 1, plan)
    with connected(scheduler) as client:
        tasks = []
        for first, last in pairwise(starts):
            data, at, slab, faults = rows.part(first, last)
            tasks.append(client.submit(pool_chunk, data, at, plan, slab, None, faults, pure=False))
        chunks = client.gather(tasks)
    for chunk, (first, last) in zip(chunks, pairwise(starts)):
        for name, values in chunk.columns.items():
            answers[name][first:last] = values
            chunk.columns[name] = answers[name][first:last]
    return joined(chunks, answers, plan, rows.analysis, rows.subgroup, starts)


def connected(scheduler: str | None) -> Any:
    """Return a client of the cluster."""
    dask = distributed()
    if scheduler is not None:
        try:
            return dask.Client(scheduler, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"no scheduler answers at {scheduler}: {error}") from None
    return dask.Client(dask.LocalCluster(threads_per_worker=1, dashboard_address=None), set_as_default=False)


def distributed() -> Any:
    """Return the module of Dask's clusters."""
    try:
        return import_module("distributed")
    except ImportError:
        raise UsageError("a cluster needs Dask; pip install 'metaan[cluster]'") from None


def bounds(at: Any) -> list[int]:
    """Return the first analysis of each chunk, and the number of all; always one chunk."""
    n = at.size - 1
    ends = np.searchsorted(at, np.arange(CHUNK_ROWS, int(at[-1]) + CHUNK_ROWS, CHUNK_ROWS), side="left")
    found = sorted({0, *np.minimum(ends, n).tolist(), n})
    return found if len(found) > 1 else [0, n]


#: Where analyses are pooled.
ENGINES: dict[str, Callable[[RowTable, BatchPlan, Any], Answers]] = {"local": pool_rows, "dask": pool_rows_on_cluster}
