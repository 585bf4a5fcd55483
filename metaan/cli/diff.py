"""Show what changed between two versions of the review, and what each change did to every conclusion.

Without REV the last commit is compared with the files as they are; one REV is compared with the files, two with each
other. Every change of a result is shared out among its causes, whatever their order. Nothing in the project is written.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .project import studies_folder

if TYPE_CHECKING:
    from ..comparison.difference import Difference
    from ..report.changes.view import ChangesView


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("revisions", nargs="*", metavar="REV", help="git revisions: none, one or two (default: HEAD)")
    parser.add_argument(
        "--folders", nargs=2, metavar=("OLD", "NEW"), type=Path, help="compare two folders and no git revisions"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--markdown", action="store_true", help="print Markdown, such as for a pull request")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a self-contained HTML page too")
    parser.add_argument(
        "--exit-code", action="store_true", help="exit status 1 where the conclusion of an analysis changed"
    )


def run(args: Namespace) -> int:
    """Compare, write, print."""
    from ..report.changes.changes import changes_section
    from ..workflows.versions.diff import write_changes

    difference = _difference(args)
    if args.html:
        print(f"written: {write_changes(difference, args.html)}", file=sys.stderr)
    print(_printed(args, difference, changes_section(difference)).rstrip("\n"))
    return int(args.exit_code and difference.conclusion_changed)


def _difference(args: Namespace) -> Difference:
    from ..workflows.versions.diff import compare_folders, compare_revisions

    if args.folders:
        if args.revisions:
            raise UsageError(f"--folders and {' '.join(args.revisions)}; allowed: one of both")
        return compare_folders(*args.folders)
    if len(args.revisions) > 2:
        raise UsageError(f"{len(args.revisions)} revisions; allowed: none, one or two")
    return compare_revisions(studies_folder(args), *args.revisions)


def _printed(args: Namespace, difference: Difference, changes: ChangesView) -> str:
    from ..report.changes.json import changes_json
    from ..report.writers.changes_text import changes_markdown, changes_terminal

    if args.json:
        return json.dumps(changes_json(difference, changes), indent=2, ensure_ascii=False, allow_nan=False)
    if args.markdown:
        return changes_markdown(changes)
    width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else int(os.environ.get("COLUMNS", 120))
    return changes_terminal(changes, width)
