"""Reasons of many rows: a number each, and every sentence once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .kernels.inverse_variance import IntArray


class Words:
    """Sentences by number; -1 is none."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._at: dict[str, int] = {}

    def code(self, text: str | None) -> int:
        """Return the number of a sentence."""
        if text is None:
            return -1
        if (found := self._at.get(text)) is None:
            found = self._at[text] = len(self.texts)
            self.texts.append(text)
        return found

    def merged(self, texts: list[str], codes: IntArray) -> IntArray:
        """Return the numbers here of what has ``codes`` in another list of sentences."""
        own = np.array([*map(self.code, texts), -1], dtype=np.int64)
        return own[codes]

    def joined(self, parts: Iterable[str]) -> int:
        """Return the number of several sentences in one."""
        return self.code("; ".join(parts) or None)
