"""Write the report: one self-contained HTML file with the answer, the forest plots, and the source of every number.

The same registry gives the same bytes.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .project import studies_folder

HELP = "write the HTML report"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write it (default: outputs/NAME.html in the project)",
    )
    parser.add_argument(
        "--unconfirmed", action="store_true", help="also numbers that no person has confirmed yet, marked as such"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def run(args: Namespace) -> int:
    """Load, analyse, render, write."""
    from ..registry.load import load
    from ..synthesis import Choices
    from ..workflows.publish import default_output, write_report

    folder = studies_folder(args)
    review = load(folder)
    path = args.output or default_output(review)
    print(f"writing {path} ...", file=sys.stderr)
    written = write_report(review, path, Choices(unconfirmed=args.unconfirmed))
    print(written)
    if args.open:
        import webbrowser

        webbrowser.open(written.resolve().as_uri())
    return 0
