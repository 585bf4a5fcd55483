"""The way in: `pool` takes many analyses at once, and answers with a row an analysis and method."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..errors import UsageError
from .chunk import Chunk, empty_answers, pool_chunk
from .columns import Rows
from .plan import Plan, methods_of, names
from .result import Batch, joined

#: Rows that are worked on at once: what is between two steps stays in a processor's own memory.
CHUNK_ROWS = 60_000


def pool(
    data: Any = None,
    *,
    by: str | None = None,
    measure: str = "GEN",
    model: str | Iterable[str] = "random",
    tau2: str | Iterable[str] = "DL",
    ci: str | Iterable[str] = "wald",
    pi: str = "t(k-1)",
    level: float = 0.95,
    subgroup: str | None = None,
    slab: str | None = None,
    offsets: Any = None,
    analysis: Any = None,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    vtype: str | None = None,
    correct: bool | None = None,
    also: Iterable[str] = (),
    engine: str = "local",
    threads: int | None = None,
    columns: Mapping[str, Any] | None = None,
    **more: Any,
) -> Batch:
    """Pool many analyses, each by every combination of the methods, with the answers of `metaan.pool`.

    Parameters
    ----------
    data
        A frame of pandas or polars, an Arrow table or a dict of columns, with a row a study; with ``offsets``, or
        without ``by``, a dict of arrays. None: arrays are given by their names.
    by, subgroup, slab
        Names of its columns: which analysis a row is of, which subgroup of it, and what the study is called. The rows
        of an analysis need not stand together.
    measure, add, to, drop00, vtype, correct
        As in `metaan.effect_sizes`.
    model
        ``"random"``, ``"common"``, ``"birge"``, ``"ivhet"`` as in `metaan.pool`; ``"MH"`` and ``"Peto"`` pool the
        tables as `metaan.mantel_haenszel` and `metaan.peto` do by default. One, several, or a text with commas.
    tau2, ci
        Keys of `metaan.batch.plan.TAU2` and `metaan.batch.inference.CI_METHODS`, one or several.
    pi, level
        The prediction interval, and the coverage of all intervals.
    offsets, analysis
        For arrays: where the rows of each analysis begin and the last end, shape (analyses + 1,), and labels.
    also
        What else is wanted: keys of `metaan.batch.plan.ALSO`.
    engine, threads
        ``"local"``, and how many threads it takes; None: a thread a processor.
    columns, more
        Under metafor's names (ai, n1i ..., or yi with vi or sei): names of columns of ``data``, or arrays: one
        dimension with ``offsets``, or n x k with nan where an analysis has fewer studies. ``columns`` is a dict of
        them, for the one whose name is taken here: ``ci``. With ``data`` and none of these, the columns of ``data``
        that bear metafor's names count.

    Returns
    -------
    Batch
        A row an analysis and method; ``reason`` says why a row has no answer. An analysis with a row that cannot be
        true (a negative variance, events above the total) has the error that `metaan.pool` would raise as its reason.

    Raises
    ------
    UsageError
        An unknown method, column or option.
    DataError
        Columns differ in shape, or a row belongs to no analysis.

    Examples
    --------
    >>> got = pool(yi=[[0.1, 0.3, 0.5], [0.2, 0.4, float("nan")]], vi=[[0.04, 0.05, 0.03]] * 2, tau2="DL,REML")
    >>> len(got), got["k"].tolist(), [round(x, 4) for x in got["estimate"].tolist()]
    (4, [3, 3, 2, 2], [0.318, 0.3165, 0.2889, 0.2889])
    """
    plan = Plan(
        measure,
        methods_of(model, tau2, ci),
        pi,
        level,
        add,
        to,
        drop00,
        vtype,
        correct,
        tuple(names(also) if also else ()),
    )
    if engine != "local":
        raise UsageError(f"engine {engine!r} is unknown; allowed: local")
    found = rows_of(data, by, subgroup, slab, offsets, analysis, measure, {**(columns or {}), **more})
    return pool_rows(found, plan, threads)


def rows_of(
    data: Any, by: str | None, subgroup: str | None, slab: str | None, offsets: Any, analysis: Any, measure: str,
    columns: dict[str, Any],
) -> Rows:  # fmt: skip
    """Return the rows of whatever a caller has."""
    if data is None or (by is None and isinstance(data, Mapping)):
        columns = {**(data or {}), **columns}
        if by is not None or subgroup is not None or slab is not None:
            raise UsageError("by, subgroup and slab name columns of data; arrays take offsets and analysis")
        return Rows.of_arrays(columns, offsets, analysis)
    if by is None:
        raise UsageError("by: which column of data says which analysis a row is of?")
    if offsets is not None or analysis is not None:
        raise UsageError("offsets and analysis go with arrays; data takes by")
    return Rows.of_frame(data, measure, by, subgroup, slab, columns)


def pool_rows(rows: Rows, plan: Plan, threads: int | None = None) -> Batch:
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


def bounds(at: Any) -> list[int]:
    """Return the first analysis of each chunk, and the number of all; always one chunk."""
    n = at.size - 1
    ends = np.searchsorted(at, np.arange(CHUNK_ROWS, int(at[-1]) + CHUNK_ROWS, CHUNK_ROWS), side="left")
    found = sorted({0, *np.minimum(ends, n).tolist(), n})
    return found if len(found) > 1 else [0, n]
