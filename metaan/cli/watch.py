"""The whole cycle for a scheduler: search again, look at every study again, and say what would happen.

Prints a summary in Markdown. What-if: with the numbers that nobody has confirmed, without the flagged studies that
nobody has decided about, and what changed since the last release. Study files are not changed.

exit status:
  0  nothing to do
  1  the data or a service is at fault; nothing was changed
  2  the command line is at fault
  3  something is to be judged: candidates, notices, flagged studies, unconfirmed numbers
  4  a conclusion would change, or has changed since the last release
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .progress import aloud
from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--summary", metavar="FILE", type=Path, help="write the summary in Markdown to this file too")
    parser.add_argument(
        "--plots", metavar="DIR", type=Path, help="write the what-if plots as SVG files into this folder"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the summary")


def run(args: Namespace) -> int:
    """Run the cycle, print and write, and return what a scheduler wants to know."""
    from ..workflows.outputs import make_folder, write_output
    from ..workflows.release.watch import watch, write_plots
    from ..workflows.release.watch_summary import as_json, summary

    folder = studies_folder(args)
    for path in filter(None, (args.summary, args.plots)):
        make_folder(path.parent, folder.parent)  # before anything is found that is said once
    with aloud("watch") as run:
        found = watch(folder, run)
    plots = write_plots(found, args.plots, folder.parent) if args.plots else {}
    if args.summary:
        write_output(args.summary, summary(found, plots, args.summary).encode(), folder.parent)
    if args.json:
        print(json.dumps(as_json(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(summary(found, plots), end="")
    return found.status
