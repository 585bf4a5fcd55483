"""Validate review.yaml and every study file, and print all problems of all files in one run.

Each problem is one line, `file:line: where: what was found; what is allowed`. Exit status 1 when there is any.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from ..errors import RegistryError
from .project import problems_as_text, studies_folder

#: Key of the summary to one and many of it.
NAMES = {"studies": ("study", "studies"), "outcomes": ("outcome",), "analyses": ("analysis", "analyses")}

HELP = "validate the registry; print every problem with its file and line"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print the problems as JSON")


def run(args: Namespace) -> int:
    """Load the registry, which checks all of it."""
    from ..registry.load import load
    from ..report.formats import plural

    folder = studies_folder(args)
    try:
        review = load(folder)
    except RegistryError as error:
        print(_as_json(error) if args.json else problems_as_text(error), file=sys.stdout if args.json else sys.stderr)
        return 1
    summary = {
        "studies": len(review.studies),
        "outcomes": len(review.info.outcomes),
        "analyses": len(review.info.analyses),
    }
    if args.json:
        print(json.dumps({"ok": True, "problems": [], **summary}, indent=2))
    else:
        found = ", ".join(plural(count, *NAMES[name]) for name, count in summary.items())
        print(f"{folder}: {found}; no problem found (digest {review.digest[:12]})")
        for study in review.studies:
            waiting = [str(i) for i, result in enumerate(study.results, 1) if result.unconfirmed]
            if waiting:
                print(f"{review.file(study.id)}: not confirmed yet and not pooled: result {', '.join(waiting)}")
    return 0


def _as_json(error: RegistryError) -> str:
    rows = [
        {"file": p.file, "line": p.line, "where": p.where, "found": p.found, "allowed": p.allowed}
        for p in error.problems
    ]
    return json.dumps({"ok": False, "problems": rows}, indent=2, ensure_ascii=False)
