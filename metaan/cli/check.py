"""Validate review.yaml and every study file, and print all problems of all files in one run.

Each problem is one line, `file:line: where: what was found; what is allowed`. Exit status 1 when there is any.

What is no fault comes apart from it: checks that a person has waived in a study's file (`waivers:`), printed results
that do not follow from their own counts, and results that no analysis takes.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import RegistryError
from .project import problems_as_text, studies_folder

if TYPE_CHECKING:
    from ..registry.load import Review
    from ..workflows.versions.checking import CheckRemark

#: Key of the summary to one and many of it.
NAMES = {"studies": ("study", "studies"), "outcomes": ("outcome",), "analyses": ("analysis", "analyses")}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--numbers",
        action="store_true",
        help="recompute the results with statsmodels: how far apart are the two?",
    )
    parser.add_argument("--json", action="store_true", help="print the problems as JSON")


def run(args: Namespace) -> int:
    """Load the registry, which checks all of it."""
    from ..report.language.formats import plural
    from ..workflows.versions.checking import problems_beside, remarks, whole, without_analysis

    folder = studies_folder(args)
    review, problems = whole(folder)
    problems += problems_beside(review) if review else []
    if problems or review is None:
        error = RegistryError(problems)
        print(_as_json(error) if args.json else problems_as_text(error), file=sys.stdout if args.json else sys.stderr)
        return 1
    if args.numbers:
        return _numbers(review, args.json)
    found = remarks(review)
    summary = {
        "studies": len(review.studies),
        "outcomes": len(review.info.outcomes),
        "analyses": len(review.info.analyses),
    }
    if args.json:
        apart = {
            "waived": [r.to_dict() for r in found if r.waiver],
            "remarks": [r.to_dict() for r in found if not r.waiver],
        }
        print(json.dumps({"ok": True, "problems": [], **apart, **summary}, indent=2, ensure_ascii=False))
    else:
        counts = ", ".join(plural(count, *NAMES[name]) for name, count in summary.items())
        print(f"{folder}: {counts}; no problem found (digest {review.digest[:12]})")
        for study in review.studies:
            waiting = [str(i) for i, result in enumerate(study.results, 1) if result.unconfirmed]
            if waiting:
                print(f"{review.file(study.id)}: not confirmed yet and not pooled: result {', '.join(waiting)}")
        _print(found)
        if outcomes := without_analysis(review):
            print(f"reported, and in no analysis: {', '.join(outcomes)}")
    return 0


def _numbers(review: Review, as_json: bool) -> int:
    """Print what statsmodels makes of the results; status 1 where it differs for no known reason."""
    from ..workflows.run import REAL
    from ..workflows.versions.second_opinion import second_opinion

    said = second_opinion(review, REAL.now().date())
    if as_json:
        print(json.dumps(said.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return int(bool(said.apart))
    print(f"{said.compared} numbers recomputed by statsmodels {said.statsmodels}; the furthest of those that agree")
    print(f"differs by {said.furthest:.1g} of its value. Where statsmodels is known to be wrong ({len(said.known)}):")
    print("\n".join(f"  {one}" for one in said.known) or "  none")
    print("\n".join(f"differs: {one}" for one in said.apart) or "no other number differs")
    return int(bool(said.apart))


def _print(found: Sequence[CheckRemark]) -> None:
    """Print what is no fault: what is waived, and what nobody has looked at yet."""
    from ..registry.check.waivers import REMARKS
    from ..workflows.versions.checking import ADJUSTED, OTHER, UNSIZED, UNTAKEN, WAITING

    titles = {
        **REMARKS, ADJUSTED: "adjusted beside crude effects", OTHER: "effects of another measure",
        UNTAKEN: "results that no analysis takes", WAITING: "a status that results have overtaken",
        UNSIZED: "arms of which nobody says how many were randomised",
    }  # fmt: skip
    sections: dict[str, list[CheckRemark]] = {}
    for remark in sorted(found, key=lambda one: one.waiver is None):
        title = titles.get(remark.check, "printed results that their counts do not give")
        sections.setdefault("waived" if remark.waiver else f"to be looked at: {title}", []).append(remark)
    for title, some in sections.items():
        print(f"{title}:")
        print("\n".join(f"  {remark}" for remark in some))


def _as_json(error: RegistryError) -> str:
    rows = [
        {"file": p.file, "line": p.line, "where": p.where, "found": p.found, "allowed": p.allowed}
        for p in error.problems
    ]
    return json.dumps({"ok": False, "problems": rows}, indent=2, ensure_ascii=False)
