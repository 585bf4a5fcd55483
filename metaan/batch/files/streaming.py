"""From a file to a file: `pool_file` reads whole analyses part by part, pools them and writes their answers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..columns import RowTable
from ..engines import pool_rows
from ..plan import BatchPlan
from ..result import Answers
from ..totals import Totals
from .source import TableFile, numbers, parts, sorted_copy, survey

Tell = Callable[[int, int], None]
Say = Callable[[str], None]


def quiet(done: int, total: int) -> None:
    """Tell nobody how far it is."""


def silent(message: str) -> None:
    """Say nothing."""


def pool_file(
    source: TableFile, plan: BatchPlan, write: Callable[[Any], None], *,
    threads: int | None = None, tell: Tell = quiet, say: Say = silent,
    scratch: Path | None = None,
) -> Totals:  # fmt: skip
    """Pool every analysis of a file and hand the answers, an Arrow table a part, to ``write``.

    Parameters
    ----------
    source, plan
        What is read, and what is done.
    write
        Takes each table.
    threads
        As in `metaan.batch.pool`.
    tell, say
        Hear how many of how many rows are done, and what else there is to know.
    scratch
        A folder for what is sorted; None: that of the system.
    """
    totals = Totals(plan)
    with ExitStack() as stack:
        found = survey(source)
        if not found.together:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="metaan-batch-", dir=scratch)))
            say(f"{source.path}: the rows of an analysis stand apart; sorting them first, in {folder}")
            source = sorted_copy(source, folder)
            found = survey(source)
        done = 0
        for table in parts(source, found.cuts):
            batch = pool_table(table, source, plan, threads)
            write(batch.to_arrow())
            totals.add(batch.answers, batch.texts, batch.bad_rows, batch.bad)
            done += table.num_rows
            tell(done, found.rows)
    return totals


def pool_table(table: Any, source: TableFile, plan: BatchPlan, threads: int | None = None) -> Answers:
    """Pool the analyses of a part, whose rows stand together."""
    data, faults = numbers(table, source)
    return pool_rows(RowTable.of_part(table, data, source.by, source.subgroup, source.slab, faults), plan, threads)
