"""Judge candidates: include, exclude with a reason, or put off.

In a terminal, without options, it shows one candidate after the other: title, abstract, the review's terms highlighted;
keys i (include), e (exclude), l (later), u (undo), q (quit). Options do the same from a script. KEY is a candidate's
key, PMID or DOI. An included candidate becomes a study file that awaits its numbers.

Every decision is a line of studies/decisions.jsonl, with who and when. Several reviewers: `screening: {reviewers: 2}`
in review.yaml; what they differ about is listed, and decided with --by consensus.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .project import studies_folder

if TYPE_CHECKING:
    from ..registry.candidates import Candidate
    from ..workflows.screen import Desktop, Judged

ACTIONS: dict[str, Literal["include", "exclude", "later"]] = {"i": "include", "e": "exclude", "l": "later"}
KEYS = {**ACTIONS, "u": "undo", "q": "quit"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="show where every candidate stands, and the flow of records")
    what.add_argument("--include", metavar="KEY", help="include a candidate")
    what.add_argument("--exclude", metavar="KEY", help="exclude a candidate; needs --reason")
    what.add_argument("--later", metavar="KEY", help="put a candidate off")
    what.add_argument("--undo", action="store_true", help="take your last decision back")
    parser.add_argument("--reason", metavar="TEXT", help="why it is excluded")
    parser.add_argument("--by", metavar="NAME", help="who judges (default: METAAN_REVIEWER, or git's user.name)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: Namespace) -> int:
    """Do one thing, or show one candidate after the other."""
    from ..workflows.screen import open_desktop
    from ..workflows.screen_words import reviewer

    folder, by = studies_folder(args), reviewer(args.by)
    for action in ("include", "exclude", "later"):
        if name := getattr(args, action):
            return _judge(folder, name, action, by, args)
    if args.undo:
        return _undo(folder, by, args.json)
    if args.list or args.json or not sys.stdin.isatty():
        desktop = open_desktop(folder)
        print(json.dumps(_as_dict(desktop), indent=2, ensure_ascii=False) if args.json else "\n".join(_list(desktop)))
        return 0
    return _ask(folder, by)


def _judge(folder: Path, name: str, action: Any, by: str, args: Namespace) -> int:
    from ..workflows.screen import judge

    judged = judge(folder, name, action, by=by, reason=args.reason)
    if args.json:
        made = {"state": judged.standing.state, "file": None if judged.file is None else str(judged.file)}
        print(json.dumps(judged.decision.model_dump(mode="json") | made, indent=2, ensure_ascii=False))
    else:
        print("\n".join(_said(judged)))
    return 0


def _said(judged: Judged) -> Iterator[str]:
    yield f"{judged.decision.key}: {judged.decision.action} by {judged.decision.by}; now: {judged.standing.state}"
    if judged.file:
        yield f"{judged.file}: the new study awaits its numbers"
    elif judged.decision.study:
        yield f"it is {judged.decision.study}, which is in the registry"
    yield from (f"note: {note}" for note in judged.notes)
    if judged.file:
        yield f"next: metaan extract {judged.file.stem}"


def _undo(folder: Path, by: str, as_json: bool) -> int:
    from ..workflows.screen import undo

    decision, removed = undo(folder, by=by)
    if as_json:
        print(json.dumps({"undone": decision.model_dump(mode="json"), "removed": str(removed) if removed else None}))
    else:
        print(f"{decision.key}: {decision.action} by {by} is taken back" + (f"; {removed} removed" if removed else ""))
    return 0


def _list(desktop: Desktop) -> Iterator[str]:
    from ..workflows.screen_words import called, plain

    for key, standing in desktop.standings.items():
        candidate = desktop.candidates.get(key)
        what = f"{called(candidate)}: {plain(candidate.title)}" if candidate else "(its file is gone)"
        said = ", ".join(f"{by}: {vote.action}" for by, vote in standing.votes.items())
        reason = f"; {standing.reason}" if standing.reason else ""
        yield f"{standing.state:14} {key}  {what}" + (f"  ({said}{reason})" if said else "")
    for (a, b), found in desktop.agreement.items():
        kappa = f"kappa {found.kappa:.2f}" if found.kappa is not None else f"no kappa: {found.reason}"
        yield f"{a} and {b}: agree on {100 * found.observed:.0f} % of {found.n}, {kappa}"
    yield from _flow_lines(desktop)


def _flow_lines(desktop: Desktop) -> Iterator[str]:
    """Yield the flow of records as PRISMA 2020 counts it."""
    flow = desktop.flow
    sources = ", ".join(f"{name} {count}" for name, count in flow.identified.items()) or "none"
    yield f"records: {flow.records} ({sources}); {flow.known} of known studies, {flow.duplicates} duplicates"
    reasons = "; ".join(f"{reason}: {count}" for reason, count in flow.excluded.items())
    excluded = sum(flow.excluded.values())
    yield f"screened: {flow.screened}; excluded: {excluded}" + (f" ({reasons})" if reasons else "")
    yield f"included: {flow.included}; undecided: {flow.undecided}; studies of before: {flow.previous}"


def _as_dict(desktop: Desktop) -> dict[str, Any]:
    return {
        "candidates": [
            {
                "key": key,
                "state": standing.state,
                "title": desktop.candidates[key].title if key in desktop.candidates else None,
                "study": standing.study,
                "reason": standing.reason,
                "votes": {by: vote.action for by, vote in standing.votes.items()},
            }
            for key, standing in desktop.standings.items()
        ],
        "conflicts": [key for key, standing in desktop.standings.items() if standing.state == "conflict"],
        "agreement": [
            {"reviewers": list(names), "kappa": a.kappa, "observed": a.observed, "expected": a.expected, "n": a.n}
            for names, a in desktop.agreement.items()
        ],
        "flow": desktop.flow.to_dict(),
    }


def _ask(folder: Path, by: str) -> int:
    """Show one candidate after the other until there is none, or the person has had enough."""
    from ..workflows.screen import open_desktop

    desktop = open_desktop(folder)
    while waiting := desktop.to_judge(by):
        print("\n".join(_card(waiting[0], desktop, len(waiting))))
        try:
            key = input("[i]nclude  [e]xclude  [l]ater  [u]ndo  [q]uit: ").strip().lower()[:1]
        except EOFError:
            break
        if key == "q":
            break
        _obey(key, folder, waiting[0].key, by, desktop)
        if key == "l" and all(by in desktop.standings[c.key].votes for c in waiting):
            break  # all that is left was put off: asking for ever would not help
        desktop = open_desktop(folder, desktop.candidates)
    print("\n".join(_flow_lines(open_desktop(folder, desktop.candidates))))
    return 0


def _obey(key: str, folder: Path, candidate: str, by: str, desktop: Desktop) -> None:
    """Do what a key says; what is refused is said, and the person goes on."""
    from ..errors import MetaanError
    from ..workflows.screen import judge, undo

    try:
        if key == "u":
            print(f"{undo(folder, by=by)[0].key}: taken back")
        elif key in ("i", "e", "l"):
            reason = input("reason: ") if key == "e" else None
            action = ACTIONS[key]
            print(
                "\n".join(_said(judge(folder, candidate, action, by=by, reason=reason, candidates=desktop.candidates)))
            )
        else:
            print(f"allowed: {', '.join(f'{letter} ({word})' for letter, word in KEYS.items())}")
    except MetaanError as error:
        print(f"metaan screen: {error}", file=sys.stderr)


def _card(candidate: Candidate, desktop: Desktop, left: int) -> Iterator[str]:
    """Yield what a person needs to judge a candidate, the review's terms highlighted."""
    import shutil
    import textwrap

    from ..workflows.screen_words import called, highlighted, plain, search_terms
    from .update import candidate_lines

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    terms = search_terms(strategy.query for strategy in desktop.review.info.search)
    plain_wanted = bool(os.environ.get("NO_COLOR"))
    place = ", ".join(filter(None, (candidate.journal, candidate.published, ", ".join(candidate.publication_types))))
    yield f"\n{'-' * width}\n{left} to judge: {called(candidate)} ({candidate.key})"
    yield plain(place)
    words = [candidate.title, *(f"{p.label}: {p.text}" if p.label else p.text for p in candidate.abstract)]
    for text in words:
        yield highlighted(textwrap.fill(plain(text), width), terms, "{}".format if plain_wanted else _bold)
    yield from list(candidate_lines(candidate))[2:]


def _bold(word: str) -> str:
    return f"\033[1m{word}\033[0m"
