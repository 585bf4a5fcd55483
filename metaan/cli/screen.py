"""Judge candidates: include, exclude with a reason, or put off.

In a terminal, without options, it shows them on the full screen: title, abstract with the review's words highlighted,
what has been decided; ? lists the keys. --plain asks line by line. Options do the same from a script. KEY is a
candidate's key, PMID, DOI or registration number. An included candidate becomes a study file that awaits its numbers.

Every decision is a line of studies/decisions.jsonl, with who and when, on the disk before the next one is asked for.
`screening: {reviewers: 2}` in review.yaml asks for two, who do not see each other's decisions before their own; where
they differ, a third person's decision, or --resolve, ends it. `full_text: true` adds a second stage.

--order relevance shows first what is likely to be included (needs: pip install 'metaan[ranking]'): learned from the
decisions so far, the studies of the registry, and the words of the question and of the criteria of eligibility. It
only orders; nothing is excluded by it. --stop says how well it does, and tests whether enough was read to stop.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import one_line
from .project import studies_folder

if TYPE_CHECKING:
    from ..workflows.screen.judge import DecisionResult, Verdict
    from ..workflows.screen.screening_state import ScreeningState
    from ..workflows.screen.session import Session

MISSING = "the full screen needs a further package; install it with: pip install 'metaan[screen]'"

VERDICTS: tuple[Verdict, ...] = ("include", "exclude", "later")
_PLAIN_TERMINALS = ("", "dumb", "unknown")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    for verdict, words in zip(VERDICTS, ("include candidates", "exclude candidates; needs --reason", "put them off")):
        parser.add_argument(f"--{verdict}", metavar="KEY", nargs="+", default=[], help=words)
    parser.add_argument("--reason", metavar="TEXT", help="why they are excluded")
    parser.add_argument(
        "--stage", choices=("abstract", "full-text"), help="what was read (default: what is to be read next)"
    )
    parser.add_argument("--resolve", action="store_true", help="the decision ends a conflict, whoever makes it")
    parser.add_argument("--undo", action="store_true", help="take your last decision back")
    parser.add_argument(
        "--list", action="store_true", help="show where every candidate stands, and the flow of records"
    )
    parser.add_argument("--left", action="store_true", help="show what you have to judge")
    parser.add_argument(
        "--order", choices=("key", "relevance"), help="which come first (default: key, in the order of keys)"
    )
    parser.add_argument(
        "--stop", action="store_true", help="say how the order of relevance does, and test whether enough was read"
    )
    parser.add_argument(
        "--recall", type=float, metavar="SHARE", help="the share of what is relevant that --stop asks for (0.95)"
    )
    parser.add_argument("--csv", metavar="FILE", help="write where every candidate stands as CSV (-: to the terminal)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--plain", action="store_true", help="ask line by line instead of on the full screen")
    parser.add_argument(
        "--by", "--reviewer", metavar="NAME", help="who judges (default: METAAN_REVIEWER, or git's user.name)"
    )


def run(args: Namespace) -> int:
    """Do one thing, or show one candidate after the other."""
    from ..workflows.screen.words import reviewer

    folder, by = studies_folder(args), reviewer(args.by)
    if any(getattr(args, verdict) for verdict in VERDICTS):
        return _judge(folder, _somebody(by), args)
    _refuse_alone(args)
    if args.stop:
        return _stop(folder, args)
    if args.undo:
        return _undo(folder, _somebody(by), args.json)
    if args.csv or args.list or args.left or args.json or not sys.stdin.isatty():
        return _show(folder, by, args)
    return _interactive(folder, _somebody(by), args)


def _somebody(by: str) -> str:
    """Refuse a decision of nobody."""
    from ..errors import UsageError

    if by == "unnamed":
        raise UsageError("whose decision is it? allowed: --by NAME, METAAN_REVIEWER, or git's user.name")
    return by


def _refuse_alone(args: Namespace) -> None:
    """Refuse options that say more about a decision where there is none."""
    from ..errors import UsageError

    for name in ("reason", "resolve"):
        if getattr(args, name):
            raise UsageError(
                f"--{name} belongs to a decision; allowed: --exclude KEY --reason TEXT, --include KEY --resolve"
            )
    if args.order and (args.undo or args.stop):
        raise UsageError("--order belongs to what is shown; allowed: --left, --list, --csv, --json, or the full screen")
    if args.recall is not None and not args.stop:
        raise UsageError("--recall belongs to --stop; allowed: --stop --recall 0.95")


def _judge(folder: Path, by: str, args: Namespace) -> int:
    """Decide about each candidate that is named; nothing is written where a name is wrong or a reason missing."""
    from ..errors import ConflictError, DataError
    from ..workflows.screen.judge import Vote, judge
    from ..workflows.screen.screening_state import open_screening

    _check_together(args)
    screening = open_screening(folder)
    failed = 0
    done: list[DecisionResult] = []
    for verdict, key in _named(screening, args):
        reason = args.reason if verdict == "exclude" else None
        try:
            vote = Vote(verdict, by, reason, args.stage, args.resolve)
            done.append(judge(folder, key, vote, screening=screening))
        except (ConflictError, DataError) as error:
            print(f"metaan screen: {key}: {error}", file=sys.stderr)
            failed = 1
    _print(done, args.json)
    return failed


def _check_together(args: Namespace) -> None:
    from ..errors import UsageError

    others = [f"--{name}" for name in ("undo", "list", "left", "stop", "csv", "order", "recall") if getattr(args, name)]
    if others:
        raise UsageError(f"a decision and {others[0]} at once; allowed: one after the other")
    if args.exclude and not (args.reason and args.reason.strip()):
        raise UsageError("an exclusion needs its reason; allowed: --exclude KEY --reason TEXT")
    if args.reason and not args.exclude:
        raise UsageError("a reason belongs to an exclusion; allowed: --exclude KEY --reason TEXT")


def _named(screening: ScreeningState, args: Namespace) -> Iterator[tuple[Verdict, str]]:
    """Return the candidates that are meant, each once, after all of them were found."""
    from ..errors import UsageError
    from ..workflows.screen.judge import find

    meant: dict[str, Verdict] = {}
    for verdict in VERDICTS:
        for name in getattr(args, verdict):
            key = find(screening, name).key
            if meant.setdefault(key, verdict) != verdict:
                raise UsageError(f"{key} is to be {meant[key]}d and {verdict}d at once; nothing was written")
    return iter([(verdict, key) for key, verdict in meant.items()])


def _print(done: list[DecisionResult], as_json: bool) -> None:
    from .screening.listing import decision_lines

    if not as_json:
        print("".join(f"{one_line(line)}\n" for judged in done for line in decision_lines(judged)), end="")
        return
    made = [
        judged.decision.model_dump(mode="json")
        | {"state": judged.standing.state, "file": None if judged.file is None else str(judged.file)}
        for judged in done
    ]
    print(json.dumps(made[0] if len(made) == 1 else made, indent=2, ensure_ascii=False))


def _undo(folder: Path, by: str, as_json: bool) -> int:
    from ..workflows.screen.judge import undo

    undone = undo(folder, by)
    decision, removed = undone.decision, undone.removed
    if as_json:
        print(json.dumps({"undone": decision.model_dump(mode="json"), "removed": str(removed) if removed else None}))
    else:
        print(f"{decision.key}: {decision.action} by {by} is taken back" + (f"; {removed} removed" if removed else ""))
    return 0


def _stop(folder: Path, args: Namespace) -> int:
    """Say how the order of relevance does, and whether reading may end."""
    from ..errors import UsageError
    from ..workflows.screen.relevance import Relevance
    from ..workflows.screen.screening_state import open_screening
    from .screening.stopping import as_lines

    target = 0.95 if args.recall is None else args.recall
    if not 0 < target < 1:
        raise UsageError(f"--recall {target:g}; allowed: a share above 0 and below 1, such as 0.95")
    found = Relevance(open_screening(folder)).so_far(args.stage or "abstract", target)
    if args.json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        print("\n".join(map(one_line, as_lines(found))))
    return 0


def _show(folder: Path, by: str, args: Namespace) -> int:
    """Print where everything stands, or write it into a file."""
    from ..workflows.outputs import for_spreadsheet, write_output
    from ..workflows.screen.screening_state import open_screening
    from .screening import listing

    screening = open_screening(folder)
    if args.order == "relevance":
        from ..workflows.screen.relevance import Relevance

        Relevance(screening).arrange(by, args.stage or screening.next_stage(by))
    if args.csv and args.csv != "-":
        write_output(Path(args.csv), for_spreadsheet(listing.as_csv(screening, by)), folder.parent)
        print(f"wrote {args.csv}")
    elif args.csv:
        print(listing.as_csv(screening, by), end="")
    elif args.json:
        print(json.dumps(listing.as_dict(screening, by, args.stage, args.left), indent=2, ensure_ascii=False))
    elif args.left:
        print("".join(f"{one_line(line)}\n" for line in listing.left_as_text(screening, by, args.stage)), end="")
    else:
        print("\n".join(map(one_line, listing.as_text(screening, by))))
    return 0


def _interactive(folder: Path, by: str, args: Namespace) -> int:
    """Show one candidate after the other, on the full screen where that is possible."""
    from ..workflows.screen.session import Session
    from .screening.prompt import ask

    session = Session(folder, by, args.stage, order=args.order or "key")
    if args.plain or not sys.stdout.isatty() or os.environ.get("TERM", "") in _PLAIN_TERMINALS:
        return ask(session)
    try:
        from .screening.app import full_screen
    except ImportError:
        print(f"metaan screen: {MISSING}", file=sys.stderr)
        return ask(session)
    return _with_summary(session, full_screen(session))


def _with_summary(session: Session, status: int) -> int:
    """Say at the end where the review stands, which the full screen has hidden."""
    from .screening.listing import flow_lines

    session.refresh()
    print("\n".join(flow_lines(session.screening.flow)))
    return status
