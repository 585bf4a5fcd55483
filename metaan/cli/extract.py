"""Propose numbers of a study from its abstract and from its results on ClinicalTrials.gov; nothing is asserted.

The abstract is the one that `metaan fetch` stored; --fetch stores the posted results. Each proposal has its place and
its words. --accept writes one into the study file as unconfirmed, with where it was read; unconfirmed numbers are not
pooled (metaan pool --unconfirmed shows what they would do) until --confirm says that a person has compared them.
--enter writes numbers that you have read yourself.

  metaan extract doe-2020                                  what was found, numbered
  metaan extract doe-2020 --accept 2 --outcome death --arms drug,control --time "day 28"
  metaan extract doe-2020 --accept 5 --outcome death --experimental "Drug" --control "Placebo"
  metaan extract doe-2020 --accept 5 --outcome death --group low=OG000 --group high=OG001 --group control=OG002
  metaan extract doe-2020 --from review.rm5                and what another review pooled of it
  metaan extract doe-2020 --confirm death --by "A. Reader"
  metaan extract doe-2020 --enter "9/37;3/34" --outcome death --time "day 28" --document article --place "Table 2"
  metaan extract doe-2020 --enter "12.1(4.3)/40;13.0(5.0)/38" --outcome stay --document article    mean (SD)
  metaan extract doe-2020 --enter "11[8-15]/40;13[9-18]/42" --outcome stay --document article      median, quartiles
  metaan extract doe-2020 --enter "12/340py;20/310py" --outcome falls --document article           events, person-years
  metaan extract doe-2020 --enter "HR 0.71 [0.52;0.97]" --outcome death --document article         an effect
  metaan extract doe-2020 --design "non-randomised: historical"
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .project import studies_folder

if TYPE_CHECKING:
    from ..extraction.proposal import Proposal
    from ..registry.model.contrasts import Contrast
    from ..registry.model.public import Study
    from ..workflows.studies.accept import Wanted
    from ..workflows.studies.extract import Extraction
    from ..workflows.studies.study_edit import Written


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("study", metavar="ID", help="id of the study")
    parser.add_argument("--fetch", action="store_true", help="first store what ClinicalTrials.gov has of this study")
    parser.add_argument(
        "--results", metavar="FILE", type=Path, help="posted results as a JSON file of the API, version 2"
    )
    parser.add_argument(
        "--from", dest="review_file", metavar="FILE", type=Path, help="another review in RevMan (.rm5, or its table)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--accept", metavar="N", type=int, help="write proposal N into the study file, unconfirmed")
    action.add_argument("--confirm", metavar="RESULT", help="take the mark from a result: its number, or its outcome")
    action.add_argument(
        "--enter",
        metavar="LINE",
        help="write what you have read, in one line: 9/37;3/34, 12.1(4.3)/40;13.0(5.0)/38 ...",
    )
    parser.add_argument(
        "--design", metavar="KIND[: CONTROL]", help="write the design, such as 'non-randomised: historical'"
    )
    _add_numbers(parser)
    _add_reading(parser)


def _add_numbers(parser: ArgumentParser) -> None:
    """Declare what says which result a proposal, or what was read, is."""
    said = parser.add_argument_group("with --accept or --enter")
    said.add_argument("--outcome", metavar="ID", help="the outcome of the review that it is")
    said.add_argument(
        "--arms", metavar="ID,ID", type=_words, default=(), help="the arms in the order of the numbers, - for none"
    )
    said.add_argument("--time", metavar="TEXT", help="the time point, such as 'day 28'")
    said.add_argument("--name", metavar="TEXT", help="the outcome as the authors call it")
    said = parser.add_argument_group("with --accept")
    said.add_argument("--events", metavar="N,N", type=_numbers, default=(), help="events, where several are possible")
    said.add_argument("--totals", metavar="N,N", type=_numbers, default=(), help="totals, where they are not printed")
    said.add_argument(
        "--with", dest="reported", metavar="N,N", type=_numbers, default=(), help="effects that belong to it"
    )
    said.add_argument("--spread", choices=("SD", "SE"), help="what a ± is, where the text does not say")
    said.add_argument("--experimental", metavar="GROUP", help="in a table: the experimental group, by id or title")
    said.add_argument("--control", metavar="GROUP", help="in a table: the control group, by id or title")
    said.add_argument(
        "--group",
        metavar="ARM=GROUP",
        type=_pair,
        action="append",
        default=[],
        help="in a table: the group of each arm",
    )


def _add_reading(parser: ArgumentParser) -> None:
    """Declare what says where numbers were read, and by whom."""
    read = parser.add_argument_group("with --enter")
    read.add_argument("--document", metavar="TEXT", help="what you have read, such as 'article'")
    read.add_argument("--place", metavar="TEXT", help="where in it, such as 'Table 2'")
    read.add_argument("--quote", metavar="TEXT", help="its words")
    read.add_argument("--derived", metavar="TEXT", help="how the numbers follow, where they are not printed")
    read.add_argument("--secondary", action="store_true", help="the document quotes the study")
    read.add_argument("--unconfirmed", action="store_true", help="somebody else is to compare the numbers")
    parser.add_argument_group("with --confirm or --enter").add_argument(
        "--by", metavar="NAME", help="who has compared the numbers, or read them (METAAN_REVIEWER, git's user.name)"
    )


def run(args: Namespace) -> int:
    """Write the design, confirm, enter, or propose and accept."""
    from ..workflows.studies.confirm import confirm
    from ..workflows.studies.extract import fetch_results, propose

    folder = studies_folder(args)
    if args.design is not None and _designed(args, folder):
        return 0
    if args.confirm is not None:
        return _written(args, confirm(folder, args.study, args.confirm, _signer(args.by)), "confirmed")
    if args.enter is not None:
        return _entered(args, folder)
    if args.fetch:
        from ..workflows.run import Run, Voice

        for path in fetch_results(folder, args.study, Run(voice=Voice(notice=_say))):
            _say(f"stored {path}")
    extraction = propose(folder, args.study, results=args.results, review_file=args.review_file)
    if args.accept is None:
        _print(args, extraction)
        return 0
    from ..workflows.studies.accept import accept

    wanted = _wanted(args, extraction)
    return _written(args, accept(extraction, args.accept, wanted), "written, unconfirmed")


def _designed(args: Namespace, folder: Path) -> bool:
    """Write the design; say whether this was all that was asked for."""
    from ..workflows.studies.enter import set_design

    design = set_design(folder, args.study, args.design)
    _say(f"{args.study} is {design.kind}" + (f", controls: {design.control}" if design.control else ""))
    return args.confirm is None and args.enter is None and args.accept is None


def _signer(given: str | None) -> str:
    """Return who signs; the name of a login is no signature."""
    from ..workflows.screen.words import reviewer

    name = reviewer(given, {key: value for key, value in os.environ.items() if key not in ("USER", "USERNAME")})
    if name == "unnamed":
        raise UsageError("whose name stands for the numbers? allowed: --by NAME, METAAN_REVIEWER, or git's user.name")
    return name


def _entered(args: Namespace, folder: Path) -> int:
    from ..workflows.studies.enter import Typed, enter

    if args.outcome is None or args.document is None:
        raise UsageError("--enter needs --outcome ID and --document TEXT (what you have read, such as 'article')")
    typed = Typed(
        args.outcome,
        args.enter,
        args.document,
        arms=args.arms,
        time=args.time,
        name=args.name,
        place=args.place,
        quote=args.quote,
        level="secondary" if args.secondary else "primary",
        derived=args.derived,
        by="" if args.unconfirmed else _signer(args.by),
    )
    written = enter(folder, args.study, typed)
    return _written(args, written, "written, unconfirmed" if written.result.unconfirmed else "written")


def _wanted(args: Namespace, extraction: Extraction) -> Wanted:
    from ..workflows.studies.accept import Wanted

    proposal = extraction.proposal(args.accept)
    if args.outcome is None:
        likely = ", ".join(proposal.outcomes) or "an outcome of review.yaml"
        raise UsageError(f"--accept needs --outcome; perhaps: {likely}")
    groups = [*args.group]
    if any(cell.group for cell in proposal.columns) and sys.stdin.isatty() and sys.stdout.isatty():
        groups += _asked(args, proposal, extraction.study)
    given = (args.outcome, args.arms, args.time, args.name, args.events, args.totals, args.experimental, args.control)
    return Wanted(*given, reported=args.reported, groups=tuple(groups), spread=args.spread)


def _asked(args: Namespace, proposal: Proposal, study: Study) -> Iterator[tuple[str, str]]:
    """Ask which group of a table each arm is that nothing was said of."""
    said = {arm for arm, _ in args.group}
    said |= {arm.id for role in ("experimental", "control") if getattr(args, role) for arm in study.arm(role)}
    for arm in study.arms:
        if arm.id not in said:
            yield arm.id, _ask(f"{arm.name} ({arm.role})", proposal)


def _ask(what: str, proposal: Proposal) -> str:
    """Ask which group of a table is an arm."""
    for cell in proposal.columns:
        if cell.group:
            print(f"  {cell.group[0]}  {cell.printed}")
    try:
        return input(f"the group that is {what}: ").strip()
    except EOFError:
        raise UsageError("no answer; allowed: --group ARM=GROUP for each arm") from None


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
        "started": [asdict(one) for one in found.started],
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
    for one in found.started:
        yield f"randomised: {one.people} people in {one.group!r}: {one.document}, {one.place}"
    if found.sizes or found.started:
        yield f"a person writes these under arms: in {found.review.file(found.study.id)}, as randomised: or analysed:"
    reasons = Counter(table.reason for table in found.unusable)
    yield from (f"not usable: {count} table{'s' if count != 1 else ''}: {why}" for why, count in reasons.items())
    yield from (f"unconfirmed in the file: result {i}, {r.outcome} ({r.time})" for i, r in found.unconfirmed)
    yield from (f"note: {note}" for note in found.notes)
    command = f"metaan extract {found.study.id}"
    if n:
        yield f"nothing was written. next: {command} --accept N --outcome ID writes one of them, as unconfirmed"
    if found.study.design_group is not None:
        arms = "; ".join(arm.id for arm in found.study.arms)
        yield (
            f"what you read yourself: {command} --enter 'E/N;E/N' --outcome ID --time 'day 28' --document article "
            f"(the arms in this order: {arms}; other kinds of numbers: metaan extract --help)"
        )


def _written(args: Namespace, written: Written, what: str) -> int:
    result = written.result
    if args.json:
        found = {"file": str(written.file), "number": written.number, "state": what}
        print(json.dumps(found | {"result": result.model_dump(mode="json")}, indent=2, ensure_ascii=False))
        return 0
    numbers = "; ".join([*(f"{arm}: {data}" for arm, data in result.arms.items()), *map(_effect, result.effects)])
    print(f"{written.file}: result {written.number}, {result.outcome} ({result.time}), {what}\n  {numbers}")
    if result.unconfirmed:
        print(f"next: compare it with its source, then metaan extract {args.study} --confirm {written.number}")
    else:
        print("next: metaan diff says what it does to the conclusions")
    return 0


def _effect(effect: Contrast) -> str:
    said = effect.model_dump(mode="json", exclude_defaults=True)
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _say(message: str) -> None:
    print(f"metaan extract: {message}", file=sys.stderr)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _pair(text: str) -> tuple[str, str]:
    arm, equals, group = (part.strip() for part in text.partition("="))
    if not (arm and equals and group):
        raise ArgumentTypeError(f"{text!r}; allowed: an arm of the study, =, and a group of the table: control=OG001")
    return arm, group


def _numbers(text: str) -> tuple[int, ...]:
    words = _words(text)
    if not words or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ArgumentTypeError(f"{text!r}; allowed: whole numbers, separated by commas")
    return tuple(map(int, words))
