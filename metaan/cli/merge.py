"""Put together what a `git merge` of two clones has left in conflict among the files that commands write.

Candidates and runs keep what either clone found, PubMed's records and the days of the searches are the later ones,
decisions are those of both. What people wrote (YAML) is named, and stays theirs to merge. Then: `git commit`.

exit status:
  0  nothing is in conflict any more
  1  something is left to people
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from ..errors import one_line
from .project import studies_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print what was merged and what is left as JSON")


def run(args: Namespace) -> int:
    """Merge, and say what was put together and what is left."""
    from ..workflows.versions.merge import merge

    folder = studies_folder(args)
    found = merge(folder)
    if args.json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        print(
            "\n".join(f"merged: {folder.name}/{one_line(name)}" for name in found.merged) or "nothing to put together"
        )
        print(
            "\n".join(f"left to you: {folder.name}/{one_line(name)}" for name in found.left),
            end="\n" if found.left else "",
        )
        print("next: git commit" if not found.left else "next: edit what is left, git add it, git commit")
    return 1 if found.left else 0
