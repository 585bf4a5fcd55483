"""The plain way to screen: one candidate after the other, a letter and Enter; for any terminal and screen reader."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import MetaanError
from ...registry.store.decisions import STAGES
from ...workflows.screen.words import pieces
from ..streams import unfiltered
from .listing import decision_lines, flow_lines

if TYPE_CHECKING:
    from ...workflows.screen.card import Card
    from ...workflows.screen.judge import Verdict
    from ...workflows.screen.session import Session

VERDICTS: dict[str, Verdict] = {"i": "include", "e": "exclude", "l": "later"}
KEYS = {**VERDICTS, "u": "undo", "c": "conflicts", "q": "quit"}
_WIDEST = 110


def ask(session: Session) -> int:
    """Show one candidate after the other until there is none, or the person has had enough."""
    print("\n".join(session.settled), end="\n" if session.settled else "")
    while card := _next(session):
        print("\n".join(_shown(session, card)), file=unfiltered(sys.stdout))
        try:
            key = input("[i]nclude  [e]xclude  [l]ater  [u]ndo  [c]onflicts  [q]uit: ").strip().lower()[:1]
            if key == "q":
                break
            _obey(key, session)
        except EOFError:
            break
        except KeyboardInterrupt:
            print("\ninterrupted; every decision so far is kept", file=sys.stderr)
            break
        if key == "l" and _only_put_off(session):
            break  # all that is left was put off: asking for ever would not help
    session.refresh()
    print("\n".join(flow_lines(session.screening.flow)))
    return 0


def _next(session: Session) -> Card | None:
    """Return the present candidate, past those whose files cannot be read; None where there is none."""
    while session.key is not None:
        try:
            return session.card
        except MetaanError as error:
            print(f"metaan screen: {error}", file=sys.stderr)
            session.skip()
    return None


def _only_put_off(session: Session) -> bool:
    return all(session.by in session.screening.standings[key].votes for key in session.keys)


def _obey(key: str, session: Session) -> None:
    """Do what a key says; what is refused is said, and the person goes on."""
    try:
        if key == "u":
            print(f"{session.undo().decision.key}: taken back")
        elif key == "c":
            session.show("to judge" if session.queue == "conflicts" else "conflicts")
            print(f"{len(session.keys)} conflicts" if session.queue == "conflicts" else f"{len(session.keys)} to judge")
        elif key in VERDICTS:
            reason = _reason(session) if key == "e" else None
            print("\n".join(decision_lines(session.decide(VERDICTS[key], reason))))
        else:
            print(f"allowed: {', '.join(f'{letter} ({word})' for letter, word in KEYS.items())}")
    except MetaanError as error:
        print(f"metaan screen: {error}", file=sys.stderr)


def _reason(session: Session) -> str:
    """Ask for a reason: the number of one that is offered, or other words."""
    offered = session.reasons
    print("\n".join(f"  {number} {reason}" for number, reason in enumerate(offered, 1)))
    typed = input("reason: ").strip()
    return offered[int(typed) - 1] if typed.isdecimal() and 1 <= int(typed) <= len(offered) else typed


def _shown(session: Session, card: Card) -> Iterator[str]:
    """Yield what a person needs to judge a candidate, the review's terms highlighted."""
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    stage = f", {STAGES[session.stage]}" if len(session.screening.stages) > 1 else ""
    flags = "".join(f"  [{flag}]" for flag in card.flags)
    yield f"\n{'-' * width}\n{len(session.keys)} {session.queue}{stage}: {card.called} ({card.key}){flags}"
    yield card.place
    for text in [card.title, *(f"{label}: {text}" if label else text for label, text in card.abstract)]:
        yield _marked(textwrap.fill(text, width), session)
    yield from (*card.links, *card.notes, *card.decisions)


def _marked(text: str, session: Session) -> str:
    """Mark terms: bold speaks for a candidate, underlined against it; plain where no colours are wanted."""
    if os.environ.get("NO_COLOR"):
        return text
    codes = {"include": "\033[1m{}\033[0m", "exclude": "\033[4m{}\033[0m", "": "{}"}
    return "".join(codes[mark].format(piece) for piece, mark in pieces(text, session.wanted, session.unwanted))
