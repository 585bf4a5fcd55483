"""Start a new review: a folder with a commented studies/review.yaml and a study file to fill in, runnable at once.

`metaan init demo --example anakinra` copies a complete review instead; with --only, some of its studies.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="the folder to make, or . for this one")
    parser.add_argument("--example", metavar="NAME", help="copy a packaged example: anakinra, bcg or continuous")
    parser.add_argument("--only", metavar="ID", nargs="+", default=[], help="with --example: only these studies")


def run(args: Namespace) -> int:
    """Write the files and say what to do next."""
    from ..workflows.studies.init import init

    folder = Path(args.project or ".") / args.name
    written = init(folder, folder.resolve().name, args.example, args.only)
    for path in written:
        print(path)
    where = "" if args.name == "." else f"cd {args.name}\n  "
    print(f"\nnext:\n  {where}metaan pool\n  metaan report")
    return 0
