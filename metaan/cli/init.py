"""Start a new review: a folder with a commented studies/review.yaml and a study file to fill in, runnable at once.

`metaan init demo --example anakinra` copies a complete review instead; with --only, some of its studies. `metaan init
demo --from review.rm5` makes a review of one that another program wrote, and says what it could not take over; with
--from table.xlsx (or .csv), of a table with a row a study: what each column is taken for is shown, and asked.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import one_line

if TYPE_CHECKING:
    from ..workflows.studies.bring.started import NewReview


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="the folder to make, or . for this one")
    parser.add_argument("--example", metavar="NAME", help="copy a packaged example: anakinra, bcg or continuous")
    parser.add_argument(
        "--from",
        metavar="FILE",
        dest="source",
        help="make it of a review of RevMan: .rm5, or a data package (ZIP or folder); or of a table: .xlsx or .csv",
    )
    parser.add_argument(
        "--map",
        metavar="COLUMN=FIELD",
        nargs="+",
        default=[],
        help="with a table: what columns are, such as 'Deaths=events 1'; COLUMN=- leaves one out",
    )
    parser.add_argument("--yes", action="store_true", help="with a table: the columns are what they are taken for")
    parser.add_argument("--only", metavar="ID", nargs="+", default=[], help="with --example: only these studies")


def run(args: Namespace) -> int:
    """Write the files and say what to do next."""
    from ..errors import UsageError
    from ..workflows.studies.init import init

    folder = Path(args.project or ".") / args.name
    name = folder.resolve().name
    if not args.source and (args.map or args.yes):
        raise UsageError("--map and --yes belong to a table; allowed: --from FILE.xlsx or FILE.csv")
    started = _started(Path(args.source), name, args) if args.source else None
    for path in init(folder, name, args.example, args.only, started.files if started else None):
        print(path)
    if started and started.said:
        print("", *started.said, sep="\n")
    where = "" if args.name == "." else f"cd {args.name}\n  "
    print(f"\nnext:\n  {where}metaan pool\n  metaan report")
    return 0


def _started(path: Path, name: str, args: Namespace) -> NewReview:
    from ..errors import UsageError
    from ..workflows.studies.bring.start import start_from

    if path.suffix.casefold() in (".xlsx", ".xlsm", ".csv"):
        return _of_table(path, name, args)
    if args.map or args.yes:
        raise UsageError("--map and --yes belong to a table; allowed: --from FILE.xlsx or FILE.csv")
    return start_from(path, name)


def _of_table(path: Path, name: str, args: Namespace) -> NewReview:
    """Show what the columns are taken for, and go on when somebody says that it is so."""
    from ..errors import UsageError
    from ..workflows.studies.bring.wide import read_wide, start_from_wide

    if wrong := next((one for one in args.map if "=" not in one), None):
        raise UsageError(f"--map {wrong}; allowed: COLUMN=FIELD")
    table = read_wide(path, dict(one.rsplit("=", 1) for one in args.map))
    print("\n".join(map(one_line, table.described())), file=sys.stderr)
    if not args.yes and not (sys.stdin.isatty() and input("is that right? [y/N] ").strip().casefold() in ("y", "yes")):
        raise UsageError("nothing was written; allowed: --yes where that is right, --map COLUMN=FIELD where it is not")
    return start_from_wide(table, name)
