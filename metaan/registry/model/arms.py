"""What one arm of a result holds, and where a number was read.

To add a kind of data: its model here, in `ArmData` (told apart by its keys) and in `ARMS`.
"""

from collections.abc import Mapping
from typing import Literal

from .types import Count, Entry, Positive, Text


class Source(Entry):
    """Where a number was read.

    Attributes
    ----------
    document, place, quote
        What was read, where in it, and its words.
    level
        ``primary``: the article itself, its abstract or its trial record; ``secondary``: another document quotes it.
    derived
        How the number follows from what was printed; absent where it stands as printed.
    """

    document: Text
    place: str | None = None
    quote: str | None = None
    level: Literal["primary", "secondary"]
    derived: str | None = None


class Counts(Entry):
    """Events among the people of one arm; ``source`` only where it differs from the result's."""

    events: Count
    total: Positive
    source: Source | None = None

    def __str__(self) -> str:
        """Return them as words: ``9 of 37``."""
        return f"{self.events} of {self.total}"


def measures_of_arms() -> Mapping[str, object]:
    """Return the measures of two arms, of the kinds of data that a study file can hold."""
    from ...stats.measures.catalogue import TWO_ARMS

    return {code: measure for kind in ARMS for code, measure in TWO_ARMS[kind].items()}


ArmData = Counts

#: Kind of data (a key of `metaan.stats.numerics.layouts.LAYOUTS`) to what an arm holds.
ARMS: dict[str, type[ArmData]] = {"counts": Counts}
