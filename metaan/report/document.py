"""What a report is written of, before there is a page: stretches of text, some of which are numbers with a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence; ``place`` is the id of where its number was computed, or empty."""

    text: str
    place: str = ""
