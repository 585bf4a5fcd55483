"""What the full screen shows, as styled text; text from outside is text, and never markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from ...registry.store.decisions import STAGES
from ...workflows.screen.words import pieces

if TYPE_CHECKING:
    from ...workflows.screen.card import Card
    from ...workflows.screen.session import Session

SHORTEST = 8  # characters of a title that are worth showing
Part = str | tuple[str, str]

#: How the words of a review are marked; each can be told from the others without a colour.
MARKS = {"include": "bold underline $success", "exclude": "reverse $warning", "": ""}
HEADINGS = {"conflict": "Reviewers differ; i or e resolves it:"}


def painted(session: Session) -> Content:
    """Return the present candidate as it is read, or why there is none."""
    card = session.card
    if card is None or session.key is None:
        return Content(_nothing(session))
    heading = HEADINGS.get(session.standing(session.key).state, "Decided so far:")
    return Content.assemble(*_title(card, session), *_decisions(card, heading), *_abstract(card, session), *_end(card))


def _title(card: Card, session: Session) -> Iterator[Part]:
    for flag in card.flags:
        yield (f" {flag} ", "bold reverse $error")
        yield " "
    yield from _marked(card.title, session, "bold")
    yield "\n"
    yield (f"{card.place}\n", "italic")
    yield (f"{card.key}\n", "dim")
    yield from ((f"{link}\n", "underline") for link in card.links)


def _decisions(card: Card, heading: str) -> Iterator[Part]:
    if card.decisions:
        yield (f"\n{heading}\n", "bold")
        yield from (f"  {line}\n" for line in card.decisions)


def _abstract(card: Card, session: Session) -> Iterator[Part]:
    if not card.abstract:
        yield ("\nThere is no abstract.\n", "italic")
    for label, text in card.abstract:
        yield "\n"
        if label:
            yield (f"{label}  ", "bold")
        yield from _marked(text, session)
        yield "\n"


def _end(card: Card) -> Iterator[Part]:
    if card.notes:
        yield "\n"
    yield from (f"{note}\n" for note in card.notes)


def _marked(text: str, session: Session, style: str = "") -> Iterator[Part]:
    for piece, mark in pieces(text, session.wanted, session.unwanted):
        yield (piece, f"{style} {MARKS[mark]}".strip())


def _nothing(session: Session) -> str:
    if session.words:
        return f"Nothing in {session.queue!r} has the words {session.words!r}. Press / and Enter to see all of it."
    if session.queue != "to judge":
        return f"There is nothing in {session.queue!r}. Press v for the next list."
    more = f" Press c for {session.conflicts} to resolve." if session.conflicts else ""
    other = next((one for one in session.screening.stages if one != session.stage), session.stage)
    if left := len(session.screening.keys_to_judge(session.by, other)):
        more += f" Press s for {left} by {STAGES[other]}."
    return f"Everything is judged.{more} Press q to end, v to look at the other lists."


def status(session: Session, width: int) -> Content:
    """Return the line at the top: the review, who reads what, and how far they are."""
    done, total = session.progress
    stage = f" | {STAGES[session.stage]}" if len(session.screening.stages) > 1 else ""
    differ = f" | {session.conflicts} in conflict" if session.conflicts else ""
    right = f"{done} of {total} judged"
    order = " by relevance" if session.order == "relevance" else ""
    left = f" {session.by}{stage} | {session.queue}{order}: {len(session.keys)}{differ}"
    if session.words:
        left += f" | with {session.words!r}"
    if len(left) + len(right) + len(bar(0, 1)) + 3 <= width:
        right += f" {bar(done, total)}"
    title, room = session.screening.review.info.title, width - len(left) - len(right) - 5
    if room >= SHORTEST:
        left = f" {title if len(title) <= room else title[: room - 1] + '…'} |{left}"
    space = max(width - len(right) - 2, 0)
    return Content(f"{left[:space]:<{space}} {right} ")


def bar(done: int, total: int, length: int = 10) -> str:
    """Return a bar for the share that is done.

    >>> bar(3, 10), bar(0, 0)
    ('###.......', '##########')
    """
    full = length * done // total if total else length
    return "#" * full + "." * (length - full)
