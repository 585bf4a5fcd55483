"""Write what readers take along: one ZIP with the figures, tables, results and references of the report.

In it is an R script that holds the data, repeats every analysis with metafor, and says of each number whether it is the
one that metaan printed; --r writes that script alone. Run it with: Rscript FILE.R
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--r", action="store_true", help="write the R script alone")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write it (default: outputs/NAME.zip, or NAME.r, in the project)",
    )
    parser.add_argument(
        "--unconfirmed", action="store_true", help="also numbers that no person has confirmed yet, marked as such"
    )


def run(args: Namespace) -> int:
    """Load, analyse, write."""
    from ..registry.load import load
    from ..synthesis.analyse import Choices
    from ..workflows.outputs import format_of
    from ..workflows.publish.report import default_output, write_report

    review = load(studies_folder(args))
    form = format_of(args.output, "r" if args.r else None, ("zip", "r"), "zip")
    path = args.output or default_output(review, form)
    print(f"writing {path} ...", file=sys.stderr)
    print(write_report(review, path, Choices(unconfirmed=args.unconfirmed), form))
    return 0
