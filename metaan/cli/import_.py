"""Make candidates of exported files of references: what databases and reference managers save, known by its content.

For each file it says how many records were read, are new, are there already, and failed; what failed is kept in a file
in outputs/. A record that may be one that is there is a question, never merged unseen. The flow of records counts a
file under the database that it came from: `--database`, or what all of its records say (DB in RIS), where `search:` in
review.yaml documents a search of it. Next: `metaan screen`.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import one_line
from .progress import aloud
from .project import studies_folder
from .update import gains, listed

if TYPE_CHECKING:
    from ..workflows.search.import_records import Imported, ImportReport

MOST_NAMES = 15  # of fields that nobody understood; --json has all


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", type=Path, help="RIS, NBIB, BibTeX, XML, JSON, CSV, XLSX ..."
    )
    parser.add_argument(
        "--database", metavar="NAME", help="what the files were exported from: a source of a search in review.yaml"
    )
    parser.add_argument("--json", action="store_true", help="print what became of each file as JSON")


def run(args: Namespace) -> int:
    """Import, and say what became of each file."""
    from ..workflows.search.import_records import import_records

    with aloud("import") as run:
        report = import_records(studies_folder(args), args.files, database=args.database, run=run)
    print(json.dumps(_as_dict(report), indent=2, ensure_ascii=False) if args.json else "\n".join(_as_text(report)))
    return 1 if any(file.problem or file.failed for file in report.files) else 0


def _as_text(report: ImportReport) -> Iterator[str]:
    for file in report.files:
        yield from map(one_line, _file_lines(file))
    yield from listed(report.candidates)
    yield from gains(report.enriched)
    if report.waiting:
        yield f"next: metaan screen ({report.waiting} to judge)"


def _file_lines(file: Imported) -> Iterator[str]:
    if file.problem:
        yield f"not read - {file.problem}"
        return
    yield f"{file.file}: {file.read} read, {file.new} new, {file.duplicate} duplicate, {len(file.failed)} failed"
    if file.analyses:
        what = f"{file.analyses} {'analysis' if file.analyses == 1 else 'analyses'}"
        yield f"  it also holds the numbers of {what}, which are not imported: metaan extract ID --from {file.file}"
        yield "  proposes those of a study (in Python: metaan.read_revman)"
    if file.not_understood:
        named, more = ", ".join(file.not_understood[:MOST_NAMES]), len(file.not_understood) - MOST_NAMES
        yield f"  kept under their own names, not understood: {named}{f' and {more} more' if more > 0 else ''}"
    if file.kept:
        yield f"  what failed is in {file.kept}; the first: {file.failed[0]}"


def _as_dict(report: ImportReport) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": str(file.file),
                "read": file.read,
                "new": file.new,
                "duplicate": file.duplicate,
                "failed": [{"line": f.line, "reason": f.reason, "text": f.text} for f in file.failed],
                "analyses": file.analyses,
                "not_understood": [*file.not_understood],
                "kept": None if file.kept is None else str(file.kept),
                "problem": file.problem,
            }
            for file in report.files
        ],
        "candidates": [candidate.model_dump(mode="json") for candidate in report.candidates],
        "enriched": {key: [*fields] for key, fields in report.enriched.items()},
        "waiting": report.waiting,
    }
