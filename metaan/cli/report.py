"""Write the report: one self-contained HTML file with the answer, the forest plots, and the source of every number.

Or the same as a Word document, Markdown, JSON or CSV, or the included studies as RIS or BibTeX for a reference
manager. The same registry gives the same bytes: numbers have 12 digits, as later ones depend on the processor, which
can still turn the twelfth.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..report.writers.catalogue import WRITERS
from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--format", choices=[*WRITERS], help="default: as the name of the output ends, else html")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write it (default: outputs/NAME.FORMAT in the project)",
    )
    parser.add_argument(
        "--unconfirmed", action="store_true", help="also numbers that no person has confirmed yet, marked as such"
    )
    parser.add_argument(
        "--since", metavar="REV", help="say what changed since this git revision (default: since the last release)"
    )
    parser.add_argument(
        "--panel",
        action="store_true",
        help="two sheets for a guideline panel: what is said of each outcome, the plots of the critical ones, methods",
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def run(args: Namespace) -> int:
    """Load, analyse, render, write."""
    from ..registry.load import load
    from ..synthesis.analyse import Choices
    from ..workflows.outputs import format_of
    from ..workflows.publish.report import default_output, write_report

    folder = studies_folder(args)
    review = load(folder)
    form = format_of(args.output, args.format, WRITERS, "html")
    path = args.output or default_output(review, form, args.panel)
    print(f"writing {path} ...", file=sys.stderr)
    written = write_report(review, path, Choices(unconfirmed=args.unconfirmed), form, args.since, panel=args.panel)
    print(written)
    if args.open:
        import webbrowser

        webbrowser.open(written.resolve().as_uri())
    return 0
