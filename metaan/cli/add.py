"""Enter a new study: its metadata is fetched or read, and a study file is scaffolded with arms and outcomes to fill in.

A study that the registry has already (by DOI, PMID or registration) is refused, with the file named. The new study
awaits data; as soon as its numbers are in, `metaan pool` has it.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .progress import aloud
from .project import studies_folder

if TYPE_CHECKING:
    from ..workflows.studies.add import Added


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--doi", metavar="DOI", help="such as 10.3389/fmicb.2023.1098703")
    which.add_argument("--pmid", metavar="PMID", help="such as 35925914")
    which.add_argument("--bibtex", metavar="FILE", type=Path, help="every entry of this file")
    parser.add_argument("--json", action="store_true", help="print what became of each entry as JSON")


def run(args: Namespace) -> int:
    """Add, and say where the files are."""
    from ..workflows.studies.add import add

    with aloud("add") as run:
        outcomes = add(studies_folder(args), doi=args.doi, pmid=args.pmid, bibtex=args.bibtex, run=run)
    print(
        json.dumps([_as_dict(a) for a in outcomes], indent=2, ensure_ascii=False) if args.json else _as_text(outcomes)
    )
    return 1 if any(added.problem for added in outcomes) else 0


def _as_text(outcomes: Sequence[Added]) -> str:
    lines = []
    for added in outcomes:
        lines.append(f"{added.name}: " + (f"not added: {added.problem}" if added.problem else str(added.file)))
        lines += [f"  note: {note}" for note in added.notes]
    new = [added for added in outcomes if not added.problem]
    if new:
        ids = ", ".join(str(added.study_id) for added in new[:3]) + (" ..." if len(new) > 3 else "")
        lines.append(f"next: the numbers, with metaan extract ID (here: {ids}) or in the file; metaan check")
    return "\n".join(lines)


def _as_dict(added: Added) -> dict[str, Any]:
    return {
        "name": added.name,
        "id": added.study_id,
        "file": None if added.file is None else str(added.file),
        "problem": added.problem,
        "notes": list(added.notes),
    }
