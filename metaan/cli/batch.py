"""Pool many analyses of one long table at once: a row a study in, a row an analysis and method out.

TABLE is a CSV, Parquet or Feather file; its columns bear metafor's names (ai, n1i, ci, n2i; m1i, sd1i, n1i ...; yi with
vi or sei), or --columns says which is which. Each analysis gets the answers of `metaan pool`, or the reason why it has
none; a row that cannot be true is the matter of its own analysis. Estimates, standard errors and intervals are on the
analysis scale (logs for ratios). Needs `pip install 'metaan[batch]'`.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from ..batch.plan import BatchPlan
    from ..batch.totals import Totals


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options; codes of methods are checked by the library, which says what is allowed."""
    parser.add_argument("table", metavar="TABLE", type=Path, help="a .csv, .tsv, .parquet, .feather or .arrow file")
    columns = parser.add_argument_group("its columns")
    columns.add_argument(
        "--by", metavar="NAME", default="analysis", help="which analysis a row is of (default: analysis)"
    )
    columns.add_argument("--subgroup", metavar="NAME", help="which subgroup of it: each is an analysis of its own")
    columns.add_argument("--slab", metavar="NAME", help="what the study is called, for messages")
    columns.add_argument(
        "--columns", metavar="ai=NAME,...", default="", help="which column is which, in metafor's names"
    )
    methods = parser.add_argument_group("methods: one, or several with commas, every combination of which is done")
    methods.add_argument(
        "--measure", metavar="CODE", default="GEN", help="OR, RR, RD, MD, SMD, IRR ... (default: yi, vi)"
    )
    methods.add_argument("--model", metavar="CODES", default="random", help="random, common, birge, ivhet, MH, Peto")
    methods.add_argument(
        "--tau2", metavar="CODES", default="DL", help="estimators of tau2: DL, REML, PM ... (default: DL)"
    )
    methods.add_argument(
        "--ci", metavar="CODES", default="wald", help="wald, t, hksj, hksj-adhoc, auto (default: wald)"
    )
    methods.add_argument(
        "--pi", metavar="CODE", default="t(k-1)", help="prediction interval: t(k-1), t(k-2), normal ..."
    )
    methods.add_argument("--level", metavar="P", type=float, default=0.95, help="coverage of intervals (default: 0.95)")
    methods.add_argument("--add", metavar="X", type=float, help="what is added to zero cells (default: the measure's)")
    methods.add_argument("--to", metavar="CODE", default="only0", help="to which studies: only0, all, if0all, none")
    methods.add_argument("--drop00", action="store_true", help="leave out studies without events in both arms")
    methods.add_argument("--vtype", metavar="CODE", help="how the sampling variance is computed")
    methods.add_argument("--also", metavar="CODES", default="", help="more columns: tau2_ci, leave_one_out, notes")
    output = parser.add_argument_group("output")
    output.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="a .parquet or .csv file (default: CSV, printed)"
    )
    output.add_argument("--json", action="store_true", help="print a summary as one JSON object; the answers need -o")
    output.add_argument("--engine", choices=("local", "dask"), default="local", help="here, or on a Dask cluster")
    output.add_argument(
        "--scheduler", metavar="ADDRESS", help="of the Dask cluster (default: a worker a processor, here)"
    )
    output.add_argument("--threads", metavar="N", type=int, help="how many threads (default: a thread a processor)")


