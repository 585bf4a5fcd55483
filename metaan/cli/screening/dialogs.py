"""What the full screen asks: the reason of an exclusion, a line of text; and its help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

LONGEST_REASON = 500


class Ask(ModalScreen[str | None]):
    """One line of text; Escape leaves without it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self.question, self.value = question, value

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(Content(self.question))
            yield Input(self.value, compact=True, id="text")
            yield Static("Enter: go   Escape: back", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        self.dismiss(event.value.strip())


class Reason(ModalScreen[str | None]):
    """Why a candidate is excluded: one of the reasons by its number, or other words."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, reasons: Sequence[str], what: str) -> None:
        super().__init__()
        self.reasons, self.what = reasons, what

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Why is {self.what} excluded?"))
            if self.reasons:
                yield OptionList(*map(self._row, range(len(self.reasons))), id="reasons", compact=True)
            yield Input(placeholder="other words", compact=True, max_length=LONGEST_REASON, id="text")
            yield Static("1-9, or arrows and Enter: choose   Tab: other words   Escape: back", classes="hint")

    def _row(self, index: int, sign: str = " ") -> Content:
        return Content(f"{sign} {index + 1} {self.reasons[index]}")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Mark the present one with a sign as well, for terminals without colours."""
        for index in range(len(self.reasons)):
            sign = ">" if index == event.option_index else " "
            event.option_list.replace_option_prompt_at_index(index, self._row(index, sign))

    def on_mount(self) -> None:
        """Begin with the reasons, where there are some."""
        self.query_one("#reasons" if self.reasons else "#text").focus()

    def on_key(self, event: events.Key) -> None:
        """Choose by number, unless words are being typed."""
        number = int(event.key) if event.key.isdecimal() else 0
        if 1 <= number <= min(9, len(self.reasons)) and not isinstance(self.focused, Input):
            event.stop()
            self.dismiss(self.reasons[number - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose the marked one."""
        self.dismiss(self.reasons[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the words; none are no reason."""
        if event.value.strip():
            self.dismiss(event.value.strip())


class Help(ModalScreen[None]):
    """All keys; any key leaves."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        """Lay out."""
        with VerticalScroll(classes="dialog tall"):
            yield Static(Content(self.text))

    def on_key(self, event: events.Key) -> None:
        """Scroll with the arrows, leave with anything else."""
        if event.key not in ("up", "down", "pageup", "pagedown"):
            event.stop()
            self.dismiss()
