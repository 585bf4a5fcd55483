"""The way in: `pool` takes many analyses at once, and answers with a row an analysis and method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError, choose
from .columns import RowTable
from .engines import ENGINES
from .plan import BatchPlan, methods_of, names
from .result import Answers


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
    scheduler: str | None = None,
    threads: int | None = None,
    columns: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answers:
    """Pool many analyses, each by every combination of the methods, with the answers of `metaan.pool`.

    Parameters
    ----------
    data
        A frame of pandas or polars, an Arrow table or a dict of columns, with a row a study; with ``offsets``, or
        without ``by``, a dict of arrays. A path: the folder of many reviews, of which every analysis is pooled (of
        ``measure`` only, where that is given). None: arrays are given by their names.
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
    engine, threads, scheduler
        ``"local"`` with so many threads (None: a thread a processor), or ``"dask"``: the workers of the Dask scheduler
        at this address (None: a worker a processor, here). The answers are the same to the last bit.
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
    plan = BatchPlan(
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
    run = choose(ENGINES, engine, "engine")
    found = rows_of(data, by, subgroup, slab, offsets, analysis, measure, {**(columns or {}), **more})
    return run(found, plan, scheduler if engine == "dask" else threads)


def rows_of(
    data: Any, by: str | None, subgroup: str | None, slab: str | None, offsets: Any, analysis: Any, measure: str,
    columns: dict[str, Any],
) -> RowTable:  # fmt: skip
    """Return the rows of whatever a caller has."""
    if isinstance(data, str | Path):
        if by or subgroup or slab or columns or offsets is not None or analysis is not None:
            raise UsageError(
                f"{data}: a folder of reviews has its own labels and effects; leave by, slab and columns out"
            )
        from .registries import rows_of_registries

        return rows_of_registries(Path(data), measure)
    if data is None or (by is None and isinstance(data, Mapping)):
        columns = {**(data or {}), **columns}
        if by is not None or subgroup is not None or slab is not None:
            raise UsageError("by, subgroup and slab name columns of data; arrays take offsets and analysis")
        return RowTable.of_arrays(columns, offsets, analysis)
    if by is None:
        raise UsageError("by: which column of data says which analysis a row is of?")
    if offsets is not None or analysis is not None:
        raise UsageError("offsets and analysis go with arrays; data takes by")
    return RowTable.of_frame(data, measure, by, subgroup, slab, columns)
