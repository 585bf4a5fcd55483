"""Propose numbers of a study from its abstract and from its results on ClinicalTrials.gov; nothing is asserted.

The abstract is the one that `metaan fetch` stored; --fetch stores the posted results. Each proposal has its place and
its words. --accept writes one into the study file as unconfirmed, with where it was read; unconfirmed numbers are not
pooled (metaan pool --unconfirmed shows what they would do) until --confirm says that a person has compared them.

  metaan extract doe-2020                                  what was found, numbered
  metaan extract doe-2020 --accept 2 --outcome death --arms drug,control --time "day 28"
  metaan extract doe-2020 --accept 5 --outcome death --experimental "Drug" --control "Placebo"
  metaan extract doe-2020 --confirm death --by "A. Reader"
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .project import studies_folder

if TYPE_CHECKING:
    from ..extraction.proposal import Proposal
    from ..workflows.accept import Wanted, Written
    from ..workflows.extract import Extraction


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("study", metavar="ID", help="id of the study")
    parser.add_argument("--fetch", action="store_true", help="first store what ClinicalTrials.gov has of this study")
    parser.add_argument(
        "--results", metavar="FILE", type=Path, help="posted results as a JSON file of the API, version 2"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--accept", metavar="N", type=int, help="write proposal N into the study file, unconfirmed")
    action.add_argument("--confirm", metavar="RESULT", help="take the mark from a result: its number, or its outcome")
    said = parser.add_argument_group("with --accept")
    said.add_argument("--outcome", metavar="ID", help="the outcome of the review that it is")
    said.add_argument("--arms", metavar="ID,ID", type=_words, default=(), help="the arms, in the order of the numbers")
    said.add_argument("--time", metavar="TEXT", help="the time point, such as 'day 28'")
    said.add_argument("--name", metavar="TEXT", help="the outcome as the authors call it")
    said.add_argument("--events", metavar="N,N", type=_numbers, default=(), help="events, where several are possible")
    said.add_argument("--totals", metavar="N,N", type=_numbers, default=(), help="totals, where they are not printed")
    said.add_argument(
        "--with", dest="reported", metavar="N,N", type=_numbers, default=(), help="effects that belong to it"
    )
    said.add_argument("--experimental", metavar="GROUP", help="in a table: the experimental group, by id or title")
    said.add_argument("--control", metavar="GROUP", help="in a table: the control group, by id or title")
    parser.add_argument_group("with --confirm").add_argument("--by", metavar="NAME", default="", help="who confirms")


def run(args: Namespace) -> int:
    """Confirm, or propose, or propose and accept."""
    from ..workflows.accept import accept, confirm
    from ..workflows.extract import fetch_results, propose

    folder = studies_folder(args)
    if args.confirm is not None:
        return _written(args, confirm(folder, args.study, args.confirm, args.by), "confirmed")
    if args.fetch:
        for path in fetch_results(folder, args.study, notice=_say):
            _say(f"stored {path}")
    extraction = propose(folder, args.study, results=args.results)
    if args.accept is None:
        _print(args, extraction)
        return 0
    wanted = _wanted(args, extraction.proposal(args.accept))
    return _written(args, accept(extraction, args.accept, wanted), "written, unconfirmed")


def _wanted(args: Namespace, proposal: Proposal) -> Wanted:
    from ..workflows.accept import Wanted

    if args.outcome is None:
        likely = ", ".join(proposal.outcomes) or "an outcome of review.yaml"
        raise UsageError(f"--accept needs --outcome; perhaps: {likely}")
    experimental, control = args.experimental, args.control
    if any(cell.group for cell in proposal.cells) and sys.stdin.isatty() and sys.stdout.isatty():
        experimental = experimental or _ask("experimental", proposal)
        control = control or _ask("control", proposal)
    given = (args.outcome, args.arms, args.time, args.name, args.events, args.totals, experimental, control)
    return Wanted(*given, reported=args.reported)


def _ask(role: str, proposal: Proposal) -> str:
    """Ask which group of a table is an arm."""
    for cell in proposal.cells:
        if cell.group:
            print(f"  {cell.group[0]}  {cell.printed}")
    try:
        return input(f"the {role} group: ").strip()
    except EOFError:
        raise UsageError(f"no answer; allowed: --{role} GROUP") from None


def _print(args: Namespace, found: Extraction) -> None:
    if args.json:
        print(json.dumps(_as_dict(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(_lines(found)))


def _as_dict(found: Extraction) -> dict[str, Any]:
    from ..extraction.listing import as_dicts

    return {
        "study": found.study.id,
        "file": found.review.file(found.study.id),
        "proposals": as_dicts(found.proposals, found.context),
        "sizes": [{"arm": size.arm, "people": size.people, "quote": size.quote} for size in found.sizes],
        "unusable": [{"title": table.title, "reason": table.reason} for table in found.unusable],
        "unconfirmed": [{"number": i, "outcome": r.outcome, "time": r.time} for i, r in found.unconfirmed],
        "notes": list(found.notes),
    }


def _lines(found: Extraction) -> Iterator[str]:
    from ..extraction.listing import as_lines

    n = len(found.proposals)
    yield f"{found.study.label} ({found.review.file(found.study.id)}): {n} proposal{'s' if n != 1 else ''}"
    yield ""
    yield from as_lines(found.proposals, found.context)
    for size in found.sizes:
        yield f"size: {size.people} people, perhaps of arm {size.arm}: {size.quote}"
    reasons = Counter(table.reason for table in found.unusable)
    yield from (f"not usable: {count} table{'s' if count != 1 else ''}: {why}" for why, count in reasons.items())
    yield from (f"unconfirmed in the file: result {i}, {r.outcome} at {r.time}" for i, r in found.unconfirmed)
    yield from (f"note: {note}" for note in found.notes)
    if n:
        yield "nothing was written; --accept N --outcome ID writes one of them, as unconfirmed"


def _written(args: Namespace, written: Written, what: str) -> int:
    result = written.result
    if args.json:
        found = {"file": str(written.file), "number": written.number, "state": what}
        print(json.dumps(found | {"result": result.model_dump(mode="json")}, indent=2, ensure_ascii=False))
        return 0
    arms = "; ".join(f"{arm}: {counts.events} of {counts.total}" for arm, counts in result.arms.items())
    print(f"{written.file}: result {written.number}, {result.outcome} at {result.time}, {what}\n  {arms}")
    if result.unconfirmed:
        print(
            f"next: compare it with its source, then metaan extract {args.study} --confirm {written.number} --by NAME"
        )
    return 0


def _say(message: str) -> None:
    print(f"metaan extract: {message}", file=sys.stderr)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str) -> tuple[int, ...]:
    words = _words(text)
    if not words or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ArgumentTypeError(f"{text!r}; allowed: whole numbers, separated by commas")
    return tuple(map(int, words))
