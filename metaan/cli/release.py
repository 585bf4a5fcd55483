"""Release the review: the report, a record, an entry of CHANGELOG.md, and an annotated tag.

The changelog is the review's: studies/CHANGELOG.md where that exists or the project holds software (a pyproject.toml,
setup.py, package.json ...), whose own changelog stays as it is; CHANGELOG.md beside studies/ elsewhere.

What is released is what the last commit holds. The release is refused, with every reason, while a retracted or
questioned study has no signed decision, numbers wait to be confirmed, the registry is at fault, or something is not
committed. Results, digest and commit stand in releases/VERSION.json, the report beside it; commit both afterwards.
"""

from __future__ import annotations

import json
import shlex
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from .project import studies_folder

if TYPE_CHECKING:
    from ..workflows.release.release import Release


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("version", metavar="VERSION", help="one to four numbers, such as 1.2")
    parser.add_argument("--date", type=_day, metavar="DAY", help="the day of the release (default: today, UTC)")
    parser.add_argument("--no-tag", action="store_true", help="make no tag")
    parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")


def run(args: Namespace) -> int:
    """Release, and say what was written."""
    from ..workflows.release.release import release
    from ..workflows.run import Run

    run = Run(lambda: datetime.combine(args.date, time(), UTC)) if args.date else Run()
    made = release(studies_folder(args), args.version, tag=not args.no_tag, dry_run=args.dry_run, run=run)
    for note in made.notes:
        print(f"metaan release: {note}", file=sys.stderr)
    if args.json:
        print(json.dumps(made.record, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(_lines(made, args.dry_run)))
    return 0


def _lines(made: Release, dry_run: bool) -> Iterator[str]:
    yield from (f"{'would write' if dry_run else 'written'}: {path}" for path in made.files)
    if made.tag:
        yield f"{'would tag' if dry_run else 'tag'}: {made.tag} at {made.record['commit'][:9]}"
    yield f"\n{made.entry}"
    if not dry_run:
        report, changelog, _ = made.files
        project = report.parent.parent
        words = " ".join(shlex.quote(path.relative_to(project).as_posix()) for path in (report.parent, changelog))
        yield f"next: git add {words} && git commit -m 'Release {made.record['version']}'"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r}; allowed: a day such as 2026-11-22") from None