def run(args: Namespace) -> int:
    """Pool the file and say what came of it."""
    from ..batch.files.source import TableFile
    from ..batch.plan import BatchPlan, methods_of, names

    methods = methods_of(args.model, args.tau2, args.ci)
    also = tuple(names(args.also)) if args.also else ()
    plan = BatchPlan(args.measure, methods, args.pi, args.level, args.add, args.to, args.drop00, args.vtype, also=also)
    if not args.table.is_file():
        raise UsageError(f"{args.table}: no such file; allowed: a table with a row a study")
    source = TableFile.of(args.table, args.by, args.measure, args.subgroup, args.slab, _renamed(args.columns))
    if args.scheduler and args.engine != "dask":
        raise UsageError("--scheduler goes with --engine dask")
    totals, failures = _on_cluster(args, source, plan) if args.engine == "dask" else (_pooled(args, source, plan), [])
    if args.json:
        print(json.dumps(totals.to_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    elif args.output is not None:
        print("\n".join(_lines(totals, args.output)))
    if totals.bad_rows:
        _say(f"{totals.bad_rows} rows cannot be true, and their analyses have no answer; the first:")
        for analysis, why in totals.bad[:5]:
            print(f"  {analysis}: {why}", file=sys.stderr)
    for failure in failures:
        _say(f"without answers: {failure}")
    return 1 if failures else 0


def _on_cluster(args: Namespace, source: Any, plan: BatchPlan) -> tuple[Totals, list[Any]]:
    from ..batch.files.cluster import pool_on_cluster

    if args.output is None or args.output.suffix or args.output.is_file():
        raise UsageError("--engine dask writes a file a part: -o FOLDER")
    with _Bar() as bar:
        return pool_on_cluster(source, plan, args.output, args.scheduler, tell=bar.tell, say=_say)


def _pooled(args: Namespace, source: Any, plan: BatchPlan) -> Totals:
    from ..batch.files.source import format_of
    from ..batch.files.streaming import pool_file
    from ..batch.files.writing import WRITERS, Output

    kept = None if args.output is None else Output(args.output, format_of(args.output, WRITERS))
    if kept is not None and not args.output.absolute().parent.is_dir():
        raise UsageError(f"{args.output}: no such folder")
    with kept or nullcontext(), _Bar() as bar:
        write = kept.write if kept is not None else (lambda table: None) if args.json else _Printed().write
        try:
            return pool_file(source, plan, write, threads=args.threads, tell=bar.tell, say=_say)
        except KeyboardInterrupt:
            if kept is not None and kept.parts:
                _say(f"interrupted; the {kept.parts} finished parts are in {kept.partial}")
            raise


class _Printed:
    """CSV on stdout, its header once."""

    def __init__(self) -> None:
        self._header = True

    def write(self, table: Any) -> None:
        sys.stdout.write(table.to_pandas().to_csv(index=False, header=self._header))
        self._header = False


class _Bar:
    """How many rows are done, how many a second, and how long it will take, in a terminal."""

    def __enter__(self) -> _Bar:
        from tqdm import tqdm

        from .streams import unfiltered

        quiet = not sys.stderr.isatty()
        self._bar = tqdm(file=unfiltered(sys.stderr), disable=quiet, leave=False, unit=" rows", unit_scale=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def tell(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)


def _say(message: str) -> None:
    print(f"metaan batch: {message}", file=sys.stderr)


def _renamed(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    for name, equals, column in pairs:
        if not (name.strip() and equals and column.strip()):
            raise UsageError(f"--columns {text!r}; allowed: ai=NAME,n1i=NAME,...")
    return {name.strip(): column.strip() for name, _, column in pairs}


def _lines(totals: Totals, output: Path) -> list[str]:
    """Return what came of it: how many have an answer by each method, why the others have none, who disagrees."""
    found = totals.to_dict()
    lines = [f"{found['analyses']} analyses, {found['measure']}: {output}"]
    lines += [
        f"  {_name(method.values())}: {method['answered']} with an estimate, {method['without']} without"
        for method in found["methods"]
    ]
    lines += [f"  {count} x {why}" for why, count in list(found["reasons"].items())[:10]]
    for pair in found["changes"]:
        share = f"{pair['changed']} of {pair['both']}"
        lines.append(f"  {_name(pair['first'])} or {_name(pair['second'])}: {share} conclude otherwise")
    return lines


def _name(method: Any) -> str:
    return " ".join(part for part in list(method)[:3] if part)
