"""The decisions as they grow while people screen: only what was added is read, and only its candidates stand anew."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from ..text.files import opened, project_of
from .decisions import DECISIONS, Decision, in_force, parse


class Log:
    """``decisions.jsonl`` as far as it has been read.

    Attributes
    ----------
    decisions
        All of them, in their order.
    """

    def __init__(self, folder: Path | str) -> None:
        self.path = Path(folder) / DECISIONS
        self.decisions: list[Decision] = []
        self._about: defaultdict[str, list[Decision]] = defaultdict(list)
        self._file: tuple[int, int] | None = None
        self._end, self._lines, self._last = 0, 0, b""

    def refresh(self) -> set[str]:
        """Read what was added, and return the candidates that it is about; of a file that was replaced, all of them.

        A merge may write the file anew in its old place, so the last line that was read must still stand there.
        """
        try:
            file = opened(self.path, project_of(self.path.parent))
        except FileNotFoundError:
            return self._forget()
        with file:
            found = os.fstat(file.fileno())
            known = (found.st_dev, found.st_ino)
            file.seek(max(0, self._end - len(self._last)))
            same = known == self._file and file.read(len(self._last)) == self._last
            touched = set() if same else self._forget()
            file.seek(self._end)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        for decision in parse(self.path, whole, self._lines):
            self.decisions.append(decision)
            self._about[decision.key].append(decision)
            touched.add(decision.key)
        self._file, self._end, self._lines = known, self._end + len(whole), self._lines + whole.count(b"\n")
        self._last = whole[whole.rstrip(b"\n").rfind(b"\n") + 1 :] or self._last
        return touched

    def about(self, key: str) -> list[Decision]:
        """Return what is in force about one candidate."""
        return in_force(self._about.get(key, ()))

    def _forget(self) -> set[str]:
        touched = set(self._about)
        self.decisions, self._file, self._end, self._lines, self._last = [], None, 0, 0, b""
        self._about.clear()
        return touched
