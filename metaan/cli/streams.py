"""What is printed, from one place: nothing that a terminal would obey, in UTF-8, as long as somebody listens.

Output that goes elsewhere than to a terminal is UTF-8 whatever the locale is; what a terminal cannot show is spelled
out. Who stops listening does not stop the command: what it was to do is done, and its exit status says so.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from ..errors import visible


class Stream:
    """Standard output, or standard error, where a failure is nothing that a command has to know.

    Attributes
    ----------
    terminal
        What is behind it, for colours and movements of our own.
    """

    def __init__(self, stream: TextIO | None, *, results: bool) -> None:
        self.terminal: TextIO = io.StringIO() if stream is None else stream
        self._closed, self._results = stream is None, results
        _make_able(self.terminal)

    def write(self, text: str) -> int:
        """Write what a terminal does not obey."""
        self._listened(lambda: self.terminal.write(visible(text)))
        return len(text)

    def flush(self) -> None:
        """Send what was written; where results cannot be, it is an `OSError`, unless their reader went away."""
        if self._closed and self._results and self.terminal.tell():
            raise OSError(errno.EBADF, "standard output is closed")
        self._listened(self.terminal.flush)

    def _listened(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (OSError, ValueError) as error:
            with suppress(OSError):  # Python writes once more when it ends: into nothing
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.terminal.fileno())
            if self._results and not isinstance(error, BrokenPipeError):
                raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self.terminal, name)


def _make_able(stream: TextIO) -> None:
    """Let a stream take every text; an encoding that a person asks for, and that of a terminal, stay."""
    if isinstance(stream, io.TextIOWrapper):
        asked = stream.isatty() or "PYTHONIOENCODING" in os.environ
        stream.reconfigure(encoding=None if asked else "utf-8", errors="backslashreplace")


@contextmanager
def streams() -> Iterator[None]:
    """Stand between a command and its streams; one that is closed reads as empty, and takes no results."""
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = before[0] or io.StringIO()
    sys.stdout, sys.stderr = Stream(before[1], results=True), Stream(before[2], results=False)
    try:
        yield
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def unfiltered(stream: TextIO) -> TextIO:
    """Return what is behind a stream, for text that is ours to the last character or was looked at before."""
    return getattr(stream, "terminal", stream)
