"""The list of candidates, of which only the rows that are seen are drawn: ten thousand cost as much as ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ...errors import MetaanError
from ...workflows.screen.words import called

if TYPE_CHECKING:
    from ...workflows.screen.session import Session

#: What stands before a name: state -> sign.
SIGNS = {"open": " ", "later": "~", "second opinion": "1", "conflict": "!", "included": "+", "excluded": "-"}


class Names(ScrollView, can_focus=False):
    """First authors and years in the order of the queue, the present one marked."""

    DEFAULT_CSS = "Names { width: 26; border-right: solid $surface-lighten-2; scrollbar-size: 0 0; }"

    def __init__(self, session: Session, id: str) -> None:  # noqa: A002  # Textual's word
        super().__init__(id=id)
        self.session = session

    def show(self) -> None:
        """Draw the queue as it is now, with the present candidate in sight."""
        self.virtual_size = Size(self.size.width, len(self.session.keys))
        self.scroll_to(y=max(0, self.session.place - self.size.height // 2), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        row, width = y + self.scroll_offset.y, self.size.width
        if row >= len(self.session.keys):
            return Strip.blank(width, self.rich_style)
        key = self.session.keys[row]
        sign = SIGNS[self.session.standing(key).state]
        here = row == self.session.place
        text = f"{'>' if here else ' '}{sign} {self._called(key)}"
        style = self.rich_style + self.rich_style.from_color() if not here else self.rich_style.parse("reverse")
        return Strip([Segment(set_cell_size(text, width), style)], width)

    def _called(self, key: str) -> str:
        try:
            return called(self.session.screening.candidates[key])
        except MetaanError:
            return key
