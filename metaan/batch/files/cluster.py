"""Beyond one machine: the parts of a table are pooled by the workers of a Dask cluster, each into a file of its own.

The workers read the table and write into the folder of answers themselves: both must be where all of them see them. A
part is a function of its rows and of the plan, so that the answers are those of one machine to the last bit. A part has
its name only when it is whole; what an earlier run of the same has done is not done again. The parts of a worker that
dies are computed on another; a part that fails by itself is reported, and the rest goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import ConflictError
from ...version import __version__
from ..engines import connected, distributed
from ..plan import BatchPlan
from ..totals import Totals
from .source import PART_ROWS, Survey, TableFile, rows_between, sorted_copy, survey
from .streaming import Say, Tell, pool_table, quiet, silent
from .writing import Output

_MANIFEST = "run.json"
_TOTALS = b"metaan_totals"


@dataclass(frozen=True, slots=True)
class PartFile:
    """Some rows of the table that are whole analyses, and the file of their answers."""

    first: int
    last: int
    file: str


@dataclass(frozen=True, slots=True)
class FailedPart:
    """A part that has no answers: its rows, the first and last of its analyses, and why."""

    part: PartFile
    analyses: tuple[str, str]
    why: str

    def __str__(self) -> str:
        """Return one line."""
        first, last = self.analyses
        return f"rows {self.part.first + 1} to {self.part.last}, analyses {first} to {last}: {self.why}"


def pool_on_cluster(
    source: TableFile, plan: BatchPlan, folder: Path, scheduler: str | None = None, *,
    part_rows: int = PART_ROWS, tell: Tell = quiet, say: Say = silent,
) -> tuple[Totals, list[FailedPart]]:  # fmt: skip
    """Pool every analysis of a file on a cluster, into Parquet files in ``folder``.

    Parameters
    ----------
    source, plan
        What is read, and what is done.
    folder
        Takes a file a part. A folder in which an earlier run of the same stopped is gone on with.
    scheduler
        Address of a Dask scheduler; None: a worker a processor, here.
    part_rows
        Rows of a part, or a little more.
    tell, say
        Hear how many of how many rows are done, and what else there is to know.

    Raises
    ------
    ConflictError
        The folder holds the answers of something else.
    """
    folder = folder.absolute()
    folder.mkdir(exist_ok=True)
    given = source.path.absolute()
    source, found = _ready(source, folder, part_rows, say)
    parts = _parts(found)
    _claim(folder, given, source, plan, parts)
    totals, failures, done = Totals(plan), [], 0
    missing = []
    for part in parts:
        if (earlier := _earlier(folder / part.file, plan)) is None:
            missing.append(part)
        else:
            totals.join(earlier)
            done += part.last - part.first
    if done:
        say(f"{folder}: {len(parts) - len(missing)} of {len(parts)} parts were there already")
    tell(done, found.rows)
    with connected(scheduler) as client:
        for part, result in _answers(client, source, plan, folder, missing):
            if isinstance(result, Totals):
                totals.join(result)
            else:
                failures.append(FailedPart(part, _ends(source, part), result))
            done += part.last - part.first
            tell(done, found.rows)
    return totals, failures


def pool_part(source: TableFile, plan: BatchPlan, part: PartFile, folder: Path) -> Totals:
    """Pool the analyses of a part, write the answers whole or not at all, and return what they add up to."""
    batch = pool_table(rows_between(source, part.first, part.last, source.names), source, plan, threads=1)
    totals = Totals(plan).add(batch.answers, batch.texts, batch.bad_rows, batch.bad)
    table = batch.to_arrow().replace_schema_metadata({_TOTALS: json.dumps(totals.state())})
    with Output(folder / part.file, "parquet") as output:
        output.write(table)
    return totals


def _answers(
    client: Any, source: TableFile, plan: BatchPlan, folder: Path, parts: list[PartFile]
) -> Iterator[tuple[PartFile, Totals | str]]:
    """Yield each part with what its answers add up to, or why there are none, as they come."""
    tasks = {client.submit(pool_part, source, plan, part, folder, pure=False): part for part in parts}
    for task in distributed().as_completed(list(tasks), loop=client.loop):
        error = task.exception()
        yield tasks[task], task.result() if error is None else f"{type(error).__name__}: {error}"
        task.release()


def _ready(source: TableFile, folder: Path, part_rows: int, say: Say) -> tuple[TableFile, Survey]:
    """Return a file of which a worker can read any rows, and where its analyses end."""
    source = TableFile(source.path.absolute(), *list(_fields(source).values())[1:])
    copy = folder / "sorted.parquet"
    if copy.exists():
        source = TableFile(copy.absolute(), "parquet", *list(_fields(source).values())[2:])
        return source, survey(source, part_rows)
    found = survey(source, part_rows)
    if found.together and source.format != "csv":
        return source, found
    say(f"{source.path}: is brought into order in {copy}, which all workers can read")
    source = sorted_copy(source, folder.absolute())
    return source, survey(source, part_rows)


def _fields(source: TableFile) -> dict[str, Any]:
    return {name: getattr(source, name) for name in source.__dataclass_fields__}


def _parts(found: Survey) -> list[PartFile]:
    starts = [0, *found.cuts[:-1]]
    return [PartFile(first, last, f"part-{i:06}.parquet") for i, (first, last) in enumerate(zip(starts, found.cuts))]


def _claim(folder: Path, given: Path, source: TableFile, plan: BatchPlan, parts: list[PartFile]) -> None:
    """Write down what the folder is of, or refuse it where it is of something else."""
    stat = given.stat()
    wanted = {
        "version": __version__, "file": [str(given), stat.st_size, stat.st_mtime_ns], "plan": asdict(plan),
        "source": [source.by, source.subgroup, source.slab, dict(source.columns)],
        "parts": [[part.first, part.last] for part in parts],
    }  # fmt: skip
    wanted = json.loads(json.dumps(wanted))
    file = folder / _MANIFEST
    if not file.exists():
        file.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    elif (known := json.loads(file.read_text(encoding="utf-8"))) != wanted:
        differ = ", ".join(name for name in wanted if known.get(name) != wanted[name])
        raise ConflictError(f"{folder} holds the answers of another run (other {differ}); allowed: an empty folder")


def _earlier(file: Path, plan: BatchPlan) -> Totals | None:
    """Return what the answers of a part add up to that an earlier run wrote; None where it did not."""
    from pyarrow import parquet

    if not file.exists():
        return None
    metadata: Mapping[bytes, bytes] = parquet.read_schema(file).metadata or {}
    return Totals.of_state(plan, json.loads(metadata[_TOTALS]))


def _ends(source: TableFile, part: PartFile) -> tuple[str, str]:
    """Return the labels of the first and the last analysis of a part."""
    labels = rows_between(source, part.first, part.last, [source.by]).column(source.by)
    return str(labels[0].as_py()), str(labels[-1].as_py())
