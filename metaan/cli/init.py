"""Start a new review: a folder with a commented studies/review.yaml and a study file to fill in, runnable at once.

`metaan init demo --example anakinra` copies a complete review instead; with --only, some of its studies. `metaan init
demo --from review.rm5` makes a review of one that another program wrote, and says what it could not take over.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

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
        help="make it of a review of RevMan: .rm5, or a data package (ZIP or folder)",
    )
    parser.add_argument("--only", metavar="ID", nargs="+", default=[], help="with --example: only these studies")


def run(args: Namespace) -> int:
    """Write the files and say what to do next."""
    from ..workflows.studies.init import init

    folder = Path(args.project or ".") / args.name
    name = folder.resolve().name
    started = _started(Path(args.source), name) if args.source else None
    for path in init(folder, name, args.example, args.only, started.files if started else None):
        print(path)
    if started and started.said:
        print("", *started.said, sep="\n")
    where = "" if args.name == "." else f"cd {args.name}\n  "
    print(f"\nnext:\n  {where}metaan pool\n  metaan report")
    return 0


def _started(path: Path, name: str) -> NewReview:
    from ..workflows.studies.bring.start import start_from

    return start_from(path, name)
