"""Enter a new study: its metadata is fetched or read, and a study file is scaffolded with arms and outcomes to fill in.

A study that the registry has already (by DOI, PMID or registration) is refused, with the file named. The new study
awaits data; as soon as its numbers are in, `metaan pool` has it.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .progress import progress_bar
from .project import studies_folder

HELP = "enter a new study from its DOI, its PMID or a BibTeX file"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--doi", metavar="DOI", help="such as 10.3389/fmicb.2023.1098703")
    which.add_argument("--pmid", metavar="PMID", help="such as 35925914")
    which.add_argument("--bibtex", metavar="FILE", type=Path, help="every entry of this file")
    parser.add_argument("--json", action="store_true", help="print what became of each entry as JSON")


def run(args: Namespace) -> int:
    """Add, and say where the files are."""
    from ..workflows.add import add

    with progress_bar() as progress:
        outcomes = add(
            studies_folder(args),
            doi=args.doi,
            pmid=args.pmid,
            bibtex=args.bibtex,
            progress=progress,
            notice=lambda message: print(f"metaan add: {message}", file=sys.stderr),
        )
    print(json.dumps(outcomes, indent=2) if args.json else outcomes)
    return 0
