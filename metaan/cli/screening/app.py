"""`metaan screen` on the full screen (Textual): everything by keyboard, each decision on the disk before the next one.

The application only shows a `Session` and passes keys on to it; what a decision means is decided there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ...errors import MetaanError
from ...registry.store.set_aside import faults
from ...workflows.screen.session import QUEUES
from .dialogs import Ask, Help, Reason
from .listing import agreement_lines, decision_lines
from .paint import painted, status
from .widgets import SIGNS, Names

if TYPE_CHECKING:
    from ...workflows.screen.card import Card
    from ...workflows.screen.judge import Verdict
    from ...workflows.screen.session import Session

NARROW = 70  # columns, below which the list of names is left out
LOOK_AGAIN = 2.0  # seconds after which the decisions of others are looked for
ACTIONS = (
    ("i", "verdict('include')", "include", "include it (in a conflict: for good)"),
    ("e", "exclude", "exclude", "exclude it, with a reason (in a conflict: for good)"),
    ("l", "verdict('later')", "later", "put it off; it comes last"),
    ("u", "undo", "undo", "take your last decision back"),
    ("n,right", "move(1)", "next", "the next one"),
    ("p,left", "move(-1)", "previous", "the one before"),
    ("c", "conflicts", "conflicts", "those over which reviewers differ, and back"),
    ("v", "view", "view", "the next list: to judge, conflicts, put off, all"),
    ("slash", "filter", "filter", "only those with these words in title, authors or abstract"),
    ("g", "jump", "go to", "a number in the list, a key, PMID or DOI"),
    ("r", "order", "order", "by relevance, learned from what was decided, and back"),
    ("s", "stage", "stage", "title and abstract, or full text"),
    ("o", "open", "open", "the first link, in a browser"),
    ("question_mark", "help", "help", "this"),
    ("q,ctrl+c,ctrl+q", "end", "quit", "end (Ctrl+C too); everything is kept"),
)
SHOWN = {"slash": "/", "question_mark": "?"}
SCROLLING = "up, down, space, page up, page down, home, end: read on and back"


class ScreenApp(App[int]):
    """One reviewer's session."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(keys, action, name, priority="ctrl+c" in keys) for keys, action, name, _ in ACTIONS),
        Binding("down", "read('scroll_down')"),
        Binding("up", "read('scroll_up')"),
        Binding("pagedown,space", "read('scroll_page_down')"),
        Binding("pageup", "read('scroll_page_up')"),
        Binding("home", "read('scroll_home')"),
        Binding("end", "read('scroll_end')"),
    ]
    CSS = """
    #status { height: 1; background: $primary; color: $text; text-style: bold; }
    #card { padding: 0 1; }
    #said { height: auto; max-height: 2; color: $text-accent; padding: 0 1; }
    #keys { height: 1; background: $surface-lighten-1; padding: 0 1; text-wrap: nowrap; }
    ScreenApp:nocolor #status, ScreenApp:nocolor #keys { text-style: reverse; }
    .narrow #names { display: none; }
    ModalScreen { align: center middle; }
    .dialog { width: 76; max-width: 96%; height: auto; max-height: 90%; border: round $primary; padding: 0 1; }
    .dialog OptionList { height: auto; max-height: 12; }
    .hint { text-style: italic; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(ansi_color=bool(os.environ.get("NO_COLOR")))  # else it would only take to greys
        self.session = session

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Static(id="status")
        with Horizontal():
            yield Names(self.session, id="names")
            with VerticalScroll(id="read", can_focus=False):
                yield Static(id="card")
        yield Static(id="said")
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Begin."""
        self.say("; ".join(self.session.settled) or "? lists the keys")
        self.set_interval(LOOK_AGAIN, self.look_again)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the list out where there is no room for it."""
        self.screen_stack[0].set_class(event.size.width < NARROW, "narrow")
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Show what is in the session now."""
        base = self.screen_stack[0]
        width = self.size.width
        base.query_one("#status", Static).update(status(self.session, width))
        base.query_one("#card", Static).update(self._card())
        base.query_one("#keys", Static).update(Content(keys_line(width - 2, len(self.session.screening.stages) > 1)))
        base.query_one("#read", VerticalScroll).scroll_home(animate=False)
        base.query_one("#names", Names).show()

    def _card(self) -> Content:
        try:
            return painted(self.session)
        except MetaanError as error:  # a file that was damaged must not keep people from the others
            return Content(str(error))

    def _readable(self) -> Card | None:
        """Return the present candidate, None where there is none or its file is damaged, which is said."""
        try:
            return self.session.card
        except MetaanError as error:
            self.say(f"not done: {error}")
            return None

    def say(self, text: str) -> None:
        """Say what has just happened."""
        self.screen_stack[0].query_one("#said", Static).update(Content(text))

    def attempt(self, do: Callable[[], str]) -> None:
        """Do something and say what came of it; what is refused is said, and the person goes on."""
        try:
            self.say(do())
        except (MetaanError, OSError) as error:
            self.say(f"not done: {error}")
        self.show()

    def look_again(self) -> None:
        """Take in what others have decided meanwhile; a log that is damaged for a moment, by a merge, ends nothing."""
        try:
            with faults() as broken:
                changed = self.session.refresh()
        except (MetaanError, OSError) as error:
            self.say(f"what others have decided cannot be read: {error}")
            return
        if changed or broken:
            self.show()
            damaged = f"what others have decided cannot be read: {broken[0]}" if broken else ""
            self.say(damaged or "somebody else has decided something")

    def decide(self, verdict: Verdict, reason: str | None = None) -> None:
        """Pass a decision on."""
        self.attempt(lambda: "; ".join(decision_lines(self.session.decide(verdict, reason))))

    def action_verdict(self, verdict: Verdict) -> None:
        """Include, or put off."""
        self.decide(verdict)

    @work
    async def action_exclude(self) -> None:
        """Ask for the reason first."""
        card = self._readable()
        if card is None:
            return
        reason = await self.push_screen_wait(Reason(self.session.reasons, card.called))
        if reason:
            self.decide("exclude", reason)

    def action_undo(self) -> None:
        """Take back."""
        self.attempt(lambda: f"{self.session.undo().decision.key}: your decision is taken back")

    def action_move(self, steps: int) -> None:
        """Go on or back."""
        self.session.move(steps)
        self.show()

    def action_view(self) -> None:
        """Go to the next list."""
        names = list(QUEUES)
        self.session.show(names[(names.index(self.session.queue) + 1) % len(names)])
        self.show()

    def action_conflicts(self) -> None:
        """Go to the conflicts, or back."""
        self.session.show("to judge" if self.session.queue == "conflicts" else "conflicts")
        self.say("\n".join(agreement_lines(self.session.screening)))
        self.show()

    def action_stage(self) -> None:
        """Go to the other stage."""
        self.session.switch_stage()
        self.say("" if len(self.session.screening.stages) > 1 else "there is one stage; full_text: true makes two")
        self.show()

    def action_order(self) -> None:
        """Read by relevance, or in the order of the keys."""
        self.attempt(self._switched)

    def _switched(self) -> str:
        self.session.switch_order()
        return f"in the order of {'their relevance' if self.session.order == 'relevance' else 'their keys'}"

    @work
    async def action_filter(self) -> None:
        """Ask for words."""
        words = await self.push_screen_wait(Ask("Show only those with the words (none: all)", self.session.words))
        if words is not None:
            self.session.filter(words)
            self.say(f"{len(self.session.keys)} found")
            self.show()

    @work
    async def action_jump(self) -> None:
        """Ask where to."""
        name = await self.push_screen_wait(Ask("Go to: number in the list, key, PMID, DOI or registration"))
        if name:
            self.attempt(lambda: f"went to {self.session.jump(name)}")

    def action_open(self) -> None:
        """Open the first link."""
        card = self._readable()
        if card and card.links:
            self.open_url(card.links[0])
            self.say(f"opened {card.links[0]}")

    def action_read(self, scroll: str) -> None:
        """Scroll the abstract."""
        getattr(self.screen_stack[0].query_one("#read", VerticalScroll), scroll)(animate=False)

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Help(help_text()))

    def action_end(self) -> None:
        """End."""
        self.exit(0)


def help_text() -> str:
    """Return every key with what it does, and what the signs in the list mean."""
    rows = [f"{' '.join(_keys(keys)):>9}  {meaning}" for keys, _, _, meaning in ACTIONS]
    signs = ", ".join(f"{sign} {state}" for state, sign in SIGNS.items() if sign.strip())
    return "\n".join([*rows, "", SCROLLING, f"signs in the list: {signs}"])


def keys_line(width: int, stages: bool) -> str:
    """Return as many keys as fit into one line, the help last so that it is always there."""
    words = [(name, f"{_keys(keys)[0]} {name}") for keys, _, name, _ in ACTIONS if name != "stage" or stages]
    helps = dict(words)["help"]
    line = ""
    for name, word in words:
        if name != "help" and len(line) + len(word) + len(helps) + 4 <= width:
            line += f"{word}  "
    return f"{line}{helps}"


def _keys(keys: str) -> list[str]:
    return [SHOWN.get(key, key) for key in keys.split(",") if "+" not in key]


def full_screen(session: Session) -> int:
    """Run until the reviewer ends it, and return the exit status."""
    app = ScreenApp(session)
    status = app.run(mouse=False)  # so that the terminal's own selecting of text and opening of links goes on
    return status if status is not None else app.return_code or 0
